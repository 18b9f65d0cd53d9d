"""Figures of whole networks."""

import pytest

import inception_lib as il
from inception_lib import plots


def test_family_says_cost_error_and_size():
    points = {"A at 224×224": (1.58, 29.0, 7.0), "B": (5.71, 21.2, 23.8)}
    fig = plots.family(points)
    discs = fig.figure.axes[0].collections[0]
    assert [tuple(place) for place in discs.get_offsets()] == [(1.58, 29.0), (5.71, 21.2)]
    small, large = discs.get_sizes()
    assert large / small == 23.8 / 7.0
    assert "A 1.6 billion MACs, 29 %, 7.0 million parameters" in fig.alt
    assert "B 5.7 billion MACs, 21.2 %" in fig.alt


def test_family_has_a_dot_for_other_weights():
    points = {"A": (1.58, 29.0, 7.0), "B": (5.71, 21.2, 23.8)}
    fig = plots.family(points, {"A": [31.3, 27.1]}, most=16)
    ax = fig.figure.axes[0]
    assert [tuple(place) for place in ax.collections[1].get_offsets()] == [
        (1.58, 31.3),
        (1.58, 27.1),
    ]
    assert ax.get_xlim() == (0, 16)
    assert "7.0 million parameters, other weights 27.1, 31.3 %; B" in fig.alt
    with pytest.raises(ValueError, match="others has 'C', of which points says nothing"):
        plots.family(points, {"C": [1.0]})


def test_stage_shares_says_the_shares_from_first_to_last():
    fig = plots.stage_shares(il.cost("googlenet"))
    assert "of the MACs: conv1 7.5, conv2_reduce 0.8, conv2 21.9" in fig.alt
    assert fig.alt.endswith("5b 20.6, fc 14.6.")
    assert len(fig.figure.axes) == 2
    assert all(ax.yaxis_inverted() for ax in fig.figure.axes)  # conv1 is at the top
