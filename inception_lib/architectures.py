"""The papers' tables, in the vocabulary of `spec`. No torch.

A row of a table here is a row of the table in the paper, in the same order; the last number is
the width that the paper prints for the row, and it is checked against the sum of the branches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .blocks import (
    AVERAGE,
    HALVE,
    asymmetric_block,
    asymmetric_reduction,
    expanded_block,
    factorized,
    grid_reduction,
    halving,
    naive_block,
    reduced_block,
    residual_a,
    residual_b,
    residual_c,
    residual_reduction,
    two_3x3_block,
)
from .minis import MINIS
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
    widened,
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
"""GoogLeNet's blocks, by stage: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool proj, output.

Source: arXiv 1409.4842, table 1.
"""


def _pool(kernel_size: int = 3) -> MaxPool:
    """The pooling that halves a grid. Ceil mode takes 112 to 56, 56 to 28, … without padding."""
    return MaxPool(kernel_size, 2, "valid", ceil_mode=True)


def around_blocks(blocks: dict[str, Node], *, lrn: bool, last_pool: int = 3) -> dict[str, Node]:
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
        around_blocks(blocks, lrn=True),
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


# BN-Inception: arXiv 1502.03167, figure 5 --------------------------------------------------------
# The table prints a pool proj of 128 in 4c and 4d. Its branches then give 608 channels there and
# 1056 in 4e; its own output sizes are 576 and 1024. With 96, as TF-slim has it, they add up.
#     #1×1  #3×3 reduce  #3×3  double #3×3 reduce  double #3×3  pool proj  output
BN_INCEPTION = {
    "3a": (64, 64, 64, 64, 96, 32, 256),
    "3b": (64, 64, 96, 64, 96, 64, 320),
    "3c": (0, 128, 160, 64, 96, 0, 576),  # stride 2, max pooling
    "4a": (224, 64, 96, 96, 128, 128, 576),
    "4b": (192, 96, 128, 96, 128, 128, 576),
    "4c": (160, 128, 160, 128, 160, 96, 576),
    "4d": (96, 128, 192, 160, 192, 96, 576),
    "4e": (0, 128, 192, 192, 256, 0, 1024),  # stride 2, max pooling
    "5a": (352, 192, 320, 160, 224, 128, 1024),
    "5b": (352, 192, 320, 192, 224, 128, 1024),  # max pooling
}
"""BN-Inception's blocks, by stage: 1×1, 3×3 reduce, 3×3, double 3×3 reduce, double 3×3, pool proj,
output. A 0 leaves the 1×1 out.

Source: arXiv 1502.03167, figure 5.
"""


def bn_inception(pool_proj: int = 96) -> Network:
    """BN-Inception, "Inception-v2" in TF-slim and in the Inception-v4 paper.

    The poolings of 3c and 4e are padded, so that they meet the convolutions on every grid. The
    first convolution is a plain one; the paper's is separable.

    Args:
        pool_proj: of 4c and 4d: 96 keeps the table's output sizes, 128 its column "pool proj".
    """
    if pool_proj not in (96, 128):
        raise ValueError(
            f"pool_proj is {pool_proj!r}; 4c and 4d have 96 (the table's output sizes) or 128 "
            "(its column)."
        )
    blocks = {}
    for name, (*row, proj, out) in BN_INCEPTION.items():
        if name in ("4c", "4d"):
            proj = pool_proj
        if name in ("4c", "4d", "4e"):
            out += pool_proj - 96
        stride = 1 if proj else 2
        pool = MaxPool(3, stride) if stride == 2 or name == "5b" else AVERAGE
        blocks[name] = two_3x3_block(*row, proj, out, stride=stride, pool=pool)
    stages = {"conv1": Conv(64, 7, 2), "pool1": _pool()}
    stages |= {"conv2_reduce": Conv(64), "conv2": Conv(192, 3), "pool2": _pool()}
    return Network(
        "bn_inception",
        stages | blocks,
        Head(),  # section 4.2.1: no dropout
        defaults=BATCH_NORM,
        title="BN-Inception",
        source="arXiv 1502.03167, figure 5",
    )


# Inception-v3: arXiv 1512.00567, table 1, as released ---------------------------------------------
# The paper's authors name the released code as the reference: the 1×1 of 80 and the second pooling
# of the stem, and the 5×5 of the first blocks, are the code's and not the table's.
INCEPTION_V3 = {
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


def _v3_stem() -> dict[str, Node]:
    """Six layers that take 299×299 to 71×71×192."""
    stages = {"conv1": Conv(32, 3, 2, "valid"), "conv2": Conv(32, 3, padding="valid")}
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


def _inception_v3(name: str, title: str, pool: AvgPool, dropout: float) -> Network:
    make = {"A": two_3x3_block, "B": asymmetric_block, "C": expanded_block}
    stages = _v3_stem() | {"pool2": HALVE}
    for stage, row in INCEPTION_V3.items():
        if stage == "reduction_a":
            stages[stage] = grid_reduction(*row)
        elif stage == "reduction_b":
            stages[stage] = asymmetric_reduction(*row)
        else:
            middle = {"middle": 5} if stage[0] == "A" else {}
            stages[stage] = make[stage[0]](*row, pool=pool, **middle)
    last = Conv(768, 5, padding="valid", weight_std=0.01)
    to_one = [AvgPool(5, 3, "valid"), Conv(128), last, AdaptiveAvgPool()]
    return Network(
        name,
        stages,
        Head(dropout=dropout),
        aux={"B4": Head(pool=to_one, weight_std=0.001)},
        input_size=299,
        defaults=replace(
            BATCH_NORM, weight_std=0.1
        ),  # TF-slim's and torchvision's; nowhere in print
        title=title,
        source="arXiv 1512.00567, table 1 and figures 5 to 8, as released",
    )


# Inception-v4 and the Inception-ResNets: arXiv 1602.07261 -----------------------------------------
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
INCEPTION_RESNETS = {
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


def v4_stem() -> dict[str, Node]:
    """The stem of Inception-v4, as stages: three convolutions, then three forks.

    Source: arXiv 1602.07261, figure 3; its last convolution lacks the mark of its stride.
    """
    one, valid = Conv(64), Conv(96, 3, padding="valid")
    stages = {
        name: node for name, node in _v3_stem().items() if name in ("conv1", "conv2", "conv3")
    }
    return stages | {
        "stem1": Branches({"pool": HALVE, "3x3": halving(96)}, 160),
        "stem2": Branches(
            {"3x3": [one, valid], "7x7_3x3": [one, factorized(7, 64, 64), valid]}, 192
        ),
        "stem3": Branches({"3x3": halving(192), "pool": HALVE}, 384),
    }


def _family_v4(
    name: str,
    stem: dict[str, Node],
    table: dict[str, tuple],
    make: dict[str, Callable[..., Node]],
    end: dict[str, Node] | None = None,
    **about: str,
) -> Network:
    stages = dict(stem)
    for part, row in table.items():
        if part in "ABC":
            block = make[part](*row[1])
            stages |= {f"{part}{i + 1}": block for i in range(row[0])}
        else:
            stages[part] = make[part](*row)
    head = Head(dropout=0.2)  # table: keep 0.8
    return Network(name, stages | (end or {}), head, input_size=299, defaults=BATCH_NORM, **about)


def inception_v4() -> Network:
    """Inception-v4: no residuals; one regular stem and three kinds of blocks."""
    return _family_v4(
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


def _inception_resnet(name: str, stem: dict[str, Node], end=None, **about: str) -> Network:
    make = {"A": residual_a, "B": residual_b, "C": residual_c}
    make |= {"reduction_a": grid_reduction, "reduction_b": residual_reduction}
    return _family_v4(name, stem, INCEPTION_RESNETS[name], make, end, **about)


def inception_resnet_v1() -> Network:
    """Inception-ResNet-v1 as the paper's figures have it: 5, 10 and 5 residual blocks."""
    return _inception_resnet(
        "inception_resnet_v1",
        _v3_stem() | {"conv6": halving(256)},
        title="Inception-ResNet-v1",
        source="arXiv 1602.07261, figures 10 to 15 and table 1",
    )


def inception_resnet_v2() -> Network:
    """Inception-ResNet-v2 as TF-slim released it, and every port of it has it.

    Against the paper's figures: the stem of Inception-v3 and one Inception block, twice as many
    residual blocks, and a 1×1 to 1536 at the end.
    """
    block = two_3x3_block(96, 48, 64, 64, 96, 64, 320, middle=5)
    last = residual_c(*INCEPTION_RESNETS["inception_resnet_v2"]["C"][1], scale=1.0, act="none")
    return _inception_resnet(
        "inception_resnet_v2",
        _v3_stem() | {"pool2": HALVE, "inception": block},
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


# The registry -----------------------------------------------------------------------------------
_NETWORKS = {
    make.__name__: make
    for make in (
        naive_googlenet,
        googlenet,
        googlenet_bn,
        googlenet_torchvision,
        bn_inception,
        inception_v3,
        inception_v3_torchvision,
        inception_v4,
        inception_resnet_v1,
        inception_resnet_v2,
        inception_resnet_v2_paper,
    )
}


def list_models(*, by_year: bool = False, mini: bool = False) -> list[str]:
    """The names that `create_model`, `architecture`, `cost` and `draw` know.

    Args:
        by_year: in the order in which the networks came to be, instead of the alphabet's.
        mini: the small networks that this book trains, instead of the papers'.
    """
    return (list if by_year else sorted)(MINIS if mini else _NETWORKS)


def architecture(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int = 3,
    aux: bool = False,
    dropout: float | None = None,
    width: float = 1.0,
    pool_proj: int | None = None,
) -> Network:
    """A network as data.

    Args:
        name: one of `list_models()` or of `list_models(mini=True)`.
        num_classes: outputs of the classifier and of the auxiliary heads; 0 gives pooled features.
            None takes the network's: 1000, and 10 for the small ones.
        in_channels: channels of the input image.
        aux: whether to keep the auxiliary heads, where the network has any.
        dropout: of the main head; None keeps the paper's.
        width: every convolution's channels times this, rounded, at least 8.
        pool_proj: of 4c and 4d of `bn_inception`, 96 (as without it) or 128; for no other network.

    Returns:
        A `spec.Network`. `counting.cost` counts it, `create_model` runs it.

    Raises:
        KeyError: an unknown name; the message names the nearest.
        ValueError: a negative number of classes, no input channels, a dropout outside [0, 1), a
            width that is not positive, `pool_proj` for another network or of another size,
            or `aux=True` for a network without auxiliary heads.
    """
    known = _NETWORKS | MINIS
    if name not in known:
        raise KeyError(suggest(name, [*list_models(), *list_models(mini=True)], "model"))
    if pool_proj is not None and name != "bn_inception":
        raise ValueError(f"pool_proj is an option of bn_inception alone, not of {name}.")
    network = known[name]() if pool_proj is None else bn_inception(pool_proj)
    num_classes = network.head.classes if num_classes is None else num_classes
    if aux and not network.aux:
        having = ", ".join(n for n, make in known.items() if make().aux)
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
    network = replace(network, head=head, aux=heads, in_channels=in_channels)
    return network if width == 1 else widened(network, width)
