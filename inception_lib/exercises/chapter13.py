"""Checkers of chapter 13: the same function, faster.

To write: checkers of the chapter's own exercises, in place of these three.
"""

from __future__ import annotations

from typing import Any

from . import Slip, exercise, fresh, is_function, whole_number, whole_numbers


@exercise("13.1")
def macs_of_one_layer(answer: Any) -> str | None:
    """MACs of a 3×3 from 64 to 96 channels on 14×14."""
    weights, grid = 9 * 64 * 96, 14 * 14
    slips = (
        Slip(2 * weights * grid, "That is the FLOPs. A MAC is one multiplication and one addition together."),
        Slip(weights, "Those are the weights. Each is used once at every position of the grid."),
    )  # fmt: skip
    return whole_number(answer, weights * grid, slips)


def _side(n: int) -> int:
    return (n - 3) // 2 + 1


@exercise("13.2", is_function)
def side_of_the_output(answer: Any) -> str | None:
    """The side that a 3×3 with stride 2 and without padding makes of a side n."""
    cases = [(n,) for n in (7, 8, *fresh.sample(range(9, 300), 3))]
    slips = (
        Slip(lambda n: n // 2, "That is the side halved; the window has to fit."),
        Slip(lambda n: (n - 1) // 2 + 1, "That is with padding."),
    )
    return whole_numbers(answer, _side, cases, slips)


_WIDTHS = {"1x1": 8, "3x3": 16, "5x5": 8, "pool": 8}  # of mini_reduced's 3a; a test counts them


@exercise("13.3")
def widest_branch(answer: Any) -> str | None:
    """The branch of `mini_reduced`'s 3a with most channels."""
    if not isinstance(answer, str) or answer not in _WIDTHS:
        return f"The answer is the name of a branch: {', '.join(_WIDTHS)}."
    if _WIDTHS[answer] < max(_WIDTHS.values()):
        return f"Another branch has more than {_WIDTHS[answer]} channels."
    return None
