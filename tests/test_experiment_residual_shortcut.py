"""Twins with and without shortcuts: equal costs, a short run, and the record that ships."""

import pytest

import inception_lib as il
from inception_lib.experiments import residual_shortcut as twins
from inception_lib.spec import Residual


@pytest.mark.parametrize("blocks", twins.DEPTHS)
def test_twins_cost_the_same_and_only_one_has_shortcuts(blocks):
    with_them, without = twins.network(blocks, 0.2), twins.network(blocks, None)
    assert il.cost(with_them).params == il.cost(without).params
    assert il.cost(with_them).macs == il.cost(without).macs
    kinds = [
        sum(isinstance(node, Residual) for _, node in net.stages) for net in (with_them, without)
    ]
    assert kinds == [blocks, 0]
    shapes = [
        [tuple(p.shape) for p in twins.make(blocks, scale, 0).parameters()] for scale in (0.2, None)
    ]
    assert shapes[0] == shapes[1]


def test_a_short_run_begins_as_the_record():
    run = twins.train(4, "no shortcut", 0.002, seed=0, steps=8)
    parts = il.training_record("residual_shortcut")["parts"]
    then = parts["4 blocks, rate 0.002, no shortcut, seed 0"]
    assert len(run["losses"]) == 1
    assert run["losses"][0] == pytest.approx(then["losses"][0], abs=0.05)


def test_the_record_holds_every_run():
    parts = il.training_record("residual_shortcut")["parts"]
    assert len(parts) == len(twins.DEPTHS) * len(twins.RATES) * len(twins.ARMS) * len(twins.SEEDS)
    for run in parts.values():
        assert len(run["losses"]) == twins.STEPS // 8
        assert 0 <= run["accuracy"] <= 1
