"""Figures of how large maps are along a network, what a unit can see, and where two maps differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.patches import Rectangle
from torch import Tensor

from ..drawing.svg import PALETTE
from .base import BAND, FAINT, GRAY, Figure, _frame, look, style, subplots


def along_depth(
    values: Mapping[str, float], *, ylabel: str, level: tuple[str, float] | None = None
) -> Figure:
    """Bars on a logarithmic axis: one number of each stage, in order.

    Args:
        values: stage -> number above 0.
        ylabel: what the numbers are.
        level: name and height of a dashed line, such as the size of the input.

    Returns:
        A `Figure`.
    """
    names, numbers = list(values), list(values.values())
    with style():
        fig, ax = subplots(figsize=(7.6, 3.4))
        falls = [i > 0 and numbers[i - 1] / number > 1.5 for i, number in enumerate(numbers)]
        shades = [PALETTE["5x5"] if fall else PALETTE["3x3"] for fall in falls]
        ax.bar(names, numbers, color=shades, width=0.75)
        for i in np.flatnonzero(falls):
            ax.annotate(
                f"÷ {numbers[i - 1] / numbers[i]:.3g}", (i, numbers[i]), (0, -5), rotation=90,
                textcoords="offset points", ha="center", va="top", color="white", fontsize=9,
            )  # fmt: skip
        if level:
            ax.axhline(level[1], color=GRAY, ls="--", lw=1.5)
            ax.annotate(
                level[0], (1, level[1]), (0, 3), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="right", color=GRAY,
            )  # fmt: skip
        ax.set_yscale("log")
        ax.set_ylim(min(numbers) / 4, None)
        ax.yaxis.set_major_formatter("{x:,.0f}")
        ax.set_ylabel(ylabel)
        ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    parts = ", ".join(f"{name} {number:,.0f}" for name, number in values.items())
    line = f" A dashed line at {level[1]:,.0f}: {level[0]}." if level else ""
    return Figure(fig, f"Bar chart of {ylabel} for each stage: {parts}.{line}")


def fields(picture: Tensor, sides: Mapping[str, int], *, name: str) -> Figure:
    """How much of its input the unit in the middle of each stage can see: squares on a photograph.

    The squares that fit into the picture; beside them those that are larger.

    Args:
        picture: (1, 3, H, W), bytes or from 0 to 1.
        sides: stage -> side of its receptive field in pixels.
        name: what the photograph shows, for the alt text.

    Returns:
        A `Figure`.
    """
    size = picture.shape[-1]
    panels = {
        "inside the picture": {stage: side for stage, side in sides.items() if side <= size},
        "larger than the picture": {stage: side for stage, side in sides.items() if side > size},
    }
    panels = {title: some for title, some in panels.items() if some}
    shown = picture[0].permute(1, 2, 0).cpu().numpy()
    with style():
        fig, axes = subplots(1, len(panels), figsize=(7.6, 3.8), squeeze=False)
        for ax, (title, some) in zip(axes[0], panels.items(), strict=True):
            half = max([size, *some.values()]) / 2
            ax.imshow(shown, extent=(-size / 2, size / 2, -size / 2, size / 2))
            for i, (stage, side) in enumerate(some.items()):
                shade = look(i)[0]
                corner = (-side / 2, -side / 2)
                ax.add_patch(Rectangle(corner, side, side, fill=False, ec=shade, lw=2))
                # inside the corner; where a square is too small, in turn above it and below
                above, below = (side < size / 5 and i % 2 == turn for turn in (0, 1))
                ax.annotate(
                    f"{stage} {side}", (-side / 2, -side / 2 if below else side / 2),
                    (2, 2 if above else -2), va="bottom" if above else "top",
                    fontsize=8, textcoords="offset points", color="white",
                    bbox={"boxstyle": "square,pad=0.15", "fc": shade, "ec": "none"},
                )  # fmt: skip
            ax.set(xlim=(-1.02 * half, 1.02 * half), ylim=(-1.02 * half, 1.02 * half))
            ax.set_aspect("equal")
            ax.set_axis_off()
            ax.set_title(title, loc="left")
    parts = ", ".join(f"{stage} {side}" for stage, side in sides.items())
    return Figure(
        fig,
        f"A photograph of {name}, {size}×{size} pixels, with squares around its middle, as large as the "
        f"receptive field of each stage: {parts}.",
    )


def windows(
    picture: Tensor, grids: Mapping[str, tuple[int, Sequence[tuple[int, int]]]], *, name: str
) -> Figure:
    """A photograph under the grids of several stages, and what their kernels cover of it there.

    Args:
        picture: (1, 3, H, W), bytes or from 0 to 1.
        grids: title -> (positions on a side, (height, width) of each kernel in positions).
        name: what the photograph shows, for the alt text.

    Returns:
        A `Figure`.
    """
    shown = picture[0].permute(1, 2, 0).cpu().numpy()
    said = []
    with style():
        fig, axes = subplots(1, len(grids), figsize=(7.6, 7.6 / len(grids) + 0.3), squeeze=False)
        for ax, (title, (side, kernels)) in zip(axes[0], grids.items(), strict=True):
            ax.imshow(shown, extent=(0, side, side, 0), alpha=0.8)
            lines = np.arange(1, side)
            ax.hlines(lines, 0, side, color="white", lw=0.4)
            ax.vlines(lines, 0, side, color="white", lw=0.4)
            middle = side // 2
            for i, (high, wide) in enumerate(kernels):
                shade, corner = look(i + 1)[0], (middle - wide // 2, middle - high // 2)
                ax.add_patch(Rectangle(corner, wide, high, color=shade, alpha=0.65, lw=0))
                ax.add_patch(Rectangle(corner, wide, high, fill=False, ec=shade, lw=2.5))
            _frame(ax, GRAY, 1)
            ax.set_title(title, fontsize=10)
            sizes = ", ".join(f"{high}×{wide}" for high, wide in kernels)
            said.append(f"{title}, {side}×{side} positions: {sizes}")
    return Figure(
        fig,
        f"A photograph of {name} under grids, kernels drawn around the middle. {'. '.join(said)}.",
    )


def heat(
    maps: Mapping[str, Tensor], *, what: str, top: float | None = None, numbers: bool = False
) -> Figure:
    """Maps side by side, dark where 0 and bright where largest.

    Args:
        maps: title -> (H, W), not below 0.
        what: what is shown, for the alt text.
        top: the value that is brightest, for all; None: the largest of each map.
        numbers: whether to write the values into the map.

    Returns:
        A `Figure`, whose text gives the share of each map that is not 0, or its values.
    """
    said = []
    with style():
        fig, axes = subplots(
            1, len(maps), figsize=(7.6, 7.6 / max(3, len(maps)) + 0.3), squeeze=False
        )
        for ax, (title, bank) in zip(axes[0], maps.items(), strict=True):
            values, words = bank.float().cpu().numpy(), title.replace("\n", ", ")
            brightest = top or float(values.max()) or 1.0
            ax.imshow(values, cmap="magma", vmin=0, vmax=brightest)
            _frame(ax, GRAY, 1)
            ax.set_title(title, fontsize=10)
            if numbers:
                for (row, column), value in np.ndenumerate(values):
                    dark = value < 0.6 * brightest
                    ax.text(
                        column, row, f"{value:.2f}", ha="center", va="center", fontsize=8,
                        color="white" if dark else "black",
                    )  # fmt: skip
                rows = "; ".join(" ".join(f"{v:.2f}" for v in row) for row in values)
                said.append(f"{words}: {rows}")
            else:
                said.append(f"{words}: {np.mean(values > 0):.0%} not zero")
    return Figure(fig, f"{what}. {'. '.join(said)}.")


def distributions(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    edges: Sequence[float],
    *,
    xlabel: str,
    at: tuple[str, float] | None = None,
) -> Figure:
    """Histograms laid over one another, a panel for each task.

    Args:
        panels: title -> {name: count in each bin}.
        edges: of the bins, one more than there are counts.
        xlabel: what is counted.
        at: name and place of a vertical line.

    Returns:
        A `Figure`, whose text gives the median of each histogram.
    """
    bins = np.asarray(edges, float)
    said = []
    with style():
        fig, axes = subplots(
            1, len(panels), figsize=(7.6, 2.9), sharex=True, sharey=True, squeeze=False
        )
        for ax, (title, histograms) in zip(axes[0], panels.items(), strict=True):
            parts = []
            for i, (name, counts) in enumerate(histograms.items()):
                shade, dash, _ = look(i)
                share = np.asarray(counts, float)
                share = share / share.sum()
                ax.stairs(share, bins, fill=True, color=shade, alpha=BAND)
                ax.stairs(share, bins, color=shade, ls=dash, lw=2, label=name)
                middle = np.searchsorted(share.cumsum(), 0.5)
                parts.append(f"{name} {(bins[middle] + bins[middle + 1]) / 2:.1f}")
            if at:
                ax.axvline(at[1], color=GRAY, ls="--", lw=1.5)
            ax.set_title(title, loc="left")
            ax.set_xlabel(xlabel)
            ax.grid(axis="x", color=FAINT, lw=0.6)
            said.append(f"{title}: {', '.join(parts)}")
        axes[0][0].set_ylabel("share of the pictures")
        axes[0][-1].legend()
    line = f" A dashed line at {at[1]:.2f}: {at[0]}." if at else ""
    return Figure(fig, f"Histograms of {xlabel}; medians, {'; '.join(said)}.{line}")
