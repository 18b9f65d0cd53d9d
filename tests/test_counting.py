"""Counts are exact: against integers from outside, and against what the built modules say."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import inception_lib as il
from inception_lib.counting.cost import Cost
from inception_lib.counting.table import Table

# Shape (channels, height, width), parameters and MACs of every stage, in order, as `make network` writes them.
STAGES = json.loads((Path(__file__).parent / "data" / "stages.json").read_text(encoding="utf-8"))
KNOWN = [name for name in STAGES if name in il.list_models()]


@pytest.mark.parametrize("name", KNOWN)
def test_every_stage_of_every_network(name):
    facts, cost = STAGES[name], il.cost(name)
    got = [[*row.out_shape, row.params, row.macs] for row in cost.stages]
    assert got == facts["stages"]
    assert (cost.params, cost.macs) == (facts["params"], facts["macs"])
    convs = [layer for layer in cost.layers if layer.op.startswith("conv")]
    assert len(convs) == facts["convs"]


def test_the_two_blocks_of_stage_3a():
    no_bias = il.Defaults(bias=False)
    naive = il.cost(il.naive_block(64, 128, 32), (192, 28, 28), defaults=no_bias)
    reduced = il.cost(il.reduced_block(64, 96, 128, 16, 32, 32), (192, 28, 28), defaults=no_bias)
    assert (naive.params, naive.macs, naive.out_shape) == (387_072, 303_464_448, (416, 28, 28))
    assert (reduced.params, reduced.out_shape) == (163_328, (256, 28, 28))


def test_the_published_listings():
    assert il.cost(il.listing_a()).params == 94_586
    assert il.cost(il.listing_a())["block"].out_shape[0] == 224
    c1 = il.cost(il.listing_c1(), (3, 256, 256))
    assert (c1.params, c1.out_shape) == (172_960, (256, 256, 256))


def test_rows_address_stages_branches_and_layers():
    cost = il.cost("googlenet")
    assert cost["3a"].out_shape == (256, 28, 28)
    assert cost["3a.5x5"].params == 192 * 16 + 16 + 16 * 32 * 25 + 32
    assert cost["3a.5x5.1"].macs == 16 * 32 * 25 * 28 * 28
    assert [row.name for row in cost.branches("3a")] == ["3a.1x1", "3a.3x3", "3a.5x5", "3a.pool"]
    assert sum(row.params for row in cost.branches("3a")) == cost["3a"].params
    with pytest.raises(KeyError, match=r"Did you mean '3a\.5x5'"):
        cost["3a.5x6"]


def test_activation_bytes_count_each_layer_once():
    cost = il.cost(il.reduced_block(64, 96, 128, 16, 32, 32), (192, 28, 28))
    # every layer's output: 64, 96 + 128, 16 + 32, 192 (the pooling) + 32 channels
    assert cost.activation_bytes == 4 * 28 * 28 * (64 + 96 + 128 + 16 + 32 + 192 + 32)


def test_receptive_field_and_stride_by_hand():
    cost = il.cost("googlenet")
    assert cost["conv1"].receptive_field == (7, 7)
    assert cost["pool1"].receptive_field == (11, 11)  # 7 + (3 - 1) · 2
    assert cost["conv2"].receptive_field == (19, 19)  # 11 + (3 - 1) · 4
    assert cost["3a"].stride == (8, 8)
    assert cost["3a.1x1"].receptive_field == (27, 27)  # 19 + (3 - 1) · 4 by pool2
    assert cost["3a.5x5"].receptive_field == (27 + 4 * 8, 27 + 4 * 8)
    assert cost["3a"].receptive_field == cost["3a.5x5"].receptive_field
    assert il.cost(il.Conv(1, (1, 7)), (1, 9, 9)).rows[0].receptive_field == (1, 7)


@pytest.mark.parametrize(
    ("name", "least"), [("googlenet", 31), ("googlenet_torchvision", 15), ("naive_googlenet", 31)]
)
def test_the_smallest_input(name, least):
    assert il.min_input_size(il.architecture(name)) == least
    il.cost(name, input_size=least)
    with pytest.raises(
        ValueError, match=f"it runs out at .*smallest square input is {least}×{least}"
    ):
        il.cost(name, input_size=least - 1)


def test_inputs_need_not_be_square():
    assert il.cost("googlenet", input_size=(224, 448))["5b"].out_shape == (1024, 7, 14)


def test_a_table_that_contradicts_itself_is_not_counted():
    network = il.architecture("googlenet")
    wrong = dict(network.stages) | {"4c": il.reduced_block(128, 128, 256, 24, 64, 64, 576)}
    says = r"4c: branches give 512 channels \(128 \+ 256 \+ 64 \+ 64\), the table says 576"
    with pytest.raises(ValueError, match=says):
        il.cost(replace(network, stages=tuple(wrong.items())))


UNEVEN = il.Branches({"a": il.Conv(4, 3), "b": il.Conv(4, 3, padding="valid")})


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: il.cost(UNEVEN, (3, 8, 8)), ValueError, "different grids (a 8×8, b 6×6)"),
        (lambda: il.cost(il.Residual(il.Conv(5)), (4, 8, 8)), ValueError, "channels 5, its input has 4; a sum needs both equal"),
        (lambda: il.cost(il.Residual(il.Conv(4, 3, 2)), (4, 8, 8)), ValueError, "grid of 4×4, its input has 8×8"),
        (lambda: il.cost(il.Conv(4, groups=2), (3, 8, 8)), ValueError, "groups is 2; it must divide the 3 channels"),
        (lambda: il.cost("googlnet"), KeyError, "Did you mean 'googlenet'"),
        (lambda: il.cost(il.Conv(3)), TypeError, "give input_shape=(channels, height, width)"),
        (lambda: il.cost(il.Conv(3), (3, 8)), ValueError, "input_shape is (3, 8)"),
        (lambda: il.cost(il.Conv(3), (3, 0, 8)), ValueError, "input_shape is (3, 0, 8)"),
        (lambda: il.cost("googlenet", (3, 224, 224)), TypeError, "give input_size"),
        (lambda: il.cost("googlenet", input_size=0), ValueError, "input_size is 0"),
        (lambda: il.cost("googlenet", input_size="224"), ValueError, "input_size is '224'"),
        (lambda: il.cost(il.Conv(3), (3, 8, 8), num_classes=3), TypeError, "options go with a"),
        (lambda: il.cost(42, (3, 8, 8)), TypeError, "not a part of a network"),
        (lambda: il.cost("naive_googlenet", aux=True), ValueError, "has no auxiliary heads"),
        (lambda: il.cost("googlenet", num_classes=-1), ValueError, "classes is -1"),
        (lambda: il.channel_slices("googlenet"), ValueError, "say which stage of googlenet"),
        (lambda: il.channel_slices("googlenet", "conv1"), ValueError, "only branches are"),
        (lambda: il.channel_slices("googlenet", "9z"), KeyError, "stage '9z' is not known"),
    ],
)  # fmt: skip
def test_bad_input(call, error, says):
    with pytest.raises(error) as raised:
        call()
    assert says in str(raised.value)


def test_channel_slices_follow_the_order_of_the_concatenation():
    assert il.channel_slices("googlenet", "4a") == {
        "1x1": slice(0, 192),
        "3x3": slice(192, 400),
        "5x5": slice(400, 448),
        "pool": slice(448, 512),
    }


def test_a_cost_is_plain_data_and_a_table():
    cost = il.cost("googlenet")
    assert json.loads(json.dumps(cost.to_dict()))["rows"][0]["name"] == "conv1"
    assert cost.to_dict()["macs"] == cost.macs
    text = str(cost)
    assert "6,998,552" in text
    assert "·\u00a03a.5x5" in text
    assert text == repr(cost)
    assert cost._repr_html_().count("<tr>") == len(cost.rows) + 2
    assert len(str(cost.table(branches=False)).splitlines()) == 1 + 1 + len(cost.stages) + 1


def test_a_table_aligns_escapes_and_refuses_ragged_rows():
    table = Table(["a", "n"], [("<x>", 1234), ("y", None), ("z", 0.5)])
    assert str(table).splitlines()[1] == "<x>  1,234"
    assert "&lt;x&gt;" in table._repr_html_()
    lists = [["a", 1234, 0.5, True], ["b", 5, 1.25, False]]
    kinds = (lambda v: v, np.asarray, torch.tensor)
    for kind in kinds:  # and rows that can be read once
        rows = (iter([name, *map(kind, rest)]) for name, *rest in lists)
        assert (
            str(Table("anmb", rows)) == "a      n     m  b\na  1,234  0.50  yes\nb      5  1.25  no"
        )
    with pytest.raises(ValueError, match="a row has 1 cells, the table has 2 columns"):
        Table(["a", "b"], [("only",)])


def test_a_table_with_chinese_names_is_in_columns():
    """A terminal gives such a character two columns."""
    text = str(Table(["student", "1.1"], [("张 三", "right"), ("ada", "–")]))
    assert text.splitlines()[1:] == ["张 三    right", "ada      –"]


def test_printed_letters_are_those_of_the_tables():
    """k, l, m, n of Inception-v4's table 1."""
    tables = {"inception_v4": il.INCEPTION_V4} | il.INCEPTION_RESNETS
    for network in ("inception_v4", "inception_resnet_v1", "inception_resnet_v2"):
        printed = {p.quantity: p.value for p in il.PRINTED if p.network == network and p.stage}
        assert tuple(printed[x] for x in "klmn") == tables[network]["reduction_a"][:4]


def test_rethinking_prints_three_rows_of_another_stem():
    """Table 1 against the released network: which printed inputs differ."""
    cost = il.cost("inception_v3")
    differ = set()
    for fact in il.PRINTED:
        if fact.source == "arXiv 1512.00567, table 1":
            channels, side, _ = cost[fact.stage].in_shape
            if fact.value != {"input side": side, "input channels": channels}[fact.quantity]:
                differ.add((fact.stage, fact.quantity))
    three = {("conv5", "input side"), ("pool2", "input side"), ("A1", "input channels")}
    assert differ == three


def test_counting_needs_no_torch_and_no_numpy():
    """The files without torch, imported where torch, numpy and matplotlib cannot be."""
    code = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "numpy", "matplotlib", "PIL"}:
            raise ImportError(f"{name} is not to be imported here")
sys.meta_path.insert(0, Refuse())
import inception_lib as il
import inception_lib.spec, inception_lib.networks.registry, inception_lib.counting.cost, inception_lib.drawing.draw
assert il.cost("googlenet").params == 6_998_552
assert "<svg" in il.draw("googlenet")._repr_html_()
assert "<svg" in il.steps()._repr_html_()
print("fine")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "fine", run.stderr


def test_cost_takes_models_and_blocks_that_were_built():
    block = il.build(il.naive_block(4, 4, 4), 3)
    assert isinstance(il.cost(block, (3, 8, 8)), Cost)
    assert (
        il.cost(il.create_model("googlenet", num_classes=10)).params
        == il.cost("googlenet", num_classes=10).params
    )
