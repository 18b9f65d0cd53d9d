"""The whole family, exact: stages of built models, other libraries' ways of counting, print."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.networks.registry import PAPERS
from inception_lib.weights.load import key_map
from tools.generated.maps import with_heads

STAGES = json.loads((Path(__file__).parent / "data" / "stages.json").read_text(encoding="utf-8"))
NAMES = il.list_models()
AUX = [name for name in NAMES if with_heads(name).aux]


def convolutions(network):
    """(weights, channels that are normalized) of the stages of a network, the head left out."""
    rows = [row for row in il.cost(network).layers if row.op.startswith("conv")]
    model = empty(network)
    weights = sum(m.weight.numel() for m in model.stages.modules() if isinstance(m, nn.Conv2d))
    norm = sum(m.num_features for m in model.stages.modules() if isinstance(m, nn.BatchNorm2d))
    assert len(rows) == sum(isinstance(m, nn.Conv2d) for m in model.stages.modules())
    return weights, norm


def with_stages(network, **stages):
    return replace(network, stages=tuple((dict(network.stages) | stages).items()))


def empty(network, **options):
    """A model without memory: shapes can be run through it at full size in no time."""
    from inception_lib.nn.network import InceptionNet

    with torch.device("meta"):
        if isinstance(network, str):
            return il.create_model(network, **options).eval()
        return InceptionNet(network).eval()


def test_networks_in_the_order_of_their_years_each_with_its_integers():
    order = il.list_models(by_year=True)
    assert order[:2] == ["naive_googlenet", "googlenet"]
    assert (
        order.index("inception_v3")
        < order.index("inception_v4")
        < order.index("inception_resnet_v1")
    )
    assert set(STAGES) == set(NAMES), (
        "python -m tools.new.network --count NAME writes tests/data/stages.json"
    )


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_of_every_built_model(name):
    """Shapes, parameters and MACs as the modules themselves have them, by hooks."""
    facts, model, got, macs = STAGES[name], empty(name), [], [0]

    def layer(module, _inputs, out):
        macs[0] += module.weight.numel() * out[0].numel() // out.shape[1]

    def stage(module, _inputs, out):
        params = sum(p.numel() for p in module.parameters())
        got.append([*out.shape[1:], params, macs[0]])
        macs[0] = 0

    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(layer)
    for module in (*model.stages.values(), model.head.pool, model.head.fc):
        module.register_forward_hook(stage)
    size = facts["input_size"]
    model(torch.empty(1, 3, size, size, device="meta"))
    assert got == facts["stages"]
    assert sum(p.numel() for p in model.parameters()) == facts["params"]
    assert sum(row[-1] for row in got) == facts["macs"]
    assert convolutions(model.spec)[0] == facts["conv_weights"]


@pytest.mark.parametrize(
    ("name", "options", "params", "macs"),
    [
        ("googlenet", {}, 6_998_552, 1_582_671_872),
        ("googlenet", {"aux": True}, 13_378_280, None),
        ("googlenet", {"num_classes": 10}, 6_998_552 - 990 * 1025, None),
        ("googlenet", {"num_classes": 0}, 6_998_552 - 1_025_000, 1_582_671_872 - 1_024_000),
        ("googlenet", {"in_channels": 1}, 6_998_552 - 2 * 49 * 64, None),
        ("googlenet_bn", {}, 7_005_832, 1_582_671_872),
        ("googlenet_torchvision", {"aux": True}, 13_004_888, None),
        ("inception_v3", {"aux": True}, 27_161_264, None),
        ("inception_v3_torchvision", {}, 23_834_568, 5_713_216_096),
        ("inception_v3_torchvision", {"aux": True}, 27_161_264, None),
        ("naive_googlenet", {}, 97_520_936, 12_568_061_056),
        ("googlenet_2014", {}, 7_066_380, None),
        ("inception_v3_fid", {"num_classes": 1000}, 23_834_568, 5_713_216_096),
        ("bn_inception", {"pool_proj": 96}, 11_194_984, 2_018_851_840),
        ("bn_inception", {"pool_proj": 128}, 11_285_224, 2_032_600_064),
        ("inception_resnet_v2_paper", {}, 32_433_928, 9_257_953_632),
    ],
)
def test_totals_counted_and_built(name, options, params, macs):
    cost = il.cost(name, **options)
    assert cost.params == params
    assert macs is None or (cost.macs, cost.flops) == (macs, 2 * macs)
    assert sum(p.numel() for p in empty(name, **options).parameters()) == params


def test_blocks_of_the_paper_of_inception_resnet_v2():
    cost = il.cost("inception_resnet_v2_paper")
    got = [cost[s].params for s in ("A1", "reduction_a", "B1", "reduction_b", "C1")]
    assert got == [137_568, 2_902_528, 1_171_904, 3_930_112, 2_088_736]


# What was released ----------------------------------------------------------------------------------
def test_the_release_of_2014_pads_and_normalizes_as_tensorflow_does():
    """Both from the formulas in TensorFlow's documentation: pads that may differ, alpha not divided."""
    from inception_lib.nn.same import pad_same

    for n in (1, 7, 8, 9, 224):
        for k, step in ((7, 2), (3, 2), (2, 2), (3, 1), (1, 2), (5, 3)):
            need = max(k - (n % step or step), 0)
            got = pad_same(torch.ones(1, 1, n, 9), (k, 1), (step, 1), -1.0)[0, 0, :, 0]
            assert got.tolist() == [-1] * (need // 2) + [1] * n + [-1] * (need - need // 2)
    ones = -torch.ones(1, 2, 5, 8)
    for pool in (
        il.MaxPool(3, 2, "tf_same"),
        il.AvgPool(2, 1, "tf_same"),
        il.AvgPool(3, 2, "tf_same"),
    ):
        assert bool((il.build(pool, 2)(ones) == -1).all())  # no padding in the largest or the mean
    counted = il.build(il.AvgPool(2, 1, "tf_same", count_include_pad=True), 2)(ones)
    assert counted[0, 0, :, -1].tolist() == [-0.5, -0.5, -0.5, -0.5, -0.25]
    node = dict(il.architecture("googlenet_2014").stages)["lrn1"]
    x = torch.randn(12, generator=torch.Generator().manual_seed(0)).double() * 30
    radius, alpha = node.size // 2, 1e-4
    around = [float((x[max(0, c - radius) : c + radius + 1] ** 2).sum()) for c in range(12)]
    want = [float(v) / (node.k + alpha * s) ** node.beta for v, s in zip(x, around, strict=True)]
    got = il.build(node, 12)(x.reshape(1, 12, 1, 1)).flatten()
    assert got.tolist() == pytest.approx(want, rel=1e-9)


def test_the_release_of_2014_has_the_names_and_widths_of_its_ports():
    """lucent's keys: each of ours has one of its own, and 4a and 5a the shapes that only it has."""
    model = empty("googlenet_2014", aux=True)
    names = key_map(model, "lucent")
    shapes = {names[key]: tuple(value.shape) for key, value in model.state_dict().items()}
    assert len(shapes) == len(names) == 2 * (57 + 1) + 2 * 2 * 3
    assert shapes["mixed4a_3x3_pre_relu_conv.weight"] == (204, 96, 3, 3)
    assert shapes["mixed4b_pool_reduce_pre_relu_conv.weight"] == (64, 508, 1, 1)
    assert shapes["mixed5a_5x5_bottleneck_pre_relu_conv.bias"] == (48,)
    assert shapes["softmax2_pre_activation_matmul.weight"] == (1008, 1024)
    assert shapes["head1_bottleneck_pre_relu_conv.weight"] == (128, 528, 1, 1)
    assert shapes["nn0_pre_relu_matmul.weight"] == (1024, 2048)


def test_fids_network_is_inception_v3_but_for_one_pooling():
    one, other = il.architecture("inception_v3"), il.architecture("inception_v3_fid")
    assert [name for name in one.names if one[name] != other[name]] == ["C2"]
    changed = [b for b in one["C2"].names if one["C2"][b] != other["C2"][b]]
    assert changed == ["pool"] and other["C2"]["pool"].layers[0] == il.MaxPool(3)


# Other libraries' ways of counting ----------------------------------------------------------------
def test_tf_slim_counts():
    """Weights of convolutions, and shift, mean and variance of BN: slim's BN has no scale."""
    weights, norm = convolutions(il.architecture("googlenet_torchvision"))
    assert weights + 3 * norm == 5_607_184
    weights, norm = convolutions(il.architecture("inception_v3"))
    assert weights + 3 * norm == 21_802_784


def test_tf_slim_counts_bn_inception_with_its_separable_stem():
    """Slim's separable first layer, of multiplier 8, has a bias behind it and no normalization."""
    network = il.architecture("bn_inception")
    depth = il.Conv(24, 7, 2, groups=3, norm="none", act="none")
    stem = il.Chain((depth, il.Conv(64, bias=True, norm="none")))
    slim = with_stages(network, conv1=stem)
    weights, norm = convolutions(slim)
    assert (weights, norm) == (10_143_384, 9_952 - 64)
    assert weights + 3 * norm + 64 == 10_173_112
    with_norm = with_stages(slim, conv1=il.Chain((depth, il.Conv(64))))
    assert (il.cost(with_norm).params, il.cost(with_norm).macs) == (11_188_288, 1_934_857_216)


@pytest.mark.parametrize(
    ("name", "vectors", "total"),
    [("inception_v3", 3, 23_851_784), ("inception_resnet_v2", 3, 55_873_736)],
)
def test_keras_counts(name, vectors, total):
    """Keras counts BN's moving statistics, and leaves its scale out in these two networks."""
    weights, norm = convolutions(il.architecture(name))
    biases = sum(
        m.bias.numel()
        for m in empty(name).stages.modules()
        if isinstance(m, nn.Conv2d) and m.bias is not None
    )
    assert weights + biases + vectors * norm + il.cost(name)["fc"].params == total


def grid(*rows):
    return {name: (c, side, side) for names, side, c in rows for name in names.split()}


# TF-slim's end points, as its own tests have them.
SLIM = {
    "googlenet_torchvision": grid(
        ("Conv2d_1a_7x7", 112, 64), ("MaxPool_2a_3x3 Conv2d_2b_1x1", 56, 64),
        ("Conv2d_2c_3x3", 56, 192), ("MaxPool_3a_3x3", 28, 192), ("Mixed_3b", 28, 256),
        ("Mixed_3c", 28, 480), ("MaxPool_4a_3x3", 14, 480), ("Mixed_4b Mixed_4c Mixed_4d", 14, 512),
        ("Mixed_4e", 14, 528), ("Mixed_4f", 14, 832), ("MaxPool_5a_2x2", 7, 832),
        ("Mixed_5b", 7, 832), ("Mixed_5c", 7, 1024),
    ),
    "bn_inception": grid(
        ("Mixed_3b", 28, 256), ("Mixed_3c", 28, 320),
        ("Mixed_4a Mixed_4b Mixed_4c Mixed_4d Mixed_4e", 14, 576),
        ("Mixed_5a Mixed_5b Mixed_5c", 7, 1024),
    ),
    "inception_v3": grid(
        ("Conv2d_1a_3x3", 149, 32), ("Conv2d_2a_3x3", 147, 32), ("Conv2d_2b_3x3", 147, 64),
        ("MaxPool_3a_3x3", 73, 64), ("Conv2d_3b_1x1", 73, 80), ("Conv2d_4a_3x3", 71, 192),
        ("MaxPool_5a_3x3", 35, 192), ("Mixed_5b", 35, 256), ("Mixed_5c Mixed_5d", 35, 288),
        ("Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e", 17, 768), ("Mixed_7a", 8, 1280),
        ("Mixed_7b Mixed_7c", 8, 2048),
    ),
    "inception_v4": grid(
        ("Conv2d_1a_3x3", 149, 32), ("Conv2d_2a_3x3", 147, 32), ("Conv2d_2b_3x3", 147, 64),
        ("Mixed_3a", 73, 160), ("Mixed_4a", 71, 192), ("Mixed_5a Mixed_5b Mixed_5e", 35, 384),
        ("Mixed_6a Mixed_6b Mixed_6h", 17, 1024), ("Mixed_7a Mixed_7b Mixed_7d", 8, 1536),
    ),
    "inception_resnet_v2": grid(
        ("MaxPool_5a_3x3", 35, 192), ("Mixed_5b", 35, 320), ("Mixed_6a PreAuxLogits", 17, 1088),
        ("Mixed_7a", 8, 2080), ("Conv2d_7b_1x1", 8, 1536),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SLIM)
def test_end_points_of_tf_slim(name):
    cost, names = il.cost(name), il.SLIM_NAMES[name]
    assert {end: cost[names[end]].out_shape for end in SLIM[name]} == SLIM[name]
    if name != "inception_resnet_v2":  # slim gives its residual blocks no names of their own
        assert list(names.values()) == list(il.architecture(name).names)


# Print --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "stage", "node", "says"),
    [
        ("inception_resnet_v2_paper", "B1", il.residual_b(192, (128, 160, 192), 1154),
         "B1: the body of the residual gives channels 1154, its input has 1152"),
        ("inception_resnet_v2_paper", "C1", il.residual_c(192, (192, 224, 256), 2048),
         "C1: the body of the residual gives channels 2048, its input has 2144"),
        ("bn_inception", "4c", il.two_3x3_block(160, 128, 160, 128, 160, 128, 576),
         r"4c: branches give 608 channels \(160 \+ 160 \+ 160 \+ 128\), the table says 576"),
        ("bn_inception", "4d", il.two_3x3_block(96, 128, 192, 160, 192, 128, 576),
         r"4d: branches give 608 channels \(96 \+ 192 \+ 192 \+ 128\), the table says 576"),
    ],
)  # fmt: skip
def test_what_the_papers_print_and_cannot_be_built(name, stage, node, says):
    wrong = with_stages(il.architecture(name), **{stage: node})
    with pytest.raises(ValueError, match=says):
        il.cost(wrong)
    with pytest.raises(ValueError, match=says):
        empty(wrong)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("bn_inception", 7),
        ("googlenet_2014", 1),
        ("googlenet_bn", 31),
        ("googlenet_torchvision", 15),
        *(
            (name, 75)
            for file in ("inception_v3", "inception_v4", "inception_resnet")
            for name in PAPERS[file]
        ),
    ],
)
def test_the_smallest_input_is_where_the_model_runs_out(name, least):
    network, model = il.architecture(name), empty(name, width=0.1)
    assert il.min_input_size(network) == model.min_input_size == least
    out = model(torch.empty(2, 3, least, least, device="meta"))
    assert out.shape == (2, network.head.classes)
    with pytest.raises(ValueError, match=f"smallest square input is {least}×{least}"):
        model(torch.empty(2, 3, least - 1, least, device="meta"))


def test_bn_inception_fits_every_grid():
    model = empty("bn_inception")
    for side in (*range(7, 7 + 32), 299):  # its last grid is a 32nd of the input's
        assert model(torch.empty(1, 3, side, side + 1, device="meta")).shape == (1, 1000)


# The forms of Rethinking, as blocks -----------------------------------------------------------------
PLAIN = il.Defaults(bias=False)


@pytest.mark.parametrize("n", [3, 5, 7, 9])
def test_a_factorized_square_costs_two_parts_in_n(n):
    square = il.cost(il.Conv(6, n), (6, 20, 20), defaults=PLAIN)
    pair = il.cost(il.factorized(n, 6, 6), (6, 20, 20), defaults=PLAIN)
    assert pair.params * n == square.params * 2
    assert pair.out_shape == square.out_shape
    field = pair.layers[-1].receptive_field
    assert field == square.layers[-1].receptive_field == (n, n)
    tall = il.factorized(n, 6, 6, tall_first=True).layers
    assert [conv.kernel_size for conv in tall] == [(n, 1), (1, n)]


def test_figure_5_in_letter_is_smaller_than_what_was_released():
    """The figure has a 3×3 where the released block kept its 5×5."""
    network = il.architecture("inception_v3")
    blocks = {
        f"A{i + 1}": il.two_3x3_block(64, 48, 64, 64, 96, p) for i, p in enumerate((32, 64, 64))
    }
    cost = il.cost(with_stages(network, **blocks))
    assert (cost.params, cost.macs) == (23_687_112, 5_532_582_496)


def test_figure_10_as_it_is_drawn_has_a_1x1_before_both_convolutions():
    released = il.grid_reduction(64, 96, 96, 384, 768)
    drawn = il.grid_reduction(64, 96, 96, 384, 768, reduce=64)
    one, other = (
        il.cost(block, (288, 35, 35), defaults=il.BATCH_NORM) for block in (released, drawn)
    )
    assert one.params == 1_153_280 and one.out_shape == other.out_shape == (768, 17, 17)
    assert other.params < one.params
    assert drawn["3x3"].layers[0] == il.Conv(64)


def test_asymmetric_blocks_have_any_n_and_carry_it_in_their_names():
    block = il.asymmetric_block(8, (4, 4, 8), (4, 4, 4, 4, 8), 8, 32, n=5)
    assert block.names == ("1x1", "5x5", "double5x5", "pool")
    cost = il.cost(block, (16, 17, 17))
    assert cost["5x5"].receptive_field == (5, 5)
    assert cost["double5x5"].receptive_field == (9, 9)


def test_a_row_with_zeros_leaves_branches_out():
    block = il.architecture("bn_inception")["3c"]
    assert block.names == ("3x3", "double3x3", "pool")
    assert block["pool"] == il.MaxPool(3, 2)


# Published listings -----------------------------------------------------------------------------------
def test_listing_b_turns_a_fan_out_into_a_chain():
    wrong, mended = il.cost(il.listing_b()), il.cost(il.listing_b(mended=True))
    assert (wrong.params, wrong["C1"].params) == (41_763_496, 4_254_912)
    assert (mended.params, mended["C1"].params) == (42_648_232, 4_549_824)
    assert wrong.out_shape == (1000, 8, 8) and mended.out_shape == (1000, 1, 1)
    assert wrong["C3"].out_shape == mended["C3"].out_shape == (1536, 8, 8)


def is_affine_but_for_its_max_pooling(network):
    """Whether f(x + y) - f(x) - f(y) + f(0) = 0, averages in place of the largest, biases not 0."""
    from inception_lib.nn.network import InceptionNet
    from inception_lib.tree.width import widened

    torch.manual_seed(0)
    model = InceptionNet(widened(network, 0.1)).double().eval()
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.MaxPool2d):
                mean = nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding)
                setattr(parent, name, mean)
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.normal_(layer.bias, std=0.1)
        x, y = torch.randn(2, 1, 3, 75, 75, dtype=torch.double)
        at = {"both": model(x + y), "x": model(x), "y": model(y), "0": model(0 * x)}
    effect = float((at["x"] - at["0"]).abs().max())
    assert 1e-5 < effect / float(at["0"].abs().max()) < 1e5  # x counts, and the biases do
    gap = float((at["both"] - at["x"] - at["y"] + at["0"]).abs().max())
    return gap < 1e-6 * effect


def test_listing_b_is_affine_but_for_its_max_pooling():
    listed, relu = il.listing_b(), replace(il.listing_b(), defaults=il.PLAIN)
    assert is_affine_but_for_its_max_pooling(listed)
    assert not is_affine_but_for_its_max_pooling(relu)  # the same network with its ReLUs


@pytest.mark.parametrize(
    ("block", "shape", "params", "out"),
    [
        (il.listing_c2(), (192, 32, 32), 219_696, (320, 32, 32)),
        (il.listing_d1(), (3, 256, 256), 140_160, (192, 256, 256)),
    ],
)
def test_listings_of_blocks(block, shape, params, out):
    cost = il.cost(block, shape)
    assert (cost.params, cost.out_shape) == (params, out)


def test_listing_c2_has_dead_biases():
    block = il.build(il.listing_c2(), 192)
    convs = [m for m in block.modules() if isinstance(m, nn.Conv2d)]
    assert sum(m.bias.numel() for m in convs) == 528
    assert {m.eps for m in block.modules() if isinstance(m, nn.BatchNorm2d)} == {1e-3}


@pytest.mark.parametrize(("mended", "keras"), [(False, 7_755_704), (True, 13_446_968)])
def test_listing_d2_as_keras_counts_it(mended, keras):
    network = il.listing_d2(mended=mended)
    norm = convolutions(network)[1]
    assert il.cost(network).params + 2 * norm == keras
    field = il.cost(network)["3a.5x5"].receptive_field
    assert (field == il.cost(network)["3a.1x1"].receptive_field) == (not mended)


def test_listing_e_is_the_papers_table_and_lacks_two_relus():
    cost, network = il.cost(il.listing_e()), il.listing_e()
    assert cost.params == 6_998_552
    linear = [name for name, node in network.stages if getattr(node, "act", None) == "none"]
    assert linear == ["conv2_reduce", "conv2"]


# Options ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [0.05, 0.37, 1.5])
def test_a_width_scales_every_convolution_and_everything_still_fits(name, width):
    aux = name in AUX
    network = il.architecture(name, width=width, num_classes=10, aux=aux)
    full = il.architecture(name, num_classes=10, aux=aux)
    assert sum(p.numel() for p in empty(network).parameters()) == il.cost(network).params
    for thin, wide in zip(il.cost(network).layers, il.cost(full).layers, strict=True):
        assert thin.name == wide.name
        if thin.op.startswith("conv") and not name.startswith("inception_resnet"):
            assert thin.out_shape[0] == max(8, round(width * wide.out_shape[0]))
        assert not thin.op.startswith("conv") or thin.out_shape[0] >= 8


def test_a_width_of_one_is_the_network_itself():
    assert il.architecture("inception_v3", width=1) == il.architecture("inception_v3")


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"name": "googlenet", "pool_proj": 96}, ValueError, "an option of bn_inception alone"),
        ({"name": "bn_inception", "pool_proj": 64}, ValueError, "pool_proj is 64; 4c and 4d have 96"),
        ({"name": "googlenet", "width": 0}, ValueError, "width is 0; it must be a number above 0"),
        ({"name": "googlenet", "width": "wide"}, ValueError, "width is 'wide'"),
        ({"name": "inception_v4", "aux": True}, ValueError, "has no auxiliary heads"),
        ({"name": "inception_resnet_v3"}, KeyError, "Did you mean 'inception_resnet_v"),
        ({"name": "inception_v3", "in_channels": 0}, ValueError, "in_channels is 0"),
        ({"name": "inception_v3", "dropout": 1}, ValueError, "dropout is 1"),
        ({"name": "inception_v3", "num_classes": 2.5}, ValueError, "classes is 2.5"),
    ],
)  # fmt: skip
def test_wrong_options_are_named(options, error, says):
    with pytest.raises(error, match=says):
        il.architecture(**options)


@pytest.mark.parametrize("name", NAMES)
def test_no_classes_gives_pooled_features(name):
    model = empty(name, num_classes=0)
    width = il.cost(name)["avgpool"].out_shape[0]
    assert model(torch.empty(2, 3, 224, 224, device="meta")).shape == (2, width)


@pytest.mark.parametrize("name", ["googlenet", "bn_inception", "inception_v3"])
def test_tables_say_what_the_networks_put_out(name):
    """The public tables are those that the networks are made of: the last number is the sum."""
    tables = {
        "googlenet": il.GOOGLENET, "bn_inception": il.BN_INCEPTION, "inception_v3": il.INCEPTION_V3,
    }  # fmt: skip
    counted = il.cost(name)
    stages = {row.name: row.out_shape[0] for row in counted.stages}
    assert {stage: numbers[-1] for stage, numbers in tables[name].items()}.items() <= stages.items()


def test_the_stem_of_v4_is_that_of_figure_3():
    assert il.cost(il.Chain(tuple(il.v4_stem().values())), (3, 299, 299)).out_shape == (384, 35, 35)
