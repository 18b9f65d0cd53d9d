"""A small Inception network with and without batch normalization: learning rates and batch sizes.

`mini_reduced` and `mini_bn` differ in nothing else. The task is to name the photograph of a crop.
Gradient descent with momentum 0.9, as in arXiv 1502.03167; a constant rate and no weight decay, so
that the rate is the only thing that differs. The base rate, 0.01 for 32 pictures in a step, is this
book's and was not tuned: the paper's 0.0015 is for another network and another task.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial

import torch
from torch import Tensor, nn

from ..create import create_model
from ..data.patches import photo_patches
from ..errors import TrainingError
from ..networks.registry import architecture
from ..training.loop import evaluate, fit
from ..training.plans import SEEDS, size
from ..training.runner import Part
from . import experiment

NETS = {"without BN": "mini_reduced", "with BN": "mini_bn"}
RATE, BATCH, MOMENTUM = 0.01, 32, 0.9
TIMES = (0.2, 1, 5, 30)
STEPS, EVERY = 300, 50
SIZES, PASSES = (2, 8, 32, 128), 1
TRAIN, TEST, FEWER = 9_600, 1_000, 6_000
FIRST = 10  # losses kept of each step


@cache
def _crops(split: str, count: int) -> tuple[Tensor, Tensor]:
    return photo_patches(split, count)


def train_at(
    name: str, rate: float, *, seed: int = 0, steps: int = STEPS, test: bool = True
) -> tuple[nn.Module, dict]:
    """Train one of the two networks at a learning rate.

    Args:
        name: "mini_reduced" or "mini_bn".
        rate: the learning rate, constant.
        seed: of the weights and of the order of the crops.
        steps: how many, of 32 crops each.
        test: whether to test on 1,000 crops every 50 steps.

    Returns:
        (model, {"steps", "accuracy", "losses" (the first ten), "mean_losses" (of 50 steps each),
        "diverged": the step at which the loss was no finite number, or None}).
    """
    model = create_model(name, seed=seed)
    shares, losses = {}, []

    def look(step: int, model: nn.Module) -> None:
        losses.append(None)
        if test and step % EVERY == 0:
            share = evaluate(model, _crops("test", TEST))[0]
            shares[step] = round(share, 3)

    options = {"optimizer": "sgd", "momentum": MOMENTUM, "weight_decay": 0.0}
    options |= {"schedule": "constant", "lr": rate, "batch_size": BATCH, "epochs": 1, "seed": seed}
    diverged, seen = None, []
    try:
        seen = fit(
            model, _crops("train", TRAIN), max_steps=steps, device="cpu", progress=False,
            on_step=look, **options,
        ).losses  # fmt: skip
    except TrainingError:
        diverged = len(losses) - 1
    means = [sum(seen[i : i + EVERY]) / EVERY for i in range(0, len(seen) - EVERY + 1, EVERY)]
    return model, {
        "steps": list(shares),
        "accuracy": list(shares.values()),
        "losses": [round(loss, 3) for loss in seen[:FIRST]],
        "mean_losses": [round(mean, 3) for mean in means],
        "diverged": diverged,
    }


def _rates(seed: int, name: str) -> dict:
    return {f"{times:g}": train_at(name, RATE * times, seed=seed)[1] for times in TIMES}


@torch.no_grad()
def batch_accuracy(model: nn.Module, data: tuple[Tensor, Tensor], batch: int) -> float:
    """Accuracy in training mode: each batch is normalized with its own statistics.

    The model's running statistics change.
    """
    from ..data.inputs import as_input

    model.train()
    right = sum(
        int((model(as_input(x)).argmax(1) == y).sum())
        for x, y in zip(data[0].split(batch), data[1].split(batch), strict=True)
    )
    return right / len(data[0])


def _sizes(seed: int, name: str) -> dict:
    """The same passes over fewer crops in batches of each size, the rate in proportion to the size."""
    found = {}
    for batch in SIZES:
        model = create_model(name, seed=seed)
        try:
            fit(
                model, _crops("train", FEWER), optimizer="sgd", momentum=MOMENTUM, weight_decay=0.0,
                schedule="constant", lr=RATE * batch / BATCH, batch_size=batch, epochs=PASSES,
                seed=seed, device="cpu", progress=False,
            )  # fmt: skip
        except TrainingError:
            found[str(batch)] = None
            continue
        test = _crops("test", TEST)
        row = {"running": round(evaluate(model, test)[0], 3)}
        if name == "mini_bn":
            row["batch"] = round(batch_accuracy(model, test, batch), 3)
        found[str(batch)] = row
    return found


def _rates_data() -> list[tuple[Tensor, Tensor]]:
    return [_crops("train", TRAIN), _crops("test", TEST)]


def _sizes_data() -> list[tuple[Tensor, Tensor]]:
    return [_crops("train", FEWER), _crops("test", TEST)]


@experiment("batch_norm_inception", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    """Four learning rates and four batch sizes, with and without."""
    same = {"rate": RATE, "batch": BATCH, "momentum": MOMENTUM}
    rates = same | {"times": TIMES, "steps": STEPS, "every": EVERY, "first": FIRST}
    sizes = same | {"sizes": SIZES, "passes": PASSES}
    kinds = {"rates": (_rates, _rates_data, rates), "batch sizes": (_sizes, _sizes_data, sizes)}
    return {
        f"{kind}, {what}, seed {seed}": Part(
            partial(do, seed, name), data, decides | size(architecture(name))
        )
        for what, (do, data, decides) in kinds.items()
        for kind, name in NETS.items()
        for seed in seeds
    }
