"""The bank of questions: each number of a key is what tests/by_hand/ computes by other means."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from teaching.chapters import notebooks
from teaching.questions import KINDS, __main__, bank, choose, paper

ROOT = Path(__file__).resolve().parent.parent
BANK = bank()
every_question = pytest.mark.parametrize("name", BANK)


def by_hand(name):
    """Computes the values of a question again, from the numbers that it was given."""
    chapter, function = f"chapter{BANK[name].chapter:02}", name.replace("-", "_")
    found = vars(import_module(f"tests.by_hand.{chapter}")).get(function)
    assert found, f"tests/by_hand/{chapter}.py has no function {function} for this question"
    return found


def drawn(name, seed):
    """The numbers of a question: those of the page for None, else those of that seed."""
    numbers = {key: p.default for key, p in inspect.signature(BANK[name].write).parameters.items()}
    if seed is not None:
        numbers |= BANK[name].numbers(seed)
    return numbers


def shown(value, key):
    """Whether a value stands in the key, rounded in one of the ways that keys round."""
    if isinstance(value, int) or float(value).is_integer():
        forms = {f"{value:,.0f}", f"{value:.0f}", f"{value:.1f}", f"{value:.2f}"}
        forms |= {f"{100 * value:.0f}%"}
    else:
        forms = {f"{value:.{d}f}" for d in range(5)} | {f"{value:g}", f"{value:.4g}"}
        forms |= {f"{100 * value:.{d}f}%" for d in range(3)}
    forms = {form.replace("-", "−") for form in forms}
    return any(re.search(rf"(?<![\d.,]){re.escape(form)}(?![\d]|[.,]\d)", key) for form in forms)


@pytest.mark.parametrize(
    ("name", "seed"),
    [(name, seed) for name, q in BANK.items() for seed in (None, 1, 2, 3) if q.vary or not seed],
)
def test_numbers(name, seed):
    """The values of the key are those computed here, and they stand in the key."""
    question = BANK[name]
    text = question.text(seed)
    got = by_hand(name)(**drawn(name, seed))
    assert text.values
    for key, value in text.values.items():
        assert got[key] == pytest.approx(value, rel=1e-6, abs=1e-9), key
        assert shown(value, text.key), f"{key} = {value} does not stand in: {text.key}"


# ---- the rules for questions ----


def test_there_are_enough():
    questions = list(BANK.values())
    assert len(questions) >= 40
    for chapter in notebooks():
        few = f"teaching/questions/chapter{chapter:02}.py has fewer than four questions"
        assert sum(q.chapter == chapter for q in questions) >= 4, few
    for kind in KINDS:
        assert sum(q.kind == kind for q in questions) >= 8
    assert sum(q.vary is not None for q in questions) >= 20
    assert len({q.title for q in questions}) == len(questions)


@every_question
def test_each_says_what_it_is(name):
    question = BANK[name]
    assert question.kind in KINDS and question.difficulty in (1, 2, 3)
    assert 5 <= question.minutes <= 15
    assert len(question.goal.split()) >= 4 and not question.goal.endswith(".")
    text = question.text()
    assert "?" in text.ask or question.kind == "predict"
    for part in (text.ask, text.key):
        assert len(part.split()) > 20
        assert part.count("**") % 2 == 0 and part.count("```") % 2 == 0
        assert not re.search(r"(?<!\d)\d\.\d{5,}|nan|None|\{|\}", part), part


def literals(write):
    """The constant text in what a question function puts together, docstring and code apart."""
    tree = ast.parse(inspect.cleandoc(inspect.getsource(write)))
    calls = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Text"
    ]
    for call in calls:
        for argument in call.args[:2]:
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            yield from (p.value for p in parts if isinstance(p, ast.Constant))


@every_question
def test_no_result_is_typed(name):
    """Between the computed numbers stand no numbers of three digits, no decimals, no per cents."""
    texts = list(literals(BANK[name].write))
    assert texts
    for text in texts:
        assert not re.search(r"\d{3}|\d[.,]\d|\d ?%", text), text


@every_question
def test_other_seeds_give_other_numbers(name):
    question = BANK[name]
    drawn_texts = {question.text(seed).ask for seed in range(12)}
    assert len(drawn_texts) > 2 if question.vary else len(drawn_texts) == 1
    if question.vary:
        assert question.text(7) == question.text(7) == question.text("7")
        count = min(40, len(question.versions))
        assert len({repr(question.numbers(seed)) for seed in range(1, count + 1)}) == count
        assert question.numbers("Ada") == question.numbers("Ada")


def test_a_paper_and_its_key(capsys):
    __main__.main(["--seed", "7", "--count", "10"])
    first = capsys.readouterr().out
    __main__.main(["--seed", "7", "--count", "10"])
    assert capsys.readouterr().out == first
    assert len(re.findall(r"^## \d+\. ", first, re.MULTILINE)) == 10
    __main__.main(["--seed", "7", "--count", "10", "--key"])
    key = capsys.readouterr().out
    titles = re.findall(r"^## .*$", first, re.MULTILINE)
    assert titles == re.findall(r"^## .*$", key, re.MULTILINE)
    for q in choose(10):
        text = q.text("7")
        assert text.ask in first and text.key in key
        assert text.key not in first


def test_one_draw_gives_a_class_the_same_questions():
    first, second = (paper(choose(5, versions=2, draw=3), seed) for seed in (1, 2))
    titles = [re.findall(r"^## .*$", text, re.MULTILINE) for text in (first, second)]
    assert titles[0] == titles[1] and first != second
    assert choose(5, draw=3) != choose(5, draw=4)


def test_sheets_for_a_class(tmp_path, capsys):
    """A paper for each student, in the order of the seeds; what some share is said."""
    command = [
        "--students",
        "40",
        "--names",
        "naive-elsewhere",
        "only-adds",
        "--out",
        str(tmp_path / "a"),
    ]
    __main__.main(command)
    said = capsys.readouterr().out
    assert f"(only-adds): {len(BANK['only-adds'].versions)} versions" in said
    assert "naive-elsewhere" not in said
    papers, keys = ((tmp_path / "a" / name).read_text() for name in ("papers.html", "keys.html"))
    for page, kind in ((papers, "Paper"), (keys, "Key to paper")):
        assert re.findall(r"<h1>(.*?)</h1>", page) == [f"{kind} {seed}" for seed in range(1, 41)]
    assert len(set(re.findall(r"<article>.*?</article>", papers, re.DOTALL))) == 40
    assert "Shows that a student can" in keys and "Shows that a student can" not in papers
    with pytest.raises(SystemExit, match=r"papers\.html is there already"):
        __main__.main(command)
    for place in (tmp_path / "a" / "papers.html", tmp_path / "a" / "papers.html" / "b"):
        with pytest.raises(SystemExit, match=r"papers\.html.* cannot be made: .*Name another"):
            __main__.main([*command[:-1], str(place)])


def test_a_choice_is_spread():
    chosen = choose(len(notebooks()))
    assert {q.chapter for q in chosen} == set(notebooks())
    assert {q.kind for q in choose(5)} == set(KINDS)
    assert {q.chapter for q in choose(4, chapters=[2, 5])} == {2, 5}
    assert {q.kind for q in choose(4, kinds=["claim"])} == {"claim"}


def test_the_pages_for_teachers_need_no_torch():
    """`make book` writes them, and installs none."""
    code = """import sys
sys.modules["torch"] = sys.modules["numpy"] = None
from tools.generated.teaching import PAGES
assert all(make() for make in PAGES.values())"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--count", "500"], "500 questions are asked for; there are"),
        (["--count", "0"], "0 questions are asked for"),
        (["--chapters", "1", "99"], "no chapter 99: there are chapters 1 to "),
        (["--versions", "1001"], "there are 0 of this sort"),
        (["--students", "0"], "--students is 0; it must be at least 1"),
        (["--names", "naive-elsewere"], "no question naive-elsewere"),
    ],
)
def test_errors(arguments, says, capsys):
    with pytest.raises(SystemExit):
        __main__.main(arguments)
    assert says in capsys.readouterr().err
