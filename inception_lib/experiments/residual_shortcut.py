"""The same residual network with its shortcuts and without them: does it learn faster with them?

Twins of equal MACs: a block is relu(x + s · body(x)) or relu(body(x)). A plain network normalizes its
every convolution, and a residual one not the last of a block, so there are two without shortcuts:
"no shortcut" has the layers of the residual one, "no shortcut, BN" those of a plain one, which is the
fair twin. The optimizer is the ladder's, AdamW; the rates are its 0.002 and four times that, without a
schedule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from itertools import product
from statistics import fmean

from ..nn.network import InceptionNet
from ..spec import Conv, Network
from ..training.loop import evaluate
from ..training.plans import SEEDS, crops, size, untrained
from ..training.recipe import Recipe
from ..training.runner import Part
from . import experiment, quiet_fit
from .residual_scaling import stacked

DEPTHS = (4, 12)
RATES = (0.002, 0.008)
STEPS = 160
PICTURES = partial(crops, test=2000)
RECIPE = Recipe(epochs=1, schedule="constant")
# name -> (scale, or None for no shortcut; whether the last 1×1 of a block is normalized)
ARMS = {
    "shortcut, scale 1.0": (1.0, False),
    "shortcut, scale 0.2": (0.2, False),
    "no shortcut": (None, False),
    "no shortcut, BN": (None, True),
}


def network(blocks: int, scale: float | None, normalized: bool = False) -> Network:
    """Residual blocks of 64 channels on a grid of 8×8, after two convolutions.

    Args:
        blocks: how many.
        scale: of every block; None takes the shortcuts away.
        normalized: whether the last 1×1 of a block without a shortcut has batch normalization.
    """
    what = "with" if scale else "without"
    title = f"{blocks} blocks {what} shortcuts"
    last = Conv(64) if normalized else None
    return stacked(f"{what}_shortcuts", title, (16, 64), 16, blocks, scale, last)


def make(blocks: int, arm: str, seed: int) -> InceptionNet:
    """The network of an arm, untrained.

    Args:
        blocks: how many.
        arm: of `ARMS`.
        seed: of the weights.
    """
    return untrained(network(blocks, *ARMS[arm]), seed)


def train(blocks: int, arm: str, rate: float, seed: int, steps: int = STEPS) -> dict:
    """One run.

    Args:
        blocks: how many.
        arm: of `ARMS`.
        rate: the learning rate, without a schedule.
        seed: of weights and of the order of the pictures.
        steps: how many, of 64 pictures.

    Returns:
        {"losses": means of eight steps, "accuracy": on 2,000 test crops}.
    """
    model = make(blocks, arm, seed)
    images, tests = PICTURES()
    losses = quiet_fit(model, images, None, RECIPE, lr=rate, seed=seed, max_steps=steps).losses
    return {
        "losses": [round(fmean(losses[i : i + 8]), 3) for i in range(0, len(losses), 8)],
        "accuracy": round(evaluate(model, tests)[0], 3),
    }


@experiment("residual_shortcut", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    """A part for each depth, rate, arm and seed."""
    same = {"steps": STEPS, **asdict(RECIPE)}
    return {
        f"{blocks} blocks, rate {rate}, {arm}, seed {seed}": Part(
            partial(train, blocks, arm, rate, seed),
            PICTURES,
            {**same, "scale": kind[0], **size(network(blocks, *kind))},
        )
        for blocks, rate, (arm, kind), seed in product(DEPTHS, RATES, ARMS.items(), seeds)
    }
