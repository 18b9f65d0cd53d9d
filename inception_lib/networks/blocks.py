"""The blocks that the papers draw, each a function of its widths, in the vocabulary of `spec`.

Arguments come in the order of the paper's table where it has one, so that a row of a table is the
arguments of a block. A name means the same in every block: "7x7" is also a 1×7 and a 7×1. No torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..spec import AvgPool, Branches, Chain, Conv, MaxPool, Node, Residual

AVERAGE = AvgPool(3)  # zeros of the padding do not count


def naive_block(c1: int, c3: int, c5: int, out: int | None = None) -> Branches:
    """The naive Inception block: 1×1, 3×3, 5×5 and max pooling side by side.

    Args:
        c1, c3, c5: output channels of the three convolutions; pooling passes its input through.
        out: the sum that a table prints, to be checked.

    Source: arXiv 1409.4842, figure 2(a).
    """
    return Branches(
        {"1x1": Conv(c1), "3x3": Conv(c3, 3), "5x5": Conv(c5, 5), "pool": MaxPool(3)},
        out_channels=out,
    )


def reduced_block(
    c1: int,
    r3: int,
    c3: int,
    r5: int,
    c5: int,
    pool_proj: int,
    out: int | None = None,
    *,
    five: int = 5,
) -> Branches:
    """The Inception block with 1×1 reductions, in the order of the paper's table.

    Args:
        c1: channels of the 1×1 branch ("#1×1").
        r3, c3: the 1×1 before the 3×3 ("#3×3 reduce"), and the 3×3.
        r5, c5: the 1×1 before the 5×5 ("#5×5 reduce"), and the 5×5.
        pool_proj: the 1×1 after the pooling ("pool proj").
        out: the sum that the table prints, to be checked.
        five: kernel of the "5×5" branch; 3 in the networks that TF-slim and torchvision built.

    Source: arXiv 1409.4842, figure 2(b) and table 1.
    """
    return Branches(
        {
            "1x1": Conv(c1),
            "3x3": [Conv(r3), Conv(c3, 3)],
            "5x5": [Conv(r5), Conv(c5, five)],
            "pool": [MaxPool(3), Conv(pool_proj)],
        },
        out_channels=out,
    )


def two_3x3_block(
    c1: int,
    r3: int,
    c3: int,
    rd: int,
    cd: int,
    pool_proj: int,
    out: int | None = None,
    *,
    middle: int = 3,
    stride: int = 1,
    pool: Node = AVERAGE,
) -> Branches:
    """The block with two 3×3 in place of the 5×5, in the order of BN-Inception's table.

    Args:
        c1: channels of the 1×1 branch; 0 leaves it out, as the table does where the grid halves.
        r3, c3: the 1×1 before the 3×3, and the 3×3.
        rd, cd: the 1×1 before the double 3×3, and each of its two 3×3.
        pool_proj: the 1×1 after the pooling; 0 passes the pooled input through.
        out: the sum that the table prints, to be checked.
        middle: kernel of the second branch; the released Inception-v3 kept a 5×5 there.
        stride: of each branch's last window.
        pool: the pooling.

    Source: arXiv 1502.03167, figure 5; arXiv 1512.00567, figure 5; arXiv 1602.07261, figure 4.
    """
    name = f"{middle}x{middle}"
    double = [Conv(rd), Conv(cd, 3), Conv(cd, 3, stride)]
    branches: dict[str, Node | Sequence[Node]] = {"1x1": Conv(c1)} if c1 else {}
    branches |= {name: [Conv(r3), Conv(c3, middle, stride)], "double3x3": double}
    branches["pool"] = [pool, Conv(pool_proj)] if pool_proj else pool
    return Branches(branches, out_channels=out)


def factorized(n: int, *widths: int, tall_first: bool = False) -> Chain:
    """An n×n convolution as 1×n and n×1 in turn, one for each width.

    Args:
        n: the longer side; odd.
        widths: output channels of each convolution.
        tall_first: begin with n×1.

    Source: arXiv 1512.00567, section 3.2 and figure 3.
    """
    return Chain(
        tuple(Conv(c, (n, 1) if i % 2 != tall_first else (1, n)) for i, c in enumerate(widths))
    )


def asymmetric_block(
    c1: int,
    single: Sequence[int],
    double: Sequence[int],
    pool_proj: int,
    out: int | None = None,
    *,
    n: int = 7,
    pool: Node = AVERAGE,
) -> Branches:
    """The block whose n×n convolutions are chains of 1×n and n×1.

    Args:
        c1: channels of the 1×1 branch.
        single: channels of the branch with one n×n: 1×1, 1×n, n×1.
        double: channels of the branch with two: 1×1, n×1, 1×n, n×1, 1×n.
        pool_proj: the 1×1 after the pooling.
        out: the sum that the paper prints, to be checked.
        n: 7 in the papers, on grids of 12 to 20.
        pool: the pooling.

    Source: arXiv 1512.00567, figure 6; arXiv 1602.07261, figure 5.
    """
    return Branches(
        {
            "1x1": Conv(c1),
            f"{n}x{n}": [Conv(single[0]), factorized(n, *single[1:])],
            f"double{n}x{n}": [Conv(double[0]), factorized(n, *double[1:], tall_first=True)],
            "pool": [pool, Conv(pool_proj)],
        },
        out_channels=out,
    )


def fan_out(channels: int) -> Branches:
    """A 1×3 and a 3×1 that read the same map, side by side.

    Args:
        channels: output channels of each.

    Source: arXiv 1512.00567, figure 7.
    """
    return Branches({"1x3": Conv(channels, (1, 3)), "3x1": Conv(channels, (3, 1))})


def expanded_block(
    c1: int,
    r3: int,
    double: Node | Sequence[Node],
    split: int,
    pool_proj: int,
    out: int | None = None,
    *,
    fan: Callable[[int], Node] = fan_out,
    pool: Node = AVERAGE,
) -> Branches:
    """The block of the smallest grid: branches that end in a 1×3 and a 3×1 side by side.

    Args:
        c1: channels of the 1×1 branch.
        r3: the 1×1 of the branch that fans out at once.
        double: what comes before the fan-out of the longer branch.
        split: channels of each 1×3 and each 3×1.
        pool_proj: the 1×1 after the pooling.
        out: the sum that the paper prints, to be checked.
        fan: makes the end of both branches from `split`.
        pool: the pooling.

    Source: arXiv 1512.00567, figure 7; arXiv 1602.07261, figure 6.
    """
    return Branches(
        {
            "1x1": Conv(c1),
            "3x3_split": [Conv(r3), fan(split)],
            "double3x3_split": [double, fan(split)],
            "pool": [pool, Conv(pool_proj)],
        },
        out_channels=out,
    )


HALVE = MaxPool(3, 2, "valid")


def halving(out_channels: int) -> Conv:
    """A 3×3 convolution of stride 2 without padding."""
    return Conv(out_channels, 3, 2, "valid")


def grid_reduction(
    k: int,
    l: int,  # noqa: E741 - the paper's letter
    m: int,
    n: int,
    out: int | None = None,
    *,
    reduce: int = 0,
) -> Branches:
    """Convolutions of stride 2 beside a pooling of stride 2: half the grid, no bottleneck.

    Args:
        k, l, m: the longer branch: 1×1, 3×3, 3×3 of stride 2.
        n: the 3×3 of stride 2.
        out: the sum that the paper prints, to be checked.
        reduce: channels of a 1×1 before `n`, as figure 10 draws it; 0, as in every network, leaves it out.

    Source: arXiv 1512.00567, figure 10; arXiv 1602.07261, figure 7 and table 1 (k, l, m, n).
    """
    direct = [Conv(reduce), halving(n)] if reduce else halving(n)
    double = [Conv(k), Conv(l, 3), halving(m)]
    return Branches({"3x3": direct, "double3x3": double, "pool": HALVE}, out_channels=out)


def asymmetric_reduction(
    single: Sequence[int], seven: Sequence[int], out: int | None = None
) -> Branches:
    """The second reduction of Inception-v3 and v4.

    Args:
        single: 1×1, 3×3 of stride 2.
        seven: 1×1, 1×7, 7×1, 3×3 of stride 2.
        out: the sum that the paper prints, to be checked.

    Source: arXiv 1602.07261, figure 8.
    """
    return Branches(
        {
            "3x3": [Conv(single[0]), halving(single[1])],
            "7x7_3x3": [Conv(seven[0]), factorized(7, *seven[1:3]), halving(seven[3])],
            "pool": HALVE,
        },
        out_channels=out,
    )


def residual_reduction(
    first: Sequence[int], second: Sequence[int], double: Sequence[int], out: int | None = None
) -> Branches:
    """The second reduction of both Inception-ResNets.

    Args:
        first, second: 1×1, 3×3 of stride 2.
        double: 1×1, 3×3, 3×3 of stride 2.
        out: the sum that the paper prints, to be checked.

    Source: arXiv 1602.07261, figures 12 and 18.
    """
    return Branches(
        {
            "3x3": [Conv(first[0]), halving(first[1])],
            "3x3_2": [Conv(second[0]), halving(second[1])],
            "double3x3": [Conv(double[0]), Conv(double[1], 3), halving(double[2])],
            "pool": HALVE,
        },
        out_channels=out,
    )


def residual_block(
    branches: Mapping[str, Node | Sequence[Node]],
    channels: int,
    scale: float,
    act: str = "relu",
) -> Residual:
    """Branches, a linear 1×1 back to the width of the input, and the sum with the input.

    The 1×1 has a bias, no normalization and no activation.

    Args:
        branches: name -> node.
        channels: what the 1×1 outputs; the sum needs the channels of the block's input.
        scale: factor of the branches before the sum. 0.17, 0.10 and 0.20 are the released code's;
            the paper says between 0.1 and 0.3.
        act: after the sum, "relu" or "none".

    Source: arXiv 1602.07261, section 3.3 and figure 20.
    """
    back = Conv(channels, bias=True, norm="none", act="none")
    return Residual([Branches(branches), back], scale, act)


def residual_a(c1: int, single: Sequence[int], double: Sequence[int], channels: int) -> Residual:
    """The residual block of the 35×35 grid.

    Args:
        c1: channels of the 1×1 branch.
        single: 1×1, 3×3.
        double: 1×1, 3×3, 3×3.
        channels: width of the input and of the sum.

    Source: arXiv 1602.07261, figures 10 and 16.
    """
    branches: dict[str, Node | Sequence[Node]] = {
        "1x1": Conv(c1),
        "3x3": [Conv(single[0]), Conv(single[1], 3)],
        "double3x3": [Conv(double[0]), Conv(double[1], 3), Conv(double[2], 3)],
    }
    return residual_block(branches, channels, 0.17)


def residual_b(c1: int, seven: Sequence[int], channels: int) -> Residual:
    """The residual block of the 17×17 grid.

    Args:
        c1: channels of the 1×1 branch.
        seven: 1×1, 1×7, 7×1.
        channels: width of the input and of the sum.

    Source: arXiv 1602.07261, figures 11 and 17.
    """
    branches: dict[str, Node | Sequence[Node]] = {
        "1x1": Conv(c1),
        "7x7": [Conv(seven[0]), factorized(7, *seven[1:])],
    }
    return residual_block(branches, channels, 0.10)


def residual_c(
    c1: int, three: Sequence[int], channels: int, *, scale: float = 0.20, act: str = "relu"
) -> Residual:
    """The residual block of the 8×8 grid.

    Args:
        c1: channels of the 1×1 branch.
        three: 1×1, 1×3, 3×1.
        channels: width of the input and of the sum.
        scale, act: as in `residual_block`; the release's last block has 1.0 and "none".

    Source: arXiv 1602.07261, figures 13 and 19.
    """
    branches: dict[str, Node | Sequence[Node]] = {
        "1x1": Conv(c1),
        "3x3": [Conv(three[0]), factorized(3, *three[1:])],
    }
    return residual_block(branches, channels, scale, act)
