"""The command line for a recipe on one device or many: what `--data` adds to `python -m inception_lib.training`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, fields, replace
from typing import Any

import torch

from ..errors import suggest
from ..weights.preprocess import Preprocessing
from ..weights.saved import save
from .distributed import PRECISIONS, Options, Outcome, check, train
from .feed import sources
from .processes import join, speaks
from .recipes import TrainingRecipe, recipes
from .runner import versions, write_json

# What --set may change: all but what a recipe says of itself, and half precision, which is --precision here.
FIELDS = [
    f.name for f in fields(TrainingRecipe) if f.name not in ("amp", "reported", "source", "differs")
]

NUMBERS = (
    ("--accumulate", int, 1, "N", "pass each process's share through the network in N parts, where memory is short"),
    ("--workers", int, 0, "N", "processes that read pictures, for each that trains, which with 0 reads them itself"),
    ("--every", int, 200, "N", "steps between checkpoints"),
    ("--skip-limit", int, 50, "N", "unreadable pictures that are skipped before the run stops"),
    ("--timeout", float, 600, "S", "seconds that one process waits for another before the run stops"),
)  # fmt: skip
SWITCHES = {
    "--sync-bn": "let batch normalization see the whole batch, not each process its share; on GPUs",
    "--verify": "compare the SHA-256 of every shard before training",
    "--tensorboard": "also write for TensorBoard (pip install tensorboard)",
    "--quiet": "no progress bar",
}

EPILOG = """
one process
  python -m inception_lib.training --recipe mini_googlenet --data bundled --out DIR
two processes on this machine
  torchrun --standalone --nproc-per-node 2 -m inception_lib.training \\
      --recipe mini_googlenet --data bundled --steps 40 --out DIR
a GPU for each process, eight GPUs, and up to three restarts after a failure
  torchrun --standalone --nproc-per-node 8 --max-restarts 3 -m inception_lib.training \\
      --recipe inception_v3_mindcv --data /data/imagenet --workers 12 --precision bf16 --out DIR

The batch of a recipe is divided among the processes, so a recipe stays what it is. DIR gets
NAME.safetensors (for il.load), NAME.json (the record), log.jsonl (a line for each step and each
epoch) and checkpoints/. A run that was stopped, even killed, goes on when you give the same command.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that belong to `--data`."""
    group = parser.add_argument_group(
        "a recipe on bundled pictures or your own, with one process or many"
    )
    option = group.add_argument
    option(
        "--data", metavar="DIR",
        help="a folder with train and val in it, each with a folder of pictures for each class or "
        "with shards (python -m inception_lib.data.shards); or the word bundled",
    )  # fmt: skip
    option("--steps", type=int, metavar="N", help="steps in all, in place of the recipe's epochs")
    option(
        "--set", nargs="+", default=[], metavar="FIELD=VALUE", dest="changes",
        help="change the recipe, as in --set lr=0.1 batch_size=512 average=0.9999; fields: "
        + ", ".join(FIELDS),
    )  # fmt: skip
    option(
        "--precision", default="fp32", choices=list(PRECISIONS), help="of the arithmetic; default: fp32"
    )  # fmt: skip
    for name, kind, default, unit, words in NUMBERS:
        words = f"{words}; default: {default}"
        option(name, type=kind, default=default, metavar=unit, help=words)
    for name, words in SWITCHES.items():
        option(name, action="store_true", help=words)


def launch(given: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Train by a recipe of `recipes()`, and write what came out."""
    try:
        recipe = changed(recipes()[given.recipe], given.changes)
        if len(given.seeds) > 1:
            raise ValueError("give one --seed; each run has an --out of its own.")
        recipe = replace(recipe, seed=(given.seeds or [recipe.seed])[0])
        processes = join(given.device, given.timeout)
        options = Options(
            given.steps, given.every, given.accumulate, given.precision, given.sync_bn,
            given.workers, given.skip_limit, not given.quiet, given.tensorboard,
        )  # fmt: skip
        data = sources(given.data, verify=given.verify)
        check(recipe, data, processes, options)
    except (ValueError, TypeError) as error:
        parser.error(str(error))
    outcome = train(recipe, data, given.out, processes, options)
    if processes.first:
        classes = None if given.data == "bundled" else data[0].classes
        _write(given, recipe, processes.world, classes, outcome)


def changed(recipe: TrainingRecipe, changes: list[str]) -> TrainingRecipe:
    """A recipe with changes, "field=value" each, the value as JSON or a word."""
    found: dict[str, Any] = {}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals or name not in FIELDS:
            raise ValueError(suggest(name, FIELDS, "field of a recipe"))
        try:
            found[name] = json.loads(
                {"None": "null", "True": "true", "False": "false"}.get(text, text)
            )
        except ValueError:
            found[name] = text
    return replace(recipe, **found)


def _write(given, recipe, world, classes, outcome: Outcome) -> None:
    prepare = Preprocessing(recipe.input_size, recipe.resize, "bilinear")
    path = given.out / f"{given.recipe}.safetensors"
    save(outcome.model, path, classes=classes, preprocessing=prepare)
    record = {
        "name": given.recipe,
        "recipe": asdict(recipe),
        "data": str(given.data),
        "processes": world,
        "precision": given.precision,
        "versions": versions(),
        "epochs": outcome.epochs,
        "test_accuracy": outcome.epochs[-1]["test_accuracy"],
        "skipped": outcome.skipped,
        "seconds": round(outcome.seconds, 1),
    }
    write_json(given.out / f"{given.recipe}.json", record)
    print(f"{given.recipe}: test accuracy {record['test_accuracy']:.3f}, written to {given.out}")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints the first of many processes prints for all."""

    def error(self, message: str):
        """As argparse has it."""
        if not speaks():
            self.exit(2)
        super().error(message)

    def print_help(self, file=None) -> None:
        """As argparse has it."""
        if speaks():
            super().print_help(file)


def devices() -> list[str]:
    """What `--device` takes."""
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return ["cpu", *(["cuda"] if cuda else []), *cuda, *mps]
