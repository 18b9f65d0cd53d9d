"""Does what a branch looks for go with its kernel, with its width, or with neither? Four arms, five seeds.

The article that found roles in GoogLeNet's branches names the confound itself: its 5×5 branch is the
narrowest and has the largest kernel (doi 10.23915/distill.00024.008). Here is `mini_reduced` with four
first blocks. What comes before is the same in all, and so is the width of the block and each branch's
place in it. What comes after is made narrower or wider until the network costs what the original does.

- *original*: 3×3 with 8 → 16 channels, 5×5 with 4 → 8;
- *crossed*: the widths exchanged, 3×3 with 4 → 8, 5×5 with 8 → 16;
- *same kernels*: the original's widths, both 3×3;
- *same widths*: 3×3 and 5×5, both with 6 → 12.

Each channel of the block is measured as in `channel_measures`, with first weights and with trained ones.
A comparison is `compare_runs` of five means, each over the channels of the branch called "3x3" in one
network, with the five of the branch called "5x5"; its sign says which is higher. Five measures, four arms
and the original before training: 25 comparisons. What each outcome means was written down before any
trained network was measured (see `verdict`):

- the *kernel*: clear in original, crossed and same widths, with one sign, and not clear with that sign
  in same kernels;
- the *width*: clear with one sign in original and same kernels, with the other sign in crossed, and not
  clear with the first in same widths;
- *cannot tell*: not clear in the original;
- *neither*: any other outcome; there is a role, and it goes with neither alone.

Where the original is clear with the same sign before training, too, training did not make the role. That
one cannot tell is no proof that there is nothing: five runs see large differences alone.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from functools import partial

from torch import Tensor

from ..counting.cost import channel_slices
from ..interpret.measures import (
    ANGLES,
    BLOBS,
    DOTS,
    GRID,
    HALF_PERIODS,
    LENGTH,
    MEASURES,
    NOISES,
    RADII,
    SILENT,
    WIDTH,
    channel_measures,
)
from ..networks.blocks import reduced_block
from ..networks.small import CLASSES, MINI_REDUCED, SIZE
from ..nn.network import InceptionNet
from ..spec import PLAIN, Conv, Head, MaxPool, Network, Node
from ..training.comparison import Comparison, compare_runs
from ..training.loop import History
from ..training.plans import FIRST, LADDER, SEEDS, crops, size, untrained
from ..training.runner import Part
from . import experiment, quiet_fit

RECIPE = LADDER["mini_reduced"].recipe  # nothing was tuned
CROPS = 10_000  # of the ladder's 20,000, so that a run takes a minute
DATA = partial(crops, CROPS)
BLOCK, BRANCHES = "3a", ("3x3", "5x5")
#       #1×1  #3×3 reduce  #3×3  #5×5 reduce  #5×5  pool proj  output; kernel of "5x5"; widths after it
ARMS = {
    "original": ((8, 8, 16, 4, 8, 8, 40), 5, 1.0),
    "crossed": ((8, 4, 8, 8, 16, 8, 40), 5, 0.92),
    "same kernels": ((8, 8, 16, 4, 8, 8, 40), 3, 1.035),
    "same widths": ((8, 6, 12, 6, 12, 8, 40), 5, 0.965),
}
STATES = ("untrained", "trained")


def network(arm: str) -> Network:
    """The network of an arm.

    Args:
        arm: a key of `ARMS`.
    """
    row, five, later = ARMS[arm]

    def block(name: str) -> Node:
        return reduced_block(*(round(later * width) for width in MINI_REDUCED[name][:-1]))

    stages: dict[str, Node] = {"conv1": Conv(16, 3), "pool1": MaxPool(3, 2)}
    stages |= {BLOCK: reduced_block(*row, five=five), "3b": block("3b"), "pool3": MaxPool(3, 2)}
    stages |= {"4a": block("4a"), "4b": block("4b")}
    return Network(
        arm, stages, Head(classes=CLASSES), input_size=SIZE, defaults=PLAIN,
        title=f"Roles of branches, {arm}", source="this book; no paper has it",
    )  # fmt: skip


def train(arm: str, seed: int, max_steps: int | None = None) -> tuple[InceptionNet, History]:
    """Train the network of an arm on crops of photographs, by the ladder's recipe.

    Args:
        arm: a key of `ARMS`.
        seed: of weights and order of the pictures.
        max_steps: stop after this many steps.

    Returns:
        (trained model, `History`).
    """
    model = untrained(network(arm), seed)
    return model, quiet_fit(model, *DATA(), RECIPE, seed=seed, max_steps=max_steps)


def measured(model: InceptionNet) -> dict[str, dict[str, str]]:
    """{branch: {measure: a number for each channel, "-" where there is none}} of the first block."""
    found = channel_measures(model, BLOCK)
    slices = channel_slices(model.spec, BLOCK)
    return {
        branch: {name: _line(values[where]) for name, values in found.items()}
        for branch, where in slices.items()
    }


def _line(values: Tensor) -> str:
    """One line of the file, not one for each channel."""
    return " ".join("-" if math.isnan(v) else f"{v:.3f}" for v in values.tolist())


def _part(arm: str, seed: int) -> dict:
    start = measured(untrained(network(arm), seed))
    model, history = train(arm, seed)
    return {
        "accuracy": [round(row["test_accuracy"], 5) for row in history.epochs],
        "train_loss": [round(row["train_loss"], 4) for row in history.epochs],
        "first_losses": " ".join(f"{loss:.4f}" for loss in history.losses[:FIRST]),
        "untrained": start,
        "trained": measured(model),
    }


def channels(
    record: Mapping, arm: str, seed: int, measure: str, branch: str, state: str = "trained"
) -> list[float]:
    """A measure of each channel of a branch; NaN where there is none.

    Args:
        record: what `training_record("branch_roles")` gives.
        arm, seed: of the network.
        measure: one of `MEASURES`.
        branch: of the first block: "1x1", "3x3", "5x5" or "pool".
        state: "trained" or "untrained".
    """
    line = record["parts"][f"{arm}, seed {seed}"][state][branch][measure]
    return [math.nan if number == "-" else float(number) for number in line.split()]


def branch_means(
    record: Mapping, arm: str, measure: str, state: str = "trained"
) -> dict[str, list[float]]:
    """{"3x3": [mean over its channels in each network], "5x5": …}; a silent branch gives no mean.

    Args:
        record, arm, measure, state: as in `channels`.
    """
    found: dict[str, list[float]] = {branch: [] for branch in BRANCHES}
    for branch, means in found.items():
        for seed in SEEDS:
            numbers = channels(record, arm, seed, measure, branch, state)
            if kept := [number for number in numbers if not math.isnan(number)]:
                means.append(round(statistics.fmean(kept), 5))
    return found


def compared(record: Mapping, arm: str, measure: str, state: str = "trained") -> Comparison:
    """The branch called "3x3" with the one called "5x5", five networks of an arm.

    Args:
        record, arm, measure, state: as in `channels`.
    """
    return compare_runs(*branch_means(record, arm, measure, state).values())


def sign(comparison: Comparison) -> int:
    """1 where the second is clearly higher, −1 where it is clearly lower, 0 where one cannot tell."""
    one, other = comparison.means
    return (1 if other > one else -1) if comparison.clear else 0


def verdict(signs: Mapping[str, int]) -> str:
    """"kernel", "width", "neither" or "cannot tell", as said at the top of this file.

    Args:
        signs: arm -> what `sign` gives.
    """  # fmt: skip
    original = signs["original"]
    if not original:
        return "cannot tell"
    same = {arm for arm, found in signs.items() if found == original}
    if same == {"original", "crossed", "same widths"}:
        return "kernel"
    if same == {"original", "same kernels"} and signs["crossed"] == -original:
        return "width"
    return "neither"


@experiment("branch_roles", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    plan = LADDER["mini_reduced"]
    drawn = {
        "angles": ANGLES, "half_periods": HALF_PERIODS, "dots": DOTS, "radii": list(map(str, RADII)),
        "length": LENGTH, "width": WIDTH, "blobs": BLOBS, "noises": NOISES, "grid": GRID,
        "silent": SILENT, "measures": MEASURES,
    }  # fmt: skip
    return {
        f"{arm}, seed {seed}": Part(
            partial(_part, arm, seed),
            DATA,
            {**plan.recipe_fields(), **size(network(arm)), **drawn}
            | {"block": BLOCK, "widths": ARMS[arm], "first": FIRST},
        )
        for arm in ARMS
        for seed in seeds
    }
