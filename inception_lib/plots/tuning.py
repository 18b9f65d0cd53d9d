"""Figures of a network that is trained further: what it takes for alike, and what its maps become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from ..drawing.svg import PALETTE
from .base import GREY, _frame, style


def neighbours(
    queries: Tensor, names: Sequence[str], found: Tensor, classes: Sequence[Sequence[str]]
) -> tuple[Figure, str]:
    """Pictures, and beside each those that are nearest to it, the nearest first.

    A neighbour of the query's class has a solid frame, one of another class a dashed one and its name.

    Args:
        queries: (Q, 3, H, W) bytes.
        names: the class of each query.
        found: (Q, k, 3, H, W) bytes.
        classes: for each query, the classes of its k neighbours.

    Returns:
        (figure, alt text).
    """
    said = []
    rows, columns = found.shape[:2]
    side = 7.4 / (columns + 1)
    with style():
        fig, axes = plt.subplots(
            rows, columns + 1, figsize=(7.6, (side + 0.12) * rows), squeeze=False
        )
        for row, query, name, images, kinds in zip(
            axes, queries, names, found, classes, strict=True
        ):
            row[0].imshow(query.permute(1, 2, 0).numpy(), vmin=0, vmax=255)
            row[0].set_title(name, fontsize=10, fontweight="bold")
            _frame(row[0], GREY, 1)
            for ax, image, kind in zip(row[1:], images, kinds, strict=True):
                ax.imshow(image.permute(1, 2, 0).numpy(), vmin=0, vmax=255)
                same = kind == name
                _frame(ax, PALETTE["3x3" if same else "5x5"], 3)
                for spine in ax.spines.values():
                    spine.set_linestyle("-" if same else (0, (2, 1.5)))
                ax.set_title("" if same else kind, fontsize=10, color=PALETTE["5x5"])
            said.append(f"{name}: {', '.join(kinds)}")
    return fig, (
        f"Pictures and their {columns} nearest neighbours, the nearest first, by class. "
        f"{'; '.join(said)}."
    )


def before_and_after(
    picture: Tensor, maps: Mapping[str, Tensor], channels: Sequence[int], *, name: str
) -> tuple[Figure, str]:
    """A picture and some of its feature maps, a row for each state of the network, on one scale.

    Args:
        picture: (1, 3, H, W), from 0 to 1.
        maps: name of a row -> (1, channels, H', W').
        channels: which channels, a column for each.
        name: what the picture shows, for the alt text.

    Returns:
        (figure, alt text).
    """
    rows = {row: bank[0].float().cpu() for row, bank in maps.items()}
    with style():
        fig, axes = plt.subplots(
            len(rows), len(channels) + 1, figsize=(7.6, 1.22 * len(rows) + 0.3), squeeze=False
        )
        for line, (row, bank) in zip(axes, rows.items(), strict=True):
            line[0].imshow(picture[0].permute(1, 2, 0).numpy(), vmin=0, vmax=1)
            line[0].set_ylabel(row, fontweight="bold")
            _frame(line[0], GREY, 1)
            for ax, i in zip(line[1:], channels, strict=True):
                top = max(float(np.quantile(other[i].numpy(), 0.99)) for other in rows.values())
                ax.imshow(bank[i].numpy(), cmap="magma", vmin=0, vmax=top or 1.0)
                _frame(ax, GREY, 1)
                if row == next(iter(rows)):
                    ax.set_title(f"channel {i}", fontsize=10)
    return fig, (
        f"A picture of {name} and its maps in channels {', '.join(map(str, channels))}, "
        f"{' and '.join(rows)}: a row each, one scale for each channel."
    )
