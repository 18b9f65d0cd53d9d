"""Figures of receptive fields and of maps stage by stage: what is drawn, and what the text says."""

import pytest
import torch

from inception_lib import plots


def test_block_sizes_has_a_bar_for_each_block():
    sizes = {"v3": {"A1": 0.26, "B1": 1.3}, "v4": {"A1": 0.32, "A2": 0.32, "C1": 4.55}}
    fig = plots.block_sizes(sizes, what="millions of parameters")
    assert [len(ax.patches) for ax in fig.figure.axes] == [2, 3]
    one, two, three = fig.figure.axes[1].patches
    assert (one.get_height(), three.get_height()) == (0.32, 4.55)
    assert one.get_facecolor() == two.get_facecolor() != three.get_facecolor()
    assert fig.alt == (
        "Bar chart of millions of parameters for each block. "
        "v3: A1 0.26, B1 1.30. v4: A1 0.32, A2 0.32, C1 4.55."
    )


@pytest.mark.parametrize("networks", [{}, {"v3": {}}])
def test_block_sizes_wants_blocks(networks):
    with pytest.raises(ValueError, match="no blocks to draw"):
        plots.block_sizes(networks, what="parameters")


def test_receptive_fields_says_what_lies_outside():
    fields = {
        "small": (3, {"middle": 5, "corner": 0}),
        "large": (21, {"middle": 5, "corner": 0}),
    }
    fig = plots.receptive_fields(fields, 11)
    assert len(fig.figure.axes) == 2
    assert [t.get_text() for t in fig.figure.axes[0].get_yticklabels()] == ["small", "large"]
    # middle: 3 of 3 and 11 of 21 pixels are inside; corner: 2 of 3 and 11 of 21 (from -10 to 10)
    assert (
        "The middle position: small 3 pixels, 0% outside; large 21 pixels, 73% outside" in fig.alt
    )
    assert (
        "The corner position: small 3 pixels, 56% outside; large 21 pixels, 73% outside" in fig.alt
    )
    whole, inside = fig.figure.axes[1].patches[:2]
    assert (whole.get_x(), whole.get_width()) == (-1, 3)
    assert (inside.get_x(), inside.get_width()) == (0, 2)
    low, high = fig.figure.axes[1].get_xlim()
    assert low < -10 and high > 11


@pytest.mark.parametrize("number", [1, 4, 9])
def test_stage_maps_shows_the_map_that_varies_most(number):
    bank = torch.zeros(1, 3, 4, 4)
    bank[0, 1] = torch.arange(16.0).view(4, 4)
    maps = {f"stage {i}": bank for i in range(number)}
    fig = plots.stage_maps(torch.rand(1, 3, 8, 8), maps, name="a thing")
    shown = [ax for ax in fig.figure.axes if ax.images]
    assert len(shown) == number + 1
    assert torch.equal(torch.as_tensor(shown[1].images[0].get_array().data), bank[0, 1])
    assert fig.alt.startswith("The photograph of a thing") and fig.alt.count("3×4×4") == number


def test_a_map_without_contrast_can_be_drawn():
    fig = plots.stage_maps(torch.rand(1, 3, 8, 8), {"flat": torch.zeros(1, 2, 4, 4)}, name="x")
    low, high = fig.figure.axes[1].images[0].get_clim()
    assert low < high
