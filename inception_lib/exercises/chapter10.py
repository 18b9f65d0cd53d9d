"""Checkers of chapter 10: seven listings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import permutations
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..counting.cost import cost
from ..networks.blocks import reduced_block
from ..networks.published import listing_d2
from ..spec import BATCH_NORM, PLAIN, AvgPool, Chain, Conv, MaxPool, Network
from . import (
    Slip,
    as_block,
    called,
    exercise,
    fresh,
    is_function,
    kind,
    same_tensor,
    shown,
    whole_number,
)


# ---- 10.1: count D2 without its faults ----
def _d2(five: bool = True, hidden: bool = False, bias: bool = False) -> Network:
    network = listing_d2(mended=five)
    assert network.head is not None
    head = replace(network.head, hidden=network.head.hidden if hidden else ())
    return replace(network, head=head, defaults=replace(BATCH_NORM, bias=bias))


@exercise("10.1")
def mended_d2(answer: Any) -> str | None:
    """Parameters of D2 with its 5×5, one linear layer, and no bias that BN cancels."""
    mended = cost(_d2())
    right, biases = mended.params, cost(_d2(bias=True)).params
    # Keras counts the running mean and variance, too: two for each channel that BN normalizes.
    running = 2 * (biases - right)
    two_layers, both = cost(_d2(hidden=True)).params, cost(_d2(hidden=True, bias=True)).params
    slips = (
        Slip(right + running, "That counts the running means and variances, as Keras does. Training does not change them by gradients; PyTorch does not count them."),
        Slip(biases, "The convolutions still have biases, which batch normalization cancels."),
        Slip(two_layers, "There are still two linear layers."),
        Slip(cost(_d2(five=False)).params, 'The "5×5" is still a 1×1.'),
        Slip(both, "Two linear layers and the biases are still in it."),
        Slip(13_446_968, "That is mended in the 5×5 alone, and counted as Keras counts."),
        Slip(biases + running, "The biases are still in it, and the running means and variances are counted."),
        Slip(right - running, "Batch normalization has parameters, too: a scale and a shift."),
        Slip(right - running // 2, "Batch normalization has a scale and a shift for each channel."),
        Slip(mended.macs, "Those are the MACs. A weight is one parameter, however often it is used."),
        Slip(2 * mended.macs, "Those are the FLOPs. Parameters are asked for."),
        Slip(right - 1000, "The linear layer has a bias: no normalization follows it."),
    )  # fmt: skip
    return whole_number(answer, right, slips)


# ---- 10.2: which test is the first to notice ----
_TESTS = ("count", "shapes", "outputs", "none")
_FIRST = {
    "a": ("count", "Does a 3×3 have as many weights as a 5×5?"),
    "b": ("outputs", "What does a ReLU have that a count or a shape could show?"),
    "c": ("shapes", "How large is the last grid for 384×480 pixels, and how often does a 7×7 fit?"),
    "d": ("outputs", "Add up the channels in the other order. Then ask what the next layer reads."),
    "e": ("none", "What does dropout do in evaluation mode?"),
    "f": ("shapes", "Which axis is the height afterwards, and which the width?"),
}


@exercise("10.2")
def first_to_notice(answer: Any) -> str | None:
    """{"a": "count", …}: which of three tests first notices each of six slips."""
    if isinstance(answer, list | tuple) and len(answer) == len(_FIRST):
        answer = dict(zip(_FIRST, answer, strict=True))
    if not isinstance(answer, Mapping):
        return f"This asks for a dict, from 'a' to 'f'; the answer is {kind(answer)}."
    given = {
        str(key).lower(): value.strip().lower() if isinstance(value, str) else value
        for key, value in answer.items()
    }
    if all(value is None or value is ... for value in given.values()):
        raise NotImplementedError
    missing = [key for key in _FIRST if given.get(key) is None or given[key] is ...]
    if missing:
        return f"Nothing is said of {', '.join(missing)}."
    for key, (right, hint) in _FIRST.items():
        if not isinstance(given[key], str) or given[key] not in _TESTS:
            return f"{key} is {shown(given[key])}; say one of {', '.join(_TESTS)}."
        if given[key] != right:
            return f"Look again at {key}. {hint}"
    return None


# ---- 10.3: translate four layers of Keras ----
_KERAS: tuple[Conv | AvgPool, ...] = (
    Conv(32, 3, 2, "valid"),
    Conv(96, (7, 1), act="none"),
    Conv(64, bias=False, norm="batch_norm"),
    AvgPool(3),
)


@exercise("10.3")
def translated(answer: Any) -> str | None:
    """Four nodes that say what four layers of Keras say."""
    if isinstance(answer, Mapping):
        letters = {str(key).lower(): value for key, value in answer.items()}
        answer = [letters[key] for key in "abcd"] if set(letters) == set("abcd") else ()
    if not isinstance(answer, list | tuple) or len(answer) != 4:
        return "Give four things in a list: [a, b, c, d]."
    if all(part is None or part is ... for part in answer):
        raise NotImplementedError
    for letter, got, want in zip("abcd", answer, _KERAS, strict=True):
        if got is None or got is ...:
            return f"{letter} is missing."
        block, _ = as_block(got)
        if wrong := _differs(got if block is None else block, want):
            return f"{letter}: {wrong}"
    return None


def _differs(got: Any, want: Conv | AvgPool) -> str | None:
    if isinstance(got, nn.Module):
        return "this is a module of torch; a description is asked for, such as il.Conv(…)."
    if isinstance(got, Chain):
        return "these are two layers; one says it all." if len(got.layers) > 1 else "it is empty."
    if isinstance(got, MaxPool) and isinstance(want, AvgPool):
        return "this takes the largest value; the layer takes the mean."
    if type(got) is not type(want):
        return f"an il.{type(want).__name__} is expected; this is {kind(got)}."
    if isinstance(got, Conv) and isinstance(want, Conv) and got.out_channels != want.out_channels:
        return f"it outputs {got.out_channels} channels."
    if got.kernel_size != want.kernel_size:
        turned = got.kernel_size == want.kernel_size[::-1]
        return "height comes first, then width." if turned else "the kernel has a different size."
    if isinstance(want, AvgPool) and got.stride == (2, 2):
        return "the grid would be halved; the layer says strides=1."
    if got.stride != want.stride:
        return "the stride differs."
    if got.pads != want.pads:
        return "the padding differs. What does Keras do where nothing is said?"
    if isinstance(got, AvgPool):
        return "zeros of the padding do not count in Keras." if got.count_include_pad else None
    assert isinstance(want, Conv)  # as `got` is
    if got.groups != 1:
        return "there is one group."
    (bias, norm, act), right = got.with_defaults(PLAIN), want.with_defaults(PLAIN)
    if norm != right[1]:
        return "batch normalization is missing." if norm == "none" else "nothing normalizes here."
    if act != right[2]:
        return (
            "does anything say ReLU? A layer of Keras has no activation unless told."
            if act == "relu"
            else "the ReLU is missing."
        )
    if bias != right[0]:
        return "the layer says that it has no bias." if bias else "Keras has a bias unless told."
    return None


# ---- 10.4: find and mend the faults of a block ----
_WIDTHS = (64, 96, 128, 16, 32, 32)
_SHAPES = tuple(
    (o, i, k, k)
    for o, i, k in (
        (64, 192, 1), (96, 192, 1), (128, 96, 3), (16, 192, 1), (32, 16, 5), (32, 192, 1)
    )
)  # fmt: skip


@exercise("10.4")
def mended_f(answer: Any) -> str | None:
    """A module that is stage 3a's block for whatever weights it holds."""
    if isinstance(answer, type) and issubclass(answer, nn.Module):
        answer, wrong = called(answer)
        if wrong:
            return wrong
    if not isinstance(answer, nn.Module):
        return f"This asks for a module, such as ListingF(); the answer is {kind(answer)}."
    try:
        answer = deepcopy(answer)
    except (TypeError, RuntimeError) as error:
        return f"The module cannot be copied: {error}. Keep in it nothing but its layers."
    found: dict[tuple[int, ...], Any] = {
        tuple(m.weight.shape): m for m in answer.modules() if isinstance(m, nn.Conv2d)
    }
    total = sum(p.numel() for p in answer.parameters())
    if not set(_SHAPES) <= set(found) or total != cost(reduced_block(*_WIDTHS), (192, 9, 9)).params:
        return f"It has {total:,} parameters; its layers should stay those of the listing: 163,696."
    x = torch.randn(2, 192, 9, 9, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for layer in found.values():  # biases that are not zero, so that nothing hides
            layer.bias.copy_(torch.linspace(-1, 1, len(layer.bias)))
        x = x.to(layer.weight)
        got, wrong = called(answer, x)
        if wrong:
            return wrong
        layers = [(found[s].weight, found[s].bias, s[2] // 2) for s in _SHAPES]
        return _which_fault(got, x, layers)


def _which_fault(got: object, x: Tensor, layers: list[tuple[Tensor, Tensor, int]]) -> str | None:
    def conv(n: int, x: Tensor, bare: int | None) -> Tensor:
        weight, bias, pad = layers[n]
        y = F.conv2d(x, weight, bias, padding=pad)
        return y if n == bare else y.relu()

    def branches(relu: bool, order: bool, bare: int | None = None) -> list[Tensor]:
        """The four; without the ReLU after reduce5, or after layer `bare`."""
        bare = bare if relu else 3
        three, five = conv(2, conv(1, x, bare), bare), conv(4, conv(3, x, bare), bare)
        if order:
            last = conv(5, F.max_pool2d(x, 3, 1, 1), bare)
        else:
            last = F.max_pool2d(conv(5, x, bare), 3, 1, 1)
        return [conv(0, x, bare), three, five, last]

    def block(relu: bool, order: bool, bare: int | None = None) -> Tensor:
        return torch.cat(branches(relu, order, bare), 1)

    right = branches(True, True)
    bare = "Both faults are mended, but a ReLU is missing now that was there."
    orders = "The branches are right, but they are concatenated in another order."
    slips = (
        Slip(x, "It gives its input."),
        Slip(block(False, False), "Both faults are still in it."),
        Slip(block(True, False), "One fault is mended. The other is in another branch, and all numbers it makes are at least 0."),
        Slip(block(False, True), "One fault is mended. The other is in another branch: what does each layer read?"),
        *(Slip(block(True, True, n), bare) for n in (0, 1, 2, 4, 5)),
        *(Slip(torch.cat(order, 1), orders) for order in permutations(right)),
    )  # fmt: skip
    return same_tensor(got, torch.cat(right, 1), "For a random input it", slips)


# ---- 10.5: a test of one's own ----
class _Spare(nn.Module):
    """Two normalizations are made, one is used twice: the slip that the test should find."""

    def __init__(self, use: bool):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)
        self.bn1, self.bn2 = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
        self.use = use

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1(self.conv1(x)).relu()
        return (self.bn2 if self.use else self.bn1)(self.conv2(x)).relu()


class _Nested(nn.Module):
    """A layer that is never called, two levels down, in a container that is none either."""

    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleDict({"a": _Spare(False), "b": nn.Sequential(nn.Conv2d(3, 2, 1))})
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.parts["a"](x))


class _Drawn(nn.Module):
    """Eight layers, of which some are called, drawn anew each time."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(8))
        self.order = fresh.sample(range(8), fresh.randint(3, 7))

    def forward(self, x: Tensor) -> Tensor:
        for n in self.order:
            x = self.layers[n](x)
        return x


@exercise("10.5", is_function)
def nevercalled(answer: Any) -> str | None:
    """A function (model, x) -> names of the layers with weights that a forward pass never calls."""
    drawn = _Drawn()
    unused = {f"layers.{n}" for n in range(8) if n not in drawn.order}
    cases: tuple[tuple[str, nn.Module, set[str]], ...] = (
        ("two layers one after the other", nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU()), set()),
        ("a block that uses all it makes", _Spare(True), set()),
        ("a block with a spare bn2", _Spare(False), {"bn2"}),
        ("a block inside a block", _Nested(), {"parts.a.bn2", "parts.b.0"}),
        ("a block whose calls are drawn anew", drawn, unused),
    )
    for what, model, right in cases:
        got, wrong = called(answer, model, torch.rand(2, 3, 5, 5))
        if wrong:
            return wrong
        if isinstance(got, str) or not isinstance(got, Iterable):
            return f"For {what} it gives {kind(got)}; a list of names is expected."
        got = list(got)
        if any(isinstance(name, nn.Module) for name in got):
            return f"For {what} it gives the layers themselves; their names are asked for."
        if not all(isinstance(name, str) for name in got):
            return f"For {what} not all that it gives are names."
        if any(layer._forward_hooks or layer._forward_pre_hooks for layer in model.modules()):
            return "Its hooks stay on the model. Remove them when it has run."
        if set(got) != right:
            return _names(what, set(got), right, model)
    return None


def _names(what: str, got: set, right: set, model: nn.Module) -> str:
    layers = dict(model.named_modules())
    strange = [name for name in got if name not in layers]
    if strange:
        return f"For {what} it names {strange[0]!r}, which no layer is called."
    many = sorted(got - right)
    if many and not list(layers[many[0]].parameters(recurse=False)):
        return (
            f"For {what} it names {many[0]!r}, which holds no weights itself: "
            "a container need not be called, and an unused ReLU wastes nothing."
        )
    if many:
        return f"For {what} it names {many[0]!r}, which is called."
    return f"For {what} it names {len(got)}; there are {len(right)}."
