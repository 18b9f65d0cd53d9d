"""Checkers of chapter 9: what is right passes, what is wrong is told apart."""

import pytest
import torch

import inception_lib as il
from inception_lib.exercises.chapter09 import _READINGS, _accuracy
from tests.exercises import answers

test_9_1 = answers("9.1", [13_520], [
    (6_760, "also a scale less"),
    (127, "number of convolutions"),
    (32_720, "a bias instead"),
    (13_520 * 4, "how many more"),
    (27_040, "how many more"),
    (4_506, "counted by both"),
])  # fmt: skip

# Of the 2,000 crops, which are read when a test first asks: every process imports this file.
UPSIDE_DOWN, GRAY, UNCHANGED, ONE_CHANNEL = 0.817, 0.334, 0.824, 0.3255


def test_what_crops_lose_is_measured():
    found = [_accuracy(what) for what in _READINGS]
    assert found == pytest.approx([UPSIDE_DOWN, GRAY, UNCHANGED, ONE_CHANNEL], abs=0.0015)


test_9_2 = answers("9.2", [
    (UPSIDE_DOWN, GRAY), [0.82, 0.334], torch.tensor([UPSIDE_DOWN, GRAY]),
], [
    ((GRAY, UPSIDE_DOWN), "not in this order"),
    ((UPSIDE_DOWN, UNCHANGED), "crops as they are"),
    ((UPSIDE_DOWN, ONE_CHANNEL), "not one of them"),
    ((UPSIDE_DOWN, 1 - GRAY), "named wrongly"),
    ((UPSIDE_DOWN, 0.5), "fewer than that"),
    ((0.5, GRAY), "more than that"),
    ((82, 33), "shares"),
    ((-1, GRAY), "between 0 and 1"),
    (("much", GRAY), "two numbers"),
    (0.8, "two things"),
])  # fmt: skip


def prepared(picture):
    return torch.as_tensor(picture.copy()).permute(2, 0, 1).flip(0) / 127.5 - 1


def by_the_package(picture):
    return il.as_input(picture[None, :, :, ::-1].copy())[0]


def in_numpy(picture):
    return picture[..., ::-1].transpose(2, 0, 1).astype("float32") / 127.5 - 1


test_9_3 = answers("9.3", [prepared, by_the_package, in_numpy], [
    (lambda p: torch.as_tensor(p).float().reshape(3, *p.shape[:2]) / 255, "order of memory"),
    (lambda p: torch.as_tensor(p).float().reshape(3, *p.shape[:2]).flip(0) / 127.5 - 1, "does not mend"),
    (lambda p: prepared(p).flip(0), "in the wrong order"),
    (lambda p: (prepared(p) + 1) / 2, "run from 0 to 1"),
    (lambda p: (prepared(p) + 1) * 127.5, "still bytes"),
    (lambda p: prepared(p)[None], "batch of one"),
    (lambda p: prepared(p).transpose(1, 2), "not (3, 8, 6)"),
    (lambda p: prepared(p).transpose(1, 2).reshape(3, *p.shape[:2]), "not the picture's"),
    (lambda p: prepared(p).transpose(1, 2) if p.shape[0] == p.shape[1] else prepared(p), "changed places"),
    (lambda p: prepared(p).flip(1, 2), "turned around"),
    (lambda p: (prepared(p) - 0.45) / 0.22, "its values run from"),
    (lambda p: "picture", "a tensor is expected"),
])  # fmt: skip


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
