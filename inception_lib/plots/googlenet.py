"""Figures of chapter 3: where a network spends, how far it sees, and what each of its stages gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from ..counting.cost import Cost
from ..drawing.svg import PALETTE
from .base import FAINT, GREY, _bars, _frame, style

_LINES = (("3x3", "o-"), ("5x5", "s--"), ("7x7", "^-."), ("1x1", "D:"))


def stage_shares(cost: Cost) -> tuple[Figure, str]:
    """Horizontal bars: the share of each stage that has parameters, of all MACs and parameters.

    Args:
        cost: what `il.cost` returned for a network.

    Returns:
        (figure, alt text).
    """
    rows = [row for row in cost.stages if row.params]
    names, said = [row.name for row in rows], []
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(7.6, 0.3 * len(rows) + 0.8), sharey=True)
        parts = (("macs", "MACs", "3x3"), ("params", "parameters", "5x5"))
        for ax, (field, title, shade) in zip(axes, parts, strict=True):
            whole = getattr(cost, field)
            values = [round(100 * getattr(row, field) / whole, 1) for row in rows]
            _bars(ax, names, values, [PALETTE[shade]] * len(rows), f"% of the {title}")
            listed = (f"{n} {v:.1f}" for n, v in zip(names, values, strict=True))
            said.append(f"of the {title}: {', '.join(listed)}")
    return fig, f"Bar chart of the share of each stage in percent. {'; '.join(said)}."


def by_stage(
    lines: Mapping[str, Sequence[float]],
    stages: Sequence[str],
    *,
    ylabel: str,
    xlabel: str = "stage",
    log: bool = False,
) -> tuple[Figure, str]:
    """Lines over the stages of a network, or over other steps that have names, in their order.

    Args:
        lines: name -> one number for each stage; up to four.
        stages: their names.
        ylabel, xlabel: what the numbers and the steps are.
        log: the y axis is logarithmic.

    Returns:
        (figure, alt text).
    """
    said = []
    with style():
        fig, ax = plt.subplots(figsize=(7.4, 3.3))
        for (name, values), (shade, mark) in zip(lines.items(), _LINES, strict=False):
            ax.plot(range(len(stages)), values, mark, color=PALETTE[shade], lw=2, label=name)
            listed = (f"{s} {v:.2g}" for s, v in zip(stages, values, strict=True))
            said.append(f"{name}: {', '.join(listed)}")
        turned = {"rotation": 30, "ha": "right"} if max(map(len, stages)) > 5 else {}
        ax.set_xticks(range(len(stages)), stages, **turned)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if log:
            ax.set_yscale("log")
            ax.yaxis.set_major_formatter("{x:g}")
        ax.grid(axis="y", color=FAINT, lw=0.6)
        ax.legend(ncols=len(lines), loc="lower right", bbox_to_anchor=(1, 1), fontsize=10)
    return fig, f"Line chart of {ylabel} by {xlabel}. {'; '.join(said)}."


def seen_by_one(
    picture: Tensor, fields: Mapping[str, int], *, name: str, columns: int = 3
) -> tuple[Figure, str]:
    """Frames on a picture: what one value in the middle of a stage's map can see.

    Args:
        picture: (1, 3, n, n), from 0 to 1.
        fields: stage -> side of its receptive field in pixels of the picture.
        name: what the picture shows, for the alt text.
        columns: how many pictures in a row.

    Returns:
        (figure, alt text).
    """
    shown, side = picture[0].permute(1, 2, 0).cpu().numpy(), picture.shape[-1]
    rows = -(-len(fields) // columns)
    reach = max(side, *fields.values()) if max(fields.values()) < 2 * side else 1.6 * side
    low, high = (side - reach) / 2 - 4, (side + reach) / 2 + 4
    said = []
    with style():
        fig, axes = plt.subplots(rows, columns, figsize=(7.6, 2.65 * rows), squeeze=False)
        for ax in axes.flat:
            ax.set_axis_off()
        for ax, (stage, field) in zip(axes.flat, fields.items(), strict=False):
            ax.imshow(shown, extent=(0, side, side, 0))
            corner = (side - field) / 2
            ax.add_patch(
                Rectangle((corner, corner), field, field, fill=False, ec=PALETTE["5x5"], lw=2.5)
            )
            ax.set_axis_on()
            _frame(ax, GREY, 0.6)
            ax.set(xlim=(low, high), ylim=(high, low))
            ax.set_title(f"{stage}: {field}×{field}", fontsize=10)
            said.append(f"{stage} {field}")
    return fig, (
        f"A picture of {name}, {side} pixels wide, with a frame around what one value in the middle "
        f"of a stage can see, in pixels: {', '.join(said)}."
    )
