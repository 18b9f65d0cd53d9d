"""Questions on chapter 4: batch normalization."""

import math

import inception_lib as il

from . import Text, n, num, percent, question


@question(
    4,
    "compute",
    "One channel, four values",
    goal="do a step of batch normalization by hand, in training and afterwards",
    difficulty=1,
    minutes=10,
    vary=lambda r: {
        "low": r.choice([1, 3, 5]),
        "apart": r.choice([2, 4, 6]),
        "gamma": r.choice([2, 3]),
        "beta": r.choice([-1, 1, 2]),
        "later": r.choice([10, 12, 20]),
    },
)
def four_values(low=1, apart=4, gamma=2, beta=1, later=10):
    values = [low, low, low + apart, low + apart]
    mean = sum(values) / 4
    biased = sum((v - mean) ** 2 for v in values) / 4
    unbiased = biased * 4 / 3
    out = [gamma * (v - mean) / math.sqrt(biased) + beta for v in (low, low + apart)]
    running_mean, running_var = 0.1 * mean, 0.9 + 0.1 * unbiased
    used = gamma * (later - running_mean) / math.sqrt(running_var) + beta
    return Text(
        f"""
        A batch has two pictures with one channel on a grid of 1×2: {values[:2]} and {values[2:]}. γ = {gamma},
        β = {num(beta)}, ε = 0. What comes out in training? Then, with torch's momentum of a tenth, running mean 0
        and running variance 1 before: what are the two running numbers after this step? And what does the
        layer, now in evaluation, make of the value {later}?
        """,
        f"""
        Mean {mean:g}, biased variance {biased:g}. The outputs are **{num(out[0])}** (twice) and **{num(out[1])}**
        (twice). Running mean: a tenth of {mean:g}, **{running_mean:.2f}**. Running variance: nine tenths of 1
        and a tenth of the *unbiased* variance {unbiased:.3f}, **{running_var:.3f}**. In evaluation:
        {gamma} · ({later} − {running_mean:.2f}) / √{running_var:.3f} + ({num(beta)}) = **{used:.2f}**.

        What slips reveal: {0.9 + 0.1 * biased:.3f} for the running variance is the biased one; an output that
        uses the running numbers in training mixes up the two modes.
        """,
        {
            "low": out[0],
            "high": out[1],
            "running mean": running_mean,
            "running variance": running_var,
            "used": used,
        },
    )


@question(
    4,
    "compute",
    "Fold it away",
    goal="fold a batch normalization into the convolution before it",
    difficulty=1,
    minutes=6,
    vary=lambda r: {
        "w": r.choice([2, 3, -4]),
        "mean": r.choice([1, -2, 5]),
        "deviation": r.choice([2, 4, 5]),
        "gamma": r.choice([3, 6]),
        "beta": r.choice([1, -1, 4]),
    },
)
def fold_by_hand(w=3, mean=5, deviation=4, gamma=2, beta=1):
    weight, bias = gamma * w / deviation, beta - gamma * mean / deviation
    return Text(
        f"""
        A 1×1 convolution from one channel to one has the weight {num(w)} and no bias. After it, in evaluation,
        comes a batch normalization with running mean {num(mean)}, running variance {deviation**2}, γ = {gamma},
        β = {num(beta)} and ε = 0. What are the weight and the bias of the one convolution that does both? Try it with the
        input 2. Why can this not be done while the network trains?
        """,
        f"""
        γ / s = {gamma} / {deviation}. Weight: **{num(weight)}**, bias: {num(beta)} − {gamma} · ({num(mean)}) / {deviation} =
        **{num(bias)}**. The input 2 gives {num(2 * w)} after the convolution and
        {gamma} · ({num(2 * w)} − ({num(mean)})) / {deviation} + ({num(beta)}) = {num(2 * weight + bias)}; the folded one gives
        2 · {num(weight)} + ({num(bias)}), the same. In training mean and variance are those of the batch: functions
        of the input, not numbers.
        """,
        {"weight": weight, "bias": bias, "tried": 2 * weight + bias},
    )


@question(
    4,
    "fault",
    "A momentum from another library",
    goal="translate a momentum and say what the wrong one does",
    difficulty=2,
    minutes=8,
    vary=lambda r: {"decay": r.choice([0.99, 0.995, 0.999, 0.9997])},
)
def wrong_momentum(decay=0.9997):
    right = 1 - decay
    half = math.ceil(math.log(0.5) / math.log(decay))
    return Text(
        f"""
        A port from TensorFlow has `nn.BatchNorm2d(64, momentum={decay})`, because the original says
        `decay={decay}`. The training loss falls as it should. In evaluation the answers are poor, and they
        change from one checkpoint to the next. Explain both observations. What should it say? After how
        many steps does half of the running mean come from later batches, in the original and in the port?
        """,
        f"""
        TensorFlow's decay is the share of the *old* average that is kept, torch's momentum the share of the
        *new* batch that comes in. It should be **{right:.4g}**. As it is, the layer keeps {right:.4g} of its
        past: the running numbers are those of the last batch, so evaluation depends on which batch was last.
        Training does not use them, so the loss does not show it. Original: after **{n(half)}** steps, the
        first t with {decay}ᵗ below one half; port: after one.
        """,
        {"momentum": right, "steps": half},
    )


@question(
    4,
    "explain",
    "The dead bias",
    goal="show in three ways that a parameter does nothing",
    difficulty=2,
    minutes=8,
)
def dead_bias(name="googlenet_bn"):
    counted = il.cost(name)
    channels = sum(row.out_shape[0] for row in counted.layers if row.op.startswith("conv"))
    return Text(
        f"""
        Before a batch normalization, a convolution's bias does nothing. Show it three times: with the
        formula of the layer; with the gradient; with an experiment of a few lines. How many such biases would
        `{name}` have if somebody left `bias=True` in all its convolutions, and what share of its parameters
        would that be? In which order of the layers is the bias *not* dead?
        """,
        f"""
        *Formula:* a constant added to a channel is added to its mean and subtracted with it; the variance does
        not see it. *Gradient:* the one that passes the layer has lost its mean over the channel, and a bias's
        gradient is the sum over the channel: zero. *Experiment:* add any number to the bias in training mode
        and compare outputs. One for each normalized channel: **{n(channels)}**, on {n(counted.params)}
        parameters {percent(channels / counted.params, 2)}. With the ReLU *before* the normalization it is
        alive: it moves the point at which the ReLU bends. In evaluation it is dead too, but only if the
        running mean was measured with it.
        """,
        {"channels": channels, "share": channels / counted.params},
    )


@question(
    4,
    "predict",
    "A test in training mode",
    goal="predict what a network does that is tested with its batch's own statistics",
    difficulty=2,
    minutes=10,
    vary=lambda r: {"size": r.choice([16, 32, 64])},
)
def test_in_training_mode(size=64):
    parts = il.training_record("batch_norm_digits")["parts"]

    def mean(what, size=size):
        rows = [parts[f"with BN, batch sizes, seed {seed}"][str(size)] for seed in range(5)]
        return sum(row[what] for row in rows) / len(rows)

    return Text(
        f"""
        A network with batch normalization was trained on mixed batches of {size} digits. It is tested in
        batches of {size}, and somebody has forgotten `model.eval()`. Predict what happens to the accuracy
        (a) if the test digits come mixed, (b) if they come sorted by class. Say why. Does `torch.no_grad()`
        help? Then look at the chapter's record for this size. What would you expect of (a) with a batch of 2?
        """,
        f"""
        (a) Little: the batch's own statistics are those of a mixed sample, as in training. The record has
        **{mean("batch"):.2f}** compared with {mean("running"):.2f} with the running averages. (b) Much: a sorted batch
        holds one class or two; what its digits have in common goes into the mean and is subtracted. The record
        has **{mean("by class"):.2f}**. `no_grad` changes nothing: it is about gradients, not about modes. With 2
        in a batch all that is left of two values is a sign: **{mean("batch", 2):.2f}**, mixed.

        Full marks: both directions right, with the reason. The numbers need not be guessed.
        """,
        {
            "own": mean("batch"),
            "running": mean("running"),
            "sorted": mean("by class"),
            "two": mean("batch", 2),
        },
    )


@question(
    4,
    "claim",
    "Fourteen times fewer steps",
    goal="say what a headline number compares, and what it does not",
    difficulty=2,
    minutes=8,
)
def fourteen_times():
    printed = {(p.stage, p.quantity): p.value for p in il.PRINTED if p.network == "bn_inception"}

    def steps(name):
        return printed[name, "steps to 72.2 %"] / 1e6

    base, alone, five = steps("Inception"), steps("BN-Baseline"), steps("BN-x5")
    thirty = steps("BN-x30")
    return Text(
        f"""
        The batch-normalization paper says that its network reaches the old accuracy with 14 times fewer steps.
        Its figure 3 prints, in millions of steps to that accuracy: Inception {base:.1f}, BN-Baseline
        {alone:.1f} (the layer added, nothing else changed), BN-x5 {five:.1f}, BN-x30 {thirty:.1f} (5 and 30
        times the learning rate, and six more changes). Which two rows give the 14? How many times fewer steps
        does the *layer* give? Write one sentence that says no more than these numbers do.
        """,
        f"""
        {base:.1f} / {five:.1f} = **{base / five:.1f}**: Inception compared with BN-x5. The layer alone:
        {base:.1f} / {alone:.1f} = **{base / alone:.1f}**. BN-x30 would be {base / thirty:.1f}. For instance:
        "With batch normalization, five times the learning rate and six further changes, the network needed
        {base / five:.0f} times fewer steps to the accuracy that it had reached without; with the layer alone,
        {base / alone:.1f} times fewer." A sentence that gives the 14 to the layer alone gets no marks for that
        part; so does one that says "faster" without saying *to which accuracy*.
        """,
        {"five": base / five, "alone": base / alone},
    )


@question(
    4,
    "explain",
    "Is that why it works?",
    goal="tell what an experiment excludes from what it shows",
    difficulty=3,
    minutes=12,
)
def is_that_why(step=100):
    parts = il.training_record("batch_norm_digits")["parts"]

    def shares(kind):
        runs = [parts[f"{kind}, seed {seed}"] for seed in range(5)]
        at = runs[0]["steps"].index(step)
        return sum(run["accuracy"][at] for run in runs) / len(runs)

    plain, normal, noisy = (shares(k) for k in ("without BN", "with BN", "with BN, noise"))
    return Text(
        f"""
        "Batch normalization works because it reduces internal covariate shift." In chapter 4 noise is added
        after each normalization: a mean and a spread that change in every step. After {step} steps the digits
        network without normalization has {percent(plain)}, with it {percent(normal)}, with it and the noise
        {percent(noisy)}. Which statement about *why* does this exclude, and which does it leave open? Say what
        one more experiment would have to vary to go on.
        """,
        f"""
        It excludes that the lead *needs* inputs as steady as normalization makes them: with the noise they move
        in every step, and of the lead of {100 * (normal - plain):.0f} points {100 * (noisy - plain):.0f} remain. It
        leaves open whether inputs steadier than *without* normalization are needed: in the first steps even the
        noisy ones move less than those. It does not say what the reason is; smoothness of the loss, the size of
        the signals at the start, gradients that shrink as weights grow are all still possible. A next experiment
        varies one of these alone: for instance normalize only once, before the first step, and then no more.

        A third of the marks each: the exclusion, its limit, and an experiment that changes one thing.
        """,
        {"lead": 100 * (normal - plain), "remains": 100 * (noisy - plain)},
    )
