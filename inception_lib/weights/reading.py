"""A file of weights, read by what is in it and not by its name; or a word on what it is instead.

Nothing that a file holds is run.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import as_path, needs
from . import keras

_FETCH = "Download it again, and look at what the address gives in a browser."
_UNPACK = "Unpack it, and pass the file of weights that is in it."
_OTHER = "Pass a .pth, .safetensors, .npz, .h5 or .keras file with weights."
# How a file begins -> what it is, and what to do.
_BEGINNINGS = {
    b"version https://git-lfs": (
        "a Git LFS pointer, which only says where the file is",
        "Run `git lfs pull` in that repository, or download the file itself.",
    ),
    b"<": ("a page of HTML or XML, such as a server's message", _FETCH),
    b"{": ("JSON", "If it is an index, pass the file of weights that it names."),
    b"\x1f\x8b": ("a gzip archive", _UNPACK),
    b"BZh": ("a bzip2 archive", _UNPACK),
    b"\xfd7zXZ": ("an xz archive", _UNPACK),
    b"7z\xbc\xaf": ("a 7z archive", _UNPACK),
    b"Rar!": ("a RAR archive", _UNPACK),
    b"\x93NUMPY": ("a single NumPy array", _OTHER),
    b"\x89PNG": ("a PNG picture", _OTHER),
    b"\xff\xd8\xff": ("a JPEG picture", _OTHER),
    b"GIF8": ("a GIF picture", _OTHER),
    b"%PDF": ("a PDF document", _OTHER),
    b"GGUF": ("a GGUF file", _OTHER),
}
_TAR = ("a tar archive", _UNPACK)
_CUT = "It is not whole: download or copy it again."


def read_file(path: str | os.PathLike) -> Mapping:
    """Name -> tensor or array, from a file of torch, safetensors, NumPy or Keras.

    Args:
        path: the file; its contents say what it is, not its name.

    Raises:
        FileNotFoundError: there is none. ValueError: it holds no weights; the message says what it
            looks like, and what to do. ImportError: a library that reads it is not installed.
    """
    path = as_path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}; check the name and the folder.")
    if path.is_dir():
        if (path / "saved_model.pb").exists():
            todo = "Load it in Keras, and pass {w.path: w.numpy() for w in model.weights}."
            raise _not_weights(path, "a SavedModel of TensorFlow", todo)
        inside = ", ".join(sorted(p.name for p in path.iterdir())[:4]) or "nothing"
        raise _not_weights(path, f"a folder; in it: {inside}", "Pass the file of weights in it.")
    with path.open("rb") as file:
        start = file.read(512)
    if not start.strip(b"\0"):
        what = "an empty file" if not start else "a file that begins with zeros"
        raise _not_weights(path, what, _CUT)
    if start[:2] == b"PK":
        return _zip(path)
    if start[:4] == b"\x89HDF":
        return _hdf5(path, path)
    if start[8:9] == b"{":
        return _safetensors(path)
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, (what, todo) in _BEGINNINGS.items():
        if text.startswith(beginning) or start.startswith(beginning):
            raise _not_weights(path, what, todo)
    if start[257:262] == b"ustar":
        raise _not_weights(path, *_TAR)
    if start[:1] == b"\x80":
        return _torch(path)
    raise _not_weights(path, f"nothing that is known; it begins with {start[:16]!r}", _OTHER)


def _not_weights(path: Path, what: str, todo: str) -> ValueError:
    return ValueError(f"{path} cannot be read as weights. It looks like {what}. {todo}")


def _zip(path: Path) -> Mapping:
    """What `torch.save`, NumPy and Keras write are all zip archives."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if broken := archive.testzip():  # torch would read on
                raise _not_weights(path, f"a zip archive whose part {broken} is damaged", _CUT)
            if "model.weights.h5" in names:
                return _hdf5(path, io.BytesIO(archive.read("model.weights.h5")))
    except zipfile.BadZipFile:
        raise _not_weights(path, "a file of torch.save, NumPy or Keras", _CUT) from None
    last = {name.rpartition("/")[2] for name in names}
    if "constants.pkl" in last:
        todo = "Pass torch.jit.load(path).state_dict() instead."
        raise _not_weights(path, "a TorchScript program", todo)
    if "data.pkl" in last and not any(
        name.endswith(".pt2") or "/models/" in name for name in names
    ):
        return _torch(path)
    if names and all(name.endswith(".npy") for name in names):
        return _numpy(path)
    inside = ", ".join(names[:4]) or "nothing"
    raise _not_weights(path, f"a zip archive; in it: {inside}", _UNPACK)


def _numpy(path: Path) -> Mapping:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = dict(arrays)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise _not_weights(path, f"arrays of NumPy that cannot be read ({error})", _CUT) from None
    if all(re.fullmatch(r"arr_\d+", name) for name in found):
        todo = "Save them with their names: np.savez(path, **{name: array})."
        raise _not_weights(path, "arrays of NumPy without names", todo)
    return found


def _hdf5(path: Path, file) -> Mapping:
    h5py = needs("h5py", f"the Keras file {path.name}")
    try:
        with h5py.File(file, "r") as opened:
            return keras.from_hdf5(opened)
    except OSError:
        raise _not_weights(path, "an HDF5 file", _CUT) from None
    except ValueError as error:
        todo = "Open it in Keras, and pass {w.path: w.numpy() for w in model.weights}."
        raise _not_weights(path, f"a Keras file, but {error}", todo) from None


def header_in(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: name -> {"dtype", "shape", "data_offsets"}, and "__metadata__".

    Args:
        path: a file; another one with weights has an empty header.

    Raises:
        FileNotFoundError, ValueError: as `read_file`; also for a file that ends too soon.
    """
    start = b""
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(9)
    if start[8:] != b"{":
        read_file(path)
        return {}
    size, length = path.stat().st_size, int.from_bytes(start[:8], "little")
    with path.open("rb") as file:
        text = file.read(8 + min(length, size))[8:]
    try:
        header = json.loads(text)
        ends = [e["data_offsets"][1] for name, e in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError):
        what = "a safetensors file, but its header is not whole"
        raise _not_weights(path, what, _CUT) from None
    want = 8 + length + max(ends, default=0)
    if want != size:
        what = f"a safetensors file, but it should have {want:,} bytes and has {size:,}"
        raise _not_weights(path, what, _CUT)
    return header


def _safetensors(path: Path) -> Mapping:
    header_in(path)
    return needs("safetensors.torch", "a .safetensors file").load_file(path)


def _harmless() -> AbstractContextManager:
    """Within it torch reads the options that training scripts keep beside weights, too."""
    allow = getattr(torch.serialization, "safe_globals", None)  # from torch 2.5 on
    return allow([argparse.Namespace]) if allow else nullcontext()


def _torch(path: Path) -> Mapping:
    try:
        with warnings.catch_warnings(), _harmless():
            warnings.simplefilter("ignore")  # of torch, on pickles of others
            with path.open("rb") as file:  # by its name torch would take it for safetensors
                found = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL (\w+(?:\.\w+)+)", str(error))
        if not named:
            what = "a damaged file of torch.save, or another program's pickle"
            raise _not_weights(path, what, f"{_CUT} A pickle is not read.") from None
        what = f"Python objects besides tensors ({named[1]}), such as a whole model"
        todo = (
            "Reading these could run code, so it is not done. Where the program that wrote it is "
            "installed, save model.state_dict() and pass that file."
        )
        raise _not_weights(path, what, todo) from None
    except (
        RuntimeError,
        EOFError,
        KeyError,
        ValueError,
        OSError,
        AttributeError,
        IndexError,
        TypeError,
    ):
        raise _not_weights(path, "a file of torch.save", _CUT) from None
    if not isinstance(found, Mapping):
        what = f"a {type(found).__name__} that torch.save wrote"
        raise _not_weights(path, what, "Save model.state_dict() and pass that file.")
    return found
