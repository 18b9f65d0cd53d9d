"""Questions on chapter 13: the same function, faster."""

import math

import inception_lib as il

from . import Text, n, percent, question


@question(
    13,
    "compute",
    "One convolution for three",
    goal="find which layers of a block merge, and count them",
    difficulty=1,
    minutes=8,
    vary=lambda r: {"stage": r.choice(list(il.GOOGLENET))},
)
def one_for_three(stage="4b"):
    c1, r3, c3, r5, c5, pool, _ = il.GOOGLENET[stage]
    found = il.cost("googlenet")[stage]
    i, height, width = found.in_shape
    merged = i * (c1 + r3 + r5) * height * width
    return Text(
        f"""
        GoogLeNet's block {stage} reads {i} channels on {height}×{width}. Its row in the paper's table is {c1} (1×1), {r3} and {c3} (3×3 reduce, 3×3), {r5} and {c5} (5×5 reduce, 5×5), {pool}
        (pool projection). Which of its layers can become one convolution, and how many channels does that one output? How many MACs does it need, and what share of the block's {n(found.macs)} is that?
        """,
        f"""
        The three 1×1 that read the block's input: the 1×1 branch and the two reductions, {c1} + {r3} + {r5} = **{c1 + r3 + r5}** channels. {i} · {c1 + r3 + r5} · {height} · {width} = **{n(merged)}** MACs,
        **{percent(merged / found.macs)}** of the block. The pool projection is a 1×1, too, but it reads the pooled map, and a maximum doesn't commute with a weighted sum.
        """,
        {"channels": c1 + r3 + r5, "macs": merged, "share": merged / found.macs},
    )


@question(
    13,
    "predict",
    "Arithmetic or memory",
    goal="find the limit of a layer from its MACs per byte",
    difficulty=2,
    minutes=10,
    vary=lambda r: {
        "i": r.choice([128, 192, 256, 480, 512]),
        "o": r.choice([16, 24, 32, 48, 160, 256]),
        "side": r.choice([7, 14, 28]),
        "gmacs": r.choice([80, 100, 160]),
        "gbytes": r.choice([10, 16, 20]),
    },
)
def arithmetic_or_memory(i=192, o=16, side=28, gmacs=160, gbytes=20):
    pixels = side * side
    macs, moved = pixels * i * o, 4 * (pixels * (i + o) + i * o)
    ratio, bend = macs / moved, gmacs / gbytes
    limit, micro = (
        ("memory", moved / gbytes / 1000) if ratio < bend else ("arithmetic", macs / gmacs / 1000)
    )
    return Text(
        f"""
        A machine does {gmacs} billion MACs a second at best, and moves {gbytes} billion bytes a second. A 1×1 goes from {i} to {o} channels on {side}×{side}, in single precision. How many MACs does it do
        for each byte of input, output and weights? Is arithmetic its limit, or memory, and how many microseconds does it take at least? Predict what happens to the ratio if a sibling with as many output
        channels is merged with it.
        """,
        f"""
        {n(macs)} MACs for {n(moved)} bytes: **{ratio:.2f}** for each byte. The bend is at {gmacs}/{gbytes} = **{bend:g}**, so {limit} is the limit, and the layer takes at least **{micro:.1f}** µs.
        With a sibling the MACs double, and so do output and weights, but the input is read once for both: the ratio rises. Real time is longer: the roof has no cost for the call, and caches can make it shorter where maps fit.
        """,
        {"ratio": round(ratio, 2), "bend": bend, "micro": round(micro, 1)},
    )


@question(
    13,
    "fault",
    "A border that is too dark",
    goal="say what happens to a bias that goes through an average pooling",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"k": r.choice([3, 5, 7, 9, 11])},
)
def dark_border(k=3):
    corner, edge = ((k + 1) / 2 / k) ** 2, (k + 1) / 2 / k
    return Text(
        f"""
        ```python
        # before: relu(conv(pool(x))), with a 1×1 `conv`
        pool = nn.AvgPool2d({k}, stride=1, padding={k // 2})
        y = pool(conv(x)).relu()
        ```

        The order was changed so that the 1×1 can be merged with its siblings. In the middle of the map the outputs agree, at its border they don't. Which part of the output is wrong there? What share of the bias is
        left in a corner, and what share at the middle of an edge? Mend it. For which setting of the pooling would the code have been right?
        """,
        f"""
        The zeros of the padding count, so in a corner only ({(k + 1) // 2}/{k})² = **{percent(corner)}** of the bias is left, at an edge {(k + 1) // 2}/{k} = **{percent(edge)}**. The weighted sums are right: both orders add up the same products. Leave the
        bias out of the 1×1 and add it after the pooling, then the ReLU. With `count_include_pad=False` each window is divided by the number of its own pixels, its weights add up to one, and the bias passes through whole.
        """,
        {"corner": corner, "edge": edge},
    )


@question(
    13,
    "claim",
    "Half the MACs, twice as fast",
    goal="bound what fewer MACs can bring by where the time goes",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"share": r.choice([0.4, 0.5, 0.55, 0.6, 0.7, 0.75, 0.8])},
)
def half_the_macs(share=0.55):
    twice, most = 1 / (1 - share / 2), 1 / (1 - share)
    return Text(
        f"""
        "Our variant has half of the MACs, so it is twice as fast." A profile of the original says that convolutions and linear layers take {percent(share)} of the time; the rest is poolings, normalization, ReLUs, concatenation, copies.
        How many times as fast can the variant be if its convolutions take half as long, and everything else stays? And if convolutions took no time at all? Name two reasons why they may not even take half as long.
        """,
        f"""
        1/(1 − {share:g}/2) = **{twice:.2f}** times, and with no convolutions at all 1/(1 − {share:g}) = **{most:.2f}**. Layers of half the width have fewer MACs for each byte, so more of them wait for memory; and each call
        has a cost that doesn't depend on its size. Marks for a third point: the profile is of one machine, one batch and one layout.
        """,
        {"twice": round(twice, 2), "most": round(most, 2)},
    )


@question(
    13,
    "explain",
    "When compiling has caught up",
    goal="weigh a preparation once with a saving each time",
    difficulty=1,
    minutes=8,
    vary=lambda r: {
        "prepare": r.choice([15, 20, 35, 60]),
        "ms": r.choice([32, 48, 80]),
        "other": r.choice([17, 25, 27]),
    },
)
def caught_up(prepare=35, ms=48, other=27):
    pictures = math.ceil(1000 * prepare / (ms - other))
    return Text(
        f"""
        A network takes {ms} ms a picture as it is, and {other} ms after compiling, which takes {prepare} s when the program starts. After how many pictures has compiling caught up? A student compiles once for a batch of one and
        measures that call alone, without a warm-up. What does she measure? Explain when you would rather use `il.faster`, although it saves less.
        """,
        f"""
        Each picture saves {ms - other} ms: {n(1000 * prepare)} / {ms - other}, rounded up, is **{n(pictures)}** pictures. Her first call contains the compiling. `il.faster` is ready in a moment, so it wins in short programs, in notebooks, and
        where shapes change, because each new shape can mean compiling again; its stages and branches can still be read by name.
        """,
        {"pictures": pictures},
    )
