"""Weights as Keras keeps them: layers by number, kernels height × width × in × out, no gamma where it is 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

_LEAVES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_KEY = re.compile(rf"(?:.*[/.])?(?P<layer>[^/.]+)[/._](?P<leaf>{'|'.join(_LEAVES)})(?::0)?")
_NUMBERED = re.compile(r"(?P<kind>conv2d|batch_normalization)(?:_v\d)?(?:_(?P<number>\d+))?")


def canonical(state: Mapping) -> dict[str, Tensor] | None:
    """Keras's weights under names that do not depend on what else was made before, as torch has them.

    Layers that Keras numbered are counted anew, from 0: "conv2d_94/kernel:0" is "conv2d_0.weight" if
    no convolution has a smaller number. A single dense layer is "predictions", whatever its name.

    Args:
        state: name of a weight -> array, such as `{w.path: w.numpy() for w in model.weights}`; or
            layer -> what its `get_weights()` gives; or these nested as in an HDF5 file.

    Returns:
        Name -> tensor: kernels are out × in × height × width, gamma is 1 where there is none. None
        if these are not Keras's weights.
    """
    layers: dict[str, dict[str, Any]] = {}
    others = {}
    for key, value in _flat(state):
        if found := _KEY.fullmatch(key):
            layers.setdefault(found["layer"], {})[found["leaf"]] = value
        else:
            others[key] = value
    if not any("moving_mean" in has or _rank(has) == 4 for has in layers.values()):
        return None
    names = dict(_renamed(layers))
    dense = [layer for layer, has in layers.items() if _rank(has) == 2]
    if len(dense) == 1:
        names[dense[0]] = "predictions"
    made = {}
    for layer, has in layers.items():
        if "moving_mean" in has:
            has.setdefault("gamma", np.ones(np.shape(has["moving_mean"]), np.float32))
        for leaf, value in has.items():
            tensor = as_tensor(value)
            if leaf == "kernel" and tensor.ndim in (2, 4):
                tensor = tensor.permute((3, 2, 0, 1) if tensor.ndim == 4 else (1, 0))
            made[f"{names[layer]}.{_LEAVES[leaf]}"] = tensor
    return made | others


def _rank(has: Mapping[str, Any]) -> int:
    """Of a layer's kernel: 4 in a convolution, 2 in a dense layer, 0 if there is none."""
    return np.ndim(has["kernel"]) if "kernel" in has else 0


def as_tensor(value: object) -> Tensor:
    """A tensor as it is, an array as a tensor of its own."""
    return value if isinstance(value, Tensor) else torch.from_numpy(np.array(value))


def _renamed(layers: Mapping) -> Iterator[tuple[str, str]]:
    """Each layer and its name here; numbers are counted anew, separately for each kind."""
    numbers: dict[str, list[tuple[int, str]]] = {}
    for layer in layers:
        if found := _NUMBERED.fullmatch(layer):
            numbers.setdefault(found["kind"], []).append((int(found["number"] or 0), layer))
        else:
            yield layer, layer
    for kind, pairs in numbers.items():
        for i, (_, layer) in enumerate(sorted(pairs)):
            yield layer, f"{kind}_{i}"


def _flat(state: Mapping, above: str = "") -> Iterator[tuple[str, Any]]:
    """Name -> array, for arrays that are nested or listed as `get_weights` lists them."""
    for name, value in state.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}/")
        elif isinstance(value, list | tuple):
            yield from ((f"{key}/{leaf}", v) for leaf, v in zip(_listed(value), value, strict=True))
        else:
            yield key, value


def _listed(arrays: list | tuple) -> list[str]:
    """What the arrays of one layer are, in the order in which Keras lists them."""
    if arrays and np.ndim(arrays[0]) == 1:
        names = ["gamma", "beta", "moving_mean", "moving_variance"][-len(arrays) :]
    else:
        names = ["kernel", "bias"][: len(arrays)]
    return names if len(names) == len(arrays) else [str(i) for i in range(len(arrays))]


def from_hdf5(file) -> dict:
    """The weights in an open file of h5py, of `save`, `save_weights` or a `.keras` archive.

    Raises:
        ValueError: layers without their names, as Keras wrote them before 3.6.
    """
    found: dict = {}

    def visit(path: str, item) -> None:
        if not hasattr(item, "shape") or "optimizer" in path.split("/")[0]:
            return
        layer, _, leaf = path.rpartition("/")
        if not layer.endswith("vars"):
            found[path] = item[()]
        elif not (name := item.parent.attrs.get("name")):
            raise ValueError("it does not say which layer is which, as Keras before 3.6 wrote it")
        else:
            arrays = found.setdefault(str(name), {})
            arrays[int(leaf)] = item[()]

    file.visititems(visit)
    return {
        name: [value[i] for i in sorted(value)] if isinstance(value, dict) else value
        for name, value in found.items()
    }
