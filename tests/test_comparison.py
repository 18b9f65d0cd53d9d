"""The one rule for experiments, compared with SciPy's permutation test."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inception_lib as il

HIGH, LOW = [0.84, 0.85, 0.86, 0.87, 0.88], [0.79, 0.80, 0.81, 0.82, 0.83]
runs = st.lists(st.integers(0, 40), min_size=2, max_size=6)


@settings(max_examples=40, deadline=None)
@given(runs, runs)
def test_p_is_scipys(one, other):
    from scipy.stats import permutation_test  # slow to import, and every process reads this file

    theirs = permutation_test(
        (one, other),
        lambda a, b, axis: np.abs(np.mean(a, axis) - np.mean(b, axis)),
        alternative="greater",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    assert float(il.compare_runs(one, other).p) == pytest.approx(theirs)


def test_five_against_five_must_be_apart():
    found = il.compare_runs(HIGH, LOW)
    assert found and found.p == Fraction(1, 126)
    assert repr(found) == "clear: means 0.86 and 0.81, p = 1/126"
    overlap = il.compare_runs([0.80, *HIGH[1:]], [0.84, *LOW[1:]])
    assert not overlap
    assert repr(overlap).startswith("cannot tell with five runs: means 0.852 and 0.82, p = ")


def test_more_runs_may_overlap():
    assert il.compare_runs([*HIGH, *HIGH, 0.82], [*LOW, *LOW, 0.845])


def test_three_runs_never_tell():
    found = il.compare_runs(HIGH[:3], LOW[:3])
    assert not found and repr(found).startswith("cannot tell with three runs: ")
    assert not il.compare_runs([1.0] * 4, [0.0] * 12)  # p is small, but four are too few


def test_equal_runs_are_not_apart():
    assert il.compare_runs([0.1] * 5, [0.1] * 5).p == 1


@pytest.mark.parametrize("start", [0, 1.7e9, 10**12, 1e300])
def test_the_size_of_the_numbers_does_not_matter(start):
    step = max(1.0, start * 1e-9)
    low, high = ([start + step * (i + by) for i in range(5)] for by in (0, 6))
    assert il.compare_runs(low, high).p == Fraction(1, 126)


@pytest.mark.parametrize("group", ["12345", {1: 2}, {1, 2, 3}])
def test_only_lists_of_numbers_are_runs(group):
    with pytest.raises(TypeError, match="list of numbers"):
        il.compare_runs(group, LOW)


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ([], LOW, "is empty"),
        ([float("nan")], LOW, "gave nan"),
        (range(30), range(30), "fewer runs"),
    ],
)
def test_what_cannot_be_compared(one, other, says):
    with pytest.raises(ValueError, match=says):
        il.compare_runs(one, other)
