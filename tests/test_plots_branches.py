"""Figures of what branches look for: what is drawn is what was given, and the text says it."""

import math

import pytest
import torch

from inception_lib import plots


def test_made_and_found_shows_each_picture_beside_its_crops():
    made = torch.full((3, 8, 8), 7, dtype=torch.uint8)
    crops = torch.arange(5, dtype=torch.uint8)[:, None, None, None].expand(5, 3, 8, 8)
    rows = {"5×5 channel 3": (made, crops), "1×1 channel 0": (made, crops[:1])}
    sources = {"5×5 channel 3": ["cat", "rocket", "cat", "cat", "rocket"], "1×1 channel 0": ["cat"]}
    fig = plots.made_and_found(rows, sources)
    assert fig.alt.endswith(
        "the 5 crops that excite it most, the strongest at the top left. The crops show: "
        "5×5 channel 3: 3 cat, 2 rocket; 1×1 channel 0: 1 cat."
    )
    shown = [ax.images[0].get_array() for ax in fig.figure.axes]
    assert (shown[0] == 7).all()
    assert shown[1].shape == (20, 30, 3)  # two rows of three, the last of them blank
    assert [int(shown[1][5, 5, 0]), int(shown[1][15, 15, 0]), int(shown[1][15, 25, 0])] == [
        0,
        4,
        255,
    ]
    with pytest.raises(ValueError, match="the channels of 'sources' are"):
        plots.made_and_found(rows, {"1×1 channel 0": ["cat"]})


def test_channel_dots_has_a_dot_for_each_channel_and_p():
    values = [1.0, 2, 3, 4, 5, 11, 12, 13, 14, 15, math.nan]
    fig = plots.channel_dots({"size": values}, ["3x3"] * 5 + ["5x5"] * 6)
    assert fig.alt == (
        "A dot for each of 11 channels, a line at the mean of each branch, by measure. "
        "size: 3×3 3.00, 5×5 13.00, p = 0.0079."
    )
    (ax,) = fig.figure.axes
    assert list(ax.lines[0].get_xdata()) == values[:5]
    assert ax.get_title(loc="right") == "p = 0.0079"


def test_compared_dots_frames_what_is_clear():
    apart = {"3x3": [1, 2, 3, 4, 5], "5x5": [6, 7, 8, 9, 10]}
    mixed = {"3x3": [1, 2, 3, 4, 9], "5x5": [1, 2, 3, 4, 10]}
    fig = plots.compared_dots({"size": {"a": apart, "b": mixed}, "color": {"a": mixed, "b": mixed}})
    assert "size, a: 3×3 3.00, 5×5 8.00, clear; size, b: 3×3 3.80, 5×5 4.00, cannot tell" in fig.alt
    framed = [ax.spines["top"].get_visible() for ax in fig.figure.axes]
    assert framed == [True, False, False, False]
    assert list(fig.figure.axes[0].lines[2].get_xdata()) == apart["5x5"]
    with pytest.raises(ValueError, match="must be the same"):
        plots.compared_dots({"size": {"a": apart}, "color": {"b": apart}})


@pytest.mark.parametrize("kind", ["bytes", "floats"])
def test_looks_by_stage_has_one_scale_for_a_stage(kind):
    picture = torch.full((3, 9, 9), 51, dtype=torch.uint8)
    heat = torch.zeros(9, 9)
    heat[8, 0] = 2.0
    maps = {"3a": heat, "3a.5x5": heat / 4, "4a": heat, "4a.1x1": -heat}
    fig = plots.looks_by_stage(
        picture if kind == "bytes" else picture / 255, maps, {"occlusion": heat.T}
    )
    assert fig.alt == (
        "Where the network looks, by stage and branch. Largest at: occlusion top right; "
        "3a bottom left; 3a 5×5 bottom left; 4a bottom left; 4a 1×1 nowhere."
    )
    axes = {ax.get_title(): ax for ax in fig.figure.axes if ax.images}
    assert float(axes["picture"].images[0].get_array().max()) == pytest.approx(0.2)
    tops = [float(ax.images[1].get_array().max()) for ax in fig.figure.axes if len(ax.images) == 2]
    assert sorted(tops) == [0, 0.25, 1, 1, 1]
