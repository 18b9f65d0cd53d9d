"""Chapter 11's experiment: its pictures, what it freezes, and that its record can be had again."""

import os

import numpy as np
import pytest
import torch
from PIL import Image

import inception_lib as il
from inception_lib.experiments import own_pictures as own

pytestmark = pytest.mark.slow  # trains


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("pictures")
    own.make_folder(str(where), train=3, test=2)
    return where


def test_the_folder_is_as_a_reader_would_have_it(folder):
    images, labels, names = il.image_folder(folder / "train", size=32)
    assert tuple(names) == own.SURFACES
    assert images.shape == (21, 3, 32, 32)
    assert labels.bincount().tolist() == [3] * 7
    assert torch.equal(images[:, 0], images[:, 2])  # grey
    assert sorted(os.listdir(folder / "test" / "moon")) == ["00.png", "01.png"]


def test_the_pictures_of_a_number_are_always_the_same(folder, tmp_path):
    own.make_folder(str(tmp_path), train=2, test=1, first=1)
    for name in ("01.png", "02.png"):
        one, other = (
            np.asarray(Image.open(where / "train" / "coins" / name)) for where in (folder, tmp_path)
        )
        assert (one == other).all()


def test_training_and_test_pictures_come_from_disjoint_halves():
    import skimage.data

    for name in own.SURFACES:
        left, right = (own._half(name, split) for split in ("train", "test"))
        whole = getattr(skimage.data, name)()
        assert left.size[0] + right.size[0] + own.MARGIN == whole.shape[1]
        assert (np.asarray(left) == whole[:, : left.size[0]]).all()
        assert (np.asarray(right) == whole[:, -right.size[0] :]).all()
        assert min(*left.size, *right.size) >= 91  # the largest crop


def test_the_shipped_networks_have_not_seen_these_pictures():
    known = [photo.source.rsplit(".", 1)[-1] for photo in il.photos().values()]
    assert not set(own.SURFACES) & set(known)


@pytest.fixture
def data(folder):
    return il.image_folder(folder / "train", size=32)[:2]


def test_frozen_stages_keep_weights_and_statistics(data):
    model = own.start(own.SHIPPED, 0)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    losses = own.tune(model, data, 0, frozen=("conv1", "3a"), batch=4, steps=2)
    assert len(losses) == 2
    for key, value in model.state_dict().items():
        frozen = key.startswith(("stages.conv1.", "stages.3a."))
        assert torch.equal(value, before[key]) == frozen, key
    assert own.change(before, model)["3a"] == 0 < own.change(before, model)["4b"]


@pytest.mark.parametrize("fixed", [False, True])
def test_statistics_can_be_fixed(data, fixed):
    model = own.start(own.SHIPPED, 0)
    before = model.stages["3a"]["1x1"].norm.running_mean.clone()
    own.tune(model, data, 0, fixed_statistics=fixed, batch=4, steps=1)
    assert torch.equal(model.stages["3a"]["1x1"].norm.running_mean, before) == fixed


def test_a_run_can_be_had_again(data):
    runs = [own.tune(own.start(own.SHIPPED, 1), data, 1, steps=2, flips=True) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0] != own.tune(own.start(own.SHIPPED, 1), data, 1, steps=2)


def test_grey_pictures_have_no_colour_and_lights_of_their_own():
    images = torch.full((4, 3, 2, 2), 100, dtype=torch.uint8)
    images[:, 0] = 220
    found = own.grey(images)
    assert found.shape == images.shape and found.dtype == torch.uint8
    assert torch.equal(found[:, 0], found[:, 1]) and torch.equal(found[:, 0], found[:, 2])
    assert len(found[:, 0, 0, 0].unique()) > 1
    assert torch.equal(found, own.grey(images))


def test_grey_weights_come_into_the_trunk_alone(monkeypatch, data):
    trained = own.start(own.RANDOM, 5).stages.state_dict()
    monkeypatch.setattr(own, "grey_weights", lambda: trained)
    model = own.start(own.GREY, 0)
    assert all(torch.equal(model.stages.state_dict()[key], trained[key]) for key in trained)
    assert not model.head.fc.weight.any()
    assert own.trunk(own.GREY, 0, data[0])(il.as_input(data[0])).shape == (21, 104)


def test_the_linear_layer_learns_its_pictures(data):
    features = il.predict(own.trunk(own.SHIPPED, 0, data[0]), data[0])
    head = own.linear(features, data[1])
    assert (head(features).argmax(1) == data[1]).float().mean() > 0.8
