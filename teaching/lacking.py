"""What a chapter lacks before the book can be built: each thing in a sentence that names its file."""

import re
from pathlib import Path

from teaching import marking
from teaching.chapters import box, way_to

ROOT = Path(__file__).resolve().parents[1]
NAME = r"\d\d-[a-z0-9-]+\.ipynb"  # of a chapter's file


def lacking(root: Path = ROOT) -> list[str]:
    """A sentence for everything that a chapter should have and has not, in all files.

    Args:
        root: the folder of the repository.
    """
    found, heads = [], {}
    paths = sorted((root / "chapters").glob("[0-9]*.ipynb"))
    for path in [path for path in paths if not re.fullmatch(NAME, path.name)]:
        paths.remove(path)
        found.append(
            f"chapters/{path.name}: a chapter's file is called like 03-googlenet.ipynb. Rename it, or move it out"
        )
    for n, path in enumerate(paths, 1):
        try:
            heads[int(path.name[:2])] = box(path)
        except ValueError as error:
            found.append(f"chapters/{error}")
        if int(path.name[:2]) != n:
            found.append(
                f"chapters/{path.name}: chapters are numbered from 1 on, so its name should begin with {n:02d}"
            )

    def text(file: str) -> str:
        return (root / file).read_text(encoding="utf-8") if (root / file).is_file() else ""

    contents, questions = text("_toc.yml").split(), text("comprehension.md")
    plans = text("teaching/plans.py")
    term = re.search(r"^TERM = \[.*?^\]", plans, re.MULTILINE | re.DOTALL)
    for n in sorted({int(n) for n in re.findall(r"\{(\d+)\}", plans)} - set(heads)):
        found.append(f"teaching/plans.py names chapter {{{n}}}, which is not there, or not whole")
    for n, head in heads.items():
        stem = head.page.removesuffix(".ipynb")
        for page in (f"chapters/{stem}", f"chapters/solutions/{stem}"):
            if not (root / f"{page}.ipynb").is_file():
                found.append(f"{page}.ipynb is missing: the answers to chapter {n}")
            if page not in contents:
                found.append(f"_toc.yml does not name {page}")
        section = f"## Chapter {n}: [{head.title}](chapters/{head.page})"
        if section not in questions.splitlines():
            found.append(f"comprehension.md has no section {section!r} with ten questions")
        for file in (
            f"teaching/questions/chapter{n:02d}.py",
            f"inception_lib/exercises/chapter{n:02d}.py",
        ):
            if not (root / file).is_file():
                found.append(f"{file} is missing")
        if not term or f"{{{n}}}" not in term[0]:
            found.append(f"teaching/plans.py: no week of TERM names {{{n}}}")
        for number in head.exercises:
            if number not in marking.ROWS:
                found.append(
                    f'teaching/marking.py has no row "{number}" for an exercise of {head.page}'
                )
        try:
            way_to(n, heads)
        except ValueError as error:
            found.append(f"chapters/{head.page}: {error}")
    asked = [number for head in heads.values() for number in head.exercises]
    for number in marking.ROWS:
        if number not in asked:
            found.append(
                f'teaching/marking.py has a row "{number}", and no chapter such an exercise'
            )
    return found
