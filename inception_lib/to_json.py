"""spec -> plain dicts and lists, ready for JSON: what the cost lab of the pages counts. No torch.

The fourth reading of a description, for a reader that is not Python. Everything that a count needs
is spelled out: both sides of a kernel, the zeros on each side, the bias and the normalization.
"""

from __future__ import annotations

from .spec import PLAIN, AvgPool, Branches, Chain, Conv, Defaults, MaxPool, Node, Residual, as_node
from .tree.walks import kernel_family, label


def as_json(node: object, defaults: Defaults | None = PLAIN) -> dict:
    """A block as plain data.

    Args:
        node: a node of `spec`, or a list of them.
        defaults: what convolutions have unless they say otherwise. None leaves open what they
            leave open: `bias` and `norm` are then None.

    Returns:
        `{"type": "conv", "out", "kernel", "stride", "pads", "groups", "bias", "norm", "label"}`;
        `{"type": "max_pool" or "avg_pool", "kernel", "stride", "pads", "ceil", "label"}`;
        `{"type": "chain", "layers": […]}`; `{"type": "branches", "branches": [{"name", "family",
        "node"}, …]}`; `{"type": "residual", "body"}`. Kernels, strides and pads are
        [height, width].

    Raises:
        TypeError: a layer that stands in no block, such as `LRN`.
    """
    node = as_node(node)
    if isinstance(node, Conv):
        bias, norm = node.bias, node.norm
        if defaults is not None:
            bias, norm, _ = node.with_defaults(defaults)
        more = {"groups": node.groups, "bias": bias, "norm": norm}
        return {"type": "conv", "out": node.out_channels, **_window(node), **more}
    if isinstance(node, MaxPool | AvgPool):
        kind = "max_pool" if isinstance(node, MaxPool) else "avg_pool"
        return {"type": kind, **_window(node), "ceil": node.ceil_mode}
    if isinstance(node, Chain):
        return {"type": "chain", "layers": [as_json(layer, defaults) for layer in node.layers]}
    if isinstance(node, Branches):
        parts = [
            {"name": name, "family": kernel_family(part), "node": as_json(part, defaults)}
            for name, part in node.branches
        ]
        return {"type": "branches", "branches": parts}
    if isinstance(node, Residual):
        return {"type": "residual", "body": as_json(node.body, defaults)}
    raise TypeError(f"{type(node).__name__} stands in no block; as_json writes blocks only.")


def _window(node: Node) -> dict:
    return {
        "kernel": list(node.kernel_size),
        "stride": list(node.stride),
        "pads": list(node.pads),
        "label": label(node),
    }
