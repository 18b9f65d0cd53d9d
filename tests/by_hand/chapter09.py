"""The questions of chapter 9, by hand."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import inception_lib as il

from . import conv, count, whole


def groups(c, groups, k):
    return {
        "full": count(conv(c, c, k)),
        "grouped": count(conv(c, c, k, groups=groups)),
        "separable": count(conv(c, c, k, groups=c), conv(c, c)),
    }


def four_numbers(name):
    model = il.create_model(name)
    channels = sum(m.num_features for m in model.modules() if isinstance(m, nn.BatchNorm2d))
    convs = sum(m.weight.numel() for m in model.modules() if isinstance(m, nn.Conv2d))
    params = count(model)
    return {
        "channels": channels, "params": params, "convolutions": convs, "keras": params + channels,
        "classes_1001": params + model.head.fc.in_features + 1,
    }  # fmt: skip


def for_a_budget(millions, billions, side):
    errors = {
        "googlenet": (29.0, 31), "bn_inception": (25.2, 7), "inception_v3": (21.2, 75),
        "inception_resnet_v1": (21.3, 75), "inception_v4": (20.0, 75),
        "inception_resnet_v2": (19.9, 75),
    }  # fmt: skip
    fits = [
        error
        for name, (error, least) in errors.items()
        if whole(name) <= millions * 1e6 and whole(name, "macs") <= billions * 1e9 and least <= side
    ]
    return {"error": min(fits)}


def at_one_size(new, size):
    def macs(name, side):
        model = il.create_model(name).to("meta")
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            model.eval()(torch.zeros(1, 3, side, side, device="meta"))
        return counter.get_total_flops() / 2

    return {
        "own": whole(new, "macs") / whole("googlenet", "macs"),
        "one": macs(new, size) / macs("googlenet", size),
    }


def two_errors():
    return {"own": 10.07 - 7.8, "slide": 9.2 - 7.8}
