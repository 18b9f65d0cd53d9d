"""Checkers of chapter 6: right answers of several kinds, wrong ones with their message."""

import functools
import math

import numpy as np
import torch
import torch.nn.functional as F

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
def block_b(c7):
    one = 768 * 192
    single = 768 * c7 + 7 * c7 * c7 + 7 * c7 * 192
    double = 768 * c7 + 3 * 7 * c7 * c7 + 7 * c7 * 192
    return 2 * one + single + double + 2 * (4 * 192 + 6 * c7)


def test_block_b_is_the_package_s():
    import inception_lib as il

    counted = il.cost("inception_v3")
    assert [block_b(c) for c in (128, 160, 192)] == [counted[b].params for b in ("B1", "B2", "B4")]


test_block_b = answers("6.2", [
    block_b, lambda c: torch.tensor(block_b(c)), lambda c7: float(block_b(c7)),
    lambda c7: np.int64(block_b(c7)), functools.partial(lambda zero, c7: zero + block_b(c7), 0),
], [
    (lambda c: block_b(c) - 2 * (768 + 6 * c), "Those are the weights"),
    (lambda c: block_b(c) + 768 + 6 * c, "no bias"),
    (lambda c: block_b(c) - (768 + 6 * c), "two parameters for each channel"),
    (lambda c: block_b(c) - 12 * c, "those inside the branches too"),
    (lambda c: block_b(c) - 14 * c * c, "four convolutions"),
    (lambda c: block_b(c) + 42 * (4 * c * c + 384 * c), "not 49"),
    (lambda c: 1_297_408, "With c7=160 it gives 1,297,408, which is too small."),
    (lambda c: block_b(c) + 1, "too large"),
    (lambda c: 289 * (block_b(c) - 2 * (768 + 6 * c)), "MACs"),
    (lambda c: 578 * (block_b(c) - 2 * (768 + 6 * c)), "FLOPs"),
    (lambda c: block_b(c) - 768 * 192 - 384, "Four branches"),
    (lambda c: block_b(c) + 2 * 768, "pooling has none"),
    (lambda c: {n: block_b(n) for n in (128, 160, 192, 1, 200)}.get(c, 0), "which is too small"),
    (lambda c: math.nan, "a whole number is expected"),
    (lambda c: "many", "a whole number is expected"),
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
def settled(g, lr, eps):
    return 10 * lr * g / math.sqrt(g * g + eps)


def by_steps(g, lr, eps):
    s, move = 1.0, 0.0
    for _ in range(500):
        s = 0.9 * s + 0.1 * g * g
        move = 0.9 * move + lr * g / (s + eps) ** 0.5
    return move


test_settled = answers("6.5", [
    settled, by_steps, lambda *a: torch.tensor(settled(*a)), lambda *a: np.float64(settled(*a)),
], [
    (lambda g, lr, e: settled(g, lr, e) / 10, "momentum is missing"),
    (lambda g, lr, e: 10 * lr * g / (abs(g) + e), "outside the root"),
    (lambda g, lr, e: 10 * lr * g / (abs(g) + e**0.5), "after the root"),
    (lambda g, lr, e: 10 * lr * g / (g * g + e), "root is missing"),
    (lambda g, lr, e: 10 * lr * g, "SGD"),
    (lambda g, lr, e: 10 * lr * g / (1 + e) ** 0.5, "does not stay there"),
    (lambda g, lr, e: 10 * lr * g / (0.1 * g * g + e) ** 0.5, "nine tenths"),
    (lambda g, lr, e: -settled(g, lr, e), "The sign"),
    (lambda g, lr, e: abs(settled(g, lr, e)), "the other way"),
    (lambda g, lr, e: 0.9 * settled(g, lr, e), "keeps 0.9"),
    (lambda g, lr, e: 0.0, "With g=0.5, lr=0.045, eps=1.0 it gives 0, which is too small."),
    (lambda g, lr, e: math.nan, "it gives nan"),
    (lambda g, lr, e: "far", "a number is expected"),
])  # fmt: skip
