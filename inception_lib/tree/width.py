"""A network made wider or narrower. No torch."""

from __future__ import annotations

from dataclasses import replace

from ..errors import must_be, number
from ..spec import (
    LRN,
    PLAIN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    Head,
    MaxPool,
    Network,
    Node,
    Residual,
    not_a_node,
)
from .resolved import Map, resolve_block


def widened(network: Network, width: float) -> Network:
    """The network with each convolution's channels times `width`, rounded, at least 8 of them.

    What has fewer than 8 keeps at least what it has. Sums that a table prints follow; the 1×1 before a residual sum follows the block's input.

    Args:
        network: the description.
        width: factor of every width.

    Raises:
        ValueError: a width that is not a positive number. TypeError: no `Network`.
    """
    must_be(
        "network",
        network,
        Network,
        "a Network; architecture(name) gives one, and model.spec is that of a model",
    )
    width = number("width", width, "a number above 0, such as 0.5", lambda v: v > 0)

    def head(old: Head, channels: int) -> Head:
        hidden = tuple(_times(c, width) for c in old.hidden)
        return replace(old, pool=_widened(old.pool, channels, width, "head"), hidden=hidden)

    stages, after, channels = [], {}, network.in_channels
    for name, node in network.stages:
        wider = _widened(node, channels, width, name)
        stages.append((name, wider))
        channels = after[name] = _channels(wider, channels, name)
    aux = tuple((stage, head(old, after[stage])) for stage, old in network.aux)
    main = network.head and head(network.head, channels)
    return replace(network, stages=tuple(stages), head=main, aux=aux)


def _times(channels: int, width: float) -> int:
    return max(min(8, channels), round(channels * width))


def _channels(node: Node, channels: int, stage: str) -> int:
    """What comes out of a node that is widened already."""
    return resolve_block(node, Map((channels,)), PLAIN, stage).after.shape[0]


def _widened(node: Node, channels: int, width: float, stage: str) -> Node:
    """A node that reads `channels`, widened."""
    match node:
        case Conv():
            return replace(node, out_channels=_times(node.out_channels, width))
        case Chain():
            layers = []
            for layer in node.layers:
                layers.append(_widened(layer, channels, width, stage))
                channels = _channels(layers[-1], channels, stage)
            return Chain(tuple(layers))
        case Branches():
            parts = {n: _widened(b, channels, width, stage) for n, b in node.branches}
            wider = replace(node, branches=tuple(parts.items()), out_channels=None)
            if node.out_channels is None:
                return wider
            return replace(wider, out_channels=_channels(wider, channels, stage))
        case Residual():
            body = _widened(node.body, channels, width, stage)
            if _channels(body, channels, stage) != channels:  # what rounding has left over
                *layers, last = Chain([body]).layers
                if not isinstance(last, Conv):
                    raise ValueError(
                        f"a residual body that ends in {type(last).__name__} cannot be widened: its "
                        "last layer must be the convolution that brings it back to the input's width."
                    )
                body = Chain((*layers, replace(last, out_channels=channels)))
            return replace(node, body=body)
        case MaxPool() | AvgPool() | AdaptiveAvgPool() | LRN() | Bias():
            return node
        case _:
            not_a_node(node)
