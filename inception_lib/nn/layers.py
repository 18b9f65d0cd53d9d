"""A resolved description as `torch.nn`.

Parameters are created in the order of the description, and a module's key in the state dict is
its address: "stages.3a.5x5.1.conv.weight" is the second layer of branch 5x5 of stage 3a.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.fx
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from ..spec import (
    LRN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Branches,
    Chain,
    Conv,
    MaxPool,
    Merged,
    Residual,
    not_a_node,
)
from ..tree.resolved import HeadPart, Linear, Part, first_part
from .same import SameAvgPool2d, SameConv2d, SameMaxPool2d


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
        before = None
        for layer in self:
            alone = isinstance(layer, nn.BatchNorm2d) and layer.training and not tracing(x)
            if alone and x.shape[0] * x.shape[2] * x.shape[3] == 1:
                raise ValueError(
                    "batch normalization in training needs more than one value for each channel; "
                    "here a batch of 1 has come down to a grid of 1×1. Give a batch of at least 2 or "
                    "a larger image, or call model.eval()."
                )
            # as in torchvision: without a second map a step of training is 2% faster
            x = torch.relu_(x) if _overwrites(layer, before) and not tracing(x) else layer(x)
            before = layer
        return x


def _overwrites(act: nn.Module, before: nn.Module | None) -> bool:
    """Whether a ReLU may write over what a layer has made: in training, where nobody else looks at that."""
    plain = type(act) is nn.ReLU and type(before) in (nn.Conv2d, SameConv2d, nn.BatchNorm2d)
    if not (plain and act.training) or torch.compiler.is_compiling() or "forward" in vars(act):
        return False
    if nn.modules.module._has_any_global_hook():
        return False
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return not any(getattr(layer, kind) for layer in (before, act) for kind in kinds)


class Concat(nn.ModuleDict):
    """Named branches that read one input; their outputs are concatenated along the channels.

    Shapes: (N, C, H, W) -> (N, sum of the branches' channels, H', W').
    """

    def forward(self, x: Tensor) -> Tensor:
        return self.concatenated([branch(x) for branch in self.values()], x)

    def concatenated(self, outs: list[Tensor], x: Tensor) -> Tensor:
        """The outputs of the branches as one map; `x` is what came in."""
        if not tracing(x) and any(out.shape[2:] != outs[0].shape[2:] for out in outs):
            grids = ", ".join(
                f"{n} {o.shape[2]}×{o.shape[3]}" for n, o in zip(self, outs, strict=True)
            )
            raise ValueError(
                f"branches end on different grids ({grids}) for an input of {x.shape[2]}×{x.shape[3]}; "
                "they can be concatenated only when the grids are equal."
            )
        return torch.cat(outs, dim=1)


class MergedConv2d(nn.Conv2d):
    """A 1×1 convolution of which only the first kernels may have a bias, `bias`."""

    def __init__(self, inputs: int, channels: int, stride: tuple[int, int], biased: int):
        super().__init__(inputs, channels, 1, stride, bias=False)
        self.without = channels - biased
        if biased:
            self.bias = nn.Parameter(torch.zeros(biased))

    def forward(self, x: Tensor) -> Tensor:
        bias = self.bias
        if bias is not None and self.without:
            bias = pad(bias, (0, self.without))
        return conv2d(x, self.weight, bias, self.stride)


class MergedConcat(Concat):
    """A `Concat` in which one convolution, `common`, begins some of the branches.

    A branch that it begins reads its share of the output, and has the activation of its own first
    convolution in the place of it. So each module that is left has the key that it has in a `Concat`.
    """

    def __init__(self, part: Part):
        super().__init__()
        node, branches = part.node, dict(part.parts)
        assert isinstance(node, Merged)
        firsts = {name: first_part(branches[name]) for name in node.merged}
        widths = {name: first.after.shape[0] for name, first in firsts.items()}
        units = [first.unit for first in firsts.values() if first.unit]
        biased = sum(w for w, u in zip(widths.values(), units, strict=True) if u.bias)
        self.shares, start = {}, 0
        for name, width in widths.items():
            self.shares[name] = start, width
            start += width
        common = nn.Sequential()
        common.conv = MergedConv2d(part.before.shape[0], start, node.conv.stride, biased)
        common.conv.weight_std = units[0].weight_std  # type: ignore[assignment]
        if units[0].norm == "batch_norm":
            common.norm = nn.BatchNorm2d(start, eps=units[0].norm_eps)
        self._modules["_common"] = common  # no branch has such a name
        for name, branch in part.parts:
            self[name] = _after_first(branch) if name in node.merged else make(branch)

    @property
    def common(self) -> nn.Module:
        return self["_common"]

    def items(self) -> Any:
        """The branches, as in a `Concat`."""
        return [(name, branch) for name, branch in self._modules.items() if name != "_common"]

    def keys(self) -> Any:
        return [name for name, _ in self.items()]

    def values(self) -> Any:
        return [branch for _, branch in self.items()]

    def forward(self, x: Tensor) -> Tensor:
        shared, outs = self._modules["_common"](x), []
        for name, branch in self.items():
            given = shared.narrow(1, *self.shares[name]) if name in self.shares else x
            outs.append(branch(given))
        return self.concatenated(outs, x)


def _after_first(part: Part) -> nn.Module:
    """A branch without its first convolution: what is left of that is its activation."""
    unit = first_part(part).unit
    act = nn.ReLU() if unit and unit.act == "relu" else nn.Identity()
    if not part.parts:
        return act
    return _chain(part, [act, *(make(inner) for _, inner in part.parts[1:])])


def _chain(part: Part, layers: Iterable[nn.Module]) -> nn.Sequential:
    chain = nn.Sequential(*layers)
    chain.numbered = all(name for name, _ in part.parts)  # type: ignore[assignment]
    return chain


class BiasUnit(nn.Module):
    """A bias for each channel, then its activation. Shapes: (N, C, H, W) -> the same."""

    def __init__(self, channels: int, act: str):
        super().__init__()
        self.channels = channels
        self.bias = nn.Parameter(torch.zeros(channels))
        self.act = nn.ReLU() if act == "relu" else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x + self.bias[:, None, None])


class ResidualSum(nn.Module):
    """`act(x + scale · body(x))`. Shapes: (N, C, H, W) -> the same."""

    def __init__(self, body: nn.Module, scale: float, act: str):
        super().__init__()
        self.body = body
        self.scale = scale
        self.act = nn.ReLU() if act == "relu" else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        body = self.body(x)
        return self.act(x + (body if self.scale == 1 else self.scale * body))


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
            return _chain(part, [make(inner) for _, inner in part.parts])
        case Bias():
            return BiasUnit(part.before.shape[0], node.act)
        case Merged():
            return MergedConcat(part)
        case Branches():
            return Concat({name: make(inner) for name, inner in part.parts})
        case Residual():
            return ResidualSum(make(part.parts[0][1]), node.scale, node.act)
        case _:
            not_a_node(node)
