"""What the chapters' own boxes say: question, goals, time, what comes before, exercises."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "chapters"


@dataclass(frozen=True)
class Box:
    """The head of a chapter.

    Attributes:
        title, page: of the chapter, and its file.
        question, afterwards, time: what its box says, as Markdown for a page beside glossary.md.
        read: minutes to read.
        needs: what it says to need, as Markdown.
        chapters: the chapters that it needs, and those that it only mentions there.
        exercises: their numbers, in order.
    """

    title: str
    page: str
    question: str
    afterwards: str
    time: str
    read: int
    needs: str
    chapters: tuple[tuple[int, ...], tuple[int, ...]]
    exercises: tuple[str, ...]


def relink(text: str) -> str:
    """Links as seen from a page in the folder above the chapters."""
    text = text.replace("](../", "](")
    return re.sub(r"\]\((\d\d-[\w-]+\.ipynb)", r"](chapters/\1", text)


def named(needs: str) -> tuple[int, ...]:
    """The chapters that a sentence names: "chapters 2 to 5", "chapters [7](…) and [4](…)"."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", needs)
    found = set()
    for run in re.findall(r"[Cc]hapters? ((?:\d+|, | and | to |,)+)", plain):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", run):
            found |= set(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))


def parts(text: str) -> list[str]:
    """What each part of the box at a chapter's head says, without the bold words before it.

    The first part is the question, the second what a reader gets, and the one that begins with
    minutes the time. Which words are bold, and what else there is, is up to the chapter.
    """
    quoted = re.search(r"(?:^>.*\n?)+", text, re.MULTILINE)
    plain = re.sub(r"^> ?", "", quoted[0] if quoted else "", flags=re.MULTILINE)
    found = re.split(r"\n\s*\n|\n(?=\*\*)", plain.strip())
    return [relink(" ".join(re.sub(r"^\*\*.*?\*\* ?", "", part).split())) for part in found if part]


def box(path: Path) -> Box:
    """The box of one chapter.

    Raises:
        ValueError: it is no notebook, or a part of the box is missing.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (json.JSONDecodeError, KeyError) as error:
        raise ValueError(f"{path.name}: it is no notebook ({error})") from error
    text = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    said = parts("\n\n".join(text[:2]))
    times = [part for part in said if re.match(r"\d+ minutes", part)]
    if len(said) < 3 or not times:
        raise ValueError(
            f"{path.name}: its box, the first quotation (>), says {len(said)} things; wanted are the"
            " question, what a reader gets, and last a time that begins like '25 minutes'"
        )
    time, _, needs = times[0].partition("You need ")
    # after the first clause come "for the names", "for the details"
    must = named(re.split(r"; |\. ", needs)[0])
    exercises = re.findall(r"^### Exercise (\d+\.\d+)", "\n".join(text), re.MULTILINE)
    return Box(
        title=text[0].splitlines()[0].removeprefix("# "),
        page=path.name,
        question=said[0],
        afterwards=said[1],
        time=time.strip().rstrip("."),
        read=int(re.match(r"\d+", time)[0]),
        needs=needs.strip().rstrip(".") if needs else "",
        chapters=(must, tuple(n for n in named(needs) if n not in must)),
        exercises=tuple(exercises),
    )


def notebooks() -> dict[int, Path]:
    """Number -> notebook of every chapter."""
    return {int(path.name[:2]): path for path in sorted(FOLDER.glob("[0-9][0-9]-*.ipynb"))}


def all_notebooks(root: Path = FOLDER.parent) -> list[Path]:
    """Chapters, what goes deeper, and answers; not the copies that JupyterLab keeps beside them."""
    found = (root / "chapters").rglob("*.ipynb")
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def boxes() -> dict[int, Box]:
    """Number -> box of every chapter."""
    return {number: box(path) for number, path in notebooks().items()}


def way_to(number: int, heads: dict[int, Box]) -> list[int]:
    """Every chapter that has to come before `number`: those that it needs, and what these need.

    Raises:
        ValueError: one of them does not come before it.
    """
    before: set[int] = set()
    for needed in heads[number].chapters[0]:
        if needed not in heads or needed >= number:
            raise ValueError(f"needs chapter {needed}, which does not come before chapter {number}")
        before |= {needed, *way_to(needed, heads)}
    return sorted(before)


def table() -> str:
    """One row for each chapter: what it costs and what comes before."""
    heads = boxes()
    lines = [
        "| chapter | minutes to read | exercises | needs | helps | all that comes before, minutes |",
        "| --- | --: | --: | --- | --- | --- |",
    ]
    for number, head in heads.items():
        before = way_to(number, heads)
        minutes = sum(heads[n].read for n in before)
        way = f"{', '.join(map(str, before))}: {minutes}" if before else ""
        needs, helps = (", ".join(map(str, part)) for part in head.chapters)
        link = f"{number}. [{head.title}](chapters/{head.page})"
        count = len(head.exercises)
        lines.append(f"| {link} | {head.read} | {count} | {needs} | {helps} | {way} |")
    read = sum(head.read for head in heads.values())
    count = sum(len(head.exercises) for head in heads.values())
    return "\n".join([*lines, f"| all | {read} | {count} | | | |"])


def goals() -> str:
    """Question and goals of each chapter, in its own words."""
    lines = []
    for number, head in boxes().items():
        lines += [f"### {number}. {head.title}", ""]
        answers = head.afterwards[0].isupper()  # else what a student can do: "write the block, …"
        said = head.afterwards if answers else f"Afterwards a student can {head.afterwards}"
        lines += [f"*{head.question}*", "", said, ""]
        if head.needs:
            lines += [f"Readers need {head.needs}.", ""]
    return "\n".join(lines)
