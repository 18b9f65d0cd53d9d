"""Checkers of chapter 11: your own pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..models import create_model
from . import called, exercise, is_function, whole_number


@exercise("11.1")
def trained_parameters(answer: object) -> str | None:
    """Parameters of Inception-v3's linear layer for 12 classes."""
    width, classes = 2048, 12
    return whole_number(
        answer,
        width * classes + classes,
        {
            width * classes: "Each class has a bias too.",
            width * classes + width: "There is one bias for each class, not for each feature.",
            width * 1000 + 1000: "That is the layer for the 1000 classes of ImageNet.",
            1024 * classes + classes: "GoogLeNet ends in 1024 features; Inception-v3 does not.",
            1536 * classes + classes: "Inception-v4 ends in 1536 features; Inception-v3 does not.",
            21_785_568: "That is the trunk, which is frozen.",
            21_785_568
            + width * classes
            + classes: "That is the whole network; the trunk is frozen.",
            8 * 8 * width * classes
            + classes: "The head pools over the grid first: each channel gives one number.",
        },
    )


def _model(name: str = "mini_bn") -> nn.Module:
    return create_model(name, num_classes=3, seed=0).train()


@exercise("11.2")
def freeze(answer: object) -> str | None:
    """A function (model) that freezes all but the last stage and the head, statistics too."""
    if wrong := is_function(answer):
        return wrong
    for name in ("mini_bn", "mini_residual"):
        model = _model(name)
        got, wrong = called(answer, model, none=True)
        if wrong:
            return wrong
        model = got if isinstance(got, nn.Module) else model
        trains = {key for key, p in model.named_parameters() if p.requires_grad}
        should = {key for key in dict(model.named_parameters()) if _stays(key)}
        untouched = all(p.requires_grad for p in model.parameters())
        if untouched and all(m.training for m in model.modules()):
            raise NotImplementedError
        if wrong := _wrong_parts(model, trains, should):
            return f"{name}: {wrong}"
        if wrong := _wrong_mode(model):
            return f"{name}: {wrong}"
    return None


def _stays(key: str) -> bool:
    return key.startswith(("head.", "stages.4b."))


def _wrong_parts(model: nn.Module, trains: set[str], should: set[str]) -> str | None:
    if trains == should:
        return None
    if not trains:
        return "nothing is trained any more."
    if trains == {key for key in should if key.startswith("head.")}:
        return "the last stage, 4b, is frozen too."
    if trains == should - {key for key in should if key.startswith("head.")}:
        return "the head is frozen too."
    if any(not key.startswith(("head.", "stages.4b.")) for key in trains):
        first = next(key for key in dict(model.named_parameters()) if key in trains - should)
        return f"{first} is still trained."
    first = next(key for key in dict(model.named_parameters()) if key in should - trains)
    return f"{first} is frozen; it is of the last stage or of the head."


def _wrong_mode(model: nn.Module) -> str | None:
    norms = {k: m for k, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)}
    frozen = {key: m for key, m in norms.items() if not key.startswith("stages.4b.")}
    if all(m.training for m in frozen.values()):
        return (
            "no parameter before 4b is trained, but batch normalization there still takes the "
            "statistics of each batch, and its running statistics move."
        )
    for key, module in frozen.items():
        if module.training:
            return f"{key} still takes the statistics of each batch."
    if not all(m.training for key, m in norms.items() if key not in frozen):
        return "4b is trained: its batch normalization should be in training mode."
    return None


@exercise("11.3")
def parameter_groups(answer: object) -> str | None:
    """A function (model, trunk_lr, head_lr) -> groups for an optimizer, without frozen parameters."""
    if wrong := is_function(answer):
        return wrong
    for frozen in ((), ("conv1", "3a")):
        model = _model()
        for name in frozen:
            model.stages[name].requires_grad_(False)
        got, wrong = called(answer, model, 0.001, 0.1)
        if wrong:
            return wrong
        if isinstance(got, torch.optim.Optimizer):
            got = got.param_groups
        if not isinstance(got, list | tuple) or not all(isinstance(g, dict) for g in got):
            return 'Give a list of dicts, such as [{"params": …, "lr": …}, …].'
        if wrong := _wrong_groups(model, got, bool(frozen)):
            return wrong
    return None


def _wrong_groups(model: nn.Module, groups, frozen: bool) -> str | None:
    names = {id(p): key for key, p in model.named_parameters()}
    rates: dict[str, float] = {}
    for group in groups:
        if "params" not in group or "lr" not in group:
            return 'Each group needs "params" and "lr".'
        params = group["params"]
        if isinstance(params, Tensor):
            params = [params]
        for p in params:
            key = names.get(id(p))
            if key is None:
                return 'A group holds something that is no parameter of the model; "params" takes the parameters themselves.'
            if key in rates:
                return f"{key} is in two groups."
            rates[key] = group["lr"]
    if not rates:
        return (
            "The groups are empty. A generator can be read only once: make lists of the parameters."
        )
    for key, p in model.named_parameters():
        want = 0.1 if key.startswith("head.") else 0.001
        if not p.requires_grad:
            if key in rates:
                return f"{key} is frozen, and is in a group all the same."
        elif key not in rates:
            return f"{key} is in no group, so nothing trains it."
        elif rates[key] != want:
            part = "the head" if want == 0.1 else "the trunk"
            return f"{key} has the learning rate {rates[key]:g}; it belongs to {part}."
    return None


@exercise("11.4")
def nearest(answer: object) -> str | None:
    """A function (queries, known, k) -> indices of the k most alike by cosine, the first first."""
    if wrong := is_function(answer):
        return wrong
    draws = torch.Generator().manual_seed(4)
    known = torch.rand(12, 5, generator=draws) * torch.linspace(0.2, 5, 12)[:, None]
    queries, k = torch.rand(4, 5, generator=draws), 3
    got, wrong = called(answer, queries.clone(), known.clone(), k)
    if wrong:
        return wrong
    if not isinstance(got, Tensor):
        return f"It gives a {type(got).__name__}; a tensor of indices is expected."
    alike = F.normalize(queries) @ F.normalize(known).T
    right = alike.topk(k).indices
    if got.is_floating_point():
        return "It gives the similarities; their places in `known` are asked for."
    if got.shape != right.shape:
        return (
            f"Its shape is {tuple(got.shape)}; a row of {k} for each of the 4 queries is expected."
        )
    if torch.equal(got, right):
        return None
    if torch.equal(got.sort().values, right.sort().values):
        return "These are the right neighbours in another order; the most alike comes first."
    slips = {
        "These are the least alike.": alike.topk(k, largest=False).indices,
        "That is the dot product: a long vector wins although its direction differs.": (
            queries @ known.T
        )
        .topk(k)
        .indices,
        "That is the Euclidean distance; the length of a vector should not matter.": torch.cdist(
            queries, known
        )
        .topk(k, largest=False)
        .indices,
        "The vectors are scaled along the wrong axis: each row should get the length 1.": (
            F.normalize(queries, dim=0) @ F.normalize(known, dim=0).T
        )
        .topk(k)
        .indices,
    }
    for why, slip in slips.items():
        if torch.equal(got, slip):
            return why
    return "These are not the most alike by the cosine of the angle between them."
