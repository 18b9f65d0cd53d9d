"""Checkers of chapter 8: right answers of several kinds, wrong ones with their message."""

import functools
import math
from dataclasses import replace

import numpy as np
import torch

import inception_lib as il
from tests.exercises import answers

GRID = 17 * 17


# ---- 8.1 ----
WEIGHTS = 2 * 896 * 160 + 14 * 160**2 + 320 * 896


def test_the_count_is_that_of_the_block():
    block = il.residual_b(160, (160, 160, 160), 896)
    assert il.cost(block, (896, 17, 17)).macs == 269_301_760


test_macs = answers("8.1", [269_301_760], [
    (198_868_992, "the block of the figure"),
    (2 * 269_301_760, "FLOPs"),
    (WEIGHTS, "weights"),
    (WEIGHTS + 2 * 640 + 896, "parameters"),
    (269_301_760 + GRID * 896, "additions"),
    (GRID * (2 * 896 * 160 + 14 * 160**2), "A third is missing"),
    (GRID * (896 * 160 + 14 * 160**2 + 320 * 896), "One convolution is missing"),
    (GRID * (2 * 896 * 160 + 7 * 160**2 + 320 * 896), "two convolutions"),
    (GRID * (2 * 896 * 160 + 49 * 160**2 + 320 * 896), "not 49"),
    (GRID * (2 * 896 * 160 + 14 * 160**2 + 160 * 896), "One convolution is missing"),
    (10 * 269_301_760, "all ten blocks"),
    (GRID * (3 * 896 * 160 + 14 * 160**2 + 320 * 896), "no convolution on the shortcut"),
    (64 * WEIGHTS, "another grid"),
])  # fmt: skip


# ---- 8.2 ----
def map_all(scaled, weight, bias, scale):
    return tuple(scaled(part, scale) for part in (weight, bias))


def fold_in_place(weight, bias, scale):
    weight.mul_(scale)
    bias.mul_(scale)
    return [weight, bias]


test_fold = answers("8.2", [
    lambda w, b, s: (s * w, s * b), fold_in_place, lambda w, b, s: (w.double() * s, b * s),
    lambda w, b, s: (w.numpy() * s, b.numpy() * s),
    functools.partial(map_all, lambda part, s: part * s),
], [
    (lambda w, b, s: (s * w, b), "The bias is a part of the body"),
    (lambda w, b, s: (w, s * b), "the weight is not"),
    (lambda w, b, s: (w, b), "Nothing is folded"),
    (lambda w, b, s: (w / s, b / s), "divides"),
    (lambda w, b, s: (s * s * w, s * s * b), "s²"),
    (lambda w, b, s: (w - s, b), "differs by up to"),
    (lambda w, b, s: (0.17 * w, 0.17 * b), "With scale 0.1"),
    (lambda w, b, s: (w * math.nan, b), "finite"),
    (lambda w, b, s: s * w, "two tensors"),
    (lambda w, b, s: (s * w, 0.0), "bias is a float"),
    (lambda w, b, s: (s * w[0], s * b), "weight has the shape"),
])  # fmt: skip


# ---- 8.3 ----
test_without_its_blocks = answers("8.3", [0.748, 0.75, np.float32(0.748), torch.tensor(0.748)], [
    (0.813, "both blocks are still in"),
    (0.759, "without 3b alone"),
    (0.806, "without 4b alone"),
    (0.252, "named wrongly"),
    (0.065, "not what is left"),
    (74.8, "from 0 to 1"),
    (-0.1, "between 0 and 1"),
    (0.5, "it is more than that"),
    (0.9, "it is less than that"),
    ("most", "asks for a number"),
])  # fmt: skip

# ---- 8.4 ----
BACK = il.Conv(512, bias=True, norm="none", act="none")
INSIDE = il.reduced_block(*il.GOOGLENET["4b"])


def residual(inside=INSIDE, back=BACK, scale=0.2, act="relu"):
    return il.Residual([inside, back], scale, act)


def spelled_out():
    """What the defaults say, said; a 1×1 has nothing to pad."""

    def said(node):
        if isinstance(node, il.Chain):
            return [said(layer) for layer in node.layers]
        if not isinstance(node, il.Conv):
            return node
        padding = "valid" if node.kernel_size == (1, 1) else "same"
        return replace(node, bias=False, norm="batch_norm", act="relu", padding=padding)

    return il.Branches({f"b{i}": said(node) for i, (_, node) in enumerate(INSIDE.branches)})


def without_relu():
    branches = dict(INSIDE.branches)
    return il.Branches(branches | {"1x1": replace(branches["1x1"], act="none")})


def nested():
    """Two of the branches in branches of their own."""
    first, *rest = INSIDE.branches
    return il.Branches({"one": il.Branches([first]), "others": il.Branches(rest)})


def renamed():
    branches = {f"branch {i}": node for i, (_, node) in enumerate(INSIDE.branches)}
    return residual(il.Branches(branches))


test_residual = answers("8.4", [
    residual(), renamed(), residual(replace(INSIDE, out_channels=None)),
    residual(il.Branches(dict(reversed(INSIDE.branches)))),
    residual(il.Chain([il.Chain([INSIDE])])), residual(spelled_out()), [residual()],
    residual(scale=np.float64(0.2)), residual(back=replace(BACK, padding="valid", weight_std=0.1)),
    residual(nested()),
], [
    (INSIDE, "use il.Residual"),
    (il.Residual(INSIDE, 0.2), "a 1×1 is to bring the channels back"),
    (residual(back=replace(BACK, act=None)), "could only add"),
    (residual(back=replace(BACK, norm=None)), "batch normalization by default"),
    (residual(back=replace(BACK, bias=None)), "no bias by default"),
    (residual(back=replace(BACK, kernel_size=3)), "should be 1×1"),
    (residual(back=replace(BACK, out_channels=528)), "does not build on 512"),
    (residual(il.reduced_block(*il.GOOGLENET["4a"])), "not those of 4b"),
    (residual(scale=0.1), "should be 0.2"),
    (residual(act="none"), "ReLU is missing"),
    (residual(scale=5), "should be 0.2"),
    (residual(il.Branches(INSIDE.branches[:3])), "not those of 4b"),
    (residual(without_relu()), "not those of 4b"),
    (il.Residual(BACK, 0.2), "the branches of 4b, and the 1×1"),
    (il.Residual(il.Chain(), 0.2), "a 1×1 is to bring the channels back"),
    (il.build(residual(), 512), "the answer is a module"),
    ({"4b": INSIDE}, "a dict"),
    (il.Residual([INSIDE, il.Conv(64), BACK], 0.2), "two things"),
    (il.architecture("googlenet"), "a whole network"),
    (512, "asks for a block"),
])  # fmt: skip


# ---- 8.5 ----
def macs(n):
    network = il.architecture("inception_resnet_v2_paper")
    first = dict(network.stages)
    body = {name: node for name, node in network.stages if name[0] not in "ABC"}
    ordered = {}
    for name, node in body.items():
        if name == "reduction_a":
            ordered |= {f"A{i + 1}": first["A1"] for i in range(n)}
        if name == "reduction_b":
            ordered |= {f"B{i + 1}": first["B1"] for i in range(2 * n)}
        ordered[name] = node
    ordered |= {f"C{i + 1}": first["C1"] for i in range(n)}
    return il.cost(replace(network, stages=ordered)).macs


def test_eight_is_the_most():
    assert macs(5) == il.cost("inception_resnet_v2_paper").macs
    assert macs(8) <= il.cost("inception_v4").macs < macs(9)


test_most_blocks = answers("8.5", [
    (8, macs(8)), [8.0, float(macs(8))], torch.tensor([8, macs(8)]), np.array([8, macs(8)]),
], [
    ((9, macs(9)), "1.07 times"),
    ((10, macs(10)), "1.15 times"),
    ((5, macs(5)), "0.76 times Inception-v4. There is room for more"),
    ((7, macs(7)), "There is room for more"),
    ((16, macs(8)), "blocks B"),
    ((32, macs(8)), "all blocks"),
    ((8, 2 * macs(8)), "FLOPs"),
    ((8, macs(9)), "9/18/9"),
    ((8, il.cost("inception_v4").macs), "Inception-v4's"),
    ((8, 12), "MACs: 12 is too small"),
    ((8, macs(8) + 1), "MACs: "),
    ((8.5, 1), "whole number"),
    ((-3, 1), "at least one"),
    (8, "Give two numbers"),
    ([8], "Give two numbers"),
    ((8, None), "MACs: nothing is given"),
])  # fmt: skip
