"""Checkers of chapter 11: right answers of several kinds, wrong ones with their message."""

import copy
import functools
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.exercises import answers

test_parameters = answers("11.1", [24_588], [
    (24_576, "bias too"),
    (24_576 + 2048, "not for each feature"),
    (2_049_000, "ImageNet"),
    (12_300, "GoogLeNet"),
    (18_444, "Inception-v4"),
    (21_785_568, "trunk"),
    (21_810_156, "whole network"),
    (1_572_876, "pools"),
    (2 * 24_576, "One weight"),
    (64 * 24_588, "pools"),
])  # fmt: skip


# ---- 11.2 ----
def frozen(model, keep=("last",)):
    for name, stage in model.stages.items():
        last = name == list(model.stages)[-1]
        if not (name in keep or (last and "last" in keep)):
            stage.requires_grad_(False)
            stage.eval()


def by_parameter(model):
    model.requires_grad_(False)
    model.eval()
    for part in (list(model.stages.values())[-1], model.head):
        part.requires_grad_(True)
        part.train()
    return model


def batch_norm_alone(model):
    """Only normalization is put into evaluation mode; dropout and the rest do not matter here."""
    *held, last = model.stages
    for key, p in model.named_parameters():
        p.requires_grad = key.startswith("head.") or key.split(".")[1] == last
    for name in held:
        for module in model.stages[name].modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def of_a_copy(model):
    model = copy.deepcopy(model)
    frozen(model)
    return model


def no_mode(model):
    for name, stage in model.stages.items():
        stage.requires_grad_(name == list(model.stages)[-1])


def head_frozen_too(model):
    frozen(model)
    model.head.requires_grad_(False)


def all_frozen(model):
    model.requires_grad_(False)


def all_in_evaluation(model):
    frozen(model)
    model.eval()


def one_left(model):
    frozen(model)
    model.stages["3b"].train()


def swapped(model):
    for name in list(model.stages)[:-1]:
        model.stages[name] = nn.Identity()


def weights_alone(model):
    frozen(model)
    for p in model.stages["4b"].parameters():
        p.requires_grad_(p.ndim > 1)


test_freeze = answers("11.2", [frozen, by_parameter, batch_norm_alone, of_a_copy], [
    (no_mode, "running statistics move"),
    (lambda m: frozen(m, ()), "4b, is frozen too"),
    (lambda m: frozen(m, ("4b",)), "bn_inception: stages.4b.1x1.conv.weight is still trained"),
    (lambda m: frozen(m, ("4a", "last")), "stages.4a.1x1.conv.weight is still trained"),
    (head_frozen_too, "head is frozen"),
    (all_frozen, "nothing is trained"),
    (all_in_evaluation, "should be in training mode"),
    (one_left, "stages.3b.1x1.norm still takes"),
    (weights_alone, "it is of the last stage"),
    (lambda m: m.eval(), "is still trained"),
    (lambda m: m.requires_grad_(False).eval(), "nothing is trained"),
    (swapped, "has lost"),
    (lambda m: m.stages["9z"], "raised KeyError"),
])  # fmt: skip


# ---- 11.3 ----
def groups(model, trunk_lr, head_lr):
    return [
        {"params": [p for p in model.stages.parameters() if p.requires_grad], "lr": trunk_lr},
        {"params": [p for p in model.head.parameters() if p.requires_grad], "lr": head_lr},
    ]


def one_by_one(model, trunk_lr, head_lr):
    return [
        {"params": p, "lr": head_lr if key.startswith("head") else trunk_lr}
        for key, p in model.named_parameters()
        if p.requires_grad
    ]


def named(model, trunk_lr, head_lr):
    """torch takes pairs of name and parameter, too."""
    found = {trunk_lr: [], head_lr: []}
    for key, p in model.named_parameters():
        if p.requires_grad:
            found[head_lr if "head" in key else trunk_lr].append((key, p))
    return [{"params": params, "lr": np.float64(lr)} for lr, params in found.items()]


def drawn_out(model, trunk_lr, head_lr):
    for group in groups(model, trunk_lr, head_lr):
        yield {"params": iter(group["params"]), "lr": torch.tensor(group["lr"])}


def head_as_it_is(model, trunk_lr, head_lr):
    trunk, head = groups(model, trunk_lr, head_lr)
    return [trunk, head | {"params": list(model.head.parameters())}]


def with_frozen(model, trunk_lr, head_lr):
    return [
        {"params": list(part.parameters()), "lr": lr}
        for part, lr in ((model.stages, trunk_lr), (model.head, head_lr))
    ]


test_groups = answers("11.3", [
    groups, one_by_one, named, drawn_out, lambda *a: torch.optim.SGD(groups(*a)),
], [
    (lambda m, t, h: groups(m, h, t), "belongs to the trunk"),
    (lambda m, t, h: groups(m, t, t), "belongs to the head"),
    (with_frozen, "is frozen"),
    (head_as_it_is, "head.fc.bias is frozen"),
    (lambda m, t, h: groups(m, 0.001, 0.1), "the learning rate"),
    (lambda m, t, h: [g | {"lr": "0.1"} for g in groups(m, t, h)], "the learning rate '0.1'"),
    (lambda m, t, h: [{"params": 7, "lr": t}], "parameters themselves"),
    (lambda m, t, h: {"params": list(m.parameters()), "lr": t}, "list of dicts"),
    (lambda m, t, h: groups(copy.deepcopy(m), t, h), "no parameter of the model"),
    (lambda m, t, h: groups(m, t, h)[:1], "in no group"),
    (lambda m, t, h: [*groups(m, t, h), groups(m, t, h)[1]], "in two groups"),
    (lambda m, t, h: [{"params": list(m.parameters())}], '"lr"'),
    (lambda m, t, h: [{"params": [k for k, _ in m.named_parameters()], "lr": t}], "no parameter"),
    (lambda m, t, h: list(m.parameters()), "list of dicts"),
    (lambda m, t, h: [{"params": [], "lr": t}], "empty"),
])  # fmt: skip


# ---- 11.4 ----
def by_product(q, x, k):
    return (F.normalize(q) @ F.normalize(x).T).topk(k).indices


def by_cosine(q, x, k):
    return nn.functional.cosine_similarity(q[:, None], x[None], dim=2).argsort(descending=True)[
        :, :k
    ]


def by_numpy(q, x, k):
    q, x = q.numpy(), x.numpy()
    alike = (q @ x.T) / np.linalg.norm(x, axis=1)
    return np.argsort(-alike, axis=1)[:, :k]


test_nearest = answers("11.4", [
    by_product, by_cosine, by_numpy, lambda q, x, k: by_product(q, x, k).tolist(),
    lambda q, x, k: by_product(q, x, k).int(),
    functools.partial(lambda one, q, x, k: by_product(one * q, x, k), 2.0),
], [
    (lambda q, x, k: (q @ x.T).topk(k).indices, "dot product"),
    (lambda q, x, k: torch.cdist(q, x).topk(k, largest=False).indices, "Euclidean"),
    (lambda q, x, k: by_product(q, x, k).fmod(2), "not the most alike"),
    (lambda q, x, k: (F.normalize(q) @ F.normalize(x).T).topk(k, largest=False).indices, "least alike"),
    (lambda q, x, k: (F.normalize(q, dim=0) @ F.normalize(x, dim=0).T).topk(k).indices, "wrong axis"),
    (lambda q, x, k: by_product(q, x, k).flip(1), "another order"),
    (lambda q, x, k: by_product(q, x, k).T, "Its shape is (3, 4)"),
    (lambda q, x, k: (F.normalize(q) @ F.normalize(x).T).topk(k).values, "similarities"),
    (lambda q, x, k: (F.normalize(q) @ F.normalize(x).T).topk(k), "values and indices"),
    (lambda q, x, k: by_product(x, q, 1), "is expected"),
    (lambda q, x, k: by_product(q, x, 3), "With k = "),
    (lambda q, x, k: by_product(q, x, k) + 1, "count from 0"),
    (lambda q, x, k: torch.zeros(len(q), k).long(), "not the most alike"),
    (lambda q, x, k: torch.full((len(q), k), math.nan), "places in"),
    (lambda q, x, k: "0", "a str"),
])  # fmt: skip
