"""Figures of chapter 4: what normalization does to maps, to distributions and to training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from ..drawing.svg import PALETTE
from .base import FAINT, GREY, _frame, _short, style

_SHADES = [PALETTE[family] for family in ("5x5", "3x3", "1x1", "7x7")]
_DASHES = ("-", "--", "-.", ":")


def seeds(
    lines: Mapping[str, tuple[Sequence[float], Sequence[Sequence[float]]]],
    *,
    xlabel: str,
    ylabel: str,
    log: bool = False,
    ticks: Sequence[float] | None = None,
    ylim: tuple[float, float] | None = None,
) -> tuple[Figure, str]:
    """Lines that each are a mean over seeds, with the range of the seeds as a band.

    Args:
        lines: name -> (x values, for each seed the y values); up to four.
        xlabel, ylabel: names of the axes.
        log: the x axis is logarithmic.
        ticks: where the x axis has numbers.
        ylim: the ends of the y axis.

    Returns:
        (figure, alt text); the text gives up to six means of each line.
    """
    said = []
    with style():
        fig, ax = plt.subplots(figsize=(7.2, 3.4))
        for (name, (xs, runs)), shade, dash in zip(lines.items(), _SHADES, _DASHES, strict=False):
            values = np.asarray(runs, float)
            mean = values.mean(0)
            ax.fill_between(xs, values.min(0), values.max(0), color=shade, alpha=0.25, lw=0)
            ax.plot(xs, mean, dash, color=shade, lw=2.5, label=name, marker="o" * (len(xs) < 12))
            step = max(1, -(-len(xs) // 6))
            some = list(zip(xs, mean, strict=True))[::step]
            parts = (f"{_short(round(float(y), 2))} at {_short(x)}" for x, y in some)
            said.append(f"{name}: {', '.join(parts)}")
        if ylim:
            ax.set_ylim(*ylim)
        if log:
            ax.set_xscale("log")
            ax.minorticks_off()
        if ticks is not None:
            ax.set_xticks(ticks)
        ax.xaxis.set_major_formatter("{x:,g}")
        ax.grid(axis="y", color=FAINT, lw=0.6)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ax.legend()
    return fig, f"Line chart of {ylabel} against {xlabel}, means over seeds. {'; '.join(said)}."


def drift(
    panels: Mapping[str, tuple[Sequence[int], Sequence[Sequence[float]]]],
    percentiles: Sequence[float] = (15, 50, 85),
    *,
    ylabel: str,
) -> tuple[Figure, str]:
    """Side by side: how the distribution of one quantity moves while networks learn.

    Args:
        panels: name -> (steps, for each step its percentiles).
        percentiles: which.
        ylabel: what the quantity is.

    Returns:
        (figure, alt text).
    """
    said = []
    with style():
        fig, axes = plt.subplots(1, len(panels), figsize=(7.6, 3.0), sharey=True, squeeze=False)
        for ax, (name, (steps, rows)) in zip(axes[0], panels.items(), strict=True):
            values = np.asarray(rows, float)
            for i, which in enumerate(percentiles):
                middle = i == len(percentiles) // 2
                ax.plot(
                    np.asarray(steps) / 1000, values[:, i], "-" if middle else "--", lw=2,
                    color=PALETTE["3x3"] if middle else PALETTE["5x5"], label=f"{which:g} %",
                )  # fmt: skip
            ax.axhline(0, color=GREY, lw=0.8)
            ax.set_title(name, loc="left", fontsize=10)
            ax.set_xlabel("thousand steps")
            first, last = (" / ".join(f"{v:.1f}" for v in values[i]) for i in (0, -1))
            said.append(f"{name}: from {first} to {last}")
        axes[0][0].set_ylabel(ylabel)
        handles, labels = axes[0][0].get_legend_handles_labels()
        fig.legend(handles, labels, ncols=len(labels), loc="outside upper right", fontsize=9)
    which = " / ".join(f"{p:g}" for p in percentiles)
    return fig, f"Percentiles ({which}) of {ylabel} over training. {'; '.join(said)}."


def on_one_scale(rows: Mapping[str, Tensor], channels: Sequence[int]) -> tuple[Figure, str]:
    """Maps in rows; all maps of a row share one scale, symmetric about zero, which is white.

    Args:
        rows: name -> (number, H, W); the same channels in each row.
        channels: their numbers.

    Returns:
        (figure, alt text), which gives mean and standard deviation of each map.
    """
    count, said = len(channels), []
    with style():
        fig, axes = plt.subplots(
            len(rows), count, figsize=(7.6, (7.6 / count + 0.5) * len(rows)), squeeze=False
        )
        for row, (name, maps) in zip(axes, rows.items(), strict=True):
            top = float(maps.abs().flatten().quantile(0.995)) or 1.0
            parts = []
            for ax, values, channel in zip(row, maps.cpu(), channels, strict=True):
                ax.imshow(values.numpy(), cmap="RdBu_r", vmin=-top, vmax=top)
                _frame(ax, GREY, 1)
                mean, std = float(values.mean()), float(values.std(correction=0))
                ax.set_title(f"channel {channel}", fontsize=9)
                ax.set_xlabel(f"{mean:.1f} ± {std:.1f}".replace("-0.0", "0.0"), fontsize=9)
                parts.append(f"channel {channel} {mean:.1f} ± {std:.1f}".replace("-0.0", "0.0"))
            row[0].set_ylabel(name)
            said.append(f"{name}: {', '.join(parts)}")
    return fig, (
        "Maps of the same channels in rows, each row on one scale from blue (below zero) over white "
        f"to red; mean ± standard deviation. {'; '.join(said)}."
    )
