"""Questions on chapter 6: Inception-v3."""

import math

import inception_lib as il

from . import Text, n, percent, question


@question(
    6,
    "compute",
    "A target that can be reached",
    goal="derive the smoothed target, the gap that it asks for and the smallest loss",
    difficulty=2,
    minutes=12,
    vary=lambda r: {
        "classes": r.choice([5, 20, 50, 100, 200]),
        "hundredths": r.choice([5, 10, 20]),
    },
)
def smoothed(classes=100, hundredths=10):
    eps = hundredths / 100
    low = eps / classes
    top = 1 - eps + low
    gap = math.log(top / low)
    entropy = -top * math.log(top) - (classes - 1) * low * math.log(low)
    return Text(
        f"""
        {classes} classes, label smoothing ε = {eps:g}. What is the target of the right class, and of each other?
        By how much should the right logit lie above the others, at the best? What is the smallest loss that any
        network can reach? What is wrong with the sentence "smoothing gave a higher loss, so it did harm"?
        """,
        f"""
        Right class: 1 − ε + ε/K = **{top:.4f}**; each other ε/K = **{low:.4f}**. The best probabilities are the
        target, and logits differ by the logarithm of their ratio: ln({top:.4f} / {low:.4f}) = **{gap:.2f}**. The
        smallest loss is the target's entropy, **{entropy:.3f}**, not zero. So losses with and without smoothing
        are losses of different targets and cannot be compared; compare accuracy, or the plain cross-entropy of
        both on the same pictures.
        """,
        {"top": top, "low": low, "gap": gap, "entropy": entropy},
    )


@question(
    6,
    "compute",
    "One step of RMSProp",
    goal="do a step with ε inside and outside the root, and say when it matters",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"g": r.choice([0.1, 0.2, 3, 5]), "rate": r.choice([0.1, 0.045, 0.5])},
)
def rmsprop_step(g=0.2, rate=0.1, decay=0.9):
    inside = rate * g / math.sqrt(decay + (1 - decay) * g * g + 1)
    outside = rate * g / (math.sqrt((1 - decay) * g * g) + 1)
    return Text(
        f"""
        A weight's first gradient is {g:g}, the learning rate {rate:g}, the decay {decay:g}, ε = 1, no momentum.
        How far does the weight move (a) with ε under the root and a running mean of squares that begins at 1, as
        TensorFlow has it; (b) with ε outside the root and a start at 0, as torch has it? How far with plain
        gradient descent? What does a very small ε outside the root do to the first step?
        """,
        f"""
        (a) s = {decay:g} + {1 - decay:.1f} · {g:g}² = {decay + (1 - decay) * g * g:.3f}; the step is {rate:g} ·
        {g:g} / √(s + 1) = **{inside:.4f}**. (b) s = {(1 - decay) * g * g:.4f}; {rate:g} · {g:g} / (√s + 1) =
        **{outside:.4f}**. Plain: **{rate * g:.4f}**. With a tiny ε in (b) the step is {rate:g} / √{1 - decay:.1f}
        = {rate / math.sqrt(1 - decay):.3f}, whatever the gradient is. So `eps=1` copied from one library to the
        other is a different brake, and the size of the gradients decides how much that matters.
        """,
        {"inside": inside, "outside": outside, "plain": rate * g},
    )


def exact_sides(most):
    """Sides from which the layers without padding lead to whole grids with nothing left over."""
    found = []
    for side in range(75, most):
        grid, fits = side, True
        for kernel, stride in ((3, 2), (3, 1), (3, 2), (3, 1), (3, 2), (3, 2), (3, 2)):
            fits &= (grid - kernel) % stride == 0
            grid = (grid - kernel) // stride + 1
        if fits:
            found.append((side, grid))
    return found


@question(
    6,
    "explain",
    "Why 299?",
    goal="go backwards through layers without padding",
    difficulty=2,
    minutes=10,
    vary=lambda r: {"last": r.choice([7, 9, 10, 12])},
)
def why_299(last=9):
    sides = {grid: side for side, grid in exact_sides(700)}
    apart = sides[9] - sides[8]
    return Text(
        f"""
        In Inception-v3 seven layers have no padding: 3×3 of stride 2, 3×3, a pooling 3×3 of stride 2, a 3×3, such a
        pooling again, and the two grid reductions (3×3 of stride 2). Which side of a square picture ends on 8×8 with
        no row left over? Which one ends on {last}×{last}? How far apart are neighboring sides of this kind, and
        why? What happens to a picture that is one pixel wider?
        """,
        f"""
        Backwards, stride 2 makes 2n + 1 of n and stride 1 makes n + 2. From 8: **{sides[8]}**. From {last}:
        **{sides[last]}**. They are **{apart}** apart: each of five halvings doubles the distance, 2⁵. One pixel more
        still ends on the same grid: the last row and column are then not read by the first layer at all. So "needs
        {sides[8]}" is too strong. It is the size at which nothing is wasted.
        """,
        {"eight": sides[8], "last": sides[last], "apart": apart},
    )


@question(
    6,
    "fault",
    "Same weights, same shapes, other answers",
    goal="locate a difference that no count shows",
    difficulty=3,
    minutes=10,
    vary=lambda r: {"grid": r.choice([8, 17, 25, 35])},
)
def counted_zeros(grid=35):
    ring, corners = 4 * (grid - 1), 4
    share = ring / grid**2
    return Text(
        f"""
        Weights of TF-slim's Inception-v3 are loaded into torchvision's model. All names and shapes fit, and the
        parameters are equal. On a gray picture the maps of the first block agree in the middle and differ at the
        border. Which setting is it? On a map of ones, what does each of the two output at an edge and at a corner?
        At how many of the {grid}×{grid} positions of a map does *one* such layer differ, and why do later layers
        differ everywhere?
        """,
        f"""
        The 3×3 average pooling: torchvision counts the zeros of the padding (`count_include_pad=True`), TF-slim
        divides by the real values. On ones: TF-slim 1 everywhere; torchvision 6/9 = **{6 / 9:.2f}** at an edge, 4/9 =
        **{4 / 9:.2f}** at the {corners} corners. One layer differs on the outermost ring, 4 · ({grid} − 1) = **{ring}**
        positions, {percent(share)}. Each later kernel carries the difference as far inwards as it reaches. A first
        idea of many is the order of the colors or ε; both would show in the middle, too.
        """,
        {"edge": 6 / 9, "corner": 4 / 9, "ring": ring},
    )


@question(
    6,
    "claim",
    "48 layers, 22 million, 5 billion",
    goal="find for each part of a sentence the way of counting that makes it true",
    difficulty=2,
    minutes=10,
)
def three_numbers():
    counts = il.count_conventions("inception_v3")
    printed = next(
        p.value for p in il.PRINTED if p.network == "inception_v3" and p.quantity == "macs"
    )
    layers = il.depth(il.architecture("inception_v3"))
    convolutions = sum(x.op.startswith("conv") for x in il.cost("inception_v3").layers)
    return Text(
        f"""
        "Inception-v3 has {layers} layers, 22 million parameters and needs {printed / 1e9:.0f} billion
        multiply-adds." For each number: say how you would count it, what comes out, and, where the number is off,
        which other way of counting gives it. One of the three cannot be rescued: which? The paper itself says 42
        layers and "less than 25 million".
        """,
        f"""
        *Layers:* the longest path, counted in layers with weights, is **{layers}**. (Of {convolutions} convolutions. The
        paper's 42 does not follow from this rule for the released network.) *Parameters:* **{n(counts["params"])}**;
        22 million are the weights of the convolutions alone, **{n(counts["convolutions"])}**, or the network
        without its classifier, {n(counts["no_classifier"])}. "Less than 25 million" holds; with the auxiliary head,
        {n(counts["aux"])}, it would not. *Multiply-adds:* **{n(counts["macs"])}** at the paper's size, which rounds
        to 6 and not to {printed / 1e9:.0f} billion. No count that we know gives it: this is the one that cannot be
        rescued.
        """,
        {
            "layers": layers,
            "params": counts["params"],
            "convolutions": counts["convolutions"],
            "MACs": counts["macs"],
        },
    )


@question(
    6,
    "predict",
    "What does a larger picture cost?",
    goal="predict how MACs grow with the input, and where the simple rule fails",
    difficulty=1,
    minutes=6,
    vary=lambda r: {"side": r.choice([150, 224, 320, 448, 512])},
)
def larger_picture(side=448, own=299):
    counted, whole = il.cost("inception_v3", input_size=side), il.cost("inception_v3")
    area, macs = (side / own) ** 2, counted.macs / whole.macs
    return Text(
        f"""
        Inception-v3 is to read pictures of {side}×{side} in place of {own}×{own}. Predict the factor for the MACs and
        for the parameters. Compute both with `il.cost("inception_v3", input_size={side})`. Why is your prediction not
        exact? Which layer's cost does not change at all?
        """,
        f"""
        The area changes by **{area:.2f}**, and so, nearly, do the MACs: **{macs:.3f}**. The parameters stay,
        {n(counted.params)}. It is not exact because seven layers have no padding: each takes off rows, which weigh
        more on a small grid; and grids are whole. The linear layer after the global average costs the same at any
        size, {n(whole["fc"].macs)} MACs.
        """,
        {"area": area, "MACs": macs},
    )
