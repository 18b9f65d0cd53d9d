"""Checkers of chapter 8: Inception-ResNet."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..architectures import GOOGLENET
from ..blocks import reduced_block
from ..counting import cost
from ..spec import BATCH_NORM, Branches, Chain, Conv, Residual
from . import called, exercise, is_block, is_function, pair_of_tensors, whole_number

_HALF = (
    "One convolution is missing or too narrow. Two branches begin with a 1×1; 1×7 and 7×1 are two "
    "convolutions; the 1×1 behind reads both branches."
)


@exercise("8.1")
def macs_of_block_b(answer: object) -> str | None:
    """MACs of block B of Inception-ResNet-v1 on 896×17×17."""
    grid, ones, seven, back = 17 * 17, 2 * 896 * 128, 2 * 7 * 128 * 128, 256 * 896
    right = grid * (ones + seven + back)
    return whole_number(
        answer,
        right,
        {
            2 * right: "That is the FLOPs. A MAC is one multiplication and one addition together.",
            ones + seven + back: "Those are the weights. Each is used once at every position.",
            690_048: "Those are the parameters. A MAC count asks how often each weight is used.",
            right + grid * 896: "Biases and the sum are additions, not MACs; leave them out.",
            right + 2 * grid * 896: "Biases and the sum are additions, not MACs; leave them out.",
            grid * (ones + seven): "A third is missing. Did you count the 1×1 behind the branches?",
            right - grid * ones // 2: _HALF,
            grid * (ones + 49 * 128 * 128 + back): "1×7 and 7×1 have 7 weights a pair, not 49.",
            grid * (ones + 2 * 49 * 128 * 128 + back): "A 1×7 has 7 weights a pair, not 49.",
            grid * (ones + 2 * 7 * 896 * 128 + back): "Behind its 1×1 the chain is 128 wide.",
        },
    )


@exercise("8.2")
def fold(answer: object) -> str | None:
    """A function (weight, bias, scale) -> (weight, bias) of a body whose scale is 1."""
    if wrong := is_function(answer):
        return wrong
    for seed, (o, i, k, scale) in enumerate(((6, 4, 1, 0.17), (3, 5, 1, 0.1), (4, 4, 1, 1.0))):
        gen = torch.Generator().manual_seed(seed)
        weight = torch.randn(o, i, k, k, generator=gen)
        bias = torch.randn(o, generator=gen)
        z = torch.randn(2, i, 3, 3, generator=gen)
        got, wrong = called(answer, weight.clone(), bias.clone(), scale)
        if wrong:
            return wrong
        shapes = {"weight": tuple(weight.shape), "bias": tuple(bias.shape)}
        call = f"With a weight of {tuple(weight.shape)} and a scale of {scale}"
        if wrong := pair_of_tensors(got, shapes, call):
            return wrong
        new_weight, new_bias = (part.detach().float() for part in got)
        want = scale * F.conv2d(z, weight, bias)
        found = F.conv2d(z, new_weight, new_bias)
        if torch.allclose(found, want, rtol=1e-4, atol=1e-5):
            continue
        return _folding_slip(
            weight, bias, new_weight, new_bias, scale, float((found - want).abs().max())
        )
    return None


def _folding_slip(
    weight: Tensor, bias: Tensor, new_weight: Tensor, new_bias: Tensor, scale: float, gap: float
) -> str:
    def is_times(part: Tensor, whole: Tensor, factor: float) -> bool:
        return torch.allclose(part, factor * whole, rtol=1e-4, atol=1e-6)

    if is_times(new_weight, weight, scale) and is_times(new_bias, bias, 1):
        return "The bias is a part of the body, too: it stands behind the scale."
    if is_times(new_weight, weight, 1) and is_times(new_bias, bias, scale):
        return "The bias is folded, the weight is not."
    if is_times(new_weight, weight, 1) and is_times(new_bias, bias, 1):
        return (
            "Nothing is folded yet: with these the body is as large as before, without its scale."
        )
    if is_times(new_weight, weight, 1 / scale):
        return "The scale multiplies the body; this divides by it."
    if is_times(new_weight, weight, scale**2):
        return "s² is what becomes of a learning rate. The function itself has the scale once."
    return f"With scale {scale} the body's output differs by up to {gap:.3g}."


@exercise("8.3")
def widths_for_1154(answer: object) -> str | None:
    """(n of reduction A, width of block C) with which block B may end in 1154."""
    if isinstance(answer, Tensor) and answer.numel() == 2:
        answer = answer.tolist()
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "Give two numbers: (n, width of block C)."
    if all(part is None or part is ... for part in answer):
        raise NotImplementedError
    n, width = answer
    wrong = whole_number(
        n,
        386,
        {
            384: "With n = 384, 1152 channels come into block B.",
            770: "Two branches bring 384 channels each: the one of m, and the pooling.",
            388: "That gives 1156. What is missing to 1154?",
            514: "m is 384, not 256: k and l are inside the longer branch.",
        },
    )
    if wrong:
        return f"n: {wrong}"
    wrong = whole_number(
        width,
        2146,
        {
            2144: "2144 follows from 1152. Which width comes into reduction B now?",
            2048: "2048 is what the figure prints. What do the four branches bring?",
            992: "The pooling of reduction B hands on what comes in.",
            1154: "Between B and C the grid is reduced, and three branches are added.",
        },
    )
    return f"width of block C: {wrong}" if wrong else None


@exercise("8.4")
def residual_4b(answer: object) -> str | None:
    """GoogLeNet's 4b as a residual block with scale 0.2."""
    if wrong := is_block(answer):
        return wrong
    if not isinstance(answer, Residual):
        return "The block should hand its input on to a sum: use il.Residual."
    try:
        cost(answer, (512, 14, 14), defaults=BATCH_NORM)
    except ValueError as error:
        return f"It does not build on 512 channels: {error}"
    layers = answer.body.layers if isinstance(answer.body, Chain) else (answer.body,)
    last = layers[-1]
    if not isinstance(last, Conv):
        return "Behind the branches a 1×1 is to bring the channels back, as in every block here."
    if last.kernel_size != (1, 1):
        return f"The last convolution should be 1×1; it is {last.kernel_size[0]}×{last.kernel_size[1]}."
    if last.act != "none":
        return "The 1×1 before the sum has a ReLU by default: the block could only add."
    if last.norm != "none":
        return (
            "The 1×1 before the sum has batch normalization by default; in the release it has none."
        )
    if last.bias is not True:
        return "The 1×1 before the sum has no bias by default; in the release it has one."
    want = reduced_block(*GOOGLENET["4b"])
    first = layers[0]
    if len(layers) != 2 or not isinstance(first, Branches):
        return "The body is to be two things: the branches of 4b, and the 1×1."
    if tuple(node for _, node in first.branches) != tuple(node for _, node in want.branches):
        return "The branches are not those of 4b; il.GOOGLENET['4b'] has their widths."
    if answer.scale != 0.2:
        return f"The scale should be 0.2; it is {answer.scale:g}."
    if answer.act != "relu":
        return "Behind the sum a ReLU is missing."
    return None


@exercise("8.5")
def most_blocks(answer: object) -> str | None:
    """The largest n with which n/2n/n blocks in the figures' widths cost at most Inception-v4."""
    return whole_number(
        answer,
        8,
        {
            9: "With 9/18/9 it costs 1.07 times Inception-v4: more than allowed.",
            10: "With 10/20/10 it costs 1.15 times Inception-v4: more than allowed.",
            5: "5/10/5 is what the figures say, at 0.76 times. There is room for more.",
            16: "That is the number of blocks B; n is that of blocks A and C.",
            32: "That is the number of all blocks; n is that of blocks A.",
        },
    )
