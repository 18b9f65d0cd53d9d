"""Figures of costs, kernels and feature maps, and the look that all figures share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ..counting.cost import Cost
from ..counting.table import times
from ..drawing.svg import PALETTE

GREY = "#7b7b7b"  # contrast at least 4 on white and on the dark theme's background
FAINT = "#7b7b7b55"
_STYLE = {
    "figure.dpi": 110,
    "figure.facecolor": (1, 1, 1, 0),
    "axes.facecolor": (1, 1, 1, 0),
    "savefig.facecolor": (1, 1, 1, 0),
    "font.size": 11,
    "axes.titlesize": 11,
    "text.color": GREY,
    "axes.labelcolor": GREY,
    "axes.edgecolor": GREY,
    "axes.titlecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "image.interpolation": "nearest",
    "figure.constrained_layout.use": True,
}
_MARKERS = {"1x1": "o", "3x3": "s", "5x5": "D", "7x7": "^", "pool": "v"}
_FAMILIES = {"double3x3": "3x3", "3x3_split": "3x3"}


@contextmanager
def style() -> Iterator[None]:
    """The look of every figure: transparent, mid-grey text. For figures that a chapter draws itself."""
    with plt.rc_context(_STYLE):
        yield


def colour(branch: str, family: str | None = None) -> str:
    """The palette's colour of a branch, by its name or by its kernel family."""
    return PALETTE.get(family or _FAMILIES.get(branch, branch), PALETTE["1x1"])


def pretty(name: str) -> str:
    """A branch's name for people: "3x3" as "3×3"."""
    return name.rsplit(".", 1)[-1].replace("x", "×") if name[:1].isdigit() or "." in name else name


_MEASURES = {
    "params": ("parameters", "", 1),
    "macs": ("million MACs", " million", 1e6),
    "activation_bytes": ("activation KiB", " KiB", 1024),
}


def branch_costs(
    cost: Cost,
    stage: str | None = None,
    measures: Sequence[str] = ("params", "macs", "activation_bytes"),
) -> tuple[Figure, str]:
    """Horizontal bars: what each branch costs.

    Args:
        cost: what `il.cost` returned.
        stage: which stage of a network; None for a block's own branches.
        measures: of "params", "macs", "activation_bytes".

    Returns:
        (figure, alt text).
    """
    rows = cost.branches(stage)
    names = [pretty(row.name) for row in rows]
    colours = [colour("", row.family) for row in rows]
    said = []
    with style():
        fig, axes = plt.subplots(
            1, len(measures), figsize=(7.6, 0.42 * len(rows) + 1), sharey=True, squeeze=False
        )
        for ax, measure in zip(axes[0], measures, strict=True):
            title, unit, scale = _MEASURES[measure]
            values = [getattr(row, measure) / scale for row in rows]
            _bars(ax, names, values, colours, title)
            parts = ", ".join(f"{n} {_short(v)}{unit}" for n, v in zip(names, values, strict=True))
            said.append(f"{title}: {parts}")
    return (
        fig,
        f"Bar chart of what each branch costs. {'. '.join(s[0].upper() + s[1:] for s in said)}.",
    )


def _bars(
    ax: Axes, names: Sequence[str], values: Sequence[float], colours: Sequence[str], title: str
) -> None:
    bars = ax.barh(names, values, color=colours, height=0.7)
    ax.bar_label(bars, [_short(value) for value in values], padding=3, color=GREY)
    if not ax.yaxis_inverted():  # axes that share y are turned together
        ax.invert_yaxis()
    ax.set_title(title, loc="left")
    ax.set_xlim(0, max(*values, 1e-9) * 1.45)
    ax.set_xticks([])
    ax.spines[["bottom"]].set_visible(False)
    ax.tick_params(left=False)


def _short(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def stage_costs(
    costs: Mapping[str, Sequence[int]], stages: Sequence[str], ylabel: str, *, above: bool = False
) -> tuple[Figure, str]:
    """Bars side by side: one number of several networks or blocks for each stage.

    Args:
        costs: name -> one number a stage.
        stages: the stages' names.
        ylabel: what the numbers are.
        above: the names stand above the bars instead of among them.

    Returns:
        (figure, alt text).
    """
    shades = [PALETTE["5x5"], PALETTE["1x1"], PALETTE["3x3"], PALETTE["7x7"]]
    with style():
        fig, ax = plt.subplots(figsize=(7.6, 3.2))
        width = 0.8 / len(costs)
        for i, (name, values) in enumerate(costs.items()):
            at = np.arange(len(stages)) + (i - (len(costs) - 1) / 2) * width
            bars = ax.bar(at, values, width * 0.92, label=name, color=shades[i])
            ax.bar_label(bars, [_short(v) for v in values], padding=2, color=GREY, fontsize=9)
        ax.set_xticks(range(len(stages)), stages)
        ax.set_ylabel(ylabel)
        ax.set_yticks([])
        ax.spines[["left"]].set_visible(False)
        if above:
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(costs))
        else:
            ax.legend(loc="upper left")
    parts = "; ".join(
        f"{name}: " + ", ".join(f"{s} {_short(v)}" for s, v in zip(stages, values, strict=True))
        for name, values in costs.items()
    )
    return fig, f"Bar chart of {ylabel} for each stage. {parts}."


def kernel_bank(
    kernels: Mapping[str, Tensor], names: Mapping[str, Sequence[str]] | None = None
) -> tuple[Figure, str]:
    """Kernels as small pictures, a row for each branch. Each has its own scale, with zero white.

    Args:
        kernels: branch -> (number, height, width).
        names: branch -> a name for each kernel.

    Returns:
        (figure, alt text).
    """
    columns = max(len(bank) for bank in kernels.values())
    with style():
        fig, axes = plt.subplots(
            len(kernels), columns, figsize=(7.6, 1.02 * len(kernels)), squeeze=False
        )
        for row, (branch, bank) in zip(axes, kernels.items(), strict=True):
            for i, ax in enumerate(row):
                if i >= len(bank):
                    ax.set_axis_off()
                    continue
                top = float(bank[i].abs().max())
                ax.imshow(bank[i].numpy(), cmap="RdBu_r", vmin=-top, vmax=top)
                _frame(ax, colour(branch), 1.5)
                if names:
                    ax.set_title(names[branch][i], fontsize=8)
            row[0].set_ylabel(pretty(branch), color=colour(branch), fontweight="bold")
    parts = "; ".join(
        f"{pretty(branch)}: {len(bank)} kernels of {bank.shape[-2]}×{bank.shape[-1]}"
        + (f" ({', '.join(names[branch])})" if names else "")
        for branch, bank in kernels.items()
    )
    return fig, f"Kernels as pictures, red for positive and blue for negative weights. {parts}."


def _frame(ax: Axes, edge: str, width: float) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color(edge)
        spine.set_linewidth(width)


def gallery(
    picture: Tensor,
    maps: Mapping[str, Tensor],
    slices: Mapping[str, slice],
    *,
    name: str,
    channels: Mapping[str, Sequence[int]] | None = None,
    names: Sequence[str] | None = None,
    per_branch: int = 4,
) -> tuple[Figure, str]:
    """A photograph and feature maps of each branch, labelled with their place in the concatenation.

    Each map has its own scale, from 0 (dark) to what 99 % of its values stay below (bright).

    Args:
        picture: (1, 3, H, W), from 0 to 1.
        maps: branch -> (1, channels, H', W'), as `il.features` gives them.
        slices: branch -> its channels in the concatenation, as `il.channel_slices` gives them.
        name: what the photograph shows, for the alt text.
        channels: branch -> which of its channels to show; None takes those with the largest mean.
        names: a name for each channel of the concatenation.
        per_branch: how many maps of a branch.

    Returns:
        (figure, alt text).
    """
    rows, said = list(maps), []
    with style():
        fig, axes = plt.subplots(
            len(rows), per_branch + 1, figsize=(7.6, 1.72 * len(rows)), squeeze=False
        )
        for row, branch in zip(axes, rows, strict=True):
            bank, where = maps[branch][0].float().cpu(), slices[branch]
            chosen = (
                list(channels[branch])
                if channels
                else bank.mean((1, 2)).argsort(descending=True, stable=True)[:per_branch].tolist()
            )
            for ax in row:
                ax.set_axis_off()
            row[0].text(
                0.97, 0.12 if branch == rows[0] else 0.5, f"{pretty(branch)}\n{_place(where, '–')}",
                transform=row[0].transAxes, ha="right", va="center",
                color=colour(branch), fontweight="bold", fontsize=12,
            )  # fmt: skip
            labels = []
            for ax, i in zip(row[1:], chosen[:per_branch], strict=False):
                ax.set_axis_on()
                top = float(bank[i].quantile(0.99)) or float(bank[i].max()) or 1.0
                ax.imshow(bank[i].numpy(), cmap="magma", vmin=0, vmax=top)
                _frame(ax, colour(branch), 2.5)
                label = f"{where.start + i}" + (f": {names[where.start + i]}" if names else "")
                ax.set_title(label, fontsize=9)
                labels.append(label)
            place = _place(where, " to ").replace("\n", " ")
            said.append(f"{pretty(branch)} ({place}): {', '.join(labels)}")
        inset = axes[0][0].inset_axes([0.0, 0.36, 0.64, 0.64])
        inset.imshow(picture[0].permute(1, 2, 0).cpu().numpy())
        _frame(inset, GREY, 1)
    return (
        fig,
        f"The photograph of {name} and feature maps of each branch, by channel. {'; '.join(said)}.",
    )


def _place(where: slice, to: str) -> str:
    first, last = where.start, where.stop - 1
    return f"channel\n{first}" if first == last else f"channels\n{first}{to}{last}"


def responses(
    sizes: Sequence[int],
    answers: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str = "answer",
    of: str = "branch",
) -> tuple[Figure, str]:
    """Lines: how strongly each branch answers to stimuli of growing size.

    Args:
        sizes: of the stimuli, in pixels.
        answers: branch -> one number for each size.
        xlabel, ylabel: names of the axes.
        of: what the lines are.

    Returns:
        (figure, alt text).
    """
    with style():
        fig, ax = plt.subplots(figsize=(7.0, 3.2))
        for branch, values in answers.items():
            ax.plot(
                sizes,
                values,
                marker=_MARKERS.get(branch, "o"),
                color=colour(branch),
                lw=2.5,
                label=pretty(branch),
            )
        ax.set(xlabel=xlabel, ylabel=ylabel, xticks=list(sizes))
        ax.legend(title=of, ncols=len(answers), loc="lower left", bbox_to_anchor=(0, 1))
    parts = "; ".join(
        f"{pretty(branch)}: "
        + ", ".join(f"{s} {v:.2f}" for s, v in zip(sizes, values, strict=True))
        for branch, values in answers.items()
    )
    return fig, f"Line chart of {ylabel} against {xlabel}. {parts}."


def pictures(
    images: Tensor, titles: Sequence[str], *, what: str, height: float = 2.5
) -> tuple[Figure, str]:
    """Small pictures in a row.

    Args:
        images: (N, channels, H, W) from 0 to 1; one or three channels.
        titles: one a picture.
        what: what they are, for the alt text.
        height: of a picture in inches, unless they would not fit the page.

    Returns:
        (figure, alt text).
    """
    side = min(height, 7.6 / len(images))
    with style():
        fig, axes = plt.subplots(
            1, len(images), figsize=(side * len(images), side + 0.35), squeeze=False
        )
        for ax, image, title in zip(axes[0], images.cpu(), titles, strict=True):
            ax.imshow(image.permute(1, 2, 0).numpy().squeeze(), cmap="gray", vmin=0, vmax=1)
            _frame(ax, GREY, 1)
            ax.set_title(title, fontsize=10)
    return fig, f"{what}: {', '.join(titles)}. Each is {times(images.shape[2:])} pixels."


# Chapter 2: what a reduction saves, and what it loses -------------------------------------------
def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    xlabel: str,
    ylabel: str,
    points: Mapping[str, tuple[float, float]] | None = None,
    log: bool = False,
) -> tuple[Figure, str]:
    """Lines with a legend, and single points with their names beside them.

    A point that has a branch's name ("3×3") has the branch's colour.

    Args:
        lines: name -> (x values, y values).
        xlabel, ylabel: names of the axes.
        points: name -> (x, y).
        log: the y axis is logarithmic.

    Returns:
        (figure, alt text); the text gives up to six values of each line.
    """
    shades = [PALETTE[family] for family in ("5x5", "1x1", "3x3", "7x7")]
    said = []
    with style():
        fig, ax = plt.subplots(figsize=(7.2, 3.3))
        for (name, (xs, ys)), shade, dash in zip(
            lines.items(), shades, ("-", "--", "-.", ":"), strict=False
        ):
            ax.plot(xs, ys, dash, color=shade, lw=2.5, label=name)
            step = max(1, -(-len(xs) // 6))
            some = list(zip(xs, ys, strict=True))[::step]
            parts = (f"{_short(round(y, 2))} at {_short(round(x, 2))}" for x, y in some)
            said.append(f"{name}: {', '.join(parts)}")
        rising = any(ys[-1] > ys[0] for _, ys in lines.values())
        for name, (x, y) in (points or {}).items():
            shade = PALETTE.get(name.replace("×", "x"), GREY)
            ax.plot([x], [y], "D", color=shade, ms=8)
            below = y < 0.95 * np.interp(x, *next(iter(lines.values())))
            away = (9, -14) if rising else (-8, -18) if below else (8, 3)  # where no line runs
            ax.annotate(name, (x, y), away, textcoords="offset points", color=shade, weight="bold")
            said.append(f"a point {name}: {_short(round(y, 2))} at {_short(round(x, 2))}")
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if log:
            ax.set_yscale("log")
            ax.yaxis.set_major_formatter("{x:g}")
        else:
            ax.set_ylim(bottom=0)
        if ax.get_ylim()[1] >= 1000:
            ax.yaxis.set_major_formatter("{x:,.0f}")
        ax.legend()
    return fig, f"Line chart of {ylabel} against {xlabel}. {'; '.join(said)}."


def cost_ratios(ratios: Mapping[str, Mapping[str, float]]) -> tuple[Figure, str]:
    """Dots on a logarithmic axis: cost of each branch with its reduction, as a multiple of without.

    Args:
        ratios: name of a block -> {branch: cost with the reduction / cost without}.

    Returns:
        (figure, alt text).
    """
    markers = dict(
        zip(dict.fromkeys(b for row in ratios.values() for b in row), "os^", strict=False)
    )
    with style():
        fig, ax = plt.subplots(figsize=(7.2, 0.27 * len(ratios) + 1))
        ax.axvline(1, color=GREY, lw=1.5)
        for branch, marker in markers.items():
            dots = [(row[branch], name) for name, row in ratios.items() if branch in row]
            ax.plot(
                *zip(*dots, strict=True), marker, color=colour(branch), ms=8, label=pretty(branch)
            )
        ax.set_xscale("log")
        ticks = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.grid(axis="y", color=FAINT, lw=0.6)
        ax.invert_yaxis()
        ax.set_xlabel(
            "cost with the reduction, as a multiple of the cost without: ← pays    costs more →"
        )
        ax.legend(title="branch", loc="upper right")
    parts = "; ".join(
        f"{name}: " + ", ".join(f"{pretty(b)} {value:.2f}" for b, value in row.items())
        for name, row in ratios.items()
    )
    return (
        fig,
        f"Dots: cost of a branch with its reduction as a multiple of the cost without. {parts}.",
    )
