"""What the benchmarks compare is the same thing. How long it takes is nobody's test."""

import importlib.util

import pytest


@pytest.fixture(scope="module")
def counting(root):
    spec = importlib.util.spec_from_file_location("counting", root / "benchmarks" / "counting.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_four_counters_agree_and_what_they_add_is_explained(counting):
    best, found = counting.measure("googlenet", rounds=1)
    assert set(best) == set(found) == set(counting.COUNTERS)
    for counter, parts in found.items():
        assert (parts["params"], parts["conv + linear"]) == (6_998_552, 1_582_671_872), counter
        assert set(parts) - {"params", "conv + linear"} <= set(counting.WHY), counter
    assert set(found["il.cost"]) == {"params", "conv + linear"}
