"""Checkers of chapter 1: the naive block."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting import cost
from ..spec import Branches, Conv
from . import exercise, is_block, is_function, same_tensor, whole_number


@exercise("1.1")
def macs_of_3b(answer: object) -> str | None:
    """MACs of a naive block of widths 128, 192, 96 on 256×28×28."""
    grid, weights = 28 * 28, 256 * (128 + 9 * 192 + 25 * 96)
    right = grid * weights
    return whole_number(
        answer,
        right,
        {
            2 * right: "That is the FLOPs. A MAC is one multiplication and one addition together.",
            grid
            * weights
            // 256
            * 416: "In GoogLeNet, 256 channels come into 3b; 416 would follow a naive 3a.",
            weights: "Those are the weights. Each weight is used once at every position of the grid.",
            weights
            + 416: "Those are the parameters. A MAC count asks how often each weight is used.",
            right + 416 * grid: "Biases are additions, not MACs; leave them out.",
            grid
            * 256
            * (128 + 3 * 192 + 5 * 96): "A 3×3 kernel has 9 weights for each channel, not 3.",
            26 * 26 * 256 * 9 * 192 + 24 * 24 * 256 * 25 * 96 + grid * 256 * 128: (
                "With padding k // 2 every branch keeps the grid of 28×28."
            ),
        },
    )


@exercise("1.2")
def naive_forward(answer: object) -> str | None:
    """A function (x, w1, w3, w5) -> the naive block's output, without biases."""
    if wrong := is_function(answer):
        return wrong
    for seed, (channels, grid, widths) in enumerate(((3, 9, (2, 3, 4)), (5, 12, (4, 1, 2)))):
        gen = torch.Generator().manual_seed(seed)
        x = torch.randn(2, channels, grid, grid, generator=gen)
        w = [
            torch.randn(c, channels, k, k, generator=gen)
            for c, k in zip(widths, (1, 3, 5), strict=True)
        ]
        parts = [F.conv2d(x, wk, padding=wk.shape[-1] // 2).relu() for wk in w]
        pooled = F.max_pool2d(x, 3, 1, 1)
        try:
            got = answer(x, *w)
        except RuntimeError as error:
            if "Sizes of tensors must match" in str(error):
                return (
                    "torch.cat says that the sizes do not match: the branches end on different grids. "
                    "Which padding keeps the grid for a kernel of 3, and which for one of 5?"
                )
            raise  # the reader's own error, with its traceback, says more than we can
        call = f"With x of {tuple(x.shape)} and kernels of 1, 3 and 5, the output"
        wrong = same_tensor(got, torch.cat([*parts, pooled], 1), call)
        if wrong is None:
            continue
        return _known_slip(got, x, w, parts, pooled) or wrong
    return None


def _known_slip(
    got: object, x: Tensor, w: list[Tensor], parts: list[Tensor], pooled: Tensor
) -> str | None:
    linear = [F.conv2d(x, wk, padding=wk.shape[-1] // 2) for wk in w]
    slips = (
        (torch.cat([*linear, pooled], 1), "The ReLU after each convolution is missing."),
        (
            torch.cat([pooled, *parts], 1),
            "The branches are right, their order is not: 1×1, 3×3, 5×5, pooling.",
        ),
        (torch.cat(parts, 1), "The pooling branch is missing."),
        (
            torch.cat([*parts, x], 1),
            "The last branch is max pooling, 3×3 with stride 1, not the input itself.",
        ),
        (
            torch.cat([*parts, F.avg_pool2d(x, 3, 1, 1)], 1),
            "The pooling of the naive block takes the largest value, not the mean.",
        ),
    )
    for slip, why in slips:
        if (
            isinstance(got, Tensor)
            and got.shape == slip.shape
            and torch.allclose(got, slip, atol=1e-5)
        ):
            return why
    if (
        isinstance(got, Tensor)
        and got.ndim == 4
        and got.shape[1] != torch.cat([*parts, pooled], 1).shape[1]
    ):
        return "The branches are to be concatenated along the channels, which are axis 1."
    return None


@exercise("1.3")
def embed(answer: object) -> str | None:
    """A function: a kernel (o, i, k, k), k odd and at most 5 -> the 5×5 kernel that does the same."""
    if wrong := is_function(answer):
        return wrong
    for k in (1, 3, 5):
        gen = torch.Generator().manual_seed(k)
        w = torch.randn(4, 3, k, k, generator=gen)
        call = f"For a kernel of {tuple(w.shape)}, the result"
        got = answer(w.clone())
        wrong = same_tensor(got, F.pad(w, [(5 - k) // 2] * 4), call)
        if wrong is None:
            continue
        if isinstance(got, Tensor) and got.shape == (4, 3, 5, 5):
            if torch.allclose(got, F.pad(w, (0, 5 - k, 0, 5 - k))):
                return "The small kernel lies in the upper left corner; its middle must lie on the middle."
            if torch.allclose(got, F.interpolate(w, size=5)):
                return "Stretching changes what the kernel computes; the new places need zeros."
        return wrong
    return None


@exercise("1.4")
def with_seven(answer: object) -> str | None:
    """A naive block 64, 128, 32 with a 7×7 branch of 16 channels besides."""
    if wrong := is_block(answer):
        return wrong
    if not isinstance(answer, Branches):
        return "The branches stand side by side: use il.Branches."
    try:
        counted = cost(answer, (192, 28, 28))
    except ValueError as error:
        return f"It does not build: {error}"
    rows = {(row.op, row.out_shape[0]) for row in counted.branches()}
    for op, channels in (
        ("conv 1×1", 64),
        ("conv 3×3", 128),
        ("conv 5×5", 32),
        ("max pool 3×3", 192),
    ):
        if (op, channels) not in rows:
            return f"A branch of {op} with {channels} channels is missing."
    if ("conv 7×7", 16) not in rows:
        sevens = [
            node
            for _, node in answer.branches
            if isinstance(node, Conv) and node.kernel_size == (7, 7)
        ]
        found = (
            f"its 7×7 has {sevens[0].out_channels} channels"
            if sevens
            else "it has no single 7×7 convolution"
        )
        return f"The block should have a 7×7 branch of 16 channels; {found}."
    if len(answer.branches) != 5:
        return f"The block should have five branches; this one has {len(answer.branches)}."
    return None


@exercise("1.5")
def blocks_until_1000(answer: object) -> str | None:
    """How many blocks of widths 64, 128, 32 until more than 1000 channels, from 192."""
    return whole_number(
        answer,
        4,
        {
            3: "After three blocks there are still fewer than 1000 channels.",
            5: "The pooling branch hands on what came in: count its channels too.",
        },
    )
