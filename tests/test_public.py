"""The public names: each loads on first use, twice the same, and each is documented."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import inception_lib as il

CODE = """
import json, sys
import inception_lib as il
name = sys.argv[1]
first, second = getattr(il, name), getattr(il, name)
print(json.dumps([first is second, type(first).__name__]))
"""


@pytest.mark.parametrize("name", il.__all__)
def test_a_name_is_the_same_twice_in_a_fresh_interpreter(name):
    run = subprocess.run(
        [sys.executable, "-c", CODE, name], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    same, kind = json.loads(run.stdout)
    assert same
    assert (kind == "module") == (name == "plots")


def test_no_name_is_a_modules_name():
    modules = {path.stem for path in Path(il.__file__).parent.glob("*.py")}
    modules |= {path.parent.name for path in Path(il.__file__).parent.glob("*/__init__.py")}
    assert modules & set(il.__all__) == {"plots"}  # the one module that is public as such


def test_no_figure_is_a_files_name():
    """Importing plots/x.py would put the file in the place of a figure `plots.x`."""
    files = {path.stem for path in (Path(il.__file__).parent / "plots").glob("*.py")}
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
    import ast

    for path in Path(il.__file__).parent.rglob("*.py"):
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
