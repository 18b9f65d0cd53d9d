"""On random descriptions: what is counted is what is built and runs; what is wrong never builds."""

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import inception_lib as il
from inception_lib.nn.network import block_module

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]

kernels = st.sampled_from([1, 3, 5, (1, 3), (3, 1), (1, 7)])
paddings = st.sampled_from(["same", "tf_same"])
convs = st.builds(
    il.Conv,
    st.integers(1, 9),
    kernels,
    padding=paddings,
    bias=st.sampled_from([None, True, False]),
    norm=st.sampled_from([None, "none", "batch_norm"]),
    act=st.sampled_from([None, "none", "relu"]),
)
pools = st.one_of(
    st.builds(il.MaxPool, st.just(3)),
    st.builds(
        il.AvgPool,
        st.sampled_from([2, 3]),
        padding=st.just("tf_same"),
        count_include_pad=st.booleans(),
    ),
)
leaves = st.one_of(convs, pools, st.just(il.LRN()))


def parents(children):
    chains = st.lists(children, min_size=1, max_size=3).map(lambda layers: il.Chain(tuple(layers)))
    branches = st.lists(children, min_size=1, max_size=4).map(
        lambda nodes: il.Branches({f"b{i}": node for i, node in enumerate(nodes)})
    )
    return st.one_of(chains, branches)


nodes = st.recursive(leaves, parents, max_leaves=10)
defaults = st.sampled_from([il.PLAIN, il.BATCH_NORM, il.Defaults(bias=False)])
shapes = st.tuples(st.integers(1, 6), st.integers(7, 13), st.integers(7, 13))


@settings(max_examples=120, deadline=None, suppress_health_check=QUIET)
@given(nodes, defaults, shapes)
def test_counted_built_and_run_agree(node, defaults, shape):
    counted = il.cost(node, shape, defaults=defaults)
    model = il.build(node, shape[0], defaults=defaults, seed=0).eval()
    assert sum(p.numel() for p in model.parameters()) == counted.params
    with torch.no_grad():
        assert tuple(model(torch.randn(1, *shape)).shape[1:]) == counted.out_shape
    assert counted.params == sum(layer.params for layer in counted.layers)
    if counted.params:
        assert il.cross_check(model, shape).agree


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(nodes, shapes)
def test_every_branch_puts_out_what_its_row_says(node, shape):
    block = il.Branches({"first": node, "second": il.Conv(3)})
    model = il.build(block, shape[0], seed=0).eval()
    counted = il.cost(block, shape)
    names = [row.name for row in counted.rows]
    assume(len(set(names)) == len(names))
    got = il.features(model, torch.randn(1, *shape), at=names)
    assert {n: tuple(t.shape[1:]) for n, t in got.items()} == {
        row.name: row.out_shape for row in counted.rows
    }


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(nodes, st.integers(1, 6), st.integers(1, 60))
def test_a_wrong_sum_never_builds(node, channels, claimed):
    total = il.cost(node, (channels, 9, 9)).out_shape[0]
    assume(claimed != total)
    block = il.Branches({"only": node}, out_channels=claimed)
    says = f"branches give {total} channels .*the table says {claimed}"
    for read in (
        lambda: il.cost(block, (channels, 9, 9)),
        lambda: il.build(block, channels),
    ):
        with pytest.raises(ValueError, match=says):
            read()


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(nodes, st.integers(1, 6))
def test_a_residual_builds_exactly_where_its_body_keeps_the_channels(node, channels):
    out = il.cost(node, (channels, 9, 9)).out_shape[0]
    if out == channels:
        model = il.build(il.Residual(node), channels, seed=0).eval()
        assert model(torch.zeros(1, channels, 9, 9)).shape == (1, channels, 9, 9)
    else:
        with pytest.raises(ValueError, match="a sum needs both equal"):
            il.build(il.Residual(node), channels)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 5),
    st.integers(1, 3),
    st.sampled_from(["same", "valid", "tf_same"]),
    st.booleans(),
)
def test_pooled_grids_are_torchs(size, kernel, stride, padding, ceil_mode):
    assume(kernel % 2 or padding != "same")
    ceil_mode &= padding != "tf_same"
    pool = il.MaxPool(kernel, stride, padding, ceil_mode)
    x = torch.zeros(1, 1, size, size)
    try:
        counted = il.cost(pool, (1, size, size)).out_shape
    except ValueError:
        with pytest.raises(RuntimeError):
            block_module(pool, 1, il.PLAIN)(x)
    else:
        assert tuple(block_module(pool, 1, il.PLAIN)(x).shape[1:]) == counted
