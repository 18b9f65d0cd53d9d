"""What the landing page says of the chapters: what can be read in which time, and what each asks."""

import re

from teaching.chapters import boxes, notebooks
from tools.minutes import whole

# What such a time holds at most, in minutes; what takes longer is told in evenings of two hours.
TIMES = {
    "half an hour": 30,
    "an hour": 60,
    "an hour and a half": 90,
    "two hours": 120,
    "two hours and a half": 150,
    "an afternoon": 240,
}
EVENING = 120
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
# The last chapter of a path that begins with chapter 1 (0: of the book), and where it leads to.
PATHS = {
    1: "one Inception block, and why nobody stacks it as it is",
    3: "GoogLeNet, the winner of 2014",
    5: "batch normalization and small kernels, the tools of the later networks",
    8: "the residual networks at the end of the family",
    0: "code that runs and is wrong, a network for your own pictures, what branches look for, and how fast it all can be",
}


def words(minutes: int) -> str:
    """The shortest of the times that holds so many minutes."""
    for name, most in TIMES.items():
        if minutes <= most:
            return name
    evenings = -(-minutes // EVENING)
    count = NUMBERS[evenings - 1] if evenings <= len(NUMBERS) else str(evenings)
    return f"{count} evenings"


def clock(minutes: int) -> str:
    """75 minutes as "1 h 15 min"."""
    hours, rest = divmod(minutes, 60)
    return "\u00a0".join(
        filter(None, (f"{hours}\u00a0h" * bool(hours), f"{rest}\u00a0min" * bool(rest)))
    )


def paths() -> str:
    """A row for each path: the time as one says it, the sum of its chapters' minutes, what it leads to."""
    heads, lines = boxes(), ["| you have | read | it takes you to |", "| --- | --- | --- |"]
    for last, known in PATHS.items():
        numbers = [number for number in heads if number <= (last or max(heads))]
        minutes = sum(whole(notebooks()[number]) for number in numbers)
        some = f"chapters {numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else "chapter 1"
        read = f"[{some if last else 'everything'}](chapters/{heads[numbers[0]].page})"
        lines.append(f"| {words(minutes)} | {read} ({clock(minutes)}) | {known} |")
    return "\n".join(lines)


def plain(text: str) -> str:
    """Without links, but with their words: the list has one link for each chapter."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def listed() -> str:
    """The chapters by number, each with the question that it asks; the page adds the times."""
    return "\n".join(
        f"{number}. [{head.title}](chapters/{head.page}). {plain(head.question)}"
        for number, head in boxes().items()
    )


PAGES = {"landing-paths.md": paths, "landing-chapters.md": listed}
