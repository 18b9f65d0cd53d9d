"""Real pictures that need no download, and stimuli of known size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    "galaxies": ("hubble_deep_field", f"NASA, Hubble; {_SKIMAGE}hubble_deep_field", "public domain"),
    "tissue": ("immunohistochemistry", f"Center for Microscopy and Molecular Imaging; {_SKIMAGE}immunohistochemistry", "no known restriction"),
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
    side = min(pixels.shape[:2])
    top, left = ((n - side) // 2 for n in pixels.shape[:2])
    square = Image.fromarray(pixels[top : top + side, left : left + side])
    small = np.asarray(square.resize((size, size), Image.Resampling.BICUBIC))
    return torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 255


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
