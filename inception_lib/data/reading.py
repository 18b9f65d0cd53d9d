"""Picture files: one reader for all of them."""

from __future__ import annotations

import os
import warnings
from operator import index
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import as_path
from ..weights.preprocess import rgb

LARGEST = 8192  # pixels a side that a picture can be asked for


def read_picture(path: str | os.PathLike) -> Image.Image:
    """A picture file, ready for a network: upright, in color, 8 bits.

    The camera's orientation tag (EXIF) is applied. Gray, palettes and CMYK become RGB,
    transparent parts white, 16 bits are scaled to 8, floats (TIFF) from 0 to 1 become 0 to 255. Of a
    file with several frames the first is taken, and a warning says so.

    Args:
        path: a file of any kind that Pillow reads: JPEG, PNG, GIF, WebP, TIFF, BMP, ….

    Returns:
        A PIL image of mode "RGB": for `preprocessing(name).transform`, `predict`, or `np.asarray`.

    Raises:
        FileNotFoundError: there is no such file. ValueError: it is damaged, empty, not a picture,
            has more pixels than Pillow allows (`Image.MAX_IMAGE_PIXELS`, twice), or values without a
            known range. The message names the file.
    """
    picture, frames = read_frames(path)
    if frames > 1:
        warnings.warn(f"{path} has {frames} frames; the first is taken.", stacklevel=2)
    return picture


def read_frames(path: str | os.PathLike) -> tuple[Image.Image, int]:
    """As `read_picture`, and how many frames the file has."""
    path = as_path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}; check the name and the folder.")
    if not path.is_file():
        raise ValueError(f"{path} is a folder; give a picture file. image_folder reads folders.")
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty (0 bytes); copy it again, or remove it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large, and allowed
            with Image.open(path) as image:
                # The second picture of an MPO is for the other eye, or a preview.
                frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
                image.load()
                return rgb(image), frames
    except Image.UnidentifiedImageError as error:
        raise ValueError(
            f"{path} is not a picture that Pillow can read{_why(path)}; save it as JPEG or PNG."
        ) from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path} is too large: {error} Make it smaller first.") from error
    except Exception as error:  # each decoder has its own
        raise ValueError(f"{path} cannot be read: {error or type(error).__name__}") from error


def _why(path: Path) -> str:
    if path.suffix.lower() in (".heic", ".heif"):
        return " (pip install pillow-heif, then pillow_heif.register_heif_opener())"
    return ", or it is damaged"


def square(image: Image.Image, size: int) -> np.ndarray:
    """The central square, resized."""
    side = min(image.size)
    left, top = ((n - side) // 2 for n in image.size)
    box = (left, top, left + side, top + side)
    return np.asarray(image.crop(box).resize((size, size), Image.Resampling.BICUBIC))


def pixels_a_side(size: int, count: int = 1) -> int:
    """`size` as an integer, if that many squares of it can be held in memory.

    Raises:
        ValueError: not an integer from 1 to `LARGEST`, or more bytes than half of this machine's memory.
    """
    try:
        whole = index(size)
    except TypeError:
        whole = 0
    if isinstance(size, bool) or not 1 <= whole <= LARGEST:
        raise ValueError(f"size is {size!r}; give pixels, from 1 to {LARGEST:,}.")
    need = 3 * count * whole**2
    if need > (most := _memory() // 2):
        raise ValueError(
            f"size is {whole}: {count:,} pictures would take {need / 1e9:.1f} GB, and this machine can "
            f"spare {most / 1e9:.1f}. Give a smaller size, or fewer pictures (limit)."
        )
    return whole


def _memory() -> int:
    """Bytes of this machine's memory; 16 GiB where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 34
