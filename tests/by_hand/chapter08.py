"""The questions of chapter 8, by hand."""

import torch
from torch import nn

import inception_lib as il

from . import whole


def narrow_inside(i, c, grid):
    ones, threes = 3 * i * c + 3 * c * i, 27 * c * c
    weights = ones + threes
    return {
        "weights": weights, "share": ones / weights, "params": weights + 2 * 6 * c + i,
        "MACs": weights * grid**2,
    }  # fmt: skip


def many_paths(blocks, tenths):
    """The polynomial (1 + s)^n multiplied out, factor by factor."""
    s, weights = tenths / 10, [1.0]
    for _ in range(blocks):
        weights = [a + s * b for a, b in zip([*weights, 0.0], [0.0, *weights], strict=True)]
    total = sum(weights)
    mean = sum(k * w for k, w in enumerate(weights)) / total
    return {"mean": mean, "short": (weights[0] + weights[1]) / total}


def only_adds(s, x, body):
    one, two = torch.tensor(x), torch.tensor(body)
    return {"right": float((one + s * two).relu()), "wrong": float((one + s * two.relu()).relu())}


def what_a_scale_is(s):
    """How far the product of scale and weight moves, against a weight without a scale."""

    def moved(optimizer, scale):
        w = nn.Parameter(torch.ones(1, dtype=torch.double) / scale)
        optim = optimizer([w], lr=1e-6)
        (3.0 * scale * w).sum().backward()
        optim.step()
        return float(scale * w.detach() - 1)

    found = {}
    for name, optimizer in (("descent", torch.optim.SGD), ("Adam", torch.optim.Adam)):
        found[name] = round(moved(optimizer, s) / moved(optimizer, 1.0), 4)
    return found


def twins(rate):
    parts = il.training_record("residual_shortcut")["parts"]
    found = {}
    for blocks in (4, 12):
        for arm in ("shortcut, scale 0.2", "no shortcut"):
            own = [
                v["accuracy"]
                for k, v in parts.items()
                if k.startswith(f"{blocks} blocks, rate {rate}, {arm}, seed")
            ]
            found[f"{blocks} {arm}"] = sum(own) / len(own)
    return found


def raw_cost():
    return {
        "v1": whole("inception_resnet_v1", "macs") / whole("inception_v3", "macs"),
        "figures": 9_257_953_632 / whole("inception_v4", "macs"),
        "released": whole("inception_resnet_v2", "macs") / whole("inception_v4", "macs"),
    }
