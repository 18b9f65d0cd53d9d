"""Checkers of chapter 4: batch normalization."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting.cost import cost
from . import (
    Slip,
    as_tensor,
    called,
    close,
    exercise,
    is_function,
    kind,
    ratio,
    several,
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
        Slip(normalized, "That is the normalized value; γ and β come after it."),
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
    """BN before a convolution without padding, as one convolution."""
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
    tensors, wrong = _shaped(got, {"weight": weight, "bias": bias})
    if wrong:
        return wrong
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
        "The weights are right, the bias is not. What does the layer's shift do after the kernels?"
    )
    return slip_of(slips, partial(near, new_bias)) or other


@exercise("4.3", is_function)
def training_step(answer: Any) -> str | None:
    """A step of the layer in training: its output, and the running mean and variance afterwards."""
    generator = torch.Generator().manual_seed(43)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    x = draw(3, 4, 2, 3) * torch.tensor([1.0, 5.0, 0.2, 2.0], dtype=torch.float64)[:, None, None]
    x = x + draw(4)[:, None, None] + draw(3, 1, 2, 3)
    gamma, beta, mean, var = draw(4), draw(4), draw(4), draw(4).square() + 0.5
    eps, momentum = 0.1, 0.2
    got, wrong = called(answer, x, gamma, beta, mean, var, eps, momentum, intact=True)
    if wrong:
        return wrong
    if not isinstance(got, tuple | list) or len(got) != 3:
        return (
            "It should return three things: the output, the running mean and the running variance."
        )
    likes = {"output": x, "running mean": mean, "running variance": var}
    tensors, wrong = _shaped(got, likes)
    if wrong:
        return wrong
    y, new_mean, new_var = tensors
    return (
        _normalized_wrongly(y, x, gamma, beta, eps)
        or _remembered_wrongly("mean", new_mean, mean, x.mean((0, 2, 3)), momentum)
        or _remembered_wrongly("variance", new_var, var, x.var((0, 2, 3)), momentum, x)
    )


def _shaped(parts: tuple | list, likes: Mapping[str, Tensor]) -> tuple[list[Tensor], str | None]:
    """What was returned, as tensors of the shapes of `likes`: (tensors, None) or ([], what is wrong)."""
    if any(part is None or part is ... for part in parts):
        raise NotImplementedError
    tensors = []
    for part, (name, like) in zip(parts, likes.items(), strict=True):
        tensor = as_tensor(part)
        if tensor is None:
            return [], f"The {name} is {kind(part)}; a tensor is expected."
        if tensor.shape != like.shape:
            has = f"has the shape {tuple(tensor.shape)}; {tuple(like.shape)} is expected."
            return [], f"The {name} {has}"
        tensors.append(tensor.double())
    return tensors, None


_NEAR = partial(close, atol=1e-4)
_OVER = {
    (0,): "each position has its own mean and variance; a channel has one of each.",
    (0, 1, 2, 3): "all channels share one mean and variance; each has its own.",
    (2, 3): "each picture is normalized by itself; mean and variance are those of the batch.",
    (
        1,
        2,
        3,
    ): "each picture is normalized over its channels; mean and variance are each channel's.",
}


def _normalized_wrongly(
    y: Tensor, x: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> str | None:
    def layer(over: tuple[int, ...], correction: int, outside: bool) -> Tensor:
        var, mean = torch.var_mean(x, over, correction=correction, keepdim=True)
        by = var.sqrt() + eps if outside else (var + eps).sqrt()
        return gamma[:, None, None] * (x - mean) / by + beta[:, None, None]

    if _NEAR(y, layer((0, 2, 3), 0, False)):
        return None
    channels = (0, 2, 3)
    if _NEAR(y, layer(channels, 1, False)) or _NEAR(y, layer(channels, 1, True)):
        return "The output: it divides by the biased variance, over n."
    if _NEAR(y, layer(channels, 0, True)):
        return "The output: ε is added to the variance, not to its root."
    for over, why in _OVER.items():
        if any(_NEAR(y, layer(over, n, outside)) for n in (0, 1) for outside in (False, True)):
            return f"The output: {why}"
    return "The output is not the layer's. Compare it with torch's, channel by channel."


def _remembered_wrongly(
    name: str, got: Tensor, old: Tensor, now: Tensor, momentum: float, x: Tensor | None = None
) -> str | None:
    if _NEAR(got, old.lerp(now, momentum)):
        return None
    slips = [
        Slip(now.lerp(old, momentum), "torch's momentum is the share of the new batch."),
        Slip(old, "it is as it was before the step."),
        Slip(now, "that is the batch's alone; the running one takes in a share of it."),
    ]
    if x is not None:
        biased, each = x.var((0, 2, 3), correction=0), x.var(0).mean((1, 2))
        unbiased = "what is remembered is the unbiased variance, over n − 1."
        whole = (
            "a mean of the positions' variances is not the channel's: the positions' means differ."
        )
        slips += [
            Slip(side, unbiased)
            for side in (old.lerp(biased, momentum), biased.lerp(old, momentum))
        ]
        slips += [
            Slip(side, whole) for side in (old.lerp(each, momentum), each.lerp(old, momentum))
        ]
        slips.append(Slip(old.lerp(now.sqrt(), momentum), "it is the variance that is averaged."))
    why = slip_of(slips, lambda value: _NEAR(got, value))
    return f"The running {name}: {why or 'it is not a mixture of the old one and the batch.'}"


@exercise("4.4")
def rate_for_longer_weights(answer: Any) -> str | None:
    """Weights before BN times 10: by which factor the rate must grow for a step to turn them as far."""
    return whole_number(answer, 100, (
        Slip(10, "That makes the step as long as before. But the kernel it should turn has grown, too."),
        Slip(1, "The output is the same. Is the gradient?"),
        Slip(0.1, "The gradient gets smaller, so the rate must not."),
        Slip(0.01, "Turned round: the longer weights need the larger rate."),
        Slip(1000, "One factor too many: how much smaller is the gradient, how much longer the kernel?"),
    ))  # fmt: skip


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
        Slip(right - 26_624, "4e passes on what it pools: 5a reads more channels, too."),
        Slip(right - 3 * more, "The new channels are normalized: each has three numbers besides its weights."),
        Slip(right - 2 * more, "The new channels have three numbers each, not one."),
        Slip(right - more, "Are the separable convolution's 64 biases in it? And has each of the new channels three numbers, not two?"),
        Slip(right + channels - stem, "γ is switched off; that leaves three numbers for each channel."),
        Slip(right - (channels - stem), "Three numbers for each channel: β, running mean and running variance."),
        Slip(right + 2 * stem, "The separable convolution's 64 channels have a bias each, and no BN."),
        Slip(right + 3 * stem, "The separable convolution's 64 channels have no BN."),
        Slip(right + plain - separable, "The first convolution is separable."),
        Slip(right + plain - separable + 2 * stem, "The first convolution is separable, with biases and without BN."),
        Slip(right + 3 * 24, "Nothing follows the 7×7 of the separable convolution."),
        Slip(right + 1_025_000, "The count is without the classifier."),
    )  # fmt: skip
    return whole_number(answer, right, slips)
