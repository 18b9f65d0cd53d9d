"""Figures of the audit: dots where a test fires, and towers joined in two ways."""

import pytest
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


def test_joined_has_three_parts_twice_and_marks_the_wrong_size():
    maps = torch.cat([torch.rand(1, 2, 8, 6), torch.zeros(1, 2, 8, 6), torch.rand(1, 2, 8, 6)])
    fig = plots.joined(torch.rand(3, 8, 6), maps, ["a", "b", "c"])
    given, says, does = fig.figure.axes
    assert [len(ax.images) for ax in (given, says, does)] == [1, 3, 3]
    assert [image.get_extent()[3] for image in does.images] == [0, 8, 16]
    assert [ax.get_title(loc="left").split("\n")[1] for ax in fig.figure.axes] == ["8×6×3", "8×6×6", "24×6×2"]  # fmt: skip
    assert "8×6×3 goes in" in fig.alt
    assert fig.alt.endswith("one below the other, 24×6×2.")


def test_joined_wants_three():
    with pytest.raises(ValueError, match="2 maps and 3 names; there are three of each"):
        plots.joined(torch.rand(3, 8, 6), torch.rand(2, 4, 8, 6), ["a", "b", "c"])
