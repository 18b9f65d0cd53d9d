"""Picture files of every kind, one by one and in folders: what is read, and what is said of the rest."""

import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

import inception_lib as il

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
PICTURE = Image.fromarray(PIXELS)
GRAY = np.asarray(PICTURE.convert("L"))
RAMP = np.linspace(0, 1, 2400).reshape(40, 60)
pytestmark = pytest.mark.filterwarnings("error")


def like(gray):
    return np.repeat(np.asarray(gray)[..., None], 3, 2)


def held(turn):
    """What a camera notes that was held so."""
    exif = Image.Exif()
    exif[0x112] = turn
    return exif


def clear(alpha):
    image = PICTURE.convert("RGBA")
    image.putalpha(alpha)
    return image


# name -> (image, options of save, pixels that are to be read)
FILES = {
    "plain.png": (PICTURE, {}, PIXELS),
    "plain.gif": (PICTURE.convert("P"), {}, np.asarray(PICTURE.convert("P").convert("RGB"))),
    "gray.png": (PICTURE.convert("L"), {}, like(GRAY)),
    "gray and clear.png": (PICTURE.convert("LA"), {}, like(GRAY)),
    "black and white.png": (PICTURE.convert("1"), {}, like(PICTURE.convert("1")) * np.uint8(255)),
    "palette.png": (PICTURE.convert("P"), {}, np.asarray(PICTURE.convert("P").convert("RGB"))),
    "opaque.png": (clear(255), {}, PIXELS),
    "clear.png": (clear(0), {}, np.full_like(PIXELS, 255)),
    "half clear.webp": (clear(128), {"lossless": True}, (127 * 255 + 128.0 * PIXELS) / 255),
    "clear palette.gif": (PICTURE.convert("P"), {"transparency": 0}, None),
    "ink.tiff": (PICTURE.convert("CMYK"), {}, PIXELS),
    "ink.jpg": (Image.new("CMYK", (60, 40), (0, 255, 255, 0)), {}, [254, 0, 0]),
    "16 bits.png": (Image.fromarray((65535 * RAMP).astype(np.uint16)), {}, like(255 * RAMP)),
    "16 bits.tiff": (Image.fromarray((65535 * RAMP).astype(np.uint16)), {}, like(255 * RAMP)),
    "16 bits.pgm": (Image.fromarray((65535 * RAMP).astype(np.uint16)), {}, like(255 * RAMP)),
    "16 bits rounded.png": (
        Image.fromarray((257 * np.arange(1, 256) - 128).astype(np.uint16)[None].repeat(9, 0)),
        {},
        like(np.arange(1, 256)[None].repeat(9, 0) + 0.8),
    ),
    "both eyes.mpo": (PICTURE, {"save_all": True, "append_images": [PICTURE]}, None),
    "floats.tiff": (Image.fromarray(RAMP.astype(np.float32)), {}, like(255 * RAMP)),
    "none.jpg": (PICTURE.convert("L"), {"quality": 95, "exif": b"Exif\0\0no notes"}, None),
}
TURNED = {
    1: PIXELS, 2: PIXELS[:, ::-1], 3: PIXELS[::-1, ::-1], 4: PIXELS[::-1], 5: PIXELS.swapaxes(0, 1),
    6: np.rot90(PIXELS, -1), 7: PIXELS[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(PIXELS),
}  # fmt: skip
for turn, pixels in TURNED.items():
    for kind in ("png", "tiff", "webp"):
        options = {"exif": held(turn), **({"lossless": True} if kind == "webp" else {})}
        FILES[f"held {turn}.{kind}"] = (PICTURE, options, pixels)


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_is_upright_colors_of_8_bits(name, tmp_path):
    image, options, pixels = FILES[name]
    image.save(tmp_path / name, **options)
    found = il.read_picture(tmp_path / name)
    assert found.mode == "RGB"
    if pixels is not None:
        assert np.abs(np.asarray(found) - np.asarray(pixels, float)).max() <= 1
    transform = il.preprocessing("inception_v3").transform
    with Image.open(tmp_path / name) as opened:  # unread, and read twice
        assert torch.equal(transform(opened), transform(found))
    assert torch.equal(il.as_input(found), il.as_input(np.array(found)[None]))


def bomb(side=200_000):
    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99)))


def cut(path):
    PICTURE.save(path, "PNG")
    path.write_bytes(path.read_bytes()[:3000])


def saved(values):
    return lambda path: Image.fromarray(values).save(path)


BAD = {
    "cut.png": (cut, "cannot be read: .*truncated"),
    "empty.jpg": (lambda path: path.touch(), "is empty"),
    "bomb.png": (lambda path: path.write_bytes(bomb()), "is too large: .*40000000000"),
    "phone.heic": (lambda path: path.write_bytes(b"\0\0\0\x18ftypheic"), "pip install pillow-heif"),
    "notes.txt": (lambda path: path.write_text("notes"), "not a picture that Pillow can read"),
    "whole.tiff": (saved((255 * RAMP).astype(np.int32)), "32-bit integers"),
    "far.tiff": (saved((255 * RAMP).astype(np.float32)), "floats from 0 to 255"),
    "nan.tiff": (saved(np.full((4, 4), np.nan, np.float32)), "floats from nan"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_named(name, tmp_path):
    make, says = BAD[name]
    make(tmp_path / name)
    with pytest.raises(ValueError, match=f"{name}.* .?{says}"):
        il.read_picture(tmp_path / name)


def test_no_file_and_several_frames(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*cat\.jpg"):
        il.read_picture(tmp_path / "cat.jpg")
    with pytest.raises(ValueError, match="is a folder"):
        il.read_picture(tmp_path)
    PICTURE.save(tmp_path / "a.tiff", save_all=True, append_images=[PICTURE.rotate(180)] * 2)
    with pytest.warns(UserWarning, match=r"a\.tiff has 3 frames; the first is taken"):
        assert np.array_equal(il.read_picture(str(tmp_path / "a.tiff")), PIXELS)


@pytest.mark.parametrize(
    ("image", "error", "says"),
    [
        (Image.new("RGB", (1, 5000)), ValueError, "1×5000 pixels; cut out"),
        (Image.new("RGB", (0, 5)), ValueError, "0×5 pixels; it is empty"),
        (RAMP, TypeError, r"ndarray of \(40, 60\), float64, is not a picture"),
        (torch.zeros(2, 3, 4, 4).byte(), TypeError, "Tensor of"),
        ("cat.jpg", TypeError, r"a str is not a picture.*read_picture"),
    ],
)
def test_what_is_no_picture_for_a_network(image, error, says):
    with pytest.raises(error, match=says):
        il.preprocessing("inception_v3").transform(image)


def test_bytes_in_any_order_of_axes():
    transform = il.preprocessing("inception_v4").transform
    cat = il.photo("cat", 64)
    for same in (cat, cat[0], cat[0].permute(1, 2, 0).numpy()):
        assert torch.equal(transform(same), transform(cat))


# ---- folders ----


@pytest.fixture
def folder(tmp_path):
    """Two classes of three pictures each, of one color."""
    for name, color in (("apple", (200, 0, 0)), ("leaf", (0, 200, 0))):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.new("RGB", (40, 20 + i), color).save(tmp_path / name / f"{i}.png")
    (tmp_path / ".DS_Store").touch()  # no word about what every folder has
    return tmp_path


def test_a_folder_of_pictures(folder):
    images, labels, names = il.image_folder(folder, size=np.int64(16))
    assert images.shape == (6, 3, 16, 16)
    assert images.dtype == torch.uint8
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert names == ["apple", "leaf"]
    assert images[4].float().mean((1, 2)).tolist() == [0, 200, 0]
    assert il.image_folder(folder, size=16, limit=1)[1].tolist() == [0, 1]


def test_a_folder_is_read_as_its_files_are(folder):
    for name, (image, options, _) in FILES.items():
        image.save(folder / "apple" / name, **options)
    images, labels, _ = il.image_folder(folder, size=8)
    files = sorted((folder / "apple").iterdir())
    assert labels.bincount().tolist() == [len(files), 3]
    for found, path in zip(images, files, strict=False):
        picture = il.read_picture(path)
        side = min(picture.size)
        left, top = ((n - side) // 2 for n in picture.size)
        small = picture.crop((left, top, left + side, top + side)).resize(
            (8, 8), Image.Resampling.BICUBIC
        )
        assert np.array_equal(found.permute(1, 2, 0), small)


def test_what_is_left_out_is_named(folder):
    for name, (make, _) in BAD.items():
        make(folder / "apple" / name)
    (folder / ".hidden").mkdir()
    (folder / "leaf" / "._0.png").write_bytes(b"of a Mac")
    (folder / "alone.png").touch()
    (folder / "leaf" / "back").symlink_to(folder)  # a circle
    frames = [PICTURE, PICTURE.rotate(90)]
    frames[0].save(folder / "leaf" / "two.gif", save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning) as said:
        _, labels, names = il.image_folder(folder, size=8)
    assert len(said) == 1
    text = str(said[0].message)
    for name in (
        "alone.png (in no",
        ".hidden (hidden)",
        "leaf/._0.png (hid",
        "leaf/back (a link",
        "cut.png (cannot",
        "notes.txt (is not a picture",
        "; and 3 more",
    ):
        assert name in text
    assert names == ["apple", "leaf"]
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_what_archives_and_disks_add_is_no_class(folder):
    for path in ("__MACOSX/apple", "leaf/@eaDir", "leaf/more/__MACOSX"):
        (folder / path).mkdir(parents=True)
        PICTURE.save(folder / path / "0.png")
    with pytest.warns(UserWarning) as said:
        _, labels, names = il.image_folder(folder, size=8)
    assert names == ["apple", "leaf"] and labels.tolist() == [0, 0, 0, 1, 1, 1]
    for words in (
        "__MACOSX (added by an archive",
        "leaf/@eaDir (added by a net",
        "more/__MACOSX (",
    ):
        assert words in str(said[0].message)


def test_a_link_to_nothing_is_left_out(tmp_path):
    (tmp_path / "moon").mkdir()
    PICTURE.save(tmp_path / "moon" / "a.png")
    (tmp_path / "moon" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.warns(UserWarning, match="moon/gone.png"):
        assert len(il.image_folder(tmp_path, size=8, limit=np.int64(5))[0]) == 1


@pytest.mark.parametrize(
    ("make", "options", "says"),
    [
        ([], {}, "has no pictures in one folder for each class"),
        (None, {}, "there is no folder"),
        (["moon"], {}, "no pictures for the class 'moon'"),
        (["moon", "moon/notes.txt"], {}, r"class 'moon'.*notes\.txt \(is empty"),
        (["__MACOSX"], {}, "has no pictures in one folder for each class"),
        ([".ipynb_checkpoints"], {}, "has no pictures in one folder for each class"),
        (["moon"], {"limit": 0}, "limit is 0"),
        (["moon"], {"limit": "3"}, "limit is '3'"),
        (["moon"], {"limit": 1.5}, "limit is 1.5"),
        (["moon"], {"size": 200_000}, "size is 200000; give pixels, from 1 to 8,192"),
    ],
)
def test_a_folder_without_pictures(tmp_path, make, options, says):
    folder = tmp_path / "pictures"
    for name in ["", *make] if make is not None else []:
        (folder / name).write_text("") if "." in name[1:] else (folder / name).mkdir()
    with pytest.raises(ValueError, match=says):
        il.image_folder(folder, **options)
