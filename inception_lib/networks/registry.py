"""Networks by name: `list_models` and `architecture`. No torch."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import flag, number, short
from ..spec import Network
from ..tree.width import widened
from .elsewhere import unknown_name, unknown_option

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

# Those of the papers' networks of which others have published trained weights: see `weights.published`.
TRAINED = (
    "googlenet_torchvision", "inception_v3_torchvision", "inception_v3", "inception_v4",
    "inception_resnet_v2",
)  # fmt: skip

if TYPE_CHECKING:
    from typing import TypedDict

    class Options(TypedDict, total=False):
        """The options of `architecture`."""

        num_classes: int | None
        in_channels: int | None
        aux: bool | None
        dropout: float | None
        width: float
        pool_proj: int | None


def list_models(
    filter: str = "*", *, pretrained: bool = False, by_year: bool = False, mini: bool = False
) -> list[str]:
    """The names that `create_model`, `architecture`, `cost` and `draw` know.

    Args:
        filter: leaves only the names of this form, as in "*v3*". `*` matches any text.
        pretrained: leaves only the networks that `create_model` has trained weights for.
        by_year: in the order in which the networks appeared, instead of alphabetical order.
        mini: the small networks that this book trains, instead of the papers'; a `filter` that
            begins with "mini" does the same.

    Raises:
        TypeError: a filter that is not text.
    """
    if not isinstance(filter, str):
        raise TypeError(f"filter is {short(filter)}; give text such as '*v3*'.")
    mini = mini or filter.startswith("mini")
    names = [name for names in (SMALL if mini else PAPERS).values() for name in names]
    names = [name for name in names if fnmatchcase(name, filter.lower())]
    if pretrained and not mini:
        names = [name for name in names if name in TRAINED]
    return names if by_year else sorted(names)


def architecture(
    name: str | Network,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    aux: bool | None = None,
    dropout: float | None = None,
    width: float = 1.0,
    pool_proj: int | None = None,
    **others: Any,
) -> Network:
    """A network as data.

    Args:
        name: one of `list_models()` or of `list_models(mini=True)`; or a `Network`, to change it.
        num_classes: outputs of the classifier and of the auxiliary heads; 0 gives pooled features.
            None takes the network's: 1000, 1008 for two released graphs, 10 for the small ones.
        in_channels: channels of the input image; None takes the network's, which is 3.
        aux: whether to keep the auxiliary heads, where the network has any. None leaves them out, and
            keeps those of a `Network`.
        dropout: of the main head; None keeps the paper's.
        width: every convolution's channels times this, rounded, at least 8.
        pool_proj: of 4c and 4d of `bn_inception`, 96 (as without it) or 128; for no other network.
        others: none are taken. An option of timm, torchvision or Keras is answered with its name here.

    Returns:
        A `spec.Network`. `counting.cost` counts it, `create_model` runs it.

    Raises:
        KeyError: an unknown name; the message names the nearest.
        TypeError: an unknown option, or something that is neither a name nor a `Network`.
        ValueError: a negative number of classes, no input channels, a dropout outside [0, 1), a
            width that is not positive, `pool_proj` for another network or of a different size,
            or `aux=True` for a network without auxiliary heads.
    """
    if others:
        raise TypeError(unknown_option(next(iter(others))))
    aux = flag("aux", aux, None)
    if isinstance(name, Network):
        network, name = name, name.name
        aux = bool(network.aux) if aux is None else aux
        if pool_proj is not None:
            raise ValueError("pool_proj is an option of bn_inception alone, not of a Network.")
    elif not isinstance(name, str):
        raise TypeError(
            f"name is {short(name)}; give a name of list_models() or a Network. A block runs by "
            "build(block, in_channels)."
        )
    else:
        if name not in FILES:
            raise KeyError(unknown_name(name, [*list_models(), *list_models(mini=True)]))
        if pool_proj is not None and name != "bn_inception":
            raise ValueError(f"pool_proj is an option of bn_inception alone, not of {name}.")
        network = _made(name, *(() if pool_proj is None else (pool_proj,)))
        if num_classes is None and network.head:
            num_classes = network.head.classes
    if aux and not network.aux:
        having = ", ".join(n for n in FILES if _made(n).aux)
        raise ValueError(
            f"{name} has no auxiliary heads; use aux=False. Networks with them: {having}."
        )
    if in_channels is not None:
        network = replace(network, in_channels=in_channels)
    if network.head is None:
        if num_classes is not None or dropout is not None:
            raise ValueError(f"{name} has no head, so it takes neither num_classes nor dropout.")
    else:
        head = network.head
        head = replace(
            head,
            classes=head.classes if num_classes is None else num_classes,
            dropout=head.dropout if dropout is None else dropout,
        )
        network = replace(network, head=head)
    # Pooled features need no auxiliary classifiers, and a Head of 0 classes would not be one.
    keep = network.aux if aux and num_classes != 0 else ()
    if num_classes is not None:
        keep = tuple((stage, replace(extra, classes=num_classes)) for stage, extra in keep)
    network = replace(network, aux=keep)
    width = number("width", width, "a number above 0, such as 0.5", lambda v: v > 0)
    return network if width == 1 else widened(network, width)


def same_table(network: Network) -> bool:
    """Whether a network has the stages of ours of that name, whatever its head is."""
    if network.name not in FILES:
        return False
    ours = _made(network.name)
    return (network.stages, network.defaults) == (ours.stages, ours.defaults)


@cache
def _made(name: str, *options: int) -> Network:
    """The network of that name: data that nobody can change, so made once."""
    return getattr(import_module(f".{FILES[name]}", __package__), name)(*options)
