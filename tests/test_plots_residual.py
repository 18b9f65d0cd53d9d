"""Figures of residual blocks: each is had from `plots`, and its text is made from its data."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest
import torch

from inception_lib import plots


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_residual_maps_say_how_much_is_raised_and_lowered():
    x = torch.ones(1, 3, 4, 4)
    body = torch.zeros(1, 3, 4, 4)
    body[:, :, :1] = -1.0
    body[:, 2, 2:] = 1.0
    maps = {"x": x, "adds": body, "sum": (x + body).relu()}
    fig, alt = plots.residual_maps(torch.zeros(1, 3, 8, 8), maps, [0, 2], name="a cat")
    assert alt == (
        "The photograph of a cat and maps of a residual block, rows x, adds, sum. "
        "channel 0: 0% raised, 25% lowered; channel 2: 50% raised, 25% lowered."
    )
    shown = [ax for ax in fig.axes if ax.images]
    assert len(shown) == 6
    names = [ax.images[0].get_cmap().name for ax in shown]
    assert names == ["magma", "magma", "RdBu_r", "RdBu_r", "magma", "magma"]
    low, high = shown[2].images[0].get_clim()
    assert low == -high  # zero is white
    assert {ax.images[0].get_clim()[1] for ax in shown[::2]} == {high}  # one scale for a channel


def test_seed_dots_have_a_panel_for_each_setting_and_a_dot_for_each_seed():
    panels = {
        "narrow": {"one": [0.0, 0.5], "two": [1.0, 1.0]},
        "wide": {"one": [0.2, 0.4], "two": [0.5, 0.7]},
    }
    fig, alt = plots.seed_dots(panels, xlabel="share", xlim=(0, 1), columns=2)
    assert alt == (
        "Share, mean of the seeds. narrow: one 0.25, two 1.00; wide: one 0.30, two 0.60."
    )
    assert [ax.get_title(loc="left") for ax in fig.axes] == ["narrow", "wide"]
    assert [list(line.get_xdata()) for line in fig.axes[0].lines[::2]] == [[0.0, 0.5], [1.0, 1.0]]
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["one", "two"]
