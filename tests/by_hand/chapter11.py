"""The questions of chapter 11, by hand."""

import math

import inception_lib as il

from . import count, whole


def what_it_costs(name, classes, each, steps, batch):
    model = il.create_model(name, num_classes=classes)
    features = model.head.fc.in_features
    macs = whole(name, "macs") - 1000 * features
    alone, everything = classes * each * macs, 3 * steps * batch * macs
    return {
        "head": count(model.head.fc), "alone": alone, "everything": everything,
        "quotient": 3 * steps * batch / (classes * each),
    }  # fmt: skip


def two_trunks():
    parts = il.training_record("own_pictures")["parts"]
    found = {"one in": 8 ** len(parts["all, 5"])}
    for key, way in (("color", "all"), ("gray", "grey all")):
        found[key] = sum(
            a["test_accuracy"] > b["test_accuracy"]
            for size in (5, 10, 20)
            for a, b in zip(parts[f"{way}, {size}"], parts[f"scratch, {size}"], strict=True)
        )
    return found


def ahead_at_first(size, step):
    from statistics import mean

    parts = il.training_record("own_pictures")["parts"]
    one, other = parts[f"all, {size}"], parts[f"scratch, {size}"]
    return {
        "early": mean(r["after"][step] for r in one),
        "early scratch": mean(r["after"][step] for r in other),
        "late": mean(r["test_accuracy"] for r in one),
        "late scratch": mean(r["test_accuracy"] for r in other),
    }


def chosen_by_test(tries, pictures, p):
    """The deviation of a share, from the binomial distribution itself."""
    shares = [
        math.comb(pictures, k) * p**k * (1 - p) ** (pictures - k) for k in range(pictures + 1)
    ]
    mean = sum(k * w for k, w in enumerate(shares))
    error = math.sqrt(sum((k - mean) ** 2 * w for k, w in enumerate(shares))) / pictures
    return {"error": error, "two": 2 * error}


def frozen_moves(steps, momentum):
    return {"left": math.prod([0.9] * steps)}
