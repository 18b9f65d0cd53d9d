"""What the papers print, each number with its source, to be held against the computed one. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Printed:
    """A number as a paper prints it, for holding against the computed one.

    Attributes:
        network, stage: which network of `list_models`, and which of its stages; "" is the whole.
        quantity: "params" or "macs", or what else a paper prints of a network ("top-5 error").
        value: the printed number; of parameters and MACs in whole ones.
        unit: to what the paper rounds.
        source: paper, version and place.
    """

    network: str
    stage: str
    quantity: str
    value: float
    unit: float
    source: str


# GoogLeNet's table 1, columns "params" (in K) and "ops" (in M). K there is 1024 and "ops" are MACs.
_TABLE_1 = {
    "conv1": (2.7, 34),
    "conv2": (112, 360),  # the row holds the 1×1 before it, too
    "3a": (159, 128),
    "3b": (380, 304),
    "4a": (364, 73),
    "4b": (437, 88),
    "4c": (463, 100),
    "4d": (580, 119),
    "4e": (840, 170),
    "5a": (1072, 54),
    "5b": (1388, 71),
    "fc": (1000, 1),
}
_GOOGLENET = tuple(
    Printed("googlenet", stage, quantity, round(value * unit), unit, "arXiv 1409.4842, table 1")
    for stage, row in _TABLE_1.items()
    for quantity, value, unit in (("params", row[0], 1024), ("macs", row[1], 10**6))
)

# One tuple for each table or passage of a paper.
PRINTED = (*_GOOGLENET,)
