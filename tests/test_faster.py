"""Rewritten models compute the same function: each rewriting alone, all together, and what is refused."""

import copy

import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.nn.layers import MergedConcat
from inception_lib.nn.rewriting import REWRITINGS
from inception_lib.spec import Conv
from tests.networks import covered

NAMES = il.list_models()


def shaken(model: nn.Module, seed: int) -> nn.Module:
    """The model in evaluation with other statistics, scales of both signs and zero, and biases."""
    draw = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3, generator=draw)
            module.running_var.uniform_(0.3, 2, generator=draw)
            module.weight.data.normal_(0.5, 0.7, generator=draw)[0] = 0
        own = getattr(module, "bias", None)
        if own is not None:
            own.data.normal_(0, 0.2, generator=draw)
    return model.eval()


@torch.no_grad()
def apart(model: nn.Module, other: nn.Module, x: torch.Tensor) -> float:
    """The largest difference of their outputs, as a share of the largest output."""
    want, got = model(x), other(x)
    assert want.shape == got.shape and float(want.abs().max()) > 0
    return float((want - got).abs().max() / want.abs().max())


def convolutions(what: object) -> int:
    """As the count has them; with those of the model itself, if it is one."""
    size = None if isinstance(getattr(what, "spec", what), il.Network) else (24, 20, 20)
    found = sum(row.op.startswith("conv") for row in il.cost(what, size).layers)
    if isinstance(what, nn.Module):
        assert found == sum(isinstance(m, nn.Conv2d) for m in what.modules())
    return found


def picture(side: int, odd: int = 0, channels: int = 3) -> torch.Tensor:
    draw = torch.Generator().manual_seed(side)
    return torch.randn(2, channels, side, side + odd, generator=draw)


# Whole networks -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", covered(NAMES))
def test_the_same_outputs(name):
    for seed in (0, 1):
        model = shaken(il.create_model(name, num_classes=10, width=0.1, seed=seed), seed)
        x = picture(model.min_input_size + 16 * seed, 1 + 4 * seed)
        assert apart(model, il.faster(model), x) <= 1e-5
        model.double()
        assert apart(model, il.faster(model), x.double()) <= 1e-12


@pytest.mark.parametrize("name", covered(NAMES))
def test_the_description_shows_it_and_costs_the_same(name):
    model = il.create_model(name, num_classes=10, width=0.1).eval()
    fast = il.faster(model)
    before, after = il.cost(model), il.cost(fast)
    assert after.macs == before.macs and after.out_shape == before.out_shape
    assert [(r.name, r.macs) for r in after.rows] == [(r.name, r.macs) for r in before.rows]
    assert after.params == sum(p.numel() for p in fast.parameters())
    normalized = sum(m.num_features for m in model.modules() if isinstance(m, nn.BatchNorm2d))
    assert before.params - after.params == normalized  # a scale and a shift become a bias
    assert convolutions(fast) <= convolutions(model)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fast.modules())
    assert il.faster(fast).spec == fast.spec


def test_googlenet_has_39_convolutions_instead_of_57():
    for name in ("googlenet", "googlenet_torchvision"):
        model = il.create_model(name, width=0.1).eval()
        assert (convolutions(model), convolutions(il.faster(model))) == (57, 39)
    fast = il.faster(il.create_model("googlenet", width=0.1).eval())
    merged = [row for row in il.cost(fast).layers if "+" in row.name]
    assert [row.name for row in merged] == [f"{stage}.1x1+3x3+5x5" for stage in il.GOOGLENET]


def test_auxiliary_heads_stay():
    for name in ("googlenet_bn", "inception_v3"):
        model = shaken(il.create_model(name, num_classes=4, width=0.05, aux=True), 0)
        fast, x = il.faster(model), picture(model.spec.input_size[0])[:1]
        with torch.no_grad():
            (want, aux), (got, same) = model.forward_with_aux(x), fast.forward_with_aux(x)
        for one, two in ((want, got), *((aux[stage], same[stage]) for stage in aux)):
            assert torch.allclose(one, two, atol=1e-5 * float(one.abs().max()))


def test_what_belongs_to_the_model_stays_and_the_model_too():
    model = il.create_model("mini_bn", pretrained=True).eval()
    model.classes, model.preprocessing = tuple("abcdefghij"), il.Preprocessing(32, 40, "bicubic")
    before = copy.deepcopy(model.state_dict())
    fast = il.faster(model)
    with torch.no_grad():
        for parameter in fast.parameters():
            parameter.zero_()
    after = model.state_dict()
    assert all(torch.equal(after[key], before[key]) for key in before)
    assert (fast.classes, fast.preprocessing) == (model.classes, model.preprocessing)
    assert il.faster(torch.compile(model, backend="eager")).spec == fast.spec
    assert il.faster(model.to(torch.bfloat16)).head.fc.weight.dtype == torch.bfloat16


def test_the_memory_format_is_a_choice():
    model = il.create_model("mini_plain_bn", seed=0).eval()
    for last in (True, False):
        weight = il.faster(model, channels_last=last).stages["conv1"].conv.weight
        assert weight.is_contiguous(memory_format=torch.channels_last) == last


# Each rewriting alone -----------------------------------------------------------------------------
POOLS = {
    "zeros do not count": il.AvgPool(3),
    "zeros count": il.AvgPool(3, count_include_pad=True),
    "no padding": il.AvgPool(3, padding="valid"),
    "hanging over": il.AvgPool((4, 2), padding="valid", ceil_mode=True),
    "padded and hanging over": il.AvgPool(3, ceil_mode=True, count_include_pad=True),
    "TensorFlow's": il.AvgPool(2, padding="tf_same"),
    "TensorFlow's, zeros count": il.AvgPool((2, 5), padding="tf_same", count_include_pad=True),
}
LINEAR = il.Conv(24, bias=True, norm="none", act="none")
SUM = il.Residual([il.Branches({"a": il.Conv(4), "b": [il.Conv(5), il.Conv(3, 3)]}), LINEAR], 0.17)


# A network in which each of the four has something to do.
OWN = il.Network(
    "own",
    {"conv": il.Conv(24, 3, 2), "block": il.two_3x3_block(4, 4, 6, 4, 6, 8), "sum": SUM},
    il.Head(classes=4),
    defaults=il.BATCH_NORM,
)


def only(name: str) -> list[str]:
    return [other for other in REWRITINGS if other != name]


def alone(block, name, defaults=il.PLAIN, seed=0):
    """A block, and the same after one rewriting."""
    block = il.build(block, 24, defaults=defaults, seed=seed)
    block = shaken(block, seed).double()
    fast = il.faster(block, without=only(name))
    x = picture(20, 3, 24).double()
    assert apart(block, fast, x) <= 1e-14
    assert il.cost(fast, (24, 20, 20)).out_shape == il.cost(block, (24, 20, 20)).out_shape
    return block, fast


@pytest.mark.parametrize("seed", range(3))
def test_batch_normalization_is_folded(seed):
    norm = il.Defaults(bias=False, norm="batch_norm", norm_eps=0.1)
    layers = [il.Conv(6, 3, groups=3), il.Conv(5, bias=True), il.Conv(7, norm="none"), il.Conv(24)]
    _, fast = alone(layers, "fold_batch_norm", norm, seed)
    assert fast.spec == il.Chain(
        [il.Conv(6, 3, groups=3), il.Conv(5), il.Conv(7, bias=False), il.Conv(24)]
    )
    assert (fast.defaults.bias, fast.defaults.norm) == (True, "none")
    assert alone(SUM, "fold_batch_norm", norm, seed)[1].spec.scale == 0.17


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("act", ["relu", "none"])
def test_a_mean_commutes_with_a_1x1(pool, act):
    block = il.Branches({"pool": [POOLS[pool], il.Conv(4, act=act)]})
    _, fast = alone(block, "move_poolings")
    linear = il.Conv(4, bias=False, act="none")
    assert fast.spec["pool"] == il.Chain([linear, POOLS[pool], il.Bias(act)])


def test_a_bias_before_the_pooling_is_another_function():
    """Why the bias waits: with it inside, windows whose weights do not sum to one differ."""
    block = il.build([POOLS["zeros count"], il.Conv(4)], 24, seed=0).double()
    nn.init.ones_(block[1].conv.bias)
    inside = nn.Sequential(block[1].conv, block[0], nn.ReLU())
    assert apart(block, inside, picture(20, 0, 24).double()) > 0.01


@pytest.mark.parametrize(
    "layers",
    [
        [il.AvgPool(3, 2), il.Conv(4)],
        [il.MaxPool(3), il.Conv(4)],
        [il.AvgPool(3), il.Conv(4, 3)],
        [il.AvgPool(3), il.Conv(4, 1, 2)],
        [il.AvgPool(3), il.Conv(4, groups=2)],
        [il.AvgPool(3), il.Conv(4, bias=False)],
        [il.AvgPool(3), il.Conv(4, norm="batch_norm")],
        [il.Conv(4), il.AvgPool(3)],
    ],
    ids=str,
)
def test_what_does_not_commute_stays(layers):
    assert alone(layers, "move_poolings")[1].spec == il.Chain(layers)


def test_the_scale_of_a_residual_is_folded():
    _, fast = alone(SUM, "fold_scales")
    assert fast.spec == il.Residual(SUM.body)
    alone(il.Residual([LINEAR, LINEAR], -2.0, "none"), "fold_scales")
    assert alone(il.Residual(LINEAR, 0.1), "fold_scales")[1].spec == il.Residual(LINEAR)
    for last in (il.Conv(24), il.Conv(24, norm="batch_norm", act="none"), il.MaxPool(3)):
        assert alone(il.Residual([last], 0.1), "fold_scales")[1].spec.scale == 0.1


@pytest.mark.parametrize("defaults", [il.PLAIN, il.BATCH_NORM, il.Defaults(bias=False)])
def test_siblings_are_merged(defaults):
    block = {
        "1x1": il.Conv(6),
        "pool": il.MaxPool(3),
        "5x5": [il.Conv(2, act="none"), il.Conv(3, 5)],
    }
    block = il.Branches(
        block | {"nested": [il.Conv(3), il.Branches({"a": il.Conv(2, 3), "b": []})]}, 38
    )
    model, fast = alone(block, "merge_siblings", defaults)
    assert fast.spec == il.Merged(block.branches, 38, ("1x1", "5x5", "nested"))
    assert (convolutions(model), convolutions(fast)) == (5, 3)
    count = sum(p.numel() for p in model.parameters())
    assert count == sum(p.numel() for p in fast.parameters()) == il.cost(fast, (24, 20, 20)).params
    x = picture(20, 0, 24).double()
    with torch.no_grad():  # also in training: each channel is normalized alone
        assert torch.allclose(model.train()(x), fast.train()(x), rtol=1e-12)


def test_those_without_a_bias_come_last():
    block = il.Branches({"a": il.Conv(2, bias=False), "b": il.Conv(3), "c": il.Conv(4, bias=False)})
    _, fast = alone(block, "merge_siblings")
    assert fast.spec.merged == ("b", "a", "c") and fast.common.conv.bias.shape == (3,)
    again = il.faster(fast, without=only("fold_scales"))
    assert apart(fast, again, picture(9, 0, 24).double()) == 0
    mixed = il.Branches({"a": il.Conv(2), "b": il.Conv(3, norm="batch_norm"), "c": il.Conv(1, 3)})
    assert alone(mixed, "merge_siblings")[1].spec == mixed


def test_what_is_left_out_stays():
    model = shaken(il.create_model("inception_v3", width=0.05, num_classes=4), 0)
    plain = il.faster(model, without=list(REWRITINGS))
    assert plain.spec.stages == model.spec.stages and apart(model, plain, picture(80)) < 1e-6
    fast = il.faster(model, without="fold_batch_norm")  # poolings before a normalization stay
    assert any(isinstance(module, nn.BatchNorm2d) for module in fast.modules())
    assert convolutions(fast) == 75 and apart(model, fast, picture(80)) < 1e-5
    assert convolutions(il.faster(model)) == 66
    assert convolutions(il.faster(model, without=["merge_siblings"])) == 94


# What reads the result ----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def pair():
    model = shaken(il.create_model("inception_v3", width=0.05, num_classes=4, seed=0), 0)
    return model, il.faster(model)


def test_addresses_stay(pair):
    model, fast = pair
    x, at = picture(90), [row.name for row in il.cost(model).rows if row.kind == "branch"]
    assert any(isinstance(module, MergedConcat) for module in fast.modules())
    want, got = (il.features(m, x, [*at, *m.spec.names]) for m in (model, fast))
    for name in want:
        assert torch.allclose(want[name], got[name], atol=1e-5 * float(want[name].abs().max()))
    assert il.channel_slices(fast, "B1") == il.channel_slices(model, "B1")
    with pytest.raises(KeyError, match="stage or branch '_common'"):
        il.features(fast, x, ["_common"])
    labels = torch.zeros(2, dtype=torch.long)
    assert set(il.silencing(fast, "C1", x, labels).without) == set(fast.spec["C1"].names)


def test_it_is_kept_in_a_file(pair, tmp_path):
    il.save(pair[1], tmp_path / "fast.safetensors")
    again = il.load(tmp_path / "fast.safetensors")
    assert again.spec == pair[1].spec and apart(pair[1], again, picture(90)) < 1e-6


def test_it_is_drawn(pair):
    block = pair[1].spec["A1"]
    alt = il.draw(block, (16, 35, 35), cost=True).alt
    assert "split among 4 branches (1×1, 8 channels: as it is; 5×5, 8 channels: 5×5 conv" in alt
    assert "pool, 8 channels: 3×3 avg pool, 8 channels, then bias, 8 channels, ReLU" in alt
    assert il.draw(pair[1]).alt.startswith("Map of Inception-v3, rewritten")


def test_it_can_be_made_anew_and_trained(pair):
    model = il.create_model(pair[1].spec, seed=0).train()
    il.inception_loss(model(picture(80)), torch.tensor([0, 3])).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert il.cost(il.widened(pair[1].spec, 2)).params > il.cost(pair[1]).params


@pytest.fixture(scope="module")
def small():
    model = shaken(il.create_model(OWN, seed=0), 0)
    fast = il.faster(model)
    assert apart(model, fast, picture(20)) < 1e-6
    return fast


def test_tools_of_torch_take_it(small):
    x = picture(20)
    with torch.no_grad():
        want = small(x)
        assert torch.equal(torch.compile(small, fullgraph=True, backend="eager")(x), want)
        assert torch.equal(torch.fx.symbolic_trace(small)(x), want)
        assert torch.equal(torch.export.export(small, (x,)).module()(x), want)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            got = small(x)
    assert got.dtype == torch.bfloat16
    assert float((got.float() - want).abs().max()) <= 0.1 * float(want.abs().max())


@pytest.mark.slow
def test_onnx_runtime_takes_it(small, missing):
    try:
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        missing(f"onnxscript and onnxruntime are needed for this export: {error}")
    x = picture(20)
    model = torch.onnx.export(small, (x,), dynamo=True, verbose=False).model_proto
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (got,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    with torch.no_grad():
        want = small(x)
    assert float((torch.from_numpy(got) - want).abs().max()) <= 1e-5 * float(want.abs().max())


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("network", "options"),
    [("googlenet_torchvision", {"num_classes": 4, "width": 0.05}), (OWN, {})],
    ids=["GoogLeNet", "all four rewritings"],
)
def test_it_is_compiled(network, options):
    """By Inductor; GoogLeNet takes it 45 seconds of a core."""
    model = shaken(il.create_model(network, seed=0, **options), 0)
    fast = torch.compile(il.faster(model))
    assert apart(model, fast, picture(model.min_input_size + 9)) <= 1e-5


# What is refused ----------------------------------------------------------------------------------
def changed(how):
    model = il.create_model("mini_bn", seed=0)
    how(model)
    return model.eval()


@pytest.mark.parametrize(
    ("model", "options", "error", "says"),
    [
        (lambda: il.create_model("mini_bn"), {}, ValueError, "training mode (first: the model)"),
        (lambda: changed(lambda m: m.register_forward_hook(print)), {}, ValueError, "has a hook"),
        (lambda: changed(lambda m: setattr(m, "forward", abs)), {}, ValueError, "a forward of its own"),
        (lambda: changed(lambda m: setattr(m.head, "fc", nn.Linear(4, 2))), {}, ValueError, "head.fc.in_features is 4"),
        (lambda: changed(lambda m: m.stages["conv1"].append(nn.Sigmoid())), {}, ValueError, "conv1.3.kind is Sigmoid"),
        (lambda: changed(lambda m: setattr(m.stages["conv1"], "act", nn.GELU())), {}, ValueError, "conv1.act.kind is GELU"),
        (lambda: nn.Conv2d(3, 4, 1).eval(), {}, TypeError, "il.load_weights"),
        (lambda: nn.Sequential(il.create_model("mini_bn")).eval(), {}, TypeError, "holds a InceptionNet: give that"),
        (lambda: "googlenet", {}, TypeError, "model is a str"),
        (lambda: changed(id), {"without": ["merge"]}, ValueError, "Did you mean 'merge_siblings'?"),
        (lambda: changed(id), {"channels_last": 1}, ValueError, "channels_last is 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_rewritten(model, options, error, says):
    with pytest.raises(error) as raised:
        il.faster(model(), **options)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("merged", "error", "says"),
    [
        (("1x1",), ValueError, "it must name at least two branches"),
        (("1x1", "1x1"), ValueError, "it must name at least two branches"),
        (("1x1", "5x6"), KeyError, "branch '5x6' is not known"),
        (("1x1", "pool"), ValueError, "pool does not begin with a 1×1 convolution"),
        (("1x1", "wide"), ValueError, "wide does not begin with a 1×1 convolution"),
        (("1x1", "step"), ValueError, "have strides (1, 1), (2, 2)"),
        ("1x1", TypeError, "names of branches"),
    ],
)
def test_what_cannot_be_merged(merged, error, says):
    parts = {
        "1x1": il.Conv(4),
        "pool": il.MaxPool(3),
        "wide": il.Conv(4, 3),
        "step": il.Conv(4, 1, 2),
    }
    with pytest.raises(error) as raised:
        il.Merged(parts | {"5x5": [il.Conv(2), il.Conv(4, 5)]}, merged=merged)
    assert says in str(raised.value)


def test_what_cannot_be_merged_with_these_defaults():
    block = il.Merged({"a": il.Conv(2, bias=False), "b": il.Conv(2)}, merged=("a", "b"))
    with pytest.raises(ValueError, match="those without a bias come last"):
        il.cost(block, (3, 8, 8))
    assert il.cost(block, (3, 8, 8), defaults=il.Defaults(bias=False)).params == 12
    block = il.Merged({"a": il.Conv(2, norm="batch_norm"), "b": il.Conv(2)}, merged=("a", "b"))
    with pytest.raises(ValueError, match="all must be normalized or none"):
        il.build(block, 3)
    assert isinstance(il.leaves(block)[0], Conv) and il.depth(block) == 1
