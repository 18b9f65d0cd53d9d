"""Which process sees which picture when, and how it is cut: functions of seed, epoch and number alone.

No generator carries over from one picture to the next. So a resumed run needs no state of one, and
the order is the same for any number of processes and of workers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from ..data.patches import photo_patches
from ..data.reading import read_frames
from ..data.shards import MANIFEST, Shards
from ..errors import DataError, needs
from .loop import _mix, data_fingerprint
from .recipes import TrainingRecipe


class Source(Protocol):
    """Pictures by number."""

    classes: list[str]
    labels: Any
    fingerprint: str

    def __len__(self) -> int: ...
    def name(self, index: int, /) -> str: ...
    def picture(self, index: int, /) -> Any: ...


class Bundled:
    """The crops of photographs that come with the package."""

    def __init__(self, split: str):
        self.images, labels = photo_patches(split)
        self.labels = labels.tolist()
        self.classes = [str(label) for label in range(max(self.labels) + 1)]
        self.fingerprint = data_fingerprint(self.images, labels)

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, index: int) -> str:
        """For messages."""
        return f"crop {index}"

    def picture(self, index: int) -> Tensor:
        """(3, 32, 32), uint8."""
        return self.images[index]


class Folder:
    """A folder with one subfolder for each class, as torchvision's `ImageFolder` lists it."""

    def __init__(self, folder: Path):
        try:
            listed = needs("torchvision.datasets", "--data").ImageFolder(folder)
        except FileNotFoundError as error:
            raise DataError(
                f"{folder} has no pictures in one folder for each class: {error}"
            ) from error
        self.paths, self.labels = zip(*listed.samples, strict=True)
        self.folder, self.classes = folder, listed.classes
        names = "\n".join(os.path.relpath(path, folder) for path in self.paths)
        self.fingerprint = hashlib.sha256(names.encode()).hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, index: int) -> str:
        """For messages."""
        return self.paths[index]

    def picture(self, index: int) -> Any:
        """A PIL image."""
        return read_frames(self.paths[index])[0]


def sources(data: str | os.PathLike, *, verify: bool = False) -> tuple[Source, Source]:
    """Pictures to train on and to test on.

    Args:
        data: "bundled", or a folder with `train` and `val` (or `test`) in it, each with one subfolder
            for each class, or with shards.
        verify: see `Shards`.

    Raises:
        DataError: there are none, or shards have changed.
    """
    if str(data) == "bundled":
        return Bundled("train"), Bundled("test")
    folder = Path(data).expanduser()
    tests = [folder / name for name in ("val", "test") if (folder / name).is_dir()]
    if not (folder / "train").is_dir() or not tests:
        raise DataError(
            f"{folder} must hold the folders train and val, each with one folder for each class or with "
            "shards; 'bundled' takes pictures that come with this package."
        )
    found = [
        Shards(part, verify=verify) if (part / MANIFEST).exists() else Folder(part)
        for part in (folder / "train", tests[0])
    ]
    if found[0].classes != found[1].classes:
        odd = sorted(set(found[0].classes) ^ set(found[1].classes))
        raise DataError(f"{folder}: train and {tests[0].name} differ in their classes: {odd[:5]}.")
    return found[0], found[1]


# ---- which picture when ----


@cache
def _order(seed: int, epoch: int, size: int) -> Tensor:
    generator = torch.Generator().manual_seed(_mix(seed, "order", epoch))
    return torch.randperm(size, generator=generator)


def share(
    seed: int, step: int, size: int, batch: int, rank: int, world: int
) -> list[tuple[int, int]]:
    """(epoch, number) of the pictures that one process has in a step (from 0).

    Args:
        size: pictures in an epoch, whose last batch may be smaller.
        batch: pictures in a step, of all processes together.
    """
    per_epoch = -(-size // batch)
    epoch, turn = divmod(step, per_epoch)
    if _order.cache_info().currsize > 1:
        _order.cache_clear()
    taken = _order(seed, epoch, size)[turn * batch : (turn + 1) * batch][rank::world]
    return [(epoch, index) for index in taken.tolist()]


class Turns:
    """What a `DataLoader` takes as batch sampler: the shares of one process, step after step."""

    def __init__(self, steps: range, seed: int, size: int, batch: int, rank: int, world: int):
        self.steps, self.rest = steps, (size, batch, rank, world)
        self.seed = seed

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for step in self.steps:
            yield share(self.seed, step, *self.rest)


# ---- how it is cut ----


def training_transform(recipe: TrainingRecipe) -> Any:
    """torchvision's transforms of a recipe: a picture -> (3, size, size), uint8."""
    if recipe.smallest == 1:
        return test_transform(recipe)
    v2 = needs("torchvision.transforms.v2", "training on folders and shards")
    side = (recipe.input_size, recipe.input_size)
    parts = [v2.RandomResizedCrop(side, scale=(recipe.smallest, 1.0)), v2.RandomHorizontalFlip()]
    if recipe.autoaugment:
        parts.append(v2.AutoAugment())
    parts.append(_as_bytes)
    if recipe.erasing:
        parts.append(v2.RandomErasing(recipe.erasing, value=127))
    return v2.Compose(parts)


def test_transform(recipe: TrainingRecipe) -> Any:
    """The middle of a picture -> (3, size, size), uint8."""
    v2 = needs("torchvision.transforms.v2", "testing on folders and shards")
    return v2.Compose([v2.Resize(recipe.resize), v2.CenterCrop(recipe.input_size), _as_bytes])


test_transform.__test__ = False  # type: ignore[attr-defined]  # a name that pytest would take


def _as_bytes(picture: Any) -> Tensor:
    if isinstance(picture, Tensor):
        return picture
    return needs("torchvision.transforms.v2.functional", "training").pil_to_tensor(picture)


@dataclass
class Batch:
    """What a process has in a step.

    Attributes:
        images: (N, 3, height, width), uint8; N may be 0. `labels`: (N,).
        skipped: names of pictures that could not be read, and why.
        broken: why training cannot go on, or "".
    """

    images: Tensor
    labels: Tensor
    skipped: list[str]
    broken: str = ""

    def pin_memory(self) -> Batch:
        """Where a GPU fetches it while the CPU goes on; a `DataLoader` calls this."""
        return replace(self, images=self.images.pin_memory(), labels=self.labels.pin_memory())


class Samples:
    """A data set for a `DataLoader`: (epoch, number) -> (picture, label), or why there is none."""

    def __init__(self, source: Source, transform: Any, seed: int):
        self.source, self.transform, self.seed = source, transform, seed

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, int] | str | DataError:
        epoch, index = place
        # not torch.manual_seed: without a GPU it writes down a traceback for one that might come
        torch.default_generator.manual_seed(_mix(self.seed, "picture", epoch, index))
        try:
            picture = self.transform(self.source.picture(index))
        except DataError as error:
            return error
        except (ValueError, OSError) as error:
            why = " ".join(str(error).removeprefix(f"{self.source.name(index)} ").split())
            return f"{self.source.name(index)} ({why[:100]})"
        return picture, self.source.labels[index]


def collate(items: list) -> Batch:
    """What `Samples` gave -> a `Batch`."""
    good = [item for item in items if isinstance(item, tuple)]
    return Batch(
        torch.stack([picture for picture, _ in good])
        if good
        else torch.empty(0, 3, 1, 1, dtype=torch.uint8),
        torch.tensor([label for _, label in good], dtype=torch.int64),
        [item for item in items if isinstance(item, str)],
        next((str(item) for item in items if isinstance(item, DataError)), ""),
    )


def loader(samples: Samples, turns: Any, workers: int, pinned: bool) -> DataLoader:
    """Batches in turn; of any number of workers the same."""
    return DataLoader(
        samples,  # type: ignore[arg-type]
        batch_sampler=turns,
        num_workers=workers,
        collate_fn=collate,
        pin_memory=pinned,
        generator=torch.Generator().manual_seed(0),  # seeds workers, which seed themselves
    )
