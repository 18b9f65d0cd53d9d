"""The questions of chapter 3, by hand."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import inception_lib as il

from . import conv, count, row, whole


def field_of_a_chain(layers):
    """By the gradient, with all weights one."""

    def seen(strides):
        chain = nn.Sequential(*(conv(1, 1, k, stride=s) for k, s in strides)).double()
        for p in chain.parameters():
            nn.init.ones_(p)
        x = torch.zeros(1, 1, 220, 1, dtype=torch.double).expand(1, 1, 220, 220).clone()
        x.requires_grad_()
        y = chain(x)
        middle = y.shape[2] // 2
        rows = []
        for at in (middle, middle + 1):
            (g,) = torch.autograd.grad(y[0, 0, at, middle], x, retain_graph=True)
            rows.append((g[0, 0].sum(1) != 0).nonzero().flatten())
        return len(rows[0]), int(rows[1][0] - rows[0][0])

    size, step = seen(layers)
    return {"field": size, "stride": step, "without": seen([(k, 1) for k, _ in layers])[0]}


def own_aux_head(i, grid, narrow, hidden, classes):
    x = F.avg_pool2d(torch.zeros(1, narrow, grid, grid), 5, 3)
    first = count(nn.Linear(x.numel(), hidden))
    total = first + count(conv(i, narrow, bias=True), nn.Linear(hidden, classes))
    return {"total": total, "share": first / total}


def half_the_width(tenths):
    model = il.create_model("googlenet", width=tenths / 10)
    macs = FlopCounterMode(display=False)
    with macs, torch.no_grad():
        model.eval()(torch.zeros(1, 3, 224, 224))
    return {
        "parameters": count(model) / whole("googlenet"),
        "MACs": macs.get_total_flops() / 2 / whole("googlenet", "macs"),
    }


def ends_on_six(side):
    x, grids = torch.zeros(1, 1, side, side), []
    x = F.max_pool2d(conv(1, 1, 7, stride=2, padding=3)(x), 3, 2)
    grids.append(x.shape[2])
    for _ in range(3):
        x = F.max_pool2d(x, 3, 2)
        grids.append(x.shape[2])
    wanted = [56, 28, 14, 7]
    macs = row("googlenet", "conv1", "macs") + 1_024_000
    for stage, _ in il.architecture("googlenet").stages[1:]:
        own = row("googlenet", stage, "macs")
        grid = row("googlenet", stage, "grid")
        macs += own * (grids[wanted.index(grid)] / grid) ** 2
    return {"last": grids[-1], "faulty": round(macs), "right": whole("googlenet", "macs")}


def twelve_times():
    from torchvision.models import alexnet

    with torch.device("meta"):
        big = count(alexnet())
    small, heads = whole("googlenet"), 13_378_280
    return {"AlexNet": big, "GoogLeNet": small, "ratio": big / small, "with heads": big / heads}


def where_they_live(early, late):
    macs, params = whole("googlenet", "macs"), whole("googlenet")
    return {
        "often": row("googlenet", "conv2", "grid") ** 2,
        "early": sum(row("googlenet", s, "params") for s in early) / params,
        "late": (sum(row("googlenet", s, "macs") for s in late[:-1]) + 1_024_000) / macs,
    }
