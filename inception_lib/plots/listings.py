"""Figures of an audit: which tests fire on which network, and towers joined along two axes."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ..counting.table import times
from ..drawing.svg import PALETTE
from .base import FAINT, GRAY, INKS, Figure, style, subplots


def audit(
    found: Mapping[str, Mapping[str, int]], labels: Mapping[str, str] | None = None
) -> Figure:
    """A row for each network, a column for each test: a dot where it fires, with how often.

    Args:
        found: network -> {test: how many layers it names}. A test that a network lacks was not run
            on it: its place stays empty.
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


def joined(image: Tensor, maps: Tensor, parts: list[str]) -> Figure:
    """A picture, and at its scale three maps of it: joined as channels, and joined in height.

    Args:
        image: (3, H, W), bytes or from 0 to 1.
        maps: (3, C, H, W): three towers. The channel is shown in which the flattest of the three
            varies most.
        parts: names of the towers.

    Returns:
        A `Figure`.

    Raises:
        ValueError: a wrong number of maps or names.
    """
    if not len(maps) == len(parts) == 3:
        raise ValueError(f"{len(maps)} maps and {len(parts)} names; there are three of each.")
    _, channels, high, wide = maps.shape
    at = int(maps.detach().flatten(2).std(-1).min(0).values.argmax())
    sizes = times((high, wide, 3)), times((high, wide, 3 * channels)), times((3 * high, wide, channels))  # fmt: skip
    with style():
        fig, axes = subplots(1, 3, figsize=(7.6, 4.3), width_ratios=[1, 2.1, 1.75], sharey=True)
        whole = (0, wide, high, 0)
        axes[0].imshow(image.cpu().permute(1, 2, 0).numpy(), extent=whole)
        pieces = [(axes[0], *whole, 1)]
        for n, part in enumerate(maps[:, at].detach().cpu()):
            piece = (part - part.min()) / (part.max() - part.min()).clamp(min=1e-9)
            for ax, right, down, label in (
                (axes[1], n * wide // 5, n * high // 5, high // 10),
                (axes[2], 0, n * high, high // 2),
            ):
                box = (right, right + wide, down + high, down)
                ax.imshow(piece.numpy(), cmap="gray", vmin=0, vmax=1, extent=box, zorder=4 - n)
                pieces.append((ax, *box, 4 - n))
                ax.text(right + 1.05 * wide, down + label, parts[n], va="center", fontsize=10)
        for ax, left, right, low, top, above in pieces:  # each piece has a frame
            corners = [left, right, right, left, left], [top, top, low, low, top]
            ax.plot(*corners, color=GRAY, lw=1, zorder=above)
        titles = ("goes in", "what it says", "what it does")
        for ax, title, size, width in zip(axes, titles, sizes, (1, 2.1, 1.75), strict=True):
            wrong = ax is axes[2]
            ax.set_title(
                f"{title}\n{size}", loc="left", color=INKS["5x5"] if wrong else GRAY,
                fontweight="bold" if wrong else "normal",
            )  # fmt: skip
            ax.set(xlim=(0, width * wide), ylim=(3 * high, 0), anchor="NW")
            ax.set_axis_off()
    return Figure(
        fig,
        f"A picture of {sizes[0]} goes in. What should come out: the maps of the "
        f"{', '.join(parts)} one behind the other, {sizes[1]}. What comes out: the same maps one "
        f"below the other, {sizes[2]}.",
    )
