"""The questions of chapter 5, by hand."""

import math

import torch
import torch.nn.functional as F

import inception_lib as il

from . import conv, count


def less_or_not(stage):
    i, o = il.GOOGLENET[stage][3:5]
    one = 25 * i * o
    return {
        "5×5": one,
        "wide": count(conv(i, o, 3), conv(o, o, 3)),
        "narrow": count(conv(i, i, 3), conv(i, o, 3)),
        "most": max(m for m in range(1, 999) if 9 * m * i + 9 * m * o <= one),
    }


def long_kernels(size, i, o):
    return {
        "one": count(conv(i, o, size)), "pair": count(conv(i, o, (1, size)), conv(o, o, (size, 1))),
        "equal": (size**2 - 2 * size) / size**2, "star": size**2 * i * o / (size * (i + o)),
    }  # fmt: skip


def two_borders(grid):
    """Positions at which a chain of 3×3 and its one kernel differ."""
    found = {}
    for name, many in (("two", 2), ("three", 3)):
        gen = torch.Generator().manual_seed(0)
        w = [torch.rand(1, 1, 3, 3, generator=gen, dtype=torch.double) for _ in range(many)]
        x = torch.rand(1, 1, grid, grid, generator=gen, dtype=torch.double)
        one, y = w[0], F.conv2d(x, w[0], padding=1)
        for k in w[1:]:
            one, y = F.conv2d(one, k.flip(2, 3), padding=2), F.conv2d(y, k, padding=1)
        z = F.conv2d(x, one, padding=many)
        found[name] = int(((y - z).abs() > 1e-9).sum())
    return found


def three_ways(k, d):
    return {
        "first": 2 * (d // 2) ** 2 * k**2,
        "last": 2 * d**2 * k**2,
        "side": 9 * k * k * (d // 2) ** 2,
    }


def padding_of_long(size, grid):
    x, p = torch.zeros(1, 1, grid, grid), size // 2
    y = conv(1, 1, (size, 1), padding=(p, 0))(conv(1, 1, (1, size), padding=p)(x))
    z = conv(1, 1, (size, 1), padding=(p, 0))(conv(1, 1, (1, size), padding=(0, p))(x))
    return {"rows": y.shape[2], "mended": z.shape[2]}


def quarter(d, k):
    return {
        "last": 2 * d**2 * k**2,
        "first": 2 * (d // 2) ** 2 * k**2,
        "factor": 4,
    }


def one_point():
    return {
        "error": math.sqrt(0.772 * 0.228 / 50_000),
        "difference": 77.2 - 76.2,
    }
