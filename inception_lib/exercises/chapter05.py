"""Checkers of chapter 5: factorization."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..counting.cost import cost
from ..spec import AvgPool, Branches, Chain, Conv, MaxPool, Node
from ..tree.walks import label, leaves
from . import (
    Slip,
    as_block,
    called,
    close,
    exercise,
    is_function,
    pair_of_tensors,
    slip_of,
    whole_number,
    whole_numbers,
)


@exercise("5.1")
def weights_of_a_block(answer: Any) -> str | None:
    """Weights of Inception-v3's B1: 768 channels in, 192 | 128, 128, 192 | 4 × 128, 192 | 192."""
    ones, single = 768 * (192 + 128 + 128 + 192), 7 * (128 * 128 + 128 * 192)
    double = 7 * (3 * 128 * 128 + 128 * 192)
    right, channels = ones + single + double, 192 + 128 + 128 + 192 + 4 * 128 + 192 + 192
    full = 49 * (128 * 192 + 128 * 128 + 128 * 192)
    on_all, from_all = 7 * 768 * (128 + 192 + 3 * 128 + 192), 7 * (768 * 128 + 128 * 192)
    slips = (
        Slip(right + 2 * channels, "Batch normalization's scales and shifts are parameters, not weights."),
        Slip(right + channels, "Biases are not weights; and here batch normalization replaces them."),
        Slip(17 * 17 * right, "Those are the MACs. A weight is counted once, not at each position."),
        Slip(2 * 17 * 17 * right, "Those are the FLOPs. A weight is counted once."),
        Slip(ones + full, "That has full 7×7 kernels. A 1×7 has 7 weights for each pair of channels."),
        Slip(ones + on_all, "Only the first layer of a branch reads 768 channels."),
        Slip(single + double, "The four 1×1 are missing."),
        Slip(ones + single, "The branch with two 7×7, which is four long kernels, is missing."),
        Slip(ones + double, "The branch with one 7×7, which is two long kernels, is missing."),
        Slip(ones + 2 * single, "The last branch has four long kernels, not two."),
        Slip(right - 768 * 192, "There are four 1×1; the pooling branch has one, too."),
        Slip(ones + from_all + double, "The 1×7 reads what its 1×1 outputs."),
    )  # fmt: skip
    return whole_number(answer, right, slips)


def _with_bias(first: Tensor, a: Tensor, second: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The 3×3 and its bias that a 1×1 and the 3×3 after it are together."""
    kernel = torch.einsum("omhw,mi->oihw", second, first[:, :, 0, 0])
    return kernel, b + torch.einsum("omhw,m->o", second, a)


# (i, m, o); equal widths too, at which the faulty code runs into no error
_PAIRS = ((3, 4, 4), (2, 5, 3), (4, 1, 2))


@exercise("5.2", is_function)
def merge(answer: Any) -> str | None:
    """A function (A, a, B, b) -> (kernel, bias): a 1×1 and a 3×3 without anything between as one."""
    for seed, (i, m, o) in enumerate(_PAIRS):
        gen = torch.Generator().manual_seed(seed)
        first, second = (torch.randn(*s, generator=gen) for s in ((m, i, 1, 1), (o, m, 3, 3)))
        a, b = (torch.randn(n, generator=gen) for n in (m, o))
        got, wrong = called(answer, first.clone(), a.clone(), second.clone(), b.clone())
        if wrong:
            return wrong
        call = f"With A of {tuple(first.shape)} and B of {tuple(second.shape)}"
        pair, wrong = pair_of_tensors(got, {"kernel": (o, i, 3, 3), "bias": (o,)}, call)
        if wrong:
            return wrong
        kernel, bias = (part.float() for part in pair)
        right, shift = _with_bias(first, a, second, b)
        if not close(kernel, right):
            return (
                f"{call}, the kernel is not that of the two layers. It was right in the tutorial."
            )
        slips = (
            Slip(b, "The bias is that of the 3×3 alone. On a picture of zeros, what does the 3×3 read?"),
            Slip(shift - b, "The 3×3 has a bias of its own, too."),
            Slip(b + torch.einsum("om,m->o", second[:, :, 1, 1], a), "The middle of the 3×3 is not the only place at which it reads a."),
            Slip(b + torch.einsum("omhw,m->o", second, a) / 9, "A sum of nine weights is asked for, not their mean."),
            Slip(b + a.sum(), "The 3×3 weighs each of its channels; the biases arrive with these weights."),
        )  # fmt: skip
        if why := slip_of(slips, partial(close, bias)):
            return why
        if not close(bias, shift):
            return f"{call}, the bias is wrong. Follow a picture of zeros through both layers."
    return None


_STACKS = [
    (list(sizes),)
    for sizes in ((3, 3), (3, 3, 3), (5, 3), (3, 5), (3,), (1, 3, 3), (3, 1), (1, 1), (7, 3, 5), (1, 5, 1, 3))
]  # fmt: skip


def _border(sizes: list[int]) -> int:
    """The first kernel that is not a 1×1 puts something beyond the edge; what follows reads it."""
    halves = [k // 2 for k in sizes]
    while halves and not halves[0]:
        halves.pop(0)
    return sum(halves[1:])


@exercise("5.3", is_function)
def width_of_the_border(answer: Any) -> str | None:
    """A function: kernel sizes in order -> how wide a border differs from the one large kernel."""
    both_sides = "That counts both sides; the width of one side is asked for."
    slips = (
        Slip(lambda s: sum(k // 2 for k in s), "That is the padding of the one large kernel. Some of the border is still right."),
        Slip(lambda s: len(s) - 1, "It counts layers; a 5×5 reaches further than a 3×3, and a 1×1 not at all."),
        Slip(lambda s: sum(k // 2 for k in s[:-1]), "Which layers read what lies beyond the edge: those before, or those after it? Try [3, 5] and [5, 3]."),
        Slip(lambda s: sum(k // 2 for k in s[1:]), "After a 1×1 alone, nothing lies beyond the edge yet. Try [1, 3]."),
        Slip(lambda s: 2 * _border(s), both_sides),
        Slip(lambda s: sum(k - 1 for k in s[1:]), both_sides),
        Slip(lambda s: sum(k - 1 for k in s) + 1, "That is the size of the one large kernel."),
    )  # fmt: skip
    fraction = "Positions come whole. How far does a kernel of k reach to one side?"
    return whole_numbers(answer, _border, _STACKS, slips, fraction)


@exercise("5.4", is_function)
def split(answer: Any) -> str | None:
    """A function (kernel, m) -> (tall, wide): the best n×1 to m channels and 1×n after it."""
    for seed, (o, i, n, m) in enumerate(((4, 3, 3, 2), (3, 5, 5, 4), (1, 1, 7, 1))):
        kernel = torch.randn(o, i, n, n, generator=torch.Generator().manual_seed(seed))
        got, wrong = called(answer, kernel, m)
        if wrong:
            return wrong
        call = f"With a kernel of {tuple(kernel.shape)} and m={m}"
        shapes = {"tall": (m, i, n, 1), "wide": (o, m, 1, n)}
        pair, wrong = pair_of_tensors(got, shapes, call)
        if wrong:
            return wrong
        tall, wide = (part.double() for part in pair)
        if wrong := _not_the_best(kernel.double(), tall, wide, call):
            return wrong
    return None


def _not_the_best(kernel: Tensor, tall: Tensor, wide: Tensor, call: str) -> str | None:
    joined = torch.einsum("omb,mia->oiab", wide[:, :, 0], tall[..., 0])
    whole = kernel.square().sum()
    lost = (joined - kernel).square().sum() / whole
    o, i, n, _ = kernel.shape
    # rows: output channel and column; columns: input channel and row
    values = torch.linalg.svdvals(kernel.permute(0, 3, 1, 2).reshape(o * n, i * n)).square()
    best = values[len(tall) :].sum() / whole
    if lost <= best + 1e-4:
        return None
    said = f"{call}, the pair loses {lost:.1%} of the kernel's squared weights; the best loses {best:.1%}."
    turned = (joined.transpose(2, 3) - kernel).square().sum() / whole
    if turned <= best + 1e-4 or (turned < lost and turned < 0.9):
        return f"{said} Turned by 90° it would be nearer: which index belongs to the rows?"
    if lost > 1:
        return f"{call}, the pair is further from the kernel than zeros would be."
    return said


GRID_IN, MOST, NEEDED = (256, 28, 28), 60_000_000, 512 * 14 * 14


@exercise("5.5")
def halve_a_grid(answer: Any) -> str | None:
    """A block 256×28×28 -> 512×14×14, at most 60 million MACs, no narrow place, nothing skipped."""
    node, wrong = as_block(answer)
    if node is None:
        return wrong
    try:
        counted = cost(node, GRID_IN)
    except ValueError as error:
        return f"It does not build: {error}"
    if counted.out_shape != (512, 14, 14):
        got = "×".join(str(n) for n in counted.out_shape)
        return f"It outputs {got}; 512×14×14 is asked for."
    for layer in leaves(node):
        if isinstance(layer, Conv | MaxPool | AvgPool) and _skips(layer):
            return f"The {label(layer)} steps over positions: what lies between its windows is never read."
    cut = _narrowest(node, GRID_IN)
    if cut < NEEDED:
        return f"At its narrowest it holds {cut:,} numbers; {NEEDED:,} come out."
    if counted.macs > MOST:
        return f"It needs {counted.macs:,} MACs; at most {MOST:,} are allowed."
    if (learned := _learned(node, GRID_IN)) < 256:
        return f"Only {learned} of its channels come out of convolutions; at least half should."
    return None


def _skips(layer: Conv | MaxPool | AvgPool) -> bool:
    return any(k < step for k, step in zip(layer.kernel_size, layer.stride, strict=True))


def _narrowest(node: Node, shape: tuple[int, int, int]) -> float:
    """The fewest numbers on the way through: of a chain the least, of branches the sum."""
    if isinstance(node, Chain):
        least = math.inf
        for layer in node.layers:
            least = min(least, _narrowest(layer, shape))
            channels, height, width = cost(layer, shape).out_shape
            shape = channels, height, width
        return least
    if isinstance(node, Branches):
        branches = [branch for _, branch in node.branches]
        learned = [branch for branch in branches if _has_conv(branch)]
        # two poolings that are alike output the same numbers
        others = {branch for branch in branches if not _has_conv(branch)}
        return sum(_narrowest(branch, shape) for branch in (*learned, *others))
    return math.prod(cost(node, shape).out_shape)


def _has_conv(node: Node) -> bool:
    return any(isinstance(leaf, Conv) for leaf in leaves(node))


def _learned(node: Node, shape: tuple[int, int, int]) -> int:
    """How many of the channels that come out were made by a convolution."""
    if isinstance(node, Branches):
        return sum(_learned(branch, shape) for _, branch in node.branches)
    return cost(node, shape).out_shape[0] if _has_conv(node) else 0
