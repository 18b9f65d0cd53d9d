"""Experiments that take longer than a chapter may: each ships its record, and is made again by a command.

    python -m inception_lib.experiments NAME --out DIR

An experiment is one file here. It registers a function that names its parts, each of which a call
computes from seeds alone:

    @experiment("batch_norm_digits")
    def parts() -> dict[str, Callable[[], object]]:
        return {f"with, seed {s}": partial(train, s) for s in SEEDS}

What a part returns goes to JSON as it is, so it rounds its numbers itself. A part that is done is not
done again: a run that was stopped goes on. `training_record("batch_norm_digits")` reads what ships.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import torch

from ..errors import suggest
from ..training.checkpoints import write_atomically
from ..training.plans import versions

Parts = Mapping[str, Callable[[], object]]
_EXPERIMENTS: dict[str, Callable[[], Parts]] = {}


def experiment(name: str) -> Callable[[Callable[[], Parts]], Callable[[], Parts]]:
    """Register what gives the parts of experiment `name`."""

    def register(parts: Callable[[], Parts]) -> Callable[[], Parts]:
        _EXPERIMENTS[name] = parts
        return parts

    return register


def experiments() -> dict[str, Callable[[], Parts]]:
    """All experiments: name -> what gives their parts."""
    for file in iter_modules(__path__):
        if not file.name.startswith("_"):
            import_module(f".{file.name}", __name__)
    return dict(_EXPERIMENTS)


def run(name: str, out: Path, *, progress: bool = True) -> dict:
    """Do an experiment, and write `NAME.json`.

    Args:
        name: one of `experiments()`.
        out: a folder; `runs/` in it keeps each finished part.
        progress: whether to print the name and the seconds of each part.

    Returns:
        What is in `NAME.json`: {"versions": …, "seconds": …, "parts": {part: what it returned}}.

    Raises:
        KeyError: there is no such experiment; the message names the nearest.
    """
    known = experiments()
    if name not in known:
        raise KeyError(suggest(name, sorted(known), "experiment"))
    done, seconds = {}, 0.0
    for part, compute in known[name]().items():
        file = out / "runs" / f"{name}-{part.replace(' ', '_').replace('/', '_')}.json"
        if not file.exists():
            begin = time.perf_counter()
            result = compute()
            kept = {"seconds": round(time.perf_counter() - begin, 1), "result": result}
            _write(file, kept)
            if progress:
                print(f"{name}: {part}, {kept['seconds']} s", flush=True)
        kept = json.loads(file.read_text(encoding="utf-8"))
        done[part] = kept["result"]
        seconds += kept["seconds"]
    record = {"name": name, "versions": versions(), "seconds": round(seconds), "parts": done}
    _write(out / f"{name}.json", record)
    return record


def _write(path: Path, value: object) -> None:
    write_atomically(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def main(arguments: list[str] | None = None) -> int:
    """The command line of `python -m inception_lib.experiments`."""
    known = sorted(experiments())
    parser = argparse.ArgumentParser(
        prog="python -m inception_lib.experiments",
        description="Do one of the book's longer experiments again. A run that was stopped goes on "
        "where it was when the same command is given again.",
        epilog="Experiments: " + ", ".join(known) + ".",
    )
    parser.add_argument("name", metavar="NAME", help="which, see below; 'all' does all of them")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="for NAME.json")
    parser.add_argument("--threads", type=int, default=1, help="of torch; default: 1")
    given = parser.parse_args(arguments)
    if given.name not in (*known, "all"):
        parser.error(suggest(given.name, known, "experiment"))
    if given.threads < 1:
        parser.error(f"--threads is {given.threads}; give at least 1")
    torch.set_num_threads(given.threads)
    for name in known if given.name == "all" else [given.name]:
        run(name, given.out)
    return 0
