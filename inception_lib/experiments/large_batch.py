"""Eight times the batch in the same number of epochs: must the learning rate grow with it?

`mini_reduced` has neither batch normalization nor dropout, so one process with 256 pictures in a step
computes what eight processes with 32 each compute, to rounding. Gradient descent with momentum 0.9, for
which the rule of arXiv 1706.02677 is meant: multiply the rate by what the batch was multiplied by, and
reach it in small steps. The rate for 32 pictures is that of `batch_norm_inception`, 0.01; nothing was
tuned. A run whose loss is not finite counts as guessing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from statistics import fmean

from ..create import create_model
from ..networks.registry import architecture
from ..training.loop import evaluate
from ..training.plans import SEEDS, crops, size
from ..training.recipes import TrainingRecipe
from ..training.runner import Part, Pictures
from . import experiment, fit_or_stop

NET = "mini_reduced"
MOMENTUM, EPOCHS = 0.9, 4
TRAIN, TEST = 4096, 2000  # 128 batches of 32, 16 of 256: no crop is left out
GUESSING = 0.1
FIRST = 10  # losses kept of each step
# name -> (pictures in a step, learning rate, epochs of warm-up)
ARMS = {
    "batch 32, rate 0.01": (32, 0.01, 0),
    "batch 32, rate 0.08": (32, 0.08, 0),
    "batch 256, rate 0.01": (256, 0.01, 0),
    "batch 256, rate 0.08": (256, 0.08, 0),
    "batch 256, rate 0.08, warm-up": (256, 0.08, 1),
}
BASE, FASTER, KEPT, SCALED, WARMED = ARMS
# Named before anything was trained.
COMPARED = ((BASE, KEPT), (BASE, SCALED), (BASE, WARMED), (SCALED, WARMED), (BASE, FASTER))


def recipe(arm: str) -> TrainingRecipe:
    """How an arm trains.

    Args:
        arm: of `ARMS`.
    """
    batch, rate, warmup = ARMS[arm]
    return TrainingRecipe(
        model=NET, epochs=EPOCHS, batch_size=batch, optimizer="sgd", momentum=MOMENTUM, lr=rate,
        weight_decay=0.0, warmup_epochs=warmup, amp=False,
    )  # fmt: skip


def train(arm: str, seed: int, max_steps: int | None = None) -> dict:
    """One run.

    Args:
        arm: of `ARMS`.
        seed: of the weights and of the order of the crops.
        max_steps: stop after this many steps.

    Returns:
        {"accuracy": on 2,000 test crops, at the end, "losses": of the first steps, "epoch_losses",
        "diverged": the step at which the loss was not finite, or None}.
    """
    model, (images, tests) = create_model(NET, seed=seed), _data()
    losses, diverged = fit_or_stop(model, images, recipe(arm), seed=seed, max_steps=max_steps)
    each = TRAIN // ARMS[arm][0]  # steps in an epoch
    epochs = [losses[i : i + each] for i in range(0, len(losses) - each + 1, each)]
    return {
        "accuracy": GUESSING if diverged is not None else round(evaluate(model, tests)[0], 4),
        "losses": [round(loss, 3) for loss in losses[:FIRST]],
        "epoch_losses": [round(fmean(epoch), 3) for epoch in epochs],
        "diverged": diverged,
    }


def _data() -> tuple[Pictures, Pictures]:
    return crops(TRAIN, TEST)


@experiment("large_batch", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    """A part for each arm and seed."""
    same = {"epochs": EPOCHS, "momentum": MOMENTUM, "first": FIRST, **size(architecture(NET))}
    return {
        f"{arm}, seed {seed}": Part(partial(train, arm, seed), _data, {**same, "arm": decides})
        for arm, decides in ARMS.items()
        for seed in seeds
    }
