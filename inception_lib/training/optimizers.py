"""The optimizers of recipes, one of which torch does not have."""

from __future__ import annotations

import torch
from torch import nn

from .recipe import Recipe


class RMSProp(torch.optim.Optimizer):
    """RMSProp with epsilon inside the root, as in the papers' code and unlike torch's.

    s ← d·s + (1 − d)·g², from s = 1; m ← momentum·m + lr·g / √(s + ε); w ← w − m. With ε = 1, as in
    the papers, its place matters: torch divides by √s + ε, and starts from s = 0.

    Args:
        params: as for any optimizer of torch.
        lr, decay, momentum, eps, weight_decay: see `Recipe`.

    Source: arXiv 1512.00567, section 8, for the numbers; TensorFlow's RMSPropOptimizer.
    """

    def __init__(self, params, lr, decay=0.9, momentum=0.9, eps=1.0, weight_decay=0.0):
        super().__init__(
            params,
            {
                "lr": lr,
                "decay": decay,
                "momentum": momentum,
                "eps": eps,
                "weight_decay": weight_decay,
            },
        )

    @torch.no_grad()
    def step(self, closure=None):
        """One step; `closure` is not used."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["square"], state["move"] = torch.ones_like(p), torch.zeros_like(p)
                grad = p.grad.add(p, alpha=group["weight_decay"])
                square, move = state["square"], state["move"]
                square.lerp_(grad.square(), 1 - group["decay"])
                scaled = grad / (square + group["eps"]).sqrt()
                move.mul_(group["momentum"]).add_(scaled, alpha=group["lr"])
                p.sub_(move)


def _adamw(groups, r: Recipe):
    return torch.optim.AdamW(groups, lr=r.lr)


def _sgd(groups, r: Recipe):
    return torch.optim.SGD(groups, lr=r.lr, momentum=r.momentum)


def _rmsprop(groups, r: Recipe):
    return RMSProp(groups, r.lr, r.decay, r.momentum, r.eps)


_OPTIMIZERS = {"adamw": _adamw, "sgd": _sgd, "rmsprop": _rmsprop}


def make_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return _OPTIMIZERS[recipe.optimizer]([g for g in groups if g["params"]], recipe)
