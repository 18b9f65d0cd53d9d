"""The same residual network with its shortcuts and without them: does it learn faster with them?

Twins of equal parameters and equal MACs: a block is relu(x + s · body(x)) or relu(body(x)). The
optimizer is the ladder's, AdamW; the rates are its 0.002 and four times that, without a schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from statistics import fmean

from ..data.patches import photo_patches
from ..networks.blocks import factorized, residual_block
from ..nn.init import init_weights
from ..nn.network import InceptionNet
from ..spec import BATCH_NORM, Chain, Conv, Head, Network
from ..training.loop import evaluate, fit
from ..training.recipe import Recipe
from . import experiment

DEPTHS = (4, 12)
RATES = (0.002, 0.008)
SEEDS = (0, 1, 2)
STEPS = 160
ARMS = {"shortcut, scale 1.0": 1.0, "shortcut, scale 0.2": 0.2, "no shortcut": None}


def network(blocks: int, scale: float | None) -> Network:
    """Residual blocks of 64 channels on a grid of 8×8, behind two convolutions.

    Args:
        blocks: how many.
        scale: of every block; None takes the shortcuts away.
    """
    branches = {"1x1": Conv(16), "3x3": [Conv(16), factorized(3, 16, 16)]}
    block = residual_block(branches, 64, scale or 1.0)
    if scale is None:
        inside, back = block.body.layers
        block = Chain((inside, Conv(64, bias=back.bias, norm=back.norm)))  # and a ReLU
    stages = {"conv1": Conv(16, 3, 2), "conv2": Conv(64, 3, 2)}
    stages |= {f"C{i + 1}": block for i in range(blocks)}
    return Network(
        "with_shortcuts" if scale else "without_shortcuts",
        stages,
        Head(classes=10),
        input_size=32,
        defaults=BATCH_NORM,
        title=f"{blocks} blocks {'with' if scale else 'without'} shortcuts",
        source="this book; no paper has it",
    )


@cache
def _pictures():
    return photo_patches("train"), photo_patches("test", 2000)


def make(blocks: int, scale: float | None, seed: int) -> InceptionNet:
    """The network, untrained.

    Args:
        blocks: how many.
        scale: of every block; None takes the shortcuts away.
        seed: of the weights.
    """
    model = InceptionNet(network(blocks, scale))
    init_weights(model, seed)
    return model


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
    model = make(blocks, ARMS[arm], seed)
    images, tests = _pictures()
    recipe = Recipe(epochs=1, lr=rate, schedule="constant", seed=seed)
    history = fit(model, images, None, recipe, max_steps=steps, device="cpu", progress=False)
    losses = history.losses
    return {
        "losses": [round(fmean(losses[i : i + 8]), 3) for i in range(0, len(losses), 8)],
        "accuracy": round(evaluate(model, tests)[0], 3),
    }


@experiment("residual_shortcut")
def parts() -> dict[str, Callable[[], object]]:
    """A part for each depth, rate, arm and seed."""
    return {
        f"{blocks} blocks, rate {rate}, {arm}, seed {seed}": partial(train, blocks, arm, rate, seed)
        for blocks in DEPTHS
        for rate in RATES
        for arm in ARMS
        for seed in SEEDS
    }
