"""The bank of questions for teachers: a page of the book, and papers with each student's own numbers.

    python -m teaching.questions --seed 7 --count 10          # a paper
    python -m teaching.questions --seed 7 --count 10 --key    # its key
    python -m teaching.questions --students 40 --count 6      # a paper for each, and keys, to print

Each `chapterNN.py` of this folder holds the questions of a chapter. A question is a function that computes its
numbers with the package and puts them into its text and its key; no result is typed. Its arguments are
what may vary: their defaults make the question of the page, drawn ones a student's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from inspect import cleandoc
from pkgutil import iter_modules
from random import Random

DRAWS = 1000
KINDS = {
    "compute": "Compute",
    "explain": "Explain",
    "fault": "Spot the fault",
    "predict": "Predict, then check",
    "claim": "Read a claim",
}


@dataclass(frozen=True)
class Text:
    """A question with its numbers in it.

    Attributes:
        ask: Markdown for the student.
        key: Markdown for the teacher.
        values: the results that the key states, as a test compares them.
    """

    ask: str
    key: str
    values: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "ask", cleandoc(self.ask))
        object.__setattr__(self, "key", cleandoc(self.key))


@dataclass(frozen=True)
class Question:
    """One question of the bank.

    Attributes:
        name: how it is called on the command line.
        chapter: whose question it is.
        kind: one of `KINDS`.
        title: its heading.
        goal: what a right answer shows.
        difficulty: 1 (recall and apply), 2 (combine), 3 (argue or derive).
        minutes: for a student who has read the chapter.
        write: makes the text from the numbers that may vary.
        vary: draws those numbers; None where nothing varies.
    """

    name: str
    chapter: int
    kind: str
    title: str
    goal: str
    difficulty: int
    minutes: int
    write: Callable[..., Text]
    vary: Callable[[Random], dict] | None = None

    @cached_property
    def versions(self) -> list[dict]:
        """The numbers that were drawn in `DRAWS` tries, each once; one version where nothing varies."""
        if self.vary is None:
            return [{}]
        drawn = (self.vary(Random(f"{seed}/{self.name}")) for seed in range(DRAWS))
        return list({repr(numbers): numbers for numbers in drawn}.values())

    def numbers(self, seed: object) -> dict:
        """Those of a seed. Whole seeds in a row have different ones, until all versions are used."""
        which = int(seed) if str(seed).isdecimal() else Random(str(seed)).randrange(DRAWS)
        return self.versions[which % len(self.versions)]

    def text(self, seed: object = None) -> Text:
        """The question of the page; with a seed, one with numbers of its own, if they vary."""
        return self.write() if seed is None else self.write(**self.numbers(seed))


_BANK: dict[str, Question] = {}


def question(
    chapter: int, kind: str, title: str, *, goal: str, difficulty: int, minutes: int, vary=None
) -> Callable:
    """Register a function as a question; its name, with hyphens, is the question's."""

    def register(write: Callable[..., Text]) -> Callable[..., Text]:
        name = write.__name__.replace("_", "-")
        if name in _BANK:
            raise ValueError(f"two questions are called {name}")
        _BANK[name] = Question(name, chapter, kind, title, goal, difficulty, minutes, write, vary)
        return write

    return register


def bank() -> dict[str, Question]:
    """Name -> question, chapter by chapter, in the order of the files."""
    for file in iter_modules(__path__):
        if file.name.startswith("chapter"):
            import_module(f"{__name__}.{file.name}")
    return dict(sorted(_BANK.items(), key=lambda item: item[1].chapter))


def choose(
    count: int,
    *,
    chapters: Iterable[int] | None = None,
    kinds: Iterable[str] | None = None,
    versions: int = 1,
    draw: int = 0,
) -> list[Question]:
    """Questions for a paper: as many different chapters and kinds as there can be.

    Args:
        count: how many.
        chapters, kinds: only of these; None is all.
        versions: only questions that have at least so many.
        draw: another number gives another choice.

    Returns:
        The questions, in the order of the chapters.

    Raises:
        ValueError: there are not so many, or there is no such chapter.
    """
    known = {q.chapter for q in bank().values()}
    if unknown := set(chapters or ()) - known:
        missing = ", ".join(map(str, sorted(unknown)))
        raise ValueError(f"no chapter {missing}: there are chapters {min(known)} to {max(known)}.")
    left = [
        q
        for q in bank().values()
        if (not chapters or q.chapter in chapters)
        and (not kinds or q.kind in kinds)
        and len(q.versions) >= versions
    ]
    if not 1 <= count <= len(left):
        raise ValueError(f"{count} questions are asked for; there are {len(left)} of this sort.")
    Random(f"draw {draw}").shuffle(left)
    chosen: list[Question] = []
    for _ in range(count):

        def crowd(q: Question) -> tuple[int, int]:
            """How many of its chapter, and of its kind, are chosen already."""
            same = sum(c.chapter == q.chapter for c in chosen)
            return same, sum(c.kind == q.kind for c in chosen)

        chosen.append(min((q for q in left if q not in chosen), key=crowd))
    return sorted(chosen, key=lambda q: (q.chapter, q.name))


def paper(questions: Sequence[Question], seed: object, *, key: bool = False) -> str:
    """A paper, or its key, as Markdown."""
    minutes = sum(q.minutes for q in questions)
    lines = [f"# {'Key to paper' if key else 'Paper'} {seed}", ""]
    if not key:
        lines += ["Name:", "", f"{minutes} minutes, {minutes} points: one for each minute.", ""]
        lines += [
            "One MAC is one multiplication and one addition together; FLOPs are 2 × MACs.",
            "",
        ]
    for number, q in enumerate(questions, 1):
        text = q.text(seed)
        lines += [f"## {number}. {q.title}", "", f"*{q.minutes} points*", ""]
        if key:
            lines += [f"Chapter {q.chapter}, `{q.name}`. Shows that a student can {q.goal}.", ""]
        lines += [text.key if key else text.ask, ""]
    return "\n".join(lines)


def n(value: float) -> str:
    """A whole number with its thousands separated."""
    return f"{round(value):,}"


def percent(share: float, digits: int = 0) -> str:
    """A share of one as the book writes it: 14%."""
    return f"{100 * share:.{digits}f}%"


def num(value: float) -> str:
    """A short number with a true minus."""
    return f"{value:g}".replace("-", "−")
