"""Chapter 11: a trained network on a small folder of other pictures: head alone, everything, from nothing.

The pictures are crops of seven gray photographs of surfaces, which the shipped networks have not seen.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from ..create import create_model
from ..data.folders import image_folder
from ..data.inputs import as_input
from ..data.patches import MARGIN
from ..errors import needs
from ..nn.handmade import LIGHT
from ..nn.network import InceptionNet
from ..training.loop import evaluate, predict
from ..training.plans import LADDER, SEEDS, crops
from ..training.runner import Part, Pictures
from ..weights.records import training_record
from . import experiment, quiet_fit

SURFACES = ("brick", "coins", "grass", "gravel", "moon", "page", "text")  # of skimage.data
COUNTS = (5, 10, 20)  # training pictures of each class
POOL = 20  # of each class and seed: the largest of COUNTS
TEST = 60  # test pictures of each class
NETWORK = "mini_bn"
STEPS, BATCH, HEAD_LR, TRUNK_LR, WEIGHT_DECAY = 150, 16, 1e-2, 1e-3, 0.01
EARLY = (10, 25, 50, 100)  # steps after which there is a look at the test pictures, too


# Pictures ---------------------------------------------------------------------------------------
def make_folder(folder: str, *, train: int = POOL, test: int = TEST, first: int = 0) -> None:
    """Write a small data set as a reader would have it: folder/train/brick/00.png, ….

    A picture is a square of a surface, 24 to 90 pixels wide, under a light of its own, 64×64 and gray.
    Training pictures are from the left half of each photograph, test pictures from the right half.

    Args:
        folder: where; "train" and "test" in it are made.
        train, test: pictures of each class.
        first: number of the first training picture; a different number gives different pictures.
    """
    for split, numbers in (("train", range(first, first + train)), ("test", range(test))):
        for name in SURFACES:
            os.makedirs(os.path.join(folder, split, name), exist_ok=True)
            half = _half(name, split)
            for number in numbers:
                path = os.path.join(folder, split, name, f"{number:02d}.png")
                _crop(half, [SURFACES.index(name), split == "test", number]).save(path)


@cache
def _half(name: str, split: str) -> Image.Image:
    pixels = getattr(needs("skimage.data", f"the photograph {name}"), name)()
    middle = pixels.shape[1] // 2
    part = slice(0, middle - MARGIN // 2) if split == "train" else slice(middle + MARGIN // 2, None)
    return Image.fromarray(np.ascontiguousarray(pixels[:, part]))


def _crop(half: Image.Image, seed: Sequence[int]) -> Image.Image:
    rng = np.random.default_rng([int(part) for part in seed])
    side = int(np.exp(rng.uniform(np.log(24), np.log(91))))
    left, top = (int(rng.random() * (n - side + 1)) for n in half.size)
    box = (left, top, left + side, top + side)
    square = np.asarray(half.resize((64, 64), Image.Resampling.BILINEAR, box=box)).astype(float)
    lit = (square - 128) * rng.uniform(0.5, 1.2) + 128 + rng.uniform(-50, 50)
    return Image.fromarray(lit.round().clip(0, 255).astype(np.uint8))


@cache
def pictures(seed: int) -> tuple[Pictures, Pictures]:
    """((training images, labels), (test images, labels)) of a seed, read back from a folder."""
    with tempfile.TemporaryDirectory() as folder:
        make_folder(folder, first=seed * POOL)
        train, test = (
            image_folder(os.path.join(folder, split), size=32)[:2] for split in ("train", "test")
        )
    return train, test


def some(train: Pictures, count: int) -> Pictures:
    """The first `count` of each class."""
    images, labels = train
    keep = torch.cat([torch.nonzero(labels == c)[:count, 0] for c in range(len(SURFACES))])
    return images[keep], labels[keep]


# Training ---------------------------------------------------------------------------------------
SHIPPED, GREY, RANDOM = "shipped", "grey", "random"  # where a trunk has its weights from


def start(weights: str, seed: int, classes: int = len(SURFACES)) -> InceptionNet:
    """A network whose linear layer begins at zero; with no classes, its trunk alone.

    Args:
        weights: "shipped", as with pretrained=True; "grey", see `grey_weights`; or "random".
        seed: of random weights.
        classes: outputs.
    """
    model = create_model(NETWORK, pretrained=weights == SHIPPED, num_classes=classes, seed=seed)
    if weights == GREY:
        model.stages.load_state_dict(grey_weights())
    if classes:
        nn.init.zeros_(model.get_parameter("head.fc.weight"))
    return model


@cache
def grey_weights() -> dict[str, Tensor]:
    """Of a trunk trained as the shipped one, on the same crops without color, each in its own light."""
    images, labels = crops()[0]
    model = create_model(NETWORK, seed=0)
    quiet_fit(model, (grey(images), labels), recipe=LADDER[NETWORK].recipe)
    return model.stages.state_dict()


def grey(images: Tensor, seed: int = 0) -> Tensor:
    """Color pictures (N, 3, H, W), bytes, as the surfaces are: gray, in a random light."""
    rng = torch.Generator().manual_seed(seed)
    gain, shift = torch.rand(2, len(images), 1, 1, 1, generator=rng)
    light = (images * torch.tensor(LIGHT)[:, None, None]).sum(1, keepdim=True)
    lit = (light - 128) * (0.5 + 0.7 * gain) + 128 + 100 * shift - 50
    return lit.round().clamp(0, 255).to(torch.uint8).expand(-1, 3, -1, -1).contiguous()


def tune(
    model: InceptionNet,
    data: Pictures,
    seed: int,
    *,
    trunk_lr: float = TRUNK_LR,
    head_lr: float = HEAD_LR,
    frozen: Sequence[str] = (),
    fixed_statistics: bool = False,
    batch: int = BATCH,
    steps: int = STEPS,
    flips: bool = False,
    watch: Callable[[int], None] = lambda step: None,
) -> list[float]:
    """Train the trunk and the head at two learning rates; returns the losses.

    Args:
        model: what `start` gave.
        data: bytes (N, 3, 32, 32) and labels.
        seed: of the order of the pictures and of flips.
        trunk_lr, head_lr: at the start; both fall to zero as a cosine.
        frozen: stages that stay as they are, their statistics too.
        fixed_statistics: whether batch normalization keeps the statistics that it came with.
        batch: pictures in a step.
        steps: how many.
        flips: whether half of the pictures are mirrored.
        watch: called after each step with how many are done.
    """
    model.to(memory_format=torch.channels_last)  # twice as fast on a CPU; the values are the same
    for name in frozen:
        model.stages[name].requires_grad_(False)
    trunk = [p for p in model.stages.parameters() if p.requires_grad]
    groups = [
        {"params": trunk, "lr": trunk_lr},
        {"params": model.head.parameters(), "lr": head_lr},
    ]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps))
    )
    rng = torch.Generator().manual_seed(seed)
    losses, order = [], torch.empty(0, dtype=torch.long)
    for step in range(steps):
        model.train()
        for name, stage in model.stages.items():
            stage.train(not fixed_statistics and name not in frozen)
        if len(order) < batch:
            order = torch.randperm(len(data[1]), generator=rng)
        take, order = order[:batch], order[batch:]
        x, y = as_input(data[0][take]), data[1][take]
        if flips:
            mirrored = torch.rand(len(x), generator=rng) < 0.5
            x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        watch(step + 1)
    return losses


def linear(x: Tensor, y: Tensor, steps: int = 300) -> nn.Linear:
    """A linear layer on ready features, from zero, all of them in each step."""
    head = nn.Linear(x.shape[1], len(SURFACES))
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.AdamW(head.parameters(), lr=HEAD_LR, weight_decay=WEIGHT_DECAY)
    for _ in range(steps):
        loss = F.cross_entropy(head(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return head


def trunk(weights: str, seed: int, images: Tensor) -> InceptionNet:
    """The network without its linear layer. A random one gets statistics of these pictures."""
    model = start(weights, seed, classes=0)
    if weights == RANDOM:
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = None  # the mean over all batches
        with torch.no_grad():
            model(as_input(images))
    return model.eval()


# Measuring ----------------------------------------------------------------------------------------
def change(before: Mapping[str, Tensor], model: InceptionNet) -> dict[str, float]:
    """By how much the weights of each stage have moved, as a share of their norm before."""
    after, moved = model.state_dict(), {}
    for stage in model.stages:
        keys = [k for k in before if k.startswith(f"stages.{stage}.") and k.endswith("conv.weight")]
        if keys:
            gap = sum(float((after[k] - before[k]).square().sum()) for k in keys)
            moved[stage] = math.sqrt(gap / sum(float(before[k].square().sum()) for k in keys))
    return moved


def _share(model: nn.Module, test: Pictures) -> float:
    return round(evaluate(model, test)[0], 4)


def _head(weights: str, count: int, seed: int) -> float:
    train, test = pictures(seed)
    train = some(train, count)
    if weights == "pixels":
        values = [as_input(images).flatten(1) for images, _ in (train, test)]
    else:
        model = trunk(weights, seed, train[0])
        values = [predict(model, images) for images, _ in (train, test)]
    right = linear(values[0], train[1])(values[1]).argmax(1) == test[1]
    return round(float(right.float().mean()), 4)


def _tuned(weights: str, count: int, seed: int, **options: Any) -> dict:
    train, test = pictures(seed)
    model = start(weights, seed)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    by_step = {}

    def watch(step: int) -> None:
        if step in EARLY:
            by_step[step] = _share(model, test)

    losses = tune(model, some(train, count), seed, watch=watch, **options)
    return {
        "test_accuracy": _share(model, test),
        "after": by_step,
        "last_loss": round(sum(losses[-10:]) / 10, 4),
        "moved": {stage: round(value, 4) for stage, value in change(before, model).items()},
    }


STAGES = ("conv1", "pool1", "3a", "3b", "pool3", "4a", "4b")
RATES = (0.0, 1e-4, 1e-2)  # and TRUNK_LR itself
FROZEN = {"up to 3a": STAGES[:3], "up to 3b": STAGES[:4], "up to 4a": STAGES[:6]}


def _data(seed: int) -> list[Pictures]:
    return [*pictures(seed), crops()[0]]


@experiment("own_pictures", SEEDS, lists=True)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    """Each kind of training with each seed."""
    heads = {"pixels": "pixels", "random trunk": RANDOM, "head": SHIPPED, "grey head": GREY}
    kinds: dict[str, partial[Any]] = {}
    for n in COUNTS:
        kinds |= {f"{name}, {n}": partial(_head, weights, n) for name, weights in heads.items()}
        for name, weights in (("all", SHIPPED), ("scratch", RANDOM), ("grey all", GREY)):
            kinds[f"{name}, {n}"] = partial(_tuned, weights, n)
    at_ten = partial(_tuned, SHIPPED, 10)
    for rate in RATES:
        kinds[f"trunk lr {rate:g}"] = partial(at_ten, trunk_lr=rate)
        if rate:
            kinds[f"scratch lr {rate:g}"] = partial(_tuned, RANDOM, 10, trunk_lr=rate)
    for name, stages in FROZEN.items():
        kinds[f"frozen {name}"] = partial(at_ten, frozen=stages)
    for size in (2, 4, 16):
        for fixed in (False, True) if size < BATCH else (True,):
            name = f"batch {size}, {'fixed' if fixed else 'batch'} statistics"
            kinds[name] = partial(at_ten, batch=size, fixed_statistics=fixed)
    kinds["flips"] = partial(at_ten, flips=True)
    decides = {
        "tuning": [STEPS, BATCH, HEAD_LR, TRUNK_LR, WEIGHT_DECAY, EARLY],
        "shipped": training_record(NETWORK)["sha256"],
        "light": LIGHT,
        **LADDER[NETWORK].decides(),
    }
    data = {seed: partial(_data, seed) for seed in seeds}
    return {
        f"{name}, seed {seed}": Part(partial(kind, seed), data[seed], decides)
        for name, kind in kinds.items()
        for seed in seeds
    }
