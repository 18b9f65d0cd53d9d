"""Figures: each comes with a text that says what it shows, made from its data."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest
import torch

import inception_lib as il
from inception_lib import plots
from inception_lib.plots.base import GREY


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def luminance(colour):
    channels = matplotlib.colors.to_rgb(colour)
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#14181e"])
def test_text_reads_on_both_themes(page):
    assert contrast(GREY, page) >= 4


def test_branch_costs_say_their_numbers():
    cost = il.cost(il.naive_block(64, 128, 32), (192, 28, 28))
    fig, alt = plots.branch_costs(cost)
    assert len(fig.axes) == 3
    assert [p.get_width() for p in fig.axes[0].patches] == [12_352, 221_312, 153_632, 0]
    assert "Parameters: 1×1 12,352, 3×3 221,312, 5×5 153,632, pool 0" in alt
    assert fig.get_facecolor()[3] == 0  # transparent
    fig, alt = plots.branch_costs(il.cost("googlenet"), "4a", measures=["macs"])
    assert len(fig.axes) == 1
    assert "5×5" in alt


def test_gallery_labels_each_map_with_its_channel():
    block = il.hand_made_block()
    cat = il.photo("cat", 48)
    maps = il.features(block, cat, at=["1x1", "3x3", "5x5", "pool"])
    slices = il.channel_slices(block)
    fig, alt = plots.gallery(cat, maps, slices, name="a cat", names=block.channel_names)
    titles = [ax.get_title() for ax in fig.axes if ax.get_title()]
    assert len(titles) == 4 * 3 + 3
    for title in titles:
        channel, _, name = title.partition(": ")
        assert block.channel_names[int(channel)] == name
        assert title in alt
    assert "5×5 (channels 15 to 24)" in alt


def test_gallery_shows_the_strongest_maps_unless_told():
    maps = {"1x1": torch.stack([torch.full((4, 4), v) for v in (0.1, 0.9, 0.5)])[None]}
    picture = torch.zeros(1, 3, 4, 4)
    _, alt = plots.gallery(picture, maps, {"1x1": slice(7, 10)}, name="nothing", per_branch=2)
    assert "1×1 (channels 7 to 9): 8, 9" in alt
    _, alt = plots.gallery(
        picture, maps, {"1x1": slice(7, 10)}, name="nothing", channels={"1x1": [0]}
    )
    assert alt.endswith("(channels 7 to 9): 7.")


def test_other_figures_say_what_they_show():
    _, alt = plots.responses((1, 3), {"3x3": [1.0, 0.0]}, xlabel="width")
    assert alt == "Line chart of answer against width. 3×3: 1 1.00, 3 0.00."
    _, alt = plots.stage_costs({"naive": [416, 832]}, ["3a", "3b"], "channels")
    assert alt == "Bar chart of channels for each stage. naive: 3a 416, 3b 832."
    _, alt = plots.kernel_bank({"3x3": torch.zeros(2, 3, 3)}, {"3x3": ["edge", "blob"]})
    assert "3×3: 2 kernels of 3×3 (edge, blob)" in alt
    _, alt = plots.pictures(torch.zeros(2, 1, 5, 5), ["a", "b"], what="Two squares")
    assert alt == "Two squares: a, b. Each is 5×5 pixels."


def test_the_style_ends_with_the_figure():
    before = plt.rcParams["text.color"]
    plots.responses((1, 3), {"3x3": [1.0, 0.0]}, xlabel="width")
    assert plt.rcParams["text.color"] == before


def test_curves_draw_their_values_and_name_their_points():
    lines = {"rising": ([1, 2, 3], [1.0, 10.0, 100.0])}
    fig, alt = plots.curves(lines, xlabel="r", ylabel="cost", points={"3×3": (2, 10.0)}, log=True)
    ax = fig.axes[0]
    assert ax.get_yscale() == "log"
    assert ax.lines[0].get_ydata().tolist() == [1.0, 10.0, 100.0]
    assert "3×3" in [text.get_text() for text in ax.texts]
    for part in ("cost against r", "rising: 1 at 1, 10 at 2, 100 at 3", "3×3: 10 at 2"):
        assert part in alt
    fig, _ = plots.curves(lines, xlabel="r", ylabel="cost")
    assert fig.axes[0].get_yscale() == "linear"


def test_cost_ratios_say_each_ratio():
    fig, alt = plots.cost_ratios({"3a": {"3x3": 0.58, "5x5": 0.1}, "worse": {"3x3": 10.72}})
    assert fig.axes[0].get_xscale() == "log"
    for part in ("3a: 3×3 0.58, 5×5 0.10", "worse: 3×3 10.72"):
        assert part in alt
