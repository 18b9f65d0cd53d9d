"""Weights from a file or a state dict, loaded by name or refused. Which of their keys is which of ours is in `keymaps`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from ..errors import short, suggest
from ..nn.modes import bare
from .matching import clean, find, homeless, key_map, name_of, parts_of, within
from .reading import read_file
from .refusals import as_tensor, differs, refusal, warn

_COUNTERS = "num_batches_tracked"  # counts training steps; files made before PyTorch 0.4.1 lack it


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
    state_dict: Mapping[str, Any] | str | os.PathLike,
    layout: str | Mapping[str, str] | Callable[[str], str | None] | None = None,
    *,
    keep: str | Sequence[str] = (),
) -> Loaded:
    """Copy trained weights into a model, or refuse and change nothing.

    Every tensor of the model must be in the file under its own key and have its shape, and the file
    may hold nothing else, with two exceptions: auxiliary heads may be in the file of a model made
    without them, and a classifier in that of a model with `num_classes=0`. Both are ignored and
    listed in what is returned. The counters of batch normalization may be absent.

    What wraps the weights does not matter: a checkpoint that holds one state dict of this model among
    other things, and a prefix of its keys such as "module." (DataParallel, averaged models),
    "_orig_mod." (`torch.compile`) or "model." (Lightning). Where two sets fit, none is taken.

    Some weights fit by every key and shape and belong to another network: FID's Inception-v3 pools by
    the maximum once, Keras's does not count padding. Where that can be told, a warning says so.

    Args:
        model: what `create_model` made, also wrapped; with our own keys, any module.
        state_dict: key -> tensor or array; or the path of a file with one, of torch, safetensors,
            NumPy (`.npz`) or Keras (`.h5`, `.keras`; needs h5py). It is read without running
            anything that it may hold.
        layout: whose keys they are; None finds out. "inception_lib" (our own), "torchvision", "timm",
            "cadene" (pretrainedmodels), "keras" (keras.applications), "lucent", where the network
            comes in it. Or a map {ours: theirs} of keys, or of parts such as {"head.fc":
            "classifier"}; what it does not name is found as usual. Or a function that gives their key
            for one of ours.
        keep: an address, or addresses, of parts that keep the weights they have, such as ("head.fc",) for a
            classifier of your own, or ("aux",) where the file has no auxiliary heads.

    Returns:
        A `Loaded`: how many tensors were copied, what was ignored, what was kept.

    Raises:
        ValueError: keys that are missing, unexpected or of another shape (the first few and how
            many); a file that holds no weights; a layout that this network does not come in; a
            `keep` or a key of `layout` that names nothing.
        TypeError: something that is not a state dict.

    Source: the key maps of `weights.keymaps`.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"load_weights takes a model first, not a {type(model).__name__}.")
    state = read(state_dict)
    model = bare(model)
    held = model.state_dict()
    places = {clean(key): key for key in held}  # a part of the model may be compiled
    own = {key: held[place] for key, place in places.items()}
    if any(tensor.is_meta for tensor in own.values()):
        raise ValueError(
            "this model is on the meta device and has no memory to load into; "
            'call model.to_empty(device="cpu") first.'
        )
    keep = (keep,) if isinstance(keep, str) else keep
    if not isinstance(keep, Iterable):
        raise TypeError(f'keep is {short(keep)}; give addresses of parts, such as ("head.fc",).')
    for part in keep:
        if not any(within(key, part) for key in own):
            raise ValueError(suggest(part, parts_of(own), "part of this model"))
    kept = [key for key in own if any(within(key, part) for part in keep)]
    view = find(model, own, state, layout)
    fits, missing, wrong = {}, {}, {}  # each by our key
    for key in own:
        theirs = view.wanted.get(key)
        if key in kept or (theirs not in view.state and key.endswith(_COUNTERS)):
            continue
        if theirs not in view.state:
            missing[key] = theirs or f"{key} (this layout has no name for it)"
        else:
            tensor = as_tensor(view.state[theirs])
            if key.endswith(_COUNTERS) and isinstance(tensor, Tensor):
                tensor = tensor.to(own[key].dtype)  # `v.half() for v in …` changes counters, too
            if problem := differs(own[key], tensor):
                wrong[key] = f"{theirs} {problem}"
            else:
                fits[key] = tensor
    known = set(view.wanted.values())
    extra = [key for key in view.state if key not in known]
    ignored = [key for key in extra if homeless(key, view, own)]
    unexpected = [key for key in extra if key not in ignored] + view.outside
    if missing or unexpected or wrong:
        raise ValueError(refusal(model, own, view, state, missing, unexpected, wrong))
    model.load_state_dict({places[key]: tensor for key, tensor in fits.items()}, strict=False)
    warn(model, view, state_dict)
    if nan := [key for key, tensor in fits.items() if not tensor.isfinite().all()]:
        more = f" and {len(nan) - 1} more" if len(nan) > 1 else ""
        warnings.warn(
            f"{nan[0]}{more} hold NaN or infinity, and so will the outputs.", stacklevel=2
        )
    return Loaded(len(fits), tuple(view.prefix + key for key in ignored), tuple(kept))


def adapted(
    model: nn.Module, state: Mapping[str, Any], layout: str
) -> tuple[dict[str, Any], list[str]]:
    """Weights for a model with other classes or one channel, and the parts that keep what they have.

    Kernels that read three channels are summed for a model that reads one: a gray picture in all
    three gives the same.

    Raises:
        ValueError: a model of neither 1 nor 3 input channels.
    """
    own, wanted, state = model.state_dict(), key_map(model, layout), dict(state)
    spec = getattr(model, "spec", None)
    if (channels := getattr(spec, "in_channels", 3)) not in (1, 3):
        raise ValueError(
            f"the trained weights of {name_of(model)} take 3 input channels (or 1: then the kernels are "
            f"summed), this model has {channels}; create it with in_channels=3 and choose three "
            "channels, or without pretrained=True."
        )
    keep = []
    for key, theirs in wanted.items():
        if theirs not in state or own[key].shape == state[theirs].shape:
            continue
        if key.endswith("fc.weight") and own[key].shape[1:] == state[theirs].shape[1:]:
            keep.append(key.removesuffix(".weight"))
        elif own[key].ndim == 4 and own[key].shape == state[theirs][:, :1].shape:
            state[theirs] = state[theirs].sum(1, keepdim=True)
    return state, keep


def read(what: object) -> Mapping[str, Any]:
    """A state dict as it is, or from a file; nothing in the file is run."""
    if isinstance(what, str | os.PathLike):
        return read_file(what)
    if not isinstance(what, Mapping):
        if isinstance(what, nn.Module):
            raise TypeError(f"this {type(what).__name__} is a model: pass its state_dict().")
        raise TypeError(
            f"a {type(what).__name__} is not a state dict; pass key -> tensor, such as "
            f"model.state_dict(), or the path of a file of weights."
        )
    return what
