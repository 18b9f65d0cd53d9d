"""Training and evaluation mode, kept for every module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

Modes = dict[nn.Module, bool]


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
