"""The questions of chapter 6, by hand."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import inception_lib as il

from . import whole


def smoothed(classes, hundredths):
    eps = hundredths / 100
    target = torch.full((classes,), eps / classes, dtype=torch.double)
    target[0] += 1 - eps
    z = target.log()
    loss = F.cross_entropy(
        z[None], torch.zeros(1, dtype=torch.long), label_smoothing=eps, reduction="mean"
    )
    return {
        "top": float(target[0]), "low": float(target[1]), "gap": float(z[0] - z[1]),
        "entropy": float(loss),
    }  # fmt: skip


def rmsprop_step(g, rate, decay):
    def moved(optimizer, **options):
        w = nn.Parameter(torch.zeros(1, dtype=torch.double))
        w.grad = torch.full_like(w, g)
        optimizer([w], lr=rate, **options).step()
        return -float(w.detach())

    inside = rate * g * (0.9 * 1 + 0.1 * g**2 + 1) ** -0.5
    outside = moved(torch.optim.RMSprop, alpha=decay, eps=1.0)
    return {"inside": inside, "outside": outside, "plain": moved(torch.optim.SGD)}


def why_299(last):
    eight, other = back_v3(8), back_v3(last)
    return {"eight": eight, "last": other, "apart": (other - eight) / (last - 8)}


def back_v3(n):
    """8 ← 17 ← 35 ← 71 ← 73 ← 147 ← 149 ← 299, as the chapter prints it."""
    for step in ("halve", "halve", "halve", "keep", "halve", "keep", "halve"):
        n = 2 * n + 1 if step == "halve" else n + 2
    return n


def counted_zeros(grid):
    pooled = F.avg_pool2d(torch.ones(1, 1, grid, grid), 3, 1, 1)[0, 0]
    return {
        "edge": float(pooled[0, 1]),
        "corner": float(pooled[0, 0]),
        "ring": int((pooled < 0.999).sum()),
    }


def larger_picture(side, own):
    model = il.create_model("inception_v3").to("meta")
    macs = FlopCounterMode(display=False)
    with macs, torch.no_grad():
        model.eval()(torch.zeros(1, 3, side, side, device="meta"))
    return {
        "area": side**2 / own**2,
        "MACs": macs.get_total_flops() / 2 / whole("inception_v3", "macs"),
    }


def three_numbers():
    return {
        "layers": 48,
        "params": whole("inception_v3"),
        "convolutions": whole("inception_v3", "conv_weights"),
        "MACs": whole("inception_v3", "macs"),
    }
