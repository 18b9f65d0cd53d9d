"""Questions on chapter 1: the naive block."""

import inception_lib as il
from inception_lib.papers.recounts import BARE

from . import Text, n, percent, question


@question(
    1,
    "compute",
    "A naive block somewhere else",
    goal="derive channels, weights, parameters and MACs of a block by hand",
    difficulty=1,
    minutes=8,
    vary=lambda r: {
        "i": r.choice([96, 160, 224, 320, 448]),
        "c1": r.choice([32, 48, 80, 112]),
        "c3": r.choice([64, 96, 144, 176]),
        "c5": r.choice([16, 24, 40, 56]),
        "grid": r.choice([14, 20, 28, 32]),
    },
)
def naive_elsewhere(i=320, c1=48, c3=96, c5=24, grid=20):
    block = il.cost(il.naive_block(c1, c3, c5), (i, grid, grid))
    weights = il.cost(il.naive_block(c1, c3, c5), (i, grid, grid), defaults=BARE).params
    return Text(
        f"""
        A naive block reads {i} channels on a grid of {grid}×{grid}. Its convolutions output {c1}
        (1×1), {c3} (3×3) and {c5} (5×5) channels, each with a bias; the fourth branch is max pooling.
        How many channels does the block output? How many weights and parameters does it have, and
        how many MACs does it take?
        """,
        f"""
        Channels: {c1} + {c3} + {c5} + {i} = **{n(block.out_shape[0])}**; the pooling passes on all
        that came in. Weights: {i} · ({c1} · 1 + {c3} · 9 + {c5} · 25) = **{n(weights)}**. Parameters:
        one bias for each of {c1 + c3 + c5} kernels more, **{n(block.params)}**. MACs: each weight
        once at each of {grid * grid} positions, **{n(block.macs)}**. Biases and pooling are not MACs.

        Usual slips: the pooling's channels forgotten; biases counted as MACs; 3 and 5 in place of 9
        and 25; FLOPs, which are twice as many.
        """,
        {
            "channels": block.out_shape[0],
            "weights": weights,
            "parameters": block.params,
            "MACs": block.macs,
        },
    )


@question(
    1,
    "compute",
    "What the pooling branch costs the next layer",
    goal="tell the cost of a block from the cost that it causes",
    difficulty=2,
    minutes=6,
    vary=lambda r: {
        "i": r.choice([128, 256, 384, 512]),
        "kernels": r.choice([160, 224, 288, 352]),
        "o": r.choice([64, 96, 128]),
        "grid": r.choice([14, 28]),
    },
)
def pooling_bill(i=256, kernels=224, o=128, grid=28):
    narrow = il.cost(il.Conv(o, 3), (kernels, grid, grid)).macs
    wide = il.cost(il.Conv(o, 3), (kernels + i, grid, grid)).macs
    return Text(
        f"""
        A naive block reads {i} channels; its three convolutions have {kernels} kernels together. After
        it comes a 3×3 to {o} channels, on {grid}×{grid}. How many MACs does that 3×3 take? How many
        would it take if the block had no pooling branch? What, then, does a branch without a single weight
        cost, and where does the bill come in?
        """,
        f"""
        It reads {kernels} + {i} = {kernels + i} channels: {grid}² · {kernels + i} · 9 · {o} =
        **{n(wide)}** MACs. Without the pooling: {grid}² · {kernels} · 9 · {o} = **{n(narrow)}**. The
        pooling costs **{n(wide - narrow)}** MACs, {wide / narrow:.2f} times the layer in all, and none
        of them in its own block: its table shows 0 in that row. In a stack the effect adds up, because
        every further block passes all of it on.
        """,
        {"with": wide, "without": narrow, "difference": wide - narrow, "times": wide / narrow},
    )


@question(
    1,
    "explain",
    "A dense stand-in for a sparse structure",
    goal="say which half of a well-known sentence is exact and which is a guess",
    difficulty=3,
    minutes=10,
    vary=lambda r: {"stage": r.choice(["3b", "4a", "4b", "4d", "5b"])},
)
def dense_stand_in(stage="4a"):
    c1, _, c3, _, c5, *_ = il.GOOGLENET[stage]
    used, places = c1 + 9 * c3 + 25 * c5, 25 * (c1 + c3 + c5)
    zero = 1 - used / places
    return Text(
        f"""
        "An Inception block approximates a sparse structure by dense parts." A naive block has {c1}
        kernels of 1×1, {c3} of 3×3 and {c5} of 5×5. Write its three convolutions as **one** 5×5 layer.
        What share of that layer's weights is zero? Then say which part of the sentence is an exact
        statement, and which is a guess that nothing in the block proves.
        """,
        f"""
        Put rings of zeros around the small kernels: one layer of {c1 + c3 + c5} kernels of 5×5. Of 25
        places a 1×1 uses 1, a 3×3 uses 9, a 5×5 all. For each input channel {used} of {n(places)} places
        are used, so **{percent(zero, 1)}** are zero.

        *Exact:* that sparse 5×5 layer and the three dense convolutions are the same function, at the
        border too, since both read zeros there; no zero is ever multiplied. *A guess:* that these three
        groups are the clusters that belong together. The widths come from a table, not from any
        statistics of the layer before; and each kernel still reads all input channels, so the block is
        sparse in space only. A full answer names both. An answer that says "many weights are small" has
        mixed up sparse structure and sparse activations.
        """,
        {"zero": zero},
    )


@question(
    1,
    "fault",
    "Sizes of tensors must match",
    goal="read a shape error and find every padding that causes it",
    difficulty=1,
    minutes=6,
    vary=lambda r: {"grid": r.choice([16, 20, 28, 35, 40])},
)
def padding_faults(grid=28):
    def side(k, p, s=1):
        return (grid + 2 * p - k) // s + 1

    return Text(
        f"""
        This block is to keep a grid of {grid}×{grid}. It stops in the last line: *Sizes of tensors must
        match except in dimension 1*.

        ```python
        self.one = nn.Conv2d(i, c1, 1)
        self.three = nn.Conv2d(i, c3, 3, padding=1)
        self.five = nn.Conv2d(i, c5, 5, padding=1)
        self.pool = nn.MaxPool2d(3, padding=1)
        # in forward
        parts = [self.one(x).relu(), self.three(x).relu(), self.five(x).relu(), self.pool(x)]
        return torch.cat(parts, dim=1)
        ```

        Give the grid on which each of the four branches ends, and mend the block. Would `dim=2`
        mend it, too?
        """,
        f"""
        1×1: {side(1, 0)}. 3×3: {side(3, 1)}. 5×5 with padding 1: **{side(5, 1)}**, it needs
        `padding=2` (k // 2). Pooling: PyTorch's stride is the window unless told, so
        **{side(3, 1, 3)}**; it needs `stride=1`. Two faults, and the error names only one of them at a
        time. No: with `dim=2` the heights may differ, but now the channels must be equal, and so must the
        widths: it stops again. Where all branches happen to be equal in both it would run, and stack the
        maps on top of one another (chapter 10 has a listing that does).
        """,
        {"five": side(5, 1), "pool": side(3, 1, 3)},
    )


@question(
    1,
    "predict",
    "A spot kernel and a square",
    goal="predict a kernel's answer by counting pixels before running it",
    difficulty=2,
    minutes=8,
    vary=lambda r: {
        "k": r.choice([5, 7, 9]),
        "d": r.choice([1, 3]),
        "bright": r.choice([20, 40, 60, 80]),
    },
)
def spot_and_square(k=7, d=3, bright=60):
    inner, ring = (k - 2) ** 2, k**2 - (k - 2) ** 2
    answer = bright / 100 * d**2 / inner
    full = 1 - (k**2 - 4 - inner) / ring
    return Text(
        f"""
        `il.blob_kernel({k})` is the mean of its middle, {k - 2}×{k - 2} pixels, minus the mean of the ring
        around it. In the middle of a black picture is a square of {d}×{d} pixels with brightness
        {bright}%. Predict the kernel's answer at its middle. Then predict its answer to a white square as
        large as the kernel, of which the four corner pixels are black. Check both with
        `torch.nn.functional.conv2d`.
        """,
        f"""
        The square lies within the middle, so the ring is black: {bright}% · {d * d} / {inner} =
        **{answer:.3f}**. The second: the middle is all white and gives 1. The ring has {ring} pixels, all
        white but 4: 1 − {ring - 4}/{ring} = **{full:.3f}**. What matters: that a student counts, and
        says before running anything that the first answer is linear in the brightness. So one such kernel
        cannot tell a dim thing of its own size from a bright one of another.
        """,
        {"square": answer, "corners": full},
    )


@question(
    1,
    "claim",
    "Even a modest number of 5×5",
    goal="test a sentence of a paper with a count",
    difficulty=2,
    minutes=8,
)
def modest_number(stage="3b", i=256, grid=28):
    c1, _, c3, _, c5, *_ = il.GOOGLENET[stage]
    block = il.cost(il.naive_block(c1, c3, c5), (i, grid, grid))
    kernels, macs = c5 / (c1 + c3 + c5), block["5x5"].macs / block.macs
    return Text(
        f"""
        The GoogLeNet paper warns that even a modest number of 5×5 convolutions can become too
        expensive. Take a naive block with the widths of stage {stage}: {c1}, {c3} and {c5} kernels, on
        {i} channels. What share of the kernels are 5×5, and what share of the MACs do they take? Which
        of the numbers given here did you not need? Does your result support the sentence?
        """,
        f"""
        Kernels: {c5} of {c1 + c3 + c5}, **{percent(kernels)}**. MACs: {c5} · 25 of {c1} · 1 + {c3} · 9 +
        {c5} · 25, **{percent(macs)}**. The {i} input channels (and the grid) are common factors and cancel.
        It supports the sentence insofar as the share of the work is {macs / kernels:.1f} times the
        share of the kernels. "Too expensive" also depends on the input: the absolute cost grows with the
        channels that come in, which is what chapter 2 attacks. An answer that only says "yes, 25 is more
        than 9" has not used the widths.
        """,
        {"kernels": kernels, "macs": macs},
    )
