"""`python -m teaching.questions`: a paper of questions, or its key."""

import argparse
from pathlib import Path

from teaching.questions import KINDS, bank, choose, paper, sheets


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m teaching.questions", description="A paper of questions, or its key."
    )
    parser.add_argument(
        "--seed", default="0", help="the numbers: a different seed for each student"
    )
    parser.add_argument("--count", type=int, default=10, help="how many questions")
    parser.add_argument("--draw", type=int, default=0, help="which questions, the same for all")
    parser.add_argument("--chapters", type=int, nargs="+", metavar="N")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument(
        "--versions",
        type=int,
        default=1,
        metavar="N",
        help="only questions with N versions or more",
    )
    parser.add_argument("--names", nargs="+", metavar="NAME", help="exactly these questions")
    parser.add_argument("--key", action="store_true", help="the key in place of the paper")
    parser.add_argument(
        "--students", type=int, metavar="N", help="write papers and keys for N students, to print"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("_papers"), metavar="FOLDER", help="for them"
    )
    options = parser.parse_args(arguments)
    if options.students is not None and options.students < 1:
        parser.error(f"--students is {options.students}; it must be at least 1.")
    if options.names:
        known = bank()
        if unknown := [name for name in options.names if name not in known]:
            parser.error(f"no question {', '.join(unknown)}; the page of questions names them all.")
        questions = [known[name] for name in options.names]
    else:
        try:
            questions = choose(
                options.count,
                chapters=options.chapters,
                kinds=options.kinds,
                versions=options.versions,
                draw=options.draw,
            )
        except ValueError as error:
            parser.error(str(error))
    if options.students:
        sheets.write(options.out, questions, options.students)
    else:
        print(paper(questions, options.seed, key=options.key))


if __name__ == "__main__":
    main()
