"""What this book trained, and how: `python -m inception_lib.training --help` makes it again."""

from __future__ import annotations

import hashlib
import json
import platform
import statistics
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from safetensors.torch import save
from torch import Tensor, nn

from ..counting.cost import cost
from ..create import create_model
from ..data.digits import digits
from ..data.patches import photo_patches
from ..errors import suggest
from ..networks.registry import list_models
from ..nn.init import init_weights
from .checkpoints import write_atomically
from .loop import History, data_fingerprint, fit
from .recipe import Recipe

LINEAR = "linear"  # a linear classifier on the pixels: what the task is worth


SEEDS = (0, 1, 2)


FIRST = 20  # losses that a record keeps of each step; later ones are means of MEAN steps


MEAN = 8


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

    def data(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """((training images, labels), (test images, labels))."""
        return _data(self.task)

    def make(self, seed: int) -> nn.Module:
        """The model, untrained."""
        channels = 3 if self.task == "photo_patches" else 1
        side = 32 if self.task == "photo_patches" else 28
        if self.model == LINEAR:
            model = nn.Sequential(nn.Flatten(), nn.Linear(channels * side * side, 10))
            init_weights(model, seed)
            return model
        aux = self.model == "mini_googlenet_aux"
        return create_model(self.model, in_channels=channels, aux=aux, seed=seed)


@cache
def _data(task: str):
    return tuple(
        (photo_patches if task == "photo_patches" else digits)(s) for s in ("train", "test")
    )


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
        name: a network of `list_models(mini=True)` or "linear", with "_digits" behind it for digits.

    Raises:
        KeyError: an unknown name; the message names the nearest.
    """
    if name not in PLANS:
        raise KeyError(suggest(name, list(PLANS), "recipe"))
    return PLANS[name]


def train_plan(
    name: str, seed: int = 0, *, checkpoint: Path | None = None, **options: object
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
    recipe = replace(chosen.recipe, seed=seed)
    options = {"device": "cpu"} | options
    return model, fit(model, train, test, recipe, checkpoint=checkpoint, **options)


def record(name: str, seed: int, model: nn.Module, history: History) -> dict:
    """What is kept of a run beside its weights: enough to make it again and to see that it is."""
    chosen = plan(name)
    train, test = chosen.data()
    size = {"params": sum(p.numel() for p in model.parameters()), "macs": None}
    if chosen.model == LINEAR:
        size["macs"] = model[1].weight.numel()
    else:
        counted = cost(replace(model.spec, aux=()), input_size=tuple(train[0].shape[2:]))
        size = {"params": counted.params, "macs": counted.macs}
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
        "train_data": data_fingerprint(*train),
        "test_data": data_fingerprint(*test),
        "versions": versions(),
        **size,
        "test_accuracy": round(history.test_accuracy, 5),
        "epochs": [{key: round(value, 5) for key, value in row.items()} for row in history.epochs],
        "first_losses": [round(loss, 4) for loss in losses[:FIRST]],
        f"losses_by_{MEAN}": means,
        "seconds": round(history.seconds, 1),
    }


def versions() -> dict[str, str]:
    """Of Python and of the libraries that decide about the bits of a run."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("torch", "numpy", "pillow", "scikit-image", "scikit-learn", "mlxtend"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def save_run(out: Path, stem: str, model: nn.Module, kept: dict) -> None:
    """Write `stem`.safetensors, and then `stem`.json with its SHA-256."""
    state = {key: value.cpu().contiguous() for key, value in model.state_dict().items()}
    content = save(state, metadata={"format": "pt"})
    write_atomically(out / f"{stem}.safetensors", content)
    kept = kept | {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    write_json(out / f"{stem}.json", kept)


def write_json(path: Path, value: object) -> None:
    write_atomically(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def run_ladder(name: str, out: Path, seeds=SEEDS, *, progress: bool = True) -> dict:
    """Train every network of a ladder with every seed, and write the table of it.

    Weights of seed 0 are kept, with their records; of the other seeds, the records in the table.
    What is there already is not trained again: a run that was stopped goes on.

    Args:
        name: "ladder" (photo patches) or "ladder_digits".
        out: a folder; `NAME.json` is the table, `runs/` has what a stopped run needs.
        seeds: which.
        progress: whether to show a bar on stdout.

    Returns:
        What is in `NAME.json`.
    """
    rows = {}
    for plan_name in LADDERS[name]:
        runs = []
        for seed in seeds:
            done = out / "runs" / f"{plan_name}-{seed}.json"
            if not done.exists():
                if progress:
                    print(f"{plan_name}, seed {seed}", flush=True)
                checkpoint = out / "runs" / f"{plan_name}-{seed}.pt"
                model, history = train_plan(
                    plan_name, seed, checkpoint=checkpoint, progress=progress
                )
                kept = record(plan_name, seed, model, history)
                if seed == 0 and name == "ladder" and plan_name != LINEAR:
                    save_run(out, plan_name, model, kept)
                write_json(done, kept)
                checkpoint.unlink(missing_ok=True)
            runs.append(json.loads(done.read_text(encoding="utf-8")))
        rows[plan_name] = _row(runs)
    first = runs[0]
    common = ("task", "recipe", "train_data", "test_data", "versions")
    table = {key: first[key] for key in common} | {"seeds": list(seeds), "rows": rows}
    table["recipe"].pop("seed")
    write_json(out / f"{name}.json", table)
    return table


def _row(runs: list[dict]) -> dict:
    accuracies = [run["test_accuracy"] for run in runs]
    return {
        "params": runs[0]["params"],
        "macs": runs[0]["macs"],
        "test_accuracy": accuracies,
        "mean": round(statistics.fmean(accuracies), 4),
        "spread": round(max(accuracies) - min(accuracies), 4),
        "by_epoch": [[row["test_accuracy"] for row in run["epochs"]] for run in runs],
        "train_loss": [run["epochs"][-1]["train_loss"] for run in runs],
        f"losses_by_{MEAN}": [run[f"losses_by_{MEAN}"] for run in runs],
        "seconds": [run["seconds"] for run in runs],
    }
