"""The built pages: which of them load the scripts of the maps, and that none loads their data."""

import re
from pathlib import Path

import inception_lib as il

DATA = re.compile(r"_static/maps/[a-z0-9_]+[.]js")


def scripts(page: Path) -> list[str]:
    return re.findall(r'<script[^>]*\ssrc="([^"?]+)', page.read_text(encoding="utf-8"))


def test_the_data_are_served_and_no_page_loads_them_at_once(pages):
    served = {path.stem for path in (pages / "_static" / "maps").glob("*.js")}
    assert served == set(il.list_models())
    for page in pages.rglob("*.html"):
        assert not any(DATA.search(script) for script in scripts(page)), page.name


def test_only_pages_with_a_map_load_the_scripts(pages):
    """Every map that a script could find has its scripts."""
    for page in pages.rglob("*.html"):
        loaded = {script.rsplit("/", 1)[-1] for script in scripts(page)}
        has_map = "il-stage" in page.read_text(encoding="utf-8")
        assert ({"maps.js", "maps-data.js"} <= loaded) == has_map, page.name
        assert ("maps-page.js" in loaded) == (page.name == "maps.html"), page.name


def test_every_map_of_a_network_as_published_is_named(pages):
    """Without the name a map stays a picture: a variant, of which the pages hold no data."""
    for page in (pages / "chapters").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        maps = re.findall(r'<svg[^>]*aria-label="Map of [^>]*>', text)
        assert all("data-network=" in found for found in maps), page.name
