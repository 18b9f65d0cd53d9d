"""Pictures: what they hold, that they need no network, and that no pixel is in both splits."""

import hashlib
import socket

import numpy as np
import pytest
import torch
from PIL import Image

import inception_lib as il
from inception_lib.data import patches
from inception_lib.data.patches import MARGIN
from inception_lib.data.photos import _PHOTOS, Photo
from inception_lib.errors import DownloadError

# the first digits of SHA-256
DIGITS, PATCHES = "a4de8aef91b3e0f5", "5fd42c8d9ec3931d"


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


def test_a_photograph_as_bytes():
    cat = il.photo("cat", 64)
    assert cat.shape == (1, 3, 64, 64)
    assert cat.dtype == torch.uint8
    assert cat.min() < 25
    assert cat.max() > 200
    with pytest.raises(KeyError, match="Did you mean 'cat'"):
        il.photo("cats")


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
    ("call", "says"),
    [
        (lambda: il.photo_patches("val"), "split 'val' is not known"),
        (lambda: il.photo_patches("train", 0), "count is 0"),
        (lambda: il.photo_patches("train", size=0), "size is 0"),
        (lambda: il.photo_patches("train", scales=(64, 32)), "scales are (64, 32)"),
        (lambda: il.photo_patches("train", scales=(16, 9000)), "the smallest half picture"),
        *(
            (lambda size=size: il.photo("cat", size), f"size is {size!r}")
            for size in (0, 200_000, 1.5, True, "32")
        ),
        (lambda: il.photo_patches("train", 10**9, size=8192), "GB, and this machine can"),
        (lambda: il.digits("val"), "split 'val' is not known"),
        (lambda: il.stimuli("disc"), "kind of stimulus 'disc' is not known"),
        (lambda: il.stimuli("dot", (0,)), "sizes are [0]"),
        (lambda: il.stimuli("dot", (99,)), "from 1 to the grid, 33"),
        (lambda: il.stimuli("dot", (1,), grid=32), "give an odd number"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(ValueError) as error:
        call()
    assert says in str(error.value)


def test_no_pixel_is_in_both_splits(monkeypatch):
    """On pictures whose pixels say in which column they stand, the columns of the splits are apart."""
    width = 400
    columns = np.zeros((300, width, 3), np.uint8)
    columns[..., 0] = (np.arange(width) % 256)[None]
    columns[..., 1] = (np.arange(width) // 256)[None]
    marked = {"marked": Photo("marked", columns, "", "")}
    monkeypatch.setattr(patches, "photos", lambda: marked)
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
    assert max(used["train"]) + MARGIN <= min(used["test"])
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


def test_boxes_say_where_a_crop_comes_from():
    photos = list(il.photos().values())
    for split in ("train", "test"):
        patches, labels, boxes = il.photo_patches(split, 40, boxes=True)
        assert torch.equal(patches, il.photo_patches(split, 40)[0])
        for patch, label, box in zip(patches, labels, boxes, strict=True):
            left, top, side = box.tolist()
            pixels = photos[label].pixels[top : top + side, left : left + side]
            assert pixels.shape[:2] == (side, side)
            again = Image.fromarray(pixels).resize((32, 32), Image.Resampling.BILINEAR)
            # Pillow smooths an edge with the pixels next to the box, and rounds by place.
            inner = np.s_[2:-2, 2:-2]
            ours = patch.permute(1, 2, 0).numpy()[inner].astype(int)
            assert np.abs(np.asarray(again)[inner] - ours).max() <= 1


@pytest.fixture(scope="module")
def digits():
    return {split: il.digits(split) for split in ("train", "test")}


def test_digits_are_split_evenly_and_never_twice(digits):
    (images, labels), (others, their_labels) = digits["train"], digits["test"]
    assert images.shape == (4000, 1, 28, 28)
    assert others.shape == (1000, 1, 28, 28)
    assert images.dtype == torch.uint8
    assert labels.bincount().tolist() == [400] * 10
    assert their_labels.bincount().tolist() == [100] * 10
    whole = {image.numpy().tobytes() for image in images}
    assert not any(image.numpy().tobytes() in whole for image in others)


def test_the_bytes_are_those_of_the_records(digits):
    """PNGs and text decode the same everywhere. The five JPEGs may differ by one between decoders."""
    assert hashlib.sha256(digits["train"][0].numpy().tobytes()).hexdigest()[:16] == DIGITS
    patches, labels = il.photo_patches("train", 1000)
    exact = [list(_PHOTOS).index(n) for n in ("astronaut", "cat", "coffee", "motorcycle", "tissue")]
    same = patches[torch.isin(labels, torch.tensor(exact))]
    assert hashlib.sha256(same.numpy().tobytes()).hexdigest()[:16] == PATCHES


def test_the_default_counts():
    for split, count in (("train", 20_000), ("test", 4_000)):
        patches, labels = il.photo_patches(split)
        assert len(patches) == len(labels) == count


def test_input_goes_from_minus_one_to_one():
    pixels = torch.tensor([0, 255], dtype=torch.uint8)
    assert il.as_input(pixels).tolist() == [-1, 1]
    ready = torch.tensor([0.25])
    assert il.as_input(ready) is ready


@pytest.mark.parametrize("load", [il.cifar10, il.imagenette])
@pytest.mark.parametrize("download", [True, False])
def test_without_a_network_the_message_names_what_needs_none(load, download, tmp_path):
    with pytest.raises(DownloadError, match=r"photo_patches\(split\)") as error:
        load("test", tmp_path, download=download)
    assert str(tmp_path) in str(error.value)
    assert socket.getdefaulttimeout() is None
    with pytest.raises(ValueError, match="split 'val' is not known"):
        load("val", tmp_path)


def test_cifar10_from_the_disk(tmp_path, monkeypatch):
    """What torchvision finds on the disk comes as bytes, channels first."""

    class Found:
        def __init__(self, folder, train, download):
            self.data = np.zeros((4, 32, 32, 3), np.uint8)
            self.data[..., 2] = 9
            self.targets = [3, 1, 2, 0] if train else [0]

    monkeypatch.setattr("torchvision.datasets.CIFAR10", Found)
    images, labels = il.cifar10("train", tmp_path)
    assert images.shape == (4, 3, 32, 32)
    assert images[:, 2].unique().tolist() == [9]
    assert labels.tolist() == [3, 1, 2, 0]
