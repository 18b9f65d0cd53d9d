"""Drawings: well-formed, complete, equal to the counts, the same bytes every time, legible."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

import inception_lib as il
from inception_lib.counting.cost import cost
from inception_lib.counting.table import times
from inception_lib.drawing.draw import draw
from inception_lib.drawing.family import family_map
from inception_lib.drawing.svg import PALETTE
from inception_lib.networks.blocks import naive_block, reduced_block
from inception_lib.networks.googlenet import GOOGLENET
from inception_lib.networks.registry import architecture, list_models
from inception_lib.spec import (
    BATCH_NORM,
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    Head,
    MaxPool,
    Merged,
    Network,
    Residual,
)
from inception_lib.tree.walks import leaves

SVG = "{http://www.w3.org/2000/svg}"
THREE_A = reduced_block(*GOOGLENET["3a"])
SPLIT = Branches({"1x3": Conv(8, (1, 3)), "3x1": Conv(8, (3, 1))})
NESTED = Branches({"1x1": Conv(4), "3x3_split": [Conv(8), SPLIT], "pool": [AvgPool(3), Conv(4)]})
LINEAR = Conv(20, act="none", norm="none", bias=True)
RESIDUAL = Residual([Branches({"1x1": Conv(8), "3x3": [Conv(8), Conv(8, 3)]}), LINEAR], scale=0.17)
STEM = Chain(
    (
        Conv(32, 3, 2, "valid"),
        Branches({"pool": MaxPool(3, 2, "valid"), "3x3": Conv(96, 3, 2, "valid")}),
        Branches({"3x3": [Conv(64), Conv(96, 3)], "7x7": [Conv(64), Conv(64, (7, 1))]}),
        LRN(),
        AdaptiveAvgPool(),
    )
)
MEAN = Chain((Conv(4, bias=False, act="none"), AvgPool(3), Bias()))
BLOCKS = {
    "naive": (naive_block(64, 128, 32), (192, 28, 28)),
    "3a": (THREE_A, (192, 28, 28)),
    "nested": (NESTED, (16, 8, 8)),
    "residual": (RESIDUAL, (20, 9, 9)),
    "stem": (STEM, (3, 75, 75)),
    "one layer": (Conv(4, 3, groups=2), (2, 5, 5)),
    "merged": (Merged(THREE_A.branches, merged=("1x1", "3x3", "5x5")), (192, 28, 28)),
    "merged beside another": (
        Merged(
            {
                "1x1": Conv(5),
                "pool": [MaxPool(3), Conv(4), Conv(4)],
                "mean": MEAN,
                "split": [Conv(8), SPLIT],
            },
            merged=("split", "1x1", "mean"),
        ),
        (16, 9, 9),
    ),
    "as it is": (Branches({"skip": [], "1x1": Conv(4)}), (2, 5, 5)),
}


def parsed(drawing):
    root = ET.fromstring(drawing.svg)
    assert root.tag == f"{SVG}svg"
    return root


def titles(drawing):
    return [element.text for element in parsed(drawing).iter(f"{SVG}title")]


def texts(drawing):
    return [element.text for element in parsed(drawing).iter(f"{SVG}text")]


# Blocks -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("with_cost", [False, True])
def test_every_layer_is_a_box_with_its_facts(name, with_cost):
    block, shape = BLOCKS[name]
    drawing, count = draw(block, shape, cost=with_cost), cost(block, shape)
    said = titles(drawing)
    for layer in count.layers:
        (title,) = [t for t in said if t.startswith(f"{layer.name}: ") and " → " in t]
        assert f"{times(layer.in_shape)} → {times(layer.out_shape)}." in title
        assert f"{layer.params:,} parameters, {layer.macs:,} MACs." in title
        assert f"sees {times(layer.receptive_field)} of" in title
        (box,) = [g for g in parsed(drawing).iter(f"{SVG}g") if g.findtext(f"{SVG}title") == title]
        assert box.find(f"{SVG}rect").get("fill") == PALETTE[layer.family]
        head, channels, *_ = [text.text for text in box.findall(f"{SVG}text")]
        assert channels == f"{layer.out_shape[0]} channels"
        assert set(re.findall(r"\d×\d", layer.op)) <= {head[:3]}
    assert f"output {times(count.out_shape)}" in texts(drawing)
    assert drawing.alt.endswith(".") and f"output {times(count.out_shape)}" in drawing.alt


def test_what_draw_returns_is_public():
    assert isinstance(draw(naive_block(1, 1, 1)), il.Drawing)


@pytest.mark.parametrize("name", BLOCKS)
def test_without_an_input_every_layer_is_still_a_box(name):
    block, _ = BLOCKS[name]
    drawing = draw(block)
    others = ("input", "output", "concatenation", "sum: ")  # and where channels lie
    boxes = [t for t in titles(drawing) if not t.startswith(others) and ": channels " not in t]
    assert len(boxes) == len(leaves(block))


def test_the_sum_is_what_the_count_says():
    drawing = draw(THREE_A, (192, 28, 28), cost=True)
    said = texts(drawing)
    assert "concat: 256 channels" in said and "64 + 128 + 32 + 32" in said
    assert "input 192×28×28" in said and "output 256×28×28" in said
    count = cost(THREE_A, (192, 28, 28))
    assert f"{count.params:,} parameters and {count.macs:,} MACs" in drawing.alt
    assert "110.7 k params" in said and "86.7 M MACs" in said
    strip = [t for t in titles(drawing) if ": channels " in t]
    lies = {"1x1": "0 to 63", "3x3": "64 to 191", "5x5": "192 to 223", "pool": "224 to 255"}
    assert strip == [f"{name}: channels {where}" for name, where in lies.items()]


def test_a_pooling_of_an_unknown_input_says_so():
    said = texts(draw(naive_block(64, 128, 32)))
    assert "as input" in said and "concat: 224 + input channels" in said
    two = Branches({"a": MaxPool(3), "b": AvgPool(3), "c": Conv(8)})
    two = draw([two, MaxPool(3)])
    assert "concat: 8 + 2 × input channels" in texts(two)


def test_marks_that_change_the_function_are_written():
    said = texts(draw(STEM)) + texts(draw(RESIDUAL))
    marks = {"3×3 conv /2", "3×3 max pool /2", "valid", "linear", "× 0.17", "ReLU", "7×1 conv"}
    assert marks <= set(said)
    assert "2 groups" in texts(draw(Conv(4, 3, groups=2)))
    uneven = draw(Conv(4, (1, 3), (1, 2)))
    assert "1×3 conv /1×2" in texts(uneven)


def test_defaults_reach_the_counts():
    plain = draw(Conv(8, 3), (3, 9, 9))
    normed = draw(Conv(8, 3), (3, 9, 9), defaults=BATCH_NORM)
    assert "224 parameters" in plain.svg and "232 parameters" in normed.svg


def test_names_with_markup_are_escaped():
    drawing = draw(Branches({'<b>&"': Conv(4), "1x1": Conv(4)}), (2, 5, 5), title="<&>\"'")
    assert '<b>&"' in texts(drawing) and "<&>\"'" in texts(drawing)
    assert parsed(drawing).get("aria-label") == drawing.alt


# Networks ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", list_models())
@pytest.mark.parametrize("with_cost", [False, True])
def test_map_has_every_stage_and_branch(name, with_cost):
    network = architecture(name, aux=has_aux(name))
    drawing, count = draw(network, cost=with_cost), cost(network)
    said, words = " ".join(titles(drawing)), texts(drawing)
    for row in count.stages:
        if not row.name.startswith("aux_"):
            assert row.name in words
            assert f"{row.out_shape[0]:,}" in words
        assert f"{row.params:,} parameters, {row.macs:,} MACs." in said
    for row in count.rows:
        stage, _, branch = row.name.partition(".")
        # a fork in a branch is part of that branch; what is summed is one map again
        if row.kind == "branch" and "." not in branch and type(network[stage]) is Branches:
            assert f"{row.name}: {row.op}, {row.out_shape[0]} channels." in said
    assert words.count("auxiliary head") == len(network.aux)
    assert f"{count.params:,} parameters, {count.macs:,} MACs" in drawing.alt


@pytest.mark.parametrize("name", list_models())
def test_a_script_finds_every_row_of_a_map(name):
    network = architecture(name, aux=has_aux(name))
    root = parsed(draw(network))
    assert root.get("data-network") == name
    rows = [group for group in root.iter(f"{SVG}g") if group.get("class")]
    assert {row.get("class") for row in rows} == {"il-stage"}
    count = cost(network)
    assert sorted(row.get("data-stage") for row in rows) == sorted(r.name for r in count.stages)
    main = [row for row in rows if not row.get("data-stage").startswith("aux_")]
    assert [row.find(f"{SVG}text").text for row in main] == [r.get("data-stage") for r in main]
    for row in rows:
        (says,) = {t.text.split(". ", 1)[1] for t in row.iter(f"{SVG}title") if " → " in t.text}
        fact = count[row.get("data-stage")]
        assert says.endswith(f"sees {times(fact.receptive_field)} of the input.")
        assert f"{fact.params:,} parameters, {fact.macs:,} MACs." in says


def test_a_head_that_pools_and_then_convolves_is_painted_as_its_convolution():
    head = Head(pool=[AvgPool(5, 3, "valid"), Conv(128)], classes=10)
    root = parsed(drawing := draw(Network("n", {"a": Conv(8, 3)}, head, input_size=32)))
    assert "2 layers" in texts(drawing)
    (row,) = (g for g in root.iter(f"{SVG}g") if g.get("data-stage") == "avgpool")
    assert [bar.get("fill") for bar in row.iter(f"{SVG}rect")] == [PALETTE["1x1"]]


@pytest.mark.parametrize("name", list_models())
def test_a_narrow_map_is_the_same_map(name):
    wide, narrow = draw(name), draw(name, widest=120)
    assert narrow.width == wide.width - 150
    assert " ".join(texts(narrow)) == " ".join(texts(wide)) and titles(narrow) == titles(wide)


def test_only_a_network_as_published_is_named():
    """What a page knows of a network holds for no other number of classes and no other input."""
    assert 'data-network="googlenet"' in draw("googlenet").svg
    others = [draw("googlenet", input_size=192), draw("googlenet", num_classes=10), draw(THREE_A)]
    mine = Network("<mine>", {"<stem>": STEM}, input_size=80)
    for drawing in (*others, draw(mine), family_map()):
        assert "data-network" not in drawing.svg
    assert [g.get("data-stage") for g in parsed(draw(mine)).iter(f"{SVG}g")][-1] == "<stem>"


def has_aux(name):
    try:
        return bool(architecture(name, aux=True).aux)
    except ValueError:
        return False


def test_widths_of_a_stage_are_in_proportion_to_its_channels():
    rects = {}
    for rect in parsed(draw("googlenet")).iter(f"{SVG}rect"):
        title = rect.findtext(f"{SVG}title") or ""
        if title.startswith("3b."):
            rects[title.split(":")[0]] = float(rect.get("width"))
    unit = rects["3b.1x1"] / 128
    for name, channels in (("3b.3x3", 192), ("3b.5x5", 96), ("3b.pool", 64)):
        assert rects[name] == pytest.approx(channels * unit, abs=0.8)


def test_map_of_another_input_and_of_a_network_of_ones_own():
    assert "96×96" in texts(draw("googlenet", input_size=192))
    mine = Network("mine", {"stem": STEM, "block": RESIDUAL, "skip": []}, input_size=80)
    with pytest.raises(ValueError, match="block"):
        draw(mine)  # 160 channels do not fit a body of 20
    mine = Network("mine", {"stem": STEM, "split": [Conv(8), SPLIT], "skip": []}, input_size=80)
    drawing = draw(mine)
    assert {"stem", "split", "skip"} <= set(texts(drawing))


def test_pooled_features_have_no_classifier():
    assert "fc" not in texts(draw("googlenet", num_classes=0))


def test_family_map_has_every_network_and_its_numbers():
    drawing = family_map()
    for name in list_models():
        count, title = cost(name), architecture(name).title
        assert title in texts(drawing)
        assert title in drawing.alt
        shares = [t for t in titles(drawing) if t.startswith(f"{title}, ")]
        for word, total in (("parameters", count.params), ("MACs", count.macs)):
            numbers = [t.split(": ")[1] for t in shares if t.endswith(word)]
            assert sum(int(n.split()[0].replace(",", "")) for n in numbers) == total
    linked = family_map(["googlenet"], links={"googlenet": "chapters/02.html?a=1&b=2"})
    assert [a.get("href") for a in parsed(linked).iter(f"{SVG}a")] == ["chapters/02.html?a=1&b=2"]
    assert parsed(linked).get("role") == "group" and parsed(drawing).get("role") == "img"


# What it promises to a page ---------------------------------------------------------------------
def test_a_page_can_hold_it():
    small, large = draw(Conv(8, 3)), draw("googlenet")
    assert repr(draw(THREE_A)).startswith("Drawing of 4 branches, ")
    assert repr(large) == f"Drawing of googlenet, {large.width}×{large.height}"
    assert small._repr_html_().startswith('<div class="il-drawing"><svg ')
    assert "max-width:100%" in small.svg
    html = large._repr_html_()
    assert 'tabindex="0"' in html and 'role="group"' in html and "overflow-x:auto" in html
    ET.fromstring(html)
    for drawing in (small, large, family_map()):
        assert parsed(drawing).get("role") == "img" and parsed(drawing).get("aria-label")
        assert " id=" not in drawing.svg and "url(" not in drawing.svg
        assert drawing.svg.count("http") == 1  # the name of the vocabulary
        numbers = re.findall(r"\d+\.\d+", re.sub(r">[^<]*<|aria-label=\"[^\"]*\"", "", drawing.svg))
        assert all(len(number.split(".")[1]) == 1 or number.startswith("0.") for number in numbers)


def test_save_writes_a_standalone_picture(tmp_path):
    drawing = draw(THREE_A, (192, 28, 28))
    drawing.save(tmp_path / "3a.svg")
    root = ET.parse(tmp_path / "3a.svg").getroot()
    assert root.get("color") and "background" in root.get("style") and root.get("font-family")


SCRIPT = """
import sys
from inception_lib import draw, family_map, naive_block
print(draw("googlenet", aux=True, cost=True)._repr_html_())
print(draw(naive_block(64, 128, 32), (192, 28, 28), cost=True).svg, family_map().svg)
heavy = {"torch", "numpy", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_same_bytes_in_any_process_and_without_torch():
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    ]
    assert outputs[0] and outputs[0] == outputs[1]


# Errors -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("args", "options", "error", "message"),
    [
        (("gogglenet",), {}, KeyError, "Did you mean 'googlenet'"),
        ((3,), {}, TypeError, "not a part of a network"),
        ((THREE_A,), {"cost": True}, TypeError, r"cost=True needs input_shape=\(channels"),
        ((THREE_A,), {"aux": True}, TypeError, "options go with a model's name"),
        ((THREE_A,), {"input_size": 224}, TypeError, "for a block give input_shape"),
        (("googlenet", (3, 9, 9)), {}, TypeError, "for a network give input_size"),
        (("googlenet",), {"input_size": 8}, ValueError, "too small"),
        ((reduced_block(64, 96, 128, 16, 32, 32, 300),), {}, ValueError, "the table says 300"),
        ((THREE_A, (192, 28)), {}, ValueError, "input_shape is"),
    ],
)
def test_errors_name_what_is_wrong(args, options, error, message):
    with pytest.raises(error, match=message):
        draw(*args, **options)


# Colours ----------------------------------------------------------------------------------------
# Machado, Oliveira and Fernandes 2009, severity 1.0; on linear RGB.
SIGHT = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
}  # fmt: skip


def linear(colour):
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]


def contrast(one, other):
    weights = (0.2126, 0.7152, 0.0722)
    light = sorted(
        sum(w * v for w, v in zip(weights, linear(colour), strict=True)) for colour in (one, other)
    )
    return (light[1] + 0.05) / (light[0] + 0.05)


def oklab(rgb):
    """Ottosson 2020; a distance of 0.02 is about what one can just see."""
    r, g, b = (min(max(v, 0), 1) for v in rgb)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    mid = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * mid - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * mid + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * mid - 0.8086757660 * short,
    )


@pytest.mark.parametrize("family", PALETTE)
def test_contrast(family):
    colour = PALETTE[family]
    assert contrast(colour, "#ffffff") >= 4.5  # text in a box; a label on a white page
    for dark in ("#14181e", "#121212"):  # the dark theme's page
        assert contrast(colour, dark) >= 3


@pytest.mark.parametrize(
    ("sight", "least"), [("normal", 0.08), ("deuteranopia", 0.04), ("protanopia", 0.04)]
)
def test_colours_differ_also_for_colour_blind_readers(sight, least):
    seen = {}
    for family, colour in PALETTE.items():
        rgb = linear(colour)
        seen[family] = oklab(
            [sum(m * v for m, v in zip(row, rgb, strict=True)) for row in SIGHT[sight]]
        )
    for one, other in combinations(seen, 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
        assert distance >= least, f"{one} and {other}: {distance:.3f}"
