"""A model in one file: its description, its weights, the names of its classes. Read without running anything."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import as_path, needs, short
from ..nn.described import must_be_as_described
from ..nn.modes import bare
from ..nn.network import InceptionNet
from ..spec import NODES, Defaults, Head, Network
from .preprocess import Preprocessing
from .reading import header_in

FORMAT = 1  # of the record in the header; a file with a larger one is refused
_KINDS = {kind.__name__: kind for kind in (*NODES, Defaults, Head, Network, Preprocessing)}


def save(
    model: nn.Module,
    path: str | os.PathLike,
    *,
    classes: Sequence[str] | None = None,
    preprocessing: Preprocessing | None = None,
) -> None:
    """Keep a model in one file that `load` makes it from again: network, weights, names of classes.

    The file is a safetensors file, which other programs read too; the rest is JSON in its header. It
    is written whole or not at all.

    Args:
        model: what `create_model` made, also compiled or otherwise wrapped; on any device.
        path: where; the name ends in ".safetensors". A file that is there is replaced.
        classes: a name for each output, in order; None takes `model.classes`, if it has any.
        preprocessing: what a picture goes through before; None takes `model.preprocessing`.

    Raises:
        TypeError: any other module, names that are not text, preprocessing of the wrong kind.
        ValueError: a different ending; not one name for each output; a model that was changed
            after it was made, so that its description no longer describes it.
        OSError: as for any file; what was there before is still there.
    """
    model, path = bare(model) if isinstance(model, nn.Module) else model, as_path(path)
    if not isinstance(model, InceptionNet):
        raise TypeError(
            f"il.save keeps what create_model made, and this is a {type(model).__name__}; for other "
            "modules there is safetensors.torch.save_file(module.state_dict(), path)."
        )
    if path.suffix != ".safetensors" or path.is_dir():
        raise ValueError(
            f'{path} cannot be the file: it must end in ".safetensors" and not be a folder.'
        )
    classes = model.classes if classes is None else classes
    preprocessing = model.preprocessing if preprocessing is None else preprocessing
    if not isinstance(preprocessing, Preprocessing | None):
        raise TypeError(
            f"preprocessing is a {type(preprocessing).__name__}; give what il.preprocessing(name) "
            "gives, or an il.Preprocessing of your own."
        )
    if any(tensor.is_meta for tensor in model.state_dict().values() if isinstance(tensor, Tensor)):
        raise ValueError("this model is on the meta device, where weights have no values to keep.")
    must_be_as_described(model, "a file", "save")
    record = {
        "format": FORMAT,
        "network": _plain(model.spec),
        "classes": None if classes is None else _named(classes, model.spec),
        "preprocessing": _plain(preprocessing),
    }
    text = json.dumps(record, ensure_ascii=False)
    if _rebuilt(json.loads(text)["network"]) != model.spec:
        raise ValueError(f"the description of {model.spec.name} cannot be written as JSON exactly.")
    tensors = {
        key: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for key, value in model.state_dict().items()
    }
    library = needs("safetensors.torch", "il.save")
    content = library.save(tensors, {"format": "pt", "inception_lib": text})
    write_atomically(path, _sealed(content))


def load(path: str | os.PathLike) -> InceptionNet:
    """The model that `save` kept in a file, on the CPU, in evaluation mode.

    `model.classes` has the names of its outputs, a tuple, and `model.preprocessing` what a picture
    goes through before; each is None where the file has none.

    Args:
        path: a file that `save` wrote.

    Raises:
        FileNotFoundError: there is none.
        ValueError: another kind of file, one with weights alone, one that is cut short or was
            changed, or one that a later version of this package wrote; the message says which.
    """
    path = as_path(path)
    about = header_in(path).get("__metadata__", {})
    if "inception_lib" not in about:
        raise ValueError(
            f"{path} holds weights without a description of their network: make it with create_model, "
            "and use il.load_weights(model, path)."
        )
    try:
        record = json.loads(about["inception_lib"])
        version = int(record["format"])
    except (ValueError, KeyError, TypeError):
        record, version = {}, 0
    if version > FORMAT:
        raise ValueError(
            f"{path} was written by a later version of this package (format {version}; this one reads "
            f"{FORMAT}): update the package."
        )
    content = path.read_bytes()
    if about.get("sha256") != _digest(content):
        raise ValueError(
            f"{path} was changed after it was saved, or damaged: its contents do not have the SHA-256 "
            "that its header gives. Copy it again, or save the model again. If you trust it, "
            "il.load_weights(model, path) takes the weights alone."
        )
    try:
        network, prepare = _rebuilt(record["network"]), _rebuilt(record["preprocessing"])
        with torch.device("meta"):
            model = InceptionNet(network)
        state = needs("safetensors.torch", "il.load").load(content)
        model.load_state_dict(state, assign=True)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ValueError(
            f"{path} does not describe a network that this version of the package can make: {error}"
        ) from error
    model.preprocessing = prepare
    model.classes = _rebuilt(record["classes"])
    return model.eval()


def _named(classes: Sequence[str], network: Network) -> list[str]:
    outputs = network.head.classes if network.head else 0
    if isinstance(classes, Mapping):
        raise TypeError(
            f"classes is {short(classes)}; give a list of strings. From name -> label that is "
            "sorted(classes, key=classes.get)."
        )
    unordered = isinstance(classes, str | Set) or not isinstance(classes, Iterable)
    names = [] if unordered else list(classes)
    if unordered or not all(isinstance(name, str) for name in names):
        raise TypeError(
            f'classes is {short(classes)}; give a list of strings, such as ["cat", "dog"].'
        )
    if len(names) != outputs:
        raise ValueError(
            f"there are {len(names)} names of classes, and {network.name} has {outputs} outputs; give "
            "one for each, in order."
        )
    for name in names:
        if not name.isascii() and name.encode(errors="ignore").decode() != name:
            raise ValueError(f"classes has {short(name)}, which cannot be written as UTF-8.")
    return [str(name) for name in names]


def _plain(value: Any) -> Any:
    """A description as JSON has it: a dataclass is its fields and its name."""
    if is_dataclass(value):
        parts = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {"is": type(value).__name__, **parts}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value.item() if hasattr(value, "item") else value


def _rebuilt(value: Any) -> Any:
    """What `_plain` made into JSON; each object checks itself again."""
    if isinstance(value, dict):
        parts = {name: _rebuilt(part) for name, part in value.items() if name != "is"}
        if value.get("is") not in _KINDS:
            raise ValueError(f"{value.get('is')!r} is not a part of a network")
        return _KINDS[value["is"]](**parts)
    return tuple(map(_rebuilt, value)) if isinstance(value, list) else value


def _digest(content: bytes) -> str:
    """The SHA-256 of a safetensors file, without the place in its header that keeps it."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"].pop("sha256", None)
    found = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    found.update(memoryview(content)[8 + length :])
    return found.hexdigest()


def _sealed(content: bytes) -> bytes:
    """A safetensors file with its digest in the header."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"]["sha256"] = _digest(content)
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one whole, also after a power cut.

    Args:
        path: where; its folder is made if there is none.
        content: all of it.

    Raises:
        OSError: as for any file. What was there before is still there, and nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    with suppress(
        OSError
    ):  # the new name itself should reach the disk, too, where systems allow it
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
