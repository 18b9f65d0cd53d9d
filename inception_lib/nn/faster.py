"""`faster`: the same function in fewer and larger operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn

from ..errors import flag, short, suggest
from ..networks.resolve import described
from ..spec import Network
from .described import must_be_as_described
from .modes import bare
from .network import InceptionNet, block_module
from .rewriting import REWRITINGS, Rewritten

_BLOCK = "block"  # a block is rewritten as a network of one stage


def faster(
    model: nn.Module, *, without: Sequence[str] = (), channels_last: bool = True
) -> nn.Module:
    """A copy of a model that computes the same in fewer and larger operations, for evaluation.

    Four rewritings, in this order: "fold_batch_norm" puts batch normalization into the convolution
    before it; "fold_scales" the scale of a residual into the last convolution of its body;
    "move_poolings" exchanges an average pooling with the 1×1 after it; "merge_siblings" makes one
    convolution of the 1×1 with which branches of a block begin. The copy's description, `.spec`, shows
    all of it: `cost` and `draw` read it, and `save` keeps it. Outputs differ by rounding. Auxiliary heads
    are rewritten too, and run as before in `forward_with_aux` alone.

    Addresses stay: `features(model, x, ["3a.3x3"])` finds the branch.

    Args:
        model: what `create_model` or `build` made, in evaluation mode; also compiled or wrapped,
            which the copy is not.
        without: names of rewritings to leave out.
        channels_last: whether weights lie in memory with the channels last, which convolutions on
            processors like better; maps follow the weights, so that inputs may be as they are.

    Returns:
        A model of the same kind, on the same device and of the same type, with weights of its own,
        in evaluation mode. `torch.compile` takes it as any other.

    Raises:
        TypeError: a module without a description, such as torchvision's.
        ValueError: a model in training mode, with hooks, or one that was changed after it was made;
            an unknown rewriting.
    """
    flag("channels_last", channels_last)
    given = [without] if isinstance(without, str) else list(without)
    for name in given:
        if name not in REWRITINGS:
            raise ValueError(suggest(name, REWRITINGS, "rewriting"))
    model = bare(model)
    spec = vars(model).get("spec")
    if spec is None:
        inner = described(model)
        more = f" It holds a {type(inner).__name__}: give that." if inner is not model else ""
        raise TypeError(
            f"il.faster rewrites what create_model or build made, and this is a {type(model).__name__}."
            f"{more} Weights of other libraries go into a model of ours first: "
            'il.load_weights(il.create_model("googlenet_torchvision"), theirs.state_dict()).'
        )
    training = [name or "the model" for name, m in model.named_modules() if m.training]
    if training:
        raise ValueError(
            f"this {short(getattr(spec, 'name', type(spec).__name__))} is in training mode (first: "
            f"{training[0]}), where batch normalization depends on the batch and nothing can be folded "
            "into weights. Call model.eval() first."
        )
    must_be_as_described(model, "a rewritten model", "call il.faster")
    network = spec if isinstance(spec, Network) else _network_of(model)
    prefix = "" if network is spec else f"stages.{_BLOCK}."
    with torch.no_grad():
        weights = {prefix + key: value.clone() for key, value in model.state_dict().items()}
        found = Rewritten(network, weights)
        for name, rewriting in REWRITINGS.items():
            if name not in given:
                found = rewriting(*found)
    with torch.device("meta"):
        if network is spec:
            copy: nn.Module = InceptionNet(_titled(found.network))
        else:
            node, now = found.network[_BLOCK], found.network.defaults
            copy = block_module(node, network.in_channels, now)
    state = {key.removeprefix(prefix): value for key, value in found.weights.items()}
    copy.load_state_dict(state, assign=True)
    copy.requires_grad_(any(p.requires_grad for p in model.parameters()))
    for key in ("classes", "preprocessing"):
        if key in vars(model):
            setattr(copy, key, vars(model)[key])
    if channels_last:
        copy.to(memory_format=torch.channels_last)
    return copy.eval()


def _network_of(block: nn.Module) -> Network:
    node, inputs, defaults = (getattr(block, key) for key in ("spec", "in_channels", "defaults"))
    return Network(_BLOCK, {_BLOCK: node}, in_channels=inputs, defaults=defaults)


def _titled(network: Network) -> Network:
    title, more = network.title or network.name, ", rewritten"
    return replace(network, title=title.removesuffix(more) + more)
