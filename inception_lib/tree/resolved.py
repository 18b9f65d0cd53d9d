"""A description, resolved: the tree that every reading reads. No torch.

`resolve_network` and `resolve_block` walk a description once. They fill what it leaves open, work out
channels, grids and receptive fields, name each part, and make every check that needs to know what
comes in. Counting, modules, drawing and JSON read the result and check nothing.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from ..errors import must_be
from ..spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    Defaults,
    Head,
    MaxPool,
    Merged,
    Network,
    Node,
    Pair,
    Residual,
    not_a_node,
)
from .walks import kernel_family, label


class Map(NamedTuple):
    """A tensor on its way through the tree, without the batch.

    Attributes:
        shape: (channels, height, width); (channels,) where nobody has said how large the input is.
        inputs: how often it holds an input of unknown width besides; 0 where all channels are known.
    """

    shape: tuple[int, ...]
    inputs: int = 0


UNKNOWN = Map((0,), inputs=1)
"""An input of which nobody has said anything."""


class Unit(NamedTuple):
    """What a convolution has, after the network's defaults have filled what it leaves open."""

    bias: bool
    norm: str
    act: str
    norm_eps: float
    weight_std: float | None


class Part(NamedTuple):
    """A node in its place. A block that repeats on equal inputs is one `Part`, several times.

    Attributes:
        node: the description, as it is.
        label, family: its name for people, and its kernel family.
        before, after: what comes in, what comes out.
        field, stride: (height, width) of its own input that one output value sees, and of the step
            there between two neighbors.
        parts: name -> its own parts, in order: "0", "1", … for layers of a chain, and "" for what
            has the address of its owner, branches within a chain and the body of a residual.
        unit: of a convolution.
    """

    node: Node
    label: str
    family: str
    before: Map
    after: Map
    field: Pair
    stride: Pair
    parts: tuple[tuple[str, Part], ...] = ()
    unit: Unit | None = None


class Linear(NamedTuple):
    """A linear layer of a head: its name, the features in and out, and how it starts."""

    name: str
    inputs: int
    width: int
    weight_std: float | None


class HeadPart(NamedTuple):
    """A head in its place: what comes in, its pooling, its linear layers."""

    head: Head
    before: Map
    pool: Part
    linears: tuple[Linear, ...]


class Resolved(NamedTuple):
    """A network, resolved: what comes in, name -> stage, the head, stage -> auxiliary head."""

    network: Network
    before: Map
    stages: dict[str, Part]
    head: HeadPart | None
    aux: dict[str, HeadPart]


class TooSmall(ValueError):
    """A grid that a window does not fit into."""


def times(shape: tuple[int, ...]) -> str:
    """(192, 28, 28) as "192×28×28"."""
    return "×".join(map(str, shape))


def resolve_network(network: Network, input_size: Pair | None = None) -> Resolved:
    """Resolve a network at an input size.

    Args:
        network: the description.
        input_size: (height, width) in pixels; None takes the network's own.

    Raises:
        ValueError: parts that do not fit, naming the stage; or an input that is too small: the
            message says where it runs out, and the smallest that works.
    """
    size = input_size or network.input_size
    try:
        return _network(network, size)
    except TooSmall as small:
        least = min_input_size(network, aux=True)
        raise ValueError(
            f"{network.name}: an input of {times(size)} is too small: it runs out at {small}. "
            f"The smallest square input is {least}×{least}."
        ) from None


def resolve_block(node: Node, before: Map, defaults: Defaults, address: str = "") -> Part:
    """Resolve a block on what comes in. What a check cannot know, it leaves.

    Args:
        node: the description.
        before: what comes in; `UNKNOWN` if nobody has said.
        defaults: what convolutions have unless they say otherwise.
        address: where it is, for messages.

    Raises:
        ValueError: parts that do not fit, or an input that is too small for them.
    """
    try:
        return _Walk(defaults).part(node, before, address)
    except TooSmall as small:
        size = f"of {times(before.shape[1:])} " if before.shape[1:] else ""
        raise ValueError(f"an input {size}is too small: it runs out at {small}.") from None


def min_input_size(network: Network, *, aux: bool = False) -> int:
    """The smallest side of a square input, in pixels, that every stage and the head can take.

    Args:
        network: the description.
        aux: whether its auxiliary heads must fit as well.

    Raises:
        ValueError: no side up to 1024 fits.
    """
    must_be(
        "network",
        network,
        Network,
        "a Network; architecture(name) gives one, and model.spec is that of a model",
    )
    if not aux:
        network = replace(network, aux=())
    for side in range(1, 1025):
        try:
            _network(network, (side, side))
        except ValueError:
            continue
        return side
    raise ValueError(f"{network.name}: no square input up to 1024×1024 fits every stage.")


def _network(network: Network, size: Pair) -> Resolved:
    walk, before = _Walk(network.defaults), Map((network.in_channels, *size))
    stages, x = {}, before
    for name, node in network.stages:
        stages[name] = walk.part(node, x, name)
        x = stages[name].after
    head = walk.head(network.head, x, "avgpool") if network.head else None
    aux = {
        stage: walk.head(extra, stages[stage].after, f"aux_{stage}.pool")
        for stage, extra in network.aux
    }
    return Resolved(network, before, stages, head, aux)


class _Walk:
    """One walk over a description."""

    def __init__(self, defaults: Defaults):
        self.defaults = defaults
        self.done: dict[tuple[int, Map], Part] = {}

    def part(self, node: Node, x: Map, address: str) -> Part:
        """The node, resolved; `address` is for messages."""
        key = (id(node), x)
        if key not in self.done:
            self.done[key] = self._part(node, x, address)
        return self.done[key]

    def _part(self, node: Node, x: Map, address: str) -> Part:
        words, where = (label(node), kernel_family(node)), address or "block"
        match node:
            case Conv():
                if not x.inputs and x.shape[0] % node.groups:
                    raise ValueError(
                        f"{where}: groups is {node.groups}; it must divide the {x.shape[0]} channels "
                        "that come in."
                    )
                after = _slide(node, x, Map((node.out_channels,)), address)
                window, unit = (node.kernel_size, node.stride), _unit(node, self.defaults)
                return Part(node, *words, x, after, *window, unit=unit)
            case MaxPool() | AvgPool():
                after = _slide(node, x, Map(x.shape[:1], x.inputs), address)
                return Part(node, *words, x, after, node.kernel_size, node.stride)
            case AdaptiveAvgPool():
                after = Map((x.shape[0], *node.output_size), x.inputs)
                return Part(node, *words, x, after, *_adapted(x.shape[1:], node.output_size))
            case LRN() | Bias():
                return Part(node, *words, x, x, (1, 1), (1, 1))
            case Chain():
                parts, after, field, stride = [], x, (1, 1), (1, 1)
                for name, layer in zip(names_in(node), node.layers, strict=True):
                    part = self.part(layer, after, join(address, name))
                    parts.append((name, part))
                    after = part.after
                    field, stride = seen(field, stride, part.field), steps(stride, part.stride)
                return Part(node, *words, x, after, field, stride, tuple(parts))
            case Branches():
                branches = tuple(
                    (name, self.part(branch, x, join(address, name)))
                    for name, branch in node.branches
                )
                outs = [part for _, part in branches]
                after = _concatenated(node, [out.after for out in outs], where)
                if isinstance(node, Merged):
                    _check_merged(node, dict(branches), where)
                return Part(node, *words, x, after, _widest(outs), outs[0].stride, branches)
            case Residual():
                body = self.part(node.body, x, address)
                _check_sum(x, body.after, where)
                return Part(node, *words, x, body.after, body.field, body.stride, (("", body),))
            case _:
                not_a_node(node)

    def head(self, head: Head, x: Map, address: str) -> HeadPart:
        pool = self.part(head.pool, x, address)
        size, std, linears = math.prod(pool.after.shape), self.defaults.weight_std, []
        for i, width in enumerate(head.hidden):
            linears.append(Linear(f"fc{i + 1}", size, width, std))
            size = width
        if head.classes:
            linears.append(Linear("fc", size, head.classes, head.weight_std or std))
        return HeadPart(head, x, pool, tuple(linears))


def names_in(chain: Chain) -> list[str]:
    """The name of each layer of a chain: "0", "1", …; of what holds branches "", where it can be.

    Branches within a chain have the chain's address, as in "C1.3x3_split.1x3". Where two parts would
    then have one address, as those of two blocks with equal branches, each block has its number, too.
    """
    blocks = [isinstance(layer, Branches | Residual) for layer in chain.layers]
    short = ["" if block else str(i) for i, block in enumerate(blocks)]
    theirs = _first_names(chain.layers, short)
    if len(set(theirs)) == len(theirs) and "" not in theirs:
        return short
    return [str(i) for i in range(len(blocks))]


def _first_names(layers: tuple[Node, ...], names: list[str]) -> list[str]:
    """What follows the address of a chain in those of its parts."""
    found: list[str] = []
    for name, layer in zip(names, layers, strict=True):
        if name:
            found.append(name)
            continue
        while isinstance(layer, Residual):
            layer = layer.body
        match layer:
            case Branches():
                found += layer.names
            case Chain():
                found += _first_names(layer.layers, names_in(layer))
            case _:
                found.append("")
    return found


def join(address: str, name: str) -> str:
    """The address of a part, from its owner's and its name."""
    return f"{address}.{name}" if address and name else address or name


def seen(field: Pair, stride: Pair, more: Pair) -> Pair:
    """What one value sees after a window of `more` has slid over a map of this field and stride."""
    return field[0] + (more[0] - 1) * stride[0], field[1] + (more[1] - 1) * stride[1]


def steps(stride: Pair, more: Pair) -> Pair:
    """The step between two neighbors after a window that steps by `more`."""
    return stride[0] * more[0], stride[1] * more[1]


def _unit(conv: Conv, defaults: Defaults) -> Unit:
    bias, norm, act = conv.with_defaults(defaults)
    return Unit(bias, norm, act, defaults.norm_eps, conv.weight_std or defaults.weight_std)


def _slide(node: Conv | MaxPool | AvgPool, x: Map, out: Map, address: str) -> Map:
    """`out` with the grid that a window leaves which slides over `x`."""
    if len(x.shape) == 1:
        return out
    ceil = not isinstance(node, Conv) and node.ceil_mode
    if node.padding == "tf_same":
        grid = [-(-n // step) for n, step in zip(x.shape[1:], node.stride, strict=True)]
    else:
        assert node.pads is not None
        axes = zip(x.shape[1:], node.kernel_size, node.stride, node.pads, strict=True)
        grid = [_places(*axis, ceil) for axis in axes]
    if min(grid) < 1:
        raise TooSmall(
            f"{address or 'the block'} ({label(node)} with {node.padding!r} padding on a grid of "
            f"{times(x.shape[1:])})"
        )
    return Map((out.shape[0], *grid), out.inputs)


def _places(n: int, kernel: int, stride: int, pad: int, ceil: bool) -> int:
    """At how many places of `n` values a window fits."""
    last = (n + 2 * pad - kernel + (stride - 1 if ceil else 0)) // stride
    if ceil and last * stride >= n + pad:  # the last window must start on the map, not after it
        last -= 1
    return last + 1


def _adapted(grid: tuple[int, ...], to: Pair) -> tuple[Pair, Pair]:
    """Field and stride of adaptive pooling. A window spans at most ceil(n / m) + 1 values."""
    if not grid:  # nobody has said what comes in
        return (1, 1), (1, 1)
    fields = [n if m == 1 else -(-n // m) + (n % m != 0) for n, m in zip(grid, to, strict=True)]
    strides = [max(1, n // m) for n, m in zip(grid, to, strict=True)]
    return (fields[0], fields[1]), (strides[0], strides[1])


def _concatenated(node: Branches, outs: list[Map], where: str) -> Map:
    grids = {out.shape[1:] for out in outs} - {()}
    if len(grids) > 1:
        listed = ", ".join(
            f"{name} {times(out.shape[1:])}"
            for name, out in zip(node.names, outs, strict=True)
            if out.shape[1:]
        )
        raise ValueError(
            f"{where}: branches end on different grids ({listed}); "
            "they can be concatenated only when the grids are equal."
        )
    total, inputs = sum(out.shape[0] for out in outs), sum(out.inputs for out in outs)
    if not inputs and node.out_channels not in (None, total):
        parts = " + ".join(str(out.shape[0]) for out in outs)
        raise ValueError(
            f"{where}: branches give {total} channels ({parts}), the table says "
            f"{node.out_channels}."
        )
    return Map((total, *next(iter(grids), ())), inputs)


def first_part(part: Part) -> Part:
    """The first layer of a branch that has one: its own part where it is no chain."""
    return part.parts[0][1] if isinstance(part.node, Chain) else part


def _check_merged(node: Merged, branches: dict[str, Part], where: str) -> None:
    units = {name: first_part(branches[name]).unit for name in node.merged}
    norms = {name: unit.norm for name, unit in units.items() if unit}
    biased = [unit.bias for unit in units.values() if unit]
    if len(set(norms.values())) > 1 or biased != sorted(biased, reverse=True):
        raise ValueError(
            f"{where}: the first convolutions of {', '.join(node.merged)} cannot be one: all must be "
            f"normalized or none ({', '.join(norms.values())}), and those without a bias come last."
        )


def _widest(parts: list[Part]) -> Pair:
    return max(part.field[0] for part in parts), max(part.field[1] for part in parts)


def _check_sum(x: Map, out: Map, where: str) -> None:
    if not x.inputs and not out.inputs and out.shape[0] != x.shape[0]:
        _refuse_sum(where, "channels", str(out.shape[0]), str(x.shape[0]))
    if x.shape[1:] and out.shape[1:] and out.shape[1:] != x.shape[1:]:
        _refuse_sum(where, "a grid of", times(out.shape[1:]), times(x.shape[1:]))


def _refuse_sum(where: str, what: str, body: str, given: str) -> None:
    raise ValueError(
        f"{where}: the body of the residual gives {what} {body}, its input has {given}; "
        "a sum needs both equal."
    )
