"""Questions on chapter 7: Inception-v4."""

import inception_lib as il

from . import Text, n, percent, question


@question(
    7,
    "compute",
    "Four letters",
    goal="derive shape, parameters and MACs of a grid reduction from four widths",
    difficulty=2,
    minutes=12,
    vary=lambda r: {
        "i": r.choice([256, 320, 384]),
        "k": r.choice([128, 160, 192]),
        "l": r.choice([160, 192, 224]),
        "m": r.choice([192, 256]),
        "o": r.choice([288, 320, 352]),
        "g": r.choice([25, 31, 35, 39]),
    },
)
def four_letters(i=320, k=160, l=192, m=224, o=288, g=31):  # noqa: E741
    block = il.cost(il.grid_reduction(k, l, m, o), (i, g, g), defaults=il.BATCH_NORM)
    channels, h, _ = block.out_shape
    return Text(
        f"""
        A reduction on {g}×{g} with {i} channels: a 1×1 to k = {k}, a 3×3 to l = {l} and a 3×3 of stride 2 to
        m = {m}; beside it a 3×3 of stride 2 to n = {o}, and max pooling 3×3 of stride 2. What has stride 2 has no
        padding; batch normalization follows each convolution, and there are no biases. What shape is the output,
        and how many parameters and MACs are there?
        """,
        f"""
        Grid: ({g} − 3) // 2 + 1 = {h}. Channels: m + n + i = {m} + {o} + {i} = **{n(channels)}**; k and l stay
        inside. Parameters: i·k + 9·k·l + 9·l·m + 9·i·n and 2·(k + l + m + n) = **{n(block.params)}**. MACs:
        {g}² · (i·k + 9·k·l) + {h}² · (9·l·m + 9·i·n) = **{n(block.macs)}**. The usual slip is to run all four on
        one grid; the long branch changes grids in its last layer.
        """,
        {"channels": channels, "side": h, "params": block.params, "MACs": block.macs},
    )


@question(
    7,
    "predict",
    "One block more",
    goal="predict the cost of depth in a uniform network, and its reach",
    difficulty=1,
    minutes=8,
    vary=lambda r: {"letter": r.choice(["A", "B", "C"]), "more": r.choice([1, 2, 3])},
)
def one_block_more(letter="B", more=2):
    whole = il.cost("inception_v4")
    block = whole[f"{letter}1"]
    numbers = [s for s in whole.stages if s.name[0] == letter and s.name[1:].isdigit()]
    first, second = numbers[0], numbers[1]
    step = second.receptive_field[0] - first.receptive_field[0]
    params, macs = more * block.params, more * block.macs
    return Text(
        f"""
        Inception-v4 has {len(numbers)} blocks {letter}. Somebody adds {more}. Predict from the chapter's table, without
        building it: the parameters and MACs that are added, as numbers and in per cent of the network, and by how
        many pixels the receptive field after the blocks {letter} grows. Why is this so much easier here than in
        Inception-v3?
        """,
        f"""
        {more} · {n(block.params)} = **{n(params)}** parameters, {percent(params / whole.params, 1)};
        {more} · {n(block.macs)} = **{n(macs)}** MACs, {percent(macs / whole.macs, 1)}. The field grows by {step}
        pixels a block, **{more * step}** in all: the kernels' (k − 1) along the longest branch times the distance of
        its inputs. It is easy because the blocks of a grid are equal: each outputs as many channels as it reads. In Inception-v3
        a block can change the width, and so the cost of the next one.
        """,
        {"params": params, "MACs": macs, "field": more * step},
    )


@question(
    7,
    "fault",
    "A misprint that nothing complains of",
    goal="choose a test that tells two networks of equal counts apart",
    difficulty=3,
    minutes=12,
    vary=lambda r: {
        "i": r.choice([768, 1024]),
        "widths": r.choice([(192, 224, 256), (128, 160, 192)]),
    },
)
def twice_the_same(i=1024, widths=(192, 224, 256), grid=17):
    one, two, three = widths

    def branch(second):
        chain = il.Chain([il.Conv(one), il.Conv(two, (1, 7)), il.Conv(three, second)])
        return il.cost(chain, (i, grid, grid), defaults=il.BATCH_NORM)

    drawn, meant = branch((1, 7)), branch((7, 1))
    fields = ["×".join(map(str, c.layers[-1].receptive_field)) for c in (drawn, meant)]
    return Text(
        f"""
        A figure shows a branch as 1×1 to {one}, 1×7 to {two}, 1×7 to {three}; the authors' code has a 7×1 as the last
        layer. On {i} channels and a grid of {grid}×{grid}: compare shape, parameters, MACs and what one output sees, for
        both. Which of your four comparisons would tell a reader that something is wrong? Describe a test that needs
        neither the code nor the weights of anybody else.
        """,
        f"""
        Shape {three}×{grid}×{grid}, **{n(meant.params)}** parameters and **{n(meant.macs)}** MACs, for both:
        {n(drawn.params)} and {n(drawn.macs)}. What one output sees: **{fields[0]}** as drawn, **{fields[1]}** as meant
        (height × width). Only the last differs. A test: take the gradient of one output with respect to the input and
        look which positions are not zero. Or by symmetry: nothing in the block looks up or down, though its name says
        7×7. A comparison of counts, however exact, tests nothing here.
        """,
        {"params": meant.params, "MACs": meant.macs},
    )


@question(
    7,
    "explain",
    "What uniform asks for",
    goal="derive a constraint from a word of the description",
    difficulty=2,
    minutes=8,
)
def what_uniform_asks():
    v3, v4 = il.architecture("inception_v3"), il.architecture("inception_v4")

    def sizes(network):
        nodes = [node for name, node in network.stages if name[0] in "ABC" and name[1:].isdigit()]
        return len(nodes), len(set(nodes))

    widths = [
        il.cost("inception_v4")[s].out_shape[0] for s in ("stem3", "reduction_a", "reduction_b")
    ]
    return Text(
        f"""
        Inception-v3 has {sizes(v3)[0]} blocks on its three grids, of {sizes(v3)[1]} sizes; Inception-v4 has
        {sizes(v4)[0]} of {sizes(v4)[1]}. Why must a block that is repeated without any change output as many channels
        as it reads? Where, then, can Inception-v4 change its width, and to which widths does it? Name one thing that
        uniformity gains and one that it may cost, and say for each whether chapter 7 measured it.
        """,
        f"""
        If it output more, the next block would read more and need more weights: it would not be equal. Only the stem
        and the two reductions change the width: {widths[0]}, **{widths[1]}** and **{widths[2]}**. Uniformity gains a
        short description, and depth by changing one number: not measured, because it is not a matter of accuracy. It may
        cost the freedom to give each block its best width: the chapter compared the two at small scale and equal cost,
        and its verdict counts as printed there ("cannot tell" is not the same as "costs nothing"). Marks for *measured
        or not* count as much as for the things themselves.
        """,
        {"first": widths[1], "second": widths[2]},
    )


@question(
    7,
    "claim",
    "Inception with residual connections",
    goal="refute a sentence by looking, and say where it comes from",
    difficulty=1,
    minutes=5,
)
def v4_has_residuals():
    names = ("inception_v4", "inception_resnet_v1", "inception_resnet_v2")
    sums = [
        sum(isinstance(node, il.Residual) for _, node in il.architecture(x).stages) for x in names
    ]
    v4, v3 = il.cost("inception_v4"), il.cost("inception_v3")
    return Text(
        """
        "Inception-v4 combines the Inception architecture with residual connections, which is why it is better than
        Inception-v3." Find out in one line of code how many residual sums `inception_v4`, `inception_resnet_v1` and
        `inception_resnet_v2` have. What is right about the sentence, and what else distinguishes v4 from v3 so that
        "which is why" could not be shown even if the first half were right?
        """,
        f"""
        `sum(isinstance(node, il.Residual) for _, node in il.architecture(name).stages)` gives **{sums[0]}**,
        **{sums[1]}** and **{sums[2]}**. Inception-v4 has none. The same paper introduces it and the two with residuals,
        which is where the sentence comes from. v4 also has a different stem, uniform blocks, more of them,
        {v4.params / v3.params:.2f} times the parameters and {v4.macs / v3.macs:.2f} times the MACs. One comparison of two
        networks that differ in five things says nothing about one of them.
        """,
        {"v1": sums[1], "v2": sums[2], "times": v4.macs / v3.macs},
    )
