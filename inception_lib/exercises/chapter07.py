"""Checkers of chapter 7: Inception-v4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import product
from operator import eq
from typing import Any

import torch

from ..counting.cost import cost
from ..networks.inception_v4 import INCEPTION_V4
from . import (
    Slip,
    as_number,
    as_numbers,
    called,
    exercise,
    fresh,
    is_function,
    kind,
    same_tensor,
    shown,
    slip_of,
    whole_number,
)


@exercise("7.1")
def params_of_reduction_b(answer: Any) -> str | None:
    """Parameters of reduction B on 896 channels, batch normalization included."""
    i, ends = 896, 9 * (192 * 192 + 320 * 320)
    short = i * 192 + 9 * 192 * 192
    long = i * 256 + 7 * 256 * 256 + 7 * 256 * 320 + 9 * 320 * 320
    scales = 2 * (192 + 192), 2 * (256 + 256 + 320 + 320)
    weights, channels = short + long, sum(scales) // 2
    right = weights + 2 * channels
    macs = 17 * 17 * (weights - ends) + 8 * 8 * ends
    own = "Each convolution has its own batch normalization"
    slips = (
        Slip(weights, "Those are the weights. Batch normalization has parameters too."),
        Slip(weights + channels, "Batch normalization has a scale and a shift for each channel."),
        Slip(weights + 3 * channels, "There are no biases beside batch normalization."),
        Slip(weights + 4 * channels, "Running means and variances are not learned; leave them out."),
        Slip(weights + 2 * (192 + 320), f"{own}, not only the last of a branch."),
        Slip(weights + 2 * (192 + 320 + i), f"{own}; pooling has none."),
        Slip(right + (49 - 7) * 256 * (256 + 320), "A 1×7 has 7 weights for each pair of channels, not 49."),
        Slip(right - short + 9 * i * 192, "The 3×3 of the short branch reads a 1×1, not the input."),
        Slip(short + scales[0], "That is the short branch alone. The one with 1×7 and 7×1 comes on top."),
        Slip(long + scales[1], "That is the long branch alone. The one with two layers comes on top."),
        Slip(macs, "Those are the MACs on 17×17. A weight is one parameter, however often it is used."),
        Slip(2 * macs, "Those are the FLOPs on 17×17. Parameters are asked for."),
        Slip(2_747_392, "That is the reduction after 1024 channels, as the network has it."),
    )  # fmt: skip
    return whole_number(answer, right, slips)


BUDGET = 10_000_000_000, 34_000_000  # MACs, parameters
FEWEST = 2  # blocks of each kind


@cache
def _bill() -> tuple[tuple[int, int], dict[str, tuple[int, int, int]]]:
    """What is not A, B or C: (MACs, parameters); and of one block of each: the same and its convolutions."""
    whole = cost("inception_v4")
    one: dict[str, tuple[int, int, int]] = {}
    macs, params = whole.macs, whole.params
    for letter in "ABC":
        row, (times, *_) = whole[f"{letter}1"], INCEPTION_V4[letter]
        assert isinstance(times, int)  # how many blocks
        convolutions = sum(
            layer.op.startswith("conv") and layer.name.startswith(f"{row.name}.")
            for layer in whole.layers
        )
        one[letter] = row.macs, row.params, convolutions
        macs, params = macs - times * row.macs, params - times * row.params
    return (macs, params), one


def _spent(times: Sequence[int]) -> tuple[int, int, int]:
    """MACs, parameters, and convolutions of the blocks."""
    (macs, params), one = _bill()
    rows = [one[letter] for letter in "ABC"]
    return (
        macs + sum(t * row[0] for t, row in zip(times, rows, strict=True)),
        params + sum(t * row[1] for t, row in zip(times, rows, strict=True)),
        sum(t * row[2] for t, row in zip(times, rows, strict=True)),
    )


@cache
def _most() -> int:
    """The most convolutions that the budget allows."""
    tried = (_spent(times) for times in product(range(FEWEST, 20), repeat=3))
    return max(n for macs, params, n in tried if macs <= BUDGET[0] and params <= BUDGET[1])


@exercise("7.2")
def how_many(answer: Any) -> str | None:
    """(blocks A, B, C) within a budget of MACs and parameters, with the most convolutions."""
    if isinstance(answer, Mapping):
        answer = [answer.get(letter) for letter in "ABC"]
    times = as_numbers(answer)
    if times is None or len(times) != 3 or any(t % 1 for t in times):
        return f"This asks for three whole numbers, of blocks A, B and C; the answer is {shown(answer)}."
    a, b, c = (int(t) for t in times)
    if min(a, b, c) < FEWEST:
        return (
            f"There should be at least {FEWEST} blocks of each kind; the answer is {a}, {b}, {c}."
        )
    macs, params, convolutions = _spent((a, b, c))
    if macs > BUDGET[0]:
        return f"It costs {macs:,} MACs; {macs - BUDGET[0]:,} too many."
    if params > BUDGET[1]:
        return f"It fits in MACs, but has {params:,} parameters; {params - BUDGET[1]:,} too many."
    if convolutions < _most():
        return (
            f"It fits: {macs:,} MACs and {params:,} parameters, with {convolutions} convolutions in "
            "the blocks. There is a choice with more. Which kind has the most convolutions for its "
            "MACs, and which for its parameters?"
        )
    return None


def _grids(side: int) -> tuple[int, int, int]:
    """Of the blocks A, B and C."""
    line = (side - 3) // 2 + 1  # conv1
    line = (line - 2 - 3) // 2 + 1  # conv2 is valid, conv3 keeps, the first fork halves
    a = (line - 2 - 3) // 2 + 1  # the second fork is valid, the third halves
    b = (a - 3) // 2 + 1
    return a, b, (b - 3) // 2 + 1


_SIDES = (299, 75, 331, 128, 150, 160, 224, 300, 306, 513)


@exercise("7.3", is_function)
def grids(answer: Any) -> str | None:
    """A function side -> (A's grid, B's, C's)."""
    for side in (*_SIDES, *fresh.sample(range(75, 700), 4)):
        got, wrong = called(answer, side)
        if wrong:
            return wrong
        three = as_numbers(got)
        if three is None or len(three) != 3:
            return f"With {side} it gives {shown(got)}; three numbers are expected."
        got = tuple(three)
        if got == _grids(side):
            continue
        if any(not float(n).is_integer() for n in got):
            return f"With {side} it gives {got}: positions come whole."
        if got == _grids(side)[::-1]:
            return "The order is A, B, C: from the largest grid to the smallest."
        if got == (side // 8, side // 16, side // 32):
            return "That divides by the stride. Windows without padding cost rows, too."
        if side == 299:
            return f"With 299 it gives {got}, not (35, 17, 8). Walk through the stem step by step."
        return (
            f"299 is right, but with {side} it gives {got}: "
            f"{_first_wrong(got, _grids(side))} is wrong. Does every step round down?"
        )
    return None


def _first_wrong(got: tuple, want: tuple) -> str:
    return next(n for n, g, w in zip("ABC", got, want, strict=True) if g != w) + "'s grid"


# What each slip does (a number: parameters more or fewer), and a hint. "d" and "f" also have
# what usual mistakes give.
_SLIPS: dict[str, tuple[str | int, str]] = {
    "a": ("raises", "On which grids do the two branches of the last fork end?"),
    "b": ("silent", "How many weights does a 1×7 have, and how many a 7×1? Which grids come out?"),
    "c": ("silent", "How many weights does a 1×3 have, and how many a 3×1? Which grids come out?"),
    "d": (-3 * 128 * 256, "How many channels does the 3×1 read then?"),
    "e": ("raises", "padding=3 pads above and below, too. What is the height then?"),
    "f": (32 * (384 - 9 * 256), "Put the letters of Inception-v4 into i·k + 9·k·l + 9·l·m."),
}

_THREE = "A kernel of 3×1 has three weights for each pair of channels."
_SLIPS_OF_COUNT = {
    "d": (
        Slip(-128 * 256, _THREE),
        Slip(-9 * 128 * 256, _THREE),
        Slip(-3 * 256 * 256, "That is the other fan-out, which reads 512 channels."),
        Slip(-3 * 3 * 128 * 256, "That is all three blocks C. The slip is in one."),
        Slip(-3 * 128 * 256 * 64, "Those are MACs. How many weights fewer are there?"),
        Slip(-3 * 256 * (256 + 128), "Those are both fan-outs. The slip is in one."),
    ),
    "f": (
        Slip(
            -32 * 384,
            "The 3×3 that follows k and l has a different number of inputs. It counts, too.",
        ),
        Slip(-32 * (384 + 9 * 256), "One of the two terms grows, the other shrinks."),
        Slip(32 * 9 * 256, "The 1×1 to k counts, too."),
        Slip(-32 * 9 * 256, "The 1×1 to k counts, too."),
    ),
}


@exercise("7.4")
def what_happens(answer: Any) -> str | None:
    """{"a": "raises", …}: what each of six slips does."""
    if isinstance(answer, list | tuple) and len(answer) == len(_SLIPS):
        answer = dict(zip(_SLIPS, answer, strict=True))
    if not isinstance(answer, Mapping):
        return f"This asks for a dict, from 'a' to 'f'; the answer is {kind(answer)}."
    given = {str(key).lower(): _said(value) for key, value in answer.items()}
    if all(value is None or value is ... for value in given.values()):
        raise NotImplementedError
    missing = [key for key in _SLIPS if given.get(key) is None]
    if missing:
        return f"Nothing is said of {', '.join(missing)}."
    for key in _SLIPS:
        if given[key] not in ("raises", "silent") and not isinstance(given[key], int):
            return (
                f'{key} is {shown(given[key])}; say "raises", "silent", or how many parameters '
                "there are more (or, with a minus, fewer)."
            )
    for key, (right, hint) in _SLIPS.items():
        if given[key] == right:
            continue
        if isinstance(right, int) and isinstance(given[key], int):
            slips = (Slip(-right, "The sign: fewer is below zero."), *_SLIPS_OF_COUNT[key])
            why = slip_of(slips, partial(eq, given[key]))
            return f"{key}: {why or f'Another number. {hint}'}"
        return f"Look again at {key}. {hint}"
    return None


def _said(value: object) -> object:
    """A word in small letters, a whole number as an int, also one in text; else as it is."""
    if isinstance(value, str):
        value = value.strip().lower()
        return int(value) if value.lstrip("+-").isdigit() else value
    number = as_number(value)
    return int(number) if number is not None and number % 1 == 0 else value


@exercise("7.5", is_function)
def joined(answer: Any) -> str | None:
    """A function (wide, tall) -> the n×n kernel that does what the two do in turn."""
    for seed, (i, m, o, n) in enumerate(((3, 4, 5, 7), (6, 2, 3, 3), (1, 1, 1, 5))):
        draw = torch.Generator().manual_seed(seed)
        wide = torch.randn(m, i, 1, n, generator=draw)
        tall = torch.randn(o, m, n, 1, generator=draw)
        want = torch.einsum("omh,miw->oihw", tall[..., 0], wide[:, :, 0])
        got, wrong = called(answer, wide, tall)
        if wrong:
            return wrong
        call = f"With kernels of {tuple(wide.shape)} and {tuple(tall.shape)} it"
        summed = wide.sum(0)[None] * tall.sum(1)[:, None]
        slips = (
            Slip(want.transpose(2, 3), "Height and width have changed places: rows come from the n×1, columns from the 1×n."),
            Slip(want.flip(2, 3), "The kernel is turned by half a turn. torch's convolution does not flip kernels."),
            Slip(summed, "It sums over the middle channels before it multiplies; they must be paired one by one."),
        )  # fmt: skip
        if wrong := same_tensor(got, want, call, slips):
            return wrong
    return None
