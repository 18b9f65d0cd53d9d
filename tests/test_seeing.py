"""What trained networks answer to, what they lose, where they look: the numbers behind the figures."""

import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.interpret.silencing import silenced
from inception_lib.interpret.watch import preactivations
from inception_lib.training.loop import fit


@pytest.fixture(scope="module")
def model():
    return il.create_model("mini_bn", seed=0).eval()


@pytest.fixture(scope="module")
def crops():
    return il.photo_patches("test", 60, boxes=True)


def test_first_filters(model):
    filters = il.first_filters(model)
    assert torch.equal(filters, model.stages["conv1"].conv.weight)
    filters.zero_()
    assert model.stages["conv1"].conv.weight.any()  # it was a copy
    with pytest.raises(ValueError, match="no convolution"):
        il.first_filters(nn.Linear(2, 2))


def test_most_exciting_are_the_largest_by_hand(model, crops):
    images, labels, _ = crops
    index, value = il.most_exciting(
        model, "3a.5x5", images, channels=[2, 5], count=4, batch_size=17
    )
    maps = il.features(model, il.as_input(images), ["3a.5x5"])["3a.5x5"].amax((2, 3))
    for row, channel in enumerate((2, 5)):
        want = maps[:, channel].sort(descending=True)
        assert torch.allclose(value[row], want.values[:4], atol=1e-5)
        assert torch.allclose(maps[index[row], channel], want.values[:4], atol=1e-5)
    one_each, values = il.most_exciting(
        model, "3a.5x5", images, channels=[2], count=12, labels=labels
    )
    assert sorted(labels[one_each[0, :10]].tolist()) == list(range(10))
    assert one_each[0, 10:].tolist() == [-1, -1]
    assert values[0, 10:].tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"3a\.5x5 has channels 0 to 7"):
        il.most_exciting(model, "3a.5x5", images, channels=[8])
    with pytest.raises(KeyError, match=r"Did you mean '3a\.5x5'"):
        il.most_exciting(model, "3a.5x", images)


def test_a_silenced_branch_puts_out_zeros_and_then_speaks_again(model, crops):
    x = il.as_input(crops[0][:3])
    before = il.features(model, x, ["3a"])["3a"]
    with silenced(model, "3a.3x3"):
        without = il.features(model, x, ["3a"])["3a"]
    where = il.channel_slices("mini_bn", "3a")["3x3"]
    assert not without[:, where].any()
    without[:, where] = before[:, where]
    assert torch.equal(without, before)
    assert torch.equal(il.features(model, x, ["3a"])["3a"], before)


def test_silencing_counts_by_group():
    """A model that reads its answer from one branch loses everything with it, and only with it."""
    model = il.create_model("mini_reduced", seed=0).eval()
    images, labels = il.photo_patches("test", 40)
    with torch.no_grad():
        answers = model(il.as_input(images)).argmax(1)
    groups = torch.arange(40) % 2
    result = il.silencing(model, "3b", images, answers, groups, ["even", "odd"], batch_size=7)
    assert result.whole.tolist() == [1, 1]
    assert list(result.without) == ["1x1", "3x3", "5x5", "pool"]
    with silenced(model, "3b.3x3"), torch.no_grad():
        right = model(il.as_input(images)).argmax(1) == answers
    want = [right[groups == g].double().mean() for g in (0, 1)]
    assert torch.allclose(result.without["3x3"], torch.stack(want))
    assert torch.allclose(result.lost["3x3"], 1 - torch.stack(want))
    mean = il.features(model, il.as_input(images), ["3b.3x3"])["3b.3x3"].mean((0, 2, 3))
    result = il.silencing(model, "3b", images, answers, groups, fill="mean")
    with silenced(model, "3b.3x3", mean), torch.no_grad():
        right = model(il.as_input(images)).argmax(1) == answers
    want = [right[groups == g].double().mean() for g in (0, 1)]
    assert torch.allclose(result.without["3x3"], torch.stack(want))
    with pytest.raises(ValueError, match="Did you mean 'zero'"):
        il.silencing(model, "3b", images, labels, fill="zeros")
    with pytest.raises(ValueError, match="conv1 has no branches"):
        il.silencing(model, "conv1", images, labels)
    with pytest.raises(ValueError, match="2 groups and 1 names"):
        il.silencing(model, "3b", images, labels, groups, ["one"])


def test_residual_branches_can_be_silenced_too():
    model = il.create_model("mini_residual", seed=0)
    images, labels = il.photo_patches("test", 10)
    assert list(il.silencing(model, "3b", images, labels).without) == ["1x1", "3x3", "double3x3"]


def test_occlusion_is_the_fall_of_the_score(model):
    image = il.as_input(il.photo("cat", 32))
    found = il.occlusion(model, image, 3, window=16, stride=16)
    assert found.shape == (32, 32)
    covered = image.clone()
    covered[:, :, 16:, :16] = 0
    with torch.no_grad():
        fall = model(image)[0, 3] - model(covered)[0, 3]
    assert torch.allclose(found[16:, :16], fall.expand(16, 16), atol=1e-4)
    with pytest.raises(ValueError, match="stride is 9, window is 8"):
        il.occlusion(model, image, 3, window=8, stride=9)


def test_grad_cam_by_hand(model):
    image = il.as_input(il.photo("cat", 64))
    found = il.grad_cam(model, image, 4, "4b")
    assert found.shape == (64, 64)
    kept = []
    handle = model.stages["4b"].register_forward_hook(lambda m, i, out: kept.append(out))
    score = model(image)[0, 4]
    handle.remove()
    (maps,) = kept
    (gradient,) = torch.autograd.grad(score, maps)
    cam = (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu()
    want = nn.functional.interpolate(cam, (64, 64), mode="bilinear")[0, 0].detach()
    assert torch.allclose(found, want, atol=1e-5)
    assert found.min() >= 0
    with pytest.raises(KeyError, match="Did you mean '4b'"):
        il.grad_cam(model, image, 4, "4bb")


def test_modes_are_left_as_they_were():
    model = il.create_model("mini_bn", seed=0).train()
    images, labels = il.photo_patches("test", 10)
    il.most_exciting(model, "3a", images)
    il.silencing(model, "3a", images, labels)
    il.grad_cam(model, il.as_input(images[:1]), 0, "4b")
    assert model.training
    assert all(module.training for module in model.modules())


def test_watching_leaves_training_unchanged():
    data = il.photo_patches("train", 96)
    ends, quiet = [], {"epochs": 1, "batch_size": 16, "progress": False, "device": "cpu"}
    for watch in (None, il.Watch(["3a", "4b.5x5"], data[0][:20], every=2)):
        model = il.create_model("mini_bn", seed=0)
        fit(model, data, on_step=watch, **quiet)
        ends.append(model.state_dict())
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])
    assert watch.steps == [0, 2, 4, 6]
    assert watch.values["3a"].shape == (4, 3)
    assert (watch.values["3a"].diff(dim=1) > 0).all()


@pytest.mark.parametrize("channel", [None, 3])
def test_percentiles_by_hand(channel):
    model = il.create_model("mini_bn", seed=0)
    images = il.photo_patches("train", 8)[0]
    watch = il.Watch(["3a.1x1"], images, percentiles=(15, 50), channel=channel)
    watch(0, model)
    into = preactivations(model, il.as_input(images), ["3a.1x1"])["3a.1x1"]
    values = into if channel is None else into[:, channel]
    want = values.double().quantile(torch.tensor([0.15, 0.5], dtype=torch.double))
    assert torch.allclose(watch.values["3a.1x1"][0], want)
    # what goes into the ReLU, less its negative part, is what the branch puts out
    out = il.features(model.train(), il.as_input(images), ["3a.1x1"])["3a.1x1"]
    assert torch.allclose(into.relu(), out, atol=1e-6)
    with pytest.raises(ValueError, match="pool1 has no convolution"):
        preactivations(model, il.as_input(images), ["pool1"])
