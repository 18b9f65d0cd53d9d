"""Figures of a network that is trained further: framed by class, one scale for a channel."""

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


def test_neighbours_of_another_class_are_dashed_and_named():
    queries = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    found = torch.zeros(2, 3, 3, 4, 4, dtype=torch.uint8)
    classes = [["cat", "dog", "cat"], ["dog", "dog", "dog"]]
    fig, alt = plots.neighbours(queries, ["cat", "dog"], found, classes)
    assert alt == (
        "Pictures and their 3 nearest neighbours, the nearest first, by class. "
        "cat: cat, dog, cat; dog: dog, dog, dog."
    )
    assert len(fig.axes) == 8
    titles = [ax.get_title() for ax in fig.axes]
    assert titles == ["cat", "", "dog", "", "dog", "", "", ""]
    dashed = [ax.spines["left"].get_linestyle() not in ("-", "solid") for ax in fig.axes]
    assert dashed == [title == "dog" and n == 2 for n, title in enumerate(titles)]


def test_maps_before_and_after_share_a_scale_for_each_channel():
    before = torch.rand(1, 5, 8, 8, generator=torch.Generator().manual_seed(0))
    maps = {"before": before, "after": 3 * before}
    fig, alt = plots.before_and_after(torch.zeros(1, 3, 16, 16), maps, [4, 1], name="gravel")
    assert alt == (
        "A picture of gravel and its maps in channels 4, 1, before and after: "
        "a row each, one scale for each channel."
    )
    titles = [ax.get_title() for ax in fig.axes]
    assert titles == ["", "channel 4", "channel 1", "", "", ""]
    tops = [ax.images[0].get_clim()[1] for ax in fig.axes]
    assert len(fig.axes) == 6
    assert tops[1] == tops[4] and tops[2] == tops[5]
    assert tops[1] == pytest.approx(3 * float(before[0, 4].quantile(0.99)), rel=1e-4)


def test_a_map_of_zeros_can_be_drawn():
    maps = {"before": torch.zeros(1, 1, 4, 4)}
    fig, _ = plots.before_and_after(torch.zeros(1, 3, 8, 8), maps, [0], name="nothing")
    assert fig.axes[1].images[0].get_clim() == (0, 1)
