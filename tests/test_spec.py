"""The vocabulary checks itself: bad input is refused with a message that helps."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import inception_lib as il
from inception_lib.spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Branches,
    Chain,
    Conv,
    Defaults,
    Head,
    MaxPool,
    Network,
    Residual,
    as_node,
)
from inception_lib.tree.walks import kernel_family, label


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Conv(0), "out_channels is 0; it must be an integer of at least 1"),
        (lambda: Conv(-3), "out_channels is -3"),
        (lambda: Conv(2.5), "out_channels is 2.5"),
        (lambda: Conv(True), "out_channels is True"),
        (lambda: Conv(8, 4), "kernel_size is 4×4 with padding 'same'; an even kernel has no"),
        (lambda: Conv(8, (1, 2)), "an even kernel"),
        (lambda: MaxPool(2), "an even kernel"),
        (lambda: Conv(8, 0), "kernel_size is 0"),
        (lambda: Conv(8, (1, 2, 3)), "a pair of them"),
        (lambda: Conv(8, 3, stride=0), "stride is 0"),
        (lambda: Conv(8, 3, padding=1), "padding is 1; it must be one of 'same', 'valid'"),
        (lambda: Conv(8, groups=3), "groups is 3; it must divide out_channels, 8"),
        (lambda: Conv(8, norm="batch"), "norm is 'batch'; it must be one of"),
        (lambda: Conv(8, act="gelu"), "act is 'gelu'"),
        (lambda: Defaults(norm="layer"), "norm is 'layer'"),
        (lambda: LRN(0), "size is 0"),
        (lambda: MaxPool(3, 2, "tf_same", ceil_mode=True), "rounds the grid up already"),
        (lambda: Conv(8, 2), "or padding 'valid' or 'tf_same'"),
        (lambda: Branches({}), "Branches is empty"),
        (lambda: Branches({"a.b": Conv(1)}), "'a.b' is not a name"),
        (lambda: Branches((("a", Conv(1)), ("a", Conv(2)))), "'a' is used 2 times"),
        (lambda: Branches({"a": Conv(1)}, out_channels=-1), "out_channels is -1"),
        (lambda: Residual(Conv(1), act="tanh"), "act is 'tanh'"),
        (lambda: Head(dropout=1.0), "dropout is 1.0; it must be at least 0 and below 1"),
        (lambda: Head(classes=-1), "classes is -1"),
        (lambda: Network("n", {"a": Conv(1)}, in_channels=0), "in_channels is 0"),
        (lambda: AdaptiveAvgPool(0), "output_size is 0"),
        (lambda: Conv(torch.tensor(True)), "out_channels is tensor(True)"),
        (lambda: Conv(8, (3, True)), "kernel_size is (3, True)"),
        (lambda: Conv(8, bias=1), "bias is 1; it must be one of None, True, False"),
        (lambda: Conv(8, act=np.array(["relu", "none"])), "act is array("),
        (lambda: Conv(4, weight_std=-1.0), "weight_std is -1.0; it must be a number above 0"),
        (lambda: Conv(4, weight_std=math.nan), "weight_std is nan"),
        (lambda: MaxPool(ceil_mode="no"), "ceil_mode is 'no'; it must be one of True, False"),
        (lambda: AvgPool(count_include_pad=None), "count_include_pad is None"),
        (lambda: LRN(alpha="small"), "alpha is 'small'; it must be a number of at least 0"),
        (lambda: LRN(beta=math.inf), "beta is inf"),
        (lambda: Defaults(bias="yes"), "bias is 'yes'"),
        (lambda: Defaults(norm_eps=0), "norm_eps is 0"),
        (lambda: Residual(Conv(1), scale="a"), "scale is 'a'; it must be a finite number"),
        (lambda: Residual(Conv(1), scale=True), "scale is True"),
        (lambda: Head(dropout="half"), "dropout is 'half'"),
        (lambda: Head(hidden=(8, 0)), "hidden is 0"),
        (lambda: Network("", {"a": Conv(1)}), "name is ''"),
        (lambda: Network("n", {"a": Conv(1)}, input_size=True), "input_size is True"),
        (lambda: Network("n", {"a": Conv(1)}, aux=[("a", Head()), ("a", Head())]), "'a' is used 2"),
    ],
)
def test_a_wrong_value_is_named(make, says):
    with pytest.raises(ValueError) as error:
        make()
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Head(hidden=1024), "hidden is 1024; it must be the layers' widths"),
        (lambda: Chain(Conv(1)), "it must be a list of layers"),
        (lambda: Branches([Conv(1), Conv(2)]), "give each part a name, such as {'3x3'"),
        (lambda: Branches(3), "Branches got 3; give each part a name"),
        (
            lambda: Network("n", {"a": Conv(1)}, "x"),
            "head is 'x'; it must be a Head, or None",
        ),
        (lambda: Network("n", {"a": Conv(1)}, aux={"a": Conv(1)}), "it must be a Head"),
        (lambda: Network("n", {"a": Conv(1)}, defaults="plain"), "defaults is 'plain'"),
        (lambda: Network(3, {"a": Conv(1)}), "name is 3; it must be text"),
        (lambda: Network({"a": Conv(1)}, Head()), "it must be text"),
        (lambda: il.widened("mini_bn", 2), "network is 'mini_bn'; it must be a Network"),
        (lambda: il.min_input_size(il.create_model("mini_bn")), "model.spec is that of a model"),
    ],
)
def test_a_wrong_kind_is_named(make, says):
    with pytest.raises(TypeError) as error:
        make()
    assert says in str(error.value)


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int16, torch.tensor, np.array])
def test_integers_of_any_library_are_pythons(kind):
    n = kind(3)
    of_theirs = Network(
        "n",
        {"a": Conv(n, n, n, groups=n), "b": MaxPool(n, n), "c": Branches({"d": Conv(n)}, n)},
        Head([AdaptiveAvgPool(n), LRN(n)], (n, n), classes=n),
        input_size=(kind(30), kind(31)),
        in_channels=n,
    )
    ours = Network(
        "n",
        {"a": Conv(3, 3, 3, groups=3), "b": MaxPool(3, 3), "c": Branches({"d": Conv(3)}, 3)},
        Head([AdaptiveAvgPool(3), LRN(3)], (3, 3), classes=3),
        input_size=(30, 31),
        in_channels=3,
    )
    assert of_theirs == ours and repr(of_theirs) == repr(ours)
    assert repr(Residual(Conv(1), np.float32(0.5))) == repr(Residual(Conv(1), 0.5))
    assert repr(MaxPool(ceil_mode=np.True_)) == repr(MaxPool(ceil_mode=True))


def test_a_name_that_a_module_cannot_have_is_refused():
    """All that torch's modules call their own, Python's words, and what would break an address."""
    taken = {name for name in dir(nn.ModuleDict()) if name[0] != "_"}
    for name in (
        *taken,
        "pass",
        "class",
        "None",
        "a.b",
        "",
        " ",
        "a ",
        "_modules",
        "a\nb",
        3,
    ):
        for make in (Branches, lambda parts: Network("n", parts)):
            with pytest.raises(
                ValueError, match=r"is not a name; use|is taken by Python or by torch"
            ):
                make({name: Conv(1)})


@pytest.mark.parametrize(
    "name", ["avgpool", "fc", "fc1", "aux_a", "head", "stages", "aux", "0", "3×3"]
)
def test_any_other_name_runs_and_has_an_address_of_its_own(name):
    net = Network(
        "n",
        {name: Branches({name: Conv(4), "b": Conv(4)}), "a": [MaxPool(3, 2), Conv(6)]},
        Head(hidden=(5,), classes=3),
        aux={"a": Head(classes=3)},
        input_size=16,
    )
    cost = il.cost(net)
    for rows in (cost.rows, cost.layers):
        assert len({row.name for row in rows}) == len(rows)
    assert cost[name].params == 32 and cost.stages[2].op == "global avg pool"
    model = il.create_model(net)
    x = torch.zeros(2, 3, 16, 16)
    assert model(x).shape == (2, 3)
    assert il.features(model, x, [name, f"{name}.{name}"])[f"{name}.{name}"].shape[1] == 4
    assert sum(p.numel() for p in model.parameters()) == cost.params
    assert il.draw(net).alt and il.draw(net[name], (3, 8, 8)).alt
    traced = torch.fx.symbolic_trace(model)
    assert torch.equal(traced(x), model(x))


@pytest.mark.parametrize("thing", [3, "conv", None, object(), Head()])
def test_what_is_no_node_is_refused(thing):
    with pytest.raises(TypeError, match="not a part of a network"):
        as_node(thing)
    with pytest.raises(TypeError, match="Use one of Conv, MaxPool"):
        Branches({"a": thing})


def test_an_unknown_branch_or_stage_names_the_nearest():
    block = Branches({"1x1": Conv(1), "3x3": Conv(2, 3)})
    with pytest.raises(KeyError, match=r"branch '3x' is not known\. Did you mean '3x3'"):
        block["3x"]
    with pytest.raises(KeyError, match=r"Did you mean '3a'"):
        Network("n", {"3a": block})["3A"]
    with pytest.raises(KeyError, match="stage '4z' is not known"):
        Network("n", {"3a": block}, aux={"4z": Head()})


def test_lists_stand_for_chains_and_dicts_for_pairs():
    short = Branches({"a": [Conv(2), Conv(4, 3)]})
    long = Branches((("a", Chain((Conv(2), Conv(4, 3)))),))
    assert short == long
    assert hash(short) == hash(long)
    assert short.names == ("a",)


def test_a_chain_in_a_chain_is_its_layers():
    assert Chain(([Conv(1), [Conv(2)]], Conv(3))) == Chain((Conv(1), Conv(2), Conv(3)))


def test_padding_is_derived():
    assert Conv(1, (1, 7)).pads == (0, 3)
    assert Conv(1, (7, 1)).pads == (3, 0)
    assert Conv(1, 5).pads == (2, 2)
    assert MaxPool(2, 2, "valid").pads == (0, 0)


def test_a_convolution_takes_the_defaults_it_leaves_open():
    modern = Defaults(bias=False, norm="batch_norm")
    assert Conv(1).with_defaults(modern) == (False, "batch_norm", "relu")
    assert Conv(1, bias=True, norm="none", act="none").with_defaults(modern) == (
        True,
        "none",
        "none",
    )


@pytest.mark.parametrize(
    ("node", "family"),
    [
        (Conv(1), "1x1"),
        (Chain((Conv(1), Conv(1, 3))), "3x3"),
        (Chain((Conv(1), Conv(1, 5), Conv(1, 3))), "5x5"),
        (Conv(1, 7), "7x7"),
        (Conv(1, (1, 7)), "1xn"),
        (Chain((MaxPool(3), Conv(1))), "pool"),
        (AvgPool(3), "pool"),
        (Residual(Branches({"a": Conv(1), "b": Conv(1, 3)})), "3x3"),
        (Chain(()), "pool"),
    ],
)
def test_kernel_family(node, family):
    assert kernel_family(node) == family


def test_labels():
    assert label(Conv(64, 7, 2)) == "conv 7×7/2"
    assert label(AdaptiveAvgPool()) == "global avg pool"
    assert label(Chain((MaxPool(3), Conv(1)))) == "max pool 3×3 → conv 1×1"
    assert label(Branches({"a": Conv(1), "b": Conv(1)})) == "2 branches"
