"""Figures of chapter 3: each is had from `plots`, and its text is made from its data."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest
import torch

import inception_lib as il
from inception_lib import plots


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_stage_shares_says_the_shares_from_first_to_last():
    fig, alt = plots.stage_shares(il.cost("googlenet"))
    assert "of the MACs: conv1 7.5, conv2_reduce 0.8, conv2 21.9" in alt
    assert alt.endswith("5b 20.6, fc 14.6.")
    assert len(fig.axes) == 2
    assert all(ax.yaxis_inverted() for ax in fig.axes)  # conv1 is at the top


def test_bars_that_share_an_axis_are_turned_once():
    """Two measures: turned twice, the first branch would lie at the bottom."""
    block = il.cost(il.naive_block(64, 128, 32), (192, 28, 28))
    for measures in (("params",), ("params", "macs"), ("params", "macs", "activation_bytes")):
        fig, _ = plots.branch_costs(block, measures=measures)
        assert all(ax.yaxis_inverted() for ax in fig.axes)


def test_by_stage_says_every_value():
    fig, alt = plots.by_stage({"a": [1, 2.5], "b": [100, 3]}, ["3a", "3b"], ylabel="gain", log=True)
    assert alt == "Line chart of gain by stage. a: 3a 1, 3b 2.5; b: 3a 1e+02, 3b 3."
    assert fig.axes[0].get_yscale() == "log"
    assert len(fig.axes[0].lines) == 2
    _, alt = plots.by_stage({"a": [1]}, ["16"], ylabel="gain", xlabel="crops")
    assert alt == "Line chart of gain by crops. a: 16 1."


def test_seen_by_one_frames_each_field():
    fields = {"conv1": 7, "3a": 59, "4b": 235, "5b": 715}
    fig, alt = plots.seen_by_one(torch.zeros(1, 3, 224, 224), fields, name="nothing")
    assert alt == (
        "A picture of nothing, 224 pixels wide, with a frame around what one value in the middle of "
        "a stage can see, in pixels: conv1 7, 3a 59, 4b 235, 5b 715."
    )
    frames = [ax.patches[0] for ax in fig.axes if ax.patches]
    assert [frame.get_width() for frame in frames] == list(fields.values())
    assert all(f.get_x() + f.get_width() / 2 == 112 for f in frames)
