"""Figures of trained networks: each is had from `plots`, and its text is made from its data."""

from dataclasses import replace

import pytest
import torch
from matplotlib.colors import to_rgba

import inception_lib as il
from inception_lib import plots
from inception_lib.interpret.silencing import Silencing
from inception_lib.plots.base import color


def test_history_says_where_it_began_and_ended():
    run = il.History({}, [2.0] * 60 + [1.0] * 60)
    fig = il.plots.history(run)
    assert len(fig.figure.axes) == 1
    assert fig.alt == "Training loss over 120 steps, from 2.00 to 1.00."
    run.epochs = [{"epoch": 1, "test_accuracy": 0.5}, {"epoch": 2, "test_accuracy": 0.75}]
    fig = plots.history(run)
    assert fig.alt.endswith("Test accuracy after each epoch: 0.50, 0.75.")
    assert len(fig.figure.axes) == 2


def test_filters_tell_color_from_brightness():
    weights = torch.zeros(3, 3, 3, 3)
    weights[0] = 1.0  # brightness
    weights[1, 0], weights[1, 1] = 1.0, -1.0  # red against green
    fig = plots.filters(weights)
    assert "3 kernels of 3×3" in fig.alt
    assert "1 of them weigh the colors apart" in fig.alt
    shown = [ax.images[0].get_array() for ax in fig.figure.axes if ax.images]
    assert shown[1][0, 0].tolist() == [1.0, 0.0, 0.5]
    assert shown[2][0, 0].tolist() == [0.5, 0.5, 0.5]


def test_exciting_pictures_are_labelled():
    pictures = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    fig = plots.exciting(
        {"5×5 channel 3": pictures, "1×1 channel 0": pictures[:1]},
        {"5×5 channel 3": ["cat 20", "rocket 31"], "1×1 channel 0": ["tissue 16"]},
    )
    assert "5×5 channel 3: cat 20, rocket 31; 1×1 channel 0: tissue 16" in fig.alt
    edges = [ax.spines["left"].get_edgecolor() for ax in fig.figure.axes[:3:2]]
    wanted = [to_rgba(color(b)) for b in ("5x5", "1x1")]
    assert edges == wanted


@pytest.mark.parametrize("joined", [False, True])
def test_silenced_says_points(joined):
    result = Silencing(
        "3a", ("cat", "rocket"), torch.tensor([0.9, 0.8]), {"5x5": torch.tensor([0.4, 0.9])}
    )
    fig = plots.silenced(result, xlabel="photograph", joined=joined)
    assert fig.alt == (
        "Percentage points of accuracy lost when one branch of 3a outputs zeros, by photograph. "
        "5×5: cat 50, rocket -10."
    )
    other = plots.silenced(replace(result, fill="mean"), xlabel="photograph")
    assert "outputs its mean, by photograph" in other.alt
    line = fig.figure.axes[0].lines[1]
    assert line.get_ydata() == pytest.approx([50, -10])
    assert (line.get_linestyle() == "-") == joined


def test_where_it_looks_names_the_place():
    heat = torch.zeros(9, 9)
    heat[8, 0] = 2.0
    picture = torch.rand(3, 9, 9)
    fig = plots.where_it_looks([picture], {"occlusion": [heat], "CAM": [-heat]}, ["cat"])
    assert fig.alt == (
        "Where the network looks. The map is largest at: occlusion, cat: bottom left; "
        "CAM, cat: nowhere."
    )
    assert len(fig.figure.axes) == 3
    picture = torch.full((3, 9, 9), 51, dtype=torch.uint8)
    fig = plots.where_it_looks([picture], {"occlusion": [heat]}, ["cat"])
    assert fig.figure.axes[1].images[0].get_array().max() == pytest.approx(0.2)


def test_an_unknown_figure_names_the_nearest():
    with pytest.raises(AttributeError, match="Did you mean 'silenced'"):
        plots.silence  # noqa: B018


def test_every_figure_is_on_the_card():
    for fig in (
        il.plots.history(il.History({}, [1.0, 2.0])),
        plots.filters(torch.rand(2, 3, 3, 3)),
    ):
        assert fig.alt
        assert fig.figure.get_facecolor() == (1, 1, 1, 1)


def test_seed_dots_have_a_panel_for_each_setting_and_a_dot_for_each_run():
    panels = {
        "narrow": {"one": [0.0, 0.5], "two": [1.0, 1.0]},
        "wide": {"one": [0.2, 0.4], "two": [0.5, 0.7]},
        "wider": {"one": [0.2], "two": [0.5]},
    }
    fig = plots.seed_dots(panels, xlabel="share", xlim=(0, 1), columns=2)
    assert fig.alt.startswith(
        "Share, mean and range of the runs. "
        "narrow: one 0.250 (0.000 to 0.500), two 1.000 (1.000 to 1.000); wide: one 0.300 ("
    )
    axes = fig.figure.axes
    assert [ax.get_title(loc="left") for ax in axes] == [*panels, ""]
    assert [list(line.get_xdata()) for line in axes[0].lines[::2]] == [[0.0, 0.5], [1.0, 1.0]]
    fig = plots.seed_dots(panels, xlabel="share", columns=1)
    assert [text.get_text() for text in fig.figure.axes[1].texts] == ["0.300", "0.600"]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["one", "two"]


def test_seed_dots_of_one_panel_need_no_title():
    fig = plots.seed_dots({"": {str(n): [n] for n in range(20)}}, xlabel="share")
    assert fig.alt.startswith("Share, mean and range of the runs. 0 0.000 (0.000 to 0.000), 1 1.0")
    assert len(fig.figure.axes) == 1


def test_percentiles_say_first_and_last():
    rows = [[-1, -0.01, 1], [-2, 0.5, 3]]
    fig = plots.percentiles({"one": ([0, 50], rows), "two": ([0], rows[:1])}, ylabel="the input")
    assert fig.alt == (
        "Percentiles (15 / 50 / 85) of the input over training. "
        "one: from -1.0 / 0.0 / 1.0 to -2.0 / 0.5 / 3.0; "
        "two: from -1.0 / 0.0 / 1.0 to -1.0 / 0.0 / 1.0."
    )
    model = il.create_model("mini_bn", seed=0)
    watch = il.Watch(["3a"], il.photo_patches("train", 4)[0], every=5)
    for step in (0, 5, 7):
        watch(step, model)
    fig = plots.percentiles({"with BN": (watch.steps, watch.values["3a"])}, ylabel="x")
    line = fig.figure.axes[0].lines[0]
    assert list(line.get_xdata()) == [0, 5]
    assert list(line.get_ydata()) == watch.values["3a"][:, 0].tolist()
