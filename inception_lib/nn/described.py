"""Is a model still what its description says? What reads both asks first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from ..spec import Network
from .network import InceptionNet, block_module


def must_be_as_described(model: nn.Module, keeper: str, act: str) -> None:
    """Refuse a model with a layer that its description does not have, or has otherwise.

    Args:
        model: what `create_model` or `build` made.
        keeper: what cannot keep such a change, for the message, such as "a file".
        act: what the reader wants to do: "save".

    Raises:
        ValueError: a hook, a forward of its own, a layer that was added, left out, replaced or set
            otherwise, parts in another order.
    """
    spec: Any = model.spec
    with torch.device("meta"):
        if isinstance(spec, Network):
            twin: nn.Module = InceptionNet(spec)
        else:
            twin = block_module(spec, model.in_channels, model.defaults)  # type: ignore[arg-type]
    named = getattr(spec, "name", type(spec).__name__)
    for name, module in model.named_modules():
        where = f"{named}, {name}," if name else named
        if "forward" in vars(module):
            said = "has a forward of its own"
        elif (module._forward_hooks or module._forward_pre_hooks) and not _pruned(module):
            said = "has a hook (register_forward_hook)"
        else:
            continue
        raise ValueError(
            f"this {where} {said}, which {keeper} cannot keep. Remove it, {act}, and put it on what "
            "comes back."
        )
    made, described = (
        {
            f"{name}.{key}".removeprefix("."): value
            for name, module in found.named_modules()
            for key, value in _looks(module)
        }
        for found in (model, twin)
    )
    for place in {**described, **made}:
        one, two = made.get(place, "not there"), described.get(place, "not there")
        added = isinstance(one, Shape) or place.endswith(".kind")  # more attributes harm nobody
        if one != two and (place in described or added):
            raise ValueError(
                f"this {named} was changed after it was made: {place} is {one}, and its "
                f"description says {two}. Make the network with that change (an option of create_model, "
                f"or a Network of your own), load the weights into it, and {act} that."
            )

    ours, theirs = ([name for name, _ in found.named_modules()] for found in (model, twin))
    if [name for name in ours if name in theirs] != theirs:
        raise ValueError(
            f"the parts of this {named} are in another order than its description says. Make "
            f"a Network of your own in that order, load the weights into it, and {act} that."
        )


def _pruned(module: nn.Module) -> bool:
    """Whether its weight is a product with a mask; the shapes of its tensors tell the reader more."""
    return any(key.endswith("_mask") for key in module._buffers)


class Shape(str):
    """How large a tensor is, as text."""


def _looks(module: nn.Module) -> Iterator[tuple[str, object]]:
    """What decides what a module computes: its kind, its settings, the shapes of its own tensors."""
    kind, home = type(module).__name__, type(module).__module__
    yield "kind", f"{kind} of {home}" if home.startswith("torch.ao.") else kind
    for key, value in vars(module).items():
        if key[0] != "_" and key not in ("training", "classes", "preprocessing"):
            yield key, value
    for key, tensor in module.state_dict().items():
        if "." not in key and isinstance(
            tensor, Tensor
        ):  # what is quantized keeps other things there
            yield f"{key}.shape", Shape("×".join(map(str, tensor.shape)) or "a number")
