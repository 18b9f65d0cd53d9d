"""Weights that ship: small, described, checked, and made by the recipe that their record names."""

import hashlib
import json
import shutil
import socket
from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import inception_lib as il
from inception_lib.training.plans import FIRST, plan, train_plan
from inception_lib.weights import bundled, records
from inception_lib.weights.records import FILES, shipped

pytestmark = pytest.mark.slow  # trains

NAMES = shipped()
MEGABYTE = 2**20


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("this test has no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_what_ships_is_small():
    sizes = [(FILES / f"{name}.safetensors").stat().st_size for name in NAMES]
    assert {"mini_naive", "mini_reduced", "mini_bn"} <= set(NAMES)
    assert max(sizes) <= 3 * MEGABYTE
    whole = sum(path.stat().st_size for path in FILES.iterdir() if path.is_file())
    assert whole <= 12 * MEGABYTE


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_record_that_fits(name):
    kept = il.training_record(name)
    content = (FILES / f"{name}.safetensors").read_bytes()
    assert kept["sha256"] == hashlib.sha256(content).hexdigest()
    assert kept["bytes"] == len(content)
    assert kept["recipe"] == asdict(plan(name).recipe)
    table = il.training_record("ladder")
    assert (kept["train_data"], kept["test_data"]) == (table["train_data"], table["test_data"])
    assert table["rows"][name]["test_accuracy"][0] == kept["test_accuracy"]
    count = il.cost(name)
    assert (kept["params"], kept["macs"]) == (count.params, count.macs)
    assert kept["seed"] == 0
    assert len(kept["first_losses"]) == FIRST
    assert {"torch", "numpy", "pillow", "python"} <= set(kept["versions"])


@pytest.mark.parametrize("name", NAMES)
def test_each_is_as_good_as_its_record_says(name):
    """On a part of the test crops, so that it takes a second."""
    model = il.create_model(name, pretrained=True)
    images, labels = il.photo_patches("test")
    part = slice(None, 1000)
    accuracy, _ = il.evaluate(model, (images[part], labels[part]))
    assert accuracy == pytest.approx(il.training_record(name)["test_accuracy"], abs=0.04)


def test_a_short_run_sees_the_recorded_losses():
    """The first eight, to two digits: later ones drift apart between processors."""
    name = "mini_reduced"
    kept = il.training_record(name)
    _, history = train_plan(name, kept["seed"], max_steps=8, progress=False)
    np.testing.assert_allclose(history.losses, kept["first_losses"][:8], atol=0.02)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of what ships, to be spoilt."""
    shutil.copytree(str(FILES), tmp_path / "weights")
    monkeypatch.setattr(records, "FILES", tmp_path / "weights")
    monkeypatch.setattr(bundled, "FILES", tmp_path / "weights")
    return tmp_path / "weights"


def test_a_wrong_hash_is_refused(copy):
    path = copy / "mini_reduced.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged or was exchanged"):
        il.create_model("mini_reduced", pretrained=True)


def test_weights_of_other_shapes_are_refused(copy):
    path = copy / "mini_reduced.safetensors"
    state = load_file(path)
    state["head.fc.weight"] = torch.zeros(3, 104)
    save_file(state, path)
    kept = json.loads((copy / "mini_reduced.json").read_text())
    kept["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (copy / "mini_reduced.json").write_text(json.dumps(kept))
    with pytest.raises(ValueError, match=r"head\.fc\.weight is 3×104, this model takes 10×104"):
        il.create_model("mini_reduced", pretrained=True)


def test_other_options_than_the_trained_ones():
    """One channel reads the sum of the three; anything else is refused."""
    x = torch.rand(2, 1, 32, 32) * 2 - 1
    color, gray = (
        il.create_model("mini_reduced", pretrained=True, in_channels=n).eval() for n in (3, 1)
    )
    torch.testing.assert_close(gray(x), color(x.expand(-1, 3, -1, -1)), rtol=0, atol=1e-4)
    for options in ({"in_channels": 4}, {"width": 2.0}):
        with pytest.raises(ValueError, match=r"this model has 4|another width"):
            il.create_model("mini_reduced", pretrained=True, **options)


@pytest.mark.parametrize("aux", [False, True])
def test_other_classes_keep_the_last_layers_as_they_are(aux):
    """As with weights from elsewhere: the trunk is the trained one, the last layers are new."""
    name = "mini_googlenet_aux"
    whole = il.create_model(name, pretrained=True, aux=aux).state_dict()
    fresh = il.create_model(name, num_classes=7, seed=3, aux=aux).state_dict()
    model = il.create_model(name, pretrained=True, num_classes=7, seed=3, aux=aux)
    assert model.head.fc.out_features == 7
    for key, value in model.state_dict().items():
        assert torch.equal(value, (fresh if ".fc." in key else whole)[key]), key


def test_no_classes_give_the_features_of_the_trained_network():
    whole = il.create_model("mini_bn", pretrained=True).eval()
    features = il.create_model("mini_bn", pretrained=True, num_classes=0).eval()
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert features(x).shape == (2, 104)
        assert torch.equal(whole.head.fc(features(x)), whole(x))


def test_a_network_without_weights_says_which_have_some(copy):
    (copy / "mini_reduced.safetensors").unlink()
    with pytest.raises(ValueError, match=r"no weights of mini_reduced ship\. There are: mini_"):
        il.create_model("mini_reduced", pretrained=True)


def test_an_unknown_record_names_the_nearest():
    with pytest.raises(KeyError, match="Did you mean 'ladder'"):
        il.training_record("lader")


@pytest.mark.parametrize("aux", [False, True])
def test_auxiliary_heads_come_when_asked_for(aux):
    model = il.create_model("mini_googlenet_aux", pretrained=True, aux=aux)
    assert len(model.aux) == aux
