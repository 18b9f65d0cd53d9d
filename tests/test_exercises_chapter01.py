"""Chapter 1's checkers: right answers of several kinds, wrong ones with what each is told, stubs."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import inception_lib as il

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


def seven(channels=16, kernel=7, **others):
    return il.Branches(
        {
            "1x1": il.Conv(64),
            "3x3": il.Conv(128, 3),
            "5x5": il.Conv(32, 5),
            "pool": il.MaxPool(3),
            "7x7": il.Conv(channels, kernel),
            **others,
        }
    )


RIGHT = [
    ("1.1", MACS),
    ("1.1", float(MACS)),
    ("1.1", torch.tensor(MACS)),
    ("1.1", il.cost(il.naive_block(128, 192, 96), (256, 28, 28)).macs),
    ("1.2", forward),
    ("1.2", forward_with_module),
    ("1.3", embed),
    ("1.4", seven()),
    ("1.4", il.Branches(dict(reversed(seven().branches)))),
    ("1.5", 4),
    ("1.5", 4.0),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right(number, answer):
    verdict = il.check(number, answer)
    assert verdict, verdict
    assert repr(verdict) == f"Exercise {number}: right."


def wrong_order(x, w1, w3, w5):
    return forward(x, w1, w3, w5).roll(x.shape[1], 1)


WRONG = [
    ("1.1", 2 * MACS, "FLOPs"),
    ("1.1", MACS // 784, "Those are the weights"),
    ("1.1", MACS + 416 * 784, "Biases are additions"),
    ("1.1", 256 * 784 * (128 + 3 * 192 + 5 * 96), "9 weights for each channel"),
    ("1.1", MACS // 256 * 416, "256 channels come into 3b"),
    ("1.1", 17, "too small"),
    ("1.1", 10**12, "too large"),
    ("1.1", "many", "asks for a number; the answer is a str"),
    ("1.1", True, "asks for a number; the answer is a bool"),
    ("1.2", 3, "asks for a function"),
    ("1.2", lambda x, a, b, c: torch.cat([F.conv2d(x, w) for w in (a, b, c)], 1), "keeps the grid"),
    ("1.2", lambda x, a, b, c: forward(x, a, b, c)[:, : -x.shape[1]], "pooling branch is missing"),
    ("1.2", wrong_order, "their order is not"),
    (
        "1.2",
        lambda x, a, b, c: torch.cat(
            [
                *(F.conv2d(x, w, padding=w.shape[-1] // 2) for w in (a, b, c)),
                F.max_pool2d(x, 3, 1, 1),
            ],
            1,
        ),
        "ReLU after each convolution is missing",
    ),
    (
        "1.2",
        lambda x, a, b, c: torch.cat(
            [forward(x, a, b, c)[:, : -x.shape[1]], F.avg_pool2d(x, 3, 1, 1)], 1
        ),
        "takes the largest value, not the mean",
    ),
    ("1.2", lambda x, a, b, c: x, "along the channels, which are axis 1"),
    ("1.2", lambda x, a, b, c: np.zeros(3), "has the shape (3,)"),
    ("1.2", lambda x, a, b, c: "maps", "gives a str"),
    ("1.3", lambda w: w, "has the shape"),
    ("1.3", lambda w: F.pad(w, (0, 5 - w.shape[-1]) * 2), "upper left corner"),
    ("1.3", lambda w: F.interpolate(w, size=5), "Stretching"),
    ("1.3", lambda w: 2 * embed(w), "values differ"),
    ("1.4", seven(channels=8), "its 7×7 has 8 channels"),
    ("1.4", il.naive_block(64, 128, 32), "it has no single 7×7 convolution"),
    (
        "1.4",
        il.Branches({"7x7": il.Conv(16, 7)}),
        "A branch of conv 1×1 with 64 channels is missing",
    ),
    ("1.4", seven(more=il.Conv(1)), "five branches; this one has 6"),
    ("1.4", il.Chain((il.Conv(64),)), "stand side by side"),
    ("1.4", il.architecture("googlenet"), "one block; the answer is a whole network"),
    ("1.4", il.build(seven(), 3).__class__(), "asks for a description"),
    ("1.4", "7x7", "the answer is a str"),
    ("1.4", il.Branches(dict(seven().branches), out_channels=3), "It does not build"),
    ("1.5", 3, "still fewer than 1000"),
    ("1.5", 5, "hands on what came in"),
    ("1.5", 1, "too small"),
    ("1.5", 3.6, "whole number"),
]


@pytest.mark.parametrize(("number", "answer", "says"), WRONG)
def test_wrong(number, answer, says):
    verdict = il.check(number, answer)
    assert not verdict
    assert says in verdict.says


def stub(*args):
    """A function that a reader has not written yet."""


def raising(*args):
    raise NotImplementedError


@pytest.mark.parametrize("number", ["1.1", "1.2", "1.3", "1.4", "1.5"])
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer(number, nothing):
    assert repr(il.check(number, nothing)) == f"Exercise {number}: no answer yet."


@pytest.mark.parametrize("number", ["1.2", "1.3"])
@pytest.mark.parametrize("function", [stub, raising])
def test_a_stub_is_no_answer(number, function):
    assert repr(il.check(number, function)) == f"Exercise {number}: no answer yet."


def test_an_unknown_exercise_names_the_nearest():
    with pytest.raises(KeyError, match=r"exercise '1.9' is not known.*Known: 1.1"):
        il.check("1.9", 3)
