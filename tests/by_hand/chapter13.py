"""The questions of chapter 13, by hand."""

from itertools import count as upwards

import torch
import torch.nn.functional as F

import inception_lib as il

from . import conv, count, row


def one_for_three(stage):
    names = list(il.GOOGLENET)
    before = {"3a": 192, "4a": 480, "5a": 832}
    i = before.get(stage) or il.GOOGLENET[names[names.index(stage) - 1]][-1]
    c1, r3, _, r5, *_ = il.GOOGLENET[stage]
    side = {"3": 28, "4": 14, "5": 7}[stage[0]]
    macs = sum(count(conv(i, o)) for o in (c1, r3, r5)) * side * side
    return {"channels": c1 + r3 + r5, "macs": macs, "share": macs / row("googlenet", stage, "macs")}


def arithmetic_or_memory(i, o, side, gmacs, gbytes):
    """The bytes of real tensors, and the longer of two times."""
    layer, x = conv(i, o), torch.zeros(1, i, side, side)
    moved = sum(t.numel() * t.element_size() for t in (x, layer(x), layer.weight))
    macs = count(layer) * side**2
    seconds = max(moved / (gbytes * 1e9), macs / (gmacs * 1e9))
    return {
        "ratio": round(macs / moved, 2),
        "bend": gmacs / gbytes,
        "micro": round(seconds * 1e6, 1),
    }


def dark_border(k):
    left = F.avg_pool2d(torch.ones(1, 1, 40, 40, dtype=torch.float64), k, 1, k // 2)[0, 0]
    return {"corner": float(left[0, 0]), "edge": float(left[0, 20])}


def half_the_macs(share):
    """Of a hundred milliseconds."""
    convolutions, rest = 100 * share, 100 - 100 * share
    return {"twice": round(100 / (convolutions / 2 + rest), 2), "most": round(100 / rest, 2)}


def caught_up(prepare, ms, other):
    return {"pictures": next(n for n in upwards() if n * ms >= 1000 * prepare + n * other)}
