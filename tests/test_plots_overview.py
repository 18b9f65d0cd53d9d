"""Figures of the family."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from inception_lib import plots


def test_family_says_cost_error_and_size():
    points = {"A at 224×224": (1.58, 29.0, 7.0), "B": (5.71, 21.2, 23.8)}
    fig, alt = plots.family(points)
    discs = fig.axes[0].collections[0]
    assert [tuple(place) for place in discs.get_offsets()] == [(1.58, 29.0), (5.71, 21.2)]
    small, large = discs.get_sizes()
    assert large / small == 23.8 / 7.0
    assert "A 1.6 billion MACs, 29 %, 7.0 million parameters" in alt
    assert "B 5.7 billion MACs, 21.2 %" in alt
    plt.close(fig)
