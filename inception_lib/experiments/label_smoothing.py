"""What label smoothing does to the logits: one network, one recipe, smoothing 0 and 0.1.

The network is `mini_bn`, the recipe that of the ladder; `label_smoothing` alone differs. Twice: on crops
of photographs, where a tenth of the answers are wrong, and on digits, where nearly all are right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..training.loop import History, predict
from ..training.plans import FIRST, PLANS, SEEDS
from ..training.runner import Part
from . import experiment, quiet_fit

PLAN = {"photographs": "mini_bn", "digits": "mini_bn_digits"}
SMOOTHING = (0.0, 0.1)
GAPS = (-8.0, 24.0, 64)  # of the histogram: from, to, bins
SPREADS = (0.0, 8.0, 64)
BINS = 15  # of confidence


def train(
    task: str, smoothing: float, seed: int, max_steps: int | None = None
) -> tuple[nn.Module, History]:
    """Train `mini_bn` with a smoothing.

    Args:
        task: "photographs" or "digits".
        smoothing: the share of the target that is spread over all classes.
        seed: of weights, order of the pictures and dropout.
        max_steps: stop after this many steps.

    Returns:
        (trained model, `History`).
    """
    plan = PLANS[PLAN[task]]
    model = plan.make(seed)
    recipe = replace(plan.recipe, label_smoothing=smoothing, seed=seed)
    return model, quiet_fit(model, *plan.data(), recipe, max_steps=max_steps)


def gaps_and_spreads(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """How far the right logit is above the others, and how far the others are from one another.

    Args:
        logits: (N, classes).
        labels: (N,) integers.

    Returns:
        (N,) right logit minus the mean of the others; (N,) standard deviation of the others.
    """
    right = logits.gather(1, labels[:, None])
    others = logits[~F.one_hot(labels, logits.shape[1]).bool()].view(len(logits), -1)
    return right[:, 0] - others.mean(1), others.std(1, correction=0)


def calibration_error(confidence: Tensor, right: Tensor, bins: int = BINS) -> float:
    """Expected calibration error: |confidence − accuracy| in bins of confidence, weighted by size.

    Args:
        confidence: (N,) probability of the class that was named.
        right: (N,) whether it was the right one.
        bins: equal parts of 0 to 1.
    """
    which = (confidence * bins).long().clamp(max=bins - 1)
    error = 0.0
    for b in which.unique().tolist():
        there = which == b
        distance = (confidence[there].mean() - right[there].double().mean()).abs()
        error += float(there.double().mean() * distance)
    return error


def measured(logits: Tensor, labels: Tensor) -> dict:
    """What the record keeps of a trained network's logits, rounded."""
    logits = logits.double()
    gaps, spreads = gaps_and_spreads(logits, labels)
    confidence, named = logits.softmax(1).max(1)
    right = named == labels
    return {
        "accuracy": round(float(right.double().mean()), 5),
        "loss": round(float(F.cross_entropy(logits, labels)), 4),
        "confidence": round(float(confidence.mean()), 4),
        "calibration_error": round(calibration_error(confidence, right), 4),
        "gap_mean": round(float(gaps.mean()), 3),
        "gap_std": round(float(gaps.std()), 3),
        "spread_mean": round(float(spreads.mean()), 3),
        "gaps": _histogram(gaps, GAPS),
        "spreads": _histogram(spreads, SPREADS),
    }


def _histogram(values: Tensor, bins: tuple[float, float, int]) -> str:
    low, high, number = bins
    held = values.clamp(low, high - 1e-9)
    counts = torch.histc(held, number, low, high).int().tolist()
    return " ".join(map(str, counts))  # one line of the file, not one for each bin


def _part(task: str, smoothing: float, seed: int) -> dict:
    model, history = train(task, smoothing, seed)
    train_data, test_data = PLANS[PLAN[task]].data()
    first = [round(loss, 4) for loss in history.losses[:FIRST]]
    result = {"first_losses": " ".join(map(str, first)), "steps": len(history.losses)}
    for name, (images, labels) in (("train", train_data), ("test", test_data)):
        result[name] = measured(predict(model, images), labels)
    return result


@experiment("label_smoothing", SEEDS)
def parts(seeds: Iterable[int]) -> dict[str, Part]:
    same = {"gaps": GAPS, "spreads": SPREADS, "bins": BINS, "first": FIRST}
    return {
        f"{task}, smoothing {smoothing}, seed {seed}": Part(
            partial(_part, task, smoothing, seed), PLANS[name].data, same | PLANS[name].decides()
        )
        for (task, name), smoothing, seed in product(PLAN.items(), SMOOTHING, seeds)
    }
