"""Figures of trained networks: each is had from `plots`, and its text is made from its data."""

from dataclasses import replace

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest
import torch

import inception_lib as il
from inception_lib import plots
from inception_lib.interpret.silencing import Silencing
from inception_lib.plots.base import colour


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_history_says_where_it_began_and_ended():
    run = il.History({}, [2.0] * 60 + [1.0] * 60)
    fig, alt = il.plots.history(run)
    assert len(fig.axes) == 1
    assert alt == "Training loss over 120 steps, from 2.00 to 1.00."
    run.epochs = [{"epoch": 1, "test_accuracy": 0.5}, {"epoch": 2, "test_accuracy": 0.75}]
    fig, alt = plots.history(run)
    assert alt.endswith("Test accuracy after each epoch: 0.50, 0.75.")
    assert len(fig.axes) == 2


def test_ladder_says_mean_and_range():
    rows = {"mini_a": {"test_accuracy": [0.5, 0.7], "mean": 0.6}, "mini_b": {}}
    fig, alt = plots.ladder({"rows": rows}, {"mini_a": "A"})
    assert alt == "Test accuracy by network, mean and range of the seeds. A 0.600 (0.500 to 0.700)."
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["A"]


def test_filters_tell_colour_from_brightness():
    weights = torch.zeros(3, 3, 3, 3)
    weights[0] = 1.0  # brightness
    weights[1, 0], weights[1, 1] = 1.0, -1.0  # red against green
    fig, alt = plots.filters(weights)
    assert "3 kernels of 3×3" in alt
    assert "1 of them weigh the colours apart" in alt
    shown = [ax.images[0].get_array() for ax in fig.axes if ax.images]
    assert shown[1][0, 0].tolist() == [1.0, 0.0, 0.5]
    assert shown[2][0, 0].tolist() == [0.5, 0.5, 0.5]


def test_exciting_pictures_are_labelled():
    pictures = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    fig, alt = plots.exciting(
        {"5×5 channel 3": pictures, "1×1 channel 0": pictures[:1]},
        {"5×5 channel 3": ["cat 20", "rocket 31"], "1×1 channel 0": ["tissue 16"]},
    )
    assert "5×5 channel 3: cat 20, rocket 31; 1×1 channel 0: tissue 16" in alt
    edges = [ax.spines["left"].get_edgecolor() for ax in fig.axes[:3:2]]
    wanted = [matplotlib.colors.to_rgba(colour(b)) for b in ("5x5", "1x1")]
    assert edges == wanted


@pytest.mark.parametrize("joined", [False, True])
def test_silenced_says_points(joined):
    result = Silencing(
        "3a", ("cat", "rocket"), torch.tensor([0.9, 0.8]), {"5x5": torch.tensor([0.4, 0.9])}
    )
    fig, alt = plots.silenced(result, xlabel="photograph", joined=joined)
    assert alt == (
        "Percentage points of accuracy lost when one branch of 3a puts out zeros, by photograph. "
        "5×5: cat 50, rocket -10."
    )
    _, other = plots.silenced(replace(result, fill="mean"), xlabel="photograph")
    assert "puts out its mean, by photograph" in other
    line = fig.axes[0].lines[1]
    assert line.get_ydata() == pytest.approx([50, -10])
    assert (line.get_linestyle() == "-") == joined


def test_where_it_looks_names_the_place():
    heat = torch.zeros(9, 9)
    heat[8, 0] = 2.0
    picture = torch.rand(3, 9, 9)
    fig, alt = plots.where_it_looks([picture], {"occlusion": [heat], "CAM": [-heat]}, ["cat"])
    assert alt == (
        "Where the network looks. The map is largest at: occlusion, cat: bottom left; "
        "CAM, cat: nowhere."
    )
    assert len(fig.axes) == 3


def test_percentiles_say_first_and_last():
    model = il.create_model("mini_bn", seed=0)
    watch = il.Watch(["3a"], il.photo_patches("train", 4)[0], every=5)
    for step in (0, 5, 7):
        watch(step, model)
    fig, alt = plots.percentiles({"with BN": watch}, "3a")
    first = " / ".join(f"{v:.2f}" for v in watch.values["3a"][0])
    assert alt == (
        "Percentiles (15 / 50 / 85) of what goes into the ReLU of 3a. "
        f"with BN: from {first} to {first}."
    )
    assert fig.axes[0].lines[0].get_xdata().tolist() == [0, 5]


def test_an_unknown_figure_names_the_nearest():
    with pytest.raises(AttributeError, match="Did you mean 'ladder'"):
        plots.lader  # noqa: B018


def test_every_figure_is_transparent():
    for fig, alt in (
        il.plots.history(il.History({}, [1.0, 2.0])),
        plots.filters(torch.rand(2, 3, 3, 3)),
    ):
        assert alt
        assert fig.get_facecolor()[3] == 0
