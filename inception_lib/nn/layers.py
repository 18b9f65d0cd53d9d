"""spec -> torch.nn. The only file that defines layers.

Parameters are created in the order of the description, and a module's key in the state dict is
its address: "stages.3a.5x5.1.conv.weight" is the second layer of branch 5x5 of stage 3a.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Branches,
    Chain,
    Conv,
    Defaults,
    Head,
    MaxPool,
    Node,
    Residual,
)
from ..tree.resolved import check_concat, check_groups, check_sum


class ConvUnit(nn.Sequential):
    """A convolution (`conv`), its batch normalization (`norm`) and its ReLU (`act`), if it has them."""

    def __init__(self, node: Conv, in_channels: int, defaults: Defaults):
        bias, norm, act = node.with_defaults(defaults)
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            node.out_channels,
            node.kernel_size,
            node.stride,
            node.pads,
            groups=node.groups,
            bias=bias,
        )
        self.conv.weight_std = node.weight_std or defaults.weight_std
        if norm == "batch_norm":
            self.norm = nn.BatchNorm2d(node.out_channels, eps=defaults.norm_eps)
        if act == "relu":
            self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if hasattr(self, "norm"):
            if self.norm.training and x.shape[0] * x.shape[2] * x.shape[3] == 1:
                raise ValueError(
                    "batch normalization in training needs more than one value for each channel; "
                    "here a batch of 1 has come down to a grid of 1×1. Give a batch of at least 2 or "
                    "a larger image, or call model.eval()."
                )
            x = self.norm(x)
        return self.act(x) if hasattr(self, "act") else x


class Concat(nn.ModuleDict):
    """Named branches that read one input; their outputs are concatenated along the channels.

    Shapes: (N, C, H, W) -> (N, sum of the branches' channels, H', W').
    """

    def forward(self, x: Tensor) -> Tensor:
        outs = [branch(x) for branch in self.values()]
        if any(out.shape[2:] != outs[0].shape[2:] for out in outs):
            grids = ", ".join(
                f"{n} {o.shape[2]}×{o.shape[3]}" for n, o in zip(self, outs, strict=True)
            )
            raise ValueError(
                f"branches end on different grids ({grids}) for an input of {x.shape[2]}×{x.shape[3]}; "
                "they can be concatenated only when the grids are equal."
            )
        return torch.cat(outs, dim=1)


class ResidualSum(nn.Module):
    """`act(x + scale · body(x))`. Shapes: (N, C, H, W) -> the same."""

    def __init__(self, body: nn.Module, scale: float, act: str):
        super().__init__()
        self.body = body
        self.scale = scale
        self.act = nn.ReLU() if act == "relu" else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x + self.scale * self.body(x))


class Classifier(nn.Module):
    """Pooling, flattening, hidden linear layers with ReLU, dropout, linear.

    Shapes: (N, C, H, W) -> (N, classes), or (N, pooled features) for 0 classes.

    Raises:
        ValueError: when the pooled grid is not the one that its linear layers were made for.
    """

    def __init__(
        self,
        head: Head,
        pool: nn.Module,
        pooled: tuple[int, int, int],
        weight_std: float | None = None,
    ):
        super().__init__()
        self.pool, self.pooled = pool, pooled
        self.hidden = nn.Sequential()
        size = pooled[0] * pooled[1] * pooled[2]
        for width in head.hidden:
            self.hidden += nn.Sequential(nn.Linear(size, width), nn.ReLU())
            size = width
        self.dropout = nn.Dropout(head.dropout)
        self.fc = nn.Linear(size, head.classes) if head.classes else nn.Identity()
        for layer in (*self.hidden, self.fc):
            layer.weight_std = weight_std
        self.fc.weight_std = head.weight_std or weight_std

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)
        if tuple(x.shape[1:]) != self.pooled:
            got, want = ("×".join(map(str, shape)) for shape in (x.shape[1:], self.pooled))
            raise ValueError(
                f"this head's linear layers take a pooled map of {want}, this input gives {got}; "
                "use the input size that the network was made for, or a head with global pooling."
            )
        return self.fc(self.dropout(self.hidden(x.flatten(1))))


def make(
    node: Node, in_channels: int, defaults: Defaults, where: str = "block"
) -> tuple[nn.Module, int]:
    """The module of a node, and the channels it puts out.

    Raises:
        ValueError: channels that do not fit, naming the stage (see `spec.check_concat`).
    """
    match node:
        case Conv():
            check_groups(where, in_channels, node.groups)
            return ConvUnit(node, in_channels, defaults), node.out_channels
        case MaxPool():
            return nn.MaxPool2d(
                node.kernel_size, node.stride, node.pads, ceil_mode=node.ceil_mode
            ), in_channels
        case AvgPool():
            pool = nn.AvgPool2d(
                node.kernel_size, node.stride, node.pads, node.ceil_mode, node.count_include_pad
            )
            return pool, in_channels
        case AdaptiveAvgPool():
            return nn.AdaptiveAvgPool2d(node.output_size), in_channels
        case LRN():
            return nn.LocalResponseNorm(node.size, node.alpha, node.beta, node.k), in_channels
        case Chain():
            layers, channels = nn.Sequential(), in_channels
            for layer in node.layers:
                module, channels = make(layer, channels, defaults, where)
                layers.append(module)
            return layers, channels
        case Branches():
            made = {
                name: make(b, in_channels, defaults, f"{where}.{name}") for name, b in node.branches
            }
            total = check_concat(
                where, {name: c for name, (_, c) in made.items()}, node.out_channels
            )
            return Concat({name: module for name, (module, _) in made.items()}), total
        case Residual():
            body, channels = make(node.body, in_channels, defaults, where)
            check_sum(where, (in_channels,), (channels,), "channels")
            return ResidualSum(body, node.scale, node.act), channels
    raise TypeError(f"{where}: {node!r} is not a part of a network.")
