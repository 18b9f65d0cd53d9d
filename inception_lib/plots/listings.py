"""Figures of an audit: which tests fire on which network, and towers stacked along the wrong axis."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ..counting.table import times
from ..drawing.svg import PALETTE
from .base import FAINT, GRAY, Figure, style, subplots


def audit(
    found: Mapping[str, Mapping[str, int]], labels: Mapping[str, str] | None = None
) -> Figure:
    """A row for each network, a column for each test: a dot where it fires, with how often.

    Args:
        found: network -> {test: how many layers it names}. A test that a network lacks was not
            asked of it: its place stays empty.
        labels: test -> its name for people; a line break is kept.

    Returns:
        A `Figure`.
    """
    tests = list(dict.fromkeys(test for row in found.values() for test in row))
    names = {test: (labels or {}).get(test, test) for test in tests}
    with style():
        fig, ax = subplots(figsize=(7.6, 0.3 * len(found) + 0.9))
        for y, row in enumerate(found.values()):
            for x, test in enumerate(tests):
                count = row.get(test)
                if count:
                    ax.plot([x], [y], "o", color=PALETTE["5x5"], ms=9)
                    ax.annotate(str(count), (x, y), (8, 0), textcoords="offset points", va="center")
                elif count == 0:
                    ax.plot([x], [y], "o", color=GRAY, ms=3, alpha=0.6)
        ax.set_xticks(range(len(tests)), names.values(), fontsize=9)
        ax.set_yticks(range(len(found)), found)
        ax.tick_params(length=0, labeltop=True, labelbottom=False)
        ax.set_xlim(-0.5, len(tests) - 0.4)
        ax.set_ylim(len(found) - 0.4, -0.6)
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.grid(axis="y", color=FAINT, lw=0.6)
        ax.set_axisbelow(True)
        for text in ax.texts:
            text.set_color(GRAY)
    said = []
    for name, row in found.items():
        fired = (f"{names[t]} {n}".replace("\n", " ") for t, n in row.items() if n)
        said.append(f"{name}: {', '.join(fired) or 'none'}")
    return Figure(
        fig, f"Dots: which tests fire on which network, and how often. {'; '.join(said)}."
    )


def stacked(image: Tensor, tall: Tensor, parts: list[str]) -> Figure:
    """A picture, and beside it, at the same scale, a map in which several are stacked.

    Args:
        image: (3, H, W), bytes or from 0 to 1.
        tall: (len(parts) · H, W) numbers; each part has its own scale.
        parts: what stands in it, from the top.

    Returns:
        A `Figure`.
    """
    pieces = [piece - piece.min() for piece in tall.detach().cpu().chunk(len(parts))]
    with style():
        fig, (left, right) = subplots(1, 2, figsize=(5, 1.7 * len(parts)), sharey=True)
        left.imshow(image.cpu().permute(1, 2, 0).numpy())
        high, wide = pieces[0].shape
        for n, piece in enumerate(pieces):
            box = (-0.5, wide - 0.5, (n + 1) * high - 0.5, n * high - 0.5)
            right.imshow((piece / piece.max().clamp(min=1e-9)).numpy(), cmap="gray", extent=box)
            right.annotate(parts[n], (wide + 8, (n + 0.5) * high), annotation_clip=False)
        for text in right.texts:
            text.set_color(GRAY)
        right.set_ylim(len(parts) * high - 0.5, -0.5)
        for ax, title in ((left, "goes in"), (right, "comes out")):
            ax.set_title(title, fontsize=10)
            ax.set_axis_off()
            ax.set_anchor("N")
    sizes = f"{times(image.shape[1:])} pixels goes in, a map of {times(tall.shape)} comes out"
    return Figure(fig, f"A picture of {sizes}; it holds, one below the other: {', '.join(parts)}.")
