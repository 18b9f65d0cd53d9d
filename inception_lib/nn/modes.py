"""Training and evaluation mode, kept for every module; and what is inside of a wrapper."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

Modes = dict[nn.Module, bool]
WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel)


def bare(model: nn.Module) -> nn.Module:
    """A model without what torch wraps around it, in any order: compiled, parallel, averaged.

    Hooks are for this one: a compiled model runs past them, and copies on several devices run them
    all at once.

    Args:
        model: any module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"model is a {type(model).__name__}; give a module, such as create_model makes."
        )
    while True:
        if "_orig_mod" in model._modules:
            model = model.get_submodule("_orig_mod")
        elif isinstance(model, WRAPPERS):
            model = model.module
        else:
            return model


@contextmanager
def eager() -> Iterator[None]:
    """Within it, what is compiled runs uncompiled, also inside of a model, so that hooks are run."""
    # From torch 2.6 on; importing dynamo takes a second, and nothing is compiled without it.
    stance = getattr(torch.compiler, "set_stance", None) if "torch._dynamo" in sys.modules else None
    with stance("force_eager") if stance else nullcontext():
        yield


@contextmanager
def mode(model: nn.Module, training: bool) -> Iterator[None]:
    """Within it, every module is in one mode; afterwards each is in the mode that it had before.

    `model.train(was)` would not do: it unfreezes batch normalization that a reader froze.

    Args:
        model: any module.
        training: True for training mode, False for evaluation mode.
    """
    was = modes(model)
    model.train(training)
    try:
        yield
    finally:
        restore(was)


def modes(model: nn.Module) -> Modes:
    """Each module of a model, and whether it is in training mode."""
    return {module: module.training for module in model.modules()}


def restore(was: Modes) -> None:
    """Put each module back into the mode that `modes` found."""
    for module, training in was.items():
        module.training = training
