"""Figures of a network that is trained further: framed by class, one scale for a channel."""

import pytest
import torch

from inception_lib import plots


def test_neighbors_of_another_class_are_dashed_and_named():
    queries = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    found = torch.zeros(2, 3, 3, 4, 4, dtype=torch.uint8)
    classes = [["cat", "dog", "cat"], ["dog", "dog", "dog"]]
    fig = plots.neighbors(queries, ["cat", "dog"], found, classes)
    assert fig.alt == (
        "Pictures and their 3 nearest neighbors, the nearest first. Of these so many have "
        "the class of the picture: cat 2, dog 3."
    )
    assert len(fig.figure.axes) == 8
    titles = [ax.get_title() for ax in fig.figure.axes]
    assert titles == ["cat", "", "dog", "", "dog", "", "", ""]
    dashed = [ax.spines["left"].get_linestyle() not in ("-", "solid") for ax in fig.figure.axes]
    assert dashed == [title == "dog" and n == 2 for n, title in enumerate(titles)]


def test_maps_before_and_after_share_a_scale_for_each_channel():
    before = torch.rand(1, 5, 8, 8, generator=torch.Generator().manual_seed(0))
    maps = {"before": before, "after": 3 * before}
    fig = plots.before_and_after(torch.zeros(1, 3, 16, 16), maps, [4, 1], name="gravel")
    assert fig.alt == (
        "A picture of gravel and its maps in channels 4, 1; rows before, after; "
        "one scale for each channel."
    )
    titles = [ax.get_title() for ax in fig.figure.axes]
    assert titles == ["", "channel 4", "channel 1", "", "", ""]
    tops = [ax.images[0].get_clim()[1] for ax in fig.figure.axes]
    assert len(fig.figure.axes) == 6
    assert tops[1] == tops[4] and tops[2] == tops[5]
    assert tops[1] == pytest.approx(3 * float(before[0, 4].quantile(0.99)), rel=1e-4)


def test_a_map_of_zeros_can_be_drawn():
    maps = {"before": torch.zeros(1, 1, 4, 4)}
    fig = plots.before_and_after(torch.zeros(1, 3, 8, 8), maps, [0], name="nothing")
    assert fig.figure.axes[1].images[0].get_clim() == (0, 1)


def test_what_a_residual_block_adds_is_red_and_blue():
    x = torch.ones(1, 3, 4, 4)
    body = torch.zeros(1, 3, 4, 4)
    body[:, :, :1] = -1.0
    body[:, 2, 2:] = 1.0
    maps = {"x": x, "adds": body, "sum": (x + body).relu()}
    fig = plots.before_and_after(torch.zeros(1, 3, 8, 8), maps, [0, 2], name="a cat")
    assert fig.alt == (
        "A picture of a cat and its maps in channels 0, 2; rows x, adds, sum; one scale for each "
        "channel. channel 0: 0% raised, 25% lowered; channel 2: 50% raised, 25% lowered."
    )
    shown = [ax for n, ax in enumerate(fig.figure.axes) if n % 3]
    names = [ax.images[0].get_cmap().name for ax in shown]
    assert names == ["magma", "magma", "RdBu_r", "RdBu_r", "magma", "magma"]
    low, high = shown[2].images[0].get_clim()
    assert low == -high  # zero is white
    assert {ax.images[0].get_clim()[1] for ax in shown[::2]} == {high}  # one scale for a channel


def test_what_is_replaced_and_what_is_changed_stand_side_by_side():
    x, y = torch.ones(5, 6, 6), torch.rand(7, 6, 6)
    change = torch.zeros(5, 6, 6)
    change[3] = -2.0
    fig = plots.replaced_and_changed([x, y], [x, change, (x + change).relu()], [(0, 1), (3, 2)])
    titles = [ax.get_title() for ax in fig.figure.axes[:6]]
    assert titles == ["concatenated: in", "out", "", "added: in", "+ change", "= out"]
    limits = [[ax.images[0].get_clim() for ax in fig.figure.axes[i : i + 3]] for i in (3, 9)]
    assert limits == [[(0, 2), (-2, 2), (0, 2)], [(0, 1), (-1, 1), (0, 1)]]
    assert [ax.get_ylabel() for ax in fig.figure.axes[::3]] == [
        f"channel {i}" for i in (0, 3, 1, 2)
    ]
    assert "Channels 0, 1 of one that concatenates" in fig.alt
