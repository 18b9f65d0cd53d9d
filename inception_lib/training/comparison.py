"""The one rule for experiments: when a difference between two groups of runs is called clear. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

LEVEL = Fraction(1, 100)
LEAST = 5  # runs of each
MOST = 1_000_000  # ways to divide the runs, all of which are looked at
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Comparison:
    """What `compare_runs` found; prints as a sentence.

    Attributes:
        means: of the two groups.
        runs: how many there are of each.
        p: share of all ways to divide the runs into two such groups whose means lie at least as far
            apart; an exact two-sided permutation test.
    """

    means: tuple[float, float]
    runs: tuple[int, int]
    p: Fraction

    @property
    def clear(self) -> bool:
        """Whether there are at least five runs of each, and p is at most 1/100."""
        return min(self.runs) >= LEAST and self.p <= LEVEL

    def __bool__(self) -> bool:
        return self.clear

    def __repr__(self) -> str:
        one, other = self.means
        found = f"means {one:.4g} and {other:.4g}, p = {self.p}"
        if self.clear:
            return f"clear: {found}"
        few = min(self.runs)
        many = WORDS[few] if few < len(WORDS) else str(few)
        return f"cannot tell with {many} run{'s' * (few != 1)}: {found}"


def compare_runs(one: Iterable[float], other: Iterable[float]) -> Comparison:
    """Is the difference between two groups of independent runs clear?

    It is when there are at least five runs of each and an exact two-sided permutation test gives
    p ≤ 1/100. With five runs of each that means that every run of one lies above every run of the
    other (p = 1/126).

    Args:
        one, other: one number for each run (seed), such as its test accuracy.

    Returns:
        A `Comparison`: true when the difference is clear; prints as a sentence.

    Raises:
        TypeError: something else than a list of numbers.
        ValueError: an empty group, a number that is not finite, or so many runs that their divisions
            cannot all be looked at.

    Source: R. A. Fisher, "The Design of Experiments", 1935.
    """
    groups = [_runs(group) for group in (one, other)]
    runs, size = groups[0] + groups[1], len(groups[0])
    ways = math.comb(len(runs), size)
    if ways > MOST:
        raise ValueError(
            f"{size} and {len(runs) - size} runs can be divided in {ways:,} ways; at most {MOST:,} "
            "are looked at. Give fewer runs."
        )
    # Whole numbers, so that equal differences are equal; sums instead of means: with the sizes
    # fixed, the one grows with the other.
    scale = math.lcm(*(run.denominator for run in runs)) * len(runs)
    whole = [int(run * scale) for run in runs]
    middle = sum(whole) * size // len(runs)
    seen = abs(sum(whole[:size]) - middle)
    far = sum(abs(sum(chosen) - middle) >= seen for chosen in combinations(whole, size))
    means = float(sum(groups[0]) / size), float(sum(groups[1]) / len(groups[1]))
    return Comparison(means, (size, len(runs) - size), Fraction(far, ways))


def _runs(group: Iterable[float]) -> list[Fraction]:
    """The runs of a group, each as the decimal number that it prints as."""
    if isinstance(group, str | bytes | Mapping | Set):
        raise TypeError(f"a group of runs is a {type(group).__name__}; give a list of numbers.")
    values = [float(value) for value in group]
    if not values:
        raise ValueError("a group of runs is empty; give one number for each run, five or more.")
    if bad := [value for value in values if not math.isfinite(value)]:
        raise ValueError(f"a run gave {bad[0]}; each needs a finite number.")
    return [Fraction(repr(value)) for value in values]
