"""Inception-v3, from the table of arXiv 1512.00567 and the released code. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..spec import BATCH_NORM, AdaptiveAvgPool, AvgPool, Conv, Head, MaxPool, Network, Node
from .blocks import (
    AVERAGE,
    HALVE,
    asymmetric_block,
    asymmetric_reduction,
    expanded_block,
    grid_reduction,
    two_3x3_block,
)

# The paper's authors name the released code as the reference: the 1×1 of 80 and the second pooling
# of the stem, and the 5×5 of the first blocks, are the code's and not the table's.
INCEPTION_V3: dict[str, tuple[Any, ...]] = {
    #      1×1  5×5       double 3×3  pool proj  output
    "A1": (64, 48, 64, 64, 96, 32, 256),
    "A2": (64, 48, 64, 64, 96, 64, 288),
    "A3": (64, 48, 64, 64, 96, 64, 288),
    "reduction_a": (64, 96, 96, 384, 768),  # k, l, m, n
    #      1×1  7×7              double 7×7                 pool proj
    "B1": (192, (128, 128, 192), (128, 128, 128, 128, 192), 192, 768),
    "B2": (192, (160, 160, 192), (160, 160, 160, 160, 192), 192, 768),
    "B3": (192, (160, 160, 192), (160, 160, 160, 160, 192), 192, 768),
    "B4": (192, (192, 192, 192), (192, 192, 192, 192, 192), 192, 768),
    "reduction_b": ((192, 320), (192, 192, 192, 192), 1280),
    #      1×1  before the first fan-out, before the second, each of 1×3 and 3×1, pool proj
    "C1": (320, 384, (Conv(448), Conv(384, 3)), 384, 192, 2048),
    "C2": (320, 384, (Conv(448), Conv(384, 3)), 384, 192, 2048),
}
"""Inception-v3's blocks, by stage; what the numbers are depends on the kind of block.

Source: arXiv 1512.00567, table 1, as released.
"""


def v3_stem() -> dict[str, Node]:
    """Six layers that take 299×299 to 71×71×192."""
    stages: dict[str, Node] = {
        "conv1": Conv(32, 3, 2, "valid"),
        "conv2": Conv(32, 3, padding="valid"),
    }
    stages |= {"conv3": Conv(64, 3), "pool1": HALVE}
    return stages | {"conv4": Conv(80), "conv5": Conv(192, 3, padding="valid")}


def inception_v3() -> Network:
    """Inception-v3 as TF-slim released it: zeros of the padding do not count in average pooling."""
    return _inception_v3("inception_v3", "Inception-v3", AVERAGE, 0.2)


def inception_v3_torchvision() -> Network:
    """Inception-v3 as torchvision and timm build it: zeros of the padding count in average pooling.

    With the same weights it gives what theirs gives (without `transform_input`); `inception_v3`
    does not.
    """
    counted = AvgPool(3, count_include_pad=True)
    return _inception_v3("inception_v3_torchvision", "Inception-v3 in torchvision", counted, 0.5)


def inception_v3_fid() -> Network:
    """The Inception-v3 that the Fréchet inception distance is measured with: its last block pools by the maximum.

    All else is `inception_v3`, with 1008 outputs. Its features are those of pytorch-fid's weights,
    which fit into `inception_v3` as well and give other features there.
    """
    plain = inception_v3()
    last = expanded_block(*INCEPTION_V3["C2"], pool=MaxPool(3))
    return replace(
        plain,
        name="inception_v3_fid",
        stages=tuple((dict(plain.stages) | {"C2": last}).items()),
        head=Head(dropout=0.2, classes=1008),
        title="Inception-v3 for FID",
        source="the graph of 2015-12-05, as mseitzer/pytorch-fid builds it",
    )


def _inception_v3(name: str, title: str, pool: AvgPool, dropout: float) -> Network:
    make: dict[str, Callable[..., Node]] = {
        "A": two_3x3_block,
        "B": asymmetric_block,
        "C": expanded_block,
    }
    stages = v3_stem() | {"pool2": HALVE}
    for stage, row in INCEPTION_V3.items():
        if stage == "reduction_a":
            stages[stage] = grid_reduction(*row)
        elif stage == "reduction_b":
            stages[stage] = asymmetric_reduction(*row)
        else:
            middle = {"middle": 5} if stage[0] == "A" else {}
            stages[stage] = make[stage[0]](*row, pool=pool, **middle)
    last = Conv(768, 5, padding="valid", weight_std=0.01)
    to_one: list[Node] = [AvgPool(5, 3, "valid"), Conv(128), last, AdaptiveAvgPool()]
    return Network(
        name,
        stages,
        Head(dropout=dropout),
        aux={"B4": Head(pool=to_one, weight_std=0.001)},
        input_size=299,
        # TF-slim's and torchvision's deviation; nowhere in print
        defaults=replace(BATCH_NORM, weight_std=0.1),
        title=title,
        source="arXiv 1512.00567, table 1 and figures 5 to 8, as released",
    )
