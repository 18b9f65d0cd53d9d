"""Checkers of chapter 2: the 1×1 reduction."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting.cost import cost
from ..spec import AvgPool, Branches, Chain, Conv, Defaults, MaxPool, Node
from ..tree.walks import label
from . import (
    Slip,
    as_block,
    as_tensor,
    called,
    exercise,
    is_function,
    kind,
    not_plain,
    pair_of_tensors,
    several,
    shown,
    side_by_side,
    whole_number,
    whole_numbers,
)


@exercise("2.1")
def macs_of_a_branch(answer: Any) -> str | None:
    """MACs of 3b's 5×5 branch: 256 → 32 → 96 on 28×28, the reduction included."""
    grid, reduce, five, channels = 28 * 28, 256 * 32, 32 * 25 * 96, 32 + 96
    weights, plain_five = reduce + five, 256 * 25 * 96
    slips = (
        Slip(2 * grid * weights, "That is the FLOPs. A MAC is one multiplication and one addition together."),
        Slip(weights, "Those are the weights. Each is used once at every position of the grid."),
        Slip(weights + channels, "Those are the parameters. A MAC count asks how often each is used."),
        Slip(28 * weights, "The grid has 28 rows of 28 positions each."),
        Slip(grid * (weights + channels), "Biases are additions, not MACs; leave them out."),
        Slip(grid * five, "That is the 5×5 alone. Its reduction is a convolution too."),
        Slip(grid * reduce, "That is the reduction alone. The 5×5 comes on top of it."),
        Slip(grid * plain_five, "That is the 5×5 on all 256 channels, without the reduction."),
        Slip(grid * (reduce + plain_five), "Behind the reduction the 5×5 reads 32 channels, not 256."),
        Slip(grid * (reduce + five // 5), "A 5×5 kernel has 25 weights for each channel, not 5."),
        Slip(grid * (reduce + 32 * 9 * 96), "The kernel is 5×5, not 3×3."),
        Slip(grid * reduce + 24 * 24 * five, "With padding 2 the 5×5 keeps the grid of 28×28."),
    )  # fmt: skip
    return whole_number(answer, grid * weights, slips)


# (i, o, k): ordinary ones, one whose break-even is a whole number (24 of 25), and two without room.
_CONVOLUTIONS = (
    (192, 32, 5), (192, 128, 3), (3, 96, 5), (32, 128, 3), (50, 2, 5), (1, 1, 3), (1, 8, 1), (5, 7, 7)
)  # fmt: skip


@exercise("2.2", is_function)
def largest_reduction(answer: Any) -> str | None:
    """A function (i, o, k) -> the largest whole r whose reduction has fewer weights."""
    slips = (
        Slip(lambda i, o, k: i * o * k**2 // (i + o * k**2), "At the break-even itself both cost the same; fewer weights are asked for. Try i=50, o=2, k=5."),
        Slip(lambda i, o, k: -(-i * o * k**2 // (i + o * k**2)), "It rounds up, to an r that does not pay."),
        Slip(lambda i, o, k: (i * o * k - 1) // (i + o * k), "A k×k kernel has k·k weights for each channel."),
        Slip(lambda i, o, k: (i * o * k**2 - 1) // (i + o), "In the sum i + o·k² the kernel size is missing."),
        Slip(lambda i, o, k: (i * o * k**2 - 1) // (o * k**2), "The reduction has weights of its own: i for each channel that it puts out."),
        Slip(lambda i, o, k: (i * o * k**2 - 1) // (o + i * k**2), "Channels in and channels out are exchanged: the 1×1 reads i, the k×k puts out o."),
    )  # fmt: skip
    return whole_numbers(
        answer,
        lambda i, o, k: (i * o * k**2 - 1) // (i + o * k**2),
        _CONVOLUTIONS,
        slips,
        fraction="Channels come whole: the break-even itself is seldom a whole number.",
    )


@exercise("2.3")
def repaired_block(answer: Any) -> str | None:
    """Listing C1's widths from 3 channels, and no 1×1 that makes a branch cost more."""
    block, wrong = as_block(answer)
    if wrong:
        return wrong
    if not isinstance(block, Branches):
        return "The branches stand side by side: use il.Branches."
    try:
        cost(block, (3, 64, 64))
    except ValueError as error:
        return f"It does not build: {error}"
    branches = side_by_side(block)
    if len(branches) != 4:
        return f"The block should have four branches; this one has {len(branches)}."
    wanted = {"1×1": (1, 64), "3×3": (3, 64), "5×5": (5, 96), "pooling": (0, 32)}
    for name, layers in branches:
        kind = _kind(layers)
        if kind not in wanted:
            left = " or ".join(f"the {kind}" for kind in wanted)
            return f"The branch {name!r} should be {left}; it is: {label(Chain(layers))}."
        if wrong := _not_as_listed(name, layers, *wanted.pop(kind)):
            return wrong
    return None


def _kind(layers: tuple[Node, ...]) -> str | None:
    """ "1×1", "3×3", "5×5" or "pooling"; None for a branch that C1 has not."""
    if any(isinstance(layer, MaxPool | AvgPool) for layer in layers):
        return "pooling"
    convs = [layer for layer in layers if isinstance(layer, Conv)]
    large = [conv.kernel_size for conv in convs if conv.kernel_size != (1, 1)]
    if len(convs) < len(layers) or len(large) > 1:
        return None
    height, width = large[0] if large else (1, 1)
    return f"{height}×{width}"


def _not_as_listed(name: str, layers: tuple[Node, ...], size: int, channels: int) -> str | None:
    """What is wrong with a branch of a size (0: pooling) that should put out `channels`."""
    out, *_ = cost(Chain(layers), (3, 64, 64)).out_shape
    if out != channels:
        return f"The branch {name!r} should put out {channels} channels; it puts out {out}."
    for layer in layers:
        if isinstance(layer, Conv) and (odd := not_plain(layer)):
            return f"A convolution of the branch {name!r} {odd}; C1's are plain."
    if not size:
        if layers[0] != MaxPool(3):
            return f"The branch {name!r} should begin with max pooling, 3×3; it is: {label(Chain(layers))}."
        if len(layers) != 2 or _kind(layers[1:]) != "1×1":
            return f"The branch {name!r} should be max pooling and one 1×1; it is: {label(Chain(layers))}."
        return None
    # A single convolution of that size is what the branch would cost directly.
    direct = 3 * channels * size**2
    weights = cost(Chain(layers), (3, 64, 64), defaults=Defaults(bias=False)).params
    if weights > direct:
        return (
            f"The branch {name!r} has {weights:,} weights; "
            f"without a reduction it would have {direct:,}."
        )
    return None


@exercise("2.4")
def pool_and_project(answer: Any) -> str | None:
    """(x, weight), none below 0: in the middle 2 if the pooling comes first, 1 if the 1×1 does."""
    parts, wrong = several(answer, "x", "weight")
    if wrong:
        return wrong
    tensors = []
    for name, part, want in zip(
        ("x", "weight"), parts, ("(1, c, 3, 3)", "(1, c, 1, 1)"), strict=True
    ):
        tensor = as_tensor(part)
        if tensor is None:
            return f"{name} is {kind(part)}; a tensor of shape {want} is expected."
        if tensor.ndim != 4:
            return f"{name} has the shape {tuple(tensor.shape)}; {want} is expected."
        tensors.append(tensor.double())
    x, weight = tensors
    if weight.shape[2:] != (1, 1):
        return f"weight is {weight.shape[2]}×{weight.shape[3]}; a 1×1 convolution is asked for."
    if weight.shape[1] != x.shape[1]:
        return f"weight reads {weight.shape[1]} channels; x has {x.shape[1]}."
    if len(x) != 1 or x.shape[2:] != (3, 3):
        return f"x has the shape {tuple(x.shape)}; (1, c, 3, 3) is expected."
    if len(weight) != 1:
        return f"weight puts out {len(weight)} channels; one is asked for."
    if not torch.isfinite(x).all() or not torch.isfinite(weight).all():
        return "x and weight should be finite numbers."
    for name, tensor in (("x", x), ("weight", weight)):
        if (tensor < 0).any():
            return f"{name} holds {shown(tensor.min())}; here no number may be below 0."
    return _orders(x, weight)


def _orders(x: Tensor, weight: Tensor) -> str | None:
    if x.shape[1] == 1:
        return (
            "With one channel, a weight of 0 or more leaves the largest value the largest: "
            "both orders give the same."
        )
    pool = partial(F.max_pool2d, kernel_size=3, stride=1, padding=1)
    first, last = (y[0, 0, 1, 1] for y in (F.conv2d(pool(x), weight), pool(F.conv2d(x, weight))))
    if abs(first - 2) < 1e-4 and abs(last - 1) < 1e-4:
        return None
    if (x == x[..., :1, :1]).all():
        return "Both orders give the same: each channel of x is constant, so pooling does nothing."
    if abs(first - last) < 1e-6:
        return (
            f"In the middle both orders give {shown(first)}. "
            "At which pixel does each channel have its largest value?"
        )
    return (
        f"The orders differ: in the middle {shown(first)} with the pooling first, {shown(last)} with "
        "the 1×1 first. Asked for are 2 and 1."
    )


@exercise("2.5", is_function)
def split(answer: Any) -> str | None:
    """A function (kernel, r) -> (reduce, expand): the best pair of 1×1 and k×k."""
    for seed, (o, i, k, r) in enumerate(((6, 5, 3, 2), (4, 7, 5, 3), (2, 6, 1, 1))):
        kernel = torch.randn(o, i, k, k, generator=torch.Generator().manual_seed(seed))
        got, wrong = called(answer, kernel, r)
        if wrong:
            return wrong
        call = f"With a kernel of {tuple(kernel.shape)} and r={r}"
        shapes = {"reduce": (r, i, 1, 1), "expand": (o, r, k, k)}
        pair, wrong = pair_of_tensors(got, shapes, call)
        if wrong:
            return wrong
        reduce, expand = (part.double() for part in pair)
        if wrong := _not_the_best(kernel.double(), reduce, expand, call):
            return wrong
    return None


def _not_the_best(kernel: Tensor, reduce: Tensor, expand: Tensor, call: str) -> str | None:
    r, whole = len(reduce), kernel.square().sum()
    joined = torch.einsum("orhw,ri->oihw", expand, reduce[:, :, 0, 0])
    lost = (joined - kernel).square().sum() / whole
    by_channel = kernel.transpose(0, 1).flatten(1)
    values = torch.linalg.svdvals(by_channel).square()
    best = values[r:].sum() / whole
    if lost <= best + 1e-4:
        return None
    if lost > 1:
        return f"{call}, the pair is further from the kernel than zeros would be."
    said = f"{call}, the pair loses {lost:.1%} of the kernel's squared weights; the best pair loses {best:.1%}."
    if abs(lost - _fitted(by_channel, reduce[:, :, 0, 0]) / whole) < 1e-4:
        return f"{said} The k×k is the best behind its 1×1; the 1×1 is not the best."
    return said


def _fitted(by_channel: Tensor, reduce: Tensor) -> Tensor:
    """What the best second factor behind this 1×1 misses of a kernel, squared."""
    rest = by_channel - torch.linalg.pinv(reduce) @ reduce @ by_channel
    return rest.square().sum()
