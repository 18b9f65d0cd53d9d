"""Checkers of chapter 13: what is right passes, what is wrong is told apart."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import inception_lib as il
from inception_lib.exercises import chapter13
from tests.exercises import answers

test_13_1 = answers("13.1", [46_362_624], [
    (236_544, "its weights"),
    (92_725_248, "FLOPs"),
    (528 * 576 * 196, "The pool projection"),
    (528 * 192 * 196, "is missing"),
    (528 * 704 * 196, "after the large kernels"),
    (528 * 832 * 196, "every channel of the output"),
    (46_000_000, "is near"),
    ("many", "asks for a number"),
])  # fmt: skip


def two(one, three, place=(1, 1), biases=True, padding=1, swapped=False):
    whole = nn.Conv2d(one.in_channels, one.out_channels + three.out_channels, 3, padding=padding)
    kernel = torch.zeros(*one.weight.shape[:2], 3, 3)
    kernel[(..., *place)] = one.weight.detach()[..., 0, 0] if place else one.weight.detach()
    order = -1 if swapped else 1
    whole.weight.data = torch.cat([kernel, three.weight.detach()][::order])
    whole.bias.data = torch.cat([one.bias, three.bias][::order]) * biases
    return whole


def padded(one, three):
    whole = nn.Conv2d(one.in_channels, one.out_channels + three.out_channels, 3, padding="same")
    whole.weight = nn.Parameter(torch.cat([F.pad(one.weight, [1, 1, 1, 1]), three.weight]))
    whole.bias = nn.Parameter(torch.cat([one.bias, three.bias]))
    return whole


def spoiled(one, three):
    whole = two(one, three)
    one.weight.data.zero_()
    return whole


test_13_2 = answers("13.2", [two, padded], [
    (lambda one, three: two(one, three, biases=False), "The biases are missing"),
    (lambda one, three: two(one, three, swapped=True), "the 1×1 should"),
    (lambda one, three: two(one, three, place=()), "at all nine places"),
    (lambda one, three: two(one, three, place=(0, 0)), "isn't in the middle"),
    (lambda one, three: two(one, three, padding=0), "The border is lost"),
    (lambda one, three: nn.Sequential(one, three), "an nn.Conv2d; it gives a Sequential"),
    (lambda one, three: one, "has the shape"),
    (spoiled, "changes what it was given"),
    (lambda one: one, "raised TypeError"),
    (3, "asks for a function"),
])  # fmt: skip


def convolutions(name, without=()):
    fast = il.faster(il.create_model(name, width=0.05).eval(), without=without)
    return sum(row.op.startswith("conv") for row in il.cost(fast).layers)


def test_the_convolutions_are_those_of_the_networks():
    assert {
        "Inception-v3": convolutions("inception_v3", ["fold_batch_norm"]),
        "Inception-v4": convolutions("inception_v4"),
    } == chapter13._AFTER
    assert convolutions("inception_v3") == 66
    assert convolutions("inception_v4", ["move_poolings"]) == 119
    assert convolutions("inception_v4", ["merge_siblings"]) == 149


test_13_3 = answers("13.3", [(75, 105), torch.tensor([75, 105])], [
    ((66, 105), "Inception-v3: With all four"),
    ((94, 105), "before merging"),
    ((75, 149), "Inception-v4: That is before merging"),
    ((75, 119), "without moving"),
    ((75, 107), "outside the blocks"),
    ((75, 66), "That is Inception-v3"),
    ((75, 90), "is near"),
    (75, "two things"),
])  # fmt: skip


def block(first=None, r3=96, **changes):
    parts = {
        "1x1": il.Conv(64),
        "3x3": [il.Conv(r3), il.Conv(128, 3)],
        "5x5": [il.Conv(16), il.Conv(32, 5)],
        "pool": [first or il.AvgPool(3), il.Conv(32)],
    }
    return il.Branches(parts | changes)


test_13_4 = answers("13.4", [
    block(), block(il.AvgPool(5, count_include_pad=True)), block(r3=48),
    block(**{"pool": [il.Conv(32), il.AvgPool(3)]}),
], [
    (block(il.MaxPool(3)), "It runs 4 convolutions"),
    (block(r3=128), "MACs; 3a's"),
    (block(**{"3x3": il.Conv(128)}), "No branch is a 3×3 branch"),
    (block(**{"5x5": [il.Conv(16), il.Conv(32, 3)]}), "No branch is a 5×5 branch"),
    (block(**{"pool": il.Conv(32)}), "No branch is a pooling branch"),
    (block(**{"1x1": il.Conv(48)}), "48, 128, 32, 32 channels"),
    (block(il.AvgPool(3, 2)), "cannot be read"),
    (il.Conv(256), "asks for"),
    ("a block", "asks for a block"),
])  # fmt: skip


def catches_up(prepare_s, ms, other_prepare_s, other_ms):
    return math.ceil((other_prepare_s - prepare_s) * 1000 / (ms - other_ms))


def counted(p, ms, q, other):
    n = 0
    while 1000 * p + n * ms < 1000 * q + n * other:
        n += 1
    return n


test_13_5 = answers("13.5", [catches_up, counted], [
    (lambda p, ms, q, other: (q - p) // (ms - other), "Nothing is repaired"),
    (lambda p, ms, q, other: math.ceil((q - p) / (ms - other)), "not yet milliseconds"),
    (lambda p, ms, q, other: 1000 * (q - p) // (ms - other), "still larger"),
    (lambda p, ms, q, other: 1000 * (q - p) // (ms - other) + 1, "one too many"),
    (lambda p, ms, q, other: math.ceil(1000 * q / (ms - other)), "prepared, too"),
    (lambda p, ms, q, other: math.ceil(1000 * (q - p) / other), "each picture save"),
    (lambda p, ms, q, other: 1000 * (q - p) / (ms - other), "no parts of pictures"),
    (lambda p, ms, q, other: 0, "which is too small"),
    (3000, "asks for a function"),
])  # fmt: skip


@pytest.mark.parametrize("way", ["compile, freezing", "faster, compile"])
def test_the_record_has_what_exercise_5_asks_for(way):
    ways = il.training_record("seconds")["cells"]["googlenet_torchvision, batch 1"]["ways"]
    assert ways[way]["prepare_s"] > ways["faster"]["prepare_s"]
