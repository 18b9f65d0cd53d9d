"""Crops of the photographs, with a training and a test half."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import suggest
from .photos import photos
from .reading import pixels_a_side

SPLITS = ("train", "test")


def photo_patches(
    split: str,
    count: int | None = None,
    *,
    size: int = 32,
    scales: tuple[int, int] = (16, 128),
    seed: int = 0,
    boxes: bool = False,
) -> tuple[Tensor, ...]:
    """Crops of the photographs; the task is to name the photograph that a crop comes from.

    Training crops come from the left half of each picture, test crops from the right half, with a
    margin of 8 pixels between: no pixel is in both. Crop sides are drawn evenly in their logarithm.
    Cropping and resizing are Pillow's integer arithmetic, so the bytes are the same wherever the
    photographs decode to the same bytes (the five JPEGs may differ by one between decoders).

    Args:
        split: "train" or "test".
        count: how many crops; None makes 20,000 for training and 4,000 for testing.
        size: side of a patch after resizing, in pixels.
        scales: smallest and largest side of a crop before resizing, in pixels.
        seed: which crops.
        boxes: whether to return where each crop comes from, too.

    Returns:
        (count, 3, size, size) uint8 patches and (count,) int64 labels, the index of the photograph
        in `photos()`; labels take turns, so every photograph has equally many. With `boxes` also
        (count, 3) int64: left, top and side of each crop in its photograph, in pixels; its edge is
        smoothed with the pixels next to it, as far as they are in the same half.

    Raises:
        ValueError: an unknown split, sizes below 1, or scales that do not fit into half a picture.
    """
    if split not in SPLITS:
        raise ValueError(suggest(split, list(SPLITS), "split"))
    count = {"train": 20_000, "test": 4_000}[split] if count is None else count
    size = pixels_a_side(size, max(count, 1))
    cut = [_half(picture.pixels, split) for picture in photos().values()]
    halves, starts = [half for half, _ in cut], [start for _, start in cut]
    largest = min(min(half.size) for half in halves)
    if count < 1 or not 1 <= scales[0] <= scales[1] <= largest:
        raise ValueError(
            f"count is {count}, scales are {scales}; count must be at least 1, "
            f"and scales must rise from at least 1 to at most {largest}, the smallest half picture."
        )
    # Draws of their own for each split, so that more of the one does not change the other.
    rng = np.random.default_rng([seed, split == "test"])
    patches = np.empty((count, size, size, 3), np.uint8)
    where = np.empty((count, 3), np.int64)
    labels = np.arange(count) % len(halves)
    sides = np.exp(rng.uniform(np.log(scales[0]), np.log(scales[1] + 1), count)).astype(int)
    corners = rng.random((count, 2))
    for i, (label, side, corner) in enumerate(zip(labels, sides, corners, strict=True)):
        half = halves[label]
        side = min(int(side), scales[1])
        left, top = (int(c * (n - side + 1)) for c, n in zip(corner, half.size, strict=True))
        box = (left, top, left + side, top + side)
        patches[i] = np.asarray(half.resize((size, size), Image.Resampling.BILINEAR, box=box))
        where[i] = starts[label] + left, top, side
    images = torch.from_numpy(patches).permute(0, 3, 1, 2).contiguous()
    found = (images, torch.from_numpy(labels))
    return (*found, torch.from_numpy(where)) if boxes else found


MARGIN = 8  # pixels between the training and the test half; resizing looks no further


def _half(pixels: np.ndarray, split: str) -> tuple[Image.Image, int]:
    """The part of a picture that a split may use, and the column at which it begins."""
    middle = pixels.shape[1] // 2
    first, last = (
        (0, middle - MARGIN // 2) if split == "train" else (middle + MARGIN // 2, pixels.shape[1])
    )
    return Image.fromarray(np.ascontiguousarray(pixels[:, first:last])), first
