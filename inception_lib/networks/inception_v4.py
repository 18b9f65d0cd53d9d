"""Inception-v4, from the figures of arXiv 1602.07261. No torch."""

from __future__ import annotations

from collections.abc import Callable

from ..spec import BATCH_NORM, Branches, Conv, Head, Network, Node
from .blocks import (
    HALVE,
    asymmetric_block,
    asymmetric_reduction,
    expanded_block,
    factorized,
    grid_reduction,
    halving,
    two_3x3_block,
)
from .inception_v3 import v3_stem

INCEPTION_V4 = {
    #     1×1, 3×3, double 3×3, pool proj, output: figure 4
    "A": (4, (96, 64, 96, 64, 96, 96, 384)),
    "reduction_a": (192, 224, 256, 384, 1024),  # k, l, m, n of table 1
    #     1×1, 7×7, double 7×7, pool proj, output: figure 5
    "B": (7, (384, (192, 224, 256), (192, 192, 224, 224, 256), 128, 1024)),
    "reduction_b": ((192, 192), (256, 256, 320, 320), 1536),  # figure 8
    #     1×1, before the fan-outs, each of 1×3 and 3×1, pool proj, output: figure 6
    "C": (3, (256, 384, (Conv(384), factorized(3, 448, 512, tall_first=True)), 256, 256, 1536)),
}
"""Inception-v4: for each kind of block how many there are, and the widths; the reductions between.

Source: arXiv 1602.07261, figures 4 to 8.
"""


def v4_stem() -> dict[str, Node]:
    """The stem of Inception-v4, as stages: three convolutions, then three forks.

    Source: arXiv 1602.07261, figure 3; its last convolution lacks the mark of its stride.
    """
    one, valid = Conv(64), Conv(96, 3, padding="valid")
    stages = {name: node for name, node in v3_stem().items() if name in ("conv1", "conv2", "conv3")}
    return stages | {
        "stem1": Branches({"pool": HALVE, "3x3": halving(96)}, 160),
        "stem2": Branches(
            {"3x3": [one, valid], "7x7_3x3": [one, factorized(7, 64, 64), valid]}, 192
        ),
        "stem3": Branches({"3x3": halving(192), "pool": HALVE}, 384),
    }


def family_v4(
    name: str,
    stem: dict[str, Node],
    table: dict[str, tuple],
    make: dict[str, Callable[..., Node]],
    end: dict[str, Node] | None = None,
    *,
    title: str,
    source: str,
) -> Network:
    stages = dict(stem)
    for part, row in table.items():
        if part in "ABC":
            block = make[part](*row[1])
            stages |= {f"{part}{i + 1}": block for i in range(row[0])}
        else:
            stages[part] = make[part](*row)
    head = Head(dropout=0.2)  # table: keep 0.8
    return Network(
        name,
        stages | (end or {}),
        head,
        input_size=299,
        defaults=BATCH_NORM,
        title=title,
        source=source,
    )


def inception_v4() -> Network:
    """Inception-v4: no residuals; one regular stem and three kinds of blocks."""
    return family_v4(
        "inception_v4",
        v4_stem(),
        INCEPTION_V4,
        {
            "A": two_3x3_block,
            "reduction_a": grid_reduction,
            "B": asymmetric_block,
            "reduction_b": asymmetric_reduction,
            "C": expanded_block,
        },
        title="Inception-v4",
        source="arXiv 1602.07261, figures 3 to 9 and table 1",
    )
