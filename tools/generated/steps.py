"""The blocks, step by step, for the landing page."""

from pathlib import Path

import inception_lib as il

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def figure() -> str:
    """The steps with links to the chapters."""
    links = {int(path.stem[:2]): f"chapters/{path.stem}.html" for path in CHAPTERS.glob("*.ipynb")}
    return il.steps(links)._repr_html_()


PAGES = {"steps.html": figure}
