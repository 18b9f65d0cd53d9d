"""Networks that run: `create_model` for a name, `build` for a block of your own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from .networks.registry import architecture, list_models
from .nn.init import init_weights
from .nn.network import InceptionNet, block_module
from .spec import PLAIN, Defaults, Node, as_node

if TYPE_CHECKING:
    from typing import Unpack

    from .networks.registry import Options


def create_model(
    name: str, *, seed: int | None = None, pretrained: bool = False, **options: Unpack[Options]
) -> InceptionNet:
    """A network of the family, ready to run, in training mode.

    Args:
        name: one of `list_models()` or of `list_models(mini=True)`.
        seed: makes the random weights the same every time; None draws from torch's generator.
        pretrained: for the small networks, load the weights that ship; pictures go through
            `as_input` first. `googlenet_torchvision`, `inception_v3`, `inception_v3_torchvision`,
            `inception_v4` and `inception_resnet_v2` fetch weights that others trained on ImageNet.
            With another number of classes the last layers keep their random weights. Pictures go
            through `preprocessing(name)` first.
        options: those of `architecture`: `num_classes`, `in_channels`, `aux`, `dropout`, `width`,
            `pool_proj`.

    Returns:
        An `InceptionNet`: (N, in_channels, H, W) -> (N, num_classes).

    Raises:
        KeyError: an unknown name. ValueError, TypeError: options that do not fit, or no trained
            weights for this network. pretrained.WeightsError: they cannot be fetched; the message
            says what was tried, and what works without a network.
    """
    model = InceptionNet(architecture(name, **options))
    init_weights(model, seed)
    if pretrained and name in list_models(mini=True):
        from .weights.bundled import load_shipped

        load_shipped(model)
    elif pretrained:
        from .weights.fetch import load_pretrained

        load_pretrained(model)
    return model


def build(
    block: Node | list, in_channels: int, *, defaults: Defaults = PLAIN, seed: int | None = None
) -> nn.Module:
    """A single block as a module.

    Args:
        block: a node of the vocabulary, such as `naive_block(64, 128, 32)`.
        in_channels: channels that come in.
        defaults: what its convolutions have unless they say otherwise.
        seed: as in `create_model`.

    Returns:
        A module (N, in_channels, H, W) -> (N, channels, H', W'), with `.spec`, `.in_channels` and
        `.defaults` of the description.

    Raises:
        TypeError: an object that is no description.
        ValueError: branches that cannot be concatenated, sums that cannot be taken.
    """
    module = block_module(as_node(block), in_channels, defaults)
    init_weights(module, seed)
    return module
