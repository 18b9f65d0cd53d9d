"""Change the repository's address everywhere: `make repository URL=https://github.com/you/name`.

The present address is looked up in _config.yml. tests/test_repository.py holds all places equal.
"""

import re
import sys
from pathlib import Path

from teaching.chapters import all_notebooks
from tools import colab_cell

FILES = [
    "_config.yml",
    "pyproject.toml",
    "CITATION.cff",
    "README.md",
    "CONTRIBUTING.md",
    "intro.md",
]
FORM = re.compile(r"https://github\.com/([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?")


def places(root: Path) -> list[Path]:
    """Every file that may contain the address."""
    return [root / name for name in FILES] + all_notebooks(root)


def change(root: Path, url: str) -> list[Path]:
    """Replace the present owner/name by that of `url`; returns the files that changed."""
    new = FORM.fullmatch(url)
    if not new:
        raise SystemExit(f"expected https://github.com/owner/name (Colab reads GitHub), got {url}")
    config = (root / "_config.yml").read_text(encoding="utf-8")
    old = FORM.fullmatch(colab_cell.repository(config)[0])
    # Not inside a longer name: you/book must not change you/book-two.
    pattern = re.compile(rf"(?<![\w.-]){re.escape(old[1])}(?![\w-])")
    changed = []
    for path in places(root):
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = pattern.sub(new[1], before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def site(config: str | None = None) -> str:
    """The address of the published book, with a slash at its end: where GitHub Pages puts it.

    Nothing else in the repository says where the book is: page tags, sitemap and robots.txt ask here.

    Args:
        config: the text of _config.yml; None reads it.
    """
    owner, name = FORM.fullmatch(colab_cell.repository(config)[0])[1].split("/")
    home = f"{owner.lower()}.github.io"
    # a repository of this very name is its owner's own site, and has no folder
    return f"https://{home}/" if name.lower() == home else f"https://{home}/{name}/"


if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    for path in change(root, sys.argv[1]):
        print(f"changed {path.relative_to(root)}")
