"""Questions on chapter 2: the 1×1 reduction."""

import inception_lib as il
from inception_lib.papers.recounts import BARE

from . import Text, n, percent, question


def weights(*layers, i):
    """Weights of layers one after the other, from `i` channels."""
    return il.cost(il.Chain(layers), (i, 32, 32), defaults=BARE).params


@question(
    2,
    "compute",
    "Does this reduction pay?",
    goal="compare a convolution with and without a 1×1 in front, and find where they cost the same",
    difficulty=1,
    minutes=8,
    vary=lambda r: {
        "i": r.choice([48, 96, 144, 240]),
        "o": r.choice([32, 64, 80]),
        "k": r.choice([3, 5]),
        "r": r.choice([16, 24, 40]),
    },
)
def does_it_pay(i=144, o=64, k=3, r=24):
    without = weights(il.Conv(o, k), i=i)
    both = weights(il.Conv(r), il.Conv(o, k), i=i)
    star = i * o * k * k / (i + o * k * k)
    most = (i * o * k * k - 1) // (i + o * k * k)
    return Text(
        f"""
        A {k}×{k} convolution goes from {i} to {o} channels. Before it somebody puts a 1×1 to {r}
        channels. How many weights are there with it and without? Up to which whole number of channels
        would such a 1×1 make the pair cheaper? Why is that number always smaller than {i}?
        """,
        f"""
        Without: {i} · {o} · {k * k} = **{n(without)}**. With: {i} · {r} + {r} · {o} · {k * k} =
        **{n(both)}**, {both / without:.2f} of it. Both cost the same at r\\* = i·o·k² / (i + o·k²) =
        {star:.2f}, so it is cheaper up to **{most}** channels. The reciprocal is 1/r\\* = 1/i + 1/(o·k²),
        which is more than 1/i: so r\\* is below {i}, whatever o and k are. In words: a 1×1 that keeps all
        channels leaves the {k}×{k} as it was and adds its own cost.
        """,
        {"without": without, "with": both, "share": both / without, "most": most},
    )


@question(
    2,
    "compute",
    "A 1×1 before a 1×1",
    goal="apply the break-even to a case that the chapter does not treat",
    difficulty=2,
    minutes=8,
    vary=lambda r: {
        "i": r.choice([128, 256, 512]),
        "o": r.choice([64, 128, 192]),
        "r": r.choice([16, 32]),
    },
)
def one_before_one(i=256, o=128, r=32):
    without, both = weights(il.Conv(o), i=i), weights(il.Conv(r, act="none"), il.Conv(o), i=i)
    star = i * o / (i + o)
    return Text(
        f"""
        The 1×1 branch of a block goes from {i} to {o} channels. Is a reduction before *that* worth it?
        Compute the weights with a first 1×1 to {r} channels and without, and the break-even. With no ReLU
        between the two, which functions can the branch no longer compute?
        """,
        f"""
        Without: **{n(without)}** weights. With: {i} · {r} + {r} · {o} = **{n(both)}**. The break-even is
        i·o / (i + o) = **{star:.1f}** channels, so it saves only if far fewer channels suffice than for a 5×5,
        where the kernel's area is on its side. Two 1×1 without a ReLU are one matrix of rank {r} at most,
        where the single 1×1 can have any {o}×{i} matrix, up to rank {min(i, o)}. A student who answers
        "nothing is lost, both are linear" has forgotten the rank.
        """,
        {"without": without, "with": both, "star": star},
    )


@question(
    2,
    "explain",
    "What no later kernel can see",
    goal="find a change of the input that a given reduction does not pass",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"a": r.choice([2, 3, 4]), "b": r.choice([5, 6, 7]), "c": r.choice([1, 8, 9])},
)
def invisible_change(a=3, b=6, c=1):
    return Text(
        f"""
        A 1×1 makes one channel of three: {a} · red + {b} · green + {c} · blue, divided by {a + b + c}.
        After it comes a bank of many 7×7 kernels. Give a change of color, not zero, that none of them
        responds to, wherever in the picture it is. How many independent changes of this kind are there?
        Would a ReLU after the 1×1 help? Would a larger kernel?
        """,
        f"""
        Any change (r, g, b) with {a}·r + {b}·g + {c}·b = 0, for instance **({b}, −{a}, 0)**: the red goes up
        by {b} and the green down by {a}, {a} · {b} − {b} · {a} = **{a * b - b * a}**. There are
        **{3 - 1}** independent ones: three channels, one mixture kept. A ReLU cannot help: what
        comes into it is the same number with and without the change. Nor can the size of the kernel: it
        reads the mixture alone. A good answer uses the null space, or says it in words: *what the mixtures
        do not notice stays invisible*.
        """,
        {"answer": a * b - b * a, "independent": 3 - 1},
    )


@question(
    2,
    "fault",
    "A number copied, and not what it was relative to",
    goal="find reductions that enlarge",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"stage": r.choice(["3a", "3b", "4b"]), "i": r.choice([8, 16, 24])},
)
def copied_widths(stage="3a", i=16):
    c1, r3, c3, r5, c5, proj, *_ = il.GOOGLENET[stage]
    rows, values = [], {}
    for k, r, o in ((3, r3, c3), (5, r5, c5)):
        without, both = weights(il.Conv(o, k), i=i), weights(il.Conv(r), il.Conv(o, k), i=i)
        star = i * o * k * k / (i + o * k * k)
        verdict = "it enlarges" if both > without else "it saves"
        rows.append(
            f"{k}×{k}: {n(without)} weights without, **{n(both)}** with, {both / without:.2f} times; "
            f"r\\* = {star:.1f}, {verdict}."
        )
        values |= {f"{k} without": without, f"{k} with": both, f"{k} times": both / without}
    return Text(
        f"""
        For small pictures somebody builds a network whose first block reads {i} channels. They take the widths
        of GoogLeNet's {stage}: 1×1 to {c1}; 1×1 to {r3} and 3×3 to {c3}; 1×1 to {r5} and 5×5 to {c5};
        pooling and 1×1 to {proj}. It runs and learns. Which of the three added 1×1 do what they are there
        for? Show it with numbers.
        """,
        f"""
        {rows[0]}

        {rows[1]}

        The 1×1 after the pooling goes from {i} to {proj} channels. It does not narrow anything here, it
        widens: without it the branch would output {i}. Whether that is wanted is a choice of width, not a
        saving. The paper's widths suit blocks that read hundreds of channels. Full marks need r\\* or both
        counts for each pair; "the widths are too large" alone is worth half.
        """,
        values,
    )


@question(
    2,
    "predict",
    "Pool first or mix first?",
    goal="say which operations commute, and what the order costs",
    difficulty=2,
    minutes=8,
    vary=lambda r: {
        "i": r.choice([64, 192, 320]),
        "o": r.choice([32, 64]),
        "grid": r.choice([16, 28, 32]),
    },
)
def pool_or_mix(i=192, o=32, grid=28):
    pool = il.AvgPool(2, 2, padding="valid")
    first = il.cost(il.Chain([pool, il.Conv(o, act="none")]), (i, grid, grid)).macs
    last = il.cost(il.Chain([il.Conv(o, act="none"), pool]), (i, grid, grid)).macs
    return Text(
        f"""
        An average pooling of 2×2 with stride 2 and a 1×1 without activation, from {i} to {o} channels, on
        {grid}×{grid}. Predict: do the two orders give the same function? The same number of MACs? Then
        compute both counts. What changes in your answer for max pooling, and what for a 1×1 with a ReLU?
        """,
        f"""
        The same function: one is a weighted sum over pixels, the other over channels, and sums can be
        exchanged. Not the same cost: pooling first **{n(first)}** MACs, the 1×1 first **{n(last)}**, four
        times as many, since it then runs on four times the positions. With max pooling the orders differ in
        general: a negative weight turns the order of the values around, and with several channels the maximum
        of a sum is not the sum of the maxima. With a ReLU between, average pooling does not commute either:
        the mean of max(x, 0) is not max(mean, 0). Where orders agree, take the cheap one.
        """,
        {"first": first, "last": last},
    )


@question(
    2,
    "claim",
    "Two columns of one row",
    goal="use one printed number to test another",
    difficulty=3,
    minutes=10,
)
def two_columns(stage="4c", i=512, grid=14):
    row = {p.quantity: p for p in il.PRINTED if p.network == "googlenet" and p.stage == stage}
    ops, kilo = row["macs"].value, row["params"].value / 1024
    low, high = ((ops + d) / grid**2 / 1024 for d in (-(10**6) / 2, 10**6 / 2))
    c1, r3, c3, r5, c5, proj, _ = il.GOOGLENET[stage]
    ours = (
        il.cost(il.reduced_block(*il.GOOGLENET[stage]), (i, grid, grid), defaults=BARE).params
        / 1024
    )
    return Text(
        f"""
        Table 1 of the GoogLeNet paper prints for {stage}, on a grid of {grid}×{grid}: {kilo:.0f}K parameters
        and {ops / 1e6:.0f}M operations, rounded to the million. K is 2¹⁰ there; operations are MACs, and all
        layers of the block run on the same grid. Do the two numbers agree with each other? Do not compute
        the block first. Then compute its weights on {i} channels: 1×1 to {c1}; 1×1 to {r3} and 3×3 to {c3};
        1×1 to {r5} and 5×5 to {c5}; pooling and 1×1 to {proj}. Which of the two printed numbers fits?
        """,
        f"""
        Operations divided by positions are weights: {ops / 1e6:.0f}M, give or take half a million, over
        {grid * grid} positions is {low:.0f}K to {high:.0f}K. Printed are {kilo:.0f}K, so the two do **not**
        agree. From the widths come **{ours:.1f}K** weights: the operations fit, the parameters do not, by
        {percent(1 - kilo / ours)}. Why, we do not know; "a misprint" is a guess. Full marks need the
        division by the positions, an interval from the rounding, and no invented reason.
        """,
        {"ours": ours, "off": 1 - kilo / ours},
    )
