"""What channels answer to, on kernels whose answer is known; and the permutation test over branches."""

import math

import pytest
import torch

import inception_lib as il
from inception_lib.interpret import measures as m

SIDE = 15  # of the hand-made kernels
AXIS = torch.arange(SIDE, dtype=torch.float64) - SIDE // 2
GRAY = (1.0, 1.0, 1.0)


def block(*kernels, colors=None):
    """A branch "a" with these kernels, each (15, 15) or (1, 1), with a weight for each color, then a ReLU."""
    side = len(kernels[0])
    made = il.build(il.Branches({"a": il.Conv(len(kernels), side)}), in_channels=3)
    colors = torch.tensor(colors or [GRAY] * len(kernels), dtype=torch.float64)
    with torch.no_grad():
        made["a"].conv.weight.copy_(torch.stack(kernels)[:, None] * colors[:, :, None, None])
        made["a"].conv.bias.zero_()
    return made


def gabor(half_period, angle):
    down, right = torch.meshgrid(AXIS, AXIS, indexing="ij")
    turn = math.radians(angle)
    across = right * math.cos(turn) + down * math.sin(turn)
    kernel = (math.pi * across / half_period).cos() * (-(down**2 + right**2) / 32).exp()
    return kernel - kernel.mean()


def center_surround(diameter):
    down, right = torch.meshgrid(AXIS, AXIS, indexing="ij")
    center = (down.hypot(right) <= diameter / 2).double()
    return center / center.sum() - (1 - center) / (1 - center).sum()


def test_a_gabor_answers_to_its_angle_and_its_period():
    places = [(i, k) for i in (1, 2, 3) for k in (0, 3, 6)]
    made = block(*(gabor(m.HALF_PERIODS[i], m.ANGLES[k]) for i, k in places))
    answers = m.channel_answers(made, "a")["gratings"]
    assert answers.shape == (9, len(m.HALF_PERIODS), len(m.ANGLES))
    best = answers.flatten(1).argmax(1)
    assert [divmod(int(b), len(m.ANGLES)) for b in best] == places
    found = il.channel_measures(made, "a")
    assert found["orientation"].min() > 0.5
    fine, middle, coarse = found["frequency"].reshape(3, 3).mean(1).tolist()
    assert fine > middle + 0.3 > coarse + 0.6


def test_a_round_kernel_has_no_angle():
    found = il.channel_measures(block(center_surround(5)), "a")
    assert found["orientation"].item() < 0.1


def test_a_center_with_its_surround_prefers_dots_of_its_size():
    sizes = m.DOTS[1:5]
    made = block(*map(center_surround, sizes))
    best = m.channel_answers(made, "a")["dots"].argmax(1)
    assert [m.DOTS[i] for i in best] == list(sizes)
    found = il.channel_measures(made, "a")["size"].tolist()
    assert found == sorted(found)


def test_light_and_dark_count_equally():
    kernel = center_surround(5)
    found = m.channel_answers(block(kernel, -kernel), "a")
    for family in ("dots", "arcs"):
        one, other = found[family]
        assert torch.allclose(one, other, atol=1e-6)


def test_red_minus_green_is_opponent_and_gray_is_not():
    point = torch.ones(1, 1, dtype=torch.float64)
    colors = [(1.0, -1.0, 0.0), GRAY, (1.0, 0.0, 0.0)]
    opponent, gray, red = il.channel_measures(block(point, point, point, colors=colors), "a")[
        "color"
    ]
    assert opponent > 0.9999
    assert abs(gray) < 1e-4
    assert red == pytest.approx((math.sqrt(3) - 1) / (math.sqrt(3) + 1), abs=0.02)


def test_an_arc_is_told_from_a_line():
    templates = [m.arcs(radius, [45], grid=SIDE)[0, 0].double() for radius in (3.0, 5.0, math.inf)]
    made = block(*(t - t.mean() for t in templates))
    arcs = m.channel_answers(made, "a")["arcs"]
    assert arcs.argmax(1).tolist() == [0, 1, 3]
    curvature = il.channel_measures(made, "a")["curvature"]
    assert (curvature[:2] > 0.05).all() and curvature[2] < -0.05


def test_a_channel_that_answers_to_nothing_has_no_measure():
    kernel = center_surround(5)
    for values in il.channel_measures(block(kernel, 0 * kernel), "a").values():
        assert values.isnan().tolist() == [False, True]


def test_a_model_is_left_as_it_was_and_must_see_color():
    model = il.create_model("mini_bn", seed=0)
    model.train()
    mean = model.stages["conv1"].norm.running_mean.clone()
    found = il.channel_measures(model, "3a.5x5")
    assert set(found) == set(m.MEASURES) and all(len(values) == 8 for values in found.values())
    assert all(module.training for module in model.modules())
    assert torch.equal(mean, model.stages["conv1"].norm.running_mean)
    with pytest.raises(KeyError, match=r"Did you mean '3a\.5x5'"):
        il.channel_measures(model, "3a.5x")
    with pytest.raises(ValueError, match="pictures of 1 channels; colors need 3"):
        il.channel_measures(il.create_model("mini_bn", in_channels=1), "3a")


def test_arcs_have_one_length_and_noise_one_gray():
    areas = [m.arcs(radius, [0, 22.5])[:, 0].sum((1, 2)) for radius in m.RADII]
    areas = torch.stack(areas)
    assert areas.max() / areas.min() < 1.1
    assert torch.equal(m.arcs(5, [0]), m.arcs(5, [180]).flip(3))
    assert m.arcs(5, [0])[0, 0, 16, 16] == 1
    for radius, grid in ((1, 33), (5, 32)):
        with pytest.raises(ValueError, match=f"radius is {radius} and grid is {grid}"):
            m.arcs(radius, [0], grid=grid)
    pictures = m.noise(4, 2, grid=10)
    assert pictures.shape == (2, 3, 10, 10) and pictures.abs().max() <= 1
    assert torch.equal(pictures[..., 0, 0], pictures[..., 3, 2])
    assert not torch.equal(pictures[..., 3, 3], pictures[..., 4, 4])
    assert torch.equal(pictures, m.noise(4, 2, grid=10))


# ---- the test over branches ----


def test_separated_branches():
    found = il.branch_test([1, 2, 3, 4, 5, 11, 12, 13, 14, 15], ["3x3"] * 5 + ["5x5"] * 5)
    assert found.exact and found.ways == 252 and found.p == 2 / 252
    assert found.means == pytest.approx({"3x3": 3, "5x5": 13})
    assert repr(found) == "means 3x3 3, 5x5 13; p = 0.0079 (all 252 ways)"
    many = il.branch_test([*range(20), *range(50, 70)], ["a"] * 20 + ["b"] * 20)
    assert not many.exact and many.ways == m.DRAWS and many.p == 1 / (m.DRAWS + 1)
    assert repr(many).endswith("p = 0.0001 (9,999 ways drawn)")
    three = il.branch_test(
        [*range(5), *range(50, 55), *range(90, 95)], [b for b in "abc" for _ in range(5)]
    )
    assert not three.exact and three.p < 0.001
    assert list(three.means.values()) == pytest.approx([2, 52, 92])


def test_equal_branches():
    assert il.branch_test([1, 2, 3, 3, 2, 1], list("aaabbb")).p == 1
    assert il.branch_test([0.1] * 30, ["a", "b", "c"] * 10).p == 1
    drawn = torch.rand(200, 12, generator=torch.Generator().manual_seed(0))
    shares = [il.branch_test(row, list("aaaaaabbbbbb")).p <= 0.05 for row in drawn]
    assert 0.01 < sum(shares) / len(shares) < 0.1


def test_two_branches_are_compared_as_runs_are():
    one, other = [0.3, 0.1, 0.25, 0.7], [0.4, 0.9, 0.2, 0.6, 0.8]
    found = il.branch_test([*one, *other], ["a"] * 4 + ["b"] * 5)
    assert found.p == pytest.approx(float(il.compare_runs(one, other).p))


def test_silent_channels_are_left_out():
    values, branches = [1, 2, 3, 4], list("abab")
    assert il.branch_test([*values, math.nan], [*branches, "a"]) == il.branch_test(values, branches)
    with pytest.raises(ValueError, match=r"branches with a value are \['a'\]; give at least two"):
        il.branch_test([1, math.nan], ["a", "b"])
    with pytest.raises(ValueError, match="there are 4 values and 1 branches"):
        il.branch_test(values, ["a"])
