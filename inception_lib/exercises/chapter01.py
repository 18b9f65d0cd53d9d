"""Checkers of chapter 1: the naive block."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting.cost import cost
from ..spec import AvgPool, Branches, Conv, MaxPool, Node
from . import (
    Slip,
    as_block,
    as_tensor,
    called,
    close,
    exercise,
    is_function,
    not_plain,
    same_tensor,
    several,
    side_by_side,
    slip_of,
    whole_number,
)


@exercise("1.1")
def macs_of_3b(answer: Any) -> str | None:
    """MACs of a naive block of widths 128, 192, 96 on 256×28×28."""
    grid, weights = 28 * 28, 256 * (128 + 9 * 192 + 25 * 96)
    right, channels = grid * weights, 128 + 192 + 96
    shrunk = 256 * (28**2 * 128 + 26**2 * 9 * 192 + 24**2 * 25 * 96)
    slips = (
        Slip(2 * right, "That is the FLOPs. A MAC is one multiplication and one addition together."),
        Slip(right // 256 * 416, "In GoogLeNet, 256 channels come into 3b; 416 would follow a naive 3a."),
        Slip(weights, "Those are the weights. Each weight is used once at every position of the grid."),
        Slip(weights + channels, "Those are the parameters. A MAC count asks how often each weight is used."),
        Slip(28 * weights, "The grid has 28 rows of 28 positions each."),
        Slip(right + channels * grid, "Biases are additions, not MACs; leave them out."),
        Slip(grid * 256 * (128 + 3 * 192 + 5 * 96), "A 3×3 kernel has 9 weights for each channel, not 3."),
        Slip(shrunk, "With padding k // 2 every branch keeps the grid of 28×28."),
    )  # fmt: skip
    return whole_number(answer, right, slips)


@exercise("1.2", is_function)
def naive_forward(answer: Any) -> str | None:
    """A function (x, w1, w3, w5) -> the naive block's output, without biases."""
    for seed, (channels, grid, widths) in enumerate(
        ((3, (9, 7), (2, 3, 4)), (5, (8, 12), (4, 1, 2)))
    ):
        gen = torch.Generator().manual_seed(seed)
        # less 1: some windows hold no positive value
        x = torch.randn(2, channels, *grid, generator=gen) - 1
        sizes = zip(widths, (1, 3, 5), strict=True)
        w = [torch.randn(c, channels, k, k, generator=gen) for c, k in sizes]
        got, wrong = called(answer, x, *w)
        if wrong:
            return _of_torch_cat(wrong) or wrong
        branches = [F.conv2d(x, wk, padding=wk.shape[-1] // 2).relu() for wk in w]
        branches.append(F.max_pool2d(x, 3, 1, 1))
        call = f"With x of {tuple(x.shape)} and kernels of 1, 3 and 5, the output"
        if wrong := same_tensor(got, torch.cat(branches, 1), call):
            return _known_slip(got, x, w, branches) or _wrong_shape(got, x, branches) or wrong
    return None


def _of_torch_cat(raised: str) -> str | None:
    """What an error of `torch.cat` means here."""
    if "Sizes of tensors must match except in dimension 1" in raised:
        return (
            "torch.cat says that the sizes do not match: the branches end on different grids. "
            "Which padding keeps the grid for a kernel of 3, and which for one of 5? "
            "And by how much does the pooling step?"
        )
    if "Sizes of tensors must match except" in raised:
        return "torch.cat says that the sizes do not match. Which axis are the channels?"
    if "stack expects each tensor" in raised:
        return "torch.stack makes a new axis; the branches lie behind one another on one they have."
    return None


def _known_slip(got: object, x: Tensor, w: list[Tensor], branches: list[Tensor]) -> str | None:
    *parts, pooled = branches
    linear = [F.conv2d(x, wk, padding=wk.shape[-1] // 2) for wk in w]
    mean, zeros = F.avg_pool2d(x, 3, 1, 1), F.max_pool2d(F.pad(x, [1] * 4), 3, 1)
    slips = (
        Slip([x], "That is the input as it came."),
        Slip([*linear, pooled], "The ReLU after each convolution is missing."),
        Slip([*parts, pooled.relu()], "The ReLU stands behind each convolution; behind the pooling none is asked for."),
        Slip([pooled, *parts], "The branches are right, their order is not: 1×1, 3×3, 5×5, pooling."),
        Slip(parts, "The pooling branch is missing."),
        Slip([*parts, x], "The last branch is max pooling, 3×3 with stride 1, not the input itself."),
        Slip([*parts, mean], "The pooling of the naive block takes the largest value, not the mean."),
        Slip([*parts, zeros], "Zeros around the pooling's input can be its largest values; max_pool2d pads otherwise."),
    )  # fmt: skip
    return slip_of(slips, lambda outputs: close(got, torch.cat(outputs, 1)))


def _wrong_shape(got: object, x: Tensor, branches: list[Tensor]) -> str | None:
    found, (height, width) = as_tensor(got), x.shape[2:]
    if found is None or found.ndim != 4:
        return None
    if found.shape[2:] == (width, height):
        return f"The grid is {height}×{width}; it comes out as {width}×{height}."
    if found.shape[2:] != (height, width) or len(found) != len(x):
        return "The branches are to be concatenated along the channels, which are axis 1."
    channels = [part.shape[1] for part in branches]
    if found.shape[1] != sum(channels):
        each = ", ".join(map(str, channels))
        return f"It puts out {found.shape[1]} channels. The branches have {each}."
    return None


@exercise("1.3", is_function)
def embed(answer: Any) -> str | None:
    """A function: a kernel (o, i, k, k), k odd and at most 5 -> the 5×5 kernel that does the same."""
    for k in (1, 3, 5):
        gen = torch.Generator().manual_seed(k)
        w = torch.randn(4, 3, k, k, generator=gen)
        got, wrong = called(answer, w)
        if wrong:
            return f"For a kernel of {tuple(w.shape)}: {wrong}"
        call = f"For a kernel of {tuple(w.shape)}, the result"
        want = F.pad(w, [(5 - k) // 2] * 4)
        if wrong := same_tensor(got, want, call):
            return _misplaced(got, w, want) or wrong
    return None


def _misplaced(got: object, w: Tensor, want: Tensor) -> str | None:
    k = w.shape[-1]
    slips = (
        Slip(F.pad(w, (0, 5 - k, 0, 5 - k)), "The small kernel lies in the upper left corner; its middle must lie on the middle."),
        Slip(F.pad(w, (5 - k, 0, 5 - k, 0)), "The small kernel lies in the lower right corner; its middle must lie on the middle."),
        Slip(F.interpolate(w, size=5), "Stretching changes what the kernel computes; the new places need zeros."),
        Slip(want.flip(2, 3), "The kernel is turned by 180°; conv2d takes it as it lies."),
        Slip(want.transpose(2, 3), "Rows and columns of the kernel are exchanged."),
        Slip(torch.zeros_like(want), "All of it is zero. The small kernel must lie in it."),
    )  # fmt: skip
    if why := slip_of(slips, partial(close, got)):
        return why
    found, middle = as_tensor(got), slice((5 - k) // 2, (5 + k) // 2)
    if found is not None and found.shape == want.shape and close(found[..., middle, middle], w):
        return "The small kernel lies where it should; what is around it must add nothing."
    return None


_WIDTHS = ((1, 64), (3, 128), (5, 32))


@exercise("1.4")
def with_seven(answer: Any) -> str | None:
    """A naive block 64, 128, 32 with a 7×7 branch of 16 channels besides."""
    block, wrong = as_block(answer)
    if wrong:
        return wrong
    if not isinstance(block, Branches):
        return "The branches stand side by side: use il.Branches."
    try:
        cost(block, (192, 28, 28))
    except ValueError as error:
        return f"It does not build: {error}"
    branches = side_by_side(block)
    for size, channels in _WIDTHS:
        if not any(_is_conv(layers, size, channels) for _, layers in branches):
            return f"A branch of conv {size}×{size} with {channels} channels is missing."
    if not any(layers == (MaxPool(3),) for _, layers in branches):
        if any(isinstance(layers[0], AvgPool) for _, layers in branches):
            return "The pooling of the naive block takes the largest value, not the mean."
        return "A branch of max pool 3×3, and of nothing else, is missing."
    if not any(_is_conv(layers, 7, 16) for _, layers in branches):
        widths = [n for _, layers in branches for n in range(1, 1025) if _is_conv(layers, 7, n)]
        found = (
            f"its 7×7 has {widths[0]} channels" if widths else "it has no single 7×7 convolution"
        )
        return f"The block should have a 7×7 branch of 16 channels; {found}."
    if len(branches) != 5:
        return f"The block should have five branches; this one has {len(branches)}."
    for name, (layer,) in branches:
        if isinstance(layer, Conv) and (odd := not_plain(layer)):
            return f"The branch {name!r} {odd}; the naive block's convolutions are plain."
    return None


def _is_conv(layers: tuple[Node, ...], size: int, channels: int) -> bool:
    """Whether a branch is one square convolution of this size to so many channels."""
    if len(layers) != 1 or not isinstance(layers[0], Conv):
        return False
    return layers[0].kernel_size == (size, size) and layers[0].out_channels == channels


@exercise("1.5")
def blocks_until_1000(answer: Any) -> str | None:
    """(blocks, channels): of widths 64, 128, 32, from 192 channels, until there are over 1000."""
    given, wrong = several(answer, "blocks", "channels")
    if wrong:
        return wrong
    blocks, channels = given
    wrong = whole_number(blocks, 4, (
        Slip(3, "After three blocks there are still fewer than 1000 channels."),
        Slip(5, "The pooling branch hands on what came in: count its channels too."),
    ))  # fmt: skip
    if wrong:
        return f"The blocks: {wrong}"
    added = 64 + 128 + 32
    wrong = whole_number(channels, 192 + 4 * added, (
        Slip(added, "That is what the convolutions of one block put out."),
        Slip(4 * added, "That is what the blocks add. What came into the first is handed on, too."),
        Slip(192 + added, "That is what the first block puts out."),
        Slip(192 + 3 * added, "That is one block too few: it is what comes into the last one."),
        Slip(192 + 5 * added, "That is one block too many."),
        Slip(4 * (192 + added), "Only the first block reads 192 channels; the next reads what it puts out."),
    ))  # fmt: skip
    return wrong and f"The channels: {wrong}"
