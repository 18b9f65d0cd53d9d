"""Figures of chapter 5: what a chain of kernels reads, and what a network holds while a grid halves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure as Sheet
from matplotlib.patches import ConnectionPatch, Rectangle

from ..counting.table import times
from .base import BAND, CARD, GRAY, INKS, Figure, style

_SLOTS = 3  # grids beside each other


def chain(kernels: Sequence[tuple[int, int]], *, side: int = 7) -> Figure:
    """Which pixels one output of a chain of convolutions reads, grid by grid.

    Each pixel of the input has the number of ways that lead from it to the output.

    Args:
        kernels: height and width of each kernel, odd, in the order of the layers; one or two.
        side: rows and columns of each grid.

    Returns:
        A `Figure`.

    Raises:
        ValueError: no kernel, more than two, or one of an even size.
    """
    if not 1 <= len(kernels) < _SLOTS or any(k % 2 == 0 for size in kernels for k in size):
        raise ValueError(f"The kernels are {list(kernels)}; give one or two, each of odd size.")
    reads = [np.zeros((side, side), int)]
    reads[0][side // 2, side // 2] = 1
    for high, wide in reversed(kernels):
        pads = np.pad(reads[0], ((high // 2,) * 2, (wide // 2,) * 2))
        shifted = [pads[r : r + side, c : c + side] for r in range(high) for c in range(wide)]
        reads.insert(0, np.sum(shifted, axis=0))
    with style():
        fig = Sheet(figsize=(7.6, 2.75))
        axes = [fig.add_subplot(1, _SLOTS, slot + 1) for slot in range(_SLOTS)]
        if len(kernels) == 1:
            axes.pop(1).set_axis_off()
        names = ["input", *(f"after the {times(size)}" for size in kernels[:-1]), "output"]
        for ax, ways, name in zip(axes, reads, names, strict=True):
            _grid(ax, ways, name)
        for i, size in enumerate(kernels):
            row, column = np.argwhere(reads[i + 1])[0]
            _reach(axes[i], axes[i + 1], (int(row), int(column)), size)
    high, wide = (1 + sum(k - 1 for k in axis) for axis in zip(*kernels, strict=True))
    weights, most = sum(a * b for a, b in kernels), int(reads[0].max())
    many = f"up to {most} ways" if most > 1 else "one way"
    return Figure(
        fig,
        f"One output of a {', then a '.join(map(times, kernels))} reads {high} by {wide} pixels with "
        f"{weights} weights; each pixel has {many} to the output.",
    )


def _grid(ax: Axes, ways: np.ndarray, title: str) -> None:
    side, numbered = len(ways), title == "input"
    for (row, column), count in np.ndenumerate(ways):
        shade = INKS["5x5"] if numbered else INKS["1x1"]
        face = to_rgba(shade, BAND) if count else CARD
        ax.add_patch(Rectangle((column, row), 1, 1, fc=face, ec=GRAY, lw=0.6))
        if numbered and count:
            ax.text(column + 0.5, row + 0.5, count, ha="center", va="center", fontsize=8)
    ax.set(xlim=(-0.1, side + 0.1), ylim=(side + 0.1, -0.1), aspect="equal")
    ax.set_title(title, fontsize=10)
    ax.set_axis_off()


def _reach(ax: Axes, after: Axes, at: tuple[int, int], size: tuple[int, int]) -> None:
    """The window in one grid of a position in the next."""
    (row, column), (high, wide) = at, size
    top, left, ink = row - high // 2, column - wide // 2, INKS["5x5"]
    ax.add_patch(Rectangle((left, top), wide, high, fill=False, ec=ink, lw=2.2, zorder=3))
    after.add_patch(Rectangle((column, row), 1, 1, fill=False, ec=ink, lw=2.2, zorder=3))
    for down, corner in ((0, top), (1, top + high)):
        line = ConnectionPatch(
            (left + wide, corner), (column, row + down), "data", "data", axesA=ax, axesB=after,
            color=ink, lw=1, zorder=2,
        )  # fmt: skip
        ax.figure.add_artist(line)


def volumes(ways: Mapping[str, Sequence[tuple[str, Sequence[int], int]]]) -> Figure:
    """Ways through a network as boxes: as wide as there are channels, as high as the grid.

    A box that holds fewer numbers than come out at the end is marked.

    Args:
        ways: title -> steps, of two or three: (operation, channels of its parts, side of its grid).
            The first step is the input, whose operation is not shown.

    Returns:
        A `Figure`.
    """
    most = max(sum(parts) for steps in ways.values() for _, parts, _ in steps)
    tallest = max(side for steps in ways.values() for *_, side in steps)
    said = []
    with style():
        fig = Sheet(figsize=(7.6, 1.55 * len(ways)))
        for row, (title, steps) in enumerate(ways.items()):
            ax = fig.add_subplot(len(ways), 1, row + 1)
            held = [sum(parts) * side**2 for _, parts, side in steps]
            slots = (0, 2) if len(steps) == 2 else range(3)
            ends = []
            for slot, (operation, parts, side), numbers in zip(slots, steps, held, strict=True):
                narrow = numbers < held[-1]
                left, high = 1.45 * slot - sum(parts) / most / 2, side / tallest
                ends.append((left, left + sum(parts) / most))
                for part, face in zip(parts, ("#b9d3ee", "#cfe3c3"), strict=False):
                    ax.add_patch(
                        Rectangle(
                            (left, -high / 2), part / most, high, fc=face,
                            ec=INKS["5x5"] if narrow else GRAY, lw=2.5 if narrow else 1,
                        )
                    )  # fmt: skip
                    left += part / most
                ax.text(
                    1.45 * slot, -0.58, f"{sum(parts)} × {side}×{side} = {numbers:,}", va="top",
                    ha="center", fontsize=9, color=INKS["5x5"] if narrow else GRAY,
                    fontweight="bold" if narrow else "normal",
                )  # fmt: skip
                if len(ends) > 1:
                    start, stop = ends[-2][1] + 0.05, ends[-1][0] - 0.05
                    ax.annotate(
                        "", (stop, 0), (start, 0), arrowprops={"arrowstyle": "->", "color": GRAY}
                    )
                    ax.text(
                        (start + stop) / 2, 0.06, operation, ha="center", va="bottom", fontsize=9,
                        color=GRAY,
                    )  # fmt: skip
            ax.set(xlim=(-0.55, 3.45), ylim=(-0.85, 0.55))
            ax.set_title(title, loc="left", fontsize=10)
            ax.set_axis_off()
            boxes = [
                f"{sum(p)} channels on {s}×{s}, {n:,} numbers"
                for (_, p, s), n in zip(steps, held, strict=True)
            ]
            said.append(f"{title}: {'; then '.join(boxes)}")
    return Figure(fig, f"What each way to halve a grid holds on the way. {'. '.join(said)}.")
