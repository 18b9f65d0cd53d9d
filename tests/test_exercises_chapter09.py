"""Checkers of chapter 9: what is right passes, what is wrong is told apart."""

import numpy as np
import pytest
import torch

import inception_lib as il


def says(number, answer):
    return il.check(number, answer).says


@pytest.mark.parametrize("answer", [17_216, 17_216.0, torch.tensor(17_216)])
def test_9_1_right(answer):
    assert il.check("9.1", answer)


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (8_608, "also a scale less"),
        (34_432, "how many more"),
        (5_738, "counted by both"),
        (17_000, "17,000 is near, but it is not the number"),
        (2_000, "too small"),
        (200_000, "too large"),
        ("many", "asks for a number"),
    ],
)
def test_9_1_wrong(answer, part):
    assert part in says("9.1", answer)


@pytest.mark.parametrize("answer", [1_613_976, 1_613_976.0, np.int64(1_613_976)])
def test_9_2_right(answer):
    assert il.check("9.2", answer)


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (537_992, "one of the three"),
        (1_609_608, "has parameters, too"),
        (1_611_792, "a scale and a shift"),
        (14_313_936, "ordinary 3×3"),
        (1_618_344, "not behind the depthwise"),
        (1, "too small"),
    ],
)
def test_9_2_wrong(answer, part):
    assert part in says("9.2", answer)


def groups(i, o, k, most):
    fits = (g for g in range(1, min(i, o) + 1) if i % g == 0 and o % g == 0)
    return next((g for g in fits if i * o * k * k // g <= most), None)


def test_9_3_right():
    assert il.check("9.3", groups)
    assert il.check("9.3", lambda i, o, k, most: groups(o, i, k, most))


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (lambda i, o, k, most: 1, "that leaves 147,456 weights"),
        (lambda i, o, k, most: groups(i, o, k, most) or min(i, o), "no number of groups"),
        (lambda i, o, k, most: max(1, -(-i * o * k * k // most)), "does not divide both"),
        (lambda i, o, k, most: 128 if i == 128 else groups(i, o, k, most), "fewer groups"),
        (lambda i, o, k, most: "two", "a number of groups is expected"),
        (7, "asks for a function"),
        (lambda i, o, k, most: ..., "no answer yet"),
        (lambda i, o, k, most: None, "no answer yet"),
        (lambda i, o: 1, "raised TypeError"),
    ],
)
def test_9_3_wrong(answer, part):
    assert part in says("9.3", answer)


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


def test_9_4_right():
    assert il.check("9.4", first)


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (last, "not the first stage"),
        (by_parameters, "finds nothing where a pooling"),
        (without_defaults, "finds nothing where the network's defaults"),
        (lambda network: "conv1", "None is expected"),
        (lambda network: None, "no answer yet"),
        (lambda network: network["none"], "raised KeyError"),
        ("4b", "asks for a function"),
    ],
)
def test_9_4_wrong(answer, part):
    assert part in says("9.4", answer)
