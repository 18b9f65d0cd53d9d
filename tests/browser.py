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
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tools import chromium
from tools.chromium import TYPESET

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
        if scripts:
            page.wait_for_function(TYPESET)
            page.evaluate("window.MathJax?.startup?.promise.then(() => {})")
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


# Marks the text that axe need measure: the first of each color, size and weight on each background.
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
  for (const box of (root ? document.querySelector(root) : document).querySelectorAll('*')) {
    box.removeAttribute('data-color');
    const text = [...box.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!text || !box.checkVisibility({visibilityProperty: true})) continue;
    const {color, fontSize, fontWeight, textShadow} = getComputedStyle(box);
    const kind = [color, fontSize, fontWeight, textShadow, grounds(box)].join();
    if (!seen.has(kind)) box.setAttribute('data-color', '');
    seen.add(kind);
  }
}"""


def serious(page, context=None, **options) -> list[str]:
    """What axe-core finds serious or critical on a page as it now is. No rule is left out.

    Contrast takes axe nearly all of its time, so it gets one text of each color and background; and
    code, with its thousands of words, loses its colors, which are the same on every page.
    """
    if not context:
        page.evaluate(
            "document.querySelectorAll('pre span, .sig span').forEach(s => s.replaceWith(...s.childNodes))"
        )
    page.evaluate(EACH_COLOR, context)
    options = {"resultTypes": ["violations"], "preload": False, **options}
    colors = {"runOnly": ["color-contrast"], **options}
    others = {"rules": {"color-contrast": {"enabled": False}}, **options}
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}\n{node['failureSummary']}"
        for where, asked in ((context, others), ("[data-color]", colors))
        for rule in Axe().run(page, context=where, options=asked).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def turn(page, theme) -> None:
    """Another theme on a loaded page."""
    page.emulate_media(color_scheme=theme)
    if page.url.endswith("404.html"):  # it reads the theme as it opens
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")


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
