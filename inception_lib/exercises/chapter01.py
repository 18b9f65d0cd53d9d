"""Checkers of chapter 1: the naive block."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting.cost import cost
from ..create import create_model
from ..data.patches import photo_patches
from ..data.photos import photos
from ..interpret.silencing import silencing
from ..spec import Branches, Conv, MaxPool
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
        return (
            "torch.stack makes a new axis; the branches are joined along an axis they already have."
        )
    return None


def _known_slip(got: object, x: Tensor, w: list[Tensor], branches: list[Tensor]) -> str | None:
    *parts, pooled = branches
    linear = [F.conv2d(x, wk, padding=wk.shape[-1] // 2) for wk in w]
    mean, zeros = F.avg_pool2d(x, 3, 1, 1), F.max_pool2d(F.pad(x, [1] * 4), 3, 1)
    slips = (
        Slip([x], "That is the input as it came."),
        Slip([*linear, pooled], "The ReLU after each convolution is missing."),
        Slip([*parts, pooled.relu()], "A ReLU follows each convolution; after the pooling there is none."),
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
        return f"It outputs {found.shape[1]} channels. The branches have {each}."
    return None


@exercise("1.3")
def needs_the_5x5(answer: Any) -> str | None:
    """The photograph whose crops lose most when the 5×5 branch of `mini_naive`'s 3a is silenced."""
    names = _photographs()
    if not isinstance(answer, str) or answer not in names:
        return f"The answer is the name of one of the photographs: {', '.join(names)}."
    lost = _lost_by_photograph()
    if answer == names[int(lost["5x5"].argmax())]:
        return None
    if answer == names[int(lost["3x3"].argmax())]:
        return "That one needs the 3×3 branch most."
    if lost["5x5"][names.index(answer)] < 0.05:
        return "Without the 5×5 branch its crops are named as well as before."
    return "Its crops lose something without the 5×5 branch, but not the most."


@cache
def _photographs() -> list[str]:
    return list(photos())  # reads them all


@cache
def _lost_by_photograph() -> dict[str, Tensor]:
    """Branch -> the accuracy that the crops of each photograph lose."""
    model = create_model("mini_naive", pretrained=True).eval()
    images, labels = photo_patches("test", 1000)
    return silencing(
        model, "3a", images, labels, groups=labels, names=_photographs(), fill="mean"
    ).lost


_BUDGET, _KERNELS, _EACH = 110_000_000, 224, 8


@exercise("1.4")
def under_a_budget(answer: Any) -> str | None:
    """A block of 1×1, 3×3, 5×5 and max pooling: 224 kernels, at most 110 million MACs on 192×28×28."""
    block, wrong = as_block(answer)
    if wrong:
        return wrong
    if not isinstance(block, Branches):
        return "The branches are parallel: use il.Branches."
    try:
        macs = cost(block, (192, 28, 28)).macs
    except ValueError as error:
        return f"It does not build: {error}"
    widths = dict.fromkeys((1, 3, 5), 0)
    pools = 0
    for name, layers in side_by_side(block):
        (layer, *more) = layers
        if layers == (MaxPool(3),):
            pools += 1
        elif more or not isinstance(layer, Conv):
            return f"The branch {name!r} is neither one convolution nor one il.MaxPool(3)."
        elif odd := not_plain(layer):
            return f"The branch {name!r} {odd}; the naive block's convolutions are plain."
        elif layer.kernel_size not in ((1, 1), (3, 3), (5, 5)):
            return f"The branch {name!r} is a convolution of another size than 1×1, 3×3 and 5×5."
        else:
            widths[layer.kernel_size[0]] += layer.out_channels
    if pools != 1:
        return f"It has {pools} branches of il.MaxPool(3); the naive block has one."
    for k, width in widths.items():
        if width < _EACH:
            return f"It has {width} kernels of {k}×{k}; at least {_EACH} are asked for."
    if sum(widths.values()) < _KERNELS:
        return f"It has {sum(widths.values())} kernels; at least {_KERNELS} are asked for."
    return None if macs <= _BUDGET else f"It takes {macs:,} MACs; the budget is {_BUDGET:,}."
