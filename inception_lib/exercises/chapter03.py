"""Checkers of chapter 3: GoogLeNet."""

from __future__ import annotations

from functools import cache, partial
from operator import eq
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..counting.cost import cost
from ..create import create_model
from ..data.inputs import as_input
from ..data.patches import photo_patches
from ..data.photos import photos
from ..networks.registry import architecture
from ..nn.loss import inception_loss
from . import (
    Slip,
    as_number,
    as_tensor,
    called,
    close,
    exercise,
    is_function,
    several,
    shown,
    slip_of,
    whole_number,
)


@exercise("3.1")
def macs_of_4e(answer: Any) -> str | None:
    """MACs of 4e as TF-slim has it, a 3×3 in place of the 5×5: 256, 160 → 320, 32 → 128, 128."""
    grid, channels = 14 * 14, 256 + 160 + 320 + 32 + 128 + 128
    one, reduce_three, reduce_five, project = (528 * width for width in (256, 160, 32, 128))
    three, five = 160 * 9 * 320, 32 * 9 * 128
    reductions, ones = reduce_three + reduce_five, one + reduce_three + reduce_five + project
    weights, on_all = ones + three + five, one + 528 * 9 * (320 + 128) + project
    right = grid * weights
    slips = (
        Slip(right + grid * 16 * 32 * 128, "That is the paper's 4e. Here the branch of the 5×5 has a 3×3."),
        Slip(2 * right, "That is the FLOPs. A MAC is one multiplication and one addition together."),
        Slip(weights, "Those are the weights. Each is used once at every position of the grid."),
        Slip(weights + channels, "Those are the parameters. A MAC count asks how often each is used."),
        Slip(right + channels * grid, "Biases are additions, not MACs; leave them out."),
        Slip(right - grid * project, "The pooling has no MACs, but the 1×1 after it does."),
        Slip(right - grid * reductions, "The two 1×1 before the large kernels are convolutions, too."),
        Slip(right - grid * (reduce_five + five), "The branch that was the 5×5 is still there."),
        Slip(grid * on_all, _ON_ALL),
        Slip(grid * (on_all + reductions), _ON_ALL),
        Slip(grid * (ones + (three + five) // 3), "A 3×3 kernel has 9 weights for each pair of channels, not 3."),
        Slip(28 * 28 * weights, "Stages 4a to 4e have a grid of 14×14."),
        Slip(7 * 7 * weights, "The pooling that leads to 7×7 comes after 4e."),
        Slip(grid * ones + 12 * 12 * (three + five), "Padding keeps the grid of 14×14."),
    )  # fmt: skip
    return whole_number(answer, right, slips)


_ON_ALL = "After its reduction a 3×3 reads the reduced channels, not all 528."


def _grids(side: int, pool=lambda n: -((3 - n) // 2) + 1) -> list[int]:
    sides = [(side + 6 - 7) // 2 + 1]
    for _ in range(4):
        sides.append(pool(sides[-1]))
    return sides


_POOLS = (
    Slip(lambda n: (n - 3) // 2 + 1, "it drops the last window of a pooling where that hangs over the edge; ceil mode keeps it."),
    Slip(lambda n: (n - 1) // 2 + 1, "it is what padding 1 in the poolings gives. Without padding an odd grid ends otherwise."),
    Slip(lambda n: n - 2, "a pooling steps by 2; that is the grid of steps of 1."),
)  # fmt: skip


@exercise("3.2", is_function)
def grids(answer: Any) -> str | None:
    """A function side -> [after conv1, pool1, pool2, pool3, pool4]."""
    for side in (224, 31, 32, 33, 47, 63, 65, 99, 128, 200, 223, 225, 299, 331):
        got, wrong = called(answer, side)
        if wrong:
            return wrong
        found = as_tensor(got)
        if found is None or found.ndim != 1 or (found.is_floating_point() and (found % 1).any()):
            return f"For {side} it gives {shown(got)}; five whole numbers are expected."
        right, got = _grids(side), found.tolist()
        if got == right:
            continue
        call = f"For {side} it gives {shown(got)}"
        if got[1:] == right:
            return f"{call}: the picture itself is not asked for, only what follows."
        if len(got) != 5:
            return f"{call}; there are five halvings."
        if got[0] != right[0]:
            return f"{call}; a 7×7 with stride 2 and padding 3 does not leave {got[0]} of {side}."
        pools = (Slip(_grids(side, pool), sentence) for pool, sentence in _POOLS)
        if why := slip_of(pools, partial(eq, got)):
            return f"{call}: {why}"
        at = next(i for i in range(5) if got[i] != right[i])
        return f"{call}; up to {got[at - 1]} it is right, the next is not."
    return None


@cache
def _gains() -> dict[str, int]:
    """Photograph -> how many more of its test crops the main head names than the head on 3b."""
    model = create_model("mini_googlenet_aux", aux=True, pretrained=True).eval()
    crops, labels = photo_patches("test", 1000)
    with torch.no_grad():
        main, extra = model.forward_with_aux(as_input(crops))
    more = (main.argmax(1) == labels).int() - (extra["3b"].argmax(1) == labels).int()
    return {name: int(more[labels == k].sum()) for k, name in enumerate(photos())}


@exercise("3.3")
def photo_that_gains_most(answer: Any) -> str | None:
    """The photograph for which the main head beats the head on 3b by most crops."""
    gains = _gains()
    if not isinstance(answer, str):
        return f"This asks for the name of a photograph; the answer is {shown(answer)}."
    name = answer.strip().lower()
    if name not in gains:
        return f"There is no photograph {shown(answer)}; they are {', '.join(gains)}."
    if gains[name] == max(gains.values()):
        return None
    more = f"{gains[name]} more crop{'s' * (gains[name] != 1)}"
    return f"On {name!r} the main head names {more} than the head on 3b; another gains more."


@exercise("3.4")
def width_for_a_twelfth(answer: Any) -> str | None:
    """The largest width, in steps of 0.01, with at most a twelfth of AlexNet's parameters."""
    width = as_number(answer)
    if width is None or width != width:
        return f"This asks for a number such as 0.75; the answer is {shown(answer)}."
    if not 0.05 <= width <= 4:
        return f"A width of {shown(width)} is not meant: 1 is GoogLeNet, 0.5 has half the channels."
    if abs(width * 100 - round(width * 100)) > 1e-4:
        return "Steps of 0.01 are asked for: two decimals."
    most = 61_100_840 / 12
    here, next_one = (
        cost(architecture("googlenet", width=round(w, 2))).params for w in (width, width + 0.01)
    )
    if here > most:
        return f"At {width:g} it has {here:,} parameters; a twelfth of AlexNet is {most:,.0f}."
    if next_one <= most:
        return f"At {width:g} it has {here:,} parameters; a little more would fit."
    return None


@exercise("3.5")
def loss_and_predict(answer: Any) -> str | None:
    """(loss(model, x, target), predict(model, x)), as the paper has them."""
    functions, wrong = several(answer, "loss", "predict")
    if wrong:
        return wrong
    for function in functions:
        if wrong := is_function(function):
            return wrong
    model = create_model("googlenet", num_classes=5, aux=True, width=0.125, seed=0)
    gen = torch.Generator().manual_seed(0)
    x = torch.randn(6, 3, 224, 224, generator=gen)
    target = torch.randint(5, (6,), generator=gen)
    with torch.no_grad():  # an untrained network gives every picture one class; now each its own
        model.get_parameter("head.fc.bias").sub_(model.eval()(x).mean(0))
    loss, predict = functions
    return _wrong_loss(loss, model, x, target) or _wrong_predict(predict, model, x)


def _wrong_loss(loss, model, x: Tensor, target: Tensor) -> str | None:
    dropouts = [model.head.dropout, *(head.dropout for head in model.aux.values())]
    before = [layer.p for layer in dropouts]
    for layer in dropouts:
        layer.p = 0.0  # so that every run gives the same numbers
    model.train()
    got, wrong = called(loss, model, x, target)
    if wrong:
        return f"loss: {wrong}"
    if not isinstance(got, Tensor) or got.numel() != 1:
        return f"loss gives {type(got).__name__}; one number in a tensor is expected."
    if not got.requires_grad:
        return "loss gives a number that has no gradient; the network could not learn from it."
    with torch.no_grad():
        logits, extra = model.forward_with_aux(x)
        main = F.cross_entropy(logits, target)
        heads = sum(F.cross_entropy(scores, target) for scores in extra.values())
        right = inception_loss((logits, extra), target)
        each = {name: scores.softmax(1) for name, scores in extra.items()}
        twice = inception_loss((logits.softmax(1), each), target)
    slips = (
        Slip(0.7 * main + 0.3 * heads, "The main loss keeps its weight of 1; nothing is taken off it."),
        Slip(main, "The heads are missing: in training they take part."),
        Slip(main + heads, "Each head counts 0.3, not 1."),
        Slip(main + 0.3 * heads / 2, "Each head counts 0.3; that is not 0.3 of their mean."),
        Slip(main + 0.6 * heads, "The 0.3 is taken twice."),
        Slip(0.3 * (main + heads), "The 0.3 is for the heads alone."),
        Slip((main + heads) / 3, "That is the mean of all three; each head counts 0.3 and is added."),
        Slip(len(x) * right, "It adds up the losses of the pictures; the mean is meant."),
        Slip(twice, "cross_entropy takes logits; a softmax before it is one too many."),
    )  # fmt: skip
    for layer, p in zip(dropouts, before, strict=True):
        layer.p = p
    if close(got.reshape(()), right):
        return None
    if why := slip_of(slips, partial(close, got.reshape(()))):
        return f"loss: {why}"
    return f"loss gives {got.item():.4f} where {right.item():.4f} is expected."


def _wrong_predict(predict, model, x: Tensor) -> str | None:
    seen: dict[str, list[Any]] = {"dropout": [], "heads": []}

    def dropout(layer, _inputs):
        seen["dropout"].append(layer.training)

    def head(layer, _inputs):
        seen["heads"].append(layer)

    handles = [model.head.dropout.register_forward_pre_hook(dropout)]
    handles += [layer.register_forward_pre_hook(head) for layer in model.aux.values()]
    try:
        for training in (True, False):
            model.train(training)
            got, wrong = called(predict, model, x)
            if wrong:
                return f"predict: {wrong}"
            if model.training != training:
                mode = "training" if training else "evaluation"
                return f"predict finds the model in {mode} mode and leaves it in the other."
    finally:
        for handle in handles:
            handle.remove()
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(1)
    if any(seen["dropout"]):
        return "predict runs the model in training mode: the dropout still drops."
    found = as_tensor(got)
    if found is None or found.shape != right.shape:
        shape = type(got).__name__ if found is None else tuple(found.shape)
        return f"predict gives {shape}; a class number for each picture is expected: {tuple(right.shape)}."
    if seen["heads"]:
        return "predict runs the auxiliary heads; in use they are left out."
    if not torch.equal(found.double(), right.double()):
        return "predict gives other classes than the main head's largest logits."
    return None
