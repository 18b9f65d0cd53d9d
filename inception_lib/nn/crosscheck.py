"""The same counts by torchinfo, fvcore and torch's own counter, quietly.

They do not count the same things. torchinfo adds biases and batch normalization to its
mult-adds; fvcore calls MACs "flops" and adds batch normalization and pooling; torch's
`FlopCounterMode` gives FLOPs, two for each MAC. Here each is asked for its convolutions and
linear layers alone, in MACs; what it reports on its own is given beside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import nn
from torch.nn.utils.prune import is_pruned

from ..counting.cost import cost
from ..counting.table import Table
from ..errors import needs, short
from ..networks.resolve import shape_of
from ..spec import PLAIN, Network
from .device import device_of
from .modes import bare, eager, mode

Row = tuple[str, int, int, str]  # tool, parameters, MACs, its own report


class CrossCheck(Table):
    """A table of counts by several programs.

    Attributes:
        counts: tool -> (parameters, MACs).
        lacks: tool -> why it did not count: it is not installed, or it failed.
    """

    def __init__(self, rows: list[Row], lacks: dict[str, str]):
        self.counts = {tool: (params, macs) for tool, params, macs, _ in rows}
        self.lacks = lacks
        super().__init__(
            ["counted by", "parameters", "MACs (conv + linear)", "what it reports itself"],
            [*rows, *((tool, None, None, why) for tool, why in lacks.items())],
        )

    @property
    def agree(self) -> bool:
        """Whether another program has counted, and all give the same parameters and MACs."""
        return len(self.counts) > 1 and len(set(self.counts.values())) == 1


def cross_check(model: nn.Module, input_shape: tuple[int, int, int]) -> CrossCheck:
    """Count one model in four ways.

    Args:
        model: what `create_model` or `build` made, also compiled or parallel, or any module that
            carries its `.spec`.
        input_shape: (channels, height, width) of one input.

    Returns:
        A `CrossCheck`: prints as a table; `.agree`; `.counts` = tool -> (parameters, MACs). A program
        that is not installed, or that fails, has a line that says so; the others still count.

    Raises:
        TypeError: a model without a description to compare with.
        ValueError: an input with channels other than the model takes.
    """
    model = bare(model)
    if not hasattr(model, "spec"):
        raise TypeError(
            f"a {type(model).__name__} carries no description; make it with create_model or build, "
            "or use torchinfo.summary on its own."
        )
    takes = model.spec.in_channels if isinstance(model.spec, Network) else model.in_channels
    try:
        input_shape = shape_of(input_shape)
    except ValueError:
        fits = False
    else:
        fits = input_shape[0] == takes
    if not fits:
        raise ValueError(
            f"input_shape is {short(input_shape)}; this model takes ({takes}, height, width), without "
            "the batch."
        )
    with mode(model, training=False), eager(), _hooks(model):
        rows, lacks = [_ours(model, input_shape)], {}
        x = torch.zeros(1, *input_shape, device=device_of(model))
        for tool, count in (("torchinfo", _torchinfo), ("fvcore", _fvcore), ("torch", _torch)):
            if tool == "torchinfo" and is_pruned(model):
                lacks[tool] = "counts only the weights that pruning has left"
                continue
            try:
                rows.append((tool, *count(model, x)))
            except ImportError as error:
                lacks[tool] = str(error)
            except (
                Exception
            ) as error:  # a tool's own fault; fvcore rests on a retired part of torch
                lacks[tool] = f"failed: {type(error).__name__}: {error}".splitlines()[0]
    return CrossCheck(rows, lacks)


@contextmanager
def _hooks(model: nn.Module) -> Iterator[None]:
    """Takes away, in the end, the hooks that a program that failed has left behind."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    were = [(m, kind, dict(getattr(m, kind))) for m in model.modules() for kind in kinds]
    try:
        yield
    finally:
        for module, kind, hooks in were:
            found = getattr(module, kind)
            for key in [key for key in found if key not in hooks]:
                del found[key]


def _ours(model: nn.Module, shape: tuple[int, int, int]) -> Row:
    if not isinstance(model.spec, Network):
        counted = run = cost(model.spec, shape, defaults=getattr(model, "defaults", PLAIN))
    else:  # auxiliary heads have parameters, and do not run
        counted = cost(model.spec, input_size=shape[1:])
        run = cost(replace(model.spec, aux=()), input_size=shape[1:])
    return "inception_lib", counted.params, run.macs, f"{run.macs:,} MACs"


def _torchinfo(model: nn.Module, x: torch.Tensor) -> tuple[int, int, str]:
    found = needs("torchinfo", "cross_check").summary(model, input_data=x, verbose=0)
    macs = 0
    for layer in found.summary_list:
        if isinstance(layer.module, nn.Conv2d | nn.Linear):
            bias = layer.module.bias
            positions = (
                layer.output_size[2] * layer.output_size[3] if len(layer.output_size) == 4 else 1
            )
            macs += layer.macs - (0 if bias is None else bias.numel() * positions)
    report = f"{found.total_mult_adds:,} mult-adds, biases and BN included"
    return found.total_params, macs, report


def _fvcore(model: nn.Module, x: torch.Tensor) -> tuple[int, int, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fvcore's import uses a deprecated torch.jit call
        fvcore = needs("fvcore.nn", "cross_check")
        counted = (
            fvcore.FlopCountAnalysis(model, x)
            .unsupported_ops_warnings(False)
            .uncalled_modules_warnings(False)
        )
        by_operator = counted.by_operator()
        total = int(counted.total())
    macs = int(by_operator.get("conv", 0) + by_operator.get("linear", 0))
    return fvcore.parameter_count(model)[""], macs, f'{total:,} "flops", which are MACs'


def _torch(model: nn.Module, x: torch.Tensor) -> tuple[int, int, str]:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(x)
    flops = counter.get_total_flops()
    params = sum(p.numel() for p in model.parameters())
    return params, flops // 2, f"{flops:,} FLOPs"
