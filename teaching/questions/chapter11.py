"""Questions on chapter 11: your own pictures."""

import inception_lib as il

from . import Text, n, percent, question

PUBLISHED = ("googlenet_torchvision", "inception_v3", "inception_v4", "inception_resnet_v2")


@question(
    11,
    "compute",
    "What it costs to train",
    goal="estimate the work of two ways to adapt a network before starting",
    difficulty=2,
    minutes=10,
    vary=lambda r: {
        "name": r.choice(PUBLISHED),
        "classes": r.choice([4, 9, 15, 30]),
        "each": r.choice([20, 40, 50]),
        "steps": r.choice([200, 300, 400]),
        "batch": r.choice([8, 16, 32]),
    },
)
def what_it_costs(name="inception_v3", classes=9, each=40, steps=300, batch=16):
    trunk = il.cost(name, num_classes=0)
    features = trunk.out_shape[0]
    head = features * classes + classes
    pictures = classes * each
    alone, everything = pictures * trunk.macs, 3 * steps * batch * trunk.macs
    return Text(
        f"""
        {classes} classes, {each} pictures of each, and `{name}`, which ends in {n(features)} features. How many parameters does the new head have? How many MACs does it take to train the
        head alone, on features that are computed once? How many to train everything for {steps} steps of {batch} pictures? (A step of training costs about three times the
        forward pass; `il.cost("{name}", num_classes=0)` has that.) What does the quotient of the two depend on, and what not?
        """,
        f"""
        Head: {n(features)} · {classes} + {classes} = **{n(head)}**. Head alone: {pictures} pictures once, {pictures} · {n(trunk.macs)} = **{n(alone)}** MACs (the linear layer
        itself is small beside it). Everything: {steps} · {batch} · 3 · {n(trunk.macs)} = **{n(everything)}**. The quotient, **{everything / alone:.0f}**, is 3 · steps · batch /
        pictures: it does not depend on the network at all.
        """,
        {"head": head, "alone": alone, "everything": everything, "quotient": everything / alone},
    )


@question(
    11,
    "fault",
    "A frozen trunk that moves",
    goal="say what freezing parameters leaves free",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"steps": r.choice([5, 10, 20, 40])},
)
def frozen_moves(steps=20, momentum=0.1):
    kept = (1 - momentum) ** steps
    return Text(
        f"""
        ```python
        for p in model.stages.parameters():
            p.requires_grad_(False)
        model.train()
        for x, y in batches:  # {steps} of them
            loss(model(x), y).backward()
            ...
        ```

        The trunk has batch normalization and its parameters are frozen. After training, features computed in evaluation mode differ from those before. What has changed? With
        torch's momentum of {momentum:g}, what share of the old running mean is left after {steps} batches? Mend it in one line, and say where it must go so that the next
        epoch does not undo it. Can the change also be an advantage?
        """,
        f"""
        The running means and variances: they are buffers, not parameters, and follow every batch in training mode. {1 - momentum:g}^{steps} = **{percent(kept, 1)}** of the
        old mean is left. Mended: `model.stages.eval()`, after each `model.train()`, which would switch it back. It can be an advantage: statistics of the new pictures suit them;
        chapter 11's deeper page compares both. So decide it, and do not let it happen.
        """,
        {"left": kept},
    )


@question(
    11,
    "explain",
    "Two trunks, one coin",
    goal="draw no more from a comparison than it holds",
    difficulty=3,
    minutes=12,
)
def two_trunks():
    parts = il.training_record("own_pictures")["parts"]

    def runs(way):
        return [run["test_accuracy"] for size in (5, 10, 20) for run in parts[f"{way}, {size}"]]

    def wins(one, other):
        return sum(a > b for a, b in zip(runs(one), runs(other), strict=True))

    color, gray, games = wins("all", "scratch"), wins("grey all", "scratch"), len(runs("all"))
    one_in = 2**games
    return Text(
        f"""
        Everything is trained, from three starts: at random, from a trunk that learned color photographs, and from the same network on the same photographs in gray. Three sizes and
        {games // 3} seeds make {games} pairs of runs with the random start: the color trunk wins {color} of them, the gray one {gray}. How likely are {games} wins of {games} if a coin decided?
        Why does chapter 11 not count wins? Then judge three sentences: (a) pretraining helps; (b) pretraining helps if the pictures are like yours; (c) for these surfaces and this
        recipe, the gray trunk was the better start of the two.
        """,
        f"""
        One half to the power of {games}, **1 in {n(one_in)}**. The pairs aren't {games} independent games: the three sizes of a seed share pictures, and all share the test pictures. The
        chapter compares the runs of each size by itself, by the book's rule, and prints the number of comparisons. (a) is too wide: the two trunks differ ({color} and {gray} wins). (c) is the one that these runs are about; what
        the chapter's table calls clear may be said, the rest can't be told. (b) generalizes from one pair of trunks; it would take several kinds of pictures and several pretrainings. Also worth
        marks: the gray trunk was added after the first results were seen, as the chapter says itself.
        """,
        {"one in": one_in, "color": color, "gray": gray},
    )


@question(
    11,
    "predict",
    "Ahead at first",
    goal="predict a learning curve and say which question it answers",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"size": r.choice([5, 10, 20])},
)
def ahead_at_first(size=10, step="25"):
    parts = il.training_record("own_pictures")["parts"]

    def mean(way, at=None):
        rows = parts[f"{way}, {size}"]
        return sum(r["after"][at] if at else r["test_accuracy"] for r in rows) / len(rows)

    early = mean("all", step), mean("scratch", step)
    late = mean("all"), mean("scratch")
    return Text(
        f"""
        The same network is trained on {size} pictures of each of seven surfaces, once from trained weights and once from random ones, with all else equal. Predict which is ahead after {step}
        steps, and which at the end. Then look at chapter 11's deeper page. Somebody measures after {step} steps only and writes "pretraining is worth so many points". What is wrong, and under
        which condition is the sentence right?
        """,
        f"""
        After {step} steps **{early[0]:.2f}** from trained weights and **{early[1]:.2f}** from nothing; at the end **{late[0]:.2f}** and **{late[1]:.2f}**. An early lead is one of
        *speed*; it says nothing about where the two end. The sentence is right if the budget is {step} steps. Marks for the distinction, not for the guess.
        """,
        {"early": early[0], "early scratch": early[1], "late": late[0], "late scratch": late[1]},
    )


@question(
    11,
    "claim",
    "Chosen by the test pictures",
    goal="find the leak in a report of a result",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"tries": r.choice([10, 20, 40]), "pictures": r.choice([60, 100, 150])},
)
def chosen_by_test(tries=20, pictures=100, p=0.7):
    error = (p * (1 - p) / pictures) ** 0.5
    return Text(
        f"""
        "We tried {tries} combinations of learning rate and augmentation and report the best: {percent(p + 0.09)} on our {pictures} test pictures; a typical one had {percent(p)}." How large is
        the standard deviation of a measured accuracy of {percent(p)} on {pictures} pictures? By about how much would the best of {tries} *equally good* settings lie above the typical one, by
        chance alone? (The largest of {tries} draws lies about two deviations up.) How should it have been done?
        """,
        f"""
        √({p:g} · {1 - p:.1f} / {pictures}) = **{percent(error, 1)}**. Two of these are **{percent(2 * error)}**: about what is reported as a gain could be selection alone. (The settings share their
        test pictures, so the draws are not independent and the effect is smaller; the sign is the same.) Choose on a part of the *training* pictures, then use the test pictures once; give the
        number of settings tried, and the spread over seeds.
        """,
        {"error": error, "two": 2 * error},
    )
