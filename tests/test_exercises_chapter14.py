"""Checkers of chapter 14: what is right passes, what is wrong is told apart."""

import math

import pytest
import torch

import inception_lib as il
from inception_lib.exercises import chapter14
from tests.exercises import answers

test_14_1 = answers("14.1", [48_989_864], [
    (27_994_208, "the whole gradient, once"),
    (55_988_416, "where it belongs already"),
    (24_494_932, "one round"),
    (391_918_912, "all eight"),
    (12_247_466, "not bytes"),
    (195_959_456, "in pieces"),
    (48_000_000, "is near"),
    ("many", "asks for a number"),
])  # fmt: skip


def drawn(pictures, seed, epoch):
    generator = torch.Generator().manual_seed(1000 * seed + epoch)
    return torch.randperm(pictures, generator=generator)


def right(pictures, seed, epoch, step, batch, rank, world):
    return drawn(pictures, seed, epoch)[step * batch : (step + 1) * batch][rank::world]


def in_halves(pictures, seed, epoch, step, batch, rank, world):
    """Shares that lie together instead of taking turns."""
    taken = drawn(pictures, seed, epoch)[step * batch : (step + 1) * batch]
    return taken[len(taken) * rank // world : len(taken) * (rank + 1) // world].tolist()


def as_printed(pictures, seed, epoch, step, batch, rank, world):
    torch.manual_seed(seed)
    mine = torch.randperm(pictures)[rank::world]
    return mine[step * batch : (step + 1) * batch].tolist()


def each_a_batch(pictures, seed, epoch, step, batch, rank, world):
    mine = drawn(pictures, seed, epoch)[rank::world]
    return mine[step * batch : (step + 1) * batch]


def own_part(pictures, seed, epoch, step, batch, rank, world):
    """Each process walks through a part of its own: the steps depend on how many there are."""
    mine, least = drawn(pictures, seed, epoch)[rank::world], batch // world
    extra = least + (rank < batch % world)
    return mine[step * extra : (step + 1) * extra]


test_14_2 = answers("14.2", [right, lambda *args: right(*args).tolist(), in_halves], [
    (as_printed, "torch's own generator"),
    (each_a_batch, "pictures in a step, and the batch is"),
    (lambda p, s, e, t, b, r, w: right(p, s, 0, t, b, r, w), "the order of the first"),
    (lambda p, s, e, t, b, r, w: right(p, 0, e, t, b, r, w), "the same order"),
    (lambda p, s, e, t, b, r, w: right(p, s, e, t, b, 0, 1), "seen twice"),
    (lambda p, s, e, t, b, r, w: right(p, s, e, t, b, r, w)[:-1], "never seen"),
    (lambda p, s, e, t, b, r, w: list(range(p))[t * b : (t + 1) * b][r::w], "order of"),
    (own_part, "three processes"),
    (lambda *args: ["a"], "a list of numbers"),
    (lambda *args: [99], "whole numbers below"),
    (lambda *args: [math.nan], "whole numbers below"),
    (lambda *args: [0.5], "whole numbers below"),
    (3, "asks for a function"),
])  # fmt: skip


def weights(counts):
    return torch.tensor(counts)[:, None] / sum(counts)


def by_squares(means, variances, counts):
    part = weights(counts)
    mean = (part * means).sum(0)
    return mean, (part * (variances + means**2)).sum(0) - mean**2


def by_spread(means, variances, counts):
    part = weights(counts)
    mean = (part * means).sum(0)
    return [mean, (part * (variances + (means - mean) ** 2)).sum(0)]


def mean_of(means, counts):
    return (weights(counts) * means).sum(0)


test_14_3 = answers("14.3", [by_squares, by_spread], [
    (lambda m, v, n: (m.mean(0), v.mean(0)), "counts as much"),
    (lambda m, v, n: (m.sum(0), v.mean(0)), "sum of the means"),
    (lambda m, v, n: (m[0], v[0]), "the mean is wrong"),
    (lambda m, v, n: (mean_of(m, n), v.mean(0)), "the mean of the variances; what is lost"),
    (lambda m, v, n: (mean_of(m, n), mean_of(v, n)), "averaged by count; what is lost"),
    (lambda m, v, n: (mean_of(m, n), v.mean(0) + m.var(0, correction=0)), "equal size"),
    (lambda m, v, n: (mean_of(m, n), mean_of(v, n) + m.var(0, correction=0)), "there, also"),
    (lambda m, v, n: (mean_of(m, n), by_squares(m, v, n)[1] * sum(n) / (sum(n) - 1)), "one less"),
    (lambda m, v, n: (mean_of(m, n), v[0]), "the variance is not"),
    (lambda m, v, n: mean_of(m, n), "two tensors are expected"),
    (3, "asks for a function"),
])  # fmt: skip

SMALLEST = chapter14._smallest()

test_14_4 = answers("14.4", [SMALLEST], [
    (SMALLEST // 64, "of one device"),
    (256, "the recipe's batch"),
    (SMALLEST + 1, "divided equally"),
    (SMALLEST + 64, "is near"),
    (64, "too small"),
    (100_000, "too large"),
    ("many", "asks for a number"),
])  # fmt: skip


def test_the_table_says_the_same():
    """As a reader finds it: the column of efficiency, which is rounded."""
    from dataclasses import replace

    def said(batch):
        recipe = replace(il.recipes()["inception_v3_mindcv"], batch_size=batch)
        return int(il.training_time(recipe, [64]).cells[0][6].rstrip("%"))

    assert said(SMALLEST) >= 80 > said(SMALLEST - 64)
    assert SMALLEST % 64 == 0 and chapter14.used(SMALLEST) == pytest.approx(0.8, abs=0.03)
