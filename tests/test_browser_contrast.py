"""Contrast of the figures, measured from the pixels that a reader sees, in both themes.

Words in inline drawings are measured in test_browser.py. Here it is the pictures: what their files
say is ink, or is a colour of a chart, is looked up in a screenshot, with the page behind it and with
all that the theme's styles do to it.
"""

import re

import numpy as np
import pytest
from PIL import Image

from inception_lib.plots.base import GRAY
from tests.test_repository import toc_files

CHAPTERS = [name for name in toc_files() if re.match(r"chapters/\d", name)]
INK = tuple(int(GRAY[i : i + 2], 16) for i in (1, 3, 5)) + (255,)
TEXT, GRAPHICS = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
MUCH = 40  # pixels of one colour: less may be an edge

# One picture at a time in the corner, as large as it is, and nothing else.
ALONE = """body * { visibility: hidden; transition: none !important; }
  article img.alone { visibility: visible; position: fixed; left: 0; top: 0; z-index: 9999;
    margin: 0; max-width: none !important; max-height: none !important; }"""


def luminance(colour) -> np.ndarray:
    part = np.asarray(colour, dtype=float)[..., :3] / 255
    part = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return part @ [0.2126, 0.7152, 0.0722]


def contrast(one, other) -> np.ndarray:
    one, other = luminance(one), luminance(other)
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


def figures(page, pages, name, folder):
    """(file as RGBA, what is seen of it as RGB) of each picture of a page."""
    page.add_style_tag(content=ALONE)
    for number, picture in enumerate(page.locator("article img[src$='.png']").all()):
        source = picture.get_attribute("src")
        file = Image.open((pages / name).parent / source).convert("RGBA")
        picture.evaluate(
            "img => { img.loading = 'eager'; img.classList.add('alone'); return img.decode(); }"
        )
        seen = folder / f"{number}.png"
        page.screenshot(
            path=seen, clip={"x": 0, "y": 0, "width": file.width, "height": file.height}
        )
        picture.evaluate("img => img.classList.remove('alone')")
        yield source, np.asarray(file), np.asarray(Image.open(seen).convert("RGB"))


def chart_colours(file: np.ndarray) -> list[np.ndarray]:
    """Where a chart has a colour that lies directly on the page: one mask for each colour."""
    clear, solid = file[..., 3] == 0, file[..., 3] == 255
    near = np.zeros_like(clear)
    for down in (-2, 0, 2):
        for right in (-2, 0, 2):
            near |= np.roll(clear, (down, right), (0, 1))
    edge = solid & near
    colours, counts = np.unique(file[edge], axis=0, return_counts=True)
    return [(file == colour).all(-1) & edge for colour in colours[counts >= MUCH]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", CHAPTERS)
def test_figures_are_legible(name, theme, site, visit, pages, tmp_path):
    page = visit(f"{site}{name}.html", theme=theme, size={"width": 1000, "height": 1000})
    found = 0
    for source, file, seen in figures(page, pages, f"{name}.html", tmp_path):
        found += 1
        clear = file[..., 3] == 0
        behind = seen[clear]
        assert len(behind) and (behind == behind[0]).all(), f"{source}: not transparent"
        assert (behind[0] == 255).all() == (theme == "light"), f"{source}: on {behind[0]}"
        text = (file == INK).all(-1)
        assert text.sum() >= 10, f"{source} has no text in the ink of the figures"
        least = contrast(seen[text], behind[0]).min()
        assert least >= TEXT, f"{source}: text has a contrast of {least:.2f}"
        if clear.mean() < 0.6:
            continue  # photographs and feature maps: their colours are the data
        for mask in chart_colours(file):
            least = contrast(seen[mask], behind[0]).min()
            assert least >= GRAPHICS, f"{source}: {file[mask][0]} has a contrast of {least:.2f}"
    assert found


def test_one_ink_alone_would_not_do():
    """Why the styles help: on white and on the theme's own dark page no grey reaches 4.5 on both."""
    white, dark = (255, 255, 255), (0x14, 0x18, 0x1E)
    greys = [(v, v, v) for v in range(256)]
    best = max(min(contrast(grey, white), contrast(grey, dark)) for grey in greys)
    assert best == pytest.approx(np.sqrt(contrast(white, dark)), abs=0.05)
    assert best < TEXT
