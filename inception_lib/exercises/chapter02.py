"""Checkers of chapter 2: the 1×1 reduction."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting.cost import cost
from ..create import create_model
from ..networks.blocks import reduced_block
from ..networks.googlenet import GOOGLENET
from ..spec import AvgPool, Branches, Chain, Conv, Defaults, MaxPool, Node
from ..tree.walks import label
from . import (
    Slip,
    as_block,
    as_tensor,
    exercise,
    kind,
    not_plain,
    several,
    shown,
    side_by_side,
    whole_number,
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
        Slip(grid * (reduce + plain_five), "After the reduction the 5×5 reads 32 channels, not 256."),
        Slip(grid * (reduce + five // 5), "A 5×5 kernel has 25 weights for each channel, not 5."),
        Slip(grid * (reduce + 32 * 9 * 96), "The kernel is 5×5, not 3×3."),
        Slip(grid * reduce + 24 * 24 * five, "With padding 2 the 5×5 keeps the grid of 28×28."),
    )  # fmt: skip
    return whole_number(answer, grid * weights, slips)


WHOLE = cost(reduced_block(*GOOGLENET["3a"]), (192, 28, 28)).macs  # of GoogLeNet's 3a
LEAST = 16  # channels that a reduction leaves


@exercise("2.2")
def squeezed_block(answer: Any) -> str | None:
    """3a's outputs for at most half of its MACs, and at least 95 % of that half; r ≥ 16 in both."""
    branches, wrong = _branches(answer, {"1×1": 64, "3×3": 128, "5×5": 32, "pooling": 32}, 192)
    if wrong:
        return wrong
    for large in ("3×3", "5×5"):
        name, layers = branches[large]
        if len(layers) != 2 or _kind(layers[:1]) != "1×1":
            return (
                f"The branch {name!r} should be a 1×1 and a {large}; it is: {label(Chain(layers))}."
            )
        width, *_ = cost(layers[0], (192, 28, 28)).out_shape
        if width < LEAST:
            return (
                f"The branch {name!r} is reduced to {width} channels; {LEAST} are the least here."
            )
    macs = sum(cost(Chain(layers), (192, 28, 28)).macs for _, layers in branches.values())
    if 2 * macs > WHOLE:
        return f"It costs {macs:,} MACs, {macs / WHOLE:.0%} of 3a's {WHOLE:,}; half of them is the budget."
    if 2 * macs < 0.95 * WHOLE:
        return f"It costs {macs:,} MACs; {WHOLE // 2 - macs:,} of the budget are left. Spend them."
    return None


@exercise("2.3")
def repaired_block(answer: Any) -> str | None:
    """Listing C1's widths from 3 channels, and no 1×1 that makes a branch cost more."""
    branches, wrong = _branches(answer, {"1×1": 64, "3×3": 64, "5×5": 96, "pooling": 32}, 3)
    if wrong:
        return wrong
    for size, (name, layers) in branches.items():
        if size == "pooling":
            continue
        # A single convolution of that size is what the branch would cost directly.
        out, *_ = cost(Chain(layers), (3, 64, 64)).out_shape
        direct = 3 * out * int(size[0]) ** 2
        weights = cost(Chain(layers), (3, 64, 64), defaults=Defaults(bias=False)).params
        if weights > direct:
            return (
                f"The branch {name!r} has {weights:,} weights; "
                f"without a reduction it would have {direct:,}."
            )
    return None


def _branches(
    answer: Any, wanted: dict[str, int], channels: int
) -> tuple[dict[str, tuple[str, tuple[Node, ...]]], str | None]:
    """{kind: (name, layers)} of a block with one branch of each kind, and their widths; or what is wrong."""
    block, wrong = as_block(answer)
    if wrong:
        return {}, wrong
    if not isinstance(block, Branches):
        return {}, "The branches run side by side: use il.Branches."
    try:
        cost(block, (channels, 64, 64))
    except ValueError as error:
        return {}, f"It does not build: {error}"
    branches = side_by_side(block)
    if len(branches) != 4:
        return {}, f"The block should have four branches; this one has {len(branches)}."
    found: dict[str, tuple[str, tuple[Node, ...]]] = {}
    for name, layers in branches:
        this = _kind(layers)
        left = [one for one in wanted if one not in found]
        if this not in left:
            ones = " or ".join(f"the {one}" for one in left)
            return {}, f"The branch {name!r} should be {ones}; it is: {label(Chain(layers))}."
        if wrong := _not_plain(name, layers, this, wanted[this], channels):
            return {}, wrong
        found[this] = name, layers
    return found, None


def _kind(layers: tuple[Node, ...]) -> str | None:
    """ "1×1", "3×3", "5×5" or "pooling"; None for any other branch."""
    if any(isinstance(layer, MaxPool | AvgPool) for layer in layers):
        return "pooling"
    convs = [layer for layer in layers if isinstance(layer, Conv)]
    large = [conv.kernel_size for conv in convs if conv.kernel_size != (1, 1)]
    if len(convs) < len(layers) or len(large) > 1:
        return None
    height, width = large[0] if large else (1, 1)
    return f"{height}×{width}"


def _not_plain(
    name: str, layers: tuple[Node, ...], size: str, width: int, channels: int
) -> str | None:
    """What is wrong with a branch of a kind that should output `width` channels."""
    out, *_ = cost(Chain(layers), (channels, 64, 64)).out_shape
    if out != width:
        return f"The branch {name!r} should output {width} channels; it outputs {out}."
    for layer in layers:
        if isinstance(layer, Conv) and (odd := not_plain(layer)):
            return f"A convolution of the branch {name!r} {odd}; here all are plain."
    if size == "pooling":
        if layers[0] != MaxPool(3):
            return f"The branch {name!r} should begin with max pooling, 3×3; it is: {label(Chain(layers))}."
        if len(layers) != 2 or _kind(layers[1:]) != "1×1":
            return f"The branch {name!r} should be max pooling and one 1×1; it is: {label(Chain(layers))}."
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
        return f"weight outputs {len(weight)} channels; one is asked for."
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


@exercise("2.5")
def unseen_direction(answer: Any) -> str | None:
    """16 numbers of length 1 that 3a's 5×5 in `mini_reduced` does not notice, and its 3×3 does."""
    given = as_tensor(answer)
    if given is None:
        return f"The answer is {kind(answer)}; 16 numbers are expected."
    if given.numel() != 16 or max(given.shape, default=1) != 16:
        return f"The answer has the shape {tuple(given.shape)}; a column of 16 numbers is expected."
    change = given.double().flatten()
    if not torch.isfinite(change).all():
        return "The 16 numbers should be finite."
    length = change.norm()
    if abs(length - 1) > 0.01:
        return f"Its length, the root of the sum of squares, is {shown(length)}; scale it to 1."
    five, three = ((_reduction(branch) @ change).abs().max() for branch in ("5x5", "3x3"))
    if five > 1e-3:
        return f"A mixture of the 5×5 changes by {float(five):.3f}; at most 0.001 is allowed."
    if three < 0.1:
        return (
            f"The mixtures of the 3×3 change by {float(three):.3f} at most; here one should by 0.1."
        )
    return None


@cache
def _reduction(branch: str) -> Tensor:
    """The matrix of the reduction before a branch's kernel, in the trained `mini_reduced`'s 3a."""
    model = create_model("mini_reduced", pretrained=True)
    weight = model.get_parameter(f"stages.3a.{branch}.0.conv.weight")
    return weight[:, :, 0, 0].detach().double()
