"""Checkers of chapter 12: what is right passes, what is wrong is told apart."""

import math

import numpy as np
import pytest
import torch

import inception_lib as il
from inception_lib.exercises import chapter12
from tests.exercises import answers


def drawn_one_by_one():
    chance = 1.0
    for n in range(9):
        chance *= (32 - n) / (256 - n)
    return chance


test_12_1 = answers("12.1", [drawn_one_by_one(), 2.48e-9, np.float64(2.485e-9)], [
    ((1 / 8) ** 9, "the article's number"),
    (1 / math.comb(256, 9), "among the 32"),
    (math.comb(32, 9) / 256**9, "channels come twice"),
    (math.perm(32, 9) / 256**9, "one may"),
    (math.comb(32, 9) / math.perm(256, 9), "below, it does"),
    (math.comb(96, 30) / math.comb(480, 30), "the thirty of 3b"),
    (9 / 256, "not one of them"),
    (1e-12, "too small"),
    (3e-9, "too large"),
    (1.5, "between 0 and 1"),
    ("small", "asks for a number"),
])  # fmt: skip


def measured() -> tuple[list[float], list[float]]:
    """As the exercise says it."""
    found: tuple[list[float], list[float]] = [], []
    for seed in range(5):
        block = il.build(il.reduced_block(8, 6, 12, 6, 12, 8, 40), 3, seed=seed)
        for sizes, branch in zip(found, ("3x3", "5x5"), strict=True):
            sizes.append(float(il.channel_measures(block, branch)["size"].nanmean()))
    return found


@pytest.mark.slow
def test_the_sizes_are_those_that_the_exercise_measures():
    found = measured()
    assert il.check("12.2", found)
    for sizes, kept in zip(found, chapter12._SIZES.values(), strict=True):
        assert sizes == pytest.approx(kept, abs=0.001)
    assert il.compare_runs(*found).clear


THREE, FIVE = map(list, chapter12._SIZES.values())

test_12_2 = answers("12.2", [
    (THREE, FIVE), [torch.tensor(THREE), np.array(FIVE)], torch.tensor([THREE, FIVE]),
], [
    ((FIVE, THREE), "not in this order"),
    ((THREE, FIVE[::-1]), "order of the seeds"),
    (([2**n for n in THREE], FIVE), "look like pixels"),
    ((THREE, THREE), "5x5: these are not"),
    ((THREE, FIVE[:4]), "4 numbers"),
    ((THREE, [math.nan, *FIVE[1:]]), "leave such channels out"),
    ((THREE, 2.7), "a list of five numbers"),
    (THREE, "two things"),
])  # fmt: skip


def cam(maps, slopes):
    return (slopes.mean((1, 2))[:, None, None] * maps).sum(0).relu()


def in_one_line(maps, slopes):
    return torch.einsum("c,chw->hw", slopes.flatten(1).mean(1), maps).clamp(min=0)


def faulty(maps, slopes):
    return (slopes.mean(0) * maps).relu().mean(0)


def weighted(maps, slopes):
    return slopes.mean((1, 2), keepdim=True) * maps


test_12_3 = answers("12.3", [cam, in_one_line], [
    (faulty, "Nothing is repaired"),
    (lambda m, s: weighted(m, s).sum(0), "still there"),
    (lambda m, s: weighted(m, s).relu().sum(0), "map by map"),
    (lambda m, s: weighted(m, s).mean(0).relu(), "a mean of the maps"),
    (lambda m, s: weighted(m, s).relu().mean(0), "and the maps are averaged"),
    (lambda m, s: (s.mean(0) * m).sum(0).relu(), "a weight of its own"),
    (lambda m, s: (s * m).sum(0).relu(), "at its own place"),
    (lambda m, s: weighted(m, s).sum(0).abs(), "The sign is lost"),
    (lambda m, s: (s.sum((1, 2), keepdim=True) * m).sum(0).relu(), "added up"),
    (lambda m, s: weighted(m, s), "has the shape"),
    (lambda m, s: s.sub_(s), "changes what it was given"),
    (lambda m, s: "a map", "a tensor"),
])  # fmt: skip


def test_the_most_colored_channel_is_found_as_the_exercise_says():
    model = il.create_model("mini_bn", pretrained=True).eval()
    color = il.channel_measures(model, "3b")["color"]
    found = {}
    for branch, channels in il.channel_slices(model.spec, "3b").items():
        found |= {(branch, n): float(value) for n, value in enumerate(color[channels])}
    order = sorted(found, key=lambda at: found[at])
    assert (order[-1], order[-2], order[0]) == (chapter12._MOST_COLORED, ("1x1", 3), ("3x3", 23))
    assert found[order[-1]] - found[order[-2]] > 0.05
    five = [value for (branch, _), value in found.items() if branch == "5x5"]
    assert max(five) == five[0] and max(map(np.mean, ([*five], color.tolist()))) == np.mean(five)


test_12_4 = answers("12.4", [("3x3", 20), ["3b.3×3", torch.tensor(20)]], [
    (("3x3", 36), "within the block"),
    (("3x3", 23), "the lowest"),
    (("3x3", 21), "from 0"),
    (("3x3", 4), "Channel 4 of 3x3"),
    (("3x3", "the first"), "asks for a number"),
    (("5x5", 0), "whose mean is highest"),
    (("1x1", 3), "the second"),
    (("pool", 5), "another branch"),
    (("7x7", 5), "has the branches"),
    ((5, "3x3"), "the name of a branch"),
    ("3x3", "two things"),
])  # fmt: skip
