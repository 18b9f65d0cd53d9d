"""The experiment of chapter 5: its networks differ in the place of the long kernels alone."""

import torch

import inception_lib as il
from inception_lib.experiments import asymmetric_places as places


def test_all_networks_cost_the_same_and_see_the_same():
    counts = {name: il.cost(places.network(name)) for name in places.NETWORKS}
    macs = [count.macs for count in counts.values()]
    assert max(macs) / min(macs) < 1.01
    for stage in ("grid 32", "grid 16", "grid 8"):
        rows = [count[stage] for count in counts.values()]
        assert len({(r.in_shape, r.out_shape, r.receptive_field) for r in rows}) == 1
        assert max(r.macs for r in rows) / min(r.macs for r in rows) < 1.012
    assert counts["two 3×3 everywhere"]["grid 32"].in_shape == (8, 32, 32)
    assert counts["two 3×3 everywhere"]["grid 8"].in_shape == (32, 8, 8)


def test_only_the_named_grid_is_asymmetric():
    base = places.network("two 3×3 everywhere")
    for grid in places.WIDTHS:
        other = places.network(f"asymmetric on {grid}")
        differ = {name for name in base.names if other[name] != base[name]}
        assert differ == {f"grid {grid}"}


def test_the_share_of_an_outer_product_is_one():
    row, column = torch.randn(2, 5, generator=torch.Generator().manual_seed(0))
    assert abs(places.rank_one_share(torch.outer(column, row)[None, None]) - 1) < 1e-6
    assert abs(places.rank_one_share(torch.eye(5)[None, None]) - 0.2) < 1e-6


def test_the_record_is_whole_and_fits():
    record = il.training_record("asymmetric_places")
    rows = places.summary(record)
    assert list(rows) == list(places.NETWORKS)
    for name, row in rows.items():
        counted = il.cost(places.network(name))
        assert (row["params"], row["macs"]) == (counted.params, counted.macs)
        assert len(row["test_accuracy"]) == len(places.SEEDS)
    assert record["parts"]["setting"]["recipe"]["epochs"] == places.RECIPE.epochs
    for seed in places.SEEDS:
        kept = record["parts"][f"one 5×5 everywhere, seed {seed}"]["rank_one_share"]
        assert set(kept) == {"untrained", "trained"}
