"""Checkers of chapter 6: right answers of several kinds, wrong ones with their message."""

import math

import numpy as np
import torch
import torch.nn.functional as F

import inception_lib as il
from inception_lib.networks.blocks import asymmetric_block
from tests.exercises import answers

test_sides = answers("6.1", [
    (299, 330), [299.0, 330.0], range(299, 331), set(range(299, 331)), torch.tensor([299, 330]),
    np.array([299, 330]), (np.int64(299), np.float32(330)),
], [
    ((299, 300), "the same grid at every stage"),
    ((300, 330), "not the smallest"),
    ((299, 329), "not the largest"),
    ((299, 331), "At 331 pixels C2 has a grid of 9×9"),
    ((298, 330), "At 298 pixels C2 has a grid of 7×7"),
    ((330, 299), "comes first"),
    ((299, 310, 330), "sides are missing"),
    ((60, 330), "60 pixels as the smallest"),
    ((299.5, 330), "whole numbers"),
    ((299, math.inf), "whole numbers"),
    ((299, "330"), "two numbers"),
    ((None, 330), "two numbers"),
    (torch.tensor([[299, 330]]), "two numbers"),
    ((299,), "two numbers"),
    (299, "two numbers"),
    ("299", "two numbers"),
])  # fmt: skip


# ---- 6.2 ----
def block(c7=104, ones=192, pool=192, **changed):
    branches = asymmetric_block(ones, (c7, c7, 192), (c7, c7, c7, c7, 192), pool)
    return il.Branches(dict(branches.branches) | changed)


def stacked(c=96):
    five = [il.Conv(c), *[il.Conv(c, 3)] * 5, il.Conv(192, 3)]  # sees 13×13
    return block(c, **{"double7x7": five, "7x7": [il.Conv(64), il.Conv(64, 7), il.Conv(192)]})


test_cheap_block = answers("6.2", [block(), block(106), block(pool=256, ones=128)], [
    (block(160), "1,691,008 parameters; 1,070,976 is the budget"),
    (block(64), "of the budget are left"),
    (block(48), "64 are the least here"),
    (block(104, pool=128), "outputs 704 channels on 17×17"),
    (block(**{"double7x7": [il.Conv(104), il.Conv(192, 7)]}), "windows of 1×1, 3×3, 7×7, 7×7"),
    (block(**{"double7x7": [il.Conv(104), il.Conv(192, 13, 2)]}), "does not build"),
    (stacked(128), "is the budget"),
    (il.Branches({"a": il.Conv(768)}), "four branches"),
    ([il.Conv(768), il.Conv(768, 13)], "four branches"),
    (il.Conv(768), "four branches"),
    (7, "asks for a block"),
])  # fmt: skip


# ---- 6.3 ----
def by_ones(pooled):
    return pooled / F.avg_pool2d(torch.ones_like(pooled), 3, 1, 1)


def by_counting(pooled):
    def real(n):
        place = torch.arange(n)
        return 1 + (place > 0).int() + (place < n - 1).int()

    height, width = pooled.shape[2:]
    return pooled * 9 / (real(height)[:, None] * real(width))


def corners_only(pooled):
    fixed = pooled.clone()
    for row in (0, -1):
        for column in (0, -1):
            fixed[..., row, column] *= 9 / 4
    return fixed


def edges_only(pooled):
    fixed = pooled.clone()
    for row in (0, -1):
        fixed[..., row, :] *= 1.5
    for column in (0, -1):
        fixed[..., :, column] = pooled[..., :, column] * 1.5
    return fixed


def for_large_maps(pooled):
    fixed = pooled.clone()
    for row in {0, pooled.shape[2] - 1}:
        fixed[..., row, :] *= 1.5
    for column in {0, pooled.shape[3] - 1}:
        fixed[..., :, column] *= 1.5
    return fixed


test_without_zeros = answers("6.3", [
    by_ones, by_counting, lambda p: by_ones(p).double(), lambda p: by_ones(p).numpy(),
], [
    (lambda p: p, "changes nothing"),
    (lambda p: p.double(), "changes nothing"),
    (lambda p: p / 0, "not all of its values are finite"),
    (lambda p: p * F.avg_pool2d(torch.ones_like(p), 3, 1, 1), "smaller still"),
    (corners_only, "the corners are right"),
    (edges_only, "the inside is right, the border is not"),
    (for_large_maps, "leave on two sides"),
    (lambda p: p * 9 / 4, "changes the inside"),
    (lambda p: p[..., 1:-1, 1:-1], "has the shape"),
    (lambda p: 3.0, "gives a float"),
    (lambda p: p.missing, "Calling it raised AttributeError"),
])  # fmt: skip

# ---- 6.4 ----
CASES = ((9.105, 1000), (4.0, 10), (2.0, 3), (0.0, 5))


def smoothing(gap, classes):
    return classes / (math.exp(gap) + classes - 1)


def by_halving(gap, classes):
    low, high = 1e-12, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        far = math.log((classes * (1 - middle) + middle) / middle) > gap
        low, high = (middle, high) if far else (low, middle)
    return torch.tensor(low, dtype=torch.float64)


test_smoothing = answers("6.4", [smoothing, by_halving, lambda g, k: np.float32(smoothing(g, k))], [
    (lambda g, k: (k - 1) / (math.exp(g) + k - 1), "even share, too"),
    (lambda g, k: k / (math.exp(g) + k), "on top"),
    (lambda g, k: math.log((k * 0.9 + 0.1) / 0.1), "Here the gap is given"),
    (lambda g, k: 1 / (math.exp(g) + k - 1), "probability of a wrong class"),
    (lambda g, k: math.exp(g) / (math.exp(g) + k - 1), "probability of the right class"),
    (lambda g, k: 0.1, "With gap=4.0, classes=10 it gives 0.1, which is too small."),
    (lambda g, k: 1.0, "With gap=9.105, classes=1000 it gives 1, which is too large."),
    (lambda g, k: "0.1", "a number is expected"),
    (lambda g, k: math.nan, "a number is expected"),
    (lambda g, k: k / (math.exp(g) + k - 1) if (g, k) in CASES else 0.5, "it gives 0.5"),
])  # fmt: skip


# ---- 6.5 ----
RIGHT = [69, 65, 61, 29, 17, 5, 0]

test_clean = answers("6.5", [RIGHT, tuple(RIGHT), torch.tensor(RIGHT), np.array(RIGHT)], [
    ([33, 29, 25, 11, 0, 0, 0], "299 pixels"),
    ([2, 6, 10, 6, 18, 30, 35], "rows that have been reached"),
    ([71, 65, 61, 29, 17, 5, 0], "A1 is the first that is wrong: there more rows"),
    ([69, 65, 61, 25, 13, 1, 0], "reduction_a is the first that is wrong: there fewer rows"),
    ([69, 65, 61, 40, 17, 5, 0], "a grid of 35×35"),
    (RIGHT[:3], "Give 7 numbers"),
    ("many", "Give 7 numbers"),
    (7, "Give 7 numbers"),
])  # fmt: skip
