"""Figures of whole networks."""

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


def test_stage_shares_says_the_shares_from_first_to_last():
    fig = plots.stage_shares(il.cost("googlenet"))
    assert "of the MACs: conv1 7.5, conv2_reduce 0.8, conv2 21.9" in fig.alt
    assert fig.alt.endswith("5b 20.6, fc 14.6.")
    assert len(fig.figure.axes) == 2
    assert all(ax.yaxis_inverted() for ax in fig.figure.axes)  # conv1 is at the top
