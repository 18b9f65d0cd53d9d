"""Checkers of chapter 13: what is right passes, what is wrong is told apart."""

import inception_lib as il
from inception_lib.exercises import chapter13
from tests.exercises import answers

# To write: for each exercise right answers of several kinds, and wrong ones with what each is told.

test_13_1 = answers("13.1", [10_838_016], [
    (2 * 10_838_016, "FLOPs"),
    (55_296, "the weights"),
    (20_000_000, "is near"),
    ("many", "asks for a number"),
])  # fmt: skip

test_13_2 = answers("13.2", [lambda n: (n - 1) // 2], [
    (lambda n: n // 2, "has to fit"),
    (lambda n: (n + 1) // 2, "with padding"),
    (lambda n: n, "With n=7 it gives 7, which is too large"),
    (3, "asks for a function"),
])  # fmt: skip

test_13_3 = answers("13.3", ["3x3"], [
    ("5x5", "more than 8 channels"),
    ("7x7", "name of a branch"),
    (16, "name of a branch"),
])  # fmt: skip


def test_widths_are_those_of_the_network():
    slices = il.channel_slices("mini_reduced", "3a")
    assert {name: s.stop - s.start for name, s in slices.items()} == chapter13._WIDTHS
