"""Checkers of chapter 3: right answers of several kinds, wrong ones with their message."""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from inception_lib import cost, inception_loss, predict
from tests.exercises import answers

RIGHT = 157_151_232
GRID = 14 * 14
test_macs = answers("3.1", [RIGHT], [
    (169_996_288, "the paper's 4e"),
    (2 * RIGHT, "FLOPs"),
    (801_792, "weights"),
    (801_792 + 1024, "parameters"),
    (RIGHT + 1024 * GRID, "Biases"),
    (RIGHT - GRID * 528 * 128, "1×1 after it"),
    (RIGHT - GRID * 528 * 192, "are convolutions, too"),
    (RIGHT - GRID * (528 * 32 + 32 * 9 * 128), "is still there"),
    (GRID * 528 * (256 + 9 * 320 + 9 * 128 + 128), "not all 528"),
    (GRID * (528 * 256 + 528 * 160 + 160 * 3 * 320 + 528 * 32 + 32 * 3 * 128 + 528 * 128), "not 3"),
    (28 * 28 * 801_792, "grid of 14×14"),
    (49 * 801_792, "after 4e"),
])  # fmt: skip


def test_the_number_is_that_of_the_package_and_no_page_prints_it():
    assert cost("googlenet_torchvision")["4e"].macs == RIGHT
    chapter = Path(__file__).parent.parent / "chapters" / "03-googlenet.ipynb"
    if not chapter.exists():
        pytest.skip("the chapters are not here")
    assert f"{RIGHT:,}" not in chapter.read_text(encoding="utf-8")


# ---- 3.2 ----
def walk(first, then, *, times=4):
    def grids(side):
        sides = [first(side)]
        for _ in range(times):
            sides.append(then(sides[-1]))
        return sides

    return grids


def conv(n):
    return (n - 1) // 2 + 1


test_grids = answers("3.2", [
    walk(conv, lambda n: n // 2), walk(lambda n: -(-n // 2), lambda n: -((3 - n) // 2) + 1),
    lambda side: tuple(walk(conv, lambda n: n // 2)(side)),
    lambda side: torch.tensor(walk(conv, lambda n: n // 2)(side)),
    lambda side: np.array(walk(conv, lambda n: n // 2)(side)),
    lambda side: [torch.tensor(n) for n in walk(conv, lambda n: n // 2)(side)],
    lambda side: [float(n) for n in walk(conv, lambda n: n // 2)(side)],
], [
    (walk(conv, lambda n: (n - 3) // 2 + 1), "drops the last window"),
    (walk(conv, conv), "padding 1"),
    (walk(lambda n: n // 2, lambda n: n // 2), "a 7×7 with stride 2"),
    (walk(conv, lambda n: n // 2, times=3), "five halvings"),
    (lambda n: [n, *walk(conv, lambda n: n // 2)(n)], "picture itself"),
    (walk(conv, lambda n: n - 1), "the next is not"),
    (walk(conv, lambda n: n - 2), "steps by 2"),
    (walk(conv, lambda n: n / 2), "five whole numbers are expected"),
    (lambda n: [112, 56, 28, 14, 7], "a 7×7 with stride 2 and padding 3 does not leave 112 of 31"),
    (lambda n: [[n] * 5], "five whole numbers are expected"),
    (walk(lambda n: (n - 7) // 2 + 1, lambda n: n // 2), "padding 3 does not leave"),
    (lambda n: n, "five whole numbers are expected"),
    (lambda n: n / 0, "ZeroDivisionError"),
])  # fmt: skip


# ---- 3.3 ----
test_gains_most = answers("3.3", ["temple", " Temple"], [
    ("astronaut", "12 more crops than the head on 3b; another gains more"),
    ("retina", "1 more crop than"),
    ("galaxies", "0 more crops"),
    ("dog", "There is no photograph 'dog'"),
    (8, "asks for the name of a photograph"),
    (["temple"], "asks for the name of a photograph"),
])  # fmt: skip


test_width = answers("3.4", [
    0.84, torch.tensor(0.84), torch.tensor(0.84, dtype=torch.float64), np.float32(0.84), 84 / 100,
], [
    (0.85, "At 0.85 it has 5,185,442"),
    (0.83, "a little more would fit"),
    (0.853, "two decimals"),
    (12, "is not meant"),
    (84, "A width of 84 is not meant"),
    (float("nan"), "asks for a number such as 0.75"),
    ("0.84", "asks for a number"),
    (True, "asks for a number"),
])  # fmt: skip


# ---- 3.5 ----
def inception_right(model, x, target):
    return inception_loss(model.forward_with_aux(x), target)


def weighted(main, head):
    def loss(model, x, target):
        model.train()
        logits, extra = model.forward_with_aux(x)
        heads = sum(F.cross_entropy(scores, target) for scores in extra.values())
        return main * F.cross_entropy(logits, target) + head * heads

    return loss


def softmaxed(model, x, target):
    logits, extra = model.forward_with_aux(x)
    extra = {stage: scores.softmax(1) for stage, scores in extra.items()}
    return inception_loss((logits.softmax(1), extra), target)


def classes(model, x):
    return predict(model, x).argmax(1)


def softly(model, x):
    was = model.training
    model.eval()
    with torch.no_grad():
        found = model(x).softmax(1).max(1).indices
    model.train(was)
    return found


def mean_of_all(model, x):
    was = model.training
    model.eval()
    logits, extra = model.forward_with_aux(x)
    model.train(was)
    return (logits + sum(extra.values())).argmax(1)


def left_in_eval(model, x):
    return model.eval()(x).argmax(1)


def constant(model, x, number):
    return classes(model, x) * 0 + number


LOSSES = [
    (weighted(0.7, 0.3), "keeps its weight of 1"),
    (weighted(1, 0), "heads are missing"),
    (weighted(1, 1), "not 1"),
    (weighted(1, 0.15), "not 0.3 of their mean"),
    (weighted(0.3, 0.3), "for the heads alone"),
    (weighted(2, 0.1), "is expected"),
    (weighted(1 / 3, 1 / 3), "mean of all three"),
    (lambda *args: 6 * weighted(1, 0.3)(*args), "adds up the losses"),
    (softmaxed, "one too many"),
    (lambda *args: torch.tensor(0.3, requires_grad=True), "loss gives 0.3000 where"),
    (lambda model, x, target: (model(x), target), "one number in a tensor"),
    (lambda *args: weighted(1, 0.3)(*args).item(), "one number in a tensor"),
    (lambda *args: weighted(1, 0.3)(*args).detach(), "no gradient"),
    (lambda model, x, target: F.cross_entropy(x, target), "raised"),
]  # fmt: skip
PREDICTIONS = [
    (lambda model, x: model(x).argmax(1), "training mode"),
    (left_in_eval, "leaves it in the other"),
    (mean_of_all, "runs the auxiliary heads"),
    (predict, "a class number for each picture"),
    *[(functools.partial(constant, number=n), "other classes") for n in range(5)],
    (lambda model, x: classes(model, x)[0], "a class number for each picture"),
    (lambda model, x: model.nothing, "AttributeError"),
]  # fmt: skip
test_repaired = answers("3.5", [
    (inception_right, classes), [weighted(1, 0.3), softly],
    (inception_right, lambda m, x: softly(m, x).numpy()),
    (inception_right, lambda m, x: classes(m, x).tolist()),
], [
    *(((loss, classes), told) for loss, told in LOSSES),
    *(((inception_right, predict), told) for predict, told in PREDICTIONS),
    (classes, "two things: (loss, predict)"),
    ((inception_right, None), "no answer yet."),
    ((0.3, classes), "asks for a function"),
])  # fmt: skip
