"""A resolved description as `torch.nn`. The only file that defines layers.

Parameters are created in the order of the description, and a module's key in the state dict is
its address: "stages.3a.5x5.1.conv.weight" is the second layer of branch 5x5 of stage 3a.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.fx
from torch import Tensor, nn
from torch.nn.functional import pad

from ..spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Branches,
    Chain,
    Conv,
    MaxPool,
    Residual,
    not_a_node,
)
from ..tree.resolved import HeadPart, Linear, Part


def pad_same(x: Tensor, kernel: tuple[int, int], stride: tuple[int, int], value: float) -> Tensor:
    """`x` with TensorFlow's "same" padding: the two sides differ by one where it is odd.

    Shapes: (N, C, H, W) -> (N, C, H', W'), in which ceil(H / stride) windows fit.
    """
    around: list = []
    for n, k, step in zip(x.shape[:1:-1], kernel[::-1], stride[::-1], strict=True):
        # ONNX divides towards 0, Python downwards: nothing below 0 is divided here
        more: int | torch.SymInt = (n - 1) // step * step + k - n
        if k < step:  # windows that leave gaps may need none
            more = torch.sym_max(more, 0)
        around += [more // 2, more - more // 2]
    return pad(x, around, value=value)


torch.fx.wrap("pad_same")  # what depends on the grid is one step of a traced graph


class _Same(nn.Module):
    """Of a layer whose window slides: pads before it, as TensorFlow's "same" does."""

    fill = 0.0
    kernel_size: Any
    stride: Any

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(pad_same(x, self.kernel_size, self.stride, self.fill))

    def extra_repr(self) -> str:
        return super().extra_repr().replace(", padding=0", "") + ", padding='tf_same'"


class SameConv2d(_Same, nn.Conv2d):
    """A convolution with TensorFlow's "same" padding."""


class SameMaxPool2d(_Same, nn.MaxPool2d):
    """A max pooling with TensorFlow's "same" padding, which is never the largest value."""

    fill = float("-inf")


class SameAvgPool2d(_Same, nn.AvgPool2d):
    """An average pooling with TensorFlow's "same" padding; it counts the zeros only if told."""

    def forward(self, x: Tensor) -> Tensor:
        mean = super().forward(x)
        return mean if self.count_include_pad else mean / super().forward(torch.ones_like(x[:, :1]))


def tracing(x: Tensor) -> bool:
    """Whether `torch.fx` is writing down what is done to `x`, which then has no shape to check."""
    return isinstance(x, torch.fx.Proxy)


class ConvUnit(nn.Sequential):
    """A convolution (`conv`), its batch normalization (`norm`) and its ReLU (`act`), if it has them.

    What is appended, or put in the place of one of them, runs as in any `nn.Sequential`.

    Raises:
        ValueError: batch normalization in training that has one value alone for each channel.
    """

    conv: nn.Conv2d
    act: nn.ReLU

    @classmethod
    def of(cls, part: Part) -> ConvUnit:
        """The unit of a resolved convolution."""
        node, unit, self = part.node, part.unit, cls()
        assert isinstance(node, Conv) and unit is not None
        self.conv = (nn.Conv2d if node.pads else SameConv2d)(
            part.before.shape[0],
            node.out_channels,
            node.kernel_size,
            node.stride,
            node.pads or 0,
            groups=node.groups,
            bias=unit.bias,
        )
        self.conv.weight_std = unit.weight_std  # type: ignore[assignment]  # read by init_weights
        if unit.norm == "batch_norm":
            self.norm = nn.BatchNorm2d(node.out_channels, eps=unit.norm_eps)
        if unit.act == "relu":
            self.act = nn.ReLU()
        return self

    def forward(self, x: Tensor) -> Tensor:
        for layer in self:
            alone = isinstance(layer, nn.BatchNorm2d) and layer.training and not tracing(x)
            if alone and x.shape[0] * x.shape[2] * x.shape[3] == 1:
                raise ValueError(
                    "batch normalization in training needs more than one value for each channel; "
                    "here a batch of 1 has come down to a grid of 1×1. Give a batch of at least 2 or "
                    "a larger image, or call model.eval()."
                )
            x = layer(x)
        return x


class Concat(nn.ModuleDict):
    """Named branches that read one input; their outputs are concatenated along the channels.

    Shapes: (N, C, H, W) -> (N, sum of the branches' channels, H', W').
    """

    def forward(self, x: Tensor) -> Tensor:
        outs = [branch(x) for branch in self.values()]
        if not tracing(x) and any(out.shape[2:] != outs[0].shape[2:] for out in outs):
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

    def __init__(self, part: HeadPart):
        super().__init__()
        self.pool, self.pooled = make(part.pool), part.pool.after.shape
        many = len(part.head.hidden)
        self.hidden = nn.Sequential()
        for linear in part.linears[:many]:
            self.hidden += nn.Sequential(_linear(linear), nn.ReLU())
        self.dropout = nn.Dropout(part.head.dropout)
        self.fc = last_linear(part)

    def forward(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        x = self.pool(x)
        if not tracing(x) and tuple(x.shape[1:]) != self.pooled:
            got, want = ("×".join(map(str, shape)) for shape in (x.shape[1:], self.pooled))
            raise ValueError(
                f"this head's linear layers take a pooled map of {want}, this input gives {got}; "
                "use the input size that the network was made for, or a head with global pooling."
            )
        x = self.dropout(self.hidden(x.flatten(1)))
        return x if pre_logits else self.fc(x)


def last_linear(part: HeadPart) -> nn.Module:
    """The classifier of a head: the last linear layer, or nothing for 0 classes."""
    return _linear(part.linears[-1]) if part.head.classes else nn.Identity()


def _linear(part: Linear) -> nn.Linear:
    layer = nn.Linear(part.inputs, part.width)
    layer.weight_std = part.weight_std  # type: ignore[assignment]  # read by init_weights
    return layer


def make(part: Part) -> nn.Module:
    """The module of a resolved part.

    Args:
        part: as `tree.resolved` gives it, with the channels that come in.
    """
    node = part.node
    match node:
        case Conv():
            return ConvUnit.of(part)
        case MaxPool():
            pool = nn.MaxPool2d if node.pads else SameMaxPool2d
            return pool(node.kernel_size, node.stride, node.pads or 0, ceil_mode=node.ceil_mode)
        case AvgPool():
            mean, pads = (nn.AvgPool2d if node.pads else SameAvgPool2d), node.pads or 0
            return mean(node.kernel_size, node.stride, pads, node.ceil_mode, node.count_include_pad)
        case AdaptiveAvgPool():
            return nn.AdaptiveAvgPool2d(node.output_size)
        case LRN():
            return nn.LocalResponseNorm(node.size, node.alpha, node.beta, node.k)
        case Chain():
            chain = nn.Sequential(*(make(inner) for _, inner in part.parts))
            chain.numbered = all(name for name, _ in part.parts)  # type: ignore[assignment]
            return chain
        case Branches():
            return Concat({name: make(inner) for name, inner in part.parts})
        case Residual():
            return ResidualSum(make(part.parts[0][1]), node.scale, node.act)
        case _:
            not_a_node(node)
