"""One chapter as it is handed out: without answers and outputs, and its key for the teacher."""

import ast
import re
import sys
from pathlib import Path
from urllib.parse import urljoin

import nbformat
import yaml
from nbformat import NotebookNode

from inception_lib.errors import EXTRAS
from tools import colab_cell

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = "your--account"  # an address with it is none
DETAILS = re.compile(
    r"<details[^>]*>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL | re.IGNORECASE
)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
WORKED_ANSWERS = re.compile(r" *There are \[worked answers\]\(solutions/[^)]*\)\.")
YOURS = "*Your answer (double-click to write):*"
# The first cell that is handed out, or the second where the book has an address to install from.
CHECK = """# @title Is everything here?
from importlib.util import find_spec

lacking = [name for name in {needs!r} if find_spec(name) is None]
if lacking:
    raise ImportError(
        f"this Python lacks {{', '.join(lacking)}}, which this notebook needs. The README.md that came"
        " with it says how to install everything at once."
    )"""
LICENCE = "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)"


def relink(text: str, folder: str, kept: set[str], address: str | None) -> str:
    """Make each relative link one that leads somewhere from the handed-out folder.

    Args:
        text: Markdown.
        folder: where the page is in the book, such as "chapters/".
        kept: the file names that are handed out beside it.
        address: of the published book, or None: then the words of the link stay and the link goes.
    """

    def replace(found: re.Match) -> str:
        picture, words, target = found.groups()
        page, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target) or not page or page in kept:
            return found[0]
        if picture:
            raise ValueError(f"a picture that is a file cannot be handed out: {target}")
        if not re.search(r"\.(md|ipynb|html)$", page):
            return found[0]  # code or mathematics that looks like a link
        if address is None:
            return words
        there = re.sub(r"\.(md|ipynb)$", ".html", page)
        return f"[{words}]({urljoin(address + folder, there)}{'#' + anchor if anchor else ''})"

    # code in backticks and fenced code stay as they are
    parts = re.split(r"(^```.*?^```$|`[^`\n]+`)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if n % 2 else LINK.sub(replace, part) for n, part in enumerate(parts))


def questions_for(cell: NotebookNode) -> tuple[list[NotebookNode], list[tuple[str, str]]]:
    """Cut the unfolded answers out of a Markdown cell.

    Returns:
        The cells that take its place, each question with a cell to write in; and the pairs of
        question and answer that were cut out.
    """
    pieces = DETAILS.split(cell.source)  # text, summary, answer, text, summary, …
    cells, cut = [], []
    for at in range(0, len(pieces), 3):
        text = pieces[at].strip()
        asked = ""
        if at + 1 < len(pieces):
            asked = " ".join(pieces[at + 1].split())
            if re.match(r"(an |the )?(answer|key)\b", asked, re.IGNORECASE):
                asked = ""  # then the question is the text before it
            cut.append((asked or text.split("\n\n")[-1], pieces[at + 2].strip()))
            text = "\n\n".join(part for part in (text, asked and f"**{asked}**") if part)
        if text:
            cells.append(nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-{at}"))
        if at + 1 < len(pieces):
            cells.append(nbformat.v4.new_markdown_cell(YOURS, id=f"{cell.id}-{at}-yours"))
    if not cut:
        return [cell], []
    return cells, cut


def credit(path: Path, what: str) -> str:
    """Whose text it is, under which license, and what was changed: CC BY asks for all three."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    url = colab_cell.repository()[0]
    title = f"*{config['title']}*" if PLACEHOLDER in url else f"[{config['title']}]({url})"
    number = int(path.name[:2])
    return (
        f"From {title} by {config['author']}, chapter {number}. {what} Text and figures are under "
        f"{LICENCE}, the code is under the MIT license."
    )


def bare(cell: NotebookNode) -> NotebookNode:
    """The cell without outputs, counts, and metadata: alt texts tell what the pictures show."""
    cell = nbformat.from_dict(cell)
    cell.metadata = NotebookNode()
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def needed(notebook: NotebookNode) -> list[str]:
    """What has to be installed: the package, what it cannot run a network without, what cells import."""
    trees = [
        ast.parse(cell.source)
        for cell in notebook.cells
        if cell.cell_type == "code" and not cell.source.startswith("%%")
    ]
    found = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    first = ["inception_lib", *EXTRAS["torch"], "matplotlib"]
    return [*first, *sorted(found - {*first, *sys.stdlib_module_names})]


def hand_out(path: Path, kept: set[str], address: str | None) -> tuple[NotebookNode, list]:
    """A chapter without answers and outputs.

    Args:
        path: of the chapter.
        kept: the file names of all chapters that are handed out.
        address: of the published book, or None.

    Returns:
        The notebook, and the pairs of question and answer that were taken out of it.

    Raises:
        ValueError: something would still lead to an answer.
    """
    notebook = nbformat.read(path, as_version=4)
    link = f"[Open in Colab]({colab_cell.colab_link(f'chapters/{path.name}')})"
    if link not in notebook.cells[0].source:
        raise ValueError(f"{path.name}: the first cell has no link that opens the chapter in Colab")
    check = nbformat.v4.new_code_cell(CHECK.format(needs=needed(notebook)), id="is-everything-here")
    cells, cut = [], []
    for number, cell in enumerate(notebook.cells):
        cell = bare(cell)
        if cell.cell_type != "markdown":
            if cell.source.startswith(colab_cell.FIRST_LINE):
                # without an address there is nothing that it could install
                cells += [cell, check] if address else [check]
            else:
                cells.append(cell)
            continue
        if number == 0:
            # that link opens the published chapter: another copy, with its outputs
            changed = "Changed: worked answers and outputs are taken out."
            cell.source = cell.source.replace(link, credit(path, changed))
        cell.source = WORKED_ANSWERS.sub("", cell.source)
        if "solutions/" in cell.source:
            raise ValueError(f"{path.name} still leads to the worked answers:\n{cell.source}")
        cell.source = relink(cell.source, "chapters/", kept, address)
        new, pairs = questions_for(cell)
        cells += new
        cut += pairs
    if any("<details" in cell.source for cell in cells):
        raise ValueError(f"{path.name}: an unfolded answer was not understood")
    notebook.cells = cells
    nbformat.validate(notebook)
    return notebook, cut


def with_key(path: Path, kept: set[str], address: str | None) -> NotebookNode:
    """The worked answers of a chapter, with their outputs, for the teacher."""
    notebook = nbformat.read(path.parent / "solutions" / path.name, as_version=4)
    link = f"[Open in Colab]({colab_cell.colab_link(f'chapters/solutions/{path.name}')})"
    first = notebook.cells[0]
    first.source = first.source.replace(link, credit(path, "The worked answers."))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = relink(cell.source, "chapters/solutions/", kept, address)
    nbformat.validate(notebook)
    return notebook
