"""Checkers of chapter 14: beyond one machine."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from ..counting.cost import cost
from ..training.planning import step_time
from ..training.recipes import recipes
from . import (
    Slip,
    as_numbers,
    called,
    close,
    exercise,
    fresh,
    is_function,
    kind,
    pair_of_tensors,
    slip_of,
    whole_number,
)


@exercise("14.1")
def bytes_of_a_step(answer: Any) -> str | None:
    """What each of eight devices sends, for the gradients of GoogLeNet."""
    gradient = 4 * cost("googlenet").params
    slips = (
        Slip(gradient, "That is the whole gradient, once. Which pieces does a device send, and how often?"),
        Slip(2 * gradient, "One piece of the eight is where it belongs already, on either round."),
        Slip(7 * gradient // 8, "That is one round: adding up. The sums must come back, too."),
        Slip(14 * gradient, "That is what all eight send together."),
        Slip(7 * gradient // 16, "Those are numbers, not bytes."),
        Slip(7 * gradient, "A device does not send its gradient to each of the others; it goes around in pieces."),
    )  # fmt: skip
    return whole_number(answer, 7 * gradient // 4, slips)


@exercise("14.2", is_function)
def shares_of_an_epoch(answer: Any) -> str | None:
    """A function that says which pictures a process has in a step."""
    pictures, batch = fresh.choice([27, 31, 34]), fresh.choice([8, 10])
    steps = -(-pictures // batch)

    def epoch(seed: int, number: int, world: int) -> tuple[list[list[int]], str | None]:
        found = []
        for step in range(steps):
            taken: list[int] = []
            for rank in range(world):
                got, wrong = called(answer, pictures, seed, number, step, batch, rank, world)
                if wrong:
                    return [], wrong
                given = as_numbers(got)
                if given is None:
                    return [], f"A share is a list of numbers; it gives {kind(got)}."
                if not all(n == int(n) and 0 <= n < pictures for n in given if n == n) or any(
                    n != n for n in given
                ):
                    return [], f"With {pictures} pictures, a share has whole numbers below that."
                taken += map(int, given)
            found.append(taken)
        return found, None

    runs = {}
    for k, (seed, number, world) in enumerate(((1, 0, 2), (1, 0, 3), (1, 1, 2), (2, 0, 2))):
        torch.default_generator.manual_seed(k)  # as others may have left it
        before = torch.random.get_rng_state()
        runs[seed, number, world], wrong = epoch(seed, number, world)
        if wrong:
            return wrong
        if not torch.equal(before, torch.random.get_rng_state()):
            return "It seeds torch's own generator, from which dropout draws, too; give randperm one of its own."
    two, three = runs[1, 0, 2], runs[1, 0, 3]
    seen = sorted(n for taken in two for n in taken)
    if len(seen) != len(set(seen)):
        return "With two processes, some picture is seen twice in an epoch."
    if seen != list(range(pictures)):
        return (
            f"With two processes and {pictures} pictures, some picture is never seen in an epoch."
        )
    if len(two[0]) != batch:
        return f"Two processes together have {len(two[0])} pictures in a step, and the batch is {batch}."
    if [sorted(taken) for taken in two] != [sorted(taken) for taken in three]:
        return "With three processes a step has other pictures than with two: who goes on with another number sees some twice."
    if two == runs[1, 1, 2]:
        return "The second epoch has the order of the first."
    if two == runs[2, 0, 2]:
        return "Another seed gives the same order."
    if two[0] == list(range(batch)) or sorted(two[0]) == list(range(batch)):
        return "The pictures come in the order of their numbers."
    return None


@exercise("14.3", is_function)
def statistics_of_the_whole(answer: Any) -> str | None:
    """Mean and variance of a batch from those of shares of different sizes."""
    for counts in ((3, 5), (4, 1, 7)):
        shares = [3 * torch.randn(count, 4) + torch.randn(4) for count in counts]
        means = torch.stack([share.mean(0) for share in shares])
        variances = torch.stack([share.var(0, correction=0) for share in shares])
        got, wrong = called(answer, means, variances, list(counts), none=True)
        if wrong:
            return wrong
        if got is None:
            raise NotImplementedError
        call = f"With shares of {', '.join(map(str, counts))}"
        shapes = {"mean": (4,), "variance": (4,)}
        (mean, variance), wrong = _pair(got, shapes, call)
        if wrong:
            return wrong
        batch = torch.cat(shares)
        weights = torch.tensor(counts)[:, None] / sum(counts)
        plain, weighted = variances.mean(0), (weights * variances).sum(0)
        if not close(mean, batch.mean(0)):
            slips = (
                Slip(means.mean(0), "A share of one picture counts as much as one of seven."),
                Slip(means.sum(0), "That is the sum of the means."),
            )
            why = slip_of(slips, partial(close, mean))
            return why or f"{call}, the mean is wrong."
        if not close(variance, batch.var(0, correction=0)):
            missing = (
                Slip(plain, "The variance is the mean of the variances; what is lost when each share subtracts its own mean?"),
                Slip(weighted, "The variances are averaged by count; what is lost when each share subtracts its own mean?"),
                Slip(plain + means.var(0, correction=0), "That holds for shares of equal size."),
                Slip(weighted + means.var(0, correction=0), "The means spread, too; there, also, shares count by their pictures."),
                Slip(batch.var(0), "That divides by one less than the number of pictures; batch normalization divides by the number."),
            )  # fmt: skip
            why = slip_of(missing, partial(close, variance))
            return why or f"{call}, the mean is right, and the variance is not."
    return None


def _pair(got: Any, shapes: dict, call: str) -> tuple[list[Tensor] | tuple[None, None], str | None]:
    tensors, wrong = pair_of_tensors(got, shapes, call)
    return (tensors or (None, None)), wrong


DEVICES, WANTED = 64, 0.8


@cache
def _smallest() -> int:
    """The smallest batch, in whole pictures for each device, that uses the devices as well as is asked."""
    return next(n for n in range(DEVICES, 10_000, DEVICES) if used(n) >= WANTED)


def used(batch: int, devices: int = DEVICES) -> float:
    """The share of the devices' time that computes."""
    asked = replace(recipes()["inception_v3_mindcv"], batch_size=batch)
    return step_time(asked, 1).seconds / step_time(asked, devices).seconds / devices


@exercise("14.4")
def smallest_batch(answer: Any) -> str | None:
    """The smallest batch with which 64 devices are used at 80%."""
    right = _smallest()
    slips = (
        Slip(right // DEVICES, "Those are the pictures of one device."),
        Slip(
            256,
            "That is the recipe's batch. What does the column of efficiency say for 64 devices?",
        ),
    )
    if wrong := whole_number(answer, right, slips):
        number = as_numbers([answer])
        if number and number[0] % DEVICES and wrong.endswith("not the number."):
            return f"{number[0]:g} pictures cannot be divided equally among {DEVICES} devices."
        return wrong
    return None
