"""First weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..errors import whole


def init_weights(model: nn.Module, seed: int | None = None) -> None:
    """First weights for convolutions and linear layers; biases zero.

    Where the description has a `weight_std`, a normal cut off at two standard deviations; elsewhere
    He's normal (arXiv 1502.01852). That keeps the scale of the signal through ReLUs; torch's own
    defaults shrink it, and after twenty layers without normalization nothing would be left to see.
    Inception-v3's 0.1 counts on batch normalization: in evaluation before any training its signal
    grows from layer to layer.

    Args:
        model: any module; it is changed in place. Pruned weights stay pruned.
        seed: makes the weights the same every time; None draws from torch's generator.

    Raises:
        TypeError: a layer whose weight is computed anew each time from what is not a mask.
    """
    generator = None
    if seed is not None:
        seed = whole("seed", seed, -(2**63))
        if seed >= 2**63:
            raise ValueError(f"seed is {seed}; it must be below 2**63.")
        generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and not module.weight.is_meta:
            own = dict(module.named_parameters(recurse=False))
            weight = own.get("weight", own.get("weight_orig"))  # pruned: `weight` is a product
            if weight is None:
                raise TypeError(
                    f"the weight of {module} is computed from other parameters; remove the "
                    "parametrization, draw first weights, and put it on again."
                )
            std = getattr(module, "weight_std", None)
            if std:
                _cut_normal(weight, std, generator)
            else:
                std = math.sqrt(2 / weight[0].numel())
                nn.init.normal_(weight, std=std, generator=generator)
            bias = own.get("bias", own.get("bias_orig"))
            if bias is not None:
                nn.init.zeros_(bias)


@torch.no_grad()
def _cut_normal(weight: Tensor, std: float, generator: torch.Generator | None) -> None:
    """A normal within two standard deviations, by its inverse: one draw for each value."""
    weight.uniform_(-math.erf(math.sqrt(2)), math.erf(math.sqrt(2)), generator=generator)
    weight.erfinv_().mul_(math.sqrt(2) * std).clamp_(-2 * std, 2 * std)
