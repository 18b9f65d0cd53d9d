"""Questions on chapter 14: beyond one machine."""

from dataclasses import replace
from fractions import Fraction

import inception_lib as il
from inception_lib.training.planning import step_time

from . import Text, n, percent, question

NETWORKS = ("googlenet", "inception_v3", "inception_v4", "bn_inception")


@question(
    14,
    "compute",
    "Around a ring",
    goal="compute what an exchange of gradients sends",
    difficulty=1,
    minutes=8,
    vary=lambda r: {
        "name": r.choice(NETWORKS),
        "devices": r.choice([2, 4, 8, 16, 32, 64]),
        "gigabytes": r.choice([1, 5, 10, 25]),
    },
)
def around_a_ring(name="googlenet", devices=16, gigabytes=5):
    params = il.cost(name).params
    sent = 2 * (devices - 1) / devices * 4 * params
    seconds = sent / (gigabytes * 1e9)
    return Text(
        f"""
        `{name}` has {n(params)} parameters, and its gradients are float32. {devices} devices add them up in a ring and send {gigabytes} GB a second each. How many megabytes does each device
        send in a step, and how many milliseconds does that take? What changes if twice as many devices take part, and what if the batch is twice as large?
        """,
        f"""
        The gradient is cut into {devices} pieces; each device sends {devices - 1} of them twice: 2 · {devices - 1}/{devices} · 4 · {n(params)} bytes = **{sent / 1e6:.1f}** MB, in
        **{1e3 * seconds:.1f}** ms. Twice as many devices change little: the factor approaches 2. A larger batch changes nothing: there is one gradient, however many pictures it is the mean of.
        """,
        {"megabytes": sent / 1e6, "milliseconds": 1e3 * seconds},
    )


@question(
    14,
    "predict",
    "The last batch",
    goal="predict how shares of different sizes weigh pictures",
    difficulty=2,
    minutes=8,
    vary=lambda r: {
        "pictures": r.choice([1_000, 5_000, 9_469, 50_000, 60_000]),
        "batch": r.choice([64, 96, 128]),
        "devices": r.choice([3, 5, 6, 7]),
    },
)
def the_last_batch(pictures=50_000, batch=96, devices=5):
    last = pictures % batch
    shares = [len(range(k, last, devices)) for k in range(devices)]
    most, least = max(shares), min(shares)
    ratio = Fraction(most, least) if least else None
    told = (
        f"a picture of the smaller share counts {most}/{least} = **{float(ratio):.2f}** times as much as one of the larger"
        if ratio
        else "some device has no picture, and the mean over nothing is not a number"
    )
    return Text(
        f"""
        {n(pictures)} pictures are read in batches of {batch}, divided among {devices} devices. How many pictures does the last batch of an epoch have, and how many of them does each device get? Each device
        takes the mean loss of its own share, and the gradients are averaged: how do the pictures of this batch weigh? Predict it, then check with a network of one weight. What would you change?
        """,
        f"""
        **{last}** pictures are left, in shares of {", ".join(map(str, shares))}. With the mean of the means, {told}. Multiply the mean loss of each share by its number of
        pictures and by the number of devices, and divide by {last}; then the average is the mean over the batch. A device without a picture contributes zeros, but it takes part.
        """,
        {"last": last} | ({"ratio": float(ratio)} if ratio else {}),
    )


@question(
    14,
    "fault",
    "A variance that is too small",
    goal="find what is lost when shares are normalized apart",
    difficulty=2,
    minutes=10,
    vary=lambda r: {
        "one": tuple(r.sample(range(0, 9), 2)),
        "two": tuple(r.sample(range(6, 19), 2)),
    },
)
def variance_too_small(one=(1, 3), two=(5, 7)):
    def variance(values):
        mean = sum(values) / len(values)
        return sum((value - mean) ** 2 for value in values) / len(values)

    whole, averaged = variance(one + two), (variance(one) + variance(two)) / 2
    return Text(
        f"""
        Two processes have {one} and {two} in one channel. A student synchronizes batch normalization so:

        ```python
        mean, var = x.mean(), x.var(correction=0)
        for number in (mean, var):
            dist.all_reduce(number)
            number /= world
        ```

        What is the variance that each process gets, and what is that of the batch? Which part is missing? Change one line so that it's right.
        """,
        f"""
        The processes get **{averaged:g}**, the batch has **{whole:g}**. Missing is the variance of the two means, **{whole - averaged:g}**: each process subtracts its own mean before it squares.
        Exchange means of x and of x² and take var = mean of x² − (mean of x)²; or add the variance of the means.
        """,
        {"averaged": averaged, "whole": whole, "missing": whole - averaged},
    )


@question(
    14,
    "claim",
    "Linear in the number of devices",
    goal="judge a promised speed by counting a step",
    difficulty=3,
    minutes=10,
    vary=lambda r: {
        "name": r.choice(["inception_v3_mindcv", "googlenet_mindcv", "inception_v4_mindcv"]),
        "devices": r.choice([32, 64, 128]),
        "batch": r.choice([256, 512, 1024]),
    },
)
def linear_in_devices(name="inception_v3_mindcv", devices=64, batch=256):
    recipe = replace(il.recipes()[name], batch_size=batch)
    single, step = step_time(recipe, 1), step_time(recipe, devices)
    times = single.seconds / step.seconds
    return Text(
        f"""
        "We train by `{name}` with {batch} pictures in a step on {devices} devices, {devices} times as fast as on one." Take the book's assumptions (`il.Cluster()`). How many milliseconds does the backward pass of a device take, and how
        many the exchange? How many times as fast is it? Name two changes that would make the sentence nearly true, and what each of them costs.
        """,
        f"""
        Each device has {step.pictures} pictures: backward **{1e3 * step.backward:.2f}** ms, exchange **{1e3 * step.exchange:.2f}** ms, and the step lasts as long as the forward pass and the longer of the two. That is
        **{times:.1f}** times as fast, {percent(times / devices)} of the promise. A faster network between the devices costs money. A larger batch costs a new recipe: fewer steps in an epoch, another rate, warm-up, and
        a test whether the accuracy holds. (Half precision for the gradients halves the traffic, and rounds them.)
        """,
        {"backward": 1e3 * step.backward, "exchange": 1e3 * step.exchange, "times": times},
    )
