"""First weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def init_weights(model: nn.Module, seed: int | None = None) -> None:
    """First weights for convolutions and linear layers; biases zero.

    Where the description has a `weight_std`, a normal cut off at two standard deviations; elsewhere
    He's normal (arXiv 1502.01852). That keeps the scale of the signal through ReLUs; torch's own
    defaults shrink it, and after twenty layers without normalization nothing would be left to see.
    Inception-v3's 0.1 counts on batch normalization: in evaluation before any training its signal
    grows from layer to layer.

    Args:
        model: any module; it is changed in place.
        seed: makes the weights the same every time; None draws from torch's generator.
    """
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and not module.weight.is_meta:
            std = getattr(module, "weight_std", None)
            if std:
                _cut_normal(module.weight, std, generator)
            else:
                std = math.sqrt(2 / module.weight[0].numel())
                nn.init.normal_(module.weight, std=std, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


@torch.no_grad()
def _cut_normal(weight: Tensor, std: float, generator: torch.Generator | None) -> None:
    """A normal within two standard deviations, by its inverse: one draw for each value."""
    weight.uniform_(-math.erf(math.sqrt(2)), math.erf(math.sqrt(2)), generator=generator)
    weight.erfinv_().mul_(math.sqrt(2) * std).clamp_(-2 * std, 2 * std)
