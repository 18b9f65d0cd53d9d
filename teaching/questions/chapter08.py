"""Questions on chapter 8: Inception-ResNet."""

from math import comb

import inception_lib as il
from inception_lib.papers.claims import CLAIMS, V4

from . import Text, n, num, percent, question


@question(
    8,
    "compute",
    "Narrow inside, wide outside",
    goal="count a residual block and say where its weights are",
    difficulty=2,
    minutes=12,
    vary=lambda r: {
        "i": r.choice([192, 256, 320, 448]),
        "c": r.choice([24, 32, 40, 48]),
        "grid": r.choice([17, 28, 35]),
    },
)
def narrow_inside(i=320, c=40, grid=28):
    block = il.cost(il.residual_a(c, (c, c), (c, c, c), i), (i, grid, grid), defaults=il.BATCH_NORM)
    ones = 3 * i * c + 3 * c * i
    weights = ones + 3 * 9 * c * c
    return Text(
        f"""
        A residual block reads {i} channels on {grid}×{grid}. Three branches: a 1×1 to {c}; a 1×1 and a 3×3, both to {c};
        a 1×1 and two 3×3, all to {c}. They are concatenated, and a 1×1 with a bias and without normalization brings them
        back to {i}; all other convolutions have batch normalization and no bias. How many weights does the block have, how many
        parameters and MACs? What share of the weights is in 1×1 kernels? What do the sum and the scale add?
        """,
        f"""
        1×1: three of {i}·{c} in, one of {3 * c}·{i} out, {n(ones)}. 3×3: three of 9·{c}², {n(weights - ones)}. Weights
        **{n(weights)}**, of which **{percent(ones / weights)}** in 1×1. Parameters: 2·{6 * c} for the normalizations and {i}
        biases more, **{n(block.params)}**. MACs: **{n(block.macs)}**. The sum adds no parameter and no MAC, one addition and
        one multiplication a value; but a second map of {i} channels has to be kept while the body runs.
        """,
        {
            "weights": weights,
            "share": ones / weights,
            "params": block.params,
            "MACs": block.macs,
        },
    )


@question(
    8,
    "compute",
    "Many paths",
    goal="weigh the paths of a residual chain with the binomial formula",
    difficulty=3,
    minutes=10,
    vary=lambda r: {"blocks": r.choice([5, 8, 12, 20]), "tenths": r.choice([1, 2, 3, 5])},
)
def many_paths(blocks=20, tenths=1):
    s = tenths / 10
    total = (1 + s) ** blocks
    mean = blocks * s / (1 + s)
    short = sum(comb(blocks, k) * s**k for k in (0, 1)) / total
    return Text(
        f"""
        {blocks} residual blocks in a row with the scale s = {s:g}. Treat every body as the same linear map that neither
        enlarges nor shrinks, and leave the ReLUs out. How many paths lead through the chain? Through how many bodies does
        the signal pass on average, each path weighted with its factor? What share goes through one body or none? Name two
        things that this model leaves out.
        """,
        f"""
        2^{blocks} = {n(2**blocks)} paths. The paths through k bodies weigh C({blocks}, k)·sᵏ, together (1 + s)^{blocks} =
        {total:.2f}. On average {blocks}·s / (1 + s) = **{mean:.2f}** bodies: a binomial distribution with the share
        s / (1 + s). One or none: (1 + {blocks}·s) / (1 + s)^{blocks} = **{percent(short)}**. Left out: the ReLUs after the
        sums, batch normalization in the bodies, that trained bodies may enlarge what they read, that bodies differ.
        """,
        {"mean": mean, "short": short},
    )


@question(
    8,
    "fault",
    "A block that can only add",
    goal="find a wrong activation by an inequality",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"s": r.choice([0.1, 0.17, 0.2])},
)
def only_adds(s=0.17, x=2.0, body=-5.0):
    right, wrong = max(x + s * body, 0), x + s * max(body, 0)
    return Text(
        f"""
        ```python
        def forward(self, x):
            body = torch.cat([branch(x) for branch in self.branches], 1)
            return torch.relu(x + {s:g} * self.up(body).relu())
        ```

        Shapes and counts are those of the paper. What is wrong? A value of x is {x:g}, and `self.up` gives {num(body)} there:
        what should come out, and what does? Give an inequality between `block(x)` and `x` that holds for every input of the
        faulty block and not of the right one. What happens to the map over twenty such blocks, and why does no error show it?
        """,
        f"""
        The last 1×1 must be linear. Right: max({x:g} − {s * -body:g}, 0) = **{right:.2f}**; here: **{wrong:.2f}**. With the
        second ReLU `block(x) >= x` everywhere, for x that is not negative: the block can only add, and what one block has
        written no later one takes back. The map grows from block to block. A ReLU has no parameters, so no count and no
        shape changes; the inequality on random weights finds it in two lines.
        """,
        {"right": right, "wrong": wrong},
    )


@question(
    8,
    "explain",
    "What a scale is, and what it is not",
    goal="separate the function of a parametrization from how it learns",
    difficulty=3,
    minutes=12,
    vary=lambda r: {"s": r.choice([0.1, 0.2, 0.25, 0.3])},
)
def what_a_scale_is(s=0.2):
    return Text(
        f"""
        "The scale of {s:g} weakens the block, so a network with scales can do less." Show that for every block with the scale
        {s:g} there is one with the scale 1 that is the same function. Both take one step of plain gradient descent with the same
        rate. How far does the product of scale and last weights move in the scaled block, compared with the other? With Adam? Which
        two things does a scale change, then, and how would you find out which of them keeps units alive?
        """,
        f"""
        The body ends in a linear 1×1: multiply its weights *and its bias* by {s:g} and drop the scale. Nothing that the one can do
        the other cannot. Gradient descent: the last weights' gradient is {s:g} times as large, and the step counts {s:g} times in
        the product: s² = **{s * s:.4g}** times as far. Adam divides by the gradient's size, one factor falls away: **{s:g}** times.
        So a scale is a smaller start *and* slower last weights. To separate them: scale 1 with last weights that begin at {s:g} of
        their size. The other half is scale {s:g} with last weights that begin as large as without one. In the chapter's networks a small start alone did not protect at high rates.
        """,
        {"descent": s * s, "Adam": s},
    )


@question(
    8,
    "claim",
    "Matches the raw cost",
    goal="use a claim about cost to judge between two readings of a figure",
    difficulty=2,
    minutes=8,
)
def raw_cost():
    v4 = il.cost("inception_v4").macs
    ratios = [il.cost(x).macs / v4 for x in ("inception_resnet_v2_paper", "inception_resnet_v2")]
    v1 = il.cost("inception_resnet_v1").macs / il.cost("inception_v3").macs
    verdicts = [c.verdict for c in CLAIMS if c.place == "section 3.2" and c.paper == V4]
    return Text(
        """
        The paper says that Inception-ResNet-v1 costs roughly what Inception-v3 costs, and that version 2 matches the raw cost of
        Inception-v4. Its figures draw 5, 10 and 5 blocks for both versions; the released version 2 has 10, 20 and 10. Compute the
        three ratios of MACs. What do they say about the figures of version 2? Write down an objection to your own argument.
        """,
        f"""
        Version 1 against v3: **{v1:.2f}**. Version 2 against v4: **{ratios[0]:.2f}** with the blocks of the figures,
        **{ratios[1]:.2f}** as released. A quarter less is not a match; {percent(ratios[1] - 1)} more may be one. With a tenth either way as
        the rule the book's page of claims says "{verdicts[2]}" and "{verdicts[1]}". Objections: "matches" is not a number; "raw cost" need
        not be MACs; the release also differs in the stem and the widths, so it is not the figures with more blocks.
        """,
        {"v1": v1, "figures": ratios[0], "released": ratios[1]},
    )


@question(
    8,
    "predict",
    "Twins with and without a shortcut",
    goal="predict an outcome, then read a record without claiming more",
    difficulty=2,
    minutes=10,
)
def twins(rate=0.002):
    parts = il.training_record("residual_shortcut")["parts"]

    def last(blocks, arm):
        runs = [parts[f"{blocks} blocks, rate {rate}, {arm}, seed {k}"] for k in range(5)]
        return sum(run["accuracy"] for run in runs) / len(runs)

    with_, without = "shortcut, scale 0.2", "no shortcut"
    table = {(b, arm): last(b, arm) for b in (4, 12) for arm in (with_, without)}
    return Text(
        f"""
        Twins of 4 and of 12 residual blocks, with shortcuts (scale one fifth) and without, have the same parameters and MACs. They are trained
        for the same few steps at the rate {rate:g}, five seeds each. Predict the order of the four mean test accuracies *before* you
        look at the chapter's record, with a reason for each place. Then compare. Which of these may you conclude: (a) deep networks
        need shortcuts; (b) these deep ones learned faster with them in these steps; (c) shortcuts do not matter at depth 4?
        """,
        f"""
        The record: 4 blocks **{table[4, with_]:.2f}** with and **{table[4, without]:.2f}** without; 12 blocks
        **{table[12, with_]:.2f}** with and **{table[12, without]:.2f}** without. Only (b). (a) asks for training to the end, and for
        recipes made for plain networks. (c) is a statement of *no* difference, which a few runs cannot give: at most, none was seen
        beyond the seeds. A prediction that was wrong costs no marks if its reason is one that the record then contradicts openly.
        """,
        {f"{b} {arm}": value for (b, arm), value in table.items()},
    )
