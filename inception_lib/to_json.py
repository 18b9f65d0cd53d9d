"""Reading 3: a block as plain dicts and lists, for a reader that is not Python. No torch.

The cost lab of the pages counts it. Everything that a count needs is spelled out: both sides of a
kernel, the zeros on each side, the bias and the normalization.
"""

from __future__ import annotations

from .spec import (
    LRN,
    PLAIN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    Defaults,
    MaxPool,
    Merged,
    Node,
    Residual,
    as_node,
    not_a_node,
)
from .tree.resolved import UNKNOWN, Part, resolve_block


def to_json(block: Node | list, defaults: Defaults | None = PLAIN) -> dict:
    """A block as plain data.

    Args:
        block: a node of `spec`, or a list of them.
        defaults: what convolutions have unless they say otherwise. None leaves open what they
            leave open: `bias` and `norm` are then None.

    Returns:
        `{"type": "conv", "out", "kernel", "stride", "pads", "groups", "bias", "norm", "label"}`;
        `{"type": "max_pool" or "avg_pool", "kernel", "stride", "pads", "ceil", "label"}`;
        `{"type": "chain", "layers": […]}`; `{"type": "branches", "branches": [{"name", "family",
        "node"}, …]}`, with "merged", names, where the first convolutions of some are one;
        `{"type": "bias", "label"}`; `{"type": "residual", "body"}`. Kernels, strides and pads are
        [height, width]; pads are null where the grid decides them, as TensorFlow's "same": then
        the places are ceil(grid / stride).

    Raises:
        TypeError: a layer that is not part of a block, such as `LRN`.
        ValueError: widths that contradict each other.
    """
    return _json(resolve_block(as_node(block), UNKNOWN, defaults or PLAIN), filled=bool(defaults))


def _json(part: Part, filled: bool) -> dict:
    node = part.node
    match node:
        case Conv():
            given = part.unit if filled and part.unit else node
            more = {"groups": node.groups, "bias": given.bias, "norm": given.norm}
            return {"type": "conv", "out": node.out_channels, **_window(part), **more}
        case MaxPool():
            return {"type": "max_pool", **_window(part), "ceil": node.ceil_mode}
        case AvgPool():
            return {"type": "avg_pool", **_window(part), "ceil": node.ceil_mode}
        case Chain():
            return {"type": "chain", "layers": [_json(inner, filled) for _, inner in part.parts]}
        case Branches():
            parts = [
                {"name": name, "family": inner.family, "node": _json(inner, filled)}
                for name, inner in part.parts
            ]
            merged = {"merged": list(node.merged)} if isinstance(node, Merged) else {}
            return {"type": "branches", "branches": parts, **merged}
        case Bias():
            return {"type": "bias", "label": part.label}
        case Residual():
            return {"type": "residual", "body": _json(part.parts[0][1], filled)}
        case AdaptiveAvgPool() | LRN():
            raise TypeError(f"{part.label} is not part of a block; to_json writes blocks only.")
        case _:
            not_a_node(node)


def _window(part: Part) -> dict:
    window = part.node
    assert isinstance(window, Conv | MaxPool | AvgPool)
    return {
        "kernel": list(window.kernel_size),
        "stride": list(window.stride),
        "pads": window.pads and list(window.pads),
        "label": part.label,
    }
