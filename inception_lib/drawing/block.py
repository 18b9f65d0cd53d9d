"""A block as a diagram, laid out from the top to the bottom. No torch.

Each part is a `_Piece` that knows how far it reaches from its axis and how to paint itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

from ..counting.cost import Cost, Row
from ..counting.table import times
from ..spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Branches,
    Chain,
    Conv,
    MaxPool,
    Residual,
    not_a_node,
)
from ..tree.resolved import Map, Part
from ..tree.walks import pretty
from .svg import BOLD, LINE, PALETTE, SMALL, TITLE, Canvas, Drawing, human, span

GAP, SPACE = 26, 16  # between the boxes of a column, between columns
MANY, CLOSE = 6, 8  # so many columns move closer, to fit the text column of a page


def words_of(part: Part) -> str:
    """A layer in the order in which papers write it: "3×3 conv /2"."""
    match part.node:
        case Conv() | MaxPool() | AvgPool() as leaf:
            kind = part.label.rpartition(" ")[0]
            height, width = leaf.stride
            step = str(height) if height == width else times(leaf.stride)
            return f"{times(leaf.kernel_size)} {kind}" + (f" /{step}" if step != "1" else "")
        case _:
            return part.label


def _marks(part: Part) -> str:
    """What else a reader must know of a layer: its padding, groups, no activation."""
    marks, node = [], part.node
    if isinstance(node, Conv | MaxPool | AvgPool) and node.kernel_size != (1, 1):
        marks += ["valid"] if node.padding == "valid" else []
        marks += ["TF same"] if node.pads is None else []
    if isinstance(node, Conv) and part.unit:
        marks += [f"{node.groups} groups"] if node.groups > 1 else []
        marks += ["linear"] if part.unit.act == "none" else []
    return " · ".join(marks)


def facts(row: Row | None) -> str:
    if row is None:
        return ""
    return (
        f" {times(row.in_shape)} → {times(row.out_shape)}. {row.params:,} parameters, "
        f"{row.macs:,} MACs. One output sees {times(row.receptive_field)} of the input."
    )


def _channels(x: Map) -> str:
    """Known channels, and how many times those of an unknown input."""
    unknown = {0: "", 1: "input"}.get(x.inputs, f"{x.inputs} × input")
    return " + ".join(part for part in (str(x.shape[0] or ""), unknown) if part)


def _channel_words(x: Map) -> str:
    return "as input" if (x.shape[0], x.inputs) == (0, 1) else f"{_channels(x)} channels"


@dataclass
class _Piece:
    """A laid-out part: how far it reaches from its axis, and how to paint it at (axis, top)."""

    left: float
    right: float
    height: float
    paint: Callable[[float, float], None]
    boxed: bool  # begins with a box, so that a line into it ends in an arrow head
    alt: str


class Diagram:
    """A block as a diagram; with a count, each part says what it costs when pointed at."""

    def __init__(self, block: Part, count: Cost | None, with_cost: bool):
        self.canvas, self.block, self.count, self.with_cost = Canvas(), block, count, with_cost
        self.rows: Iterator[Row | None] = iter(count.layers) if count else repeat(None)
        layers = list(_leaves(block))
        self.tight = _columns(block) >= MANY
        self.space, least, room = (CLOSE, 96.0, 0) if self.tight else (SPACE, 112.0, 16)
        self.width = max([least, *(span(words_of(leaf), BOLD, True) + room for leaf in layers)])
        marked = any(map(_marks, layers))
        self.high = LINE * (2 + marked + 2 * with_cost) + 12

    def drawing(self, title: str | None) -> Drawing:
        """The diagram.

        Args:
            title: a line above it.
        """
        c, piece, shape = self.canvas, self.piece(self.block), self.block.before.shape
        known = len(shape) == 3
        given = f"input {times(shape)}" if known else "input"
        out = f"output {times(self.block.after.shape)}" if known else "output"
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
        if self.with_cost and self.count:
            alt += f" In all {self.count.params:,} parameters and {self.count.macs:,} MACs."
        right = max(piece.right, end / 2, half) + 2
        chain = isinstance(self.block.node, Chain)
        what = f"a chain of {len(self.block.parts)}" if chain else self.block.label
        return c.drawing(x + right, bottom + GAP + 30, what, alt)

    def piece(self, part: Part) -> _Piece:
        """A part, laid out."""
        node = part.node
        match node:
            case Chain():
                return self._chain(part)
            case Branches():
                return self._branches(part)
            case Residual():
                return self._residual(part, node)
            case Conv() | MaxPool() | AvgPool() | AdaptiveAvgPool() | LRN():
                return self._leaf(part)
            case _:
                not_a_node(node)

    def _leaf(self, part: Part) -> _Piece:
        row, marks, words, out = next(self.rows), _marks(part), words_of(part), part.after
        lines = [(words, BOLD), (_channel_words(out), SMALL)] + ([(marks, SMALL)] if marks else [])
        if self.with_cost and row and isinstance(part.node, Conv):
            lines += [(f"{human(row.params)} params", SMALL), (f"{human(row.macs)} MACs", SMALL)]
        said = ", ".join(word for word in (words, _channel_words(out), marks) if word)
        title = f"{row.name + ': ' if row else ''}{said}.{facts(row)}"
        w = max(self.width, *(span(line) + (4 if self.tight else 12) for line, _ in lines))
        h = self.high

        def paint(x: float, y: float) -> None:
            self.canvas.box(x - w / 2, y, w, h, title, lines, part.family)

        return _Piece(w / 2, w / 2, h, paint, True, said)

    def _chain(self, part: Part) -> _Piece:
        pieces = [self.piece(inner) for _, inner in part.parts]
        if not pieces:
            half = self.width / 2
            return _Piece(half, half, 0, lambda x, y: None, False, "as it is")
        gaps = [0, *(GAP if piece.boxed else 4 for piece in pieces[1:])]

        def paint(x: float, y: float) -> None:
            for piece, gap in zip(pieces, gaps, strict=True):
                if gap:
                    self.canvas.line((x, y), (x, y + gap), head=piece.boxed)
                piece.paint(x, y + gap)
                y += gap + piece.height

        left, right = max(p.left for p in pieces), max(p.right for p in pieces)
        height = sum(gaps) + sum(p.height for p in pieces)
        alt = ", then ".join(p.alt for p in pieces)
        return _Piece(left, right, height, paint, pieces[0].boxed, alt)

    def _branches(self, part: Part) -> _Piece:
        columns = [self.piece(inner) for _, inner in part.parts]
        names = [pretty(name) for name, _ in part.parts]
        parts = [_channels(inner.after) for _, inner in part.parts]
        total = _channels(part.after)
        lines = [(f"concat: {total} channels", BOLD), (" + ".join(parts), SMALL)]
        # a name may reach above the next column, up to its axis
        free = [self.space + column.left - 8 if self.tight else 0 for column in columns[1:]] + [0]
        spans = [
            column.left + max(column.right, 10 + span(name, bold=True) - beyond)
            for column, name, beyond in zip(columns, names, free, strict=True)
        ]
        inner = sum(spans) + self.space * (len(spans) - 1)
        width = max(inner, span(lines[0][0], BOLD, True) + 16, span(lines[1][0]) + 16)
        fork, tall, strip = 10, max(c.height for c in columns), 0 if part.after.inputs else 16
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
                at += wide + self.space
            says, left = f"concatenation: {lines[1][0]} = {total} channels", x - width / 2
            c.box(left, end + GAP, width, bar, says, lines, room=strip)
            if strip:
                self._strip(left + 10, end + GAP + bar - 16, width - 20, part)

        said = "; ".join(f"{name}: {c.alt}" for name, c in zip(names, columns, strict=True))
        alt = f"{len(columns)} branches side by side ({said}), concatenated to {total} channels"
        height = top + tall + GAP + bar
        return _Piece(width / 2, width / 2, height, paint, False, alt)

    def _strip(self, x: float, y: float, width: float, part: Part) -> None:
        """Where each branch's channels lie in the concatenation."""
        total, start = part.after.shape[0], 0
        for name, branch in part.parts:
            own = branch.after.shape[0]
            says = f"{name}: channels {start} to {start + own - 1}"
            wide = max(width * own / total - 1, 0.5)
            self.canvas.rect(x + width * start / total, y, wide, 8, PALETTE[branch.family], says)
            start += own

    def _residual(self, part: Part, node: Residual) -> _Piece:
        body = self.piece(part.parts[0][1])
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
        return _Piece(left, right, center + radius, paint, False, alt)


def _columns(part: Part) -> int:
    """How many layers are side by side, at most."""
    inner = [_columns(one) for _, one in part.parts]
    return (sum if isinstance(part.node, Branches) else max)(inner) if inner else 1


def _leaves(part: Part) -> Iterator[Part]:
    """The single layers of a part, in order."""
    if isinstance(part.node, Chain | Branches | Residual):
        for _, inner in part.parts:
            yield from _leaves(inner)
    else:
        yield part
