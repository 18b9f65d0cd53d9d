"""Small walks that every reading shares: the layers, the depth, the name and the color of a node. No torch."""

from __future__ import annotations

from ..spec import (
    AdaptiveAvgPool,
    AvgPool,
    Branches,
    Chain,
    Conv,
    MaxPool,
    Network,
    Node,
    Residual,
    _Window,
)


def kernel_family(node: Node) -> str:
    """Which colour a part has: "1x1", "3x3", "5x5", "7x7", "1xn", "pool" or "linear".

    A chain has the family of its largest kernel; one that pools is "pool".
    """
    parts = leaves(node)
    if not parts or any(not isinstance(part, Conv) for part in parts):
        return "pool"
    height, width = max((part.kernel_size for part in parts), key=lambda k: (k[0] * k[1], k))
    if height != width:
        return "1xn"
    return {1: "1x1", 3: "3x3", 5: "5x5"}.get(height, "7x7")


def leaves(node: Node) -> list[Node]:
    """The single layers of a node, in order.

    Args:
        node: of the vocabulary.
    """
    if isinstance(node, Chain):
        return [leaf for layer in node.layers for leaf in leaves(layer)]
    if isinstance(node, Branches):
        return [leaf for _, branch in node.branches for leaf in leaves(branch)]
    if isinstance(node, Residual):
        return leaves(node.body)
    return [node]


def label(node: Node) -> str:
    """A short name for people: "conv 7×7/2", "max pool 3×3/2", "4 branches"."""
    if isinstance(node, _Window):
        height, width = node.kernel_size
        step = "" if node.stride == (1, 1) else f"/{node.stride[0]}"
        word = {Conv: "conv", MaxPool: "max pool", AvgPool: "avg pool"}[type(node)]
        return f"{word} {height}×{width}{step}"
    if isinstance(node, AdaptiveAvgPool):
        height, width = node.output_size
        return "global avg pool" if height == width == 1 else f"avg pool to {height}×{width}"
    if isinstance(node, Branches):
        return f"{len(node.branches)} branches"
    if isinstance(node, Chain):
        return " → ".join(label(layer) for layer in node.layers) or "as it is"
    return "residual" if isinstance(node, Residual) else "LRN"


def depth(what: Network | Node, *, pooling: bool = False) -> int:
    """Layers on the longest path: convolutions, the last linear layer and, if wanted, poolings.

    Args:
        what: a network or a node.
        pooling: whether poolings count too; without them only layers with parameters do.
    """
    if isinstance(what, Network):
        stages = sum(depth(stage, pooling=pooling) for _, stage in what.stages)
        head = len(what.head.hidden) + (what.head.classes > 0)
        return stages + head + (depth(what.head.pool, pooling=pooling))
    if isinstance(what, Chain):
        return sum(depth(layer, pooling=pooling) for layer in what.layers)
    if isinstance(what, Branches):
        return max(depth(branch, pooling=pooling) for _, branch in what.branches)
    if isinstance(what, Residual):
        return depth(what.body, pooling=pooling)
    if isinstance(what, Conv):
        return 1
    return int(pooling and isinstance(what, MaxPool | AvgPool | AdaptiveAvgPool))
