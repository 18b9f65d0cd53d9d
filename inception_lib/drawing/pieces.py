"""The laid-out parts of a block's diagram. No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..tree.resolved import Part
from .svg import PALETTE, Canvas

GAP = 26  # between the boxes of a column


@dataclass
class Piece:
    """A laid-out part: how far it reaches from its axis, and how to paint it at (axis, top)."""

    left: float
    right: float
    height: float
    paint: Callable[[float, float], None]
    boxed: bool  # begins with a box, so that a line into it ends in an arrow head
    alt: str


class Concatenation(NamedTuple):
    """The bar below branches, and where these stand above it."""

    canvas: Canvas
    space: float
    part: Part
    spans: list[float]
    total: str
    lines: list[tuple[str, int]]
    width: float
    strip: int

    @property
    def bar(self) -> int:
        """Its height."""
        return 46 + self.strip

    def axes(self, x: float, columns: Sequence[Piece]) -> list[float]:
        """The axis of each column, where the middle of all is at `x`."""
        at, found = x - wide(self.spans, self.space) / 2, []
        for column, span in zip(columns, self.spans, strict=True):
            found.append(at + column.left)
            at += span + self.space
        return found

    def arrow(self, axis: float, end: float) -> None:
        """From below a column to the bar."""
        self.canvas.line((axis, end), (axis, end + GAP), head=True)

    def paint(self, x: float, end: float) -> None:
        """The bar, below columns that end at `end`."""
        c, says = self.canvas, f"concatenation: {self.lines[1][0]} = {self.total} channels"
        left, top = x - self.width / 2, end + GAP
        c.box(left, top, self.width, self.bar, says, self.lines, room=self.strip)
        if self.strip:
            self._strip(left + 10, top + self.bar - 16, self.width - 20)

    def _strip(self, x: float, y: float, width: float) -> None:
        """Where each branch's channels lie in the concatenation."""
        total, start = self.part.after.shape[0], 0
        for name, branch in self.part.parts:
            own = branch.after.shape[0]
            says = f"{name}: channels {start} to {start + own - 1}"
            wide = max(width * own / total - 1, 0.5)
            self.canvas.rect(x + width * start / total, y, wide, 8, PALETTE[branch.family], says)
            start += own


def wide(spans: Sequence[float], space: float) -> float:
    """How wide columns are side by side."""
    return sum(spans) + space * (len(spans) - 1)
