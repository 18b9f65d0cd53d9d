"""Networks by name: `list_models` and `architecture`. No torch."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import suggest
from ..spec import Network
from ..tree.width import widened

# File -> the networks that it makes, by year. A file is read when one of its networks is asked for.
PAPERS = {
    "googlenet": (
        "naive_googlenet", "googlenet", "googlenet_2014", "googlenet_bn", "googlenet_torchvision",
    ),
    "bn_inception": ("bn_inception",),
    "inception_v3": ("inception_v3", "inception_v3_torchvision", "inception_v3_fid"),
    "inception_v4": ("inception_v4",),
    "inception_resnet": (
        "inception_resnet_v1", "inception_resnet_v2", "inception_resnet_v2_paper",
    ),
}  # fmt: skip
SMALL = {
    "small": (
        "mini_plain", "mini_naive", "mini_reduced", "mini_googlenet_aux", "mini_plain_bn", "mini_bn",
        "mini_factorized", "mini_residual",
    ),
}  # fmt: skip
FILES = {name: file for file, names in (PAPERS | SMALL).items() for name in names}

if TYPE_CHECKING:
    from typing import TypedDict

    class Options(TypedDict, total=False):
        """The options of `architecture`."""

        num_classes: int | None
        in_channels: int
        aux: bool
        dropout: float | None
        width: float
        pool_proj: int | None


def list_models(*, by_year: bool = False, mini: bool = False) -> list[str]:
    """The names that `create_model`, `architecture`, `cost` and `draw` know.

    Args:
        by_year: in the order in which the networks came to be, instead of the alphabet's.
        mini: the small networks that this book trains, instead of the papers'.
    """
    names = [name for names in (SMALL if mini else PAPERS).values() for name in names]
    return names if by_year else sorted(names)


def architecture(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int = 3,
    aux: bool = False,
    dropout: float | None = None,
    width: float = 1.0,
    pool_proj: int | None = None,
) -> Network:
    """A network as data.

    Args:
        name: one of `list_models()` or of `list_models(mini=True)`.
        num_classes: outputs of the classifier and of the auxiliary heads; 0 gives pooled features.
            None takes the network's: 1000, 1008 for two released graphs, 10 for the small ones.
        in_channels: channels of the input image.
        aux: whether to keep the auxiliary heads, where the network has any.
        dropout: of the main head; None keeps the paper's.
        width: every convolution's channels times this, rounded, at least 8.
        pool_proj: of 4c and 4d of `bn_inception`, 96 (as without it) or 128; for no other network.

    Returns:
        A `spec.Network`. `counting.cost` counts it, `create_model` runs it.

    Raises:
        KeyError: an unknown name; the message names the nearest.
        ValueError: a negative number of classes, no input channels, a dropout outside [0, 1), a
            width that is not positive, `pool_proj` for another network or of another size,
            or `aux=True` for a network without auxiliary heads.
    """
    if name not in FILES:
        raise KeyError(suggest(name, [*list_models(), *list_models(mini=True)], "model"))
    if pool_proj is not None and name != "bn_inception":
        raise ValueError(f"pool_proj is an option of bn_inception alone, not of {name}.")
    network = _made(name, *(() if pool_proj is None else (pool_proj,)))
    assert network.head is not None  # each network here has one
    num_classes = network.head.classes if num_classes is None else num_classes
    if aux and not network.aux:
        having = ", ".join(n for n in FILES if _made(n).aux)
        raise ValueError(
            f"{name} has no auxiliary heads; use aux=False. Networks with them: {having}."
        )
    head = replace(
        network.head,
        classes=num_classes,
        dropout=network.head.dropout if dropout is None else dropout,
    )
    # Pooled features need no auxiliary classifiers, and a Head of 0 classes would not be one.
    keep = network.aux if aux and num_classes else ()
    heads = tuple((stage, replace(extra, classes=num_classes)) for stage, extra in keep)
    network = replace(network, head=head, aux=heads, in_channels=in_channels)
    return network if width == 1 else widened(network, width)


@cache
def _made(name: str, *options: int) -> Network:
    """The network of that name: data that nobody can change, so made once."""
    return getattr(import_module(f".{FILES[name]}", __package__), name)(*options)
