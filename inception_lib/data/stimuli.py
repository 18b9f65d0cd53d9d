"""Shapes of known size."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import suggest


def stimuli(
    kind: str,
    sizes: Sequence[float] = (1, 3, 5, 7, 9),
    *,
    angle: float = 0.0,
    grid: int = 33,
    channels: int = 3,
) -> Tensor:
    """White shapes of known size on black, one for each size.

    Args:
        kind: "dot" (a disc of that diameter), "bar" (a stripe of that width) or "grating" (a
            cosine whose half period is that size).
        sizes: diameters or widths in pixels; odd ones lie exactly on the pixel grid.
        angle: degrees from the horizontal along which a bar or grating varies: 0 gives upright bars.
        grid: side of the picture, odd, so that there is a middle pixel.
        channels: copies of the picture along the channel axis.

    Returns:
        (len(sizes), channels, grid, grid), float32 from 0 to 1.

    Raises:
        ValueError: an unknown kind, a size below 1 or above the grid, an even grid.
    """
    if kind not in ("dot", "bar", "grating"):
        raise ValueError(suggest(kind, ["dot", "bar", "grating"], "kind of stimulus"))
    if grid < 1 or grid % 2 == 0:
        raise ValueError(f"grid is {grid}; give an odd number, so that there is a middle pixel.")
    if not sizes or min(sizes) < 1 or max(sizes) > grid:
        raise ValueError(f"sizes are {list(sizes)}; each must be from 1 to the grid, {grid}.")
    axis = torch.arange(grid, dtype=torch.float64) - grid // 2
    down, right = torch.meshgrid(axis, axis, indexing="ij")
    turn = torch.deg2rad(torch.tensor(angle, dtype=torch.float64))
    across = right * torch.cos(turn) + down * torch.sin(turn)
    distance = (right.square() + down.square()).sqrt() if kind == "dot" else across.abs()
    if kind == "grating":
        shapes = [0.5 + 0.5 * torch.cos(torch.pi * across / size) for size in sizes]
    else:
        shapes = [(distance <= size / 2 + 1e-9).double() for size in sizes]
    return torch.stack(shapes)[:, None].repeat(1, channels, 1, 1).float()
