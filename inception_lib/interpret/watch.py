"""What goes into a ReLU while a network learns."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..data.inputs import Images, as_input, ready
from ..nn.layers import ConvUnit
from ..nn.modes import bare, eager, mode
from .features import find, ran


class Watch:
    """Percentiles of what goes into a ReLU while a network learns: give it to `fit` as `on_step`.

    It runs the same pictures through the model in training mode, so batch normalization takes the
    statistics of these pictures, and it leaves the model as it was: training goes on unchanged.

    Args:
        at: stages or branches, as in `features`; the input of the last ReLU in each is watched.
        images: as for `as_input`.
        every: steps between two looks.
        percentiles: which; 15, 50 and 85 are those of arXiv 1502.03167, figure 1.
        channel: which channel's values; None takes all together.

    Attributes:
        steps: at which it looked.
        values: address -> (looks, percentiles).
    """

    def __init__(
        self,
        at: Sequence[str],
        images: Images,
        *,
        every: int = 10,
        percentiles: Sequence[float] = (15, 50, 85),
        channel: int | None = None,
    ):
        if every < 1:
            raise ValueError(f"every is {every}; give at least 1.")
        self.at, self.images, self.every = list(at), as_input(images), every
        self.percentiles, self.channel = tuple(percentiles), channel
        self.steps: list[int] = []
        self._looks: dict[str, list[Tensor]] = {name: [] for name in self.at}

    @property
    def values(self) -> dict[str, Tensor]:
        return {name: torch.stack(looks) for name, looks in self._looks.items()}

    def __call__(self, step: int, model: nn.Module) -> None:
        if step % self.every or (self.steps and self.steps[-1] == step):
            return
        self.steps.append(step)
        found = preactivations(model, self.images, self.at)
        q = torch.tensor(self.percentiles, dtype=torch.double) / 100
        for name, values in found.items():
            part = values if self.channel is None else values[:, self.channel]
            self._looks[name].append(_quantiles(part.cpu().double().flatten(), q))


def _quantiles(values: Tensor, q: Tensor) -> Tensor:
    """As `Tensor.quantile`, which takes no more than 16 million values."""
    ordered, _ = values.sort()
    at = q * (len(ordered) - 1)
    low, high = at.floor().long(), at.ceil().long()
    return ordered[low].lerp(ordered[high], at - low)


def preactivations(model: nn.Module, x: Images, at: Sequence[str]) -> dict[str, Tensor]:
    """What goes into the last ReLU of stages or branches, in training mode, without a trace.

    Args:
        model: what `create_model` or `build` made.
        x: as in `features`.
        at: stages or branches, as in `features`.

    Returns:
        Address -> (N, channels, H', W').

    Raises:
        KeyError: an unknown address. ValueError: a stage without a ReLU of a convolution.
    """
    model = bare(model)
    kept: dict[str, Tensor] = {}

    def keep(name: str):
        def hook(_module, inputs):
            kept[name] = inputs[0].detach().clone()

        return hook

    acts = {}
    for name in at:
        units = [m for m in find(model, name).modules() if isinstance(m, ConvUnit)]
        found = [unit.act for unit in units if hasattr(unit, "act")]
        if not found:
            raise ValueError(f"{name} has no convolution with a ReLU.")
        acts[name] = found[-1]
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    handles = [act.register_forward_pre_hook(keep(name)) for name, act in acts.items()]
    try:
        with torch.no_grad(), mode(model, True), eager():
            model(ready(model, x))
    finally:
        for handle in handles:
            handle.remove()
        with torch.no_grad():
            for name, buffer in model.named_buffers():
                buffer.copy_(before[name])
    ran(model, set(at) - set(kept))
    return {name: kept[name] for name in at}
