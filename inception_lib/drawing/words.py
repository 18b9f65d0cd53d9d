"""What a drawing says of a layer, in words. No torch."""

from __future__ import annotations

from ..counting.cost import Row
from ..counting.table import times
from ..spec import AvgPool, Bias, Conv, MaxPool
from ..tree.resolved import Map, Part


def words_of(part: Part) -> str:
    """A layer in the order in which papers write it: "3×3 conv /2"."""
    match part.node:
        case Conv() | MaxPool() | AvgPool() as leaf:
            kind = part.label.rpartition(" ")[0]
            height, width = leaf.stride
            step = str(height) if height == width else times(leaf.stride)
            return f"{times(leaf.kernel_size)} {kind}" + (f" /{step}" if step != "1" else "")
        case _:
            return part.label


def marks_of(part: Part) -> str:
    """What else a reader must know of a layer: its padding, groups, no activation."""
    marks, node = [], part.node
    if isinstance(node, Conv | MaxPool | AvgPool) and node.kernel_size != (1, 1):
        marks += ["valid"] if node.padding == "valid" else []
        marks += ["TF same"] if node.pads is None else []
    if isinstance(node, Conv) and part.unit:
        marks += [f"{node.groups} groups"] if node.groups > 1 else []
        marks += ["linear"] if part.unit.act == "none" else []
    if isinstance(node, Bias):
        marks += ["ReLU"] if node.act == "relu" else ["linear"]
    return " · ".join(marks)


def facts(row: Row | None) -> str:
    if row is None:
        return ""
    return (
        f" {times(row.in_shape)} → {times(row.out_shape)}. {row.params:,} parameters, "
        f"{row.macs:,} MACs. One output sees {times(row.receptive_field)} of the input."
    )


def channels(x: Map) -> str:
    """Known channels, and how many times those of an unknown input."""
    unknown = {0: "", 1: "input"}.get(x.inputs, f"{x.inputs} × input")
    return " + ".join(part for part in (str(x.shape[0] or ""), unknown) if part)


def channel_words(x: Map) -> str:
    return "as input" if (x.shape[0], x.inputs) == (0, 1) else f"{channels(x)} channels"
