"""What a picture goes through before a network with trained weights sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
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

    def transform(self, image: Image.Image | np.ndarray) -> Tensor:
        """A picture -> (3, size, size), float32, ready to be stacked into a batch.

        Args:
            image: a PIL image of any mode, or an array (height, width, 3) of uint8.

        Raises:
            TypeError: anything else.
        """
        if isinstance(image, np.ndarray) and image.dtype == np.uint8:
            image = Image.fromarray(image)
        if not isinstance(image, Image.Image):
            raise TypeError(
                f"a {type(image).__name__} is no picture; pass a PIL image or a uint8 array "
                "(height, width, 3)."
            )
        image = image.convert("RGB")
        short = min(image.size)
        # The shorter side exactly, the longer one rounded down: as torchvision has it.
        wide, high = (int(self.resize * side / short) for side in image.size)
        image = image.resize((wide, high), getattr(Image.Resampling, self.interpolation.upper()))
        left, top = round((wide - self.size) / 2), round((high - self.size) / 2)
        image = image.crop((left, top, left + self.size, top + self.size))
        values = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float() / 255
        mean, std = (torch.tensor(v)[:, None, None] for v in (self.mean, self.std))
        return (values - mean) / std


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
