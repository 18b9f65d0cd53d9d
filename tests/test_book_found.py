"""How the book is found: addresses, descriptions, the card, the map, the page where there is none."""

import re
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from tests.test_book import HTML, soup
from tests.test_repository import toc_files
from tools import repository

PAGES = [f"{name}.html" for name in toc_files()]
HOME = repository.site()

pytestmark = pytest.mark.usefixtures("pages")  # fails where the book is not built


def head(name: str) -> tuple[BeautifulSoup, dict[str, str]]:
    """The page, and its named tags."""
    page = soup(name)
    tags = page.find_all("meta", content=True)
    names = [tag.get("property") or tag.get("name") for tag in tags]
    ours = [name for name in names if re.match(r"og:|twitter:|description$", str(name))]
    assert len(ours) == len(set(ours)), "each tag once"
    return page, {name: tag["content"] for name, tag in zip(names, tags, strict=True)}


@pytest.mark.parametrize("name", [*PAGES, "index.html"])
def test_page_says_what_it_is(name):
    page, tags = head(name)
    canonical = [tag["href"] for tag in page.find_all("link", rel="canonical")]
    assert canonical == [HOME + name.replace("index.html", "intro.html")]
    assert tags["og:url"] == HOME + name.replace("index.html", "")
    assert tags["og:title"] in page.title.text
    assert 60 <= len(tags["description"]) <= 200
    assert tags["description"] == tags["og:description"]
    assert not re.search(r"Colab|The question\.|[<$]", tags["description"])
    card = HTML / tags["og:image"].removeprefix(HOME)
    assert Image.open(card).size == (1200, 630)
    assert Image.open(card).size == (int(tags["og:image:width"]), int(tags["og:image:height"]))
    assert card.stat().st_size < 300_000
    assert tags["twitter:card"] == "summary_large_image"
    assert tags["og:image:alt"]


def test_descriptions_differ():
    """Each chapter and each answer has its own; pages without a paragraph share the book's."""
    chapters = [name for name in PAGES if name.startswith("chapters/")]
    assert len({head(name)[1]["description"] for name in chapters}) == len(chapters)


def test_index_leads_on():
    page, _ = head("index.html")
    assert page.find("meta", attrs={"http-equiv": "refresh"})["content"] == "0; url=intro.html"
    assert page.find("a")["href"] == "intro.html"


def test_sitemap_names_every_page():
    urls = ElementTree.parse(HTML / "sitemap.xml").iter(
        "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    )
    assert sorted(url.text for url in urls) == sorted(HOME + name for name in PAGES)


def test_robots():
    lines = (HTML / "robots.txt").read_text(encoding="utf-8").split("\n")
    assert f"Sitemap: {HOME}sitemap.xml" in lines
    assert "User-agent: *" in lines and not any(line.startswith("Disallow") for line in lines)


def test_the_page_for_no_page_is_complete_in_itself():
    page, _ = head("404.html")
    assert not page.find_all(["img", "iframe"]) and not page.find_all("script", src=True)
    assert [tag["href"] for tag in page.find_all("link")] == ["data:,"]
    links = [tag["href"] for tag in page.select("li a")]
    assert links == PAGES
    assert "search.html" in [tag["href"] for tag in page.find_all("a")]


def test_foot_of_each_page_leads_on():
    """To the page before and the page after, as the table of contents has them."""
    for number, name in enumerate(PAGES):
        page, _ = head(name)
        around = {"left-prev": PAGES[number - 1] if number else None}
        around["right-next"] = PAGES[number + 1] if number + 1 < len(PAGES) else None
        for side, other in around.items():
            links = [tag["href"] for tag in page.select(f".prev-next-footer a.{side}")]
            there = [(HTML / name).parent.joinpath(link).resolve() for link in links]
            assert there == ([(HTML / other).resolve()] if other else []), f"{name}: {side}"
