"""Figures of the audit: dots where a test fires, and towers one below the other."""

import torch

from inception_lib import plots


def test_audit_shows_a_dot_for_each_that_fires():
    found = {"one": {"reads\nbelow 0": 3, "hidden": 0}, "two": {"hidden": 2}, "three": {}}
    fig = plots.audit(found, {"hidden": "hidden\nlinear"})
    (ax,) = fig.figure.axes
    assert [text.get_text() for text in ax.texts] == ["3", "2"]
    assert len(ax.lines) == 3  # two that fire, one that does not, three places left empty
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two", "three"]
    assert fig.alt.endswith("one: reads below 0 3; two: hidden linear 2; three: none.")


def test_stacked_gives_each_part_its_own_scale():
    tall = torch.cat([torch.rand(8, 6), torch.zeros(8, 6), 100 * torch.rand(8, 6)])
    fig = plots.stacked(torch.rand(3, 8, 6), tall, ["a", "b", "c"])
    left, right = fig.figure.axes
    assert [float(im.get_array().max()) for im in right.images] == [1, 0, 1]
    assert [im.get_extent()[3] for im in right.images] == [-0.5, 7.5, 15.5]
    assert left.get_ylim() == right.get_ylim() == (23.5, -0.5)
    assert "8×6 pixels goes in, a map of 24×6 comes out" in fig.alt
    assert fig.alt.endswith("a, b, c.")
