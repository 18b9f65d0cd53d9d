"""The built pages: complete, and complete in themselves. `make book` has already made every
warning an error; here is what Sphinx does not look at."""

import itertools
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from teaching.chapters import all_notebooks
from tools import colab_cell

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
# index.html only leads to intro.html; genindex and search are the theme's own.
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.rglob("*.html")
    if not {"_static", "_sources"} & set(path.relative_to(HTML).parts)
)
LARGEST = 1_500_000  # bytes of a page with its own pictures

pytestmark = pytest.mark.usefixtures("pages")  # fails where the book is not built
every_page = pytest.mark.parametrize("name", PAGES)


@cache
def soup(name: str) -> BeautifulSoup:
    """A page, read once for all tests; they leave it as it is."""
    return BeautifulSoup((HTML / name).read_text(encoding="utf-8"), "lxml")


def article(name: str):
    """The page without the theme's frame."""
    return soup(name).find("article") or soup(name)


@cache
def _scripts_in(file: Path) -> frozenset[str]:
    joined = re.findall(r"^/\* (\S+\.js) \*/$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(joined or [file.name])


def scripts(name: str) -> set[str]:
    """The names of the scripts that a page loads, also of those that are joined into one file."""
    files = [target(name, tag["src"])[0] for tag in soup(name)("script", src=True)]
    return {script for file in files for script in _scripts_in(file)}


@cache
def ids(name: str) -> set[str]:
    """What a link can lead to on a page."""
    return {tag["id"] for tag in soup(name).find_all(id=True)}


def test_every_source_has_a_page():
    for source in ROOT.glob("chapters/**/*.ipynb"):
        assert source.relative_to(ROOT).with_suffix(".html").as_posix() in PAGES
    assert {"index.html", "intro.html", "glossary.html", "bibliography.html"} <= set(PAGES)


@every_page
def test_pictures_have_alt(name):
    for picture in soup(name).find_all("img"):
        alt = picture.get("alt", "").strip()
        assert alt, picture
        # without alt text in the cell's metadata, myst-nb writes the hashed name of the file
        assert not re.search(r"\.(png|svg|jpe?g)$|[0-9a-f]{16}|_images", alt), picture
    for picture in article(name).find_all("img"):
        assert "dark-light" in picture.get("class", []), picture


@every_page
def test_drawings_have_a_name(name):
    for drawing in article(name).find_all("svg"):
        if drawing.find_parent("svg") or drawing.get("aria-hidden") == "true":
            continue
        assert drawing.get("role") in ("img", "group", "graphics-document"), drawing.attrs
        named = drawing.get("aria-label") or drawing.get("aria-labelledby") or drawing.find("title")
        assert named, drawing.attrs
        for reference in (drawing.get("aria-labelledby") or "").split():
            assert reference in ids(name)


@every_page
def test_ids_are_unique(name):
    ids = [tag["id"] for tag in article(name).find_all(id=True)]
    assert len(ids) == len(set(ids)), sorted({i for i in ids if ids.count(i) > 1})


def target(name: str, link: str) -> tuple[Path, str]:
    parts = urlsplit(link)
    page = (HTML / name).parent / unquote(parts.path) if parts.path else HTML / name
    return page.resolve(), unquote(parts.fragment)


@every_page
def test_links_lead_somewhere(name):
    """Every link within the book, and the place on the page behind #."""
    for tag in soup(name).find_all(["a", "link", "img", "script"]):
        link = tag.get("href") or tag.get("src")
        if not link or urlsplit(link).scheme or link in ("#", ""):
            continue
        page, anchor = target(name, link)
        assert page.is_file(), f"{link} is no file"
        if anchor and page.suffix == ".html":
            there = ids(page.relative_to(HTML).as_posix())
            assert anchor in there, f"{link}: no such place on that page"


@every_page
def test_nothing_is_loaded_from_elsewhere(name):
    """Scripts, styles, pictures, frames. Links that a reader follows may lead away."""
    for tag in soup(name).find_all(["script", "img", "iframe", "source", "video", "object", "use"]):
        for key in ("src", "srcset", "data", "poster"):
            assert not re.match(r"\s*(https?:)?//", tag.get(key, "")), tag
    for tag in soup(name).find_all("link"):
        if not {"canonical", "license"} & set(tag.get("rel", [])):
            assert not re.match(r"(https?:)?//", tag.get("href", "")), tag
    inline = " ".join(tag.get_text() for tag in soup(name).find_all("style"))
    assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", inline)


def test_styles_load_nothing_from_elsewhere():
    for path in HTML.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        for link in re.findall(r"(?:url\(|@import)\s*['\"]?([^'\")\s]+)", text):
            assert not re.match(r"(https?:)?//", link), f"{path.name}: {link}"
            if not link.startswith(("data:", "#", "%23")):
                file = path.parent / link.split("?")[0].split("#")[0]
                assert file.is_file(), f"{path.name}: {link} is missing"


def test_formulas_are_set():
    """As MathML, in a font that the book brings; no command of LaTeX is left over."""
    found = [box for name in PAGES for box in article(name).select("span.math, div.math")]
    assert len(found) > 400
    for box in found:
        assert box.find("math")["alttext"]
        assert "\\" not in box.get_text() and "&" not in box.get_text(), box.get_text()
    assert (HTML / "_static" / "math.woff2").stat().st_size > 10_000


@every_page
def test_links_say_where_they_lead(name):
    """Also to somebody who hears nothing but the links."""
    told = {
        " ".join(link.get_text().split()).lower() for link in article(name).find_all("a", href=True)
    }
    assert not told & {"here", "this", "this page", "link", "click here", "more", "read more"}


@every_page
def test_colab_link(name):
    """Notebooks have it, right, in the theme's menu and in the text; other pages do not."""
    links = {
        tag["href"]
        for tag in soup(name).find_all("a", href=re.compile(r"colab\.research\.google\.com"))
    }
    source = Path(name).with_suffix(".ipynb")
    if (ROOT / source).exists():
        right = colab_cell.colab_link(source.as_posix())
        assert right in links
        in_text = [tag["href"] for tag in article(name).find_all("a", href=True)]
        assert right in in_text
        assert links == {right}
    else:
        pages = {colab_cell.colab_link(path) for path in notebook_paths()}
        assert links <= pages


def notebook_paths() -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in all_notebooks()]


@every_page
def test_page_is_small(name):
    size = (HTML / name).stat().st_size
    for picture in article(name).find_all("img", src=True):
        size += target(name, picture["src"])[0].stat().st_size
    assert size <= LARGEST


@every_page
def test_nothing_is_left_open(name):
    """No word that stands for something that was not there."""
    text = article(name).get_text(" ")
    for tag in article(name).find_all(["pre", "script", "style"]):
        text = text.replace(tag.get_text(" "), "", 1)
    for word in (
        "MISSING",
        "TODO",
        "FIXME",
        "??",
        "{ref}",
        "{cite",
        "<IPython",
        "This page is being",
    ):
        assert word not in text, word
    assert not soup(name).find(class_="problematic")
    assert not soup(name).find(class_="system-message")


@every_page
def test_headings_are_in_order(name):
    levels = [int(tag.name[1]) for tag in article(name).find_all(re.compile(r"^h[1-6]$"))]
    if name == "index.html":
        return
    assert levels.count(1) == 1
    for one, two in itertools.pairwise(levels):
        assert two <= one + 1, levels


@every_page
def test_one_search_field(name):
    """The theme pair shows a second one on top of each page unless told not to."""
    if name in ("index.html", "search.html"):
        return
    assert not soup(name).select(
        "header.bd-header .search-button-field, .navbar-persistent--container"
    )


def test_notes_for_the_makers_are_no_pages():
    assert not {"README.html", "CONTRIBUTING.html", "CHANGELOG.html"} & set(PAGES)
