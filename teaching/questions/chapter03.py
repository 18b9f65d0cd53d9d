"""Questions on chapter 3: GoogLeNet."""

from dataclasses import replace

import inception_lib as il
from inception_lib.networks.published import alexnet

from . import Text, n, percent, question


@question(
    3,
    "compute",
    "How far does a chain see?",
    goal="derive a receptive field and a stride layer by layer",
    difficulty=1,
    minutes=8,
    vary=lambda r: {
        "layers": tuple((r.choice([3, 5, 7]), r.choice([1, 2])) for _ in range(3)) + ((3, 2),)
    },
)
def field_of_a_chain(layers=((7, 2), (3, 2), (5, 1), (3, 2))):
    counted = il.cost(il.Chain([il.Conv(8, k, s) for k, s in layers]), (3, 256, 256)).layers[-1]
    field, step, steps = 1, 1, []
    for k, s in layers:
        steps.append(f"{k - 1}·{step}")
        step *= s
    field = counted.receptive_field[0]
    shown = ", ".join(f"{k}×{k} with stride {s}" for k, s in layers)
    return Text(
        f"""
        Four layers in a row: {shown}. How many pixels, along one side, can one output of the last layer see?
        How far apart, in pixels, are the middles of two neighboring outputs? What would the field be if all
        strides were 1?
        """,
        f"""
        A kernel of k adds (k − 1) times the distance between its inputs: 1 + {" + ".join(steps)} =
        **{field}** pixels. The distance is the product of the strides, **{counted.stride[0]}**. With strides
        of 1: 1 + the sum of all (k − 1) = **{1 + sum(k - 1 for k, _ in layers)}**. The usual slip is to
        multiply by the layer's own stride; it is the product of the strides *before* it that counts.
        """,
        {
            "field": field,
            "stride": counted.stride[0],
            "without": 1 + sum(k - 1 for k, _ in layers),
        },
    )


@question(
    3,
    "compute",
    "An auxiliary head of your own",
    goal="count a head: pooling, 1×1, two linear layers",
    difficulty=2,
    minutes=10,
    vary=lambda r: {
        "i": r.choice([480, 576, 640]),
        "grid": r.choice([14, 17, 20]),
        "hidden": r.choice([256, 512, 768]),
        "classes": r.choice([20, 100, 200]),
    },
)
def own_aux_head(i=480, grid=17, narrow=128, hidden=512, classes=100):
    side = (grid - 5) // 3 + 1
    conv = il.cost(il.Conv(narrow), (i, side, side)).params
    flat = narrow * side * side
    first, last = flat * hidden + hidden, hidden * classes + classes
    total = conv + first + last
    return Text(
        f"""
        An auxiliary head reads {i} channels on {grid}×{grid}: average pooling of 5×5 with stride 3 and no
        padding, a 1×1 to {narrow} channels, a linear layer of {hidden}, and one of {classes} classes. Everything has
        biases. How many parameters does the head have, and what share of them is in the first linear layer?
        What would make that layer small without taking it out?
        """,
        f"""
        Pooling: ({grid} − 5) // 3 + 1 = {side}, so {side}×{side}. The 1×1: {n(conv)}. First linear layer:
        it reads {narrow} · {side * side} = {n(flat)} values, {n(first)} parameters. The last: {n(last)}.
        Together **{n(total)}**, of which **{percent(first / total)}** in the first linear layer. A global
        average before it would leave it {narrow} values to read: that is what the network's own head does. A
        student who counts the linear layer as a 1×1 has forgotten that it reads every position.
        """,
        {"total": total, "share": first / total},
    )


@question(
    3,
    "predict",
    "Half the width",
    goal="predict how parameters and MACs scale, and explain what does not",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"tenths": r.choice([3, 4, 6, 7, 15, 20])},
)
def half_the_width(tenths=5):
    w = tenths / 10
    whole, thin = il.cost("googlenet"), il.cost("googlenet", width=w)
    params, macs = thin.params / whole.params, thin.macs / whole.macs
    first = il.cost("googlenet", width=w)["conv1"].params / whole["conv1"].params
    return Text(
        f"""
        `il.cost("googlenet", width=w)` multiplies the channels of every convolution by w. Predict, before you
        run it, by which factor the parameters and the MACs change for w = {w:g}. Then run it. Which layers
        make the difference between your prediction and the result?
        """,
        f"""
        The first guess is w² = {w * w:.2f}, because a convolution has i · o · k² weights and both widths
        change. Counted: parameters **{params:.3f}**, MACs **{macs:.3f}** of the whole network's. The layers
        that change only by w: the first convolution, which always reads 3 channels ({first:.2f}), and the
        linear layer, whose classes stay; biases too. Channels also come whole. The linear layer has a large
        share of the parameters and almost none of the MACs; the first convolution the other way round.
        """,
        {"parameters": params, "MACs": macs},
    )


@question(
    3,
    "explain",
    "A weight that works, a weight that rests",
    goal="explain why parameters and MACs live in different places",
    difficulty=2,
    minutes=8,
)
def where_they_live(early=("conv2", "3a", "3b"), late=("5a", "5b", "fc")):
    whole = il.cost("googlenet")

    def share(stages, what):
        return sum(getattr(whole[s], what) for s in stages) / getattr(whole, what)

    early_macs, early_params = share(early, "macs"), share(early, "params")
    late_macs, late_params = share(late, "macs"), share(late, "params")
    often, seldom = (whole[s].out_shape[1] ** 2 for s in ("conv2", "5b"))
    return Text(
        f"""
        In GoogLeNet {percent(early_macs)} of the MACs are in {", ".join(early)}, and {percent(late_params)} of
        the parameters are in {", ".join(late)}. Explain it in three sentences at most, with the number of
        times that one weight of conv2 and one of 5b is used for a picture. You may change *one* of the three
        late stages to save parameters, and *one* of the early ones to save MACs: where would you look first,
        and what would you have to measure before you did it?
        """,
        f"""
        A weight is one parameter wherever it stands, and is used once at each position of its grid: in conv2
        **{n(often)}** times (its grid is 56×56), in 5b **{seldom}** times, in the linear layer once. Grids shrink
        while channels grow, so early stages hold {percent(early_params)} of the parameters and late ones
        {percent(late_macs)} of the MACs. To look at: conv2, the largest stage in MACs
        ({percent(whole["conv2"].macs / whole.macs)}), and 5b, the largest in parameters
        ({percent(whole["5b"].params / whole.params)}). Before: what accuracy is lost, since no count tells.
        """,
        {"often": often, "early": early_params, "late": late_macs},
    )


@question(
    3,
    "fault",
    "A GoogLeNet that ends on 6×6",
    goal="find a fault that no parameter count shows",
    difficulty=3,
    minutes=10,
)
def ends_on_six(side=224):
    paper = il.architecture("googlenet")
    dropping = il.MaxPool(3, 2, padding="valid", ceil_mode=False)
    stages = {
        name: dropping if isinstance(node, il.MaxPool) else node for name, node in paper.stages
    }
    faulty = il.cost(replace(paper, stages=tuple(stages.items())))
    right = il.cost(paper)
    grids = [faulty[s].out_shape[1] for s in ("conv1", "pool1", "pool2", "pool3", "pool4")]
    wanted = [right[s].out_shape[1] for s in ("conv1", "pool1", "pool2", "pool3", "pool4")]
    return Text(
        f"""
        A GoogLeNet in PyTorch has `nn.MaxPool2d(3, 2)` in all four places. On pictures of {side}×{side} it runs,
        and it has exactly the paper's {n(right.params)} parameters. Give the side of the grid after the first
        convolution and after each pooling. Why does nothing complain at the end? Name two checks of one line
        each that would have found it, and mend it in two ways that are *not* the same function.
        """,
        f"""
        {" → ".join(map(str, grids))} in place of {" → ".join(map(str, wanted))}: without ceil mode or padding the
        last window, which hangs over the edge, is dropped. The head takes the mean of each channel, whatever the
        grid, so the linear layer still gets its channels. Checks: print the shape after each stage; count the
        MACs, **{n(faulty.macs)}** instead of **{n(right.macs)}**. Mended: `ceil_mode=True`, or `padding=1`. Both
        give the grids of the table at {side} pixels, with windows that begin one place apart, so weights trained
        with one do not fit the other.
        """,
        {"last": grids[-1], "faulty": faulty.macs, "right": right.macs},
    )


@question(
    3,
    "claim",
    "Twelve times fewer than AlexNet",
    goal="trace a printed ratio to its two numbers and judge each",
    difficulty=2,
    minutes=8,
)
def twelve_times():
    said = {p.network: p.value for p in il.PRINTED if p.source == "arXiv 1512.00567, section 1"}
    times = next(p.value for p in il.PRINTED if "AlexNet" in p.quantity)
    big, small = il.cost(alexnet()).params, il.cost("googlenet").params
    with_heads = il.cost("googlenet", aux=True).params
    return Text(
        f"""
        "GoogLeNet uses {times:.0f} times fewer parameters than AlexNet." A later paper gives the two numbers
        as {said["alexnet"] / 1e6:.0f} and {said["googlenet"] / 1e6:.0f} million. Count both networks
        (`torchvision.models.alexnet`, `il.cost("googlenet")`). Which of the two numbers is wrong, and what is
        the ratio? Somebody defends the claim: "they counted without the classifier". Somebody else attacks it:
        "with the auxiliary heads it is less than five times". Are these two right?
        """,
        f"""
        AlexNet: **{n(big)}**, so {said["alexnet"] / 1e6:.0f} million is right. GoogLeNet: **{n(small)}**, not
        {said["googlenet"] / 1e6:.0f} million. The ratio is **{big / small:.2f}**. Without GoogLeNet's
        classifier it would be {(big / (small - il.cost("googlenet")["fc"].params)):.1f}, and AlexNet would have to
        lose its own too, so this does not give {times:.0f}. With both heads GoogLeNet trains
        {n(with_heads)} parameters, and the ratio is **{big / with_heads:.2f}**: the attack is right about the
        number, but AlexNet would be compared in use with GoogLeNet in training. Name what is counted.
        """,
        {
            "AlexNet": big,
            "GoogLeNet": small,
            "ratio": big / small,
            "with heads": big / with_heads,
        },
    )
