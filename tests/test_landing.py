"""The landing page: its picture is what the package draws, its times are what the chapters take."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import inception_lib as il
from inception_lib.drawing.svg import PALETTE
from teaching.chapters import notebooks
from tools import landing_picture as picture
from tools.generated import landing
from tools.minutes import whole

LINK = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")
SVG = "{http://www.w3.org/2000/svg}"
TEXT = picture.PATH.read_text(encoding="utf-8")
layouts = pytest.mark.parametrize("place", [picture.WIDE, picture.TALL], ids=lambda p: p.name)


@pytest.fixture(scope="module")
def found():
    return picture.branches()


def pictures(text: str) -> list[np.ndarray]:
    """The embedded pictures, each pixel as red, green, blue and how much of it is seen."""
    streams = (io.BytesIO(base64.b64decode(link)) for link in LINK.findall(text))
    return [np.asarray(Image.open(stream).convert("RGBA")).astype(int) for stream in streams]


# ---- the picture ----


def test_the_file_is_what_the_tool_draws():
    """All but the pixels to the letter; pixels as far as machines that add in another order agree."""
    drawn = picture.draw()
    assert LINK.sub("", TEXT) == LINK.sub("", drawn), "run make landing-picture"
    for old, new in zip(pictures(TEXT), pictures(drawn), strict=True):
        assert old.shape == new.shape
        assert np.abs(old - new).mean() < 2, "run make landing-picture"


def test_every_map_is_there(found):
    sizes = [len(branch.maps) for branch in found]
    stage = next(row for row in il.cost("mini_naive").stages if row.name == "3a")
    assert sum(sizes) == stage.out_shape[0]
    photo, *maps = pictures(TEXT)
    assert len(maps) == sum(sizes)
    colors = [PALETTE[branch.family] for branch in found for _ in branch.maps]
    for shown, color, values in zip(
        maps, colors, np.concatenate([branch.maps for branch in found]), strict=True
    ):
        assert (shown[..., :3] == [*bytes.fromhex(color[1:])]).all()
        assert np.abs(shown[..., 3] / 255 - values).max() < 0.5 / (picture.LEVELS - 1) + 0.01
    cat = il.photo(picture.PHOTO, picture.PIXELS)[0].permute(1, 2, 0).numpy().astype(int)
    assert np.abs(photo[..., :3] - cat).mean() < 6


def test_the_volume_has_each_map_once(found):
    stack = list(picture.stacked(found))
    assert [(branch.name, channel) for branch, channel, _ in stack] == [
        (branch.name, channel) for branch in found for channel in range(len(branch.maps))
    ]
    steps = [step for *_, step in stack]
    assert steps == sorted(set(steps))


def test_it_is_light_and_said_in_words(found):
    assert picture.PATH.stat().st_size < 150_000
    root = ElementTree.fromstring(TEXT)
    assert root.get("role") == "img"
    assert root.get("aria-label") == picture.alt(found)
    assert "31 channels" in root.get("aria-label")
    assert {part.get("class") for part in root.findall(f"{SVG}svg")} == {"il-wide", "il-tall"}
    ids = re.findall(r' id="([^"]+)"', TEXT)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', TEXT)) == set(ids)


@layouts
def test_it_follows_the_theme(place, found):
    """Colors are the page's own, or a branch's."""
    scene = picture.scene(place, found)
    fills = set(re.findall(r'fill="([^"]+)"', scene))
    assert fills == {"none", "currentColor", "#fff", picture.PAPER} | {
        PALETTE[branch.family] for branch in found
    }


@layouts
def test_nothing_reaches_beyond_the_edge(place, found):
    scene = ElementTree.fromstring(f'<svg xmlns="{SVG[1:-1]}">{picture.scene(place, found)}</svg>')
    seen = 0
    for part in scene.iter():
        if part.tag in (f"{SVG}rect", f"{SVG}use"):
            x, y, w, h = (float(part.get(key)) for key in ("x", "y", "width", "height"))
            assert 0 <= x < x + w <= place.width
            assert 0 <= y < y + h <= place.height
            seen += 1
        elif part.tag == f"{SVG}text":
            wide = 0.67 * float(part.get("font-size")) * len(part.text)
            left = float(part.get("x")) - {"middle": wide / 2}.get(part.get("text-anchor"), 0)
            assert 0 <= left < left + wide <= place.width
            assert float(part.get("y")) <= place.height
    assert seen > 100


# ---- times ----


def test_times_in_words():
    assert [landing.words(n) for n in (1, 30, 31, 60, 90, 120, 121, 151, 240)] == [
        "half an hour", "half an hour", "an hour", "an hour", "an hour and a half",
        "two hours", "two hours and a half", "an afternoon", "an afternoon",
    ]  # fmt: skip
    assert [landing.words(n) for n in (241, 360, 361, 2000)] == [
        "three evenings", "three evenings", "four evenings", "17 evenings",
    ]  # fmt: skip
    said = [landing.clock(n).replace("\u00a0", " ") for n in (30, 60, 75)]
    assert said == ["30 min", "1 h", "1 h 15 min"]


def test_each_path_is_walked_in_the_time_it_says():
    """Its minutes are the sum of its chapters', and the time in words holds them."""
    rows = landing.paths().splitlines()[2:]
    assert len(rows) == len(landing.PATHS)
    for row, last in zip(rows, landing.PATHS, strict=True):
        said, read = (cell.strip() for cell in row.split("|")[1:3])
        chapters = [path for n, path in notebooks().items() if n <= (last or n)]
        minutes = sum(map(whole, chapters))
        assert f"({landing.clock(minutes)})" in read
        count = re.match(r"(\w+) evenings", said)
        most = landing.TIMES.get(said) or landing.EVENING * (
            landing.NUMBERS.index(count[1]) + 1 if count[1] in landing.NUMBERS else int(count[1])
        )
        assert minutes <= most, row
        assert f"chapters/{chapters[0].name}" in read


def test_the_page_types_no_time(root):
    text = (root / "intro.md").read_text(encoding="utf-8")
    assert not re.search(r"\d+ (?:minutes|hours)", text)


def test_the_list_has_every_chapter_once():
    lines = landing.listed().splitlines()
    assert len(lines) == len(notebooks())
    for line, (number, path) in zip(lines, notebooks().items(), strict=True):
        assert line.startswith(f"{number}. [")
        assert line.count("](") == 1
        assert f"(chapters/{path.name})" in line
