"""The questions of chapter 4, by hand."""

import re

import torch
from torch import nn

import inception_lib as il

from . import count


def four_values(low, apart, gamma, beta, later):
    bn = nn.BatchNorm2d(1, eps=1e-30).double()  # torch allows no 0
    nn.init.constant_(bn.weight, gamma)
    nn.init.constant_(bn.bias, beta)
    x = torch.tensor([low, low, low + apart, low + apart]).double().view(2, 1, 1, 2)
    out = bn(x).flatten().detach()
    used = bn.eval()(torch.full((1, 1, 1, 1), float(later)).double())
    return {
        "low": float(out[0]), "high": float(out[3]), "running mean": float(bn.running_mean),
        "running variance": float(bn.running_var), "used": float(used.detach()),
    }  # fmt: skip


def fold_by_hand(w, mean, deviation, gamma, beta):
    def layer(x):
        return gamma * (w * x - mean) / deviation + beta

    return {"weight": layer(1) - layer(0), "bias": layer(0), "tried": layer(2)}


def wrong_momentum(decay):
    steps = next(t for t in range(1, 10**5) if decay**t <= 0.5)
    return {"momentum": 1 - decay, "steps": steps}


def dead_bias(name):
    model = il.create_model(name)
    channels = sum(m.num_features for m in model.modules() if isinstance(m, nn.BatchNorm2d))
    return {"channels": channels, "share": channels / count(model)}


def test_in_training_mode(size):
    from statistics import mean

    parts = il.training_record("batch_norm_digits")["parts"]
    own = [v for k, v in parts.items() if k.startswith("with BN, batch sizes")]
    kinds = {"own": "batch", "running": "running", "sorted": "by class"}
    found = {key: mean(v[str(size)][kind] for v in own) for key, kind in kinds.items()}
    return found | {"two": mean(v["2"]["batch"] for v in own)}


def is_that_why(step):
    parts = il.training_record("batch_norm_digits")["parts"]

    def mean(kind):
        own = [v for k, v in parts.items() if re.fullmatch(rf"{kind}, seed \d", k)]
        return (
            100
            * sum(dict(zip(v["steps"], v["accuracy"], strict=True))[step] for v in own)
            / len(own)
        )

    plain, normal, noisy = map(mean, ("without BN", "with BN", "with BN, noise"))
    return {"lead": normal - plain, "remains": noisy - plain}


def fourteen_times():
    return {"five": 31.0 / 2.1, "alone": 31.0 / 13.3}
