"""Figures of chapter 4: their texts are made from their data."""

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


def test_seeds_says_means_and_draws_the_range():
    fig, alt = plots.seeds(
        {"A": ([2, 4], [[0.5, 1.0], [0.7, 0.8]]), "B": ([2], [[0.1]])},
        xlabel="batch size", ylabel="accuracy", log=True, ticks=[2, 4],
    )  # fmt: skip
    assert alt == (
        "Line chart of accuracy against batch size, means over seeds. A: 0.6 at 2, 0.9 at 4; "
        "B: 0.1 at 2."
    )
    ax = fig.axes[0]
    assert ax.get_xscale() == "log"
    assert list(ax.get_xticks()) == [2, 4]
    low, high = ax.collections[0].get_datalim(ax.transData).intervaly
    assert (low, high) == (0.5, 1.0)


def test_drift_says_first_and_last():
    rows = [[-1, 0, 1], [-2, 0.5, 3]]
    fig, alt = plots.drift({"one": ([0, 1000], rows), "two": ([0], rows[:1])}, ylabel="the input")
    assert alt == (
        "Percentiles (15 / 50 / 85) of the input over training. "
        "one: from -1.0 / 0.0 / 1.0 to -2.0 / 0.5 / 3.0; "
        "two: from -1.0 / 0.0 / 1.0 to -1.0 / 0.0 / 1.0."
    )
    assert fig.axes[0].lines[0].get_xdata().tolist() == [0, 1]


def test_on_one_scale_says_mean_and_spread_and_shares_the_scale():
    maps = torch.stack([torch.full((4, 4), 2.0), torch.eye(4) - 0.25])
    fig, alt = plots.on_one_scale({"before": maps, "after": maps / 2}, [3, 7])
    assert "before: channel 3 2.0 ± 0.0, channel 7 0.0 ± 0.4; after: channel 3 1.0 ± 0.0" in alt
    limits = [ax.images[0].get_clim() for ax in fig.axes]
    assert limits[0] == limits[1] == (-2, 2)
    assert limits[2] == limits[3] == (-1, 1)
