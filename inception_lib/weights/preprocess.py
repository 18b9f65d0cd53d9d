"""What a picture goes through before a network with trained weights sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import ExifTags, Image
from torch import Tensor

from ..errors import needs
from .published import PUBLISHED, published


@dataclass(frozen=True)
class Preprocessing:
    """What a picture goes through before a network with trained weights sees it.

    Attributes:
        size: side of the square that is cut from the middle, in pixels.
        resize: length of the shorter side before that, in pixels.
        interpolation: "bilinear" or "bicubic", with smoothing when the picture shrinks.
        mean, std: of the three channels, for values from 0 to 1.
    """

    size: int
    resize: int
    interpolation: str
    # torchvision's pictures are normalized with ImageNet's mean and deviation, and its model maps
    # that to (x − 0.5) / 0.5 in `forward` (transform_input). Here it is one step, outside the model.
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def transform(self, image: Image.Image | np.ndarray | Tensor) -> Tensor:
        """A picture -> (3, size, size), float32, ready to be stacked into a batch.

        Args:
            image: a PIL image of any kind that `read_picture` reads, turned upright as there; or
                bytes (uint8): an array (height, width, 3), a tensor (3, height, width) or one `photo`.

        Raises:
            TypeError: anything else. ValueError: a picture without pixels, more than 100 times as long
                as wide, or of values without a known range.
        """
        image = rgb(_pil(image))
        short, long = min(image.size), max(image.size)
        if long > 100 * short:
            raise ValueError(
                f"the picture has {image.width}×{image.height} pixels; cut out a part that is at "
                "most 100 times as long as wide."
            )
        # The shorter side exactly, the longer one rounded down: as torchvision has it.
        wide, high = (int(self.resize * side / short) for side in image.size)
        image = image.resize((wide, high), getattr(Image.Resampling, self.interpolation.upper()))
        left, top = round((wide - self.size) / 2), round((high - self.size) / 2)
        image = image.crop((left, top, left + self.size, top + self.size))
        values = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float() / 255
        mean, std = (torch.tensor(v)[:, None, None] for v in (self.mean, self.std))
        return (values - mean) / std


def _pil(image: object) -> Image.Image:
    if isinstance(image, Image.Image):
        return image
    if isinstance(image, Tensor) and image.dtype == torch.uint8:
        one = image[0] if image.ndim == 4 and len(image) == 1 else image
        if one.ndim == 3 and len(one) == 3:
            return Image.fromarray(one.permute(1, 2, 0).cpu().contiguous().numpy())
    if isinstance(image, np.ndarray) and image.dtype == np.uint8:
        array = image[0] if image.ndim == 4 and len(image) == 1 else image
        if array.ndim == 2 or array.shape[2:] in ((3,), (4,)):
            return Image.fromarray(np.ascontiguousarray(array))
    shape = getattr(image, "shape", None)
    given = "" if shape is None else f" of {tuple(shape)}, {getattr(image, 'dtype', '')},"
    raise TypeError(
        f"a {type(image).__name__}{given} is not a picture; pass a PIL image, a uint8 array (height, "
        "width, 3), or a uint8 tensor (3, height, width). il.read_picture(path) reads a file."
    )


def rgb(image: Image.Image) -> Image.Image:
    """A PIL image of any kind, upright, with three channels of 8 bits.

    The camera's orientation tag (EXIF) is applied. Gray becomes three equal channels,
    transparent parts white, 16 bits are scaled to 8, and floats from 0 to 1 become 0 to 255.

    Raises:
        ValueError: no pixels, 32-bit integers or floats that have no known range, a kind of color that
            cannot be converted.
    """
    if not min(image.size):
        raise ValueError(f"the picture has {image.width}×{image.height} pixels; it is empty.")
    wide = image.mode == "I" and image.format in ("PNG", "PPM")  # 16 bits, as Pillow opens some
    if image.mode.startswith("I;16") or wide:
        values = np.asarray(image).astype(np.int64)
        eight = Image.fromarray(((values + 128) // 257).clip(0, 255).astype(np.uint8))
    elif image.mode == "F":
        floats = np.asarray(image)
        if not (floats.min() >= 0 and floats.max() <= 1):  # NaN fails, too
            raise ValueError(
                f"the picture holds floats from {floats.min():.4g} to {floats.max():.4g}; floats are "
                "taken from 0 (black) to 1 (white). Scale them first."
            )
        eight = Image.fromarray((floats * 255).round().astype(np.uint8))
    elif image.mode == "I":
        raise ValueError(
            "the picture holds 32-bit integers of unknown range; save it with 8 or 16 bits."
        )
    elif image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        over = image.convert("RGBA")
        eight = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    else:
        eight = image
    try:
        eight = eight.convert("RGB")
    except ValueError as error:
        raise ValueError(
            f"the picture's colors are {image.mode}, which Pillow cannot turn into RGB; save it as RGB."
        ) from error
    try:
        turn = _TURNS.get(image.getexif()[ExifTags.Base.Orientation])
    except Exception:  # no such note, or notes that cannot be read, as the picture can
        turn = None
    upright = eight if turn is None else eight.transpose(turn)
    upright.info = {}  # or a second reading would turn it again
    return upright


# How a camera was held, as EXIF numbers it, and what turns the picture upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def preprocessing(name: str) -> Preprocessing:
    """What belongs to the trained weights of a network: size, crop, interpolation, mean, deviation.

    Args:
        name: a network with trained weights.

    Returns:
        A `Preprocessing`; its `.transform(picture)` gives the input.

    Raises:
        ValueError: a network without trained weights.

    Source: `transforms` of torchvision's weights, with `transform_input` folded in; timm's
        pretrained configurations. A test holds them equal.
    """
    about = published(name)
    return Preprocessing(about.size, about.resize, about.interpolation)


def imagenet_classes() -> tuple[str, ...]:
    """The 1000 classes of ImageNet by name, in the order of the outputs of all these weights.

    Raises:
        ImportError: torchvision, which has the list, is not installed.

    Source: the categories in torchvision's weights enums.
    """
    models = needs("torchvision.models", "imagenet_classes")
    return tuple(models.get_weight(PUBLISHED["googlenet_torchvision"].weights).meta["categories"])
