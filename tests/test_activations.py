"""What `features` keeps, and that it leaves the model as it was."""

import pytest
import torch

import inception_lib as il


@pytest.fixture(scope="module")
def model():
    return il.create_model("googlenet", num_classes=4, seed=0).eval()


def hooks(model):
    return sum(len(m._forward_hooks) for m in model.modules())


def test_branches_lie_where_channel_slices_says(model):
    x = torch.randn(1, 3, 64, 64)
    at = ["3a", "3a.1x1", "3a.3x3", "3a.5x5", "3a.pool"]
    got = il.features(model, x, at=at)
    assert list(got) == at
    for branch, where in il.channel_slices(model, "3a").items():
        assert torch.equal(got["3a"][:, where], got[f"3a.{branch}"])


def test_a_block_is_addressed_by_its_branches():
    block = il.build(il.naive_block(2, 3, 4), 5, seed=0)
    x = torch.randn(1, 5, 6, 6)
    got = il.features(block, x, at=["5x5", "pool"])
    assert torch.equal(torch.cat(list(got.values()), 1), block(x).detach()[:, 5:])
    assert il.channel_slices(block)["pool"] == slice(9, 14)


def test_nested_branches_have_addresses():
    split = [il.Conv(4), il.Branches({"1x3": il.Conv(2, (1, 3)), "3x1": il.Conv(3, (3, 1))})]
    block = il.build(il.Branches({"a": il.Conv(2), "split": split}), 3, seed=0)
    got = il.features(block, torch.randn(1, 3, 5, 5), at=["split", "split.3x1"])
    assert torch.equal(got["split"][:, 2:], got["split.3x1"])
    rows = [row.name for row in il.cost(block, (3, 5, 5)).rows]
    assert rows == ["a", "split", "split.1x3", "split.3x1"]


def test_no_hook_stays(model):
    before = hooks(model)
    il.features(model, torch.randn(1, 3, 64, 64), at=["3a"])
    assert hooks(model) == before == 0
    with pytest.raises(ValueError, match="takes"):
        il.features(model, torch.randn(1, 2, 64, 64), at=["3a", "3b"])
    assert hooks(model) == 0


def test_no_gradient_and_no_shared_memory(model):
    got = il.features(model, torch.randn(1, 3, 64, 64), at=["3a"])["3a"]
    assert not got.requires_grad
    got.zero_()  # changes nothing but the copy


def test_unknown_addresses(model):
    x = torch.randn(1, 3, 64, 64)
    with pytest.raises(KeyError, match=r"Did you mean '3a\.5x5'"):
        il.features(model, x, at=["3a.5x6"])
    with pytest.raises(TypeError, match=r"give a list of addresses, such as at=\['3a'\]"):
        il.features(model, x, at="3a")
