"""Chapter 1's checkers: right answers of several kinds, wrong ones with what each is told."""

import functools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import inception_lib as il
from tests.exercises import answers

MACS = 256 * 784 * (128 + 9 * 192 + 25 * 96)


def forward(x, w1, w3, w5):
    parts = [F.conv2d(x, w, padding=w.shape[-1] // 2).relu() for w in (w1, w3, w5)]
    return torch.cat([*parts, F.max_pool2d(x, 3, 1, 1)], 1)


def forward_with_module(x, w1, w3, w5):
    block = il.build(
        il.naive_block(len(w1), len(w3), len(w5)), x.shape[1], defaults=il.Defaults(bias=False)
    )
    for name, w in (("1x1", w1), ("3x3", w3), ("5x5", w5)):
        block[name].conv.weight.data = w
    return block(x)


def padded(x, w1, w3, w5, padding):
    parts = [F.relu(F.conv2d(x, w, padding=padding)) for w in (w1, w3, w5)]
    return torch.hstack([*parts, F.max_pool2d(x, 3, stride=1, padding=1)])


def small(one=185, three=31, five=8, **others):
    kernels = {"1x1": il.Conv(one), "3x3": il.Conv(three, 3), "5x5": il.Conv(five, 5)}
    return il.Branches(kernels | {"pool": il.MaxPool(3)} | others)


def concatenated(x, w1, w3, w5, dim):
    parts = [F.conv2d(x, w, padding=w.shape[-1] // 2).relu() for w in (w1, w3, w5)]
    return torch.cat([*parts, F.max_pool2d(x, 3, 1, 1)], dim)


def zeros_around(x, w1, w3, w5):
    pooled = F.max_pool2d(F.pad(x, [1] * 4), 3, 1)
    return torch.cat([forward(x, w1, w3, w5)[:, : -x.shape[1]], pooled], 1)


def wrong_order(x, w1, w3, w5):
    return forward(x, w1, w3, w5).roll(x.shape[1], 1)


test_macs = answers("1.1", [
    MACS, np.array([MACS]), il.cost(il.naive_block(128, 192, 96), (256, 28, 28)).macs,
], [
    (2 * MACS, "FLOPs"),
    (MACS // 28, "28 rows of 28 positions"),
    (MACS // 784, "Those are the weights"),
    (MACS + 416 * 784, "Biases are additions"),
    (256 * 784 * (128 + 3 * 192 + 5 * 96), "9 weights for each channel"),
    (MACS // 256 * 416, "256 channels come into 3b"),
    (17, "too small"),
    (10**12, "too large"),
    ("many", "asks for a number; the answer is a str"),
    (True, "asks for a number; the answer is a bool"),
])  # fmt: skip

test_forward = answers("1.2", [
    forward, forward_with_module, lambda x, *w: forward(x, *w).numpy(),
    functools.partial(padded, padding="same"),
], [
    (lambda x, a, b, c: torch.cat([F.conv2d(x, w) for w in (a, b, c)], 1), "keeps the grid"),
    (lambda x, a, b, c: forward(x, a, b, c)[:, : -x.shape[1]], "pooling branch is missing"),
    (wrong_order, "their order is not"),
    (lambda x, a, b, c: torch.cat([*(F.conv2d(x, w, padding=w.shape[-1] // 2) for w in (a, b, c)), F.max_pool2d(x, 3, 1, 1)], 1), "ReLU after each convolution is missing"),
    (lambda x, a, b, c: torch.cat([forward(x, a, b, c)[:, : -x.shape[1]], F.avg_pool2d(x, 3, 1, 1)], 1), "takes the largest value, not the mean"),
    (lambda x, a, b, c: x, "the input as it came"),
    (lambda x, a, b, c: concatenated(x, a, b, c, 0), "Which axis are the channels"),
    (lambda x, a, b, c: concatenated(x, a, b, c, -1), "Which axis are the channels"),
    (lambda x, a, b, c: concatenated(x, a, a, a, -1), "Which axis are the channels"),
    (lambda x, a, b, c: torch.stack([forward(x, a, b, c), x]), "a new axis"),
    (lambda x, a, b, c: forward(x, a, b, c).relu(), "after the pooling there is none"),
    (lambda x, a, b, c: forward(x, a, b, c).mT, "comes out as"),
    (lambda x, a, b, c: forward(x, a, b, c)[:1], "concatenated along the channels"),
    (lambda x, a, b, c: forward(x, a, b, c)[:, 1:], "It outputs 11 channels"),
    (lambda x, a, b, c: zeros_around(x, a, b, c), "max_pool2d pads otherwise"),
    (lambda x, a, b, c: np.zeros(3), "has the shape (3,)"),
    (lambda x, a, b, c: "maps", "gives a str"),
])  # fmt: skip

test_photograph = answers("1.3", ["flower"], [
    ("tissue", "needs the 3×3 branch most"),
    ("rocket", "named as well as before"),
    ("coffee", "not the most"),
    ("Flower", "the name of one of the photographs: astronaut"),
    (9, "the name of one of the photographs"),
])  # fmt: skip

test_small = answers("1.4", [
    small(), il.Branches(dict(reversed(small().branches))), il.Chain([small()]), [small()],
    small(one=100, more=[il.Conv(90)]), small(**{"5x5": il.Conv(8, 5, bias=False, act="relu")}),
], [
    (small(five=12), "It takes 115,003,392 MACs"),
    (small(one=184), "It has 223 kernels"),
    (small(five=7), "7 kernels of 5×5"),
    (il.Chain((il.Conv(64),)), "The branches are parallel"),
    (il.architecture("googlenet"), "one block; the answer is a whole network"),
    (il.build(small(), 3).__class__(), "asks for a description"),
    ("7x7", "the answer is a str"),
    (dict(small().branches), "il.Branches(…) makes a block of it"),
    (small(**{"5x5": il.Conv(8, 5, act="none")}), "'5x5' has no ReLU"),
    (small(**{"3x3": il.Conv(32, 3, groups=32)}), "'3x3' has 32 groups"),
    (small(**{"1x1": il.Conv(185, norm="batch_norm")}), "has batch normalization"),
    (small(pool=il.AvgPool(3)), "neither one convolution nor"),
    (small(pool=il.Conv(3)), "0 branches of il.MaxPool(3)"),
    (small(again=il.MaxPool(3)), "2 branches of il.MaxPool(3)"),
    (small(more=il.Conv(8, (1, 7))), "another size than"),
    (small(more=[il.Conv(8), il.Conv(8)]), "'more' is neither"),
    (small(**{"1x1": il.Conv(185, stride=2)}), "It does not build"),
])  # fmt: skip


def test_an_unknown_exercise_names_the_nearest():
    with pytest.raises(KeyError, match=r"exercise '1.9' is not known.*Known: 1.1"):
        il.check("1.9", 3)
