"""Twins with and without shortcuts: equal costs, a short run, and the record that ships."""

import pytest

import inception_lib as il
from inception_lib.experiments import residual_shortcut as twins
from inception_lib.spec import Residual

pytestmark = pytest.mark.slow  # trains


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
