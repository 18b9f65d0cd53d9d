"""Checkers of chapter 12: what branches look for."""

from __future__ import annotations

import math
from typing import Any

import torch

from . import (
    Slip,
    as_number,
    as_numbers,
    called,
    exercise,
    is_function,
    kind,
    same_tensor,
    several,
    shown,
    slip_of,
    too,
    whole_number,
)


@exercise("12.1")
def all_nine_in_one_branch(answer: Any) -> str | None:
    """The chance that nine different channels of 256 all come from 32 of them."""
    number = as_number(answer)
    if number is None or not math.isfinite(number):
        return f"This asks for a number; the answer is {shown(answer)}."
    if not 0 <= number <= 1:
        return "A probability is between 0 and 1."
    ways, right = math.comb(256, 9), math.comb(32, 9) / math.comb(256, 9)

    def near(value: float) -> bool:
        return abs(number - value) <= 0.005 * value

    slips = (
        Slip((32 / 256) ** 9, "That is the article's number. Once a channel is drawn, how many are left?"),
        Slip(1 / ways, "In how many ways can the nine be chosen among the 32?"),
        Slip(9 / 32 * 32 / 256, "All nine have to be there, not one of them."),
        Slip(math.comb(32, 9) / 256**9, "Below, the order counts and channels come twice; above, neither."),
        Slip(math.perm(32, 9) / 256**9, "Above, no channel comes twice; below, one may."),
        Slip(math.comb(32, 9) / math.perm(256, 9), "Above, the order doesn't count; below, it does."),
        Slip(math.perm(32, 9) / ways, "Above, the order counts; below, it doesn't."),
        Slip(math.comb(96, 30) / math.comb(480, 30), "That is for the thirty of 3b."),
    )  # fmt: skip
    if near(right):
        return None
    return slip_of(slips, near) or f"{number:.2e} is {too(number, right)}."


# Octaves, of five blocks with first weights; a test measures them.
_SIZES = {
    "3x3": (2.615, 2.628, 2.658, 2.626, 2.529),
    "5x5": (2.662, 2.695, 2.760, 2.679, 2.700),
}


@exercise("12.2")
def sizes_before_training(answer: Any) -> str | None:
    """Two lists: the mean size of "3x3" and of "5x5" in five blocks that nobody trained."""
    parts, wrong = several(answer, "3x3", "5x5")
    if wrong:
        return wrong
    given = {}
    for branch, part in zip(_SIZES, parts, strict=True):
        numbers = as_numbers(part)
        if numbers is None:
            return f"{branch}: this asks for a list of five numbers; it is {kind(part)}."
        if len(numbers) != 5:
            return f"{branch}: {len(numbers)} numbers; five blocks give five."
        if any(map(math.isnan, numbers)):
            return (
                f"{branch}: a mean over a silent channel is not a number; leave such channels out."
            )
        given[branch] = numbers

    def near(numbers: list, right: tuple) -> bool:
        return all(abs(a - b) <= 0.006 for a, b in zip(numbers, right, strict=True))

    if all(near(given[branch], _SIZES[branch]) for branch in _SIZES):
        return None
    if near(given["3x3"], _SIZES["5x5"]) and near(given["5x5"], _SIZES["3x3"]):
        return "Both lists are right, but not in this order: 3x3 comes first."
    for branch, right in _SIZES.items():
        numbers = given[branch]
        if near(numbers, right):
            continue
        if near(sorted(numbers), tuple(sorted(right))):
            return f"{branch}: the five are right, but not in the order of the seeds."
        if all(4 < number < 9 for number in numbers):
            return (
                f"{branch}: these look like pixels; the measure is in octaves, log₂ of the pixels."
            )
        return f"{branch}: these are not the means of size over its channels, in the five blocks of the exercise."
    return None


@exercise("12.3", is_function)
def cam(answer: Any) -> str | None:
    """Grad-CAM of maps and slopes, (channels, height, width) each."""
    for shape in ((3, 4, 4), (4, 3, 5), (1, 2, 6)):
        maps, slopes = torch.rand(shape) * 2, torch.randn(shape)
        # One channel speaks for the class and one against it: it matters where negatives are dropped.
        slopes[-1] += 1.5
        slopes[0] -= 1
        got, wrong = called(answer, maps, slopes, intact=True)
        if wrong:
            return wrong
        each = slopes.mean((1, 2))[:, None, None] * maps
        cross = slopes.mean(0) * maps
        slips = (
            Slip(each.sum(0), "What speaks against the class is still there."),
            Slip(each.relu().sum(0), "Negatives are dropped map by map; what speaks against the class should first be subtracted."),
            Slip(each.mean(0).relu(), "It is a mean of the maps; a sum was asked for."),
            Slip(each.relu().mean(0), "Negatives are dropped map by map, and the maps are averaged."),
            Slip(cross.sum(0).relu(), "Each place has a weight of its own; Grad-CAM has one for each channel."),
            Slip(cross.relu().sum(0), "Each place has a weight of its own; Grad-CAM has one for each channel."),
            Slip(cross.relu().mean(0), "Nothing is repaired yet."),
            Slip((slopes * maps).sum(0).relu(), "Each slope stays at its own place. Grad-CAM takes one mean slope for each channel."),
            Slip(each.sum(0).abs(), "The sign is lost: what speaks against the class should be dropped."),
            Slip((len(slopes[0].flatten()) * each).sum(0).relu(), "The slopes are added up; their mean was asked for."),
        )  # fmt: skip
        call = f"Of {shape[0]} maps of {shape[1]}×{shape[2]} it"
        if wrong := same_tensor(got, each.sum(0).relu(), call, slips):
            return wrong
    return None


_MOST_COLORED = "3x3", 20  # of block 3b of mini_bn; a test finds it


@exercise("12.4")
def most_colored(answer: Any) -> str | None:
    """(branch, number within it) of the channel with the highest color."""
    parts, wrong = several(answer, "branch", "number")
    if wrong:
        return wrong
    branch, number = parts
    if not isinstance(branch, str):
        return f"The first of the two is the name of a branch; it is {kind(branch)}."
    branch = branch.replace("×", "x").removeprefix("3b.").strip()
    widths = {"1x1": 16, "3x3": 24, "5x5": 8, "pool": 8}
    if branch not in widths:
        return f"Block 3b has the branches {', '.join(widths)}."
    said: dict[tuple[str, float], str] = {
        ("3x3", 23): "That one has the lowest color: it answers to gray noise and hardly to colored.",
        ("3x3", 36): "That is its number within the block; count from the branch's first channel.",
        ("5x5", 0): "It is the highest of the branch whose mean is highest. Another branch has one that is higher.",
        ("1x1", 3): "That is the second.",
        ("3x3", 21): "Count from 0.",
    }  # fmt: skip
    value = as_number(number)
    if value is not None and (branch, value) in said:
        return said[branch, value]
    if branch != _MOST_COLORED[0]:
        return f"Some channel of another branch has a higher color than all of {branch}."
    if wrong := whole_number(number, _MOST_COLORED[1]):
        return wrong if value is None else f"Channel {shown(number)} of {branch} is not the one."
    return None
