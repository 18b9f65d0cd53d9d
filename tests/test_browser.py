"""The built pages in a browser: Chromium, driven by Playwright.

Each page is opened once, from the disk as most readers do, and looked at in both themes, at four
widths and on paper. The tests read what was seen. Other files have what is done on a page, and
open it from a server.
"""

import itertools
import re
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from PIL import Image

from inception_lib.plots.base import BAND, CARD, GRAY, INKS
from tests.browser import COLORS, FAINT, PHONE, SCREEN, serious, sideways, turn, visits
from tests.test_book import HTML
from tests.test_book_light import LARGEST_LANDING, WHOLE
from tests.test_repository import toc_files

# As it opens; letters twice as large; the other
WIDTHS = {"phone": PHONE, "tiny": {"width": 195, "height": 422}, "screen": SCREEN}
PAPER = {"width": 642, "height": 900}  # A4 within its margins, in pixels
FOUND = [*toc_files(), "404", "genindex", "search"]
CHAPTERS = [name for name in FOUND if re.match(r"chapters/\d", name)]
ANSWERS = [name for name in FOUND if name.startswith("chapters/") and name not in CHAPTERS]
OTHERS = [name for name in FOUND if not name.startswith("chapters/")]

LOOK = """name => {
  const all = selector => [...document.querySelectorAll(selector)];
  const beyond = box => box.getBoundingClientRect().right > innerWidth;
  const seen = box => box.getClientRects().length && box.checkVisibility({visibilityProperty: true});
  const link = document.querySelector(`article a[href*='colab.research.google.com'][href$='${name}.ipynb']`);
  const at = link?.getBoundingClientRect();
  return {
    theme: document.documentElement.dataset.theme,
    search: all('button.search-button, .search-button-field, .bd-main input[type=search]')
      .filter(seen).length,
    colab: at && document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2) === link,
    beyond: all('.bd-header-article button, .bd-article :is(h1, h2, h3), .il-lab-field > *')
      .filter(beyond).map(box => box.outerHTML.slice(0, 120)),
    boxes: all('article img, .il-drawing, .cell_output .text_html').filter(box =>
      getComputedStyle(box).backgroundColor !== 'rgba(0, 0, 0, 0)').map(box => box.outerHTML.slice(0, 120)),
  };
}"""
LOADED = """async () => {
  for (const image of document.images) image.loading = 'eager';
  await Promise.allSettled([...document.images].map(image => image.decode()));
  return {
    broken: [...document.images].filter(image => !image.naturalWidth).map(image => image.src),
    fonts: [...document.fonts].filter(font => font.status === 'error').map(font => font.family),
  };
}"""
PRINTED = """() => {
  const told = (selector, fails) => [...document.querySelectorAll(selector)]
    .filter(box => box.checkVisibility() && fails(box)).map(box => box.outerHTML.slice(0, 120));
  return {
    frame: told(`.bd-sidebar-primary, .bd-header, footer, .prev-next-area, .headerlink, main button`,
      () => true),
    moves: document.getAnimations().length,
    cut: told('article :not(math *)', box => box.scrollWidth > box.clientWidth + 2
      && box.clientWidth > 5 && getComputedStyle(box).overflowX !== 'visible'),
    wide: told('article *', box => box.getBoundingClientRect().right > innerWidth + 2),
  };
}"""


@pytest.fixture(scope="session")
def tour(browser, pages):
    """tour(name) says what is seen on a page; it is opened once."""
    known = {}

    def see(name):
        if name not in known:
            with visits(browser) as visit:
                page = visit((pages / f"{name}.html").as_uri(), size=PHONE)
                known[name] = look_at(page, name)
                page.problems.clear()
        return known[name]

    return see


def look_at(page, name) -> dict:
    """All that the tests below ask for, in one pass."""
    seen = page.evaluate(LOADED)
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        seen[width] = page.evaluate(LOOK, name) | {"sideways": sideways(page)}
        if width == "phone":
            seen["axe"] = serious(page)
    seen["light"] = {"words": page.evaluate(FAINT)}
    turn(page, "dark")
    seen["dark"] = page.evaluate(LOOK, name) | {"words": page.evaluate(FAINT)}
    # what surrounds a page on a screen is the same on all: one of each kind is looked at whole
    whole = name in (OTHERS[0], ANSWERS[0], CHAPTERS[0])
    seen["axe"] += serious(page, **{} if whole else {"runOnly": COLORS})
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print", reduced_motion="no-preference")
    page.wait_for_function("!document.querySelector('details:not([open])')")
    seen["paper"] = page.evaluate(PRINTED) | {"sideways": sideways(page)}
    page.emulate_media(media="screen", reduced_motion="reduce")
    seen["figures"] = figures(page) if name in CHAPTERS else []
    seen["problems"] = page.problems[:]
    seen["files"] = {
        Path(unquote(urlsplit(url).path)) for url in page.requests if url[:5] == "file:"
    }
    return seen


# ---- figures: what their files say is ink, or is a color of a chart, and how that is seen ----

INK = (*bytes.fromhex(GRAY[1:]), 255)
TEXT, GRAPHICS = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
MUCH = 40  # pixels of one color: less may be an edge
PIXELS = 16  # of a swatch
ALONE = """body * { visibility: hidden; } article img.swatches { visibility: visible; position: fixed;
  left: 0; margin: 0; width: auto !important; max-width: none !important; height: auto !important; }"""


def luminance(color) -> np.ndarray:
    part = np.asarray(color, dtype=float)[..., :3] / 255
    part = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return part @ [0.2126, 0.7152, 0.0722]


def contrast(one, other) -> np.ndarray:
    one, other = luminance(one), luminance(other)
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


def colors_of(file) -> list[tuple]:
    """What a picture lies on, and the colors on it; the ink is the first of them, where it has one."""
    paper = (file == file[0, 0]).all(-1)
    found = [tuple(file[0, 0])] + [INK] * bool((file == INK).all(-1).sum() >= 10)
    if paper.mean() > 0.6:  # a chart; in photographs and feature maps the colors are the data
        # at least two pixels wide: others are edges of letters, and grids
        same = [(file == np.roll(file, by, (0, 1))).all(-1) for by in ((1, 0), (0, 1), (1, 1))]
        wide = around(np.all(same, axis=0), (0, -1))
        edge = file[~paper & wide & around(paper, (-2, 0, 2))]
        colors, counts = np.unique(edge, axis=0, return_counts=True)
        for color in colors[counts >= MUCH]:
            if min(np.abs(color[:3] - band).max() for band in BANDS) >= 10:
                found += [tuple(color)] * (tuple(color) not in found)
    return found


def around(mask, steps) -> np.ndarray:
    """A mask, and all that lies so many steps below, above and beside it."""
    moved = [np.roll(mask, by, (0, 1)) for by in itertools.product(steps, repeat=2)]
    return np.any(moved, axis=0)


def through(color, behind) -> np.ndarray:
    """The color of a band over what lies behind it."""
    return np.array([*bytes.fromhex(color[1:])]) * BAND + np.array(behind) * (1 - BAND)


# Bands lie behind lines, which tell where they are: neither they nor two of them need to stand out.
BANDS = [through(ink, [*bytes.fromhex(CARD[1:])]) for ink in INKS.values()]
BANDS += [through(ink, band) for ink in INKS.values() for band in BANDS]


def figures(page) -> list[dict]:
    """Of each picture: its colors, and how the page shows them in each theme.

    Swatches of its colors take a picture's place, so that styles and filters do to them what they
    do to it, and a screenshot says what is seen.
    """
    pictures = page.query_selector_all("article img[src$='.png']")
    page.add_style_tag(content=ALONE)
    found = []
    for row, picture in enumerate(pictures):
        path = Path(urlsplit(picture.get_attribute("src")).path)
        file = Path(unquote(urlsplit(page.url).path)).parent / path
        colors = colors_of(np.asarray(Image.open(file).convert("RGBA")))
        found.append({"name": path.name, "colors": colors})
        swatches = np.repeat(np.repeat(np.uint8([colors]), PIXELS, 0), PIXELS, 1)
        stream = BytesIO()
        Image.fromarray(swatches).save(stream, "png")
        source = "data:image/png;base64," + b64encode(stream.getvalue()).decode()
        picture.evaluate(
            """(image, [source, top]) => {
                image.className += ' swatches'; image.style.top = `${top}px`;
                image.src = source; return image.decode(); }""",
            [source, row * PIXELS],
        )
    width = PIXELS * max((len(figure["colors"]) for figure in found), default=1)
    page.set_viewport_size({"width": width, "height": PIXELS * max(len(found), 1)})
    for theme in ("light", "dark"):
        turn(page, theme)
        screen = np.asarray(Image.open(BytesIO(page.screenshot())).convert("RGB"))
        centers = screen[PIXELS // 2 :: PIXELS, PIXELS // 2 :: PIXELS]
        for figure, shown in zip(found, centers, strict=False):
            figure[theme] = shown[: len(figure["colors"])]
    return found


# ---- every page ----


@pytest.fixture
def seen(name, tour):
    return tour(name)


class EveryPage:
    def test_it_loads(self, name, seen):
        """No console error, no failed request, none that leaves the book."""
        assert (seen["broken"], seen["fonts"], seen["problems"]) == ([], [], [])

    def test_it_fits_every_width(self, name, seen):
        for width in WIDTHS:
            if width == "tiny" and name.startswith(("api", "bib", "genindex")):
                continue  # long names and addresses
            assert seen[width]["beyond"] == [], width
            assert seen[width]["sideways"] <= 0, width

    def test_one_search_field(self, name, seen):
        """A second one stood on top of every page."""
        fields = 0 if name == "404" else 2 if name == "search" else 1
        assert [seen[width]["search"] for width in ("screen", "phone")] == [fields] * 2

    def test_it_follows_the_theme(self, seen):
        """And no picture gets a white box in the dark."""
        assert (seen["screen"]["theme"], seen["dark"]["theme"]) == ("light", "dark")
        assert seen["dark"]["boxes"] == []

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_words_in_drawings_are_legible(self, theme, seen):
        """axe does not look into drawings."""
        assert seen[theme]["words"] == []

    def test_accessible(self, seen):
        """axe-core finds nothing serious: in light on a phone; its colors in the dark on a screen, too."""
        assert not seen["axe"], "\n\n".join(seen["axe"])

    def test_it_fits_the_paper(self, seen):
        """No frame, no button, all unfolded and at rest, nothing wider than the paper or cut off."""
        nothing = {"frame": [], "moves": 0, "cut": [], "wide": [], "sideways": 0}
        assert seen["paper"] == nothing

    def test_what_it_loads_is_light(self, name, seen):
        """Fonts too; only math has fonts."""
        sizes = {path: path.stat().st_size for path in seen["files"]}
        fonts = sum(size for path, size in sizes.items() if path.suffix in (".woff", ".woff2"))
        assert sum(sizes.values()) <= (LARGEST_LANDING if name == "intro" else WHOLE)
        assert fonts <= (60_000 if "<math" in (HTML / f"{name}.html").read_text("utf-8") else 0)


class Notebook(EveryPage):
    def test_colab_is_at_the_top(self, seen):
        """Seen without scrolling, and not covered by anything."""
        assert seen["screen"]["colab"] and seen["phone"]["colab"]


# Three classes: the processes that share the tests take a class each.
@pytest.mark.parametrize("name", OTHERS)
class TestOthers(EveryPage):
    pass


@pytest.mark.parametrize("name", ANSWERS)
class TestAnswers(Notebook):
    pass


@pytest.mark.parametrize("name", CHAPTERS)
class TestChapters(Notebook):
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_figures_are_legible(self, theme, seen):
        assert seen["figures"]
        for figure in seen["figures"]:
            name, (paper, *others) = figure["name"], figure["colors"]
            assert INK in others, f"{name} has no text in the ink of the figures"
            for color, least in zip(
                others, contrast(figure[theme][1:], figure[theme][0]), strict=True
            ):
                wanted = TEXT if color == INK else GRAPHICS
                assert least >= wanted, f"{name}: {color} on {paper} has a contrast of {least:.2f}"
