"""Checkers of chapter 11: right answers of several kinds, wrong ones with their message."""

import copy
import functools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

import inception_lib as il
from inception_lib.exercises import chapter11
from tests.exercises import answers

test_parameters = answers("11.1", [24_588], [
    (24_576, "bias too"),
    (24_576 + 2048, "not for each feature"),
    (2_049_000, "ImageNet"),
    (12_300, "GoogLeNet"),
    (18_444, "Inception-v4"),
    (21_785_568, "trunk"),
    (21_810_156, "whole network"),
    (1_572_876, "pools"),
    (2 * 24_576, "One weight"),
    (64 * 24_588, "pools"),
])  # fmt: skip


# ---- 11.3 ----
def frozen(model, keep=("last",)):
    for name, stage in model.stages.items():
        last = name == list(model.stages)[-1]
        if not (name in keep or (last and "last" in keep)):
            stage.requires_grad_(False)
            stage.eval()


def by_parameter(model):
    model.requires_grad_(False)
    model.eval()
    for part in (list(model.stages.values())[-1], model.head):
        part.requires_grad_(True)
        part.train()
    return model


def batch_norm_alone(model):
    """Only normalization is put into evaluation mode; dropout and the rest do not matter here."""
    *held, last = model.stages
    for key, p in model.named_parameters():
        p.requires_grad = key.startswith("head.") or key.split(".")[1] == last
    for name in held:
        for module in model.stages[name].modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def of_a_copy(model):
    model = copy.deepcopy(model)
    frozen(model)
    return model


def no_mode(model):
    for name, stage in model.stages.items():
        stage.requires_grad_(name == list(model.stages)[-1])


def head_frozen_too(model):
    frozen(model)
    model.head.requires_grad_(False)


def all_frozen(model):
    model.requires_grad_(False)


def all_in_evaluation(model):
    frozen(model)
    model.eval()


def one_left(model):
    frozen(model)
    model.stages["3b"].train()


def swapped(model):
    for name in list(model.stages)[:-1]:
        model.stages[name] = nn.Identity()


def weights_alone(model):
    frozen(model)
    for p in model.stages["4b"].parameters():
        p.requires_grad_(p.ndim > 1)


test_freeze = answers("11.3", [frozen, by_parameter, batch_norm_alone, of_a_copy], [
    (no_mode, "running statistics move"),
    (lambda m: frozen(m, ()), "4b, is frozen too"),
    (lambda m: frozen(m, ("4b",)), "bn_inception: stages.4b.1x1.conv.weight is still trained"),
    (lambda m: frozen(m, ("4a", "last")), "stages.4a.1x1.conv.weight is still trained"),
    (head_frozen_too, "head is frozen"),
    (all_frozen, "nothing is trained"),
    (all_in_evaluation, "should be in training mode"),
    (one_left, "stages.3b.1x1.norm still takes"),
    (weights_alone, "it is of the last stage"),
    (lambda m: m.eval(), "is still trained"),
    (lambda m: m.requires_grad_(False).eval(), "nothing is trained"),
    (swapped, "has lost"),
    (lambda m: m.stages["9z"], "raised KeyError"),
])  # fmt: skip


# ---- 11.4 ----
def name_in(network, file):
    model = il.load(network)
    x = model.preprocessing.transform(il.read_picture(file))[None]
    return model.classes[il.predict(model, x).argmax()]


def with_share(network, file):
    return name_in(network, file), 0.9


def as_given(network, file, train=True, scale=255, order=sorted):
    """The faulty lines of the exercise; each fault can be mended alone."""
    model = il.load(network).train(train)
    picture = np.asarray(Image.open(file).convert("RGB").resize((32, 32)))
    x = torch.tensor(picture).permute(2, 0, 1)[None] / scale - float(scale != 255)
    return order(model.classes)[model(x).argmax()]


def one_fault(fault):
    def faulty(network, file):
        model = il.load(network).train(fault == "mode")
        x = model.preprocessing.transform(il.read_picture(file))[None]
        x = (x + 1) / 2 if fault == "range" else x
        return (sorted if fault == "names" else list)(model.classes)[model(x).argmax()]

    return faulty


test_name_in = answers("11.4", [name_in, with_share], [
    (as_given, "gets a wrong name"),
    (one_fault("mode"), "In which mode is the model?"),
    (one_fault("range"), "Which range of values"),
    (one_fault("names"), "have an order, that of the outputs"),
    (lambda n, f: as_given(n, f, False, 127.5, list), "what `il.read_picture`"),
    (lambda n, f: il.load(n).classes.index(name_in(n, f)), "the name of a class is expected"),
    (lambda n, f: "horse", "not a class of this network"),
    (lambda n, f: il.load(f), "raised"),
])  # fmt: skip


# ---- 11.2 ----
def test_the_folder_of_the_exercise(tmp_path):
    """Built as the chapter shows it."""
    picture = Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    held = Image.Exif()
    held[0x112] = 6
    for folder in ("__MACOSX", "cat/old", "dog"):
        (tmp_path / folder).mkdir(parents=True)
    for name, kept, options in (
        ("__MACOSX/0.jpg", picture, {}),
        ("cat/1.jpg", picture, {"exif": held}),
        ("cat/3.gif", picture, {"save_all": True, "append_images": [picture.rotate(9 * n) for n in range(1, 8)]}),
        ("cat/old/4.png", Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8)), {}),
        ("dog/.5.jpg", picture, {}),
        ("dog/6.png", Image.new("RGBA", (8, 8), (255, 0, 0, 9)), {}),
        ("7.jpg", picture, {}),
    ):  # fmt: skip
        kept.save(tmp_path / name, **options)
    (tmp_path / "cat/2.jpg").touch()
    (tmp_path / "cat/notes.txt").write_text("Ask Anna for the rest.")
    with pytest.warns(UserWarning) as said:
        _, labels, names = il.image_folder(tmp_path)
    assert names == ["cat", "dog"]
    assert labels.bincount().tolist() == list(chapter11._CATS_DOGS)
    assert str(said[0].message).count("; ") + 1 == chapter11._LEFT_OUT


test_cats_dogs_named = answers("11.2", [(3, 1, 6), [3.0, 1, np.int64(6)], {"a": 3, "b": 1, "c": 6}], [
    ((2, 1, 6), "cats: One of the three"),
    ((4, 1, 6), "0 bytes"),
    ((5, 1, 6), "nor a text"),
    ((10, 1, 6), "its first frame"),
    ((3, 2, 6), "is hidden"),
    ((3, 0, 6), "transparent background"),
    ((3, 1, 5), "One is missing"),
    ((3, 1, 7), "One too many"),
    ((3, 1, 8), "Two too many"),
    ((3, None, 6), "dogs: "),
    ((3, 1), "three numbers"),
    ("316", "three numbers"),
    (3, "three numbers"),
])  # fmt: skip


# ---- 11.5 ----
def by_product(q, x, k):
    return (F.normalize(q) @ F.normalize(x).T).topk(k).indices


def by_cosine(q, x, k):
    return nn.functional.cosine_similarity(q[:, None], x[None], dim=2).argsort(descending=True)[
        :, :k
    ]


def by_numpy(q, x, k):
    q, x = q.numpy(), x.numpy()
    alike = (q @ x.T) / np.linalg.norm(x, axis=1)
    return np.argsort(-alike, axis=1)[:, :k]


test_nearest = answers("11.5", [
    by_product, by_cosine, by_numpy, lambda q, x, k: by_product(q, x, k).tolist(),
    lambda q, x, k: by_product(q, x, k).int(),
    functools.partial(lambda one, q, x, k: by_product(one * q, x, k), 2.0),
], [
    (lambda q, x, k: (q @ x.T).topk(k).indices, "dot product"),
    (lambda q, x, k: torch.cdist(q, x).topk(k, largest=False).indices, "Euclidean"),
    (lambda q, x, k: by_product(q, x, k).fmod(2), "not the most alike"),
    (lambda q, x, k: (F.normalize(q) @ F.normalize(x).T).topk(k, largest=False).indices, "least alike"),
    (lambda q, x, k: (F.normalize(q, dim=0) @ F.normalize(x, dim=0).T).topk(k).indices, "wrong axis"),
    (lambda q, x, k: by_product(q, x, k).flip(1), "different order"),
    (lambda q, x, k: by_product(q, x, k).T, "Its shape is (3, 4)"),
    (lambda q, x, k: (F.normalize(q) @ F.normalize(x).T).topk(k).values, "similarities"),
    (lambda q, x, k: (F.normalize(q) @ F.normalize(x).T).topk(k), "values and indices"),
    (lambda q, x, k: by_product(x, q, 1), "is expected"),
    (lambda q, x, k: by_product(q, x, 3), "With k = "),
    (lambda q, x, k: by_product(q, x, k) + 1, "count from 0"),
    (lambda q, x, k: torch.zeros(len(q), k).long(), "not the most alike"),
    (lambda q, x, k: torch.full((len(q), k), math.nan), "places in"),
    (lambda q, x, k: "0", "a str"),
])  # fmt: skip
