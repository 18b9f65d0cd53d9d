"""What a network costs, read from its resolved description. No torch.

MAC: one multiply-accumulate of a convolution or a linear layer. FLOPs = 2 × MACs. Biases,
normalization, activations and poolings are not counted as MACs, as in the papers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ..errors import suggest
from ..networks.resolve import describe, described, resolve
from ..spec import (
    LRN,
    PLAIN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    Defaults,
    MaxPool,
    Merged,
    Network,
    Pair,
    Residual,
    not_a_node,
)
from ..tree.resolved import HeadPart, Map, Part, Resolved, join, resolve_block, seen, steps
from .table import Table, times

if TYPE_CHECKING:
    from typing import Unpack

    from ..networks.registry import Options

BYTES = 4  # one float32


class Row(NamedTuple):
    """One line of a count: a stage, a branch of a stage, or a single layer.

    Attributes:
        name: its address, such as "3a", "3a.5x5" or "3a.5x5.1".
        kind: "stage", "branch" or "layer".
        op: what it is, in words.
        family: its kernel family, which is its color: "1x1", "3x3", "5x5", "7x7", "1xn", "pool" or
            "linear".
        in_shape, out_shape: (channels, height, width), or (features,).
        params: weights, biases, and scale and shift of batch normalization.
        macs: multiply-accumulates for one image.
        activation_bytes: 4 bytes for each output value of each convolution (with its normalization
            and activation), pooling, LRN, bias or linear layer in it, for one image.
        receptive_field: (height, width) of the input pixels that one output value can see.
        stride: (height, width) of the step in the input between two neighboring outputs.
    """

    name: str
    kind: str
    op: str
    family: str
    in_shape: tuple[int, ...]
    out_shape: tuple[int, ...]
    params: int
    macs: int
    activation_bytes: int
    receptive_field: Pair
    stride: Pair


class Cost:
    """What `cost` returns: rows for stages and branches, layers, and totals.

    Attributes:
        rows: a `Row` for each stage, each followed by its branches.
        layers: a `Row` for each single layer.
        out_shape: shape of the output, without the batch.
    """

    def __init__(self, title: str, rows: list[Row], layers: list[Row], out_shape: tuple[int, ...]):
        self.title, self.rows, self.layers, self.out_shape = title, rows, layers, out_shape

    @property
    def params(self) -> int:
        """All parameters."""
        return sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> int:
        """All multiply-accumulates for one image."""
        return sum(layer.macs for layer in self.layers)

    @property
    def flops(self) -> int:
        """Floating-point operations for one image: 2 × MACs."""
        return 2 * self.macs

    @property
    def activation_bytes(self) -> int:
        """Bytes (float32) of all layers' outputs for one image."""
        return sum(layer.activation_bytes for layer in self.layers)

    @property
    def stages(self) -> list[Row]:
        """The rows of stages alone."""
        return [row for row in self.rows if row.kind == "stage"]

    def branches(self, stage: str | None = None) -> list[Row]:
        """The rows of one stage's branches; of the block itself when `stage` is None."""
        prefix = "" if stage is None else f"{stage}."
        if stage is not None:
            self[stage]
        return [
            row
            for row in self.rows
            if row.kind == "branch"
            and row.name.startswith(prefix)
            and "." not in row.name[len(prefix) :]
        ]

    def __getitem__(self, name: str) -> Row:
        """The row of a stage, a branch or a layer, by its address."""
        for row in (*self.rows, *self.layers):
            if row.name == name:
                return row
        raise KeyError(suggest(name, [row.name for row in self.rows], "stage or branch"))

    def to_dict(self) -> dict:
        """Everything as plain lists, numbers and strings, ready for JSON."""
        totals = ("title", "params", "macs", "flops", "activation_bytes")
        return {key: getattr(self, key) for key in totals} | {
            "out_shape": list(self.out_shape),
            "rows": [row._asdict() for row in self.rows],
            "layers": [row._asdict() for row in self.layers],
        }

    def table(self, *, branches: bool = True) -> Table:
        """The rows as a `Table`; `branches=False` leaves only the stages."""
        rows = [
            (
                row.name if row.kind == "stage" else f"·\u00a0{row.name}",
                # A narrow page may break a chain at its arrows, not inside a layer's name.
                row.op.replace(" ", "\u00a0").replace("→\u00a0", "→ "),
                times(row.out_shape),
                row.params,
                row.macs,
                row.activation_bytes,
                times(row.receptive_field),
                times(tuple(dict.fromkeys(row.stride))),  # one number where both are equal
            )
            for row in self.rows
            if branches or row.kind == "stage"
        ]
        total = (
            "total",
            "",
            times(self.out_shape),
            self.params,
            self.macs,
            self.activation_bytes,
            "",
            "",
        )
        columns = [
            "name",
            "what",
            "output",
            "parameters",
            "MACs",
            "activation bytes",
            "receptive field",
            "stride",
        ]
        return Table(columns, [*rows, total], self.title)

    def __str__(self) -> str:
        return str(self.table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def cost(
    what: object,
    input_shape: tuple[int, int, int] | None = None,
    *,
    input_size: int | Pair | None = None,
    defaults: Defaults = PLAIN,
    **options: Unpack[Options],
) -> Cost:
    """Count shapes, parameters, MACs, activation bytes and receptive fields. Needs no torch.

    Args:
        what: a model's name, a `Network`, a model that `create_model` made, also wrapped, or a block.
        input_shape: (channels, height, width) of a block's input; only for blocks.
        input_size: side of the input image in pixels, or (height, width); only for networks.
            None takes the paper's.
        defaults: what a block's convolutions have unless they say otherwise; only for blocks.
        options: for a name: those of `architecture`, such as `num_classes=10` or `aux=True`.

    Returns:
        A `Cost`.

    Raises:
        KeyError: an unknown model.
        TypeError: an object that is not a description; a block without its input shape.
        ValueError: branches that do not fit, a sum that the table contradicts, or an input that is
            too small: the message says where it runs out, and the smallest that works; a model that
            was changed after it was made.
    """
    return count(resolve(what, input_shape, input_size=input_size, defaults=defaults, **options))


def count(resolved: Resolved | Part) -> Cost:
    """Count what is resolved.

    Args:
        resolved: a network or a block, with a known input.
    """
    if isinstance(resolved, Part):
        counted = _part(resolved, "", _At())
        rows = counted.rows or [_total("branch", resolved, "block", counted)]
        title = f"{resolved.label} on {times(resolved.before.shape)}"
        return Cost(title, rows, counted.layers, resolved.after.shape)
    network, at, found, after = resolved.network, _At(), [], {}
    for name, part in resolved.stages.items():
        found.append(_own("stage", part, name, at))
        at = after[name] = found[-1].after
    out = part.after.shape
    if resolved.head:
        own = ["avgpool", *(linear.name for linear in resolved.head.linears)]
        prefix = _apart("", own, network)
        found.append(_own("stage", resolved.head.pool, f"{prefix}avgpool", at))
        found.append(_linears(resolved.head, found[-1].after, prefix))
        out = _out_of(resolved.head)
    prefix = _apart("aux_", resolved.aux, network)
    found += [
        _auxiliary(head, f"{prefix}{name}", after[name]) for name, head in resolved.aux.items()
    ]
    whole = _sum(found, at)
    title = f"{network.title or network.name} at {times(resolved.before.shape[1:])}"
    return Cost(title, whole.rows, whole.layers, out)


def _apart(prefix: str, names: Iterable[str], network: Network) -> str:
    """A prefix for the names of a head's parts, so that none equals the name of a stage."""
    names, stem = list(names), prefix.rstrip("_") or "head"
    for owner in (prefix, f"{stem}.", f"_{stem}."):  # no stage's name begins with "_"
        if not any(f"{owner}{name}".split(".")[0] in network.names for name in names):
            break
    return owner


class _At(NamedTuple):
    """How a place in the network looks back at the image: receptive field and stride."""

    field: Pair = (1, 1)
    stride: Pair = (1, 1)

    def through(self, part: Part) -> _At:
        """The same after a part."""
        return _At(seen(self.field, self.stride, part.field), steps(self.stride, part.stride))


class _Counted(NamedTuple):
    """The rows of stages and branches, those of single layers, the sums of these, and what follows."""

    rows: list[Row]
    layers: list[Row]
    params: int
    macs: int
    activation_bytes: int
    after: _At


def _sum(parts: list[_Counted], after: _At) -> _Counted:
    rows: list[Row] = []
    layers: list[Row] = []
    params = macs = size = 0
    for its_rows, its_layers, its_params, its_macs, its_size, _ in parts:
        rows += its_rows
        layers += its_layers
        params += its_params
        macs += its_macs
        size += its_size
    return _Counted(rows, layers, params, macs, size, after)


def _part(part: Part, address: str, at: _At) -> _Counted:
    """A part and all parts of it, counted."""
    node = part.node
    match node:
        case Conv():
            assert part.unit is not None
            height, width = node.kernel_size
            weights = part.before.shape[0] // node.groups * height * width * node.out_channels
            own = part.unit.bias + 2 * (part.unit.norm == "batch_norm")
            return _layer(
                part, address, at.through(part), weights + own * node.out_channels, weights
            )
        case MaxPool() | AvgPool() | AdaptiveAvgPool() | LRN():
            return _layer(part, address, at.through(part), 0, 0)
        case Bias():
            return _layer(part, address, at, part.after.shape[0], 0)
        case Chain():
            found = []
            for name, inner in part.parts:
                where = join(address, name)
                block = name and isinstance(inner.node, Branches | Residual)
                found.append(_own("branch", inner, where, at) if block else _part(inner, where, at))
                at = found[-1].after
            return _sum(found, at)
        case Residual():
            return _part(part.parts[0][1], address, at)
        case Branches():
            found = [_own("branch", p, join(address, name), at) for name, p in part.parts]
            counted = _sum(found, at.through(part))
            return _merged(node, counted, address) if isinstance(node, Merged) else counted
        case _:
            not_a_node(node)


def _merged(node: Merged, counted: _Counted, address: str) -> _Counted:
    """Branches whose first convolutions are one layer. Each branch still has its share of the costs."""
    layers = {row.name: row for row in counted.layers}
    firsts = []
    for name in node.merged:
        own = join(address, name)
        firsts.append(layers.pop(own if own in layers else join(own, "0")))
    shape = (node.conv.out_channels, *firsts[0].out_shape[1:])
    one = firsts[0]._replace(
        name=join(address, node.conv_name),
        out_shape=shape,
        params=sum(row.params for row in firsts),
        macs=sum(row.macs for row in firsts),
        activation_bytes=sum(row.activation_bytes for row in firsts),
    )
    return counted._replace(layers=[one, *layers.values()])


def _layer(part: Part, address: str, after: _At, params: int, weights: int) -> _Counted:
    out = part.after.shape
    places = out[1] * out[2]
    macs, size = weights * places, BYTES * out[0] * places
    row = Row(
        address or "block", "layer", part.label, part.family, part.before.shape, out, params, macs,
        size, *after,
    )  # fmt: skip
    return _Counted([], [row], params, macs, size, after)


def _total(kind: str, part: Part, address: str, counted: _Counted) -> Row:
    """One row for all of a part."""
    _, _, params, macs, size, after = counted
    what = (address, kind, part.label, part.family, part.before.shape, part.after.shape)
    return Row(*what, params, macs, size, *after)


def _own(kind: str, part: Part, address: str, at: _At) -> _Counted:
    """A part that has a row of its own, before those of its parts."""
    counted = _part(part, address, at)
    counted.rows.insert(0, _total(kind, part, address, counted))
    return counted


def _linears(head: HeadPart, at: _At, prefix: str = "") -> _Counted:
    """The linear layers of a head, which are stages, too. Each sees all of the pooled map."""
    layers, shape = [], head.pool.after.shape
    after = _At(seen(*at, (shape[1], shape[2])), at.stride)
    for linear in head.linears:
        macs, out = linear.inputs * linear.width, (linear.width,)
        what = (prefix + linear.name, "layer", "linear", "linear", shape, out)
        layers.append(Row(*what, macs + linear.width, macs, BYTES * linear.width, *after))
        shape = out
    rows = [row._replace(kind="stage") for row in layers]
    params, macs = sum(row.params for row in layers), sum(row.macs for row in layers)
    return _Counted(rows, layers, params, macs, sum(row.activation_bytes for row in layers), after)


def _auxiliary(head: HeadPart, name: str, at: _At) -> _Counted:
    """An auxiliary head: one row for all of it."""
    pool = _part(head.pool, f"{name}.pool", at)
    linears = _linears(head, pool.after, f"{name}.")
    counted = _sum([pool, linears], linears.after)
    row = _total("stage", head.pool, name, counted)
    row = row._replace(op="auxiliary head", out_shape=_out_of(head))
    return counted._replace(rows=[row, *pool.rows])


def _out_of(head: HeadPart) -> tuple[int, ...]:
    return (head.linears[-1].width,) if head.linears else head.pool.after.shape


def channel_slices(what: object, stage: str | None = None) -> dict[str, slice]:
    """Where each branch's channels lie in the concatenation of a stage.

    Args:
        what: a model's name, a `Network`, a model, or a block of branches. A block whose pooling
            passes its input through is not enough on its own: ask the network that it is in.
        stage: which stage of a network, such as "3a".

    Returns:
        Branch name -> slice of channels, in the order of the concatenation.

    Raises:
        KeyError: an unknown stage. ValueError: a stage that concatenates nothing.
    """
    found, defaults = describe(what)
    if isinstance(found, Network):
        if stage is None:
            raise ValueError(f"say which stage of {found.name}: {', '.join(found.names)}.")
        found[stage]  # raises for a stage that is not there
        resolved = resolve(found)
        assert isinstance(resolved, Resolved)
        part = resolved.stages[stage]
    else:
        inputs = getattr(described(what), "in_channels", 1)
        part = resolve_block(found, Map((inputs,)), defaults)
    if not isinstance(part.node, Branches):
        raise ValueError(
            f"{stage or 'this block'} is a {part.label}; only branches are concatenated."
        )
    slices, start = {}, 0
    for name, inner in part.parts:
        slices[name] = slice(start, start + inner.after.shape[0])
        start += inner.after.shape[0]
    return slices
