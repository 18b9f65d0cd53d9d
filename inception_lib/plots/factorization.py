"""Figures of chapter 5: how much of a kernel is an outer product, and where long kernels stand."""

from __future__ import annotations

from collections.abc import Mapping

from ..drawing.svg import PALETTE
from .base import FAINT, GRAY, Figure, style, subplots

_KINDS = {
    "untrained": ("o", "none", GRAY),
    "trained": ("o", PALETTE["3x3"], PALETTE["3x3"]),
    "change": ("D", PALETTE["5x5"], PALETTE["5x5"]),
}


def rank_shares(
    groups: Mapping[str, Mapping[str, Mapping[str, float]]], random: Mapping[str, float]
) -> Figure:
    """Dots: which share of a layer's kernels is rank one, untrained, trained, and of the change.

    Args:
        groups: title of a panel -> {layer: {"untrained": …, "trained": …, "change": …}}.
        random: title of a panel -> what random kernels of that size have on average.

    Returns:
        A `Figure`.
    """
    tallest = max(len(rows) for rows in groups.values())
    said = []
    with style():
        fig, axes = subplots(
            1, len(groups), figsize=(7.6, 0.3 * tallest + 1.3), sharex=True, squeeze=False
        )
        for ax, (title, rows) in zip(axes[0], groups.items(), strict=True):
            ax.axvline(random[title], color=GRAY, lw=1.5, ls="--", label="random")
            for kind, (marker, face, edge) in _KINDS.items():
                ax.plot(
                    [row[kind] for row in rows.values()], range(len(rows)), marker, ls="none",
                    mfc=face, mec=edge, ms=7, label=kind,
                )  # fmt: skip
            ax.set_yticks(range(len(rows)), rows)
            ax.invert_yaxis()
            ax.set_xlim(0.4, 1.03)
            ax.grid(axis="y", color=FAINT, lw=0.6)
            ax.set_title(title, loc="left")
            ax.set_xlabel("share that is rank one")
            parts = "; ".join(
                f"{name} " + ", ".join(f"{kind} {row[kind]:.2f}" for kind in _KINDS)
                for name, row in rows.items()
            )
            said.append(f"{title} (random {random[title]:.2f}): {parts}")
        handles, names = axes[0][0].get_legend_handles_labels()
        fig.legend(handles, names, ncols=4, loc="outside upper center")
    return Figure(
        fig, f"Share of each layer's squared weights that is rank one. {'. '.join(said)}."
    )
