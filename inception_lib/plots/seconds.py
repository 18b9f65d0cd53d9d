"""Figures of measured time: beside MACs, and against eager PyTorch. The record is that of `make seconds`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .base import FAINT, GRAY, SHADES, Figure, look, style, subplots

_OF = {"batch": "pictures", "size": "pixels a side", "width": "times as wide"}


def macs_and_seconds(growth: Mapping[str, Any]) -> Figure:
    """How MACs and seconds grow with the batch, the size of the picture, and the width of the network.

    Args:
        growth: `training_record("seconds")["growth"]`: for each of the three its points, from the
            smallest, with "macs" and the milliseconds of "eager" and "faster".

    Returns:
        A `Figure`: a panel for each, all relative to its first point, on logarithmic axes.
    """
    said, lines = [], {"macs": (GRAY, "--"), "eager": (SHADES[0], "-"), "faster": (SHADES[1], "-")}
    with style():
        fig, axes = subplots(len(_OF), 1, figsize=(5.4, 6.6), sharey=True)
        for ax, (what, unit) in zip(axes, _OF.items(), strict=True):
            points = growth[what]
            values = [point[what] for point in points]
            for name, (color, dash) in lines.items():
                ratios = [point[name] / points[0][name] for point in points]
                label = "MACs" if name == "macs" else f"time, {name}"
                ax.plot(values, ratios, dash, color=color, marker="o", markersize=4, label=label)
            ax.set_xscale("log", base=2)
            ax.set_yscale("log", base=2)
            ax.set_xticks(values, [f"{value:g}" for value in values])
            ax.minorticks_off()
            ax.grid(color=FAINT)
            ax.set(xlabel=unit, ylabel="times the first")
            ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            said.append(f"From {what} {values[0]:g} to {values[-1]:g}: {_grown(points)}")
        axes[0].legend()
    head = f"How MACs and seconds of {growth['network']} grow, one panel each."
    return Figure(fig, f"{head} {'. '.join(said)}.")


def _grown(points: Sequence[Mapping[str, float]]) -> str:
    first, last = points[0], points[-1]
    names = {"macs": "MACs", "eager": "eager", "faster": "after il.faster"}
    return ", ".join(f"{name} {last[key] / first[key]:.2f} times" for key, name in names.items())


def times_as_fast(cells: Mapping[str, Any]) -> Figure:
    """How many times as fast as eager PyTorch each way to run a network is.

    Args:
        cells: `training_record("seconds")["cells"]`, or some of them: name -> a network with a batch.

    Returns:
        A `Figure`: a row for each way; a mark for each network and batch is the median over rounds, its
        line reaches over the middle half of them.
    """
    ways = list(dict.fromkeys(way for cell in cells.values() for way in cell["ways"]))[1:]
    said, step = [], 0.7 / len(cells)
    with style():
        height = 0.7 + 0.22 * len(cells) + (0.22 + 0.12 * len(cells)) * len(ways)
        fig, ax = subplots(figsize=(5.4, height))
        for i, (name, cell) in enumerate(cells.items()):
            found: list[str] = []
            color, _, mark = look(i)
            for row, way in enumerate(ways):
                if way not in cell["ways"]:
                    continue
                low, middle, high = cell["ways"][way]["times"]
                y = row + (i - (len(cells) - 1) / 2) * step
                ax.plot((low, high), (y, y), color=color, linewidth=1.5)
                label = None if found else name
                ax.plot(middle, y, mark, color=color, markersize=6, linestyle="", label=label)
                found.append(f"{way} {middle:.2f}")
            said.append(f"{name}: {', '.join(found)}")
        ax.axvline(1, color=GRAY, linewidth=1)
        ax.set_xlim(0.8, max(3.6, ax.get_xlim()[1]))  # figures beside each other have one scale
        ax.set_yticks(range(len(ways)), ways)
        ax.tick_params(left=False)
        ax.invert_yaxis()
        ax.grid(axis="x", color=FAINT)
        ax.set_xlabel("times as fast as eager")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1))
    return Figure(fig, f"How many times as fast as eager PyTorch: {'; '.join(said)}.")
