"""A block as a diagram, laid out from the top to the bottom. No torch.

Each part is a `Piece` that knows how far it reaches from its axis and how to paint itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from ..counting.cost import Cost, Row
from ..counting.table import times
from ..spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    MaxPool,
    Merged,
    Residual,
    not_a_node,
)
from ..tree.resolved import Part
from .branching import Branching
from .pieces import GAP, Piece
from .svg import BOLD, LINE, SMALL, TITLE, Canvas, Drawing, human, span
from .words import channel_words, facts, marks_of, words_of

SPACE = 16  # between columns
MANY, CLOSE = 6, 8  # so many columns move closer, to fit the text column of a page


class Diagram(Branching):
    """A block as a diagram; with a count, each part says what it costs when pointed at."""

    def __init__(self, block: Part, count: Cost | None, with_cost: bool):
        self.canvas, self.block, self.count, self.with_cost = Canvas(), block, count, with_cost
        self.rows: Iterator[Row | None] = iter(count.layers) if count else repeat(None)
        layers = list(_leaves(block))
        self.tight = _columns(block) >= MANY
        self.space, least, room = (CLOSE, 96.0, 0) if self.tight else (SPACE, 112.0, 16)
        self.width = max([least, *(span(words_of(leaf), BOLD, True) + room for leaf in layers)])
        marked = any(map(marks_of, layers))
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

    def piece(self, part: Part) -> Piece:
        """A part, laid out."""
        node = part.node
        match node:
            case Chain():
                return self.chain([self.piece(inner) for _, inner in part.parts])
            case Merged():
                return self._merged(part, node)
            case Branches():
                return self._branches(part)
            case Residual():
                return self._residual(part, node)
            case Conv() | MaxPool() | AvgPool() | AdaptiveAvgPool() | LRN() | Bias():
                return self._leaf(part)
            case _:
                not_a_node(node)

    def _leaf(self, part: Part) -> Piece:
        row, marks, words, out = next(self.rows), marks_of(part), words_of(part), part.after
        lines = [(words, BOLD), (channel_words(out), SMALL)] + ([(marks, SMALL)] if marks else [])
        if self.with_cost and row and isinstance(part.node, Conv):
            lines += [(f"{human(row.params)} params", SMALL), (f"{human(row.macs)} MACs", SMALL)]
        said = ", ".join(word for word in (words, channel_words(out), marks) if word)
        title = f"{row.name + ': ' if row else ''}{said}.{facts(row)}"
        w = max(self.width, *(span(line) + (4 if self.tight else 12) for line, _ in lines))
        h = self.high

        def paint(x: float, y: float) -> None:
            self.canvas.box(x - w / 2, y, w, h, title, lines, part.family)

        return Piece(w / 2, w / 2, h, paint, True, said)

    def chain(self, pieces: list[Piece]) -> Piece:
        if not pieces:
            half = self.width / 2
            return Piece(half, half, 0, lambda x, y: None, False, "as it is")
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
        return Piece(left, right, height, paint, pieces[0].boxed, alt)

    def _residual(self, part: Part, node: Residual) -> Piece:
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
        return Piece(left, right, center + radius, paint, False, alt)


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
