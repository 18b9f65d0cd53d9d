"""Each notebook alone, as on Colab: an empty folder, no repository, the package from its wheel.

The wheel is installed into a folder that comes first on the path, and without dependencies: torch
and the rest stay those of this environment.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import colab_cell
from tools.notebooks import execute, pictures

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "chapters").rglob("*.ipynb"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of only what it is made of."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "inception_lib", copy / "inception_lib", ignore=ignore)
    # --no-build-isolation: the builder, hatchling, is in requirements.txt, so no network is needed
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", copy / "dist", copy)
    (built,) = (copy / "dist").glob("inception_lib-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder that holds the installed package and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--no-index", "--target", folder, wheel)
    return folder


def pip(*arguments) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_wheel_is_whole(installed):
    """Every file of the package is in the wheel: checkers, weights, data."""
    package = ROOT / "inception_lib"
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert (installed / path.relative_to(ROOT)).is_file(), path
    assert not (installed / "torch").exists()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_notebook_alone(path, installed, tmp_path, monkeypatch):
    """It runs, against that wheel, and each alt text is the one that is committed."""
    monkeypatch.setenv("PYTHONPATH", str(installed))
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    committed = nbformat.read(path, as_version=4)
    notebook = nbformat.read(path, as_version=4)
    where = "import inception_lib\nprint(inception_lib.__file__)"
    notebook.cells.append(nbformat.v4.new_code_cell(where))

    alts = execute(notebook, tmp_path)

    file = Path(notebook.cells[-1].outputs[0]["text"].strip())
    assert file.resolve() == (installed / "inception_lib" / "__init__.py").resolve()
    assert sorted(tmp_path.iterdir()) == [], "the notebook leaves files behind"
    stored = {
        number: cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
        for number, cell in enumerate(committed.cells)
        if cell.cell_type == "code" and pictures(cell)
    }
    assert alts == stored


# The Colab cell, in a Python that sees no installed package at all (-S); pip is only recorded.
RECORD = """
import json, subprocess, sys
calls = []
subprocess.check_call = calls.append
try:
    exec(sys.argv[1])
except ImportError as error:
    calls.append(str(error))
print(json.dumps(calls))
"""


def colab_calls(source: str, **environment) -> list:
    """What the Colab cell asks pip for, or the text of its error."""
    run = subprocess.run(
        [sys.executable, "-S", "-c", RECORD, source],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **environment},
    )
    return json.loads(run.stdout)


def test_colab_cell_installs_without_dependencies():
    source = colab_cell.CELL.format(url="https://github.com/you/book", branch="main")
    (call,) = colab_calls(source)
    assert call[1:4] == ["-m", "pip", "install"]
    assert "--no-deps" in call
    assert "git+https://github.com/you/book@main" in call
    assert {"torchinfo", "fvcore"} < set(call)
    assert not {"torch", "torchvision", "numpy", "matplotlib"} & set(call)


def test_colab_cell_takes_a_wheel():
    (call,) = colab_calls(colab_cell.source(), INCEPTION_LIB_WHEEL="wheels/some.whl")
    assert "wheels/some.whl" in call


def test_colab_cell_says_that_the_address_is_a_placeholder():
    url = "https://github.com/your--account/inception-book"
    (text,) = colab_calls(colab_cell.CELL.format(url=url, branch="main"))
    assert url in text and "placeholder" in text


def test_colab_cell_does_nothing_where_the_package_is(installed):
    assert colab_calls(colab_cell.source(), PYTHONPATH=str(installed)) == []


def test_colab_cell_lists_what_colab_lacks():
    """Each light package it names is a dependency of ours or of fvcore, so none is forgotten here
    and none is left over."""
    from importlib.metadata import requires

    names = {r.split(">")[0].split("=")[0].split(";")[0].strip() for r in requires("fvcore")}
    names |= {r.split(">")[0].split(";")[0].strip() for r in requires("iopath")}
    names |= {"torchinfo", "fvcore", "mlxtend"}
    light = set(json.loads(colab_cell.CELL.split("light = ")[1].split("\n")[0]))
    assert light <= {name.lower() for name in names}
