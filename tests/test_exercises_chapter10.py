"""Checkers of chapter 10: right answers of several kinds, wrong ones with their message."""

import copy
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
FIRST = dict(a="count", b="outputs", c="shapes", d="outputs", e="none", f="shapes")
test_first_to_notice = answers("10.2", [
    FIRST, list(FIRST.values()), {key.upper(): f" {value.upper()}" for key, value in FIRST.items()},
], [
    *((FIRST | {key: "count" if key != "a" else "none"}, f"at {key}.") for key in FIRST),
    *((FIRST | {key: "outputs"}, f"at {key}.") for key in "acef"),
    (FIRST | {"b": "shape"}, "b is 'shape'; say one of"),
    (FIRST | {"d": 7}, "d is 7; say one of"),
    (FIRST | {"e": None}, "Nothing is said of e"),
    ({"a": "count"}, "b, c, d, e, f"),
    ("count", "asks for a dict"),
])  # fmt: skip


def googlenet(change=lambda stages: stages, head=None):
    network = il.architecture("googlenet")
    stages = {name: node for name, node in network.stages if "lrn" not in name}
    changed = replace(network, stages=change(dict(stages)), head=head or network.head)
    return il.create_model(changed, width=1 / 8, seed=0).eval()


def notices(model, to_layers=lambda x: x):
    """The first of the three tests that tells this GoogLeNet from a right one."""
    right = googlenet()
    x = torch.rand(2, 3, 384, 480, generator=torch.Generator().manual_seed(0))
    if [p.numel() for p in model.parameters()] != [p.numel() for p in right.parameters()]:
        return "count"
    right.load_state_dict(dict(zip(right.state_dict(), model.state_dict().values(), strict=True)))
    seen = []
    for net, given in ((model, to_layers(x)), (right, x)):
        maps, hooks = [], []
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                hook = layer.register_forward_hook(lambda _, came, went, to=maps: to.append(went))
                hooks.append(hook)
        try:
            with torch.no_grad():
                maps.append(net(given))
        except (RuntimeError, ValueError):
            return "shapes"
        seen.append(maps)
        [hook.remove() for hook in hooks]
    ours, theirs = seen
    if [a.shape for a in ours] != [b.shape for b in theirs]:
        return "shapes"
    same = all(torch.allclose(a, b, atol=1e-6) for a, b in zip(ours, theirs, strict=True))
    return "none" if same else "outputs"


def with_branch(stages, stage, name, branch):
    block = stages[stage]
    branches = dict(block.branches) | {name: branch}
    return stages | {stage: il.Branches(branches, block.out_channels)}


def turned(stages):
    def turn(block):
        parts = dict(block.branches)
        return il.Branches({name: parts[name] for name in ("1x1", "5x5", "3x3", "pool")})

    return {n: turn(s) if isinstance(s, il.Branches) else s for n, s in stages.items()}


def test_the_first_to_notice_is_the_first_to_notice():
    """Each slip, made."""
    head = il.architecture("googlenet").head
    found = {
        "a": notices(googlenet(lambda s: with_branch(s, "3a", "5x5", [Conv(16), Conv(32, 3)]))),
        "b": notices(googlenet(lambda s: with_branch(s, "4c", "3x3", [Conv(128, act="none"), Conv(256, 3)]))),
        "c": notices(googlenet(head=replace(head, pool=AvgPool(7, 7, "valid")))),
        "e": notices(googlenet(head=replace(head, dropout=0.6))),
        "f": notices(googlenet(), lambda x: x.transpose(2, 3)),
    }  # fmt: skip
    assert found == {key: FIRST[key] for key in "abcef"}


def test_branches_in_another_order_change_outputs_alone():
    """The layers are called in another order, too; so only what comes out is compared."""
    model, right = googlenet(turned), googlenet()
    right.load_state_dict(model.state_dict())
    count = [sorted(p.numel() for p in net.parameters()) for net in (model, right)]
    x = torch.rand(2, 3, 96, 64, generator=torch.Generator().manual_seed(0))
    ours, theirs = model(x), right(x)
    assert count[0] == count[1]
    assert ours.shape == theirs.shape
    assert not torch.allclose(ours, theirs, atol=1e-4)


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
    (RIGHT | {"b": Conv(96, 7, act="none")}, "b: the kernel has a different size"),
    (RIGHT | {"b": Conv(96, (7, 1), act="none", bias=False)}, "b: Keras has a bias"),
    (RIGHT | {"c": Conv(64, norm="batch_norm")}, "c: the layer says that it has no bias"),
    (RIGHT | {"c": Conv(64, bias=False)}, "c: batch normalization is missing"),
    (RIGHT | {"c": Conv(32, bias=False, norm="batch_norm")}, "c: it outputs 32"),
    (RIGHT | {"c": nn.Conv2d(3, 64, 1)}, "c: this is a module"),
    (RIGHT | {"d": AvgPool(3, count_include_pad=True)}, "d: zeros of the padding"),
    (RIGHT | {"d": MaxPool(3)}, "d: this takes the largest"),
    (RIGHT | {"d": AvgPool(3, 3)}, "d: the stride"),
    (RIGHT | {"d": Conv(3)}, "d: an il.AvgPool is expected"),
    ([Conv(3)], "four things"),
    ({"a": Conv(3)}, "four things"),
    (RIGHT | {"a": [Conv(3), Conv(3)]}, "a: these are two layers"),
    (RIGHT | {"b": "Conv2D(96, (7, 1))"}, "b: an il.Conv is expected"),
    (RIGHT | {"d": AvgPool(3, ceil_mode=True, stride=2)}, "d: the grid would be halved"),
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
