"""The crops of chapter 3: how many, which, and from where."""

import numpy as np
import torch
from PIL import Image

import inception_lib as il
from inception_lib.experiments import multi_crop


def test_windows_are_of_the_test_halves_and_not_square():
    pictures, labels = multi_crop.windows(60)
    again, _ = multi_crop.windows(60)
    assert labels[:11].tolist() == [*range(10), 0]
    assert all(np.array_equal(a, b) for a, b in zip(pictures, again, strict=True))
    assert {p.width > p.height for p in pictures} == {True, False}
    shorter = [min(p.size) for p in pictures]
    assert min(shorter) >= 24 and max(shorter) <= 128
    for picture, label in zip(pictures[:10], labels, strict=False):
        whole = list(il.photos().values())[label].pixels
        column = whole.shape[1] // 2 + multi_crop.MARGIN // 2
        cut = np.asarray(picture)
        view = np.lib.stride_tricks.sliding_window_view(whole[:, column:], cut.shape[:2], (0, 1))
        corners = np.all(view[..., 0, 0] == cut[0, 0], -1)
        found = [
            np.array_equal(view[y, x].transpose(1, 2, 0), cut) for y, x in np.argwhere(corners)
        ]
        assert any(found)


def test_a_wide_and_an_upright_picture_give_three_squares_along_their_longer_side():
    pixels = torch.arange(3 * 4 * 7).view(3, 4, 7)
    parts = list(multi_crop.squares(pixels))
    assert [int(part[0, 0, 0]) for part in parts] == [0, 1, 3]
    upright = list(multi_crop.squares(pixels.transpose(1, 2)))
    assert all(torch.equal(a, b.transpose(1, 2)) for a, b in zip(parts, upright, strict=True))


def test_144_crops_in_order():
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    found = multi_crop.crops(Image.fromarray(pixels))
    assert found.shape == (144, 3, 32, 32)
    assert found.dtype == torch.uint8
    by_place = found.unflatten(0, multi_crop.SHAPE)
    assert torch.equal(by_place[:, :, 1], by_place[:, :, 0].flip(-1))
    resized = multi_crop.resized(Image.fromarray(pixels), (49, 37))
    assert torch.equal(by_place[0, 0, 0, 0], resized[:, :32, :32])
    assert torch.equal(by_place[0, 2, 0, 3], resized[:, -32:, -32:])
    middle = list(multi_crop.squares(resized))[1]
    assert torch.equal(by_place[0, 1, 0, 4], middle[:, 2:34, 2:34])


def test_a_square_picture_has_42_different_crops():
    """Up to rounding: here each pixel's neighbours are its like, so that resizing keeps values."""
    places = set()
    for side in multi_crop.SIDES:
        for square in multi_crop.squares(torch.zeros(3, side, side)):
            assert square.shape == (3, side, side)
            last = side - 32
            for corner in ((0, 0), (0, last), (last, 0), (last, last), (last // 2, last // 2)):
                places.add((side, corner))
    assert 2 * (len(places) + 1) == 42


def test_the_means_are_of_the_right_crops():
    shares = torch.rand(2, 144, 10)
    means = multi_crop.means(shares)
    assert list(means) == [1, 10, 144]
    assert torch.equal(means[1], shares[:, 12 + 4])
    ten = [12, 13, 14, 15, 16, 18, 19, 20, 21, 22]
    assert torch.allclose(means[10], shares[:, ten].mean(1))
    assert torch.allclose(means[144], shares.mean(1))


def test_the_record_is_consistent():
    for part in il.training_record("multi_crop")["parts"].values():
        right = part["right"]
        for n in ("10", "144"):
            assert right[n] == right["1"] + part["won"][n] - part["lost"][n]
        assert part["random_crops"]["144"] == round(right["144"] / multi_crop.COUNT, 4)
        assert all(len(hits) == multi_crop.FIRST for hits in part["first_right"].values())
