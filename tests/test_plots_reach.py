"""Figures of sizes along a network, receptive fields, maps and histograms."""

import torch

from inception_lib import plots


def test_along_depth_marks_what_falls():
    values = {"in": 100, "a": 400, "b": 100, "c": 90}
    fig = plots.along_depth(values, ylabel="numbers", level=("the input", 100))
    assert fig.alt == (
        "Bar chart of numbers for each stage: in 100, a 400, b 100, c 90. "
        "A dashed line at 100: the input."
    )
    assert [text.get_text() for text in fig.figure.axes[0].texts] == ["÷ 4", "the input"]


def test_fields_are_split_by_the_size_of_the_picture():
    fig = plots.fields(torch.rand(1, 3, 20, 20), {"a": 5, "b": 20, "c": 21}, name="a cat")
    assert [len(ax.patches) for ax in fig.figure.axes] == [2, 1]
    assert fig.alt.endswith("receptive field of each stage: a 5, b 20, c 21.")
    assert "A photograph of a cat, 20×20 pixels, with" in fig.alt
    fig = plots.fields(torch.rand(1, 3, 20, 20), {"a": 5}, name="a cat")
    assert [len(ax.patches) for ax in fig.figure.axes] == [1]


def test_heat_says_shares_or_values():
    bank = torch.tensor([[0.0, 1.0], [0.0, 0.5]])
    fig = plots.heat({"one": bank}, what="A map")
    assert fig.alt == "A map. one: 50% not zero."
    assert not fig.figure.axes[0].texts
    fig = plots.heat({"one": bank, "zero": bank * 0}, what="Two", top=1.0, numbers=True)
    assert "one: 0.00 1.00; 0.00 0.50" in fig.alt
    assert len(fig.figure.axes[0].texts) == 4


def test_distributions_say_medians():
    panels = {"task": {"a": [0, 4, 0], "b": [1, 0, 5]}}
    fig = plots.distributions(panels, [0, 1, 2, 3], xlabel="gap", at=("wanted", 1.25))
    assert fig.alt == (
        "Histograms of gap; medians, task: a 1.5, b 2.5. A dashed line at 1.25: wanted."
    )
    assert fig.figure.get_facecolor() == (1, 1, 1, 1)  # the card
