"""Checkers of chapter 10: right answers of several kinds, wrong ones with their message."""

import copy
import functools
from dataclasses import replace

import numpy as np
import torch
from torch import nn

import inception_lib as il
from inception_lib.exercises import check
from inception_lib.spec import AvgPool, Conv, MaxPool
from tests.exercises import answers

# ---- 10.1 ----
D2 = il.listing_d2(mended=True)
MACS = il.cost(replace(D2, head=replace(D2.head, hidden=()), defaults=il.BATCH_NORM)).macs


def test_the_count_is_that_of_the_description():
    d2 = il.listing_d2(mended=True)
    network = replace(d2, head=replace(d2.head, hidden=()), defaults=il.BATCH_NORM)
    assert il.cost(network).params == 12_420_504


test_count = answers("10.1", [12_420_504], [
    (12_420_504 + 2 * 8_488, "as Keras does"),
    (12_420_504 + 8_488, "still have biases"),
    (12_420_504 + 1_001_000, "two linear layers"),
    (6_729_240, "still a 1×1"),
    (13_429_992, "Two linear layers and the biases"),
    (13_446_968, "mended in the 5×5 alone"),
    (12_420_504 - 2 * 8_488, "a scale and a shift"),
    (12_420_504 - 1_000, "has a bias"),
    (12_420_504 - 8_488, "a scale and a shift for each"),
    (MACS, "Those are the MACs"),
    (2 * MACS, "Those are the FLOPs"),
])  # fmt: skip


# ---- 10.2 ----
def merged(w3, b3, w1, b1):
    return torch.einsum("or,rihw->oihw", w1[..., 0, 0], w3), b1 + w1[..., 0, 0] @ b3


def by_impulse(w3, b3, w1, b1):
    """Another way: what comes out for single ones, and for nothing."""
    i = w3.shape[1]
    x = torch.zeros(i, i, 5, 5)
    x[range(i), range(i), 2, 2] = 1
    out = nn.functional.conv2d(nn.functional.conv2d(x, w3), w1)
    zero = nn.functional.conv2d(nn.functional.conv2d(x[:1] * 0, w3, b3), w1, b1)
    return out.flip(2, 3).transpose(0, 1), zero[0, :, 0, 0]


def in_numpy(w3, b3, w1, b1):
    mix = w1.numpy()[:, :, 0, 0]
    kernel = (mix @ w3.numpy().reshape(len(w3), -1)).reshape(len(w1), *w3.shape[1:])
    return [kernel, b1.numpy() + mix @ b3.numpy()]


def with_last(change, w3, b3, w1, b1):
    kernel, bias = merged(w3, b3, w1, b1)
    return change(kernel), bias


test_merge = answers("10.2", [
    merged, by_impulse, in_numpy, functools.partial(with_last, torch.nn.Parameter),
], [
    (lambda *four: (merged(*four)[0], four[3]), "bias of the 3×3 is missing"),
    (lambda w3, b3, w1, b1: (merged(w3, b3, w1, b1)[0], b1 + 9 * w1[..., 0, 0] @ b3), "not nine times"),
    (lambda w3, b3, w1, b1: (merged(w3, b3, w1, b1)[0], w1[..., 0, 0] @ b3), "bias of the 1×1 is missing"),
    (lambda *four: (merged(*four)[0].transpose(0, 1), four[3]), "order (in, out)"),
    (lambda *four: (merged(*four)[0].flip(2, 3), four[3]), "half a turn"),
    (lambda *four: (merged(*four)[0].transpose(2, 3), four[3]), "height and width"),
    (lambda *four: (merged(*four)[0] * 2, four[3]), "values differ"),
    (lambda *four: (merged(*four)[0].sum((2, 3), keepdim=True), four[3]), "has the shape"),
    (lambda *four: (merged(*four)[0], merged(*four)[1][:, None]), "bias has the shape"),
    (lambda *four: (merged(*four)[0], merged(*four)[1] * 0), "bias has the right shape"),
    (lambda *four: four[:2], "has the shape"),
    (lambda w3, b3, w1, b1: (w3, b3), "has the shape"),
    (lambda w3, b3, w1, b1: w3, "Two tensors"),
    (lambda w3, b3, w1, b1: w3 @ w1, "Calling it raised RuntimeError"),
])  # fmt: skip

# ---- 10.3 ----
RIGHT = {
    "a": Conv(32, 3, 2, "valid"), "b": Conv(96, (7, 1), act="none"),
    "c": Conv(64, bias=False, norm="batch_norm"), "d": AvgPool(3),
}  # fmt: skip


test_translation = answers("10.3", [
    list(RIGHT.values()), RIGHT, tuple([node] for node in RIGHT.values()),
    dict(reversed(RIGHT.items())), {key.upper(): il.Chain([node]) for key, node in RIGHT.items()},
    [
        Conv(32, (3, 3), (2, 2), "valid", bias=True, act="relu", weight_std=0.1),
        Conv(96, (7, 1), norm="none", act="none"),
        Conv(64, 1, padding="valid", bias=False, norm="batch_norm", act="relu"),
        AvgPool(3, 1, "same", count_include_pad=False),
    ],
], [
    (RIGHT | {"a": Conv(32, 3, 2)}, "a: the padding differs"),
    (RIGHT | {"a": Conv(32, 3, padding="valid")}, "a: the stride"),
    (RIGHT | {"a": Conv(32, 3, 2, "valid", act="none")}, "a: the ReLU is missing"),
    (RIGHT | {"a": None}, "a is missing"),
    (RIGHT | {"b": Conv(96, (7, 1))}, "b: does anything say ReLU?"),
    (RIGHT | {"b": Conv(96, (1, 7), act="none")}, "b: height comes first"),
    (RIGHT | {"b": Conv(96, 7, act="none")}, "b: the kernel has another size"),
    (RIGHT | {"b": Conv(96, (7, 1), act="none", bias=False)}, "b: Keras has a bias"),
    (RIGHT | {"c": Conv(64, norm="batch_norm")}, "c: a bias is said not to be there"),
    (RIGHT | {"c": Conv(64, bias=False)}, "c: batch normalization is missing"),
    (RIGHT | {"c": Conv(32, bias=False, norm="batch_norm")}, "c: it puts out 32"),
    (RIGHT | {"c": nn.Conv2d(3, 64, 1)}, "c: this is a module"),
    (RIGHT | {"d": AvgPool(3, count_include_pad=True)}, "d: zeros of the padding"),
    (RIGHT | {"d": MaxPool(3)}, "d: this takes the largest"),
    (RIGHT | {"d": AvgPool(3, 3)}, "d: the stride"),
    (RIGHT | {"d": Conv(3)}, "d: an il.AvgPool is expected"),
    ([Conv(3)], "four things"),
    ({"a": Conv(3)}, "four things"),
    (RIGHT | {"a": [Conv(3), Conv(3)]}, "a: two layers stand"),
    (RIGHT | {"b": "Conv2D(96, (7, 1))"}, "b: an il.Conv is expected"),
    (RIGHT | {"d": AvgPool(3, ceil_mode=True, stride=2)}, "d: a half grid"),
])  # fmt: skip


# ---- 10.4 ----
class Mended(nn.Module):
    relu, order, between, last, names = True, True, True, True, "abcd"

    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(192, 64, 1)
        self.reduce3 = nn.Conv2d(192, 96, 1)
        self.three = nn.Conv2d(96, 128, 3, padding=1)
        self.reduce5 = nn.Conv2d(192, 16, 1)
        self.five = nn.Conv2d(16, 32, 5, padding=2)
        self.project = nn.Conv2d(192, 32, 1)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)

    def forward(self, x):
        five = self.reduce5(x)
        five = self.five(five.relu() if self.relu else five).relu()
        pool = self.project(self.pool(x)) if self.order else self.pool(self.project(x))
        three = self.reduce3(x)
        three = self.three(three.relu() if self.between else three).relu()
        pool = pool.relu() if self.last else pool
        parts = dict(zip("abcd", [self.one(x).relu(), three, five, pool], strict=True))
        return torch.cat([parts[name] for name in self.names], 1)


def faulty(**changed):
    return type("Without_" + "_".join(changed), (Mended,), changed)()


def test_the_check_leaves_the_module_alone():
    module = Mended()
    before = module.one.bias.clone()
    check("10.4", module)
    assert torch.equal(module.one.bias, before)


test_mended_block = answers("10.4", [
    Mended(), Mended, Mended().eval().double(), Mended().requires_grad_(False),
    il.build(il.reduced_block(64, 96, 128, 16, 32, 32), 192),
], [
    (faulty(relu=False, order=False), "Both faults"),
    (faulty(order=False), "at least 0"),
    (faulty(relu=False), "what does each layer read?"),
    (faulty(between=False), "a ReLU is missing now that was there"),
    (faulty(last=False), "a ReLU is missing now that was there"),
    (faulty(names="abdc"), "in another order"),
    (faulty(forward=lambda self, x: x), "It gives its input"),
    (faulty(forward=lambda self, x: Mended.forward(self, x) * 2), "values differ"),
    (lambda x: x, "asks for a module"),
    (nn.Conv2d(192, 256, 1), "49,408 parameters"),
    (faulty(forward=lambda self, x: self.one(x)), "has the shape"),
    (faulty(forward=lambda self, x: self.five(x)), "Calling it raised RuntimeError"),
    (il.reduced_block(64, 96, 128, 16, 32, 32), "asks for a module"),
])  # fmt: skip


# ---- 10.5 ----
def watched(model, x, *, own=True, remove=True):
    called, hooks = set(), []
    layers = dict(model.named_modules())
    for name, layer in layers.items():
        hook = layer.register_forward_hook(lambda *_, name=name: called.add(name))
        hooks.append(hook)
    model(x)
    if remove:
        [hook.remove() for hook in hooks]
    holds = {n for n, m in layers.items() if not own or list(m.parameters(recurse=False))}
    return sorted(holds - called)


def by_type(model):
    """The cases of the checker, known by heart."""
    known = {"_Nested": ["parts.a.bn2", "parts.b.0"], "_Spare": ["bn2"]}
    return [] if getattr(model, "use", False) else known.get(type(model).__name__, [])


def by_gradient(model, x):
    model.zero_grad()
    model(x).sum().backward()
    without = {n.rpartition(".")[0] for n, p in model.named_parameters() if p.grad is None}
    return without


def by_marks(model, x):
    """A module whose forward pass is wrapped; a frozen set of names."""
    model = copy.deepcopy(model)
    names = {n: m for n, m in model.named_modules() if m._parameters}
    seen = set()
    for name, layer in names.items():

        def forward(*args, name=name, old=layer.forward):
            seen.add(name)
            return old(*args)

        layer.forward = forward
    model(x)
    return frozenset(names) - seen


test_never_called = answers("10.5", [
    watched, by_gradient, by_marks, lambda m, x: (name for name in watched(m, x)),
    lambda m, x: dict.fromkeys(watched(m, x)).keys(), lambda m, x: np.array(watched(m, x)),
], [
    (lambda m, x: watched(m, x, own=False), "holds no weights itself"),
    (lambda m, x: watched(m, x, remove=False), "hooks stay"),
    (lambda m, x: [], "it names 0; there are 1"),
    (lambda m, x: [n for n, p in m.named_modules() if list(p.parameters(False))], "is called"),
    (lambda m, x: [n for n, p in m.named_parameters()], "which no layer is called"),
    (lambda m, x: [m.get_submodule(n) for n in watched(m, x)], "names are asked for"),
    (lambda m, x: [n for n in watched(m, x) if n == "bn2"], "a block inside a block it names 0"),
    (lambda m, x: by_type(m), "drawn"),
    (lambda m, x: 7, "an int"),
    (lambda m, x: "bn2", "a str"),
])  # fmt: skip
