"""The wheel and the source archive: they pass the checks of their own tools, and nothing is missing."""

import ast
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import inception_lib as il
from inception_lib.errors import EXTRAS, PACKAGES
from teaching.chapters import all_notebooks
from tools.public import code

ROOT = Path(__file__).resolve().parent.parent
TREE = {
    path.relative_to(ROOT).as_posix(): path.read_bytes()
    for path in (ROOT / "inception_lib").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}


def run(*command) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def inside(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
def test_archives_pass_the_checks_of_their_tools(built):
    run("twine", "check", "--strict", *built.iterdir())
    run("check_wheel_contents", *built.glob("*.whl"))


@pytest.mark.slow
def test_wheel_is_the_tree(built):
    """Every file of the package, byte for byte, the weights and records too; and nothing else."""
    (wheel,) = built.glob("*.whl")
    files = {name: data for name, data in inside(wheel).items() if ".dist-info/" not in name}
    assert files == TREE
    kinds = {Path(name).suffix for name in files if "/weights/" in name}
    assert {".safetensors", ".json"} <= kinds


def told(built: Path) -> Message:
    """The wheel's METADATA."""
    (wheel,) = built.glob("*.whl")
    (said,) = [d for name, d in inside(wheel).items() if name.endswith(".dist-info/METADATA")]
    return message_from_string(said.decode())


@pytest.mark.slow
def test_wheel_says_what_it_is(built):
    metadata = told(built)
    assert metadata["Name"] == "inception-lib"
    assert metadata["Version"] == il.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_payload().startswith("# ")  # README.md


@pytest.mark.slow
def test_source_archive_holds_the_package_alone(built):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    extra = {"README.md", "LICENSE", "pyproject.toml", "PKG-INFO", ".gitignore"}
    assert names == set(TREE) | extra


@pytest.mark.slow
def test_source_archive_builds_the_same_wheel(built, tmp_path):
    """`build` makes the wheel of `built` from the source archive; this one is from the tree."""
    run("build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.read_bytes() == (built / wheel.name).read_bytes()


# ---- what it needs ----


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.slow
def test_wheel_says_what_an_extra_brings(built, extra):
    """What `errors.EXTRAS` says, with all of `torch`, and nothing without an extra."""
    needs = [Requirement(line) for line in told(built).get_all("Requires-Dist")]
    assert not [str(need) for need in needs if not need.marker]
    brought = {need.name for need in needs if need.marker.evaluate({"extra": extra})}
    modules = {*EXTRAS["torch"], *EXTRAS[extra]} | ({"torchvision"} if extra == "book" else set())
    wanted = {PACKAGES.get(module, module) for module in modules}
    assert {name.replace("-hub", "_hub") for name in brought} == wanted


def imported(source: str) -> set[str]:
    """The other packages that a piece of Python imports, or asks for with `needs`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "needs":
            found.add(ast.literal_eval(node.args[0]))
    own = {*sys.stdlib_module_names, "inception_lib"}
    return {name.split(".")[0] for name in found} - own


def test_extras_are_what_the_files_import():
    found = {name: imported(data.decode()) for name, data in TREE.items() if name.endswith(".py")}
    assert set().union(*found.values()) == {m for modules in EXTRAS.values() for m in modules}


def test_the_extra_book_is_what_the_chapters_import():
    cells = [cell for path in all_notebooks() for cell in code(path)]
    cells = [cell for cell in cells if not cell.startswith("%%")]
    found = set().union(*map(imported, cells))
    assert "torch" in found
    assert found <= {*EXTRAS["torch"], *EXTRAS["book"], "torchvision", "IPython"}


# ---- the wheel where nothing else is installed ----

# The rooms, and the single files, that need Python alone.
FREE = r"(errors|spec|tree|networks|counting|drawing|papers)\b|weights\.(keymaps|records)$|training\.(comparison|recipe|recipes|planning)$"
LIGHT = [name for name, home in il._WHERE.items() if re.match(FREE, home)]
HEAVY = [name for name in il.__all__ if name not in (*LIGHT, "plots")]

USE = """
import json, sys
import inception_lib as il
from inception_lib.to_json import to_json

for name in json.loads(sys.argv[1]):
    getattr(il, name)
assert il.cost("googlenet").params == 6_998_552
assert "googlenet" in il.list_models()
assert "googlenet" in str(il.explain_count(6_998_552))
assert "<svg" in il.draw("googlenet")._repr_html_()
assert "<svg" in il.draw(il.naive_block(4, 4, 4))._repr_html_()
assert "<svg" in il.steps()._repr_html_()
assert "AlexNet" in str(il.claims_table())
assert json.loads(json.dumps(to_json(il.naive_block(4, 4, 4))))["type"] == "branches"
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} - sys.stdlib_module_names)))
"""
ASK = """
import json, sys
import inception_lib as il

def said(name):
    try:
        eval(f"il.{name}")
    except ImportError as error:
        return str(error)

print(json.dumps({name: said(name) for name in json.loads(sys.argv[1])}))
"""


def alone(folder: Path, code: str, names: list[str]) -> object:
    """What code prints, as JSON, in a Python that sees nothing but itself and a folder."""
    code = f"import sys\nsys.path.insert(0, sys.argv.pop())\n{code}"
    command = [sys.executable, "-I", "-S", "-c", code, json.dumps(names), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def unpacked(built, tmp_path) -> Path:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def test_counts_and_draws_without_anything_else(unpacked):
    assert "inception_lib" in alone(unpacked, USE, LIGHT)


def test_counts_and_draws_without_loading_torch_where_it_is_installed():
    done = subprocess.run(
        [sys.executable, "-c", USE, json.dumps(LIGHT)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    heavy = {module for modules in EXTRAS.values() for module in modules}
    assert not heavy & set(json.loads(done.stdout))


def test_a_name_that_needs_more_says_what_to_install(unpacked):
    """Each of them: none fails otherwise, and none that needs torch passes as one that does not."""
    tell_address(unpacked, "https://github.com/your--account/book")
    for name, said in alone(unpacked, ASK, [*HEAVY, "plots.curves"]).items():
        assert said, f"il.{name} needs nothing: its file belongs in FREE"
        first, what = re.fullmatch(
            rf"il\.{re.escape(name)} needs (\w+), which is not installed: pip install (.*)", said
        ).groups()
        assert what.startswith(PACKAGES.get(first, first) + " ")
        rest = {"torch", "numpy", "pillow", "safetensors", "tqdm"} - {first}
        assert set(what.split()[1:]) == rest


@pytest.mark.parametrize("address", ["https://github.com/your--account/book", None])
def test_without_an_address_it_never_names_itself(unpacked, address):
    """The package is not published: anybody could take the bare name."""
    tell_address(unpacked, address)
    assert "inception-lib" not in alone(unpacked, ASK, ["device"])["device"]


def test_with_an_address_it_names_itself_and_the_extra(unpacked):
    tell_address(unpacked, "https://github.com/you/book")
    said = alone(unpacked, ASK, ["create_model", "plots.curves"])
    for name, extra in (("create_model", "torch"), ("plots.curves", "book")):
        end = f'pip install "inception-lib[{extra}] @ git+https://github.com/you/book"'
        assert said[name].endswith(end)


def tell_address(folder: Path, address: str | None) -> None:
    """Change what an installed package says of its repository; None: it says nothing."""
    (path,) = folder.glob("*.dist-info/METADATA")
    metadata, many = re.subn(
        "^Project-URL: Repository, .*\n",
        f"Project-URL: Repository, {address}\n" if address else "",
        path.read_text(encoding="utf-8"),
        flags=re.M,
    )
    assert many == 1
    path.write_text(metadata, encoding="utf-8")
