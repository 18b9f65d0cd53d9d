"""The experiment of chapter 7: equal cost, equal blocks, and the record that ships."""

import pytest

import inception_lib as il
from inception_lib.experiments import uniform_blocks

pytestmark = pytest.mark.slow  # trains


def test_the_three_cost_the_same():
    costs = [il.cost(uniform_blocks.network(name)) for name in uniform_blocks.NAMES]
    macs, params = [c.macs for c in costs], [c.params for c in costs]
    assert max(macs) / min(macs) < 1.001
    assert max(params) / min(params) < 1.02


@pytest.mark.parametrize(("name", "blocks"), [("uniform", 2), ("deeper", 4)])
def test_blocks_of_a_grid_are_equal(name, blocks):
    stages = uniform_blocks.network(name).stages
    for grid in "AB":
        nodes = [node for stage, node in stages if stage[0] == grid]
        assert len(nodes) == blocks and len(set(nodes)) == 1


def test_graded_is_the_ladders():
    assert uniform_blocks.network("graded") == il.architecture("mini_factorized")
    ladder = il.training_record("ladder")["rows"]["mini_factorized"]["test_accuracy"]
    parts = il.training_record("uniform_blocks")["parts"]
    seeds = uniform_blocks.SEEDS
    assert [parts[f"graded, seed {s}"]["accuracy"][-1] for s in seeds] == ladder[: len(seeds)]
