"""The one table formatter of the book: text in a terminal, HTML in a notebook. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any
from unicodedata import east_asian_width


class Table:
    """Rows and column names that print as text and show as HTML in a notebook.

    Integers, NumPy's and torch's too, get thousands separators and are right-aligned. The book has
    no other formatter.
    """

    def __init__(self, columns: Iterable[str], rows: Iterable[Iterable[Any]], caption: str = ""):
        self.columns, self.caption = list(columns), caption
        values = [[_plain(value) for value in row] for row in rows]
        self.cells = [[_text(value) for value in row] for row in values]
        bad = [row for row in self.cells if len(row) != len(self.columns)]
        if bad:
            raise ValueError(
                f"a row has {len(bad[0])} cells, the table has {len(self.columns)} columns: {bad[0]}"
            )
        self._right = [
            all(_is_number(row[i]) for row in values if row[i] not in ("", None))
            for i in range(len(self.columns))
        ]

    def __str__(self) -> str:
        lines = [self.columns, *self.cells]
        widths = [max(_width(line[i]) for line in lines) for i in range(len(self.columns))]
        text = []
        for line in lines:
            padded = []
            for cell, width, right in zip(line, widths, self._right, strict=True):
                space = " " * (width - _width(cell))
                padded.append(space + cell if right else cell + space)
            text.append("  ".join(padded).rstrip())
        return "\n".join(([self.caption] if self.caption else []) + text)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape  # slow to import, and of no use in a terminal

        def line(tag: str, cells: list[str]) -> str:
            scope = ' scope="col"' if tag == "th" else ""
            parts = (
                f'<{tag}{scope} style="text-align:{"right" if right else "left"}">{escape(cell)}</{tag}>'
                for cell, right in zip(cells, self._right, strict=True)
            )
            return f"<tr>{''.join(parts)}</tr>"

        head = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        body = "\n".join(line("td", row) for row in self.cells)
        return (
            f'<table class="il-table">{head}\n<thead>{line("th", self.columns)}</thead>\n'
            f"<tbody>\n{body}\n</tbody></table>"
        )


def _plain(value: Any) -> Any:
    """A number of NumPy or torch as Python's; anything else as it is."""
    return value.item() if getattr(value, "shape", None) == () else value


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _width(cell: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return len(cell) + sum(east_asian_width(mark) in "WF" for mark in cell)


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, Integral):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def times(shape: Sequence[int]) -> str:
    """(192, 28, 28) as "192×28×28"."""
    return "×".join(str(n) for n in shape)
