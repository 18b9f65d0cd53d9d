"""Execute notebooks in place, as `make notebooks` does: the only way outputs get into this book.

In a chapter, the first use of each glossary term is linked. Each notebook runs top to bottom in a
fresh kernel, in an empty folder. Then the text of each picture, which is the text that its output
has beside it, goes into its cell's metadata as alt text, and everything that differs from one run or
machine to the next is taken out. At last folded cells are folded everywhere, and the figures of all
chapters get their numbers; `python -m tools.notebooks` with no notebook named does this alone.
"""

import base64
import io
import itertools
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image, ImageColor

from inception_lib.plots.base import CARD, GRAY
from teaching.chapters import all_notebooks
from tools import colab_cell, figures
from tools.terms import link_terms

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
# What Jupyter, Colab and Sphinx need to know, and no version numbers: they differ by machine.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
KEPT = ("tags", "mystnb", "jupyter", "cellView")  # of a cell's metadata
TIMEOUT = (
    600  # seconds for one cell, the same as nbval's in pyproject.toml: only what hangs is stopped
)


def pictures(cell: NotebookNode) -> list[str]:
    """The texts of the pictures that the cell put out, one for each."""
    shown = [output.get("data", {}) for output in cell.get("outputs", [])]
    return [data.get("text/plain", "") for data in shown if any(kind in data for kind in PICTURES)]


def execute(notebook: NotebookNode, folder: Path, kernel: str = "python3") -> None:
    """Run `notebook` in `folder`; its outputs are replaced."""
    NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name=kernel,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # not its notice about TCP
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def write_alts(notebook: NotebookNode) -> None:
    """Put the text of each picture where myst-nb looks for it; complain where there is none.

    Raises:
        ValueError: a cell shows several pictures, or one that is not an `il.plots` figure.
    """
    for number, cell in enumerate(notebook.cells):
        texts = pictures(cell)
        if len(texts) > 1:
            raise ValueError(f"cell {number} shows several pictures; all would get one alt text")
        if texts and (not texts[0].strip() or texts[0].startswith("<")):
            raise ValueError(
                f"cell {number} shows a picture without a text; end it in a figure of il.plots, or "
                f"in il.plots.Figure(fig, alt):\n{cell.source}"
            )
        for alt in texts:
            # dark-light: else the dark theme inverts the picture or puts it into a box
            classes = " ".join(["dark-light", *frames(cell)])
            cell.metadata.setdefault("mystnb", {})["image"] = {"alt": alt, "classes": classes}


def frames(cell: NotebookNode) -> list[str]:
    """The class by which the page's script knows a sheet of `il.plots.frames`, if it is one."""
    said = [output.get("metadata", {}).get("image/png", {}) for output in cell.get("outputs", [])]
    return [f"il-frames-{data['frames']}" for data in said if "frames" in data]


def few_colors(picture: Image.Image) -> Image.Image:
    """The picture in 256 colors, of which one is the ink of text, and one the card, exactly.

    Left to itself, the search for colors mixes the ink with the edges of letters, or with a gray
    of a photograph: it comes out paler.
    """
    whole = picture.convert("RGB")
    few = whole.quantize(254, Image.Quantize.FASTOCTREE, dither=0)
    exact = [ImageColor.getrgb(color) for color in (GRAY, CARD)]
    colors = few.getpalette() or []
    few.putpalette([*colors, *itertools.chain(*exact)])
    for number, color in enumerate(exact, start=len(colors) // 3):
        off = np.abs(np.asarray(whole).astype(int) - color).max(axis=-1)  # 2: the card, as seen
        few.paste(number, mask=Image.fromarray(off <= 2))
    return few


def shrink_pictures(notebook: NotebookNode) -> None:
    """Store each picture in 256 colors: a fifth of the bytes, and the eye sees no difference."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                picture = Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"])))
                stream = io.BytesIO()
                few_colors(picture).save(stream, "PNG", optimize=True)
                output["data"]["image/png"] = base64.b64encode(stream.getvalue()).decode()


def put_colab_cell(notebook: NotebookNode) -> None:
    """Make the first code cell the one of tools/colab_cell.py."""
    cells = notebook.cells
    first = next((n for n, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    if first == len(cells) or not cells[first].source.startswith(colab_cell.FIRST_LINE):
        cell = nbformat.v4.new_code_cell(id="colab")
        first = min(first, 1)  # below the title
        cells.insert(first, cell)
    cells[first].source = colab_cell.source()
    cells[first].metadata = NotebookNode({"tags": ["hide-input"]})


def fold(notebook: NotebookNode) -> None:
    """Fold each cell with the tag `hide-input`, which folds it on the page, elsewhere too.

    Colab wants a title in the first line, `# @title Imports`; the page shows it, too.

    Raises:
        ValueError: such a cell does not begin with a title.
    """
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("jupyter", None)
        cell.metadata.pop("cellView", None)
        mystnb = cell.metadata.get("mystnb", {})
        mystnb.pop("code_prompt_show", None)
        if "hide-input" in cell.metadata.get("tags", []):
            title = re.match(r"# @title (\S.*)", cell.source)
            if not title:
                raise ValueError(
                    f"cell {number} is folded (tag hide-input) and does not begin with a line such "
                    f"as '# @title Imports', by which readers know what it holds:\n{cell.source}"
                )
            cell.metadata["mystnb"] = {**mystnb, "code_prompt_show": title[1]}
            cell.metadata["jupyter"] = {"source_hidden": True}
            cell.metadata["cellView"] = "form"
        elif not mystnb:
            cell.metadata.pop("mystnb", None)


def normalize(notebook: NotebookNode) -> None:
    """Take out whatever differs between runs and machines."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    taken = set()
    for number, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell.id in taken:
            cell["id"] = f"cell-{number:02d}"
        taken.add(cell.id)
        kept = {key: cell.metadata[key] for key in KEPT if cell.metadata.get(key)}
        cell.metadata = nbformat.from_dict(kept)


def refresh(path: Path) -> bool:
    """Execute one notebook and write it back; says whether the file changed."""
    before = path.read_text(encoding="utf-8")
    notebook = figures.without_captions(nbformat.reads(before, as_version=4))
    put_colab_cell(notebook)
    if path.resolve().parent.name == "chapters":
        link_terms(notebook)
    elif path.resolve().parent.name == "deeper":
        link_terms(notebook, "../../glossary.md")
    for cell in notebook.cells:
        if cell.cell_type == "code" and "mystnb" in cell.metadata:
            cell.metadata["mystnb"].pop("image", None)
    with tempfile.TemporaryDirectory() as folder:
        execute(notebook, Path(folder))
    write_alts(notebook)
    shrink_pictures(notebook)
    fold(notebook)
    normalize(notebook)
    return save(notebook, path)


def save(notebook: NotebookNode, path: Path) -> bool:
    """Write a notebook; says whether the file changed."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    changed = not path.is_file() or text != path.read_text(encoding="utf-8")
    if changed:
        path.write_text(text, encoding="utf-8")
    return changed


def dress(paths: list[Path]) -> None:
    """What needs no kernel: fold, and number the figures. A new figure changes other chapters' links."""
    number = figures.numbers()
    for path in paths:
        notebook = figures.read(path)
        put_colab_cell(notebook)
        figures.write(notebook, number)
        fold(notebook)
        normalize(notebook)
        if save(notebook, path):
            print(f"{path.relative_to(CHAPTERS.parent)}: numbers and folds rewritten", flush=True)


def refuse(paths: list[str]) -> None:
    """Say which files are not notebooks of the book: others would be written over.

    Raises:
        SystemExit: there is such a file.
    """
    known = {path.resolve() for path in all_notebooks()}
    if strange := [path for path in paths if Path(path).resolve() not in known]:
        raise SystemExit(f"{strange[0]} is not a notebook of chapters/, so it is left as it is")


def main(paths: list[str]) -> None:
    refuse(paths)
    if paths:
        subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *paths])
    failed = []
    for path in map(Path, paths):
        print(f"{path}: executing", flush=True)
        try:
            print(f"{path}: {'rewritten' if refresh(path) else 'unchanged'}", flush=True)
        except Exception as error:  # say which, and go on with the others
            failed.append(str(path))
            plain = re.sub(r"\x1b\[[\d;]*m", "", str(error))  # the kernel's traceback is in color
            print(f"{path}: FAILED, left as it was\n{plain}", file=sys.stderr, flush=True)
    try:
        dress(all_notebooks())
    except ValueError as error:
        raise SystemExit(f"{error}\nso the figures did not get their numbers") from error
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
