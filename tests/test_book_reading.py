"""What the pages add for readers: definitions, descriptions of pictures,
reading times."""

import json
from pathlib import Path

import pytest

from teaching.chapters import box
from tests.test_book import every_page, scripts, soup
from tools.minutes import whole
from tools.pages.words import SHORT, beginning, twin
from tools.terms import glossary, plain

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))

pytestmark = pytest.mark.usefixtures("pages")


# ---- definitions ----


def test_the_glossary_is_read_whole():
    """Each heading is a term with both names and a definition without marks."""
    terms = glossary()
    headings = (ROOT / "glossary.md").read_text(encoding="utf-8").count("\n## ")
    assert len(terms) == headings
    for term in terms:
        assert term.says.endswith((".", ")")) and not set(term.says) & set("[]`*$\n"), term
    mac = next(term for term in terms if term.anchor == "mac")
    assert (mac.name, mac.chinese) == ("MAC", "乘加运算")
    assert mac.says.startswith("One multiply-accumulate: a multiplication")


def test_plain_text():
    found = plain("A [1×1\nkernel](#kernel) is `same`, *not* k * k.")
    assert found == "A 1×1 kernel is same, not k * k."


@every_page
def test_pages_hold_the_definitions_they_link_to_and_no_others(name):
    page = soup(name)
    linked = {
        link["href"].split("#")[1]
        for link in page.select("article a[href*='glossary.html#']")
        if name != "glossary.html"
    }
    data = page.find(id="il-terms")
    definitions = json.loads(data.string) if data else {}
    known = {term.anchor: [term.name, term.chinese, term.says] for term in glossary()}
    assert linked - {"chinese-index"} <= set(known)
    assert definitions == {anchor: known[anchor] for anchor in linked if anchor in known}
    assert ("cards.js" in scripts(name)) == bool(definitions)


def test_a_term_is_found_by_its_chinese_name():
    page = soup("glossary.html")
    links = page.select(".il-index a")
    assert {(link.get_text(), link["href"]) for link in links} == {
        (term.chinese, f"#{term.anchor}") for term in glossary()
    }
    for link in links:
        assert link["id"] == link.get_text().replace(" ", "-")
        entry = page.find(id=link["href"][1:])
        marked = entry.find("span", lang="zh-Hans").get_text()
        assert marked == f"中文：{link.get_text()}"
    order = [link.get_text() for link in links]
    some = ["步幅", "池化", "卷积", "权重"]  # bu, chi, juan, quan
    assert sorted(some, key=order.index) == some


# ---- pictures in words ----


@every_page
def test_each_picture_is_described_below_it(name):
    """The twin says what the picture's own description says, unless that is very short."""
    article = soup(name).find("article")
    if not article:
        return
    for picture in article.select("img, svg[aria-label]:not([aria-describedby])"):
        if picture.find_parent("svg"):
            continue
        text = picture.get("alt") or picture["aria-label"]
        said = [p.get_text() for p in picture.find_next("details", class_="il-words")("p")]
        assert (text in said) == (len(text) > SHORT), text
    named = [box.get_text() for box in article.select(".il-words summary")]
    assert all(name.startswith("In words: ") for name in named)
    assert len(set(named)) == len(named)


def test_a_twin_is_named_by_its_first_words():
    assert beginning("Dots: 1 px.") == "Dots: 1 px."
    long = "Bar chart of what each branch costs. Parameters: 1×1 12,352, 3×3 221,312."
    assert beginning(long) == "Bar chart of what each branch costs. Parameters: 1×1 12,352, …"
    assert "<p>a &lt; b</p><p>c</p></details>" in twin(["a < b", "c"], "a")


# ---- reading times ----


@pytest.mark.parametrize("notebook", CHAPTERS, ids=lambda path: path.stem)
def test_reading_times_are_shown(notebook):
    said = box(notebook).read
    page = soup(f"chapters/{notebook.stem}.html").find("article")
    assert page.h1.find_next_sibling("p").get_text() == f"{said} minutes to read"
    entry = soup("intro.html").select_one(f"ol a[href='chapters/{notebook.stem}.html']")
    assert entry.find_next_sibling(class_="il-time").get_text() == f"({whole(notebook)} minutes)"


def test_reading_times_are_summed():
    hours, rest = divmod(sum(map(whole, CHAPTERS)), 60)
    total = soup("intro.html").select_one("article p.il-time").get_text()
    assert total == f"All {len(CHAPTERS)} chapters: {hours} h {rest} min to read."
