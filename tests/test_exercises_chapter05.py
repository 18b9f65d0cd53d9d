"""Checkers of chapter 5: right answers of several kinds, wrong ones with their message."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from inception_lib import AvgPool, Branches, Conv, MaxPool, build, cost, reduced_block
from inception_lib.exercises.chapter05 import _border
from inception_lib.networks.registry import architecture
from tests.exercises import answers

# ---- 5.1 ----
ONES, SINGLE, DOUBLE = 491_520, 286_720, 516_096
WEIGHTS = ONES + SINGLE + DOUBLE


def test_the_number_is_that_of_the_package():
    counted = cost(architecture("inception_v3"))["B1"]
    assert counted.macs == 17 * 17 * WEIGHTS
    assert counted.params - WEIGHTS == 3_072


test_weights = answers("5.1", [WEIGHTS], [
    (WEIGHTS + 3_072, "scales and shifts"),
    (WEIGHTS + 1_536, "Biases"),
    (289 * WEIGHTS, "MACs"),
    (578 * WEIGHTS, "FLOPs"),
    (ONES + 49 * (128 * 192 + 128 * 128 + 128 * 192), "full 7×7"),
    (768 * (640 + 7 * (128 + 192 + 3 * 128 + 192)), "first layer of a branch"),
    (SINGLE + DOUBLE, "1×1 are missing"),
    (ONES + SINGLE, "is missing"),
    (ONES + DOUBLE, "is missing"),
    (ONES + 2 * SINGLE, "four long kernels"),
    (WEIGHTS - 768 * 192, "pooling branch"),
])  # fmt: skip


# ---- 5.2 ----
def joined(A, B):
    return torch.einsum("omhw,mi->oihw", B, A[:, :, 0, 0])


def by_a_picture(A, a, B, b):
    """The bias is what the two layers make of zeros, in the middle."""
    zeros = F.conv2d(torch.zeros(1, A.shape[1], 3, 3), A, a)
    return joined(A, B), F.conv2d(zeros, B, b).flatten()


def by_sums(A, a, B, b):
    return [joined(A, B).numpy(), (b + B.sum((2, 3)) @ a).numpy()]


test_merge = answers("5.2", [by_a_picture, by_sums], [
    (lambda A, a, B, b: (joined(A, B), b), "that of the 3×3 alone"),
    (lambda A, a, B, b: (joined(A, B), B.sum((2, 3)) @ a), "a bias of its own"),
    (lambda A, a, B, b: (joined(A, B), b + B[:, :, 1, 1] @ a), "not the only place"),
    (lambda A, a, B, b: (joined(A, B), b + B.mean((2, 3)) @ a), "not their mean"),
    (lambda A, a, B, b: (joined(A, B), b + a.sum()), "weighs each of its channels"),
    (lambda A, a, B, b: (joined(A, B), b + 1), "Follow a picture of zeros"),
    (lambda A, a, B, b: (joined(A, B).flip(2, 3), b), "the kernel is not that of the two layers"),
    (lambda A, a, B, b: (joined(A, B), b[:1]), "bias has the shape"),
    (lambda A, a, B, b: (joined(A, B), a[:1].expand(len(b))), "Follow a picture of zeros"),
    (lambda A, a, B, b: joined(A, B), "two tensors are expected"),
    (lambda A, a, B, b: (1, 2), "a tensor is expected"),
])  # fmt: skip


# ---- 5.3 ----
@pytest.mark.parametrize("stack", [(3, 3), (3, 3, 3), (5, 3), (3, 5), (1, 3, 3), (3, 1), (7, 3, 5)])
def test_the_border_is_as_wide_as_the_checker_says(stack):
    """Measured: one large kernel against the stack, all with zeros as padding."""
    gen = torch.Generator().manual_seed(0)
    size = 24
    x = torch.randn(1, 1, size, size, generator=gen, dtype=torch.float64)
    whole = torch.ones(1, 1, 1, 1, dtype=torch.float64)
    y = x
    for k in stack:
        kernel = torch.randn(1, 1, k, k, generator=gen, dtype=torch.float64)
        y = F.conv2d(y, kernel, padding=k // 2)
        whole = F.conv2d(whole, kernel.flip(2, 3), padding=k - 1)
    one = F.conv2d(x, whole, padding=sum(k // 2 for k in stack))
    wrong = (one - y).abs()[0, 0] > 1e-9
    width = 0
    while wrong[width : size - width, width : size - width].any():
        width += 1
    assert width == _border(stack)


def in_words(kernels):
    width, started = 0, False
    for k in kernels:
        width += k // 2 if started else 0
        started = started or k > 1
    return width


def by_taking(kernels):
    """Empties the list that it is given."""
    while kernels and kernels[0] == 1:
        kernels.pop(0)
    kernels and kernels.pop(0)
    return sum(k // 2 for k in kernels)


test_border = answers("5.3", [
    in_words, lambda ks: torch.tensor(in_words(ks)), lambda ks: np.int64(in_words(ks)), by_taking,
], [
    (lambda ks: sum(k // 2 for k in ks), "padding of the one large kernel"),
    (lambda ks: len(ks) - 1, "counts layers"),
    (lambda ks: sum(k // 2 for k in ks[:-1]), "those before, or those after it"),
    (lambda ks: sum(k // 2 for k in ks[1:]), "After a 1×1 alone"),
    (lambda ks: 2 * in_words(ks), "both sides"),
    (lambda ks: sum(k - 1 for k in ks) + 1, "the size of the one large kernel"),
    (lambda ks: sum(k - 1 for k in ks[1:]), "both sides"),
    (lambda ks: sum(k / 2 for k in ks), "Positions come whole"),
    (lambda ks: 0, "With sizes=[3, 3] it gives 0, which is too small"),
    (lambda ks: 9, "too large"),
    (lambda ks: ks, "a whole number is expected"),
    (lambda ks: "one", "a whole number is expected"),
])  # fmt: skip


# ---- 5.4 ----
def best(kernel, m, turned=False):
    o, i, n, _ = kernel.shape
    order = (0, 2, 1, 3) if turned else (0, 3, 1, 2)
    U, S, Vh = torch.linalg.svd(
        kernel.permute(order).reshape(o * n, i * n).double(), full_matrices=False
    )
    wide = (U[:, :m] * S[:m]).reshape(o, n, m).transpose(1, 2)[:, :, None]
    tall = Vh[:m].reshape(m, i, n)[..., None]
    return tall, wide


def balanced(kernel, m):
    tall, wide = best(kernel, m)
    return (3 * tall).float(), (wide / 3).float()


def in_numpy(kernel, m):
    return [part.numpy() for part in best(kernel, m)]


test_split = answers("5.4", [best, balanced, in_numpy], [
    (lambda w, m: best(w, m, turned=True), "Turned by 90°"),
    (lambda w, m: best(w, m)[::-1], "tall has the shape"),
    (lambda w, m: [10 * part for part in best(w, m)], "further from the kernel"),
    (lambda w, m: [torch.zeros_like(part) for part in best(w, m)], "the pair loses 100.0%"),
    (lambda w, m: best(w, m)[0], "two tensors are expected"),
    (lambda w, m: [part / 0 for part in best(w, m)], "not all values of tall are finite"),
    (lambda w, m: (1, 2), "a tensor is expected"),
])  # fmt: skip


# ---- 5.5 ----
def halving(reduce, width=256, pool=None):
    return Branches({"3x3": [Conv(reduce), Conv(width, 3, 2)], "pool": pool or MaxPool(3, 2)})


test_halving = answers("5.5", [
    halving(64), halving(80), halving(64, pool=AvgPool(3, 2)), [halving(64)],
    Branches({"all": halving(64)}),
    Branches({"3x3": Conv(256, 3, 2, groups=2), "pool": MaxPool(3, 2)}),
    [Branches({"max": MaxPool(3, 2), "mean": AvgPool(3, 2)}), Conv(512)],
    Branches({"3x3": [Conv(32), Conv(128, 3, 2)], "double3x3": [Conv(32), Conv(32, 3), Conv(128, 3, 2)], "pool": MaxPool(3, 2)}),
], [
    (halving(32), "At its narrowest it holds 75,264"),
    (Branches({"3x3": Conv(256, 3, 2), "pool": MaxPool(3, 2)}), "It needs 115,605,504 MACs"),
    (Branches({"a": [MaxPool(3, 2), Conv(512)]}), "narrowest it holds 50,176"),
    (Branches({"a": [Conv(512), MaxPool(3, 2)]}), "It needs 102,760,448 MACs"),
    (halving(64, 200), "It outputs 456×14×14"),
    (halving(64, pool=MaxPool(3)), "It does not build"),
    (reduced_block(64, 96, 128, 16, 32, 32), "It outputs 256×28×28"),
    (build(halving(64), 256), "the answer is a module"),
    (Conv(512, 1, 2), "The conv 1×1/2 steps over positions"),
    (Branches({"1x1": Conv(256, 1, 2), "pool": MaxPool(3, 2)}), "steps over positions"),
    ([Conv(512, (3, 1), 2)], "steps over positions"),
    (Branches({"a": MaxPool(3, 2), "b": MaxPool(3, 2)}), "narrowest it holds 50,176"),
    (Branches({"a": MaxPool(3, 2), "b": AvgPool(3, 2)}), "Only 0 of its channels"),
    (Conv(512, 3, 2), "It needs 231,211,008 MACs"),
    ([Conv(512), Conv(512)], "It outputs 512×28×28"),
    (dict(halving(64).branches), "il.Branches(…) makes a block of it"),
    (512, "asks for a block"),
])  # fmt: skip
