"""Checkers of chapter 11: your own pictures."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from operator import eq
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from ..create import create_model
from ..data.inputs import as_input
from ..data.photos import photo
from ..data.reading import read_picture
from ..nn.network import InceptionNet
from ..training.loop import predict
from ..weights.preprocess import Preprocessing
from ..weights.saved import load, save
from . import (
    Slip,
    as_tensor,
    called,
    exercise,
    fresh,
    is_function,
    kind,
    shown,
    slip_of,
    whole_number,
)


@exercise("11.1")
def trained_parameters(answer: Any) -> str | None:
    """Parameters of Inception-v3's linear layer for 12 classes."""
    width, classes, trunk = 2048, 12, 21_785_568
    weights = width * classes
    pools = "The head pools over the grid first: each channel gives one number."
    slips = (
        Slip(weights, "Each class has a bias too."),
        Slip(weights + width, "There is one bias for each class, not for each feature."),
        Slip(width * 1000 + 1000, "That is the layer for the 1000 classes of ImageNet."),
        Slip(1024 * classes + classes, "GoogLeNet ends in 1024 features; Inception-v3 does not."),
        Slip(1536 * classes + classes, "Inception-v4 ends in 1536 features; Inception-v3 does not."),
        Slip(trunk, "That is the trunk, which is frozen."),
        Slip(trunk + weights + classes, "That is the whole network; the trunk is frozen."),
        Slip(2 * weights, "One weight for each feature and class is one parameter, not two."),
        Slip(64 * (weights + classes), pools),
        Slip(8 * 8 * weights + classes, pools),
    )  # fmt: skip
    return whole_number(answer, weights + classes, slips)


def _model(name: str = "mini_bn") -> InceptionNet:
    width = 1.0 if name.startswith("mini") else 1 / 8
    return create_model(name, num_classes=3, width=width, seed=0).train()


_LEFT_OUT = 6  # of the folder in the exercise; a test builds it
_CATS_DOGS = 3, 1


@exercise("11.2")
def cats_dogs_named(answer: Any) -> str | None:
    """(pictures of a cat, of a dog, what the warning names) of the folder in the exercise."""
    values = answer.values() if isinstance(answer, Mapping) else answer
    if isinstance(values, str) or not isinstance(values, Iterable) or len(given := [*values]) != 3:
        return f"This asks for three numbers: (cats, dogs, named); the answer is {kind(answer)}."
    if all(value is None or value is ... for value in given):
        raise NotImplementedError
    right = (*_CATS_DOGS, _LEFT_OUT)
    for what, value, want in zip(("cats", "dogs", "named"), given, right, strict=True):
        if wrong := whole_number(value, want, _MISCOUNTS[what]):
            return f"{what}: {wrong}"
    return None


_MISCOUNTS = {
    "cats": (
        Slip(2, "One of the three is easily overlooked: what becomes of folders inside a class, and of an animation?"),
        Slip(4, "A file of 0 bytes holds no picture."),
        Slip(5, "Neither a file of 0 bytes nor a text is a picture."),
        Slip(10, "An animation is one picture, its first frame."),
    ),
    "dogs": (
        Slip(2, "One of the two is hidden."),
        Slip(0, "A transparent background is no reason to leave a picture out."),
    ),
    "named": (
        Slip(5, "One is missing. The warning names what is left out and what is changed."),
        Slip(7, "One too many. A picture that is turned, or made 8 bits, is read as it should be; nothing is said of it."),
        Slip(8, "Two too many. A picture that is turned, made 8 bits or put on white is read as it should be; nothing is said of it."),
    ),
}  # fmt: skip


@exercise("11.3", is_function)
def freeze(answer: Any) -> str | None:
    """A function (model) that freezes all but the last stage and the head, statistics too."""
    for name in ("mini_bn", "mini_residual", "bn_inception"):
        model: Any = _model(name)
        last, stays = _last(model)
        all_of_it = set(dict(model.named_parameters()))
        got, wrong = called(answer, model, none=True)
        if wrong:
            return wrong
        model = got if isinstance(got, nn.Module) else model
        trains = {key for key, p in model.named_parameters() if p.requires_grad}
        if all_of_it - set(dict(model.named_parameters())):
            return f"{name}: the network has lost some of its layers. Freeze them, and keep them."
        should = {key for key in all_of_it if key.startswith(stays)}
        untouched = all(p.requires_grad for p in model.parameters())
        if untouched and all(m.training for m in model.modules()):
            raise NotImplementedError
        if wrong := _wrong_parts(model, trains, should, last):
            return f"{name}: {wrong}"
        if wrong := _wrong_mode(model, last):
            return f"{name}: {wrong}"
    return None


def _last(model: InceptionNet) -> tuple[str, tuple[str, str]]:
    """The name of the last stage, and how the names of what stays trained begin."""
    last = list(model.stages)[-1]
    return last, ("head.", f"stages.{last}.")


def _wrong_parts(model: nn.Module, trains: set[str], should: set[str], last: str) -> str | None:
    if trains == should:
        return None
    if not trains:
        return "nothing is trained any more."
    if trains == {key for key in should if key.startswith("head.")}:
        return f"the last stage, {last}, is frozen too."
    if trains == should - {key for key in should if key.startswith("head.")}:
        return "the head is frozen too."
    if trains - should:
        first = next(key for key in dict(model.named_parameters()) if key in trains - should)
        return f"{first} is still trained."
    first = next(key for key in dict(model.named_parameters()) if key in should - trains)
    return f"{first} is frozen; it is of the last stage or of the head."


def _wrong_mode(model: nn.Module, last: str) -> str | None:
    norms = {k: m for k, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)}
    frozen = {key: m for key, m in norms.items() if not key.startswith(f"stages.{last}.")}
    if all(m.training for m in frozen.values()):
        return (
            f"no parameter before {last} is trained, but batch normalization there still takes the "
            "statistics of each batch, and its running statistics move."
        )
    for key, module in frozen.items():
        if module.training:
            return f"{key} still takes the statistics of each batch."
    if not all(m.training for key, m in norms.items() if key not in frozen):
        return f"{last} is trained: its batch normalization should be in training mode."
    return None


@exercise("11.4", is_function)
def name_in(answer: Any) -> str | None:
    """A function (file of a network, file of a picture) -> the name of the picture's class."""
    with tempfile.TemporaryDirectory() as folder:
        network = os.path.join(folder, "network.safetensors")
        model = create_model("mini_bn", pretrained=True)
        save(model, network, classes=_NAMES, preprocessing=Preprocessing(32, 32, "bicubic"))
        model = load(network)
        files, said = {}, []
        for number, (what, picture, options) in enumerate(_files(model)):
            file = os.path.join(folder, f"{number}.png")
            picture.save(file, **options)
            got, wrong = called(answer, network, file)
            if wrong:
                return wrong
            got = got[0] if isinstance(got, tuple) and got else got
            if not isinstance(got, str):
                return f"It gives {kind(got)}; the name of a class is expected, a text."
            if got not in _NAMES:
                return f"It says {shown(got)}, which is not a class of this network."
            files[file] = what
            said.append(got)
        right = [_named(model, file) for file in files]
        if said == right:
            return None
        whole = [Slip([how(model, file) for file in files], why) for how, why in _MISREADINGS]
        first = next(
            w for w, one, two in zip(files.values(), said, right, strict=True) if one != two
        )
        return slip_of(whole, partial(eq, said)) or f"A picture that is {first} gets a wrong name."


_NAMES = ["tower", "apple", "lamp", "brush", "wheel", "cloud", "glass", "river", "bread", "stone"]


def _said(model: InceptionNet, x: Tensor, names: Sequence[str] = _NAMES) -> str:
    return names[int(predict(model, x).argmax())]


def _named(model: InceptionNet, file: str) -> str:
    assert model.preprocessing is not None
    return _said(model, model.preprocessing.transform(read_picture(file))[None])


def _unread(file: str) -> Tensor:
    """The picture as Pillow opens it: not turned, and all of it squeezed into a square."""
    return as_input(Image.fromarray(np.asarray(Image.open(file).convert("RGB").resize((32, 32)))))


def _from_zero(model: InceptionNet, file: str) -> str:
    assert model.preprocessing is not None
    return _said(model, (model.preprocessing.transform(read_picture(file))[None] + 1) / 2)


def _sorted(model: InceptionNet, file: str) -> str:
    assert model.preprocessing is not None
    return _said(model, model.preprocessing.transform(read_picture(file))[None], sorted(_NAMES))


def _by_its_own_mean(model: InceptionNet, file: str) -> str:
    assert model.preprocessing is not None
    twin = copy.deepcopy(model).train()
    with torch.no_grad():
        scores = twin(model.preprocessing.transform(read_picture(file))[None])
    return _NAMES[int(scores.argmax())]


_MISREADINGS = (
    (_sorted, "The names of the classes have an order, that of the outputs."),
    (lambda model, file: _said(model, _unread(file)), "Compare what the network gets with what `il.read_picture` and the network's own preprocessing give."),
    (_from_zero, "Which range of values does the network expect? A model of `il.load` knows what a picture goes through."),
    (_by_its_own_mean, "Batch normalization takes the mean of this one picture. In which mode is the model?"),
)  # fmt: skip


def _files(model: InceptionNet) -> Iterator[tuple[str, Image.Image, dict[str, Any]]]:
    """Pictures, drawn anew, and how each is saved; without care, most of them get another name."""
    held = Image.Exif()
    held[0x112] = 6
    for what, count in (("plain", 4), ("held sideways", 2), ("wide", 2), ("of 16 bits", 1)):
        for _ in range(count):
            for _ in range(10):  # tries until the name is another one
                options: dict[str, Any] = {}
                picture = upright = _crop()
                if what == "held sideways":
                    picture, options = upright.transpose(Image.Transpose.ROTATE_90), {"exif": held}
                elif what == "wide":
                    picture = Image.new("RGB", (96, 32), "red")
                    picture.paste(upright, (32, 0))
                elif what == "of 16 bits":
                    picture = Image.fromarray(
                        np.asarray(upright.convert("L")).astype(np.uint16) * 257
                    )
                careless = as_input(Image.fromarray(np.asarray(picture.resize((32, 32)))))
                if what in ("plain", "of 16 bits") or _said(model, careless) != _said(
                    model, as_input(upright)
                ):
                    break
            yield what, picture, options


def _crop() -> Image.Image:
    """A square of a photograph, 32×32."""
    whole = _photograph(fresh.choice(("astronaut", "cat", "coffee", "motorcycle", "tissue")))
    side = fresh.randint(32, 96)
    left, top = (fresh.randint(0, 128 - side) for _ in range(2))
    return whole.resize((32, 32), box=(left, top, left + side, top + side))


@cache
def _photograph(name: str) -> Image.Image:
    return Image.fromarray(photo(name, 128)[0].permute(1, 2, 0).numpy())


@exercise("11.5", is_function)
def nearest(answer: Any) -> str | None:
    """A function (queries, known, k) -> indices of the k most alike by cosine, the first first."""
    # rows, rows, features, k; the last one is drawn anew
    sizes = ((4, 12, 5, 3), (1, 6, 3, 1), (3, 5, 8, 5), (2, fresh.randint(7, 30), 6, 4))
    for seed, (q, n, f, k) in enumerate(sizes):
        draws = torch.Generator().manual_seed(4 + seed)
        known = torch.rand(n, f, generator=draws) * torch.linspace(0.2, 5, n)[:, None]
        queries = torch.rand(q, f, generator=draws)
        got, wrong = called(answer, queries, known, k)
        if wrong:
            return wrong
        if isinstance(got, tuple) and hasattr(got, "indices"):
            return "That is both, values and indices; the indices alone are asked for."
        if wrong := _wrong_neighbors(got, queries, known, k):
            return wrong if seed == 0 else f"With k = {k} of {n}: {wrong}"
    return None


def _wrong_neighbors(got: object, queries: Tensor, known: Tensor, k: int) -> str | None:
    places = as_tensor(got)
    if places is None:
        return f"It gives {kind(got)}; a tensor of indices is expected."
    alike = F.normalize(queries) @ F.normalize(known).T
    right = alike.topk(k).indices
    if places.shape != right.shape:
        return (
            f"Its shape is {tuple(places.shape)}; a row of {k} for each of the {len(queries)} "
            "queries is expected."
        )
    if torch.equal(places.double(), right.double()):
        return None
    if not torch.equal(places, places.double().nan_to_num(0.5).round().to(places.dtype)):
        return "It gives no places in `known`, such as the similarities; indices are asked for."
    places = places.long()
    if torch.equal(places - 1, right):
        return "Places count from 0; these count from 1."
    if torch.equal(places.sort().values, right.sort().values):
        return "These are the right neighbors in a different order; the most alike comes first."
    columns = F.normalize(queries, dim=0) @ F.normalize(known, dim=0).T
    slips = (
        Slip(-alike, "These are the least alike."),
        Slip(queries @ known.T, "That is the dot product: a long vector wins although its direction differs."),
        Slip(-torch.cdist(queries, known), "That is the Euclidean distance; the length of a vector should not matter."),
        Slip(columns, "The vectors are scaled along the wrong axis: each row should get the length 1."),
    )  # fmt: skip
    why = slip_of(slips, lambda nearness: torch.equal(places, nearness.topk(k).indices))
    return why or "These are not the most alike by the cosine of the angle between them."
