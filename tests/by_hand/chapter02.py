"""The questions of chapter 2, by hand."""

import torch

import inception_lib as il

from . import conv, count


def does_it_pay(i, o, k, r):
    without, both = count(conv(i, o, k)), count(conv(i, r), conv(r, o, k))
    most = max(m for m in range(1, i + 1) if m * i + m * o * k * k < without)
    return {"without": without, "with": both, "share": both / without, "most": most}


def copied_widths(stage, i):
    _, r3, c3, r5, c5 = il.GOOGLENET[stage][:5]
    found = {}
    for k, r, o in ((3, r3, c3), (5, r5, c5)):
        without, both = i * o * k**2, i * r + r * o * k**2
        found |= {f"{k} without": without, f"{k} with": both, f"{k} times": both / without}
    return found


def two_columns(stage, i, grid):
    c1, r3, c3, r5, c5, proj = il.GOOGLENET[stage][:6]
    ours = (i * (c1 + r3 + r5 + proj) + 9 * r3 * c3 + 25 * r5 * c5) / 1024
    return {"ours": ours, "off": 1 - 463 / ours}


def one_before_one(i, o, r):
    return {
        "without": count(conv(i, o)),
        "with": count(conv(i, r), conv(r, o)),
        "star": 1 / (1 / i + 1 / o),
    }


def invisible_change(a, b, c):
    return {
        "answer": int(torch.tensor([a, b, c]) @ torch.tensor([b, -a, 0])),
        "independent": 3 - int(torch.linalg.matrix_rank(torch.tensor([[a, b, c]]).float())),
    }


def pool_or_mix(i, o, grid):
    return {
        "first": i * o * (grid // 2) ** 2,
        "last": i * o * grid**2,
    }
