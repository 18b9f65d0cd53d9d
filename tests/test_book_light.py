"""Pages are light: what they load, by weight, and what they do not load."""

import re
from urllib.parse import unquote, urlsplit

import pytest

from tests.test_book import HTML, LARGEST, PAGES, soup, target

# Bytes as they lie on disk; servers send text packed, about a quarter of it.
LARGEST_OF_THEME = 800_000  # scripts and styles of a page
LARGEST_LANDING = 1_100_000  # the first page and all that it loads
WHOLE = 3_000_000  # any page and all that it loads

pytestmark = pytest.mark.usefixtures("pages")  # fails where the book is not built
every_page = pytest.mark.parametrize("name", [name for name in PAGES if name != "index.html"])


def loaded(name: str, tag: str, key: str) -> dict[str, int]:
    """{file: bytes} of what such tags of a page load."""
    files = {}
    for found in soup(name).find_all(tag, **{key: True}):
        if tag == "link" and "stylesheet" not in found.get("rel", []):
            continue
        if not urlsplit(found[key]).scheme:
            file = target(name, found[key])[0]
            files[file.relative_to(HTML).as_posix()] = file.stat().st_size
    return files


@every_page
def test_page_and_all_that_it_loads(name):
    scripts, styles = loaded(name, "script", "src"), loaded(name, "link", "href")
    pictures = loaded(name, "img", "src")
    scripts.pop("searchindex.js", None)  # on the search page alone
    theme = sum(scripts.values()) + sum(styles.values())
    page = (HTML / name).stat().st_size
    assert page + sum(pictures.values()) <= LARGEST
    assert theme <= LARGEST_OF_THEME, sorted((scripts | styles).items(), key=lambda x: -x[1])[:5]
    whole = page + theme + sum(pictures.values())
    assert whole <= (LARGEST_LANDING if name == "intro.html" else WHOLE)


@every_page
def test_what_is_not_needed_is_not_loaded(name):
    scripts = loaded(name, "script", "src")
    assert not [file for file in scripts if "fontawesome" in file]
    assert any("searchindex.js" in file for file in scripts) == (name == "search.html")


@every_page
def test_icons_are_drawings(name):
    """No word that a font or a script would have to turn into a picture."""
    page = soup(name)
    assert not page.select("i[class*=fa-], span[class*=fa-]")
    for icon in page.select("svg.svg-inline--fa"):
        assert re.fullmatch(r"0 0 \d+ \d+", icon["viewbox"])
        assert len(icon.find("path")["d"]) > 50
        assert icon.get("aria-hidden") == "true"
    if name != "404.html":
        assert len(page.select("svg.svg-inline--fa")) >= 5


@every_page
def test_few_scripts_hold_up_the_page(name):
    """Two of the theme's, small; every other one is read while the page is shown."""
    if name == "search.html":
        return
    waited_for = [
        unquote(urlsplit(script["src"]).path).split("/")[-1]
        for script in soup(name).find("head").find_all("script", src=True)
        if not script.has_attr("defer")
    ]
    assert set(waited_for) <= {"documentation_options.js", "doctools.js"}
