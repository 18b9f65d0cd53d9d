"""Put MathJax into the built book, so that math is typeset without a network.

It goes into the built pages and not into `_static/`: Jupyter Book loads every .js file that it
finds under `_static/` into every page, and MathJax is 1.2 MB.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

SCRIPT = "tex-mml-chtml.js"
FONTS = "output/chtml/fonts/woff-v2"  # where the script looks for them, seen from itself


def source() -> Path:
    """The folder es5 that the PyPI package django-static-mathjax carries."""
    package = importlib.util.find_spec("mathjax")
    if package is None:
        raise SystemExit("django-static-mathjax is not installed: see requirements-book.txt")
    return Path(package.origin).parent / "static" / "mathjax" / "es5"


def copy(target: Path) -> None:
    """Copy the script and its fonts to `target`."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(source() / SCRIPT, target / SCRIPT)
    shutil.copytree(source() / FONTS, target / FONTS, dirs_exist_ok=True)


if __name__ == "__main__":
    copy(Path(sys.argv[1]))
