"""What this book trained, and how: `python -m inception_lib.training --help` makes it again."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import nn

from ..counting.cost import cost
from ..create import create_model
from ..data.digits import digits
from ..data.patches import photo_patches
from ..errors import suggest
from ..networks.registry import architecture, list_models
from ..nn.init import init_weights
from ..nn.network import InceptionNet
from ..spec import Network
from .checkpoints import write_atomically
from .loop import History, fit
from .recipe import Recipe
from .runner import Part, Pictures, fingerprints, run_parts, versions, versions_of, write_json

LINEAR = "linear"  # a linear classifier on the pixels: what the task is worth
SEEDS = (0, 1, 2, 3, 4)
FIRST = 20  # losses that a record keeps of each step; later ones are means of MEAN steps
MEAN = 8
SAME = ("params", "macs")  # of a row of a ladder: equal in all its runs
EACH = ("by_epoch", "train_loss", f"losses_by_{MEAN}", "seconds")  # one of each run


@dataclass(frozen=True)
class Plan:
    """One network, one task, one recipe.

    Attributes:
        name: what the command line calls it.
        model: a name of `list_models(mini=True)`, or "linear".
        task: "photo_patches" or "digits".
        recipe: how to train.
    """

    name: str
    model: str
    task: str = "photo_patches"
    recipe: Recipe = field(default_factory=Recipe)

    def data(self) -> tuple[Pictures, Pictures]:
        """((training images, labels), (test images, labels))."""
        return crops() if self.task == "photo_patches" else _digits()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a picture."""
        return (3, 32, 32) if self.task == "photo_patches" else (1, 28, 28)

    def make(self, seed: int) -> nn.Module:
        """The model, untrained."""
        if self.model == LINEAR:
            model = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(self.shape), 10))
            init_weights(model, seed)
            return model
        aux = self.model == "mini_googlenet_aux"
        return create_model(self.model, in_channels=self.shape[0], aux=aux, seed=seed)

    def size(self) -> dict[str, int]:
        """{"params": …, "macs": …} of the model, without auxiliary heads."""
        if self.model != LINEAR:
            return size(architecture(self.model, in_channels=self.shape[0]), self.shape[1:])
        weights = 10 * math.prod(self.shape)
        return {"params": weights + 10, "macs": weights}

    def recipe_fields(self) -> dict[str, object]:
        """The recipe without its seed, which each run has of its own."""
        fields = asdict(self.recipe)
        del fields["seed"]
        return fields

    def decides(self) -> dict[str, object]:
        """What decides a run's result beside the pictures and the seed."""
        return {"model": self.model, "task": self.task, **self.recipe_fields(), **self.size()}


def size(network: Network, input_size: tuple[int, int] | None = None) -> dict[str, int]:
    """{"params": …, "macs": …} of a network."""
    counted = cost(network, input_size=input_size)
    return {"params": counted.params, "macs": counted.macs}


def untrained(network: Network, seed: int) -> InceptionNet:
    """A model of that network, with first weights of that seed."""
    model = InceptionNet(network)
    init_weights(model, seed)
    return model


@cache
def crops(train: int | None = None, test: int | None = None) -> tuple[Pictures, Pictures]:
    """As `Plan.data`: this many crops of the photographs; None takes all."""
    (x, y), (test_x, test_y) = photo_patches("train", train), photo_patches("test", test)
    return (x, y), (test_x, test_y)


@cache
def _digits() -> tuple[Pictures, Pictures]:
    return digits("train"), digits("test")


_NAMES = (LINEAR, *list_models(mini=True, by_year=True))
# One recipe for all of a task; nothing was tuned for one network and not for the others.
LADDER = {name: Plan(name, name) for name in _NAMES}
DIGITS = {
    f"{name}_digits": Plan(f"{name}_digits", name, "digits", Recipe(epochs=6)) for name in _NAMES
}
LADDERS = {"ladder": LADDER, "ladder_digits": DIGITS}
PLANS = LADDER | DIGITS


def plan(name: str) -> Plan:
    """The plan of that name.

    Args:
        name: a network of `list_models(mini=True)` or "linear", followed by "_digits" for digits.

    Raises:
        KeyError: an unknown name; the message names the nearest.
    """
    if name not in PLANS:
        raise KeyError(suggest(name, list(PLANS), "recipe"))
    return PLANS[name]


def train_plan(
    name: str, seed: int = 0, *, checkpoint: Path | None = None, **options: Any
) -> tuple[nn.Module, History]:
    """Train what a plan says.

    Args:
        name: of the plan.
        seed: of the weights, the order of the pictures and dropout.
        checkpoint: a file to go on from and to write to.
        options: of `fit`: `max_steps`, `progress`, `on_step`, ….

    Returns:
        (trained model, `History`).
    """
    chosen = plan(name)
    model = chosen.make(seed)
    train, test = chosen.data()
    options = {"device": "cpu", **options}
    return model, fit(
        model, train, test, chosen.recipe, checkpoint=checkpoint, seed=seed, **options
    )


def record(name: str, seed: int, model: nn.Module, history: History) -> dict:
    """What is kept of a run beside its weights: enough to make it again and to see that it is."""
    chosen = plan(name)
    train_data, test_data = fingerprints(chosen.data)
    losses = history.losses
    means = [
        round(statistics.fmean(losses[i : i + MEAN]), 4)
        for i in range(0, len(losses) - MEAN + 1, MEAN)
    ]
    return {
        "name": name,
        "model": chosen.model,
        "task": chosen.task,
        "seed": seed,
        "recipe": asdict(replace(chosen.recipe, seed=seed)),
        "train_data": train_data,
        "test_data": test_data,
        "versions": versions(),
        **chosen.size(),
        "test_accuracy": round(history.test_accuracy, 5),
        "epochs": [{key: round(value, 5) for key, value in row.items()} for row in history.epochs],
        "first_losses": [round(loss, 4) for loss in losses[:FIRST]],
        f"losses_by_{MEAN}": means,
        "seconds": round(history.seconds, 1),
    }


def save_run(out: Path, stem: str, model: nn.Module, kept: dict) -> None:
    """Write `stem`.safetensors, and then `stem`.json with its SHA-256."""
    state = {key: value.cpu().contiguous() for key, value in model.state_dict().items()}
    content = save(state, metadata={"format": "pt"})
    write_atomically(out / f"{stem}.safetensors", content)
    kept = kept | {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    write_json(out / f"{stem}.json", kept)


def run_ladder(
    name: str, out: Path, more: Iterable[int] = (), *, again: bool = False, progress: bool = True
) -> dict:
    """Train every network of a ladder with every seed, and write the table of it.

    Weights of seed 0 that are trained here are kept, with their records; of the other seeds, what is
    in the table. What is done or ships is not trained again: a run that was stopped goes on.

    Args:
        name: "ladder" (photo patches) or "ladder_digits".
        out, again, progress: see `run_parts`; `NAME.json` in the folder is the table.
        more: seeds beside those of the table.
    """
    plans, seeds = LADDERS[name], sorted({*SEEDS, *more})
    first = next(iter(plans.values()))  # of one task and one recipe with all others

    def train(plan_name: str, seed: int) -> dict:
        checkpoint = out / "runs" / f"{plan_name}-{seed}.pt"
        model, history = train_plan(plan_name, seed, checkpoint=checkpoint, progress=progress)
        kept = record(plan_name, seed, model, history)
        if seed == 0 and name == "ladder" and plan_name != LINEAR:
            save_run(out, plan_name, model, kept)
        checkpoint.unlink(missing_ok=True)
        kept["by_epoch"] = [row["test_accuracy"] for row in kept["epochs"]]
        kept["train_loss"] = kept["epochs"][-1]["train_loss"]
        return {key: kept[key] for key in (*SAME, "test_accuracy", *EACH)}

    parts = {
        f"{plan_name}, seed {seed}": Part(
            partial(train, plan_name, seed), first.data, plans[plan_name].decides()
        )
        for plan_name in plans
        for seed in seeds
    }
    done = run_parts(name, parts, out, _runs, again=again, progress=progress)
    train_data, test_data = fingerprints(first.data)
    table = {
        "task": first.task,
        "recipe": first.recipe_fields(),
        "train_data": train_data,
        "test_data": test_data,
        "versions": versions_of(done),
        "seeds": seeds,
        "rows": {n: row_of([done[f"{n}, seed {s}"]["result"] for s in seeds], EACH) for n in plans},
    }
    write_json(out / f"{name}.json", table)
    return table


def row_of(runs: Sequence[Mapping[str, Any]], each: Iterable[str] = ()) -> dict[str, Any]:
    """Runs of one network, which differ in their seeds, as a row; `each` names what else is listed."""
    accuracies = [run["test_accuracy"] for run in runs]
    return {
        **{key: runs[0][key] for key in SAME},
        "test_accuracy": accuracies,
        "mean": round(statistics.fmean(accuracies), 4),
        "spread": round(max(accuracies) - min(accuracies), 4),
        **{key: [run[key] for run in runs] for key in each},
    }


def _runs(table: dict) -> dict[str, dict]:
    """The table taken apart again: {"network, seed N": its run}."""
    return {
        f"{name}, seed {seed}": {key: row[key] for key in SAME}
        | {key: row[key][i] for key in ("test_accuracy", *EACH)}
        for name, row in table["rows"].items()
        for i, seed in enumerate(table["seeds"])
    }
