"""Questions on chapter 9: the family."""

import inception_lib as il
from inception_lib.counting.conventions import CONVENTIONS

from . import Text, n, question

NETWORKS = ("inception_v3", "inception_v4", "inception_resnet_v2", "bn_inception")


@question(
    9,
    "compute",
    "Groups, and a 1×1 after them",
    goal="count grouped and separable convolutions",
    difficulty=1,
    minutes=8,
    vary=lambda r: {
        "c": r.choice([64, 128, 256]),
        "groups": r.choice([4, 8, 16, 32]),
        "k": r.choice([3, 5, 7]),
    },
)
def groups(c=128, groups=32, k=3):
    bare = il.Defaults(bias=False)

    def weights(*layers):
        return il.cost(il.Chain(layers), (c, 16, 16), defaults=bare).params

    full = weights(il.Conv(c, k))
    grouped = weights(il.Conv(c, k, groups=groups))
    separable = weights(il.Conv(c, k, groups=c, act="none"), il.Conv(c))
    return Text(
        f"""
        A {k}×{k} from {c} to {c} channels, without biases: how many weights does it have (a) as it is, (b) in {groups} groups, (c) as a
        separable convolution, depthwise and then a 1×1? Which channels can an output of (b) see, and which one of (c)? What would
        you put after (b) so that it sees all of them?
        """,
        f"""
        (a) {c}² · {k * k} = **{n(full)}**. (b) each kernel reads {c} / {groups} = {c // groups} channels: **{n(grouped)}**,
        1/{groups} of (a). (c) {c} · {k * k} + {c}² = **{n(separable)}**. An output of (b) sees its own group's {c // groups} channels; one of
        (c) sees all, through the 1×1. After (b): a 1×1 (as in ResNeXt), or a shuffle of the channels and another grouped layer.
        """,
        {"full": full, "grouped": grouped, "separable": separable},
    )


@question(
    9,
    "explain",
    "Four numbers for one network",
    goal="tell which convention gives which count",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"name": r.choice(NETWORKS)},
)
def four_numbers(name="inception_v3"):
    counts = il.count_conventions(name)
    keys = ["params", "convolutions", "keras", "classes_1001"]
    found = ", ".join(n(counts[key]) for key in sorted(keys, key=lambda k: counts[k]))
    rows = "; ".join(f"**{n(counts[key])}**: {CONVENTIONS[key]}" for key in keys)
    channels = (counts["statistics"] - counts["params"]) // 2
    return Text(
        f"""
        Four people give four numbers for `{name}`: {found}. Say of each what was counted, without looking them up: argue from the
        differences. From which two of them can you find the number of channels that are normalized? How many are they?
        """,
        f"""
        {rows}. A class more in the head is a small difference, one row of weights and a bias. Keras counts three numbers for each normalized
        channel (shift, running mean and variance, no scale), PyTorch two: the difference of these two is the number of channels,
        **{n(channels)}**. `il.explain_count(…)` looks such numbers up.
        """,
        {"channels": channels} | {key: counts[key] for key in keys},
    )


@question(
    9,
    "compute",
    "Choose for a budget",
    goal="choose a network by limits, and say what the table does not know",
    difficulty=2,
    minutes=8,
    vary=lambda r: {
        "millions": r.choice([8, 12, 24, 25, 45]),
        "billions": r.choice([2.5, 6, 6.5, 13]),
        "side": r.choice([64, 100, 299]),
    },
)
def for_a_budget(millions=24, billions=6, side=64):
    errors = {
        p.network: p.value for p in il.PRINTED if p.quantity == "top-1 error, 1 crop"
    }  # one network, one crop
    rows = []
    for name in il.list_models(by_year=True):
        c = il.cost(name)
        fits = c.params <= millions * 1e6 and c.macs <= billions * 1e9
        if name in errors and fits:
            rows.append((errors[name], name, c, il.min_input_size(il.architecture(name))))
    rows.sort(key=lambda row: row[0])
    small = [row for row in rows if row[3] <= side]
    shown = "; ".join(f"{name} ({error:g}%, from {least} pixels)" for error, name, _, least in rows)
    error, best = small[0][:2]  # GoogLeNet is always among them
    return Text(
        f"""
        At most {millions} million parameters and {billions:g} billion MACs, each network at its own size. Your pictures are
        {side}×{side} and there are no larger ones. Which networks of chapter 9's tables fit the two limits? Which of these can read such a
        picture at all? Which has the smallest printed top-1 error? Name two things that speak against choosing by that error.
        """,
        f"""
        By the limits: {shown}. At {side} pixels the smallest printed error is that of **{best}**, {error:g}%. Against choosing by it: the
        errors come from papers with different training and not quite the same pictures; they were measured at each network's own size, not at
        {side}; MACs are not seconds; and what counts for own pictures is which trained weights there are. (Pictures can be enlarged to a
        network's size: that is allowed, costs the MACs of the large size and adds no information.)
        """,
        {"error": error},
    )


@question(
    9,
    "predict",
    "The same two at one size",
    goal="separate what a network costs from what a picture costs",
    difficulty=1,
    minutes=6,
    vary=lambda r: {"new": r.choice(NETWORKS[:3]), "size": r.choice([224, 256, 320])},
)
def at_one_size(new="inception_v3", size=224):
    own = il.cost(new).macs / il.cost("googlenet").macs
    one = il.cost(new, input_size=size).macs / il.cost("googlenet", input_size=size).macs
    return Text(
        f"""
        A table says that `{new}` takes {own:.2f} times the MACs of GoogLeNet, each at its paper's size. Predict whether the factor is larger or
        smaller if both read {size}×{size}, and by about how much. Compute it. Which of the two factors would you print, and with which words?
        """,
        f"""
        Smaller: GoogLeNet's own size is the smaller one, so part of the factor is the picture. At {size} pixels **{own:.2f}** becomes **{one:.2f}**; the quotient
        of the two, {own / one:.2f}, is what the larger picture does. Either may be printed, if the sizes are given with it. "Three times as
        expensive" without a size is not a statement about networks.
        """,
        {"own": own, "one": one},
    )


@question(
    9,
    "claim",
    "Two errors for one network",
    goal="compare sources before comparing networks",
    difficulty=2,
    minutes=8,
)
def two_errors():
    facts = [p for p in il.PRINTED if p.network == "googlenet" and p.quantity.startswith("top-5")]

    def crops(fact):
        return fact.quantity.split(", ")[1].replace("1 crops", "1 crop")

    listed = "; ".join(f"{p.value:g} % ({crops(p)}, {p.source})" for p in facts)
    own = next(p.value for p in facts if p.quantity == "top-5 error, 1 crops")  # its own paper
    later = next(p.value for p in facts if p.quantity == "top-5 error, 1 crop")
    ten = next(p.value for p in facts if p.quantity == "top-5 error, 10 crops")
    newer = next(
        p.value
        for p in il.PRINTED
        if p.network == "bn_inception" and p.quantity == "top-5 error, 1 crop"
    )
    return Text(
        f"""
        Top-5 errors printed for GoogLeNet: {listed}. A slide says: "From GoogLeNet to BN-Inception ({newer:g}%, one crop) the error falls by
        {later - newer:.1f} points." Which two numbers did it subtract? Which of the printed numbers would you use, and what does the fall become? What
        explanation for the disagreement suggests itself, and why should the slide not state it as a fact?
        """,
        f"""
        {later:g} − {newer:g} = **{later - newer:.1f}**. GoogLeNet's own paper has {own:g} % for one crop; with it the fall is **{own - newer:.2f}** points. The later paper's
        {later:g} is nearer to the {ten:g} that the first one prints for ten crops: it may have been taken from there. Nobody says so, so it is an
        inference. Also: BN-Inception's number is from yet another paper, on a set of pictures from which some were left out, which alone makes an
        error smaller. The percentage points between papers carry all of that.
        """,
        {"own": own - newer, "slide": later - newer},
    )
