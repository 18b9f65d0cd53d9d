"""The page of the bank of questions: one part for each chapter."""

from teaching.chapters import boxes
from teaching.questions import KINDS, Question, bank


def one(q: Question) -> str:
    """A question with its key folded."""
    text = q.text()
    count = len(q.versions)
    own = "" if count == 1 else f"; {'more than 100' if count > 100 else count} versions"
    return "\n\n".join(
        [
            f"### {q.title}",
            f"*{KINDS[q.kind]}; difficulty {q.difficulty} of 3; {q.minutes} minutes{own}.* `{q.name}`",
            f"A right answer shows that a student can {q.goal}.",
            text.ask,
            f"<details><summary>Key: {q.title}</summary>",
            text.key,
            "</details>",
        ]
    )


def questions() -> str:
    """All questions."""
    parts = []
    for number, box in boxes().items():
        parts.append(f"## Chapter {number}: [{box.title}](chapters/{box.page})")
        parts += [one(q) for q in bank().values() if q.chapter == number]
    return "\n\n".join(parts)


def overview() -> str:
    """How many questions there are of each kind."""
    questions = list(bank().values())
    lines = [
        "| kind | questions | whose numbers can vary | with 40 versions or more | minutes |",
        "| --- | --: | --: | --: | --: |",
    ]
    for name, mine in {
        **{name: [q for q in questions if q.kind == kind] for kind, name in KINDS.items()},
        "all": questions,
    }.items():
        own, class_of_40 = (sum(len(q.versions) >= n for q in mine) for n in (2, 40))
        minutes = sum(q.minutes for q in mine)
        lines.append(f"| {name} | {len(mine)} | {own} | {class_of_40} | {minutes:,} |")
    return "\n".join(lines)
