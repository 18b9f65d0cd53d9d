"""Figures of the whole family."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ..drawing.svg import PALETTE
from .base import FAINT, GREY, style


def family(points: Mapping[str, tuple[float, float, float]]) -> tuple[Figure, str]:
    """Published error over computed cost: a disc for each network, as large as its parameters.

    Args:
        points: name -> (billion MACs, top-1 error in percent, million parameters).

    Returns:
        (figure, alt text).
    """
    with style():
        fig, ax = plt.subplots(figsize=(7.4, 4.2))
        macs, errors, params = zip(*points.values(), strict=True)
        ax.scatter(
            macs,
            errors,
            [10 * p for p in params],
            color=PALETTE["1x1"],
            alpha=0.55,
            lw=1.2,
            ec=GREY,
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
        ax.grid(color=FAINT, lw=0.6)
        ax.set_axisbelow(True)
        ax.set(xlabel="billion MACs, computed", ylabel="top-1 error in %, published")
        ax.margins(0.17, 0.22)
    said = "; ".join(
        f"{name.split(' at ')[0]} {x:.1f} billion MACs, {y:g} %, {p:.1f} million parameters"
        for name, (x, y, p) in points.items()
    )
    return fig, f"Discs: top-1 error over MACs, area by parameters. {said}."
