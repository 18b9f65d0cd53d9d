"""Questions on chapter 5: factorization."""

import inception_lib as il
from inception_lib.papers.recounts import BARE

from . import Text, n, percent, question


def counted(*layers, i, grid=32):
    return il.cost(il.Chain(layers), (i, grid, grid), defaults=BARE)


@question(
    5,
    "compute",
    "Less, or more?",
    goal="tell a saving at equal widths from the saving of a block",
    difficulty=2,
    minutes=10,
    vary=lambda r: {"stage": r.choice(["3b", "4a", "4b", "4e", "5b"])},
)
def less_or_not(stage="3b"):
    i, o = il.GOOGLENET[stage][3], il.GOOGLENET[stage][4]
    one = counted(il.Conv(o, 5), i=i).params
    wide = counted(il.Conv(o, 3), il.Conv(o, 3), i=i).params
    narrow = counted(il.Conv(i, 3), il.Conv(o, 3), i=i).params
    most, root = 25 * i * o // (9 * (i + o)), 9 * (i * o) ** 0.5 * (i + o)
    equal = percent(1 - 18 / 25)
    return Text(
        f"""
        In GoogLeNet's {stage} a 5×5 goes from {i} to {o} channels. "Two 3×3 in its place save {equal}." Count the
        weights of the 5×5, of two 3×3 with {o} channels between, and of two with {i} between. What is the
        largest number of channels between at which the pair costs no more than the 5×5? When do the {equal} hold?
        """,
        f"""
        5×5: **{n(one)}**. {o} between: 9 · {o} · ({i} + {o}) = **{n(wide)}**, {wide / one:.2f} times as many.
        {i} between: **{n(narrow)}**, {narrow / one:.2f} times. The pair costs 9·m·({i} + {o}), so m can be
        **{most}** at most. The {equal} are 1 − 18/25 and hold where all three widths are equal. With m = o the pair
        is cheaper only while o is below 16/9 of i; after a reduction a block widens by more than that. The paper's own
        width between, √(i·o), costs {root / one:.2f} of the 5×5.
        """,
        {"5×5": one, "wide": wide, "narrow": narrow, "most": most},
    )


@question(
    5,
    "compute",
    "Long kernels",
    goal="count an asymmetric pair and say at which width it stops saving",
    difficulty=1,
    minutes=8,
    vary=lambda r: {
        "size": r.choice([5, 7, 9, 11]),
        "i": r.choice([64, 96, 128]),
        "o": r.choice([64, 128, 192]),
    },
)
def long_kernels(size=9, i=96, o=192):
    one = counted(il.Conv(o, size), i=i).params
    pair = il.cost(il.factorized(size, o, o), (i, 32, 32), defaults=BARE).params
    star = size * i * o / (i + o)
    return Text(
        f"""
        A {size}×{size} goes from {i} to {o} channels. In its place come a 1×{size} to {o} and a {size}×1 to {o}
        channels. How many weights are there before and after? What share would be saved if all widths were
        equal? How many channels may there be between the two at most, if the pair is to cost no more?
        """,
        f"""
        Before: {i} · {o} · {size * size} = **{n(one)}**. After: {size} · {o} · ({i} + {o}) = **{n(pair)}**,
        {percent(1 - pair / one, 1)} less. At equal widths 1 − 2/{size} = **{percent(1 - 2 / size, 1)}**. The two
        cost the same at m\\* = {size} · {i} · {o} / ({i} + {o}) = **{star:.0f}** channels. For comparison: with
        {size} · {min(i, o)} channels between *every* kernel could be made, and the pair would cost more than
        the kernel.
        """,
        {"one": one, "pair": pair, "equal": 1 - 2 / size, "star": star},
    )


@question(
    5,
    "explain",
    "One border differs, the other does not",
    goal="explain a border effect by what the middle map would be outside",
    difficulty=3,
    minutes=10,
    vary=lambda r: {"grid": r.choice([10, 14, 17, 20])},
)
def two_borders(grid=12):
    ring = grid**2 - (grid - 2) ** 2
    ring2 = grid**2 - (grid - 4) ** 2
    return Text(
        f"""
        Without biases and activations, two 3×3 with padding 1 are one 5×5 with padding 2, except on a ring. On
        a grid of {grid}×{grid}, how many positions does the ring have? How many for three 3×3 compared with one 7×7? A 1×5
        (padding 0, 2) and a 5×1 (padding 2, 0) are one 5×5 *everywhere*. Explain both by one question: what
        would be in the middle map one step beyond the edge?
        """,
        f"""
        The ring is one position wide: {grid}² − {grid - 2}² = **{ring}**. For three it is two wide, because the
        layers after the first reach two steps: {grid}² − {grid - 4}² = **{ring2}**.

        Beyond the edge a 3×3 still sees the picture's first row, so the middle map would go on there with numbers
        that are not zero; the pair has padded it with zeros. A 1×5 looks sideways only: one row above the picture
        it sees nothing but zeros and would output zero, which is what the padding is. With a bias in the first
        layer the second case differs, too, since then it would output the bias.
        """,
        {"two": ring, "three": ring2},
    )


@question(
    5,
    "predict",
    "Three ways to halve a grid",
    goal="predict order of cost and the narrowest place before counting",
    difficulty=2,
    minutes=10,
    vary=lambda r: {"k": r.choice([96, 160, 256]), "d": r.choice([16, 20, 28, 36])},
)
def three_ways(k=160, d=28):
    pool, expand = il.MaxPool(2, 2, padding="valid"), il.Conv(2 * k, act="none")
    first = counted(pool, expand, i=k, grid=d).macs
    last = counted(expand, pool, i=k, grid=d).macs
    both = il.Branches(
        {"3x3": il.Conv(k, 3, 2), "pool": il.MaxPool(3, 2, padding="same", ceil_mode=False)}
    )
    side = il.cost(both, (k, d, d), defaults=BARE)
    values_in, values_out = k * d * d, 2 * k * (d // 2) ** 2
    return Text(
        f"""
        {k} channels on {d}×{d} are to become {2 * k} on {d // 2}×{d // 2}. (a) pool 2×2, then 1×1; (b) 1×1, then
        pool; (c) a 3×3 of stride 2 to {k} channels beside a pooling, concatenated. Predict which is the cheapest
        in MACs and which has a place with fewer numbers than come out. Then count. Why does the paper prefer (c),
        though (a) costs less?
        """,
        f"""
        (a) **{n(first)}**, (b) **{n(last)}**, four times as many, (c) **{n(side.macs)}**. Numbers: {n(values_in)}
        come in, {n(values_out)} go out. Between the two steps of (a) there are {n(k * (d // 2) ** 2)}, half of what
        comes out: a bottleneck that no later layer can undo. (b) has none by this count and costs four times as much;
        what it widens is pooled afterwards. (c) looks at every pixel before the grid is halved, and half of its output
        costs nothing. Note for the comparison: (c) has a 3×3 where the others have a 1×1.
        """,
        {"first": first, "last": last, "side": side.macs},
    )


@question(
    5,
    "fault",
    "Padding for a long kernel",
    goal="find a slip by following two sides of a grid",
    difficulty=1,
    minutes=6,
    vary=lambda r: {"size": r.choice([5, 7, 9]), "grid": r.choice([14, 17, 20])},
)
def padding_of_long(size=7, grid=17):
    p = size // 2
    rows, columns = grid + 2 * p, grid
    back = grid + 2 * p - size + 1
    return Text(
        f"""
        ```python
        wide = nn.Conv2d(64, 64, (1, {size}), padding={p})
        tall = nn.Conv2d(64, 64, ({size}, 1), padding=({p}, 0))
        y = tall(wide(x))  # x on a grid of {grid}×{grid}
        ```

        On which grid does `wide` end, height first? And `y`? What happens when `y` is concatenated with a 1×1
        branch of `x`? What happens if the fault is in *every* branch in the same way? Mend it.
        """,
        f"""
        `padding={p}` pads both directions. `wide`: height {grid} + 2·{p} = **{rows}**, width
        {grid} + 2·{p} − {size} + 1 = {columns}. `y`: height {rows} + 2·{p} − {size} + 1 = **{rows}**, width
        {columns}; the added rows stay. The concatenation with the 1×1 branch raises an error. If all branches
        grew alike, nothing would, and the maps would have rows of padding at both ends; a test that square
        pictures have square maps finds it. Mended: `padding=(0, {p})`, and then `y` is on {back}×{columns}.
        """,
        {"rows": rows, "mended": back},
    )


@question(
    5,
    "claim",
    "By a quarter or to a quarter",
    goal="check a sentence of a paper against its own formula",
    difficulty=1,
    minutes=6,
    vary=lambda r: {"d": r.choice([16, 32, 36]), "k": r.choice([128, 320])},
)
def quarter(d=36, k=320):
    first = counted(il.MaxPool(2, 2, padding="valid"), il.Conv(2 * k, act="none"), i=k, grid=d).macs
    last = counted(il.Conv(2 * k, act="none"), il.MaxPool(2, 2, padding="valid"), i=k, grid=d).macs
    return Text(
        f"""
        On halving a grid of d×d with k channels the paper has the formula 2·d²·k² operations for "expand, then
        pool" and 2·(d/2)²·k² for "pool, then expand". Its text says that the cost is reduced *by* a quarter; a
        caption calls the one three times more expensive than the other. Put in d = {d}, k = {k}. Which of the
        three statements is right? What does "three times more expensive" have to mean to be right, too?
        """,
        f"""
        **{n(last)}** and **{n(first)}**: the formula gives a factor of **{last / first:.0f}**. The cost is
        reduced *to* a quarter, by {percent(1 - first / last)}. "Three times more expensive" is right only if it
        means "by three times as much", the difference divided by the smaller. Full marks: the factor, and that
        the formula is the reliable one of the three because it can be derived.
        """,
        {"last": last, "first": first, "factor": last / first},
    )


@question(
    5,
    "claim",
    "A printed gain of one point",
    goal="say what a difference of one point can carry",
    difficulty=2,
    minutes=8,
)
def one_point():
    printed = {p.stage: p.value for p in il.PRINTED if p.source == "arXiv 1512.00567, figure 2"}
    relu, linear = printed["ReLU between"], printed["linear between"]
    pictures = 50_000
    error = (relu * (1 - relu) / pictures) ** 0.5
    return Text(
        f"""
        The paper compares two 3×3 with a ReLU between ({percent(relu, 1)} top-1 accuracy) and without
        ({percent(linear, 1)}), one run each as far as it says. Suppose {n(pictures)} test pictures. By how much would the
        accuracy of one fixed network vary if other pictures had been drawn? (The standard deviation of a share p
        of N is the root of p·(1 − p)/N.) So can chance in the *pictures* explain the difference? What other
        chance is there, and how did chapter 5 look at it?
        """,
        f"""
        √({relu:.3f} · {1 - relu:.3f} / {n(pictures)}) = **{percent(error, 2)}**. The difference is
        **{100 * (relu - linear):.1f}** point, {(relu - linear) / error:.1f} of these; even for a difference of two
        shares it is too much for chance in the pictures alone. The other chance is the training: another seed,
        another network. With one run each the paper cannot show it. The chapter trains five
        networks of each, much smaller and at equal cost, and cannot tell the two apart. So it neither confirms nor contradicts the paper.
        """,
        {"error": error, "difference": 100 * (relu - linear)},
    )
