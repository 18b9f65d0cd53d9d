"""Small walks that every reading shares: the layers, the depth, the name and the color of a node. No torch."""

from __future__ import annotations

import re

from ..spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    MaxPool,
    Merged,
    Network,
    Node,
    Residual,
    not_a_node,
)


def leaves(node: Node) -> list[Node]:
    """The single layers of a node, in order.

    Args:
        node: of the vocabulary.
    """
    match node:
        case Chain():
            return [leaf for layer in node.layers for leaf in leaves(layer)]
        case Merged():
            after = [leaves(branch)[n in node.merged :] for n, branch in node.branches]
            return [node.conv, *(leaf for rest in after for leaf in rest)]
        case Branches():
            return [leaf for _, branch in node.branches for leaf in leaves(branch)]
        case Residual():
            return leaves(node.body)
        case Conv() | MaxPool() | AvgPool() | AdaptiveAvgPool() | LRN() | Bias():
            return [node]
        case _:
            not_a_node(node)


def depth(what: Network | Node, *, pooling: bool = False) -> int:
    """Layers on the longest path: convolutions, the last linear layer and, if wanted, poolings.

    Args:
        what: a network or a node.
        pooling: whether poolings count too; without them only layers with parameters do.
    """
    match what:
        case Network():
            total = sum(depth(stage, pooling=pooling) for _, stage in what.stages)
            if what.head is None:
                return total
            linear = len(what.head.hidden) + (what.head.classes > 0)
            return total + depth(what.head.pool, pooling=pooling) + linear
        case Chain():
            return sum(depth(layer, pooling=pooling) for layer in what.layers)
        case Branches():
            return max(depth(branch, pooling=pooling) for _, branch in what.branches)
        case Residual():
            return depth(what.body, pooling=pooling)
        case Conv():
            return 1
        case MaxPool() | AvgPool() | AdaptiveAvgPool():
            return int(pooling)
        case LRN() | Bias():
            return 0
        case _:
            not_a_node(what)


def label(node: Node) -> str:
    """A short name for people: "conv 7×7/2", "max pool 3×3/2", "4 branches".

    Args:
        node: of the vocabulary.
    """
    match node:
        case Conv():
            return _window("conv", node)
        case MaxPool():
            return _window("max pool", node)
        case AvgPool():
            return _window("avg pool", node)
        case AdaptiveAvgPool():
            height, width = node.output_size
            return "global avg pool" if height == width == 1 else f"avg pool to {height}×{width}"
        case LRN():
            return "LRN"
        case Bias():
            return "bias"
        case Chain():
            return " → ".join(map(label, node.layers)) or "as it is"
        case Branches():
            return f"{len(node.branches)} branches"
        case Residual():
            return "residual"
        case _:
            not_a_node(node)


def _window(word: str, node: Conv | MaxPool | AvgPool) -> str:
    height, width = node.kernel_size
    return f"{word} {height}×{width}" + ("" if node.stride == (1, 1) else f"/{node.stride[0]}")


def kernel_family(node: Node) -> str:
    """Which color a part has: "1x1", "3x3", "5x5", "7x7", "1xn" or "pool".

    Args:
        node: of the vocabulary. A chain has the family of its largest kernel; one that pools is
            "pool".
    """
    kernels = []
    for leaf in leaves(node):
        if not isinstance(leaf, Conv):
            return "pool"
        kernels.append(leaf.kernel_size)
    if not kernels:
        return "pool"
    height, width = max(kernels, key=lambda k: (k[0] * k[1], k))
    if height != width:
        return "1xn"
    return {1: "1x1", 3: "3x3", 5: "5x5"}.get(height, "7x7")


def pretty(name: str) -> str:
    """A branch's name for people, or that of its address: "3x3" and "4a.3x3" as "3×3".

    Args:
        name: as the description has it.
    """
    return re.sub(r"(?<=\d)x(?=\d)", "×", name.rpartition(".")[2])
