"""Checkers of chapter 4: batch normalization."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from . import exercise, is_function, ratio, whole_number


def _number(value: object) -> object:
    return value.item() if isinstance(value, Tensor) and value.numel() == 1 else value


@exercise("4.1")
def batch_by_hand(answer: object) -> str | None:
    """Values 1, 3 | 5, 7: the largest output with γ = 2, β = 1, ε = 0, and the running variance."""
    if not isinstance(answer, tuple | list | Tensor) or len(answer) != 2:
        return "This asks for two numbers: the largest output and the running variance."
    largest, running = (_number(value) for value in answer)
    if largest in (None, ...) or running in (None, ...):
        raise NotImplementedError
    biased, unbiased = 5.0, 20 / 3
    wrong = ratio(
        largest,
        1 + 2 * 3 / biased**0.5,
        {
            3 / biased**0.5: "That is the normalized value; γ and β come behind it.",
            2 * 3 / biased**0.5: "β is missing.",
            2 + 3 / biased**0.5: "γ and β are exchanged.",
            2 + 2 * 3 / biased**0.5: "β is 1.",
            1
            + 2
            * 3
            / unbiased**0.5: "It divides by the biased variance, the sum of squares over n.",
            1 + 2 * 3 / biased: "It divides by the standard deviation, not by the variance.",
            3.0: "That normalizes each picture by itself; mean and variance are those of the batch.",
            15.0: "Level and spread come after the normalization, not in place of it.",
        },
    )
    if wrong:
        return f"The largest output: {wrong}"
    wrong = ratio(
        running,
        0.9 + 0.1 * unbiased,
        {
            0.9 + 0.1 * biased: "What is remembered is the unbiased variance, over n − 1.",
            0.1 + 0.9 * unbiased: "Torch's momentum is the share of the new batch.",
            0.1
            + 0.9
            * biased: "Torch's momentum is the share of the new batch, and what is remembered "
            "is the unbiased variance.",
            unbiased: "That is the batch's variance; the running one takes in a tenth of it.",
            biased: "That is the batch's variance; the running one takes in a tenth of it.",
            0.9
            + 0.1
            * unbiased**0.5: "It is the variance that is averaged, not the standard deviation.",
        },
    )
    return wrong and f"The running variance: {wrong}"


@exercise("4.2")
def fold_before(answer: object) -> str | None:
    """BN in front of a convolution without padding, as one convolution."""
    if wrong := is_function(answer):
        return wrong
    generator = torch.Generator().manual_seed(4)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    mean, gamma, beta = draw(3), draw(3), draw(3)
    var, eps = draw(3).square() + 0.01, 0.1
    weight, bias, x = draw(5, 3, 3, 3), draw(5), draw(2, 3, 6, 6)
    given = (mean, var, gamma, beta, eps, weight, bias)
    tensors = [value for value in given if isinstance(value, Tensor)]
    kept = [value.clone() for value in tensors]
    try:
        got = answer(*given)
    except NotImplementedError:
        raise
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        return f"Calling it raised {type(error).__name__}: {first}"
    if got is None or got is ...:
        raise NotImplementedError
    if any(not torch.equal(a, b) for a, b in zip(kept, tensors, strict=True)):
        return "It changes what it was given; make new tensors."
    if not isinstance(got, tuple | list) or len(got) != 2:
        return "It should return two things: a weight and a bias."
    for name, value, want in (("weight", got[0], weight), ("bias", got[1], bias)):
        if not isinstance(value, Tensor):
            return f"The {name} is a {type(value).__name__}; a tensor is expected."
        if value.shape != want.shape:
            return (
                f"The {name} has the shape {tuple(value.shape)}; {tuple(want.shape)} is expected."
            )
    new_weight, new_bias = got[0].detach().double(), got[1].detach().double()
    want = F.conv2d(F.batch_norm(x, mean, var, gamma, beta, eps=eps), weight, bias)
    if torch.allclose(F.conv2d(x, new_weight, new_bias), want, rtol=1e-4, atol=1e-4):
        return None
    scale = gamma / (var + eps).sqrt()
    if not torch.allclose(new_weight, weight * scale[:, None, None], rtol=1e-4, atol=1e-4):
        without = gamma / var.sqrt()
        if torch.allclose(new_weight, weight * without[:, None, None], rtol=1e-4, atol=1e-4):
            return "The weights: ε is missing."
        squared = gamma / (var + eps)
        if torch.allclose(new_weight, weight * squared[:, None, None], rtol=1e-4, atol=1e-4):
            return "The weights are divided by the variance; the layer divides by its root."
        return "The weights: each channel that comes in has its own factor."
    shift = beta - mean * scale
    through = torch.einsum("oihw,i->o", weight, shift)
    slips = {
        "The bias that the convolution had is missing.": through,
        "The bias: the shift goes through all k × k weights of a kernel.": bias
        + torch.einsum("oi,i->o", weight.mean((2, 3)), shift),
        "The bias: the running mean is missing.": bias + torch.einsum("oihw,i->o", weight, beta),
        "The bias: β is missing.": bias - torch.einsum("oihw,i->o", weight, mean * scale),
        "The bias is as it was; the layer's shift goes through the kernels and ends in it.": bias,
        "The bias: the shift is not to be scaled once more by γ / s.": bias
        + torch.einsum("oihw,i->o", weight, shift * scale),
    }
    for why, slip in slips.items():
        if torch.allclose(new_bias, slip, rtol=1e-4, atol=1e-4):
            return why
    return (
        "The weights are right, the bias is not. What does the layer's shift do behind the kernels?"
    )


@exercise("4.3")
def dead_biases(answer: object) -> str | None:
    """Biases in front of BN in Inception-v4."""
    from ..counting import cost

    layers = [row for row in cost("inception_v4").layers if row.op.startswith("conv")]
    right = sum(row.out_shape[0] for row in layers)
    return whole_number(
        answer,
        right,
        {
            2 * right: "Those are γ and β. There is one bias for each channel.",
            right + 1000: "The linear layer has no BN behind it; its biases live.",
            len(layers): "That is the number of convolutions; each has a bias for each of its channels.",
            sum(row.in_shape[0] for row in layers): "A bias belongs to a channel that comes out.",
            sum(row.out_shape[0] * row.out_shape[1] * row.out_shape[2] for row in layers): "One bias serves all positions of a map.",
        },
    )  # fmt: skip


def _takes(side: int) -> bool:
    grid = -(-side // 2) // 2 // 2
    return grid % 4 == 0 and grid >= 4


@exercise("4.4")
def port_takes(answer: object) -> str | None:
    """A function: whether BN-Inception with ceil-mode pooling in 3c and 4e takes an image of a side."""
    if wrong := is_function(answer):
        return wrong
    sides = range(31, 513)
    got = []
    for side in sides:
        try:
            value = answer(side)
        except NotImplementedError:
            raise
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            return f"Calling it with {side} raised {type(error).__name__}: {first}"
        if value is None or value is ...:
            raise NotImplementedError
        if isinstance(value, Tensor) and value.numel() == 1:
            value = value.item()
        if not isinstance(value, bool | int) or value not in (0, 1):
            return f"With {side} it gives {value!r}; True or False is expected."
        got.append(bool(value))
    if got == [_takes(side) for side in sides]:
        return None
    slips = {
        "It looks at 3c alone. What 3c puts out is halved again, in 4e.": lambda s: (
            (-(-s // 2) // 2 // 2) % 2 == 0
        ),
        "Multiples of 32 do fit, but they are not all that fit.": lambda s: s % 32 == 0,
        "Multiples of 16 are not enough: 4e halves, too.": lambda s: s % 16 == 0,
        "It rounds up where the poolings of the stem round down.": lambda s: -(-s // 8) % 4 == 0,
        "It rounds down where the first convolution rounds up.": lambda s: (s // 8) % 4 == 0,
    }
    for why, slip in slips.items():
        if got == [slip(side) for side in sides]:
            return why
    side, said = next((s, g) for s, g in zip(sides, got, strict=True) if g != _takes(s))
    return f"With {side} it says {said}. Follow the grid of {side} through the stem to 3c and 4e."


@exercise("4.5")
def slim_with_bn_on_the_stem(answer: object) -> str | None:
    """Slim's variables of Inception-v2 if its separable convolution had BN and no bias."""
    right, slim = 10_143_384 + 3 * 9_952, 10_173_112
    return whole_number(
        answer,
        right,
        {
            slim: "That is slim's own number. With BN, the 64 channels have three numbers each in place "
            "of one bias.",
            slim + 3 * 64: "The biases have to go.",
            right + 9_952: "γ is switched off; that leaves three numbers for each channel.",
            right - 9_952: "Three numbers for each channel: β, running mean and running variance.",
            right + 9_408 - 2_712: "The first convolution is still separable.",
            right + 3 * 24: "BN stands behind the 1×1 alone, not behind the 7×7 of its 24 maps.",
            right + 1_025_000: "The count is without the classifier.",
            right + 90_112 + 3 * 64: "That is with a pool proj of 128 in 4c and 4d; slim has 96.",
        },
    )  # fmt: skip
