"""`make chapter NAME="What it is called"`: every file that a new chapter needs, but for the text.

What is written is green: notebooks with outputs, answers, checkers with their tests, questions for
readers and for teachers, rows for marking and for the plan of a term. `make check` says where text
is missing, and nothing else.
"""

import re
import sys
import unicodedata
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from teaching.chapters import all_notebooks, boxes, notebooks
from tools import colab_cell, figures
from tools.minutes import whole
from tools.new import ROOT, after, filled, read, write

WHAT_NOW = """
Chapter {n} is laid out and green but for its text. Now write
  1. comprehension.md: ten questions, the first five on what the opening and the summary say
  2. {page}: "How a chapter is written" in CONTRIBUTING.md says how
  3. inception_lib/exercises/chapter{nn}.py: a checker for each exercise, with tests/test_exercises_chapter{nn}.py,
     answers in {solutions}, and rows in teaching/marking.py
  4. teaching/questions/chapter{nn}.py: questions for teachers, and their values in tests/by_hand/chapter{nn}.py
  5. teaching/plans.py: when a term reads it (now: in the last week)
then run: make notebooks N={page}; make notebooks N={solutions}; make check
Until it is written, tests/test_whole.py lists what still says "To write:"."""
BACK = "To take all of it back:\n  git restore {changed} && rm {made}"
LONGEST = 80  # letters of a name, which is also a file's


def slug(name: str) -> str:
    """Its words in a file's name: "Wie groß? 3×3" as "wie-gross-3x3"."""
    plain = re.sub("['’]", "", name.lower()).replace("×", "x").replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", plain)
    return "-".join(re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode()))


def refuse(name: str) -> None:
    """Say what is wrong with a name.

    Raises:
        SystemExit: it is empty or has marks that mean something in Markdown or Python, or there is
            such a chapter, or one that is not whole.
    """
    ask = 'make chapter NAME="What it is called"'
    if not slug(name):
        raise SystemExit(
            f"The chapter needs a name with letters from a to z, which its files get: {ask}"
        )
    if wrong := sorted(set(re.findall(r"[^\w ,.:;?!'’()×–-]|_", name))):
        said = " ".join(mark if mark.isprintable() else repr(mark) for mark in wrong)
        raise SystemExit(f"{said} cannot be in a chapter's name: {ask}")
    if len(name) > LONGEST:
        raise SystemExit(f"The name has {len(name)} letters, {LONGEST} are allowed: {ask}")
    try:
        heads, named = boxes().values(), figures.numbers()
    except ValueError as error:
        raise SystemExit(f"First mend the chapter that is there. {error}") from error
    for head in heads:
        if slug(name) in (Path(head.page).stem[3:], slug(head.title)):
            raise SystemExit(f"There is a chapter of that name: chapters/{head.page}")
    if (figure := f"fig-{slug(name)}") in named:
        raise SystemExit(f"There is a figure {figure}, as the chapter's first one would be called")


def notebook(text: str) -> NotebookNode:
    """A template as a notebook: %%% markdown, %%% code [hide-input] [fig-name, then its caption]."""
    cells = []
    for part in re.split(r"^%%% ", text, flags=re.MULTILINE)[1:]:
        head, _, source = part.partition("\n")
        kind, *marks = head.split()
        if kind == "markdown":
            cells.append(new_markdown_cell(source.strip("\n")))
            continue
        metadata: dict = {"tags": ["hide-input"]} if "hide-input" in marks else {}
        for figure in (mark for mark in marks if mark.startswith("fig-")):
            caption, _, source = source.partition("\n")
            metadata["mystnb"] = {"figure": {"name": figure, "caption": caption}}
        cells.append(new_code_cell(source.strip("\n"), metadata=metadata))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    return new_notebook(cells=cells)


def files(name: str, n: int, root: Path = ROOT) -> tuple[dict[str, str], dict[str, str]]:
    """The files that are made, and those that are changed: path -> text."""
    title, nn = name.strip(), f"{n:02d}"
    page = f"{nn}-{slug(name)}.ipynb"
    chapter, solutions = f"chapters/{page}", f"chapters/solutions/{page}"
    values = {
        "n": n, "nn": nn, "title": title, "slug": slug(name), "page": page, "minutes": 5,
        "subject": title[0].lower() + title[1:].rstrip("?!."),
        "colab": colab_cell.colab_link(chapter),
        "colab_solutions": colab_cell.colab_link(solutions),
    }  # fmt: skip
    made = {
        chapter: nbformat.writes(notebook(filled("chapter", **values))) + "\n",
        solutions: nbformat.writes(notebook(filled("solutions", **values))) + "\n",
        f"inception_lib/exercises/chapter{nn}.py": filled("checkers", **values),
        f"tests/test_exercises_chapter{nn}.py": filled("test_checkers", **values),
        f"teaching/questions/chapter{nn}.py": filled("questions", **values),
        f"tests/by_hand/chapter{nn}.py": filled("by_hand", **values),
    }
    questions = "".join(
        f"\n<details><summary>{k}. To write: a question?</summary>\n\nTo write: its answer.\n\n</details>\n"
        for k in range(1, 11)
    )
    deeper = r"(?:        sections:\n(?:          - file: .*\n)+)?"
    contents = after(read("_toc.yml", root), rf"^      - file: chapters/\d.*\n{deeper}",
                     f"      - file: {chapter[:-6]}\n", file="_toc.yml")  # fmt: skip
    plans = read("teaching/plans.py", root)
    week = re.search(r"^TERM = \[\n(?:    \(.*\n)*", plans, re.MULTILINE)
    if not week:
        raise SystemExit("teaching/plans.py has no TERM, to whose last week the chapter would go")
    term = after(week[0], r"\{\d+\}", f"; {{{n}}}", file="teaching/plans.py")
    term = after(term, r"\d+\.\d+ to \d+\.\d+", f", {n}.1 to {n}.3", file="teaching/plans.py")
    marking = read("teaching/marking.py", root)
    row = r"^    \"\d+\.\d+\": \(.*\n.*\),\n"
    changed = {
        "_toc.yml": after(contents, r"^      - file: chapters/solutions/.*\n",
                          f"      - file: {solutions[:-6]}\n", file="_toc.yml"),
        "comprehension.md": read("comprehension.md", root) + filled("comprehension", **values) + questions,
        "teaching/marking.py": after(marking, row, filled("marking", **values), file="teaching/marking.py"),
        "teaching/plans.py": plans.replace(week[0], term),
    }  # fmt: skip
    return made, changed


def execute(chapter: Path, solutions: Path) -> None:
    """Run both notebooks, and state in the chapter the minutes that it takes to read."""
    from tools.notebooks import dress, refresh, save

    for path in (solutions, chapter):
        print(f"{path.relative_to(ROOT)}: executing", flush=True)
        refresh(path)
    read = nbformat.read(chapter, as_version=4)
    read.cells[0].source = read.cells[0].source.replace("5 minutes.", f"{whole(chapter)} minutes.")
    save(read, chapter)
    dress(all_notebooks())


def main(name: str) -> None:
    refuse(name)
    n = max(notebooks()) + 1
    made, changed = files(name, n)
    write(made, changed)
    chapter, solutions, *_ = made
    print("\n".join([f"wrote {file}" for file in made] + [f"changed {file}" for file in changed]))
    back = BACK.format(changed=" ".join(changed), made=" ".join(made))
    try:
        execute(ROOT / chapter, ROOT / solutions)
    except Exception as error:
        raise SystemExit(f"{error}\nThe new notebooks do not run. {back}") from error
    print(WHAT_NOW.format(n=n, nn=f"{n:02d}", page=chapter, solutions=solutions))
    print(back)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
