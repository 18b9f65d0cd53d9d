"""Plans by the hour, for the page for teachers. The minutes of each session add up to its length."""

from teaching.chapters import boxes

# plan -> minutes of a session, and its sessions: title, then (minutes, what), chapters as {1}
SINGLE = (
    90,
    {
        "Why several kernel sizes at once?": [
            (
                10,
                "The growing dot: each student predicts which kernel responds to which dot, then moves the slider ({1}, first section)",
            ),
            (
                15,
                "The block in plain PyTorch, written together; then exercise 1.2, whose block has four faults",
            ),
            (20, "Weights and MACs of the block by hand, in pairs; then `il.cost`. Exercise 1.1"),
            (10, "“A dense stand-in for a sparse layer”: one 5×5 with zeros at known places ({1})"),
            (
                20,
                "The bill of nine naive blocks, and the 1×1 before the 5×5 ({2}, up to “What the whole block costs”). The cost lab in pairs: from what width on does the reduction cost more than it saves?",
            ),
            (
                10,
                "Exercise 2.1, or the question *Does this reduction pay?*, with different numbers for each student",
            ),
            (5, "One sentence from everybody: what here is exact, and what is a guess?"),
        ],
    },
)
WEEK = (
    120,
    {
        "Monday: one block": [
            (45, "{1}, up to “Stacked, it explodes”"),
            (30, "Exercises 1.1 to 1.4"),
            (30, "What do the branches respond to? Predictions first, with exercise 1.3"),
            (15, "Questions from the bank, one of each kind"),
        ],
        "Tuesday: the reduction": [
            (45, "{2}, up to “What the bottleneck cannot pass”"),
            (25, "Exercises 2.1 to 2.3"),
            (
                35,
                "What a bottleneck cannot pass: the picture of two equally bright halves, then exercise 2.5 in pairs",
            ),
            (15, "“Does it help?”: what the trained networks show, and what they don't ({2})"),
        ],
        "Wednesday: the network": [
            (40, "{3}: the table, the grids, where parameters and MACs are"),
            (30, "Exercises 3.1 and 3.2"),
            (30, "Table 1, row by row, in groups: which rows follow from the widths?"),
            (20, "Auxiliary heads: the gradient for three sizes of initial weights"),
        ],
        "Thursday: normalization": [
            (50, "{4}: the forward pass, in training and afterwards; folding"),
            (30, "Exercises 4.1 to 4.3"),
            (
                40,
                "“What was believed, and what is known”: a discussion of the noise experiment ({4})",
            ),
        ],
        "Friday: other people's code": [
            (40, "{10}: what a count finds, and what it misses"),
            (40, "In groups: each takes one listing and two tests, and reports to all"),
            (25, "Exercise 10.4"),
            (
                15,
                "What five runs can say: look back at each verdict of the week, and at what it does not show",
            ),
        ],
    },
)
SEMINAR = (
    90,
    {
        "Week 1: several sizes at once": [
            (40, "{1}, read at home: questions, and the block written on the board"),
            (30, "Exercises 1.1, 1.2, 1.4"),
            (20, "Discussion: what does the small trained network say about scales?"),
        ],
        "Week 2: the reduction": [
            (40, "{2}, read at home: ranks on the board, from the deeper page"),
            (30, "Exercises 2.2 and 2.3"),
            (20, "Report: does a trained reduction summarize its input?"),
        ],
        "Week 3: the network": [
            (40, "{3}, read at home: the network map, two networks side by side"),
            (30, "Exercises 3.2 and 3.3"),
            (20, "Report: auxiliary heads, how the claim was made and withdrawn"),
        ],
        "Week 4: normalization": [
            (40, "{4}, read at home: batch sizes, and a sorted batch"),
            (30, "Exercises 4.1 and 4.2"),
            (20, "Report: why does it work? What both papers say"),
        ],
        "Week 5: factorization": [
            (45, "{5}, read at home: the border, the rank, the three ways to halve a grid"),
            (30, "Exercises 5.2 and 5.3"),
            (15, "Report: savings in print and in a block"),
        ],
        "Week 6: residuals, and a look back": [
            (40, "{8}, read at home: what a scale is, and what it isn't"),
            (25, "Exercises 8.1 and 8.2"),
            (25, "A paper from the bank of questions; each student marks a neighbor's"),
        ],
    },
)
# week of a term -> chapter or work, what is read of the papers, what is handed in
TERM = [
    ("1", "[What to know before](before.md); {1}", "Going Deeper, sections 1 to 3", "exercises 1.1 to 1.3"),
    ("2", "{1}, from “What the branches respond to” on; {2}, up to “What the bottleneck cannot pass”", "Going Deeper, section 4; Network in Network, section 3", "1.4, 2.1"),
    ("3", "{2}, from “What the bottleneck cannot pass” on, and its deeper page", "the same sections again: which sentences can be counted?", "2.2 to 2.5"),
    ("4", "{3}, up to “Two classifiers for training only”", "Going Deeper, sections 5 to 7 and Table 1", "3.1 to 3.3"),
    ("5", "{3}, from “Two classifiers for training only” on", "Rethinking, section 4, for comparison", "3.4, 3.5"),
    ("6", "{4}, up to “A step far too large disarms itself”", "Batch normalization, sections 2 and 3", "4.1, 4.2"),
    ("7", "{4}, from “Does it help?” on", "Batch normalization, section 4; Santurkar and others", "4.3 to 4.5"),
    ("8", "a test from the bank of questions; {5}, up to “Blocks widen, so blocks save less”", "Rethinking, sections 2 and 3", "5.1, 5.2"),
    ("9", "{5}, from “Blocks widen, so blocks save less” on", "Rethinking, sections 3 and 5", "5.3 to 5.5"),
    ("10", "{6}", "Rethinking, sections 6 to 9", "6.1 to 6.5"),
    ("11", "{7}", "Inception-v4, sections 1 to 3.1", "7.1 to 7.5"),
    ("12", "{8}", "Inception-v4, sections 3.2 to 5; Deep Residual Learning, section 3", "8.1 to 8.5"),
    ("13", "{9}; {10}", "ResNeXt or Xception, one each, in groups", "9.1 to 9.4, 10.1 to 10.5"),
    ("14", "{11}; {12}; {13}; {14}; pictures of your own, or an audit of a published network", "[Claims, checked](claims.md): each student defends one", "11.1 to 11.5, 12.1 to 12.4, 13.1 to 13.5, 14.1 to 14.4; a report of two pages"),
]  # fmt: skip


PAPERS = {
    "Going Deeper": "going-deeper-2014",
    "Network in Network": "network-in-network-2013",
    "Batch normalization, section": "batch-normalization-2015",
    "Santurkar and others": "batch-normalization-and-optimization-2018",
    "Rethinking": "rethinking-inception-2015",
    "Inception-v4, section": "inception-v4-2016",
    "Deep Residual Learning": "residual-learning-2015",
}


def linked(text: str) -> str:
    """Chapters in braces, and papers, as links."""
    for name, anchor in PAPERS.items():
        title, comma, rest = name.partition(",")
        text = text.replace(name, f"[{title}](bibliography.md#{anchor}){comma}{rest}", 1)
    for number, head in boxes().items():
        text = text.replace(f"{{{number}}}", f"[chapter {number}](chapters/{head.page})")
    return text.replace("[chapter", "[Chapter", 1) if text.startswith("[chapter") else text


def sessions(plan: tuple[int, dict]) -> str:
    """A table for each session.

    Raises:
        ValueError: the minutes of a session do not add up.
    """
    minutes, parts = plan
    made = []
    for title, steps in parts.items():
        if sum(step for step, _ in steps) != minutes:
            raise ValueError(f"{title}: {sum(step for step, _ in steps)} minutes, not {minutes}")
        rows = [f"| {step} | {linked(what)} |" for step, what in steps]
        made += [f"**{title}**", "", "| minutes | what |", "| --: | --- |", *rows, ""]
    return "\n".join(made)


def term() -> str:
    """Fourteen weeks with the papers."""
    rows = [f"| {' | '.join(map(linked, row))} |" for row in TERM]
    head = ["| week | chapter | paper | handed in |", "| --: | --- | --- | --- |"]
    return "\n".join([*head, *rows])
