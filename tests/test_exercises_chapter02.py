"""Checkers of chapter 2: right answers of several kinds, wrong ones with their message."""

import functools

import numpy as np
import torch

from inception_lib import listing_c1, naive_block, reduced_block
from inception_lib.create import build
from inception_lib.exercises import check
from inception_lib.spec import AvgPool, Branches, Conv, MaxPool
from tests.exercises import answers

GRID = 28 * 28
test_macs = answers("2.1", [66_633_728], [
    (2 * 66_633_728, "FLOPs"),
    (84_992, "weights"),
    (85_120, "parameters"),
    (28 * 84_992, "28 rows of 28 positions"),
    (66_633_728 + 128 * GRID, "Biases"),
    (GRID * 32 * 25 * 96, "5×5 alone"),
    (GRID * 256 * 32, "reduction alone"),
    (GRID * 256 * 25 * 96, "without the reduction"),
    (GRID * (256 * 32 + 256 * 25 * 96), "32 channels, not 256"),
    (GRID * (256 * 32 + 32 * 5 * 96), "25 weights"),
    (GRID * (256 * 32 + 32 * 9 * 96), "not 3×3"),
    (GRID * 256 * 32 + 24 * 24 * 32 * 25 * 96, "keeps the grid"),
])  # fmt: skip


# ---- 2.2 ----
def by_formula(i, o, k):
    return (i * o * k**2 - 1) // (i + o * k**2)


def by_candidates(i, o, k, start):
    r = start
    while (r + 1) * (i + o * k * k) < i * o * k * k:
        r += 1
    return r


def by_search(i, o, k):
    return max(r for r in range(i + 1) if r * i + r * o * k * k < i * o * k * k)


test_largest_reduction = answers("2.2", [
    by_formula, by_search, functools.partial(by_candidates, start=0),
    lambda i, o, k: torch.tensor(float(by_formula(i, o, k))),
    lambda i, o, k: np.int64(by_formula(i, o, k)),
    lambda i, o, k: np.ceil(i * o * k**2 / (i + o * k**2)) - 1,
], [
    (lambda i, o, k: i * o * k**2 // (i + o * k**2), "both cost the same"),
    (lambda i, o, k: -(-i * o * k**2 // (i + o * k**2)), "rounds up"),
    (lambda i, o, k: (i * o * k - 1) // (i + o * k), "k·k weights"),
    (lambda i, o, k: (i * o * k**2 - 1) // (i + o), "kernel size is missing"),
    (lambda i, o, k: i * o * k**2 / (i + o * k**2), "Channels come whole"),
    (lambda i, o, k: (i * o * k**2 - 1) // (o * k**2), "weights of its own"),
    (lambda i, o, k: (i * o * k**2 - 1) // (o + i * k**2), "are exchanged"),
    (lambda i, o, k: float("inf"), "it gives inf; a whole number is expected"),
    (lambda i, o, k: i, "With i=192, o=32, k=5 it gives 192, which is too large."),
    (lambda i, o, k: 0, "too small"),
    (lambda i, o, k: "some", "a whole number is expected"),
])  # fmt: skip


# ---- 2.3 ----
def repaired(**changed):
    parts = {
        "1x1": Conv(64), "3x3": Conv(64, 3), "5x5": Conv(96, 5), "pool": [MaxPool(3), Conv(32)],
    }  # fmt: skip
    return Branches(parts | changed)


test_repaired_block = answers("2.3", [
    repaired(), repaired(**{"5x5": [Conv(2), Conv(96, 5)]}),
    repaired(**{"3x3": [Conv(2), Conv(64, 3)], "5x5": [Conv(1), Conv(96, 5)]}),
    Branches({"a": Conv(64), "b": Conv(64, 3), "c": Conv(96, 5), "d": [MaxPool(), Conv(32)]}),
    Branches({"d": [[MaxPool()], Conv(32)], "c": [Conv(96, 5)], "a": Conv(64), "b": Conv(64, 3)}),
    [repaired()],
    Branches({"ones": Branches({"a": Conv(64), "b": [MaxPool(3), Conv(32)]}), "b": Conv(64, 3, bias=False), "c": Conv(96, 5)}),
], [
    (listing_c1(), "'3x3' has 18,528 weights; without a reduction it would have 1,728."),
    (reduced_block(64, 2, 64, 64, 96, 32), "'5x5' has 153,792 weights"),
    (reduced_block(64, 2, 64, 3, 96, 32), "'5x5' has 7,209 weights"),
    (naive_block(64, 64, 96), "'pool' should put out 32 channels; it puts out 3."),
    (repaired(**{"5x5": Conv(32, 5)}), "should put out 96 channels; it puts out 32."),
    (repaired(**{"5x5": Conv(96, 3)}), "'5x5' should be the 5×5 or the pooling; it is: conv 3×3"),
    (repaired(**{"5x5": [Conv(8, 3), Conv(96, 3)]}), "'5x5' should be the 5×5 or the pooling"),
    (repaired(pool=[Conv(32), MaxPool(3)]), "should begin with max pooling"),
    (repaired(pool=[AvgPool(3), Conv(32)]), "should begin with max pooling"),
    (repaired(pool=[MaxPool(3), Conv(32, act="none")]), "'pool' has no ReLU"),
    (repaired(**{"5x5": Conv(96, 5, groups=3)}), "'5x5' has 3 groups"),
    (Branches({n: [Conv(3, 1, 2), b] for n, b in repaired().branches}), "stride of 2×2"),
    (dict(repaired().branches), "makes a block of it"),
    (repaired(pool=[MaxPool(3), Conv(32), Conv(32)]), "one 1×1"),
    (repaired(pool=[MaxPool(3), Conv(32, 3)]), "one 1×1"),
    (Branches({"1x1": Conv(64), "3x3": Conv(64, 3)}), "this one has 2"),
    (repaired(**{"3x3": Conv(64, 3, 2)}), "It does not build"),
    (build(repaired(), 3), "the answer is a module"),
    (9216, "asks for a block"),
])  # fmt: skip


# ---- 2.4 ----
def lights(*places, channels=2, height=1.0):
    """A picture of 3×3 with one light in each channel, at these pixels."""
    x = torch.zeros(1, channels, 3, 3)
    for channel, (row, column) in enumerate(places):
        x[0, channel, row, column] = height
    return x


APART, ONES = lights((0, 0), (2, 1)), torch.ones(1, 2, 1, 1)
test_pool_and_project = answers("2.4", [
    (APART, ONES), [APART.double() / 4, torch.full((1, 2, 1, 1), 4.0, requires_grad=True)],
    (APART.numpy(), ONES.numpy()), (APART.tolist(), [[[[1]], [[1]]]]),
    (lights((0, 0), (1, 1), (2, 2), channels=3), torch.tensor([1, 0, 1.0]).view(1, 3, 1, 1)),
], [
    ((APART[:, :1], ONES[:, :1]), "leaves the largest value the largest"),
    ((APART * 0 + 1, ONES), "is constant"),
    ((lights((1, 2), (1, 2)), ONES), "both orders give 2. At which pixel"),
    ((APART, 2 * ONES), "4 with the pooling first, 2 with the 1×1 first. Asked for are 2 and 1."),
    ((APART[:, :1], -ONES[:, :1]), "weight holds -1; here no number may be below 0"),
    ((-APART, ONES), "x holds -1"),
    ((APART, torch.ones(1, 2, 3, 3)), "a 1×1 convolution is asked for"),
    ((APART, torch.ones(1, 1, 1, 1)), "reads 1 channels; x has 2"),
    ((APART, torch.ones(2, 2, 1, 1)), "puts out 2 channels; one is asked for"),
    ((torch.rand(1, 2, 4, 4), ONES), "x has the shape (1, 2, 4, 4); (1, c, 3, 3) is expected"),
    ((APART[0], ONES), "x has the shape (2, 3, 3)"),
    ((APART, 1.0), "weight is a float"),
    ((APART / 0, ONES), "finite"),
    (APART, "two things"),
])  # fmt: skip


def test_chance_does_not_pass_for_the_pool_and_the_projection():
    gen = torch.Generator().manual_seed(0)
    for _ in range(50):
        pair = torch.rand(1, 2, 3, 3, generator=gen), torch.rand(1, 2, 1, 1, generator=gen)
        assert not check("2.4", pair)


# ---- 2.5 ----
def by_svd(kernel, r):
    o, i, k, _ = kernel.shape
    u, s, v = torch.linalg.svd(kernel.transpose(0, 1).reshape(i, -1), full_matrices=False)
    reduce = u[:, :r].T.reshape(r, i, 1, 1)
    return reduce, (s[:r, None] * v[:r]).reshape(r, o, k, k).transpose(0, 1)


def by_eigenvectors(kernel, r):
    by_channel = kernel.double().transpose(0, 1).flatten(1)
    best = torch.linalg.eigh(by_channel @ by_channel.T)[1][:, -r:]
    return [best.T[:, :, None, None], torch.einsum("oihw,ir->orhw", kernel.double(), best)]


def first_channels(kernel, r):
    return torch.eye(kernel.shape[1])[:r, :, None, None], kernel[:, :r]


def unscaled(kernel, r):
    reduce, expand = by_svd(kernel, r)
    return reduce * 3, expand


def worst(kernel, r):
    by_channel = kernel.transpose(0, 1).flatten(1)
    last = torch.linalg.eigh(by_channel @ by_channel.T)[1][:, :r]
    return last.T[:, :, None, None], torch.einsum("oihw,ir->orhw", kernel, last)


def in_numpy(kernel, r):
    return [part.numpy() for part in by_svd(kernel.double(), r)]


test_split = answers("2.5", [by_svd, by_eigenvectors, in_numpy], [
    (first_channels, "the best pair loses"),
    (worst, "the 1×1 is not the best"),
    (lambda w, r: [0 * part for part in by_svd(w, r)], "the pair loses 100.0%"),
    (lambda w, r: [part / 0 for part in by_svd(w, r)], "not all values of reduce are finite"),
    (unscaled, "further from the kernel than zeros"),
    (lambda w, r: by_svd(w, r)[::-1], "reduce has the shape"),
    (lambda w, r: (by_svd(w, r)[0], w), "expand has the shape"),
    (lambda w, r: by_svd(w, r)[0], "two tensors"),
    (lambda w, r: (1, 2), "reduce is an int"),
    (lambda w, r: torch.linalg.svd(w.flatten(1))[3], "Calling it raised IndexError"),
])  # fmt: skip
