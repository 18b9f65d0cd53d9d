"""Students' notebooks, run and asked: right, wrong, empty, broken, dishonest and endless ones."""

import csv
import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from inception_lib.exercises import numbers
from teaching import grader

pytestmark = pytest.mark.slow  # it starts kernels
CHAPTER = Path(__file__).resolve().parent.parent / "chapters" / "01-naive-block.ipynb"
CHECKS = {number: f'il.check("{number}", {answer})' for number, answer in grader.asked().items()}


def stubs():
    """Exercise -> the stub of the book, chapter 1."""
    cells = [c.source for c in nbformat.read(CHAPTER, 4).cells if c.cell_type == "code"]
    return {n: cells[cells.index(CHECKS[n]) - 1] for n in CHECKS if n.startswith("1.")}


def notebook(*, before="", answers=None, checks=None):
    """The exercises of chapter 1, as stubs unless answered."""
    cells = [new_code_cell("import inception_lib as il"), new_code_cell(before)]
    for number, stub in stubs().items():
        cells += [
            new_markdown_cell(f"### Exercise {number}"),
            new_code_cell((answers or {}).get(number, stub)),
            new_code_cell((checks or {}).get(number, CHECKS[number])),
        ]
    return new_notebook(cells=cells)


RIGHT = "256 * 28 * 28 * (128 + 192 * 9 + 96 * 25)"
STUDENTS = {
    # leaves a file behind, looks for secrets; a later cell uses the name again
    "right": notebook(
        before="import os\nopen('left.txt', 'w').write('x')\nassert 'MY_TOKEN' not in os.environ\n"
        f"assert os.path.expanduser('~') != {str(Path.home())!r}\nfine = True",
        answers={
            "1.1": f"macs_of_3b = {RIGHT} if fine else 0",
            "1.2": "macs_of_3b = 0\n" + stubs()["1.2"],
        },
    ),
    # says "right" to everybody, and has taken one check out
    "dishonest": notebook(
        before="from inception_lib.exercises import Verdict\n"
        "il.check = lambda number, answer: Verdict(number, True, 'right.')",
        answers={"1.1": "macs_of_3b = 7"},
        checks={"1.4": ""},
    ),
    # a cell that is no Python, an answer that raises, and a cell without end
    "broken": notebook(
        answers={
            "1.1": "macs_of_3b = = 7",
            "1.2": "def naive_forward(x, w1, w3, w5):\n    raise RuntimeError('mine')",
            "1.3": "import time\nwhile True:\n    time.sleep(1)",
        },
    ),
    # own names, by position and by keyword; two tries, of which the first is wrong; a name in a function
    "own names": notebook(
        answers={"1.1": f"mine = {RIGHT}"},
        checks={
            "1.1": 'il.check("1.1", 7)\nil.check(number="1.1", answer=mine)\nil.check("1.1", 8)'
        },
    ),
    "inside": notebook(
        answers={"1.1": f"macs_of_3b = {RIGHT}"},
        checks={"1.1": 'def asked(x):\n    return il.check("1.1", x)\nasked(macs_of_3b)'},
    ),
    "quits": notebook(answers={"1.2": "import os\nos._exit(1)"}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed in")
    for name, made in STUDENTS.items():
        (folder / name).mkdir()
        nbformat.write(made, folder / name / "01-naive-block.ipynb")
    return folder


@pytest.fixture(scope="module")
def marks(folder):
    os.environ["MY_TOKEN"] = "secret"
    try:
        found, _ = grader.students(folder)
        return {name: grader.grade(path, timeout=20) for name, (path,) in found.items()}
    finally:
        del os.environ["MY_TOKEN"]


def verdicts(own):
    return {number: mark.verdict for number, mark in own.items()}


def test_right_answers(marks):
    """The name was used again later: what counts is the answer where it was asked."""
    assert verdicts(marks["right"]) == dict.fromkeys(stubs(), "no answer") | {"1.1": "right"}


@pytest.mark.parametrize("name", ["own names", "inside"])
def test_a_right_answer_of_another_name_counts(marks, name):
    assert marks[name]["1.1"].verdict == "right"


def test_worked_answers_are_all_right():
    path = CHAPTER.parent / "solutions" / "02-one-by-one.ipynb"  # they run in four seconds
    assert set(verdicts(grader.grade(path)).values()) == {"right"}


def test_what_a_notebook_says_of_itself_does_not_count(marks):
    own = marks["dishonest"]
    assert own["1.1"].verdict == "wrong" and "too small" in own["1.1"].says
    assert own["1.4"].verdict == "no answer"  # its check was taken out; it was asked all the same


def test_broken_notebooks_get_a_mark(marks):
    own = marks["broken"]
    assert own["1.1"].verdict == "error" and "macs_of_3b" in own["1.1"].says
    assert own["1.2"].verdict in ("wrong", "error") and "mine" in own["1.2"].says
    assert own["1.3"].verdict == "error" and "photograph" in own["1.3"].says
    assert own["1.4"].verdict == "no answer"  # it went on behind the endless cell


def test_a_python_that_ends(marks):
    own = marks["quits"]
    assert own["1.1"].verdict == "no answer"
    assert {own[number].verdict for number in list(stubs())[1:]} == {"error"}
    assert own["1.2"].says == grader.ENDED


def test_a_cell_that_ignores_the_interrupt(tmp_path):
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nimport time\nwhile True:\n    time.sleep(1)"
    made = new_notebook(cells=[new_markdown_cell("### Exercise 1.1"), new_code_cell(deaf)])
    nbformat.write(made, tmp_path / "deaf.ipynb")
    own = grader.grade(tmp_path / "deaf.ipynb", timeout=2)
    assert set(own.values()) == {grader.Mark("error", grader.ENDED)}


def test_a_file_that_is_no_notebook(tmp_path, capsys):
    """The others' marks are kept; a folder above that begins with a dot hides nobody."""
    folder = tmp_path / ".hidden" / "handed in"
    folder.mkdir(parents=True)
    (folder / "broken.ipynb").write_text("{no json")
    (folder / "other.ipynb").write_text('{"cells": [{}]}')
    (folder / "photo.pdf").touch()
    nbformat.write(new_notebook(), folder / "somebody.ipynb")
    grader.main([str(folder)])
    said = capsys.readouterr()
    assert "broken.ipynb: not run, NotJSONError" in said.err
    first, *rows, last = said.out.splitlines()
    assert first == grader.LIMITS and last == "Not read, since no notebooks: photo.pdf"
    assert [line.split()[0] for line in rows[-3:]] == ["broken", "other", "somebody"]


def test_nothing_is_left_behind(marks, folder):
    files = sorted(path.name for path in folder.rglob("*") if path.is_file())
    assert files == ["01-naive-block.ipynb"] * len(STUDENTS)
    for name, made in STUDENTS.items():
        stored = nbformat.read(folder / name / "01-naive-block.ipynb", as_version=4)
        assert [c.source for c in stored.cells] == [c.source for c in made.cells]


def test_table(marks):
    text = str(grader.table(marks))
    assert text.splitlines()[0].split() == ["student", *stubs(), "right"]
    assert text.splitlines()[-1].split() == ["right", "right", *"–" * (len(stubs()) - 1), "1"]


def test_command(tmp_path, capsys):
    """A notebook beside the others is a student, too; the spreadsheet has a line for each exercise."""
    made = new_notebook(
        cells=[new_code_cell("macs_of_the_branch = 1"), new_code_cell('il.check("2.1", 1)')]
    )
    nbformat.write(made, tmp_path / "somebody.ipynb")
    grader.main([str(tmp_path), "--says", "--csv", str(tmp_path / "marks.csv")])
    out = capsys.readouterr().out
    assert "somebody, 2.1: not yet." in out
    with (tmp_path / "marks.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["student", "exercise", "verdict", "says"]
    assert rows[1][:3] == ["somebody", "2.1", "wrong"] and rows[2][1:3] == ["2.2", "error"]


def test_every_exercise_can_be_asked():
    assert set(grader.asked()) == set(numbers())


def test_folders(tmp_path):
    with pytest.raises(SystemExit, match="there is no folder"):
        grader.students(tmp_path / "none")
    (tmp_path / "ada.zip").touch()
    with pytest.raises(SystemExit, match=r"holds no notebooks \(\.ipynb\)\. It holds ada\.zip"):
        grader.students(tmp_path)
    names = ["ada.ipynb", "ada (1).ipynb", "ada-Copy2.ipynb", "ben/a.IPYNB", "ben/b/c.ipynb"]
    left_out = ["cy.py", "cy/scan.pdf", ".DS_Store", "__MACOSX/dan.ipynb"]
    for name in (*names, *left_out):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found, others = grader.students(tmp_path)
    assert {n: {str(p.relative_to(tmp_path)) for p in own} for n, own in found.items()} == {
        "ada": set(names[:3]),
        "ben": set(names[3:]),
    }
    assert [str(path) for path in others] == ["ada.zip", "cy/scan.pdf", "cy.py"]


@pytest.mark.parametrize("order", [1, -1])
def test_of_copies_the_best_answer_counts(monkeypatch, capsys, order):
    """Of each exercise, in whatever order the files sort."""
    made = {
        "01.ipynb": {"1.1": "right", "1.2": "wrong", "1.3": "no answer", "1.4": "right"},
        "01 (1).ipynb": {"1.1": "error", "1.2": "right", "1.3": "error", "1.4": "right"},
    }

    def grade(path, timeout):
        return {number: grader.Mark(verdict) for number, verdict in made[path.name].items()}

    monkeypatch.setattr(grader, "grade", grade)
    own = grader.of_student([Path(name) for name in made][::order], 1)
    assert verdicts(own) == {"1.1": "right", "1.2": "right", "1.3": "no answer", "1.4": "right"}
    said = capsys.readouterr().err.splitlines()
    assert sorted(said) == [
        "  1.1 is in several files; 01.ipynb counts",
        "  1.2 is in several files; 01 (1).ipynb counts",
        "  1.3 is in several files; 01.ipynb counts",
    ]


def test_says_what_is_lacking(monkeypatch):
    """In the environment of `make handouts`, every student would get an error."""
    monkeypatch.setattr(grader, "find_spec", lambda name: None if name == "torch" else True)
    with pytest.raises(
        SystemExit, match=r"lacks torch, so every notebook would fail\. Use `make grade"
    ):
        grader.main(["."])


def test_a_spreadsheet_is_not_written_over(tmp_path):
    """It is said before anything is run."""
    (tmp_path / "marks.csv").write_text("a teacher's own points")
    for file, says in (("marks.csv", "is there already"), ("none/marks.csv", "in no folder")):
        with pytest.raises(SystemExit, match=rf"marks\.csv .*{says}\. Name another file"):
            grader.main([str(tmp_path), "--csv", str(tmp_path / file)])


def test_what_was_finished_is_kept_when_it_is_stopped(tmp_path, monkeypatch, capsys):
    for name in ("ada", "戴维"):
        (tmp_path / f"{name}.ipynb").touch()

    def of_student(paths, timeout):
        if "ada" not in paths[0].name:
            raise KeyboardInterrupt
        return {"1.1": grader.Mark("right")}

    monkeypatch.setattr(grader, "of_student", of_student)
    grader.main([str(tmp_path), "--csv", str(tmp_path / "marks.csv")])
    said = capsys.readouterr()
    assert "Stopped." in said.err and said.out.splitlines()[-1].split() == ["ada", "right", "1"]
    assert (tmp_path / "marks.csv").read_text(encoding="utf-8-sig").count("ada") == 1
