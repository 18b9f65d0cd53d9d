"""Four rewritings of a network: each gives another description and other weights of the same function.

Each takes the description and the model's state dict, and changes neither. They are exact as algebra;
in floating point the result differs by rounding. Products are taken in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from ..spec import (
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    Defaults,
    Merged,
    Network,
    Node,
    Residual,
    first_of,
)
from .weighted import Weighted, cut, grow, walk

Weights = Mapping[str, Tensor]
Rule = Callable[[Weighted, Defaults], Weighted]


class Rewritten(NamedTuple):
    """A description, and the state dict of the model that it describes."""

    network: Network
    weights: dict[str, Tensor]


def fold_batch_norm(network: Network, weights: Weights) -> Rewritten:
    """Batch normalization goes into the weights of the convolution before it, and into a bias.

    In evaluation, batch normalization multiplies each channel by gamma / sqrt(variance + eps) and adds
    a number. A convolution can do both. The new defaults have a bias and no normalization, so a
    table of widths reads as before.

    Args:
        network: the description.
        weights: the model's state dict.

    Returns:
        A `Rewritten` without batch normalization.
    """
    old = network.defaults
    new = replace(old, bias=True, norm="none")

    def rule(here: Weighted, _: Defaults) -> Weighted:
        node = here.node
        if not isinstance(node, Conv):
            return here
        bias, norm, _act = node.with_defaults(old)
        own = here.weights
        if norm == "batch_norm":
            bias, own = True, _folded(own, old.norm_eps)
        node = replace(node, norm=None, bias=None if bias else False)
        return here._replace(node=node, weights=own)

    return _everywhere(replace(network, defaults=new), weights, rule)


def _folded(own: Weights, eps: float) -> dict[str, Tensor]:
    kernel = own["conv.weight"]
    gamma, beta, mean, variance = (
        own[f"norm.{key}"].double() for key in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gamma / torch.sqrt(variance + eps)
    shift = beta - mean * factor
    if "conv.bias" in own:
        shift = shift + own["conv.bias"].double() * factor
    folded = kernel.double() * factor[:, None, None, None]
    return {"conv.weight": folded.to(kernel.dtype), "conv.bias": shift.to(kernel.dtype)}


def fold_scales(network: Network, weights: Weights) -> Rewritten:
    """The scale of a residual goes into the linear convolution that its body ends in.

    Args, Returns: as of `fold_batch_norm`. A body that ends in something else keeps its scale.
    """

    def rule(here: Weighted, defaults: Defaults) -> Weighted:
        if not isinstance(here.node, Residual):
            return here
        ((_, body),) = here.parts
        layers = body.parts if isinstance(body.node, Chain) else ((0, body),)
        last = layers[-1][1] if layers else body
        if (
            not isinstance(last.node, Conv)
            or last.node.with_defaults(defaults)[1:] != ("none",) * 2
        ):
            return here
        own = {k: (v.double() * here.node.scale).to(v.dtype) for k, v in last.weights.items()}
        last = last._replace(weights=own)
        if isinstance(body.node, Chain):
            last = body._replace(parts=(*body.parts[:-1], (body.parts[-1][0], last)))
        return Weighted(replace(here.node, scale=1.0), {}, (("body", last),))

    return _everywhere(network, weights, rule)


def move_poolings(network: Network, weights: Weights) -> Rewritten:
    """An average pooling of stride 1 changes places with the 1×1 convolution after it.

    Both are linear, one across channels and one across places, so their order does not matter. The
    bias and the activation stay last: where zeros of the padding count, or a window hangs over the edge,
    the weights of a window do not sum to one, and a mean of biases would be another number. It is worth
    it because the pooling then runs over fewer channels, and the 1×1 reads the block's input, so that
    it can be merged with its siblings.

    Args, Returns: as of `fold_batch_norm`. A convolution that is normalized or has no bias stays.
    """

    def rule(here: Weighted, defaults: Defaults) -> Weighted:
        if not isinstance(here.node, Chain):
            return here
        layers, done = [part for _, part in here.parts], 0
        while done + 1 < len(layers):
            pool, conv = layers[done : done + 2]
            if _commute(pool.node, conv.node, defaults):
                assert isinstance(conv.node, Conv)
                act = conv.node.with_defaults(defaults)[2]
                linear = replace(conv.node, bias=False, act="none")
                first = Weighted(linear, {"conv.weight": conv.weights["conv.weight"]})
                last = Weighted(Bias(act), {"bias": conv.weights["conv.bias"]})
                layers[done : done + 2] = [first, pool, last]
            done += 1
        return here._replace(parts=tuple((str(i), layer) for i, layer in enumerate(layers)))

    return _everywhere(network, weights, rule)


def _commute(pool: Node, conv: Node, defaults: Defaults) -> bool:
    return (
        isinstance(pool, AvgPool)
        and pool.stride == (1, 1)
        and isinstance(conv, Conv)
        and (conv.kernel_size, conv.stride, conv.groups) == ((1, 1), (1, 1), 1)
        and conv.with_defaults(defaults)[:2] == (True, "none")
    )


def merge_siblings(network: Network, weights: Weights) -> Rewritten:
    """The 1×1 convolutions with which branches of a block begin become one: see `Merged`.

    They read one map, so the rows of their matrices can be the rows of one. Of one block those are
    merged that have the same stride and normalization as the first of them.

    Args, Returns: as of `fold_batch_norm`.
    """

    def rule(here: Weighted, defaults: Defaults) -> Weighted:
        if not isinstance(here.node, Branches):
            return here
        found: dict[str, Conv] = {}
        for name, part in here.parts:
            first = first_of(cut(part)[0])
            if isinstance(first, Conv) and (first.kernel_size, first.groups) == ((1, 1), 1):
                found[name] = first
        kinds = {n: (c.stride, c.with_defaults(defaults)[1]) for n, c in found.items()}
        same = [name for name in found if kinds[name] == next(iter(kinds.values()))]
        if len(same) < 2:
            return here
        same.sort(key=lambda name: not found[name].with_defaults(defaults)[0])  # without bias: last
        node = here.node
        return here._replace(node=Merged(node.branches, node.out_channels, tuple(same)))

    return _everywhere(network, weights, rule)


REWRITINGS: dict[str, Callable[[Network, Weights], Rewritten]] = {
    "fold_batch_norm": fold_batch_norm,
    "fold_scales": fold_scales,
    "move_poolings": move_poolings,
    "merge_siblings": merge_siblings,
}
"""The rewritings by name, in the order in which `faster` applies them."""


def _everywhere(network: Network, weights: Weights, rule: Rule) -> Rewritten:
    """A rule applied to each node of the stages and of the poolings of heads."""
    left = dict(weights)

    def rewritten(node: Node, prefix: str) -> Node:
        inside = [key for key in left if key.startswith(prefix)]
        own = {key[len(prefix) :]: left.pop(key) for key in inside}
        node, own = cut(walk(grow(node, own), network.defaults, rule))
        done.update({prefix + key: tensor for key, tensor in own.items()})
        return node

    done: dict[str, Tensor] = {}
    stages = tuple((name, rewritten(node, f"stages.{name}.")) for name, node in network.stages)
    head = network.head and replace(network.head, pool=rewritten(network.head.pool, "head.pool."))
    aux = tuple(
        (stage, replace(extra, pool=rewritten(extra.pool, f"aux.{stage}.pool.")))
        for stage, extra in network.aux
    )
    return Rewritten(replace(network, stages=stages, head=head, aux=aux), done | left)
