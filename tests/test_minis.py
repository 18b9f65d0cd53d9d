"""The small ladder: one cost, one skeleton, and each step differs in what its name says."""

import pytest
import torch

import inception_lib as il
from inception_lib.tree.walks import leaves

MINIS = il.list_models(mini=True, by_year=True)
MACS = il.cost("mini_reduced").macs


def test_the_family_and_the_ladder_are_two_lists():
    assert not set(MINIS) & set(il.list_models())
    assert il.list_models(mini=True) == sorted(MINIS)
    steps = ("plain", "naive", "reduced", "bn", "factorized", "residual", "googlenet_aux")
    assert {f"mini_{step}" for step in steps} <= set(MINIS)


@pytest.mark.parametrize("name", MINIS)
def test_each_costs_the_same(name):
    assert abs(il.cost(name).macs / MACS - 1) <= 0.05


@pytest.mark.parametrize("name", MINIS)
def test_each_has_the_same_skeleton(name):
    network = il.architecture(name)
    assert network.names == ("conv1", "pool1", "3a", "3b", "pool3", "4a", "4b")
    assert network["conv1"] == il.Conv(16, 3)
    cost = il.cost(name)
    assert [cost[stage].out_shape[1:] for stage in ("3a", "3b", "4a", "4b")] == [
        (16, 16), (16, 16), (8, 8), (8, 8),
    ]  # fmt: skip
    assert cost.out_shape == (10,)


@pytest.mark.parametrize("name", MINIS)
def test_each_runs_with_as_many_parameters_as_counted(name):
    model = il.create_model(name, seed=0).eval()
    assert sum(p.numel() for p in model.parameters()) == il.cost(name).params
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert model(torch.zeros(1, 3, 150, 110)).shape == (1, 10)  # any size: the pooling is global


def test_steps_differ_in_what_their_names_say():
    def kernels(name):
        spec = il.architecture(name)
        return {n.kernel_size for _, s in spec.stages for n in leaves(s) if isinstance(n, il.Conv)}

    assert kernels("mini_plain") == {(3, 3)}
    assert kernels("mini_reduced") == kernels("mini_naive") == {(1, 1), (3, 3), (5, 5)}
    assert kernels("mini_factorized") == {(1, 1), (3, 3), (1, 5), (5, 1)}
    assert il.architecture("mini_bn").stages == il.architecture("mini_reduced").stages
    assert il.architecture("mini_bn").defaults == il.BATCH_NORM
    assert (
        il.architecture("mini_googlenet_aux", aux=True).stages
        == il.architecture("mini_reduced").stages
    )
    residual = il.architecture("mini_residual")
    assert [isinstance(residual[s], il.Residual) for s in ("3a", "3b", "4a", "4b")] == [0, 1, 0, 1]


def test_classes_are_the_networks_own_unless_told():
    assert il.cost("mini_reduced").out_shape == (10,)
    assert il.cost("googlenet").out_shape == (1000,)
    assert il.cost("mini_reduced", num_classes=3).out_shape == (3,)


@pytest.mark.parametrize("name", MINIS)
def test_each_can_be_drawn_and_cross_checked(name):
    assert "<svg" in il.draw(name)._repr_html_()
    assert il.cross_check(il.create_model(name, seed=0).eval(), (3, 32, 32)).agree
