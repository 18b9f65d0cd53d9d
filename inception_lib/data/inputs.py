"""The gate for pictures and labels: what people have, as the networks take it."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, RandomSampler, SequentialSampler, default_collate

from ..errors import whole
from ..nn.device import device_of
from ..nn.modes import bare
from ..spec import Network
from ..weights.preprocess import rgb

FARTHEST = 16  # from zero; pictures as the networks take them go from −1 to 1, or not much beyond


class MapStyle(Protocol):
    """A data set that can be asked for its length and for each (picture, label)."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...


# What counts as pictures; with labels it is a tuple (pictures, labels), or a data set of pairs.
Images = Tensor | np.ndarray | Image.Image | list | tuple
Data = tuple | list | MapStyle | DataLoader
_GIVE = (
    "Give a tensor (N, C, H, W), an array, PIL images, a list of these, or a data set. Bytes (uint8) go "
    "from 0 to 255, floats from −1 to 1."
)


def as_input(images: Images) -> Tensor:
    """Pictures as the networks that this book trains take them: floats from −1 to 1.

    Args:
        images: (N, C, H, W), bytes (uint8) from 0 to 255, or floats, which are assumed to be ready
            and come back unchanged: no value is guessed. A tensor or a NumPy array, which may also
            be (N, H, W, C); or PIL images, one or a list, which are turned upright and to RGB.

    Returns:
        (N, C, H, W), float32.

    Raises:
        TypeError: any other kind of object, or numbers that are neither bytes nor floats.
        ValueError: NaN, values beyond ±16 (floats from 0 to 255, say), or pictures of several sizes.
    """
    return _scaled(_pixels(images), torch.float32)


def ready(model: nn.Module, images: Images) -> Tensor:
    """Pictures as `model` takes them, (N, C, H, W): scaled, in its precision, on its device.

    What a single block reads need not be a picture: there, any floats will do.
    """
    return _for(model, _pixels(images, channels_of(model)))


def one(model: nn.Module, image: Images) -> Tensor:
    """As `ready`, where a single picture is meant: (1, C, H, W)."""
    x = ready(model, image)
    if len(x) != 1:
        raise ValueError(
            f"here are {len(x)} pictures, but this takes one; give images[:1], or call once for each."
        )
    return x


def channels_of(model: nn.Module) -> int | None:
    """How many channels a model's pictures have, where its description says it."""
    inside = bare(model)
    spec = getattr(inside, "spec", None)
    found = spec.in_channels if isinstance(spec, Network) else getattr(inside, "in_channels", None)
    return found if spec is not None else None


def _for(model: nn.Module, x: Tensor) -> Tensor:
    """Pixels -> what the model takes; refuses other channels, where the description says how many."""
    channels = channels_of(model)
    if x.ndim == 3 and channels in (None, len(x)):
        x = x[None]
    if channels is not None and (x.ndim != 4 or x.shape[1] != channels):
        last = x.ndim == 4 and x.shape[-1] == channels
        gray = channels == 1 and x.ndim == 3
        hint = " Its channels come last: images.permute(0, 3, 1, 2)." if last else ""
        hint = " For gray pictures (N, H, W): images[:, None]." if gray else hint
        raise ValueError(
            f"the pictures are {tuple(x.shape)}; this model takes (N, {channels}, H, W).{hint}"
        )
    if x.is_meta and (where := device_of(model)).type != "meta":
        raise TypeError(
            f"the pictures are on the meta device, without values; give them on {where}."
        )
    kind = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
    spec = getattr(bare(model), "spec", None)
    block = spec is not None and not isinstance(spec, Network)
    return _scaled(x, kind, anything=block).to(device_of(model))


def _scaled(x: Tensor, kind: torch.dtype, *, anything: bool = False) -> Tensor:
    if x.dtype == torch.uint8:
        x = (x.double() if kind == torch.double else x.float()) / 127.5 - 1
    elif not anything:
        _sane(x)
    return x.to(kind)


def _sane(x: Tensor) -> None:
    """Refuse floats that cannot be pictures."""
    if not x.is_floating_point() or not x.numel() or x.is_meta or torch.compiler.is_compiling():
        return
    low, high = (float(v) for v in x.detach().aminmax())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("the pictures hold NaN or infinity; look for a division by zero.")
    if max(-low, high) > FARTHEST:
        raise ValueError(
            f"the pictures are floats from {low:.4g} to {high:.4g}; floats are taken to go from −1 to "
            "1. Give bytes, images.to(torch.uint8), if they go from 0 to 255."
        )


def _pixels(images: Any, channels: int | None = None) -> Tensor:
    """Pictures of any kind -> bytes or floats, not scaled yet; a single tensor or array as it is."""
    if isinstance(images, Image.Image):
        picture = rgb(images).convert("L" if channels == 1 else "RGB")
        values = torch.tensor(np.array(picture))
        return (values[None] if values.ndim == 2 else values.permute(2, 0, 1))[None]
    if getattr(images, "layout", torch.strided) is not torch.strided:
        raise TypeError("the pictures are a sparse tensor; give images.to_dense().")
    if isinstance(images, np.ndarray):
        _unmasked(images, "pictures")
        images = _tensor(images, channels)
    if isinstance(images, Tensor):
        if images.dtype != torch.uint8 and not images.is_floating_point():
            raise TypeError(
                f"the pictures are {_kind(images)}; give bytes, images.to(torch.uint8), if they go from "
                "0 to 255, or floats from −1 to 1."
            )
        return images
    if isinstance(images, list | tuple) and images:
        parts = [_pixels(image, channels) for image in images]
        gray = 1 if channels == 1 else 0  # each (H, W)
        parts = [part[None] if part.ndim == 2 and gray else part for part in parts]
        parts = [part[None] if part.ndim < 4 else part for part in parts]
        if len(sizes := {part.shape[1:] for part in parts}) > 1:
            shown = " and ".join(str(tuple(size)) for size in sorted(sizes)[:2])
            raise ValueError(
                f"the pictures differ in size, {shown} among them; give them one size first, with "
                "image_folder(…, size=…) or picture.resize((width, height))."
            )
        if len({part.dtype for part in parts}) > 1:
            parts = [_scaled(part, torch.float32) for part in parts]
        return torch.cat(parts)
    if isinstance(images, list | tuple):
        raise ValueError(f"there is no picture: the {type(images).__name__} is empty.")
    if isinstance(images, str | os.PathLike):
        raise TypeError(f"{str(images)!r} is a name, not a picture; il.read_picture reads a file.")
    raise TypeError(f"a {type(images).__name__} is not a picture. {_GIVE}")


def _unmasked(array: object, what: str) -> None:
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise TypeError(
            f"the {what} are a masked array, and some are masked; leave those out first."
        )


def _tensor(array: np.ndarray, channels: int | None) -> Tensor:
    """An array as a tensor, channels first: (…, H, W, C) where only the last axis can be the channels."""
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise TypeError(
            f"the pictures are {_kind(array)}; give bytes, images.astype(numpy.uint8), if they go from "
            "0 to 255, or floats from −1 to 1."
        )
    if array.ndim in (3, 4):
        fits = [n == channels if channels else n in (1, 3, 4) for n in array.shape[-3:]]
        if fits[2] and not fits[0]:
            array = np.moveaxis(array, -1, -3)
    kind = array.dtype.newbyteorder("=") if array.dtype.itemsize <= 8 else np.dtype(np.float64)
    if array.dtype != kind or min(array.strides, default=0) < 0:
        array = np.array(array, kind)  # torch wants its own byte order, and steps forward
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of arrays for reading only: we only read
        return torch.from_numpy(array)


def _kind(values: Tensor | np.ndarray) -> str:
    return str(values.dtype).removeprefix("torch.")


def logits(model: nn.Module, x: Tensor) -> Tensor:
    """What a model in evaluation mode says of a batch, on the CPU."""
    found = model(x)
    if not isinstance(found, Tensor):
        raise TypeError(
            f"this {type(model).__name__} returns a {type(found).__name__}; it must return the logits, "
            "one tensor (N, classes)."
        )
    return found.float().cpu()


def outputs(model: nn.Module, logits: Tensor) -> int:
    """How many classes a model tells apart, by its output."""
    if logits.ndim != 2:
        raise ValueError(
            f"this {type(model).__name__} outputs {tuple(logits.shape)}; a classifier gives (N, classes)."
        )
    return logits.shape[1]


# Labels -----------------------------------------------------------------------------------------
def as_labels(labels: Any, what: str = "labels") -> Tensor:
    """Labels of any kind -> (N,) int64, or (N, classes) float32 where they are probabilities.

    Args:
        labels: integers of any type, in a tensor, an array or a list; or one-hot rows, or rows of
            probabilities.
        what: how a message calls them.

    Raises:
        TypeError: strings, floats that are not probabilities. ValueError: rows that do not add up to 1.
    """
    if not isinstance(labels, Tensor):
        try:
            if isinstance(labels, list | tuple) and any(isinstance(v, Tensor) for v in labels):
                labels = [v.detach().cpu().numpy() if isinstance(v, Tensor) else v for v in labels]
            _unmasked(labels, what)
            array = np.asarray(labels)
            if array.dtype == object and all(isinstance(v, Integral) for v in array.flat):
                array = array.astype(np.int64)  # as pandas keeps integers
        except ValueError as error:
            raise TypeError(f"the {what} are not one for each picture: {error}") from error
        if array.dtype.kind not in "iufb":
            first = array.reshape(-1)[:1].tolist()
            raise TypeError(
                f"the {what} are not numbers, {first[0] if first else labels!r} among them; give the "
                "index of each class: names.index(label)."
            )
        exact = np.float64 if array.dtype.kind == "f" else np.int64
        labels = torch.from_numpy(array.astype(exact))
    found = labels.detach().cpu()
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim == 1 and not found.is_floating_point() and not found.is_complex():
        return found.long()
    if found.ndim == 1 and not len(found):
        return found.long()
    if found.ndim != 2:
        raise TypeError(
            f"the {what} are {_kind(found)} of {tuple(found.shape)}; give (N,) integers, such as "
            "labels.long(), or (N, classes) probabilities."
        )
    chances = found.float()
    if not ((chances >= 0).all() and ((chances.sum(1) - 1).abs() < 1e-3).all()):
        raise ValueError(
            f"the {what} are {tuple(found.shape)}, whose rows are not probabilities: each must be at "
            "least 0, and a row must add up to 1."
        )
    return chances


def class_numbers(labels: Any, count: int, what: str = "labels") -> Tensor:
    """As `as_labels`, one class per picture: of probabilities, the largest.

    Raises:
        ValueError: a number other than `count`.
    """
    found = as_labels(labels, what)
    if len(found) != count:
        raise ValueError(f"there are {count} pictures and {len(found)} {what}; each needs one.")
    return found.argmax(1) if found.ndim == 2 else found


# Data sets --------------------------------------------------------------------------------------
class Pictures:
    """Pictures, with labels or without, from anything that holds them.

    Args:
        data: (pictures, labels), `image_folder`'s triple, a list or a data set of pairs, or a
            `DataLoader`; where `labeled` is False also pictures alone.
        what: "training" or "test", for messages.
        model: whose pictures they are.
        labeled: whether labels are needed.
        indexed: whether `batch` is asked for any pictures at any time, as training does. A
            `DataLoader` then lends its data set, `collate_fn`, `batch_size` and workers.

    Attributes:
        size: how many; None for a `DataLoader` that is only gone through.
        images, labels: all of them, where they were given so; else None.
        batch_size: of a `DataLoader`; else None.
    """

    def __init__(self, data: Any, what: str, model: nn.Module, *, labeled=True, indexed=False):
        self.data, self.what, self.model, self.labeled = data, what, model, labeled
        self.images: Tensor | None = None
        self.labels: Tensor | None = None
        self.size: int | None = None
        self.batch_size: int | None = None
        self.collate: Any = None
        self.workers: dict[str, Any] = {}
        channels = channels_of(model)
        if isinstance(data, DataLoader):
            if indexed:
                self._unload(data)
        elif _is_pair(data, labeled):
            self.images = _pixels(data[0], channels)
            self.labels = as_labels(data[1], f"{what} labels") if labeled else None
        elif _is_set(data):
            self.size = len(data)
        elif labeled:
            raise TypeError(
                f"the {what} data is a {type(data).__name__}; give (pictures, labels), a data set of "
                "such pairs, or a DataLoader."
            )
        else:
            self.images = _pixels(data, channels)
            if self.images.ndim == 3 and channels in (None, len(self.images)):
                self.images = self.images[None]
        if self.images is not None:
            self.size = len(self.images)
        if self.labels is not None and len(self.labels) != self.size:
            raise ValueError(
                f"the {what} data has {self.size} pictures and {len(self.labels)} labels; each "
                "picture needs one label."
            )
        if labeled and self.images is not None:
            _sane(self.images)  # all of it now, not after an hour of training
        if labeled and self.size == 0:
            raise ValueError(f"the {what} data is empty; there must be at least one picture.")

    def _unload(self, loader: DataLoader) -> None:
        sampler = loader.sampler
        plain = isinstance(sampler, SequentialSampler) or (
            isinstance(sampler, RandomSampler)
            and not sampler.replacement
            and sampler.num_samples == len(sampler.data_source)
        )
        if loader.batch_size is None or not plain:
            raise ValueError(
                f"the {self.what} data is a DataLoader that chooses its own pictures; training draws "
                "their order from its seed, so that a stopped run can go on. Give its data set."
            )
        assert isinstance(sampler, SequentialSampler | RandomSampler)
        self.data, self.batch_size, self.size = loader.dataset, loader.batch_size, len(sampler)
        self.collate = None if loader.collate_fn is default_collate else loader.collate_fn
        if loader.num_workers:
            lent = (
                "num_workers",
                "prefetch_factor",
                "timeout",
                "worker_init_fn",
                "multiprocessing_context",
            )
            self.workers = {name: getattr(loader, name) for name in lent}

    def batch(self, index: Tensor) -> tuple[Tensor, Tensor | None]:
        """The pictures of these numbers, as the model takes them, and their labels on the CPU."""
        if self.images is not None:
            images = self.images[index.to(self.images.device)]
            return _for(self.model, images), None if self.labels is None else self.labels[index]
        return self._parts(_Turns(self.data, self.collate, [index], [None])[0])

    def in_turn(
        self, indices: Sequence[Tensor], seeds: Sequence[int]
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """As `batch` for one after the other, torch seeded before each; by the workers of a `DataLoader`."""
        if not self.workers:
            for index, seed in zip(indices, seeds, strict=True):
                torch.manual_seed(seed)
                yield self.batch(index)
            return
        turns: Any = _Turns(self.data, self.collate, indices, seeds)
        yield from map(self._parts, DataLoader(turns, None, collate_fn=_as_it_is, **self.workers))

    def batches(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        """All of them in order, this many at a time; a `DataLoader` has its own batches."""
        batch_size = whole("batch_size", batch_size)
        if self.size is None:
            yield from map(self._parts, self.data)
        else:
            for index in torch.arange(self.size).split(batch_size):
                yield self.batch(index)

    def _parts(self, batch: Any) -> tuple[Tensor, Tensor | None]:
        """What a data set or a loader gave -> (pictures, labels)."""
        alone = not isinstance(batch, tuple | list) or isinstance(batch[0], Image.Image)
        if isinstance(batch, Mapping) or (self.labeled and (alone or len(batch) < 2)):
            keys = f" with {', '.join(map(repr, batch))}" if isinstance(batch, Mapping) else ""
            raise TypeError(
                f"the {self.what} data gives a {type(batch).__name__}{keys}; each item must be a pair "
                "(picture, label)."
            )
        images = ready(self.model, batch if alone else batch[0])
        return images, as_labels(batch[1], f"{self.what} labels") if self.labeled else None

    def check(self, labels: Tensor, classes: int) -> None:
        """Refuse labels that a model with this many outputs has no output for."""
        if labels.ndim == 2:
            if labels.shape[1] != classes:
                raise ValueError(
                    f"the {self.what} data has probabilities of {labels.shape[1]} classes; the model "
                    f"has {classes} outputs."
                )
            return
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= classes:
            raise ValueError(
                f"the {self.what} data has the label {low if low < 0 else high}; the model has "
                f"{classes} outputs, so labels go from 0 to {classes - 1}."
            )


class _Turns:
    """Batches of a data set by their place: what goes to a worker. A data set may draw, so torch is seeded."""

    def __init__(
        self, data: Any, collate: Any, indices: Sequence[Tensor], seeds: Sequence[int | None]
    ):
        self.data, self.collate, self.indices, self.seeds = data, collate, indices, seeds

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, turn: int) -> Any:
        if (seed := self.seeds[turn]) is not None:
            torch.manual_seed(seed)
        items = [self.data[i] for i in self.indices[turn].tolist()]
        return self.collate(items) if self.collate else _transposed(items)


def _as_it_is(batch: Any) -> Any:
    return batch


def _transposed(items: list) -> Any:
    """Items of a data set -> ([pictures], [labels]), or the pictures alone; one that is a dict as it is."""
    first = items[0]
    if isinstance(first, tuple | list):
        return [list(part) for part in zip(*items, strict=True)]
    return first if isinstance(first, Mapping) else _pixels([*items])


def _is_set(data: Any) -> bool:
    """Whether it is a data set: it gives pairs, or pictures, by number."""
    if isinstance(data, tuple | list):
        first = data[0] if data else None
        return isinstance(first, tuple | list) and len(first) == 2 and _is_number(first[1])
    plain = isinstance(
        data, Tensor | np.ndarray | Image.Image | str | bytes | os.PathLike | Mapping
    )
    return hasattr(data, "__len__") and hasattr(data, "__getitem__") and not plain


def _is_number(label: Any) -> bool:
    return isinstance(label, int | str) or getattr(label, "ndim", 1) == 0


def _is_pair(data: Any, labeled: bool) -> bool:
    """Whether it is (pictures, labels) or (pictures, labels, names)."""
    if not isinstance(data, tuple | list) or len(data) not in (2, 3) or _is_set(data):
        return False
    images, labels = data[:2]
    many = isinstance(images, list | tuple) or getattr(images, "ndim", 0) > 2
    if isinstance(labels, list | tuple):
        row = labels[0] if labels else None
        numbers = _is_number(row[0]) if isinstance(row, list | tuple) and row else _is_number(row)
        return labeled or (many and (numbers or getattr(row, "ndim", 2) == 1))
    return labeled or (many and getattr(labels, "ndim", 3) < 3)
