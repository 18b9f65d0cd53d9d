"""No checker of any chapter raises on an odd answer, or takes one for right."""

import functools
import math
from unittest.mock import ANY

import numpy as np
import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.exercises import Verdict, check, numbers


def fails(*args):
    raise ZeroDivisionError("a slip")


def spoils(*args):
    """Changes what it was given, then gives it back."""
    for arg in args:
        if isinstance(arg, torch.Tensor):
            arg.zero_()
    return args[0]


class Fails(nn.Module):
    def forward(self, *args):
        raise RuntimeError("a slip")


class Unprintable:
    def __repr__(self):
        raise RuntimeError("a slip")


ODD = {
    "text": "17", "empty text": "", "bytes": b"17", "true": True, "nan": math.nan,
    "infinity": math.inf, "complex": 1j, "zero": 0, "minus one": -1, "half": 0.5,
    "a huge number": 10**400, "a number too long to print": 10**5000,
    "a pair of them": (10**5000, 10**5000), "unprintable": Unprintable(),
    "a pair of unprintable": (Unprintable(), Unprintable()), "empty list": [], "empty tuple": (),
    "empty dict": {}, "empty set": set(), "a dict": {"answer": 17}, "pair of texts": ("a", "b"),
    "pair of nan": (math.nan, math.nan), "pair of anything": (ANY, ANY),
    "list of everything": [1, "a", None, [], 1j, {}],
    "six of everything": [1, 2.5, None, [], 1j, {}], "anything": ANY, "an object": object(),
    "a type": int, "empty tensor": torch.tensor([]),
    "tensor of nan": torch.tensor([math.nan, math.nan]),
    "numpy of objects": np.array([{}, "a"], dtype=object), "numpy of text": np.array(["a", "b"]),
    "an empty module": nn.Sequential(), "a bare module": nn.Module(),
    "a module that fails": Fails(), "a type of module": nn.Conv2d, "a layer": il.Conv(1),
    "an empty chain": il.Chain(), "a residual of nothing": il.Residual(il.Chain()),
    "a network": il.architecture("googlenet"), "function that fails": fails,
    "function without arguments": lambda: 0, "partial of too many": functools.partial(fails, 1, 2),
    "gives its input": lambda *args: args[0], "gives all its inputs": lambda *args: args,
    "gives its last input": lambda *args: args[-1], "spoils its input": spoils,
} | {
    f"function that gives {what}": lambda *args, value=value: value
    for what, value in {
        "text": "a", "nothing much": object(), "anything": ANY, "unprintable": Unprintable(),
        "a number too long to print": 10**5000, "a list without end": [0] * 1_000_000,
        "nan": math.nan, "a number": 7, "minus one": -1, "true": True, "complex": 1j,
        "an empty list": [], "an empty tuple": (), "an empty dict": {}, "a pair": (1, 2),
        "three of anything": (ANY, ANY, ANY), "three of nan": (math.nan,) * 3,
        "pair of nothing": (object(), object()), "texts": ["a", "b", "c"],
        "a tensor": torch.zeros(1), "a matrix": torch.full((2, 2), math.nan),
        "a complex tensor": torch.zeros(2, 2, dtype=torch.complex64),
        "numpy of texts": np.array(["a", "b", "c"]), "a dict of dicts": [{"params": 1, "lr": "a"}],
        "a module": nn.Identity(),
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("number", numbers())
def test_an_odd_answer_is_told_so(number):
    for what, answer in ODD.items():
        verdict = check(number, answer)
        assert isinstance(verdict, Verdict)
        assert not verdict, f"{number} takes {what} for right"
        assert 10 < len(verdict.says) < 400, what
        assert "cannot be read" not in verdict.says, f"{number}, {what}: {verdict.says}"
