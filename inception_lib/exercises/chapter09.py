"""Checkers of chapter 9: the family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import spec
from ..create import create_model
from ..data.inputs import as_input
from ..data.patches import photo_patches
from ..networks.blocks import reduced_block
from ..networks.registry import architecture
from ..training.loop import predict
from . import (
    Slip,
    as_number,
    as_tensor,
    called,
    exercise,
    fresh,
    is_function,
    kind,
    several,
    shown,
    whole_number,
)


@exercise("9.1")
def channels_of_batch_norm(answer: Any) -> str | None:
    """The difference of the two counts: one number more for each channel."""
    difference = 22_769_848 - 22_756_328
    slips = (
        Slip(difference // 2, "Each channel has two statistics more, but also a scale less: what is left?"),
        Slip(2 * difference, "Two numbers come and one goes: how many more are there for each channel?"),
        Slip(4 * difference, "Keras lists four numbers for each channel at most; how many more than here?"),
        Slip(127, "That is the number of convolutions. Each sends many channels through normalization."),
        Slip(32_720, "That is all channels that convolutions output. Some of them have a bias instead."),
        Slip(difference // 3, "The shift is counted by both. Which numbers does only one of them count?"),
    )  # fmt: skip
    return whole_number(answer, difference, slips)


@exercise("9.2")
def upside_down_and_gray(answer: Any) -> str | None:
    """Accuracies of `mini_bn` on 2,000 test crops that are turned upside down, and made gray."""
    parts, wrong = several(answer, "upside down", "gray")
    if wrong:
        return wrong
    found = []
    for part in parts:
        number = as_number(part)
        if number is None or number != number:
            return f"This asks for two numbers; one is {shown(part)}."
        if 1 < number <= 100:
            return "Give the accuracies as shares, from 0 to 1."
        if not 0 <= number <= 1:
            return "An accuracy is between 0 and 1."
        found.append(number)
    wanted = _accuracy("upside down"), _accuracy("gray")

    def near(number: Any, value: float) -> bool:
        return abs(number - value) <= 0.006

    if all(map(near, found, wanted)):
        return None
    if all(map(near, found, wanted[::-1])):
        return "Both are right, but not in this order: upside down comes first."
    slips = (
        Slip("unchanged", "That is the network on the crops as they are."),
        Slip("one channel", "Gray is the mean of the three colors, not one of them."),
        Slip("lost", "That is what is named wrongly, not what is named."),
    )  # fmt: skip
    right = {name: _accuracy(name) for name in _READINGS}
    right |= {f"{name}, lost": 1 - right[name] for name in ("upside down", "gray")}
    for what, number, value in zip(("Upside down", "Gray"), found, wanted, strict=True):
        if near(number, value):
            continue
        key = what.lower()
        for slip, sentence in slips:
            if any(
                near(number, v) for name, v in right.items() if name in (slip, f"{key}, {slip}")
            ):
                return f"{what}: {sentence[0].lower()}{sentence[1:]}"
        return f"{what} it names {'more' if number < value else 'fewer'} than that."
    return None


# What is done to the crops, also by mistake
_READINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "upside down": lambda x: x.flip(2),
    "gray": lambda x: x.mean(1, keepdim=True).expand_as(x),
    "unchanged": lambda x: x,
    "gray, one channel": lambda x: x[:, 1:2].expand_as(x),
}


@cache
def _accuracy(what: str) -> float:
    """The share of the crops that is named after this was done to them."""
    crops, labels = photo_patches("test", 2000)
    model = create_model("mini_bn", pretrained=True)
    found = predict(model, _READINGS[what](as_input(crops)))
    return float((found.argmax(1) == labels).float().mean())


@exercise("9.3", is_function)
def prepare(answer: Any) -> str | None:
    """A function that makes of OpenCV's picture what `mini_bn` was trained on."""
    for height, width in ((8, 6), (5, 5), (7, 2)):
        numbers = [fresh.randrange(256) for _ in range(3 * height * width)]
        picture = np.array(numbers, dtype=np.uint8).reshape(height, width, 3)
        picture[0, 0] = 0, 128, 255
        got, wrong = called(answer, picture.copy())
        if wrong:
            return wrong
        found = as_tensor(got)
        where = f"For a picture of {height}×{width}"
        if found is None:
            return f"{where} it gives {shown(got)}; a tensor is expected."
        if tuple(found.shape) == (1, 3, height, width):
            return f"{where} it gives a batch of one; a single picture is asked for."
        if tuple(found.shape) != (3, height, width):
            return f"{where} its result is {tuple(found.shape)}, not (3, {height}, {width})."
        found = found.double()
        raw = torch.tensor(picture).double()
        layouts = _layouts(raw)
        scales = {
            name: partial(_scaled, low=low, high=high)
            for name, (low, high) in {"right": (-1, 1), "half": (0, 1), "bytes": (0, 255)}.items()
        }
        fits = [
            (layout, scale)
            for layout, pixels in layouts.items()
            for scale, scaled in scales.items()
            if torch.allclose(found, scaled(pixels), atol=0.02)
        ]
        if ("right", "right") in fits:
            continue
        if not fits:
            return f"{where} its values run from {found.min():.2f} to {found.max():.2f}, and they are not the picture's in any order or scale that this check knows."
        layout, scale = fits[0]
        return _SLIPS[layout] if layout != "right" else _SLIPS[scale]
    return None


_SLIPS = {
    "colors": "Each place is right, and its colors are in the wrong order.",
    "memory": "The numbers are read on in the order of memory, so neighbors in the result were not neighbors in the picture.",
    "memory, colors": "The numbers are read on in the order of memory; turning the colors around afterwards does not mend that.",
    "turned": "Height and width have changed places.",
    "mirrored": "The colors are right, and the picture is turned around as well.",
    "half": "Colors and places are right. The values run from 0 to 1, which is not what this network was trained on.",
    "bytes": "Colors and places are right. The values are still bytes.",
}  # fmt: skip


def _layouts(raw: Tensor) -> dict[str, Tensor]:
    """(height, width, 3), blue first -> what can become of it: the right one first."""
    height, width, _ = raw.shape
    right = raw.permute(2, 0, 1).flip(0)
    found = {
        "right": right,
        "colors": right.flip(0),
        "memory": raw.reshape(3, height, width),
        "memory, colors": raw.reshape(3, height, width).flip(0),
        "mirrored": right.flip(1, 2),
    }
    if height == width:
        found["turned"] = right.transpose(1, 2)
    return found


def _scaled(pixels: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * pixels / 255


def _changed() -> list[tuple[spec.Network, str | None, str]]:
    """(network, the first stage that differs, what was done to it)."""
    paper = architecture("googlenet")

    def other(**stages: spec.Node) -> spec.Network:
        return replace(
            paper, stages=tuple((name, stages.get(name, node)) for name, node in paper.stages)
        )

    conv1: Any = paper["conv1"]
    wide = reduced_block(160, 112, 224, 24, 64, 96)
    pool = spec.MaxPool(2, 2, padding="valid")
    mended = replace(paper, defaults=replace(paper.defaults, norm="batch_norm", bias=False))
    # two stages that nobody can know before, each of them another; the first one is to be found
    one, two = sorted(fresh.sample(paper.names, 2), key=paper.names.index)
    return [
        (paper, None, "nothing was changed"),
        (other(**{"4b": wide}), "4b", "a width was changed"),
        (other(pool4=pool), "pool4", "a pooling was changed"),
        (other(pool4=pool, **{"3b": paper["3a"]}), "3b", "two stages were changed"),
        (other(conv1=replace(conv1, stride=1)), "conv1", "a stride was changed"),
        (other(**{"5b": paper["5a"]}), "5b", "a block was put in twice"),
        (replace(paper, title="mine", name="mine"), None, "only its name was changed"),
        (
            other(**{one: spec.AvgPool(5), two: spec.AvgPool(5)}),
            one,
            "two stages were changed into poolings",
        ),
        (mended, "conv1", "the network's defaults were changed, so every convolution is another"),
    ]


@exercise("9.4", is_function)
def first_difference(answer: Any) -> str | None:
    """A function that finds the first changed stage, tried on several networks."""
    cases = _changed()
    answers = []
    for network, _, _ in cases:
        got, wrong = called(answer, network, none=True)
        if wrong:
            return wrong
        answers.append(got)
    if all(got is None for got in answers):
        raise NotImplementedError
    for (_, right, what), got in zip(cases, answers, strict=True):
        if got is not None and not isinstance(got, str):
            return f"It gives {kind(got)} where {what}; the name of a stage is expected, or None."
        if got != right:
            if right is None:
                return f"It gives {got!r} where {what}; None is expected."
            if got is None:
                return f"It finds nothing where {what}."
            if got not in cases[0][0].names:
                return f"It gives {got!r} where {what}, which no stage is called."
            return f"It gives {got!r} where {what}; that is not the first stage that differs."
    return None
