"""How long a chapter takes to read: the one formula behind the time that it states.

A word takes a third of a second, a visible line of code five seconds, a figure or a displayed formula
36 seconds, a table 42. Exercises, folded code, unfolding answers and the first cell are not counted.
"""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import colab_cell


def whole(path: Path) -> int:
    """Minutes to read the notebook of a file, as the pages say them."""
    return round(minutes(nbformat.read(path, as_version=4)))


def minutes(notebook: NotebookNode) -> float:
    """Minutes to read a notebook, its exercises not counted."""
    words = lines = figures = tables = 0
    in_exercises = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            shown = ""
            for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
                if part.startswith("## "):
                    in_exercises = part.startswith("## Exercises")
                shown += "" if in_exercises else part
            shown = re.sub(r"<details.*?</details>", "", shown, flags=re.DOTALL)
            shown, formulas = re.subn(r"\$\$.*?\$\$", " ", shown, flags=re.DOTALL)
            figures += formulas
            words += len(re.sub(r"\]\([^)]*\)|[#>*`|$_\[\]]", " ", shown).split())
        elif not in_exercises and not cell.source.startswith(colab_cell.FIRST_LINE):
            if "hide-input" not in cell.metadata.get("tags", []):
                lines += sum(bool(line.strip()) for line in cell.source.splitlines())
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                drawn = "image/png" in data or "<svg" in data.get("text/html", "")
                figures += drawn
                tables += not drawn and "<table" in data.get("text/html", "")
    return words / 180 + lines * 5 / 60 + 0.6 * figures + 0.7 * tables
