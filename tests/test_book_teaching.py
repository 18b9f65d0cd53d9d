"""The pages for teachers: true to the chapters, complete, and with keys that are folded."""

import ast
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from inception_lib.exercises import numbers
from teaching import chapters, grader, marking, plans
from teaching.lacking import lacking
from teaching.questions import bank
from tools.generated import lab

ROOT = Path(__file__).resolve().parent.parent
BOXES = chapters.boxes()


def straight(text: str) -> str:
    """A page's text with the apostrophes of its source."""
    return text.replace("’", "'")


def page(pages, name):
    return BeautifulSoup(
        (pages / f"{name}.html").read_text(encoding="utf-8"), "html.parser"
    ).article


# ---- what comes from the chapters' boxes ----


def test_every_chapter_is_whole():
    assert not (found := lacking()), "\n".join(found)
    assert [e for head in BOXES.values() for e in head.exercises] == numbers()
    for head in BOXES.values():
        assert head.question.endswith("?"), (
            f"{head.page}: the question of its box has no question mark"
        )


@pytest.fixture
def copy(tmp_path) -> Path:
    """What `lacking` reads of the repository, in a folder where a test may spoil it."""
    (tmp_path / "teaching").mkdir()
    for file in ("_toc.yml", "comprehension.md", "teaching/plans.py"):
        shutil.copy(ROOT / file, tmp_path / file)
    for folder in (
        "chapters",
        "chapters/solutions",
        "teaching/questions",
        "inception_lib/exercises",
    ):
        shutil.copytree(ROOT / folder, tmp_path / folder, dirs_exist_ok=True)
    return tmp_path


def test_what_a_chapter_lacks_is_said_with_its_file(copy):
    assert lacking(copy) == []
    n = len(BOXES)
    last, page = chapters.notebooks()[n], f"chapters/{n + 1:02d}-new.ipynb"
    text = last.read_text(encoding="utf-8").replace(f"Exercise {n}.", f"Exercise {n + 1}.")
    (copy / page).write_text(text.replace(BOXES[n].title, "New"), encoding="utf-8")
    said = "\n".join(lacking(copy))
    for what in (
        f"{page.replace('chapters/', 'chapters/solutions/')} is missing: the answers",
        f"_toc.yml does not name {page.removesuffix('.ipynb')}\n",
        f"comprehension.md has no section '## Chapter {n + 1}: [New]({page})'",
        f"teaching/questions/chapter{n + 1:02d}.py is missing",
        f"inception_lib/exercises/chapter{n + 1:02d}.py is missing",
        f"no week of TERM names {{{n + 1}}}",
        f'teaching/marking.py has no row "{n + 1}.1" for an exercise of {Path(page).name}',
    ):
        assert what in said
    needs = re.sub(r"You need .*", f'You need chapter {n + 2}.\\\\n"', text)
    (copy / page).write_text(needs, encoding="utf-8")
    assert f"needs chapter {n + 2}, which does not come before chapter {n + 1}" in "\n".join(
        lacking(copy)
    )
    (copy / page).write_text("", encoding="utf-8")
    assert lacking(copy) == [
        f"{page}: it is no notebook (Expecting value: line 1 column 1 (char 0))"
    ]
    (copy / page).unlink()
    copied = Path(page).with_name(f"{Path(page).stem}-Copy1.ipynb").name
    for name in (copied, "1-new.ipynb"):
        (copy / "chapters" / name).touch()
        assert f"chapters/{name}: a chapter's file is called like" in "\n".join(lacking(copy))
        (copy / "chapters" / name).unlink()
    (copy / "chapters" / BOXES[2].page).unlink()
    said = "\n".join(lacking(copy))
    assert (
        f"chapters/{BOXES[3].page}: chapters are numbered from 1 on, so its name should begin with 02"
        in said
    )
    assert 'teaching/marking.py has a row "2.1", and no chapter such an exercise' in said
    assert "teaching/plans.py names chapter {2}, which is not there" in said


@pytest.mark.parametrize(
    ("needs", "found"),
    [
        ("chapters 2 to 5, and logarithms", (2, 3, 4, 5)),
        ("chapters [7](07-x.ipynb) and [4](04-y.ipynb)", (4, 7)),
        ("[chapter 1](01-z.ipynb) and, for 3 things, [chapter 4](04-y.ipynb)", (1, 4)),
        ("Python and 2 hands", ()),
        ("chapters 2, 4 and 5: the 1×1", (2, 4, 5)),
    ],
)
def test_chapters_named_in_a_sentence(needs, found):
    assert chapters.named(needs) == found


def test_what_comes_before():
    assert BOXES[8].chapters == ((2, 4, 5, 7), ())
    assert chapters.way_to(8, BOXES) == [1, 2, 4, 5, 7]
    for number in BOXES:
        assert all(before < number for before in chapters.way_to(number, BOXES))


def test_a_box_without_a_part_is_an_error(tmp_path):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# T\n\n> **The question.** Why?")]
    )
    nbformat.write(notebook, tmp_path / "01-t.ipynb")
    with pytest.raises(ValueError, match=r"01-t.*says 1 things; wanted are the question"):
        chapters.box(tmp_path / "01-t.ipynb")


def test_goals_are_the_chapters_own(pages):
    text = straight(" ".join(page(pages, "teaching").get_text(" ").split()))
    for number, head in BOXES.items():
        first = nbformat.read(ROOT / "chapters" / head.page, as_version=4).cells[0].source
        assert f"{number}. {head.title}" in text
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", head.afterwards)
        opening = plain.split()[:4]
        assert " ".join(opening) in re.sub(r"[`*\[\]]|\([^)]*\)", "", first).replace("\n> ", " ")
        if not opening[0][0].isupper():  # else an answer, and a sentence
            assert f"Afterwards a student can {' '.join(opening)}" in text


# ---- plans ----


@pytest.mark.parametrize("plan", [plans.SINGLE, plans.WEEK, plans.SEMINAR])
def test_minutes_add_up(plan):
    assert plans.sessions(plan)
    minutes, parts = plan
    title, steps = next(iter(parts.items()))
    with pytest.raises(ValueError, match="minutes, not"):
        plans.sessions((minutes, {title: steps[1:]}))


def named_exercises(text):
    """Every exercise that a text names: "1.1 to 1.3, 2.1"."""
    order, found = numbers(), []
    for first, last in re.findall(r"\b(\d+\.\d+)(?: to (\d+\.\d+))?\b", text):
        found += order[order.index(first) : order.index(last or first) + 1]
    return found


def test_plans_name_exercises_that_there_are():
    for _, parts in (plans.SINGLE, plans.WEEK, plans.SEMINAR):
        for steps in parts.values():
            for _, what in steps:
                if re.search(r"Exercises?\b", what):
                    assert named_exercises(what.split("Exercise")[1])


def test_plans_quote_headings_that_there_are():
    """A heading in “…” is one of a chapter that the same row names."""
    sessions = [
        steps for _, parts in (plans.SINGLE, plans.WEEK, plans.SEMINAR) for steps in parts.values()
    ]
    rows = [what for steps in sessions for _, what in steps] + [row[1] for row in plans.TERM]
    for row in rows:
        text = ""
        for number in re.findall(r"\{(\d+)\}", row):
            path = ROOT / "chapters" / BOXES[int(number)].page
            cells = nbformat.read(path, as_version=4).cells
            text += "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        for heading in re.findall("“(.+?)”", row):
            assert re.search(rf"^## {re.escape(heading)}$", text, re.MULTILINE), row


def test_a_term_has_every_exercise_once_and_every_chapter():
    handed_in = [row[3].removeprefix("exercises ") for row in plans.TERM]
    assert sorted(named_exercises(", ".join(handed_in))) == sorted(numbers())
    told = " ".join(row[1] for row in plans.TERM)
    assert {int(n) for n in re.findall(r"\{(\d+)\}", told)} == set(BOXES)


# ---- marking ----


def stub(number):
    """The source of an exercise's stub."""
    path = ROOT / "chapters" / BOXES[int(number.split(".")[0])].page
    cells = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    at = [n for n, source in enumerate(cells) if f'check("{number}"' in source]
    assert at, f'{path.name} has no cell with check("{number}", …)'
    return cells[at[0] - 1]


def test_every_exercise_is_marked():
    assert list(marking.ROWS) == numbers()
    for number, (kind, checker, person, looks, slips) in marking.ROWS.items():
        assert kind in marking.KINDS and 1 <= checker <= 4 and 1 <= person <= 2, number
        assert len(looks.split()) >= 4 and len(slips.split()) >= 4
        assert not re.search(r"\d{3}", looks + slips), "no result is typed"


@pytest.mark.parametrize("number", numbers())
def test_the_kind_is_that_of_the_stub(number):
    kind, *_ = marking.ROWS.get(number) or pytest.fail(f"teaching/marking.py: no row {number}")
    functions = [n for n in ast.parse(stub(number)).body if isinstance(n, ast.FunctionDef)]
    if kind == marking.FUNCTION:
        assert len(functions) == 1
    elif kind in (marking.NUMBER, marking.BLOCK):
        assert not functions and "None" in stub(number)


def test_the_example_is_what_the_command_prints():
    right, wrong, error, none = (grader.Mark(v) for v in ("right", "wrong", "error", "no answer"))
    order = ["1.1", "1.2", "1.3", "1.4", "1.5"]
    example = {
        "ada": dict(zip(order, (right, right, none, none, right), strict=True)),
        "ben": dict(zip(order, (wrong, error, none, none, right), strict=True)),
    }
    assert f"```text\n{grader.table(example)}\n```" in (ROOT / "marking.md").read_text(
        encoding="utf-8"
    )


# ---- the built pages ----


def test_questions_are_all_there_and_folded(pages):
    article = page(pages, "questions")
    folded = article.find_all("details")
    assert len(folded) == len(bank())
    assert not any(tag.has_attr("open") for tag in folded)
    names = {code.get_text() for code in article.find_all("code")}
    assert set(bank()) <= names
    for tag in folded:
        assert tag.summary.get_text().startswith("Key: ")
        assert len(tag.get_text().split()) > 20


def test_every_chapter_has_ten_questions_on_it(pages):
    article = page(pages, "comprehension")
    sections = {
        head.a["href"]: (head, head.find_parent("section")) for head in article.find_all("h2")
    }
    assert list(sections) == [
        f"chapters/{box.page.removesuffix('.ipynb')}.html" for box in BOXES.values()
    ]
    for number, (head, section) in zip(BOXES, sections.values(), strict=True):
        assert straight(head.get_text()).startswith(f"Chapter {number}: {BOXES[number].title}"), (
            f"comprehension.md calls chapter {number} {head.get_text()!r}"
        )
        asked = [tag.summary.get_text() for tag in section.find_all("details")]
        found = [text.split(". ")[0] for text in asked]
        assert found == [str(n) for n in range(1, 11)], (
            f"chapter {number}: {found} in comprehension.md"
        )
        for tag in section.find_all("details"):
            assert not tag.has_attr("open") and tag.find("p")


def test_links_to_the_lab_are_states_of_it(pages):
    states = [
        tag["href"].split("#")[1] for tag in page(pages, "teaching").select('a[href^="lab.html#"]')
    ]
    assert states == [lab.address(lab.preset(name)) for name in lab.FOR_TEACHERS]
