"""Check a batch of students' notebooks: a table of exercises and students.

    python -m teaching.grader FOLDER [--says] [--csv FILE] [--timeout SECONDS]

FOLDER holds a notebook for each student, or a folder for each student with notebooks in it. Each is run
from top to bottom, and its answers are asked by the book's own checkers: what a notebook says of itself
does not count. Of several copies in a folder, the best answer to each exercise counts. **This runs the
students' code**, with your rights: each notebook in an empty folder of its own, with an empty home,
without your environment variables, with a time limit for each cell. That holds off accidents, not
attacks: such code can still read your files and use the network. For strangers' code use a container
without a network, or an account that owns nothing.
"""

import argparse
import ast
import csv
import json
import os
import re
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode

import inception_lib as il
from teaching.chapters import notebooks

if TYPE_CHECKING:
    from nbclient import NotebookClient

NEEDS = ("torch", "torchvision", "skimage", "nbclient", "ipykernel")  # `make handouts` brings none
LIMITS = (
    "# What the checkers say of each answer. A notebook's code runs beside them and can deceive them: "
    "practice can be marked so, no examination."
)
BEST = ("right", "wrong", "no answer", "error")  # of two copies' marks the one further left counts

PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT", "OMP_NUM_THREADS")
COPY = re.compile(r"( \(\d+\)|-Copy\d+| copy( \d+)?)$")  # as browsers, Jupyter and macOS name them
ENDED = "the notebook's Python ended before this exercise."
# One expression, so that it leaves no name behind; the token tells its line from what a student prints.
ASK = (
    "print({token!r} + __import__('json').dumps((lambda v: [v.right, v.says])("
    "__import__('inception_lib.exercises', fromlist=['check']).check({number!r}, {answer}))))"
)


@dataclass(frozen=True)
class Mark:
    """What became of one exercise in one notebook.

    Attributes:
        verdict: "right", "wrong", "no answer", or "error" where there was nothing to check.
        says: the checker's sentence, or the error.
    """

    verdict: str
    says: str = ""


def asked() -> dict[str, str]:
    """Exercise -> the answer that the book's own check cell hands to the checker, as source."""
    found = {}
    for path in notebooks().values():
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and "check(" in cell.source:
                found |= dict(checks(cell.source))
    return found


def checks(source: str) -> list[tuple[str, str]]:
    """(exercise, answer as source) of every call check("N.M", answer); none if a cell is not Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) == "check"
        ):
            given = dict(zip(("number", "answer"), node.args, strict=False))
            given |= {k.arg: k.value for k in node.keywords}
            if set(given) == {"number", "answer"} and isinstance(given["number"], ast.Constant):
                found.append((given["number"].value, ast.unparse(given["answer"])))
    return found


def chapters_in(notebook: NotebookNode) -> set[str]:
    """The chapters whose exercises a notebook has, by its headings and its checks."""
    text = "\n".join(cell.source for cell in notebook.cells)
    return set(re.findall(r"(?:Exercise |check\([\"'])(\d+)\.\d", text))


def surroundings(home: Path) -> dict[str, str]:
    """The environment variables of a student's Python: what it needs to start, and an own home."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    folders = {name: str(home) for name in ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR")}
    return {**kept, **folders, "PYTHONHASHSEED": "0"}


@contextmanager
def ended_after(seconds: float, client: "NotebookClient") -> Iterator[None]:
    """End the student's Python if what runs inside goes on, for a cell can ignore an interrupt."""
    timer = threading.Timer(seconds, client.km.provisioner.process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def grade(path: Path, timeout: int = 60) -> dict[str, Mark]:
    """Run one notebook and ask the checkers for each of its exercises.

    Args:
        path: of the notebook; it is not changed.
        timeout: seconds for one cell; then it is interrupted, and after as long again ended.

    Returns:
        Exercise -> mark, of every exercise of the chapters that the notebook has.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    notebook = nbformat.read(path, as_version=4)
    chapters = chapters_in(notebook)
    book = {n: answer for n, answer in asked().items() if n.split(".")[0] in chapters}
    marks = dict.fromkeys(book, Mark("error", ENDED))
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=timeout,
            interrupt_on_timeout=True,
            allow_errors=True,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        )
        with client.setup_kernel(env=surroundings(Path(home))):
            try:
                left = set(book)  # not yet asked by its own student
                for number, cell in enumerate(notebook.cells):
                    if cell.cell_type != "code":
                        continue
                    with ended_after(2 * timeout, client):
                        client.execute_cell(cell, number)
                    # here, where the student asked: later cells may use the same names again
                    for exercise, answer in checks(cell.source):
                        if exercise not in book:
                            continue
                        mark = ask(client, exercise, answer)
                        if mark.verdict != "right" and answer != book[exercise]:
                            mark = best(mark, ask(client, exercise, book[exercise]))
                        marks[exercise] = mark if exercise in left else best(marks[exercise], mark)
                        left.discard(exercise)
                for exercise in sorted(left):  # its check was taken out
                    marks[exercise] = ask(client, exercise, book[exercise])
            except (DeadKernelError, CellTimeoutError) as error:
                print(f"{path}: {type(error).__name__}", file=sys.stderr)
    return marks


def best(one: Mark, other: Mark) -> Mark:
    """The better of two marks of one exercise; of equals the first."""
    return min(one, other, key=lambda mark: BEST.index(mark.verdict))


def ask(client: "NotebookClient", exercise: str, answer: str) -> Mark:
    """What the checker says of an answer, a source text, in the running notebook."""
    token = secrets.token_hex(8)
    source = ASK.format(token=token, number=exercise, answer=answer)
    cell = nbformat.v4.new_code_cell(source)
    client.nb.cells.append(cell)  # nbclient writes the outputs into the notebook that it holds
    with ended_after(2 * client.timeout, client):
        client.execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    outputs = client.nb.cells.pop().outputs
    said = re.findall(rf"^{token}(.*)$", "".join(o.get("text", "") for o in outputs), re.MULTILINE)
    if not said:
        errors = [f"{o.ename}: {o.evalue}" for o in outputs if o.output_type == "error"]
        return Mark("error", (errors or [ENDED])[0])
    right, says = json.loads(said[-1])
    if right:
        return Mark("right", says)
    return Mark("no answer" if says.startswith("no answer") else "wrong", says)


def students(folder: Path) -> tuple[dict[str, list[Path]], list[Path]]:
    """Student -> notebooks, and the files left out.

    A file of the folder is a student, its copies `ada (1).ipynb` and `ada-Copy1.ipynb` are the same
    one; a folder in it is a student, with all notebooks in there.

    Raises:
        SystemExit: there is no such folder, or no notebook in it.
    """
    if not folder.is_dir():
        raise SystemExit(f"there is no folder {folder}.")
    found: dict[str, list[Path]] = {}
    others = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_dir() or any(part.startswith((".", "__MACOSX")) for part in inside.parts):
            continue
        if path.suffix.lower() == ".ipynb":
            name = inside.parts[0] if len(inside.parts) > 1 else COPY.sub("", inside.stem)
            found.setdefault(name, []).append(path)
        else:
            others.append(inside)
    if not found:
        held = f" It holds {', '.join(map(str, others[:5]))}." if others else ""
        raise SystemExit(f"{folder} holds no notebooks (.ipynb).{held} Unpack archives first.")
    return found, others


def of_student(paths: list[Path], timeout: int) -> dict[str, Mark]:
    """The best mark of each exercise in a student's notebooks; says which file of several it is from."""
    marks: dict[str, Mark] = {}
    came: dict[str, Path] = {}
    for path in paths:
        try:
            own = grade(path, timeout)
        except Exception as error:  # whatever one file holds, the others' marks are not lost
            print(f"{path}: not run, {type(error).__name__}: {error}", file=sys.stderr)
            continue
        for number, mark in own.items():
            earlier = marks.get(number)
            if earlier is None or best(earlier, mark) is mark:
                marks[number], came[number] = mark, path
            if earlier is not None and earlier.verdict != mark.verdict:
                print(
                    f"  {number} is in several files; {came[number].name} counts", file=sys.stderr
                )
    return marks


def table(marks: dict[str, dict[str, Mark]]) -> il.Table:
    """A row for each student, a column for each exercise."""
    numbers = {number for own in marks.values() for number in own}
    order = sorted(numbers, key=lambda number: [int(part) for part in number.split(".")])
    short = {"no answer": "–"}
    rows = []
    for student, own in marks.items():
        cells = [own[n].verdict if n in own else "" for n in order]
        rows.append((student, *(short.get(c, c) for c in cells), cells.count("right")))
    return il.Table(["student", *order, "right"], rows)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m teaching.grader",
        description=__doc__.replace("**", ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--says", action="store_true", help="also print what the checkers say")
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="write everything into a spreadsheet"
    )
    parser.add_argument("--timeout", type=int, default=60, metavar="SECONDS", help="for one cell")
    options = parser.parse_args(arguments)
    if lacking := [name for name in NEEDS if not find_spec(name)]:
        raise SystemExit(
            f"this Python lacks {', '.join(lacking)}, so every notebook would fail. Use "
            "`make grade FOLDER=…`, which installs what is needed."
        )
    if options.csv and (options.csv.exists() or not options.csv.parent.is_dir()):
        is_there = "is there already" if options.csv.exists() else "would be in no folder"
        raise SystemExit(f"{options.csv} {is_there}. Name another file (with make: CSV=…).")
    found, others = students(options.folder.resolve())
    marks: dict[str, dict[str, Mark]] = {}
    try:
        for student, paths in found.items():
            print(f"{student}: running {len(paths)} notebook(s)", file=sys.stderr, flush=True)
            marks[student] = of_student(paths, options.timeout)
    except KeyboardInterrupt:
        print("Stopped. Below are those that were finished.", file=sys.stderr)
    print(LIMITS)
    print(table(marks))
    if others:
        print(f"Not read, since no notebooks: {', '.join(map(str, others))}")
    lines = [(s, n, mark.verdict, mark.says) for s, own in marks.items() for n, mark in own.items()]
    if options.says:
        print("\n".join(f"{s}, {n}: {says}" for s, n, verdict, says in lines if verdict != "right"))
    if options.csv:
        # with a mark at its head, without which Excel spoils names
        with options.csv.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([("student", "exercise", "verdict", "says"), *lines])


if __name__ == "__main__":
    main()
