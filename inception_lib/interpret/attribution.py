"""What excites a channel, and where a network looks."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import torch
from torch import Tensor, nn

from ..data.inputs import Data, Images, Pictures, class_numbers, one
from ..errors import needs
from ..nn.modes import bare, eager, mode
from .features import features, find


def first_filters(model: nn.Module) -> Tensor:
    """The weights of a model's first convolution.

    Args:
        model: any module with a convolution.

    Returns:
        (number, input channels, height, width), on the CPU.

    Raises:
        ValueError: a model without a convolution.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            return module.weight.detach().float().cpu().clone()
    raise ValueError("this model has no convolution.")


def most_exciting(
    model: nn.Module,
    at: str,
    images: Images | Data,
    *,
    channels: Sequence[int] | None = None,
    count: int = 6,
    labels: Any = None,
    each: int = 1,
    batch_size: int = 250,
) -> tuple[Tensor, Tensor]:
    """Which pictures excite a channel most: by the largest value of its map.

    Args:
        model: what `create_model` or `build` made; it is run in evaluation mode.
        at: a stage or branch, as in `features`.
        images: as for `predict`, one or many, or a data set.
        channels: of that stage or branch; None takes all.
        count: how many pictures for each channel.
        labels: (N,) integers; with them, at most `each` pictures of one label.
        each: see `labels`.
        batch_size: pictures at a time.

    Returns:
        (channels, count) int64 indices into `images`, the strongest first, and their values. Where
        `labels` leave fewer than `count`, the row ends in -1 and 0.

    Raises:
        KeyError: an unknown address. ValueError: a channel that is not there, a wrong number of
            labels; also, with TypeError, as `as_input`.
    """
    find(model, at)
    pictures = Pictures(images, "picture", model, labeled=False)
    with mode(model, False):
        maps = (features(model, x, [at])[at] for x, _ in pictures.batches(batch_size))
        strength = torch.cat([found.amax((2, 3)).float().cpu() for found in maps])
    if labels is not None:
        labels = class_numbers(labels, len(strength))
    chosen = list(range(strength.shape[1])) if channels is None else list(channels)
    if any(not 0 <= c < strength.shape[1] for c in chosen):
        raise ValueError(f"channels are {chosen}; {at} has channels 0 to {strength.shape[1] - 1}.")
    places = torch.full((len(chosen), count), -1)
    value = torch.zeros(len(chosen), count)
    for row, channel in enumerate(chosen):
        order = strength[:, channel].argsort(descending=True, stable=True).tolist()
        found = _at_most(order, labels, each, count)
        places[row, : len(found)] = torch.tensor(found)
        value[row, : len(found)] = strength[found, channel]
    return places, value


def _at_most(order: list[int], labels: Tensor | None, each: int, count: int) -> list[int]:
    if labels is None:
        return order[:count]
    found: list[int] = []
    taken: dict[int, int] = {}
    for i in order:
        label = int(labels[i])
        if taken.get(label, 0) < each and len(found) < count:
            taken[label] = taken.get(label, 0) + 1
            found.append(i)
    return found


def occlusion(
    model: nn.Module, image: Images, target: int, *, window: int = 8, stride: int = 4
) -> Tensor:
    """How much the score of a class falls when a gray square covers a place. By captum.

    Args:
        model: a classifier; it is run in evaluation mode.
        image: one picture, as for `as_input`; 0, which is gray, covers it.
        target: the class.
        window, stride: side of the square, and its step, in pixels.

    Returns:
        (H, W): the mean fall of the logit over the squares that cover a pixel.

    Raises:
        ImportError: captum is not installed. ValueError: several pictures, a window or stride that
            does not fit, a class that the model does not have; also, with TypeError, as `as_input`.
    """
    image = one(model, image)
    if not 1 <= stride <= window <= min(image.shape[2:]):
        raise ValueError(
            f"stride is {stride}, window is {window}; they must rise from 1 to the image's side, "
            f"{min(image.shape[2:])}."
        )
    square = (image.shape[1], window, window)
    with torch.no_grad(), mode(model, False):
        target = _target(model, image, target)
        found = needs("captum.attr", "occlusion").Occlusion(model).attribute(
            image, target=target, sliding_window_shapes=square,
            strides=(image.shape[1], stride, stride), baselines=0, perturbations_per_eval=16,
        )  # fmt: skip
    return found[0, 0].detach().cpu()


def grad_cam(model: nn.Module, image: Images, target: int, at: str) -> Tensor:
    """Grad-CAM: where a stage's maps speak for a class. By captum.

    Each channel is weighted by the mean gradient of the class's logit over its map; the weighted
    sum, where it is positive, is enlarged to the image.

    Args:
        model: a classifier that `create_model` made; it is run in evaluation mode.
        image: one picture, as for `as_input`.
        target: the class.
        at: a stage or branch, as in `features`.

    Returns:
        (H, W), at least 0.

    Raises:
        ImportError: captum is not installed. KeyError: an unknown address. ValueError: several
            pictures, a class that the model does not have; also, with TypeError, as `as_input`.

    Source: arXiv 1610.02391, section 3.
    """
    model, layer, attr = bare(model), find(model, at), needs("captum.attr", "grad_cam")
    # Gradients are needed, also where a caller does without; a picture made there is copied.
    with torch.inference_mode(False), mode(model, False), eager():
        image = one(model, image).clone()
        target = _target(model, image, target)
        cam = attr.LayerGradCam(model, layer).attribute(image, target, relu_attributions=True)
    size = tuple(image.shape[2:])
    enlarged = attr.LayerAttribution.interpolate(cam, size, interpolate_mode="bilinear")
    return enlarged[0, 0].detach().cpu()


@torch.no_grad()
def _target(model: nn.Module, image: Tensor, target: int) -> int:
    """The class as an integer, if the model has it."""
    out = model(image)
    if not isinstance(out, Tensor) or out.ndim != 2:
        raise ValueError(
            f"this {type(model).__name__} is not a classifier: its output is not (N, classes)."
        )
    try:
        number = index(target)
    except TypeError:
        number = -1
    if not 0 <= number < out.shape[1]:
        raise ValueError(f"target is {target!r}; the model has classes 0 to {out.shape[1] - 1}.")
    return number
