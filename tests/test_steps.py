"""The blocks, step by step: every number exact, every sentence true of its numbers."""

import itertools
import re

import pytest

import inception_lib as il
from inception_lib.drawing.steps import INPUT, SQUARE, WHERE

STEPS = il.steps().steps
CELLS = 17 * 17


def test_the_input_is_that_of_a_real_stage():
    rows = il.cost("inception_v4").stages
    assert {row.in_shape for row in rows if row.name.startswith("B")} == {INPUT}
    assert "17×17" in WHERE and "Inception-v4" in WHERE
    assert sum(row.name.startswith("B") for row in rows) == 7  # "all seven blocks"


def test_two_steps_are_the_papers_blocks():
    v4 = dict(il.architecture("inception_v4").stages)["B1"]
    v2 = dict(il.architecture("inception_resnet_v2").stages)["B1"]
    assert STEPS[4].block == v4
    assert STEPS[5].block.body.layers[0] == v2.body.layers[0]  # its width is another: 1088


def test_the_first_two_by_hand():
    """With biases; each kernel's weights once for the parameters, at 17×17 places for the MACs."""
    naive = 1024 * 384 + 9 * 1024 * 256 + 25 * 1024 * 256
    reduced = 1024 * (384 + 192 + 192 + 128) + 9 * 192 * 256 + 25 * 192 * 256
    for step, weights, out in ((STEPS[0], naive, 384 + 512), (STEPS[1], reduced, 1024 + 384)):
        assert step.cost.macs == weights * CELLS
        assert step.cost.params == weights + out
    assert STEPS[0].cost.activation_bytes == 4 * CELLS * (384 + 256 + 256 + 1024)
    assert STEPS[0].cost.out_shape == (1920, 17, 17)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_step_is_counted_as_the_package_counts(step):
    count = il.cost(step.block, INPUT, defaults=step.defaults)
    assert step.numbers == {
        "parameters": count.params,
        "MACs": count.macs,
        "activation bytes": count.activation_bytes,
    }
    shown = [*map("{:,}".format, step.numbers.values()), f"{count.out_shape[0]:,} channels out"]
    index = STEPS.index(step)
    assert all(text in il.steps().changes(index) for text in shown)
    assert il.steps().table().cells[index][1:4] == shown[:3]


def test_a_change_is_against_the_step_before():
    found = il.steps()
    assert "(" not in found.changes(0)
    for index, (old, new) in enumerate(itertools.pairwise(STEPS), 1):
        said = re.findall(r"\(([+−±])(\d+)%\)", found.changes(index))
        assert len(said) == 3
        for (sign, percent), name in zip(said, new.numbers, strict=True):
            change = 100 * (new.numbers[name] / old.numbers[name] - 1)
            assert abs({"+": 1, "−": -1, "±": 0}[sign] * int(percent) - change) <= 0.5


def test_what_is_said_is_so():
    naive, reduced, twice, long, v4, residual = STEPS
    assert {step.cost.out_shape for step in STEPS[1:]} == {INPUT}  # "as many channels out as in"
    assert "all 1,024 channels on, so 1,920 come out" in naive.costs
    depth = [len(step.cost.layers) for step in STEPS]
    convs = [sum(row.params > 0 for row in step.cost.layers) for step in STEPS]
    assert convs[1] - convs[0] == 3 and depth[2] - depth[1] == 1 and depth[3] - depth[2] == 3
    assert reduced.cost.macs < naive.cost.macs / 3
    assert reduced.field == twice.field == (5, 5)  # "the same window"
    assert long.field == v4.field == (13, 13) and residual.field == (7, 7)
    for new, old, sign in ((long, twice, 1), (v4, long, 1), (residual, v4, -1)):
        assert all(sign * (new.numbers[name] - old.numbers[name]) > 0 for name in new.numbers)
    # two 3×3 of equal width need 18/25 of a 5×5; here the saving is smaller
    five, double = reduced.cost["5x5.1"], twice.cost["double3x3"]
    assert 18 / 25 < (double.macs - 1024 * 192 * CELLS) / five.macs < 1


def test_square_kernels_with_the_same_windows():
    long = STEPS[3]
    square = il.cost(SQUARE, INPUT, defaults=il.BATCH_NORM)
    pairs = zip(square.branches(), long.cost.branches(), strict=True)
    for one, other in pairs:
        assert one.receptive_field == other.receptive_field
        assert one.out_shape == other.out_shape
    assert f"need {square.macs / long.cost.macs:.1f} times the MACs" in long.buys


def test_measured_is_what_the_record_says():
    rows = il.training_record("ladder")["rows"]
    for step in STEPS:
        if not step.mini:
            assert step.measured == "None of the small networks in this book has it."
            continue
        row = rows[step.mini]
        low, high = min(row["test_accuracy"]), max(row["test_accuracy"])
        numbers = re.findall(r"\d\d\.\d", step.measured)
        assert numbers == [f"{100 * value:.1f}" for value in (row["mean"], low, high)]
    macs = [rows[step.mini]["macs"] for step in STEPS if step.mini]
    assert max(macs) < 1.05 * min(macs)  # "of like cost"
    means = [rows[step.mini]["mean"] for step in STEPS if step.mini]
    assert f"differ by {100 * (max(means) - min(means)):.1f} points" in il.steps().about()


def test_as_text_and_as_a_figure():
    found = il.steps({1: "a.html#x&y"})
    text, html = str(found), found._repr_html_()
    for index, step in enumerate(STEPS, 1):
        for says in (step.changed, step.costs, step.buys, step.measured):
            assert says in text and says in html
        assert f"{index}. {step.name} (chapter {step.chapter})" in text
        assert f"<summary>{index}. {step.name}</summary>" in html
    assert html.count("<details") == html.count("<svg") == len(STEPS)
    assert html.count("<details open>") == 1
    assert '<a href="a.html#x&amp;y">chapter 1</a>' in html and html.count("<a ") == 1
    assert "2 × MACs" in html
    assert html == il.steps({1: "a.html#x&y"})._repr_html_()
    assert " id=" not in html  # a page may hold two
