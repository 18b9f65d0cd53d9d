"""Questions on chapter 13: the same function, faster.

To write: questions of the chapter's own, in place of these four.
"""

from . import Text, n, question


@question(
    13,
    "compute",
    "To write: the first question of chapter 13",
    goal="to write: what a right answer shows",
    difficulty=1,
    minutes=8,
    vary=lambda r: {"i": r.choice(range(16, 256, 8)), "o": r.choice(range(16, 256, 8))},
)
def first_of_chapter_13(i=64, o=96):
    weights = 9 * i * o
    return Text(
        f"""
        To write: what is asked, with its numbers computed. For now: a 3×3 convolution reads {i} channels and outputs {o}. How many weights does it have?
        """,
        f"""
        To write: the key, with what earns the marks. For now: nine weights for each pair of an input channel and an output channel, so 9 · {i} · {o} = **{n(weights)}**.
        """,
        {"weights": weights},
    )


@question(
    13,
    "predict",
    "To write: the second question of chapter 13",
    goal="to write: what a right answer shows",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"side": r.choice(range(21, 121))},
)
def second_of_chapter_13(side=28):
    return Text(
        f"""
        To write: what is to be predicted, and how to check it. For now: a 3×3 with stride 2 and without padding reads a grid with {side} rows. How many rows come out? Then try it.
        """,
        f"""
        To write: the key, with what earns the marks. For now: the window fits at every second row from the first to the last at which it fits: **{(side - 3) // 2 + 1}** rows.
        """,
        {"rows": (side - 3) // 2 + 1},
    )


@question(
    13,
    "fault",
    "To write: the third question of chapter 13",
    goal="to write: what a right answer shows",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"o": r.choice(range(16, 256, 8))},
)
def third_of_chapter_13(o=96):
    return Text(
        f"""
        To write: a program with a fault, or a table with one. For now: a layer has {o} output channels, a bias and batch normalization. Which of its parameters do nothing, and how many are there?
        """,
        f"""
        To write: the key, with what earns the marks. For now: the normalization subtracts the mean, and the bias with it, so all **{o}** biases do nothing.
        """,
        {"biases": o},
    )


@question(
    13,
    "claim",
    "To write: the fourth question of chapter 13",
    goal="to write: what a right answer shows",
    difficulty=3,
    minutes=10,
    vary=lambda r: {"k": r.choice(range(3, 13, 2))},
)
def fourth_of_chapter_13(k=5):
    return Text(
        f"""
        To write: a sentence that somebody published, and what to do with it. For now: "A {k}×{k} kernel costs {k} times a 1×1." What is the true factor, and why?
        """,
        f"""
        To write: the key, with what earns the marks. For now: a kernel has rows and columns, so it has {k} · {k} = **{k * k}** weights for each pair of channels.
        """,
        {"factor": k * k},
    )
