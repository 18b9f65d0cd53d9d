"""Figures: each comes with a text that says what it shows, made from its data."""

import io

import matplotlib.colors
import matplotlib.pyplot as plt
import pytest
import torch

import inception_lib as il
from inception_lib import plots
from inception_lib.plots.base import CARD, GRAY, INKS, look
from inception_lib.tree.walks import pretty


def luminance(color):
    channels = matplotlib.colors.to_rgb(color)
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dimmed", [1, 0.88])  # light theme, and dark: _static/book.css
@pytest.mark.parametrize("ink", [GRAY, *INKS.values()])
def test_text_of_every_color_reads_on_the_card(ink, dimmed):
    seen = [[dimmed * part for part in matplotlib.colors.to_rgb(c)] for c in (ink, CARD)]
    assert contrast(*seen) >= 4.5


def test_branch_costs_say_their_numbers():
    cost = il.cost(il.naive_block(64, 128, 32), (192, 28, 28))
    fig = plots.branch_costs(cost)
    assert len(fig.figure.axes) == 3
    assert [p.get_width() for p in fig.figure.axes[0].patches] == [12_352, 221_312, 153_632, 0]
    assert "Parameters: 1×1 12,352, 3×3 221,312, 5×5 153,632, pool 0" in fig.alt
    assert matplotlib.colors.to_hex(fig.figure.get_facecolor()) == CARD
    fig = plots.branch_costs(il.cost("googlenet"), "4a", measures=["macs"])
    assert len(fig.figure.axes) == 1
    assert "5×5" in fig.alt


def test_gallery_labels_each_map_with_its_channel():
    block = il.hand_made_block()
    cat = il.photo("cat", 48)
    maps = il.features(block, cat, at=["1x1", "3x3", "5x5", "pool"])
    slices = il.channel_slices(block)
    fig = plots.gallery(cat, maps, slices, name="a cat", names=block.channel_names)
    titles = [ax.get_title() for ax in fig.figure.axes if ax.get_title()]
    assert len(titles) == 4 * 3 + 3
    for title in titles:
        channel, _, name = title.partition(": ")
        assert block.channel_names[int(channel)] == name
        assert title in fig.alt
    assert "5×5 (channels 15 to 24)" in fig.alt


def test_gallery_shows_the_strongest_maps_unless_told():
    maps = {"1x1": torch.stack([torch.full((4, 4), v) for v in (0.1, 0.9, 0.5)])[None]}
    picture = torch.zeros(1, 3, 4, 4)
    fig = plots.gallery(picture, maps, {"1x1": slice(7, 10)}, name="nothing", per_branch=2)
    assert "1×1 (channels 7 to 9): 8, 9" in fig.alt
    fig = plots.gallery(picture, maps, {"1x1": slice(7, 10)}, name="nothing", channels={"1x1": [0]})
    assert fig.alt.endswith("(channels 7 to 9): 7.")


def test_other_figures_say_what_they_show():
    fig = plots.stage_costs({"naive": [416, 832]}, ["3a", "3b"], "channels")
    assert fig.alt == "Bar chart of channels for each stage. naive: 3a 416, 3b 832."
    fig = plots.kernel_bank({"3x3": torch.zeros(2, 3, 3)}, {"3x3": ["edge", "blob"]})
    assert "3×3: 2 kernels of 3×3 (edge, blob)" in fig.alt
    fig = plots.pictures(torch.zeros(2, 1, 5, 5), ["a", "b"], what="Two squares")
    assert fig.alt == "Two squares: a, b. Each is 5×5 pixels."
    gray = plots.pictures(torch.full((1, 1, 5, 5), 51).byte(), ["bytes"], what="Gray")
    assert gray.figure.axes[0].images[0].get_array().max() == pytest.approx(0.2)


def test_curves_draw_their_values_and_name_their_points():
    lines = {"rising": ([1, 2, 3], [1.0, 10.0, 100.0])}
    fig = plots.curves(lines, xlabel="r", ylabel="cost", points={"3×3": (2, 10.0)}, log="y")
    ax = fig.figure.axes[0]
    assert ax.get_yscale() == "log"
    assert ax.lines[0].get_ydata().tolist() == [1.0, 10.0, 100.0]
    assert "3×3" in [text.get_text() for text in ax.texts]
    for part in ("cost against r", "rising: 1 at 1, 10 at 2, 100 at 3", "3×3: 10 at 2"):
        assert part in fig.alt
    fig = plots.curves(lines, xlabel="r", ylabel="cost")
    assert fig.figure.axes[0].get_yscale() == "linear"


def test_a_column_is_the_product_that_it_shows():
    maps = torch.arange(2 * 3 * 4.0).reshape(2, 3, 4)
    matrix = torch.tensor([[1.0, 0.0], [0.5, -1.0], [0.0, 0.0]])
    mixed = torch.einsum("ri,ihw->rhw", matrix, maps)
    fig = plots.column(maps, matrix, mixed, (1, 2))
    texts = {text.get_text() for ax in fig.figure.axes for text in ax.texts}
    assert texts == {"6.0", "−15.0", "0.0"}  # of 6 and 18
    shown = [ax.images[0].get_array().tolist() for ax in fig.figure.axes if ax.images]
    assert matrix.T.tolist() in shown and [[6.0], [18.0]] in shown
    assert fig.alt == (
        "2 maps with one pixel marked; its 2 values as a column; a matrix of 2 rows and 3 columns; "
        "and 3 maps of mixtures, which at this pixel are 6.0, −15.0, 0.0."
    )


def test_cost_ratios_say_each_ratio():
    fig = plots.cost_ratios({"3a": {"3x3": 0.58, "5x5": 0.1}, "worse": {"3x3": 10.72}})
    assert fig.figure.axes[0].get_xscale() == "log"
    for part in ("3a: 3×3 0.58, 5×5 0.10", "worse: 3×3 10.72"):
        assert part in fig.alt


def test_bars_that_share_an_axis_are_turned_once():
    """Two measures: turned twice, the first branch would lie at the bottom."""
    block = il.cost(il.naive_block(64, 128, 32), (192, 28, 28))
    for measures in (("params",), ("params", "macs"), ("params", "macs", "activation_bytes")):
        fig = plots.branch_costs(block, measures=measures)
        assert all(ax.yaxis_inverted() for ax in fig.figure.axes)


def bars():
    return plots.stage_costs({"naive": [416, 832]}, ["3a", "3b"], "channels")


def test_a_figure_is_its_text_and_its_picture(tmp_path):
    before = plt.rcParams["text.color"]
    fig = bars()
    assert repr(fig) == fig.alt == "Bar chart of channels for each stage. naive: 3a 416, 3b 832."
    assert plt.get_fignums() == []  # else pyplot would show it, too
    assert plt.rcParams["text.color"] == before
    fig.save(tmp_path / "bars.png")
    for picture in (io.BytesIO(fig._repr_png_()), tmp_path / "bars.png"):
        assert matplotlib.colors.to_hex(plt.imread(picture)[0, 0]) == CARD


def test_a_figure_of_ones_own():
    drawn, ax = plt.subplots()
    ax.plot([1, 2])
    fig = plots.Figure(drawn, "A rising line.")
    assert repr(fig) == "A rising line." and fig.figure is drawn
    assert plt.get_fignums() == []
    with pytest.raises(ValueError, match="say in a sentence"):
        plots.Figure(drawn, " ")


def test_a_figure_is_not_unpacked():
    with pytest.raises(TypeError, match=r"as the last line of a cell.*shown\.alt"):
        _fig, _alt = bars()


def test_no_line_and_no_bar_is_left_out():
    names = [str(n) for n in range(20)]
    fig = plots.curves({name: ([1, 2], [1, 2]) for name in names}, xlabel="x", ylabel="y")
    assert [line.get_label() for line in fig.figure.axes[0].lines] == names
    assert all(f" {name}: 1 at 1" in fig.alt for name in names)
    fig = plots.stage_costs({name: [1] for name in names}, ["3a"], "y")
    assert len(fig.figure.axes[0].patches) == 20
    looks = {(p.get_facecolor(), p.get_hatch()) for p in fig.figure.axes[0].patches}
    assert len(looks) == len({look(i) for i in range(20)}) == 20
    ratios = {"a": {name: 1.0 for name in names}}
    assert len(plots.cost_ratios(ratios).figure.axes[0].lines) == 21
    panels = {"a": {name: [1, 2] for name in names}}
    fig = plots.distributions(panels, [0, 1, 2], xlabel="x")
    assert len(fig.figure.axes[0].get_legend_handles_labels()[1]) == 20


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: look(56), "more than 56 lines"),
        (lambda: plots.curves({}, xlabel="x", ylabel="y"), "no lines to draw"),
        (
            lambda: plots.curves(
                {"a": (["3a", "3b"], [1, 2]), "b": (["3a", "4a"], [1, 2])}, xlabel="x", ylabel="y"
            ),
            r"the x values of 'b' are \['3a', '4a'\], those of 'a'",
        ),
        (lambda: plots.stage_costs({}, ["3a"], "y"), "no networks or blocks to draw"),
        (
            lambda: plots.stage_costs({"a": [1]}, ["3a", "3b"], "y"),
            "'a' has 1 numbers for 2 stages",
        ),
        (
            lambda: plots.seed_dots({"p": {"a": [1]}, "q": {"a": [1], "b": [2]}}, xlabel="x"),
            "the arms of 'q'",
        ),
        (
            lambda: plots.receptive_fields({"1": (3, {"m": 5}), "2": (3, {"m": 5, "c": 1})}, 9),
            "positions of '2'",
        ),
    ],
)
def test_what_would_be_left_out_is_refused(draw, says):
    with pytest.raises(ValueError, match=says):
        draw()


def test_curves_of_runs_have_a_band():
    fig = plots.curves(
        {"A": ([2, 4], [[0.5, 1.0], [0.7, 0.8]]), "B": ([2], [0.1])},
        xlabel="batch size", ylabel="accuracy", log="x", ticks=[2, 4], ylim=(0.1, 1),
    )  # fmt: skip
    assert fig.alt == (
        "Line chart of accuracy against batch size, means over runs. A: 0.6 at 2, 0.9 at 4; "
        "B: 0.1 at 2."
    )
    (ax,) = fig.figure.axes
    assert ax.get_xscale() == "log" and ax.get_ylim() == (0.1, 1)
    assert list(ax.get_xticks()) == [2, 4]
    (band,) = ax.collections
    assert tuple(band.get_datalim(ax.transData).intervaly) == (0.5, 1.0)


def test_curves_over_names_say_every_value():
    lines = {"a": (["3a", "3b"], [1, 2.54]), "b": (["3a", "3b"], [100, 3])}
    fig = plots.curves(lines, xlabel="stage", ylabel="gain", log="y")
    assert fig.alt == "Line chart of gain against stage. a: 3a 1, 3b 2.5; b: 3a 100, 3b 3."
    (ax,) = fig.figure.axes
    assert ax.get_yscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["3a", "3b"]


def test_a_branch_has_one_label_in_a_block_and_in_a_stage():
    network = il.architecture("inception_v3")
    block, stage = il.cost(network["C1"], (2048, 8, 8)), il.cost(network)
    labels = []
    for cost, at in ((block, None), (stage, "C1")):
        ax = plots.branch_costs(cost, at).figure.axes[0]
        labels.append([label.get_text() for label in ax.get_yticklabels()])
    assert labels == [["1×1", "3×3_split", "double3×3_split", "pool"]] * 2


@pytest.mark.parametrize(
    ("name", "said"),
    [("3x3", "3×3"), ("4a.5x5", "5×5"), ("4e.max", "max"), ("A1.double3x3", "double3×3")],
)
def test_pretty(name, said):
    assert pretty(name) == said


def test_windows_lie_around_the_middle_of_each_grid():
    picture = torch.zeros(1, 3, 30, 30)
    fig = plots.windows(picture, {"a": (5, [(1, 3), (3, 1)]), "b": (3, [(3, 3)])}, name="a cat")
    first, second = fig.figure.axes
    boxes = [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in first.patches]
    assert boxes[0] == boxes[1] == (1, 2, 3, 1) and boxes[2] == boxes[3] == (2, 1, 1, 3)
    assert second.patches[0].get_xy() == (0, 0)
    assert "a, 5×5 positions: 1×3, 3×1. b, 3×3 positions: 3×3." in fig.alt
