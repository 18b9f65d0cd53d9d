"""The figure of chapter 5 says its numbers."""

from inception_lib import plots


def test_rank_shares_say_their_numbers():
    row = {"untrained": 0.75, "trained": 0.78, "change": 0.97}
    fig = plots.rank_shares({"3×3": {"plain 3a": row, "plain 3b": row}}, {"3×3": 0.749})
    (ax,) = fig.figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["plain 3a", "plain 3b"]
    assert list(ax.lines[3].get_xdata()) == [0.97, 0.97]
    assert "3×3 (random 0.75): plain 3a untrained 0.75, trained 0.78, change 0.97" in fig.alt
