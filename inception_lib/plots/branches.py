"""Figures of what the branches of a block look for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..interpret.measures import branch_test
from ..training.comparison import compare_runs
from .base import (
    FAINT,
    GRAY,
    Figure,
    _frame,
    color,
    look,
    pretty,
    same_names,
    style,
    subplots,
)
from .trained import _place_of_most


def made_and_found(
    rows: Mapping[str, tuple[Tensor, Tensor]],
    sources: Mapping[str, Sequence[str]],
    *,
    columns: int = 2,
) -> Figure:
    """For each channel the picture made for it, and beside it the crops that excite it most.

    Args:
        rows: a channel's name, which begins with its branch ("5×5 channel 3") -> the picture, (3, H, W)
            bytes as `visualize` makes it, and the crops, (count, 3, H, W) bytes, the strongest first.
        sources: the channel's name -> the photograph that each of its crops comes from.
        columns: channels in a row.

    Returns:
        A `Figure`, whose text says which photographs each channel's crops come from.
    """
    said, names = [], same_names("channels", {"pictures": rows, "sources": sources})
    lines, side = -(-len(rows) // columns), 7.6 / columns / 2
    with style():
        fig, axes = subplots(
            lines, 2 * columns, figsize=(7.6, (side + 0.27) * lines), squeeze=False
        )
        for ax in axes.flat[2 * len(rows) :]:
            ax.set_axis_off()
        for (left, right), name in zip(axes.reshape(-1, 2), names, strict=False):
            made, found = rows[name]
            edge = color(name.split(" ")[0].replace("×", "x"))
            left.imshow(made.permute(1, 2, 0).numpy())
            left.set_title(name, loc="left", fontsize=11, color=edge, fontweight="bold")
            right.imshow(_tiled(found).permute(1, 2, 0).numpy())
            _frame(left, edge, 2)
            _frame(right, GRAY, 0)
            photos = Counter(sources[name]).most_common()
            said.append(f"{name}: {', '.join(f'{count} {photo}' for photo, count in photos)}")
    most = max(len(found) for _, found in rows.values())
    return Figure(
        fig,
        f"For each channel the picture made for it, and the {most} crops that excite it most, the "
        f"strongest at the top left. The crops show: {'; '.join(said)}.",
    )


def _tiled(crops: Tensor) -> Tensor:
    """(count, 3, H, W) bytes -> one picture of them in rows, with white lines between."""
    across = math.ceil(math.sqrt(len(crops)))
    padded = torch.nn.functional.pad(crops, (1, 1, 1, 1), value=255)
    blank = torch.full_like(padded[:1], 255).repeat(-len(crops) % across, 1, 1, 1)
    rows = torch.cat([padded, blank]).split(across)
    return torch.cat([torch.cat([*row], 2) for row in rows], 1)


def channel_dots(measures: Mapping[str, Iterable[float]], branches: Sequence[str]) -> Figure:
    """A dot for each channel of a network, a panel for each measure, with p of `branch_test`.

    Args:
        measures: name -> a number for each channel, as `channel_measures` gives them; NaN is left out.
        branches: the branch of each channel.

    Returns:
        A `Figure`, whose text gives the means of the branches and p.

    Raises:
        ValueError: as `branch_test`.
    """
    names, said = list(dict.fromkeys(branches)), []
    with style():
        fig, axes = subplots(len(measures), 1, figsize=(7.6, 1.05 * len(measures)), squeeze=False)
        for ax, (measure, given) in zip(axes[:, 0], measures.items(), strict=True):
            values = np.asarray([float(value) for value in given])
            found = branch_test(values, branches)
            for y, branch in enumerate(names):
                own = values[[b == branch for b in branches]]
                mark = look(y)[2]
                ax.plot(own, [y] * len(own), mark, color=color(branch), ms=6, alpha=0.7)
                if branch in found.means:
                    ax.plot([found.means[branch]] * 2, [y - 0.45, y + 0.45], color=GRAY, lw=2)
            ax.set_ylim(len(names) - 0.4, -0.6)
            ax.set_yticks(range(len(names)), map(pretty, names), fontsize=9)
            for label, branch in zip(ax.get_yticklabels(), names, strict=True):
                label.set_color(color(branch))
            ax.tick_params(axis="x", labelsize=9)
            ax.grid(axis="x", color=FAINT, lw=0.6)
            ax.set_title(measure, loc="left", fontsize=11)
            ax.set_title(f"p = {found.p:.2g}", loc="right", fontsize=11)
            means = ", ".join(f"{pretty(b)} {mean:.2f}" for b, mean in found.means.items())
            said.append(f"{measure}: {means}, p = {found.p:.2g}")
    return Figure(
        fig,
        f"A dot for each of {len(branches)} channels, a line at the mean of each branch, by measure. "
        f"{'; '.join(said)}.",
    )


def compared_dots(panels: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]) -> Figure:
    """Runs of two groups in several settings, a row for each measure; where `compare_runs` is clear, in a frame.

    Args:
        panels: measure -> setting -> {group: one number for each run}, two groups, such as
            `branch_means` of the experiment branch_roles gives them; settings and groups are the same
            everywhere.

    Returns:
        A `Figure`, whose text gives the means and the verdicts.

    Raises:
        ValueError: settings or groups that differ, or a group without a run.
    """
    settings = same_names("settings", panels)
    rows = {f"{m}, {s}": panels[m][s] for m in panels for s in settings}
    groups, said = same_names("groups", rows), []
    with style():
        fig, axes = subplots(
            len(panels), len(settings), figsize=(7.6, 0.72 * len(panels) + 0.4), squeeze=False,
            sharex="row", sharey=True,
        )  # fmt: skip
        for line, (measure, arms) in zip(axes, panels.items(), strict=True):
            line[0].set_ylabel(measure, rotation=0, ha="right", va="center", labelpad=30)
            for ax, setting in zip(line, settings, strict=True):
                found = compare_runs(*(arms[setting][group] for group in groups))
                for y, group in enumerate(groups):
                    runs = arms[setting][group]
                    ax.plot(runs, [y] * len(runs), look(y)[2], color=color(group), ms=6, alpha=0.7)
                    ax.plot([found.means[y]] * 2, [y - 0.35, y + 0.35], color=GRAY, lw=2)
                ax.grid(axis="x", color=FAINT, lw=0.6)
                ax.locator_params(axis="x", nbins=3)
                ax.tick_params(axis="x", labelsize=9)
                if found.clear:
                    for spine in ax.spines.values():
                        spine.set(visible=True, linewidth=2.5)
                one, other = (
                    f"{pretty(g)} {mean:.2f}" for g, mean in zip(groups, found.means, strict=True)
                )
                verdict = "clear" if found.clear else "cannot tell"
                said.append(f"{measure}, {setting}: {one}, {other}, {verdict}")
        for ax, setting in zip(axes[0], settings, strict=True):
            ax.set_title(setting, fontsize=11)
        axes[0][0].set_ylim(len(groups) - 0.4, -0.6)
        axes[0][0].set_yticks(range(len(groups)), map(pretty, groups))
    return Figure(
        fig,
        "A dot for each run, a line at the mean, in a frame where the difference is clear. "
        f"{'; '.join(said)}.",
    )


def looks_by_stage(
    picture: Tensor, maps: Mapping[str, Tensor], besides: Mapping[str, Tensor] | None = None
) -> Figure:
    """One picture, and maps of where a network looks: a column for each stage, a row for each branch.

    The maps of a stage have one scale, from 0 (dark) to their largest value (bright), so that one can
    see which branch they come from. What is below zero is shown as zero.

    Args:
        picture: (3, H, W), bytes or from 0 to 1.
        maps: address of a stage ("3a") or branch ("3a.5x5") -> (H, W), such as `grad_cam` gives it.
        besides: name -> (H, W), a map that belongs to no stage, such as that of `occlusion`.

    Returns:
        A `Figure`, whose text names the part of the picture where each map is largest.
    """
    besides = besides or {}
    stages = list(dict.fromkeys(address.partition(".")[0] for address in maps))
    rows = sorted(dict.fromkeys(address.partition(".")[2] for address in maps), key=bool)
    shown = (picture if picture.is_floating_point() else picture / 255).cpu()
    columns, lines, said = len(stages) + 1, max(len(rows), 1 + len(besides)), []
    side = 7.6 / columns

    def draw(ax, name: str, heat: Tensor, top: float, edge: str = GRAY) -> None:
        ax.set_axis_on()
        ax.imshow(shown.mean(0).numpy(), cmap="gray", vmin=0, vmax=1)
        part = heat.detach().float().cpu().clamp(min=0) / (top or 1.0)
        ax.imshow(
            part.numpy(), cmap="magma", vmin=0, vmax=1, alpha=(0.25 + 0.6 * part).clamp(max=1).numpy(),
            extent=(-0.5, shown.shape[2] - 0.5, shown.shape[1] - 0.5, -0.5),
        )  # fmt: skip
        _frame(ax, edge, 1.5)
        said.append(f"{name} {_place_of_most(heat)}")

    with style():
        fig, axes = subplots(lines, columns, figsize=(7.6, (side + 0.08) * lines + 0.2))
        axes = np.reshape(axes, (lines, columns))
        for ax in axes.flat:
            ax.set_axis_off()
        axes[0][0].set_axis_on()
        axes[0][0].imshow(shown.permute(1, 2, 0).numpy())
        axes[0][0].set_title("picture", fontsize=11)
        _frame(axes[0][0], GRAY, 1)
        for ax, (name, heat) in zip(axes[1:, 0], besides.items(), strict=False):
            draw(ax, name, heat, float(heat.max()))
            ax.set_title(name, fontsize=11)
        for stage, column in zip(stages, axes.T[1:], strict=True):
            own = {row: maps[f"{stage}.{row}" if row else stage] for row in rows
                   if (f"{stage}.{row}" if row else stage) in maps}  # fmt: skip
            top = max(float(heat.max()) for heat in own.values())
            column[0].set_title(stage, fontsize=11)
            for ax, row in zip(column, rows, strict=False):
                if row in own:
                    name = f"{stage} {pretty(row)}" if row else stage
                    draw(ax, name, own[row], top, color(row) if row else GRAY)
        for ax, row in zip(axes[:, 1], rows, strict=False):
            ax.set_ylabel(pretty(row) if row else "all", color=color(row) if row else GRAY)
    return Figure(
        fig, f"Where the network looks, by stage and branch. Largest at: {'; '.join(said)}."
    )
