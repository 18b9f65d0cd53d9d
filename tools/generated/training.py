"""Recipes and what they take, for the page on training with many devices."""

import inception_lib as il
from inception_lib.counting.table import Table
from inception_lib.training.planning import Cluster, step_time, training_time

from .counts import markdown

DEVICES = (1, 8, 64, 512)
OPTIMIZERS = {"sgd": "SGD", "adamw": "AdamW", "rmsprop": "RMSProp"}


def recipes() -> str:
    """Each recipe with its source and the accuracy reported there."""
    lines = []
    for name, recipe in il.recipes().items():
        reported = f", **{recipe.reported:.2f}%**" if recipe.reported else ""
        how = f"{recipe.epochs} epochs of {recipe.batch_size} pictures a step, {OPTIMIZERS[recipe.optimizer]} at "
        how += f"{recipe.lr:g}, {recipe.schedule} schedule. From {recipe.source}."
        differs = f" Here {recipe.differs}." if recipe.differs else ""
        lines.append(f"- `{name}`{reported}: {how}{differs}")
    return "\n".join(lines)


def hours() -> str:
    """Hours of each recipe for ImageNet, on so many devices, with the efficiency."""
    rows = []
    for recipe in il.recipes().values():
        if recipe.input_size < 200:
            continue
        cells = training_time(recipe, DEVICES).cells
        name = f"{il.architecture(recipe.model).title}, {recipe.source.split(',')[0]}"
        rows.append((name, *(f"{row[5]} ({row[6]})" if row[5] else "" for row in cells)))
    columns = ["recipe", *(f"{n} device{'s' * (n > 1)}" for n in DEVICES)]
    return markdown(columns, rows, right=tuple(range(1, 5)))


def one_step() -> str:
    """A step of Inception-v3 in its parts."""
    table: Table = training_time(il.recipes()["inception_v3_mindcv"], (1, 8, 16, 32, 64, 128, 256))
    rows = [tuple(row) for row in table.cells]
    return markdown(table.columns, rows, right=tuple(range(len(table.columns))))


def assumed() -> str:
    """The assumptions of the two tables, as a list."""
    kept = Cluster()
    return "\n".join(
        [
            f"- a device does {kept.flops / 1e12:g} TFLOP/s in training, whatever its share of the batch;",
            f"- it sends {kept.link / 1e9:g} GB/s, and a message of no length takes {kept.latency * 1e6:g} µs;",
            "- a MAC is two FLOPs, and forward and backward together are three times the forward pass;",
            "- gradients are float32, summed in a ring, while the backward pass computes;",
            f"- a picture has {kept.picture / 1e3:g} kB, and reading never keeps a device waiting.",
        ]
    )


def largest() -> str:
    """Where Inception-v3's exchange begins to take longer than its backward pass."""
    recipe = il.recipes()["inception_v3_mindcv"]
    counts = [n for n in range(2, recipe.batch_size + 1)]
    steps = {n: step_time(recipe, n) for n in counts}
    first = next(n for n in counts if steps[n].exchange > steps[n].backward)
    return (
        f"With Inception-v3's batch of {recipe.batch_size}, the exchange takes longer than the backward pass from "
        f"{first} devices on, when each has {steps[first].pictures} pictures."
    )


PAGES = {
    "training-recipes.md": recipes,
    "training-hours.md": hours,
    "training-step.md": one_step,
    "training-assumed.md": assumed,
    "training-largest.md": largest,
}
