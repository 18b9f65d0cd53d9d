"""Chapter 5: on which grid do 1×5 and 5×1 serve as well as two 3×3?

Networks for 32×32 pixels with one block on each of three grids, 32, 16 and 8. A block takes c channels
to c channels and sees 5×5: as one 5×5, as two 3×3, or as a 1×5 and a 5×1. The width between the two
layers of a block is such that all three cost the same, so that the networks differ only in what is
in a block, and where: same inputs, same outputs, same field, same cost (within 1 %).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import partial

import torch
from torch import Tensor

from ..nn.network import InceptionNet
from ..spec import BATCH_NORM, Chain, Conv, Head, MaxPool, Network, Node
from ..training.loop import History
from ..training.plans import SEEDS, crops, row_of, size, untrained
from ..training.recipe import Recipe
from ..training.runner import Part, fingerprints
from . import experiment, quiet_fit

WIDTHS = {32: 8, 16: 16, 8: 32}  # grid -> channels in and out of its block
RECIPE = Recipe()  # the ladder's; nothing was tuned
CROPS = 10_000  # of the ladder's 20,000, so that all runs together take a quarter of an hour
FIRST = 8
DATA = partial(crops, CROPS)

# network -> what is on grid 32, 16 and 8
NETWORKS = {
    "two 3×3 everywhere": ("two 3x3",) * 3,
    "asymmetric on 32": ("asymmetric", "two 3x3", "two 3x3"),
    "asymmetric on 16": ("two 3x3", "asymmetric", "two 3x3"),
    "asymmetric on 8": ("two 3x3", "two 3x3", "asymmetric"),
    "asymmetric everywhere": ("asymmetric",) * 3,
    "one 5×5 everywhere": ("one 5x5",) * 3,
    "two 3×3, linear between": ("linear 3x3",) * 3,
}


def block(kind: str, channels: int) -> Node:
    """A block that sees 5×5 and costs 25 · channels² weights, within 1 %.

    Args:
        kind: "one 5x5", "two 3x3", "linear 3x3" (no ReLU between the two) or "asymmetric".
        channels: in and out.

    Raises:
        KeyError: another kind.
    """
    third = 11 * channels // 8  # 18 · c · m = 25 · c² at m = 1.39 c
    wide = 5 * channels // 2  # 10 · c · m = 25 · c² at m = 2.5 c
    kinds: dict[str, Node] = {
        "one 5x5": Conv(channels, 5),
        "two 3x3": Chain((Conv(third, 3), Conv(channels, 3))),
        "linear 3x3": Chain((Conv(third, 3, act="none"), Conv(channels, 3))),
        "asymmetric": Chain((Conv(wide, (1, 5)), Conv(channels, (5, 1)))),
    }
    return kinds[kind]


def network(name: str) -> Network:
    """The description of one of `NETWORKS`.

    Args:
        name: a key of `NETWORKS`.
    """
    stages: dict[str, Node] = {"conv1": Conv(WIDTHS[32], 3)}
    for (grid, channels), kind in zip(WIDTHS.items(), NETWORKS[name], strict=True):
        if grid < 32:
            stages[f"to {grid}"] = Chain((MaxPool(3, 2), Conv(channels)))
        stages[f"grid {grid}"] = block(kind, channels)
    return Network(
        name, stages, Head(classes=10), input_size=32, defaults=BATCH_NORM, title=name,
        source="this book; no paper has it",
    )  # fmt: skip


def train(name: str, seed: int, *, max_steps: int | None = None) -> tuple[InceptionNet, History]:
    """Train one network.

    Args:
        name: a key of `NETWORKS`.
        seed: of the weights and of the order of the pictures.
        max_steps: stop after this many steps of the recipe, without a test.

    Returns:
        (trained model, its `History`).
    """
    model = untrained(network(name), seed)
    return model, quiet_fit(model, *DATA(), RECIPE, seed=seed, max_steps=max_steps)


def rank_one_share(kernel: Tensor) -> float:
    """The share of the squares of its slices that the nearest outer products keep.

    Args:
        kernel: (o, i, k, k); each of its o · i slices is a k×k matrix.

    Returns:
        From 1/k to 1: the sum of squares of the first singular values, over the sum of all squares.
    """
    squares = torch.linalg.svdvals(kernel.detach().double()).square()
    return float(squares[..., 0].sum() / squares.sum())


def _shares(model: InceptionNet) -> dict[str, float]:
    weights = {f"{grid}": model.get_parameter(f"stages.grid {grid}.conv.weight") for grid in WIDTHS}
    return {grid: round(rank_one_share(weight), 3) for grid, weight in weights.items()}


def result(name: str, seed: int) -> dict:
    """One run, as the record keeps it."""
    start = untrained(network(name), seed)
    model, history = train(name, seed)
    kept = {
        **size(network(name)),
        "test_accuracy": round(history.test_accuracy, 4),
        "by_epoch": [round(row["test_accuracy"], 4) for row in history.epochs],
        "train_loss": round(history.epochs[-1]["train_loss"], 4),
        "first_losses": [round(loss, 4) for loss in history.losses[:FIRST]],
        "seconds": round(history.seconds, 1),
    }
    if name == "one 5×5 everywhere":
        kept["rank_one_share"] = {"untrained": _shares(start), "trained": _shares(model)}
    return kept


def summary(record: Mapping) -> dict[str, dict]:
    """Of a record: network -> its accuracies, their mean and spread, and what it costs.

    Args:
        record: what `training_record("asymmetric_places")` gives.
    """
    runs = {name: [f"{name}, seed {seed}" for seed in SEEDS] for name in NETWORKS}
    return {name: row_of([record["parts"][run] for run in of]) for name, of in runs.items()}


def setting() -> dict:
    """What all runs share."""
    train_data, test_data = fingerprints(DATA)
    return {"recipe": asdict(RECIPE), "train_data": train_data, "test_data": test_data}


@experiment("asymmetric_places", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    """The setting, and each network with each seed."""
    same = asdict(RECIPE)
    found: dict[str, Part] = {"setting": Part(partial(setting), DATA, same)}
    same |= {"widths": WIDTHS, "first": FIRST}
    for seed in seeds:
        for name, kinds in NETWORKS.items():
            decides = {**same, "kinds": kinds, **size(network(name))}
            found[f"{name}, seed {seed}"] = Part(partial(result, name, seed), DATA, decides)
    return found
