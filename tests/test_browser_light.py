"""benchmarks/pages.py runs, and weighs what a page loads. What it measures in time is not judged."""

import importlib.util

import pytest

pytestmark = pytest.mark.nightly


def test_the_benchmark_of_pages(root, browser):
    spec = importlib.util.spec_from_file_location("pages", root / "benchmarks" / "pages.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    with bench.served() as home:
        found = bench.weigh(browser, home, "intro.html")
        assert found["page"][0] > 10_000 and found["styles"][0] > 100_000, "it was loaded"
        assert bench.wait(browser, home + "intro.html", 4, bench.NETWORKS["10 Mbit/s"]) > 0
