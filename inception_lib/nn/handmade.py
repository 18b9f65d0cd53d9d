"""Kernels that are written down, not trained."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..networks.blocks import naive_block
from ..networks.kernels import COLOURS, LIGHT, SHAPES, blob, edge, shapes
from ..spec import Defaults
from .init import init_weights
from .network import block_module


def edge_kernel(size: int, angle: float) -> Tensor:
    """(size, size): the mean of one side minus the mean of the other, across an edge at `angle`.

    Args:
        size: odd side in pixels.
        angle: degrees; 0 answers to light on the right, 90 to light below.
    """
    return torch.tensor(edge(size, angle))


def blob_kernel(size: int) -> Tensor:
    """(size, size): the mean of the middle, size − 2 wide, minus the mean of the ring around it.

    Args:
        size: odd side in pixels, at least 3.
    """
    return torch.tensor(blob(size))


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
            block[name].conv.weight.copy_(torch.tensor(shapes(size))[:, None] * light)
    block.channel_names = [*COLOURS, *SHAPES, *SHAPES, "red", "green", "blue"]
    return block.eval()
