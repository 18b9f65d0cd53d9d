"""The wheel and the source archive: they pass the checks of their own tools, and nothing is missing."""

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import inception_lib as il

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


def test_archives_pass_the_checks_of_their_tools(built):
    run("twine", "check", "--strict", *built.iterdir())
    run("check_wheel_contents", *built.glob("*.whl"))


def test_wheel_is_the_tree(built):
    """Every file of the package, byte for byte, the weights and records too; and nothing else."""
    (wheel,) = built.glob("*.whl")
    files = {name: data for name, data in inside(wheel).items() if ".dist-info/" not in name}
    assert files == TREE
    kinds = {Path(name).suffix for name in files if "/weights/" in name}
    assert {".safetensors", ".json"} <= kinds


def test_wheel_says_what_it_is(built):
    (wheel,) = built.glob("*.whl")
    (said,) = [d for name, d in inside(wheel).items() if name.endswith(".dist-info/METADATA")]
    metadata = message_from_string(said.decode())
    assert metadata["Name"] == "inception-lib"
    assert metadata["Version"] == il.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_payload().startswith("# ")  # README.md


def test_source_archive_holds_the_package_alone(built):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    extra = {"README.md", "LICENSE", "pyproject.toml", "PKG-INFO", ".gitignore"}
    assert names == set(TREE) | extra


def test_source_archive_builds_the_same_wheel(built, tmp_path):
    """`build` makes the wheel of `built` from the source archive; this one is from the tree."""
    run("build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.read_bytes() == (built / wheel.name).read_bytes()
