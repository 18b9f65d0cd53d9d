"""Write the chapters for handing out, without answers and outputs: `make handouts`.

    python -m teaching.handouts [--out FOLDER] [--chapters 1 2 5] [--with-answers] [--replace]

The worked answers go into a second folder beside the first, and only when asked for: a folder that is
handed out never holds them. The same chapters give the same bytes each time.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.util import find_spec
from pathlib import Path

import nbformat
import yaml

from teaching.chapters import box, notebooks
from teaching.handed_out import PLACEHOLDER, hand_out, relink, with_key
from tools import colab_cell, repository
from tools.colab_cell import CELL

ROOT = Path(__file__).resolve().parent.parent
MARK = "<!-- written by make handouts -->"  # tells our folders from others


def site() -> str | None:
    """The published book's address; None while the repository's is a placeholder."""
    return None if PLACEHOLDER in colab_cell.repository()[0] else repository.site()


def readme(paths: list[Path], address: str | None) -> str:
    """What lies beside the notebooks: what they are, how to run them, whose they are."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    url, branch = colab_cell.repository()
    published = PLACEHOLDER not in url
    boxes = [box(path) for path in paths]
    rows = [f"| [{b.page}]({b.page}) | {b.title} | {b.read} minutes |" for b in boxes]
    # what the first cell of each notebook installs beside the package
    lacking = " ".join(
        re.findall(r'"([\w-]+)"', "".join(re.findall(r"light \+?= (\[.*?\])", CELL)))
    )
    if published:
        install = f'`pip install "inception-lib[book] @ git+{url}@{branch}"` once, with Python 3.11 or newer'
        colab = "The first cell installs the package."
    else:
        install = (
            "install the book's package from the file in this folder, with Python 3.11 or newer: "
            f'`pip install "./{wheel_name()}[book]"`'
        )
        colab = (
            f"Upload the package's file (`{wheel_name()}`) too, and install it in a cell of its own "
            f"before the first one: `%pip install --no-deps {wheel_name()} {lacking}`."
        )
    book = f"The book is at <{address}>." if address else ""
    return "\n".join(
        [
            MARK,
            f"# {config['title']}: notebooks to work in",
            "",
            "Chapters of a book about the Inception networks, without answers and outputs. Run the",
            "cells from top to bottom, and the numbers and pictures that the text talks about appear.",
            f"At the end are exercises, each with a cell that checks your answer. {book}".rstrip(),
            "",
            "| notebook | title | time |",
            "| --- | --- | --- |",
            *rows,
            "",
            "## How to run them",
            "",
            "- **In Colab** (colab.research.google.com): *File → Upload notebook*. No GPU is needed.",
            f"  {colab}",
            f"- **On your machine**: {install};",
            "  then `pip install jupyterlab` and `jupyter lab` in this folder.",
            "",
            "`il.check(…)` says whether your answer is right and, if it isn't, what is wrong. For an",
            'untouched stub it says "no answer yet". Before you hand in a notebook, choose',
            "*Restart kernel and run all cells*, and see whether the checks still say what you expect.",
            "",
            "## License",
            "",
            f"Text and figures: *{config['title']}* by {config['author']},",
            "[Creative Commons Attribution 4.0](https://creativecommons.org/licenses/by/4.0/) (CC BY 4.0).",
            "Changed: worked answers and outputs are taken out. Code: MIT license.",
            "",
        ]
    )


def concept_answers(cut: dict[str, list[tuple[str, str]]], address: str | None) -> str:
    """The answers that were taken out of the chapters, for the teacher."""
    lines = [
        MARK,
        "# Worked answers",
        "",
        "For teachers only. The notebooks here are the worked exercises, with their outputs. Below are",
        "the questions to think about, with the answers that were taken out of the chapters.",
        "",
    ]
    for name, pairs in cut.items():
        lines += [f"## {name}", ""] if pairs else []
        for question, answer in pairs:
            lines += [f"**{question}**", "", answer, ""]
    return relink("\n".join(lines), "chapters/", set(), address)


def wheel_name() -> str:
    """The file that the package is built into."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name'].replace('-', '_')}-{project['version']}-py3-none-any.whl"


def add_wheel(folder: Path) -> None:
    """Build the package into `folder`: as long as the book has no address, notebooks cannot fetch it.

    Raises:
        SystemExit: it could not be built.
    """
    offline = ["--no-build-isolation"] if find_spec("hatchling") else []
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *offline]
    run = subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)])
    if run.returncode or not (folder / wheel_name()).is_file():
        raise SystemExit(
            f"the package could not be built into {folder}, and the notebooks need it. Is there a "
            "network? Then repeat this command with --replace (with make: REPLACE=1)."
        )


def write(folder: Path, files: dict[str, str]) -> None:
    """Make `folder` hold exactly `files`; all of them or nothing.

    Raises:
        SystemExit: there is no place for it.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as error:
        raise SystemExit(
            f"{folder} cannot be made: {error.strerror}. Choose a different folder."
        ) from error
    try:
        for name, text in files.items():
            (making / name).write_text(text, encoding="utf-8", newline="\n")
        making.chmod(0o755)
        if folder.exists():
            folder.rmdir()  # nothing is left in it
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def taken(folder: Path, replace: bool) -> bool:
    """Whether something is where `folder` goes that may be put aside.

    Raises:
        SystemExit: it may not.
    """
    if folder.is_file():
        raise SystemExit(f"{folder} is a file, so it is left alone. Choose a different folder.")
    if not folder.exists() or not any(folder.iterdir()):
        return False
    if not replace:
        raise SystemExit(
            f"{folder} is not empty. Choose a different folder, or use --replace (with make: REPLACE=1), which "
            "renames the old folder and deletes nothing."
        )
    readme = folder / "README.md"
    if not readme.is_file() or not readme.read_bytes().startswith(MARK.encode()):
        raise SystemExit(f"{folder} was not written by this command, so it is left alone.")
    return True


def put_aside(folder: Path) -> Path:
    """Rename a folder, which deletes nothing; returns where it is now."""
    number = 1
    while (aside := folder.with_name(f"{folder.name}-before-{number}")).exists():
        number += 1
    return folder.rename(aside)


def make(numbers: list[int] | None, address: str | None) -> tuple[dict, dict]:
    """The texts of both folders: {file name: text} to hand out, and for the teacher.

    Args:
        numbers: of the chapters; None or empty is all of them.
        address: of the published book, or None.

    Raises:
        SystemExit: there is no such chapter.
    """
    known = notebooks()
    wanted = sorted(set(numbers or known))
    if unknown := [number for number in wanted if number not in known]:
        missing = ", ".join(map(str, unknown))
        raise SystemExit(f"no chapter {missing}: there are chapters {min(known)} to {max(known)}.")
    kept = {known[number].name for number in wanted}
    given, key, cut = {}, {}, {}
    for number in wanted:
        name = known[number].name
        given[name], cut[name] = hand_out(known[number], kept, address)
        key[name] = with_key(known[number], kept, address)
    texts = {"README.md": readme([known[number] for number in wanted], address)}
    texts |= {name: nbformat.writes(notebook) + "\n" for name, notebook in given.items()}
    answers = {"README.md": concept_answers(cut, address)}
    answers |= {name: nbformat.writes(notebook) + "\n" for name, notebook in key.items()}
    return texts, answers


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m teaching.handouts", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=Path("_handouts"), metavar="FOLDER")
    parser.add_argument("--chapters", type=int, nargs="+", metavar="N", help="all, unless named")
    parser.add_argument("--with-answers", action="store_true", help="into FOLDER-answers")
    parser.add_argument("--replace", action="store_true", help="rename the old folder")
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    texts, answers = make(options.chapters, site())
    folders = {out: texts}
    if options.with_answers:
        folders[out.with_name(f"{out.name}-answers")] = answers
    # all of them are looked at before one is renamed
    for folder in [folder for folder in folders if taken(folder, options.replace)]:
        print(f"renamed the old folder to {put_aside(folder)}")
    for folder, files in folders.items():
        write(folder, files)
        number = len(files) - 1
        print(f"wrote {folder}: {number} notebook{'s' * (number != 1)} and a README")
    if PLACEHOLDER in colab_cell.repository()[0]:
        add_wheel(out)
        print(f"The book has no public address yet: the package is in {out / wheel_name()}")


if __name__ == "__main__":
    main()
