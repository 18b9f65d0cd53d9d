"""Weights that others trained: loading them, fetching them, and what a picture must go through first.

Which of their keys is which of ours stands in `layouts`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from .layouts import LAYOUTS, translate
from .spec import suggest

# Loading ----------------------------------------------------------------------------------------
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
    units = _units(model, layout)
    return {key: key if units is None else translate(key, units) for key in model.state_dict()}


def _units(model: nn.Module, layout: str) -> dict[str, str] | None:
    if layout == "inception_lib":
        return None
    name = _name(model)
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
    state = _read(state_dict)
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
    homeless, known = _homeless(_units(model, layout), own), set(wanted.values())
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


def _name(model: nn.Module) -> str:
    return getattr(getattr(model, "spec", None), "name", type(model).__name__)


def _refusal(model, layout, state, missing: dict, unexpected: list, wrong: dict) -> str:
    lines = [f"these weights do not fit {_name(model)} in layout {layout!r}; it is unchanged."]
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
    for other in ("inception_lib", *LAYOUTS.get(_name(model), ())):
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


def _read(what: object) -> Mapping[str, Tensor]:
    """A state dict as it is, or from a file; nothing in the file is run."""
    if isinstance(what, str | os.PathLike):
        if Path(what).suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(what)
        what = torch.load(what, map_location="cpu", weights_only=True)
    if not isinstance(what, Mapping):
        raise TypeError(
            f"a {type(what).__name__} is no state dict; pass key -> tensor, such as "
            "model.state_dict(), or the path of a .pth or .safetensors file."
        )
    return what


# Files ------------------------------------------------------------------------------------------
# network -> whose weights, and what that library calls them. The addresses are the library's own.
# `inception_v3` does not count padding in its pooling, nor did TF-slim, where these were trained.
_WEIGHTS = {
    "googlenet_torchvision": ("torchvision", "GoogLeNet_Weights.IMAGENET1K_V1"),
    "inception_v3_torchvision": ("torchvision", "Inception_V3_Weights.IMAGENET1K_V1"),
    "inception_v3": ("timm", "inception_v3.tf_in1k"),
    "inception_v4": ("timm", "inception_v4.tf_in1k"),
    "inception_resnet_v2": ("timm", "inception_resnet_v2.tf_in1k"),
}
# Their file has auxiliary heads, and torchvision warns that nobody trained them.
_UNTRAINED_AUX = ("googlenet_torchvision",)


class WeightsError(RuntimeError):
    """Trained weights that could not be had, or are not what their source says they are."""


@dataclass(frozen=True)
class Source:
    """Where a file of weights is.

    Attributes:
        layout: whose keys it has, as in `load_weights`.
        url: address of a `.pth` file whose name ends in the first digits of its SHA-256.
        repo, file, revision: or else a repository of the Hugging Face hub, and what to take there.
        endpoint: another server of that kind; None is the hub itself.
    """

    layout: str
    url: str = ""
    repo: str = ""
    file: str = "model.safetensors"
    revision: str | None = None
    endpoint: str | None = None

    def __str__(self) -> str:
        server = self.endpoint or "the Hugging Face hub"
        return self.url or f"{self.file} of {self.repo} on {server}"


def source(name: str) -> Source:
    """Where the weights of a network are, asked from the library that published them.

    Args:
        name: a network with trained weights.

    Raises:
        ValueError: a network without. ImportError: the library is not installed.

    Source: torchvision's weights enums, timm's pretrained configurations.
    """
    library, weights = _published(name)
    module = _need(
        {"torchvision": "torchvision.models"}.get(library, library), f"pretrained {name}"
    )
    if library == "torchvision":
        return Source(library, url=module.get_weight(weights).url)
    config = module.get_pretrained_cfg(weights, allow_unregistered=False)
    if not config.hf_hub_id:
        return Source(library, url=config.url)
    repo, _, revision = config.hf_hub_id.partition("@")
    file = config.hf_hub_filename or Source.file
    return Source(library, repo=repo, file=file, revision=revision or None)


def _published(name: str) -> tuple[str, str]:
    if name not in _WEIGHTS:
        raise ValueError(
            f"there are no trained weights for {name}. Networks with them: {', '.join(_WEIGHTS)}."
        )
    return _WEIGHTS[name]


def _need(module: str, why: str):
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise ImportError(f"{why} needs {package}: pip install {package}") from error


def load_pretrained(
    model: nn.Module,
    origin: Source | None = None,
    *,
    cache_dir: str | os.PathLike | None = None,
    timeout: float = 20.0,
    progress: bool = True,
) -> Loaded:
    """Fetch the published weights of a model, once, and load them.

    The file is kept in torch's or the hub's own cache, where those libraries find it too. Its
    SHA-256 is compared with the one that the source gives, each time.

    A classifier of another number of classes keeps its random weights, and so do the last layers
    of auxiliary heads; that is timm's way. Auxiliary heads that the file does not have, or that
    nobody trained, get a warning.

    Args:
        model: what `create_model` made, with 3 input channels.
        origin: another source; None asks `source(model.spec.name)`.
        cache_dir: another folder for the file.
        timeout: seconds without an answer after which to give up; while a file comes from the hub,
            its own HF_HUB_DOWNLOAD_TIMEOUT counts.
        progress: whether to show a bar while a file comes.

    Returns:
        A `Loaded`, as from `load_weights`.

    Raises:
        WeightsError: the file cannot be had, or is not what its source says.
        ValueError: no trained weights for this network, or another number of input channels.
        ImportError: the library that published them is not installed.
    """
    name = model.spec.name
    if origin is None:
        origin = source(name)
    if model.spec.in_channels != 3:
        raise ValueError(
            f"the trained weights of {name} take 3 input channels, this model has "
            f"{model.spec.in_channels}; create it with in_channels=3, or without pretrained=True."
        )
    fetch = _from_url if origin.url else _from_hub
    state = fetch(name, origin, cache_dir, timeout, progress)
    wanted, keep = key_map(model, origin.layout), []
    for key, theirs in wanted.items():
        own = model.get_parameter(key) if key.endswith("fc.weight") else None
        if own is not None and theirs in state and len(state[theirs]) != len(own):
            keep.append(key.removesuffix(".weight"))
    aux = [theirs for key, theirs in wanted.items() if key.startswith("aux.")]
    if aux and not any(theirs in state for theirs in aux):
        keep.append("aux")
    if aux and ("aux" in keep or name in _UNTRAINED_AUX):
        warnings.warn(f"the auxiliary heads of this {name} are not trained.", stacklevel=3)
    return load_weights(model, state, origin.layout, keep=keep)


def _from_url(name, origin: Source, cache_dir, timeout: float, progress: bool) -> Mapping:
    file = origin.url.rsplit("/", 1)[-1]
    found = torch.hub.HASH_REGEX.search(file)
    if not found or len(found[1]) < 8:
        raise WeightsError(f"{origin.url} has no hash in its name, so it cannot be checked.")
    path = Path(cache_dir or Path(torch.hub.get_dir()) / "checkpoints") / file
    was_there = path.exists()
    if was_there:
        _check(path, found[1])
    try:
        with _patience(timeout):
            return torch.hub.load_state_dict_from_url(
                origin.url,
                model_dir=str(path.parent),
                map_location="cpu",
                progress=progress,
                check_hash=True,
                weights_only=True,
            )
    except Exception as error:
        if not was_there:
            path.unlink(missing_ok=True)
        which = (
            f"The file is {file}; its SHA-256 begins with {found[1]}. "
            f"Put into {path.parent}, it is found there and not fetched."
        )
        raise WeightsError(_unavailable(name, origin, error, path.parent, which)) from error


def _from_hub(name, origin: Source, cache_dir, timeout: float, progress: bool) -> Mapping:
    hub = _need("huggingface_hub", f"pretrained {name}")
    place = {"repo_id": origin.repo, "filename": origin.file, "revision": origin.revision}
    path = hub.try_to_load_from_cache(**place, cache_dir=cache_dir)
    if isinstance(path, str):
        # The cache names a file by its hash, and links to it where the system has links.
        digest = Path(os.readlink(path)).name if os.path.islink(path) else ""
        if re.fullmatch("[0-9a-f]{64}", digest):
            _check(Path(os.path.realpath(path)), digest)
        return _read(path)
    try:
        url = hub.hf_hub_url(**place, endpoint=origin.endpoint)
        digest = hub.get_hf_file_metadata(url, timeout=timeout).etag or ""
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise WeightsError(
                f"the hub gives no SHA-256 of {origin.file}, so it cannot be checked."
            )
        path = hub.hf_hub_download(
            **place, cache_dir=cache_dir, endpoint=origin.endpoint, etag_timeout=timeout
        )
        try:
            _check(Path(path), digest)
            return _read(path)
        except Exception:
            for file in {os.path.realpath(path), path}:
                Path(file).unlink(missing_ok=True)
            raise
    except Exception as error:
        where = cache_dir or hub.constants.HF_HUB_CACHE
        which = f"The file is {origin.file}; its page on the hub shows its SHA-256."
        raise WeightsError(_unavailable(name, origin, error, where, which)) from error


def _check(path: Path, digest: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(digest):
        raise WeightsError(
            f"{path} is not what its source published: its SHA-256 should begin with {digest[:16]}, "
            f"and is {found}. Remove it, and the next call fetches it again."
        )


@contextlib.contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """torch.hub waits for ever unless sockets are told not to."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _unavailable(name: str, origin: Source, error: Exception, cache: object, file: str) -> str:
    reason = str(error).strip() or type(error).__name__
    return (
        f"the trained weights of {name} could not be had.\n"
        f"Tried: {origin}; it is not in {cache} either.\n"
        f"What went wrong: {reason}\n"
        "What needs no network:\n"
        f'- the same network with random weights: create_model("{name}", seed=0)\n'
        f'- a file that you have: load_weights(create_model("{name}"), "path/of/the/file", '
        f'layout="{origin.layout}"). {file}'
    )


# Pictures ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Preprocessing:
    """What a picture goes through before a network with trained weights sees it.

    Attributes:
        size: side of the square that is cut from the middle, in pixels.
        resize: length of the shorter side before that, in pixels.
        interpolation: "bilinear" or "bicubic", with smoothing when the picture shrinks.
        mean, std: of the three channels, for values from 0 to 1.
    """

    size: int
    resize: int
    interpolation: str
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def transform(self, image: Image.Image | np.ndarray) -> Tensor:
        """A picture -> (3, size, size), float32, ready to be stacked into a batch.

        Args:
            image: a PIL image of any mode, or an array (height, width, 3) of uint8.

        Raises:
            TypeError: anything else.
        """
        if isinstance(image, np.ndarray) and image.dtype == np.uint8:
            image = Image.fromarray(image)
        if not isinstance(image, Image.Image):
            raise TypeError(
                f"a {type(image).__name__} is no picture; pass a PIL image or a uint8 array "
                "(height, width, 3)."
            )
        image = image.convert("RGB")
        short = min(image.size)
        # The shorter side exactly, the longer one rounded down: as torchvision has it.
        wide, high = (int(self.resize * side / short) for side in image.size)
        image = image.resize((wide, high), getattr(Image.Resampling, self.interpolation.upper()))
        left, top = round((wide - self.size) / 2), round((high - self.size) / 2)
        image = image.crop((left, top, left + self.size, top + self.size))
        values = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float() / 255
        mean, std = (torch.tensor(v)[:, None, None] for v in (self.mean, self.std))
        return (values - mean) / std


# torchvision's pictures are normalized with ImageNet's mean and deviation, and its model maps that
# to (x − 0.5) / 0.5 in `forward` (transform_input). Here it is one step, outside the model.
_PREPROCESSING = {
    "googlenet_torchvision": Preprocessing(224, 256, "bilinear"),
    "inception_v3_torchvision": Preprocessing(299, 342, "bilinear"),
    "inception_v3": Preprocessing(299, 341, "bicubic"),
    "inception_v4": Preprocessing(299, 341, "bicubic"),
    "inception_resnet_v2": Preprocessing(299, 333, "bicubic"),
}


def preprocessing(name: str) -> Preprocessing:
    """What belongs to the trained weights of a network: size, crop, interpolation, mean, deviation.

    Args:
        name: a network with trained weights.

    Returns:
        A `Preprocessing`; its `.transform(picture)` gives the input.

    Raises:
        ValueError: a network without trained weights.

    Source: `transforms` of torchvision's weights, with `transform_input` folded in; timm's
        pretrained configurations. A test holds them equal.
    """
    _published(name)
    return _PREPROCESSING[name]


def imagenet_classes() -> tuple[str, ...]:
    """The 1000 classes of ImageNet by name, in the order of the outputs of all these weights.

    Raises:
        ImportError: torchvision, which has the list, is not installed.

    Source: the categories in torchvision's weights enums.
    """
    models = _need("torchvision.models", "the list of class names")
    return tuple(models.get_weight(_WEIGHTS["googlenet_torchvision"][1]).meta["categories"])
