"""Checkers of chapter 4: right answers of several kinds, wrong ones with their message."""

import functools
import math
from dataclasses import replace

import numpy as np
import torch

from inception_lib import Branches, MaxPool, architecture, cost
from tests.exercises import answers

test_batch_by_hand = answers("4.1", [
    (3.68, 1.57), [3.6833, 1.5667], torch.tensor([3.6833, 1.5667]), np.array([3.6833, 1.5667]),
    (np.float32(3.68), torch.tensor([1.57])),
], [
    ((1.34, 1.57), "γ and β come behind it"),
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

test_dead_biases = answers("4.3", [31_584], [
    (63_168, "γ and β"),
    (32_584, "linear layer"),
    (149, "number of convolutions"),
    (75_907, "comes out"),
])  # fmt: skip


# ---- 4.4 ----
def by_grid(side, blocks=2):
    grid = (side + 1) // 2 // 2 // 2
    return grid % 2**blocks == 0


def by_halving(side, blocks):
    grid = math.ceil(side / 2) // 2 // 2
    for _ in range(blocks):
        if math.ceil(grid / 2) != math.ceil((grid - 1) / 2):
            return False
        grid //= 2
    return True


def in_the_network(side):
    """Whether BN-Inception, with the ports' pooling in both blocks, can be counted at this side."""
    pooled = {"pool": MaxPool(3, 2, "valid", ceil_mode=True)}
    network = architecture("bn_inception")
    stages = dict(network.stages)
    for stage in ("3c", "4e"):
        stages[stage] = Branches(dict(stages[stage].branches) | pooled)
    try:
        cost(replace(network, stages=tuple(stages.items())), input_size=side)
    except ValueError:
        return False
    return True


def test_the_checker_takes_what_the_network_takes():
    sides = range(31, 130)
    assert [by_grid(side) for side in sides] == [in_the_network(side) for side in sides]


test_port_takes = answers("4.4", [
    by_grid, by_halving, lambda side, blocks: int((side + 1) % (8 * 2**blocks) <= 7),
    lambda side, blocks: np.bool_(by_grid(side, blocks)), functools.partial(by_grid),
], [
    (lambda s, n: by_grid(s, min(n, 1)), "first block alone"),
    (lambda s, n: by_grid(s, 2), "It answers for two blocks"),
    (lambda s, n: n == 2 and by_grid(s, 2), "With side=31, blocks=1 it says False"),
    (lambda s, n: (s + 1) // 8 % (2 * n or 1) == 0, "as a power"),
    (lambda s, n: s % (8 * 2**n) == 0, "not all that fit"),
    (lambda s, n: -(-s // 8) % 2**n == 0, "poolings of the stem round down"),
    (lambda s, n: s // 8 % 2**n == 0, "first convolution rounds up"),
    (lambda s, n: not by_grid(s, n), "exchanged"),
    (lambda s, n: s % 2 == 0, "With side=31, blocks=2 it says False."),
    (lambda s, n: True, "With side=39, blocks=2 it says True."),
    (lambda s, n: "yes", "True or False"),
    (lambda s, n: s / 0, "With side=31, blocks=2: Calling it raised ZeroDivisionError"),
    (lambda s, n: s, "it gives 31; True or False is expected"),
    (in_the_network, "Calling it raised TypeError"),
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
    (RIGHT + 72, "Nothing stands behind the 7×7"),
    (RIGHT + 1_025_000, "without the classifier"),
])  # fmt: skip
