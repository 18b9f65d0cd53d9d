"""Does a wide residual network die without scaling? Width, scale and learning rate.

The paper says that residual networks with more than 1000 filters "died" early in training: the last layer
before the average pooling output only zeros (arXiv 1602.07261, section 3.3). The optimizer here is
the paper's, RMSProp with decay 0.9 and epsilon 1.0, without a schedule; 0.045 is the paper's rate.

A scale s is two things in one: last weights that start s times as large, and last weights that learn
more slowly. Two arms have one half each: "start at 0.1" is scale 0.1 at the first step, "slow weights"
is scale 1.0 there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from itertools import product
from statistics import fmean

from torch import Tensor, nn

from ..networks.blocks import factorized, residual_block
from ..nn.network import InceptionNet
from ..spec import BATCH_NORM, Branches, Chain, Conv, Head, Network, Node
from ..training.loop import evaluate
from ..training.plans import SEEDS, crops, size, untrained
from ..training.recipe import Recipe
from ..training.runner import Part
from . import experiment, fit_or_stop

WIDTHS = (128, 1024)
RATES = (0.045, 0.15, 0.45)
STEPS = 120
EVERY = 20  # steps between two looks at the zeros
BLOCKS = 8
PICTURES = partial(crops, 4000, 1000)
# the paper's optimizer, without a schedule
RECIPE = Recipe(1, 32, "rmsprop", weight_decay=0.0, schedule="constant")
# name -> (scale, factor of the first weights of the 1×1 before the sum)
ARMS = {
    "scale 1.0": (1.0, 1.0),
    "scale 0.3": (0.3, 1.0),
    "scale 0.1": (0.1, 1.0),
    "start at 0.1": (1.0, 0.1),
    "slow weights": (0.1, 10.0),
}


def network(width: int, scale: float, blocks: int = BLOCKS) -> Network:
    """Eight residual blocks in the manner of block C on a grid of 4×4, after a narrow stem.

    Args:
        width: channels of the sums.
        scale: of every block.
        blocks: how many.
    """
    title = f"Residual, {width} channels wide"
    return stacked("wide_residual", title, (16, 32, width), 32, blocks, scale)


def stacked(
    name: str,
    title: str,
    stem: tuple[int, ...],
    inner: int,
    blocks: int,
    scale: float | None,
    last: Conv | None = None,
) -> Network:
    """Convolutions of stride 2, and then equal residual blocks.

    Args:
        name, title: of the network.
        stem: channels of the convolutions; the last is the width of the sums.
        inner: channels of each layer of the branches.
        blocks: how many.
        scale: of every block; None takes the shortcuts away.
        last: the 1×1 of a block without a shortcut; None takes that of the others, and a ReLU.
    """
    branches: dict[str, Node | list[Node]] = {
        "1x1": Conv(inner),
        "3x3": [Conv(inner), factorized(3, inner, inner)],
    }
    block: Node = residual_block(branches, stem[-1], scale or 1.0)
    if scale is None:  # a ReLU where the sum was
        last = last or Conv(stem[-1], bias=True, norm="none")
        block = Chain((Branches(branches), last))
    stages: dict[str, Node] = {f"conv{i}": Conv(width, 3, 2) for i, width in enumerate(stem, 1)}
    stages |= {f"C{i + 1}": block for i in range(blocks)}
    return Network(
        name, stages, Head(classes=10), input_size=32, defaults=BATCH_NORM, title=title,
        source="this book; no paper has it",
    )  # fmt: skip


def make(width: int, arm: str, seed: int) -> InceptionNet:
    """The network of an arm, untrained.

    Args:
        width: channels of the sums.
        arm: of `ARMS`.
        seed: of the weights.
    """
    scale, start = ARMS[arm]
    model = untrained(network(width, scale), seed)
    for i in range(BLOCKS):
        model.get_parameter(f"stages.C{i + 1}.body.1.conv.weight").data.mul_(start)
    return model


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
    seen: list[list[float]] = []

    def look(module: nn.Module, _inputs: object, out: Tensor) -> None:
        if module.training:
            zero = out.detach() <= 0
            dead = zero.all(0).flatten(1).all(1)
            shares = [float(which.float().mean()) for which in (zero, dead)]
            seen.append([*shares, float(out.detach().amax())])

    model.stages[f"C{BLOCKS}"].register_forward_hook(look)
    images, tests = PICTURES()
    losses, stopped = fit_or_stop(model, images, RECIPE, lr=rate, seed=seed, max_steps=steps)
    marks = [i for i in (*range(0, steps, EVERY), steps - 1) if i < len(seen)]
    kept = {
        name: [round(seen[i][at], 3) for i in marks]
        for at, name in enumerate(("zeros", "dead", "largest"))
    }
    means = [round(fmean(losses[i : i + 10]), 3) for i in range(0, len(losses), 10)]
    accuracy = round(evaluate(model, tests)[0], 3) if stopped is None else None
    return {"losses": means, **kept, "accuracy": accuracy, "stopped": stopped}


@experiment("residual_scaling", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    """A part for each width, learning rate, arm and seed."""
    same = {"steps": STEPS, "every": EVERY, "blocks": BLOCKS, **asdict(RECIPE)}
    return {
        f"width {width}, rate {rate}, {arm}, seed {seed}": Part(
            partial(train, width, arm, rate, seed),
            PICTURES,
            {**same, "lr": rate, "seed": seed, "arm": kind, **size(network(width, 1.0))},
        )
        for width, rate, (arm, kind), seed in product(WIDTHS, RATES, ARMS.items(), seeds)
    }
