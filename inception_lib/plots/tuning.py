"""Figures of maps that change: before and after a block or training, and what a network considers alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from ..drawing.svg import PALETTE
from .base import GRAY, Figure, _frame, style, subplots


def neighbors(
    queries: Tensor, names: Sequence[str], found: Tensor, classes: Sequence[Sequence[str]]
) -> Figure:
    """Pictures, and beside each those that are nearest to it, the nearest first.

    A neighbor of the query's class has a solid frame, one of another class a dashed one and its name.

    Args:
        queries: (Q, 3, H, W) bytes.
        names: the class of each query.
        found: (Q, k, 3, H, W) bytes.
        classes: for each query, the classes of its k neighbors.

    Returns:
        A `Figure`.
    """
    said = []
    rows, columns = found.shape[:2]
    side = 7.4 / (columns + 1)
    with style():
        fig, axes = subplots(rows, columns + 1, figsize=(7.6, (side + 0.12) * rows), squeeze=False)
        for row, query, name, images, kinds in zip(
            axes, queries, names, found, classes, strict=True
        ):
            row[0].imshow(query.permute(1, 2, 0).numpy(), vmin=0, vmax=255)
            row[0].set_title(name, fontsize=10, fontweight="bold")
            _frame(row[0], GRAY, 1)
            for ax, image, kind in zip(row[1:], images, kinds, strict=True):
                ax.imshow(image.permute(1, 2, 0).numpy(), vmin=0, vmax=255)
                same = kind == name
                _frame(ax, PALETTE["3x3" if same else "5x5"], 3)
                for spine in ax.spines.values():
                    spine.set_linestyle("-" if same else (0, (2, 1.5)))
                ax.set_title("" if same else kind, fontsize=10, color=PALETTE["5x5"])
            said.append(f"{name} {sum(kind == name for kind in kinds)}")
    return Figure(
        fig,
        f"Pictures and their {columns} nearest neighbors, the nearest first. Of these so many have "
        f"the class of the picture: {', '.join(said)}.",
    )


def before_and_after(
    picture: Tensor, maps: Mapping[str, Tensor], channels: Sequence[int], *, name: str
) -> Figure:
    """A picture and some of its feature maps, a row for each state; a channel has one scale.

    A row in which a value is negative, such as what a residual block adds, is drawn in red (raised)
    and blue (lowered), with zero white; the others from black (0) to bright.

    Args:
        picture: (1, 3, H, W), bytes or from 0 to 1.
        maps: name of a row -> (1, channels, H', W'), in the order of the rows.
        channels: which channels, a column for each.
        name: what the picture shows, for the alt text.

    Returns:
        A `Figure`, whose text says how much of each channel a signed row raises and lowers.
    """
    rows = {row: bank[0].float().cpu() for row, bank in maps.items()}
    said = []
    with style():
        fig, axes = subplots(
            len(rows), len(channels) + 1, figsize=(7.6, 1.22 * len(rows) + 0.3), squeeze=False
        )
        for at, (line, (row, bank)) in enumerate(zip(axes, rows.items(), strict=True)):
            signed = bool((bank < 0).any())
            line[0].set_ylabel(row, fontweight="bold")
            line[0].imshow(picture[0].permute(1, 2, 0).cpu().numpy(), vmin=0, vmax=1)
            _frame(line[0], GRAY, 1)
            for ax, i in zip(line[1:], channels, strict=True):
                top = max(float(other[i].abs().quantile(0.99)) for other in rows.values()) or 1.0
                look = {"cmap": "RdBu_r", "vmin": -top} if signed else {"cmap": "magma", "vmin": 0}
                ax.imshow(bank[i].numpy(), vmax=top, **look)
                _frame(ax, GRAY, 1)
                if at == 0:
                    ax.set_title(f"channel {i}", fontsize=10)
                if signed:
                    up, down = (float(x.float().mean()) for x in (bank[i] > 0, bank[i] < 0))
                    said.append(f"channel {i}: {up:.0%} raised, {down:.0%} lowered")
    changed = f" {'; '.join(said)}." if said else ""
    return Figure(
        fig,
        f"A picture of {name} and its maps in channels {', '.join(map(str, channels))}; rows "
        f"{', '.join(rows)}; one scale for each channel.{changed}",
    )


def replaced_and_changed(
    replaced: Sequence[Tensor], changed: Sequence[Tensor], channels: Sequence[Sequence[int]]
) -> Figure:
    """Some channels before and after a block that concatenates, and before and after one that adds.

    Args:
        replaced: what comes in and what goes out, (channels, H, W) each.
        changed: what comes in, what the block adds, and their sum after the ReLU.
        channels: which channels of the one and of the other, as many of each.

    Returns:
        A `Figure`. Maps run from black (0) to bright, what is added from blue (lowered) over white to
        red (raised); a channel has one scale in each half.
    """
    halves = [
        ("concatenated", replaced, ("in", "out"), channels[0]),
        ("added", changed, ("in", "+ change", "= out"), channels[1]),
    ]
    with style():
        fig, axes = subplots(
            len(channels[0]),
            6,
            figsize=(7.6, 1.42 * len(channels[0]) + 0.35),
            gridspec_kw={"width_ratios": (1, 1, 0.12, 1, 1, 1)},
            squeeze=False,
        )
        for ax in axes[:, 2]:
            ax.set_axis_off()
        for left, (name, banks, titles, shown) in zip((0, 3), halves, strict=True):
            for line, i in zip(axes, shown, strict=True):
                maps = [bank[i].detach().float().cpu() for bank in banks]
                top = max(float(one.abs().quantile(0.99)) for one in maps) or 1.0
                for ax, one, title in zip(line[left:], maps, titles, strict=False):
                    signed = title == "+ change"
                    look = {"cmap": "RdBu_r", "vmin": -top} if signed else {"cmap": "magma"}
                    ax.imshow(one.numpy(), **{"vmin": 0, "vmax": top, **look})
                    _frame(ax, GRAY, 1)
                line[left].set_ylabel(f"channel {i}", fontsize=9)
            for ax, title in zip(axes[0, left:], titles, strict=False):
                ax.set_title(f"{name}: {title}" if title == "in" else title, fontsize=10)
    first, second = (", ".join(map(str, shown)) for shown in channels)
    return Figure(
        fig,
        f"Maps of a picture before and after two blocks. Channels {first} of one that concatenates: what "
        f"goes out does not look like what comes in. Channels {second} of one that adds: what comes in, "
        "the change, and the sum, in which what came in can be seen.",
    )
