"""The page of the bank of questions: one part for each chapter."""

from teaching.chapters import boxes
from teaching.questions import KINDS, Question, bank


def one(q: Question) -> str:
    """A question with its key folded."""
    text = q.text()
    own = "; numbers can vary" if q.vary else ""
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
    lines = ["| kind | questions | whose numbers can vary | minutes |", "| --- | --: | --: | --: |"]
    for kind, name in KINDS.items():
        mine = [q for q in questions if q.kind == kind]
        own = sum(q.vary is not None for q in mine)
        lines.append(f"| {name} | {len(mine)} | {own} | {sum(q.minutes for q in mine)} |")
    own = sum(q.vary is not None for q in questions)
    minutes = sum(q.minutes for q in questions)
    lines.append(f"| all | {len(questions)} | {own} | {minutes:,} |")
    return "\n".join(lines)
