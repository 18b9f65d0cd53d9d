"""Kernels that are written down, not trained, as plain numbers. No torch."""

from __future__ import annotations

import math

# What a pixel's color alone can say: weights for red, green and blue, each about one contrast.
LIGHT = (0.299, 0.587, 0.114)  # ITU-R BT.601 luma
COLOURS = {
    "light": LIGHT,
    "red − green": (1.0, -1.0, 0.0),
    "green − red": (-1.0, 1.0, 0.0),
    "blue − yellow": (-0.5, -0.5, 1.0),
    "yellow − blue": (0.5, 0.5, -1.0),
}
ANGLES = (0, 45, 90, 135, 180, 225, 270, 315)
SHAPES = (*(f"edge {angle}°" for angle in ANGLES), "light blob", "dark blob")


def edge(size: int, angle: float) -> list[list[float]]:
    """Rows of a kernel: the mean of one side minus the mean of the other, across an edge at `angle`."""
    turn, middle = math.radians(angle), size // 2
    side = [
        [(x - middle) * math.cos(turn) + (y - middle) * math.sin(turn) for x in range(size)]
        for y in range(size)
    ]
    return _contrast(
        [[s > 1e-6 for s in row] for row in side], [[s < -1e-6 for s in row] for row in side]
    )


def blob(size: int) -> list[list[float]]:
    """Rows of a kernel: the mean of the middle, size − 2 wide, minus the mean of the ring around it."""
    inside = range(1, size - 1)
    middle = [[y in inside and x in inside for x in range(size)] for y in range(size)]
    return _contrast(middle, [[not m for m in row] for row in middle])


def shapes(size: int) -> list[list[list[float]]]:
    """Ten kernels in the order of `SHAPES`: eight edges, a light blob and a dark one."""
    light = blob(size)
    return [*(edge(size, angle) for angle in ANGLES), light, [[-v for v in row] for row in light]]


def _contrast(light: list[list[bool]], dark: list[list[bool]]) -> list[list[float]]:
    more, less = (1 / sum(map(sum, where)) for where in (light, dark))
    return [
        [one * more - other * less for one, other in zip(*rows, strict=True)]
        for rows in zip(light, dark, strict=True)
    ]
