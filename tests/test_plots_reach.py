"""Figures of sizes along a network, receptive fields, maps and histograms."""

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


def test_along_depth_marks_what_falls():
    values = {"in": 100, "a": 400, "b": 100, "c": 90}
    fig, alt = plots.along_depth(values, ylabel="numbers", level=("the input", 100))
    assert alt == (
        "Bar chart of numbers for each stage: in 100, a 400, b 100, c 90. "
        "A dashed line at 100: the input."
    )
    assert [text.get_text() for text in fig.axes[0].texts] == ["÷ 4", "the input"]


def test_fields_are_split_by_the_size_of_the_picture():
    fig, alt = plots.fields(torch.rand(1, 3, 20, 20), {"a": 5, "b": 20, "c": 21})
    assert [len(ax.patches) for ax in fig.axes] == [2, 1]
    assert alt.endswith("receptive field of each stage: a 5, b 20, c 21.")
    assert "20×20 pixels" in alt


def test_heat_says_shares_or_values():
    bank = torch.tensor([[0.0, 1.0], [0.0, 0.5]])
    fig, alt = plots.heat({"one": bank}, what="A map")
    assert alt == "A map. one: 50% not zero."
    assert not fig.axes[0].texts
    fig, alt = plots.heat({"one": bank, "zero": bank * 0}, what="Two", top=1.0, numbers=True)
    assert "one: 0.00 1.00; 0.00 0.50" in alt
    assert len(fig.axes[0].texts) == 4


def test_distributions_say_medians():
    panels = {"task": {"a": [0, 4, 0], "b": [1, 0, 5]}}
    fig, alt = plots.distributions(panels, [0, 1, 2, 3], xlabel="gap", at=("wanted", 1.25))
    assert alt == ("Histograms of gap; medians, task: a 1.5, b 2.5. A dashed line at 1.25: wanted.")
    assert fig.get_facecolor()[3] == 0
