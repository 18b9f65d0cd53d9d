"""What people do with models, done with all networks: sizes, batches, gradients, copies, exports.

The networks are thin (`width`), their windows and branches are those of the full ones.
"""

import copy
import io
import math
import pickle

import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.spec import NODES
from tests.networks import COVER, covered

# Every node, in networks that export quickly
EXPORTED = ("googlenet_2014", "inception_v3", "mini_residual")

pytestmark = pytest.mark.slow  # all networks, again and again
NAMES = il.list_models()
NORMALIZED = [name for name in NAMES if il.architecture(name).defaults.norm == "batch_norm"]
AUX = [name for name in NAMES if name.startswith(("googlenet", "inception_v3"))]


@pytest.mark.parametrize("names", [COVER, EXPORTED], ids=" ".join)
def test_these_networks_have_every_node(names):
    found = set()

    def walk(node):
        found.add(type(node))
        for inner in getattr(node, "layers", ()) or [b for _, b in getattr(node, "branches", ())]:
            walk(inner)
        if hasattr(node, "body"):
            walk(node.body)

    for name in names:
        network = il.architecture(name)
        for _, stage in (*network.stages, ("", network.head.pool)):
            walk(stage)
    # these two are in rewritten networks alone: tests/test_faster.py exports one
    assert found == set(NODES) - {il.Merged, il.Bias}


@pytest.fixture(scope="module")
def thin():
    """name -> a thin model of ten classes in evaluation, made once."""
    made = {}

    def make(name):
        if name not in made:
            made[name] = il.create_model(name, num_classes=10, width=0.1, seed=0).eval()
        return made[name]

    return make


def picture(name, batch=2, channels=3, side=None):
    side = side or il.min_input_size(il.architecture(name)) + 5
    return torch.randn(batch, channels, side, side, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("name", NAMES)
def test_sizes_odd_and_even_square_and_not(name, thin):
    model, least = thin(name), thin(name).min_input_size
    with torch.no_grad():
        for height, width in ((0, 0), (1, 0), (0, 2), (3, 3), (17, 4), (30, 45)):
            out = model(torch.randn(1, 3, least + height, least + width))
            assert out.shape == (1, 10) and bool(out.isfinite().all())


@pytest.mark.parametrize("name", covered(NAMES))
def test_a_batch_is_its_pictures_one_by_one(name, thin):
    model, x = thin(name).double(), picture(name, 3).double()
    with torch.no_grad():
        together, alone = model(x), torch.cat([model(one[None]) for one in x])
    thin(name).float()
    assert torch.allclose(together, alone, rtol=1e-9, atol=0)
    assert not torch.equal(together[0], together[1])


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("name", covered(NAMES))
def test_pictures_of_other_channels(name, channels):
    model = il.create_model(name, num_classes=4, in_channels=channels, width=0.05).eval()
    x = picture(name, 1, channels)
    assert model(x).shape == (1, 4)
    with pytest.raises(ValueError, match=rf"takes \(N, {channels}, H, W\)"):
        model(picture(name, 1, 3))


@pytest.mark.parametrize("name", covered(NAMES))
def test_a_gradient_for_every_parameter_and_a_step(name):
    aux = name in AUX
    model = il.create_model(name, num_classes=4, width=0.05, aux=aux, dropout=0.0, seed=0).train()
    side = min(model.spec.input_size) if aux else model.min_input_size + 20
    x, target = picture(name, 2, side=side), torch.tensor([0, 3])
    was = {key: value.clone() for key, value in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    il.inception_loss(model.forward_with_aux(x) if aux else model(x), target).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert bool(parameter.grad.isfinite().all()), key
    optimizer.step()
    moved = [key for key, value in model.state_dict().items() if not torch.equal(value, was[key])]
    assert {
        f"stages.{stage}" for stage in model.stages if list(model.stages[stage].parameters())
    } <= {".".join(key.split(".")[:2]) for key in moved}


@pytest.mark.parametrize("name", NAMES)
def test_training_on_a_single_value_says_what_batch_normalization_needs(name, thin):
    model = copy.deepcopy(thin(name)).train()
    least = model.min_input_size
    x = torch.randn(1, 3, least, least)
    if name in NORMALIZED:
        with pytest.raises(ValueError, match=r"more than one value .* a batch of at least 2"):
            model(x)
        assert model(torch.cat((x, x + 1))).shape == (2, 10)
    else:
        assert model(x).shape == (1, 10)
    assert model.eval()(x).shape == (1, 10)


@pytest.mark.parametrize("name", AUX)
def test_auxiliary_heads(name):
    model = il.create_model(name, num_classes=5, width=0.1, aux=True, seed=0).eval()
    x = picture(name, 2, side=min(model.spec.input_size))
    logits, aux = model.forward_with_aux(x)
    assert list(aux) == (["B4"] if "v3" in name else ["4a", "4d"])
    assert {tuple(out.shape) for out in (logits, *aux.values())} == {(2, 5)}
    assert torch.equal(model(x), logits)
    assert il.create_model(name, num_classes=0, width=0.05, aux=True).aux.keys() == set()
    thinner = il.create_model(name, num_classes=5, width=0.1, aux=False)
    assert thinner.load_state_dict(model.state_dict(), strict=False).missing_keys == []
    small = picture(name, 2, side=128)
    if name == "googlenet_torchvision":  # its heads pool to 4×4 whatever the grid
        assert model.forward_with_aux(small)[1]["4a"].shape == (2, 5)
    else:
        with pytest.raises(
            ValueError, match=r"smallest square input is|pooled map of \S+, this input gives"
        ):
            model.forward_with_aux(small)
    assert model.train()(x).shape == (2, 5)  # one tensor, in training too


def test_the_auxiliary_head_of_v3_normalizes_a_single_value():
    model = il.create_model("inception_v3", num_classes=3, width=0.05, aux=True).train()
    with pytest.raises(ValueError, match="a batch of at least 2"):
        model.forward_with_aux(picture("inception_v3", 1, side=299))


@pytest.mark.parametrize("name", covered(NAMES))
def test_copies_give_the_same(name, thin):
    model, x = thin(name), picture(name)
    with torch.no_grad():
        want = model(x)
        assert torch.equal(copy.deepcopy(model)(x), want)
        assert torch.equal(pickle.loads(pickle.dumps(model))(x), want)
        file = io.BytesIO()
        torch.save(model.state_dict(), file)
        file.seek(0)
        other = il.create_model(name, num_classes=10, width=0.1).eval()
        assert not torch.equal(other(x), want)
        other.load_state_dict(torch.load(file, weights_only=True))
        assert torch.equal(other(x), want)


@pytest.mark.parametrize("name", covered(NAMES))
def test_meta_models_take_weights_without_a_copy_of_their_own(name, thin):
    with torch.device("meta"):
        model = il.create_model(name, num_classes=10, width=0.1).eval()
    assert all(parameter.is_meta for parameter in model.parameters())
    model.load_state_dict(thin(name).state_dict(), assign=True)
    x = picture(name)
    with torch.no_grad():
        assert torch.equal(model(x), thin(name)(x))


@pytest.mark.parametrize("name", covered(NAMES))
def test_channels_last(name, thin):
    model, x = thin(name), picture(name)
    with torch.no_grad():
        want = model(x)
        got = copy.deepcopy(model).to(memory_format=torch.channels_last)(
            x.to(memory_format=torch.channels_last)
        )
    assert float((got - want).abs().max()) <= 1e-4 * float(want.abs().max())


@pytest.mark.parametrize("name", covered(NAMES))
def test_bfloat16_autocast(name, thin):
    model, x = thin(name), picture(name)
    with torch.no_grad():
        want = model(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            got = model(x)
    assert got.dtype == torch.bfloat16
    assert float((got.float() - want).abs().max()) <= 0.1 * float(want.abs().max())


def test_compile_without_a_break():
    """The whole network is one graph; what the graph is then compiled to is torch's."""
    model = il.create_model("googlenet_bn", num_classes=4, width=0.05, seed=0).eval()
    x = picture("googlenet_bn")
    with torch.no_grad():
        got = torch.compile(model, fullgraph=True, backend="eager")(x)
        assert torch.equal(got, model(x))


@pytest.mark.parametrize("name", covered([*NAMES, "mini_residual"], EXPORTED))
def test_export_and_onnx(name, thin, missing):
    """One program is tried by itself, and through ONNX."""
    model, x = thin(name), picture(name)
    with torch.no_grad():
        want = model(x)
        program = torch.export.export(model, (x,))
        assert torch.equal(program.module()(x), want)
    try:
        import onnx
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        missing(f"onnx, onnxscript and onnxruntime are needed for this export: {error}")
    file = torch.onnx.export(program, dynamo=True, verbose=False).model_proto
    onnx.checker.check_model(file)
    session = onnxruntime.InferenceSession(
        file.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (got,) = session.run(None, {file.graph.input[0].name: x.numpy()})
    assert float((torch.from_numpy(got) - want).abs().max()) <= 1e-4 * float(want.abs().max())


def test_onnx_pads_other_sizes_as_tensorflow_does(missing):
    """The padding depends on the grid, and is not the one of the picture that was exported."""
    try:
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        missing(f"onnxscript and onnxruntime are needed for this export: {error}")
    same = [
        kind(*a, "tf_same")
        for kind, a in ((il.Conv, (4, 7, 2)), (il.MaxPool, (3, 2)), (il.AvgPool, (2, 3)))
    ]
    model = il.build(same, 3, seed=0).eval()
    sides = ({0: "n", 2: "h", 3: "w"},)
    x = torch.randn(2, 3, 64, 64)
    program = torch.onnx.export(model, (x,), dynamo=True, verbose=False, dynamic_shapes=sides)
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    for shape in ((1, 3, 77, 90), (2, 3, 33, 101)):
        x = torch.randn(shape)
        (got,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        with torch.no_grad():
            assert float((torch.from_numpy(got) - model(x)).abs().max()) < 1e-5


@pytest.mark.parametrize(
    "name", ["googlenet", "bn_inception", "inception_v3", "inception_v4", "inception_resnet_v2"]
)
def test_four_programs_count_the_same(name, thin):
    least = thin(name).min_input_size
    check = il.cross_check(thin(name), (3, least + 1, least + 4))
    assert check.agree, check
    assert list(check.counts) == ["inception_lib", "torchinfo", "fvcore", "torch"]


@pytest.mark.parametrize("name", NAMES)
def test_every_address_that_is_counted_can_be_looked_at(name, thin):
    model, x = thin(name), picture(name, 1)
    rows = [
        row
        for row in il.cost(model, input_size=x.shape[-1]).rows
        if row.name in model.spec.names or row.kind == "branch"
    ]
    got = il.features(model, x, at=[row.name for row in rows])
    assert {name: tuple(out.shape[1:]) for name, out in got.items()} == {
        r.name: r.out_shape for r in rows
    }


# First weights ------------------------------------------------------------------------------------
def test_v3_starts_from_a_normal_that_is_cut_off():
    """Standard deviation 0.1, nothing beyond two of them; 0.01 and 0.001 in the auxiliary head."""
    model = il.create_model("inception_v3", num_classes=50, aux=True, seed=0)
    for weight, std in (
        (model.stages["C2"]["1x1"].conv.weight, 0.1),
        (model.head.fc.weight, 0.1),
        (model.aux["B4"].pool[1].conv.weight, 0.1),
        (model.aux["B4"].pool[2].conv.weight, 0.01),
        (model.aux["B4"].fc.weight, 0.001),
    ):
        assert 1.9 * std < float(weight.detach().abs().max()) <= 2 * std * (1 + 1e-6)
        assert float(weight.detach().std()) == pytest.approx(0.8796 * std, rel=0.02)
        assert abs(float(weight.detach().mean())) < 0.02 * std


def test_others_start_from_hes_normal():
    model = il.create_model("inception_v4", num_classes=10, seed=0)
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 100_000:
            he = math.sqrt(2 / module.weight[0].numel())
            assert float(module.weight.detach().std()) == pytest.approx(he, rel=0.03)


@pytest.mark.parametrize("name", covered(NAMES))
def test_a_seed_gives_the_same_weights_whatever_was_drawn_before(name, thin):
    torch.rand(5)
    again = il.create_model(name, num_classes=10, width=0.1, seed=0).state_dict()
    state = thin(name).state_dict()
    assert all(torch.equal(again[key], state[key]) for key in state)
    other = il.create_model(name, num_classes=10, width=0.1, seed=1).state_dict()
    assert not torch.equal(other["head.fc.weight"], state["head.fc.weight"])


# The loss -----------------------------------------------------------------------------------------
def test_the_loss_adds_weighted_auxiliary_losses():
    torch.manual_seed(0)
    logits, aux, target = torch.randn(3, 5), torch.randn(3, 5), torch.tensor([0, 4, 2])
    cross = nn.functional.cross_entropy
    want = cross(logits, target) + 0.3 * (cross(aux, target) + cross(logits, target))
    got = il.inception_loss((logits, {"4a": aux, "4d": logits}), target)
    assert torch.allclose(got, want)
    assert torch.equal(il.inception_loss(logits, target), cross(logits, target))
    assert torch.equal(il.inception_loss((logits, {}), target), cross(logits, target))
    assert torch.equal(il.inception_loss((logits, {"B4": aux}), target, 0.0), cross(logits, target))
    smooth = il.inception_loss((logits, {"B4": aux}), target, 1.0, label_smoothing=0.1)
    share = nn.functional.one_hot(target, 5) * 0.9 + 0.1 / 5
    by_hand = sum(-(share * scores.log_softmax(1)).sum(1).mean() for scores in (logits, aux))
    assert torch.allclose(smooth, by_hand)
    assert torch.allclose(il.inception_loss(logits, share), by_hand - il.inception_loss(aux, share))


@pytest.mark.parametrize(
    ("output", "options", "error", "says"),
    [
        ("logits", {}, TypeError, "output is a str"),
        ((torch.zeros(1, 2), torch.zeros(1, 2)), {}, TypeError, "auxiliary logits by stage"),
        (torch.zeros(1, 2), {"aux_weight": -1}, ValueError, "aux_weight is -1"),
        (torch.zeros(1, 2), {"label_smoothing": 2}, ValueError, "label_smoothing is 2"),
    ],
)
def test_a_wrong_loss_is_named(output, options, error, says):
    with pytest.raises(error, match=says):
        il.inception_loss(output, torch.tensor([0]), **options)
