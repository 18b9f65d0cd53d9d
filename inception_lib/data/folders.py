"""Pictures for readers with a network or a disk."""

from __future__ import annotations

import os
import socket
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import DownloadError, as_path, needs, suggest, whole
from ..weights.preprocess import rgb
from .patches import SPLITS
from .reading import pixels_a_side, read_frames, square


def cifar10(
    split: str, folder: str | os.PathLike = "data", *, download: bool = True
) -> tuple[Tensor, Tensor]:
    """CIFAR-10: 50,000 and 10,000 pictures of ten classes.

    Args:
        split: "train" or "test".
        folder: where the files are, or should go (170 MB).
        download: whether to fetch what is missing.

    Returns:
        (N, 3, 32, 32) uint8 pictures, (N,) int64 labels.

    Raises:
        ValueError: an unknown split. ImportError: torchvision is not installed.
        DownloadError: the files are missing and cannot be fetched.

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
        folder: where the files are, or should go (100 MB; 160 pixels a side).
        size: side of the middle square, resized, in pixels.
        download: whether to fetch what is missing.

    Returns:
        (N, 3, size, size) uint8 pictures, (N,) int64 labels.

    Raises:
        ValueError: an unknown split, or a size below 1. ImportError: torchvision is not installed.
        DownloadError: the files are missing and cannot be fetched.

    Source: J. Howard, github.com/fastai/imagenette.
    """
    name = "train" if split == "train" else "val"
    found = _torchvision("Imagenette", split, folder, download, split=name, size="160px")
    side = pixels_a_side(size, len(found))
    pairs = [(square(rgb(image), side), label) for image, label in found]
    return _stack([image for image, _ in pairs], [label for _, label in pairs])


def image_folder(
    folder: str | os.PathLike, *, size: int = 64, limit: int | None = None
) -> tuple[Tensor, Tensor, list[str]]:
    """Pictures from a folder with one subfolder for each class, like ImageNet's.

    Each file is read as `read_picture` does. All are held in memory: 10,000 pictures of 64×64 take
    123 MB. Hidden files and folders, those that archives and disks add (`__MACOSX`, `@eaDir`), and
    unreadable files are left out; a warning names them.

    Args:
        folder: holds the classes' folders, which may hold folders of their own.
        size: side of the middle square, resized, in pixels.
        limit: at most this many pictures of each class, the first by name.

    Returns:
        (N, 3, size, size) uint8 pictures, (N,) int64 labels, and the classes' names by label.

    Raises:
        ValueError: no such folder, a class without a picture, a limit below 1, or a size below 1 or
            too large for this machine's memory.
    """
    limit = None if limit is None else whole("limit", limit)
    pixels_a_side(size)
    folder = as_path(folder)
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}. {_OFFLINE}")
    inside = sorted(folder.iterdir(), key=lambda path: path.name)
    names = [path.name for path in inside if path.is_dir() and not _no_pictures(path.name)]
    if not names:
        raise ValueError(
            f"{folder} has no pictures in one folder for each class: there is no folder in it."
        )
    left = {path: _WHERE for path in inside if not path.is_dir()}
    left |= {path: why for path in inside if path.is_dir() and (why := _no_pictures(path.name))}
    files = {name: _files(folder / name, left) for name in names}
    least = sum(min(len(found), limit or len(found)) for found in files.values())
    size = pixels_a_side(size, max(least, 1))
    images, labels = [], []
    for label, name in enumerate(names):
        taken = 0
        for path in files[name]:
            if taken == limit:
                break
            try:
                picture, frames = read_frames(path)
            except (ValueError, OSError) as error:  # a link to nothing, a file that is locked
                left[path] = str(error).removeprefix(f"{path} ")
                continue
            if frames > 1:
                left[path] = f"{frames} frames, the first is taken"
            images.append(square(picture, size))
            labels.append(label)
            taken += 1
        if not taken:
            raise ValueError(
                f"{folder} has no pictures for the class {name!r}: nothing in {folder / name} can be "
                f"read. Remove that folder, or put pictures there.{_say(left, folder)}"
            )
    if said := _say(left, folder):
        warnings.warn(f"image_folder:{said}", stacklevel=2)
    return *_stack(images, labels), names


_WHERE = "in no class's folder"
_HIDDEN = "hidden"
_ADDED = {"__macosx": "added by an archive of a Mac", "@eadir": "added by a network disk"}
_LITTER = (".ds_store", "thumbs.db", "desktop.ini")  # of file managers, in every folder


def _no_pictures(name: str) -> str | None:
    """Why a folder of this name is neither a class nor part of one; None if it may be."""
    return _HIDDEN if name[0] == "." else _ADDED.get(name.lower())


def _files(folder: Path, left: dict[Path, str]) -> list[Path]:
    """Everything that may be a picture, in order; the rest goes to `left`, with the reason."""
    walked = []
    seen = {os.path.realpath(folder.parent), *map(str, Path(os.path.realpath(folder)).parents)}
    for root, folders, files in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(root)) in seen:
            left[Path(root)] = "a link to what is read already"
            folders.clear()
            continue
        seen.add(real)
        left |= {Path(root) / name: _HIDDEN for name in files if name[0] == "."}
        left |= {Path(root) / name: why for name in folders if (why := _no_pictures(name))}
        folders[:] = sorted(name for name in folders if not _no_pictures(name))
        walked.append((root, sorted(name for name in files if name[0] != ".")))
    return [Path(root) / name for root, files in sorted(walked) for name in files]


def _say(left: dict[Path, str], folder: Path) -> str:
    """What was left out, in a sentence; the first of it by name."""
    named = [
        f"{path.relative_to(folder)} ({why.split(';')[0][:80]})"
        for path, why in left.items()
        if path.name.lower() not in _LITTER
    ]
    more = f"; and {len(named) - 10} more" if len(named) > 10 else ""
    return f" left out or changed: {'; '.join(named[:10])}{more}." if named else ""


_OFFLINE = (
    "These need neither a network nor a file: photo_patches(split), crops of ten photographs, and "
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
    socket.setdefaulttimeout(20)  # torchvision would wait forever
    try:
        return make(folder, download=True, **options)
    except (OSError, RuntimeError) as error:
        raise DownloadError(
            f"{name} is not in {Path(folder).absolute()} and could not be fetched: {error}. {_OFFLINE}"
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _stack(images: list[np.ndarray], labels: list[int]) -> tuple[Tensor, Tensor]:
    stacked = torch.empty(len(images), 3, *images[0].shape[:2], dtype=torch.uint8)
    for place, image in zip(stacked, images, strict=True):  # one copy, not two
        place.copy_(torch.tensor(image).permute(2, 0, 1))
    return stacked, torch.tensor(labels)
