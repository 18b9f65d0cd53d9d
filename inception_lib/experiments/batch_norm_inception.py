"""A small Inception network with and without batch normalization: learning rates and batch sizes.

`mini_reduced` and `mini_bn` differ in nothing else. The task is to name the photograph of a crop.
Gradient descent with momentum 0.9, as in arXiv 1502.03167; a constant rate and no weight decay, so
that the rate is the only thing that differs. The base rate, 0.01 for 32 pictures in a step, is this
book's and was not tuned: the paper's 0.0015 is for another network and another task.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from torch import nn

from ..create import create_model
from ..networks.registry import architecture
from ..training.loop import evaluate
from ..training.plans import SEEDS, crops, size
from ..training.recipe import Recipe
from ..training.runner import Part, Pictures
from . import experiment, fit_or_stop
from .batch_norm_digits import batch_accuracy

NETS = {"without BN": "mini_reduced", "with BN": "mini_bn"}
RATE, BATCH, MOMENTUM = 0.01, 32, 0.9
TIMES = (0.2, 1, 5, 30)
STEPS, EVERY = 300, 50
SIZES, PASSES = (2, 8, 32, 128), 1
TRAIN, TEST, FEWER = 9_600, 1_000, 6_000
FIRST = 10  # losses kept of each step
RECIPE = Recipe(1, BATCH, "sgd", weight_decay=0.0, momentum=MOMENTUM, schedule="constant")


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
        "diverged": the step at which the loss was not finite, or None}).
    """
    model = create_model(name, seed=seed)
    train, tests = crops(TRAIN, TEST)
    shares: dict[int, float] = {}

    def look(step: int, model: nn.Module) -> None:
        if test and step % EVERY == 0:
            shares[step] = round(evaluate(model, tests)[0], 3)

    seen, diverged = fit_or_stop(model, train, RECIPE, look, lr=rate, seed=seed, max_steps=steps)
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


def _sizes(seed: int, name: str) -> dict:
    """The same passes over fewer crops in batches of each size, the rate in proportion to the size."""
    train, test = crops(FEWER, TEST)
    found: dict[str, dict[str, float] | None] = {}
    for batch in SIZES:
        model = create_model(name, seed=seed)
        recipe = replace(RECIPE, lr=RATE * batch / BATCH, batch_size=batch, epochs=PASSES)
        if fit_or_stop(model, train, recipe, seed=seed)[1] is not None:
            found[str(batch)] = None
            continue
        row = {"running": round(evaluate(model, test)[0], 3)}
        if name == "mini_bn":
            row["batch"] = round(batch_accuracy(model, test, batch), 3)
        found[str(batch)] = row
    return found


def _rates_data() -> tuple[Pictures, Pictures]:
    return crops(TRAIN, TEST)


def _sizes_data() -> tuple[Pictures, Pictures]:
    return crops(FEWER, TEST)


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
