"""Each checker is tried with right answers of several kinds, and with several wrong ones.

What counts is what the checkers were really asked: while the tests of a chapter's exercises run,
every answer that reaches a checker is noted, with its verdict. This file is read before those tests
run and its own tests run behind them. By hand, for chapter 5:

    pytest -q tests/test_exercises_chapter05.py tests/test_exercises_counted.py
"""

import types
from collections import defaultdict
from pathlib import Path

import pytest

from inception_lib import exercises

RIGHT, WRONG = 2, 4  # how many of each an exercise needs, no two of them the same

_asked: dict[tuple[str, bool], dict[object, object]] = defaultdict(dict)


def text(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # an integer too long to print, an object whose repr fails
        return f"{type(value).__name__} at {id(value)}"


def same(answer: object) -> object:
    """A key that two answers share when they are the same answer, written twice."""
    if isinstance(answer, types.FunctionType):
        held = [text(cell.cell_contents) for cell in answer.__closure__ or ()]
        return answer.__code__, text(answer.__defaults__), tuple(held)
    # 5 and 5.0 are two kinds of answer, 5 and 5 are not; an object without a repr of its own shows
    # its address, and is the same as itself alone
    return type(answer).__name__, text(answer)


def noted(number: str, checker):
    """The checker, which now also notes what it was asked. A stub is no answer."""

    def ask(answer: object) -> str | None:
        wrong = checker(answer)
        _asked[number, wrong is None][same(answer)] = (
            answer  # kept, so that its address stays its own
        )
        return wrong

    return ask


NUMBERS = exercises.numbers()
for _number in NUMBERS:
    exercises._CHECKERS[_number] = noted(_number, exercises._CHECKERS[_number])


@pytest.mark.parametrize("number", NUMBERS)
def test_answers_suffice(number, request, missing):
    file = f"test_exercises_chapter{int(number.split('.')[0]):02d}.py"
    before = request.session.items[: request.session.items.index(request.node)]
    if file not in {Path(item.path).name for item in before}:
        missing(f"counts what {file} asks: name that file before this one")
    right, wrong = len(_asked[number, True]), len(_asked[number, False])
    assert right >= RIGHT and wrong >= WRONG, (
        f"exercise {number}: {right} right answers ({RIGHT} are wanted),"
        f" {wrong} wrong ones ({WRONG} are wanted)"
    )
