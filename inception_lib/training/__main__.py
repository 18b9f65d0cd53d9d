"""The command line: `python -m inception_lib.training --help`."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterable

from ..errors import suggest
from .launch import EPILOG, Parser, add_options, devices, launch
from .plans import LADDERS, PLANS, record, run_ladder, save_run, train_plan
from .recipes import recipes
from .runner import command


def listed(what: str, names: Iterable[str]) -> str:
    """Names in lines that a terminal has room for."""
    return textwrap.fill(f"{what} {', '.join(names)}", 88, subsequent_indent="  ") + "\n"


def main(arguments: list[str] | None = None) -> int:
    """The command line of `python -m inception_lib.training`."""
    parser = Parser(
        prog="python -m inception_lib.training",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Train a network. Without --data: one of the book's small networks, or all of them, on\n"
        "pictures that need no download; a network takes about a minute on one CPU core, and\n"
        "each writes NAME.safetensors (weights) and NAME.json (the record of the run).\n"
        "With --data: a recipe on one device or many, from a laptop to a cluster.\n\n"
        + listed("recipes with --data:", recipes())
        + listed("recipes without:", [*LADDERS, *PLANS])
        + "'ladder' trains every network with five seeds on crops of photographs and writes the\n"
        "table; 'ladder_digits' does so on 5,000 digits. A run that was stopped, even killed,\n"
        "resumes where it was when you give the same command again.",
        epilog=EPILOG,
    )
    parser.add_argument("--recipe", required=True, metavar="NAME", help="what to train, see above")
    known = devices()
    parser.add_argument(
        "--device", metavar="NAME", choices=known,
        help=f"a device of this machine: {', '.join(known)}; the records that ship come from the CPU; "
        "default: cpu, with --data a GPU for each process where there are enough",
    )  # fmt: skip
    add_options(parser)

    def work(given: argparse.Namespace) -> None:
        name, out = given.recipe, given.out
        if name not in LADDERS and name not in PLANS and name not in recipes():
            parser.error(suggest(name, [*recipes(), *LADDERS, *PLANS], "recipe"))
        if (name in recipes()) != (given.data is not None):
            parser.error(
                f"{name} needs --data: a folder, or the word bundled."
                if name in recipes()
                else f"{name} has pictures of its own; --data is for {', '.join(recipes())}."
            )
        if given.data is not None:
            launch(given, parser)
            return
        given.device = given.device or "cpu"
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
