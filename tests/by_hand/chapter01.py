"""The questions of chapter 1, by hand."""

import torch
import torch.nn.functional as F
from torch import nn

import inception_lib as il

from . import conv, count


def naive_elsewhere(i, c1, c3, c5, grid):
    kernels = c1 + c3 + c5
    weights = count(conv(i, c1), conv(i, c3, 3), conv(i, c5, 5))
    return {
        "channels": kernels + i, "weights": weights, "parameters": weights + kernels,
        "MACs": weights * grid**2,
    }  # fmt: skip


def pooling_bill(i, kernels, o, grid):
    with_, without = (9 * o * c * grid**2 for c in (kernels + i, kernels))
    return {
        "with": with_, "without": without, "difference": with_ - without, "times": with_ / without,
    }  # fmt: skip


def dense_stand_in(stage):
    c1, _, c3, _, c5 = il.GOOGLENET[stage][:5]
    kernels = [
        F.pad(torch.ones(c, 1, k, k), [(5 - k) // 2] * 4) for c, k in ((c1, 1), (c3, 3), (c5, 5))
    ]
    return {"zero": float((torch.cat(kernels) == 0).double().mean())}


def padding_faults(grid):
    x = torch.zeros(1, 1, grid, grid)
    return {
        "five": conv(1, 1, 5, padding=1)(x).shape[2],
        "pool": nn.MaxPool2d(3, padding=1)(x).shape[2],
    }


def spot_and_square(k, d, bright):
    kernel = il.blob_kernel(k)[None, None]
    x, square = torch.zeros(1, 1, k, k), torch.ones(1, 1, k, k)
    edge = (k - d) // 2
    x[..., edge : edge + d, edge : edge + d] = bright / 100
    square[..., :: k - 1, :: k - 1] = 0
    return {"square": float(F.conv2d(x, kernel)), "corners": float(F.conv2d(square, kernel))}


def modest_number(stage, i, grid):
    c1, _, c3, _, c5 = il.GOOGLENET[stage][:5]
    return {"kernels": c5 / (c1 + c3 + c5), "macs": 25 * c5 / (c1 + 9 * c3 + 25 * c5)}
