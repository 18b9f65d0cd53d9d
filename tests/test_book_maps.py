"""The built pages: which of them load the scripts of the maps, and that none loads their data."""

import re

import pytest

import inception_lib as il
from tests.test_book import HTML, PAGES, scripts, soup, target

pytestmark = pytest.mark.usefixtures("pages")  # fails where the book is not built


def test_the_data_are_served_and_no_page_loads_them_at_once():
    data = HTML / "_static" / "maps"
    assert {path.stem for path in data.glob("*.js")} == set(il.list_models())
    for name in PAGES:
        assert not [
            t for t in soup(name)("script", src=True) if target(name, t["src"])[0].parent == data
        ]


def test_only_pages_with_a_map_load_the_scripts():
    """Every map that a script could find has its scripts."""
    for name in PAGES:
        has_map = "il-stage" in (HTML / name).read_text(encoding="utf-8")
        assert ({"maps.js", "maps-data.js"} <= scripts(name)) == has_map, name
        assert ("maps-page.js" in scripts(name)) == (name == "maps.html"), name


def test_every_map_of_a_network_as_published_is_named(pages):
    """Without the name a map stays a picture: a variant, of which the pages hold no data."""
    for page in (pages / "chapters").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        maps = re.findall(r'<svg[^>]*aria-label="Map of [^>]*>', text)
        assert all("data-network=" in found for found in maps), page.name
