"""Models inside of others, pruned, changed, traced: each answer is that of the model, or none is given."""

import copy

import pytest
import torch
from torch import nn
from torch.ao.quantization import QConfigMapping, get_default_qconfig
from torch.ao.quantization.quantize_fx import prepare_fx
from torch.nn.utils import parametrizations, prune
from torch.optim.swa_utils import AveragedModel
from torchvision.models.feature_extraction import create_feature_extractor

import inception_lib as il
from inception_lib.interpret.watch import preactivations
from inception_lib.nn.modes import modes
from tests.networks import covered


def compiled(model):
    return torch.compile(model, backend="eager")


def compiled_in_place(model):
    model.compile(backend="eager")
    return model


WRAPPERS = {
    "compiled": compiled,
    "compiled in place": compiled_in_place,
    "parallel": nn.DataParallel,
    "averaged": AveragedModel,
    "a part": lambda model: nn.Sequential(nn.Identity(), model),
    "nested": lambda model: nn.DataParallel(AveragedModel(compiled(nn.Sequential(model)))),
    "a compiled part": lambda model: nn.Sequential(nn.Identity(), compiled(model)),
}
LOOKS = {
    "features": lambda m, x, y: il.features(m, x, ["3a", "3a.3x3"])["3a.3x3"],
    "silencing": lambda m, x, y: torch.stack(list(il.silencing(m, "3a", x, y).lost.values())),
    "most_exciting": lambda m, x, y: il.most_exciting(m, "3a.3x3", x, count=2)[1],
    "grad_cam": lambda m, x, y: il.grad_cam(m, x[:1], 3, "4b"),
    "preactivations": lambda m, x, y: preactivations(m, x, ["3a.3x3"])["3a.3x3"],
    "first_filters": lambda m, x, y: il.first_filters(m),
    "cost": lambda m, x, y: torch.tensor(il.cost(m).macs),
    "slices": lambda m, x, y: torch.tensor(il.channel_slices(m, "3a")["3x3"].start),
}


def model():
    return il.create_model("mini_bn", seed=0).eval()


@pytest.fixture(scope="module")
def plain():
    """The pictures, the answers of the model as labels, and what each look finds without a wrapper."""
    x = il.as_input(il.photo_patches("test", 6)[0])
    y = il.predict(model(), x).argmax(1)
    return x, y, {name: look(model(), x, y) for name, look in LOOKS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_what_looks_inside_sees_through_a_wrapper(wrap, plain):
    x, y, want = plain
    wrapped = wrap(model())
    il.predict(wrapped, x)  # what is compiled has run before anybody looks
    wrapped.train()
    for module in wrapped.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    was = modes(wrapped)
    for name, look in LOOKS.items():
        got = look(wrapped, x, y)
        if name == "features":  # the only one that runs the model as it is
            wrapped.eval()
            got = look(wrapped, x, y)
            for module, training in was.items():
                module.training = training
        assert torch.allclose(got, want[name], atol=1e-5, equal_nan=True), name
        assert modes(wrapped) == was, name


def test_what_did_not_run_is_not_answered():
    class Other(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.other = model(), nn.Flatten()

        def forward(self, x):
            return self.other(x)

    x, y = torch.zeros(2, 3, 32, 32), torch.tensor([0, 1])
    for look in ("features", "silencing", "most_exciting", "preactivations"):
        with pytest.raises(RuntimeError, match=r"this Other did not run that part"):
            LOOKS[look](Other(), x, y)


def test_without_a_description_nothing_is_guessed():
    """A branch of one block must not answer for that of another."""
    x = torch.zeros(1, 3, 32, 32)
    two = nn.Sequential(il.build(il.naive_block(1, 1, 1), 3), il.build(il.naive_block(1, 1, 1), 6))
    with pytest.raises(TypeError, match=r"holds 2 models with a description, 0, 1; give one"):
        il.features(two, x, ["1x1"])
    with pytest.raises(TypeError, match="this Sequential has no stages and branches"):
        il.features(nn.Sequential(il.build(il.naive_block(1, 1, 1), 3)["1x1"]), x, ["1x1"])


def heads(wrap):
    return wrap(il.create_model("mini_googlenet_aux", aux=True, dropout=0, seed=0))


def distributed(model):
    if not torch.distributed.is_initialized():
        store = torch.distributed.HashStore()
        torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    return nn.parallel.DistributedDataParallel(model)


@pytest.mark.slow
@pytest.mark.parametrize("wrap", [compiled, nn.DataParallel, distributed, nn.Sequential])
def test_auxiliary_heads_train_inside_of_a_wrapper(wrap):
    ends = []
    for put in (lambda model: model, wrap):
        model = heads(put)
        data = il.photo_patches("train", 8)
        il.fit(model, data, epochs=2, batch_size=4, device="cpu", progress=False)
        ends.append([p.detach() for p in model.parameters()])
        il.predict(model, data[0])  # logits alone, as before
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    for got, want in zip(ends[1], ends[0], strict=True):
        assert torch.allclose(got, want, atol=1e-5)
    fresh = heads(lambda model: model).aux.parameters()
    assert all(not torch.equal(p, q) for p, q in zip(model_aux(model), fresh, strict=True))


def model_aux(model):
    return [p for name, p in model.named_parameters() if "aux." in name]


@pytest.mark.parametrize("after", [nn.Softmax(1), nn.Identity(), nn.Flatten()], ids=str)
def test_heads_that_a_wrapper_would_lose_are_refused(after):
    data = il.photo_patches("train", 4)
    model = nn.Sequential(heads(lambda model: model), after)
    if isinstance(after, nn.Identity):
        il.fit(model, data, epochs=1, device="cpu", progress=False)
        return
    with pytest.raises(TypeError, match=r"Sequential holds a model with auxiliary heads and does"):
        il.fit(model, data, epochs=1, device="cpu", progress=False)


# ---- changed after it was made ----


def narrower(model):
    model.head.fc = nn.Linear(model.head.fc.in_features, 3)


def another_stride(model):
    model.stages["conv1"].conv.stride = (2, 2)


def another_layer(model):
    model.stages["conv1"].append(nn.Conv2d(16, 16, 1, bias=False))


def no_stage(model):
    del model.stages["4b"]


def another_norm(model):
    model.stages["conv1"].norm = nn.BatchNorm2d(16, affine=False)


def another_pool(model):
    model.stages["pool1"] = nn.AvgPool2d(3, 1)


def computed(model):
    parametrizations.weight_norm(model.stages["conv1"].conv)


@pytest.mark.parametrize(
    "change",
    [narrower, another_stride, another_layer, no_stage, another_norm, another_pool, computed],
)
@pytest.mark.parametrize("wrap", [copy.deepcopy, nn.DataParallel])
def test_a_model_that_was_changed_is_not_counted_as_it_was(change, wrap):
    changed = model()
    change(changed)
    for look in (il.cost, il.draw, il.count_conventions):
        with pytest.raises(ValueError, match="was changed after it was made, so its description"):
            look(wrap(changed))
    assert not il.cross_check(changed, (3, 32, 32)).agree or change is another_pool


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.requires_grad_(False),
        lambda m: m.half(),
        lambda m: m.to("meta"),
        nn.SyncBatchNorm.convert_sync_batchnorm,
        lambda m: setattr(m.head, "dropout", nn.Identity()),
        lambda m: setattr(m.stages["conv1"], "act", nn.SiLU()),
        lambda m: m.reset_classifier(3),
        lambda m: m.reset_classifier(0),
    ],
)
def test_a_change_that_counts_nothing_is_none(change):
    changed = model()
    change(changed)
    assert il.cost(changed).params == sum(p.numel() for p in changed.parameters())


@pytest.mark.parametrize("wrap", [nn.DataParallel, AveragedModel, compiled_in_place])
def test_other_programs_count_what_is_inside(wrap):
    model = heads(wrap)
    assert il.cross_check(model, (3, 32, 32)).agree
    assert il.count_conventions(model)["params"] == il.cost(model).params
    with pytest.raises(TypeError, match=r"is a block; give a network"):
        il.count_conventions(wrap(il.build(il.naive_block(1, 1, 1), 3)))


def test_what_a_wrapper_adds_is_not_left_out_of_the_count():
    with pytest.raises(
        ValueError, match=r"this Sequential was changed .* 34 layers, the description 33,990"
    ):
        il.cost(nn.Sequential(model(), nn.Linear(10, 2)))


def test_a_block_is_counted_for_the_channels_that_it_takes():
    block = il.build(il.naive_block(2, 2, 2), 3)
    assert il.cost(nn.Sequential(block), (3, 8, 8)).params == il.cost(block, (3, 9, 9)).params
    with pytest.raises(ValueError, match=r"this model takes \(3, height, width\)"):
        il.cost(block, (4, 8, 8))


# ---- pruned ----


@pytest.fixture
def pruned():
    model = il.create_model("mini_bn", seed=0)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            prune.l1_unstructured(module, "weight", 0.5)
    return model


def test_a_pruned_model_is_counted_seen_and_trained_as_pruned(pruned):
    conv = pruned.stages["conv1"].conv
    assert il.cost(pruned).params == il.cost("mini_bn").params
    assert il.cross_check(pruned, (3, 32, 32)).agree
    x = il.as_input(il.photo_patches("test", 2)[0])
    stage = il.features(pruned.eval(), x, ["conv1"])["conv1"]
    assert torch.equal(stage, pruned.stages["conv1"](x))
    il.fit(pruned, il.photo_patches("train", 8), epochs=1, device="cpu", progress=False)
    assert (conv.weight == 0).sum() == conv.weight.numel() // 2
    before = conv.weight_orig.detach().clone()
    il.init_weights(pruned, seed=1)
    assert not torch.equal(conv.weight_orig, before)
    pruned(x)
    assert (il.first_filters(pruned) == 0).sum() == conv.weight.numel() // 2
    prune.remove(conv, "weight")
    fresh = il.create_model("mini_bn", seed=1).stages["conv1"].conv.weight
    assert torch.equal(conv.weight[conv.weight != 0], fresh[conv.weight != 0])


def test_first_weights_of_a_computed_weight_are_refused():
    changed = model()
    computed(changed)
    with pytest.raises(TypeError, match="is computed from other parameters"):
        il.init_weights(changed)


# ---- units ----


@pytest.mark.parametrize(
    "norm",
    [nn.GroupNorm(1, 4), nn.Identity(), nn.BatchNorm2d(4).eval()],
)
def test_one_value_is_refused_by_batch_normalization_alone(norm):
    unit = il.build(il.Conv(4), 3, defaults=il.BATCH_NORM)
    x = torch.randn(1, 3, 1, 1)
    with pytest.raises(ValueError, match="batch normalization in training needs more than one"):
        unit(x)
    unit.norm = norm
    assert torch.equal(unit(x), unit.act(norm(unit.conv(x))))


def test_a_unit_is_a_sequence_of_its_layers():
    unit = il.build(il.Conv(4), 3, defaults=il.BATCH_NORM).eval()
    x = torch.randn(2, 3, 5, 5)
    assert [type(part) for part in unit] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert torch.equal(unit[:2](x), unit.norm(unit.conv(x))) and torch.equal(
        unit[-1:](unit[:2](x)), unit(x)
    )
    assert next(iter(unit[:2].state_dict())) == "conv.weight"
    before = unit(x)
    unit.append(nn.Flatten()).extend([nn.Hardtanh(0, 0.1)])
    assert torch.equal(unit(x), before.flatten(1).clamp(0, 0.1))
    assert torch.equal((unit[:3] + nn.Sequential(nn.Flatten()))(x), before.flatten(1))
    del unit[3:]
    assert torch.equal(unit(x), before)


# ---- traced ----


@pytest.mark.slow
@pytest.mark.parametrize("name", covered(il.list_models()) + il.list_models(mini=True))
def test_every_network_can_be_traced(name):
    """By torch.fx itself, torchvision's feature extractor, and quantization: with the same result."""
    model = il.create_model(name, num_classes=5, width=0.1, seed=0).eval()
    x = torch.randn(2, 3, 139, 150) if "mini" not in name else torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        want = model(x)
        assert torch.equal(torch.fx.symbolic_trace(model)(x), want)
        at = [info["module"] for info in model.feature_info]
        seen = create_feature_extractor(model, {f"stages.{stage}": stage for stage in at})(x)
        for stage, maps in il.features(model, x, at).items():
            assert torch.equal(seen[stage], maps)
        config = QConfigMapping().set_global(get_default_qconfig("x86"))
        assert torch.allclose(prepare_fx(model, config, (x,))(x), want, atol=1e-4)


def test_a_model_in_training_can_be_traced_and_still_checks_when_it_runs():
    model = il.create_model("mini_googlenet_aux", aux=True, dropout=0)
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(torch.fx.symbolic_trace(model)(x), model(x))
    with pytest.raises(ValueError, match="takes"):
        model(x[:, :1])
