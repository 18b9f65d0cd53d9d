"""The Inception-ResNets, from the figures of arXiv 1602.07261 and the released code. No torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..spec import Conv, Network, Node
from .blocks import (
    HALVE,
    grid_reduction,
    halving,
    residual_a,
    residual_b,
    residual_c,
    residual_reduction,
    two_3x3_block,
)
from .inception_v3 import v3_stem
from .inception_v4 import family_v4, v4_stem

INCEPTION_RESNETS: dict[str, dict[str, tuple[Any, ...]]] = {
    "inception_resnet_v1": {  # figures 10 to 13
        "A": (5, (32, (32, 32), (32, 32, 32), 256)),  # 1×1, 3×3, double 3×3, back to
        "reduction_a": (192, 192, 256, 384, 896),
        "B": (10, (128, (128, 128, 128), 896)),  # 1×1, 7×7, back to
        "reduction_b": ((256, 384), (256, 256), (256, 256, 256), 1792),
        "C": (5, (192, (192, 192, 192), 1792)),  # 1×1, 3×3, back to
    },
    "inception_resnet_v2_paper": {  # figures 16 to 19; they print 1154 for 1152, 2048 for 2144
        "A": (5, (32, (32, 32), (32, 48, 64), 384)),
        "reduction_a": (256, 256, 384, 384, 1152),
        "B": (10, (192, (128, 160, 192), 1152)),
        "reduction_b": ((256, 384), (256, 288), (256, 288, 320), 2144),
        "C": (5, (192, (192, 224, 256), 2144)),
    },
    "inception_resnet_v2": {  # the release: twice as deep, on a stem of 320 channels
        "A": (10, (32, (32, 32), (32, 48, 64), 320)),
        "reduction_a": (256, 256, 384, 384, 1088),
        "B": (20, (192, (128, 160, 192), 1088)),
        "reduction_b": ((256, 384), (256, 288), (256, 288, 320), 2080),
        "C": (10, (192, (192, 224, 256), 2080)),
    },
}
"""The Inception-ResNets, by name: for each kind of block how many there are, and the widths.

Source: arXiv 1602.07261, figures 10 to 13 and 16 to 19, and the released code.
"""


def _inception_resnet(
    name: str, stem: dict[str, Node], end: dict[str, Node] | None = None, **about: str
) -> Network:
    make: dict[str, Callable[..., Node]] = {"A": residual_a, "B": residual_b, "C": residual_c}
    make |= {"reduction_a": grid_reduction, "reduction_b": residual_reduction}
    return family_v4(name, stem, INCEPTION_RESNETS[name], make, end, **about)


def inception_resnet_v1() -> Network:
    """Inception-ResNet-v1 as the paper's figures have it: 5, 10 and 5 residual blocks."""
    return _inception_resnet(
        "inception_resnet_v1",
        v3_stem() | {"conv6": halving(256)},
        title="Inception-ResNet-v1",
        source="arXiv 1602.07261, figures 10 to 15 and table 1",
    )


def inception_resnet_v2() -> Network:
    """Inception-ResNet-v2 as TF-slim released it and every port has it.

    Compared with the paper's figures: the stem of Inception-v3 and one Inception block, twice as many
    residual blocks, and a 1×1 to 1536 at the end.
    """
    block = two_3x3_block(96, 48, 64, 64, 96, 64, 320, middle=5)
    last = residual_c(*INCEPTION_RESNETS["inception_resnet_v2"]["C"][1], scale=1.0, act="none")
    return _inception_resnet(
        "inception_resnet_v2",
        v3_stem() | {"pool2": HALVE, "inception": block},
        {"C10": last, "conv6": Conv(1536)},
        title="Inception-ResNet-v2",
        source="TF-slim's inception_resnet_v2, after arXiv 1602.07261",
    )


def inception_resnet_v2_paper() -> Network:
    """Inception-ResNet-v2 as its figures have it, where they can be built; no library has it."""
    return _inception_resnet(
        "inception_resnet_v2_paper",
        v4_stem(),
        title="Inception-ResNet-v2 in print",
        source="arXiv 1602.07261, figures 3 and 15 to 19 and table 1, with 1152 and 2144",
    )
