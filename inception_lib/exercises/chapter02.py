"""Checkers of chapter 2: the 1×1 reduction."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting import Row, cost
from ..spec import Branches
from . import called, exercise, is_block, is_function, pair_of_tensors, whole_number


@exercise("2.1")
def macs_of_a_branch(answer: object) -> str | None:
    """MACs of 3b's 5×5 branch: 256 → 32 → 96 on 28×28, the reduction included."""
    grid, reduce, five = 28 * 28, 256 * 32, 32 * 25 * 96
    right = grid * (reduce + five)
    return whole_number(
        answer,
        right,
        {
            2 * right: "That is the FLOPs. A MAC is one multiplication and one addition together.",
            reduce
            + five: "Those are the weights. Each is used once at every position of the grid.",
            reduce
            + five
            + 128: "Those are the parameters. A MAC count asks how often each is used.",
            right + 128 * grid: "Biases are additions, not MACs; leave them out.",
            grid * five: "That is the 5×5 alone. Its reduction is a convolution too.",
            grid * reduce: "That is the reduction alone. The 5×5 comes on top of it.",
            grid * 256 * 25 * 96: "That is the 5×5 on all 256 channels, without the reduction.",
            grid
            * (reduce + 256 * 25 * 96): "Behind the reduction the 5×5 reads 32 channels, not 256.",
            grid * (reduce + 32 * 5 * 96): "A 5×5 kernel has 25 weights for each channel, not 5.",
            grid * (reduce + 32 * 9 * 96): "The kernel is 5×5, not 3×3.",
            grid * reduce + 24 * 24 * five: "With padding 2 the 5×5 keeps the grid of 28×28.",
        },
    )


# (i, o, k): ordinary ones, one whose break-even is a whole number (24 of 25), and two without room.
_CONVOLUTIONS = (
    (192, 32, 5),
    (192, 128, 3),
    (3, 96, 5),
    (32, 128, 3),
    (50, 2, 5),
    (1, 1, 3),
    (1, 8, 1),
)


@exercise("2.2")
def largest_reduction(answer: object) -> str | None:
    """A function (i, o, k) -> the largest whole r whose reduction has fewer weights."""
    if wrong := is_function(answer):
        return wrong
    results = []
    for i, o, k in _CONVOLUTIONS:
        got, wrong = called(answer, i, o, k)
        if wrong:
            return wrong
        if isinstance(got, Tensor) and got.numel() == 1:
            got = got.item()
        if isinstance(got, bool) or not isinstance(got, int | float):
            return f"With i={i}, o={o}, k={k} it gives {got!r}; a whole number is expected."
        results.append(got)
    right = [(i * o * k * k - 1) // (i + o * k * k) for i, o, k in _CONVOLUTIONS]
    if results == right:
        return None
    slips = (
        (lambda i, o, k: i * o * k * k // (i + o * k * k), _TIE),
        (
            lambda i, o, k: -(-i * o * k * k // (i + o * k * k)),
            "It rounds up, to an r that does not pay.",
        ),
        (
            lambda i, o, k: (i * o * k - 1) // (i + o * k),
            "A k×k kernel has k·k weights for each channel.",
        ),
        (
            lambda i, o, k: (i * o * k * k - 1) // (i + o),
            "In the sum i + o·k² the kernel size is missing.",
        ),
    )
    for slip, why in slips:
        if results == [slip(*case) for case in _CONVOLUTIONS]:
            return why
    if any(float(got) != int(got) for got in results):
        return "Channels come whole: the break-even itself is seldom a whole number."
    n = next(n for n, (got, want) in enumerate(zip(results, right, strict=True)) if got != want)
    i, o, k = _CONVOLUTIONS[n]
    size = "small" if results[n] < right[n] else "large"
    return f"With i={i}, o={o}, k={k} it gives {results[n]:g}, which is too {size}."


_TIE = (
    "At the break-even itself both cost the same; fewer weights are asked for. Try i=50, o=2, k=5."
)


@exercise("2.3")
def repaired_block(answer: object) -> str | None:
    """Listing C1's widths from 3 channels, and no 1×1 that makes a branch cost more."""
    if wrong := is_block(answer):
        return wrong
    if not isinstance(answer, Branches):
        return "The branches stand side by side: use il.Branches."
    try:
        counted = cost(answer, (3, 64, 64))
    except ValueError as error:
        return f"It does not build: {error}"
    rows = counted.branches()
    if len(rows) != 4:
        return f"The block should have four branches; this one has {len(rows)}."
    for row, (widest, channels) in zip(rows, ((1, 64), (3, 64), (5, 96)), strict=False):
        if row.receptive_field != (widest, widest) or "pool" in row.op:
            return f"The branch {row.name!r} should be the {widest}×{widest}; it is: {row.op}."
        if wrong := _wrong_width(row, channels):
            return wrong
        # A single convolution of that size is what the branch would cost directly.
        direct = 3 * channels * widest**2
        weights = row.macs // (row.out_shape[1] * row.out_shape[2])
        if weights > direct:
            return (
                f"The branch {row.name!r} has {weights:,} weights; "
                f"without a reduction it would have {direct:,}."
            )
    if not rows[3].op.startswith("max pool 3×3"):
        return f"The last branch should begin with max pooling, 3×3; it is: {rows[3].op}."
    if wrong := _wrong_width(rows[3], 32):
        return wrong
    if rows[3].params != 3 * 32 + 32:
        return f"The last branch should be max pooling and one 1×1; it is: {rows[3].op}."
    return None


@exercise("2.4")
def pool_and_project(answer: object) -> str | None:
    """(x, weight): max pooling then the 1×1, and the 1×1 then max pooling, differ on it."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "Give two things: (x, weight)."
    if all(part is None or part is ... for part in answer):
        raise NotImplementedError
    for name, part, want in zip(
        ("x", "weight"), answer, ("(1, c, H, W)", "(o, c, 1, 1)"), strict=True
    ):
        if not isinstance(part, Tensor):
            return f"{name} is a {type(part).__name__}; a tensor of shape {want} is expected."
        if part.ndim != 4:
            return f"{name} has the shape {tuple(part.shape)}; {want} is expected."
    x, weight = (part.detach().double() for part in answer)
    if weight.shape[2:] != (1, 1):
        return f"weight is {weight.shape[2]}×{weight.shape[3]}; a 1×1 convolution is asked for."
    if weight.shape[1] != x.shape[1]:
        return f"weight reads {weight.shape[1]} channels; x has {x.shape[1]}."
    pool = {"kernel_size": 3, "stride": 1, "padding": 1}
    first = F.conv2d(F.max_pool2d(x, **pool), weight)
    last = F.max_pool2d(F.conv2d(x, weight), **pool)
    if not torch.isfinite(first).all() or not torch.isfinite(last).all():
        return "x and weight should be finite numbers."
    if not torch.allclose(first, last):
        return None
    if x.shape[1] == 1 and (weight >= 0).all():
        return (
            "Both orders give the same. With one channel, a weight of 0 or more leaves "
            "the largest value the largest."
        )
    if (x == x[..., :1, :1]).all():
        return "Both orders give the same: each channel of x is constant, so pooling does nothing."
    return (
        "Both orders give the same. Which weight makes the largest value not the largest any more?"
    )


@exercise("2.5")
def split(answer: object) -> str | None:
    """A function (kernel, r) -> (reduce, expand): the best pair of 1×1 and k×k."""
    if wrong := is_function(answer):
        return wrong
    for seed, (o, i, k, r) in enumerate(((6, 5, 3, 2), (4, 7, 5, 3), (2, 6, 1, 1))):
        kernel = torch.randn(o, i, k, k, generator=torch.Generator().manual_seed(seed))
        pair, wrong = called(answer, kernel.clone(), r)
        if wrong:
            return wrong
        call = f"With a kernel of {tuple(kernel.shape)} and r={r}"
        shapes = {"reduce": (r, i, 1, 1), "expand": (o, r, k, k)}
        if wrong := pair_of_tensors(pair, shapes, call):
            return wrong
        if wrong := _not_the_best(kernel, *pair, call):
            return wrong
    return None


def _not_the_best(kernel: Tensor, reduce: Tensor, expand: Tensor, call: str) -> str | None:
    r = len(reduce)
    joined = torch.einsum("orhw,ri->oihw", expand.double(), reduce[:, :, 0, 0].double())
    lost = (joined - kernel).square().sum() / kernel.double().square().sum()
    by_channel = kernel.double().transpose(0, 1).flatten(1)
    values = torch.linalg.svdvals(by_channel).square()
    best = values[r:].sum() / values.sum()
    if torch.isfinite(lost) and lost <= best + 1e-4:
        return None
    if lost > 1:
        return f"{call}, the pair is further from the kernel than zeros would be."
    return (
        f"{call}, the pair loses {lost:.1%} of the kernel's squared weights; "
        f"the best pair loses {best:.1%}."
    )


def _wrong_width(row: Row, channels: int) -> str | None:
    if row.out_shape[0] == channels:
        return None
    out = row.out_shape[0]
    return f"The branch {row.name!r} should put out {channels} channels; it puts out {out}."
