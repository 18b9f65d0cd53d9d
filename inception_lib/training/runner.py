"""One runner for what takes hours: named parts, each kept in a file, so that a stopped run goes on.

A part has a key: a SHA-256 over what decides its result, as data. A part that is done is taken from its
file only if the key is the same, and a part that ships is taken from the record that ships. The keys
of those are in weights/files/keys.txt, because the records themselves stay byte for byte.

To add seeds to what ships: run with `--seeds 5 6` (only those are computed), copy NAME.json and keys.txt
from the folder to weights/files, and add 5 and 6 to `SEEDS` in plans.py.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import CheckpointError, DataError, TrainingError
from ..weights.records import FILES, training_record
from .checkpoints import differ, write_atomically
from .loop import data_fingerprint
from .processes import speaks

KEYS = "keys.txt"  # a line for each part: key, two spaces, "record: part"

Pictures = tuple[Tensor, Tensor]  # images and their labels
Data = Callable[[], Iterable[Pictures]]


@dataclass(frozen=True)
class Part:
    """A piece of work, and what decides its result.

    Attributes:
        compute: the work; its arguments decide, too. What it returns goes to JSON as it is.
        data: gives pairs (images, labels). It is called only when a key is needed.
        constants: all else that decides, as plain data.
    """

    compute: partial[Any]
    data: Data
    constants: Mapping[str, object]

    def decides(self, name: str, part: str) -> dict:
        """What the key is made of, as JSON gives it back."""
        whole = dict(  # which refuses a name that is given twice
            record=name, part=part, arguments=self.compute.args, data=fingerprints(self.data),
            **self.compute.keywords, **self.constants,
        )  # fmt: skip
        return json.loads(json.dumps(whole))


@cache
def fingerprints(data: Data) -> list[str]:
    """One of each pair."""
    return [data_fingerprint(*pair) for pair in data()]


def key_of(decides: Mapping[str, object]) -> str:
    """The first 16 hexadecimal digits of a SHA-256 over what `Part.decides` gives."""
    text = json.dumps(decides, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_keys(path: Traversable) -> dict[str, str]:
    """{"record: part": key} of a file of keys."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {label: key for key, label in (line.split("  ", 1) for line in lines)}


def run_parts(
    name: str,
    parts: Mapping[str, Part],
    out: Path,
    unpack: Callable[[dict], Mapping[str, object]],
    *,
    again: bool = False,
    progress: bool = True,
) -> dict[str, dict]:
    """Do what is not done yet.

    Args:
        name: of the record.
        parts: name -> part.
        out: a folder; `runs/` in it keeps each finished part, `keys.txt` the keys of what ships and
            of these parts.
        unpack: takes the record that ships apart: {part: result}.
        again: whether to do parts again that ship.
        progress: whether to print a line for each part.

    Returns:
        {part: {"versions": …, "seconds": …, "result": …}} in the order of `parts`.

    Raises:
        CheckpointError: a file in `runs/` has another key; the message says what differs.
    """
    decides = {part: it.decides(name, part) for part, it in parts.items()}
    label = {part: f"{name}: {part}" for part in parts}
    files = {p: out / "runs" / f"{name}-{re.sub('[ /]', '_', p)}.json" for p in parts}
    done = {part: _read(files[part], decides[part]) for part in parts if files[part].exists()}
    mine, ships = out / KEYS, read_keys(FILES / KEYS)
    keys = read_keys(mine) if mine.exists() else dict(ships)
    keys |= {label[part]: key_of(decides[part]) for part in parts}
    write_atomically(mine, "".join(f"{keys[k]}  {k}\n" for k in sorted(keys)).encode())
    same = [p for p in parts if p not in done and ships.get(label[p]) == keys[label[p]]]
    if taken := [] if again else same:
        record = training_record(name)
        results = unpack(record)
        share = record.get("seconds", 0) / len(results)
        for part in taken:
            was = _versions_in(record, part)
            done[part] = {"versions": was, "seconds": share, "result": results[part]}
        if progress:
            which = f"{len(taken)} of {len(parts)} parts are from the record that ships"
            print(f"{name}: {which}; --again computes them too", flush=True)
    for part, it in parts.items():
        if part not in done:
            begin = time.perf_counter()
            kept: dict[str, Any] = {"key": keys[label[part]], "decides": decides[part]}
            kept["versions"] = versions()
            kept |= {"result": it.compute(), "seconds": round(time.perf_counter() - begin, 1)}
            write_json(files[part], kept)
            done[part] = _read(files[part], decides[part])
            if progress:
                print(f"{name}: {part}, {kept['seconds']} s", flush=True)
    return {part: done[part] for part in parts}


def _read(file: Path, decides: dict) -> dict:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        kept = {}
    if kept.get("key") == key_of(decides):
        return kept
    differs = differ(kept["decides"], decides) if "decides" in kept else "no key"
    raise CheckpointError(
        f"{file} was made by another plan: it has {differs}. Name another folder, or remove this "
        "file to compute it again; it is left as it is."
    )


def versions() -> dict[str, str]:
    """Of Python and of the libraries that decide about the bits of a run."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("torch", "numpy", "pillow", "scikit-image", "scikit-learn", "mlxtend"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def versions_of(done: Mapping[str, dict]) -> dict | list[dict]:
    """What `run_parts` returned -> the versions of all parts, or a list of them, each with its parts."""
    groups: dict[str, list[str]] = {}
    for part, kept in done.items():
        groups.setdefault(json.dumps(kept["versions"]), []).append(part)
    found = [json.loads(text) | {"parts": parts} for text, parts in groups.items()]
    return found if len(found) > 1 else json.loads(next(iter(groups)))


def _versions_in(record: dict, part: str) -> dict:
    found = record["versions"]
    if isinstance(found, dict):
        return found
    group = next(group for group in found if part in group["parts"])
    return {name: value for name, value in group.items() if name != "parts"}


def write_json(path: Path, value: object) -> None:
    """Write a file that people can also read."""
    write_atomically(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def command(
    parser: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], None],
    arguments: list[str] | None,
) -> int:
    """Add the options of all runs to a command line, do the work, and return the exit status.

    An error is reported in one line.
    """
    option = parser.add_argument
    option("--out", required=True, type=Path, metavar="DIR", help="folder for the output")
    option(
        "--seeds", "--seed", type=int, nargs="+", default=[], metavar="N",
        help="run these seeds; a table or an experiment keeps the ones it has and adds these",
    )  # fmt: skip
    option("--again", action="store_true", help="also compute what is in the records that ship")
    option(
        "--threads", type=int, default=1,
        help="threads of torch; the last bits of the weights depend on it; default: 1",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    if given.threads < 1:
        parser.error(f"--threads is {given.threads}; give at least 1")
    if any(seed < 0 for seed in given.seeds):
        parser.error(f"--seeds has {min(given.seeds)}; a seed is at least 0")
    torch.set_num_threads(given.threads)
    try:
        work(given)
    except KeyboardInterrupt:
        print("\nstopped; the same command resumes where it was", file=sys.stderr)
        return 130
    except (TrainingError, CheckpointError, DataError, OSError) as error:
        if speaks(error):
            print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0
