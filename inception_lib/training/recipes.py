"""Recipes that others published with the accuracy they reached, and a small one: `il.recipes()`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..errors import flag, number, whole
from .recipe import Recipe


@dataclass(frozen=True)
class TrainingRecipe(Recipe):
    """How to train one network on folders or shards of pictures: a `Recipe` and what else decides.

    Attributes:
        model: a name that `create_model` knows.
        aux: whether its auxiliary heads are trained.
        dropout: before the last layer; None keeps the network's.
        input_size: side of a training picture, in pixels.
        resize: shorter side of a test picture before its middle is cut out.
        smallest: share of a picture's area that a random crop has at least; 1 takes pictures as they are.
        autoaugment: whether ImageNet's AutoAugment policy is applied.
        erasing: chance that a random rectangle becomes gray.
        mixup: alpha of the beta distribution that pairs of pictures are mixed with; 0 leaves it out.
        warmup_epochs: in which the rate rises to `lr` in equal steps.
        cosine_epochs: how long the cosine takes after that; None takes the rest.
        min_lr: where the cosine ends.
        decay_all: whether biases and batch normalization decay too.
        average: of the parameters, decayed by this each step, evaluated and saved; None leaves it out.
        reported: top-1 accuracy on ImageNet in percent, one crop, that the source gives; or None.
        source: where the recipe is from.
        differs: what is different here, as the end of a sentence.
    """

    model: str = ""
    aux: bool = False
    dropout: float | None = None
    input_size: int = 224
    resize: int = 256
    smallest: float = 0.08
    autoaugment: bool = False
    erasing: float = 0.0
    mixup: float = 0.0
    warmup_epochs: int = 0
    cosine_epochs: int | None = None
    min_lr: float = 0.0
    decay_all: bool = False
    average: float | None = None
    reported: float | None = None
    source: str = ""
    differs: str = ""

    def __post_init__(self):
        super().__post_init__()
        for name in ("input_size", "resize"):
            object.__setattr__(self, name, whole(name, getattr(self, name)))
        for name in ("aux", "autoaugment", "decay_all"):
            flag(name, getattr(self, name))
        for name in ("erasing", "mixup", "warmup_epochs", "min_lr"):
            number(name, getattr(self, name), "a number of at least 0", lambda v: v >= 0)
        number("smallest", self.smallest, "a share above 0, at most 1", lambda v: 0 < v <= 1)
        if self.average is not None:
            number("average", self.average, "a number above 0, below 1", lambda v: 0 < v < 1)

    def lr_at(self, step: int, steps: int, per_epoch: int) -> float:
        """As in `Recipe`, with warm-up: in its first step the rate is one step above zero."""
        warm = min(int(self.warmup_epochs * per_epoch), steps)
        if step < warm:
            return self.lr * (step + 1) / warm
        if self.schedule != "cosine":
            return super().lr_at(step, steps, per_epoch)
        span = max(1, min(steps - warm, (self.cosine_epochs or math.inf) * per_epoch))
        share = min(1.0, (step - warm) / span)
        return self.min_lr + (self.lr - self.min_lr) * 0.5 * (1 + math.cos(math.pi * share))


_MINDCV = "MindCV, configs/{}_ascend.yaml and README: 8 devices with 32 pictures each"
_PADDLE = "PaddleClas, ppcls/configs/ImageNet/Inception/{}.yaml, and its table of Inception models"
_FOUR = "256 pictures are those of four devices with 64 each; the source does not say how many devices it had"
_SGD: dict[str, Any] = {
    "optimizer": "sgd",
    "momentum": 0.9,
    "schedule": "cosine",
    "batch_size": 256,
    "amp": False,
}
_V3: dict[str, Any] = {"input_size": 299, "resize": 341}

_RECIPES = {
    "mini_googlenet": TrainingRecipe(
        model="mini_googlenet_aux", aux=True, input_size=32, resize=32, smallest=1.0, epochs=4,
        amp=False,
        source="this book",
    ),
    "googlenet_mindcv": TrainingRecipe(
        **_SGD, model="googlenet", dropout=0.2, epochs=300, lr=0.01, min_lr=1e-4, warmup_epochs=2,
        cosine_epochs=200, weight_decay=4e-5, label_smoothing=0.1, reported=72.89,
        source=_MINDCV.format("googlenet/googlenet"),
        differs="the network has local response normalization, which the source's does not",
    ),
    "googlenet_paddleclas": TrainingRecipe(
        **_SGD, model="googlenet", aux=True, epochs=200, lr=0.01, warmup_epochs=5,
        weight_decay=1e-4, decay_all=True, reported=70.7, source=_PADDLE.format("GoogLeNet"),
        differs=_FOUR,
    ),
    "inception_v3_mindcv": TrainingRecipe(
        **_SGD, **_V3, model="inception_v3", aux=True, aux_weight=0.1, epochs=200, lr=0.045,
        warmup_epochs=5, cosine_epochs=195, weight_decay=4e-5, label_smoothing=0.1,
        autoaugment=True, erasing=0.25, reported=79.25,
        source=_MINDCV.format("inceptionv3/inception_v3"),
    ),
    "inception_v3_paddleclas": TrainingRecipe(
        **_SGD, **_V3 | {"resize": 320}, model="inception_v3", epochs=200, lr=0.045,
        weight_decay=1e-4, decay_all=True, label_smoothing=0.1, mixup=0.2, reported=79.1,
        source=_PADDLE.format("InceptionV3"), differs=_FOUR,
    ),
    "inception_v3_paper": TrainingRecipe(
        **_V3, model="inception_v3", aux=True, epochs=100, batch_size=1600, optimizer="rmsprop",
        lr=0.045, momentum=0.9, decay=0.9, eps=1.0, schedule="exponential", factor=0.94,
        factor_epochs=2, clip_norm=2.0, label_smoothing=0.1, weight_decay=0.0, amp=False,
        source="arXiv 1512.00567, sections 7 and 8; momentum from the code released with it",
        differs="the parts of a batch wait for one another, which the paper's 50 replicas with 32 pictures "
        "each did not, and nothing decays, because the paper gives no weight decay. It averages the "
        "parameters, with a decay that it does not give: `--set average=0.999` does so",
    ),
    "inception_v4_mindcv": TrainingRecipe(
        **_SGD, **_V3, model="inception_v4", epochs=200, lr=0.045, warmup_epochs=5,
        cosine_epochs=195, weight_decay=4e-5, label_smoothing=0.1, autoaugment=True, erasing=0.25,
        reported=80.98, source=_MINDCV.format("inceptionv4/inception_v4"),
    ),
    "inception_v4_paddleclas": TrainingRecipe(
        **_SGD, **_V3 | {"resize": 320}, model="inception_v4", epochs=200, lr=0.045,
        weight_decay=1e-4, decay_all=True, label_smoothing=0.1, mixup=0.2, reported=80.8,
        source=_PADDLE.format("InceptionV4"), differs=_FOUR,
    ),
}  # fmt: skip


def recipes() -> dict[str, TrainingRecipe]:
    """Recipes by name, each with its source and the accuracy that the source reports.

    `python -m inception_lib.training --recipe NAME --data DIR` trains by them. All but
    `mini_googlenet` are for ImageNet; none of those was run by this book.

    Returns:
        name -> `TrainingRecipe`.

    Source: the configurations of MindCV and PaddleClas; arXiv 1512.00567, section 8.
    """
    return dict(_RECIPES)
