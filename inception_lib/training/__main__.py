"""The command line: `python -m inception_lib.training --help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from ..errors import CheckpointError, TrainingError, suggest
from .plans import LADDERS, PLANS, record, run_ladder, save_run, train_plan


def main(arguments: list[str] | None = None) -> int:
    """The command line of `python -m inception_lib.training`."""
    parser = argparse.ArgumentParser(
        prog="python -m inception_lib.training",
        description="Train one of the book's small networks, or all of them, on pictures that need no "
        "download. A network takes about a minute on one core of a CPU.",
        epilog="Recipes: "
        + ", ".join([*LADDERS, *PLANS])
        + ". 'ladder' trains every network with three seeds on crops of photographs and writes the "
        "table; 'ladder_digits' does so on 5,000 digits. A run that was stopped, even killed, goes on "
        "where it was when the same command is given again.",
    )
    parser.add_argument("--recipe", required=True, metavar="NAME", help="what to train, see below")
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder for NAME.safetensors (weights), NAME.json (its record) and checkpoints",
    )
    parser.add_argument("--seed", type=int, default=0, help="of a single network; default: 0")
    parser.add_argument(
        "--device", default="cpu", help="cpu (the records are the CPU's), cuda or mps; default: cpu"
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        help="of torch; the last bits of the weights depend on it; default: 1",
    )
    given = parser.parse_args(arguments)
    if given.recipe not in LADDERS and given.recipe not in PLANS:
        parser.error(suggest(given.recipe, [*LADDERS, *PLANS], "recipe"))
    if given.threads < 1:
        parser.error(f"--threads is {given.threads}; give at least 1")
    torch.set_num_threads(given.threads)
    try:
        if given.recipe in LADDERS:
            table = run_ladder(given.recipe, given.out)
            for name, row in table["rows"].items():
                print(f"{name:28} {row['mean']:.3f}, spread {row['spread']:.3f}")
            return 0
        stem = given.recipe if given.seed == 0 else f"{given.recipe}-{given.seed}"
        checkpoint = given.out / f"{stem}.pt"
        model, history = train_plan(
            given.recipe, given.seed, checkpoint=checkpoint, device=given.device
        )
        save_run(given.out, stem, model, record(given.recipe, given.seed, model, history))
        checkpoint.unlink(missing_ok=True)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    except (TrainingError, CheckpointError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{stem}: test accuracy {history.test_accuracy:.3f}, written to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
