"""What normalization does: to the inputs of units, to maps that share a mean, and to a walk of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from torch import Tensor

from .base import BAND, GRAY, INKS, Figure, _frame, look, same_names, style, subplots

_ENDS = 6.0  # of the axis; what lies beyond is counted in the last bin


def spreads(rows: Mapping[str, Mapping[str, Tensor]]) -> Figure:
    """Histograms of what goes into sigmoids, a column for each layer, with the sigmoid itself.

    Args:
        rows: name of a network -> {name of a layer: values}. Values beyond ±6 are counted at the ends.

    Returns:
        A `Figure`, whose text gives the standard deviation of each histogram.

    Raises:
        ValueError: the networks have different layers.
    """
    layers, said = same_names("layers", rows), []
    bins = np.linspace(-_ENDS, _ENDS, 49)
    with style():
        fig, axes = subplots(
            len(rows), len(layers), figsize=(7.6, 1.55 * len(rows) + 0.5), sharex=True, sharey=True,
            squeeze=False,
        )  # fmt: skip
        for i, (row, (name, columns)) in enumerate(zip(axes, rows.items(), strict=True)):
            shade, parts = look(i)[0], []
            for ax, layer in zip(row, layers, strict=True):
                values = columns[layer].numpy()
                share = np.histogram(values.clip(-_ENDS, _ENDS), bins)[0] / len(values)
                ax.plot(bins, 1 / (1 + np.exp(-bins)), color=GRAY, lw=1)
                ax.stairs(share, bins, fill=True, color=shade, alpha=BAND)
                ax.stairs(share, bins, color=shade, lw=2)
                if i == 0:
                    ax.set_title(layer, loc="left", fontsize=10)
                parts.append(f"{layer} {values.std():.2f}")
            row[0].set_ylabel(name, color=shade, fontweight="bold")
            said.append(f"{name}: {', '.join(parts)}")
        for ax in axes[-1]:
            ax.set_xlabel("input of the sigmoid", fontsize=10)
        axes[0][0].set(xticks=[-4, 0, 4], yticks=[0, 0.5, 1], xlim=(-_ENDS, _ENDS), ylim=(0, 1.03))
    return Figure(
        fig,
        "Histograms of what goes into one unit of each layer, over a sigmoid curve. Standard "
        f"deviations, {'; '.join(said)}.",
    )


def averaged(images: Tensor, maps: Tensor, marked: Tensor, *, title: str) -> Figure:
    """Maps of several pictures on one scale, a row for each picture; those that share a mean are framed.

    Args:
        images: (m, 3, H, W), bytes or from 0 to 1.
        maps: (m, channels, H', W').
        marked: (m, channels), true for the maps to frame.
        title: what is framed.

    Returns:
        A `Figure`, whose text gives mean and standard deviation of the framed values.
    """
    count, channels = maps.shape[:2]
    top = float(maps.abs().flatten().quantile(0.99)) or 1.0
    inside = maps[marked]
    mean, std = round(float(inside.mean()), 1) + 0.0, float(inside.std(correction=0))
    found = f"{mean:.1f} ± {std:.1f}".replace("-", "−")
    with style():
        fig, axes = subplots(
            count, channels + 1, figsize=(7.6, 7.6 / (channels + 1) * count + 0.45), squeeze=False
        )
        for row, image, some, chosen in zip(axes, images, maps.cpu(), marked, strict=True):
            row[0].imshow(image.permute(1, 2, 0).cpu().numpy())
            _frame(row[0], GRAY, 1)
            for ax, values, framed in zip(row[1:], some, chosen, strict=True):
                ax.imshow(values.numpy(), cmap="RdBu_r", vmin=-top, vmax=top)
                _frame(ax, INKS["5x5"] if framed else GRAY, 4.0 if framed else 0.8)
        fig.suptitle(f"{title}: {found}", fontsize=11, x=0.01, ha="left", color=GRAY)
    return Figure(
        fig,
        f"{count} pictures and {channels} maps of each, on one scale; {int(marked.sum())} maps are "
        f"framed. {title}: {found}.",
    )


def walks(
    paths: Mapping[str, Sequence[Sequence[float]] | Tensor], *, toward: tuple[float, float]
) -> Figure:
    """Steps of two weights in their plane, side by side, around the circle of length 1.

    Args:
        paths: name -> (steps, 2).
        toward: the direction that the weights should take, a dashed line.

    Returns:
        A `Figure`, whose text gives the length of the weights at both ends of each path.
    """
    said = []
    points = np.concatenate([np.asarray(path, float) for path in paths.values()])
    low, high = np.minimum(points.min(0), -1) - 0.3, np.maximum(points.max(0), 1) + 0.3
    ray = np.asarray(toward) / np.linalg.norm(toward) * np.linalg.norm(points, axis=1).max()
    with style():
        fig, axes = subplots(
            1, len(paths), figsize=(7.6, 7.6 / len(paths) * (high - low)[1] / (high - low)[0]), sharex=True, sharey=True,
            squeeze=False,
        )  # fmt: skip
        around = np.linspace(0, 2 * np.pi, 181)
        for i, (ax, (name, path)) in enumerate(zip(axes[0], paths.items(), strict=True)):
            shade, steps = look(i)[0], np.asarray(path, float)
            ax.plot(np.cos(around), np.sin(around), ":", color=GRAY, lw=1.2)
            for start, end in pairwise(steps):
                ax.annotate(
                    "", end, start, arrowprops={"arrowstyle": "-|>", "color": shade, "lw": 1.8}
                )
            ax.plot([0, ray[0]], [0, ray[1]], "--", color=GRAY, lw=1)
            ax.plot([0, steps[0][0]], [0, steps[0][1]], color=GRAY, lw=1.8)
            ax.plot(*steps[0], "o", color=GRAY, ms=6)
            ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
            ax.set_xlabel("first weight")
            ax.set_title(name, loc="left", fontsize=10)
            first, last = (f"{np.linalg.norm(steps[at]):.1f}" for at in (0, -1))
            said.append(f"{name}: length {first}, after {len(steps) - 1} steps {last}")
        axes[0][0].set_ylabel("second weight")
    return Figure(fig, f"Paths of two weights under gradient descent. {'; '.join(said)}.")
