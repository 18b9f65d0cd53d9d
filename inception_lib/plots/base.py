"""The look that all figures share, the object that each of them is, and figures for any chapter."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from ..counting.cost import Cost
from ..counting.table import times
from ..drawing.svg import PALETTE
from ..errors import short
from ..tree.walks import pretty

CARD = "#ffffff"  # behind every figure, in both themes; the page dims it in the dark
GRAY = "#404750"  # text and lines
FAINT = GRAY + "55"  # grids
BAND = 0.25  # opacity of what lies behind a line
# The drawings' colors, darker by a tenth: as text on a dimmed card they keep a contrast of 4.5.
INKS = {
    family: "#" + "".join(f"{int(shade[i : i + 2], 16) * 9 // 10:02x}" for i in (1, 3, 5))
    for family, shade in PALETTE.items()
}
_STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "figure.facecolor": CARD,
    "axes.facecolor": CARD,
    "font.size": 11,
    "axes.titlesize": 11,
    "text.color": GRAY,
    "axes.labelcolor": GRAY,
    "axes.edgecolor": GRAY,
    "axes.titlecolor": GRAY,
    "xtick.color": GRAY,
    "ytick.color": GRAY,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "image.interpolation": "nearest",
    "figure.constrained_layout.use": True,
}
SHADES = [INKS[family] for family in ("5x5", "1x1", "3x3", "7x7", "1xn", "linear", "pool")]
_FAMILIES = {"double3x3": "3x3", "3x3_split": "3x3"}


class Figure:
    """A picture, and the text that says what it shows. As the last line of a cell it shows itself.

    What each function of `il.plots` returns. Make one of a figure that you draw with matplotlib
    yourself: `il.plots.Figure(fig, "Three bars, the third the highest.")`.

    Attributes:
        figure: matplotlib's.
        alt: what it shows, in sentences.

    Raises:
        ValueError: the text is empty.
    """

    def __init__(self, figure: matplotlib.figure.Figure, alt: str):
        if not alt.strip():
            raise ValueError("The text is empty; say in a sentence what the figure shows.")
        plt.close(figure)  # pyplot would show it a second time
        self.figure, self.alt = figure, alt

    def __repr__(self) -> str:
        return self.alt

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.save(stream)
        return stream.getvalue()

    def save(self, path: str | Path | BinaryIO) -> None:
        """Write it to a file.

        Args:
            path: its ending says the format, such as .png, .svg or .pdf.
        """
        self.figure.savefig(path, bbox_inches="tight")

    def __iter__(self) -> NoReturn:
        raise TypeError(
            "A figure is one object. Instead of `fig, alt = il.plots.x(…)` and `plt.show()`, write "
            "`il.plots.x(…)` as the last line of a cell; with `shown = il.plots.x(…)`, the text is "
            "`shown.alt` and matplotlib's figure is `shown.figure`."
        )


@contextmanager
def style() -> Iterator[None]:
    """The look of every figure: dark on a white card."""
    with plt.rc_context(_STYLE):
        yield


def subplots(*shape: int, figsize: tuple[float, float], **shared):
    """As matplotlib's, but unknown to pyplot, which keeps and shows what it knows."""
    fig = matplotlib.figure.Figure(figsize=figsize)
    return fig, fig.subplots(*shape, **shared)


def look(i: int) -> tuple[str, str, str]:
    """Color, dash and marker of the i-th line; of 56 no two are alike.

    Raises:
        ValueError: the 57th.
    """
    if i >= 56:
        raise ValueError("there are more than 56 lines, and no two may look alike; draw fewer.")
    return SHADES[i % 7], ("-", "--", "-.", ":")[i % 4], "osD^vP*X"[i % 8]


def same_names(what: str, groups: Mapping[str, Iterable[str]]) -> list[str]:
    """The names that each group has, so that drawing them for all leaves none out.

    Args:
        what: what the names are of, for the message.
        groups: title -> names.

    Raises:
        ValueError: there are none, or a group has other names than the first.
    """
    lists = {title: list(names) for title, names in groups.items()}
    first = next(iter(lists.values()), [])
    if not first:
        raise ValueError(f"there are no {what} to draw; give at least one.")
    for title, names in lists.items():
        if sorted(names) != sorted(first):
            raise ValueError(
                f"the {what} of {short(title)} are {short(names)}, those of {short(next(iter(lists)))} "
                f"{short(first)}; they must be the same."
            )
    return first


def color(branch: str, family: str | None = None) -> str:
    """The ink of a branch, by its name or by its kernel family."""
    return INKS.get(family or _FAMILIES.get(branch, branch), INKS["1x1"])


def name_ticks(ax: Axes, names: Sequence[str]) -> None:
    """Names along the x axis, at 0, 1, 2, …; long ones are turned."""
    turned: dict[str, Any] = {"rotation": 30, "ha": "right"} if max(map(len, names)) > 5 else {}
    ax.set_xticks(range(len(names)), names, **turned)


_MEASURES = {
    "params": ("parameters", "", 1),
    "macs": ("million MACs", " million", 1e6),
    "activation_bytes": ("activation KiB", " KiB", 1024),
}


def branch_costs(
    cost: Cost,
    stage: str | None = None,
    measures: Sequence[str] = ("params", "macs", "activation_bytes"),
) -> Figure:
    """Horizontal bars: what each branch costs.

    Args:
        cost: what `il.cost` returned.
        stage: which stage of a network; None for a block's own branches.
        measures: of "params", "macs", "activation_bytes".

    Returns:
        A `Figure`.
    """
    rows = cost.branches(stage)
    names = [pretty(row.name) for row in rows]
    colors = [color("", row.family) for row in rows]
    said = []
    with style():
        fig, axes = subplots(
            1, len(measures), figsize=(7.6, 0.42 * len(rows) + 1), sharey=True, squeeze=False
        )
        for ax, measure in zip(axes[0], measures, strict=True):
            title, unit, scale = _MEASURES[measure]
            values = [getattr(row, measure) / scale for row in rows]
            _bars(ax, names, values, colors, title)
            parts = ", ".join(f"{n} {_short(v)}{unit}" for n, v in zip(names, values, strict=True))
            said.append(f"{title}: {parts}")
    return Figure(
        fig,
        f"Bar chart of what each branch costs. {'. '.join(s[0].upper() + s[1:] for s in said)}.",
    )


def _bars(
    ax: Axes, names: Sequence[str], values: Sequence[float], colors: Sequence[str], title: str
) -> None:
    bars = ax.barh(names, values, color=colors, height=0.7)
    ax.bar_label(bars, [_short(value) for value in values], padding=3, color=GRAY)
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
) -> Figure:
    """Bars side by side: one number of several networks or blocks for each stage.

    Args:
        costs: name -> one number for each stage.
        stages: the stages' names.
        ylabel: what the numbers are.
        above: whether the names are above the bars instead of among them.

    Returns:
        A `Figure`.

    Raises:
        ValueError: nothing to draw, or not one value for each stage.
    """
    same_names("networks or blocks", {"the figure": costs})
    for name, values in costs.items():
        if len(values) != len(stages):
            raise ValueError(
                f"{short(name)} has {len(values)} numbers for {len(stages)} stages; give one for each."
            )
    with style():
        fig, ax = subplots(figsize=(7.6, 3.2))
        width = 0.8 / len(costs)
        for i, (name, values) in enumerate(costs.items()):
            at = np.arange(len(stages)) + (i - (len(costs) - 1) / 2) * width
            again = "//" * (i // len(SHADES))  # the eighth has the first one's color, and hatching
            bars = ax.bar(at, values, width * 0.92, label=name, color=look(i)[0], hatch=again)
            ax.bar_label(bars, [_short(v) for v in values], padding=2, color=GRAY, fontsize=9)
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
    return Figure(fig, f"Bar chart of {ylabel} for each stage. {parts}.")


def kernel_bank(
    kernels: Mapping[str, Tensor], names: Mapping[str, Sequence[str]] | None = None
) -> Figure:
    """Kernels as small pictures, a row for each branch. Each has its own scale, with zero white.

    Args:
        kernels: branch -> (number, height, width).
        names: branch -> a name for each kernel.

    Returns:
        A `Figure`.
    """
    columns = max(len(bank) for bank in kernels.values())
    with style():
        fig, axes = subplots(
            len(kernels), columns, figsize=(7.6, 1.02 * len(kernels)), squeeze=False
        )
        for row, (branch, bank) in zip(axes, kernels.items(), strict=True):
            for i, ax in enumerate(row):
                if i >= len(bank):
                    ax.set_axis_off()
                    continue
                top = float(bank[i].abs().max())
                ax.imshow(bank[i].numpy(), cmap="RdBu_r", vmin=-top, vmax=top)
                _frame(ax, color(branch), 1.5)
                if names:
                    ax.set_title(names[branch][i], fontsize=8)
            row[0].set_ylabel(pretty(branch), color=color(branch), fontweight="bold")
    parts = "; ".join(
        f"{pretty(branch)}: {len(bank)} kernels of {bank.shape[-2]}×{bank.shape[-1]}"
        + (f" ({', '.join(names[branch])})" if names else "")
        for branch, bank in kernels.items()
    )
    return Figure(
        fig, f"Kernels as pictures, red for positive and blue for negative weights. {parts}."
    )


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
) -> Figure:
    """A photograph and feature maps of each branch, labeled with their place in the concatenation.

    Each map has its own scale, from 0 (dark) to what 99 % of its values stay below (bright).

    Args:
        picture: (1, 3, H, W), bytes or from 0 to 1.
        maps: branch -> (1, channels, H', W'), as `il.features` gives them.
        slices: branch -> its channels in the concatenation, as `il.channel_slices` gives them.
        name: what the photograph shows, for the alt text.
        channels: branch -> which of its channels to show; None takes those with the largest mean.
        names: a name for each channel of the concatenation.
        per_branch: how many maps of a branch, unless `channels` says which.

    Returns:
        A `Figure`.
    """
    rows, said = list(maps), []
    if channels:
        per_branch = max(map(len, channels.values()))
    with style():
        fig, axes = subplots(
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
                color=color(branch), fontweight="bold", fontsize=12,
            )  # fmt: skip
            labels = []
            for ax, i in zip(row[1:], chosen, strict=False):
                ax.set_axis_on()
                top = float(bank[i].quantile(0.99)) or float(bank[i].max()) or 1.0
                ax.imshow(bank[i].numpy(), cmap="magma", vmin=0, vmax=top)
                _frame(ax, color(branch), 2.5)
                label = f"{where.start + i}" + (f": {names[where.start + i]}" if names else "")
                ax.set_title(label, fontsize=9)
                labels.append(label)
            place = _place(where, " to ").replace("\n", " ")
            said.append(f"{pretty(branch)} ({place}): {', '.join(labels)}")
        inset = axes[0][0].inset_axes([0.0, 0.36, 0.64, 0.64])
        inset.imshow(picture[0].permute(1, 2, 0).cpu().numpy())
        _frame(inset, GRAY, 1)
    return Figure(
        fig,
        f"The photograph of {name} and feature maps of each branch, by channel. {'; '.join(said)}.",
    )


def _place(where: slice, to: str) -> str:
    first, last = where.start, where.stop - 1
    return f"channel\n{first}" if first == last else f"channels\n{first}{to}{last}"


def pictures(images: Tensor, titles: Sequence[str], *, what: str, height: float = 2.5) -> Figure:
    """Small pictures in a row.

    Args:
        images: (N, channels, H, W), bytes or from 0 to 1; one or three channels.
        titles: one a picture.
        what: what they are, for the alt text.
        height: of a picture in inches, unless they would not fit the page.

    Returns:
        A `Figure`.
    """
    side = min(height, 7.6 / len(images))
    images = images if images.is_floating_point() else images / 255
    with style():
        fig, axes = subplots(
            1, len(images), figsize=(side * len(images), side + 0.35), squeeze=False
        )
        for ax, image, title in zip(axes[0], images.cpu(), titles, strict=True):
            ax.imshow(image.permute(1, 2, 0).numpy().squeeze(), cmap="gray", vmin=0, vmax=1)
            _frame(ax, GRAY, 1)
            ax.set_title(title, fontsize=10)
    return Figure(fig, f"{what}: {', '.join(titles)}. Each is {times(images.shape[2:])} pixels.")


def curves(
    lines: Mapping[str, tuple[Sequence, Sequence]],
    *,
    xlabel: str,
    ylabel: str,
    points: Mapping[str, tuple[float, float]] | None = None,
    log: str = "",
    ticks: Sequence[float] | None = None,
    ylim: tuple[float, float] | None = None,
) -> Figure:
    """Lines; of several runs the mean, and as a band their range. Single points may be named.

    Args:
        lines: name -> (x values, y values), or (x values, for each run its y values). The x values
            are numbers, or names, such as those of stages: then the same for each line.
        xlabel, ylabel: names of the axes.
        points: name -> (x, y). A point that has a branch's name ("3×3") has the branch's color.
        log: the axes that are logarithmic: "x", "y" or "xy".
        ticks: where the x axis has numbers.
        ylim: the ends of the y axis; None begins a linear one at 0.

    Returns:
        A `Figure`; its text gives up to six values of each line, and of named x values all.

    Raises:
        ValueError: no lines, or lines over different names.
    """
    same_names("lines", {"the figure": lines})
    if any(isinstance(x, str) for xs, _ in lines.values() for x in xs):
        same_names("x values", {name: map(str, xs) for name, (xs, _) in lines.items()})
    said, means = [], []
    with style():
        fig, ax = subplots(figsize=(7.2, 3.3))
        for i, (name, (xs, ys)) in enumerate(lines.items()):
            shade, dash, mark = look(i)
            runs = np.atleast_2d(np.asarray(ys, float))
            named, mean = isinstance(xs[0], str), runs.mean(0)
            at = range(len(xs)) if named else xs
            if len(runs) > 1:
                ax.fill_between(at, runs.min(0), runs.max(0), color=shade, alpha=BAND, lw=0)
            ax.plot(
                at, mean, dash, color=shade, lw=2.5, label=name,
                marker=mark if 2 < len(xs) < 13 else None,
            )  # fmt: skip
            means.append((at, mean, len(runs)))
            some = list(zip(xs, mean, strict=True))[:: 1 if named else max(1, -(-len(xs) // 6))]
            parts = [
                f"{x} {_short(float(f'{y:.2g}'))}" if named
                else f"{_short(round(float(y), 2))} at {_short(round(x, 2))}"
                for x, y in some
            ]  # fmt: skip
            said.append(f"{name}: {', '.join(parts)}")
        rising = any(mean[-1] > mean[0] for _, mean, _ in means)
        for name, (x, y) in (points or {}).items():
            shade = INKS.get(name.replace("×", "x"), GRAY)
            ax.plot([x], [y], "D", color=shade, ms=8)
            below = y < 0.95 * np.interp(x, *means[0][:2])
            away = (9, -14) if rising else (-8, -18) if below else (8, 3)  # where no line runs
            ax.annotate(name, (x, y), away, textcoords="offset points", color=shade, weight="bold")
            said.append(f"a point {name}: {_short(round(y, 2))} at {_short(round(x, 2))}")
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if named:
            name_ticks(ax, xs)
        else:
            ax.xaxis.set_major_formatter("{x:,g}")
        if "x" in log:
            ax.set_xscale("log")
            ax.minorticks_off()
            ax.xaxis.set_major_formatter("{x:,g}")
        if "y" in log:
            ax.set_yscale("log")
        if ylim or "y" not in log:
            ax.set_ylim(*(ylim or (0, None)))
        if "y" in log or ax.get_ylim()[1] >= 1000:
            ax.yaxis.set_major_formatter("{x:,g}")
        if ticks is not None:
            ax.set_xticks(ticks)
        ax.grid(axis="y", color=FAINT, lw=0.6)
        ax.legend()
    of_runs = ", means over runs" if any(count > 1 for _, _, count in means) else ""
    return Figure(fig, f"Line chart of {ylabel} against {xlabel}{of_runs}. {'; '.join(said)}.")


def cost_ratios(ratios: Mapping[str, Mapping[str, float]]) -> Figure:
    """Dots on a logarithmic axis: cost of each branch with its reduction, as a multiple of without.

    Args:
        ratios: name of a block -> {branch: cost with the reduction / cost without}.

    Returns:
        A `Figure`.
    """
    branches = dict.fromkeys(branch for row in ratios.values() for branch in row)
    with style():
        fig, ax = subplots(figsize=(7.2, 0.27 * len(ratios) + 1))
        ax.axvline(1, color=GRAY, lw=1.5)
        for i, branch in enumerate(branches):
            dots = [(row[branch], name) for name, row in ratios.items() if branch in row]
            ax.plot(
                *zip(*dots, strict=True), look(i)[2], color=color(branch),
                ms=(12, 7)[i % 2],  # where two fall together, both are seen
                label=pretty(branch),
            )  # fmt: skip
        ax.set_xscale("log")
        ticks = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.grid(axis="y", color=FAINT, lw=0.6)
        ax.invert_yaxis()
        ax.set_xlabel(
            "cost with the reduction, as a multiple of the cost without: ← pays    costs more →"
        )
        ax.legend(title="branch", loc="upper right", frameon=True, framealpha=1, edgecolor=CARD)
    parts = "; ".join(
        f"{name}: " + ", ".join(f"{pretty(b)} {value:.2f}" for b, value in row.items())
        for name, row in ratios.items()
    )
    return Figure(
        fig,
        f"Dots: cost of a branch with its reduction as a multiple of the cost without. {parts}.",
    )
