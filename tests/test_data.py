"""Pictures: what they hold, that they need no network, and that no pixel is in both splits."""

import socket

import numpy as np
import pytest
import torch
from PIL import Image

import inception_lib as il
from inception_lib import data


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("this test has no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_photographs_are_colour_and_say_where_they_come_from():
    photos = il.photos()
    assert len(photos) == 10
    for name, photo in photos.items():
        assert photo.name == name
        assert photo.pixels.dtype == np.uint8
        assert photo.pixels.ndim == 3
        assert photo.pixels.shape[2] == 3
        assert min(photo.pixels.shape[:2]) >= 300
        assert photo.source
        assert photo.licence


def test_a_photograph_as_input():
    cat = il.photo("cat", 64)
    assert cat.shape == (1, 3, 64, 64)
    assert cat.dtype == torch.float32
    assert 0 <= cat.min() < 0.1
    assert 0.8 < cat.max() <= 1
    with pytest.raises(KeyError, match="Did you mean 'cat'"):
        il.photo("cats")
    with pytest.raises(ValueError, match="size is 0"):
        il.photo("cat", 0)


def test_patches_are_seeded_balanced_and_labelled():
    patches, labels = il.photo_patches("train", 200)
    again, _ = il.photo_patches("train", 200)
    other, _ = il.photo_patches("train", 200, seed=1)
    assert patches.shape == (200, 3, 32, 32)
    assert patches.dtype == torch.uint8
    assert torch.equal(patches, again)
    assert not torch.equal(patches, other)
    assert labels.bincount().tolist() == [20] * 10


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"split": "val"}, "split 'val' is not known"),
        ({"split": "train", "count": 0}, "count is 0"),
        ({"split": "train", "size": 0}, "size is 0"),
        ({"split": "train", "scales": (64, 32)}, "scales are (64, 32)"),
        ({"split": "train", "scales": (16, 9000)}, "the smallest half picture"),
    ],
)
def test_bad_patches(args, says):
    with pytest.raises(ValueError) as error:
        il.photo_patches(**args)
    assert says in str(error.value)


def test_no_pixel_is_in_both_splits(monkeypatch):
    """On pictures whose pixels say in which column they stand, the columns of the splits are apart."""
    width = 400
    columns = np.zeros((300, width, 3), np.uint8)
    columns[..., 0] = (np.arange(width) % 256)[None]
    columns[..., 1] = (np.arange(width) // 256)[None]
    marked = {"marked": data.Photo("marked", columns, "", "")}
    monkeypatch.setattr(data, "photos", lambda: marked)
    # Resized crops mix colours, so the crops themselves are caught on their way.
    seen, resize = [], Image.Image.resize

    def spy(self, size, *args, box=None, **kwargs):
        cut = np.asarray(self.crop(box))[..., :2].astype(int)
        seen.append(cut[..., 0] + 256 * cut[..., 1])
        return resize(self, size, *args, box=box, **kwargs)

    monkeypatch.setattr(Image.Image, "resize", spy)
    used = {}
    for split in ("train", "test"):
        seen.clear()
        il.photo_patches(split, 400)
        used[split] = set(np.concatenate([cut.ravel() for cut in seen]).tolist())
    assert max(used["train"]) + data.MARGIN <= min(used["test"])
    assert len(used["train"]) > 150
    assert len(used["test"]) > 150


def test_stimuli_have_the_size_they_say():
    dots = il.stimuli("dot", (1, 3, 5), grid=11, channels=1)
    assert dots.shape == (3, 1, 11, 11)
    assert dots.sum((1, 2, 3)).tolist() == [1, 9, 21]  # a disc of 5 is a square without corners
    bars = il.stimuli("bar", (1, 3), grid=11, channels=2)
    assert bars[1, 0].sum(1).tolist() == [3] * 11
    turned = il.stimuli("bar", (3,), angle=90, grid=11, channels=1)
    assert torch.equal(turned[0, 0], bars[1, 0].T)
    grating = il.stimuli("grating", (4,), grid=33, channels=1)[0, 0, 0]
    assert grating[16] == 1
    assert grating[20] < 1e-6
    assert grating[24] > 1 - 1e-6


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("disc",), "kind of stimulus 'disc' is not known"),
        (("dot", (0,)), "sizes are [0]"),
        (("dot", (99,)), "from 1 to the grid, 33"),
    ],
)
def test_bad_stimuli(args, says):
    with pytest.raises(ValueError) as error:
        il.stimuli(*args)
    assert says in str(error.value)


def test_a_grid_needs_a_middle():
    with pytest.raises(ValueError, match="give an odd number"):
        il.stimuli("dot", (1,), grid=32)
