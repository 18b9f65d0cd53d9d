"""Pictures of networks and blocks as SVG, from their description and their counts. No torch.

Text and lines are in `currentColor`, so a drawing follows the page's theme; boxes carry a colour
of `PALETTE` and white text. Nothing in a drawing is random: the same spec gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import repeat
from pathlib import Path

from .architectures import architecture, list_models
from .counting import Cost, Row, cost, times
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
    _leaves,
    as_node,
    check_concat,
    kernel_family,
    label,
)

# White text on each has a contrast of at least 4.5; each against a white page and against the dark
# theme's (#14181e) at least 3. That leaves a narrow band of lightness; within it the hues were
# searched for the largest smallest distance as people with deuteranopia and protanopia see them.
PALETTE = {
    "1x1": "#4470d6",
    "3x3": "#3a7d48",
    "5x5": "#b35309",
    "7x7": "#7c559c",
    "1xn": "#ca447b",
    "pool": "#666463",
    "linear": "#048484",
}
# For bars that stand without a label: matplotlib's names, one for each family.
HATCHES = {"1x1": "", "3x3": "//", "5x5": "\\\\", "7x7": "xx", "1xn": "--", "pool": "..", "linear": "||"}

WIDE = 340  # a drawing wider than this keeps its size and scrolls in a box of its own
BOLD, SMALL = 13, 12  # font sizes
LINE, GAP, SPACE = 17, 26, 16  # of text in a box, between boxes of a column, between columns


@dataclass(frozen=True)
class Drawing:
    """An SVG that shows itself in notebooks.

    Attributes:
        svg: the picture. alt: the same in sentences. what: the same in a few words.
        width, height: natural size in pixels.
    """

    svg: str
    alt: str
    what: str
    width: int
    height: int

    def __repr__(self) -> str:
        return f"Drawing of {self.what}, {self.width}×{self.height}"

    def _repr_html_(self) -> str:
        if self.width <= WIDE:
            return f'<div class="il-drawing">{self.svg}</div>'
        return (
            '<div class="il-drawing" style="overflow-x:auto" tabindex="0" role="group" '
            f'aria-label="Drawing of {escape(self.what)}; scrolls sideways">{self.svg}</div>'
        )

    def save(self, path: str | Path) -> None:
        """Write a standalone .svg file, dark on white."""
        style = 'font-family="sans-serif" color="#222832" style="background:#fff;'
        Path(path).write_text(self.svg.replace('style="', style, 1) + "\n", encoding="utf-8")


def draw(
    what: object,
    input_shape: tuple[int, int, int] | None = None,
    *,
    input_size: int | Pair | None = None,
    cost: bool = False,
    defaults: Defaults = PLAIN,
    title: str | None = None,
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
        raise TypeError(f"{', '.join(options)}: options go with a model's name, not with {type(what).__name__}.")
    defaults = getattr(what, "defaults", defaults)
    what = getattr(what, "spec", what)
    if isinstance(what, Network):
        if input_shape is not None:
            raise TypeError("input_shape goes with a block; for a network give input_size, in pixels.")
        return _network(what, _count(what, input_size=input_size), cost, title)
    node = as_node(what)
    if input_size is not None:
        raise TypeError("input_size goes with a network; for a block give input_shape=(channels, height, width).")
    if cost and input_shape is None:
        raise TypeError(
            f"cost=True needs input_shape=(channels, height, width): a {type(node).__name__} says "
            "nothing of its input."
        )
    count = None if input_shape is None else _count(node, tuple(input_shape), defaults=defaults)
    return _Diagram(node, count, cost, defaults).drawing(input_shape, title)


_count = cost  # `draw` has an argument of that name


# Text ------------------------------------------------------------------------------------------
def _human(n: int) -> str:
    for power, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= 0.99995 * power:
            return f"{n / power:,.1f} {unit}"
    return str(n)


def _shown(name: str) -> str:
    """A branch's address as a picture writes it: "3x3" as "3×3"."""
    return re.sub(r"(?<=\d)x(?=\d)", "×", name)


def _words(leaf: Node) -> str:
    """A layer in the order in which papers write it: "3×3 conv /2"."""
    if isinstance(leaf, LRN | AdaptiveAvgPool):
        return label(leaf)
    kind = "conv" if isinstance(leaf, Conv) else "max pool" if isinstance(leaf, MaxPool) else "avg pool"
    step = leaf.stride[0] if leaf.stride[0] == leaf.stride[1] else times(leaf.stride)
    return f"{times(leaf.kernel_size)} {kind}" + (f" /{step}" if step != 1 else "")


def _marks(leaf: Node, defaults: Defaults) -> list[str]:
    """What else a reader must know of a layer: no padding, no activation, groups."""
    marks = ["valid"] if getattr(leaf, "padding", "") == "valid" and leaf.kernel_size != (1, 1) else []
    if isinstance(leaf, Conv):
        marks += [f"{leaf.groups} groups"] if leaf.groups > 1 else []
        marks += ["linear"] if leaf.with_defaults(defaults)[2] == "none" else []
    return marks


@dataclass(frozen=True)
class _Channels:
    """`known` channels and `times` those of an input whose channels nobody has told."""

    known: int
    input: int = 0

    def __str__(self) -> str:
        unknown = {0: "", 1: "input"}.get(self.input, f"{self.input} × input")
        return " + ".join(part for part in (str(self.known or ""), unknown) if part)

    @property
    def words(self) -> str:
        return "as input" if (self.known, self.input) == (0, 1) else f"{self} channels"


def _facts(row: Row | None) -> str:
    if row is None:
        return ""
    return (
        f" {times(row.in_shape)} → {times(row.out_shape)}. {row.params:,} parameters, {row.macs:,} MACs."
        f" One output sees {times(row.receptive_field)} of the input."
    )


# SVG -------------------------------------------------------------------------------------------
def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


class _Canvas:
    """Collects shapes; lines lie below them, in one group, so that crossings are no darker."""

    def __init__(self):
        self.lines: list[str] = []
        self.shapes: list[str] = []

    def text(self, x: float, y: float, text: str, *, size: int = SMALL, anchor: str = "start", more: str = "") -> str:
        """A line of text whose middle is at height `y`."""
        where = f'x="{_n(x)}" y="{_n(y + size * 0.36)}" font-size="{size}"'
        where += "" if anchor == "start" else f' text-anchor="{anchor}"'
        return f"<text {where}{more}>{escape(text, quote=False)}</text>"

    def put(self, *args: object, **kwargs: object) -> None:
        self.shapes.append(self.text(*args, **kwargs))

    def rect(self, x: float, y: float, w: float, h: float, fill: str, rx: float = 0, title: str = "") -> str:
        size = f'x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}"' + (f' rx="{_n(rx)}"' if rx else "")
        inner = f"<title>{escape(title, quote=False)}</title>" if title else ""
        return f'<rect {size} fill="{fill}">{inner}</rect>' if inner else f'<rect {size} fill="{fill}"/>'

    def frame(self, x: float, y: float, w: float, h: float, title: str, lines: list[tuple[str, int]]) -> None:
        """An outlined box with text in the page's colour."""
        rect = self.rect(x, y, w, h, "currentColor", 6).replace(
            "/>", ' fill-opacity="0.07" stroke="currentColor" stroke-opacity="0.65"/>'
        )
        self._box(rect, x + w / 2, y + h / 2, title, lines, "")

    def box(self, x: float, y: float, w: float, h: float, family: str, title: str, lines: list[tuple[str, int]]) -> None:
        """A coloured box with white text."""
        rect = self.rect(x, y, w, h, PALETTE[family], 6)
        self._box(rect, x + w / 2, y + h / 2, title, lines, ' fill="#fff"')

    def _box(self, rect: str, x: float, y: float, title: str, lines: list[tuple[str, int]], fill: str) -> None:
        texts = [
            self.text(
                x, y + (i - (len(lines) - 1) / 2) * LINE, line, size=size, anchor="middle",
                more=fill + (' font-weight="600"' if size == BOLD else ""),
            )
            for i, (line, size) in enumerate(lines)
        ]  # fmt: skip
        self.shapes.append(f"<g><title>{escape(title, quote=False)}</title>{rect}{''.join(texts)}</g>")

    def line(self, *points: tuple[float, float], head: bool = False) -> None:
        """A line along the axes with round corners; with an arrow head at its end."""
        path = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
        for before, at, after in zip(points, points[1:], points[2:], strict=False):
            near = [_towards(at, end) for end in (before, after)]
            path.append("L{} {}Q{} {} {} {}".format(*map(_n, (*near[0], *at, *near[1]))))
        path.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
        if head:
            (x0, y0), (x, y) = points[-2:]
            if x == x0:
                path.append(f"M{_n(x - 4)} {_n(y - 6)}L{_n(x)} {_n(y)}L{_n(x + 4)} {_n(y - 6)}")
            else:
                path.append(f"M{_n(x - 6)} {_n(y - 4)}L{_n(x)} {_n(y)}L{_n(x - 6)} {_n(y + 4)}")
        self.lines.append("".join(path))

    def legend(self, x: float, y: float, families: list[str]) -> None:
        for family in families:
            self.shapes.append(self.rect(x, y - 6, 12, 12, PALETTE[family], 2))
            name = {"1xn": "1×n, n×1", "7x7": "7×7", "pool": "pool, LRN"}.get(family, _shown(family))
            self.put(x + 18, y, name)
            x += 18 + 7.2 * len(name) + 20

    def drawing(self, width: float, height: float, what: str, alt: str, role: str = "img") -> Drawing:
        w, h = round(width), round(height)
        style = "max-width:100%;height:auto" if w <= WIDE else "max-width:none"
        body = [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="{role}" aria-label="{escape(alt)}" width="{w}" '
            f'height="{h}" viewBox="0 0 {w} {h}" fill="currentColor" style="{style}">'
        ]
        if self.lines:
            body.append('<g fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" opacity="0.65">')
            body += [*(f'<path d="{d}"/>' for d in self.lines), "</g>"]
        return Drawing("\n".join([*body, *self.shapes, "</svg>"]), alt, what, w, h)


def _towards(at: tuple[float, float], end: tuple[float, float], most: float = 8) -> tuple[float, float]:
    length = abs(end[0] - at[0]) + abs(end[1] - at[1])
    share = min(most, length / 2) / length if length else 0
    return (at[0] + (end[0] - at[0]) * share, at[1] + (end[1] - at[1]) * share)


# A block ---------------------------------------------------------------------------------------
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
        self.canvas, self.count, self.with_cost, self.defaults = _Canvas(), count, with_cost, defaults
        self.rows: Iterator[Row | None] = iter(count.layers) if count else repeat(None)
        self.spec, leaves = node, _leaves(node)
        self.width = max([112.0, *(8.2 * len(_words(leaf)) + 18 for leaf in leaves)])
        marked = any(_marks(leaf, defaults) for leaf in leaves)
        self.high = LINE * (2 + marked + 2 * with_cost) + 12

    def drawing(self, shape: tuple[int, int, int] | None, title: str | None) -> Drawing:
        c = self.canvas
        piece = self.node(self.spec, _Channels(shape[0]) if shape else _Channels(0, 1))
        given = f"input {times(shape)}" if shape else "input"
        out = f"output {times(self.count.out_shape)}" if shape else "output"
        end = max(len(given), len(out)) * 7.6 + 24
        x, y = max(piece.left, end / 2) + 2, 28 if title else 2
        right = max(piece.right, end / 2) + 2
        if title:
            grow = max(0, len(title) * 8.4 - x - right) / 2
            x, right = x + grow, right + grow
            c.put(x, 11, title, size=14, anchor="middle", more=' font-weight="600"')
        c.frame(x - end / 2, y, end, 28, given, [(given, SMALL)])
        top = y + 28 + (GAP if piece.boxed else 8)
        c.line((x, y + 28), (x, top), head=piece.boxed)
        piece.paint(x, top)
        y = top + piece.height
        c.line((x, y), (x, y + GAP), head=True)
        c.frame(x - end / 2, y + GAP, end, 28, out, [(out, SMALL)])
        alt = f"{title or 'Block diagram'}: {given}; {piece.alt}; {out}."
        if self.with_cost:
            alt += f" In all {self.count.params:,} parameters and {self.count.macs:,} MACs."
        return c.drawing(x + right, y + GAP + 30, label(self.spec), alt)

    def node(self, node: Node, channels: _Channels) -> _Piece:
        visit = {Chain: self._chain, Branches: self._branches, Residual: self._residual}.get(type(node), self._leaf)
        return visit(node, channels)

    def _leaf(self, leaf: Node, channels: _Channels) -> _Piece:
        row, marks = next(self.rows), _marks(leaf, self.defaults)
        out = _Channels(leaf.out_channels) if isinstance(leaf, Conv) else channels
        lines = [(_words(leaf), BOLD), (out.words, SMALL), *((m, SMALL) for m in [" · ".join(marks)] if m)]
        if self.with_cost and isinstance(leaf, Conv):
            lines += [(f"{_human(row.params)} params", SMALL), (f"{_human(row.macs)} MACs", SMALL)]
        said = ", ".join([_words(leaf), out.words, *marks])
        title = f"{row.name + ': ' if row else ''}{said}.{_facts(row)}"

        def paint(x: float, y: float) -> None:
            self.canvas.box(x - self.width / 2, y, self.width, self.high, kernel_family(leaf), title, lines)

        return _Piece(self.width / 2, self.width / 2, self.high, paint, True, out, said)

    def _chain(self, node: Chain, channels: _Channels) -> _Piece:
        pieces: list[_Piece] = []
        for layer in node.layers:
            pieces.append(self.node(layer, channels))
            channels = pieces[-1].channels
        if not pieces:
            return _Piece(self.width / 2, self.width / 2, 0, lambda x, y: None, False, channels, "as it is")
        gaps = [0, *(GAP if piece.boxed else 4 for piece in pieces[1:])]

        def paint(x: float, y: float) -> None:
            for piece, gap in zip(pieces, gaps, strict=True):
                if gap:
                    self.canvas.line((x, y), (x, y + gap), head=piece.boxed)
                piece.paint(x, y + gap)
                y += gap + piece.height

        left, right = max(p.left for p in pieces), max(p.right for p in pieces)
        height, alt = sum(gaps) + sum(p.height for p in pieces), ", then ".join(p.alt for p in pieces)
        return _Piece(left, right, height, paint, pieces[0].boxed, channels, alt)

    def _branches(self, node: Branches, channels: _Channels) -> _Piece:
        columns = [self.node(branch, channels) for _, branch in node.branches]
        parts = [column.channels for column in columns]
        total = _Channels(sum(p.known for p in parts), sum(p.input for p in parts))
        if not total.input:
            check_concat("block", dict(zip(node.names, (p.known for p in parts), strict=True)), node.out_channels)
        names = [_shown(name) for name in node.names]
        lines = [(f"concat: {total} channels", BOLD), (" + ".join(map(str, parts)), SMALL)]
        rights = [max(c.right, 8 + 7.4 * len(n)) for c, n in zip(columns, names, strict=True)]
        spans = [c.left + r for c, r in zip(columns, rights, strict=True)]
        inner = sum(spans) + SPACE * (len(spans) - 1)
        width = max(inner, 8.6 * len(lines[0][0]) + 16, 7.2 * len(lines[1][0]) + 16)
        tall, fork = max(c.height for c in columns), 10
        top = fork + 34
        bar = 62 if not total.input else 46

        def paint(x: float, y: float) -> None:
            at, bottom = x - inner / 2, y + top + tall
            for column, name, span in zip(columns, names, spans, strict=True):
                axis, start = at + column.left, bottom - column.height
                self.canvas.line((x, y), (x, y + fork), (axis, y + fork), (axis, start), head=column.boxed)
                self.canvas.put(axis + 7, y + fork + 14, name, more=' font-weight="600"')
                column.paint(axis, start)
                self.canvas.line((axis, bottom), (axis, bottom + GAP), head=True)
                at += span + SPACE
            title = f"concatenation along the channels: {lines[1][0]} = {total}"
            self._bar(x - width / 2, bottom + GAP, width, bar, title, lines, node, parts)

        said = "; ".join(f"{name}: {column.alt}" for name, column in zip(names, columns, strict=True))
        alt = f"{len(columns)} branches side by side ({said}), concatenated to {total} channels"
        return _Piece(width / 2, width / 2, top + tall + GAP + bar, paint, False, total, alt)

    def _bar(self, x, y, width, height, title, lines, node: Branches, parts: list[_Channels]) -> None:
        """The concatenation, with a strip that shows where each branch's channels lie in it."""
        if height == 46:
            return self.canvas.frame(x, y, width, height, title, lines)
        self.canvas.frame(x, y, width, height, title, [*lines, ("", SMALL)])
        total, start = sum(p.known for p in parts), 0
        for (name, branch), part in zip(node.branches, parts, strict=True):
            place, share = x + 10 + (width - 20) * start / total, (width - 20) * part.known / total
            says = f"{name}: channels {start} to {start + part.known - 1}"
            self.canvas.shapes.append(
                self.canvas.rect(place, y + height - 16, max(share - 1, 0.5), 8, PALETTE[kernel_family(branch)], 0, says)
            )
            start += part.known

    def _residual(self, node: Residual, channels: _Channels) -> _Piece:
        body = self.node(node.body, channels)
        head, gap, radius = 18 + (12 if body.boxed else 0), 34, 10
        act = "ReLU" if node.act == "relu" else "no ReLU"
        scale = f"{node.scale:g}"
        title = f"sum: input + {scale} × body, then {act}"
        center = head + body.height + gap + radius

        def paint(x: float, y: float) -> None:
            c, skip, mid = self.canvas, x - body.left - 20, y + center
            c.line((x, y), (x, y + head), head=body.boxed)
            body.paint(x, y + head)
            c.line((x, y), (x, y + 8), (skip, y + 8), (skip, mid), (x - radius, mid), head=True)
            c.line((x, y + head + body.height), (x, mid - radius), head=True)
            c.put(x + 10, mid - radius - gap / 2, f"× {scale}")
            c.put(x + radius + 8, mid, act)
            circle = f'<circle cx="{_n(x)}" cy="{_n(mid)}" r="{radius}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
            plus = f'<path d="M{_n(x - 5)} {_n(mid)}h10m-5 -5v10" stroke="currentColor" stroke-width="1.5" fill="none"/>'
            c.shapes.append(f"<g><title>{title}</title>{circle}{plus}</g>")

        alt = f"{body.alt}, times {scale}, added to the input, then {act}"
        return _Piece(body.left + 24, max(body.right, 76), center + radius, paint, False, body.channels, alt)


# A network -------------------------------------------------------------------------------------
def _stripes(stage: str, node: Node | None, row: Row, count: Cost) -> list[tuple[str, str, int]]:
    """(what, family, channels) of each branch that a stage ends in; of the stage, where it has none."""
    while isinstance(node, Chain) and node.layers:
        node = node.layers[-1]
    if not isinstance(node, Branches):
        return [(row.op, row.family, row.out_shape[0])]
    last = {r.name: r for r in count.rows if r.kind == "branch"}  # a stem forks more than once
    rows = [last[f"{stage}.{name}"] for name in node.names]
    return [(f"{r.name}: {r.op}", r.family, r.out_shape[0]) for r in rows]


def _network(network: Network, count: Cost, with_cost: bool, title: str | None) -> Drawing:
    c, nodes = _Canvas(), dict(network.stages)
    extra = {f"aux_{name}" for name, _ in network.aux}
    stages = [row for row in count.stages if row.name not in extra]
    grid = stages[0].in_shape
    widest, most = max(row.out_shape[0] for row in stages), (grid[1] * grid[2]) ** 0.5
    ops = {r.name: _words(nodes[r.name]) if isinstance(nodes.get(r.name), Conv | MaxPool) else r.op for r in stages}
    ops = {name: op if len(op) < 24 else f"{op.count('→') + 1} layers" for name, op in ops.items()}
    at_op = 7.6 * max(5, *(len(name) for name in ops)) + 12
    at_bar = at_op + 6.9 * max(len(op) for op in ops.values()) + 14
    room = 330
    at_grid = at_bar + room + 44
    width = at_grid + 62 + 150 * with_cost
    y = 40 if title else 12
    if title:
        c.put(0, 11, title, size=14, more=' font-weight="600"')
    head = [(0, "stage", "start"), (at_op, "layers", "start"), (at_bar, "channels", "start"), (at_grid, "grid", "start")]
    head += [(width - 76, "params", "end"), (width, "MACs", "end")] if with_cost else []
    for x, word, anchor in head:
        c.put(x, y, word, anchor=anchor, more=' opacity="0.75"')
    y += 14
    before, used = None, []
    for name, op, row in [("input", "image", None), *((r.name, ops[r.name], r) for r in stages)]:
        shape = row.out_shape if row else grid
        size = shape[1:] if len(shape) == 3 else ()
        side = (size[0] * size[1]) ** 0.5 if size else 1
        tall = 56 * (side / most) ** 0.5
        pitch = max(22.0, tall + 6)
        mid = y + pitch / 2
        if size != before:
            c.shapes.append(f'<path d="M0 {_n(y)}H{_n(width)}" stroke="currentColor" stroke-opacity="0.25"/>')
            c.put(at_grid, mid, times(size) or "vector", more=' font-weight="600"')
            before = size
        c.put(0, mid, name, more=' font-weight="600"')
        c.put(at_op, mid, op)
        x, scale = at_bar, room / widest
        stripes = _stripes(name, nodes.get(name), row, count) if row else [("image", "", shape[0])]
        for says, family, channels in stripes:
            span = max(channels * scale, 1)
            fill = PALETTE.get(family, "currentColor")
            used.append(family)
            says += f", {channels} channels." + (_facts(row) if len(stripes) == 1 else f" Stage {name}:{_facts(row)}")
            c.shapes.append(c.rect(x, mid - tall / 2, max(span - (len(stripes) > 1), 0.5), tall, fill, 0, says))
            x += span
        c.put(x + 6, mid, f"{shape[0]:,}")
        if with_cost and row:
            c.put(width - 76, mid, _human(row.params), anchor="end")
            c.put(width, mid, _human(row.macs), anchor="end")
        y += pitch
        if f"aux_{name}" in extra:
            aux = count[f"aux_{name}"]
            c.line((at_bar + 10, mid + tall / 2), (at_bar + 10, y + 13), (at_bar + 28, y + 13), head=True)
            c.box(at_bar + 28, y + 3, 124, 20, "linear", f"auxiliary head on {name}.{_facts(aux)}", [("auxiliary head", SMALL)])
            if with_cost:
                c.put(width - 76, y + 13, _human(aux.params), anchor="end")
                c.put(width, y + 13, _human(aux.macs), anchor="end")
            y += 28
    used += ["linear"] if extra else []
    c.legend(0, y + 22, [family for family in PALETTE if family in used])
    sizes = list(dict.fromkeys(times(row.out_shape[1:]) for row in stages if len(row.out_shape) == 3))
    alt = (
        f"{title or 'Map of ' + (network.title or network.name)}: {len(stages)} stages in order, from an image of "
        f"{times(grid)} to {times(stages[-1].out_shape)}. The grid goes through {', '.join(sizes)}; the widest "
        f"stage has {widest:,} channels. {count.params:,} parameters, {count.macs:,} MACs."
    )
    alt += f" Auxiliary heads hang on {' and '.join(n for n, _ in network.aux)}." if extra else ""
    return c.drawing(width + 2, y + 34, network.name, alt)


def family_map(names: list[str] | None = None, links: Mapping[str, str] | None = None) -> Drawing:
    """All networks below one another: parameters and MACs as bars, divided by kernel.

    Args:
        names: which, in this order; all of `list_models()` unless told.
        links: name -> address that the name leads to.

    Returns:
        A `Drawing`. Bars have a linear scale; each carries its number.
    """
    c, links = _Canvas(), links or {}
    networks = [architecture(name) for name in (list_models() if names is None else names)]
    counts = [_count(network) for network in networks]
    at, room = 8.0 * max(len(n.title or n.name) for n in networks) + 12, 190
    width, y, used, said = at + 2 * room + 140, 12, [], []
    for i, word in enumerate(("parameters", "MACs for one image")):
        c.put(at + i * (room + 76), y, word, more=' opacity="0.75"')
    for network, count in zip(networks, counts, strict=True):
        y += 30
        name = c.text(0, y, network.title or network.name, size=BOLD, more=' font-weight="600"')
        href = links.get(network.name)
        c.shapes.append(f'<a href="{escape(href)}">{name}</a>' if href else name)
        for i, key in enumerate(("params", "macs")):
            x, most = at + i * (room + 76), max(getattr(other, key) for other in counts)
            for family in PALETTE:
                value = sum(getattr(layer, key) for layer in count.layers if layer.family == family)
                if value:
                    span = room * value / most
                    says = f"{network.name}, {_shown(family)}: {value:,} {('parameters', 'MACs')[i]}"
                    c.shapes.append(c.rect(x, y - 9, max(span, 0.5), 18, PALETTE[family], 0, says))
                    used.append(family)
                    x += span
            c.put(x + 6, y, _human(getattr(count, key)))
        said.append(f"{network.title or network.name} {_human(count.params)} and {_human(count.macs)}")
    c.legend(at, y + 34, [family for family in PALETTE if family in used])
    alt = f"Parameters and MACs of {len(networks)} networks, divided by kernel: {'; '.join(said)}."
    return c.drawing(width, y + 46, f"{len(networks)} networks", alt, "group" if links else "img")
