"""Checkers of chapter 4: right answers of several kinds, wrong ones with their message."""

import functools
import math

import numpy as np
import torch

from inception_lib import cost
from tests.exercises import answers

test_batch_by_hand = answers("4.1", [
    (3.68, 1.57), [3.6833, 1.5667], torch.tensor([3.6833, 1.5667]), np.array([3.6833, 1.5667]),
    (np.float32(3.68), torch.tensor([1.57])),
], [
    ((1.34, 1.57), "γ and β come after it"),
    ((2.68, 1.57), "β is missing"),
    ((3.34, 1.57), "exchanged"),
    ((3.32, 1.57), "biased variance, the sum of squares over n."),
    ((2.2, 1.57), "standard deviation, not by the variance"),
    ((3.0, 1.57), "normalizes each picture by itself"),
    ((15.0, 1.57), "not in place of it"),
    ((9.0, 1.57), "The largest output: 9 is too large."),
    ((3.68, 1.4), "unbiased variance, over n − 1"),
    ((3.68, 6.1), "share of the new batch."),
    ((3.68, 4.6), "share of the new batch, and"),
    ((3.68, 6.67), "takes in a tenth"),
    ((3.68, 1.158), "not the standard deviation"),
    ((3.68, 0.5), "The running variance: 0.5 is too small."),
    ((3.7, 1.57), "The largest output: 3.7 is near, but it is not the number."),
    (("x", 1.0), "asks for a number"),
    ((float("nan"), 1.0), "asks for a number; the answer is nan"),
    (3.68, "two things: (largest output, running variance)"),
])  # fmt: skip


# ---- 4.2 ----
def folded(mean, var, gamma, beta, eps, weight, bias):
    scale = gamma / (var + eps).sqrt()
    shift = beta - mean * scale
    return weight * scale[:, None, None], bias + (weight.sum((2, 3)) * shift).sum(1)


def folded_by_asking(mean, var, gamma, beta, eps, weight, bias):
    """The bias from a picture of zeros, in single precision."""
    scale = (gamma / (var + eps) ** 0.5).float()
    norm = torch.nn.functional.batch_norm
    zeros = torch.zeros(1, len(mean), 3, 3, dtype=weight.dtype)
    out = torch.nn.functional.conv2d(norm(zeros, mean, var, gamma, beta, eps=eps), weight, bias)
    return [weight.float() * scale.view(1, -1, 1, 1), torch.nn.Parameter(out.flatten())]


def changed(**parts):
    """The right answer, but for the parts."""

    def answer(mean, var, gamma, beta, eps, weight, bias):
        scale = parts.get("scale", lambda: gamma / (var + eps).sqrt())
        given = {"mean": mean, "var": var, "gamma": gamma, "beta": beta, "eps": eps}
        scale = scale(**given) if "scale" in parts else scale()
        shift = parts["shift"](scale=scale, **given) if "shift" in parts else beta - mean * scale
        total = parts.get("total", lambda w: w.sum((2, 3)))(weight)
        return weight * scale[:, None, None], parts.get("keep", 1) * bias + (total * shift).sum(1)

    return answer


def folded_in_numpy(*args):
    mean, var, gamma, beta, eps, weight, bias = (np.asarray(value) for value in args)
    scale = gamma / np.sqrt(var + eps)
    shift = weight.sum((2, 3)) @ (beta - mean * scale)
    return weight * scale[:, None, None], bias + shift


def changes_its_input(mean, var, gamma, beta, eps, weight, bias):
    weight *= 2
    return weight, bias


test_fold_before = answers("4.2", [
    folded, folded_by_asking, changed(), folded_in_numpy, functools.partial(folded),
], [
    (changed(scale=lambda var, gamma, **_: gamma / var.sqrt()), "ε is missing"),
    (changed(scale=lambda var, gamma, eps, **_: gamma / (var + eps)), "divides by its root"),
    (changed(scale=lambda gamma, **_: gamma), "its own factor"),
    (changed(scale=lambda var, eps, **_: 1 / (var + eps).sqrt()), "γ is missing"),
    (lambda *a: (a[5], a[6]), "the layer's factor is missing"),
    (changed(keep=0), "convolution had is missing"),
    (changed(total=lambda w: w.mean((2, 3))), "all k × k weights"),
    (changed(shift=lambda beta, **_: beta), "running mean is missing"),
    (changed(shift=lambda mean, scale, **_: -mean * scale), "β is missing"),
    (changed(shift=lambda beta, **_: 0 * beta), "ends in it"),
    (changed(shift=lambda beta, mean, scale, **_: (beta - mean * scale) * scale), "once more by γ / s"),
    (changed(shift=lambda beta, mean, **_: beta + mean), "the bias is not"),
    (lambda *a: a[5], "two things"),
    (lambda *a: (a[5], 0), "The bias is an int"),
    (lambda *a: (a[5][0], a[6]), "The weight has the shape (3, 3, 3)"),
    (lambda *a: (a[5] @ a[0][:2], a[6]), "raised RuntimeError"),
    (lambda *a: (a[5], "b"), "The bias is a str"),
    (changes_its_input, "make new tensors"),
])  # fmt: skip


# ---- 4.3 ----
def stepped(over=(0, 2, 3), correction=0, outside=False, kept=None, remember=1, share=None):
    """A step of the layer, or one with a fault."""

    def step(x, gamma, beta, mean, var, eps, momentum):
        now = x.mean(over, keepdim=True)
        spread = x.var(over, correction=correction, keepdim=True)
        by = spread.sqrt() + eps if outside else (spread + eps).sqrt()
        y = gamma[:, None, None] * (x - now) / by + beta[:, None, None]
        batch = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=remember)
        part = momentum if share is None else share(momentum)
        new = [(1 - part) * old + part * it for old, it in zip((mean, var), batch, strict=True)]
        return (y, *(kept(x, mean, var, momentum) if kept else new))

    return step


def as_torch(x, gamma, beta, mean, var, eps, momentum):
    mean, var = mean.clone(), var.clone()
    y = torch.nn.functional.batch_norm(x, mean, var, gamma, beta, True, momentum, eps)
    return [y, mean, var]


def in_the_prompt(x, gamma, beta, mean, var, eps, momentum):
    now, spread = x.mean(0), x.var(0)
    y = (x - now) / (spread.sqrt() + eps)
    y = gamma[:, None, None] * y + beta[:, None, None]
    mean = momentum * mean + (1 - momentum) * now.mean((1, 2))
    var = momentum * var + (1 - momentum) * spread.mean((1, 2))
    return y, mean, var


def mean_of_variances(x, mean, var, momentum):
    batch = x.var(0).mean((1, 2))
    return mean.lerp(x.mean((0, 2, 3)), momentum), var.lerp(batch, momentum)


def of_deviations(x, mean, var, momentum):
    batch = x.std((0, 2, 3))
    return mean.lerp(x.mean((0, 2, 3)), momentum), var.lerp(batch, momentum)


test_training_step = answers("4.3", [stepped(), as_torch, functools.partial(stepped())], [
    (in_the_prompt, "each position has its own"),
    (stepped((0, 1, 2, 3)), "all channels share"),
    (stepped((2, 3)), "each picture is normalized by itself"),
    (stepped((1, 2, 3)), "over its channels"),
    (stepped(correction=1), "biased variance, over n."),
    (stepped(correction=1, outside=True), "biased variance, over n."),
    (stepped(outside=True), "not to its root"),
    (stepped(share=lambda m: 1 - m), "The running mean: torch's momentum"),
    (stepped(share=lambda m: 0), "The running mean: it is as it was"),
    (stepped(share=lambda m: 1), "The running mean: that is the batch's alone"),
    (stepped(share=lambda m: 0.5), "not a mixture"),
    (stepped(remember=0), "unbiased variance, over n − 1"),
    (stepped(kept=mean_of_variances), "positions' variances"),
    (stepped(kept=of_deviations), "it is the variance that is averaged"),
    (lambda *a: (a[0], a[3], a[4]), "The output is not the layer's"),
    (lambda *a: a[0], "three things"),
    (lambda *a: (a[0], a[3], 1), "The running variance is an int"),
    (lambda *a: (a[0], a[0], a[4]), "The running mean has the shape"),
    (lambda *a: a[0] @ a[0], "raised RuntimeError"),
])  # fmt: skip


# ---- 4.4 ----
def test_the_factor_is_what_two_weights_need():
    generator = torch.Generator().manual_seed(0)
    u = torch.randn(50, 2, generator=generator, dtype=torch.float64)
    wanted = torch.randn(50, generator=generator, dtype=torch.float64)

    def turned(length, rate):
        w = torch.tensor([length, 0.0], dtype=torch.float64, requires_grad=True)
        y = u @ w
        y = (y - y.mean()) / y.std(correction=0)
        (gradient,) = torch.autograd.grad((y - wanted).square().mean(), w)
        new = w - rate * gradient
        return float((new[1] / new[0]).detach())

    assert math.isclose(turned(1.0, 0.3), turned(10.0, 30.0), rel_tol=1e-9)


test_rate_for_longer_weights = answers("4.4", [100, 100.0, torch.tensor(100)], [
    (10, "has grown, too"),
    (1, "Is the gradient?"),
    (0.1, "must not"),
    (0.01, "Turned round"),
    (1000, "One factor too many"),
    (20, "too small"),
])  # fmt: skip

# ---- 4.5 ----
SLIM, RIGHT = 10_173_112, 10_263_416


def test_the_numbers_are_those_of_the_package():
    """A port's variables: for a wider pool proj, what its convolutions have more, γ not counted."""
    wide, narrow = (cost("bn_inception", pool_proj=proj) for proj in (128, 96))
    more = 2 * 32  # channels
    assert wide.params - narrow.params + more == RIGHT - SLIM
    assert wide["5a"].params - narrow["5a"].params == 26_624


test_slim = answers("4.5", [RIGHT], [
    (SLIM, "slim's own number"),
    (SLIM + 192, "More channels have weights, too"),
    (SLIM + 192 + 2 * 18_432, "What reads the wider maps"),
    (RIGHT - 26_624, "5a reads more"),
    (RIGHT - 192, "The new channels are normalized"),
    (RIGHT - 128, "three numbers each, not one"),
    (SLIM + 11_285_224 - 11_194_984, "three numbers, not two"),
    (RIGHT + 9_952, "γ is switched off"),
    (RIGHT - 9_952, "Three numbers"),
    (RIGHT + 128, "a bias each, and no BN"),
    (RIGHT + 192, "have no BN"),
    (RIGHT + 9_408 - 2_712, "is separable."),
    (RIGHT + 9_408 - 2_712 + 128, "is separable, with biases"),
    (RIGHT + 72, "Nothing follows the 7×7"),
    (RIGHT + 1_025_000, "without the classifier"),
])  # fmt: skip
