"""Kernels that are written down, not trained."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.blocks import naive_block
from ..spec import Defaults
from .init import init_weights
from .network import block_module


def edge_kernel(size: int, angle: float) -> Tensor:
    """(size, size): the mean of one side minus the mean of the other, across an edge at `angle`.

    Args:
        size: odd side in pixels.
        angle: degrees; 0 answers to light on the right, 90 to light below.
    """
    axis = torch.arange(size, dtype=torch.float64) - size // 2
    down, right = torch.meshgrid(axis, axis, indexing="ij")
    turn = math.radians(angle)
    side = right * math.cos(turn) + down * math.sin(turn)
    light, dark = (side > 1e-6).double(), (side < -1e-6).double()
    return (light / light.sum() - dark / dark.sum()).float()


def blob_kernel(size: int) -> Tensor:
    """(size, size): the mean of the middle, size − 2 wide, minus the mean of the ring around it.

    Args:
        size: odd side in pixels, at least 3.
    """
    ring = torch.ones(size, size, dtype=torch.float64)
    ring[1:-1, 1:-1] = 0
    middle = 1 - ring
    return (middle / middle.sum() - ring / ring.sum()).float()


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


def hand_made_block() -> nn.Module:
    """A naive block whose kernels are written down, not trained: colors, edges and blobs.

    The 1×1 branch has five color contrasts. The 3×3 and the 5×5 branch each have eight edges, a
    light blob and a dark blob, on brightness; the light spot in the middle is 1 and 3 pixels wide.
    `.channel_names` says what each of the 28 channels is.

    Returns:
        A module (N, 3, H, W) -> (N, 28, H, W) as `build` makes it: ReLU after each convolution,
        no bias; the last three channels are the pooled colors.
    """
    block: Any = block_module(naive_block(len(COLOURS), 10, 10), 3, Defaults(bias=False))
    init_weights(block)
    light = torch.tensor(LIGHT)[None, :, None, None]
    with torch.no_grad():
        block["1x1"].conv.weight.copy_(torch.tensor(list(COLOURS.values()))[:, :, None, None])
        for name, size in (("3x3", 3), ("5x5", 5)):
            blob = blob_kernel(size)
            bank = torch.stack([*(edge_kernel(size, angle) for angle in ANGLES), blob, -blob])
            block[name].conv.weight.copy_(bank[:, None] * light)
    shapes = [*(f"edge {angle}°" for angle in ANGLES), "light blob", "dark blob"]
    block.channel_names = [*COLOURS, *shapes, *shapes, "red", "green", "blue"]
    return block.eval()
