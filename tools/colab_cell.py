"""The first code cell of every notebook. Its text is here and nowhere else.

`make notebooks` puts it into each notebook, and tests/test_notebooks.py compares.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_LINE = "# @title On Colab: install the book's package"

# Everything is installed without its dependencies: Colab has torch, torchvision, numpy and
# matplotlib, and must keep its own. So the list names what Colab lacks, down to fvcore's needs.
CELL = (
    FIRST_LINE
    + """
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("inception_lib") is None:
    address = "{url}"
    package = os.environ.get("INCEPTION_LIB_WHEEL", f"git+{{address}}@{branch}")
    if "your--account" in package:
        raise ImportError(
            "inception_lib is not installed, and this notebook does not say where it is:"
            f" {{address}} is a placeholder. See 'Publishing your copy' in README.md."
        )
    light = ["torchinfo", "fvcore", "iopath", "yacs"]
    light += ["portalocker", "termcolor", "tabulate", "pyyaml"]
    light += ["mlxtend", "safetensors"]
    light = [x for x in light if importlib.util.find_spec(x) is None]
    # --no-deps: torch, torchvision, numpy and matplotlib stay as they are
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.check_call([*pip, package, *light])
    importlib.invalidate_caches()
"""
)


def repository(config: str | None = None) -> tuple[str, str]:
    """The repository's address and branch, as _config.yml says them."""
    config = config or (ROOT / "_config.yml").read_text(encoding="utf-8")
    url = re.search(r"^  url: *(\S+)", config, re.MULTILINE)
    branch = re.search(r"^  branch: *(\S+)", config, re.MULTILINE)
    if not url or not branch:
        raise ValueError("_config.yml names no repository.url or no repository.branch")
    return url[1], branch[1]


def source() -> str:
    """The cell as every notebook has it."""
    url, branch = repository()
    return CELL.format(url=url, branch=branch).rstrip("\n")


def colab_link(page: str) -> str:
    """The address that opens `page` (chapters/01-naive-block.ipynb) in Colab."""
    url, branch = repository()
    slug = url.removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{slug}/blob/{branch}/{page}"


if __name__ == "__main__":
    print(source())
