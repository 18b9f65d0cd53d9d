"""Figures of whole networks: where one spends, and how the family compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..counting.cost import Cost
from ..drawing.svg import PALETTE
from .base import FAINT, GRAY, Figure, _bars, style, subplots


def family(
    points: Mapping[str, tuple[float, float, float]],
    others: Mapping[str, Sequence[float]] | None = None,
    *,
    most: float | None = None,
) -> Figure:
    """Published error over computed cost: a disc for each network, as large as its parameters.

    Args:
        points: name -> (billion MACs, top-1 error in percent, million parameters).
        others: name -> top-1 errors of other weights in this network; a small dot each.
        most: where the axis of MACs ends, so that several figures can be compared.

    Returns:
        A `Figure`.

    Raises:
        ValueError: other weights of a network that is not among the points.
    """
    others = others or {}
    if unknown := sorted(others.keys() - points.keys()):
        raise ValueError(f"others has {unknown[0]!r}, of which points says nothing.")
    with style():
        fig, ax = subplots(figsize=(7.4, 4.2))
        macs, errors, params = zip(*points.values(), strict=True)
        ax.scatter(
            macs,
            errors,
            [10 * p for p in params],
            color=PALETTE["1x1"],
            alpha=0.55,
            lw=1.2,
            ec=GRAY,
        )
        order = sorted(points, key=lambda name: points[name][:2])
        for place, name in enumerate(order):
            x, y, size = points[name]
            radius = (10 * size / 3.1416) ** 0.5
            below = place % 2 == 1
            ax.annotate(
                name.split(" at ")[0],
                (x, y),
                (0, -(radius + 4) if below else radius + 4),
                textcoords="offset points",
                ha="center",
                va="top" if below else "bottom",
            )
        for name, found in others.items():
            ax.scatter([points[name][0]] * len(found), found, 16, color=GRAY, zorder=3)
        ax.grid(color=FAINT, lw=0.6)
        ax.set_axisbelow(True)
        ax.set(xlabel="billion MACs, computed", ylabel="top-1 error in %, published")
        ax.margins(0.17, 0.22)
        if most is not None:
            ax.set_xlim(0, most)
    said = []
    for name, (x, y, p) in points.items():
        more = ", ".join(f"{error:g}" for error in sorted(others.get(name, ())))
        dots = f", other weights {more} %" if more else ""
        said.append(
            f"{name.split(' at ')[0]} {x:.1f} billion MACs, {y:g} %, {p:.1f} million parameters{dots}"
        )
    return Figure(fig, f"Discs: top-1 error over MACs, area by parameters. {'; '.join(said)}.")


def stage_shares(cost: Cost) -> Figure:
    """Horizontal bars: the share of each stage that has parameters, of all MACs and parameters.

    Args:
        cost: what `il.cost` returned for a network.

    Returns:
        A `Figure`.
    """
    rows = [row for row in cost.stages if row.params]
    names, said = [row.name for row in rows], []
    with style():
        fig, axes = subplots(1, 2, figsize=(7.6, 0.3 * len(rows) + 0.8), sharey=True)
        parts = (("macs", "MACs", "3x3"), ("params", "parameters", "5x5"))
        for ax, (field, title, shade) in zip(axes, parts, strict=True):
            whole = getattr(cost, field)
            values = [round(100 * getattr(row, field) / whole, 1) for row in rows]
            _bars(ax, names, values, [PALETTE[shade]] * len(rows), f"% of the {title}")
            listed = (f"{n} {v:.1f}" for n, v in zip(names, values, strict=True))
            said.append(f"of the {title}: {', '.join(listed)}")
    return Figure(fig, f"Bar chart of the share of each stage in percent. {'; '.join(said)}.")
