"""Checkers of chapter 13: the same function, faster."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ..counting.cost import cost
from ..create import build
from ..nn.faster import faster
from ..spec import Branches, Conv
from ..tree.walks import leaves
from . import (
    Slip,
    as_block,
    called,
    exercise,
    fresh,
    is_function,
    kind,
    same_tensor,
    several,
    side_by_side,
    whole_number,
    whole_numbers,
)


@exercise("13.1")
def macs_of_the_merged(answer: Any) -> str | None:
    """MACs of 4e's merged convolution."""
    grid, common = 14 * 14, 256 + 160 + 32
    slips = (
        Slip(528 * common, "Those are its weights. Each is used once at every position of the grid."),
        Slip(2 * 528 * common * grid, "Those are FLOPs; a MAC is two."),
        Slip(528 * (common + 128) * grid, "The pool projection is among them. Which map does it read?"),
        Slip(528 * (160 + 32) * grid, "One 1×1 that reads the block's input is missing."),
        Slip(528 * (256 + 320 + 128) * grid, "Those widths come after the large kernels. Which layers read the block's input?"),
        Slip(528 * 832 * grid, "That is as if every channel of the output came from the merged one."),
    )  # fmt: skip
    return whole_number(answer, 528 * common * grid, slips)


@exercise("13.2", is_function)
def one_by_one_and_three(answer: Any) -> str | None:
    """A function of a 1×1 and a 3×3 that gives one convolution."""
    for i, o1, o3 in ((3, 4, 5), (6, 5, 2)):
        one, three = nn.Conv2d(i, o1, 1), nn.Conv2d(i, o3, 3, padding=1)
        kept = [p.detach().clone() for layer in (one, three) for p in layer.parameters()]
        x = torch.randn(2, i, 6, 5)
        whole, wrong = called(answer, one, three)
        if wrong:
            return wrong
        now = [p for layer in (one, three) for p in layer.parameters()]
        if not all(map(torch.equal, kept, now)):
            return "It changes what it was given; make a new convolution."
        if not isinstance(whole, nn.Conv2d):
            return f"It should give an nn.Conv2d; it gives {kind(whole)}."
        with torch.no_grad():
            got, wrong = called(whole, x)
            if wrong:
                return wrong
            first, last = one(x), three(x)
            want = torch.cat([first, last], dim=1)
            corner, everywhere = torch.zeros(2, *one.weight.shape[:2], 3, 3)
            corner[..., 0, 0], everywhere[...] = one.weight[..., 0, 0], one.weight
            moved, spread = (
                torch.cat([F.conv2d(x, kernel, one.bias, padding=1), last], dim=1)
                for kernel in (corner, everywhere)
            )
            biases = torch.cat(kept[1::2])[:, None, None]
        slips = (
            Slip(want - biases, "The biases are missing."),
            Slip(torch.cat([last, first], dim=1), "The 3×3 comes first; the 1×1 should."),
            Slip(spread, "The 1×1's weight is at all nine places of its kernel; it looks at one pixel."),
            Slip(moved, "The 1×1's weight isn't in the middle of its kernel, so its map is shifted."),
            Slip(want[..., 1:-1, 1:-1], "The border is lost. What padding did the 3×3 have?"),
        )  # fmt: skip
        call = f"From {i} channels to {o1} and {o3} its output"
        if wrong := same_tensor(got, want, call, slips):
            return wrong
    return None


_AFTER = {"Inception-v3": 75, "Inception-v4": 105}  # a test counts them


@exercise("13.3")
def convolutions_left(answer: Any) -> str | None:
    """Convolutions of Inception-v3 without folding, and of Inception-v4 with all rewritings."""
    parts, wrong = several(answer, *_AFTER)
    if wrong:
        return wrong
    merged = "With all four; what has to happen before a pooling can move?"
    slips = {
        "Inception-v3": (
            Slip(66, merged),
            Slip(94, "That is before merging. Leaving out one of the rewritings doesn't stop all of them."),
        ),
        "Inception-v4": (
            Slip(149, "That is before merging."),
            Slip(119, "That is without moving the poolings."),
            Slip(66, "That is Inception-v3."),
            Slip(107, "Some stages outside the blocks A, B and C have branches, too."),
        ),
    }  # fmt: skip
    for part, (name, right) in zip(parts, _AFTER.items(), strict=True):
        if wrong := whole_number(part, right, slips[name]):
            return f"{name}: {wrong}"
    return None


INPUT, BUDGET = (192, 28, 28), 128_049_152


@exercise("13.4")
def three_convolutions(answer: Any) -> str | None:
    """A block with 3a's output widths and budget that runs three convolutions after `faster`."""
    block, wrong = as_block(answer)
    if wrong:
        return wrong
    if not isinstance(block, Branches):
        return "This asks for branches side by side: il.Branches({…})."
    count = cost(block, INPUT)
    widths = [row.out_shape[0] for row in count.branches()]
    if sorted(widths) != [32, 32, 64, 128] or count.out_shape != (256, 28, 28):
        return (
            f"Its branches output {', '.join(map(str, widths))} channels on "
            f"{count.out_shape[1]}×{count.out_shape[2]}; 64, 128, 32 and 32 on 28×28 are wanted."
        )
    kinds = []
    for _, layers in side_by_side(block):
        found = [leaf for layer in layers for leaf in leaves(layer)]
        sizes = [leaf.kernel_size for leaf in found if isinstance(leaf, Conv)]
        kinds.append("pooling" if len(sizes) < len(found) else "{}×{}".format(*max(sizes)))
    if missing := [what for what in ("1×1", "3×3", "5×5", "pooling") if what not in kinds]:
        return f"No branch is a {missing[0]} branch."
    if count.macs > BUDGET:
        return f"It costs {count.macs:,} MACs; 3a's {BUDGET:,} are the budget."
    after = cost(faster(build(block, INPUT[0]).eval()), INPUT)
    left = sum(row.op.startswith("conv") for row in after.layers)
    if left > 3:
        return f"It runs {left} convolutions after il.faster. Which of them could read the block's input?"
    if left < 3:
        return f"It runs {left} convolutions after il.faster, fewer than were asked for."
    return None


def _pictures(prepare_s: float, ms: float, other_prepare_s: float, other_ms: float) -> int:
    return math.ceil(1000 * (other_prepare_s - prepare_s) / (ms - other_ms))


@exercise("13.5", is_function)
def catches_up(answer: Any) -> str | None:
    """After how many pictures a way that takes longer to prepare has caught up."""
    cases = [(0, 50, 30, 40), (2, 40, 33, 37)]
    for _ in range(3):
        ms = fresh.randint(31, 60)
        cases.append(
            (fresh.randint(1, 5), ms, fresh.randint(20, 60), ms - fresh.choice([7, 11, 13]))
        )
    seconds = "The seconds are not yet milliseconds."
    slips = (
        Slip(lambda p, ms, q, other: (q - p) // (ms - other), "Nothing is repaired yet."),
        Slip(lambda p, ms, q, other: math.ceil((q - p) / (ms - other)), seconds),
        Slip(lambda p, ms, q, other: 1000 * (q - p) // (ms - other), "At that number its total is still larger, unless the division leaves nothing over."),
        Slip(lambda p, ms, q, other: 1000 * (q - p) // (ms - other) + 1, "Where the division leaves nothing over, it says one too many."),
        Slip(lambda p, ms, q, other: math.ceil(1000 * q / (ms - other)), "The first one has to be prepared, too."),
        Slip(lambda p, ms, q, other: math.ceil(1000 * (q - p) / other), "What does each picture save?"),
        Slip(lambda p, ms, q, other: 1000 * (q - p) / (ms - other), "There are no parts of pictures."),
    )  # fmt: skip
    return whole_numbers(answer, _pictures, cases, slips, "There are no parts of pictures.")
