"""Figures of residual blocks: what is added to what, and how runs with several seeds ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from ..drawing.svg import PALETTE
from .base import FAINT, GREY, _frame, style


def residual_maps(
    picture: Tensor, maps: Mapping[str, Tensor], channels: Sequence[int], *, name: str
) -> tuple[Figure, str]:
    """A photograph, and for some channels what goes into a residual block, what it adds, the sum.

    A channel has one scale in all rows. A row in which a value is negative is drawn in red (added) and
    blue (taken away), with zero white; the others from black (0) to bright.

    Args:
        picture: (1, 3, H, W), from 0 to 1.
        maps: name of a row -> (1, channels, H', W'), in the order of the rows.
        channels: which channels, a column for each.
        name: what the photograph shows, for the alt text.

    Returns:
        (figure, alt text), which says how much of each channel the block raises and lowers.
    """
    rows = {row: bank[0].float().cpu() for row, bank in maps.items()}
    said = []
    with style():
        fig, axes = plt.subplots(
            len(rows), len(channels) + 1, figsize=(7.6, 1.3 * len(rows) + 0.25), squeeze=False
        )
        for at, (row, bank) in enumerate(rows.items()):
            line = axes[at]
            signed = bool((bank < 0).any())
            line[0].set_axis_off()
            line[0].text(
                0.97, 0.5 if at else 0.1, row, ha="right", va="center",
                transform=line[0].transAxes, fontweight="bold", fontsize=12,
                color=PALETTE["5x5"] if signed else PALETTE["3x3"],
            )  # fmt: skip
            for ax, i in zip(line[1:], channels, strict=True):
                top = max(float(other[i].abs().quantile(0.99)) for other in rows.values()) or 1.0
                look = {"cmap": "RdBu_r", "vmin": -top} if signed else {"cmap": "magma", "vmin": 0}
                ax.imshow(bank[i].numpy(), vmax=top, **look)
                _frame(ax, GREY, 1)
                if at == 0:
                    ax.set_title(f"channel {i}", fontsize=10)
                if signed:
                    said.append(
                        f"channel {i}: {float((bank[i] > 0).float().mean()):.0%} raised, "
                        f"{float((bank[i] < 0).float().mean()):.0%} lowered"
                    )
        inset = axes[0][0].inset_axes([0.0, 0.28, 0.72, 0.72])
        inset.imshow(picture[0].permute(1, 2, 0).cpu().numpy())
        _frame(inset, GREY, 1)
    return fig, (
        f"The photograph of {name} and maps of a residual block, rows {', '.join(rows)}. "
        f"{'; '.join(said)}."
    )


def seed_dots(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    xlabel: str,
    xlim: tuple[float, float],
    columns: int = 3,
) -> tuple[Figure, str]:
    """Dots for the runs of each arm of an experiment, a panel for each setting; a line at the mean.

    Args:
        panels: title -> {arm: one number a seed}; the arms are the same in each.
        xlabel: what the numbers are.
        xlim: ends of the axis.
        columns: panels in a row.

    Returns:
        (figure, alt text).
    """
    arms = list(next(iter(panels.values())))
    shades = [PALETTE[family] for family in ("5x5", "1x1", "3x3", "7x7")]
    rows, said = -(-len(panels) // columns), []
    with style():
        fig, axes = plt.subplots(
            rows, columns, figsize=(7.6, rows * (0.3 * len(arms) + 0.75) + 0.3), squeeze=False,
            sharex=True, sharey=True,
        )  # fmt: skip
        for ax, (title, values) in zip(axes.flat, panels.items(), strict=True):
            ax.set_title(title, loc="left", fontsize=10)
            ax.grid(axis="x", color=FAINT, lw=0.6)
            for y, arm in enumerate(arms):
                ax.plot(values[arm], [y] * len(values[arm]), "o", color=shades[y], ms=7, alpha=0.75)
                ax.plot([np.mean(values[arm])] * 2, [y - 0.32, y + 0.32], color=GREY, lw=2)
            parts = (f"{arm} {np.mean(values[arm]):.2f}" for arm in arms)
            said.append(f"{title}: {', '.join(parts)}")
        axes[0][0].set_yticks(range(len(arms)), arms)
        axes[0][0].set_ylim(len(arms) - 0.4, -0.6)
        axes[0][0].set_xlim(*xlim)
        fig.supxlabel(xlabel, fontsize=11, color=GREY)
    return fig, f"{xlabel[0].upper() + xlabel[1:]}, mean of the seeds. {'; '.join(said)}."
