"""The experiment on the roles of branches: four arms of one cost, what was said beforehand, the record."""

import math
from itertools import product

import pytest

import inception_lib as il
from inception_lib.experiments import branch_roles as roles
from inception_lib.interpret.measures import MEASURES


def test_all_arms_cost_the_same_and_differ_in_the_block():
    costs = {arm: il.cost(roles.network(arm)) for arm in roles.ARMS}
    macs = costs["original"].macs
    for cost in costs.values():
        assert abs(cost.macs / macs - 1) < 0.02
        assert cost["conv1"].macs == costs["original"]["conv1"].macs
        assert cost["3a"].out_shape == (40, 16, 16)
    mini = il.cost("mini_reduced")
    assert [(r.name, r.macs) for r in costs["original"].rows] == [
        (r.name, r.macs) for r in mini.rows
    ]


@pytest.mark.parametrize(
    ("arm", "three", "five"),
    [
        ("original", (8, 16, 3), (4, 8, 5)),
        ("crossed", (4, 8, 3), (8, 16, 5)),
        ("same kernels", (8, 16, 3), (4, 8, 3)),
        ("same widths", (6, 12, 3), (6, 12, 5)),
    ],
)
def test_each_arm_exchanges_what_it_says(arm, three, five):
    net = roles.network(arm)
    assert list(il.channel_slices(net, "3a")) == ["1x1", "3x3", "5x5", "pool"]
    model = il.create_model(net)
    for branch, wanted in (("3x3", three), ("5x5", five)):
        reduce, conv = model.stages["3a"][branch]
        shape = conv.conv.weight.shape
        assert (reduce.conv.out_channels, shape[0], shape[2]) == wanted


@pytest.mark.parametrize(
    ("signs", "says"),
    [
        ((1, 1, 0, 1), "kernel"),
        ((-1, -1, 1, -1), "kernel"),
        ((1, -1, 1, 0), "width"),
        ((-1, 1, -1, 0), "width"),
        ((1, 0, 0, 1), "neither"),
        ((1, 1, 1, 1), "neither"),
        ((1, 0, 1, 0), "neither"),
        ((0, 1, 1, 1), "cannot tell"),
    ],
)
def test_what_each_outcome_means(signs, says):
    assert roles.verdict(dict(zip(roles.ARMS, signs, strict=True))) == says


def test_means_by_hand():
    def part(seed):
        lines = {"3x3": f"{seed}.000 - {seed}.500", "5x5": "9.000" if seed else "-"}
        return {"trained": {branch: {"color": line} for branch, line in lines.items()}}

    record = {"parts": {f"crossed, seed {seed}": part(seed) for seed in roles.SEEDS}}
    assert math.isnan(roles.channels(record, "crossed", 1, "color", "3x3")[1])
    means = roles.branch_means(record, "crossed", "color")
    assert means == {"3x3": [0.25, 1.25, 2.25, 3.25, 4.25], "5x5": [9.0] * 4}
    few = roles.compared(record, "crossed", "color")
    assert few.runs == (5, 4) and roles.sign(few) == 0
    assert roles.sign(il.compare_runs([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])) == 1
    assert roles.sign(il.compare_runs([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])) == -1


def test_the_record_has_each_channel_and_each_measure():
    record = il.training_record("branch_roles")
    assert list(record["parts"]) == [
        f"{arm}, seed {seed}" for arm, seed in product(roles.ARMS, roles.SEEDS)
    ]
    for arm, seed, measure, state in product(roles.ARMS, roles.SEEDS, MEASURES, roles.STATES):
        for branch, where in il.channel_slices(roles.network(arm), "3a").items():
            numbers = roles.channels(record, arm, seed, measure, branch, state)
            assert len(numbers) == where.stop - where.start
    clear, verdicts = {}, set()
    for measure in MEASURES:
        found = {arm: roles.compared(record, arm, measure) for arm in roles.ARMS}
        assert {comparison.runs for comparison in found.values()} == {(5, 5)}
        signs = {arm: roles.sign(comparison) for arm, comparison in found.items()}
        clear |= {(measure, arm): found for arm, found in signs.items() if found}
        verdicts.add(roles.verdict(signs))
    assert clear == {("size", "crossed"): 1, ("size", "same widths"): 1}
    assert verdicts == {"cannot tell"}


@pytest.mark.slow
def test_first_weights_are_measured_as_the_record_has_it():
    part = il.training_record("branch_roles")["parts"]["crossed, seed 1"]["untrained"]
    found = roles.measured(il.create_model(roles.network("crossed"), seed=1))
    for branch, measure in product(part, MEASURES):
        then, now = (
            [math.nan if number == "-" else float(number) for number in line.split()]
            for line in (part[branch][measure], found[branch][measure])
        )
        assert now == pytest.approx(then, abs=0.02, nan_ok=True)
