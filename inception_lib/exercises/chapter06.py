"""Checkers of chapter 6: Inception-v3."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F

from ..counting.cost import cost
from ..spec import BATCH_NORM, Branches, Conv, Node
from ..tree.walks import leaves
from . import (
    Slip,
    as_block,
    as_numbers,
    as_tensor,
    called,
    close,
    exercise,
    fresh,
    is_function,
    same_tensor,
    whole_numbers,
)


@exercise("6.1")
def sides_of_an_8x8_grid(answer: Any) -> str | None:
    """(smallest, largest) side of a square input whose C2 has a grid of 8×8; or all of them."""
    if isinstance(answer, tuple | list) and answer and all(s is None or s is ... for s in answer):
        raise NotImplementedError
    sides = as_numbers(list(answer) if isinstance(answer, set) else answer)
    if sides is None or len(sides) < 2:
        return "Give two numbers: (smallest, largest)."
    if any(isinstance(side, float) and not side.is_integer() for side in sides):
        return "Sides are whole numbers of pixels."
    if isinstance(answer, set):
        sides.sort()
    low, high = int(sides[0]), int(sides[-1])
    if low > high:
        return "The smaller one comes first."
    if len(sides) > 2 and sides != list(range(low, high + 1)):
        return "Between the smallest and the largest, sides are missing."
    if (low, high) == (299, 300):
        return "Those give the same grid at every stage. Here only the last one counts."
    for name, side in (("smallest", low), ("largest", high)):
        if not 75 <= side <= 2000:
            return f"{side} pixels as the {name} side cannot be right."
        grid = _last_grid(side)
        if grid != 8:
            return f"At {side} pixels C2 has a grid of {grid}×{grid}."
    if _last_grid(low - 1) == 8:
        return f"{low} gives 8×8, but it is not the smallest that does."
    if _last_grid(high + 1) == 8:
        return f"{high} gives 8×8, but it is not the largest that does."
    return None


def _last_grid(side: int) -> int:
    return cost("inception_v3", input_size=side)["C2"].out_shape[1]


BUDGET = cost("inception_v3")["B4"].params // 2
NARROWEST = 64  # channels that a reduction leaves


@exercise("6.2")
def cheap_block(answer: Any) -> str | None:
    """A block for 768 → 768 on 17×17 with at most half of B4's parameters; reach of 7×7 and 13×13."""
    block, wrong = as_block(answer)
    if wrong:
        return wrong
    if not isinstance(block, Branches) or len(block.branches) != 4:
        return "The block should have four branches side by side: il.Branches({...})."
    try:
        counted = cost(block, (768, 17, 17), defaults=BATCH_NORM)
    except ValueError as error:
        return f"It does not build: {error}"
    channels, *grid = counted.out_shape
    if channels != 768 or grid != [17, 17]:
        return f"It outputs {channels} channels on {grid[0]}×{grid[1]}; 768 on 17×17 are wanted."
    thin = [layer.out_channels for layer in leaves(block) if isinstance(layer, Conv)]
    if min(thin, default=0) < NARROWEST:
        return f"One of its convolutions outputs {min(thin, default=0)} channels; {NARROWEST} are the least here."
    seen = sorted(_reach(branch) for _, branch in block.branches)
    if seen[-1] < 13 or seen[-2] < 7:
        return (
            f"Its branches see windows of {', '.join(f'{n}×{n}' for n in seen)}; one has to see "
            "13×13 or more, and another 7×7 or more."
        )
    if counted.params > BUDGET:
        return f"It has {counted.params:,} parameters; {BUDGET:,} is the budget."
    if counted.params < 0.95 * BUDGET:
        return f"It has {counted.params:,} parameters; {BUDGET - counted.params:,} of the budget are left. Spend them."
    return None


def _reach(branch: Node) -> int:
    """The shorter side of the window that an output of a branch can see."""
    return max(min(layer.receptive_field) for layer in cost(branch, (768, 17, 17)).layers)


@exercise("6.3", is_function)
def without_zeros(answer: Any) -> str | None:
    """A function: 3×3 average pooling that counted the zeros -> the same, zeros not counted."""
    others = [tuple(fresh.randint(1, 6) for _ in range(4)) for _ in range(3)]
    for seed, shape in enumerate([(1, 2, 6, 6), (2, 1, 3, 5), (1, 3, 1, 4), (1, 1, 2, 1), *others]):
        x = torch.rand(shape, generator=torch.Generator().manual_seed(seed)) + 0.1
        counted = F.avg_pool2d(x, 3, 1, 1, count_include_pad=True)
        want = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        got, wrong = called(answer, counted)
        if wrong:
            return wrong
        call = f"On a map of {tuple(shape)}"
        slips = (
            Slip(counted, f"{call} it changes nothing. How many of the nine values at a corner are real?"),
            Slip(counted * counted / want, f"{call} the border gets smaller still. Which of the two divides by more?"),
        )  # fmt: skip
        wrong = same_tensor(got, want, call, slips)
        if wrong is None:
            continue
        found = as_tensor(got)
        if found is None or "values differ" not in wrong:
            return wrong
        if close(found[..., 1:-1, 1:-1], want[..., 1:-1, 1:-1]):
            if min(shape[2:]) < 3:
                return f"{call} it is wrong: on so small a map a window can leave on two sides."
            corners = (..., slice(None, None, shape[2] - 1), slice(None, None, shape[3] - 1))
            if close(found[corners], want[corners]):
                return f"{call} the corners are right, the edges between them are not."
            return f"{call} the inside is right, the border is not."
        return f"{call} it changes the inside, where no zero was counted."
    return None


# (gap, classes)
_GAPS = ((9.105, 1000), (4.0, 10), (2.0, 3), (0.0, 5))


@exercise("6.4", is_function)
def smoothing_for(answer: Any) -> str | None:
    """A function (gap, classes) -> the smoothing whose best logits have that gap."""
    slips = (
        Slip(lambda g, k: (k - 1) / (math.exp(g) + k - 1), "There the wrong classes get the whole of it. The right class has its even share, too."),
        Slip(lambda g, k: k / (math.exp(g) + k), "The right class is asked for 1 − smoothing, and its even share on top."),
        Slip(lambda g, k: math.log((k * (1 - 0.1) + 0.1) / 0.1), "That is the gap for a smoothing of 0.1. Here the gap is given."),
        Slip(lambda g, k: 1 / (math.exp(g) + k - 1), "That is the probability of a wrong class. The smoothing is spread over all classes."),
        Slip(lambda g, k: math.exp(g) / (math.exp(g) + k - 1), "That is the probability of the right class."),
    )  # fmt: skip
    others = [(round(fresh.uniform(0.5, 9), 2), fresh.randint(2, 2000)) for _ in range(4)]

    def right(gap: float, classes: int) -> float:
        return classes / (math.exp(gap) + classes - 1)

    return whole_numbers(answer, right, [*_GAPS, *others], slips, near=1e-4)


SIDE = 587
_CLEAN = (69, 65, 61, 29, 17, 5, 0)  # after A1, A2, A3, reduction_a, B1, B2, B3


@exercise("6.5")
def clean_sides(answer: Any) -> str | None:
    """Sides of the squares that counted zeros have not reached, of a picture of 587 pixels."""
    if isinstance(answer, list | tuple) and any(one is None or one is ... for one in answer):
        raise NotImplementedError
    sides = as_numbers(answer)
    if sides is None or len(sides) != len(_CLEAN):
        return (
            f"Give {len(_CLEAN)} numbers: the sides after A1, A2, A3, reduction_a, B1, B2 and B3."
        )
    if sides == list(_CLEAN):
        return None
    if sides[:4] == [33, 29, 25, 11]:
        return "Those are the sides for a picture of 299 pixels."
    if sides == [71 - side for side in _CLEAN[:3]] + [35 - side for side in _CLEAN[3:]]:
        return "Those are the rows that have been reached. The side of the square that is left is asked for."
    names = ("A1", "A2", "A3", "reduction_a", "B1", "B2", "B3")
    grids = [cost("inception_v3", input_size=SIDE)[name].out_shape[1] for name in names]
    for name, grid, side, right in zip(names, grids, sides, _CLEAN, strict=True):
        if not 0 <= side <= grid:
            return f"{name} has a grid of {grid}×{grid}; a square in it cannot have a side of {side:g}."
        if side != right:
            reached = "more" if side > right else "fewer"
            return f"{name} is the first that is wrong: there {reached} rows are reached."
    return None
