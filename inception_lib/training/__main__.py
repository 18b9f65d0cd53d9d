"""The command line: `python -m inception_lib.training --help`."""

from __future__ import annotations

import argparse
import sys

import torch

from ..errors import suggest
from .plans import LADDERS, PLANS, record, run_ladder, save_run, train_plan
from .runner import command


def main(arguments: list[str] | None = None) -> int:
    """The command line of `python -m inception_lib.training`."""
    parser = argparse.ArgumentParser(
        prog="python -m inception_lib.training",
        description="Train one of the book's small networks, or all of them, on pictures that need no "
        "download. A network takes about a minute on one CPU core. Each writes "
        "NAME.safetensors (weights) and NAME.json (the record of the run).",
        epilog="Recipes: "
        + ", ".join([*LADDERS, *PLANS])
        + ". 'ladder' trains every network with five seeds on crops of photographs and writes the "
        "table; 'ladder_digits' does so on 5,000 digits. A run that was stopped, even killed, "
        "resumes where it was when you give the same command again.",
    )
    parser.add_argument("--recipe", required=True, metavar="NAME", help="what to train, see below")
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    devices = ["cpu", *(["cuda"] if cuda else []), *cuda, *mps]
    parser.add_argument(
        "--device", default="cpu", metavar="NAME", choices=devices,
        help=f"a device of this machine: {', '.join(devices)}; the records that ship come from the CPU; default: cpu",
    )  # fmt: skip

    def work(given: argparse.Namespace) -> None:
        name, out = given.recipe, given.out
        if name not in LADDERS and name not in PLANS:
            parser.error(suggest(name, [*LADDERS, *PLANS], "recipe"))
        if name in LADDERS:
            if given.device != "cpu":
                parser.error(
                    f"--device {given.device} is for a single network: the runs of a table can be "
                    "compared because all ran on the CPU. Leave --device out."
                )
            table = run_ladder(name, out, given.seeds, again=given.again)
            for row_name, row in table["rows"].items():
                print(f"{row_name:28} {row['mean']:.3f}, spread {row['spread']:.3f}")
            return
        for seed in given.seeds or [0]:
            stem = name if seed == 0 else f"{name}-{seed}"
            checkpoint = out / f"{stem}.pt"
            model, history = train_plan(name, seed, checkpoint=checkpoint, device=given.device)
            save_run(out, stem, model, record(name, seed, model, history))
            checkpoint.unlink(missing_ok=True)
            print(f"{stem}: test accuracy {history.test_accuracy:.3f}, written to {out}")

    return command(parser, work, arguments)


if __name__ == "__main__":
    sys.exit(main())
