"""`python -m teaching.questions`: a paper of questions, or its key."""

import argparse

from teaching.questions import KINDS, bank, choose, paper


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
    parser.add_argument("--varied", action="store_true", help="only questions whose numbers vary")
    parser.add_argument("--names", nargs="+", metavar="NAME", help="exactly these questions")
    parser.add_argument("--key", action="store_true", help="the key in place of the paper")
    options = parser.parse_args(arguments)
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
                varied=options.varied,
                draw=options.draw,
            )
        except ValueError as error:
            parser.error(str(error))
    print(paper(questions, options.seed, key=options.key))


if __name__ == "__main__":
    main()
