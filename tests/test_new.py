"""`make chapter` and `make network`: what they refuse, what they write, and that it is green."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

import inception_lib as il
from teaching.chapters import notebooks
from tools import figures, new
from tools.new import chapter, network

ROOT = Path(__file__).resolve().parent.parent
TO_WRITE = "tests/test_whole.py::test_nothing_is_still_to_be_written"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "needs a name with letters"),
        (" ?! ", "needs a name with letters"),
        ("为什么", "needs a name with letters from a to z"),
        ('Two "quotes"', '" cannot be in a chapter'),
        ("Two\nlines", r"'\\n' cannot be in a chapter"),
        ("Why " * 30, "has 120 letters, 80 are allowed"),
        ("a_b [c]", r"\[ \] _ cannot be"),
        (" The Naive BLOCK?", "There is a chapter of that name: chapters/01-naive-block.ipynb"),
        ("Naive block", "There is a chapter of that name: chapters/01-naive-block.ipynb"),
    ],
)
def test_a_chapter_that_cannot_be(name, says):
    with pytest.raises(SystemExit, match=says):
        chapter.refuse(name)


def test_a_chapter_called_like_a_figure():
    named = {path.stem[3:] for path in notebooks().values()}
    figure = next(f for f in figures.numbers() if f.removeprefix("fig-") not in named)
    with pytest.raises(SystemExit, match=f"There is a figure {figure}, as"):
        chapter.refuse(figure.removeprefix("fig-").replace("-", " "))


def test_a_chapter_beside_a_broken_one(monkeypatch):
    def broken():
        raise ValueError("02-x.ipynb: it is no notebook")

    monkeypatch.setattr(chapter, "boxes", broken)
    with pytest.raises(SystemExit, match=r"First mend the chapter that is there\. 02-x\.ipynb"):
        chapter.refuse("Why it is so")


def test_a_chapter_that_does_not_run_can_be_taken_back(monkeypatch):
    def fail(*notebooks):
        raise RuntimeError("cell 3 failed")

    monkeypatch.setattr(chapter, "write", lambda made, changed: None)
    monkeypatch.setattr(chapter, "execute", fail)
    with pytest.raises(SystemExit) as found:
        chapter.main("Why it is so")
    assert "cell 3 failed" in str(found.value)
    assert "git restore _toc.yml comprehension.md" in str(found.value)


@pytest.mark.parametrize(
    "name", ["", "My_Network", "my network", "网络", "3x3", "class", "a__b", "../a", "a" * 41]
)
def test_a_network_that_cannot_be(name):
    with pytest.raises(SystemExit, match="names no network: small letters"):
        network.refuse(name)


@pytest.mark.parametrize("name", [il.list_models()[0], il.list_models(mini=True)[0], "blocks"])
def test_a_network_that_is_there(name):
    with pytest.raises(SystemExit, match=f"There is a network or a file of that name: {name}"):
        network.refuse(name)


@pytest.mark.parametrize("name", ["cost", "reduced_block", "batch_norm"])
def test_a_network_called_like_something_else(name):
    """Its function or its table would hide what its own file imports."""
    with pytest.raises(SystemExit, match="is something else in the package"):
        network.refuse(name)


def test_a_name_in_an_address():
    assert chapter.slug("Wie groß? What's 3×3, für alle!") == "wie-gross-whats-3x3-fur-alle"


def test_a_chapter_comes_behind_the_last():
    n = max(notebooks()) + 1
    made, changed = chapter.files("Why is it so? 3×3", n)
    page = f"{n:02d}-why-is-it-so-3x3"
    assert [f"chapters/{page}.ipynb", f"chapters/solutions/{page}.ipynb"] == list(made)[:2]
    for file, text in (made | changed).items():
        assert "<<" not in text, f"{file}: a name that its template does not get"
        assert text.count("\n") > (0 if file in made else new.read(file).count("\n") - 1)
    cells = nbformat.reads(made[f"chapters/{page}.ipynb"], as_version=4).cells
    assert cells[0].source.startswith("# Why is it so? 3×3\n")
    assert cells[2].metadata.mystnb.figure.name == "fig-why-is-it-so-3x3"
    contents = changed["_toc.yml"].splitlines()
    at = contents.index(f"      - file: chapters/{page}")
    assert contents[at + 1] == "  - caption: Explore"
    assert f"{n}.1 to {n}.3" in changed["teaching/plans.py"]


def test_a_place_that_is_not_there_is_named():
    with pytest.raises(SystemExit, match=r"_toc\.yml has no place that looks like"):
        new.after("root: intro\n", "^  - file", "x", file="_toc.yml")


def test_places_to_write_at_are_found():
    text = f"one\n  {new.MARK.capitalize()} a question?\n{new.MARK} two\n"
    assert new.places({"a.md": text, "b.md": "one\n"}) == [
        f"a.md:2: {new.MARK.capitalize()} a question?",
        f"a.md:3: {new.MARK} two",
    ]


def git(folder: Path, *command: str) -> None:
    name = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *name, *command], cwd=folder, check=True, capture_output=True)


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "known.md").write_text("one\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    with pytest.raises(SystemExit, match=r"known\.md: there already, and nothing was written"):
        new.write({"new.md": "", "known.md": ""}, {}, tmp_path)
    (tmp_path / "known.md").write_text("two\n")
    with pytest.raises(SystemExit, match=r"known\.md: changed and not committed"):
        new.write({"new.md": ""}, {"known.md": "three\n"}, tmp_path)
    with pytest.raises(SystemExit, match=r"known\.md: changed and not committed"):
        new.write({"new.md": ""}, {}, tmp_path, later=["known.md"])
    assert not (tmp_path / "new.md").exists()
    git(tmp_path, "commit", "-q", "-a", "-m", "two")
    new.write({"new.py": "a=1\n"}, {"known.md": "three\n"}, tmp_path)
    assert (tmp_path / "known.md").read_text() == "three\n"
    assert (tmp_path / "new.py").read_text() == "a = 1\n"  # formatted


def test_integers_are_written_as_they_stand():
    text = new.read(network.STAGES)
    kept = json.loads(text)
    assert network.dumped(kept) == text
    assert network.integers("inception_resnet_v1") == kept["inception_resnet_v1"]


def test_a_network_comes_behind_the_last():
    made, changed = network.files("of_a_test")
    assert list(made) == ["inception_lib/networks/of_a_test.py"]
    for file in set(changed) - {network.STAGES}:
        last = il.list_models(by_year=True)[-1]
        assert changed[file].index(f'"{last}"') < changed[file].index('"of_a_test": ')


# ---- all of it, in a copy ----

# Neither may install: the environment is that of the repository.
MAKE = ["make", "-o", ".venv/.all", "-o", ".venv/.book", "-o", ".venv/bin/python"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The repository as it stands, committed and not, in a folder and a git of its own."""
    folder = tmp_path_factory.mktemp("copy") / "book"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "all")
    (folder / ".venv").symlink_to((ROOT / ".venv").resolve())
    return folder


def run(folder: Path, *command: str, **environment: str) -> str:
    """The output of a command in a copy; it must succeed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "MAKE"))}
    found = subprocess.run(
        command, cwd=folder, capture_output=True, text=True,
        env=kept | {"PYTHONPATH": str(folder)} | environment,
    )  # fmt: skip
    said = found.stdout + found.stderr
    assert found.returncode == 0, f"{' '.join(command)}\n{said[-20_000:]}"
    return said


@pytest.mark.nightly
def test_a_new_chapter_and_a_new_network_are_green_but_for_the_text(copy):
    said = run(copy, *MAKE, "chapter", "NAME=What's it called? 3×3")
    assert "is laid out and green but for its text" in said
    assert "my_network is there" in run(copy, *MAKE, "network", "NAME=my_network")
    run(copy, *MAKE, "check", PYTEST_ADDOPTS=f"--deselect {TO_WRITE}")
    with pytest.raises(AssertionError) as found:
        run(copy, ".venv/bin/python", "-m", "pytest", "-q", TO_WRITE)
    files = ["comprehension.md", "teaching/marking.py", "tools/generated/cards.py"]
    for file in [*files, "inception_lib/networks/my_network.py", "chapters/solutions/"]:
        assert file in str(found.value)
