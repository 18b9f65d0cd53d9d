"""Each notebook alone, as on Colab: an empty folder, no repository, only what Colab has installed.

Then the first cell of the notebooks is run, which installs a wheel of this package, and from the package
index what else Colab lacks. Without a network, the rest is linked, and one test says that it is missing.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from tests import colab
from tools import colab_cell
from tools.notebooks import execute, pictures

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "chapters").rglob("*.ipynb"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """The folder of an environment with what Colab has before the first cell."""
    folder = tmp_path_factory.mktemp("colab")
    colab.make(folder)
    return folder


def ask(folder: Path, code: str, **environment) -> str:
    """What a piece of code prints in that environment."""
    run = subprocess.run(
        [folder / "env" / "bin" / "python", "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**colab.variables(), **environment},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


STATE = """
import importlib.util, json, sys
from importlib.metadata import distributions
places = {name: getattr(importlib.util.find_spec(name), "origin", None) for name in sys.argv[1:]}
print(json.dumps([places, sorted({(d.name, d.version) for d in distributions()})]))
"""
COLAB_HAS = ["torch", "torchvision", "numpy", "matplotlib", "sklearn", "skimage", "mlxtend", "tqdm"]
COLAB_LACKS = [
    "inception_lib", "torchinfo", "fvcore", "iopath", "yacs", "yaml", "portalocker", "termcolor",
    "tabulate", "safetensors",
]  # fmt: skip
NEVER_THERE = ["timm", "captum", "huggingface_hub", "onnx", "pytest", "nbval", "sphinx", "griffe"]


def state(folder: Path) -> tuple[dict, set]:
    """Where that environment finds packages, and which distributions it has."""
    names = COLAB_HAS + COLAB_LACKS + NEVER_THERE
    places, found = json.loads(ask(folder, f"import sys; sys.argv[1:] = {names}\n{STATE}"))
    return places, {tuple(pair) for pair in found}


@dataclass
class Opened:
    """The environment when a notebook's first cell has run, and what was there before."""

    folder: Path
    places: dict[str, str | None]
    found: set[tuple[str, str]]
    offline: bool = False  # the cell could not install; what it brings was linked


@pytest.fixture(scope="module")
def opened(bare, built) -> Opened:
    """That environment, made by the cell itself where a package index can be reached."""
    now = Opened(bare, *state(bare))
    (wheel,) = built.glob("*.whl")
    try:
        ask(bare, colab_cell.source(), INCEPTION_LIB_WHEEL=str(wheel))
    except AssertionError:
        fetch = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", bare, "torchinfo"]
        if subprocess.run(fetch, capture_output=True).returncode == 0:
            raise
        colab.open_offline(bare, wheel)
        now.offline = True
    return now


def test_colab_environment_is_honest(opened, missing):
    """What Colab has is there from the start and stays as it is; what it lacks comes by the cell
    alone, and nothing else comes."""
    folder, places, found = opened.folder, opened.places, opened.found
    assert all(places[name] for name in COLAB_HAS)
    assert not [name for name in COLAB_LACKS + NEVER_THERE if places[name]]
    if opened.offline:
        missing("no package index to be reached, from which the first cell on Colab installs")
    places_now, found_now = state(folder)
    assert {name: places_now[name] for name in COLAB_HAS} == {n: places[n] for n in COLAB_HAS}
    assert found <= found_now
    came = {name.lower().replace("-", "_") for name, _ in found_now - found}
    assert came == {name.replace("yaml", "pyyaml") for name in COLAB_LACKS}
    inside = str(folder / "env")
    assert all(places_now[name].startswith(inside) for name in COLAB_LACKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_notebook_alone(path, opened, tmp_path, monkeypatch):
    """It runs, against that wheel, and each alt text is the one that is committed."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("JUPYTER_PATH", str(opened.folder))
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    notebook = nbformat.read(path, as_version=4)
    committed = [cell.metadata.mystnb.image.alt for cell in notebook.cells if pictures(cell)]
    where = "import inception_lib\nprint(inception_lib.__file__)"
    notebook.cells.append(nbformat.v4.new_code_cell(where))

    execute(notebook, tmp_path, colab.KERNEL)

    assert notebook.cells[-1].outputs[0]["text"].startswith(str(opened.folder / "env"))
    assert sorted(tmp_path.iterdir()) == [], "the notebook leaves files behind"
    assert [alt for cell in notebook.cells for alt in pictures(cell)] == committed


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


def test_colab_cell_does_nothing_where_the_package_is():
    assert colab_calls(colab_cell.source(), PYTHONPATH=str(ROOT)) == []


def test_colab_cell_names_what_is_needed():
    """All that the extra `book` needs and Colab lacks; and nothing that the book does not need."""
    lines = re.findall(r"light \+?= (\[\".*\])", colab_cell.CELL)
    light = {name for line in lines for name in json.loads(line)}
    needed = set(colab.closure(["inception-lib[book]"])) - {"inception-lib"}
    lacking = needed - set(colab.closure(colab.PREINSTALLED))
    assert {"fvcore", "safetensors"} < lacking
    assert lacking <= light <= needed
