"""Pictures as the networks take them."""

from __future__ import annotations

import torch
from torch import Tensor


def as_input(images: Tensor) -> Tensor:
    """Pictures as the networks that this book trains take them: floats from −1 to 1.

    Args:
        images: (N, C, H, W), uint8 from 0 to 255. Floats are taken to be ready, and come back as
            they are; for a `photo`, which goes from 0 to 1, it is `photo * 2 - 1`.

    Returns:
        (N, C, H, W), float32.
    """
    return images.float() / 127.5 - 1 if images.dtype == torch.uint8 else images
