"""The questions of chapter 12, by hand."""

import math

import torch
from torch import nn

import inception_lib as il


def all_in_one_branch(stage, branch, family):
    widths = dict(zip(("1x1", "_", "3x3", "_", "5x5", "pool"), il.GOOGLENET[stage], strict=False))
    width, whole = widths[branch], il.GOOGLENET[stage][-1]
    exact = math.prod((width - n) / (whole - n) for n in range(family))
    return {"simple": math.exp(family * math.log(width / whole)), "exact": exact}


def five_networks(measure):
    from inception_lib.experiments import branch_roles

    record = il.training_record("branch_roles")
    means = branch_roles.branch_means(record, "original", measure)
    above = sum(five > three for three, five in zip(means["3x3"], means["5x5"], strict=True))
    return {"above": above, "p": float(branch_roles.compared(record, "original", measure).p)}


def part_of_the_score(sums, bias):
    """A layer on global averages, of maps whose weighted sums are these."""
    maps, head = torch.rand(1, 4, 3, 3, dtype=torch.float64), nn.Linear(4, 1).double()
    with torch.no_grad():
        head.weight[0] = torch.tensor(sums) / maps.mean((2, 3))[0]
        head.bias[0] = bias
        return {"score": float(head(maps.mean((2, 3))))}


def two_of_many(many):
    """Of all ways to divide ten different runs into five and five, those that separate them."""
    from itertools import combinations

    ways = [set(chosen) for chosen in combinations(range(10), 5)]
    each = sum(way in (set(range(5)), set(range(5, 10))) for way in ways) / len(ways)
    return {"expected": many * each, "some": 1 - math.exp(many * math.log1p(-each))}


def p_of_zero(draws):
    return {"least": 1 / (draws + 1)}
