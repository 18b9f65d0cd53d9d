"""Chapter 3: is the mean over many crops of a picture better than one crop?

Windows of the photographs' test halves, taller than wide or wider than tall, are named by small
networks that ship: from 1 crop, from 10 and from 144, as in arXiv 1409.4842, section 7, at small
scale: crops of 32 pixels where the paper's have 224.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..create import create_model
from ..data.patches import MARGIN
from ..data.photos import photos
from ..training.loop import predict
from ..training.runner import Part
from ..weights.records import training_record
from . import experiment

NETWORKS = ("mini_reduced", "mini_googlenet_aux", "mini_bn")
COUNT = 1000
FIRST = 40  # windows whose answers a chapter computes again
SIZE = 32
SIDES = (37, 41, 46, 50)  # 256, 288, 320 and 352, times 32 / 224
SHAPE = (4, 3, 2, 6)  # sides, squares, mirrored or not, crops of a square
SOME = (1, 2, 4, 8, 16, 36, 72, 144)


def windows(count: int = COUNT, seed: int = 0) -> tuple[list[Image.Image], Tensor]:
    """Windows of the test halves: no network of this book was trained on one of their pixels.

    The shorter side is drawn evenly in its logarithm from 24 to 128 pixels; the longer one is 4/3 of
    it. Half of the windows, by chance, are upright.

    Args:
        count: how many; the photographs take turns.
        seed: which.

    Returns:
        (pictures, (count,) int64 labels: the index of the photograph in `photos()`).
    """
    rng = np.random.default_rng([seed, 144])
    halves = [p.pixels[:, p.pixels.shape[1] // 2 + MARGIN // 2 :] for p in photos().values()]
    labels = np.arange(count) % len(halves)
    made = []
    for label in labels:
        short = int(np.exp(rng.uniform(np.log(24), np.log(129))))
        sides = (short, short * 4 // 3)[:: 1 if rng.random() < 0.5 else -1]
        half = halves[label]
        top, left = (int(rng.integers(n - s + 1)) for n, s in zip(half.shape, sides, strict=False))
        cut = half[top : top + sides[0], left : left + sides[1]]
        made.append(Image.fromarray(np.ascontiguousarray(cut)))
    return made, torch.from_numpy(labels)


def squares(picture: Tensor) -> Iterator[Tensor]:
    """The first, the middle and the last square of (3, H, W), along its longer side."""
    height, width = picture.shape[1:]
    side, extra = min(height, width), abs(height - width)
    for start in (0, extra // 2, extra):
        yield picture.narrow(2 if width > height else 1, start, side)


def six(square: Tensor, size: int = SIZE) -> Tensor:
    """(3, n, n) bytes -> (6, 3, size, size): four corners, the middle, and all of it, resized."""
    last = square.shape[1] - size
    corners = [(0, 0), (0, last), (last, 0), (last, last), (last // 2, last // 2)]
    cut = [square[:, y : y + size, x : x + size] for y, x in corners]
    return torch.stack([*cut, resized(image_of(square), (size, size))])


def crops(picture: Image.Image, sides: tuple[int, ...] = SIDES, size: int = SIZE) -> Tensor:
    """All crops of one picture: (144, 3, size, size) bytes; as (4, 3, 2, 6, …) in `SHAPE`'s order."""
    found = []
    for side in sides:
        scale = side / min(picture.size)
        width, height = (round(n * scale) for n in picture.size)
        for square in squares(resized(picture, (width, height))):
            plain = six(square, size)
            found += [plain, plain.flip(-1)]
    return torch.cat(found)


def resized(picture: Image.Image, size: tuple[int, int]) -> Tensor:
    """(3, height, width) bytes of a picture resized to (width, height), in integer arithmetic."""
    small = np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
    return torch.from_numpy(small.copy()).permute(2, 0, 1)


def image_of(pixels: Tensor) -> Image.Image:
    """(3, H, W) bytes as a picture."""
    return Image.fromarray(np.ascontiguousarray(pixels.permute(1, 2, 0).numpy()))


@cache
def _all() -> tuple[Tensor, Tensor]:
    pictures, labels = windows()
    return torch.stack([crops(picture) for picture in pictures]), labels


def means(shares: Tensor) -> dict[int, Tensor]:
    """Softmax of all crops, (N, 144, classes), as the mean over 1, 10 and 144 of them.

    One crop is the middle of the middle square at the smallest size; ten are that square's corners
    and middle, and their mirror images.
    """
    by_place = shares.unflatten(1, SHAPE)
    ten = by_place[:, 0, 1, :, :5].flatten(1, 2)
    return {1: by_place[:, 0, 1, 0, 4], 10: ten.mean(1), 144: shares.mean(1)}


def _try(name: str) -> dict:
    pictures, labels = _all()
    model = create_model(name, pretrained=True)
    shares = torch.cat(
        [predict(model, part.flatten(0, 1)).softmax(1) for part in pictures.split(25)]
    ).unflatten(0, (COUNT, 144))
    right = {n: mean.argmax(1) == labels for n, mean in means(shares).items()}
    draws = torch.Generator().manual_seed(0)
    by_count = {}
    for n in SOME:
        picks = [torch.randperm(144, generator=draws)[:n] for _ in range(20)]
        hits = [(shares[:, pick].mean(1).argmax(1) == labels).double().mean() for pick in picks]
        by_count[str(n)] = round(float(torch.stack(hits).mean()), 4)
    plain = shares.unflatten(1, SHAPE)[:, :, :, 0].flatten(1, 3).mean(1)
    return {
        "right": {str(n): int(hit.sum()) for n, hit in right.items()},
        "won": {str(n): int((right[n] & ~right[1]).sum()) for n in (10, 144)},
        "lost": {str(n): int((right[1] & ~right[n]).sum()) for n in (10, 144)},
        "without_mirrors": int((plain.argmax(1) == labels).sum()),
        "random_crops": by_count,
        "first_right": {str(n): hit[:FIRST].int().tolist() for n, hit in right.items()},
    }


def _photos() -> list[tuple[Tensor, Tensor]]:
    return [(torch.tensor(p.pixels), torch.tensor(i)) for i, p in enumerate(photos().values())]


@experiment("multi_crop")
def parts(_: Iterable[int]) -> dict[str, Part]:
    """One part for each network."""
    same = {"count": COUNT, "margin": MARGIN, "size": SIZE, "sides": SIDES, "shape": SHAPE}
    same |= {"some": SOME, "first": FIRST}
    return {
        name: Part(
            partial(_try, name), _photos, same | {"weights": training_record(name)["sha256"]}
        )
        for name in NETWORKS
    }
