"""A name, a network, a model or a block, made into what the readings read. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import short, whole
from ..spec import (
    PLAIN,
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Conv,
    Defaults,
    MaxPool,
    Merged,
    Network,
    Node,
    Pair,
    as_node,
)
from ..tree.resolved import (
    UNKNOWN,
    HeadPart,
    Map,
    Part,
    Resolved,
    first_part,
    resolve_block,
    resolve_network,
)
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
        KeyError: an unknown name. TypeError: an object that is not a description; options without a
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
        ValueError: parts that do not fit, a sum that the table contradicts, an input too small, a
            model that was changed after it was made.
    """
    found, defaults = describe(what, defaults, **options)
    if isinstance(found, Network):
        if input_shape is not None:
            raise TypeError(
                "input_shape goes with a block; for a network give input_size, in pixels."
            )
        network = resolve_network(found, None if input_size is None else _size(input_size))
        heads = [head for head in (network.head, *network.aux.values()) if head]
        _hold(what, [*network.stages.values(), *heads])
        return network
    if input_size is not None:
        raise TypeError("input_size goes with a network; for a block give input_shape.")
    if input_shape is not None:
        shape, takes = shape_of(input_shape), getattr(described(what), "in_channels", None)
        if isinstance(takes, int) and takes != shape[0]:
            raise ValueError(
                f"input_shape is {input_shape!r}; this model takes ({takes}, height, width)."
            )
        part = resolve_block(found, Map(shape), defaults)
        _hold(what, [part])
        return part
    if not blind:
        raise TypeError(
            f"a {type(found).__name__} does not say what its input is; "
            "give input_shape=(channels, height, width)."
        )
    return resolve_block(found, UNKNOWN, defaults)


def _hold(what: Any, parts: list[Part | HeadPart]) -> None:
    """Refuse a model that is no longer what its description says; anything else passes."""
    if not hasattr(what, "named_modules"):
        return
    said = [layer for part in parts for layer in _layers(part)]
    found = [(name, size) for name, module in what.named_modules() if (size := _size_of(module))]
    has, should = sum(p.numel() for p in what.parameters()), sum(many for _, many in said)
    if has == should and [size for _, size in found] == [size for size, _ in said]:
        return
    both = zip(found, said, strict=False)
    where = next((f" First at {name}: {a}, not {b}." for (name, a), (b, _) in both if a != b), "")
    raise ValueError(
        f"this {type(what).__name__} was changed after it was made, so its description no longer "
        f"fits: it has {has:,} parameters and {len(found)} layers, the description {should:,} and "
        f"{len(said)}.{where} Give the description, model.spec, or a Network that says what it is now."
    )


def _layers(part: Part | HeadPart) -> Iterator[tuple[str, int]]:
    """Each layer with a window, and each linear one, in the order of modules: its size, its parameters."""
    if isinstance(part, HeadPart):
        yield from _layers(part.pool)
        for linear in part.linears:
            yield f"linear {linear.inputs} to {linear.width}", (linear.inputs + 1) * linear.width
        return
    node = part.node
    if isinstance(node, Conv):
        assert part.unit is not None
        inputs, (height, width) = part.before.shape[0], node.kernel_size
        own = height * width * inputs // node.groups + part.unit.bias
        yield (
            _words("conv", node, f"{inputs} to {node.out_channels} in {node.groups}"),
            node.out_channels * (own + 2 * (part.unit.norm == "batch_norm")),
        )
    elif isinstance(node, MaxPool | AvgPool):
        yield _words("pool", node, f"ceil_mode={node.ceil_mode}"), 0
    elif isinstance(node, AdaptiveAvgPool):
        yield f"pool to {node.output_size}", 0
    elif isinstance(node, Bias):
        yield f"bias of {part.after.shape[0]}", part.after.shape[0]
    elif isinstance(node, Merged):
        firsts = [next(_layers(first_part(inner))) for n, inner in part.parts if n in node.merged]
        inputs, out = part.before.shape[0], node.conv.out_channels
        words = _words("conv", node.conv, f"{inputs} to {out} in 1")
        yield words, sum(many for _, many in firsts)
        for name, inner in part.parts:
            yield from islice(_layers(inner), int(name in node.merged), None)
        return
    for _, inner in part.parts:
        yield from _layers(inner)


def _words(word: str, node: Conv | MaxPool | AvgPool, more: str) -> str:
    return f"{word} {node.kernel_size} by {node.stride}, padding {node.pads or (0, 0)}, {more}"


def _size_of(module: Any) -> str:
    """A running layer in the words of `_layers`; "" for what is none of them."""
    if hasattr(module, "in_features"):
        return f"linear {module.in_features} to {module.out_features}"
    if hasattr(module, "channels"):
        return f"bias of {module.channels}"
    if hasattr(module, "output_size"):
        return f"pool to {_two(module.output_size)}"
    if not hasattr(module, "kernel_size"):
        return ""
    sizes = [_two(getattr(module, name)) for name in ("kernel_size", "stride", "padding")]
    if hasattr(module, "in_channels"):
        word, more = "conv", f"{module.in_channels} to {module.out_channels} in {module.groups}"
    else:
        word, more = "pool", f"ceil_mode={module.ceil_mode}"
    if _two(getattr(module, "dilation", 1)) != (1, 1):
        more += f", dilation {module.dilation}"
    return f"{word} {sizes[0]} by {sizes[1]}, padding {sizes[2]}, {more}"


def _two(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else value


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
