"""The house: what the rooms may import, what the front door offers, and the types."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import inception_lib as il
from teaching.chapters import all_notebooks

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "inception_lib"
NOTEBOOKS = all_notebooks()


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def test_imports_go_one_way():
    """The contracts of pyproject.toml. Imports inside functions count."""
    found = run("lint-imports", "--no-cache")
    assert found.returncode == 0, found.stdout


def test_types():
    """Settings in pyproject.toml; no error anywhere in the package."""
    found = run("mypy")
    assert found.returncode == 0, found.stdout


def test_the_top_reads_like_a_table_of_contents():
    entries = [path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 20, sorted(entries)


def test_each_room_says_what_it_is_for():
    for path in PACKAGE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def imported(source: str) -> set[str]:
    """What a cell imports from the package: "RMSProp", or "nn.layers.make" for what lies deeper."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("inception_lib"):
            room = node.module.removeprefix("inception_lib").strip(".")
            found |= {f"{room}.{alias.name}".strip(".") for alias in node.names}
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found |= {
                name.removeprefix("inception_lib.") for name in names if "inception_lib." in name
            }
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_chapters_use_public_names_only(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for name in set().union(*map(imported, code)):
        assert name in il.__all__ or name.startswith("experiments."), f"{name} is not public"


def test_what_a_cell_imports_is_seen():
    source = "from inception_lib import cost\nfrom inception_lib.nn.layers import make\nimport inception_lib.spec"
    assert imported(source) == {"cost", "nn.layers.make", "spec"}
