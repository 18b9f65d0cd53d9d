"""Pictures for readers with a network or a disk."""

from __future__ import annotations

import os
import socket
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import DownloadError, needs, suggest
from .patches import SPLITS
from .photos import square


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
        found = needs("torchvision.datasets", "image_folder").ImageFolder(folder)
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


def _torchvision(name: str, split: str, folder, download: bool, /, **options):
    if split not in SPLITS:
        raise ValueError(suggest(split, list(SPLITS), "split"))
    make = getattr(needs("torchvision.datasets", name), name)
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
        images.append(square(image.convert("RGB"), size))
        labels.append(label)
    stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return stacked, torch.tensor(labels)
