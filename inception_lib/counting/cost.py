"""What a network costs, from its description alone: a plain walk over the tree. No torch.

MAC: one multiply-accumulate of a convolution or a linear layer. FLOPs = 2 × MACs. Biases,
normalization, activations and poolings are not counted as MACs, as in the papers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from ..errors import suggest
from ..networks.registry import architecture
from ..spec import (
    LRN,
    PLAIN,
    AdaptiveAvgPool,
    Branches,
    Chain,
    Conv,
    Defaults,
    Head,
    MaxPool,
    Network,
    Node,
    Pair,
    Residual,
    as_node,
)
from ..tree.resolved import check_concat, check_groups, check_sum
from ..tree.walks import kernel_family, label
from .table import Table, times

BYTES = 4  # one float32


Sums = tuple[int, int, int]


@dataclass(frozen=True)
class Row:
    """One line of a count: a stage, a branch of a stage, or a single layer.

    Attributes:
        name: its address, such as "3a", "3a.5x5" or "3a.5x5.1".
        kind: "stage", "branch" or "layer".
        op: what it is, for people.
        family: its kernel family, which is its colour (`spec.kernel_family`).
        in_shape, out_shape: (channels, height, width).
        params: weights, biases, and scale and shift of batch normalization.
        macs: multiply-accumulates for one image.
        activation_bytes: 4 bytes for each value that a convolution (with its normalization and
            activation), a pooling, an LRN or a linear layer in it puts out, for one image.
        receptive_field: (height, width) of the input pixels that one output value can see.
        stride: (height, width) of the step in the input between two neighbouring outputs.
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


@dataclass(frozen=True)
class _Map:
    """A tensor on its way through the tree: its shape, and how it looks back at the input."""

    shape: tuple[int, ...]
    field: Pair = (1, 1)
    stride: Pair = (1, 1)


class Cost:
    """What `cost` returns: rows for stages and branches, layers, and totals.

    Attributes:
        rows: a `Row` for each stage, each followed by its branches.
        layers: a `Row` for each single layer.
        out_shape: shape of what comes out, without the batch.
    """

    def __init__(self, title: str, rows: list[Row], layers: list[Row], out_shape: tuple[int, ...]):
        self.title, self.rows, self.layers, self.out_shape = title, rows, layers, out_shape

    @property
    def params(self) -> int:
        """Parameters in all."""
        return sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
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
            "rows": [asdict(row) for row in self.rows],
            "layers": [asdict(row) for row in self.layers],
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
                times(dict.fromkeys(row.stride)),  # one number where both are equal
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
    **options: object,
) -> Cost:
    """Count shapes, parameters, MACs, activation bytes and receptive fields. Needs no torch.

    Args:
        what: a model's name, a `Network`, a model that `create_model` made, or a block.
        input_shape: (channels, height, width) that goes into a block; only for blocks.
        input_size: side of the input image in pixels, or (height, width); only for networks.
            None takes the paper's.
        defaults: what a block's convolutions have unless they say otherwise; only for blocks.
        options: for a name: those of `architecture`, such as `num_classes=10` or `aux=True`.

    Returns:
        A `Cost`.

    Raises:
        KeyError: an unknown model.
        TypeError: an object that is no description; a block without its input shape.
        ValueError: branches that do not fit, a sum that the table contradicts, or an input that is
            too small: the message says where it runs out, and the smallest that works.
    """
    if isinstance(what, str):
        what = architecture(what, **options)
    elif options:
        raise TypeError(
            f"{', '.join(options)}: options go with a model's name, not with {type(what).__name__}."
        )
    what = getattr(what, "spec", what)
    if isinstance(what, Network):
        if input_shape is not None:
            raise TypeError(
                "input_shape goes with a block; for a network give input_size, in pixels."
            )
        return _cost_network(what, what.input_size if input_size is None else input_size)
    node = as_node(what)
    if input_shape is None:
        raise TypeError(
            f"a {type(node).__name__} says nothing of its input; give input_shape=(channels, height, width)."
        )
    walk = _Walk(defaults)
    out = walk.node(node, _Map(_shape(input_shape)), "")
    if not walk.rows:  # a block without branches is its own single row
        walk.rows.append(
            walk.total("block", "branch", node, (0, 0, 0), _Map(_shape(input_shape)), out)
        )
    return Cost(f"{label(node)} on {times(input_shape)}", walk.rows, walk.layers, out.shape)


def _cost_network(network: Network, input_size: int | Pair) -> Cost:
    try:
        return _walk_network(network, input_size)
    except _TooSmall as small:
        height, width = _size(input_size)
        least = min_input_size(network, aux=True)
        raise ValueError(
            f"{network.name}: an input of {height}×{width} is too small: it runs out at {small}. "
            f"The smallest square input is {least}×{least}."
        ) from None


def _walk_network(network: Network, input_size: int | Pair) -> Cost:
    height, width = _size(input_size)
    walk, x = _Walk(network.defaults), _Map((network.in_channels, height, width))
    aux, extra = dict(network.aux), []
    for name, node in network.stages:
        x = walk.stage(name, node, x)
        if name in aux:
            extra.append((f"aux_{name}", aux[name], x))
    if network.head:
        x = walk.head("", network.head, x)
    for name, head, at in extra:
        walk.head(f"{name}.", head, at)
    return Cost(
        f"{network.title or network.name} at {height}×{width}", walk.rows, walk.layers, x.shape
    )


def min_input_size(network: Network, *, aux: bool = False) -> int:
    """The smallest side of a square input, in pixels, that every stage and the head can take.

    Args:
        network: the description.
        aux: whether its auxiliary heads must fit as well.

    Raises:
        ValueError: no side up to 1024 fits.
    """
    if not aux:
        network = replace(network, aux=())
    for side in range(1, 1025):
        try:
            _walk_network(network, side)
        except ValueError:
            continue
        return side
    raise ValueError(f"{network.name}: no square input up to 1024×1024 fits every stage.")


def channel_slices(what: object, stage: str | None = None) -> dict[str, slice]:
    """Where each branch's channels lie in the concatenation of a stage.

    Args:
        what: a model's name, a `Network`, a model, or a block of branches. A block whose pooling
            passes its input through is not enough on its own: ask the network that it stands in.
        stage: which stage of a network, such as "3a".

    Returns:
        Branch name -> slice of channels, in the order of the concatenation.

    Raises:
        KeyError: an unknown stage. ValueError: a stage that concatenates nothing.
    """
    if isinstance(what, str):
        what = architecture(what)
    spec = getattr(what, "spec", what)
    if isinstance(spec, Network):
        if stage is None:
            raise ValueError(f"say which stage of {spec.name}: {', '.join(spec.names)}.")
        node, rows = spec[stage], cost(spec).branches(stage)
    else:
        node = as_node(spec)
        channels = getattr(what, "in_channels", 1)
        rows = cost(node, (channels, 96, 96), defaults=getattr(what, "defaults", PLAIN)).branches()
    if not isinstance(node, Branches):
        raise ValueError(
            f"{stage or 'this block'} is a {label(node)}; only branches are concatenated."
        )
    slices, start = {}, 0
    for row in rows:
        slices[row.name.rsplit(".", 1)[-1]] = slice(start, start + row.out_shape[0])
        start += row.out_shape[0]
    return slices


class _TooSmall(ValueError):
    """A grid that a window does not fit into."""


def _positive(values: object, count: int) -> bool:
    return (
        isinstance(values, tuple | list)
        and len(values) == count
        and all(isinstance(n, int) and n > 0 for n in values)
    )


def _size(size: int | Pair) -> Pair:
    pair = (size, size) if isinstance(size, int) and not isinstance(size, bool) else size
    if not _positive(pair, 2):
        raise ValueError(f"input_size is {size!r}; give pixels, such as 224, or (height, width).")
    return tuple(pair)


def _shape(shape: object) -> tuple[int, int, int]:
    if not _positive(shape, 3):
        raise ValueError(
            f"input_shape is {shape!r}; give (channels, height, width), all at least 1."
        )
    return tuple(shape)


class _Walk:
    """One pass over a tree; collects rows and layers as it goes."""

    def __init__(self, defaults: Defaults):
        self.defaults = defaults
        self.rows: list[Row] = []
        self.layers: list[Row] = []
        self.sums = (0, 0, 0)  # parameters, MACs and bytes of the layers so far
        self.words: dict[int, tuple[str, str]] = {}

    def stage(self, name: str, node: Node, x: _Map) -> _Map:
        at, start = len(self.rows), self.sums
        out = self.node(node, x, name)
        self.rows.insert(at, self.total(name, "stage", node, start, x, out))
        return out

    def total(self, name: str, kind: str, node: Node, start: Sums, x: _Map, out: _Map) -> Row:
        """One row for everything that was counted since the sums were `start`."""
        costs = (now - then for now, then in zip(self.sums, start, strict=True))
        what = (name, kind, *self.named(node))
        return Row(*what, x.shape, out.shape, *costs, out.field, out.stride)

    def named(self, node: Node) -> tuple[str, str]:
        """Label and family of a node; a block that repeats is asked once."""
        words = self.words.get(id(node))
        if words is None:
            words = self.words[id(node)] = (label(node), kernel_family(node))
        return words

    def layer(self, row: Row) -> None:
        params, macs, size = self.sums
        self.sums = (params + row.params, macs + row.macs, size + row.activation_bytes)
        self.layers.append(row)

    def node(self, node: Node, x: _Map, where: str) -> _Map:
        visit: Callable = {
            Chain: self._chain,
            Branches: self._branches,
            Residual: self._residual,
            Conv: self._conv,
            AdaptiveAvgPool: self._adaptive,
            LRN: self._lrn,
        }.get(type(node), self._pool)
        return visit(node, x, where)

    def _chain(self, node: Chain, x: _Map, where: str) -> _Map:
        for i, layer in enumerate(node.layers):
            # Branches inside a chain keep the chain's address: "7b.3x3_split.1x3".
            inner = where if isinstance(layer, Branches | Residual) else _join(where, str(i))
            x = self.node(layer, x, inner)
        return x

    def _branches(self, node: Branches, x: _Map, where: str) -> _Map:
        outs = {}
        for name, branch in node.branches:
            address, at, start = _join(where, name), len(self.rows), self.sums
            outs[name] = self.node(branch, x, address)
            self.rows.insert(at, self.total(address, "branch", branch, start, x, outs[name]))
        grids = {name: out.shape[1:] for name, out in outs.items()}
        if len(set(grids.values())) > 1:
            listed = ", ".join(f"{name} {times(grid)}" for name, grid in grids.items())
            raise ValueError(
                f"{where or 'block'}: branches end on different grids ({listed}); "
                "they can be concatenated only when the grids are equal."
            )
        total = check_concat(
            where or "block", {n: o.shape[0] for n, o in outs.items()}, node.out_channels
        )
        return _Map(
            (total, *next(iter(grids.values()))),
            _widest(outs.values()),
            next(iter(outs.values())).stride,
        )

    def _residual(self, node: Residual, x: _Map, where: str) -> _Map:
        out = self.node(node.body, x, where)
        check_sum(where or "block", x.shape[:1], out.shape[:1], "channels")
        check_sum(where or "block", x.shape[1:], out.shape[1:], "a grid of")
        return _Map(out.shape, _widest((x, out)), out.stride)

    def _conv(self, node: Conv, x: _Map, where: str) -> _Map:
        check_groups(where, x.shape[0], node.groups)
        bias, norm, _ = node.with_defaults(self.defaults)
        out = self._window(node, x, where, node.out_channels)
        weights = (
            x.shape[0]
            // node.groups
            * node.kernel_size[0]
            * node.kernel_size[1]
            * node.out_channels
        )
        params = weights + node.out_channels * (bias + 2 * (norm == "batch_norm"))
        self._add(node, where, x, out, params, weights * out.shape[1] * out.shape[2])
        return out

    def _pool(self, node: Node, x: _Map, where: str) -> _Map:
        out = self._window(node, x, where, x.shape[0])
        self._add(node, where, x, out)
        return out

    def _adaptive(self, node: AdaptiveAvgPool, x: _Map, where: str) -> _Map:
        grid, out_grid = x.shape[1:], node.output_size
        # A window of adaptive pooling spans at most ceil(n / m) + 1 values; exact for m = 1.
        spans = (
            n if m == 1 else -(-n // m) + (n % m != 0) for n, m in zip(grid, out_grid, strict=True)
        )
        field = tuple(
            f + (span - 1) * s for f, span, s in zip(x.field, spans, x.stride, strict=True)
        )
        stride = tuple(s * max(1, n // m) for s, n, m in zip(x.stride, grid, out_grid, strict=True))
        out = _Map((x.shape[0], *out_grid), field, stride)
        self._add(node, where, x, out)
        return out

    def _lrn(self, node: LRN, x: _Map, where: str) -> _Map:
        self._add(node, where, x, x)
        return x

    def _window(self, node: Conv | MaxPool, x: _Map, where: str, channels: int) -> _Map:
        """Grid, receptive field and stride after a window has slid over `x`."""
        ceil = getattr(node, "ceil_mode", False)
        grid, field, stride = [], [], []
        for n, k, s, p, f, j in zip(
            x.shape[1:], node.kernel_size, node.stride, node.pads, x.field, x.stride, strict=True
        ):
            steps = (n + 2 * p - k + (s - 1 if ceil else 0)) // s
            if ceil and steps * s >= n + p:  # the last window must start on the map, not behind it
                steps -= 1
            grid.append(steps + 1)
            field.append(f + (k - 1) * j)
            stride.append(j * s)
        if min(grid) < 1:
            raise _TooSmall(
                f"{where or 'the block'} ({label(node)} with {node.padding!r} padding on a grid of {times(x.shape[1:])})"
            )
        return _Map((channels, *grid), tuple(field), tuple(stride))

    def head(self, prefix: str, head: Head, x: _Map) -> _Map:
        """Rows "avgpool" and "fc", or the same behind "aux_4a."."""
        if prefix:
            name, at, start, first = prefix[:-1], len(self.rows), self.sums, x
            x = self.node(head.pool, x, f"{prefix}pool")
        else:
            x = self.stage("avgpool", head.pool, x)
        size = x.shape[0] * x.shape[1] * x.shape[2]
        field = tuple(
            f + (n - 1) * s for f, n, s in zip(x.field, x.shape[1:], x.stride, strict=True)
        )
        for i, width in enumerate((*head.hidden, head.classes)):
            if not width:
                return x
            last = i == len(head.hidden)
            address = f"{prefix}fc" if last else f"{prefix}fc{i + 1}"
            out = _Map((width,), field, x.stride)
            costs = (size * width + width, size * width, BYTES * width)
            what = (address, "layer", "linear", "linear")
            row = Row(*what, x.shape, out.shape, *costs, field, x.stride)
            self.layer(row)
            if not prefix:
                self.rows.append(replace(row, kind="stage"))
            x, size = out, width
        if prefix:
            self.rows.insert(
                at,
                replace(self.total(name, "stage", head.pool, start, first, x), op="auxiliary head"),
            )
        return x

    def _add(
        self, node: Node, where: str, x: _Map, out: _Map, params: int = 0, macs: int = 0
    ) -> None:
        values = out.shape[0] * out.shape[1] * out.shape[2]
        what = (where or "block", "layer", *self.named(node))
        costs = (params, macs, BYTES * values)
        self.layer(Row(*what, x.shape, out.shape, *costs, out.field, out.stride))


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _widest(maps: object) -> Pair:
    fields = [m.field for m in maps]
    return (max(f[0] for f in fields), max(f[1] for f in fields))
