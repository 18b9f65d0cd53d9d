"""Checkers of chapter 9: the family."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import spec
from ..networks.blocks import reduced_block
from ..networks.registry import architecture
from . import Slip, as_number, called, exercise, fresh, is_function, kind, shown, whole_number


@exercise("9.1")
def channels_of_batch_norm(answer: Any) -> str | None:
    """The difference of the two counts: one number more for each channel."""
    difference = 22_769_848 - 22_756_328
    slips = (
        Slip(difference // 2, "Each channel has two statistics more, but also a scale less: what is left?"),
        Slip(2 * difference, "Two numbers come and one goes: how many more are there for each channel?"),
        Slip(4 * difference, "Keras lists four numbers for each channel at most; how many more than here?"),
        Slip(127, "That is the number of convolutions. Each sends many channels through normalization."),
        Slip(32_720, "That is all channels that convolutions put out. Some of them have a bias instead."),
        Slip(difference // 3, "The shift is counted by both. Which numbers does only one of them count?"),
    )  # fmt: skip
    return whole_number(answer, difference, slips)


@exercise("9.2")
def xceptions_middle(answer: Any) -> str | None:
    """Three times depthwise 3×3, 1×1, and a scale and a shift for each channel."""
    c = 728
    depthwise, ones, full = 9 * c, c * c, 9 * c * c
    weights = depthwise + ones
    one = weights + 2 * c
    slips = (
        Slip(one, "That is one of the three separable convolutions."),
        Slip(8 * 3 * one, "That is all eight blocks. One is asked for."),
        Slip(3 * (one + c), "There are no biases in front of batch normalization."),
        Slip(3 * one + ones, "There is nothing on the shortcut: the block adds its input as it is."),
        Slip(361 * 3 * weights, "Those are the MACs on a grid of 19×19."),
        Slip(2 * 361 * 3 * weights, "Those are the FLOPs on a grid of 19×19."),
        Slip(3 * weights, "Batch normalization has parameters, too."),
        Slip(3 * (weights + c), "Batch normalization has a scale and a shift for each channel."),
        Slip(3 * (full + 2 * c), "That is an ordinary 3×3: each of its kernels reads all channels."),
        Slip(3 * (full + ones + 2 * c), "A depthwise kernel reads one channel, not all 728."),
        Slip(3 * (weights + 4 * c), "Batch normalization stands behind the 1×1, not behind the depthwise convolution as well."),
    )  # fmt: skip
    return whole_number(answer, 3 * one, slips)


_GROUPS = [
    (128, 128, 3, 147_456, 1),
    (128, 128, 3, 147_455, 2),
    (128, 128, 3, 4_608, 32),
    (96, 64, 5, 20_000, 8),
    (48, 80, 3, 2_200, 16),
    (30, 42, 3, 3_000, 6),
    (7, 11, 3, 692, None),
    (728, 728, 3, 9 * 728, 728),
    (12, 18, 1, 35, None),
]


def _other_groups() -> tuple[int, int, int, int, int | None]:
    i, o = (fresh.choice((1, 2, 4, 8)) * fresh.choice((3, 6, 10, 12)) for _ in range(2))
    k = fresh.choice((1, 3, 5))
    most = i * o * k * k // fresh.randint(2, 14)
    fits = [g for g in range(1, i + 1) if i % g == o % g == 0 and i * o * k * k <= g * most]
    return i, o, k, most, min(fits, default=None)


@exercise("9.3", is_function)
def groups_for(answer: Any) -> str | None:
    """A function that finds the smallest number of groups, tried on these cases and some others."""
    for i, o, k, most, right in (*_GROUPS, *(_other_groups() for _ in range(6))):
        got, wrong = called(answer, i, o, k, most, none=right != 1)
        if wrong:
            return wrong
        call = f"groups_for({i}, {o}, {k}, {most})"
        if right is None:
            if got is None:
                continue
            return f"{call} gives {shown(got)}; no number of groups that divides both widths is enough."
        groups = as_number(got)
        if groups is None or (isinstance(groups, float) and not groups.is_integer()):
            return f"{call} gives {shown(got)}; a number of groups is expected."
        got = int(groups)
        if got == right:
            continue
        if got < 1 or i % got or o % got:
            return f"{call} gives {got}, which does not divide both {i} and {o}."
        if i * o * k * k // got > most:
            return f"{call} gives {got}; that leaves {i * o * k * k // got:,} weights, more than {most:,}."
        return f"{call} gives {got}; fewer groups are enough."
    return None


def _changed() -> list[tuple[spec.Network, str | None, str]]:
    """(network, the first stage that differs, what was done to it)."""
    paper = architecture("googlenet")

    def other(**stages: spec.Node) -> spec.Network:
        return replace(
            paper, stages=tuple((name, stages.get(name, node)) for name, node in paper.stages)
        )

    conv1: Any = paper["conv1"]
    wide = reduced_block(160, 112, 224, 24, 64, 96)
    pool = spec.MaxPool(2, 2, padding="valid")
    mended = replace(paper, defaults=replace(paper.defaults, norm="batch_norm", bias=False))
    # two stages that nobody can know before, each of them another; the first one is to be found
    one, two = sorted(fresh.sample(paper.names, 2), key=paper.names.index)
    return [
        (paper, None, "nothing was changed"),
        (other(**{"4b": wide}), "4b", "a width was changed"),
        (other(pool4=pool), "pool4", "a pooling was changed"),
        (other(pool4=pool, **{"3b": paper["3a"]}), "3b", "two stages were changed"),
        (other(conv1=replace(conv1, stride=1)), "conv1", "a stride was changed"),
        (other(**{"5b": paper["5a"]}), "5b", "a block was put in twice"),
        (replace(paper, title="mine", name="mine"), None, "only its name was changed"),
        (
            other(**{one: spec.AvgPool(5), two: spec.AvgPool(5)}),
            one,
            "two stages were changed into poolings",
        ),
        (mended, "conv1", "the network's defaults were changed, so every convolution is another"),
    ]


@exercise("9.4", is_function)
def first_difference(answer: Any) -> str | None:
    """A function that finds the first changed stage, tried on several networks."""
    cases = _changed()
    answers = []
    for network, _, _ in cases:
        got, wrong = called(answer, network, none=True)
        if wrong:
            return wrong
        answers.append(got)
    if all(got is None for got in answers):
        raise NotImplementedError
    for (_, right, what), got in zip(cases, answers, strict=True):
        if got is not None and not isinstance(got, str):
            return f"It gives {kind(got)} where {what}; the name of a stage is expected, or None."
        if got != right:
            if right is None:
                return f"It gives {got!r} where {what}; None is expected."
            if got is None:
                return f"It finds nothing where {what}."
            if got not in cases[0][0].names:
                return f"It gives {got!r} where {what}, which no stage is called."
            return f"It gives {got!r} where {what}; that is not the first stage that differs."
    return None
