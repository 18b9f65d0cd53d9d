"""A name, a network, a model or a block, made into what the readings read. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import short
from ..spec import PLAIN, Defaults, Network, Node, Pair, as_node, whole
from ..tree.resolved import UNKNOWN, Map, Part, Resolved, resolve_block, resolve_network
from .registry import architecture

if TYPE_CHECKING:
    from typing import Unpack

    from .registry import Options


def described(what: object) -> Any:
    """What carries the description: the object itself, or the one model that a wrapper holds.

    Args:
        what: anything; a `torch.nn.Module` may be wrapped by any other, as often as one likes.

    Raises:
        TypeError: a module that holds more than one described model.
    """
    if isinstance(what, type) or not hasattr(what, "named_modules") or "spec" in vars(what):
        return what
    found: dict[str, object] = {}
    for name, module in what.named_modules():
        if "spec" in vars(module) and not any(name.startswith(f"{owner}.") for owner in found):
            found[name] = module
    if len(found) > 1:
        raise TypeError(
            f"this {type(what).__name__} holds {len(found)} models with a description, "
            f"{', '.join(list(found)[:4])}; give one of them."
        )
    return next(iter(found.values()), what)


def describe(
    what: object, defaults: Defaults = PLAIN, **options: Unpack[Options]
) -> tuple[Network | Node, Defaults]:
    """The description behind a name, a network, a model or a block, and its defaults.

    Args:
        what: a model's name, a `Network`, what `create_model` or `build` made, also wrapped, or a
            block.
        defaults: of a block that carries none.
        options: for a name: those of `architecture`.

    Raises:
        KeyError: an unknown name. TypeError: an object that is no description; options without a
            name.
    """
    if isinstance(what, str):
        network = architecture(what, **options)
        return network, network.defaults
    if options:
        raise TypeError(
            f"{', '.join(options)}: options go with a model's name, not with {type(what).__name__}."
        )
    what = described(what)
    spec = getattr(what, "spec", what)
    if isinstance(spec, Network):
        return spec, spec.defaults
    return as_node(spec), getattr(what, "defaults", defaults)


def resolve(
    what: object,
    input_shape: tuple[int, int, int] | None = None,
    *,
    input_size: int | Pair | None = None,
    defaults: Defaults = PLAIN,
    blind: bool = False,
    **options: Unpack[Options],
) -> Resolved | Part:
    """Resolve whatever can be described.

    Args:
        what: as in `describe`.
        input_shape: (channels, height, width) that goes into a block; only for blocks.
        input_size: side of the input image in pixels, or (height, width); only for networks. None
            takes the paper's.
        defaults: what a block's convolutions have unless they or the model say otherwise.
        blind: whether a block may come without `input_shape`; its widths and grids then stay open.
        options: for a name: those of `architecture`.

    Raises:
        KeyError: an unknown name. TypeError: no description, or a size that goes with another kind.
        ValueError: parts that do not fit, a sum that the table contradicts, an input too small.
    """
    found, defaults = describe(what, defaults, **options)
    if isinstance(found, Network):
        if input_shape is not None:
            raise TypeError(
                "input_shape goes with a block; for a network give input_size, in pixels."
            )
        return resolve_network(found, None if input_size is None else _size(input_size))
    if input_size is not None:
        raise TypeError("input_size goes with a network; for a block give input_shape.")
    if input_shape is not None:
        return resolve_block(found, Map(shape_of(input_shape)), defaults)
    if not blind:
        raise TypeError(
            f"a {type(found).__name__} says nothing of its input; "
            "give input_shape=(channels, height, width)."
        )
    return resolve_block(found, UNKNOWN, defaults)


def _size(size: int | Pair) -> Pair:
    pair = tuple(size) if isinstance(size, tuple | list) else (size, size)
    try:
        height, width = (whole("input_size", n) for n in pair)
    except ValueError:
        raise ValueError(
            f"input_size is {short(size)}; give pixels, such as 224, or (height, width)."
        ) from None
    return height, width


def shape_of(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """(channels, height, width), or a word on what was given instead."""
    try:
        channels, height, width = (whole("input_shape", n) for n in tuple(shape))
    except (TypeError, ValueError):
        raise ValueError(
            f"input_shape is {short(shape)}; give (channels, height, width), all at least 1."
        ) from None
    return channels, height, width
