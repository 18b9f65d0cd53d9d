"""Pictures for long training: which process sees which when, how they are cut, and shards."""

import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from inception_lib.data.shards import MANIFEST, Shards, main, write_shards
from inception_lib.errors import DataError
from inception_lib.training.feed import (
    Bundled,
    Folder,
    Samples,
    Turns,
    collate,
    loader,
    share,
    sources,
    test_transform,
    training_transform,
)
from inception_lib.training.recipes import recipes

RECIPE = recipes()["inception_v3_mindcv"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty pictures of two classes for training and six for testing, of odd sizes and kinds."""
    root = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    for part, count in (("train", 10), ("val", 3)):
        for label in ("cat", "owl.eagle"):
            (root / part / label).mkdir(parents=True)
            for i in range(count):
                values = draw.integers(0, 256, (40 + i, 50, 3), dtype=np.uint8)
                name = f"{i}.a.png" if i % 2 else f"{i}.jpg"
                Image.fromarray(values).save(root / part / label / name)
    return root


@pytest.fixture
def shards(folder, tmp_path):
    for part in ("train", "val"):
        write_shards(folder / part, tmp_path / part, count=7)
    return tmp_path


# ---- order ----


@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_each_picture_once_in_an_epoch_for_any_number_of_processes(world):
    """45 pictures in batches of 8, the last of which is smaller: with 8 processes some have none in it."""
    for epoch in range(2):
        whole = []
        for step in range(epoch * 6, epoch * 6 + 6):
            shares = [share(0, step, 45, 8, rank, world) for rank in range(world)]
            assert max(map(len, shares)) - min(map(len, shares)) <= 1
            together = [pair for pairs in shares for pair in pairs]
            assert sorted(together) == sorted(share(0, step, 45, 8, 0, 1))
            whole += together
        assert sorted(whole) == [(epoch, index) for index in range(45)]
    assert share(0, 0, 45, 8, 0, 1) != share(1, 0, 45, 8, 0, 1)
    assert [i for _, i in share(0, 0, 45, 8, 0, 1)] != [i for _, i in share(0, 6, 45, 8, 0, 1)]


# ---- cutting ----


def cut(source, workers, steps=range(4), recipe=RECIPE):
    small = replace(recipe, input_size=32, resize=36)
    turns = Turns(steps, 0, len(source), 8, 0, 1)
    return list(loader(Samples(source, training_transform(small), 0), turns, workers, False))


def test_a_picture_is_cut_by_seed_epoch_and_number_alone(folder):
    source = Folder(folder / "train")
    torch.manual_seed(1)
    one, other = cut(source, 0), cut(source, 2)
    assert all(torch.equal(a.images, b.images) for a, b in zip(one, other, strict=True))
    late = cut(source, 0, range(3, 4))
    assert torch.equal(late[0].images, one[3].images)
    assert [len(batch.labels) for batch in one] == [8, 8, 4, 8]
    assert one[0].images.shape[1:] == (3, 32, 32) and one[0].images.dtype == torch.uint8
    again = Samples(source, training_transform(replace(RECIPE, input_size=32)), 0)
    epoch, number = share(0, 0, 20, 8, 0, 1)[0]
    assert not torch.equal(again[epoch, number][0], again[epoch + 1, number][0])


def test_a_test_picture_is_its_middle():
    picture = Image.new("RGB", (100, 60), "white")
    got = test_transform(replace(RECIPE, input_size=24, resize=30))(picture)
    assert got.shape == (3, 24, 24) and got.dtype == torch.uint8 and got.min() == 255
    whole = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8)
    assert torch.equal(training_transform(recipes()["mini_googlenet"])(whole), whole)


def test_what_cannot_be_read_is_passed_on_by_name(folder, tmp_path):
    (tmp_path / "a").mkdir()
    Image.new("RGB", (40, 40)).save(tmp_path / "a" / "1.png")
    (tmp_path / "a" / "2.png").write_bytes(b"not a picture")
    batch = collate(
        [Samples(Folder(tmp_path), training_transform(RECIPE), 0)[0, i] for i in range(2)]
    )
    assert len(batch.images) == 1 and batch.broken == ""
    assert len(batch.skipped) == 1 and "2.png (is not a picture" in batch.skipped[0]
    empty = collate([])
    assert len(empty.images) == 0 and len(empty.labels) == 0


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda root: None, "must hold the folders train and val"),
        (
            lambda root: [(root / part).mkdir() for part in ("train", "val")],
            "no pictures in one folder",
        ),
    ],
)
def test_a_folder_without_pictures_is_refused(tmp_path, make, says):
    make(tmp_path)
    with pytest.raises(DataError, match=says):
        sources(tmp_path)


def test_classes_must_agree(folder, tmp_path):
    (tmp_path / "val" / "dog").mkdir(parents=True)
    (tmp_path / "train").symlink_to(folder / "train")
    Image.new("RGB", (40, 40)).save(tmp_path / "val" / "dog" / "1.png")
    with pytest.raises(DataError, match=r"differ in their classes: \['cat', 'dog', 'owl.eagle'\]"):
        sources(tmp_path)


def test_bundled_pictures_are_a_source():
    source = Bundled("test")
    assert len(source) == 4000 and source.picture(3).shape == (3, 32, 32)
    assert source.labels[:3] == [0, 1, 2] and source.name(3) == "crop 3"


# ---- shards ----


def test_shards_hold_every_picture_once(folder, shards):
    train, test = sources(shards)
    assert isinstance(train, Shards) and len(train) == 20 and len(test) == 6
    assert train.classes == ["cat", "owl.eagle"] and len(train.files) == 3
    files = Folder(folder / "train")
    theirs = sorted((np.asarray(files.picture(i)).tobytes(), files.labels[i]) for i in range(20))
    ours = sorted((np.asarray(train.picture(i)).tobytes(), train.labels[i]) for i in range(20))
    assert ours == theirs
    assert train.labels != sorted(train.labels)  # mixed
    assert train.name(0).startswith("shard-000000.tar: ")
    assert all(
        torch.equal(a.images, b.images) for a, b in zip(cut(train, 0), cut(train, 2), strict=True)
    )


def test_webdataset_reads_the_same(shards):
    from webdataset import WebDataset

    train = Shards(shards / "train")
    names = [str(path) for path in sorted((shards / "train").glob("*.tar"))]
    read = list(WebDataset(names, shardshuffle=False).decode("pil"))
    assert [int(sample["cls"]) for sample in read] == train.labels
    for i, sample in enumerate(read):
        picture = next(value for value in sample.values() if isinstance(value, Image.Image))
        assert np.array_equal(np.asarray(picture), np.asarray(train.picture(i)))


def test_two_writings_are_the_same_bytes(folder, shards, tmp_path):
    write_shards(folder / "train", tmp_path / "again", count=7)
    for path in (shards / "train").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def changed(path, how):
    if how == "missing":
        path.unlink()
    elif how == "shorter":
        path.write_bytes(path.read_bytes()[:-1024])
    else:
        with tarfile.open(path) as tar:
            place = next(entry.offset_data for entry in tar if not entry.name.endswith(".cls")) + 30
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.write_bytes(content)


@pytest.mark.parametrize("how", ["missing", "shorter"])
def test_a_shard_that_is_missing_or_shorter_is_refused_at_once(shards, how):
    changed(shards / "train" / "shard-000001.tar", how)
    with pytest.raises(DataError, match=r"shard .*shard-000001\.tar (is missing|has changed)"):
        sources(shards)


def test_a_changed_byte_is_found_when_it_is_read_or_checked(shards, capsys):
    changed(shards / "train" / "shard-000001.tar", "one byte")
    train, _ = sources(shards)
    samples = Samples(train, training_transform(RECIPE), 0)
    found = [samples[0, i] for i in range(20)]
    assert [i for i, item in enumerate(found) if isinstance(item, DataError)] == [7]
    assert "shard-000001.tar" in collate(found).broken and "has changed" in collate(found).broken
    with pytest.raises(DataError, match=r"shard-000001\.tar has changed"):
        sources(shards, verify=True)
    assert main([str(shards / "train"), "--check"]) == 1
    assert "has changed" in capsys.readouterr().err
    assert main([str(shards / "val"), "--check"]) == 0


def test_a_damaged_picture_in_a_whole_shard_is_skipped(tmp_path):
    (tmp_path / "pictures" / "a").mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(tmp_path / "pictures" / "a" / "1.png")
    (tmp_path / "pictures" / "a" / "2.png").write_bytes(b"not a picture")
    assert main([str(tmp_path / "pictures"), str(tmp_path / "out")]) == 0
    train = Shards(tmp_path / "out")
    items = [Samples(train, training_transform(RECIPE), 0)[0, i] for i in range(2)]
    batch = collate(items)
    assert len(batch.images) == 1 and batch.broken == ""
    assert "shard-000000.tar: a/2.png (is not a picture" in batch.skipped[0]


def test_what_is_not_a_folder_of_shards_is_refused(folder, shards, tmp_path):
    with pytest.raises(ValueError, match="holds shards already"):
        write_shards(folder / "train", shards / "train")
    with pytest.raises(ValueError, match="no pictures in one folder for each class"):
        write_shards(tmp_path / "nothing", tmp_path / "out")
    path = shards / "train" / MANIFEST
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"format": 2}))
    with pytest.raises(DataError, match="a later version of this package"):
        sources(shards)
    path.write_text("{")
    with pytest.raises(DataError, match=r"manifest\.json cannot be read"):
        sources(shards)
    with pytest.raises(SystemExit):
        main([str(shards)])
