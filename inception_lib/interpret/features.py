"""What stages and branches of a running model output."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..data.inputs import Images, ready
from ..errors import suggest
from ..networks.resolve import described
from ..nn.layers import Concat, ResidualSum
from ..nn.modes import bare, eager
from ..tree.resolved import join


def features(model: nn.Module, x: Images, at: Sequence[str]) -> dict[str, Tensor]:
    """Run the model once and keep what the named stages and branches output.

    The model is run as it is: call `model.eval()` first if it normalizes or drops. No hook stays on
    the model, even when the forward pass raises. No gradient is recorded.

    Args:
        model: what `create_model` or `build` made, also compiled or wrapped.
        x: (N, C, H, W), or pictures as for `as_input`; it goes to the model's device. For a single
            block floats may be anything, such as maps; bytes are pictures, and go from −1 to 1.
        at: addresses: "3a" is a stage, "3a.5x5" a branch of it; of a block, "5x5" is a branch.
            `channel_slices` tells where a branch's channels are in the concatenation.

    Returns:
        Address -> tensor (N, channels, H', W'), in the order asked for, on the model's device.

    Raises:
        KeyError: an unknown address; the message names the nearest.
        TypeError: `at` is one string instead of a list of them; a model without a description.
        RuntimeError: a part that the model did not run.
    """
    if isinstance(at, str):
        raise TypeError(f"at is {at!r}; give a list of addresses, such as at=[{at!r}].")
    model, known = bare(model), addresses(model)
    for name in at:
        if name not in known:
            raise KeyError(suggest(name, known, "stage or branch"))
    kept: dict[str, Tensor] = {}

    def keep(name: str):
        def hook(_module, _inputs, out):
            # A ReLU in place further on would change the tensor after it was kept.
            kept[name] = out.detach().clone()

        return hook

    handles = []
    try:
        for name in at:
            handles.append(known[name].register_forward_hook(keep(name)))
        with torch.no_grad(), eager():
            model(ready(model, x))
    finally:
        for handle in handles:
            handle.remove()
    ran(model, set(at) - set(kept))
    return {name: kept[name] for name in at}


def addresses(model: nn.Module) -> dict[str, nn.Module]:
    """Every stage and branch of a model or block by its address ("3a", "3a.5x5"; "5x5")."""
    found: dict[str, nn.Module] = {}
    model = described(model)
    if not hasattr(model, "spec"):
        raise TypeError(
            f"this {type(model).__name__} has no stages and branches with addresses; give what "
            "create_model or build made, or a module that holds it."
        )
    for name, stage in getattr(model, "stages", {"": model}).items():
        if name:
            found[name] = stage
        found |= _branches(stage, name)
    return found


def _branches(module: nn.Module, where: str) -> dict[str, nn.Module]:
    found: dict[str, nn.Module] = {}
    if isinstance(module, Concat):
        for name, branch in module.items():
            address = join(where, name)
            found[address] = branch
            found |= _branches(branch, address)
    else:
        for key, child in module.named_children():
            address = where
            if getattr(module, "numbered", False) and isinstance(child, Concat | ResidualSum):
                address = join(where, key)
                found[address] = child
            found |= _branches(child, address)
    return found


def ran(model: nn.Module, missed: set[str]) -> None:
    """Refuse to answer for parts that a model did not run, or ran where nobody could look."""
    if missed:
        raise RuntimeError(
            f"{', '.join(sorted(missed))}: this {type(model).__name__} did not run that part where "
            "it can be seen. Give the model itself, as create_model made it: neither compiled nor "
            "traced."
        )


def find(model: nn.Module, address: str) -> nn.Module:
    known = addresses(model)
    if address not in known:
        raise KeyError(suggest(address, known, "stage or branch"))
    return known[address]
