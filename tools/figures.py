"""Captions and numbers of figures, which `make notebooks` writes where Colab shows them.

A cell whose metadata say `"mystnb": {"figure": {"name": "fig-dots", "caption": "White dots."}}` shows
a figure: a picture, a drawing or a table. Sphinx numbers it and puts the caption below it. Colab
shows no metadata: for it a cell follows that says "**Figure 1.2.** White dots.", and which the tag
`remove-cell` keeps off the page. A link to a figure is `[Figure 1.2](#fig-dots)`, from any page.
"""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
BELOW = "caption-"  # begins the id of the cell below a figure
LINK = re.compile(r"\[Figure [^\]]*\]\(#(fig-[\w-]+)\)")


def captions(notebook: NotebookNode) -> dict[str, str]:
    """Name -> caption of each figure, in order.

    Raises:
        ValueError: a name does not begin with `fig-`, or there is no caption.
    """
    found = {}
    for cell in notebook.cells:
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if figure is None:
            continue
        name, caption = figure.get("name", ""), figure.get("caption", "")
        if not re.fullmatch(r"fig-[a-z0-9-]+", name) or not caption.strip():
            raise ValueError(
                f"a figure has the name {name!r} and the caption {caption!r}; wanted are a name such"
                ' as "fig-dots", of small letters, digits and hyphens, and a sentence'
            )
        if name in found:
            raise ValueError(f"two figures have the name {name!r}; rename one of them")
        found[name] = caption
    return found


def without_captions(notebook: NotebookNode) -> NotebookNode:
    """The same notebook without the cells below its figures."""
    kept = [cell for cell in notebook.cells if not cell.get("id", "").startswith(BELOW)]
    return NotebookNode({**notebook, "cells": kept})


def pages(folder: Path = ROOT / "chapters") -> list[Path]:
    """The notebooks that have numbered figures, each chapter before what goes deeper into it."""
    both = [*folder.glob("[0-9][0-9]-*.ipynb"), *folder.glob("deeper/[0-9][0-9]-*.ipynb")]
    return sorted(both, key=lambda path: (path.name[:2], path.parent.name == "deeper", path.name))


def read(path: Path) -> NotebookNode:
    """A notebook of the book.

    Raises:
        ValueError: the file does not hold one.
    """
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # of many kinds, and none names the file
        raise ValueError(f"{path.name} is not a notebook: {error}") from error


def numbers(folder: Path = ROOT / "chapters") -> dict[str, str]:
    """Name -> number ("1.2") of every figure of the book, as Sphinx will number them.

    Raises:
        ValueError: two figures have one name, or a file is not a notebook.
    """
    found: dict[str, str] = {}
    count: dict[int, int] = {}
    for path in pages(folder):
        chapter = int(path.name[:2])
        for name in captions(read(path)):
            if name in found:
                raise ValueError(f"{path.name}: another notebook also has a figure {name!r}")
            count[chapter] = count.get(chapter, 0) + 1
            found[name] = f"{chapter}.{count[chapter]}"
    return found


def write(notebook: NotebookNode, number: dict[str, str]) -> None:
    """Put the numbers into the links, and below each figure the cell that Colab shows.

    Args:
        number: name -> number, of every figure of the book.

    Raises:
        ValueError: a link leads to no figure.
    """

    def link(found: re.Match) -> str:
        if found[1] not in number:
            raise ValueError(f"{found[0]} leads to no figure; there are {', '.join(number)}")
        return f"[Figure {number[found[1]]}](#{found[1]})"

    said, cells = captions(notebook), []
    for cell in without_captions(notebook).cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(link, cell.source)
        cells.append(cell)
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        if name in number:
            text = f"**Figure {number[name]}.** {said[name]}"
            below = nbformat.v4.new_markdown_cell(text, id=f"{BELOW}{name}"[:64])
            below.metadata["tags"] = ["remove-cell"]
            cells.append(below)
    notebook.cells = cells
