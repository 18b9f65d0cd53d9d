"""Does a wide residual network die without scaling? Width, scale and learning rate, three seeds.

The paper says that residual networks with more than 1000 filters "died" early in training: the last layer
before the average pooling put out only zeros (arXiv 1602.07261, section 3.3). The optimizer here is
the paper's, RMSProp with decay 0.9 and epsilon 1.0, without a schedule; 0.045 is the paper's rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from functools import cache, partial
from itertools import product
from statistics import fmean

from ..data.patches import photo_patches
from ..errors import TrainingError
from ..networks.blocks import factorized, residual_block
from ..nn.init import init_weights
from ..nn.network import InceptionNet
from ..spec import BATCH_NORM, Chain, Conv, Head, Network
from ..training.loop import evaluate, fit
from ..training.plans import SEEDS, size
from ..training.recipe import Recipe
from ..training.runner import Part
from . import experiment

WIDTHS = (128, 1024)
RATES = (0.045, 0.15, 0.45)
STEPS = 120
EVERY = 20  # steps between two looks at the zeros
BLOCKS = 8
# name -> (scale, factor of the first weights of the 1×1 before the sum)
ARMS = {
    "scale 1.0": (1.0, 1.0),
    "scale 0.3": (0.3, 1.0),
    "scale 0.1": (0.1, 1.0),
    "start at 0.1": (1.0, 0.1),
}


def network(width: int, scale: float, blocks: int = BLOCKS) -> Network:
    """Eight residual blocks in the manner of block C on a grid of 4×4, behind a narrow stem.

    Args:
        width: channels of the sums.
        scale: of every block.
        blocks: how many.
    """
    title = f"Residual, {width} channels wide"
    return stacked("wide_residual", title, (16, 32, width), 32, blocks, scale)


def stacked(
    name: str, title: str, stem: tuple[int, ...], inner: int, blocks: int, scale: float | None
) -> Network:
    """Convolutions of stride 2, and then equal residual blocks.

    Args:
        name, title: of the network.
        stem: channels of the convolutions; the last is the width of the sums.
        inner: channels of each layer of the branches.
        blocks: how many.
        scale: of every block; None takes the shortcuts away.
    """
    branches = {"1x1": Conv(inner), "3x3": [Conv(inner), factorized(3, inner, inner)]}
    block = residual_block(branches, stem[-1], scale or 1.0)
    if scale is None:
        inside, back = block.body.layers
        block = Chain((inside, Conv(stem[-1], bias=back.bias, norm=back.norm)))  # and a ReLU
    stages = {f"conv{i}": Conv(width, 3, 2) for i, width in enumerate(stem, 1)}
    stages |= {f"C{i + 1}": block for i in range(blocks)}
    return Network(
        name, stages, Head(classes=10), input_size=32, defaults=BATCH_NORM, title=title,
        source="this book; no paper has it",
    )  # fmt: skip


@cache
def _pictures():
    return photo_patches("train", 4000), photo_patches("test", 1000)


def make(width: int, arm: str, seed: int) -> InceptionNet:
    """The network of an arm, untrained.

    Args:
        width: channels of the sums.
        arm: of `ARMS`.
        seed: of the weights.
    """
    scale, start = ARMS[arm]
    model = InceptionNet(network(width, scale))
    init_weights(model, seed)
    for name, stage in model.stages.items():
        if name.startswith("C"):
            stage.body[1].conv.weight.data.mul_(start)
    return model


def recipe(rate: float, seed: int) -> Recipe:
    """The paper's optimizer at a rate, without a schedule.

    Args:
        rate: the learning rate.
        seed: of the order of the pictures.
    """
    return Recipe(
        epochs=1, batch_size=32, optimizer="rmsprop", lr=rate, schedule="constant",
        weight_decay=0.0, seed=seed,
    )  # fmt: skip


def train(width: int, arm: str, rate: float, seed: int, steps: int = STEPS) -> dict:
    """One run.

    Args:
        width: channels of the sums.
        arm: of `ARMS`.
        rate: the learning rate.
        seed: of weights and of the order of the pictures.
        steps: how many.

    Returns:
        {"losses": means of ten steps, "zeros": share of the values of the last sum that are zero,
        "dead": share of its channels that are zero at every place of every picture of the batch,
        both at every twentieth step and the last, "largest": the largest value of the last sum, at
        the same steps, "accuracy": on 1,000 test crops, "stopped": the step at which the loss was
        not finite, or None}.
    """
    model = make(width, arm, seed)
    seen: list[tuple[float, float, float]] = []

    def look(module, _inputs, out):
        if module.training:
            zero = out.detach() <= 0
            seen.append(
                (
                    float(zero.float().mean()),
                    float(zero.all(0).flatten(1).all(1).float().mean()),
                    float(out.detach().amax()),
                )
            )

    model.stages[f"C{BLOCKS}"].register_forward_hook(look)
    images, tests = _pictures()
    losses, stopped = [], None

    def note(step, _model):
        losses.append(step)

    try:
        history = fit(
            model, images, None, recipe(rate, seed), max_steps=steps, device="cpu",
            progress=False, on_step=note,
        )  # fmt: skip
    except TrainingError:
        stopped = len(losses) - 1
    else:
        losses = history.losses
    marks = [i for i in (*range(0, steps, EVERY), steps - 1) if i < len(seen)]
    kept = {
        name: [round(seen[i][at], 3) for i in marks]
        for at, name in enumerate(("zeros", "dead", "largest"))
    }
    if stopped is not None:
        return {"losses": [], **kept, "accuracy": None, "stopped": stopped}
    means = [round(fmean(losses[i : i + 10]), 3) for i in range(0, len(losses), 10)]
    accuracy = round(evaluate(model, tests)[0], 3)
    return {"losses": means, **kept, "accuracy": accuracy, "stopped": None}


@experiment("residual_scaling", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    """A part for each width, learning rate, arm and seed."""
    same = {"steps": STEPS, "every": EVERY, "blocks": BLOCKS}
    return {
        f"width {width}, rate {rate}, {arm}, seed {seed}": Part(
            partial(train, width, arm, rate, seed),
            _pictures,
            {**same, **asdict(recipe(rate, seed)), "arm": kind, **size(network(width, 1.0))},
        )
        for width, rate, (arm, kind), seed in product(WIDTHS, RATES, ARMS.items(), seeds)
    }
