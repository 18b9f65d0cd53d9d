"""A 1×1 convolution at one pixel: the column of its channels, and what one matrix makes of it."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from torch import Tensor

from .base import GRAY, Figure, _frame, style


def column(maps: Tensor, matrix: Tensor, mixed: Tensor, at: tuple[int, int]) -> Figure:
    """The channels of one pixel, a matrix with a column for each mixture, and the mixtures.

    Args:
        maps: (i, H, W), what comes in.
        matrix: (r, i), the weights of the 1×1; drawn with its rows upright.
        mixed: (r, H, W), what comes out.
        at: row and column of the pixel.

    Returns:
        A `Figure`.
    """
    row, place = at
    values, result = maps[:, row, place], mixed[:, row, place]
    tall, few = matrix.shape[1], matrix.shape[0]
    with style():
        fig = Sheet(figsize=(7.6, 3.5))
        grid = fig.add_gridspec(2, 4, width_ratios=(10, 1.2, 3.4, 10), height_ratios=(tall, 1.7))
        _maps(fig, grid[:, 0], maps, at, "magma", f"{tall} maps")
        _maps(fig, grid[:, 3], mixed, at, "RdBu_r", f"{few} mixtures")
        ax = fig.add_subplot(grid[0, 1])
        _shades(ax, values[:, None])
        ax.set_xlabel(f"{tall}\nvalues", fontsize=9)
        ax = fig.add_subplot(grid[0, 2])
        _shades(ax, matrix.T)
        ax.set_title("matrix", fontsize=10)
        ax = fig.add_subplot(grid[1, 2])
        _shades(ax, result[None])
        for i, value in enumerate(result):
            ax.text(i, 0, _tenth(value), ha="center", va="center", fontsize=8, color="black")
        ax.set_xlabel(f"{few} values", fontsize=10)
    numbers = ", ".join(_tenth(value) for value in result)
    return Figure(
        fig,
        f"{tall} maps with one pixel marked; its {tall} values as a column; a matrix of {tall} rows "
        f"and {few} columns; and {few} maps of mixtures, which at this pixel are {numbers}.",
    )


def _tenth(value: Tensor) -> str:
    """To one decimal, with a minus; −0.0 is 0.0."""
    return f"{round(float(value), 1) + 0.0:.1f}".replace("-", "−")


def _shades(ax: Axes, numbers: Tensor) -> None:
    """Red above zero, blue below; half as strong as it could be, so that text on it is legible."""
    shown = numbers.detach().numpy()
    top = 1.6 * float(np.abs(shown).max()) or 1.0
    ax.imshow(shown, cmap="RdBu_r", vmin=-top, vmax=top, aspect="auto")
    _frame(ax, GRAY, 1)


def _maps(fig: Sheet, spot, maps: Tensor, at: tuple[int, int], cmap: str, title: str) -> None:
    """A square of maps, each with its own scale, and the pixel on each."""
    side = math.ceil(math.sqrt(len(maps)))
    inner = spot.subgridspec(side, side, wspace=0.06, hspace=0.06)
    for i, one in enumerate(maps.detach().numpy()):
        ax = fig.add_subplot(inner[divmod(i, side)])
        top = float(np.quantile(np.abs(one), 0.99)) or 1.0
        ax.imshow(one, cmap=cmap, vmin=0 if cmap == "magma" else -top, vmax=top)
        for ink, width in (("black", 3.0), ("white", 1.2)):
            ax.plot(at[1], at[0], "o", mfc="none", mec=ink, mew=width, ms=6)
        _frame(ax, GRAY, 0.8)
        if i == 0:
            ax.set_title(title, fontsize=10, loc="left")
