"""The environment in which `python -m tests.colab` runs the notebooks, and the cell that completes it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import colab
from tools import colab_cell

ROOT = Path(__file__).resolve().parent.parent
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


@pytest.mark.slow
def test_colab_environment_is_honest(built, tmp_path, missing):
    """What Colab has is there from the start and stays as it is; what it lacks comes by the first
    cell alone, from a wheel and from the package index, and nothing else comes."""
    python = colab.make(tmp_path)

    def state() -> tuple[dict, set]:
        """Where that environment finds packages, and which distributions it has."""
        command = [python, "-c", STATE, *COLAB_HAS, *COLAB_LACKS, *NEVER_THERE]
        run = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=tmp_path, env=colab.variables()
        )
        places, found = json.loads(run.stdout)
        return places, {tuple(pair) for pair in found}

    before, found = state()
    assert all(before[name] for name in COLAB_HAS)
    assert not [name for name in COLAB_LACKS + NEVER_THERE if before[name]]
    cell = colab.first_cell(python, next(built.glob("*.whl")))
    if cell.returncode:
        fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", tmp_path, "yacs"]
        assert subprocess.run(fetch, capture_output=True).returncode, cell.stdout + cell.stderr
        missing("no package index to be reached, from which the first cell on Colab installs")
    after, found_now = state()
    assert {name: after[name] for name in COLAB_HAS} == {n: before[n] for n in COLAB_HAS}
    assert found <= found_now
    came = {name.lower().replace("-", "_") for name, _ in found_now - found}
    assert came == {name.replace("yaml", "pyyaml") for name in COLAB_LACKS}
    assert all(after[name].startswith(str(tmp_path / "env")) for name in COLAB_LACKS)


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
