"""The built pages in a browser: Chromium, driven by Playwright.

Most pages are served over a loopback address; readers who open them as files have tests of their
own at the end.
"""

import os
from pathlib import Path

import pytest

from tests.browser import PHONE, SCREEN, STILL, serious

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.rglob("*.html")
    # index.html only leads on to intro.html
    if not {"_static", "_sources", "index.html"} & set(path.relative_to(HTML).parts)
)
every_page = pytest.mark.parametrize("name", PAGES)


MATH = """() => [...document.querySelectorAll('span.math, div.math')]
    .filter(box => !box.querySelector('mjx-container')).map(box => box.textContent)"""


@every_page
def test_page_loads(name, site, visit):
    """No console error, no failed request, none that leaves the site; all math typeset."""
    page = visit(site + name)
    assert page.evaluate(MATH) == []
    assert page.locator("mjx-merror").count() == 0
    broken = "() => [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    assert page.evaluate(broken) == []
    assert page.problems == []


def test_some_math_is_typeset(site, visit):
    counts = [visit(site + name).locator("mjx-container").count() for name in PAGES]
    assert max(counts) > 0


def test_search_finds(site, visit):
    page = visit(site + "search.html?q=reduction")
    page.wait_for_selector("#search-results .search li a")
    found = page.locator("#search-results .search li a").all_text_contents()
    assert any("Reduction" in text for text in found)
    assert page.problems == []


def test_one_search_field(site, visit):
    """A second one stood on top of every page."""
    for size in (SCREEN, PHONE):
        page = visit(site + "intro.html", size=size)
        shown = "button.search-button, .search-button-field, .bd-main input[type=search]"
        visible = [box for box in page.locator(shown).all() if box.is_visible()]
        assert len(visible) == 1


def theme(page) -> str:
    return page.evaluate("document.documentElement.dataset.theme")


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("chapters/")])
def test_theme_switch(name, site, visit):
    """The button changes the page, and no picture gets a white box in the dark."""
    page = visit(site + name)
    light = page.screenshot()
    assert theme(page) == "light"
    button = page.locator("button.theme-switch-button:visible").first
    for _ in range(3):  # auto, light, dark
        if theme(page) != "dark":
            button.click()
    assert theme(page) == "dark"
    page.mouse.move(0, 500)
    page.evaluate(STILL)
    assert page.screenshot() != light
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('article img, .il-drawing, .cell_output .text_html')]
            .map(box => [getComputedStyle(box).backgroundColor, getComputedStyle(box).filter])"""
    )
    assert {tuple(box) for box in boxes} <= {("rgba(0, 0, 0, 0)", "none")}
    page.reload()
    assert theme(page) == "dark", "the choice is kept"
    assert page.problems == []


# WCAG asks for 3:1 between a graphical object and what lies beside it, 4.5:1 for text. Drawings are
# measured against the page's own background; text inside a filled box, against that box.
CONTRAST = """() => {
  const numbers = color => (color.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (one, two) => {
    const [a, b] = [light(one), light(two)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const page = numbers(getComputedStyle(document.body).backgroundColor);
  const poor = [];
  for (const text of document.querySelectorAll('article svg text')) {
    const box = text.getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    let behind = page;
    for (const shape of text.ownerSVGElement.querySelectorAll('rect, path, polygon, circle')) {
      if (shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_PRECEDING) continue;
      const area = shape.getBoundingClientRect();
      const style = getComputedStyle(shape);
      const fill = numbers(style.fill);
      const alpha = (fill[3] ?? 1) * style.fillOpacity * style.opacity;
      if (style.fill === 'none' || alpha === 0) continue;
      if (x < area.left || x > area.right || y < area.top || y > area.bottom) continue;
      behind = behind.slice(0, 3).map((v, i) => v * (1 - alpha) + fill[i] * alpha);
    }
    const style = getComputedStyle(text);
    const alpha = style.fillOpacity * style.opacity;
    const ink = numbers(style.fill).slice(0, 3).map((v, i) => v * alpha + behind[i] * (1 - alpha));
    const got = ratio(ink, behind);
    if (got < 4.5) poor.push(`${text.textContent}: ${got.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("colours", ["light", "dark"])
@every_page
def test_words_in_drawings_are_legible(name, colours, site, visit):
    """axe does not look into drawings, so their words are measured here."""
    page = visit(site + name, theme=colours)
    assert page.evaluate(CONTRAST) == []


@every_page
def test_phone_does_not_scroll_sideways(name, site, visit):
    page = visit(site + name, size=PHONE)
    wide = """() => [...document.querySelectorAll('main *')]
        .filter(box => box.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
        .map(box => box.outerHTML.slice(0, 120))"""
    width = page.evaluate("document.scrollingElement.scrollWidth")
    assert width <= PHONE["width"], page.evaluate(wide)
    page.evaluate("window.scrollTo(1000, 0)")
    assert page.evaluate("window.scrollX") == 0


@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
@pytest.mark.parametrize("colours", ["light", "dark"])
@every_page
def test_accessible(name, colours, size, site, visit):
    """axe-core finds nothing serious or critical. No rule and no part of a page is excluded."""
    page = visit(site + name, theme=colours, size=size)
    assert theme(page) == colours
    found = serious(page)
    assert not found, "\n\n".join(found)


# ---- opened as files, as most readers do ----


@every_page
def test_file_loads(name, pages, visit):
    page = visit((pages / name).as_uri())
    assert page.evaluate(MATH) == []
    assert page.problems == []


def test_index_leads_to_the_first_page(pages, visit):
    page = visit((pages / "index.html").as_uri())
    page.wait_for_url("**/intro.html")
    assert page.problems == []


def test_search_finds_in_files(pages, visit):
    page = visit((pages / "search.html").as_uri() + "?q=reduction")
    page.wait_for_selector("#search-results .search li a")
    assert page.locator("#search-results .search li a").count() > 0
    assert page.problems == []


def test_ci_refuses_to_skip():
    """The variable that .ci/run sets is the one that `missing` in conftest.py reads."""
    script = (HTML.parent.parent / ".ci" / "run").read_text(encoding="utf-8")
    assert "export INCEPTION_BOOK_NO_SKIP=1" in script
    if os.environ.get("CI"):
        assert os.environ.get("INCEPTION_BOOK_NO_SKIP"), "run .ci/run, not make test, in CI"
