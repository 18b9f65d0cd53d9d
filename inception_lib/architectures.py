"""The papers' tables, in the vocabulary of `spec`. No torch.

A row of a table here is a row of the table in the paper, in the same order; the last number is
the width that the paper prints for the row, and it is checked against the sum of the branches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .spec import (
    BATCH_NORM,
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Branches,
    Chain,
    Conv,
    Defaults,
    Head,
    MaxPool,
    Network,
    Node,
    suggest,
)


# Blocks ---------------------------------------------------------------------------------------
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


# GoogLeNet: arXiv 1409.4842, table 1 ------------------------------------------------------------
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


def _pool(kernel_size: int = 3) -> MaxPool:
    """The pooling that halves a grid. Ceil mode takes 112 to 56, 56 to 28, … without padding."""
    return MaxPool(kernel_size, 2, "valid", ceil_mode=True)


def _around_blocks(blocks: dict[str, Node], *, lrn: bool, last_pool: int = 3) -> dict[str, Node]:
    """GoogLeNet's stem and its poolings around nine blocks."""
    stages = {"conv1": Conv(64, 7, 2), "pool1": _pool(), "lrn1": LRN()}
    stages |= {"conv2_reduce": Conv(64), "conv2": Conv(192, 3), "lrn2": LRN(), "pool2": _pool()}
    for name, block in blocks.items():
        if name in ("4a", "5a"):
            stages["pool3" if name == "4a" else "pool4"] = _pool(3 if name == "4a" else last_pool)
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
        _around_blocks(blocks, lrn=True),
        Head(dropout=0.4),
        aux=_googlenet_aux(),
        title="GoogLeNet",
        source="arXiv 1409.4842, table 1",
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
        _around_blocks(blocks, lrn=False, last_pool=2),
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
        _around_blocks(blocks, lrn=True),
        Head(dropout=0.4),
        defaults=Defaults(bias=False),
        title="Naive blocks, stacked",
        source="the block of arXiv 1409.4842, figure 2(a), in the widths of its table 1",
    )


# Published listings, from a description of each -------------------------------------------------
def listing_a() -> Network:
    """A tutorial's small Keras classifier for 128×128 images, with one reduced block."""
    block = reduced_block(32, 64, 128, 16, 32, 32, 224)
    return Network(
        "listing_a",
        {"conv": Conv(32, 3), "block": block},
        Head(classes=10),
        input_size=128,
        title="Listing A",
        source="a tutorial's listing (Keras)",
    )


def listing_c1() -> Branches:
    """A tutorial's reduced block (PyTorch) for images of three channels."""
    return reduced_block(64, 32, 64, 64, 96, 32, 256)


# What the papers print ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Printed:
    """A number as a paper prints it, for holding against the computed one.

    Attributes:
        network, stage: which network of `list_models`, and which of its stages.
        quantity: "params" or "macs".
        value: the printed number, in whole parameters or MACs.
        unit: to what the paper rounds.
        source: paper, version and place.
    """

    network: str
    stage: str
    quantity: str
    value: int
    unit: int
    source: str


# GoogLeNet's table 1, columns "params" (in K) and "ops" (in M). K there is 1024 and "ops" are MACs.
_TABLE_1 = {
    "conv1": (2.7, 34),
    "conv2": (112, 360),  # the row holds the 1×1 before it, too
    "3a": (159, 128),
    "3b": (380, 304),
    "4a": (364, 73),
    "4b": (437, 88),
    "4c": (463, 100),
    "4d": (580, 119),
    "4e": (840, 170),
    "5a": (1072, 54),
    "5b": (1388, 71),
    "fc": (1000, 1),
}
PRINTED = tuple(
    Printed("googlenet", stage, quantity, round(value * unit), unit, "arXiv 1409.4842, table 1")
    for stage, row in _TABLE_1.items()
    for quantity, value, unit in (("params", row[0], 1024), ("macs", row[1], 10**6))
)


# The registry -----------------------------------------------------------------------------------
_NETWORKS = {
    make.__name__: make
    for make in (naive_googlenet, googlenet, googlenet_bn, googlenet_torchvision)
}


def list_models(*, by_year: bool = False) -> list[str]:
    """The names that `create_model`, `architecture`, `cost` and `draw` know.

    Args:
        by_year: in the order in which the networks came to be, instead of the alphabet's.
    """
    return list(_NETWORKS) if by_year else sorted(_NETWORKS)


def architecture(
    name: str,
    *,
    num_classes: int = 1000,
    in_channels: int = 3,
    aux: bool = False,
    dropout: float | None = None,
) -> Network:
    """A network as data.

    Args:
        name: one of `list_models()`.
        num_classes: outputs of the classifier and of the auxiliary heads; 0 gives pooled features.
        in_channels: channels of the input image.
        aux: whether to keep the auxiliary heads, where the network has any.
        dropout: of the main head; None keeps the paper's.

    Returns:
        A `spec.Network`. `counting.cost` counts it, `create_model` runs it.

    Raises:
        KeyError: an unknown name; the message names the nearest.
        ValueError: a negative number of classes, no input channels, a dropout outside [0, 1),
            or `aux=True` for a network without auxiliary heads.
    """
    if name not in _NETWORKS:
        raise KeyError(suggest(name, list_models(), "model"))
    network = _NETWORKS[name]()
    if aux and not network.aux:
        having = ", ".join(n for n, make in _NETWORKS.items() if make().aux)
        raise ValueError(
            f"{name} has no auxiliary heads; use aux=False. Networks with them: {having}."
        )
    head = replace(
        network.head,
        classes=num_classes,
        dropout=network.head.dropout if dropout is None else dropout,
    )
    # Pooled features need no auxiliary classifiers, and a Head of 0 classes would not be one.
    keep = network.aux if aux and num_classes else ()
    heads = tuple((stage, replace(extra, classes=num_classes)) for stage, extra in keep)
    return replace(network, head=head, aux=heads, in_channels=in_channels)
