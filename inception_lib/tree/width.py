"""A network made wider or narrower. No torch."""

from __future__ import annotations

import math
from dataclasses import replace

from ..spec import Branches, Chain, Conv, Head, Network, Node, Residual, as_node


def widened(network: Network, width: float) -> Network:
    """The network with each convolution's channels times `width`, rounded, at least 8.

    Sums that a table prints follow; the 1×1 before a residual sum follows the block's input.

    Args:
        network: the description.
        width: factor of every width.

    Raises:
        ValueError: a width that is not a positive number.
    """
    if isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width < math.inf:
        raise ValueError(f"width is {width!r}; it must be a number above 0, such as 0.5.")

    def head(old: Head, channels: int) -> Head:
        hidden = tuple(_times(c, width) for c in old.hidden)
        return replace(old, pool=_widened(old.pool, channels, width)[0], hidden=hidden)

    stages, after, channels = [], {}, network.in_channels
    for name, node in network.stages:
        node, channels = _widened(node, channels, width)
        stages.append((name, node))
        after[name] = channels
    aux = tuple((stage, head(old, after[stage])) for stage, old in network.aux)
    main = network.head and head(network.head, channels)
    return replace(network, stages=tuple(stages), head=main, aux=aux)


def _times(channels: int, width: float) -> int:
    return max(8, round(channels * width))


def _widened(node: Node, channels: int, width: float) -> tuple[Node, int]:
    """A node that reads `channels`, widened, and the channels that it then puts out."""
    if isinstance(node, Conv):
        out = _times(node.out_channels, width)
        return replace(node, out_channels=out), out
    if isinstance(node, Chain):
        layers = []
        for layer in node.layers:
            layer, channels = _widened(layer, channels, width)
            layers.append(layer)
        return Chain(tuple(layers)), channels
    if isinstance(node, Branches):
        made = {name: _widened(branch, channels, width) for name, branch in node.branches}
        total = sum(out for _, out in made.values())
        printed = None if node.out_channels is None else total
        return Branches({name: branch for name, (branch, _) in made.items()}, printed), total
    if isinstance(node, Residual):
        body, out = _widened(node.body, channels, width)
        if out != channels:  # what rounding has left over
            *layers, last = as_node([body]).layers
            body = Chain((*layers, replace(last, out_channels=channels)))
        return replace(node, body=body), channels
    return node, channels
