"""Checkers of chapter 11: your own pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..create import create_model
from ..nn.network import InceptionNet
from . import (
    Slip,
    as_number,
    as_tensor,
    called,
    exercise,
    fresh,
    is_function,
    kind,
    shown,
    slip_of,
    whole_number,
)


@exercise("11.1")
def trained_parameters(answer: Any) -> str | None:
    """Parameters of Inception-v3's linear layer for 12 classes."""
    width, classes, trunk = 2048, 12, 21_785_568
    weights = width * classes
    pools = "The head pools over the grid first: each channel gives one number."
    slips = (
        Slip(weights, "Each class has a bias too."),
        Slip(weights + width, "There is one bias for each class, not for each feature."),
        Slip(width * 1000 + 1000, "That is the layer for the 1000 classes of ImageNet."),
        Slip(1024 * classes + classes, "GoogLeNet ends in 1024 features; Inception-v3 does not."),
        Slip(1536 * classes + classes, "Inception-v4 ends in 1536 features; Inception-v3 does not."),
        Slip(trunk, "That is the trunk, which is frozen."),
        Slip(trunk + weights + classes, "That is the whole network; the trunk is frozen."),
        Slip(2 * weights, "One weight for each feature and class is one parameter, not two."),
        Slip(64 * (weights + classes), pools),
        Slip(8 * 8 * weights + classes, pools),
    )  # fmt: skip
    return whole_number(answer, weights + classes, slips)


def _model(name: str = "mini_bn") -> InceptionNet:
    width = 1.0 if name.startswith("mini") else 1 / 8
    return create_model(name, num_classes=3, width=width, seed=0).train()


@exercise("11.2", is_function)
def freeze(answer: Any) -> str | None:
    """A function (model) that freezes all but the last stage and the head, statistics too."""
    for name in ("mini_bn", "mini_residual", "bn_inception"):
        model: Any = _model(name)
        last, stays = _last(model)
        all_of_it = set(dict(model.named_parameters()))
        got, wrong = called(answer, model, none=True)
        if wrong:
            return wrong
        model = got if isinstance(got, nn.Module) else model
        trains = {key for key, p in model.named_parameters() if p.requires_grad}
        if all_of_it - set(dict(model.named_parameters())):
            return f"{name}: the network has lost some of its layers. Freeze them, and keep them."
        should = {key for key in all_of_it if key.startswith(stays)}
        untouched = all(p.requires_grad for p in model.parameters())
        if untouched and all(m.training for m in model.modules()):
            raise NotImplementedError
        if wrong := _wrong_parts(model, trains, should, last):
            return f"{name}: {wrong}"
        if wrong := _wrong_mode(model, last):
            return f"{name}: {wrong}"
    return None


def _last(model: InceptionNet) -> tuple[str, tuple[str, str]]:
    """The name of the last stage, and how the names of what stays trained begin."""
    last = list(model.stages)[-1]
    return last, ("head.", f"stages.{last}.")


def _wrong_parts(model: nn.Module, trains: set[str], should: set[str], last: str) -> str | None:
    if trains == should:
        return None
    if not trains:
        return "nothing is trained any more."
    if trains == {key for key in should if key.startswith("head.")}:
        return f"the last stage, {last}, is frozen too."
    if trains == should - {key for key in should if key.startswith("head.")}:
        return "the head is frozen too."
    if trains - should:
        first = next(key for key in dict(model.named_parameters()) if key in trains - should)
        return f"{first} is still trained."
    first = next(key for key in dict(model.named_parameters()) if key in should - trains)
    return f"{first} is frozen; it is of the last stage or of the head."


def _wrong_mode(model: nn.Module, last: str) -> str | None:
    norms = {k: m for k, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)}
    frozen = {key: m for key, m in norms.items() if not key.startswith(f"stages.{last}.")}
    if all(m.training for m in frozen.values()):
        return (
            f"no parameter before {last} is trained, but batch normalization there still takes the "
            "statistics of each batch, and its running statistics move."
        )
    for key, module in frozen.items():
        if module.training:
            return f"{key} still takes the statistics of each batch."
    if not all(m.training for key, m in norms.items() if key not in frozen):
        return f"{last} is trained: its batch normalization should be in training mode."
    return None


@exercise("11.3", is_function)
def parameter_groups(answer: Any) -> str | None:
    """A function (model, trunk_lr, head_lr) -> groups for an optimizer, without frozen parameters."""
    for frozen in ((), ("stages.conv1.", "stages.3a."), ("stages.3", "head.fc.bias")):
        model = _model()
        for key, p in model.named_parameters():
            p.requires_grad_(not key.startswith(tuple(frozen)))
        trunk_lr, head_lr = fresh.uniform(1e-4, 1e-3), fresh.uniform(1e-2, 1e-1)
        got, wrong = called(answer, model, trunk_lr, head_lr)
        if wrong:
            return wrong
        if isinstance(got, torch.optim.Optimizer):
            got = got.param_groups
        groups = list(got) if isinstance(got, Iterable) and not isinstance(got, Mapping) else [got]
        if isinstance(got, Mapping) or not all(isinstance(group, dict) for group in groups):
            return 'Give a list of dicts, such as [{"params": …, "lr": …}, …].'
        if wrong := _wrong_groups(model, groups, trunk_lr, head_lr):
            return wrong
    return None


def _wrong_groups(
    model: nn.Module, groups: list[dict], trunk_lr: float, head_lr: float
) -> str | None:
    names = {id(p): key for key, p in model.named_parameters()}
    rates: dict[str, float] = {}
    for group in groups:
        if "params" not in group or "lr" not in group:
            return 'Each group needs "params" and "lr".'
        params = group["params"]
        if isinstance(params, Tensor) or not isinstance(params, Iterable):
            params = [params]
        for p in params:
            key = names.get(id(p[1] if isinstance(p, tuple) and len(p) == 2 else p))
            if key is None:
                return 'A group holds something that is no parameter of the model; "params" takes the parameters themselves.'
            if key in rates:
                return f"{key} is in two groups."
            rate = as_number(group["lr"])
            if rate is None:
                return f"{key} has the learning rate {shown(group['lr'])}; a number is expected."
            rates[key] = rate
    if not rates:
        return (
            "The groups are empty. A generator can be read only once: make lists of the parameters."
        )
    for key, p in model.named_parameters():
        part, want = ("the head", head_lr) if key.startswith("head.") else ("the trunk", trunk_lr)
        if not p.requires_grad:
            if key in rates:
                return f"{key} is frozen, and is in a group all the same."
        elif key not in rates:
            return f"{key} is in no group, so nothing trains it."
        elif not abs(rates[key] - want) <= 1e-6 * want:
            return (
                f"{key} has the learning rate {rates[key]:.6f}; it belongs to {part}: {want:.6f}."
            )
    return None


@exercise("11.4", is_function)
def nearest(answer: Any) -> str | None:
    """A function (queries, known, k) -> indices of the k most alike by cosine, the first first."""
    # rows, rows, features, k; the last one is drawn anew
    sizes = ((4, 12, 5, 3), (1, 6, 3, 1), (3, 5, 8, 5), (2, fresh.randint(7, 30), 6, 4))
    for seed, (q, n, f, k) in enumerate(sizes):
        draws = torch.Generator().manual_seed(4 + seed)
        known = torch.rand(n, f, generator=draws) * torch.linspace(0.2, 5, n)[:, None]
        queries = torch.rand(q, f, generator=draws)
        got, wrong = called(answer, queries, known, k)
        if wrong:
            return wrong
        if isinstance(got, tuple) and hasattr(got, "indices"):
            return "That is both, values and indices; the indices alone are asked for."
        if wrong := _wrong_neighbours(got, queries, known, k):
            return wrong if seed == 0 else f"With k = {k} of {n}: {wrong}"
    return None


def _wrong_neighbours(got: object, queries: Tensor, known: Tensor, k: int) -> str | None:
    places = as_tensor(got)
    if places is None:
        return f"It gives {kind(got)}; a tensor of indices is expected."
    alike = F.normalize(queries) @ F.normalize(known).T
    right = alike.topk(k).indices
    if places.shape != right.shape:
        return (
            f"Its shape is {tuple(places.shape)}; a row of {k} for each of the {len(queries)} "
            "queries is expected."
        )
    if torch.equal(places.double(), right.double()):
        return None
    if not torch.equal(places, places.double().nan_to_num(0.5).round().to(places.dtype)):
        return "It gives no places in `known`, such as the similarities; indices are asked for."
    places = places.long()
    if torch.equal(places - 1, right):
        return "Places count from 0; these count from 1."
    if torch.equal(places.sort().values, right.sort().values):
        return "These are the right neighbours in another order; the most alike comes first."
    columns = F.normalize(queries, dim=0) @ F.normalize(known, dim=0).T
    slips = (
        Slip(-alike, "These are the least alike."),
        Slip(queries @ known.T, "That is the dot product: a long vector wins although its direction differs."),
        Slip(-torch.cdist(queries, known), "That is the Euclidean distance; the length of a vector should not matter."),
        Slip(columns, "The vectors are scaled along the wrong axis: each row should get the length 1."),
    )  # fmt: skip
    why = slip_of(slips, lambda nearness: torch.equal(places, nearness.topk(k).indices))
    return why or "These are not the most alike by the cosine of the angle between them."
