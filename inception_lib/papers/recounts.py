"""Our side of the claims: the numbers of the papers counted again, each in its paper's unit. No torch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..counting.cost import cost
from ..networks.googlenet import GOOGLENET
from ..networks.registry import architecture
from ..spec import Branches, Chain, Conv, Defaults, MaxPool, Network, Node, Residual
from ..tree.width import widened
from .numbers import PRINTED

if TYPE_CHECKING:
    from typing import Unpack

    from ..networks.registry import Options

BARE = Defaults(bias=False)  # weights alone


def size(name: str, quantity: str = "params", **options: Unpack[Options]) -> float:
    """Millions of parameters, or billions of MACs."""
    counted = cost(architecture(name, **options))
    return counted.params / 1e6 if quantity == "params" else counted.macs / 1e9


def ratio(one: str, other: str, quantity: str = "params") -> float:
    return size(one, quantity) / size(other, quantity)


def weights(kernel: int | tuple[int, int], channels: int = 64) -> int:
    """Weights of one convolution of `channels` to as many."""
    return cost(Conv(channels, kernel), (channels, 32, 32), defaults=BARE).params


def off(new: float, old: float) -> float:
    return 100 * (1 - new / old)


def separable_stem() -> tuple[float, float]:
    """K weights (of 1024) and M MACs of a 7×7 in two steps: 8 maps of each channel, then a 1×1."""
    stem = Chain([Conv(24, 7, 2, groups=3), Conv(64)])
    counted = cost(stem, (3, 224, 224), defaults=BARE)
    return counted.params / 1024, counted.macs / 1e6


def table_1(stage: str, quantity: str) -> float:
    """A row of GoogLeNet's table 1, counted without biases: K (of 1024) or M."""
    counted = cost(replace(architecture("googlenet"), defaults=BARE))
    value = getattr(counted[stage], quantity)
    if stage == "conv2":  # the paper's row holds the 1×1 before it
        value += getattr(counted["conv2_reduce"], quantity)
    if stage == "fc" and quantity == "params":
        value -= 1000  # its biases
    return value / (1024 if quantity == "params" else 1e6)


def released(stage: str, quantity: str) -> float:
    """A block of the network that Google released, with biases: K (of 1024) or M."""
    return getattr(cost("googlenet_2014")[stage], quantity) / (
        1024 if quantity == "params" else 1e6
    )


def two_3x3() -> Network:
    """GoogLeNet with two 3×3 in place of each 5×5."""
    network = architecture("googlenet")
    stages = dict(network.stages)
    for stage, (*_, reduce, out, _, _) in GOOGLENET.items():
        block = stages[stage]
        assert isinstance(block, Branches)
        pair = [Conv(reduce), Conv(out, 3), Conv(out, 3)]
        stages[stage] = Branches(dict(block.branches) | {"5x5": pair})
    return replace(network, stages=tuple(stages.items()))


def swapped(key: str) -> float:
    """Per cent that GoogLeNet grows by when two 3×3 replace each 5×5."""
    return 100 * (getattr(cost(two_3x3()), key) / getattr(cost("googlenet"), key) - 1)


def doubled(key: str) -> float:
    """How many times GoogLeNet costs with every width doubled."""
    network = architecture("googlenet")
    return getattr(cost(widened(network, 2)), key) / getattr(cost(network), key)


def parts(node: Node) -> int:
    """Convolutions, poolings, normalizations and concatenations of a stage."""
    match node:
        case Chain():
            return sum(map(parts, node.layers))
        case Branches():
            return 1 + sum(parts(branch) for _, branch in node.branches)
    return 1


def convolutions(name: str) -> int:
    return sum(layer.op.startswith("conv") for layer in cost(name).layers)


def pooled(stage: str) -> float:
    """Channels after the pooling of an auxiliary head, on the grid of 4×4."""
    (pool,) = (x for x in cost("googlenet", aux=True).layers if x.name == f"aux_{stage}.pool.0")
    channels, *grid = pool.out_shape
    assert grid == [4, 4]
    return channels


def small_picture(side: int, pooling: bool) -> float:
    """Inception-v3's MACs on a small picture, the first stride taken out, over those on 299."""
    network = architecture("inception_v3")
    stages = dict(network.stages) | {"conv1": Conv(32, 3, padding="valid")}
    if not pooling:
        del stages["pool1"]
    fair = replace(network, stages=tuple(stages.items()))
    return cost(fair, input_size=side).macs / cost(network).macs


def scales() -> list[float]:
    """The scales of the released Inception-ResNet-v2, without its last block, which has none."""
    stages = architecture("inception_resnet_v2").stages
    return [node.scale for _, node in stages if isinstance(node, Residual)][:-1]


def reduction(first_pool: bool) -> int:
    """MACs of halving a 35×35 grid while doubling 320 channels, the pooling first or last."""
    expand = Conv(640)
    parts: list[Node] = (
        [MaxPool(2, 2, "valid"), expand] if first_pool else [expand, MaxPool(2, 2, "valid")]
    )
    return cost(Chain(parts), (320, 36, 36), defaults=BARE).macs


def said(stage: str, quantity: str) -> float:
    """A number that a paper prints, from `PRINTED`."""
    (value,) = {fact.value for fact in PRINTED if (fact.stage, fact.quantity) == (stage, quantity)}
    return value


def steps(one: str, other: str) -> float:
    """How many times as many steps one network needs to 72.2% as another, by the paper's figure 3."""
    return said(one, "steps to 72.2 %") / said(other, "steps to 72.2 %")


def gain(before: str, after: str, top: str = "top-1") -> float:
    """By how many points the error falls from one row to the next of Rethinking's table 3."""
    return said(before, f"{top} error") - said(after, f"{top} error")


def billions(row: str) -> float:
    """Of operations, by Rethinking's table 3."""
    return said(row, "10⁹ operations")


def table_1_sum() -> float:
    """Billions of operations, added up over the rows of GoogLeNet's table 1 as printed."""
    rows = [f for f in PRINTED if f.source == "arXiv 1409.4842, table 1" and f.quantity == "macs"]
    return sum(fact.value for fact in rows) / 1e9
