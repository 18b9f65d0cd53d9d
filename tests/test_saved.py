"""A model in one file: what comes back is what was kept, and a file that is not whole is refused."""

import io
import json
import math
from dataclasses import MISSING, fields

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

import inception_lib as il
from inception_lib.nn.network import InceptionNet
from inception_lib.weights import saved
from tests.networks import covered

OWN = il.Network(
    "of my own",
    {
        "conv": il.Conv(4, (3, 5), (2, 1), "valid", 2, True, "none", "none", 0.3),
        "first": [
            il.LRN(3, 2e-4, 0.7, 1.1),
            il.MaxPool((3, 2), 2, "valid", ceil_mode=True),
            il.Branches(
                {
                    "1×1 é": il.Conv(3),
                    "deep": [il.AvgPool(5, count_include_pad=True), il.Conv(5)],
                    "wide": il.AvgPool((1, 1), 1, "valid", ceil_mode=True),
                },
                12,
            ),
        ],
        "shared": il.Merged({"a": il.Conv(5), "b": [il.Conv(7), il.Bias("none")]}, 12, ("b", "a")),
        "halved": il.AvgPool(2, 2, "valid"),
        "sum": il.Residual([il.Conv(12, 1, act="none")], scale=1 / 3, act="none"),
        "through": [],
    },
    il.Head([il.AdaptiveAvgPool((1, 2))], (6, 5), 0.1, 3, math.pi),
    aux={"first": il.Head(classes=3)},
    input_size=(40, 50),
    in_channels=2,
    defaults=il.Defaults(False, "batch_norm", "none", 1e-4, 0.05),
    title='"quoted"',
    source="nowhere\n",
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def small(**options) -> InceptionNet:
    return il.create_model("mini_reduced", num_classes=3, seed=1, **options)


def same(one: nn.Module, two: nn.Module) -> bool:
    a, b = one.state_dict(), two.state_dict()
    return a.keys() == b.keys() and all(
        torch.equal(a[k], b[k]) and a[k].dtype == b[k].dtype for k in a
    )


def comes_back(model: InceptionNet, path) -> InceptionNet:
    il.save(model, path)
    again = il.load(path)
    assert again.spec == model.spec
    assert repr(again.spec) == repr(model.spec), "the same types, too"
    assert same(again, model)
    return again


@torch.no_grad()
def test_a_network_of_ones_own(path):
    model = InceptionNet(OWN)
    again = comes_back(model, path)
    assert not any(module.training for module in again.modules())
    x = torch.randn(2, 2, 40, 50)
    assert torch.equal(again(x), model.eval()(x))


@pytest.mark.parametrize("name", il.list_models(mini=True))
def test_small_networks(name, path):
    comes_back(il.create_model(name), path)


@pytest.mark.slow
@pytest.mark.parametrize("name", covered(il.list_models()))
def test_every_network(name, path):
    aux = bool(il.architecture(name).aux) or name.startswith(("googlenet", "inception_v3"))
    try:
        model = il.create_model(name, width=0.1, num_classes=5, aux=aux)
    except ValueError:  # without auxiliary heads
        model = il.create_model(name, width=0.1, num_classes=5)
    comes_back(model, path)


def test_names_and_preprocessing(path):
    names, prepare = ["tree bark", "Ziegel, rot", "猫"], il.Preprocessing(32, 40, "bicubic")
    il.save(small(), path, classes=names, preprocessing=prepare)
    model = il.load(path)
    assert model.classes == tuple(names) and model.preprocessing == prepare
    il.save(model, path)  # they stay with the model
    assert il.load(path).classes == tuple(names) and il.load(path).preprocessing == prepare
    il.save(small(), path, classes=np.array(["a", "b", "b"]))  # ImageNet has two cranes
    assert il.load(path).classes == ("a", "b", "b") and il.load(path).preprocessing is None


def test_what_is_loaded_can_be_trained(path):
    il.save(small(), path)
    before, model = path.read_bytes(), il.load(path)
    model.train()(torch.randn(2, 3, 32, 32)).sum().backward()
    torch.optim.SGD(model.parameters(), 0.1).step()
    assert not same(model, small()) and path.read_bytes() == before


@pytest.mark.parametrize(
    "wrap",
    [
        nn.DataParallel,
        lambda m: torch.compile(m, backend="eager"),
        lambda m: torch.optim.swa_utils.AveragedModel(nn.DataParallel(m)),
        lambda m: m.to(torch.bfloat16),
        lambda m: m.to(memory_format=torch.channels_last),
    ],
)
def test_wrapped_and_of_any_type(wrap, path):
    model = small()
    il.save(wrap(model), path)
    assert same(il.load(path), model)


def test_others_read_the_file(path):
    il.save(small(), path, classes=["a", "b", "c"])
    model = il.create_model("mini_reduced", num_classes=3)
    il.load_weights(model, path)
    assert same(model, small())
    with safe_open(path, "pt") as file:
        assert json.loads(file.metadata()["inception_lib"])["classes"] == ["a", "b", "c"]


def changed(model: InceptionNet, how) -> InceptionNet:
    how(model)
    return model


def other_fc(model):
    model.head.fc = nn.Linear(model.head.fc.in_features, 7)


@pytest.mark.parametrize(
    ("model", "options", "error", "says"),
    [
        (small, {"classes": ["a", "b"]}, ValueError, "2 names of classes, and mini_reduced has 3 outputs"),
        (small, {"classes": "abc"}, TypeError, "give a list of strings"),
        (small, {"classes": [1, 2, 3]}, TypeError, "give a list of strings"),
        (small, {"classes": {"a", "b", "c"}}, TypeError, "give a list of strings"),  # in no order
        (small, {"classes": {"b": 1, "a": 0, "c": 2}}, TypeError, "sorted(classes, key=classes.get)"),
        (small, {"classes": ["a", "b", "\ud800"]}, ValueError, "'\\ud800', which cannot be written"),
        (lambda: changed(small(), lambda m: setattr(m, "forward", lambda x: x)), {}, ValueError, "has a forward of its own"),
        (lambda: changed(small(), lambda m: m.register_forward_hook(lambda m, i, o: 2 * o)), {}, ValueError, "has a hook"),
        (lambda: changed(small(), lambda m: m.stages.update({"conv1": m.stages.pop("conv1")})), {}, ValueError, "another order"),
        (lambda: small().to("meta"), {}, ValueError, "on the meta device"),
        (lambda: torch.ao.quantization.quantize_dynamic(small(), {nn.Linear}), {}, ValueError, "head.fc.kind is Linear of torch.ao"),
        (lambda: small().stages, {}, TypeError, "this is a ModuleDict"),
        (lambda: "mini_reduced", {}, TypeError, "this is a str"),
        (small, {"preprocessing": {"size": 32}}, TypeError, "preprocessing is a dict"),
        (small, {"name": "model.pth"}, ValueError, 'must end in ".safetensors"'),
        (lambda: changed(small(), other_fc), {}, ValueError, "head.fc.out_features is 7, and its description says 3"),
        (lambda: changed(small(), lambda m: setattr(m.head.dropout, "p", 0.9)), {}, ValueError, "head.dropout.p is 0.9"),
        (lambda: changed(small(), lambda m: m.stages.pop("3b")), {}, ValueError, "is not there"),
        (lambda: changed(small(), lambda m: m.stages["3b"].add_module("more", nn.Conv2d(1, 1, 1))), {}, ValueError,
         "stages.3b.more.kind is Conv2d, and its description says not there"),
        (lambda: changed(il.create_model("mini_residual"), lambda m: setattr(
            next(x for x in m.modules() if hasattr(x, "scale")), "scale", 9.0)), {}, ValueError, "scale is 9.0"),
        (lambda: changed(small(), lambda m: nn.utils.parametrizations.weight_norm(m.head.fc)), {}, ValueError, "head.fc"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept(model, options, error, says, tmp_path):
    path = tmp_path / options.pop("name", "model.safetensors")
    with pytest.raises(error) as raised:
        il.save(model(), path, **options)
    assert says in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_changed_class_is_followed(path):
    model = small()
    model.reset_classifier(4)
    comes_back(model, path)


def rewritten(content: bytes, change) -> bytes:
    """The file with another header, whole and well formed."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    record = json.loads(header["__metadata__"]["inception_lib"])
    change(header["__metadata__"], record)
    header["__metadata__"].setdefault("inception_lib", json.dumps(record))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def with_record(**news):
    def change(about, record):
        record.update(news)
        del about["inception_lib"]

    return change


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda b: b[:-1], "bytes and has"),
        (lambda b: b[: len(b) // 2], "bytes and has"),
        (lambda b: b[:100], "its header is not whole"),
        (lambda b: b + b"\0", "bytes and has"),
        (lambda b: b[:-1] + bytes([b[-1] ^ 1]), "was changed after it was saved"),
        (lambda b: rewritten(b, with_record(classes=["x", "y", "z"])), "was changed after it was saved"),
        (lambda b: rewritten(b, with_record(format=2)), "a later version of this package (format 2"),
        (lambda b: rewritten(b, lambda about, _: about.update(inception_lib="[")), "was changed after"),
        (lambda b: rewritten(b, lambda about, _: about.pop("sha256")), "was changed after it was saved"),
        (lambda b: b"<html>", "a page of HTML"),
        (lambda b: b"", "an empty file"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_as_it_was_written(spoil, says, path):
    il.save(small(), path, classes=["a", "b", "c"])
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ValueError) as raised:
        il.load(path)
    assert says in str(raised.value) and str(path) in str(raised.value)


@pytest.mark.parametrize(
    "network", [{"is": "Popen", "args": "ls"}, {"is": "Conv", "out_channels": -1}, None]
)
def test_a_description_that_makes_no_network(network, path):
    il.save(small(), path)
    path.write_bytes(rewritten(path.read_bytes(), with_record(network=network)))
    path.write_bytes(saved._sealed(path.read_bytes()))
    with pytest.raises(ValueError, match="does not describe a network"):
        il.load(path)


def test_files_of_weights_alone(path, tmp_path):
    save_file(small().state_dict(), path)
    torch.save(small().state_dict(), tmp_path / "w.pth")
    for file in (path, tmp_path / "w.pth"):
        with pytest.raises(ValueError, match=r"without a description.*il\.load_weights"):
            il.load(file)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        il.load(tmp_path / "none.safetensors")


def test_what_is_no_path(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    il.save(small(), "~/kept/model.safetensors")  # not into a folder that is called ~
    assert same(il.load(tmp_path / "kept" / "model.safetensors"), small())
    assert same(il.load("~/kept/model.safetensors"), small())
    for call in (il.load, lambda what: il.save(small(), what), il.read_picture, il.image_folder):
        for what in (None, small().state_dict(), b"a", io.BytesIO()):
            with pytest.raises(
                TypeError, match=f"a {type(what).__name__} is not the name of a file"
            ):
                call(what)


def test_a_full_disk_leaves_the_old_file(path, monkeypatch):
    il.save(small(), path, classes=["a", "b", "c"])
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        il.save(il.create_model("mini_reduced", num_classes=3, seed=2), path)
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == [path.name]


def test_nothing_of_the_vocabulary_is_left_out():
    """`OWN` has each part, and each field of it once with another value than its default."""
    seen: dict[type, list] = {
        kind: [] for kind in saved._KINDS.values() if kind is not il.Preprocessing
    }
    pending = [OWN]
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending += part
        elif type(part) in seen:
            seen[type(part)].append(part)
            pending += [getattr(part, field.name) for field in fields(part)]
    for kind, parts in seen.items():
        for field in fields(kind):
            default = field.default if field.default_factory is MISSING else field.default_factory()
            assert any(getattr(part, field.name) != default for part in parts), (kind, field.name)
