"""Ten color photographs that need no download."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import needs, suggest
from .reading import pixels_a_side, square


@dataclass(frozen=True)
class Photo:
    """A color photograph that ships inside the wheel of another library.

    Attributes:
        name: what this book calls it.
        pixels: (height, width, 3), uint8.
        source: who made it, and which wheel carries it.
        licence: the license under which it may be used.
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
    """The ten color photographs, by name. Nothing is downloaded."""
    return {name: _photo(name) for name in _PHOTOS}


def _photo(name: str) -> Photo:
    if name not in _PHOTOS:
        raise KeyError(suggest(name, list(_PHOTOS), "photograph"))
    loader, source, licence = _PHOTOS[name]
    if loader.endswith(".jpg"):
        pixels = needs("sklearn.datasets", f"the photograph {name}").load_sample_image(loader)
    else:
        pixels = getattr(needs("skimage.data", f"the photograph {name}"), loader)()
        if isinstance(pixels, tuple):  # a stereo pair comes as (left, right, disparity)
            pixels = pixels[0]
    return Photo(name, np.ascontiguousarray(pixels[..., :3]), source, licence)


def photo(name: str, size: int = 224) -> Tensor:
    """One photograph, as bytes: what `predict`, `features` and the like take.

    The central square is resized by Pillow in integer arithmetic, so every machine gets the same
    pixels from the PNGs (astronaut, cat, coffee, motorcycle, tissue); the others are JPEGs, which
    decoders may round differently by one.

    Args:
        name: "astronaut", "cat", "coffee", …: a name of `photos()`.
        size: side in pixels.

    Returns:
        (1, 3, size, size), uint8 from 0 to 255. `as_input(photo)` goes from −1 to 1, `photo / 255`
        from 0 to 1.

    Raises:
        KeyError: an unknown name. ValueError: a size below 1, or too large.
    """
    small = square(Image.fromarray(_photo(name).pixels), pixels_a_side(size))
    return torch.from_numpy(small.copy()).permute(2, 0, 1)[None]
