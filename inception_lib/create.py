"""Networks that run: `create_model` for a name or a `Network`, `build` for a block of your own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from torch import nn

from .errors import short
from .networks.registry import architecture, list_models, same_table
from .nn.init import init_weights
from .nn.network import InceptionNet, block_module
from .spec import PLAIN, Defaults, Network, Node, as_node

if TYPE_CHECKING:
    from typing import Unpack

    from .networks.registry import Options


def create_model(
    name: str | Network,
    *,
    seed: int | None = None,
    pretrained: bool = False,
    **options: Unpack[Options],
) -> InceptionNet:
    """A network of the family, ready to run, in training mode.

    Args:
        name: one of `list_models()` or of `list_models(mini=True)`; or a `Network` of your own.
        seed: makes the random weights the same every time; None draws from torch's generator.
        pretrained: for the small networks, load the weights that ship; pictures go through
            `as_input` first. `googlenet_torchvision`, `inception_v3`, `inception_v3_torchvision`,
            `inception_v4` and `inception_resnet_v2` fetch weights that others trained on ImageNet.
            With a different number of classes the last layers keep their random weights; with
            `in_channels=1` the kernels of the three colors are summed. Pictures go through
            `preprocessing(name)` first.
        options: those of `architecture`: `num_classes`, `in_channels`, `aux`, `dropout`, `width`,
            `pool_proj`.

    Returns:
        An `InceptionNet`: (N, in_channels, H, W) -> (N, num_classes).

    Raises:
        KeyError: an unknown name. ValueError, TypeError: options that do not fit, or no trained
            weights for this network. WeightsError: they cannot be fetched; the message
            says what was tried, and what works without a network.
    """
    if not isinstance(pretrained, bool):
        raise ValueError(
            f"pretrained is {short(pretrained)}; give True or False. A file of weights goes to "
            "il.load_weights(model, file)."
        )
    network = architecture(name, **options)
    if pretrained and isinstance(name, Network) and not same_table(network):
        raise ValueError(
            f"there are no trained weights for this Network, {short(network.name)}: "
            "list_models(pretrained=True) does not name it. Use load_weights for weights of your own."
        )
    model = InceptionNet(network)
    init_weights(model, seed)
    if pretrained and network.name in list_models(mini=True):
        from .weights.bundled import load_shipped

        load_shipped(model)
    elif pretrained:
        from .weights.fetch import load_pretrained

        load_pretrained(model)
    return model


def build(
    block: Node | Network | list,
    in_channels: int | None = None,
    *,
    defaults: Defaults | None = None,
    seed: int | None = None,
) -> nn.Module:
    """A single block as a module.

    Args:
        block: a node of the vocabulary, such as `naive_block(64, 128, 32)`; or a `Network`, which
            is run as `create_model` does.
        in_channels: input channels; None takes those of a `Network`.
        defaults: what its convolutions have unless they say otherwise; None takes `PLAIN`, or a
            `Network`'s own.
        seed: as in `create_model`.

    Returns:
        A module (N, in_channels, H, W) -> (N, channels, H', W'), with `.spec`, `.in_channels` and
        `.defaults` of the description.

    Raises:
        TypeError: an object that is not a description.
        ValueError: no `in_channels` for a block, branches that cannot be concatenated, sums that cannot be taken.
    """
    if isinstance(block, Network):
        own = block if defaults is None else replace(block, defaults=defaults)
        return create_model(own, in_channels=in_channels, seed=seed)
    module = block_module(as_node(block), in_channels, defaults or PLAIN)
    init_weights(module, seed)
    return module
