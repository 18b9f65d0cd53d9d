"""The public names: each loads on first use, twice the same, and each is documented."""

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import inception_lib as il
from inception_lib import errors

PACKAGE = Path(il.__file__).parent


def ask(code: str) -> object:
    """What a fresh interpreter prints, as JSON."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.slow
def test_names_are_the_same_twice_in_a_fresh_interpreter():
    first_and_second = """
import inspect, json
import inception_lib as il
kinds = {}
for name in il.__all__:
    value = getattr(il, name)
    kinds[name] = [value is getattr(il, name), inspect.ismodule(value)]
print(json.dumps(kinds))
"""
    assert ask(first_and_second) == {name: [True, name in il._MODULES] for name in il.__all__}


def test_importing_loads_nothing():
    loaded = """
import importlib, json, sys
before = set(sys.modules)
import inception_lib
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    assert ask(loaded) == ["inception_lib"]


def test_each_line_of_the_stub_is_a_name():
    """`__init__.py` reads the stub line by line; an import in another form would be lost to it."""
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    lines = {ast.unparse(node) for node in stub.body if isinstance(node, ast.ImportFrom)}
    found = {f"from .{home} import {name} as {name}" for name, home in il._WHERE.items()}
    assert lines == found | {f"from . import {name} as {name}" for name in il._MODULES}


BROKEN = [
    ModuleNotFoundError("No module named 'torch._C'", name="torch._C"),
    ModuleNotFoundError("No module named 'sympy'", name="sympy"),  # torch's own need
    ImportError("libcudart.so.12: cannot open shared object file", name="torch"),
]


@pytest.mark.parametrize("error", BROKEN, ids=str)
def test_a_broken_library_speaks_for_itself(monkeypatch, error):
    def fail(*_):
        raise error

    for module in (il, il.plots, errors):
        monkeypatch.setattr(module, "import_module", fail)
    doors = [
        lambda: il.__getattr__("create_model"),
        lambda: il.plots.__getattr__("curves"),
        lambda: errors.needs("torch", "this"),
    ]
    for door in doors:
        with pytest.raises(ImportError) as raised:
            door()
        assert raised.value is error


def test_no_name_is_a_modules_name():
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    modules |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert modules & set(il.__all__) == set(il._MODULES)


def test_no_figure_is_a_files_name():
    """Importing plots/x.py would put the file in the place of a figure `plots.x`."""
    files = {path.stem for path in (PACKAGE / "plots").glob("*.py")}
    assert not files & set(il.plots.__all__)
    for name in il.plots.__all__:
        assert not inspect.ismodule(getattr(il.plots, name))


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(AttributeError, match="Did you mean 'create_model'"):
        il.create_modle  # noqa: B018


@pytest.mark.parametrize("name", [n for n in il.__all__ if inspect.isroutine(getattr(il, n))])
def test_public_functions_say_what_they_do(name):
    doc = inspect.getdoc(getattr(il, name))
    assert doc
    takes = inspect.signature(getattr(il, name)).parameters
    if takes:
        assert "Args:" in doc, f"{name} takes {list(takes)} and says nothing of it"


def test_files_are_short():
    """No file over 400 lines of code, docstrings, comments and blank lines not counted."""
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        docs = set()
        for node in ast.walk(ast.parse(source)):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
                value = body[0].value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    docs |= set(range(value.lineno, value.end_lineno + 1))
        code = [
            line
            for number, line in enumerate(source.splitlines(), 1)
            if number not in docs and line.strip() and not line.strip().startswith("#")
        ]
        assert len(code) <= 400, f"{path.name} has {len(code)} lines of code"


def test_former_names_lead_to_todays():
    assert il.ladder is il.steps and il.Ladder is il.Steps
