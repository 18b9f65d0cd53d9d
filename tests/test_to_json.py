"""A block as JSON holds all that it was made from: it can be made from it again."""

import json

import pytest

import inception_lib as il
from inception_lib.to_json import to_json

BLOCKS = [
    (name, stage, node)
    for name in il.list_models()
    for stage, node in il.architecture(name).stages
    if isinstance(node, il.Branches | il.Residual | il.Conv | il.MaxPool)
]


def made_again(tree: dict):
    """The node that this JSON stands for."""
    if tree["type"] == "chain":
        return il.Chain(tuple(map(made_again, tree["layers"])))
    if tree["type"] == "branches":
        parts = {part["name"]: made_again(part["node"]) for part in tree["branches"]}
        return il.Merged(parts, merged=tree["merged"]) if "merged" in tree else il.Branches(parts)
    if tree["type"] == "bias":
        return il.Bias()
    if tree["type"] == "residual":
        return il.Residual(made_again(tree["body"]))
    window = {"kernel_size": tuple(tree["kernel"]), "stride": tuple(tree["stride"])}
    middle = [k // 2 for k in tree["kernel"]]
    window["padding"] = "same" if tree["pads"] == middle else "valid" if tree["pads"] else "tf_same"
    if tree["type"] == "conv":
        keys = ("groups", "bias", "norm")
        return il.Conv(tree["out"], **window, **{key: tree[key] for key in keys})
    pool = {"max_pool": il.MaxPool, "avg_pool": il.AvgPool}[tree["type"]]
    return pool(**window, ceil_mode=tree["ceil"])


LINEAR = il.Conv(8, bias=False, norm="none", act="none")
MERGED = il.Merged(
    {"1x1": il.Conv(4, norm="none", bias=True), "pool": [LINEAR, il.AvgPool(3), il.Bias()]},
    12,
    ("1x1", "pool"),
)
BLOCKS.append(("googlenet", "3a", MERGED))


@pytest.mark.parametrize("defaults", [il.PLAIN, il.BATCH_NORM])
@pytest.mark.parametrize("name, stage, node", BLOCKS, ids=[f"{b[0]}-{b[1]}" for b in BLOCKS])
def test_what_is_made_again_costs_the_same(name, stage, node, defaults):
    shape = il.cost(name)[stage].in_shape
    before = il.cost(node, shape, defaults=defaults).to_dict()
    tree = json.loads(json.dumps(to_json(node, defaults)))
    # every default is resolved: others change nothing
    after = il.cost(made_again(tree), shape, defaults=il.Defaults(bias=False)).to_dict()
    assert after == before


def test_a_convolution_is_spelled_out():
    assert to_json(il.Conv(64, (1, 7), 2, "valid", groups=2)) == {
        "type": "conv", "out": 64, "kernel": [1, 7], "stride": [2, 2], "pads": [0, 0],
        "label": "conv 1×7/2", "groups": 2, "bias": True, "norm": "none",
    }  # fmt: skip
    assert to_json(il.Conv(8, 5))["pads"] == [2, 2]
    bare = to_json(il.Conv(8), il.BATCH_NORM)
    assert (bare["bias"], bare["norm"]) == (False, "batch_norm")


def test_defaults_can_be_left_open():
    tree = to_json([il.Conv(8), il.Conv(8, bias=False)], defaults=None)
    layers = [(layer["bias"], layer["norm"]) for layer in tree["layers"]]
    assert layers == [(None, None), (False, None)]


def test_branches_keep_names_order_and_colours():
    tree = to_json(il.reduced_block(64, 96, 128, 16, 32, 32))
    found = [(part["name"], part["family"]) for part in tree["branches"]]
    assert found == [(name, name) for name in ("1x1", "3x3", "5x5", "pool")]


def test_what_stands_in_no_block_is_refused():
    with pytest.raises(TypeError, match="LRN is not part of a block"):
        to_json(il.LRN())
    with pytest.raises(TypeError, match="not a part of a network"):
        to_json("conv")
