"""Draw `_static/landing.svg`: one photograph goes through one trained block, for the landing page.

    make landing-picture

The block is 3a of `mini_naive`, the maps are what its four branches answer to the cat. The file is
committed: building the pages needs no torch. It has two layouts, of which a style shows one.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

import inception_lib as il
from inception_lib.drawing.svg import BOLD, LICENSE, PALETTE, SMALL, Canvas, _n
from inception_lib.tree.walks import pretty

PATH = Path(__file__).resolve().parent.parent / "_static" / "landing.svg"
NETWORK, BLOCK, PHOTO, PIXELS = "mini_naive", "3a", "cat", 128
LEVELS = 16  # of a map: four bits a pixel
COLORS = 96  # of the photograph
BRIGHT = 99.5  # per cent of a map's pixels that are shown apart; what is stronger looks alike
NARROW = 700  # pixels of a window; up to here the tall layout is shown
PAPER = "var(--pst-color-background, #fff)"  # hides the map below a map


@dataclass(frozen=True)
class Branch:
    """One branch: its name and family, and its maps, a number from 0 to 1 for each pixel."""

    name: str
    family: str
    maps: (
        np.ndarray
    )  # (channels, height, width), each from its smallest value to nearly its largest


@dataclass(frozen=True)
class Layout:
    """Where things are: corners, sides and steps in pixels.

    Attributes:
        photo, stem: x, y, width, height. boxes: the same for each branch.
        maps: for each branch, the corners of the maps that are shown beside it; `side` is theirs.
        volume: the corner of the front map, its side, and how far each next map is moved.
        label: where the words on the volume begin, and how they are set.
    """

    name: str
    width: int
    height: int
    photo: tuple[float, float, float, float]
    stem: tuple[float, float, float, float]
    boxes: tuple[tuple[float, float, float, float], ...]
    maps: tuple[tuple[tuple[float, float], ...], ...]
    side: float
    volume: tuple[float, float, float, float, float]
    label: tuple[float, float, str]
    down: bool


WIDE = Layout(
    "wide", 690, 296,
    photo=(1, 92, 112, 112), stem=(129, 133, 48, 30),
    boxes=tuple((208, 19 + 76 * i, 56, 30) for i in range(4)),
    maps=tuple(tuple((284 + 68 * j, 2 + 76 * i) for j in range(2)) for i in range(4)), side=64,
    volume=(452, 116, 116, 2.7, 1.9), label=(510, 254, "middle"), down=False,
)  # fmt: skip
TALL = Layout(
    "tall", 340, 366,
    photo=(138, 1, 64, 64), stem=(146, 76, 48, 24),
    boxes=tuple((8 + 88 * i, 124, 60, 26) for i in range(4)),
    maps=tuple(((4 + 88 * i, 160),) for i in range(4)), side=68,
    volume=(8, 280, 84, 2.5, 0.6), label=(214, 306, "start"), down=True,
)  # fmt: skip
GAP = 5  # times further from branch to branch than from map to map


def branches() -> list[Branch]:
    """What the block's branches answer to the photograph, with the shipped weights."""
    model = il.create_model(NETWORK, pretrained=True).eval()
    block = dict(model.spec.stages)[BLOCK]
    at = {f"{BLOCK}.{name}": name for name, _ in block.branches}
    answers = il.features(model, il.as_input(il.photo(PHOTO, PIXELS)), list(at))
    found = []
    for address, name in at.items():
        maps = answers[address][0].numpy()
        low, high = np.percentile(maps, (0, BRIGHT), axis=(1, 2), keepdims=True)
        shown = np.clip((maps - low) / np.maximum(high - low, 1e-9), 0, 1)
        found.append(Branch(pretty(name), name, shown))
    return found


def _link(image: Image.Image, **options: object) -> str:
    stream = BytesIO()
    image.save(stream, "png", optimize=True, **options)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def ink(values: np.ndarray, color: str) -> str:
    """A map as a picture in one color: the stronger the answer, the more of it; 0 shows the page."""
    levels = np.uint8(np.rint(values * (LEVELS - 1)))
    image = Image.fromarray(levels, "P")
    image.putpalette([*bytes.fromhex(color[1:])] * LEVELS)
    seen = bytes(round(255 * level / (LEVELS - 1)) for level in range(LEVELS))
    return _link(image, transparency=seen, bits=4)


def photograph() -> str:
    """The photograph, in few colors."""
    pixels = il.photo(PHOTO, PIXELS)[0].permute(1, 2, 0).numpy()
    return _link(Image.fromarray(pixels).quantize(COLORS, dither=Image.Dither.NONE))


def strongest(branch: Branch, count: int) -> list[int]:
    """The channels of a branch with the most contrast, in their order."""
    return sorted(np.argsort(-branch.maps.std((1, 2)), kind="stable")[:count].tolist())


def _symbol(name: str, link: str) -> str:
    picture = f'<image width="{PIXELS}" height="{PIXELS}" href="{link}"/>'
    return f'<symbol id="il-{name}" viewBox="0 0 {PIXELS} {PIXELS}">{picture}</symbol>'


def _picture(c: Canvas, name: str, x: float, y: float, side: float) -> None:
    at = f'x="{_n(x)}" y="{_n(y)}" width="{_n(side)}" height="{_n(side)}"'
    c.shapes.append(f'<use href="#il-{name}" {at}/>')


def _map(c: Canvas, branch: Branch, channel: int, x: float, y: float, side: float) -> None:
    """One map on paper of its own, in a frame of its branch's color."""
    frame = f' stroke="{PALETTE[branch.family]}" stroke-width="1.2"'
    c.rect(x, y, side, side, PAPER)
    _picture(c, f"{branch.family}-{channel}", x, y, side)
    c.rect(x, y, side, side, "none", more=frame)


def stacked(found: list[Branch]) -> Iterator[tuple[Branch, int, float]]:
    """Each map of the volume, the first in front, and how many steps behind the front it lies."""
    step = 0.0
    for branch in found:
        for channel in range(len(branch.maps)):
            yield branch, channel, step
            step += 1
        step += GAP - 1


def scene(place: Layout, found: list[Branch]) -> str:
    """One layout: photograph, stem, four branches with their maps, and the volume."""
    c, down = Canvas(), place.down

    def ahead(box: tuple[float, float, float, float], end: bool) -> tuple[float, float]:
        """The middle of the edge of a box at which the way through it begins, or ends."""
        x, y, w, h = box
        return (x + w / 2, y + h * end) if down else (x + w * end, y + h / 2)

    def turn(one: tuple[float, float], other: tuple[float, float], at: float):
        """From one point to another, with the way across at `at`."""
        if down:
            return one, (one[0], at), (other[0], at), other
        return one, (at, one[1]), (at, other[1]), other

    x, y, side, dx, dy = place.volume
    c.line(ahead(place.photo, True), ahead(place.stem, False), head=True)
    fork = ahead(place.stem, True)[down] + 14
    last = ahead((*place.maps[0][-1], place.side, place.side), True)[down]
    stack = list(stacked(found))
    deep = stack[-1][2]
    enter = (x + side / 2 + dx * deep / 2, y - dy * deep) if down else (x, y + side / 2)
    for branch, box, maps in zip(found, place.boxes, place.maps, strict=True):
        first, end = ((*corner, place.side, place.side) for corner in (maps[0], maps[-1]))
        c.line(*turn(ahead(place.stem, True), ahead(box, False), fork), head=True)
        c.line(ahead(box, True), ahead(first, False), head=True)
        c.line(*turn(ahead(end, True), enter, last + 12), head=True)
        says = f"the {branch.name} branch: {len(branch.maps)} feature maps"
        c.box(*box, says, [(branch.name, BOLD)], branch.family)
        for channel, corner in zip(strongest(branch, len(maps)), maps, strict=True):
            _map(c, branch, channel, *corner, place.side)
    _picture(c, "photo", *place.photo[:3])
    c.box(
        *place.stem,
        "what comes before the block: a 3×3 convolution and a pooling",
        [("stem", SMALL)],
    )
    for branch, channel, step in reversed(stack):
        _map(c, branch, channel, x + dx * step, y - dy * step, side)
    left, top, anchor = place.label
    sizes = [len(branch.maps) for branch in found]
    c.text(left, top, " + ".join(map(str, sizes)), anchor=anchor)
    c.text(left, top + 18, f"{sum(sizes)} channels", size=BOLD, anchor=anchor, bold=True)
    look = 'fill="none" stroke="currentColor" stroke-width="1.5" opacity="0.65"'
    size = f'width="100%" height="100%" viewBox="0 0 {place.width} {place.height}"'
    lines = "".join(f'<path d="{path}"/>' for path in c.lines)
    return "\n".join(
        [f'<svg class="il-{place.name}" {size}>', f"<g {look}>{lines}</g>", *c.shapes, "</svg>"]
    )


def alt(found: list[Branch]) -> str:
    """The picture in words."""
    sizes = [f"{len(branch.maps)} from {branch.name}" for branch in found]
    return (
        f"A photograph of a cat passes through a short stem and enters the {len(found)} branches of "
        f"a trained Inception block: {', '.join(branch.name for branch in found)}. Out come "
        f"feature maps, in which the cat's eyes, its outline or its fur stand out: "
        f"{', '.join(sizes[:-1])} and {sizes[-1]}. Stacked, they are one volume of "
        f"{sum(len(branch.maps) for branch in found)} channels, colored by branch."
    )


def draw() -> str:
    """The file."""
    found = branches()
    symbols = [_symbol("photo", photograph())]
    for branch in found:
        for channel, values in enumerate(branch.maps):
            link = ink(values, PALETTE[branch.family])
            symbols.append(_symbol(f"{branch.family}-{channel}", link))
    style = (
        f".il-landing{{width:100%;height:auto;aspect-ratio:{WIDE.width}/{WIDE.height}}}"
        ".il-landing .il-tall{display:none}"
        f"@media(max-width:{NARROW}px){{"
        f".il-landing{{aspect-ratio:{TALL.width}/{TALL.height}}}"
        ".il-landing .il-tall{display:inline}.il-landing .il-wide{display:none}}"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="il-landing" role="img" '
        f'aria-label="{escape(alt(found))}" fill="currentColor" font-family="sans-serif">',
        f"<metadata>{LICENSE} The photograph: {escape(_source())}</metadata>",
        f"<style>{style}</style>",
        "<defs>",
        *symbols,
        "</defs>",
        scene(WIDE, found),
        scene(TALL, found),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _source() -> str:
    photo = il.photos()[PHOTO]
    return f"{photo.source}; {photo.licence}."


def main() -> None:
    """Draw the picture."""
    PATH.write_text(draw(), encoding="utf-8")
    print(f"wrote {PATH.name}, {PATH.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
