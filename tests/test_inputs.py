"""The gate for pictures and labels: all that people have gives the same, and the rest a sentence."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import one_hot
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
    get_worker_info,
)

import inception_lib as il

# Any pictures do; photographs take a second to read, in every process that imports this file.
X = torch.randint(0, 256, (20, 3, 32, 32), generator=torch.Generator().manual_seed(0)).byte()
Y = torch.arange(20) % 10
PIL = [Image.fromarray(x.permute(1, 2, 0).numpy()) for x in X]
HWC = np.stack([np.asarray(picture) for picture in PIL])
FLOATS = il.as_input(X)
READ_ONLY = X.numpy().copy()
READ_ONLY.flags.writeable = False
pytestmark = pytest.mark.filterwarnings("error")


class Given(Dataset):
    """A data set that gives what a function gives."""

    def __init__(self, give):
        self.give = give

    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        return self.give(i)


class Stream(IterableDataset):
    def __iter__(self):
        yield from zip(X, Y, strict=True)


def lists(items):
    return tuple(map(list, zip(*items, strict=True)))


PAIRS = Given(lambda i: (PIL[i], int(Y[i])))
SETS = {
    "pair": (X, Y),
    "list": [X, Y],
    "triple": (X, Y, ["a name"] * 10),
    "arrays": (X.numpy(), Y.numpy()),
    "channels last": (HWC, Y.numpy().astype(np.uint16)[:, None]),
    "read only": (READ_ONLY, Y.int()),
    "float64": (FLOATS.double(), Y.to(torch.uint8)),
    "other byte order": (FLOATS.numpy().astype(">f4"), [np.int8(y) for y in Y]),
    "blue first, turned": (HWC[..., ::-1].copy()[..., ::-1], list(Y)),
    "PIL": (PIL, Y.tolist()),
    "mixed": ([PIL[0], X[1].numpy(), X[2:3], *FLOATS[3:]], Y.to(torch.int16)),
    "one-hot": (X, one_hot(Y, 10)),
    "one-hot rows": (tuple(X), one_hot(Y, 10).tolist()),
    "probabilities": (X, one_hot(Y, 10).double().numpy()),
    "pairs": list(zip(PIL, Y.tolist(), strict=True)),
    "data set": TensorDataset(X, Y.int()),
    "data set of PIL": PAIRS,
    "part of a data set": Subset(TensorDataset(X, one_hot(Y, 10).float()), range(20)),
    "loader": DataLoader(TensorDataset(X, Y), 7),
    "loader with lists": DataLoader(PAIRS, 7, collate_fn=lists),
    "loader of a stream": DataLoader(Stream(), 7),
}
ALONE = {
    "tensor": X,
    "array": HWC,
    "PIL": tuple(PIL),
    "photos": list(X[:, None]),
    "data set": Given(PIL.__getitem__),
    "loader": DataLoader(TensorDataset(X), 7),
    "loader of a tensor": DataLoader(X, 7),
}


@pytest.fixture(scope="module")
def model():
    return il.create_model("mini_bn", pretrained=True)


@pytest.fixture(scope="module")
def want(model):
    return model.eval()(FLOATS).detach()


@pytest.mark.parametrize("data", [*SETS.values(), *ALONE.values()], ids=[*SETS, *ALONE])
def test_predict_takes_all_that_holds_pictures(model, want, data):
    assert torch.allclose(il.predict(model, data, batch_size=np.int64(6)), want, atol=1e-4)


@pytest.mark.parametrize("data", SETS.values(), ids=SETS)
def test_evaluate_takes_all_that_holds_labels_too(model, want, data):
    accuracy, loss = il.evaluate(model, data, batch_size=6)
    assert accuracy == (want.argmax(1) == Y).double().mean()
    assert loss == pytest.approx(float(nn.functional.cross_entropy(want, Y)), rel=1e-4)


@pytest.fixture(scope="module")
def losses():
    return train((FLOATS, Y), test=(FLOATS, Y), batch_size=7).losses


@pytest.mark.parametrize("data", [SETS[name] for name in SETS if name != "loader of a stream"])
def test_fit_takes_the_same(losses, data):
    size = {} if isinstance(data, DataLoader) else {"batch_size": 7}
    history = train(data, test=data, **size)
    assert history.losses == pytest.approx(losses, rel=1e-4)
    assert history.recipe["batch_size"] == 7


class Drawn(Dataset):
    """Pictures with noise of their own; it counts those that no worker made."""

    at_home = 0

    def __len__(self):
        return len(X)

    def __getitem__(self, index):
        self.at_home += get_worker_info() is None
        return FLOATS[index] + torch.rand(1), int(Y[index])


@pytest.mark.parametrize("collate", [None, lists])
def test_the_workers_of_a_loader_fetch_and_change_nothing(collate):
    def losses(workers, **changes):
        data = Drawn()
        model = il.create_model("mini_plain_bn", seed=0, dropout=0.5)
        given = DataLoader(data, 4, num_workers=workers, collate_fn=collate)
        history = train(given, model, **{"epochs": 2, **changes})
        assert data.at_home == (1 if workers else 41)  # a first one is looked at
        return history.losses

    alone = losses(0)
    assert len(alone) == 10 and losses(2) == alone
    assert losses(1, max_steps=3) == alone[:3]


def test_numbers_of_numpy_and_pictures_of_one_channel(model):
    found = il.evaluate(model, (X, np.array(Y.tolist(), dtype=object)))  # as pandas gives them
    assert found == il.evaluate(model, (X, Y))
    il.Recipe(epochs=np.int32(1), batch_size=np.int64(10), lr=np.float32(0.1))
    train((X, Y), batch_size=np.int64(10), seed=np.int64(3))
    one = [il.create_model("mini_bn", in_channels=1, seed=seed) for seed in (3, np.int64(3))]
    gray = X[:3, 0].numpy()
    assert torch.equal(il.predict(one[0], list(gray)), il.predict(one[1], X[:3, :1]))


def test_a_model_that_puts_out_nan(model):
    broken = copy.deepcopy(model)
    broken.head.fc.bias.data[0] = torch.nan
    with pytest.warns(UserWarning, match="outputs NaN or infinity"):
        il.evaluate(broken, (X, Y))


def test_a_photograph_is_named(model):
    """The most natural call of all."""
    names = list(il.photos())
    for name in ("cat", "coffee", "temple"):
        chances = il.predict(model, il.photo(name, 32)).softmax(1)[0]
        assert names[int(chances.argmax())] == name
        assert chances.max() > 0.5


def test_looking_inside_takes_the_same(model):
    x, cat = FLOATS[:3], Image.fromarray(il.photo("cat", 64)[0].permute(1, 2, 0).numpy())
    for pictures in (X[:3], X[:3].numpy(), HWC[:3], PIL[:3], x.double()):
        for look in (
            lambda p: il.features(model, p, ["3a"])["3a"],
            lambda p: il.most_exciting(model, "3a.5x5", p, labels=[0, 1, 2])[1],
            lambda p: il.silencing(model, "3a", p, Y[:3].tolist()).lost["3x3"],
        ):
            assert torch.allclose(look(pictures).float(), look(x).float(), atol=1e-4)
    for one in (cat, np.asarray(cat), il.photo("cat", 64)[0], [cat]):
        for look in (
            lambda p: il.grad_cam(model, p, np.int64(1), "4b"),
            lambda p: il.occlusion(model, p, 1, window=32, stride=32),
        ):
            assert torch.allclose(look(one), look(il.as_input(il.photo("cat", 64))), atol=1e-4)
    with torch.inference_mode():
        assert il.grad_cam(model, il.photo("cat", 64), 1, "4b").any()


def test_gray_networks_and_other_precisions(model, want):
    gray = il.create_model("mini_bn", in_channels=1, seed=0)
    shade = Image.new("RGB", (28, 28), (90, 90, 90))
    for one in (shade, shade.convert("L"), np.full((28, 28, 1), 90, np.uint8)):
        same = il.predict(gray, torch.full((1, 1, 28, 28), 90).byte())
        assert torch.allclose(il.predict(gray, one), same, atol=1e-5)
    for kind in (torch.double, torch.bfloat16):
        other = copy.deepcopy(model).to(kind)
        assert torch.allclose(il.predict(other, X), want, atol=1e-3 if kind == torch.double else 1)
    block = il.build(il.naive_block(2, 2, 2), in_channels=8)
    assert (
        il.features(block, 100 * torch.randn(1, 8, 9, 9), ["3x3"])["3x3"].max() > 16
    )  # maps, no picture


NAN = torch.full((2, 3, 32, 32), torch.nan)


class Pair(nn.Sequential):
    def forward(self, x):
        return super().forward(x), x


TRUNK = il.create_model("mini_bn", num_classes=0)
DICTS = Given(lambda i: {"image": X[i], "label": Y[i]})
RAGGED = Given(lambda i: (Image.new("RGB", (32 + i, 32)), 0))
WEIGHTED = DataLoader(TensorDataset(X, Y), 4, sampler=WeightedRandomSampler([1.0] * 20, 20))


def train(data, model=None, **changes):
    model = il.create_model("mini_plain_bn", seed=0) if model is None else model
    return il.fit(model, data, progress=False, **{"epochs": 1, "device": "cpu", **changes})


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m: il.predict(m, NAN), ValueError, "NaN or infinity"),
        (lambda m: il.evaluate(m, (NAN, [0, 1])), ValueError, "NaN or infinity"),
        (lambda m: train((NAN, [0, 1])), ValueError, "NaN or infinity"),
        (lambda m: il.grad_cam(m, NAN[:1], 0, "4b"), ValueError, "NaN or infinity"),
        (lambda m: il.features(m, NAN, ["4b"]), ValueError, "NaN or infinity"),
        (lambda m: il.as_input(-torch.inf * torch.ones(2)), ValueError, "NaN or infinity"),
        (lambda m: il.predict(m, X.float()), ValueError, "floats from 0 to 255.*to.torch.uint8"),
        (lambda m: il.predict(m, X.long()), TypeError, "pictures are int64; give bytes"),
        (lambda m: il.predict(m, READ_ONLY.astype(np.uint16)), TypeError, "are uint16"),
        (lambda m: il.predict(m, X.permute(0, 2, 3, 1)), ValueError, r"permute\(0, 3, 1, 2\)"),
        (lambda m: il.predict(m, X[:, :1]), ValueError, r"takes \(N, 3, H, W\)"),
        (lambda m: il.predict(m, np.zeros((32, 32, 4), np.uint8)), ValueError, "are .32, 32, 4"),
        (lambda m: il.predict(m, "cat.jpg"), TypeError, "'cat.jpg' is a name.*read_picture"),
        (lambda m: il.predict(m, {"image": X}), TypeError, "a dict is not a picture"),
        (lambda m: il.predict(m, []), ValueError, "the list is empty"),
        (lambda m: il.predict(m, X.float().to_sparse()), TypeError, "sparse.*to_dense"),
        (lambda m: il.predict(m, X.to("meta")), TypeError, "meta device"),
        (lambda m: il.predict(m, np.ma.masked_array(X.numpy(), X.numpy() > 9)), TypeError, "masked"),
        (lambda m: il.evaluate(m, (X, np.ma.masked_array(Y.numpy(), Y.numpy() == 0))), TypeError, "masked"),
        (lambda m: il.predict(m.forward, X), TypeError, "model is a method; give a module"),
        (lambda m: il.features(None, X, ["3a"]), TypeError, "model is a NoneType; give a module"),
        (lambda m: il.silencing(m, "3a", X[:0], Y[:0]), ValueError, "there is no picture"),
        (lambda m: il.silencing(Pair(m), "3a", X, Y), TypeError, "Pair returns a tuple"),
        (lambda m: torch.no_grad()(train)((X, Y)), ValueError, "gradients are off"),
        (lambda m: torch.inference_mode()(train)((X, Y)), ValueError, "gradients are off"),
        (lambda m: train((X, Y), lr="a"), ValueError, "lr is 'a'"),
        (lambda m: train((X, Y), weight_decay=None), ValueError, "weight_decay is None"),
        (lambda m: il.create_model("mini_bn", seed="a"), ValueError, "seed is 'a'"),
        (lambda m: il.create_model("mini_bn", seed=2**70), ValueError, "seed is"),
        (lambda m: il.create_model("mini_googlenet_aux", aux="no"), ValueError, "aux is 'no'"),
        (lambda m: il.create_model("mini_bn", pretrained="w.pth"), ValueError, "pretrained is 'w.pth'.*load_weights"),
        (lambda m: il.predict(m, [PIL[0], X[0, :, :30]]), ValueError, r"\(3, 30, 32\) and"),
        (lambda m: il.predict(m, DICTS), TypeError, "a dict with 'image', 'label'"),
        (lambda m: il.predict(m, X, batch_size=0), ValueError, "batch_size is 0"),
        (lambda m: il.predict(nn.LSTM(32, 4), X[0, 0] / 255.0), TypeError, "LSTM returns a tuple"),
        (lambda m: il.evaluate(m, X), TypeError, "test data is a Tensor"),
        (lambda m: il.evaluate(m, (X, ["cat"] * 20)), TypeError, r"'cat' among them.*names\.index"),
        (lambda m: il.evaluate(m, (X, Y.float())), TypeError, "float32 of .20,.; give .N,. integers"),
        (lambda m: il.evaluate(m, (X, torch.rand(20, 10))), ValueError, "rows are not probabilities"),
        (lambda m: il.evaluate(m, (X, torch.eye(5)[Y % 5])), ValueError, "probabilities of 5 classes"),
        (lambda m: il.evaluate(m, ALONE["loader"]), TypeError, "must be a pair"),
        (lambda m: il.evaluate(m, DataLoader(DICTS, 4)), TypeError, "'image', 'label'; each item"),
        (lambda m: il.evaluate(m, RAGGED), ValueError, "differ in size"),
        (lambda m: il.evaluate(nn.DataParallel(TRUNK), (X, Y)), ValueError, "has no classes"),
        (lambda m: train((X, Y), TRUNK), ValueError, "has no classes"),
        (lambda m: train((X, Y), nn.Conv2d(3, 4, 3)), ValueError, r"outputs \(1, 4, 30, 30\)"),
        (lambda m: train((X, Y), copy.deepcopy(m).requires_grad_(False)), ValueError, "nothing of"),
        (lambda m: train((X, Y), device="gpu"), ValueError, "device is 'gpu', which this machine"),
        (lambda m: train(Stream()), TypeError, "training data is a Stream"),
        (lambda m: train(DataLoader(Stream(), 4)), ValueError, "chooses its own pictures"),
        (lambda m: train(WEIGHTED), ValueError, "chooses its own pictures"),
        (lambda m: train(SETS["loader"], batch_size=8), ValueError, "batches of 7, .* of 8"),
        (lambda m: il.grad_cam(m, X[:2], 0, "4b"), ValueError, "2 pictures, but this takes one"),
        (lambda m: il.occlusion(m, PIL[:3], 0), ValueError, "3 pictures, but this takes one"),
        (lambda m: il.grad_cam(m, X[:1], 10, "4b"), ValueError, "target is 10; .* classes 0 to 9"),
        (lambda m: il.occlusion(m, X[:1], -1), ValueError, "target is -1"),
        (lambda m: il.silencing(m, "3a", X, Y[:3]), ValueError, "20 pictures and 3 labels"),
        (lambda m: il.silencing(m, "3a", X, Y + 5), ValueError, "the label 14"),
        (lambda m: il.silencing(m, "3a", X, Y, Y - 1), ValueError, "groups has -1"),
        (lambda m: il.silencing(m, "3a", SETS["loader"], Y), TypeError, "not a DataLoader"),
        (lambda m: il.most_exciting(m, "3a", X, labels=Y[:4]), ValueError, "and 4 labels"),
    ],
)  # fmt: skip
def test_the_rest_gets_a_sentence(model, call, error, says):
    with pytest.raises(error, match=says):
        call(model)


def test_what_cannot_be_tested_on_is_found_before_a_step_is_done():
    steps = []
    with pytest.raises(ValueError, match="NaN"):
        train((X, Y), test=(NAN, [0, 1]), on_step=lambda step, model: steps.append(step))
    assert not steps


def test_no_doubles_on_the_device(model, monkeypatch):
    """Apple's devices have none: what becomes double has come to the CPU before."""
    arrived, cpu, double = set(), torch.Tensor.cpu, torch.Tensor.double

    def come(self):
        found = cpu(self).clone()
        arrived.add(found.data_ptr())
        return found

    def become(self):
        assert self.data_ptr() in arrived or self.dtype in (torch.bool, torch.int64)
        return double(self)

    monkeypatch.setattr(torch.Tensor, "cpu", come)
    monkeypatch.setattr(torch.Tensor, "double", become)
    il.silencing(model, "3a", X, Y, fill="mean")
    il.Watch(["3a"], X.numpy())(0, model)
    train((FLOATS.numpy().astype(float), Y))


def test_what_a_data_set_draws_comes_from_the_seed_and_the_step():
    noisy = Given(lambda i: (FLOATS[i] + 0.1 * torch.randn(3, 32, 32), Y[i]))
    runs = []
    for _ in range(2):
        torch.rand(len(runs))
        runs.append(train(noisy, batch_size=5).losses)
    assert runs[0] == runs[1]
