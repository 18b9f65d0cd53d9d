"""Figures of a network's stages: sizes of its blocks, receptive fields, and maps stage by stage."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ..drawing.svg import PALETTE
from .base import FAINT, GRAY, Figure, _frame, look, same_names, style, subplots


def block_sizes(networks: Mapping[str, Mapping[str, float]], *, what: str) -> Figure:
    """Bars, one for each block of a network, in order; a row for each network.

    Args:
        networks: name -> {block: its size}, as in {"Inception-v4": {"A1": 0.32, "A2": 0.32}}. Blocks
            whose names begin with the same letter have one color.
        what: what the sizes are, and their unit.

    Returns:
        A `Figure`.

    Raises:
        ValueError: nothing to draw.
    """
    if not networks or not all(networks.values()):
        raise ValueError("there are no blocks to draw; give at least one for each network.")
    most = max(map(len, networks.values()))
    top = 1.25 * max(size for sizes in networks.values() for size in sizes.values())
    letters = list(dict.fromkeys(name[0] for sizes in networks.values() for name in sizes))
    said = []
    with style():
        fig, axes = subplots(
            len(networks), 1, figsize=(7.6, 1.75 * len(networks) + 0.2), squeeze=False, sharey=True
        )
        for ax, (name, sizes) in zip(axes.flat, networks.items(), strict=True):
            shades = [look(letters.index(block[0]))[0] for block in sizes]
            bars = ax.bar(range(len(sizes)), list(sizes.values()), 0.8, color=shades)
            ax.bar_label(bars, [f"{size:.2f}" for size in sizes.values()], padding=2, fontsize=10)
            ax.set_xticks(range(len(sizes)), list(sizes))
            ax.set(xlim=(-0.6, most - 0.4), ylim=(0, top), yticks=[])
            ax.spines[["left"]].set_visible(False)
            ax.tick_params(bottom=False)
            ax.set_title(name, loc="left")
            said.append(f"{name}: " + ", ".join(f"{b} {size:.2f}" for b, size in sizes.items()))
        fig.supxlabel(what, color=GRAY, fontsize=10)
    return Figure(fig, f"Bar chart of {what} for each block. {'. '.join(said)}.")


def receptive_fields(fields: Mapping[str, tuple[int, Mapping[str, float]]], side: int) -> Figure:
    """Bars: from where to where positions of each stage see, and how much of it is picture.

    Args:
        fields: stage -> (pixels of the receptive field along one side, {position: its center in
            pixels, from 0}), as in {"A1": (87, {"middle": 149, "corner": 13})}.
        side: pixels of the picture, a square.

    Returns:
        A `Figure`. The share beside a bar is that of the field's area outside the picture.
    """
    positions = same_names("positions", {stage: at for stage, (_, at) in fields.items()})
    firsts = {
        (stage, at): center - (size - 1) / 2
        for stage, (size, centers) in fields.items()
        for at, center in centers.items()
    }
    left = min(0, *firsts.values())
    right = max(side, *(first + fields[stage][0] for (stage, _), first in firsts.items()))
    room = (right - left) / 25
    said = []
    with style():
        fig, axes = subplots(
            1, len(positions), figsize=(7.6, 0.27 * len(fields) + 1), sharey=True, squeeze=False
        )
        for ax, position in zip(axes[0], positions, strict=True):
            parts = []
            for y, (stage, (size, _)) in enumerate(fields.items()):
                first = firsts[stage, position]
                low, high = max(first, 0), min(first + size, side)
                outside = 1 - ((high - low) / size) ** 2
                ax.barh(y, size, left=first, height=0.62, color=FAINT)
                ax.barh(y, high - low, left=low, height=0.62, color=PALETTE["5x5"])
                ax.annotate(
                    f"{outside:.0%}", (1.0, y), xycoords=("axes fraction", "data"),
                    ha="right", va="center", fontsize=9,
                )  # fmt: skip
                parts.append(f"{stage} {size} pixels, {outside:.0%} outside")
            for edge in (0, side):
                ax.axvline(edge, color=GRAY, lw=1)
            ax.set_xlim(left - room, right + 5 * room)
            ax.set_xticks([0, side])
            ax.set_title(f"{position} position", loc="left")
            ax.tick_params(left=False)
            ax.spines[["left", "bottom"]].set_visible(False)
            said.append(f"The {position} position: {'; '.join(parts)}")
        axes[0][0].set_yticks(range(len(fields)), list(fields))
        axes[0][0].invert_yaxis()
        fig.supxlabel(
            f"pixel; the picture is from 0 to {side}. At the right: share of the field outside it.",
            color=GRAY, fontsize=10,
        )  # fmt: skip
    return Figure(
        fig,
        f"Receptive fields by stage on a picture of {side}×{side}, and the share of their area "
        f"outside it. {'. '.join(said)}.",
    )


def stage_maps(
    picture: Tensor, maps: Mapping[str, Tensor], *, name: str, per_row: int = 5
) -> Figure:
    """A photograph, and of each stage the map that varies most over the grid.

    Args:
        picture: (1, 3, H, W), bytes or from 0 to 1.
        maps: stage -> (1, channels, H', W'), as `il.features` gives them.
        name: what the photograph shows, for the alt text.
        per_row: pictures in a row.

    Returns:
        A `Figure`.
    """
    rows = -(-(len(maps) + 1) // per_row)
    said = []
    with style():
        fig, axes = subplots(rows, per_row, figsize=(7.6, 1.85 * rows), squeeze=False)
        for ax in axes.flat:
            ax.set_axis_off()
        first, *others = axes.flat
        first.set_axis_on()
        first.imshow(picture[0].permute(1, 2, 0).cpu().numpy())
        _frame(first, GRAY, 1)
        first.set_title(f"photograph\n{picture.shape[2]}×{picture.shape[3]}", fontsize=9)
        for ax, (stage, bank) in zip(others, maps.items(), strict=False):
            bank = bank[0].float().cpu()
            spread = bank.flatten(1).std(1)
            channel = int(spread.argmax())
            shown = bank[channel]
            low, high = (float(shown.quantile(q)) for q in (0.01, 0.99))
            ax.set_axis_on()
            ax.imshow(shown.numpy(), cmap="magma", vmin=low, vmax=max(high, low + 1e-9))
            _frame(ax, GRAY, 1)
            size = "×".join(map(str, bank.shape))
            ax.set_title(f"{stage}\n{size}", fontsize=9)
            said.append(f"{stage} {size}")
    return Figure(
        fig,
        f"The photograph of {name} and one feature map of each stage, the one that varies most: "
        f"{', '.join(said)}.",
    )
