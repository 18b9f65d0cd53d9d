"""Layers that pad as TensorFlow's "same" does, where that depends on the grid."""

from __future__ import annotations

from typing import Any

import torch
import torch.fx
from torch import Tensor, nn
from torch.nn.functional import pad


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
