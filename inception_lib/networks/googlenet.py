"""GoogLeNet and its kin, from the table of arXiv 1409.4842. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..spec import (
    BATCH_NORM,
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Chain,
    Conv,
    Defaults,
    Head,
    MaxPool,
    Network,
    Node,
)
from .blocks import naive_block, reduced_block

#        #1×1  #3×3 reduce  #3×3  #5×5 reduce  #5×5  pool proj  output
GOOGLENET = {
    "3a": (64, 96, 128, 16, 32, 32, 256),
    "3b": (128, 128, 192, 32, 96, 64, 480),
    "4a": (192, 96, 208, 16, 48, 64, 512),
    "4b": (160, 112, 224, 24, 64, 64, 512),
    "4c": (128, 128, 256, 24, 64, 64, 512),
    "4d": (112, 144, 288, 32, 64, 64, 528),
    "4e": (256, 160, 320, 32, 128, 128, 832),
    "5a": (256, 160, 320, 32, 128, 128, 832),
    "5b": (384, 192, 384, 48, 128, 128, 1024),
}
"""GoogLeNet's blocks, by stage: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool proj, output.

Source: arXiv 1409.4842, table 1.
"""


GOOGLENET_2014 = GOOGLENET | {
    "4a": (192, 96, 204, 16, 48, 64, 508),
    "5a": (256, 160, 320, 48, 128, 128, 832),
}
"""The widths that Google released in 2014: table 1 but for a 3×3 of 4a and a reduction of 5a."""


def ceil_pool(kernel_size: int = 3) -> MaxPool:
    """The pooling that halves a grid. Ceil mode takes 112 to 56, 56 to 28, … without padding."""
    return MaxPool(kernel_size, 2, "valid", ceil_mode=True)


def around_blocks(blocks: Mapping[str, Node], *, lrn: bool, last_pool: int = 3) -> dict[str, Node]:
    """GoogLeNet's stem and its poolings around nine blocks."""
    stages: dict[str, Node] = {"conv1": Conv(64, 7, 2), "pool1": ceil_pool(), "lrn1": LRN()}
    stages |= {"conv2_reduce": Conv(64), "conv2": Conv(192, 3), "lrn2": LRN(), "pool2": ceil_pool()}
    for name, block in blocks.items():
        if name in ("4a", "5a"):
            stages["pool3" if name == "4a" else "pool4"] = ceil_pool(
                3 if name == "4a" else last_pool
            )
        stages[name] = block
    return {name: node for name, node in stages.items() if lrn or not isinstance(node, LRN)}


def _googlenet_aux(dropout: float = 0.7) -> dict[str, Head]:
    head = Head(pool=Chain((AvgPool(5, 3, "valid"), Conv(128))), hidden=(1024,), dropout=dropout)
    return {"4a": head, "4d": head}


def googlenet() -> Network:
    """GoogLeNet as the paper's table has it: 5×5, LRN, biases, 3×3/2 poolings."""
    blocks = {name: reduced_block(*row) for name, row in GOOGLENET.items()}
    return Network(
        "googlenet",
        around_blocks(blocks, lrn=True),
        Head(dropout=0.4),
        aux=_googlenet_aux(),
        title="GoogLeNet",
        source="arXiv 1409.4842, table 1",
    )


def googlenet_2014() -> Network:
    """The trained GoogLeNet that Google released in 2014, "inception5h": DeepDream's and Lucid's.

    Two widths differ from the printed table, and with them all nine of its printed operation counts
    come out right. It has 1008 outputs, reads bytes minus 117, and pads as TensorFlow does. Where
    TensorFlow's LRN has a radius r and an alpha, torch's has a window 2r + 1 and the alpha times
    that window.

    The widths and names are those of two ports to PyTorch; the graph itself was not read. Both have
    an LRN window of 9, alpha 1e-4, beta 0.5 and k 1, a third port k 2 and a window of 10.
    """
    lrn = LRN(9, alpha=9e-4, beta=0.5, k=1.0)
    stages: dict[str, Node] = {}
    for name, node in googlenet().stages:
        if name in GOOGLENET_2014:
            stages[name] = reduced_block(*GOOGLENET_2014[name])
        elif isinstance(node, MaxPool):
            stages[name] = MaxPool(node.kernel_size, node.stride, "tf_same")
        else:
            stages[name] = replace(node, padding="tf_same") if isinstance(node, Conv) else lrn
    return replace(
        googlenet(),
        name="googlenet_2014",
        stages=tuple(stages.items()),
        head=Head(dropout=0.4, classes=1008),
        title="GoogLeNet as released",
        source="arXiv 1409.4842, table 1, in the widths of the graph that Google released (inception5h)",
    )


def googlenet_bn() -> Network:
    """GoogLeNet's table with batch normalization in place of LRN and biases."""
    plain = googlenet()
    return replace(
        plain,
        name="googlenet_bn",
        stages=tuple((name, node) for name, node in plain.stages if not isinstance(node, LRN)),
        defaults=BATCH_NORM,
        title="GoogLeNet + BN",
        source="arXiv 1409.4842, table 1, with the layer of arXiv 1502.03167",
    )


def googlenet_torchvision() -> Network:
    """What TF-slim and torchvision built: a 3×3 in the "5×5" branch, BN, a last pooling of 2×2."""
    blocks = {name: reduced_block(*row, five=3) for name, row in GOOGLENET.items()}
    aux = Head(pool=Chain((AdaptiveAvgPool(4), Conv(128))), hidden=(1024,), dropout=0.7)
    return Network(
        "googlenet_torchvision",
        around_blocks(blocks, lrn=False, last_pool=2),
        Head(dropout=0.2),
        aux={"4a": aux, "4d": aux},
        defaults=BATCH_NORM,
        title="GoogLeNet in torchvision",
        source="torchvision.models.googlenet",
    )


def naive_googlenet() -> Network:
    """Nine naive blocks with GoogLeNet's widths. Nobody trained this: it shows the blow-up.

    Its convolutions have no biases (97,520,936 parameters); with them it would be 5,072 more.
    """
    blocks = {name: naive_block(row[0], row[2], row[4]) for name, row in GOOGLENET.items()}
    return Network(
        "naive_googlenet",
        around_blocks(blocks, lrn=True),
        Head(dropout=0.4),
        defaults=Defaults(bias=False),
        title="Naive blocks, stacked",
        source="the block of arXiv 1409.4842, figure 2(a), in the widths of its table 1",
    )
