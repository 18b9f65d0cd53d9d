"""How to train, as data. No torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import number, suggest, whole


@dataclass(frozen=True)
class Recipe:
    """How to train. Two runs of one recipe on one machine give the same weights.

    Attributes:
        epochs: passes over the training data.
        batch_size: pictures in a step; an incomplete batch at the end of a pass is left out.
        optimizer: "adamw", "sgd" (with momentum) or "rmsprop" (see `RMSProp`).
        lr: learning rate at the start.
        weight_decay: decoupled for AdamW, added to the gradient for the others; biases and batch
            normalization have none.
        momentum: of SGD and RMSProp.
        decay, eps: of RMSProp. 0.9 and 1.0 are those of arXiv 1512.00567, section 8.
        schedule: "cosine" (to zero at the end), "exponential" (times `factor` every
            `factor_epochs` epochs; 0.94 and 2 in that paper) or "constant".
        label_smoothing: share of the target spread over all classes (0.1 in that paper).
        aux_weight: of each auxiliary loss, added to the main one (0.3 in arXiv 1409.4842).
        clip_norm: longest gradient allowed, or None (2.0 in arXiv 1512.00567).
        seed: of the order of pictures and of dropout. The weights have their own, in `create_model`.
        amp: whether to use half precision where that helps, which is on CUDA.
    """

    epochs: int = 4
    batch_size: int = 64
    optimizer: str = "adamw"
    lr: float = 2e-3
    weight_decay: float = 0.01
    momentum: float = 0.9
    decay: float = 0.9
    eps: float = 1.0
    schedule: str = "cosine"
    factor: float = 0.94
    factor_epochs: int = 2
    label_smoothing: float = 0.0
    aux_weight: float = 0.3
    clip_norm: float | None = None
    seed: int = 0
    amp: bool = True

    def __post_init__(self):
        for name, known in (("optimizer", _OPTIMIZERS), ("schedule", _SCHEDULES)):
            if getattr(self, name) not in known:
                raise ValueError(suggest(getattr(self, name), list(known), name))
        for name in ("epochs", "batch_size", "factor_epochs"):
            object.__setattr__(self, name, whole(name, getattr(self, name)))
        for name in (
            "lr",
            "weight_decay",
            "momentum",
            "decay",
            "eps",
            "label_smoothing",
            "aux_weight",
        ):
            least = number(name, getattr(self, name), "a number", lambda v: True)
            object.__setattr__(self, name, least)
        if not self.lr > 0 or not 0 <= self.label_smoothing < 1:
            raise ValueError(
                f"lr is {self.lr!r} and label_smoothing is {self.label_smoothing!r}; lr must be "
                "above 0, label_smoothing at least 0 and below 1."
            )
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise ValueError(f"clip_norm is {self.clip_norm!r}; give a number above 0, or None.")

    def lr_at(self, step: int, steps: int, per_epoch: int) -> float:
        """The learning rate of a step (from 0) of `steps`, of which an epoch has `per_epoch`."""
        if self.schedule == "cosine":
            return self.lr * 0.5 * (1 + math.cos(math.pi * step / steps))
        if self.schedule == "exponential":
            return self.lr * self.factor ** (step // per_epoch // self.factor_epochs)
        return self.lr


_OPTIMIZERS = ("adamw", "sgd", "rmsprop")
_SCHEDULES = ("cosine", "exponential", "constant")
