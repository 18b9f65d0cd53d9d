"""Checkers of chapter 6: Inception-v3."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F

from ..counting.cost import cost
from . import (
    Slip,
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


@exercise("6.2", is_function)
def params_of_b(answer: Any) -> str | None:
    """A function c7 -> the parameters of a block B that reads and puts out 768 channels."""
    slips = (
        Slip(_block_b_weights, "Those are the weights. Batch normalization has parameters too."),
        Slip(lambda c: _block_b(c) + _channels(c), "In front of batch normalization the convolutions have no bias."),
        Slip(lambda c: _block_b(c) - _channels(c), "Batch normalization has two parameters for each channel: scale and shift."),
        Slip(lambda c: _block_b_weights(c) + 2 * 768, "Each convolution has its batch normalization, those inside the branches too."),
        Slip(lambda c: _block_b(c) - 14 * c * c, "The double branch has four convolutions behind its 1×1."),
        Slip(lambda c: _block_b(c) + 6 * _long(c), "A 1×7 has 7 weights for each pair of channels, not 49."),
        Slip(lambda c: 289 * _block_b_weights(c), "Those are the MACs on 17×17. Each weight is one parameter, however often it is used."),
        Slip(lambda c: 578 * _block_b_weights(c), "Those are the FLOPs on 17×17. Each weight is one parameter, however often it is used."),
        Slip(lambda c: _block_b(c) - 768 * 192 - 384, "Four branches end in 192 channels. Behind the pooling stands a 1×1, too."),
        Slip(lambda c: _block_b(c) + 2 * 768, "Batch normalization stands behind convolutions; pooling has none."),
    )  # fmt: skip
    widths = (128, 160, 192, 1, 200, *fresh.sample(range(2, 400), 4))
    return whole_numbers(answer, _block_b, [(c7,) for c7 in widths], slips)


def _long(c7: int) -> int:
    """Weights of the 1×7 and 7×1."""
    return 7 * (4 * c7 * c7 + 2 * 192 * c7)


def _channels(c7: int) -> int:
    return 4 * 192 + 6 * c7


def _block_b_weights(c7: int) -> int:
    return 768 * (2 * 192 + 2 * c7) + _long(c7)


def _block_b(c7: int) -> int:
    return _block_b_weights(c7) + 2 * _channels(c7)


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


# (g, lr, eps)
_GRADIENTS = ((0.5, 0.045, 1.0), (2.0, 0.01, 1.0), (-0.3, 0.1, 1e-4), (1e-3, 0.045, 1.0))


def _other_gradient() -> tuple[float, float, float]:
    g = fresh.choice((-1, 1)) * fresh.uniform(0.3, 3)
    return round(g, 3), round(fresh.uniform(0.01, 0.2), 3), round(fresh.uniform(0.01, 1), 3)


@exercise("6.5", is_function)
def settled_move(answer: Any) -> str | None:
    """A function (g, lr, eps) -> how far a weight moves in a step after many steps of gradient g."""

    def right(g: float, lr: float, eps: float) -> float:
        return 10 * lr * g / math.sqrt(g * g + eps)

    slips = (
        Slip(lambda g, lr, e: right(g, lr, e) / 10, "The momentum is missing."),
        Slip(lambda g, lr, e: 10 * lr * g / (abs(g) + math.sqrt(e)), "The sum is taken after the root, not under it."),
        Slip(lambda g, lr, e: 10 * lr * g / (abs(g) + e), "eps stands outside the root; here it stands inside."),
        Slip(lambda g, lr, e: 10 * lr * g / (g * g + e), "The root is missing."),
        Slip(lambda g, lr, e: 10 * lr * g, "That is SGD with momentum."),
        Slip(lambda g, lr, e: 10 * lr * g / math.sqrt(1 + e), "s begins at 1, but it does not stay there."),
        Slip(lambda g, lr, e: 10 * lr * g / math.sqrt(0.1 * g * g + e), "A tenth of the square is added in each step, and nine tenths of s are kept."),
        Slip(lambda g, lr, e: -right(g, lr, e), "The sign: how far w falls is asked."),
        Slip(lambda g, lr, e: abs(right(g, lr, e)), "A negative gradient moves w the other way."),
        Slip(lambda g, lr, e: 0.9 * right(g, lr, e), "A step keeps 0.9 of the last move and adds a new one."),
    )  # fmt: skip
    cases = [*_GRADIENTS, *(_other_gradient() for _ in range(4))]
    return whole_numbers(answer, right, cases, slips, near=1e-3)
