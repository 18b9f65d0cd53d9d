"""Figures of normalization: spreads, what shares a mean, and the walk of two weights."""

import pytest
import torch

from inception_lib import plots


def test_spreads_say_the_standard_deviation_and_keep_what_lies_beyond():
    values = torch.tensor([-100.0, 100.0, 0.0, 0.0])
    fig = plots.spreads({"plain": {"layer 1": values}, "other": {"layer 1": values / 100}})
    assert fig.alt.endswith("Standard deviations, plain: layer 1 70.71; other: layer 1 0.71.")
    plain, other = fig.figure.axes
    heights = [patch.get_data().values for patch in plain.patches]
    assert heights[0][0] == heights[0][-1] == 0.25
    assert plain.get_ylim() == other.get_ylim()
    with pytest.raises(ValueError, match="layers"):
        plots.spreads({"a": {"1": values}, "b": {"2": values}})


def test_averaged_frames_what_shares_a_mean():
    images = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    maps = torch.tensor([1.0, 5.0, 3.0, 7.0]).view(2, 2, 1, 1).expand(2, 2, 4, 4)
    marked = torch.tensor([[True, False], [True, False]])
    fig = plots.averaged(images, maps, marked, title="one channel")
    assert fig.alt == (
        "2 pictures and 2 maps of each, on one scale; 2 maps are framed. one channel: 2.0 ± 1.0."
    )
    wide = [ax.spines["left"].get_linewidth() for ax in fig.figure.axes]
    assert wide == [1, 4, 0.8, 1, 4, 0.8]
    limits = {
        ax.images[0].get_clim() for ax in fig.figure.axes if ax.images[0].cmap.name == "RdBu_r"
    }
    assert limits == {(-7, 7)}


def test_walks_say_how_long_the_weights_get():
    fig = plots.walks({"slow": [[1, 0], [1, 1]], "fast": [[1, 0], [1, 3], [1, 4]]}, toward=(0, 2))
    assert "slow: length 1.0, after 1 steps 1.4; fast: length 1.0, after 2 steps 4.1" in fig.alt
    assert [len(ax.texts) for ax in fig.figure.axes] == [1, 2]
    for ax in fig.figure.axes:
        assert ax.get_xlim() == (-1.3, 1.3) and ax.get_ylim() == (-1.3, 4.3)
        assert ax.lines[1].get_xydata()[1].tolist() == pytest.approx([0, 17**0.5])
