"""Twins with and without shortcuts: equal costs, a short run, and the record that ships."""

import pytest
import torch

import inception_lib as il
from inception_lib.experiments import residual_shortcut as twins
from inception_lib.spec import Residual

pytestmark = pytest.mark.slow  # trains


@pytest.mark.parametrize("blocks", twins.DEPTHS)
def test_twins_cost_the_same_and_only_some_have_shortcuts(blocks):
    nets = {arm: twins.network(blocks, *kind) for arm, kind in twins.ARMS.items()}
    assert len({il.cost(net).macs for net in nets.values()}) == 1
    params = {arm: il.cost(net).params for arm, net in nets.items()}
    fair = params.pop("no shortcut, BN")
    assert set(params.values()) == {fair - 64 * blocks}  # scale and shift in place of a bias
    for arm, net in nets.items():
        sums = sum(isinstance(node, Residual) for _, node in net.stages)
        assert sums == (blocks if arm.startswith("shortcut") else 0)


def test_the_fair_twin_normalizes_what_a_plain_network_would():
    norms = {
        arm: sum(isinstance(m, torch.nn.BatchNorm2d) for m in twins.make(4, arm, 0).modules())
        for arm in twins.ARMS
    }
    assert norms["no shortcut, BN"] == norms["no shortcut"] + 4
    assert norms["no shortcut"] == norms["shortcut, scale 0.2"]
