"""What the checkers share: answers of any kind or none yet, slips, draws, calls of what a reader wrote."""

import functools
import math
import random

import numpy as np
import pytest
import torch

from inception_lib import Branches, Conv, MaxPool, check, seed_everything
from inception_lib.exercises import (
    Slip,
    as_block,
    as_number,
    as_tensor,
    called,
    is_function,
    numbers,
    ratio,
    same_tensor,
    side_by_side,
    whole_number,
    whole_numbers,
)
from teaching.marking import FUNCTION, ROWS
from tests.exercises import says


def raises(*args):
    raise ValueError("a first line\nand a second")


def changes(*args):
    for arg in args:
        if isinstance(arg, torch.Tensor):
            arg.mul_(2)
        elif isinstance(arg, list):
            arg.clear()
    return args[0]


@pytest.mark.parametrize(
    "value", [7, 7.0, np.int64(7), np.float32(7), np.array([7]), torch.tensor(7), torch.tensor([7.0])]
)  # fmt: skip
def test_a_number_of_any_kind(value):
    assert as_number(value) == 7


@pytest.mark.parametrize("value", [True, np.bool_(True), "7", [7], None, torch.ones(2), 7j])
def test_what_is_no_number(value):
    assert as_number(value) is None


def test_numbers_in_any_container_are_a_tensor():
    for value in ([[1, 2]], ((1.0, 2.0),), np.array([[1, 2]]), [torch.tensor([1, 2])]):
        assert as_tensor(value).tolist() == [[1, 2]]
    for value in ("12", [[1], [1, 2]], ["a"], {1: 2}, torch.ones(2) * 1j, 12):
        assert as_tensor(value) is None


def test_a_function_gets_copies_and_its_error_names_the_line():
    given, sizes = torch.ones(2), [3, 3]
    for function in (torch.nn.Identity(), functools.partial(max, key=id), lambda x: x):
        assert is_function(function) is None and called(function, given)[1] is None
    assert "is the class Identity" in is_function(torch.nn.Identity)
    assert called(changes, given, sizes)[1] is None
    assert given.tolist() == [1, 1] and sizes == [3, 3]
    assert called(changes, given, intact=True)[1].startswith("It changes what it was given")
    assert called(raises)[1] == "Calling it raised ValueError: a first line (in line 2 of raises)"
    assert called(lambda: 1 / 0)[1] == "Calling it raised ZeroDivisionError: division by zero"


def test_what_wraps_a_block_falls_away():
    block = Branches({"a": Conv(3), "b": Branches({"c": Conv(4), "d": [MaxPool(3), Conv(2)]})})
    assert as_block([[block]]) == (block, None)
    assert side_by_side(block) == [
        ("a", (Conv(3),)),
        ("b.c", (Conv(4),)),
        ("b.d", (MaxPool(3), Conv(2))),
    ]
    assert "is a dict" in as_block({"a": Conv(3)})[1]
    assert "not everything is a layer" in as_block([Conv(3), 7])[1]
    assert "asks for a block" in as_block([])[1]


# ---- no answer yet ----


@pytest.mark.parametrize("number", numbers())
def test_nothing_is_no_answer(number):
    assert says(number, None) == says(number, ...) == "no answer yet."


FUNCTIONS = [number for number, (kind, *_) in ROWS.items() if kind == FUNCTION]


@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_function_that_is_not_written_is_no_answer(number):
    def unwritten(*args):
        raise NotImplementedError

    for stub in (lambda *args: None, lambda *args: ..., unwritten):
        assert says(number, stub) == "no answer yet."
    assert "asks for a function" in says(number, 3)


NEITHER = (None, None)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        *((number, NEITHER) for number in ("2.4", "4.1", "6.1", "8.5", "12.2", "12.4", "13.3")),
        *((number, lambda *args: NEITHER) for number in ("5.2", "5.4", "8.2")),
        ("2.4", (torch.ones(1, 2, 3, 3), None)),
        ("3.5", (lambda *args: None, lambda *args: None)),
        ("4.1", (3.68, None)),
        ("7.4", dict.fromkeys("abcdef")),
        ("8.5", [...]),
        ("10.2", dict.fromkeys("abcdef")),
        ("10.3", [None] * 4),
        ("11.2", (None, None, None)),
    ],
)
def test_parts_not_filled_in_are_no_answer(number, answer):
    assert says(number, answer) == "no answer yet."


# ---- numbers, and slips ----


def test_what_a_number_is_told():
    for check_one, fraction in ((whole_number, "a whole number"), (ratio, "100.5 is near, but")):
        for number, told in (
            (150, "150 is near, but it is not the number"), (50, "50 is too small"),
            (1_000, "1,000 is too large"), ("many", "asks for a number; the answer is"),
            (True, "asks for a number; the answer is"), (100.5, fraction), (math.nan, "number"),
        ):  # fmt: skip
            assert told in check_one(number, 120)
    assert whole_number(7, 8) == "7 is too small."  # so few numbers can be tried out


def test_the_right_answer_wins_over_slips_and_the_first_slip_over_the_next():
    slips = Slip(7, "seven"), Slip(5, "first"), Slip(5, "second")
    assert whole_number(7, 7, slips) is None and whole_number(5, 7, slips) == "first"
    assert ratio(7.0, 7, slips) is None and ratio(5.0, 7, slips) == "first"
    slips = [Slip(torch.full((2,), float(value)), why) for value, why in slips]
    assert same_tensor([7, 7], torch.full((2,), 7.0), "It", slips) is None
    assert same_tensor([5, 5], torch.full((2,), 7.0), "It", slips) == "first"
    slips = [Slip(lambda n, by=by: by * n, why) for by, why in ((7, "seven"), (5, "a"), (5, "b"))]
    assert whole_numbers(lambda n: 7 * n, lambda n: 7 * n, [(1,), (2,)], slips) is None
    assert whole_numbers(lambda n: 5 * n, lambda n: 7 * n, [(1,), (2,)], slips) == "a"


# ---- random numbers ----


def state() -> tuple:
    arrays = np.random.get_state()
    return random.getstate(), arrays[1].tolist(), arrays[2:], torch.get_rng_state().tolist()


@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_check_leaves_the_generators_alone_and_does_not_depend_on_them(number):
    seen = []

    def draws(*args):
        seen.append((random.random(), np.random.random(), torch.rand(1).item()))
        raise ValueError

    seed_everything(0)
    before = state()
    assert "raised ValueError" in says(number, draws)
    assert state() == before
    seed_everything(1)
    assert not check(number, draws)
    assert seen[: len(seen) // 2] == seen[len(seen) // 2 :]


@pytest.mark.parametrize(
    ("number", "given"),
    [
        ("6.4", lambda gap, classes: 1),
    ],
)
def test_each_check_draws_new_cases_whatever_the_seed(number, given):
    def cases():
        asked = []
        seed_everything(0)
        check(number, lambda *args: asked.append(args) or given(*args))
        return asked

    first, second = cases(), cases()
    assert len(first) == len(second) and first != second
