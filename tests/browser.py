"""The browser for the tests: one Chromium for each process, and the book on a loopback address.

conftest.py hands these fixtures to every test file. No clock decides: what is waited for has a
minute, which only stops what hangs. No font decides: the pages see matplotlib's alone.
"""

import functools
import http.server
import threading
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tools import chromium

SCREEN = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 60_000  # ms
expect.set_options(timeout=PATIENCE)

FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir>
<alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>"""


@pytest.fixture(scope="session")
def browser(pages, missing, tmp_path_factory):
    """Chromium or Chrome; without one the tests are skipped."""
    folder = tmp_path_factory.mktemp("fonts")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    (folder / "fonts.conf").write_text(FONTS.format(fonts=fonts, cache=folder))
    try:
        with chromium.launched(FONTCONFIG_FILE=str(folder / "fonts.conf")) as browser:
            yield browser
    except chromium.NoChromium as error:
        missing(str(error))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextmanager
def served(handler, folder):
    """The address of a folder on this machine."""
    handler = functools.partial(handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def site(pages):
    """The address of the book on this machine."""
    with served(Quiet, pages) as address:
        yield address


@contextmanager
def visits(browser):
    """visit(address) opens a page; at the end nothing may have gone wrong on it.

    Nothing moves, as for readers who ask for that: what fades has no color to be measured.
    """
    contexts, opened = [], []

    def visit(address, theme="light", size=SCREEN, reduced_motion="reduce", **more):
        context = browser.new_context(
            viewport=size, color_scheme=theme, reduced_motion=reduced_motion, **more
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        home = address.split("/_build/")[0] if address.startswith("file:") else address[:17]
        page.problems, page.requests = [], []
        scripts = more.get("java_script_enabled", True)
        note = page.problems.append
        page.on("console", lambda m: m.type in ("error", "warning") and note(f"console: {m.text}"))
        page.on("pageerror", lambda error: note(f"script: {error}"))

        def failed(request):
            # a page that is left gives up what it still wanted; where no scripts are allowed, theirs
            if scripts and "ERR_ABORTED" not in (request.failure or ""):
                note(f"failed: {request.url}, {request.failure}")

        page.on("requestfailed", failed)
        page.on("response", lambda r: r.status >= 400 and note(f"{r.status}: {r.url}"))

        def leaves(request):
            page.requests.append(request.url)
            if not request.url.startswith((home, "data:", "blob:")):
                note(f"leaves the site: {request.url}")

        page.on("request", leaves)
        opened.append(page)
        page.goto(address)
        return page

    try:
        yield visit
        problems = [problem for page in opened for problem in page.problems]
        assert not problems, "\n".join(problems)
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def visit(browser):
    """Opens pages for one test."""
    with visits(browser) as visit:
        yield visit


@pytest.fixture(scope="module")
def stay(browser):
    """Opens pages that the tests of a file share; each test sets back what it finds."""
    with visits(browser) as visit:
        yield visit


# Marks what axe need measure: of each color, size and weight on each background the first text, and
# the first link; links in a sentence apart from those that are alone.
EACH_COLOR = """root => {
  const behind = new Map(), seen = new Set();
  const grounds = box => {
    if (!box) return '';
    if (!behind.has(box)) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(box);
      const own = backgroundColor === 'rgba(0, 0, 0, 0)' && backgroundImage === 'none' && opacity === '1'
        ? '' : `${backgroundColor} ${backgroundImage} ${opacity}/`;
      behind.set(box, grounds(box.parentElement) + own);
    }
    return behind.get(box);
  };
  const look = box => {
    const {color, fontSize, fontWeight, fontStyle, textShadow, textDecoration, borderBottom} = getComputedStyle(box);
    return [color, fontSize, fontWeight, fontStyle, textShadow, textDecoration, borderBottom].join();
  };
  const mark = (box, name, kind) => {
    if (!seen.has(kind)) box.setAttribute(name, '');
    seen.add(kind);
  };
  const letters = box => box.textContent.replace(/\\s/g, '').length;
  const inSentence = block => letters(block)
    > [...block.querySelectorAll('a[href]')].reduce((sum, link) => sum + letters(link), 0);
  for (const box of (root ? document.querySelector(root) : document).querySelectorAll('*')) {
    box.removeAttribute('data-color');
    box.removeAttribute('data-link');
    if (!box.checkVisibility({visibilityProperty: true})) continue;
    if ([...box.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
      mark(box, 'data-color', look(box) + grounds(box));
    if (!box.matches('a[href]')) continue;
    let block = box.parentElement;
    while (getComputedStyle(block).display === 'inline') block = block.parentElement;
    mark(box, 'data-link', [look(box), [...box.children].map(look), look(block), inSentence(block), grounds(box)].join('|'));
  }
}"""
# The rules that measure colors: on all texts and links they would take axe nearly all of its time.
COLORS = ["color-contrast", "link-in-text-block"]
MARKED = """axe.configure({rules: [
  {id: 'color-contrast', selector: '[data-color]'}, {id: 'link-in-text-block', selector: '[data-link]'}]})"""


def serious(page, context=None, **options) -> list[str]:
    """What axe-core finds serious or critical on a page as it now is. No rule is left out.

    Two rules measure colors: they get one text, or one link, of each color and background. And
    code, with its thousands of words, loses its colors, which are the same on every page.
    """
    if not context:
        page.evaluate(
            "document.querySelectorAll('pre span, .sig span').forEach(s => s.replaceWith(...s.childNodes))"
        )
    page.evaluate(EACH_COLOR, context)
    if page.evaluate("!window.axe"):
        page.evaluate(AXE_SCRIPT + MARKED)
    options = {"resultTypes": ["violations"], "preload": False, **options}
    found = page.evaluate("([where, how]) => axe.run(where || document, how)", [context, options])
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}\n{node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def turn(page, theme) -> None:
    """Another theme on a loaded page."""
    page.emulate_media(color_scheme=theme)
    if page.url.endswith("404.html"):  # it reads the theme as it opens
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")


def kept(page, fact, wanted) -> None:
    """Load the page again until it tells what an earlier one stored.

    Chromium may store that after the next page, above all one from the disk, has read what was before.
    """
    for _ in range(20):
        if page.evaluate(fact) == wanted:
            return
        page.reload()
    assert page.evaluate(fact) == wanted


def sideways(page) -> int:
    """By how many pixels a page is wider than its window."""
    return page.evaluate("document.scrollingElement.scrollWidth - innerWidth")


# WCAG asks for 4.5:1 between text and what lies behind it. Drawings lie on the page's own background;
# text inside a filled box, on that box.
FAINT = """() => {
  const numbers = color => (color.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (one, two) => {
    const [a, b] = [light(one), light(two)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const mixed = (color, alpha, behind) => behind.map((v, i) => v * (1 - alpha) + color[i] * alpha);
  const page = numbers(getComputedStyle(document.body).backgroundColor).slice(0, 3);
  return [...document.querySelectorAll('article svg text')].flatMap(text => {
    const box = text.getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    let behind = page;
    for (const shape of text.ownerSVGElement.querySelectorAll('rect, path, polygon, circle')) {
      if (shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_PRECEDING) continue;
      const area = shape.getBoundingClientRect(), style = getComputedStyle(shape);
      if (x < area.left || x > area.right || y < area.top || y > area.bottom) continue;
      if (style.fill === 'none') continue;
      const fill = numbers(style.fill);
      behind = mixed(fill, (fill[3] ?? 1) * style.fillOpacity * style.opacity, behind);
    }
    const style = getComputedStyle(text);
    const got = ratio(mixed(numbers(style.fill), style.fillOpacity * style.opacity, behind), behind);
    return got < 4.5 ? [`${text.textContent}: ${got.toFixed(2)}`] : [];
  });
}"""
