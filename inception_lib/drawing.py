"""Pictures of networks and blocks as SVG, from their description and their counts. No torch.

A diagram lays a tree out from the top to the bottom: each part is a `_Piece` that knows how far it
reaches from its axis. A map has a row for each stage. `_svg` holds the pen and the colours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from itertools import repeat

from ._svg import BOLD, HATCHES, LINE, PALETTE, SMALL, TITLE, Canvas, Drawing, human, shown, span
from .architectures import architecture, list_models
from .counting import Cost, Row, cost
from .spec import (
    LRN,
    PLAIN,
    AdaptiveAvgPool,
    Branches,
    Chain,
    Conv,
    Defaults,
    MaxPool,
    Network,
    Node,
    Pair,
    Residual,
    as_node,
    check_concat,
    kernel_family,
    label,
    leaves,
)
from .tables import times

__all__ = ["HATCHES", "PALETTE", "Drawing", "draw", "family_map"]

GAP, SPACE = 26, 16  # between the boxes of a column, between columns


def draw(
    what: object,
    input_shape: tuple[int, int, int] | None = None,
    *,
    input_size: int | Pair | None = None,
    cost: bool = False,
    defaults: Defaults = PLAIN,
    title: str | None = None,
    widest: int = 270,
    **options: object,
) -> Drawing:
    """Draw a network as a map of its stages, or a block as a diagram of its layers.

    Args:
        what: a model's name, a `Network`, a model that `create_model` made, or a block.
        input_shape: (channels, height, width) that goes into a block; only for blocks. Without it
            a block is drawn without grids, and what keeps its input's channels says so.
        input_size: pixels of the input image; only for networks. None takes the paper's.
        cost: write parameters and MACs beside each part; a block then needs `input_shape`.
        defaults: what a block's convolutions have unless they say otherwise; only for blocks.
        title: a line above the picture.
        widest: how many pixels wide the widest bar of a map is; 270 fits the text column of a page.
        options: for a name: those of `architecture`, such as `aux=True`.

    Returns:
        A `Drawing`.

    Raises:
        KeyError: an unknown model. TypeError: an object that is no description; `cost=True` for a
        block without `input_shape`. ValueError: what `counting.cost` raises.
    """
    if isinstance(what, str):
        what = architecture(what, **options)
    elif options:
        given, kind = ", ".join(options), type(what).__name__
        raise TypeError(f"{given}: options go with a model's name, not with {kind}.")
    defaults = getattr(what, "defaults", defaults)
    what = getattr(what, "spec", what)
    if isinstance(what, Network):
        if input_shape is not None:
            raise TypeError("input_shape goes with a block; for a network give input_size.")
        return _network(what, _count(what, input_size=input_size), cost, title, widest)
    node = as_node(what)
    if input_size is not None:
        raise TypeError("input_size goes with a network; for a block give input_shape.")
    if cost and input_shape is None:
        raise TypeError(
            "cost=True needs input_shape=(channels, height, width): "
            f"a {type(node).__name__} says nothing of its input."
        )
    count = None if input_shape is None else _count(node, input_shape, defaults=defaults)
    return _Diagram(node, count, cost, defaults).drawing(input_shape, title)


_count = cost  # `draw` has an argument of that name


# What is written --------------------------------------------------------------------------------
def _words(leaf: Node) -> str:
    """A layer in the order in which papers write it: "3×3 conv /2"."""
    if isinstance(leaf, LRN | AdaptiveAvgPool):
        return label(leaf)
    kind = {Conv: "conv", MaxPool: "max pool"}.get(type(leaf), "avg pool")
    step = leaf.stride[0] if leaf.stride[0] == leaf.stride[1] else times(leaf.stride)
    return f"{times(leaf.kernel_size)} {kind}" + (f" /{step}" if step != 1 else "")


def _marks(leaf: Node, defaults: Defaults) -> str:
    """What else a reader must know of a layer: no padding, groups, no activation."""
    valid = getattr(leaf, "padding", "") == "valid" and leaf.kernel_size != (1, 1)
    marks = ["valid"] if valid else []
    if isinstance(leaf, Conv):
        marks += [f"{leaf.groups} groups"] if leaf.groups > 1 else []
        marks += ["linear"] if leaf.with_defaults(defaults)[2] == "none" else []
    return " · ".join(marks)


def _facts(row: Row | None) -> str:
    if row is None:
        return ""
    return (
        f" {times(row.in_shape)} → {times(row.out_shape)}. {row.params:,} parameters, "
        f"{row.macs:,} MACs. One output sees {times(row.receptive_field)} of the input."
    )


@dataclass(frozen=True)
class _Channels:
    """`known` channels, and `input` times those of an input that nobody has told."""

    known: int
    input: int = 0

    def __str__(self) -> str:
        unknown = {0: "", 1: "input"}.get(self.input, f"{self.input} × input")
        return " + ".join(part for part in (str(self.known or ""), unknown) if part)

    @property
    def words(self) -> str:
        return "as input" if (self.known, self.input) == (0, 1) else f"{self} channels"


# A block ----------------------------------------------------------------------------------------
@dataclass
class _Piece:
    """A laid-out part: how far it reaches from its axis, and how to paint it at (axis, top)."""

    left: float
    right: float
    height: float
    paint: Callable[[float, float], None]
    boxed: bool  # begins with a box, so that a line into it ends in an arrow head
    channels: _Channels
    alt: str


class _Diagram:
    def __init__(self, node: Node, count: Cost | None, with_cost: bool, defaults: Defaults):
        self.canvas, self.count, self.defaults = Canvas(), count, defaults
        self.rows: Iterator[Row | None] = iter(count.layers) if count else repeat(None)
        self.spec, self.with_cost, parts = node, with_cost, leaves(node)
        self.width = max([112.0, *(span(_words(leaf), BOLD, True) + 16 for leaf in parts)])
        marked = any(_marks(leaf, defaults) for leaf in parts)
        self.high = LINE * (2 + marked + 2 * with_cost) + 12

    def drawing(self, shape: tuple[int, int, int] | None, title: str | None) -> Drawing:
        c, piece = self.canvas, self.node(self.spec, _Channels(*(shape[:1] if shape else (0, 1))))
        given = f"input {times(shape)}" if shape else "input"
        out = f"output {times(self.count.out_shape)}" if shape else "output"
        end, half = max(span(given), span(out)) + 24, span(title or "", TITLE, True) / 2
        x, y = max(piece.left, end / 2, half) + 2, 28 if title else 2
        if title:
            c.text(x, 11, title, size=TITLE, anchor="middle", bold=True)
        c.box(x - end / 2, y, end, 28, given, [(given, SMALL)])
        top = y + 28 + (GAP if piece.boxed else 8)
        c.line((x, y + 28), (x, top), head=piece.boxed)
        piece.paint(x, top)
        bottom = top + piece.height
        c.line((x, bottom), (x, bottom + GAP), head=True)
        c.box(x - end / 2, bottom + GAP, end, 28, out, [(out, SMALL)])
        alt = f"{title or 'Block diagram'}: {given}; {piece.alt}; {out}."
        if self.with_cost:
            alt += f" In all {self.count.params:,} parameters and {self.count.macs:,} MACs."
        right = max(piece.right, end / 2, half) + 2
        chain = isinstance(self.spec, Chain)
        what = f"a chain of {len(self.spec.layers)}" if chain else label(self.spec)
        return c.drawing(x + right, bottom + GAP + 30, what, alt)

    def node(self, node: Node, channels: _Channels) -> _Piece:
        visit = {Chain: self._chain, Branches: self._branches, Residual: self._residual}
        return visit.get(type(node), self._leaf)(node, channels)

    def _leaf(self, leaf: Node, channels: _Channels) -> _Piece:
        row, marks = next(self.rows), _marks(leaf, self.defaults)
        out = _Channels(leaf.out_channels) if isinstance(leaf, Conv) else channels
        lines = [(_words(leaf), BOLD), (out.words, SMALL)] + ([(marks, SMALL)] if marks else [])
        if self.with_cost and isinstance(leaf, Conv):
            lines += [(f"{human(row.params)} params", SMALL), (f"{human(row.macs)} MACs", SMALL)]
        said = ", ".join(part for part in (_words(leaf), out.words, marks) if part)
        title = f"{row.name + ': ' if row else ''}{said}.{_facts(row)}"
        w = max(self.width, *(span(line) + 12 for line, _ in lines))
        h, family = self.high, kernel_family(leaf)

        def paint(x: float, y: float) -> None:
            self.canvas.box(x - w / 2, y, w, h, title, lines, family)

        return _Piece(w / 2, w / 2, h, paint, True, out, said)

    def _chain(self, node: Chain, channels: _Channels) -> _Piece:
        pieces: list[_Piece] = []
        for layer in node.layers:
            pieces.append(self.node(layer, channels))
            channels = pieces[-1].channels
        if not pieces:
            half = self.width / 2
            return _Piece(half, half, 0, lambda x, y: None, False, channels, "as it is")
        gaps = [0, *(GAP if piece.boxed else 4 for piece in pieces[1:])]

        def paint(x: float, y: float) -> None:
            for piece, gap in zip(pieces, gaps, strict=True):
                if gap:
                    self.canvas.line((x, y), (x, y + gap), head=piece.boxed)
                piece.paint(x, y + gap)
                y += gap + piece.height

        left, right = max(p.left for p in pieces), max(p.right for p in pieces)
        height, alt = (
            sum(gaps) + sum(p.height for p in pieces),
            ", then ".join(p.alt for p in pieces),
        )
        return _Piece(left, right, height, paint, pieces[0].boxed, channels, alt)

    def _branches(self, node: Branches, channels: _Channels) -> _Piece:
        columns = [self.node(branch, channels) for _, branch in node.branches]
        parts, names = [column.channels for column in columns], [shown(n) for n in node.names]
        total = _Channels(sum(p.known for p in parts), sum(p.input for p in parts))
        if not total.input:
            known = {name: part.known for name, part in zip(node.names, parts, strict=True)}
            check_concat("block", known, node.out_channels)
        lines = [(f"concat: {total} channels", BOLD), (" + ".join(map(str, parts)), SMALL)]
        spans = [
            column.left + max(column.right, 10 + span(name, bold=True))
            for column, name in zip(columns, names, strict=True)
        ]
        inner = sum(spans) + SPACE * (len(spans) - 1)
        width = max(inner, span(lines[0][0], BOLD, True) + 16, span(lines[1][0]) + 16)
        fork, tall, strip = 10, max(c.height for c in columns), 0 if total.input else 16
        top, bar = fork + 34, 46 + strip

        def paint(x: float, y: float) -> None:
            c, at, end = self.canvas, x - inner / 2, y + top + tall
            for column, name, wide in zip(columns, names, spans, strict=True):
                axis, start = at + column.left, end - column.height
                turn = ((x, y + fork), (axis, y + fork))
                c.line((x, y), *turn, (axis, start), head=column.boxed)
                c.text(axis + 7, y + fork + 14, name, bold=True)
                column.paint(axis, start)
                c.line((axis, end), (axis, end + GAP), head=True)
                at += wide + SPACE
            says, left = f"concatenation: {lines[1][0]} = {total} channels", x - width / 2
            c.box(left, end + GAP, width, bar, says, lines, room=strip)
            if strip:
                self._strip(left + 10, end + GAP + bar - 16, width - 20, node, parts)

        said = "; ".join(f"{name}: {c.alt}" for name, c in zip(names, columns, strict=True))
        alt = f"{len(columns)} branches side by side ({said}), concatenated to {total} channels"
        height = top + tall + GAP + bar
        return _Piece(width / 2, width / 2, height, paint, False, total, alt)

    def _strip(self, x: float, y: float, width: float, node: Branches, parts: list) -> None:
        """Where each branch's channels lie in the concatenation."""
        total, start = sum(part.known for part in parts), 0
        for (name, branch), part in zip(node.branches, parts, strict=True):
            says = f"{name}: channels {start} to {start + part.known - 1}"
            wide = max(width * part.known / total - 1, 0.5)
            fill = PALETTE[kernel_family(branch)]
            self.canvas.rect(x + width * start / total, y, wide, 8, fill, says)
            start += part.known

    def _residual(self, node: Residual, channels: _Channels) -> _Piece:
        body = self.node(node.body, channels)
        head, gap, radius = 30 if body.boxed else 18, 34, 10
        act, scale = "ReLU" if node.act == "relu" else "no ReLU", f"{node.scale:g}"
        center = head + body.height + gap + radius

        def paint(x: float, y: float) -> None:
            c, skip, mid = self.canvas, x - body.left - 20, y + center
            c.line((x, y), (x, y + head), head=body.boxed)
            body.paint(x, y + head)
            turn = ((x, y + 8), (skip, y + 8), (skip, mid))
            c.line((x, y), *turn, (x - radius, mid), head=True)
            c.line((x, y + head + body.height), (x, mid - radius), head=True)
            c.text(x + 10, mid - radius - gap / 2, f"× {scale}")
            c.text(x + radius + 8, mid, act)
            c.sum(x, mid, radius, f"sum: input + {scale} × body, then {act}")

        alt = f"{body.alt}, times {scale}, added to the input, then {act}"
        left, right = body.left + 24, max(body.right, 76)
        return _Piece(left, right, center + radius, paint, False, body.channels, alt)


# A network --------------------------------------------------------------------------------------
def _stripes(stage: str, node: Node | None, row: Row, count: Cost) -> list[tuple[str, str, int]]:
    """(what, family, channels) of each branch that a stage ends in, or of the stage itself."""
    while isinstance(node, Chain) and node.layers:
        node = node.layers[-1]
    if not isinstance(node, Branches):
        return [(f"{stage}: {row.op}", row.family, row.out_shape[0])]
    last = {r.name: r for r in count.rows if r.kind == "branch"}  # a stem forks more than once
    rows = [last[f"{stage}.{name}"] for name in node.names]
    return [(f"{r.name}: {r.op}", r.family, r.out_shape[0]) for r in rows]


def _op(node: Node | None, row: Row) -> str:
    op = _words(node) if isinstance(node, Conv | MaxPool) else row.op
    return op if len(op) < 24 else f"{len(leaves(node))} layers"


def _is_published(network: Network, count: Cost) -> bool:
    """Whether this is a network of `list_models` at its own input size, auxiliary heads aside."""
    if network.name not in list_models() or count.rows[0].in_shape[1:] != network.input_size:
        return False
    return replace(network, aux=()) == architecture(network.name)


def _network(
    network: Network, count: Cost, with_cost: bool, title: str | None, room: int
) -> Drawing:
    """A row for each stage; in a group of its own, so that a page's script finds it by name."""
    c, nodes, extra = Canvas(), dict(network.stages), {f"aux_{name}" for name, _ in network.aux}
    stages = [row for row in count.stages if row.name not in extra]
    ops = {row.name: _op(nodes.get(row.name), row) for row in stages}
    grid, widest = stages[0].in_shape, max(row.out_shape[0] for row in stages)
    at_op = max(span(name, bold=True) for name in ("input", *ops)) + 10
    at_bar = at_op + max(span(op) for op in ops.values()) + 10
    at_grid = at_bar + room + 54
    at_params, width = at_grid + 136, at_grid + (212 if with_cost else 62)
    y = 40 if title else 12
    if title:
        c.text(0, 11, title, size=TITLE, bold=True)
    for x, word in ((0, "stage"), (at_op, "layers"), (at_bar, "channels"), (at_grid, "grid")):
        c.text(x, y, word, more=' opacity="0.75"')

    def costs(y: float, params: str, macs: str, more: str = "") -> None:
        if with_cost:
            c.text(at_params, y, params, anchor="end", more=more)
            c.text(width, y, macs, anchor="end", more=more)

    costs(y, "params", "MACs", ' opacity="0.75"')
    y, before, used = y + 14, None, {"linear"} if extra else set()
    for row in (None, *stages):
        name, shape = (row.name, row.out_shape) if row else ("input", grid)
        size = shape[1:] or (1, 1)
        tall = 56 * (size[0] * size[1] / (grid[1] * grid[2])) ** 0.25  # the root of a side
        pitch = max(22.0, tall + 6)
        mid = y + pitch / 2
        if shape[1:] != before:
            c.rule(y, width)
            c.text(at_grid, mid, times(shape[1:]) or "vector", bold=True)
            before = shape[1:]
        if row:
            c.group("il-stage", stage=name)
        c.text(0, mid, name, bold=True)
        c.text(at_op, mid, ops.get(name, "image"))
        x, image = at_bar, [("input: an image", "", shape[0])]
        stripes = _stripes(name, nodes.get(name), row, count) if row else image
        for says, family, channels in stripes:
            wide, fill = max(channels * room / widest, 1), PALETTE.get(family, "currentColor")
            whole = "" if len(stripes) == 1 else f" All of {name}:"
            says += f", {channels} channels.{whole}{_facts(row)}"
            c.rect(x, mid - tall / 2, wide - (0.8 if whole else 0), tall, fill, says)
            used.add(family)
            x += wide
        c.text(x + 6, mid, f"{shape[0]:,}")
        if row:
            costs(mid, human(row.params), human(row.macs))
            c.end()
        y += pitch
        if f"aux_{name}" in extra:
            aux, start = count[f"aux_{name}"], at_bar + 10
            c.line((start, mid + tall / 2), (start, y + 13), (start + 18, y + 13), head=True)
            c.group("il-stage", stage=aux.name)
            says = f"auxiliary head on {name}.{_facts(aux)}"
            c.box(start + 18, y + 3, 124, 20, says, [("auxiliary head", SMALL)], "linear")
            costs(y + 13, human(aux.params), human(aux.macs))
            c.end()
            y += 28
    y = c.legend(0, y + 22, used, width)
    key = ["A bar's width shows channels,", "its height the grid's side (square-root scale)."]
    for line in [" ".join(key)] if span(" ".join(key)) <= width else key:
        y += 22
        c.text(0, y, line)
    sizes = dict.fromkeys(times(row.out_shape[1:]) for row in stages if row.out_shape[1:])
    alt = (
        f"{title or 'Map of ' + (network.title or network.name)}: {len(stages)} stages in order, "
        f"from an image of {times(grid)} to {times(stages[-1].out_shape)}. The grid goes through "
        f"{', '.join(sizes)}; the widest stage has {widest:,} channels. {count.params:,} "
        f"parameters, {count.macs:,} MACs."
    )
    if extra:
        alt += f" Auxiliary heads hang on {' and '.join(name for name, _ in network.aux)}."
    data = {"network": network.name} if _is_published(network, count) else {}
    return c.drawing(width + 2, y + 12, network.name, alt, **data)


def family_map(names: list[str] | None = None, links: Mapping[str, str] | None = None) -> Drawing:
    """All networks below one another: parameters and MACs as bars, divided by kernel.

    Args:
        names: which, in this order; all of `list_models(by_year=True)` unless told.
        links: name -> address that the name leads to.

    Returns:
        A `Drawing`. Bars have a linear scale; each carries its number.
    """
    c, links, used, said = Canvas(), links or {}, set(), []
    networks = [
        architecture(name) for name in (list_models(by_year=True) if names is None else names)
    ]
    counts = [_count(network) for network in networks]
    room, y = 114, 12  # so that the map fits the text column of a page
    at = max(span(network.title, BOLD, True) for network in networks) + 14
    keys = (("params", "parameters", at), ("macs", "MACs", at + room + 76))
    for _, word, x in keys:
        c.text(x, y, word, more=' opacity="0.75"')
    for network, count in zip(networks, counts, strict=True):
        y += 30
        c.text(0, y, network.title, size=BOLD, bold=True)
        if network.name in links:
            c.shapes[-1] = f'<a href="{escape(links[network.name])}">{c.shapes[-1]}</a>'
        for key, word, x in keys:
            most = max(getattr(other, key) for other in counts)
            for family in PALETTE:
                value = sum(getattr(row, key) for row in count.layers if row.family == family)
                if value:
                    says = f"{network.title}, {shown(family)}: {value:,} {word}"
                    c.rect(x, y - 9, max(room * value / most, 0.5), 18, PALETTE[family], says)
                    used.add(family)
                    x += room * value / most
            c.text(x + 6, y, human(getattr(count, key)))
        said.append(f"{network.title} {human(count.params)} and {human(count.macs)}")
    y = c.legend(0, y + 34, used, at + 2 * room + 130)
    alt = f"Parameters and MACs of {len(networks)} networks, divided by kernel: {'; '.join(said)}."
    width, role = at + 2 * room + 130, "group" if links else "img"
    return c.drawing(width, y + 12, f"{len(networks)} networks", alt, role)
