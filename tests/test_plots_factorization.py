"""The figures of chapter 5 say what they show, and draw it."""

import pytest

from inception_lib import plots


def marked(ax) -> int:
    """Cells of a grid that are filled."""
    return sum(patch.get_facecolor()[:3] != (1, 1, 1) for patch in ax.patches if patch.get_fill())


def test_a_chain_counts_the_ways_of_a_pixel():
    fig = plots.chain([(3, 3), (3, 3)])
    assert [marked(ax) for ax in fig.figure.axes] == [25, 9, 1]
    counts = [int(text.get_text()) for text in fig.figure.axes[0].texts]
    assert counts == [a * b for a in (1, 2, 3, 2, 1) for b in (1, 2, 3, 2, 1)]
    assert fig.alt == (
        "One output of a 3×3, then a 3×3 reads 5 by 5 pixels with 18 weights; "
        "each pixel has up to 9 ways to the output."
    )
    long = plots.chain([(1, 5), (5, 1)])
    assert [marked(ax) for ax in long.figure.axes] == [25, 5, 1]
    assert "5 by 5 pixels with 10 weights; each pixel has one way to the output" in long.alt
    one = plots.chain([(5, 5)])
    assert one.figure.get_size_inches().tolist() == fig.figure.get_size_inches().tolist()


def test_a_chain_refuses_what_has_no_middle():
    for chain in ([], [(2, 2)], [(3, 3)] * 3):
        with pytest.raises(ValueError, match="one or two, each of odd size"):
            plots.chain(chain)


def test_volumes_mark_what_holds_too_little():
    fig = plots.volumes(
        {
            "narrow": [("", (8,), 10), ("pooling", (8,), 5), ("1×1", (16,), 5)],
            "beside": [("", (8,), 10), ("both", (8, 8), 5)],
        }
    )
    narrow, beside = fig.figure.axes
    assert [patch.get_linewidth() for patch in narrow.patches[:3]] == [1, 2.5, 1]
    assert {patch.get_linewidth() for patch in beside.patches if patch.get_fill()} == {1}
    assert "narrow: 8 channels on 10×10, 800 numbers; then 8 channels on 5×5, 200" in fig.alt
