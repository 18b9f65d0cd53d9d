"""A description with the weights of each layer at its place, so that both can be rewritten together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from ..spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    Defaults,
    MaxPool,
    Merged,
    Node,
    Residual,
    not_a_node,
)

COMMON = "_common."  # keys of the convolution that branches share


class Weighted(NamedTuple):
    """A node with its weights.

    Attributes:
        node: the description. Of what has parts, these count, and not those in `node`.
        weights: of a single layer, by their keys in its module.
        parts: key in the module -> part, in order. Branches that share a convolution have their own
            first one here, with their share of the weights.
    """

    node: Node
    weights: Mapping[str, Tensor]
    parts: tuple[tuple[str, Weighted], ...] = ()


def grow(node: Node, weights: Mapping[str, Tensor]) -> Weighted:
    """A node with its weights.

    Args:
        node: the description.
        weights: the state dict of its module.
    """
    match node:
        case Chain():
            inner = {str(i): layer for i, layer in enumerate(node.layers)}
        case Merged():
            inner, weights = dict(node.branches), _apart(node, weights)
        case Branches():
            inner = dict(node.branches)
        case Residual():
            inner = {"body": node.body}
        case Conv() | MaxPool() | AvgPool() | AdaptiveAvgPool() | LRN() | Bias():
            return Weighted(node, weights)
        case _:
            not_a_node(node)
    return Weighted(node, {}, tuple((k, grow(n, _within(weights, k))) for k, n in inner.items()))


def cut(tree: Weighted) -> tuple[Node, dict[str, Tensor]]:
    """The description and the state dict again.

    Args:
        tree: as `grow` gives it, or rewritten.
    """
    node, weights = tree.node, dict(tree.weights)
    done = {key: cut(part) for key, part in tree.parts}
    for key, (_, own) in done.items():
        weights |= {f"{key}.{name}": tensor for name, tensor in own.items()}
    inner = tuple((key, part) for key, (part, _) in done.items())
    match node:
        case Chain():
            return Chain(tuple(part for _, part in inner)), weights
        case Merged():
            node = replace(node, branches=inner)
            return node, _together(node, weights)
        case Branches():
            return replace(node, branches=inner), weights
        case Residual():
            return replace(node, body=inner[0][1]), weights
        case Conv() | MaxPool() | AvgPool() | AdaptiveAvgPool() | LRN() | Bias():
            return node, weights
        case _:
            not_a_node(node)


def walk(
    tree: Weighted, defaults: Defaults, rule: Callable[[Weighted, Defaults], Weighted]
) -> Weighted:
    """A tree after a rule has been applied to each node, parts before their owners.

    Args:
        tree: as `grow` gives it.
        defaults: of the network, for the rule.
        rule: a node -> what stands in its place.
    """
    parts = tuple((key, walk(part, defaults, rule)) for key, part in tree.parts)
    return rule(tree._replace(parts=parts), defaults)


def _within(weights: Mapping[str, Tensor], key: str) -> dict[str, Tensor]:
    start = f"{key}."
    return {k[len(start) :]: tensor for k, tensor in weights.items() if k.startswith(start)}


def _firsts(node: Merged) -> dict[str, int]:
    """The prefix of the first convolution of each merged branch, and its channels."""
    prefix = {
        name: f"{name}.0." if isinstance(node[name], Chain) else f"{name}." for name in node.merged
    }
    return {prefix[name]: first.out_channels for name, first in node.firsts.items()}


def _together(node: Merged, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of a `Merged` from that of its branches."""
    left, common = dict(weights), {}
    for key in dict.fromkeys(
        k.removeprefix(p) for p in _firsts(node) for k in weights if k.startswith(p)
    ):
        if key.split(".")[0] not in ("conv", "norm"):
            continue
        shares = [left.pop(p + key) for p in _firsts(node) if p + key in left]
        common[COMMON + key] = torch.cat(shares) if shares[0].ndim else shares[0]
    return common | left


def _apart(node: Merged, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of the branches from that of a `Merged`."""
    left = {key: tensor for key, tensor in weights.items() if not key.startswith(COMMON)}
    for key, tensor in _within(weights, COMMON[:-1]).items():
        start = 0
        for prefix, channels in _firsts(node).items():
            if not tensor.ndim:  # how many batches were counted
                left[prefix + key] = tensor
            elif start < len(tensor):  # those without a bias come last
                left[prefix + key] = tensor[start : start + channels]
            start += channels
    return left
