"""What the pages for teachers show: computed by `teaching/`, with links from the cost lab."""

import html

from teaching import chapters, marking, plans
from teaching.questions import page
from tools.generated import lab


def links() -> str:
    """Links to states of the cost lab, each with something to ask."""
    tasks = (
        "How wide may the 1×1 before the 5×5 become before the branch costs more than a 5×5 alone? Why is that width so large?",
        "Choose n = 3 instead of 7. Predict first: which branches change, and which don't?",
        "Halve the input channels. Predict first: which rows halve exactly, which fall below half, and which stay above it?",
    )
    rows = []
    for name, task in zip(lab.FOR_TEACHERS, tasks, strict=True):
        state = lab.preset(name)
        place = html.escape(lab.address(state))
        rows.append(
            f'- <a href="lab.html#{place}">{state["network"]}, {state["stages"]}</a>: {task}'
        )
    return "\n".join(rows)


PAGES = {
    "marking.md": marking.rubric,
    "marking-kinds.md": marking.kinds,
    "plan-single.md": lambda: plans.sessions(plans.SINGLE),
    "plan-week.md": lambda: plans.sessions(plans.WEEK),
    "plan-seminar.md": lambda: plans.sessions(plans.SEMINAR),
    "plan-term.md": plans.term,
    "questions.md": page.questions,
    "questions-overview.md": page.overview,
    "teaching-chapters.md": chapters.table,
    "teaching-goals.md": chapters.goals,
    "teaching-links.md": links,
}
