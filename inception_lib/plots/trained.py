"""Figures of trained networks and of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from ..drawing.svg import PALETTE
from ..interpret.silencing import Silencing
from ..interpret.watch import Watch
from ..training.loop import History
from .base import FAINT, GREY, _frame, colour, pretty, style

_MARKS = "osD^vP*X"


def history(run: History) -> tuple[Figure, str]:
    """The loss of each step, smoothed, and the accuracy after each epoch.

    Args:
        run: what `fit` returned.

    Returns:
        (figure, alt text).
    """
    losses = np.asarray(run.losses)
    width = max(1, len(losses) // 60)
    whole = len(losses) // width * width
    means = losses[:whole].reshape(-1, width).mean(1)
    steps = (np.arange(len(means)) + 0.5) * width
    shares = [row.get("test_accuracy") for row in run.epochs]
    shares = [share for share in shares if share is not None]
    with style():
        fig, axes = plt.subplots(1, 2 if shares else 1, figsize=(7.6, 2.8), squeeze=False)
        axes[0][0].plot(steps, means, color=PALETTE["3x3"], lw=2)
        axes[0][0].set(xlabel="step", ylabel="training loss", ylim=(0, None))
        if shares:
            epochs = np.arange(1, len(shares) + 1)
            axes[0][1].plot(epochs, shares, "o-", color=PALETTE["5x5"], lw=2)
            axes[0][1].set(xlabel="epoch", ylabel="test accuracy", ylim=(0, 1), xticks=epochs)
    said = f"Training loss over {len(losses)} steps, from {means[0]:.2f} to {means[-1]:.2f}."
    if shares:
        said += f" Test accuracy after each epoch: {', '.join(f'{s:.2f}' for s in shares)}."
    return fig, said


def ladder(table: Mapping, names: Mapping[str, str] | None = None) -> tuple[Figure, str]:
    """Test accuracy of each network of a ladder: a dot for each seed, a line at the mean.

    Args:
        table: what `training_record("ladder")` gives.
        names: network -> name for people; None takes the networks' own, and all of them.

    Returns:
        (figure, alt text).
    """
    names = names or {name: name for name in table["rows"]}
    said = []
    with style():
        fig, ax = plt.subplots(figsize=(7.2, 0.36 * len(names) + 0.9))
        for y, (name, shown) in enumerate(names.items()):
            row = table["rows"][name]
            shares = row["test_accuracy"]
            ax.plot(shares, [y] * len(shares), "o", color=PALETTE["3x3"], ms=7, alpha=0.75)
            ax.plot([row["mean"]] * 2, [y - 0.32, y + 0.32], color=GREY, lw=2)
            ax.annotate(
                f"{row['mean']:.3f}", (1.01, y), xycoords=("axes fraction", "data"),
                va="center", color=GREY,
            )  # fmt: skip
            said.append(f"{shown} {row['mean']:.3f} ({min(shares):.3f} to {max(shares):.3f})")
        ax.set_yticks(range(len(names)), list(names.values()))
        ax.invert_yaxis()
        ax.grid(axis="x", color=FAINT, lw=0.6)
        ax.set_xlabel("test accuracy: a dot for each seed, the mean at the right")
    return fig, f"Test accuracy by network, mean and range of the seeds. {'; '.join(said)}."


def filters(weights: Tensor, *, per_row: int = 8) -> tuple[Figure, str]:
    """Kernels that read colour, as small pictures: grey is no weight, each has its own scale.

    Args:
        weights: (number, 3, height, width), as `first_filters` gives them.
        per_row: pictures in a row.

    Returns:
        (figure, alt text).
    """
    number = len(weights)
    rows = -(-number // per_row)
    largest = weights.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12)
    shown = (0.5 + weights / largest / 2).permute(0, 2, 3, 1).numpy()
    with style():
        fig, axes = plt.subplots(rows, per_row, figsize=(7.6, 1.12 * rows), squeeze=False)
        for i, ax in enumerate(axes.flat):
            if i < number:
                ax.imshow(shown[i])
                _frame(ax, GREY, 1)
                ax.set_title(str(i), fontsize=9)
            else:
                ax.set_axis_off()
    height, width = weights.shape[2:]
    return fig, (
        f"{number} kernels of {height}×{width} that read red, green and blue, as small colour "
        f"pictures, numbered by channel. {_coloured(weights)} of them weigh the colours apart by more "
        "than they weigh brightness."
    )


def _coloured(weights: Tensor) -> int:
    """How many kernels have more energy in differences of colours than in their mean."""
    mean = weights.mean(1, keepdim=True)
    colour_energy = (weights - mean).square().sum((1, 2, 3))
    return int((colour_energy > 3 * mean.square().sum((1, 2, 3))).sum())


def exciting(
    rows: Mapping[str, Tensor], sources: Mapping[str, Sequence[str]], branch: str = "1x1"
) -> tuple[Figure, str]:
    """Pictures that excite channels most, a row for each channel.

    Args:
        rows: name of a channel -> (count, 3, H, W) pictures, bytes, the strongest first.
        sources: name of a channel -> where each picture comes from.
        branch: whose colour the frames have; a row whose name begins with a branch has that one's.

    Returns:
        (figure, alt text).
    """
    count = max(len(images) for images in rows.values())
    said = []
    with style():
        fig, axes = plt.subplots(
            len(rows), count, figsize=(7.6, 7.6 / (count + 1) * len(rows) * 1.12), squeeze=False
        )
        for row, (name, images) in zip(axes, rows.items(), strict=True):
            edge = colour(name.split(" ")[0].replace("×", "x")) if "×" in name else colour(branch)
            for i, ax in enumerate(row):
                if i >= len(images):
                    ax.set_axis_off()
                    continue
                ax.imshow(images[i].permute(1, 2, 0).numpy())
                _frame(ax, edge, 2)
                ax.set_title("\n".join(sources[name][i].rsplit(" ", 1)), fontsize=8)
            row[0].set_ylabel(name.replace(" ", "\n", 1), color=edge, fontweight="bold", fontsize=9)
            said.append(f"{name}: {', '.join(sources[name])}")
    return fig, f"Pictures that excite channels most, by channel. {'; '.join(said)}."


def silenced(
    result: Silencing, *, xlabel: str, joined: bool = False, title: str = ""
) -> tuple[Figure, str]:
    """Percentage points of accuracy lost without each branch, for each group of pictures.

    Args:
        result: what `silencing` returned.
        xlabel: what the groups are.
        joined: whether the groups have an order, so that lines join them.
        title: above the figure.

    Returns:
        (figure, alt text).
    """
    said = []
    with style():
        fig, ax = plt.subplots(figsize=(7.6, 3.2))
        ax.axhline(0, color=GREY, lw=1)
        shift = np.linspace(-0.18, 0.18, len(result.lost)) * (not joined)
        for i, (branch, lost) in enumerate(result.lost.items()):
            points = [100 * float(value) for value in lost]
            ax.plot(
                np.arange(len(points)) + shift[i], points, _MARKS[i] + ("-" if joined else ""),
                color=colour(branch), label=pretty(branch), lw=2, ms=7,
            )  # fmt: skip
            parts = zip(result.groups, points, strict=True)
            said.append(f"{pretty(branch)}: " + ", ".join(f"{g} {p:.0f}" for g, p in parts))
        turned = {"rotation": 30, "ha": "right"} if max(map(len, result.groups)) > 5 else {}
        ax.set_xticks(range(len(result.groups)), result.groups, **turned)
        ax.set(xlabel=xlabel, ylabel="points lost")
        ax.set_title(title or f"{result.stage}, one branch silenced", loc="left")
        ax.legend(ncols=len(result.lost), loc="lower right", bbox_to_anchor=(1, 1))
    return fig, (
        f"Percentage points of accuracy lost when one branch of {result.stage} puts out "
        f"{'zeros' if result.fill == 'zero' else 'its mean'}, by {xlabel}. {'; '.join(said)}."
    )


def where_it_looks(
    pictures: Sequence[Tensor], maps: Mapping[str, Sequence[Tensor]], titles: Sequence[str]
) -> tuple[Figure, str]:
    """Photographs, and below each, maps of where a network looks, brightest where most.

    Args:
        pictures: (3, H, W) each, from 0 to 1.
        maps: name of a method -> (H, W) for each picture; what is below zero is shown as zero.
        titles: one a picture.

    Returns:
        (figure, alt text), which names the part of each picture where the map is largest.
    """
    columns = len(pictures)
    side = min(2.4, 7.6 / columns)
    said = []
    with style():
        fig, axes = plt.subplots(
            1 + len(maps), columns, figsize=(side * columns, side * (1 + len(maps)) + 0.3),
            squeeze=False,
        )  # fmt: skip
        for ax, picture, title in zip(axes[0], pictures, titles, strict=True):
            ax.imshow(picture.permute(1, 2, 0).numpy())
            ax.set_title(title, fontsize=10)
        for row, (method, found) in zip(axes[1:], maps.items(), strict=True):
            for ax, picture, heat, title in zip(row, pictures, found, titles, strict=True):
                grey = picture.mean(0).numpy()
                ax.imshow(grey, cmap="gray", vmin=0, vmax=1)
                shown = heat.clamp_min(0).numpy()
                top = float(shown.max()) or 1.0
                ax.imshow(shown, cmap="magma", vmin=0, vmax=top, alpha=0.25 + 0.6 * shown / top)
                said.append(f"{method}, {title}: {_place_of_most(heat)}")
            row[0].set_ylabel(method)
        for ax in axes.flat:
            _frame(ax, GREY, 1)
    return fig, f"Where the network looks. The map is largest at: {'; '.join(said)}."


def _place_of_most(heat: Tensor) -> str:
    if float(heat.max()) <= 0:
        return "nowhere"
    height, width = heat.shape
    row, column = divmod(int(heat.argmax()), width)
    down = ("top", "middle", "bottom")[min(2, 3 * row // height)]
    across = ("left", "centre", "right")[min(2, 3 * column // width)]
    return f"{down} {across}"


def percentiles(watches: Mapping[str, Watch], at: str) -> tuple[Figure, str]:
    """How the distribution of what goes into a ReLU moves while networks learn.

    Args:
        watches: name of a network -> its `Watch`.
        at: which of the watched stages or branches.

    Returns:
        (figure, alt text).
    """
    said = []
    with style():
        fig, axes = plt.subplots(1, len(watches), figsize=(7.6, 2.9), sharey=True, squeeze=False)
        for ax, (name, watch) in zip(axes[0], watches.items(), strict=True):
            values = watch.values[at].numpy()
            for i, which in enumerate(watch.percentiles):
                middle = i == len(watch.percentiles) // 2
                ax.plot(
                    watch.steps, values[:, i], "-" if middle else "--", lw=2,
                    color=PALETTE["3x3"] if middle else PALETTE["5x5"], label=f"{which:g} %",
                )  # fmt: skip
            ax.axhline(0, color=GREY, lw=0.8)
            ax.set_title(name, loc="left")
            ax.set_xlabel("step")
            first = " / ".join(f"{v:.2f}" for v in values[0])
            last = " / ".join(f"{v:.2f}" for v in values[-1])
            said.append(f"{name}: from {first} to {last}")
        axes[0][0].set_ylabel(f"into the ReLU of {pretty(at)}")
        axes[0][-1].legend(
            ncols=len(watch.percentiles), loc="lower right", bbox_to_anchor=(1, 1), fontsize=9,
            columnspacing=1, handlelength=1.5,
        )  # fmt: skip
    which = " / ".join(f"{p:g}" for p in next(iter(watches.values())).percentiles)
    return fig, f"Percentiles ({which}) of what goes into the ReLU of {at}. {'; '.join(said)}."
