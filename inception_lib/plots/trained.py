"""Figures of trained networks and of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from ..drawing.svg import PALETTE
from ..interpret.silencing import Silencing
from ..training.loop import History
from .base import (
    FAINT,
    GRAY,
    Figure,
    _frame,
    color,
    look,
    name_ticks,
    pretty,
    same_names,
    style,
    subplots,
)


def history(run: History) -> Figure:
    """The loss of each step, smoothed, and the accuracy after each epoch.

    Args:
        run: what `fit` returned.

    Returns:
        A `Figure`.
    """
    losses = np.asarray(run.losses)
    width = max(1, len(losses) // 60)
    whole = len(losses) // width * width
    means = losses[:whole].reshape(-1, width).mean(1)
    steps = (np.arange(len(means)) + 0.5) * width
    shares = [row.get("test_accuracy") for row in run.epochs]
    shares = [share for share in shares if share is not None]
    with style():
        fig, axes = subplots(1, 2 if shares else 1, figsize=(7.6, 2.8), squeeze=False)
        axes[0][0].plot(steps, means, color=PALETTE["3x3"], lw=2)
        axes[0][0].set(xlabel="step", ylabel="training loss", ylim=(0, None))
        if shares:
            epochs = np.arange(1, len(shares) + 1)
            axes[0][1].plot(epochs, shares, "o-", color=PALETTE["5x5"], lw=2)
            axes[0][1].set(xlabel="epoch", ylabel="test accuracy", ylim=(0, 1), xticks=epochs)
    said = f"Training loss over {len(losses)} steps, from {means[0]:.2f} to {means[-1]:.2f}."
    if shares:
        said += f" Test accuracy after each epoch: {', '.join(f'{s:.2f}' for s in shares)}."
    return Figure(fig, said)


def filters(weights: Tensor, *, per_row: int = 8) -> Figure:
    """Kernels that read color, as small pictures: gray is no weight, each has its own scale.

    Args:
        weights: (number, 3, height, width), as `first_filters` gives them.
        per_row: pictures in a row.

    Returns:
        A `Figure`.
    """
    number = len(weights)
    rows = -(-number // per_row)
    largest = weights.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12)
    shown = (0.5 + weights / largest / 2).permute(0, 2, 3, 1).numpy()
    with style():
        fig, axes = subplots(rows, per_row, figsize=(7.6, 1.12 * rows), squeeze=False)
        for i, ax in enumerate(axes.flat):
            if i < number:
                ax.imshow(shown[i])
                _frame(ax, GRAY, 1)
                ax.set_title(str(i), fontsize=9)
            else:
                ax.set_axis_off()
    height, width = weights.shape[2:]
    return Figure(
        fig,
        f"{number} kernels of {height}×{width} that read red, green and blue, as small color "
        f"pictures, numbered by channel. {_colored(weights)} of them weigh the colors apart by more "
        "than they weigh brightness.",
    )


def _colored(weights: Tensor) -> int:
    """How many kernels have more energy in differences of colors than in their mean."""
    mean = weights.mean(1, keepdim=True)
    color_energy = (weights - mean).square().sum((1, 2, 3))
    return int((color_energy > 3 * mean.square().sum((1, 2, 3))).sum())


def exciting(
    rows: Mapping[str, Tensor], sources: Mapping[str, Sequence[str]], branch: str = "1x1"
) -> Figure:
    """Pictures that excite channels most, a row for each channel.

    Args:
        rows: name of a channel -> (count, 3, H, W) pictures, bytes, the strongest first.
        sources: name of a channel -> where each picture comes from.
        branch: whose color the frames have; a row whose name begins with a branch has that one's.

    Returns:
        A `Figure`.
    """
    count = max(len(images) for images in rows.values())
    said = []
    with style():
        fig, axes = subplots(
            len(rows), count, figsize=(7.6, 7.6 / (count + 1) * len(rows) * 1.12), squeeze=False
        )
        for row, (name, images) in zip(axes, rows.items(), strict=True):
            edge = color(name.split(" ")[0].replace("×", "x")) if "×" in name else color(branch)
            for i, ax in enumerate(row):
                if i >= len(images):
                    ax.set_axis_off()
                    continue
                ax.imshow(images[i].permute(1, 2, 0).numpy())
                _frame(ax, edge, 2)
                ax.set_title("\n".join(sources[name][i].rsplit(" ", 1)), fontsize=8)
            row[0].set_ylabel(name.replace(" ", "\n", 1), color=edge, fontweight="bold", fontsize=9)
            said.append(f"{name}: {', '.join(sources[name])}")
    return Figure(fig, f"Pictures that excite channels most, by channel. {'; '.join(said)}.")


def silenced(result: Silencing, *, xlabel: str, joined: bool = False, title: str = "") -> Figure:
    """Percentage points of accuracy lost without each branch, for each group of pictures.

    Args:
        result: what `silencing` returned.
        xlabel: what the groups are.
        joined: whether the groups have an order, so that lines join them.
        title: above the figure.

    Returns:
        A `Figure`.
    """
    said = []
    with style():
        fig, ax = subplots(figsize=(7.6, 3.2))
        ax.axhline(0, color=GRAY, lw=1)
        shift = np.linspace(-0.18, 0.18, len(result.lost)) * (not joined)
        for i, (branch, lost) in enumerate(result.lost.items()):
            points = [100 * float(value) for value in lost]
            ax.plot(
                np.arange(len(points)) + shift[i], points, look(i)[2] + ("-" if joined else ""),
                color=color(branch), label=pretty(branch), lw=2, ms=7,
            )  # fmt: skip
            parts = zip(result.groups, points, strict=True)
            said.append(f"{pretty(branch)}: " + ", ".join(f"{g} {p:.0f}" for g, p in parts))
        name_ticks(ax, result.groups)
        ax.set(xlabel=xlabel, ylabel="points lost")
        ax.set_title(title or f"{result.stage}, one branch silenced", loc="left")
        ax.legend(ncols=len(result.lost), loc="lower right", bbox_to_anchor=(1, 1))
    return Figure(
        fig,
        f"Percentage points of accuracy lost when one branch of {result.stage} outputs "
        f"{'zeros' if result.fill == 'zero' else 'its mean'}, by {xlabel}. {'; '.join(said)}.",
    )


def where_it_looks(
    pictures: Sequence[Tensor], maps: Mapping[str, Sequence[Tensor]], titles: Sequence[str]
) -> Figure:
    """Photographs, and below each, maps of where a network looks, brightest where most.

    Args:
        pictures: (3, H, W) each, bytes or from 0 to 1.
        maps: name of a method -> (H, W) for each picture; what is below zero is shown as zero.
        titles: one a picture.

    Returns:
        A `Figure`, whose text names the part of each picture where the map is largest.
    """
    columns = len(pictures)
    side = min(2.4, 7.6 / columns)
    said = []
    with style():
        fig, axes = subplots(
            1 + len(maps), columns, figsize=(side * columns, side * (1 + len(maps)) + 0.3),
            squeeze=False,
        )  # fmt: skip
        for ax, picture, title in zip(axes[0], pictures, titles, strict=True):
            ax.imshow(picture.permute(1, 2, 0).numpy())
            ax.set_title(title, fontsize=10)
        for row, (method, found) in zip(axes[1:], maps.items(), strict=True):
            for ax, picture, heat, title in zip(row, pictures, found, titles, strict=True):
                gray = picture.float().mean(0) / (1 if picture.is_floating_point() else 255)
                ax.imshow(gray.numpy(), cmap="gray", vmin=0, vmax=1)
                shown = heat.clamp_min(0).numpy()
                top = float(shown.max()) or 1.0
                ax.imshow(shown, cmap="magma", vmin=0, vmax=top, alpha=0.25 + 0.6 * shown / top)
                said.append(f"{method}, {title}: {_place_of_most(heat)}")
            row[0].set_ylabel(method)
        for ax in axes.flat:
            _frame(ax, GRAY, 1)
    return Figure(fig, f"Where the network looks. The map is largest at: {'; '.join(said)}.")


def _place_of_most(heat: Tensor) -> str:
    if float(heat.max()) <= 0:
        return "nowhere"
    height, width = heat.shape
    row, column = divmod(int(heat.argmax()), width)
    down = ("top", "middle", "bottom")[min(2, 3 * row // height)]
    across = ("left", "center", "right")[min(2, 3 * column // width)]
    return f"{down} {across}"


def percentiles(
    panels: Mapping[str, tuple[Sequence[int], Sequence[Sequence[float]] | Tensor]],
    which: Sequence[float] = (15, 50, 85),
    *,
    ylabel: str,
) -> Figure:
    """Side by side: how the distribution of one quantity moves while networks learn.

    Args:
        panels: name of a network -> (steps, for each step its percentiles), such as `steps` and one
            of the `values` of an `il.Watch`.
        which: the percentiles.
        ylabel: what the quantity is.

    Returns:
        A `Figure`.
    """
    said = []
    with style():
        fig, axes = subplots(1, len(panels), figsize=(7.6, 3.0), sharey=True, squeeze=False)
        for ax, (name, (steps, rows)) in zip(axes[0], panels.items(), strict=True):
            values = np.asarray(rows, float)
            for i, percent in enumerate(which):
                middle = i == len(which) // 2
                ax.plot(
                    steps, values[:, i], "-" if middle else "--", lw=2,
                    color=PALETTE["3x3"] if middle else PALETTE["5x5"], label=f"{percent:g} %",
                )  # fmt: skip
            ax.axhline(0, color=GRAY, lw=0.8)
            ax.set_title(name, loc="left", fontsize=10)
            ax.set_xlabel("step")
            ax.xaxis.set_major_locator(MaxNLocator(3))
            ax.xaxis.set_major_formatter("{x:,g}")
            first, last = (" / ".join(f"{v:.1f}" for v in values[i]) for i in (0, -1))
            said.append(f"{name}: from {first} to {last}".replace("-0.0", "0.0"))
        axes[0][0].set_ylabel(ylabel)
        handles, labels = axes[0][0].get_legend_handles_labels()
        fig.legend(handles, labels, ncols=len(labels), loc="outside upper right", fontsize=9)
    listed = " / ".join(f"{percent:g}" for percent in which)
    return Figure(fig, f"Percentiles ({listed}) of {ylabel} over training. {'; '.join(said)}.")


def seed_dots(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    xlabel: str,
    xlim: tuple[float, float] | None = None,
    columns: int = 3,
) -> Figure:
    """Dots for the runs of each arm of an experiment, a panel for each setting; a line at the mean.

    Args:
        panels: title -> {arm: one number for each run}; the arms are the same in each. One panel
            needs no title: {"": {…}}.
        xlabel: what the numbers are.
        xlim: ends of the axis.
        columns: panels in a row; in a single column each arm has its mean in numbers beside it.

    Returns:
        A `Figure`, whose text gives mean and range of each arm.
    """
    arms = same_names("arms", panels)
    columns = min(columns, len(panels))
    rows, said = -(-len(panels) // columns), []
    with style():
        fig, axes = subplots(
            rows, columns, figsize=(7.6, rows * (0.3 * len(arms) + 0.75) + 0.3), squeeze=False,
            sharex=True, sharey=True,
        )  # fmt: skip
        for ax in axes.flat[len(panels) :]:
            ax.set_axis_off()
        for ax, (title, values) in zip(axes.flat, panels.items(), strict=False):
            ax.set_title(title, loc="left", fontsize=10)
            ax.grid(axis="x", color=FAINT, lw=0.6)
            parts = []
            for y, arm in enumerate(arms):
                mean, shade = float(np.mean(values[arm])), look(y)[0]
                ax.plot(values[arm], [y] * len(values[arm]), "o", color=shade, ms=7, alpha=0.75)
                ax.plot([mean] * 2, [y - 0.32, y + 0.32], color=GRAY, lw=2)
                if columns == 1:  # else it would stand beside the next panel
                    ax.annotate(
                        f"{mean:.3f}", (1.01, y), xycoords=("axes fraction", "data"), va="center",
                        color=GRAY,
                    )  # fmt: skip
                parts.append(f"{arm} {mean:.3f} ({min(values[arm]):.3f} to {max(values[arm]):.3f})")
            said.append((f"{title}: " if title else "") + ", ".join(parts))
        axes[0][0].set_yticks(range(len(arms)), arms)
        axes[0][0].set_ylim(len(arms) - 0.4, -0.6)
        axes[0][0].set_xlim(xlim)
        fig.supxlabel(f"{xlabel}: a dot for each run, a line at the mean", fontsize=11, color=GRAY)
    start = xlabel[0].upper() + xlabel[1:]
    return Figure(fig, f"{start}, mean and range of the runs. {'; '.join(said)}.")
