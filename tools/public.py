"""The public names of the package, as its source has them, and which chapter uses which.

Nothing of the package is run but its two lists of names: no torch is needed.
"""

import ast
import json
from functools import cache
from pathlib import Path

import griffe

import inception_lib as il
from inception_lib import plots

ROOT = Path(__file__).resolve().parent.parent


def names() -> dict[str, str]:
    """Each name as it is written after `il.` -> the module that it lives in."""
    public = {name: il._WHERE[name] for name in il.__all__ if name not in il._MODULES}
    return public | {f"plots.{name}": f"plots.{plots._WHERE[name]}" for name in plots.__all__}


@cache
def package() -> griffe.Module:
    """The package, read and not imported."""
    return griffe.load("inception_lib", search_paths=[str(ROOT)])


def described(name: str) -> griffe.Object:
    """What the source says of a public name.

    Raises:
        KeyError: no such name.
    """
    return package()[f"{names()[name]}.{name.split('.')[-1]}"]


def spoken_of(source: str) -> set[str]:
    """The public names that a piece of Python uses: `il.x`, `il.plots.x`, or imported by name."""
    public, found = names(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            found.add(ast.unparse(node).removeprefix("il."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("inception_lib"):
            within = node.module.removeprefix("inception_lib").strip(".")
            for alias in node.names:
                if within in ("", public.get(alias.name)):
                    found.add(alias.name)
                found.add(f"{within}.{alias.name}")
    return found & set(public)


def code(notebook: Path) -> list[str]:
    """The code cells of a notebook."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@cache
def chapters() -> dict[str, set[str]]:
    """Name -> the chapters that use it, as paths from the root."""
    used = {name: set() for name in names()}
    for notebook in sorted((ROOT / "chapters").glob("*.ipynb")):
        for name in set().union(*map(spoken_of, code(notebook))):
            used[name].add(notebook.relative_to(ROOT).as_posix())
    return used
