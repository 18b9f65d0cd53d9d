"""Checkers of chapter 4: batch normalization."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting.cost import cost
from . import (
    Slip,
    as_number,
    as_tensor,
    called,
    close,
    exercise,
    is_function,
    kind,
    ratio,
    several,
    shown,
    slip_of,
    whole_number,
)


@exercise("4.1")
def batch_by_hand(answer: Any) -> str | None:
    """Values 1, 3 | 5, 7: the largest output with γ = 2, β = 1, ε = 0, and the running variance."""
    given, wrong = several(answer, "largest output", "running variance")
    if wrong:
        return wrong
    largest, running = given
    biased, unbiased = 5.0, 20 / 3
    normalized, by_unbiased, by_variance = (3 / by for by in (biased**0.5, unbiased**0.5, biased))
    wrong = ratio(largest, 1 + 2 * normalized, (
        Slip(normalized, "That is the normalized value; γ and β come behind it."),
        Slip(2 * normalized, "β is missing."),
        Slip(2 + normalized, "γ and β are exchanged."),
        Slip(2 + 2 * normalized, "β is 1."),
        Slip(1 + 2 * by_unbiased, "It divides by the biased variance, the sum of squares over n."),
        Slip(1 + 2 * by_variance, "It divides by the standard deviation, not by the variance."),
        Slip(3.0, "That normalizes each picture by itself; mean and variance are those of the batch."),
        Slip(15.0, "Level and spread come after the normalization, not in place of it."),
    ))  # fmt: skip
    if wrong:
        return f"The largest output: {wrong}"
    whole = "That is the batch's variance; the running one takes in a tenth of it."
    share = "Torch's momentum is the share of the new batch"
    wrong = ratio(running, 0.9 + 0.1 * unbiased, (
        Slip(0.9 + 0.1 * biased, "What is remembered is the unbiased variance, over n − 1."),
        Slip(0.1 + 0.9 * unbiased, f"{share}."),
        Slip(0.1 + 0.9 * biased, f"{share}, and what is remembered is the unbiased variance."),
        Slip(unbiased, whole),
        Slip(biased, whole),
        Slip(0.9 + 0.1 * unbiased**0.5, "It is the variance that is averaged, not the standard deviation."),
    ))  # fmt: skip
    return wrong and f"The running variance: {wrong}"


@exercise("4.2", is_function)
def fold_before(answer: Any) -> str | None:
    """BN in front of a convolution without padding, as one convolution."""
    generator = torch.Generator().manual_seed(4)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    mean, gamma, beta = draw(3), draw(3), draw(3)
    var, eps = draw(3).square() + 0.01, 0.1
    weight, bias, x = draw(5, 3, 3, 3), draw(5), draw(2, 3, 6, 6)
    got, wrong = called(answer, mean, var, gamma, beta, eps, weight, bias, intact=True)
    if wrong:
        return wrong
    if not isinstance(got, tuple | list) or len(got) != 2:
        return "It should return two things: a weight and a bias."
    if any(value is None or value is ... for value in got):
        raise NotImplementedError
    tensors = []
    for name, value, like in zip(("weight", "bias"), got, (weight, bias), strict=True):
        tensor = as_tensor(value)
        if tensor is None:
            return f"The {name} is {kind(value)}; a tensor is expected."
        if tensor.shape != like.shape:
            return (
                f"The {name} has the shape {tuple(tensor.shape)}; {tuple(like.shape)} is expected."
            )
        tensors.append(tensor.double())
    new_weight, new_bias = tensors
    want = F.conv2d(F.batch_norm(x, mean, var, gamma, beta, eps=eps), weight, bias)
    near = partial(close, atol=1e-4)
    if near(F.conv2d(x, new_weight, new_bias), want):
        return None
    spread = (var + eps).sqrt()
    scale = gamma / spread
    factors = (
        Slip(gamma / var.sqrt(), "The weights: ε is missing."),
        Slip(scale / spread, "The weights are divided by the variance; the layer divides by its root."),
        Slip(1 / spread, "The weights: γ is missing."),
        Slip(torch.ones(3), "The weights are as they were; the layer's factor is missing."),
    )  # fmt: skip

    def has(factor: Tensor) -> bool:
        return near(new_weight, weight * factor[:, None, None])

    if not has(scale):
        each = "The weights: each channel that comes in has its own factor."
        return slip_of(factors, has) or each
    shift, kernels = beta - mean * scale, weight.sum((2, 3))
    slips = (
        Slip(kernels @ shift, "The bias that the convolution had is missing."),
        Slip(bias + kernels / 9 @ shift, "The bias: the shift goes through all k × k weights of a kernel."),
        Slip(bias + kernels @ beta, "The bias: the running mean is missing."),
        Slip(bias - kernels @ (mean * scale), "The bias: β is missing."),
        Slip(bias, "The bias is as it was; the layer's shift goes through the kernels and ends in it."),
        Slip(bias + kernels @ (shift * scale), "The bias: the shift is not to be scaled once more by γ / s."),
    )  # fmt: skip
    other = (
        "The weights are right, the bias is not. What does the layer's shift do behind the kernels?"
    )
    return slip_of(slips, partial(near, new_bias)) or other


@exercise("4.3")
def dead_biases(answer: Any) -> str | None:
    """Biases in front of BN in Inception-v4."""
    layers = [row for row in cost("inception_v4").layers if row.op.startswith("conv")]
    right = sum(row.out_shape[0] for row in layers)
    slips = (
        Slip(2 * right, "Those are γ and β. There is one bias for each channel."),
        Slip(right + 1000, "The linear layer has no BN behind it; its biases live."),
        Slip(len(layers), "That is the number of convolutions; each has a bias for each of its channels."),
        Slip(sum(row.in_shape[0] for row in layers), "A bias belongs to a channel that comes out."),
        Slip(sum(math.prod(row.out_shape) for row in layers), "One bias serves all positions of a map."),
    )  # fmt: skip
    return whole_number(answer, right, slips)


def _takes(side: int, blocks: int) -> bool:
    grid = -(-side // 2) // 2 // 2
    return grid % 2**blocks == 0


def _as_bool(value: object) -> bool | None:
    """True or False, also as 1 or 0, of NumPy or of torch; else None."""
    if isinstance(value, Tensor | np.ndarray | np.generic) and value.shape == ():
        value = value.item()
    if isinstance(value, bool):
        return value
    number = as_number(value)
    return bool(number) if number in (0, 1) else None


# How a reader may go wrong for s pixels and n blocks.
_TAKES = (
    Slip(lambda s, n: _takes(s, min(n, 1)), "It looks at the first block alone. What that puts out is halved again in the next."),
    Slip(lambda s, n: _takes(s, 2), "It answers for two blocks, whatever it is asked. Each block halves the grid once more."),
    Slip(lambda s, n: -(-s // 2) // 4 % (2 * n or 1) == 0, "Each block halves the grid that the one before puts out: count them as a power."),
    Slip(lambda s, n: s % 2 ** (n + 3) == 0, "Such multiples do fit, but they are not all that fit."),
    Slip(lambda s, n: -(-s // 8) % 2**n == 0, "It rounds up where the poolings of the stem round down."),
    Slip(lambda s, n: s // 8 % 2**n == 0, "It rounds down where the first convolution rounds up."),
    Slip(lambda s, n: not _takes(s, n), "It has True and False exchanged."),
)  # fmt: skip


@exercise("4.4", is_function)
def port_takes(answer: Any) -> str | None:
    """A function (side, blocks): whether that many halving blocks, pooled in ceil mode, can follow the stem."""
    cases = [(side, blocks) for blocks in (2, 1, 3, 0) for side in range(31, 175)]
    got = []
    for side, blocks in cases:
        value, wrong = called(answer, side, blocks)
        if wrong:
            return f"With side={side}, blocks={blocks}: {wrong}"
        said = _as_bool(value)
        if said is None:
            return f"With side={side}, blocks={blocks} it gives {shown(value)}; True or False is expected."
        got.append(said)
    right = [_takes(*case) for case in cases]
    if got == right:
        return None
    if why := slip_of(_TAKES, lambda slip: got == [slip(*case) for case in cases]):
        return why
    n = next(n for n, said in enumerate(got) if said != right[n])
    side, blocks = cases[n]
    return (
        f"With side={side}, blocks={blocks} it says {got[n]}. "
        f"Follow the grid of {side} through the stem to each of the blocks."
    )


def _weights_and_channels(pool_proj: int) -> tuple[int, int]:
    """Of BN-Inception's convolutions, the first one plain."""
    rows = cost("bn_inception", pool_proj=pool_proj).layers
    convs = [row for row in rows if row.op.startswith("conv")]
    channels = sum(row.out_shape[0] for row in convs)
    return sum(row.params for row in convs) - 2 * channels, channels


@exercise("4.5")
def slim_with_pool_proj_128(answer: Any) -> str | None:
    """Slim's variables of Inception-v2 if the pool proj of 4c and 4d were 128, as the ports have it."""
    plain, separable, stem = 7 * 7 * 3 * 64, 7 * 7 * 24 + 24 * 64, 64

    def variables(weights: int, channels: int) -> int:
        return weights - plain + separable + 3 * (channels - stem) + stem

    weights, channels = _weights_and_channels(128)
    weights_of_96, channels_of_96 = _weights_and_channels(96)
    right, slim = variables(weights, channels), variables(weights_of_96, channels_of_96)
    more = channels - channels_of_96
    slips = (
        Slip(slim, "That is slim's own number, with a pool proj of 96."),
        Slip(slim + 3 * more, "More channels have weights, too: those that make them, and those that read them."),
        Slip(slim + 3 * more + 2 * 32 * 576, "What reads the wider maps grows, too, not the pool proj alone."),
        Slip(right - 26_624, "4e hands on what it pools: 5a reads more channels, too."),
        Slip(right - 3 * more, "The new channels are normalized: each has three numbers besides its weights."),
        Slip(right - 2 * more, "The new channels have three numbers each, not one."),
        Slip(right - more, "Are the separable convolution's 64 biases in it? And has each of the new channels three numbers, not two?"),
        Slip(right + channels - stem, "γ is switched off; that leaves three numbers for each channel."),
        Slip(right - (channels - stem), "Three numbers for each channel: β, running mean and running variance."),
        Slip(right + 2 * stem, "The separable convolution's 64 channels have a bias each, and no BN."),
        Slip(right + 3 * stem, "The separable convolution's 64 channels have no BN."),
        Slip(right + plain - separable, "The first convolution is separable."),
        Slip(right + plain - separable + 2 * stem, "The first convolution is separable, with biases and without BN."),
        Slip(right + 3 * 24, "Nothing stands behind the 7×7 of the separable convolution."),
        Slip(right + 1_025_000, "The count is without the classifier."),
    )  # fmt: skip
    return whole_number(answer, right, slips)
