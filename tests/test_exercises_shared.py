"""What the checkers share: reading an answer of any kind, calling what a reader wrote."""

import numpy as np
import pytest
import torch

from inception_lib import Branches, Conv, MaxPool
from inception_lib.exercises import as_block, as_number, as_tensor, called, side_by_side


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
