"""Checkers of chapter 7: right answers of several kinds, wrong ones with their message."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import inception_lib as il
from inception_lib.exercises.chapter07 import _SIDES, _grids, _most, _spent
from tests.exercises import answers

# ---- 7.1 ----
BLOCK = il.asymmetric_reduction((192, 192), (256, 256, 320, 320))
RIGHT = il.cost(BLOCK, (896, 17, 17), defaults=il.Defaults(bias=False, norm="batch_norm")).params
WEIGHTS = il.cost(BLOCK, (896, 17, 17), defaults=il.Defaults(bias=False)).params
MACS = il.cost(BLOCK, (896, 17, 17), defaults=il.Defaults(bias=False)).macs
test_reduction_b = answers("7.1", [RIGHT], [
    (WEIGHTS, "Those are the weights"),
    (WEIGHTS + 1536, "a scale and a shift"),
    (WEIGHTS + 3 * 1536, "no biases"),
    (WEIGHTS + 4 * 1536, "not learned"),
    (WEIGHTS + 2 * 512, "not only the last"),
    (WEIGHTS + 2 * (512 + 896), "pooling has none"),
    (RIGHT + 42 * 256 * (256 + 320), "7 weights"),
    (RIGHT - (896 * 192 + 9 * 192**2) + 9 * 896 * 192, "reads a 1×1"),
    (896 * 192 + 9 * 192**2 + 2 * 384, "short branch alone"),
    (2_747_392, "after 1024 channels"),
    (MACS, "Those are the MACs"),
    (2 * MACS, "FLOPs"),
])  # fmt: skip


# ---- 7.2 ----
test_how_many = answers("7.2", [
    (8, 2, 4), [8, 2, 4], {"A": 8, "B": 2, "C": 4}, torch.tensor([8, 2, 4]), np.array([8.0, 2.0, 4.0]),
], [
    ((4, 7, 3), "MACs; 2,253,974,624 too many"),
    ((2, 2, 6), "fits in MACs, but has"),
    ((9, 2, 3), "There is a choice with more"),
    ((2, 2, 2), "with 54 convolutions"),
    ((10, 1, 4), "at least 2 blocks of each kind"),
    ((8, 2), "three whole numbers"),
    ((8, 2, 4.5), "three whole numbers"),
    (14, "three whole numbers"),
    ({"A": 8}, "three whole numbers"),
])  # fmt: skip


def test_the_budget_counts_what_the_package_builds():
    network = il.architecture("inception_v4")
    stages = dict(network.stages)
    for letter, had, wanted in (("A", 4, 8), ("B", 7, 2), ("C", 3, 4)):
        block = stages[f"{letter}1"]
        for number in range(1, had + 1):
            del stages[f"{letter}{number}"]
        stages |= {f"{letter}{number}": block for number in range(1, wanted + 1)}
    order = [name for name in ("conv1", "conv2", "conv3", "stem1", "stem2", "stem3")]
    order += [n for n in stages if n[0] == "A"] + ["reduction_a"]
    order += (
        [n for n in stages if n[0] == "B"] + ["reduction_b"] + [n for n in stages if n[0] == "C"]
    )
    built = il.cost(replace(network, stages={name: stages[name] for name in order}))
    macs, params, convolutions = _spent((8, 2, 4))
    assert (built.macs, built.params) == (macs, params)
    rest = [x for x in built.layers if x.op.startswith("conv") and x.name[0] not in "ABC"]
    assert convolutions + len(rest) == sum(x.op.startswith("conv") for x in built.layers)
    assert convolutions == _most() == 116


# ---- 7.3 ----
def by_steps(side):
    found = []
    for k, s, p in [(3, 2, 0), (3, 1, 0), (3, 1, 1), (3, 2, 0), (3, 1, 0), (3, 2, 0), (3, 2, 0), (3, 2, 0)]:  # fmt: skip
        side = (side + 2 * p - k) // s + 1
        found.append(side)
    return tuple(found[-3:])


def by_package(side):
    c = il.cost("inception_v4", input_size=side)
    return [c[name].out_shape[1] for name in ("A1", "B1", "C1")]


def padded(side):
    for _ in range(3):
        side = (side + 1) // 2
    return side, (side + 1) // 2, (side + 3) // 4


test_grids = answers("7.3", [
    by_steps, by_package, lambda n: torch.tensor(by_steps(n)), lambda n: np.array(by_steps(n)),
], [
    (lambda side: (35, 17, 8), "299 is right, but with 75"),
    (padded, "not (35, 17, 8)"),
    (lambda side: (side // 8, side // 16, side // 32), "divides by the stride"),
    (lambda side: by_steps(side)[::-1], "from the largest"),
    (lambda side: (by_steps(side)[0] + 0.5, 17, 8), "come whole"),
    (lambda side: 35, "three numbers"),
    (lambda side: (math.inf, 17, 8), "come whole"),
    (lambda side: ("35", 17, 8), "three numbers"),
    (lambda side: by_steps(side) if side in _SIDES else (1, 1, 1), "A's grid is wrong"),
])  # fmt: skip


def test_the_grids_of_the_checker():
    assert [_grids(side) for side in _SIDES] == [by_steps(side) for side in _SIDES]


# ---- 7.4 ----
SLIPS = dict(a="raises", b="silent", c="silent", d=-98_304, e="raises", f=-61_440)
test_what_happens = answers("7.4", [
    SLIPS, list(SLIPS.values()), {key.upper(): str(value).upper() for key, value in SLIPS.items()},
    SLIPS | {"d": -98_304.0, "f": np.int64(-61_440)}, tuple(SLIPS.values()),
], [
    *((SLIPS | {key: "raises" if key in "bcdf" else "silent"}, f"at {key}.") for key in SLIPS),
    (SLIPS | {"b": 7}, "at b."),
    (SLIPS | {"d": "silent"}, "at d."),
    (SLIPS | {"d": 98_304}, "d: The sign"),
    (SLIPS | {"d": -3 * 128 * 256 * 64}, "d: Those are MACs"),
    (SLIPS | {"d": -256 * 128}, "d: A kernel of 3×1 has three weights"),
    (SLIPS | {"d": -256 * 256 * 3}, "d: That is the other fan-out"),
    (SLIPS | {"f": 61_440}, "f: The sign"),
    (SLIPS | {"f": -32 * 384}, "f: The 3×3 that follows k and l"),
    (SLIPS | {"f": 12_345}, "f: Another number"),
    (SLIPS | {"f": "counts"}, "f is 'counts'; say"),
    (SLIPS | {"f": math.nan}, "f is nan; say"),
    (SLIPS | {"e": None}, "Nothing is said of e"),
    ({"a": "raises"}, "b, c, d, e, f"),
    (SLIPS | {"a": "crashes"}, "a is 'crashes'; say"),
    ("raises", "asks for a dict"),
    ({1: 2}, "Nothing is said of a"),
])  # fmt: skip


def test_what_happens_is_what_happens():
    """Each slip, made."""
    right = il.cost("inception_v4")

    def count(block, stage):
        return il.cost(block, right[stage].in_shape, defaults=il.BATCH_NORM)

    with pytest.raises(ValueError, match="different grids"):
        count(il.Branches({"3x3": il.Conv(192, 3, padding="valid"), "pool": il.MaxPool(3, 2, "valid")}), "stem3")  # fmt: skip
    twice = il.architecture("inception_v4")["B1"]
    branch = [il.Conv(192), il.Conv(224, (1, 7)), il.Conv(256, (1, 7))]
    twice = il.Branches(dict(twice.branches) | {"7x7": branch}, 1024)
    swapped = il.expanded_block(256, 384, [il.Conv(384), il.factorized(3, 448, 512)], 256, 256, 1536)  # fmt: skip
    for block, stage in ((twice, "B1"), (swapped, "C1")):
        assert block != il.architecture("inception_v4")[stage]
        assert count(block, stage).params == right[stage].params
        assert count(block, stage).out_shape == right[stage].out_shape
    tall = dict(il.architecture("inception_v4")["C1"]["3x3_split"].layers[-1].branches)["3x1"]
    of_384, of_256 = (il.cost(tall, (c, 8, 8), defaults=il.BATCH_NORM).params for c in (384, 256))
    assert of_256 - of_384 == SLIPS["d"]
    x = torch.zeros(1, 4, 17, 17)
    assert torch.nn.Conv2d(4, 4, (1, 7), padding=3)(x).shape == (1, 4, 23, 17)
    f = count(il.grid_reduction(224, 192, 256, 384, 1024), "reduction_a")
    assert f.out_shape == right["reduction_a"].out_shape
    assert f.params - right["reduction_a"].params == SLIPS["f"]


# ---- 7.5 ----
def by_einsum(wide, tall):
    return torch.einsum("omh,miw->oihw", tall[..., 0], wide[:, :, 0])


def by_loops(wide, tall):
    out = torch.zeros(len(tall), wide.shape[1], tall.shape[2], wide.shape[3])
    for m in range(len(wide)):
        out += tall[:, m, None] * wide[None, m]
    return out


def by_impulse(wide, tall):
    i, n = wide.shape[1], wide.shape[3]
    x = torch.zeros(i, i, 2 * n - 1, 2 * n - 1)
    x[range(i), range(i), n - 1, n - 1] = 1
    answer = torch.nn.functional.conv2d(torch.nn.functional.conv2d(x, wide), tall)
    return answer.flip(2, 3).transpose(0, 1)


test_joined = answers("7.5", [
    by_einsum, by_loops, by_impulse, lambda w, t: by_einsum(w, t).numpy(),
], [
    (lambda w, t: by_einsum(w, t).transpose(2, 3), "changed places"),
    (lambda w, t: by_einsum(w, t).flip(2, 3), "half a turn"),
    (lambda w, t: w.sum(0)[None] * t.sum(1)[:, None], "paired one by one"),
    (lambda w, t: by_einsum(w, t).transpose(0, 1), "has the shape"),
    (lambda w, t: 2 * by_einsum(w, t), "values differ"),
    (lambda w, t: w @ t, "Calling it raised"),
    (lambda w, t: 7, "an int"),
    (lambda w, t: by_einsum(w, t) * math.nan, "not all of its values are finite"),
])  # fmt: skip
