"""Weights from elsewhere: by key and not by order, whole or not at all, from a server or without one.

The server is on this machine and serves what the test makes; nothing here leaves it.
"""

import argparse
import gzip
import hashlib
import http.server
import io
import json
import os
import pickle
import re
import subprocess
import sys
import tarfile
import threading
import warnings
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save
from torch import nn

import inception_lib as il
from inception_lib import errors
from inception_lib.errors import WeightsError
from inception_lib.nn.network import InceptionNet
from inception_lib.weights import fetch as weights_fetch
from inception_lib.weights.fetch import Source, load_pretrained, source
from inception_lib.weights.keymaps import LAYOUTS
from inception_lib.weights.matching import key_map
from inception_lib.weights.published import PUBLISHED


@pytest.fixture
def peer(missing):
    """Makes a network of torchvision or timm whose signal lives to the end."""

    def make(library: str, name: str, **options):
        try:
            if library == "torchvision":
                from torchvision.models import get_model as create

                options = {"init_weights": False, **options}
            else:
                from timm import create_model as create
        except ImportError:
            missing(f"{library} is not installed")
        with torch.device("meta"):  # each weight and each statistic is drawn below
            net = create(name, **options)
        return lively(net.to_empty(device="cpu"))

    return make


def lively(net: nn.Module, seed: int = 0) -> nn.Module:
    """He's weights, and random statistics, scales and shifts in every batch normalization."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=draw)
                if module.bias is not None:
                    module.bias.normal_(0, 0.1, generator=draw)
            elif isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1, generator=draw)
                module.running_var.uniform_(0.5, 1.5, generator=draw)
                module.weight.uniform_(0.5, 1.5, generator=draw)
                module.bias.normal_(0, 0.1, generator=draw)
    return net.eval()


def tiny(**options) -> InceptionNet:
    """Two convolutions, an auxiliary head, ten classes: a file of a few kilobytes."""
    aux = options.pop("aux", {"conv": il.Head(classes=10)})
    spec = il.Network(
        "tiny",
        {"conv": il.Conv(4, 3), "block": il.naive_block(2, 3, 4)},
        il.Head(**{"classes": 10, **options}),
        aux=aux,
        input_size=16,
        defaults=il.BATCH_NORM,
    )
    return lively(InceptionNet(spec))


def snapshot(model: nn.Module) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in model.state_dict().items()}


def same(one, two) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)


# ---- keys ----

PEERS = [
    ("googlenet_torchvision", "torchvision", {"aux_logits": True}, (224, 97)),
    ("googlenet_torchvision", "torchvision", {"aux_logits": False}, (64,)),
    ("inception_v3_torchvision", "torchvision", {"aux_logits": True}, (299, 150)),
    ("inception_v3_torchvision", "timm", {"aux_logits": False}, (75,)),
    ("inception_v4", "timm", {}, (299, 129)),
    ("inception_resnet_v2", "timm", {}, (299, 129)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "library", "options", "sides"), PEERS)
@torch.no_grad()
def test_the_same_function(peer, name, library, options, sides):
    """Bit for bit, auxiliary heads too; and every key of theirs is one of ours."""
    net = peer(library, name.removesuffix("_torchvision"), **options)
    aux = options.get("aux_logits", False)
    with torch.device("meta"):
        model = il.create_model(name, aux=aux)
    model = model.to_empty(device="cpu").eval()
    state = net.state_dict()
    done = il.load_weights(model, state, library)
    assert done == (len(state), (), ())
    assert set(key_map(model, library).values()) == set(state)

    for side in sides:
        batch, draw = 1 if side > 200 else 2, torch.Generator().manual_seed(side)
        x = torch.randn(batch, 3, side, side + side % 3, generator=draw)
        ours = model(x)
        assert ours.std() > 0.1, "the signal has died on the way"
        assert batch == 1 or (ours[0] - ours[1]).abs().max() > 0.01, "all inputs are one"
        assert torch.equal(ours, net(x))
        if aux and side > 200:
            taken, heads = {"4a": "aux1", "4d": "aux2", "B4": "AuxLogits"}, []
            for stage, out in model.forward_with_aux(x)[1].items():
                before = il.features(model, x, at=[stage])[stage]
                assert torch.equal(out, getattr(net, taken[stage])(before))
                heads.append(out)
            assert len(heads) == 1 or not torch.equal(*heads)  # torchvision once swapped them


@torch.no_grad()
def test_padding_is_not_part_of_the_weights():
    """Both v3 take the same files; only what they do at the border differs."""
    one, two = (
        il.create_model(name, num_classes=10, width=0.25, seed=0).eval()
        for name in ("inception_v3", "inception_v3_torchvision")
    )
    assert same(one.state_dict(), two.state_dict())
    x = torch.randn(1, 3, 139, 139)
    assert not torch.equal(one(x), two(x))
    ones = torch.ones(1, 1, 5, 5)
    inside, counted = (model.stages["A1"]["pool"][0](ones) for model in (one, two))
    assert torch.equal(inside, ones) and torch.equal(counted[0, 0, 1:4, 1:4], torch.ones(3, 3))
    assert float(counted[0, 0, 0, 0]) == pytest.approx(4 / 9)


@pytest.mark.parametrize(
    ("name", "layout"), [(n, layout) for n, known in LAYOUTS.items() for layout in known]
)
def test_every_layer_has_one_name(name, layout):
    with torch.device("meta"):
        model = il.create_model(name, aux=name.startswith(("googlenet", "inception_v3")))
    keys = key_map(model, layout)
    nameless = [key for key in model.state_dict() if key not in keys]
    assert all(layout == "keras" and key.startswith("aux.") for key in nameless)
    assert len(set(keys.values())) == len(keys)
    units = set(LAYOUTS[name][layout]())
    used = {u for u in units for key in keys if key.startswith(f"{u}.")}
    assert units - used == set(), "the table names layers that the network does not have"


@torch.no_grad()
def test_a_swap_of_equal_shapes_is_a_swap(peer):
    """Names count, not places: theirs swapped is ours swapped, and another order changes nothing."""
    net = peer("torchvision", "googlenet", aux_logits=False)
    one, two = "inception5a.branch1", "inception5b.branch4.1"
    three, four = "inception4b.branch4.1", "inception4c.branch4.1"  # 512 -> 64 both
    state = net.state_dict()
    assert state[f"{three}.conv.weight"].shape == state[f"{four}.conv.weight"].shape
    assert state[f"{one}.conv.weight"].shape != state[f"{two}.conv.weight"].shape

    model = il.create_model("googlenet_torchvision", seed=0).eval()
    x = torch.randn(1, 3, 64, 64)
    il.load_weights(model, dict(reversed(state.items())))
    before = model(x)
    assert torch.equal(before, net(x))

    swapped = {key: value.clone() for key, value in state.items()}
    for leaf in ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"):
        for to, at in ((three, four), (four, three)):
            swapped[f"{to}.{leaf}"] = state[f"{at}.{leaf}"].clone()
    il.load_weights(model, swapped)
    net.load_state_dict(swapped)
    assert not torch.equal(model(x), before)
    assert torch.equal(model(x), net(x))


def test_auxiliary_heads_without_a_place(peer):
    state = peer("torchvision", "googlenet", aux_logits=True).state_dict()
    model = il.create_model("googlenet_torchvision", seed=0)
    done = il.load_weights(model, state)
    assert done.loaded == len(model.state_dict())
    assert set(done.ignored) == {key for key in state if key.startswith("aux")}
    features = il.create_model("googlenet_torchvision", num_classes=0, seed=0)
    assert {"fc.weight", "fc.bias"} < set(il.load_weights(features, state).ignored)


def test_counters_may_be_absent():
    model, other = tiny(), tiny()
    state = {k: v for k, v in other.state_dict().items() if not k.endswith("num_batches_tracked")}
    assert il.load_weights(model, state, "inception_lib").loaded == len(state)


def test_parts_may_be_kept():
    model, other = tiny(), lively(tiny(), seed=1)
    before = snapshot(model)
    done = il.load_weights(model, other.state_dict(), "inception_lib", keep=["head.fc", "aux"])
    assert set(done.kept) == {k for k in before if k.startswith(("head.fc", "aux"))}
    after = model.state_dict()
    for key, value in other.state_dict().items():
        assert torch.equal(after[key], before[key] if key in done.kept else value)


def wrapped(state: dict, before: str) -> dict:
    return {f"{before}{key}": value for key, value in state.items()}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda m: nn.DataParallel(m).state_dict(),
        lambda m: torch.compile(m, backend="eager").state_dict(),
        lambda m: torch.optim.swa_utils.AveragedModel(m).state_dict(),
        lambda m: {"state_dict": wrapped(m.state_dict(), "model._orig_mod.module."), "epoch": 3},
        lambda m: wrapped(m.state_dict(), "some.net."),
        lambda m: {"belongs": {"recipe": {}}, "model": m.state_dict(), "history": {"losses": [1.0]},
                   "optimizer": {"state": {0: {"momentum_buffer": torch.ones(3)}}}},
        lambda m: {key: value.numpy() for key, value in m.state_dict().items()},
    ],
    ids=["parallel", "compiled", "averaged", "lightning", "prefix", "checkpoint", "numpy"],
)  # fmt: skip
def test_what_wraps_the_weights_is_no_matter(wrap):
    model, other = tiny(), lively(tiny(), seed=1)
    assert il.load_weights(model, wrap(other)).loaded == len(model.state_dict())
    assert same(model.state_dict(), other.state_dict())
    partly = tiny()  # and a model that is wrapped itself, or a part of it
    partly.stages["block"] = torch.compile(partly.stages["block"], backend="eager")
    il.load_weights(nn.DataParallel(partly), other.state_dict())
    assert all(map(torch.equal, partly.state_dict().values(), other.state_dict().values()))


def test_what_fit_keeps_can_be_loaded(tmp_path):
    recipe = il.Recipe(epochs=1, batch_size=4)
    x, y = torch.rand(4, 3, 16, 16) * 2 - 1, torch.arange(4)
    trained, model = tiny(aux=()), tiny(aux=())
    il.fit(trained, (x, y), recipe=recipe, checkpoint=tmp_path / "run.pt", progress=False)
    il.load_weights(model, tmp_path / "run.pt")
    assert same(model.state_dict(), trained.state_dict())


def small_v3(name: str = "inception_v3", **options) -> InceptionNet:
    return lively(il.create_model(name, width=0.1, **{"num_classes": 10, **options}))


def renamed(model: InceptionNet, layout: str) -> dict[str, torch.Tensor]:
    own = model.state_dict()
    return {theirs: own[key] for key, theirs in key_map(model, layout).items()}


def test_layouts_are_known_by_their_keys():
    """Not by the name of the network, and nobody need say which."""
    state = renamed(small_v3(), "torchvision")
    for head in (il.Head(classes=10), il.Head(classes=0), il.Head(hidden=(7,), classes=10), None):
        spec = replace(small_v3().spec, name="of my own", head=head)
        model = InceptionNet(spec)
        done = il.load_weights(model, state, keep=["head"] if head and head.hidden else [])
        assert not done.kept or done.kept[0] == "head.hidden.0.weight"
        assert done.ignored == (() if head and head.classes else ("fc.weight", "fc.bias"))
        stem = "stages.conv1.conv.weight"
        assert torch.equal(model.state_dict()[stem], state["Conv2d_1a_3x3.conv.weight"])
    other = tiny(hidden=(5,)).state_dict()
    assert set(il.load_weights(tiny(classes=0), other).ignored) == {
        k for k in other if k[:4] == "head"
    }


@pytest.mark.parametrize(
    "layout",
    [
        {"head.fc": "classifier"},
        {"head.fc.weight": "classifier.weight", "head.fc.bias": "classifier.bias"},
        lambda ours: ours.replace("head.fc", "classifier"),
    ],
)
def test_a_map_of_ones_own(layout):
    model, other = tiny(), lively(tiny(), seed=1)
    state = {k.replace("head.fc", "classifier"): v for k, v in other.state_dict().items()}
    with pytest.raises(ValueError, match=r'pass layout=\{"head.fc": "classifier"\}'):
        il.load_weights(model, state)
    il.load_weights(model, wrapped(state, "module."), layout)
    assert same(model.state_dict(), other.state_dict())
    if isinstance(layout, dict):  # what it does not name is found as usual
        state = renamed(small_v3(), "torchvision")
        for leaf in ("weight", "bias"):
            state[f"classifier.{leaf}"] = state.pop(f"fc.{leaf}")
        assert il.load_weights(small_v3(), state, layout).loaded == len(state)


def keras_names(model: InceptionNet, first: int = 0) -> dict[str, np.ndarray]:
    """A model's weights as Keras has them: numbered from `first`, no gamma, height × width first."""
    found = {}
    leaves = {"bias": "bias", "running_mean": "moving_mean", "running_var": "moving_variance"}
    for key, value in renamed(model, "keras").items():
        layer, leaf = key.rsplit(".", 1)
        stem, _, number = layer.rpartition("_")
        if stem in ("conv2d", "batch_normalization"):
            number = int(number) + first
            layer = f"{stem}_{number}" if number else stem
        norm = "batch_norm" in layer or layer.endswith("_bn")
        leaf = "beta" if norm and leaf == "bias" else leaves.get(leaf, "kernel")
        if norm and leaf == "kernel":  # gamma, or a counter
            continue
        value = (
            value.permute((2, 3, 1, 0) if value.ndim == 4 else (1, 0)) if value.ndim > 1 else value
        )
        found[f"{layer}/{leaf}"] = value.contiguous().numpy()
    return found


def ones_for_gamma(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    return model


KERAS_ORDER = ["kernel", "bias", "beta", "moving_mean", "moving_variance"]


def as_h5(path, arrays: dict, kind: str) -> None:
    """As Keras 2's `save` and Keras 3's `save_weights` lay out a file."""
    import h5py

    with h5py.File(path, "w") as file:
        for key, value in arrays.items():
            layer, leaf = key.split("/")
            if kind == "old":
                file[f"model_weights/{layer}/{layer}/{leaf}:0"] = value
            else:
                rank = sorted(
                    (k.split("/")[1] for k in arrays if k.split("/")[0] == layer),
                    key=KERAS_ORDER.index,
                )
                group = file.require_group(f"layers/any_{layer}/vars")
                group[str(rank.index(leaf))] = value
                if kind != "nameless":
                    group.attrs["name"] = layer
        file["optimizer/vars/0"] = np.zeros(2)


KERAS = {
    "paths": lambda a, to: a,
    "old names": lambda a, to: {f"{k.split('/')[0]}/{k}:0": v for k, v in reversed(a.items())},
    "get_weights": lambda a, to: {
        layer: [a[f"{layer}/{leaf}"] for leaf in KERAS_ORDER
                if f"{layer}/{leaf}" in a] for layer in {k.split("/")[0]: 0 for k in a}} | {"mixed0": []},
    "npz": lambda a, to: np.savez(to / "w.npz", **a) or to / "w.npz",
    "old h5": lambda a, to: as_h5(to / "w.h5", a, "old") or to / "w.h5",
    "new h5": lambda a, to: as_h5(to / "w.h5", a, "new") or to / "w.h5",
}  # fmt: skip


@pytest.mark.parametrize("form", KERAS)
def test_keras(form, tmp_path, missing):
    if "h5" in form:
        try:
            import h5py  # noqa: F401
        except ImportError:
            missing("h5py is not installed")
    for first in (0, 94):
        want, model = ones_for_gamma(small_v3()), small_v3(num_classes=10)
        given = KERAS[form](keras_names(want, first), tmp_path)
        il.load_weights(lively(model, seed=2), given, "keras" if first else None)
        assert same(model.state_dict(), want.state_dict())
    if form == "new h5":
        as_h5(tmp_path / "n.h5", keras_names(want), "nameless")
        with pytest.raises(ValueError, match="does not say which layer is which"):
            il.load_weights(model, tmp_path / "n.h5")


# What keras.applications of Keras 3.15 makes, looked up there by the shapes of the kernels; logits of both
# networks with random weights were equal to ours.
IN_KERAS = {
    "inception_v3": {
        "conv5.conv": "conv2d_4", "A1.1x1.conv": "conv2d_5", "A1.5x5.1.norm": "batch_normalization_7",
        "A1.pool.1.conv": "conv2d_11", "A3.double3x3.2.conv": "conv2d_24",
        "reduction_a.3x3.conv": "conv2d_26", "B1.7x7.1.conv": "conv2d_32",
        "B4.double7x7.4.conv": "conv2d_68", "reduction_b.7x7_3x3.3.conv": "conv2d_75",
        "C1.3x3_split.1.3x1.conv": "conv2d_79", "C2.double3x3_split.2.1x3.conv": "conv2d_91",
        "C2.pool.1.norm": "batch_normalization_93",
    },
    "inception_resnet_v2": {
        "A10.body.0.1x1.conv": "conv2d_66", "C10.body.0.3x3.2.conv": "conv2d_202",
        "A10.body.1.conv": "block35_10_conv", "B20.body.1.conv": "block17_20_conv",
        "C10.body.1.conv": "block8_10_conv", "conv6.norm": "conv_7b_bn",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", IN_KERAS)
def test_the_order_in_which_keras_makes_layers(name):
    table = LAYOUTS[name]["keras"]()
    assert {key: table[f"stages.{key}"] for key in IN_KERAS[name]} == IN_KERAS[name]
    counted = [to for to in table.values() if to.startswith("conv2d_")]
    assert counted == [
        f"conv2d_{i}" for i in range({"inception_v3": 94, "inception_resnet_v2": 203}[name])
    ]


@pytest.mark.parametrize(
    ("network", "layout", "classes", "says"),
    [
        ("inception_v3", "torchvision", 1008, "create_model\\(\"inception_v3_fid\", num_classes=1008\\)"),
        ("inception_v3_torchvision", "torchvision", 1008, "FID is computed with"),
        ("inception_v3_fid", "torchvision", 1000, "pools by the maximum"),
        ("inception_v3_torchvision", "keras", 1000, "Keras does not"),
        ("inception_v3", "torchvision", 1000, None),
        ("inception_v3_fid", "torchvision", 1008, None),
        ("inception_v3", "keras", 1000, None),
    ],
)  # fmt: skip
def test_weights_of_another_network_that_fit_by_shape(network, layout, classes, says):
    source = small_v3(num_classes=classes)
    state = keras_names(source) if layout == "keras" else renamed(source, layout)
    for options in ({"num_classes": classes}, {"num_classes": 0}):
        model = small_v3(network, **options)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            il.load_weights(model, state)
        assert len(caught) == bool(says)
        assert not says or re.search(says, str(caught[0].message))


def test_the_name_of_a_file_of_fid(tmp_path):
    path, source = tmp_path / "pt_inception-2015-12-05-6726825d.pth", small_v3()
    torch.save(renamed(source, "torchvision"), path)
    with pytest.warns(UserWarning, match="look like the weights that FID is computed with"):
        il.load_weights(small_v3(), path)


def torch_bytes(what: object, **options) -> bytes:
    file = io.BytesIO()
    torch.save(what, file, **options)
    return file.getvalue()


def archive(kind: str, name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as opened:
            opened.writestr(name, content)
    else:
        with tarfile.open(fileobj=file, mode="w") as opened:
            about = tarfile.TarInfo(name)
            about.size = len(content)
            opened.addfile(about, io.BytesIO(content))
    return file.getvalue()


def numpy_bytes(*arrays, **named) -> bytes:
    file = io.BytesIO()
    np.savez(file, *arrays, **named)
    return file.getvalue()


def damaged(content: bytes) -> bytes:
    half = len(content) // 2
    return content[:half] + bytes([content[half] ^ 255]) + content[half + 1 :]


@pytest.mark.parametrize("name", ["w.pth", "w", "w.safetensors"])
@pytest.mark.parametrize(
    "write",
    [torch_bytes, lambda s: torch_bytes({"model": s, "args": argparse.Namespace(lr=0.1)}),
     lambda s: torch_bytes(s, _use_new_zipfile_serialization=False), save,
     lambda s: torch_bytes({key: value.double() for key, value in s.items()}),  # the counters, too
     lambda s: numpy_bytes(**{key: value.numpy() for key, value in s.items()})],
)  # fmt: skip
def test_files_are_known_by_what_is_in_them(tmp_path, write, name):
    model, want = lively(tiny(), seed=2), tiny().state_dict()
    (tmp_path / name).write_bytes(write(want))
    il.load_weights(model, tmp_path / name)
    assert same(model.state_dict(), want)


@pytest.mark.parametrize(
    ("change", "options", "error", "says"),
    [
        (lambda v: v, {"keep": 3}, TypeError, "keep is 3; give addresses"),
        (lambda v: v, {"layout": {"head.fc": 3}}, TypeError, "'head.fc' is 3; give"),
        (lambda v: v.to("meta"), {}, ValueError, "is on the meta device"),
        (lambda v: v.to(torch.int8), {}, ValueError, "holds torch.int8.*dequantize"),
    ],
)
def test_weights_that_cannot_be_copied(change, options, error, says):
    state = {key: change(value) for key, value in tiny().state_dict().items()}
    with pytest.raises(error, match=f"(?s){says}"):
        il.load_weights(tiny(), state, **options)


def test_weights_that_hold_nan():
    state = {
        key: value * torch.nan for key, value in tiny().state_dict().items() if "norm" not in key
    }
    state = tiny().state_dict() | {"head.fc.bias": state["head.fc.bias"]}
    with pytest.warns(UserWarning, match=r"head\.fc\.bias.*NaN"):
        il.load_weights(tiny(), state)
    assert il.load_weights(tiny(), state, keep="head.fc").kept  # one address as it is


STATE = {"head.fc.bias": torch.ones(500)}
NOT_WEIGHTS = {
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n", "a Git LFS pointer"),
    "html": (b"\n<!DOCTYPE html><html>", "a page of HTML or XML"),
    "xml": (b"<?xml version='1.0'?><Error>", "a page of HTML or XML"),
    "json": (b'{"weight_map": {}}', "JSON"),
    "empty": (b"", "an empty file"),
    "zeros": (bytes(900), "begins with zeros"),
    "text": (b"hello", "nothing that is known; it begins with b'hello'"),
    "picture": (b"\xff\xd8\xff\xe0" + bytes(99), "a JPEG picture"),
    "cut torch": (torch_bytes(STATE)[:700], "is not whole"),
    "cut old torch": (torch_bytes(STATE, _use_new_zipfile_serialization=False)[:300], "is not whole"),
    "damaged torch": (damaged(torch_bytes(STATE)), "is damaged"),
    "cut safetensors": (save(STATE)[:1000], "it should have 2,080 bytes and has 1,000"),
    "cut header": (save(STATE)[:20], "its header is not whole"),
    "cut hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file"),
    "model": (torch_bytes(nn.Linear(2, 2)), "(torch.nn.modules.linear.Linear), such as a whole model"),
    "list": (torch_bytes([1]), "a list that torch.save wrote"),
    "pickle": (pickle.dumps({"a": 1}), "another program's pickle"),
    "zip": (archive("zip", "w.pth", b"1"), "a zip archive; in it: w.pth"),
    "tar": (archive("tar", "w.pth", b"1"), "a tar archive"),
    "gzip": (gzip.compress(b"1"), "a gzip archive"),
    "script": (archive("zip", "net/constants.pkl", b"1"), "a TorchScript program"),
    "nameless": (numpy_bytes(np.ones(3)), "arrays of NumPy without names"),
    "folder": (None, "a folder; in it: part.pth"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_WEIGHTS)
def test_files_that_hold_no_weights(kind, tmp_path):
    content, says = NOT_WEIGHTS[kind]
    path, model = tmp_path / "w.pth", tiny()
    if content is None:
        path.mkdir()
        (path / "part.pth").write_bytes(b"")
    else:
        path.write_bytes(content)
    before = snapshot(model)
    with pytest.raises(ValueError, match=re.escape(says)) as raised:
        il.load_weights(model, path)
    assert str(path) in str(raised.value) and "set `weights_only" not in str(raised.value)
    assert same(model.state_dict(), before)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        il.load_weights(model, tmp_path / "none")


class Trap:
    """What a pickle can do to who reads it carelessly: here it makes a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_no_pickle_in_a_file_is_run(tmp_path):
    torch.save({"head.fc.weight": Trap(tmp_path / "sprung")}, tmp_path / "w.pth")
    with pytest.raises(ValueError, match="Reading these could run code"):
        il.load_weights(tiny(), tmp_path / "w.pth", "inception_lib")
    assert not (tmp_path / "sprung").exists()


def drop(state, key):
    return {k: v for k, v in state.items() if k != key}


@pytest.mark.parametrize(
    ("change", "options", "error", "says"),
    [
        (lambda s: drop(s, "stages.block.3x3.conv.weight"), {}, ValueError, "1 missing: stages.block.3x3.conv.weight."),
        (lambda s: s | {"new": torch.zeros(1)}, {}, ValueError, "1 unexpected: new."),
        (lambda s: s | {"stages.conv.conv.weight": torch.zeros(4, 3, 5, 5)}, {}, ValueError,
         "1 ill-shaped: stages.conv.conv.weight is 4×3×5×5, this model takes 4×3×3×3."),
        (lambda s: s | {"head.fc.bias": [0.0] * 10}, {}, ValueError, "is a list, not a tensor"),
        (lambda s: s | {"head.fc.bias": torch.zeros(10, dtype=torch.int64)}, {}, ValueError,
         "holds torch.int64, this model takes torch.float32"),
        (lambda s: s | {"head.fc.weight": torch.zeros(7, 13), "head.fc.bias": torch.zeros(7)}, {}, ValueError,
         "create the model with that num_classes, or pass keep=['head.fc']"),
        (lambda s: {k: v for k, v in s.items() if not k.startswith("aux")}, {}, ValueError,
         "create the model with aux=False, or pass keep=['aux']"),
        (lambda s: {}, {}, ValueError, "more)."),
        (lambda s: {"model": s, "ema": s}, {}, ValueError, "2 sets of weights for tiny: checkpoint['ema']; checkpoint['model']"),
        (lambda s: wrapped(s, "net.") | wrapped(s, "ema."), {}, ValueError, "keys that begin with 'ema.'"),
        (lambda s: wrapped(s, "net.") | {"loss.w": torch.ones(1)}, {}, ValueError, "does not begin with 'net.'"),
        (lambda s: {"recipe": {}, "step": 3}, {}, ValueError, "none of ['recipe'] holds weights"),
        (lambda s: s | {"head.fc.weight": torch.zeros(10, 7)}, {}, ValueError, "the file is of another network"),
        (lambda s: s | {"stages.conv.conv.weight": torch.zeros(4, 1, 3, 3)}, {}, ValueError, "1 ill-shaped"),
        (lambda s: {k: v for k, v in s.items() if not k.startswith("head")}, {}, ValueError,
         "with num_classes=0, or pass keep=['head.fc']"),
        (lambda s: {f"a.{i}": v for i, v in enumerate(s.values())}, {"layout": None}, ValueError,
         "layout={our key: their key}"),
        (lambda s: s, {"layout": {"head.fx": "a"}}, ValueError, "Did you mean 'head.fc'"),
        (lambda s: s, {"layout": lambda key: "a"}, ValueError, "gives 'a' to more than one"),
        (lambda s: s, {"layout": 5}, TypeError, "layout is a int"),
        (lambda s: tiny(), {}, TypeError, "is a model: pass its state_dict()"),
        (lambda s: s, {"keep": ["head.fx"]}, ValueError, "Did you mean 'head.fc'"),
        (lambda s: s, {"layout": "timm"}, ValueError, "layout of tiny 'timm' is not known"),
        (lambda s: list(s), {}, TypeError, "a list is not a state dict"),
    ],
)  # fmt: skip
def test_refusals_leave_the_model_alone(change, options, error, says):
    model = tiny()
    before = snapshot(model)
    options = {"layout": "inception_lib", **options}
    with pytest.raises(error) as raised:
        il.load_weights(model, change(tiny().state_dict()), **options)
    assert says in str(raised.value)
    assert same(model.state_dict(), before)


def test_refusals_of_other_layouts(peer):
    state = peer("torchvision", "googlenet", aux_logits=False).state_dict()
    model = il.create_model("googlenet_torchvision", seed=0)
    before = snapshot(model)
    with pytest.raises(ValueError, match='The keys are those of layout="torchvision"'):
        il.load_weights(model, state, "inception_lib")
    with pytest.raises(TypeError, match="takes a model first, not a OrderedDict"):
        il.load_weights(state, model)
    ten = il.create_model("googlenet_torchvision", num_classes=10, seed=0)
    with pytest.raises(ValueError, match=r"fc\.weight is 1000×1024, this model takes 10×1024"):
        il.load_weights(ten, state)
    assert same(model.state_dict(), before)
    with torch.device("meta"):
        empty = il.create_model("googlenet_torchvision")
    with pytest.raises(ValueError, match="to_empty"):
        il.load_weights(empty, state)


# ---- files from a server ----


class Server(http.server.ThreadingHTTPServer):
    """Serves `answers`: path -> function of the handler. Counts what it is asked in `asked`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked, self.over = {}, [], threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.answers.get(self.path, missing_file)(self)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def whole(body: bytes, sent: int | None = None, **headers: str):
    """Answers with the body, or its first bytes only."""

    def answer(handler):
        handler.send_response(200)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(body[:sent])

    return answer


def flipped(body: bytes) -> bytes:
    """The body, one bit of it changed."""
    return body[:-1] + bytes([body[-1] ^ 1])


def missing_file(handler):
    handler.send_error(404)


def stalled(handler):
    handler.server.over.wait(30)


def stalled_midway(body: bytes):
    def answer(handler):
        whole(body, sent=len(body) // 2)(handler)
        handler.wfile.flush()
        stalled(handler)

    return answer


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield made
        made.over.set()
        made.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return lively(tiny(), seed=1).state_dict()


def as_file(state, stem: str) -> tuple[bytes, str]:
    """A file of weights, and its name with its hash as torch's hub has them."""
    file = io.BytesIO()
    torch.save(state, file)
    body = file.getvalue()
    return body, f"{stem}-{hashlib.sha256(body).hexdigest()[:8]}.pth"


@pytest.fixture(scope="module")
def pth(weights) -> tuple[bytes, str]:
    return as_file(weights, "tiny")


def left(folder) -> list[str]:
    """The files below a folder that have something in them and are no locks or tags."""
    found = [p for p in folder.rglob("*") if p.is_file() and p.stat().st_size]
    return sorted(p.name for p in found if p.name != "CACHEDIR.TAG" and "refs" not in p.parts)


def fetch(origin: Source, folder):
    """A tiny model with the weights of `origin`; where that fails, the model is as it was."""
    model = tiny()
    before = snapshot(model)
    try:
        done = load_pretrained(model, origin, cache_dir=folder, timeout=0.5, progress=False)
    except WeightsError:
        assert same(model.state_dict(), before)
        raise
    return model, done


def at(server, path: str) -> Source:
    return Source("inception_lib", url=f"{server.url}/{path}")


def test_a_good_file_comes_once(server, tmp_path, pth, weights):
    body, name = pth
    server.answers[f"/{name}"] = whole(body)
    for _ in range(2):
        model, _ = fetch(at(server, name), tmp_path)
        assert same(model.state_dict(), weights)
    assert server.asked == [f"GET /{name}"]
    assert left(tmp_path) == [name]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda body: whole(body, sent=len(body) // 2), "invalid hash value"),
        (lambda body: whole(flipped(body)), "invalid hash value"),
        (lambda body: missing_file, "404"),
        (lambda body: stalled, "timed out"),
        (stalled_midway, "timed out"),
    ],
    ids=["truncated", "wrong hash", "404", "stalled", "stalled midway"],
)
def test_a_bad_answer_leaves_nothing(server, tmp_path, pth, answer, says):
    body, name = pth
    server.answers[f"/{name}"] = answer(body)
    with pytest.raises(WeightsError) as raised:
        fetch(at(server, name), tmp_path)
    text = str(raised.value)
    assert says in text
    assert f"{server.url}/{name}" in text, "what was tried"
    assert 'create_model("tiny", seed=0)' in text and "load_weights(" in text, "what can be done"
    assert name in text and name[5:13] in text, "which file, and its hash"
    assert list(tmp_path.rglob("*")) == []


def test_no_server(tmp_path, pth):
    with pytest.raises(WeightsError, match="needs no network"):
        fetch(Source("inception_lib", url=f"http://127.0.0.1:9/{pth[1]}"), tmp_path)


def test_timeouts_of_others_stay(server, tmp_path, pth):
    import socket

    before = socket.getdefaulttimeout()
    with pytest.raises(WeightsError):
        fetch(at(server, pth[1]), tmp_path)
    assert socket.getdefaulttimeout() == before


def test_a_file_that_was_changed_in_the_cache(server, tmp_path, pth):
    (tmp_path / pth[1]).write_bytes(b"something else")
    with pytest.raises(WeightsError, match="Remove it"):
        fetch(at(server, pth[1]), tmp_path)
    assert server.asked == []
    assert left(tmp_path) == [pth[1]]


def test_no_pickle_from_a_server_is_run(server, tmp_path):
    body, name = as_file({"trap": Trap(tmp_path / "sprung")}, "trap")
    server.answers[f"/{name}"] = whole(body)
    with pytest.raises(WeightsError, match="Weights only load failed"):
        fetch(at(server, name), tmp_path / "cache")
    assert not (tmp_path / "sprung").exists()
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("name", ["tiny.pth", "tiny-.pth", "tiny-abc.pth"])
def test_no_hash_no_file(server, tmp_path, pth, name):
    server.answers[f"/{name}"] = whole(pth[0])
    with pytest.raises(WeightsError, match="no hash in its name"):
        fetch(at(server, name), tmp_path)
    assert server.asked == []


# ---- files from a hub ----


@pytest.fixture
def hub(server, weights, missing):
    """A repository on the server, as the Hugging Face hub would show it."""
    try:
        import huggingface_hub  # noqa: F401
    except ImportError:
        missing("huggingface_hub is not installed")
    body = save(weights)
    origin = Source("inception_lib", repo="some/tiny", endpoint=server.url)
    path = f"/{origin.repo}/resolve/main/{origin.file}"

    def publish(shown: bytes = body, given: bytes = body, digest: str | None = None):
        digest = digest or hashlib.sha256(shown).hexdigest()
        heads = {"ETag": f'"{digest}"', "X_Repo_Commit": "a" * 40, "X_Linked_Size": str(len(shown))}
        server.answers[path] = whole(given, **heads)

    return origin, publish, path, body


def test_a_good_repository_is_asked_once(server, hub, tmp_path, weights):
    origin, publish, path, body = hub
    publish()
    assert same(fetch(origin, tmp_path)[0].state_dict(), weights)
    asked = len(server.asked)
    assert f"GET {path}" in server.asked
    assert same(fetch(origin, tmp_path)[0].state_dict(), weights)
    assert len(server.asked) == asked
    assert hashlib.sha256(body).hexdigest() in left(tmp_path)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (lambda body: {"given": body[: len(body) // 2]}, "Consistency check failed"),
        (lambda body: {"given": flipped(body)}, "is not what its source published"),
        (lambda body: {"digest": "b" * 40}, "gives no SHA-256"),
        (None, "404"),
        (stalled, "needs no network"),
    ],
    ids=["truncated", "wrong hash", "no hash", "404", "stalled"],
)
def test_a_bad_repository_leaves_nothing(server, hub, tmp_path, how, says):
    origin, publish, path, body = hub
    if how is stalled:
        server.answers[path] = stalled
    elif how:
        publish(**how(body))
    with pytest.raises(WeightsError) as raised:
        fetch(origin, tmp_path)
    text = str(raised.value)
    assert says in text
    assert f"model.safetensors of some/tiny on {server.url}" in text
    assert 'create_model("tiny", seed=0)' in text and "load_weights(" in text
    assert left(tmp_path) == []


def test_a_file_that_was_changed_in_the_hubs_cache(server, hub, tmp_path, weights):
    origin, publish, _, body = hub
    publish()
    fetch(origin, tmp_path)
    (blob,) = tmp_path.rglob(hashlib.sha256(body).hexdigest())
    blob.write_bytes(flipped(body))
    with pytest.raises(WeightsError, match="Remove it") as raised:
        fetch(origin, tmp_path)
    assert str(blob) in str(raised.value)
    blob.unlink()  # as the message says
    assert same(fetch(origin, tmp_path)[0].state_dict(), weights)


# ---- create_model(pretrained=True) ----


def test_where_the_published_files_are(missing):
    """Addresses are the libraries' own; here only that they are of the kind we can check."""
    for name, about in PUBLISHED.items():
        try:
            origin = source(name)
        except ImportError as error:
            missing(str(error))
        assert origin.layout == about.library and about.library in LAYOUTS[name]
        if origin.url:
            assert torch.hub.HASH_REGEX.search(origin.url)
        else:
            assert origin.file.endswith(".safetensors")


@pytest.fixture
def published(server, peer, tmp_path, monkeypatch):
    """torchvision's GoogLeNet with random weights, as if it were the published one."""
    net = peer("torchvision", "googlenet", aux_logits=True)
    body, name = as_file(net.state_dict(), "googlenet")
    server.answers[f"/{name}"] = whole(body)
    origin = Source("torchvision", url=f"{server.url}/{name}")
    monkeypatch.setattr(weights_fetch, "source", lambda _: origin)
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    return net


@torch.no_grad()
def test_create_model_pretrained(published):
    name = "googlenet_torchvision"
    x = torch.randn(1, 3, 64, 64)
    model = il.create_model(name, pretrained=True)
    assert model.training, "as every model that create_model makes"
    assert torch.equal(model.eval()(x), published(x))

    features = il.create_model(name, num_classes=0, pretrained=True).eval()
    assert torch.equal(model.head.fc(features(x)), model(x))

    ten = il.create_model(name, num_classes=10, pretrained=True, seed=3).eval()
    fresh = il.create_model(name, num_classes=10, seed=3)
    assert torch.equal(ten.head.fc.weight, fresh.head.fc.weight)
    assert torch.equal(il.features(ten, x, at=["5b"])["5b"], il.features(model, x, at=["5b"])["5b"])

    with pytest.warns(UserWarning, match="auxiliary heads of this googlenet_torchvision"):
        aux = il.create_model(name, num_classes=10, aux=True, pretrained=True)
    assert torch.equal(aux.aux["4a"].hidden[0].weight, published.aux1.fc1.weight)

    gray = il.create_model(name, in_channels=1, pretrained=True).eval()
    torch.testing.assert_close(
        gray(x[:, :1]), model(x[:, :1].expand(-1, 3, -1, -1)), rtol=0, atol=1e-4
    )
    with pytest.raises(ValueError, match=r"take 3 input channels \(or 1.*this model has 4"):
        il.create_model(name, in_channels=4, pretrained=True)


@pytest.mark.slow
def test_the_control_that_a_reader_runs(published, root, capsys):
    """The very lines that chapter 12 shows: a GoogLeNet whose "5x5" branch has a 3×3 kernel."""
    assert published.inception3a.branch3[1].conv.kernel_size == (3, 3)
    (chapter,) = root.glob("chapters/12-*.ipynb")
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    (lines,) = re.findall(r"```python\n([^`]*googlenet_torchvision[^`]*)```", text)
    found: dict = {"il": il}
    exec(lines, found)
    said = [line for line in capsys.readouterr().out.splitlines() if line[:2] in ("3a", "3b")]
    assert [line.split()[:2] for line in said] == [["3a", "color"], ["3b", "curvature"]]
    assert all(
        re.search(r"5x5 -?[\d.]+, pool .*; p = [\d.e-]+ \(9,999 ways", line) for line in said
    )
    ours, theirs = found["model"].stages["3a"]["5x5"][1].conv, published.inception3a.branch3[1].conv
    assert torch.equal(ours.weight, theirs.weight)


def test_a_network_without_trained_weights():
    with pytest.raises(ValueError, match="no trained weights for naive_googlenet"):
        il.create_model("naive_googlenet", pretrained=True)


def test_heads_that_the_file_does_not_have(server, tmp_path):
    weights = tiny(aux=()).state_dict()
    body, name = as_file(weights, "tiny")
    server.answers[f"/{name}"] = whole(body)
    with pytest.warns(UserWarning, match="auxiliary heads of this tiny are not trained"):
        model, done = fetch(at(server, name), tmp_path / "cache")
    assert {key.split(".")[0] for key in done.kept} == {"aux"}
    assert torch.equal(model.head.fc.weight, weights["head.fc.weight"])


@pytest.mark.parametrize(
    ("gone", "call"),
    [
        ("timm", lambda: source("inception_v4")),
        ("torchvision", lambda: source("googlenet_torchvision")),
        ("torchvision", il.imagenet_classes),
    ],
)
def test_a_library_that_is_not_there(monkeypatch, gone, call):
    def absent(name):
        raise ModuleNotFoundError(name, name=name.split(".")[0])

    monkeypatch.setattr(errors, "import_module", absent)
    with pytest.raises(ImportError, match=f"needs {gone}, which is not installed: pip install "):
        call()


# ---- pictures ----


def pictures() -> list[Image.Image]:
    cat = photo()
    sizes = [cat, cat.crop((0, 0, 200, 283)), cat.resize((500, 341))]
    return [*sizes, cat.convert("L"), cat.convert("RGBA")]


def photo() -> Image.Image:
    values = torch.randint(0, 256, (301, 451, 3), generator=torch.Generator().manual_seed(0))
    return Image.fromarray(values.byte().numpy())


@pytest.mark.parametrize("name", ["googlenet_torchvision", "inception_v3_torchvision"])
@torch.no_grad()
def test_preprocessing_is_torchvisions(peer, name):
    """Their transforms and their model, which maps its input again, against ours, which does not."""
    import torchvision.models

    theirs = name.removesuffix("_torchvision")
    net = peer("torchvision", theirs, aux_logits=False, transform_input=True)
    bare = torchvision.models.get_weight(PUBLISHED[name].weights)
    transforms, ours = bare.transforms(), il.preprocessing(name)
    model = il.create_model(name, seed=0).eval()
    il.load_weights(model, net.state_dict())
    for picture in pictures():
        x, y = transforms(picture.convert("RGB"))[None], ours.transform(picture)[None]
        torch.testing.assert_close(y, net._transform_input(x), rtol=0, atol=1e-6)
    torch.testing.assert_close(model(y), net(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["inception_v3", "inception_v4", "inception_resnet_v2"])
def test_preprocessing_is_timms(missing, name):
    try:
        import timm.data
    except ImportError:
        missing("timm is not installed")
    config = timm.get_pretrained_cfg(PUBLISHED[name].weights)
    resolved = timm.data.resolve_data_config(pretrained_cfg=config.to_dict())
    theirs, ours = timm.data.create_transform(**resolved), il.preprocessing(name)
    assert (ours.mean, ours.std) == (config.mean, config.std) == ((0.5,) * 3, (0.5,) * 3)
    for picture in pictures():
        assert torch.equal(ours.transform(picture), theirs(picture.convert("RGB")))


def test_preprocessing_takes_arrays_and_refuses_the_rest():
    ours = il.preprocessing("inception_v4")
    picture = photo()
    assert torch.equal(ours.transform(np.asarray(picture)), ours.transform(picture))
    assert ours.transform(picture).shape == (3, 299, 299)
    with pytest.raises(TypeError, match="is not a picture"):
        ours.transform(torch.zeros(3, 8, 8))
    with pytest.raises(ValueError, match="no trained weights for googlenet"):
        il.preprocessing("googlenet")


def test_imagenet_classes(missing):
    try:
        names = il.imagenet_classes()
    except ImportError as error:
        missing(str(error))
    assert len(names) == 1000
    assert (names[0], names[285], names[999]) == ("tench", "Egyptian cat", "toilet tissue")


def test_the_tables_need_no_torch():
    code = "import sys; sys.modules['torch'] = sys.modules['numpy'] = None\nimport inception_lib.weights.keymaps, inception_lib.weights.published"
    subprocess.run([sys.executable, "-c", code], check=True)
