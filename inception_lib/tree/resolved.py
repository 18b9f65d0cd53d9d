"""RESOLVED"""

from __future__ import annotations

from collections.abc import Mapping


def check_concat(where: str, channels: Mapping[str, int], expected: int | None) -> int:
    """The channels of a concatenation, held against what the table says.

    Raises:
        ValueError: naming the stage, when the sum is not what the table says.
    """
    total = sum(channels.values())
    if expected is not None and total != expected:
        parts = " + ".join(str(c) for c in channels.values())
        raise ValueError(
            f"{where}: branches give {total} channels ({parts}), the table says {expected}."
        )
    return total


def check_groups(where: str, in_channels: int, groups: int) -> None:
    """Raises ValueError when `groups` does not divide the channels that come in."""
    if in_channels % groups:
        raise ValueError(
            f"{where}: groups is {groups}; it must divide the {in_channels} channels that come in."
        )


def check_sum(where: str, given: tuple[int, ...], body: tuple[int, ...], what: str) -> None:
    """Raises ValueError when a residual body does not put out what it took in."""
    if given != body:
        raise ValueError(
            f"{where}: the body of the residual gives {what} {'×'.join(map(str, body))}, its input has "
            f"{'×'.join(map(str, given))}; a sum needs both equal."
        )
