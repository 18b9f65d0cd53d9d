"""Drawings as laid out: nothing overlaps that should not, every arrow ends on a box, all lies in the picture.

Positions are read from the SVG itself; how wide a text is, is estimated, for a wide font.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inception_lib as il
from inception_lib.counting.cost import cost
from inception_lib.counting.table import times
from inception_lib.drawing import block as block_drawing
from inception_lib.drawing import pieces, svg
from inception_lib.drawing.draw import draw
from inception_lib.spec import LRN, AvgPool, Branches, Chain, Conv, MaxPool, Merged, Residual
from inception_lib.tree.width import widened
from tests.networks import COVER
from tests.test_drawing import BLOCKS, texts, titles

SVG = "{http://www.w3.org/2000/svg}"
NAMES = il.list_models() + il.list_models(mini=True)


@dataclass(frozen=True)
class Box:
    """A rectangle, with what it shows."""

    left: float
    top: float
    right: float
    bottom: float
    says: str = ""

    def covers(self, other, slack=0.6):
        """Whether the two share more than an edge."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide > slack and high > slack

    def holds(self, other, slack=1.0):
        return (
            other.left >= self.left - slack
            and other.right <= self.right + slack
            and other.top >= self.top - slack
            and other.bottom <= self.bottom + slack
        )


@dataclass
class Layout:
    """What a picture holds, by kind."""

    picture: Box
    boxes: list[Box] = field(default_factory=list)  # with round corners: layers, ends, sums
    bars: list[Box] = field(default_factory=list)  # plain rectangles: widths of a map, strips
    sums: list[tuple[float, float, float]] = field(default_factory=list)  # x, y, radius
    texts: list[Box] = field(default_factory=list)
    inner: dict[Box, list[Box]] = field(default_factory=dict)  # box -> its texts
    lines: list[tuple[list[tuple[float, float]], bool]] = field(default_factory=list)


def numbers(element, *keys):
    return [float(element.get(key)) for key in keys]


def box_of(rect, says=""):
    x, y, w, h = numbers(rect, "x", "y", "width", "height")
    assert w > 0 and h > 0
    return Box(x, y, x + w, y + h, says)


def box_of_text(text):
    x, y, size = numbers(text, "x", "y", "font-size")
    assert size >= 12, text.text
    wide = len(text.text) * size * (0.64 if text.get("font-weight") else 0.58)
    left = x - wide * {"middle": 0.5, "end": 1}.get(text.get("text-anchor"), 0)
    return Box(left, y - 0.75 * size, left + wide, y + 0.2 * size, text.text)


def points_of(path):
    """The corners of a line, and whether it ends in an arrow head."""
    first, *more = re.findall(r"M[^M]*", path)
    numbers_in = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", first.replace("Q", " Q "))]
    points = list(zip(numbers_in[::2], numbers_in[1::2], strict=True))
    return points, bool(more)


def layout(drawing):
    root = ET.fromstring(drawing.svg)
    _, _, wide, high = map(float, root.get("viewBox").split())
    found = Layout(Box(0, 0, wide, high))
    for group in root.iter(f"{SVG}g"):
        rects = group.findall(f"{SVG}rect[@rx='6']")
        if rects:
            box = box_of(rects[0], group.findtext(f"{SVG}title") or "")
            found.boxes.append(box)
            found.inner[box] = [box_of_text(text) for text in group.findall(f"{SVG}text")]
        if group.find(f"{SVG}circle") is not None:
            found.sums.append(tuple(numbers(group.find(f"{SVG}circle"), "cx", "cy", "r")))
    found.bars = [box_of(r) for r in root.iter(f"{SVG}rect") if r.get("rx") is None]
    found.texts = [box_of_text(text) for text in root.iter(f"{SVG}text")]
    for path in root.findall(f"{SVG}g/{SVG}path"):
        if path.get("stroke") is None and "h10" not in path.get("d"):
            found.lines.append(points_of(path.get("d")))
    return found


def check(drawing):
    """Raises AssertionError at the first fault."""
    found = layout(drawing)
    for thing in (*found.boxes, *found.bars, *found.texts):
        assert found.picture.holds(thing), f"{thing} lies outside {found.picture}"
    for one, other in combinations(found.boxes, 2):
        assert not one.covers(other), f"{one} and {other} overlap"
    for one, other in combinations(found.texts, 2):
        assert not one.covers(other), f"{one.says!r} and {other.says!r} overlap"
    for box, own in found.inner.items():
        for text in own:
            assert box.holds(text), f"{text.says!r} leaves its box"
    inner = {(t.left, t.top) for texts in found.inner.values() for t in texts}
    for text in found.texts:
        if (text.left, text.top) in inner:
            continue
        for box in (*found.boxes, *found.bars):
            assert not box.covers(text), f"{text.says!r} lies on {box}"
    for points, head in found.lines:
        (x0, y0), (x, y) = points[-2:]
        assert (x0, y0) != (x, y)
        if head:
            assert any(touches(box, x, y) for box in found.boxes) or any(
                abs(((x - a) ** 2 + (y - b) ** 2) ** 0.5 - r) < 1 for a, b, r in found.sums
            ), f"an arrow ends at {x}, {y}, where nothing is"
        for (ax, ay), (bx, by) in pairwise(points):
            line = Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
            for box in found.boxes:
                assert not crosses(box, line), f"a line runs through {box}"


def touches(box, x, y):
    """Whether a point lies on the edge of a box, not at a corner."""
    on_side = abs(y - box.top) < 1 and box.left + 2 < x < box.right - 2
    return on_side or (abs(x - box.left) < 1 and box.top < y < box.bottom)


def crosses(box, line):
    shrunk = Box(box.left + 1, box.top + 1, box.right - 1, box.bottom - 1)
    return min(shrunk.right, line.right) >= max(shrunk.left, line.left) and min(
        shrunk.bottom, line.bottom
    ) >= max(shrunk.top, line.top)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cost", [False, True])
def test_every_map(name, cost):
    aux = bool(il.architecture(name).aux) or name in ("googlenet", "inception_v3")
    check(il.draw(name, cost=cost, aux=aux, title="A title"))
    check(il.draw(name, widest=120))


@pytest.mark.parametrize("name", NAMES)
def test_every_block_of_every_network(name):
    network, count = il.architecture(name), il.cost(name)
    seen = set()
    for stage, node in network.stages:
        if id(node) not in seen:
            seen.add(id(node))
            shape = count[stage].in_shape
            check(il.draw(node, shape, cost=True, defaults=network.defaults, title=stage))
            check(il.draw(node))


@pytest.mark.parametrize("name", BLOCKS)
def test_every_kind_of_block(name):
    block, shape = BLOCKS[name]
    check(il.draw(block, shape, cost=True, title="A title that is wider than the block below it"))
    check(il.draw(block, shape))


def test_the_family():
    check(il.family_map())


# Anything that can be counted can be drawn. -------------------------------------------------------
kernels = st.sampled_from([1, 3, 5, 7, (1, 3), (7, 1)])
paddings = st.sampled_from(["same", "valid", "tf_same"])
acts = st.sampled_from([None, "none"])
convs = st.builds(Conv, st.integers(1, 9), kernels, st.sampled_from([1, 2]), paddings, act=acts)
pools = st.builds(MaxPool, st.just(3), st.sampled_from([1, 2]), paddings)
means = st.builds(AvgPool, st.just(3), st.just(1), st.just("same"))
any_leaf = st.one_of(convs, pools, means, st.just(LRN()))


def parents(inner):
    chains = st.lists(inner, max_size=3).map(Chain)
    names = st.sampled_from(["1x1", "3x3", "pool", "a rather long name", "<&>"])
    forks = st.dictionaries(names, inner, min_size=1, max_size=3)
    after_1x1 = inner.map(lambda node: Chain([Conv(5), node]))
    shared = st.dictionaries(names, after_1x1 | st.just(Conv(3)), min_size=2, max_size=3)
    merged = st.builds(merged_of, shared, forks)
    return st.one_of(chains, forks.map(Branches), merged, inner.map(Residual))


def merged_of(shared, others):
    return Merged({**others, **shared}, merged=tuple(shared))


nodes = st.recursive(any_leaf, parents, max_leaves=8)


@settings(max_examples=150, deadline=None)
@given(nodes)
def test_what_can_be_counted_can_be_drawn(node):
    shape = (4, 24, 24)
    try:
        check(draw(node))
    except ValueError:  # a sum that fits no input: then it cannot be counted either
        with pytest.raises(ValueError):
            cost(node, shape)
        return
    try:
        count = cost(node, shape)
    except ValueError:
        return
    drawing = draw(node, shape, cost=True)
    assert f"output {times(count.out_shape)}" in texts(drawing)
    assert len([t for t in titles(drawing) if " MACs." in t]) == len(count.layers)


# Faults put into the layout, each of which must be seen. ------------------------------------------
FAULTS = {
    "boxes too near": (block_drawing, "SPACE", -40),
    "no gap below a box": (pieces, "GAP", -6),
    "lines of text on one another": (block_drawing, "LINE", 3),
    "lines of text too far apart": (svg, "LINE", 40),
    "a box too narrow for its words": (block_drawing, "span", lambda *_, **__: 20.0),
    "a picture too small": (svg, "round", lambda n: int(n * 0.8)),
    "arrows that end short": (svg.Canvas, "line", "short"),
    "arrows to the side": (svg.Canvas, "line", "aside"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault, monkeypatch):
    where, what, value = FAULTS[fault]
    if isinstance(value, str):
        line, by = svg.Canvas.line, {"short": (0, -9), "aside": (400, 0)}[value]

        def value(self, *points, head=False):
            *before, (x, y) = points
            line(self, *before, (x + by[0] * head, y + by[1] * head), head=head)

    monkeypatch.setattr(where, what, value, raising=False)
    with pytest.raises(AssertionError):
        for block, shape in BLOCKS.values():
            check(il.draw(block, shape, cost=True, title="A title"))


def test_the_widest_block_fits_the_text_column():
    """672 pixels in a figure at 1280; both networks' blocks C have six columns."""
    for name in ("inception_v3", "inception_v4"):
        network = il.architecture(name)
        for stage, node in network.stages:
            if stage[0] in "ABC" or stage.startswith("reduction"):
                shape = il.cost(network)[stage].in_shape
                assert draw(node, shape, defaults=network.defaults).width <= 672, (name, stage)
        fast = il.faster(il.create_model(network, width=0.1).eval()).spec
        assert draw(widened(fast, 10)["C1"], il.cost(network)["C1"].in_shape).width <= 672


@pytest.mark.parametrize("name", COVER)
def test_every_block_of_rewritten_networks(name):
    network = il.faster(il.create_model(name, width=0.1).eval()).spec
    count = il.cost(network)
    for stage, node in network.stages:
        check(il.draw(node, count[stage].in_shape, cost=True, title=stage))
        check(il.draw(node))
    check(il.draw(network))
