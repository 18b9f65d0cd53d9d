"""How branches are laid out: side by side, or below a convolution that they share. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..counting.cost import Row
from ..spec import Merged
from ..tree.resolved import Part, first_part
from ..tree.walks import pretty
from .pieces import GAP, Concatenation, Piece, wide
from .svg import BOLD, SMALL, Canvas, human, span
from .words import channels, facts, words_of


class Common(NamedTuple):
    """The box of a convolution that branches share; `paint` takes its middle, top and width."""

    least: float
    height: float
    paint: Callable[[float, float, float], None]
    alt: str


class Branching:
    """Of a diagram: what lays out its branches."""

    canvas: Canvas
    rows: Iterator[Row | None]
    with_cost: bool
    tight: bool
    space: float
    high: float

    def piece(self, part: Part) -> Piece:
        """A part, laid out."""
        raise NotImplementedError

    def chain(self, pieces: list[Piece]) -> Piece:
        """Pieces, one below the other."""
        raise NotImplementedError

    def _branches(self, part: Part) -> Piece:
        columns = [self.piece(inner) for _, inner in part.parts]
        names = [pretty(name) for name, _ in part.parts]
        spans = self._spans(columns, names, self._free(columns))
        concat = self._concatenation(part, spans)
        fork, tall = 10, max(c.height for c in columns)
        top = fork + 34

        def paint(x: float, y: float) -> None:
            c, end = self.canvas, y + top + tall
            for column, name, axis in zip(columns, names, concat.axes(x, columns), strict=True):
                start = end - column.height
                turn = ((x, y + fork), (axis, y + fork))
                c.line((x, y), *turn, (axis, start), head=column.boxed)
                c.text(axis + 7, y + fork + 14, name, bold=True)
                column.paint(axis, start)
                concat.arrow(axis, end)
            concat.paint(x, end)

        said = "; ".join(f"{name}: {c.alt}" for name, c in zip(names, columns, strict=True))
        alt = f"{len(columns)} branches side by side ({said}), concatenated to {concat.total} channels"
        half = concat.width / 2
        return Piece(half, half, top + tall + GAP + concat.bar, paint, False, alt)

    def _merged(self, part: Part, node: Merged) -> Piece:
        """Branches, those first that share a convolution: a box across them, from which each goes on."""
        box = self._common(part, node)
        branches = sorted(part.parts, key=lambda branch: branch[0] not in node.merged)
        many, pieces = len(node.merged), {}
        for name, inner in part.parts:  # in the order of the count
            rest = [self.piece(p) for _, p in inner.parts[1:]] if name in node.merged else None
            pieces[name] = self.piece(inner) if rest is None else self.chain(rest)
        columns = [pieces[name] for name, _ in branches]
        names = [pretty(name) for name, _ in branches]
        free = self._free(columns)
        free[many - 1] = 0  # beside it, boxes may be as high as its name
        spans = self._spans(columns, names, free)
        spans[many - 1] += max(box.least - wide(spans[:many], self.space), 0)
        concat = self._concatenation(part, spans)
        fork, below = 10, 10 + GAP + box.height
        top = max(
            below + 50 + max(c.height for c in columns[:many]),
            fork + 34 + max((c.height for c in columns[many:]), default=0),
        )

        def paint(x: float, y: float) -> None:
            c, end, axes = self.canvas, y + top, concat.axes(x, columns)
            across = wide(spans[:many], self.space)
            middle = axes[0] - columns[0].left + across / 2
            turn = ((x, y + fork), (middle, y + fork))
            c.line((x, y), *turn, (middle, y + fork + GAP), head=True)
            box.paint(middle, y + fork + GAP, across)
            for i, (column, axis) in enumerate(zip(columns, axes, strict=True)):
                start, name = end - column.height, branches[i][0]
                if i < many:
                    share = first_part(branches[i][1]).after.shape[0]
                    c.line((axis, y + below), (axis, start), head=column.boxed)
                    c.text(axis + 7, y + below + 14, names[i], bold=True)
                    c.text(axis + 7, y + below + 30, f"{share}")
                else:
                    turn = ((x, y + fork), (axis, y + fork))
                    c.line((x, y), *turn, (axis, start), head=column.boxed)
                    c.text(axis + 7, y + fork + 14, pretty(name), bold=True)
                column.paint(axis, start)
                concat.arrow(axis, end)
            concat.paint(x, end)

        said = [f"{name}: {c.alt}" for name, c in zip(names, columns, strict=True)]
        for i, (_, inner) in enumerate(branches[:many]):
            said[i] = f"{names[i]}, {first_part(inner).after.shape[0]} channels: {columns[i].alt}"
        others = "".join(f"; beside it {words}" for words in said[many:])
        alt = (
            f"one {box.alt}, split among {many} branches ({'; '.join(said[:many])}){others}; "
            f"concatenated to {concat.total} channels"
        )
        half = concat.width / 2
        return Piece(half, half, top + GAP + concat.bar, paint, False, alt)

    def _common(self, part: Part, node: Merged) -> Common:
        """The box of the convolution that branches share."""
        row, out = next(self.rows), node.conv.out_channels
        words = words_of(first_part(dict(part.parts)[node.merged[0]]))
        lines = [(words, BOLD), (f"{out} channels", SMALL)]
        if self.with_cost and row:
            lines += [(f"{human(row.params)} params", SMALL), (f"{human(row.macs)} MACs", SMALL)]
        said = f"{words}, {out} channels"
        title = f"{row.name + ': ' if row else ''}{said}.{facts(row)}"
        least, height = max(span(line) + 12 for line, _ in lines), self.high

        def paint(x: float, y: float, wide: float) -> None:
            self.canvas.box(x - wide / 2, y, wide, height, title, lines, "1x1")

        return Common(least, height, paint, said)

    def _free(self, columns: Sequence[Piece]) -> list[float]:
        """How far each column's name may reach above the next one: up to its axis."""
        return [self.space + column.left - 8 if self.tight else 0 for column in columns[1:]] + [0]

    def _spans(
        self, columns: Sequence[Piece], names: Sequence[str], free: Sequence[float]
    ) -> list[float]:
        """How wide each column is with its name, of which so much may reach beyond it."""
        return [
            column.left + max(column.right, 10 + span(name, bold=True) - beyond)
            for column, name, beyond in zip(columns, names, free, strict=True)
        ]

    def _concatenation(self, part: Part, spans: list[float]) -> Concatenation:
        parts = [channels(inner.after) for _, inner in part.parts]
        total = channels(part.after)
        lines = [(f"concat: {total} channels", BOLD), (" + ".join(parts), SMALL)]
        least = max(wide(spans, self.space), span(lines[0][0], BOLD, True) + 16)
        width = max(least, span(lines[1][0]) + 16)
        return Concatenation(
            self.canvas,
            self.space,
            part,
            spans,
            total,
            lines,
            width,
            0 if part.after.inputs else 16,
        )
