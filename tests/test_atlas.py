"""The atlas: a few of its rows are found again from the shipped weights, and all of them fit the networks."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

import inception_lib as il
from inception_lib.interpret import measures
from tools import atlas as tool
from tools.generated import atlas, look

NAMES = look.shipped()
every_network = pytest.mark.parametrize("name", NAMES)
# rows that are computed again: a few branches, all with channels that nothing else of the file repeats
ROWS = [("mini_bn", "3a.5x5"), ("mini_naive", "3a.3x3"), ("mini_residual", "3b")]


@pytest.fixture(scope="module")
def crops():
    return il.photo_patches("test", boxes=True)


def group(name: str, at: str) -> list[dict]:
    return next(one["channels"] for one in atlas.read(name)["groups"] if one["at"] == at)


def test_every_network_that_ships_has_a_page(root):
    assert atlas.NAMES == NAMES, "run make atlas"
    assert all((root / f"atlas-{name}.md").is_file() for name in NAMES)


@every_network
def test_every_channel_is_there(name):
    """In the order of the network, as many as the package counts."""
    network, told = il.architecture(name), atlas.read(name)
    sizes = {one["at"]: len(one["channels"]) for one in told["groups"]}
    for stage, node in network.stages:
        if isinstance(node, il.MaxPool):
            continue
        rows = il.cost(network).branches(stage)
        assert all(sizes[row.name] == row.out_shape[0] for row in rows)
        if not isinstance(node, il.Branches):
            assert sizes[stage] == il.cost(network)[stage].out_shape[0]
    assert sum("." in at or isinstance(network[at], il.Conv | il.Residual) for at in sizes) == len(
        sizes
    )
    with Image.open(atlas.ATLAS / f"{name}.webp") as image:
        rows = -(-sum(sizes.values()) // atlas.COLUMNS)
        assert image.size == (atlas.COLUMNS * tool.SIDE, rows * tool.SIDE)
    assert tool.COLUMNS == atlas.COLUMNS


@every_network
def test_every_link_leads_to_a_channel(name):
    told = atlas.read(name)
    sizes = {one["at"]: len(one["channels"]) for one in told["groups"]}
    for one in told["groups"]:
        for channel in one["channels"]:
            assert all(number < sizes[at] for at, number, *_ in channel.get("next", []))
            assert ("next" in channel) != ("speaks" in channel)
            assert all(str(crop) in told["crops"] for crop in channel["crops"])
            assert len(channel["places"]) == len(channel["crops"])
    assert {c["at"].split(".")[0] for c in told["groups"] if "speaks" in c["channels"][0]} == {"4b"}


@pytest.mark.parametrize(("name", "at"), ROWS)
def test_crops_are_the_most_exciting(name, at, crops):
    """None of 200 others excites the channel more; values that are nearly equal may change places."""
    images, labels, boxes = crops
    others = images[::20]
    for channel in (0, 5):
        told = group(name, at)[channel]
        some = torch.cat([images[told["crops"]], others])
        places, values = il.most_exciting(
            il.create_model(name, pretrained=True), at, some, channels=[channel], count=12
        )
        strength = dict(zip(places[0].tolist(), values[0].tolist(), strict=True))
        assert set(range(9)) <= set(strength), "the nine are among the first twelve"
        ranked = [strength[i] for i in range(9)]
        assert ranked[0] == pytest.approx(told["most"], abs=0.02)
        assert all(one >= other - 1e-2 for one, other in pairwise(ranked))
        beaten = [i for i in strength if i >= 9 and 20 * (i - 9) not in told["crops"]]
        assert all(strength[i] <= ranked[-1] + 1e-2 for i in beaten)
        for crop in told["crops"]:
            assert atlas.read(name)["crops"][str(crop)] == [
                int(labels[crop]),
                *boxes[crop].tolist(),
            ]


@pytest.mark.parametrize(("name", "at"), ROWS[:2])
def test_measures_and_answers_are_those_of_the_package(name, at):
    model = il.create_model(name, pretrained=True)
    found = il.channel_measures(model, at)
    for channel, told in enumerate(group(name, at)):
        for measure, value in zip(measures.MEASURES, told["measures"], strict=True):
            known = float(found[measure][channel])
            assert (value is None) == math.isnan(known)
            assert value is None or value == pytest.approx(known, abs=2e-3), measure
        assert [len(values) for values in told["answers"]] == [
            len(atlas.AXES[one]) for one in measures.MEASURES
        ]
        assert all(max(values) == tool.FULL for values in told["answers"])


def test_the_place_of_the_largest_value(crops):
    images, _, _ = crops
    for channel in (0, 7):
        told = group("mini_bn", "3a.5x5")[channel]
        maps = il.features(
            il.create_model("mini_bn", pretrained=True).eval(), images[told["crops"]], ["3a.5x5"]
        )["3a.5x5"][:, channel]
        found = maps.flatten(1)[range(len(maps)), told["places"]]
        assert torch.allclose(found, maps.amax((1, 2)), rtol=1e-3)


def test_weights_are_multiplied_out():
    """Of a branch without a ReLU between its layers, and of one layer, they are what it computes."""
    torch.manual_seed(0)
    block = il.build([il.Conv(4, 1, act="none"), il.Conv(3, 3, act="none", bias=False)], 5).eval()
    share, sign = tool.weighs(block, 5)
    whole = torch.einsum("ojyx,ji->oiyx", block[1].conv.weight, block[0].conv.weight[..., 0, 0])
    power = whole.square().sum((2, 3))
    assert torch.allclose(share, power / power.sum(1, keepdim=True), atol=1e-5)
    assert torch.equal(sign, whole.sum((2, 3)).sign())
    model = il.create_model("mini_bn", pretrained=True).eval()
    first, second = tool.levels(model)[:2]
    assert [*first, *second] == ["conv1", "3a.1x1", "3a.3x3", "3a.5x5", "3a.pool"]
    told = [channel["next"] for channel in group("mini_bn", "conv1")]
    found = tool.followers({"conv1": 16}, second)
    assert [[row[:2] for row in one] for one in told] == [[row[:2] for row in one] for one in found]


def test_a_residual_goes_by_its_branches_and_its_sum():
    model = il.create_model("mini_residual", pretrained=True).eval()
    steps = [list(level) for level in tool.levels(model)]
    assert ["3b.1x1", "3b.3x3", "3b.double3x3"] in steps and ["3b"] in steps
    assert group("mini_residual", "3b.1x1")[0]["next"][0][0] == "3b"
    assert group("mini_residual", "3b")[0]["next"][0][0].startswith("4a.")


def test_axes_are_the_pictures_that_were_shown():
    assert list(atlas.AXES) == list(measures.MEASURES)
    assert atlas.AXES["orientation"] == [f"{angle:g}°" for angle in measures.ANGLES]
    assert atlas.AXES["frequency"] == [f"{half:.1f} px" for half in measures.HALF_PERIODS]
    assert atlas.AXES["size"] == [f"{dot} px" for dot in measures.DOTS]
    radii = [f"radius {r:g}" if math.isfinite(r) else "straight" for r in measures.RADII]
    assert atlas.AXES["curvature"] == radii


def test_kernels_are_those_of_the_first_layer():
    weight = il.create_model("mini_bn", pretrained=True).stages["conv1"].conv.weight.detach()
    kernel = weight[3] / weight[3].abs().max()
    cells = group("mini_bn", "conv1")[3]["filter"]
    shown = np.array([[int(cell[i : i + 2], 16) for i in (0, 2, 4)] for cell in cells])
    assert np.abs(shown / 127.5 - 1 - kernel.permute(1, 2, 0).flatten(0, 1).numpy()).max() < 0.01


def test_the_files_stay_small():
    """All together, and what a page loads with its pictures."""
    size = {path: path.stat().st_size for path in (*atlas.ATLAS.iterdir(), *look.PHOTOS.iterdir())}
    assert sum(size.values()) < 4_000_000
    photos = sum(size[path] for path in look.PHOTOS.glob("*.webp"))
    for name in NAMES:
        sheet = size[atlas.ATLAS / f"{name}.webp"]
        texts = len(atlas.page(name).encode()) + len(atlas.script(name).encode())
        assert photos + sheet + texts < 1_000_000, name


def test_a_page_has_a_tile_for_each_channel():
    page = atlas.page("mini_residual")
    assert page.count('<a id="') == sum(
        len(one["channels"]) for one in atlas.read("mini_residual")["groups"]
    )
    assert 'id="3b/double3x3/7" href="#3b/double3x3/7"' in page
    assert "<strong>3b, the sum</strong>" in page
    assert json.loads(atlas.script("mini_bn").split(", ", 1)[1][:-2])["explained"] == "atlas.html"
