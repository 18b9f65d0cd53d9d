"""The device of this machine, and the seeds."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import nn


def device() -> torch.device:
    """The best device of this machine: cuda, else mps, else cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generators.

    Args:
        seed: the same number gives the same draws, on one machine and one version of torch.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def device_of(model: nn.Module) -> torch.device:
    """Where a model's parameters are; the CPU for one that has none.

    Args:
        model: any module.
    """
    return next((p.device for p in model.parameters()), torch.device("cpu"))
