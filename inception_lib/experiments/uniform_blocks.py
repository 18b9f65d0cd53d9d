"""Does it cost anything to make all blocks of a grid equal? Three small networks of the same cost.

`graded` is `mini_factorized`: each block has widths of its own, growing from block to block, as in
Inception-v3. `uniform` has the same kinds of blocks, but both of a grid are equal, as in Inception-v4.
`deeper` has four equal blocks on each grid in place of two, each narrower. The recipe is the ladder's.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ..networks.blocks import asymmetric_block, two_3x3_block
from ..networks.registry import architecture
from ..networks.small import CLASSES, POOL, SIZE
from ..spec import BATCH_NORM, Conv, Head, MaxPool, Network, Node
from ..training.loop import History
from ..training.plans import FIRST, LADDER, SEEDS, size, untrained
from ..training.runner import Part
from . import experiment, quiet_fit

# blocks on each grid, then a row for the 16×16 grid and one for the 8×8 grid
UNIFORM = {
    "uniform": (2, (12, 10, 20, 4, 8, 8, 48), (28, (16, 20, 36), (8, 10, 10, 14, 14), 14, 92)),
    "deeper": (4, (8, 7, 12, 3, 6, 6, 32), (20, (10, 13, 22), (6, 8, 8, 10, 10), 10, 62)),
}
NAMES = ("graded", *UNIFORM)


def network(name: str) -> Network:
    """One of the three networks as data.

    Args:
        name: "graded", "uniform" or "deeper".
    """
    if name == "graded":
        return architecture("mini_factorized")
    number, first, second = UNIFORM[name]
    stages: dict[str, Node] = {"conv1": Conv(16, 3), "pool1": MaxPool(3, 2)}
    stages |= {f"A{i + 1}": two_3x3_block(*first, pool=POOL) for i in range(number)}
    stages |= {"pool3": MaxPool(3, 2)}
    stages |= {f"B{i + 1}": asymmetric_block(*second, n=5, pool=POOL) for i in range(number)}
    return Network(
        name, stages, Head(classes=CLASSES), input_size=SIZE, defaults=BATCH_NORM,
        title=f"Factorized blocks, {name}", source="this book; no paper has it",
    )  # fmt: skip


def train(name: str, seed: int, max_steps: int | None = None) -> History:
    """Train one of the three on crops of photographs, by the ladder's recipe.

    Args:
        name: "graded", "uniform" or "deeper".
        seed: of weights and order of the pictures.
        max_steps: stop after this many steps.

    Returns:
        The `History`.
    """
    plan = LADDER["mini_factorized"]
    model = untrained(network(name), seed)
    return quiet_fit(model, *plan.data(), plan.recipe, seed=seed, max_steps=max_steps)


def _part(name: str, seed: int) -> dict:
    history = train(name, seed)
    return {
        "accuracy": [round(row["test_accuracy"], 5) for row in history.epochs],
        "train_loss": [round(row["train_loss"], 4) for row in history.epochs],
        "first_losses": [round(loss, 4) for loss in history.losses[:FIRST]],
    }


@experiment("uniform_blocks", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    plan = LADDER["mini_factorized"]
    return {
        f"{name}, seed {seed}": Part(
            partial(_part, name, seed),
            plan.data,
            {**plan.decides(), **size(network(name)), "widths": UNIFORM.get(name), "first": FIRST},
        )
        for name in NAMES
        for seed in seeds
    }
