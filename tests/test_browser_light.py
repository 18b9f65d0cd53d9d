"""What a browser really loads, fonts too: as benchmarks/pages.py weighs it. No times: they differ."""

import importlib.util

import pytest

from tests.test_book_light import LARGEST_LANDING, WHOLE


@pytest.fixture(scope="module")
def bench(root):
    spec = importlib.util.spec_from_file_location("pages", root / "benchmarks" / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["intro.html", "chapters/02-one-by-one.html", "lab.html", "maps.html", "glossary.html"]
)
def test_weight_in_the_browser(name, bench, browser):
    with bench.served() as home:
        found = bench.weigh(browser, home, name)
    whole = sum(size for size, _ in found.values())
    assert found["page"][0] > 10_000 and found["styles"][0] > 100_000, "it was loaded"
    assert whole <= (LARGEST_LANDING if name == "intro.html" else WHOLE)
    fonts = found.get("fonts", (0, 0))[0]
    assert fonts <= (200_000 if name.startswith("chapters/") else 0), "only math has fonts"


def test_the_landing_page_answers(bench, browser):
    """The benchmark of times runs; what it measures is not judged here."""
    with bench.served() as home:
        assert bench.wait(browser, home + "intro.html", 4, bench.NETWORKS["10 Mbit/s"]) > 0
