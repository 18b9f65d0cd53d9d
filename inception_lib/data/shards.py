"""Pictures in shards: plain tar files with a manifest, read at any place.

A shard is a tar file in webdataset's naming: `class/name.jpg` and, after it, its label `class/name.cls`.
Any program that reads tar, and webdataset itself, reads them in order. `manifest.json` says where in
which file each picture begins, so that they can be read in the order that a seed gives.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import tarfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from ..errors import DataError, as_path, needs, whole
from ..weights.preprocess import rgb
from ..weights.saved import write_atomically

FORMAT = 1
MANIFEST = "manifest.json"
_COLUMNS = ("names", "offsets", "sizes", "labels", "crc32")


class Shards:
    """The pictures of a folder that `write_shards` made.

    Args:
        folder: holds `manifest.json` and the tar files.
        verify: whether to compare the SHA-256 of every file with the manifest now, which reads all of
            them. Without it their lengths are compared, and each picture's CRC-32 as it is read.

    Attributes:
        classes: names by label; `labels` by number of the picture.

    Raises:
        DataError: no manifest, one of a later version, a file that is missing or has changed.
    """

    def __init__(self, folder: str | os.PathLike, *, verify: bool = False):
        self.folder = as_path(folder)
        try:
            content = (self.folder / MANIFEST).read_bytes()
            kept = json.loads(content)
            version, self.classes, self.files = kept["format"], kept["classes"], kept["shards"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self.folder / MANIFEST} cannot be read ({error}); write the shards again."
            ) from error
        if version > FORMAT:
            raise DataError(
                f"{self.folder / MANIFEST} was written by a later version of this package (format "
                f"{version}; this one reads {FORMAT}): update the package."
            )
        self.fingerprint = hashlib.sha256(content).hexdigest()[:16]
        self.names, self.offsets, self.sizes, self.labels, self._crcs = (
            [value for file in self.files for value in file[column]] for column in _COLUMNS
        )
        self._file = [i for i, file in enumerate(self.files) for _ in file["names"]]
        self._open: dict[tuple[int, int], Any] = {}
        for file in self.files:
            self._check(self.folder / file["file"], file, verify)

    def _check(self, path: Path, file: dict, verify: bool) -> None:
        length = path.stat().st_size if path.is_file() else None
        if length is None:
            raise DataError(
                f"the shard {path} is missing; {len(file['names'])} pictures are in it."
            )
        if length != file["bytes"] or (verify and _sha256(path) != file["sha256"]):
            raise DataError(
                f"the shard {path} has changed since its manifest was written; copy it again, or write "
                "the shards again."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, index: int) -> str:
        """Shard and name of a picture, for messages."""
        return f"{self.files[self._file[index]]['file']}: {self.names[index]}"

    def picture(self, index: int) -> Image.Image:
        """A picture, in color and upright.

        Raises:
            DataError: the bytes are not those of the manifest. ValueError: they are not a picture.
        """
        content = self._read(self._file[index], self.offsets[index], self.sizes[index])
        if zlib.crc32(content) != self._crcs[index]:
            raise DataError(
                f"the shard {self.folder / self.name(index)} has changed since its manifest was "
                "written; copy it again, or write the shards again."
            )
        try:
            with Image.open(BytesIO(content)) as image:
                image.load()
                return rgb(image)
        except UnidentifiedImageError as error:  # its own words name an object in memory
            raise ValueError("is not a picture that Pillow can read, or it is damaged") from error
        except Exception as error:  # each decoder has its own
            raise ValueError(str(error) or type(error).__name__) from error

    def _read(self, number: int, offset: int, size: int) -> bytes:
        key = (os.getpid(), number)  # a worker that was forked opens its own
        if key not in self._open:
            self._open[key] = (self.folder / self.files[number]["file"]).open("rb")
        self._open[key].seek(offset)
        return self._open[key].read(size)

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_open": {}}


def write_shards(
    folder: str | os.PathLike, out: str | os.PathLike, *, count: int = 10_000, size: int = 10**9
) -> int:
    """Write a folder with one subfolder for each class into shards.

    The pictures are copied byte for byte, those of all classes mixed by a fixed order. The manifest
    comes last: a run that was stopped leaves none, and is begun again.

    Args:
        folder: as for torchvision's `ImageFolder`.
        out: where to; a folder that has no manifest yet.
        count: pictures in a shard at most; `size`: bytes.

    Returns:
        How many pictures were written.

    Raises:
        ValueError: no such folder, no pictures, or shards that are there already.
        ImportError: torchvision or webdataset is not installed.
    """
    found = needs("torchvision.datasets", "write_shards").ImageFolder
    writer = needs("webdataset", "write_shards").ShardWriter
    folder, out = as_path(folder), as_path(out)
    whole("count", count), whole("size", size)
    if (out / MANIFEST).exists():
        raise ValueError(f"{out} holds shards already; name another folder, or remove it first.")
    try:
        listed = found(folder)
    except FileNotFoundError as error:
        raise ValueError(
            f"{folder} has no pictures in one folder for each class: {error}"
        ) from error
    out.mkdir(parents=True, exist_ok=True)
    pictures = sorted(
        listed.samples, key=lambda pair: hashlib.sha256(_key(pair[0], folder)).digest()
    )
    shards = writer(
        str(out / "shard-%06d.tar"), maxcount=count, maxsize=size, verbose=0, mtime=0, encoder=False
    )
    with shards:
        for path, label in pictures:
            stem, ending = os.path.splitext(_key(path, folder).decode())
            key = re.sub(r"\.", "_", stem)  # a name ends at its first dot
            content = Path(path).read_bytes()
            shards.write({"__key__": key, ending[1:].lower(): content, "cls": str(label).encode()})
    files = [_described(path) for path in sorted(out.glob("shard-*.tar"))]
    manifest = {"format": FORMAT, "classes": listed.classes, "shards": files}
    write_atomically(out / MANIFEST, json.dumps(manifest).encode())
    return len(pictures)


def _key(path: str, folder: Path) -> bytes:
    return Path(path).relative_to(folder).as_posix().encode()


def _described(path: Path) -> dict:
    """What the manifest says of a shard."""
    file: dict[str, Any] = {column: [] for column in _COLUMNS}
    for name, offset, size, label, crc in _samples(path):
        for column, value in zip(_COLUMNS, (name, offset, size, label, crc), strict=True):
            file[column].append(value)
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path), **file}


def _samples(path: Path) -> Iterator[tuple[str, int, int, int, int]]:
    """Name, offset, size, label and CRC-32 of each picture; the two files of one come together."""
    with tarfile.open(path) as tar:
        pair: dict[str, tarfile.TarInfo] = {}
        for entry in tar:
            key, ending = os.path.splitext(entry.name)
            pair[ending] = entry
            if len(pair) == 2:
                label = int(tar.extractfile(pair.pop(".cls")).read())  # type: ignore[union-attr]
                ((ending, picture),) = pair.items()
                content = tar.extractfile(picture).read()  # type: ignore[union-attr]
                yield key + ending, picture.offset_data, picture.size, label, zlib.crc32(content)
                pair = {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """The command line of `python -m inception_lib.data.shards`."""
    parser = argparse.ArgumentParser(
        prog="python -m inception_lib.data.shards",
        description="Write a folder with one subfolder of pictures for each class into tar files, which a "
        "network disk reads faster than a million small files. The pictures stay as they are, byte for "
        "byte. With --check, compare tar files that are there with their manifest.",
    )
    parser.add_argument("folder", type=Path, help="pictures, or with --check shards")
    parser.add_argument("out", type=Path, nargs="?", help="folder for the shards")
    parser.add_argument(
        "--count", type=int, default=10_000, help="pictures in a shard at most; default: 10000"
    )
    parser.add_argument(
        "--size", type=int, default=10**9, help="bytes of a shard at most; default: 1000000000"
    )
    parser.add_argument(
        "--check", action="store_true", help="read every shard and compare its SHA-256"
    )
    given = parser.parse_args(arguments)
    if (given.out is None) != given.check:
        parser.error("give a folder of pictures and a folder for the shards, or shards and --check")
    try:
        if given.check:
            found = Shards(given.folder, verify=True)
            print(f"{len(found)} pictures of {len(found.classes)} classes are as they were written")
        else:
            many = write_shards(given.folder, given.out, count=given.count, size=given.size)
            print(f"{many} pictures written to {given.out}")
    except (DataError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
