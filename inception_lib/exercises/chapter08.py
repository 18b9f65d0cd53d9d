"""Checkers of chapter 8: Inception-ResNet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting.cost import cost
from ..create import create_model
from ..data.patches import photo_patches
from ..networks.blocks import reduced_block
from ..networks.googlenet import GOOGLENET
from ..networks.registry import architecture
from ..spec import BATCH_NORM, Branches, Chain, Conv, Node, Residual
from ..training.loop import predict
from . import (
    Slip,
    as_block,
    as_number,
    called,
    close,
    exercise,
    is_block,
    is_function,
    pair_of_tensors,
    shown,
    side_by_side,
    slip_of,
    whole_number,
)


@exercise("8.1")
def macs_of_block_b(answer: Any) -> str | None:
    """MACs of block B of Inception-ResNet-v1 on 896×17×17, but 160 wide inside."""
    grid, one, seven, back = 17 * 17, 896 * 160, 7 * 160 * 160, 320 * 896
    weights, full = 2 * one + 2 * seven + back, 49 * 160 * 160
    right = grid * weights
    half = "One convolution is missing or too narrow. Two branches begin with a 1×1; the 1×1 after them reads both."
    slips = (
        Slip(2 * right, "That is the FLOPs. A MAC is one multiplication and one addition together."),
        Slip(weights, "Those are the weights. Each is used once at every position."),
        Slip(weights + 2 * 640 + 896, "Those are the parameters. A MAC count asks how often each weight is used."),
        Slip(right + grid * 896, "Biases and the sum are additions, not MACs; leave them out."),
        Slip(right + 2 * grid * 896, "Biases and the sum are additions, not MACs; leave them out."),
        Slip(right - grid * back, "A third is missing. Did you count the 1×1 after the branches?"),
        Slip(10 * right, "Those are the MACs of all ten blocks B. One is asked for."),
        Slip(right + grid * one, "Two branches begin with a 1×1; there is no convolution on the shortcut."),
        Slip(64 * weights, "That is with another grid, the one after reduction B."),
        Slip(right - grid * one, half),
        Slip(right - grid * seven, "1×7 and 7×1 are two convolutions; one of them is missing."),
        Slip(198_868_992, "That is the block of the figure, 128 wide inside. Here it is 160."),
        Slip(grid * (2 * one + full + back), "1×7 and 7×1 have 7 weights a pair, not 49."),
        Slip(grid * (2 * one + 2 * full + back), "A 1×7 has 7 weights a pair, not 49."),
        Slip(grid * (2 * one + 2 * 7 * one + back), "After its 1×1 the chain is 160 wide."),
    )  # fmt: skip
    return whole_number(answer, right, slips)


def _folded(pairs: Iterable[tuple[Tensor, Tensor]], factors: Iterable[float | None]) -> bool:
    return all(
        factor is None or close(part, factor * whole)
        for factor, (part, whole) in zip(factors, pairs, strict=True)
    )


@exercise("8.2", is_function)
def fold(answer: Any) -> str | None:
    """A function (weight, bias, scale) -> (weight, bias) of a body whose scale is 1."""
    for seed, (o, i, k, scale) in enumerate(((6, 4, 1, 0.17), (3, 5, 1, 0.1), (4, 4, 1, 1.0))):
        gen = torch.Generator().manual_seed(seed)
        weight = torch.randn(o, i, k, k, generator=gen)
        bias = torch.randn(o, generator=gen)
        z = torch.randn(2, i, 3, 3, generator=gen)
        got, wrong = called(answer, weight, bias, scale)
        if wrong:
            return wrong
        shapes = {"weight": tuple(weight.shape), "bias": tuple(bias.shape)}
        call = f"With a weight of {tuple(weight.shape)} and a scale of {scale}"
        pair, wrong = pair_of_tensors(got, shapes, call)
        if wrong:
            return wrong
        new_weight, new_bias = (part.float() for part in pair)
        want = scale * F.conv2d(z, weight, bias)
        found = F.conv2d(z, new_weight, new_bias)
        if close(found, want):
            continue
        # (what the weight was multiplied by, and the bias; None: whatever that is)
        slips = (
            Slip((scale, 1), "The bias is a part of the body, too, and the scale multiplies the whole body."),
            Slip((1, scale), "The bias is folded, the weight is not."),
            Slip((1, 1), "Nothing is folded yet: with these the body is as large as before, without its scale."),
            Slip((1 / scale, None), "The scale multiplies the body; this divides by it."),
            Slip((scale**2, None), "s² is what becomes of a learning rate. The function itself has the scale once."),
        )  # fmt: skip
        why = slip_of(slips, partial(_folded, ((new_weight, weight), (new_bias, bias))))
        gap = (found - want).abs().max()
        return why or f"With scale {scale} the body's output differs by up to {gap:.3g}."
    return None


@exercise("8.3")
def without_its_blocks(answer: Any) -> str | None:
    """Accuracy of `mini_residual` on 1,000 test crops with both residual blocks out."""
    found = as_number(answer)
    if found is None or found != found:
        return f"This asks for a number; the answer is {shown(answer)}."
    if 1 < found <= 100:
        return "Give the accuracy as a share, from 0 to 1."
    if not 0 <= found <= 1:
        return "An accuracy is between 0 and 1."
    both = _accuracy(0, 0)
    if abs(found - both) <= 0.003:
        return None
    slips = (
        (_accuracy(1, 1), "That is the whole network: both blocks are still in."),
        (_accuracy(0, 1), "That is without 3b alone."),
        (_accuracy(1, 0), "That is without 4b alone."),
        (1 - both, "That is the share of crops that are named wrongly."),
        (_accuracy(1, 1) - both, "That is what is lost, not what is left."),
    )
    for value, says in slips:
        if abs(found - value) <= 0.003:
            return says
    return f"Measured, it is {'more' if found < both else 'less'} than that."


@cache
def _accuracy(first: int, second: int) -> float:
    """Of `mini_residual` with its blocks 3b and 4b in (1) or out (0)."""
    model = create_model("mini_residual", pretrained=True)
    for name, inside in (("3b", first), ("4b", second)):
        block: Any = model.stages[name]
        block.scale *= inside
    images, labels = photo_patches("test", 1000)
    return float((predict(model, images).argmax(1) == labels).float().mean())


def _two(answer: Any, first: str, second: str) -> tuple[object, object, str | None]:
    """The two parts of a pair, or what is wrong with it."""
    if isinstance(answer, Tensor | np.ndarray) and answer.ndim == 1:
        answer = answer.tolist()
    if isinstance(answer, tuple | list):
        empty = [part is None or part is ... for part in answer]
        if answer and all(empty):
            raise NotImplementedError
        if len(answer) == 2:
            missing = (first, second)[empty.index(True)] if any(empty) else None
            return *answer, f"{missing}: nothing is given." if missing else None
    return None, None, f"Give two numbers: ({first}, {second})."


@exercise("8.4")
def residual_4b(answer: Any) -> str | None:
    """GoogLeNet's 4b as a residual block with scale 0.2."""
    answer, wrong = as_block(answer)
    if wrong or (wrong := is_block(answer)):
        return wrong
    if not isinstance(answer, Residual):
        return "The block should pass its input on to a sum: use il.Residual."
    try:
        cost(answer, (512, 14, 14), defaults=BATCH_NORM)
    except ValueError as error:
        return f"It does not build on 512 channels: {error}"
    layers = answer.body.layers if isinstance(answer.body, Chain) else (answer.body,)
    last = layers[-1] if layers else None
    if not isinstance(last, Conv):
        return "After the branches a 1×1 is to bring the channels back, as in every block here."
    if last.kernel_size != (1, 1):
        return f"The last convolution should be 1×1; it is {last.kernel_size[0]}×{last.kernel_size[1]}."
    bias, norm, act = last.with_defaults(BATCH_NORM)
    if act != "none":
        return "The 1×1 before the sum has a ReLU by default: the block could only add."
    if norm != "none":
        return (
            "The 1×1 before the sum has batch normalization by default; in the release it has none."
        )
    if not bias:
        return "The 1×1 before the sum has no bias by default; in the release it has one."
    want = reduced_block(*GOOGLENET["4b"])
    first = layers[0]
    if len(layers) != 2 or not isinstance(first, Branches):
        return "The body is to be two things: the branches of 4b, and the 1×1."
    if _found(first) != _found(want):
        return "The branches are not those of 4b; il.GOOGLENET['4b'] has their widths."
    scale = as_number(answer.scale)
    if scale is None or abs(scale - 0.2) > 1e-6:
        return f"The scale should be 0.2; it is {shown(answer.scale)}."
    if answer.act != "relu":
        return "After the sum a ReLU is missing."
    return None


def _found(block: Branches) -> list[str]:
    """What each branch does, in no order: names and order of branches, and defaults said or not."""

    def plain(layer: Node) -> Node:
        if not isinstance(layer, Conv):
            return layer
        bias, norm, act = layer.with_defaults(BATCH_NORM)
        padding = layer.padding if layer.kernel_size != (1, 1) else "same"  # nothing to pad
        return replace(layer, bias=bias, norm=norm, act=act, padding=padding, weight_std=None)

    return sorted(repr([plain(layer) for layer in layers]) for _, layers in side_by_side(block))


@cache
def _macs(n: int) -> int:
    """Of n/2n/n blocks in the figures' widths."""
    figures = architecture("inception_resnet_v2_paper")
    counted = cost(figures)
    other = counted.macs - sum(counted[s].macs for s in figures.names if s[0] in "ABC")
    return other + n * sum(
        times * counted[s].macs for s, times in (("A1", 1), ("B1", 2), ("C1", 1))
    )


@exercise("8.5")
def most_blocks(answer: Any) -> str | None:
    """(the largest n with which n/2n/n blocks in the figures' widths cost at most Inception-v4, MACs)."""
    n, macs, wrong = _two(answer, "n", "MACs")
    if wrong:
        return wrong
    limit, blocks = cost("inception_v4").macs, as_number(n)
    if blocks == 16:
        return "n: That is the number of blocks B; n is that of blocks A and C."
    if blocks == 32:
        return "n: That is the number of all blocks; n is that of blocks A."
    if blocks is None or blocks != blocks or blocks % 1:
        return f"n: This asks for a whole number; the answer is {shown(n)}."
    if blocks < 1:
        return "n: There is at least one block of each kind."
    blocks = int(min(blocks, 1000))
    costs = f"With {blocks}/{2 * blocks}/{blocks} it costs {_macs(blocks) / limit:.2f} times Inception-v4"
    if _macs(blocks) > limit:
        return f"n: {costs}: more than allowed."
    if _macs(blocks + 1) <= limit:
        return f"n: {costs}. There is room for more."
    more = f"{blocks + 1}/{2 * blocks + 2}/{blocks + 1}"
    wrong = whole_number(macs, _macs(blocks), (
        Slip(2 * _macs(blocks), "Those are the FLOPs. One MAC is two of them."),
        Slip(limit, "Those are Inception-v4's. Count the network with the n that you found."),
        Slip(_macs(5), "Those are the MACs of 5/10/5."),
        Slip(_macs(blocks + 1), f"Those are the MACs of {more}."),
    ))  # fmt: skip
    return wrong and f"MACs: {wrong}"
