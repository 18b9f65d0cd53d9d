"""Checkers of chapter 6: Inception-v3."""

from __future__ import annotations

import math
import random

import torch
import torch.nn.functional as F

from ..counting.cost import cost
from . import as_number, as_numbers, as_tensor, called, exercise, is_function, same_tensor, shown


@exercise("6.1")
def sides_of_an_8x8_grid(answer: object) -> str | None:
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


@exercise("6.2")
def params_of_b(answer: object) -> str | None:
    """A function c7 -> the parameters of a block B that reads and puts out 768 channels."""
    if wrong := is_function(answer):
        return wrong
    widths = (128, 160, 192, 1, 200, *random.sample(range(2, 400), 4))
    results = []
    for c7 in widths:
        got, wrong = called(answer, c7)
        if wrong:
            return wrong
        number = as_number(got)
        if number is None or number != number:
            return f"With c7={c7} it gives {shown(got)}; a whole number is expected."
        results.append(number)
    right = [_block_b(c7) for c7 in widths]
    if results == right:
        return None
    slips = (
        (_block_b_weights, "Those are the weights. Batch normalization has parameters too."),
        (
            lambda c: _block_b(c) + 768 + 6 * c,
            "In front of batch normalization the convolutions have no bias.",
        ),
        (
            lambda c: _block_b_weights(c) + 768 + 6 * c,
            "Batch normalization has two parameters for each channel: scale and shift.",
        ),
        (
            lambda c: _block_b_weights(c) + 2 * 768,
            "Each convolution has its batch normalization, those inside the branches too.",
        ),
        (
            lambda c: _block_b(c) - 14 * c * c,
            "The double branch has four convolutions behind its 1×1.",
        ),
        (
            lambda c: _block_b(c) + 42 * (4 * c * c + 2 * 192 * c),
            "A 1×7 has 7 weights for each pair of channels, not 49.",
        ),
        (
            lambda c: 289 * _block_b_weights(c),
            "Those are the MACs on 17×17. Each weight is one parameter, however often it is used.",
        ),
        (
            lambda c: 578 * _block_b_weights(c),
            "Those are the FLOPs on 17×17. Each weight is one parameter, however often it is used.",
        ),
        (
            lambda c: _block_b(c) - 768 * 192 - 384,
            "Four branches end in 192 channels. Behind the pooling stands a 1×1, too.",
        ),
        (
            lambda c: _block_b(c) + 2 * 768,
            "Batch normalization stands behind convolutions; pooling has none.",
        ),
    )
    for slip, why in slips:
        if results == [slip(c7) for c7 in widths]:
            return why
    n = next(n for n, (got, want) in enumerate(zip(results, right, strict=True)) if got != want)
    size = "small" if results[n] < right[n] else "large"
    return f"With c7={widths[n]} it gives {shown(results[n])}, which is too {size}."


def _block_b_weights(c7: int) -> int:
    return 768 * (2 * 192 + 2 * c7) + 7 * (4 * c7 * c7 + 2 * 192 * c7)


def _block_b(c7: int) -> int:
    return _block_b_weights(c7) + 2 * (4 * 192 + 6 * c7)


@exercise("6.3")
def without_zeros(answer: object) -> str | None:
    """A function: 3×3 average pooling that counted the zeros -> the same, zeros not counted."""
    if wrong := is_function(answer):
        return wrong
    others = [tuple(random.randint(1, 6) for _ in range(4)) for _ in range(3)]
    for seed, shape in enumerate([(1, 2, 6, 6), (2, 1, 3, 5), (1, 3, 1, 4), (1, 1, 2, 1), *others]):
        x = torch.rand(shape, generator=torch.Generator().manual_seed(seed)) + 0.1
        counted = F.avg_pool2d(x, 3, 1, 1, count_include_pad=True)
        want = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        got, wrong = called(answer, counted)
        if wrong:
            return wrong
        call = f"On a map of {tuple(shape)}"
        wrong = same_tensor(got, want, call)
        if wrong is None:
            continue
        got = as_tensor(got)
        if got is None or got.shape != want.shape or not got.isfinite().all():
            return wrong
        got = got.float()
        if torch.allclose(got, counted):
            return f"{call} it changes nothing. How many of the nine values at a corner are real?"
        if torch.allclose(got, counted * counted / want):
            return f"{call} the border gets smaller still. Which of the two divides by more?"
        if torch.allclose(got[..., 1:-1, 1:-1], want[..., 1:-1, 1:-1]):
            if min(shape[2:]) < 3:
                return f"{call} it is wrong: on so small a map a window can leave on two sides."
            corners = (..., slice(None, None, shape[2] - 1), slice(None, None, shape[3] - 1))
            if torch.allclose(got[corners], want[corners]):
                return f"{call} the corners are right, the edges between them are not."
            return f"{call} the inside is right, the border is not."
        return f"{call} it changes the inside, where no zero was counted."
    return None


# (gap, classes)
_GAPS = ((9.105, 1000), (4.0, 10), (2.0, 3), (0.0, 5))


def _other_gap() -> tuple[float, int]:
    return round(random.uniform(0.5, 9), 2), random.randint(2, 2000)


@exercise("6.4")
def smoothing_for(answer: object) -> str | None:
    """A function (gap, classes) -> the smoothing whose best logits have that gap."""
    if wrong := is_function(answer):
        return wrong
    cases = (*_GAPS, *(_other_gap() for _ in range(4)))
    results, wrong = _numbers(answer, cases, ("gap", "classes"))
    if wrong:
        return wrong
    slips = (
        (
            lambda g, k: (k - 1) / (math.exp(g) + k - 1),
            "There the wrong classes get the whole of it. The right class has its even share, too.",
        ),
        (
            lambda g, k: k / (math.exp(g) + k),
            "The right class is asked for 1 − smoothing, and its even share on top.",
        ),
        (
            lambda g, k: math.log((k * (1 - 0.1) + 0.1) / 0.1),
            "That is the gap for a smoothing of 0.1. Here the gap is given.",
        ),
        (
            lambda g, k: 1 / (math.exp(g) + k - 1),
            "That is the probability of a wrong class. The smoothing is spread over all classes.",
        ),
        (
            lambda g, k: math.exp(g) / (math.exp(g) + k - 1),
            "That is the probability of the right class.",
        ),
    )
    return _first_slip(results, lambda g, k: k / (math.exp(g) + k - 1), slips, cases, 1e-4)


# (g, lr, eps)
_GRADIENTS = ((0.5, 0.045, 1.0), (2.0, 0.01, 1.0), (-0.3, 0.1, 1e-4), (1e-3, 0.045, 1.0))


def _other_gradient() -> tuple[float, float, float]:
    g = random.choice((-1, 1)) * random.uniform(0.3, 3)
    return round(g, 3), round(random.uniform(0.01, 0.2), 3), round(random.uniform(0.01, 1), 3)


@exercise("6.5")
def settled_move(answer: object) -> str | None:
    """A function (g, lr, eps) -> how far a weight moves in a step after many steps of gradient g."""
    if wrong := is_function(answer):
        return wrong
    cases = (*_GRADIENTS, *(_other_gradient() for _ in range(4)))
    results, wrong = _numbers(answer, cases, ("g", "lr", "eps"))
    if wrong:
        return wrong

    def right(g: float, lr: float, eps: float) -> float:
        return 10 * lr * g / math.sqrt(g * g + eps)

    slips = (
        (lambda g, lr, e: right(g, lr, e) / 10, "The momentum is missing."),
        (
            lambda g, lr, e: 10 * lr * g / (abs(g) + math.sqrt(e)),
            "The sum is taken after the root, not under it.",
        ),
        (
            lambda g, lr, e: 10 * lr * g / (abs(g) + e),
            "eps stands outside the root; here it stands inside.",
        ),
        (lambda g, lr, e: 10 * lr * g / (g * g + e), "The root is missing."),
        (lambda g, lr, e: 10 * lr * g, "That is SGD with momentum."),
        (
            lambda g, lr, e: 10 * lr * g / math.sqrt(1 + e),
            "s begins at 1, but it does not stay there.",
        ),
        (
            lambda g, lr, e: 10 * lr * g / math.sqrt(0.1 * g * g + e),
            "A tenth of the square is added in each step, and nine tenths of s are kept.",
        ),
        (lambda g, lr, e: -right(g, lr, e), "The sign: how far w falls is asked."),
        (lambda g, lr, e: abs(right(g, lr, e)), "A negative gradient moves w the other way."),
        (
            lambda g, lr, e: 0.9 * right(g, lr, e),
            "A step keeps 0.9 of the last move and adds a new one.",
        ),
    )
    return _first_slip(results, right, slips, cases, 1e-3)


def _numbers(answer, cases: tuple, names: tuple) -> tuple[list[float], str | None]:
    """What a reader's function gives for each case, as numbers."""
    results = []
    for case in cases:
        got, wrong = called(answer, *case)
        if wrong:
            return [], wrong
        number = as_number(got)
        call = ", ".join(f"{name}={value}" for name, value in zip(names, case, strict=True))
        if number is None or number != number:
            return [], f"With {call} it gives {shown(got)}; a number is expected."
        results.append(number)
    return results, None


def _first_slip(results, right, slips: tuple, cases: tuple, near: float) -> str | None:
    """None when all results are right within `near`, relatively; else what is wrong."""

    def same(formula) -> bool:
        wanted = [formula(*case) for case in cases]
        return all(
            abs(a - b) <= near * max(abs(b), 1e-6) for a, b in zip(results, wanted, strict=True)
        )

    if same(right):
        return None
    for slip, why in slips:
        if same(slip):
            return why
    for case, got in zip(cases, results, strict=True):
        want = right(*case)
        if not abs(got - want) <= near * max(abs(want), 1e-6):
            size = "small" if got < want else "large"
            return f"With {case} it gives {got:.6g}, which is too {size}."
    return None
