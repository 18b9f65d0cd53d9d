"""A block as a diagram, laid out from the top to the bottom. No torch.

Each part is a `_Piece` that knows how far it reaches from its axis and how to paint itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

from ..counting.cost import Cost, Row
from ..counting.table import times
from ..spec import LRN, AdaptiveAvgPool, Branches, Chain, Conv, Defaults, MaxPool, Node, Residual
from ..tree.resolved import check_concat
from ..tree.walks import kernel_family, label, leaves
from .svg import BOLD, LINE, PALETTE, SMALL, TITLE, Canvas, Drawing, human, shown, span

GAP, SPACE = 26, 16  # between the boxes of a column, between columns


def words_of(leaf: Node) -> str:
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


def facts(row: Row | None) -> str:
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


class Diagram:
    def __init__(self, node: Node, count: Cost | None, with_cost: bool, defaults: Defaults):
        self.canvas, self.count, self.defaults = Canvas(), count, defaults
        self.rows: Iterator[Row | None] = iter(count.layers) if count else repeat(None)
        self.spec, self.with_cost, parts = node, with_cost, leaves(node)
        self.width = max([112.0, *(span(words_of(leaf), BOLD, True) + 16 for leaf in parts)])
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
        lines = [(words_of(leaf), BOLD), (out.words, SMALL)] + ([(marks, SMALL)] if marks else [])
        if self.with_cost and isinstance(leaf, Conv):
            lines += [(f"{human(row.params)} params", SMALL), (f"{human(row.macs)} MACs", SMALL)]
        said = ", ".join(part for part in (words_of(leaf), out.words, marks) if part)
        title = f"{row.name + ': ' if row else ''}{said}.{facts(row)}"
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
