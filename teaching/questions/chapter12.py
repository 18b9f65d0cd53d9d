"""Questions on chapter 12: what branches look for."""

from math import comb
from statistics import fmean

import inception_lib as il

from . import Text, percent, question

MEASURES = ("orientation", "frequency", "curvature", "size", "color")


@question(
    12,
    "compute",
    "All of a family in one branch",
    goal="compute how likely a pattern is by chance, in two ways",
    difficulty=1,
    minutes=8,
    vary=lambda r: {
        "stage": r.choice(["3a", "3b", "4a", "4b"]),
        "branch": r.choice(["3x3", "5x5", "pool"]),
        "family": r.choice([2, 3]),
    },
)
def all_in_one_branch(stage="4a", branch="5x5", family=3):
    slices = il.channel_slices("googlenet", stage)
    width, whole = slices[branch].stop - slices[branch].start, max(s.stop for s in slices.values())
    simple, exact = (width / whole) ** family, comb(width, family) / comb(whole, family)
    return Text(
        f"""
        In GoogLeNet's block {stage}, the branch `{branch}` has {width} of {whole} channels. Somebody finds {family} channels that look alike, all in that branch. How likely is this by chance,
        (a) if each channel falls into a branch with that branch's share, (b) exactly, since no channel is drawn twice? Why is (a) always larger? Which choice that was made *before* the count
        do both leave out?
        """,
        f"""
        (a) ({width}/{whole})^{family} = **{percent(simple, 2)}**. (b) {width} over {family}, divided by {whole} over {family}: **{percent(exact, 2)}**. Each channel that is found in the branch leaves a smaller share there for
        the next, so (a) is larger. Both leave out how the family was made: if its border was drawn after looking, the chance of *some* striking family is far larger than that of this one.
        """,
        {"simple": simple, "exact": exact},
    )


@question(
    12,
    "fault",
    "A p of zero",
    goal="find two faults in a permutation test",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"draws": r.choice([99, 199, 499, 999])},
)
def p_of_zero(draws=999):
    least = 1 / (draws + 1)
    return Text(
        f"""
        ```python
        seen = five.mean() - three.mean()
        pool, count = torch.cat([three, five]), 0
        for _ in range({draws}):
            pool = pool[torch.randperm(len(pool))]
            count += pool[len(three):].mean() - pool[:len(three)].mean() > seen
        p = count / {draws}
        ```

        It reports p = 0. Can chance have a probability of zero? What is the smallest p that {draws} shuffles can support? And what does the program say of a network whose 3×3 branch is
        far *above* its 5×5? Mend both.
        """,
        f"""
        The observed division is one of those that chance could deal, so it counts: p = (count + 1) / ({draws} + 1), at least **{least:.4f}**, with ≥ in place of >. The test is
        one-sided: a difference in the other direction gives a p near 1 and goes unnoticed. Compare absolute values. Marks for the reason, not for the formula alone.
        """,
        {"least": least},
    )


@question(
    12,
    "explain",
    "Five networks with one description",
    goal="tell a finding about one network from one about a kind",
    difficulty=2,
    minutes=10,
    vary=lambda r: {"measure": r.choice(MEASURES)},
)
def five_networks(measure="orientation"):
    parts = il.training_record("branch_roles")["parts"]
    means: dict[str, list[float]] = {"3x3": [], "5x5": []}
    for seed in range(5):
        for branch, found in means.items():
            line = parts[f"original, seed {seed}"]["trained"][branch][measure]
            found.append(fmean(float(number) for number in line.split() if number != "-"))
    above = sum(five > three for three, five in zip(*means.values(), strict=True))
    result = il.compare_runs(*means.values())
    p = float(result.p)
    return Text(
        f"""
        `il.training_record("branch_roles")` has five networks of the arm *original*. For {measure}, in how many of them does the mean of the 5×5 branch of block 3a lie above that of the 3×3?
        What does the book's rule say of the five pairs of means? A student tests the channels of each network by themselves, finds one with a small p and reports it. Which sentence may be
        written about that network, and which may not be written about 5×5 branches?
        """,
        f"""
        In **{above}** of 5. The rule compares five means with five: p = {result.p} = **{p:.3f}**, so with five networks we cannot tell. About the one network: "in this one, the two branches
        differ in {measure}", with the number of networks and measures that were looked at. A sentence about 5×5 branches needs several networks, because channels that were trained together
        aren't independent draws.
        """,
        {"above": above, "p": p},
    )


@question(
    12,
    "predict",
    "Which part of the score",
    goal="say what the map of a branch holds",
    difficulty=2,
    minutes=8,
    vary=lambda r: {
        "sums": tuple(r.choice([-2.0, -1.0, 0.5, 1.5, 3.0, 6.0]) for _ in range(4)),
        "bias": r.choice([-0.5, 0.25, 1.0]),
    },
)
def part_of_the_score(sums=(1.5, 3.0, 6.0, -1.0), bias=0.25):
    whole = sum(sums)
    score = whole + bias
    listed = ", ".join(
        f"{total:g} ({branch})" for branch, total in zip(("1×1", "3×3", "5×5", "pool"), sums, strict=True)
    )  # fmt: skip
    return Text(
        f"""
        For one picture, the weighted maps of a network's last block are added up over channels and positions, branch by branch: {listed}. Global average pooling and one linear layer follow;
        its bias for this class is {bias:g}. What is the score? Would the same sum work at an earlier block? A Grad-CAM of the branch with the largest sum is published as "where the network looks".
        Predict one thing that a reader would miss, then check it with chapter 12's cup.
        """,
        f"""
        {whole:g} + {bias:g} = **{score:g}**. At an earlier block it wouldn't work: layers with ReLUs lie between, and one mean slope for each map stands in for all of them. The reader misses the other
        branches, and everything that speaks against the class, which the last ReLU drops.
        """,
        {"score": score},
    )


@question(
    12,
    "claim",
    "Two of many",
    goal="judge verdicts by the number of comparisons",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"many": r.choice([10, 20, 25, 40, 60])},
)
def two_of_many(many=25):
    each = 2 / comb(10, 5)
    expected, none = many * each, (1 - each) ** many
    return Text(
        f"""
        "We compared {many} pairs of five runs each, and two are clear." If nothing differed anywhere, how many clear ones would you expect among {many}, and how likely is at least one, if the comparisons are
        independent? (With five runs of each, "clear" takes complete separation.) What else would you like to know before you believe the two?
        """,
        f"""
        Complete separation has p = 2/{comb(10, 5)}; {many} · 2/{comb(10, 5)} = **{expected:.2f}** expected, and at least one with **{percent(1 - none)}**. Two are more than that, so something is
        probably there. Worth knowing: whether the {many} were named beforehand or are those that were kept; whether the two share a measure or an arm; and how large the differences are, since clear doesn't mean large.
        """,
        {"expected": expected, "some": 1 - none},
    )
