"""The pen: an SVG, its colors, and the boxes, lines and legends that `drawing` puts into it.

Text and lines are in `currentColor`, so a drawing follows the page's theme; boxes have a color
of `PALETTE` and white text. Nothing is random: the same calls give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from ..tree.walks import pretty

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
LICENSE = "From Inception, Block by Block. MIT license."
WIDE = 340  # a drawing wider than this keeps its size and scrolls in a box of its own
SMALL, BOLD, TITLE = 12, 13, 14  # font sizes
LINE = 17  # from one line of text in a box to the next


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
        """Write a standalone .svg file, dark on white, with its license; the pages' links do the same.

        Args:
            path: of the file.
        """
        style = 'font-family="sans-serif" color="#222832" style="background:#fff;'
        head, rest = self.svg.replace('style="', style, 1).split(">", 1)
        text = f"{head}><metadata>{LICENSE}</metadata>{rest}\n"
        Path(path).write_text(text, encoding="utf-8")


def human(n: int) -> str:
    """163,328 as "163.3 k"."""
    for power, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= 0.99995 * power:
            return f"{n / power:,.1f} {unit}"
    return str(n)


def span(text: str, size: int = SMALL, bold: bool = False) -> float:
    """About how wide a text is, in a wide font."""
    return len(text) * size * (0.67 if bold else 0.6)


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _title(text: str) -> str:
    return f"<title>{escape(text, quote=False)}</title>" if text else ""


def _data(attributes: dict[str, str]) -> str:
    return "".join(f' data-{name}="{escape(value)}"' for name, value in attributes.items())


class Canvas:
    """Collects shapes; lines lie below them, in one group, so that crossings are no darker."""

    def __init__(self):
        self.lines: list[str] = []
        self.shapes: list[str] = []

    def text(self, x, y, text, *, size=SMALL, anchor="start", bold=False, more="") -> None:
        """A line of text whose middle is at height `y`."""
        where = f'x="{_n(x)}" y="{_n(y + size * 0.36)}" font-size="{size}"{more}'
        where += "" if anchor == "start" else f' text-anchor="{anchor}"'
        where += ' font-weight="600"' if bold else ""
        self.shapes.append(f"<text {where}>{escape(text, quote=False)}</text>")

    def rect(self, x, y, w, h, fill, title="", more="") -> None:
        """A rectangle with nothing in it."""
        size = f'x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" fill="{fill}"{more}'
        self.shapes.append(f"<rect {size}>{_title(title)}</rect>")

    def box(self, x, y, w, h, title, lines, family="", room=0) -> None:
        """Lines of text in a colored box; without a family, in an outlined one.

        Each line is (text, size); `room` is kept free below them.
        """
        self.shapes.append(f"<g>{_title(title)}")
        edge = ' fill-opacity="0.07" stroke="currentColor" stroke-opacity="0.65"'
        fill = PALETTE.get(family, "currentColor")
        self.rect(x, y, w, h, fill, more=' rx="6"' + ("" if family else edge))
        for i, (line, size) in enumerate(lines):
            at = y + (h - room) / 2 + (i - (len(lines) - 1) / 2) * LINE
            white = ' fill="#fff"' if family else ""
            bold = size == BOLD
            self.text(x + w / 2, at, line, size=size, anchor="middle", bold=bold, more=white)
        self.shapes.append("</g>")

    def group(self, kind, **data) -> None:
        """What follows, up to `end`, is one thing: of this class, with these data attributes."""
        self.shapes.append(f'<g class="{kind}"{_data(data)}>')

    def end(self) -> None:
        """The end of a `group`."""
        self.shapes.append("</g>")

    def sum(self, x, y, radius, title) -> None:
        """A plus in a circle."""
        plus = f"M{_n(x - 5)} {_n(y)}h10m-5 -5v10"
        self.shapes.append(
            f'<g fill="none" stroke="currentColor" stroke-width="1.5">{_title(title)}'
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{radius}"/><path d="{plus}"/></g>'
        )

    def rule(self, y, width) -> None:
        """A faint line across."""
        path = f'd="M0 {_n(y)}H{_n(width)}" stroke="currentColor" stroke-opacity="0.25"'
        self.shapes.append(f"<path {path}/>")

    def line(self, *points: tuple[float, float], head: bool = False) -> None:
        """A line along the axes with round corners; with an arrow head at its end."""
        path = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
        for before, at, after in zip(points, points[1:], points[2:], strict=False):
            (x1, y1), (x2, y2) = (_towards(at, end) for end in (before, after))
            path.append(f"L{_n(x1)} {_n(y1)}Q{' '.join(map(_n, (*at, x2, y2)))}")
        (x0, _), (x, y) = points[-2:]
        path.append(f"L{_n(x)} {_n(y)}")
        if head:
            (x1, y1), (x2, y2) = ((-4, -6), (4, -6)) if x == x0 else ((-6, -4), (-6, 4))
            path.append(f"M{_n(x + x1)} {_n(y + y1)}L{_n(x)} {_n(y)}L{_n(x + x2)} {_n(y + y2)}")
        self.lines.append("".join(path))

    def legend(self, left, y, families, right) -> float:
        """A swatch and a name for each family among `families`, in the palette's order.

        Returns the height of the last line: what does not fit before `right` begins another.
        """
        words, x = {"1xn": "1×n, n×1", "7x7": "7×7", "pool": "pool, LRN"}, left
        for family in (family for family in PALETTE if family in families):
            name = words.get(family, pretty(family))
            if x + 18 + span(name) > right:
                x, y = left, y + 22
            self.rect(x, y - 6, 12, 12, PALETTE[family], more=' rx="2"')
            self.text(x + 18, y, name)
            x += 18 + span(name) + 20
        return y

    def drawing(self, width, height, what, alt, role="img", **data) -> Drawing:
        """Everything so far as a `Drawing`; `data` become attributes of the picture."""
        w, h = round(width), round(height)
        style = "max-width:100%;height:auto" if w <= WIDE else "max-width:none"
        size = f'width="{w}" height="{h}" viewBox="0 0 {w} {h}"'
        body = [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="{role}" aria-label="{escape(alt)}"'
            f'{_data(data)} {size} fill="currentColor" style="{style}">'
        ]
        if self.lines:
            look = 'fill="none" stroke="currentColor" stroke-width="1.5" opacity="0.65"'
            body += [f"<g {look}>", *(f'<path d="{d}"/>' for d in self.lines), "</g>"]
        return Drawing("\n".join([*body, *self.shapes, "</svg>"]), alt, what, w, h)


def _towards(at: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    length = abs(end[0] - at[0]) + abs(end[1] - at[1])
    share = min(8, length / 2) / length if length else 0
    return (at[0] + (end[0] - at[0]) * share, at[1] + (end[1] - at[1]) * share)
