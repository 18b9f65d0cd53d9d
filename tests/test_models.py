"""Modules are what their description says; bad input is refused with a message that helps."""

import subprocess
import sys

import pytest
import torch
from torch import nn

import inception_lib as il


@pytest.fixture(scope="module")
def small():
    """GoogLeNet with 10 classes, in evaluation."""
    return il.create_model("googlenet", num_classes=10, seed=0).eval()


def test_the_signal_lives_to_the_end(small):
    x = torch.randn(1, 3, 224, 224)
    last = il.features(small, x, at=["5b"])["5b"]
    assert 0.01 < float(last.std()) < 1000


def test_keys_are_addresses(small):
    keys = set(small.state_dict())
    assert {"stages.3a.5x5.1.conv.weight", "stages.3a.1x1.conv.bias", "head.fc.weight"} <= keys


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m: il.create_model("gogglenet"), KeyError, "Did you mean 'googlenet'"),
        (lambda m: il.create_model("googlenet", classes=3), TypeError, "classes"),
        (lambda m: il.create_model("googlenet", dropout=2), ValueError, "dropout is 2"),
        (lambda m: il.create_model("naive_googlenet", aux=True), ValueError, "has no auxiliary"),
        (lambda m: m(torch.zeros(1, 4, 64, 64)), ValueError, "takes (N, 3, H, W)"),
        (lambda m: m(torch.zeros(3, 64, 64)), ValueError, "this input is (3, 64, 64)"),
        (lambda m: m(torch.zeros(1, 3, 30, 64)), ValueError, "smallest square input is 31×31"),
        (lambda m: m.forward_with_aux(torch.zeros(1, 3, 64, 64)), ValueError, "aux=True"),
        (lambda m: il.build("3x3", 3), TypeError, "not a part of a network"),
        (lambda m: il.build(il.Residual(il.Conv(5)), 4), ValueError, "a sum needs both equal"),
        (lambda m: il.build(il.naive_block(1, 2, 3, out=10), 3), ValueError, "branches give 9 channels (1 + 2 + 3 + 3), the table says 10"),
        (lambda m: il.cross_check(nn.Conv2d(3, 3, 1), (3, 8, 8)), TypeError, "no description"),
    ],
)  # fmt: skip
def test_bad_input(small, call, error, says):
    with pytest.raises(error) as raised:
        call(small)
    assert says in str(raised.value)


def test_grids_that_differ_are_named_when_they_meet():
    """Convolution with padding and pooling in ceil mode fit on even grids only."""
    block = il.build(
        il.Branches({"conv": il.Conv(4, 3, 2), "pool": il.MaxPool(3, 2, "valid", ceil_mode=True)}),
        3,
    )
    assert block(torch.zeros(1, 3, 8, 8)).shape == (1, 7, 4, 4)
    with pytest.raises(ValueError, match=r"conv 5×5, pool 4×4\) for an input of 9×9"):
        block(torch.zeros(1, 3, 9, 9))


def test_by_hand_and_as_data_are_the_same_function():
    block = il.build(il.reduced_block(4, 3, 6, 2, 5, 3), 8, seed=0)
    x = torch.randn(2, 8, 9, 9)
    conv = nn.functional.conv2d

    def layer(unit, x, padding=0):
        return conv(x, unit.conv.weight, unit.conv.bias, padding=padding).relu()

    parts = [
        layer(block["1x1"], x),
        layer(block["3x3"][1], layer(block["3x3"][0], x), 1),
        layer(block["5x5"][1], layer(block["5x5"][0], x), 2),
        layer(block["pool"][1], nn.functional.max_pool2d(x, 3, 1, 1)),
    ]
    assert torch.equal(block(x), torch.cat(parts, 1))


def test_a_residual_adds_its_scaled_body():
    block = il.build(il.Residual(il.Conv(4, 3, act="none"), scale=0.1), 4, seed=0)
    x = torch.randn(1, 4, 6, 6)
    assert torch.equal(block(x), (x + 0.1 * block.body(x)).relu())


def test_in_training_a_relu_overwrites_what_nobody_looks_at(monkeypatch):
    """To the same bits. A hook sees what it would see otherwise, and in evaluation nothing is overwritten."""
    block, x = (
        il.Branches({"a": il.Conv(4), "b": [il.Conv(3), il.Conv(5, 3)]}),
        torch.randn(2, 3, 9, 9),
    )
    calls, relu_ = [], torch.relu_
    monkeypatch.setattr(torch, "relu_", lambda x: calls.append(x.shape) or relu_(x))

    def gradients(watched, defaults):
        model, seen = il.build(block, 3, defaults=defaults, seed=0), []
        for layer in model.modules() if watched else ():
            if isinstance(layer, nn.ReLU):
                layer.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        calls.clear()
        out = model.train()(x)
        out.square().sum().backward()
        assert len(calls) == (0 if watched else 3)
        assert len(seen) == (3 if watched else 0) and all(bool((s < 0).any()) for s in seen)
        model.eval()(x)
        assert len(calls) == (0 if watched else 3)
        return [out, *(p.grad for p in model.parameters())]

    for defaults in (il.PLAIN, il.BATCH_NORM):
        for one, two in zip(gradients(True, defaults), gradients(False, defaults), strict=True):
            assert torch.equal(one, two)
    kinds = []  # a hook on every module there is sees each ReLU, too
    hook = nn.modules.module.register_module_forward_hook(lambda m, *_: kinds.append(type(m)))
    try:
        il.build(block, 3, seed=0).train()(x)
    finally:
        hook.remove()
    assert kinds.count(nn.ReLU) == 3


def test_batch_normalization_has_the_papers_epsilon():
    model = il.create_model("googlenet_bn", num_classes=2)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == 57
    assert {norm.eps for norm in norms} == {1e-3}
    assert all(m.bias is None for m in model.modules() if isinstance(m, nn.Conv2d))


def test_cross_check_is_quiet():
    code = (
        "import inception_lib as il; m = il.build(il.naive_block(2, 2, 2), 3);"
        "il.cross_check(m, (3, 8, 8))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


@pytest.mark.parametrize(
    ("fault", "says"), [(ImportError("not here"), "not here"), (RuntimeError("no jit"), "no jit")]
)
def test_cross_check_goes_on_without_fvcore(monkeypatch, fault, says):
    def broken(*_):
        raise fault

    monkeypatch.setattr("inception_lib.nn.crosscheck._fvcore", broken)
    check = il.cross_check(il.build(il.naive_block(2, 2, 2), 3), (3, 8, 8))
    assert check.agree and list(check.counts) == ["inception_lib", "torchinfo", "torch"]
    assert says in check.lacks["fvcore"] and says in str(check)


def test_cross_check_takes_a_block_without_parameters():
    assert il.cross_check(il.build([il.MaxPool(3)], 3), (3, 8, 8)).counts["torch"] == (0, 0)


def test_cross_check_can_disagree():
    model = il.build(il.naive_block(2, 2, 2), 3)
    model.spec = il.naive_block(2, 2, 3)
    assert not il.cross_check(model, (3, 8, 8)).agree


def test_device_is_one_of_torch():
    assert il.device().type in {"cuda", "mps", "cpu"}


def test_seed_everything():
    il.seed_everything(3)
    first = torch.rand(2)
    il.seed_everything(3)
    assert torch.equal(first, torch.rand(2))


def test_hand_made_kernels():
    assert il.blob_kernel(5).sum().abs() < 1e-6
    assert il.edge_kernel(3, 0).tolist() == [[pytest.approx(-1 / 3), 0, pytest.approx(1 / 3)]] * 3
    for angle in (0, 45, 90, 135):
        assert torch.allclose(il.edge_kernel(5, angle), -il.edge_kernel(5, angle + 180))
    block = il.hand_made_block()
    assert (
        block(torch.zeros(1, 3, 9, 9)).shape == (1, 28, 9, 9) == (1, len(block.channel_names), 9, 9)
    )
    with torch.no_grad():  # a flat picture has no edges and no blobs
        flat = block(torch.full((1, 3, 15, 15), 0.5))[:, 5:25, 2:-2, 2:-2]
    assert flat.abs().max() < 1e-6
