"""Checkers of chapter 9: what is right passes, what is wrong is told apart."""

import torch

import inception_lib as il
from inception_lib.exercises.chapter09 import _GROUPS
from tests.exercises import answers

test_9_1 = answers("9.1", [13_520], [
    (6_760, "also a scale less"),
    (127, "number of convolutions"),
    (32_720, "a bias instead"),
    (13_520 * 4, "how many more"),
    (27_040, "how many more"),
    (4_506, "counted by both"),
])  # fmt: skip

test_9_2 = answers("9.2", [1_613_976], [
    (537_992, "one of the three"),
    (1_609_608, "has parameters, too"),
    (1_611_792, "a scale and a shift"),
    (14_313_936, "ordinary 3×3"),
    (1_618_344, "not behind the depthwise"),
    (8 * 1_613_976, "all eight blocks"),
    (1_613_976 + 3 * 728, "no biases"),
    (1_613_976 + 728**2, "shortcut"),
    (19 * 19 * 1_609_608, "MACs"),
    (2 * 19 * 19 * 1_609_608, "FLOPs"),
])  # fmt: skip


def groups(i, o, k, most):
    fits = (g for g in range(1, min(i, o) + 1) if i % g == 0 and o % g == 0)
    return next((g for g in fits if i * o * k * k // g <= most), None)


def by_divisors(i, o, k, most):
    shared = torch.arange(1, min(i, o) + 1)
    shared = shared[(i % shared == 0) & (o % shared == 0)]
    enough = shared[i * o * k * k <= most * shared]
    return enough.min() if len(enough) else None


def by_layer(i, o, k, most):
    for g in range(1, i + 1):
        if i % g == 0 and o % g == 0 and torch.empty(o, i // g, k, k).numel() <= most:
            return float(g)


def only_known(i, o, k, most):
    return groups(i, o, k, most) if (i, o, k, most) in KNOWN else 1


test_9_3 = answers("9.3", [
    groups, lambda i, o, k, most: groups(o, i, k, most), by_divisors, by_layer,
], [
    (lambda i, o, k, most: 1, "that leaves 147,456 weights"),
    (lambda i, o, k, most: groups(i, o, k, most) or min(i, o), "no number of groups"),
    (lambda i, o, k, most: max(1, -(-i * o * k * k // most)), "does not divide both"),
    (lambda i, o, k, most: 128 if i == 128 else groups(i, o, k, most), "fewer groups"),
    (lambda i, o, k, most: "two", "a number of groups is expected"),
    (lambda i, o, k, most: groups(i, o, k, most) or 0, "no number of groups"),
    (lambda i, o, k, most: groups(i, o, 1, most), "more than"),
    (lambda i, o, k, most: 1.5, "a number of groups is expected"),
    (lambda i, o, k, most: groups(i, o, k, most) if i == o else None, "gives None"),
    (only_known, "groups_for("),
])  # fmt: skip


KNOWN = [case[:4] for case in _GROUPS]


def first(network):
    paper = il.architecture("googlenet")
    if network.defaults != paper.defaults:
        return "conv1"
    return next((a[0] for a, b in zip(network.stages, paper.stages, strict=True) if a != b), None)


def last(network):
    paper = il.architecture("googlenet")
    found = [a[0] for a, b in zip(network.stages, paper.stages, strict=True) if a != b]
    return found[-1] if found else (None if network.defaults == paper.defaults else "conv1")


def by_parameters(network):
    ours, paper = il.cost(network), il.cost("googlenet")
    return next((r.name for r in paper.stages if ours[r.name].params != r.params), None)


def without_defaults(network):
    paper = il.architecture("googlenet")
    return next((a[0] for a, b in zip(network.stages, paper.stages, strict=True) if a != b), None)


def by_description(network):
    paper = il.architecture("googlenet")
    if network.defaults != paper.defaults:
        return paper.names[0]
    differ = [name for name in paper.names if repr(network[name]) != repr(paper[name])]
    return differ[0] if differ else None


def only_those(network):
    found = first(network)
    return found if found in ("4b", "pool4", "3b", "conv1") else None


test_9_4 = answers("9.4", [first, by_description], [
    (last, "not the first stage"),
    (by_parameters, "finds nothing where a pooling"),
    (without_defaults, "finds nothing where the network's defaults"),
    (lambda network: "conv1", "None is expected"),
    (lambda network: "5c", "None is expected"),
    (lambda network: first(network) and network.names.index(first(network)), "the name of a stage"),
    (lambda network: first(network) and network[first(network)], "the name of a stage"),
    (lambda network: first(network) and first(network).upper(), "which no stage is called"),
    (only_those, "finds nothing where"),
    (lambda network: network["none"], "raised KeyError"),
])  # fmt: skip
