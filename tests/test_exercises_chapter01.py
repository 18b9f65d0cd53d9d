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


def embed(w):
    return F.pad(w, [(5 - w.shape[-1]) // 2] * 4)


def embed_in_numpy(w):
    large = np.zeros((*w.shape[:2], 5, 5))
    for row in range(w.shape[2]):
        for column in range(w.shape[3]):
            margin = (5 - w.shape[2]) // 2
            large[:, :, margin + row, margin + column] = w[:, :, row, column]
    return large


def padded(x, w1, w3, w5, padding):
    parts = [F.relu(F.conv2d(x, w, padding=padding)) for w in (w1, w3, w5)]
    return torch.hstack([*parts, F.max_pool2d(x, 3, stride=1, padding=1)])


def seven(channels=16, kernel=7, **others):
    kernels = {"1x1": il.Conv(64), "3x3": il.Conv(128, 3), "5x5": il.Conv(32, 5)}
    more = {"pool": il.MaxPool(3), "7x7": il.Conv(channels, kernel)}
    return il.Branches(kernels | more | others)


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
    (lambda x, a, b, c: forward(x, a, b, c).relu(), "behind the pooling none"),
    (lambda x, a, b, c: forward(x, a, b, c).mT, "comes out as"),
    (lambda x, a, b, c: forward(x, a, b, c)[:1], "concatenated along the channels"),
    (lambda x, a, b, c: forward(x, a, b, c)[:, 1:], "It puts out 11 channels"),
    (lambda x, a, b, c: zeros_around(x, a, b, c), "max_pool2d pads otherwise"),
    (lambda x, a, b, c: np.zeros(3), "has the shape (3,)"),
    (lambda x, a, b, c: "maps", "gives a str"),
])  # fmt: skip

test_embed = answers("1.3", [embed, embed_in_numpy, lambda w: embed(w).tolist()], [
    (lambda w: w, "has the shape"),
    (lambda w: F.pad(w, (0, 5 - w.shape[-1]) * 2), "upper left corner"),
    (lambda w: F.interpolate(w, size=5), "Stretching"),
    (lambda w: F.pad(w, (5 - w.shape[-1], 0) * 2), "lower right corner"),
    (lambda w: embed(w).flip(2, 3), "turned by 180°"),
    (lambda w: embed(w).mT, "Rows and columns"),
    (lambda w: 0 * embed(w), "All of it is zero"),
    (lambda w: embed(w) + (embed(torch.ones_like(w)) == 0), "must add nothing"),
    (lambda w: embed(w) * torch.nan, "not all of its values are finite"),
    (lambda w: embed(w).transpose(0, 1), "has the shape (3, 4, 5, 5)"),
    (lambda w: 2 * embed(w), "values differ"),
    (lambda w: w.reshape(4, 3, 5, 5), "For a kernel of (4, 3, 1, 1): Calling it raised"),
])  # fmt: skip

test_seven = answers("1.4", [
    seven(), il.Branches(dict(reversed(seven().branches))), il.Chain([seven()]), [seven()],
    il.Branches({"naive": il.naive_block(64, 128, 32), "big": [il.Conv(16, 7)]}),
    il.Branches({name * 2: [node] for name, node in seven().branches}),
    seven(**{"5x5": il.Conv(32, 5, bias=False, act="relu")}),
], [
    (seven(channels=8), "its 7×7 has 8 channels"),
    (il.naive_block(64, 128, 32), "it has no single 7×7 convolution"),
    (il.Branches({"7x7": il.Conv(16, 7)}), "A branch of conv 1×1 with 64 channels is missing"),
    (seven(more=il.Conv(1)), "five branches; this one has 6"),
    (il.Chain((il.Conv(64),)), "stand side by side"),
    (il.architecture("googlenet"), "one block; the answer is a whole network"),
    (il.build(seven(), 3).__class__(), "asks for a description"),
    ("7x7", "the answer is a str"),
    (dict(seven().branches), "il.Branches(…) makes a block of it"),
    (seven(**{"5x5": il.Conv(32, 5, act="none")}), "'5x5' has no ReLU"),
    (seven(**{"3x3": il.Conv(128, 3, groups=32)}), "'3x3' has 32 groups"),
    (seven(**{"1x1": il.Conv(64, norm="batch_norm")}), "has batch normalization"),
    (seven(pool=il.AvgPool(3)), "largest value, not the mean"),
    (seven(pool=[il.MaxPool(3), il.Conv(32)]), "and of nothing else, is missing"),
    (seven(**{"7x7": [il.Conv(16, (1, 7)), il.Conv(16, (7, 1))]}), "no single 7×7"),
    (seven(**{"1x1": il.Conv(64, stride=2)}), "It does not build"),
    (il.Branches(dict(seven().branches), out_channels=3), "It does not build"),
])  # fmt: skip

test_blocks = answers("1.5", [(4, 1088), [4.0, torch.tensor(1088)], np.array([4, 1088])], [
    (4, "two things: (blocks, channels)"),
    ((3, 864), "The blocks: After three blocks there are still fewer than 1000"),
    ((5, 1312), "hands on what came in"),
    ((1, 416), "The blocks: 1 is too small"),
    ((3.6, 1000), "whole number"),
    ((4, 896), "That is what the blocks add"),
    ((4, 864), "one block too few"),
    ((4, 416), "first block"),
    ((4, 224), "convolutions of one block"),
    ((4, 1664), "Only the first block"),
    ((4, 1000), "The channels: 1,000 is near"),
])  # fmt: skip


def test_an_unknown_exercise_names_the_nearest():
    with pytest.raises(KeyError, match=r"exercise '1.9' is not known.*Known: 1.1"):
        il.check("1.9", 3)
