"""Experiments that take longer than a chapter may: each ships its record, and is made again by a command.

    python -m inception_lib.experiments NAME --out DIR

An experiment is one file here. It registers a function that names its parts for some seeds, each with
what decides its result (see `Part`):

    @experiment("batch_norm_digits", SEEDS)
    def parts(seeds) -> dict[str, Part]:
        return {f"with, seed {s}": Part(partial(train, s), data, {"rate": RATE}) for s in seeds}

What a part returns goes to JSON as it is, so it rounds its numbers itself. A part that is done or ships
is not done again: a run that was stopped goes on. `training_record("batch_norm_digits")` reads what ships.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

from torch import nn

from ..errors import TrainingError, suggest
from ..training.loop import fit
from ..training.recipe import Recipe
from ..training.runner import Part, Pictures, command, run_parts, versions_of, write_json

Makes = Callable[[Iterable[int]], Mapping[str, Part]]
Look = Callable[[int, nn.Module], None]


class Experiment(NamedTuple):
    """What `experiment` registers."""

    makes: Makes
    seeds: tuple[int, ...]
    lists: bool

    def parts(self, more: Iterable[int] = ()) -> Mapping[str, Part]:
        """The parts with the seeds of the experiment and with more; no data is loaded."""
        return self.makes(sorted({*self.seeds, *more}))


_EXPERIMENTS: dict[str, Experiment] = {}


def experiment(
    name: str, seeds: tuple[int, ...] = (), *, lists: bool = False
) -> Callable[[Makes], Makes]:
    """Register what gives the parts of an experiment.

    Args:
        name: of the experiment.
        seeds: of the record that ships, from 0; none where nothing is drawn.
        lists: whether the record has {"part": [a result of each seed]} for "part, seed 0", ….
    """

    def register(makes: Makes) -> Makes:
        _EXPERIMENTS[name] = Experiment(makes, seeds, lists)
        return makes

    return register


quiet_fit = partial(fit, device="cpu", progress=False)  # the records are the CPU's


def fit_or_stop(
    model: nn.Module, train: Pictures, recipe: Recipe, look: Look | None = None, **options: Any
) -> tuple[list[float], int | None]:
    """Train: (losses, None), or ([], the step whose loss was not finite); `look` is `fit`'s `on_step`."""
    begun = []

    def note(step: int, model: nn.Module) -> None:
        begun.append(step)
        if look:
            look(step, model)

    try:
        return quiet_fit(model, train, None, recipe, on_step=note, **options).losses, None
    except TrainingError:
        return [], begun[-1]


def experiments() -> dict[str, Experiment]:
    """All experiments by name."""
    for file in iter_modules(__path__):
        if not file.name.startswith("_"):
            import_module(f".{file.name}", __name__)
    return dict(_EXPERIMENTS)


def run(
    name: str, out: Path, more: Iterable[int] = (), *, again: bool = False, progress: bool = True
) -> dict:
    """Do an experiment, and write `NAME.json`: versions, seconds, {part: what it returned}.

    Args:
        name: one of `experiments()`.
        out, again, progress: see `run_parts`, which also says what it refuses.
        more: seeds beside those of the record that ships.

    Raises:
        KeyError: there is no such experiment; the message names the nearest.
    """
    known = experiments()
    if name not in known:
        raise KeyError(suggest(name, sorted(known), "experiment"))
    this = known[name]
    unpack = _unlisted if this.lists else lambda record: record["parts"]
    done = run_parts(name, this.parts(more), out, unpack, again=again, progress=progress)
    results = {part: kept["result"] for part, kept in done.items()}
    record = {
        "name": name,
        "versions": versions_of(done),
        "seconds": round(sum(kept["seconds"] for kept in done.values())),
        "parts": _listed(results) if this.lists else results,
    }
    write_json(out / f"{name}.json", record)
    return record


def _listed(results: Mapping[str, object]) -> dict[str, list]:
    lists: dict[str, list] = {}
    for part, result in results.items():
        lists.setdefault(part.rpartition(", seed ")[0], []).append(result)
    return lists


def _unlisted(record: dict) -> dict[str, object]:
    parts = record["parts"].items()
    return {f"{part}, seed {i}": run for part, runs in parts for i, run in enumerate(runs)}


def main(arguments: list[str] | None = None) -> int:
    """The command line of `python -m inception_lib.experiments`."""
    known = experiments()
    parser = argparse.ArgumentParser(
        prog="python -m inception_lib.experiments",
        description="Run one of the book's longer experiments again. A run that was stopped resumes "
        "where it was when you give the same command again.",
        epilog="Experiments: " + ", ".join(sorted(known)) + ".",
    )
    parser.add_argument("name", metavar="NAME", help="which one, see below; 'all' runs all of them")

    def work(given: argparse.Namespace) -> None:
        if given.name not in (*known, "all"):
            parser.error(suggest(given.name, sorted(known), "experiment"))
        names = sorted(known) if given.name == "all" else [given.name]
        if given.seeds:  # 'all' then means all that have seeds
            names = [name for name in names if known[name].seeds]
        if not names:
            parser.error(f"{given.name} has no seeds: nothing in it is random. Leave --seeds out.")
        for name in names:
            run(name, given.out, given.seeds, again=given.again)

    return command(parser, work, arguments)
