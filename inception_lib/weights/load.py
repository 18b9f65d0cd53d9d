"""Weights from a file or a state dict, loaded by name or refused. Which of their keys is which of ours is in `keymaps`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..errors import needs, suggest
from .keymaps import LAYOUTS, translate

_COUNTERS = "num_batches_tracked"  # counts training steps; files made before PyTorch 0.4.1 lack it


def key_map(model: nn.Module, layout: str = "torchvision") -> dict[str, str]:
    """The key of each of a model's tensors in another library's state dict.

    Args:
        model: what `create_model` made.
        layout: "torchvision", "timm" or "inception_lib" (our own keys, for any module).

    Returns:
        Our key -> their key, in the order of our state dict.

    Raises:
        ValueError: a layout that this network does not come in.

    Source: the attribute names in torchvision.models and timm.models.
    """
    units = units_of(model, layout)
    return {key: key if units is None else translate(key, units) for key in model.state_dict()}


def units_of(model: nn.Module, layout: str) -> dict[str, str] | None:
    if layout == "inception_lib":
        return None
    name = name_of(model)
    known = LAYOUTS.get(name, {})
    if layout not in known:
        raise ValueError(
            f"{suggest(layout, [*known, 'inception_lib'], f'layout of {name}')} "
            f"Networks in other layouts: {', '.join(LAYOUTS)}."
        )
    return known[layout]()


class Loaded(NamedTuple):
    """What `load_weights` did.

    Attributes:
        loaded: how many tensors were copied.
        ignored: keys of the file that this model has no place for: auxiliary heads that it was made
            without, the classifier of a model that gives pooled features.
        kept: keys of the model that stay as they were, because `keep` names them.
    """

    loaded: int
    ignored: tuple[str, ...]
    kept: tuple[str, ...]


def load_weights(
    model: nn.Module,
    state_dict: Mapping[str, Tensor] | str | os.PathLike,
    layout: str = "torchvision",
    *,
    keep: Sequence[str] = (),
) -> Loaded:
    """Copy trained weights into a model, or refuse and change nothing.

    Every tensor of the model must be in the file under its own key and have its shape, and the file
    may hold nothing else, with two exceptions: auxiliary heads may be in the file of a model made
    without them, and a classifier in that of a model with `num_classes=0`. Both are ignored and
    listed in what is returned. The counters of batch normalization may be absent.

    Args:
        model: what `create_model` made; with layout "inception_lib", any module.
        state_dict: key -> tensor, or the path of a `.pth` or `.safetensors` file with one. A file
            is read without running anything that it may hold.
        layout: whose keys they are: "torchvision", "timm" or "inception_lib".
        keep: addresses of parts that keep the weights they have, such as ("head.fc",) for a
            classifier of your own, or ("aux",) where the file has no auxiliary heads.

    Returns:
        A `Loaded`: how many tensors were copied, what was ignored, what was kept.

    Raises:
        ValueError: keys that are missing, unexpected or of another shape (the first few and how
            many); a layout that this network does not come in; a `keep` that names nothing.
        TypeError: something that is no state dict.

    Source: the key maps of this file, see `key_map`.
    """
    state = read(state_dict)
    own, wanted = model.state_dict(), key_map(model, layout)
    if any(tensor.is_meta for tensor in own.values()):
        raise ValueError(
            "this model is on the meta device and has no memory to load into; "
            'call model.to_empty(device="cpu") first.'
        )
    for part in keep:
        if not any(_within(key, part) for key in own):
            raise ValueError(suggest(part, _parts(own), "part of this model"))
    kept = [key for key in own if any(_within(key, part) for part in keep)]
    fits, missing, wrong = {}, {}, {}  # each by our key
    for key in own:
        theirs = wanted[key]
        if key in kept or (theirs not in state and key.endswith(_COUNTERS)):
            continue
        if theirs not in state:
            missing[key] = theirs
        elif problem := _differs(own[key], state[theirs]):
            wrong[key] = f"{theirs} {problem}"
        else:
            fits[key] = state[theirs]
    homeless, known = _homeless(units_of(model, layout), own), set(wanted.values())
    extra = [key for key in state if key not in known]
    ignored = [key for key in extra if any(_within(key, part) for part in homeless)]
    unexpected = [key for key in extra if key not in ignored]
    if missing or unexpected or wrong:
        raise ValueError(_refusal(model, layout, state, missing, unexpected, wrong))
    model.load_state_dict(fits, strict=False)
    return Loaded(len(fits), tuple(ignored), tuple(kept))


def _within(key: str, part: str) -> bool:
    return key == part or key.startswith(f"{part}.")


def _parts(keys: Mapping[str, Tensor]) -> list[str]:
    """Addresses that `keep` may name, the largest parts first."""
    found = {".".join(key.split(".")[:depth]) for key in keys for depth in range(1, 5)}
    return sorted(found - set(keys), key=lambda part: (part.count("."), part))


def _homeless(units: Mapping[str, str] | None, own: Mapping[str, Tensor]) -> list[str]:
    """Their names for auxiliary heads and classifiers that this model was made without."""
    if units is None:
        parts = {"aux": "aux", "head.fc": "head.fc"}
    else:
        parts = {u: t for u, t in units.items() if u.startswith("aux.") or u == "head.fc"}
    return [theirs for unit, theirs in parts.items() if not any(_within(k, unit) for k in own)]


def _differs(ours: Tensor, theirs: object) -> str:
    """How a tensor fails to fit, or nothing."""
    if not isinstance(theirs, Tensor):
        return f"is a {type(theirs).__name__}, not a tensor"
    if ours.shape != theirs.shape:
        return f"is {_shape(theirs)}, this model takes {_shape(ours)}"
    if ours.is_floating_point() != theirs.is_floating_point() or theirs.is_sparse:
        return f"holds {theirs.dtype}, this model takes {ours.dtype}"
    return ""


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"


def name_of(model: nn.Module) -> str:
    return getattr(getattr(model, "spec", None), "name", type(model).__name__)


def _refusal(model, layout, state, missing: dict, unexpected: list, wrong: dict) -> str:
    lines = [f"these weights do not fit {name_of(model)} in layout {layout!r}; it is unchanged."]
    listed = {"missing": missing.values(), "unexpected": unexpected, "ill-shaped": wrong.values()}
    for word, keys in listed.items():
        if keys:
            more = f"; … ({len(keys) - 4} more)" if len(keys) > 4 else ""
            lines.append(f"{len(keys)} {word}: {'; '.join(list(map(str, keys))[:4])}{more}.")
    return "\n".join([*lines, *_hints(model, layout, state, missing, wrong)])


def _hints(model, layout, state, missing: dict, wrong: dict) -> Iterator[str]:
    """The likely cause, where one can be told."""
    if nested := [key for key in state if isinstance(state[key], Mapping)]:
        yield f"This is a checkpoint, not a state dict: pass its [{nested[0]!r}]."
    if state and all(str(key).startswith("module.") for key in state):
        yield 'Each key begins with "module.", as DataParallel saves them: remove that first.'
    for other in ("inception_lib", *LAYOUTS.get(name_of(model), ())):
        if other != layout and set(key_map(model, other).values()) <= set(state):
            yield f'The keys are those of layout="{other}".'
    if wrong and all(".fc." in key for key in wrong):
        parts = list(dict.fromkeys(key.rpartition(".")[0] for key in wrong))
        yield (
            "The file has another number of classes: create the model with that num_classes, "
            f"or pass keep={parts} to leave these layers as they are."
        )
    if missing and all(key.startswith("aux.") for key in missing):
        yield (
            "The file has no such auxiliary heads: create the model with aux=False, "
            "or pass keep=['aux'] to leave them as they are."
        )


def read(what: object) -> Mapping[str, Tensor]:
    """A state dict as it is, or from a file; nothing in the file is run."""
    if isinstance(what, str | os.PathLike):
        if Path(what).suffix == ".safetensors":
            return needs("safetensors.torch", "a .safetensors file").load_file(what)
        what = torch.load(what, map_location="cpu", weights_only=True)
    if not isinstance(what, Mapping):
        raise TypeError(
            f"a {type(what).__name__} is no state dict; pass key -> tensor, such as "
            "model.state_dict(), or the path of a .pth or .safetensors file."
        )
    return what
