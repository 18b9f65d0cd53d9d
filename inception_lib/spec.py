"""The vocabulary: an Inception network as data. No torch.

A network is a small tree of frozen dataclasses. `tree` resolves it, and four readers read the result:
`counting` its costs, `drawing` its picture, `to_json` its JSON, `nn` a module. Nothing here knows of
them.

Every object checks itself when it is made, so a wrong number is found where it is typed.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Never, NoReturn

from .errors import flag, least0, must_be, number, one_of, pair, positive, short, suggest, whole

Pair = tuple[int, int]


# What a `torch.nn.ModuleDict` calls its own: no part of a model can have such a name.
_WORDS = """T_destination add_module apply bfloat16 buffers call_super_init children clear compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu items keys load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters pop register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type update values xpu
    zero_grad"""
RESERVED = frozenset(_WORDS.split())


def _set(owner: object, **checked: object) -> None:
    """Put what a check gives back into a frozen object."""
    for name, value in checked.items():
        object.__setattr__(owner, name, value)


@dataclass(frozen=True)
class Defaults:
    """What a network's convolutions have unless one says otherwise.

    GoogLeNet (arXiv 1409.4842) has biases and no normalization. From BN-Inception
    (arXiv 1502.03167) on there is batch normalization instead of the bias. `weight_std` is the
    standard deviation of the first weights, a normal cut off at two of them; None: He's.
    """

    bias: bool = True
    norm: str = "none"
    act: str = "relu"
    norm_eps: float = 1e-3
    weight_std: float | None = None

    def __post_init__(self) -> None:
        one_of("norm", self.norm, ("none", "batch_norm"))
        one_of("act", self.act, ("none", "relu"))
        eps = number("norm_eps", self.norm_eps, "a number above 0", lambda v: v > 0)
        std = positive("weight_std", self.weight_std)
        _set(self, bias=flag("bias", self.bias), norm_eps=eps, weight_std=std)


PLAIN = Defaults()
"""GoogLeNet's convolutions: a bias, no normalization, ReLU."""


BATCH_NORM = Defaults(bias=False, norm="batch_norm")
"""Convolutions from BN-Inception on: batch normalization in place of the bias, ReLU."""


class _Window:
    """What convolutions and poolings share: a window that slides over the grid."""

    kernel_size: Pair
    stride: Pair
    padding: str

    def _check_window(self) -> None:
        kernel = pair("kernel_size", self.kernel_size)
        _set(self, kernel_size=kernel, stride=pair("stride", self.stride))
        for name in ("ceil_mode", "count_include_pad"):
            if hasattr(self, name):
                _set(self, **{name: flag(name, getattr(self, name))})
        one_of("padding", self.padding, ("same", "valid", "tf_same"))
        if self.padding == "tf_same" and getattr(self, "ceil_mode", False):
            raise ValueError(
                "ceil_mode is True with padding 'tf_same'; that padding rounds the grid up already. "
                "Leave ceil_mode out."
            )
        if self.padding == "same" and any(k % 2 == 0 for k in kernel):
            raise ValueError(
                f"kernel_size is {kernel[0]}×{kernel[1]} with padding 'same'; an even kernel has no "
                "middle, so it cannot keep the grid. Use an odd kernel, or padding 'valid' or 'tf_same'."
            )

    @property
    def pads(self) -> Pair | None:
        """Zeros put on each side (height, width): k // 2 for 'same', none for 'valid'.

        None for "tf_same" where the two sides differ, or the grid decides.
        """
        height, width = self.kernel_size
        if self.padding == "tf_same" and (self.stride != (1, 1) or height * width % 2 == 0):
            return None
        return (0, 0) if self.padding == "valid" else (height // 2, width // 2)


@dataclass(frozen=True)
class Conv(_Window):
    """A convolution, then its normalization, then its activation.

    Args:
        out_channels: number of kernels, and so of feature maps that come out.
        kernel_size: height and width; one integer for a square.
        stride: step of the window.
        padding: "same" (k // 2 zeros on each side, as in PyTorch), "valid" (none), or "tf_same":
            TensorFlow's, as many zeros as make ceil(grid / stride) places, and of an odd number the
            odd one below and to the right. Where stride is 1 and the kernel odd, "same" is the same.
        groups: as in `torch.nn.Conv2d`.
        bias, norm, act: None takes the network's default. norm is "none" or "batch_norm",
            act is "none" or "relu".
        weight_std: of its first weights, where it is not the network's; see `Defaults`.

    Raises:
        ValueError: sizes below 1, an even kernel with "same", groups that do not divide.
    """

    out_channels: int
    kernel_size: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: str = "same"
    groups: int = 1
    bias: bool | None = None
    norm: str | None = None
    act: str | None = None
    weight_std: float | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            out_channels: int,
            kernel_size: int | Pair = 1,
            stride: int | Pair = 1,
            padding: str = "same",
            groups: int = 1,
            bias: bool | None = None,
            norm: str | None = None,
            act: str | None = None,
            weight_std: float | None = None,
        ): ...

    def __post_init__(self) -> None:
        _set(self, out_channels=whole("out_channels", self.out_channels))
        _set(self, groups=whole("groups", self.groups))
        self._check_window()
        if self.out_channels % self.groups:
            raise ValueError(
                f"groups is {self.groups}; it must divide out_channels, {self.out_channels}."
            )
        _set(self, bias=flag("bias", self.bias, None))
        _set(self, weight_std=positive("weight_std", self.weight_std))
        one_of("norm", self.norm, (None, "none", "batch_norm"))
        one_of("act", self.act, (None, "none", "relu"))

    def with_defaults(self, defaults: Defaults) -> tuple[bool, str, str]:
        """(bias, norm, act) after the network's defaults have filled what this leaves open."""
        return (
            defaults.bias if self.bias is None else self.bias,
            self.norm or defaults.norm,
            self.act or defaults.act,
        )


@dataclass(frozen=True)
class MaxPool(_Window):
    """The largest value of each window. `ceil_mode` as in `torch.nn.MaxPool2d`."""

    kernel_size: Pair = (3, 3)
    stride: Pair = (1, 1)
    padding: str = "same"
    ceil_mode: bool = False

    if TYPE_CHECKING:

        def __init__(
            self,
            kernel_size: int | Pair = 3,
            stride: int | Pair = 1,
            padding: str = "same",
            ceil_mode: bool = False,
        ): ...

    def __post_init__(self) -> None:
        self._check_window()


@dataclass(frozen=True)
class AvgPool(_Window):
    """The mean of each window; `count_include_pad` says whether zeros of the padding count."""

    kernel_size: Pair = (3, 3)
    stride: Pair = (1, 1)
    padding: str = "same"
    ceil_mode: bool = False
    count_include_pad: bool = False

    if TYPE_CHECKING:

        def __init__(
            self,
            kernel_size: int | Pair = 3,
            stride: int | Pair = 1,
            padding: str = "same",
            ceil_mode: bool = False,
            count_include_pad: bool = False,
        ): ...

    def __post_init__(self) -> None:
        self._check_window()


@dataclass(frozen=True)
class AdaptiveAvgPool:
    """Average pooling to a fixed grid; `AdaptiveAvgPool(1)` is global average pooling."""

    output_size: Pair = (1, 1)

    if TYPE_CHECKING:

        def __init__(self, output_size: int | Pair = 1): ...

    def __post_init__(self) -> None:
        _set(self, output_size=pair("output_size", self.output_size))


@dataclass(frozen=True)
class LRN:
    """Local response normalization across `size` neighboring channels (AlexNet; GoogLeNet)."""

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def __post_init__(self) -> None:
        _set(self, size=whole("size", self.size))
        _set(self, **{name: least0(name, getattr(self, name)) for name in ("alpha", "beta", "k")})


@dataclass(frozen=True)
class Bias:
    """A number for each channel, added everywhere, and then an activation: "relu" or "none".

    A convolution has its own. This is for one whose bias has to wait until after a pooling.
    """

    act: str = "relu"

    def __post_init__(self) -> None:
        one_of("act", self.act, ("none", "relu"))


@dataclass(frozen=True)
class Chain:
    """Layers one after another. An empty chain passes its input through.

    A chain inside a chain is its layers: each chain has one address for each layer.
    """

    layers: tuple[Node, ...] = ()

    if TYPE_CHECKING:

        def __init__(self, layers: Sequence[NodeLike] = ()): ...

    def __post_init__(self) -> None:
        must_be(
            "layers", self.layers, (list, tuple), "a list of layers, such as [Conv(8), Conv(8, 3)]"
        )
        flat: list[Node] = []
        for layer in map(as_node, self.layers):
            flat += layer.layers if isinstance(layer, Chain) else (layer,)
        _set(self, layers=tuple(flat))


@dataclass(frozen=True)
class Branches:
    """Parallel branches that read one input and are concatenated along the channels, in order.

    Args:
        branches: name -> node. A list of nodes is short for a `Chain`. A name is what a reader
            would point at ("1x1", "3x3", "pool"); it addresses the branch, as in "3a.5x5".
        out_channels: what the paper's table prints for the sum. Checked when the block is
            built or counted, so a table that contradicts itself cannot be built.
    """

    branches: tuple[tuple[str, Node], ...]
    out_channels: int | None = None

    if TYPE_CHECKING:

        def __init__(self, branches: Parts, out_channels: int | None = None): ...

    def __post_init__(self) -> None:
        _set(self, branches=_named("Branches", self.branches))
        if self.out_channels is not None:
            _set(self, out_channels=whole("out_channels", self.out_channels))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.branches)

    def __getitem__(self, name: str) -> Node:
        return _find(self.branches, name, "branch")


@dataclass(frozen=True)
class Merged(Branches):
    """Branches of which some begin with one common convolution, whose output is then split.

    It computes and costs what the same `Branches` do: 1×1 convolutions that read one map are the rows
    of one matrix. The description stays that of the branches, each with its own first 1×1; `merged`
    names those whose first 1×1 runs as a part of the common one.

    Args:
        branches, out_channels: as of `Branches`.
        merged: the names of at least two branches, in the order in which their channels lie in the
            common convolution. Each is a 1×1 convolution without groups, or begins with one. All have
            one stride and one normalization; those without a bias come last.

    Raises:
        ValueError: fewer than two names, one that begins otherwise, strides that differ.
        KeyError: a name of no branch.
    """

    merged: tuple[str, ...] = ()

    if TYPE_CHECKING:

        def __init__(
            self, branches: Parts, out_channels: int | None = None, merged: Sequence[str] = ()
        ): ...

    def __post_init__(self) -> None:
        super().__post_init__()
        must_be("merged", self.merged, (list, tuple), 'names of branches, such as ("1x1", "3x3")')
        _set(self, merged=tuple(self.merged))
        if len(set(self.merged)) < 2 or len(set(self.merged)) < len(self.merged):
            raise ValueError(f"merged is {short(self.merged)}; it must name at least two branches.")
        strides = {first.stride for first in self.firsts.values()}
        if len(strides) > 1:
            raise ValueError(
                f"merged: the first convolutions of {', '.join(self.merged)} have strides "
                f"{', '.join(map(str, strides))}; only those of one stride can be one."
            )

    @property
    def firsts(self) -> dict[str, Conv]:
        """The first convolution of each merged branch, by the branch's name."""
        found = {}
        for name in self.merged:
            first = first_of(self[name])
            if not isinstance(first, Conv) or first.kernel_size != (1, 1) or first.groups > 1:
                raise ValueError(
                    f"merged: {name} does not begin with a 1×1 convolution without groups; only "
                    "those that do can share one."
                )
            found[name] = first
        return found

    @property
    def conv_name(self) -> str:
        """What the common convolution is called: "1x1+3x3+5x5"."""
        return "+".join(self.merged)

    @property
    def conv(self) -> Conv:
        """The common convolution. Activations come after the split, since they may differ."""
        firsts = list(self.firsts.values())
        channels = sum(first.out_channels for first in firsts)
        return replace(firsts[0], out_channels=channels, padding="valid", act="none")


@dataclass(frozen=True)
class Residual:
    """`act(input + scale · body(input))`: arXiv 1602.07261, section 3.3.

    The body must output the shape of the input; it ends in a 1×1 without activation.
    """

    body: Node
    scale: float = 1.0
    act: str = "relu"

    if TYPE_CHECKING:

        def __init__(self, body: NodeLike, scale: float = 1.0, act: str = "relu"): ...

    def __post_init__(self) -> None:
        _set(self, body=as_node(self.body))
        _set(self, scale=number("scale", self.scale, "a finite number", lambda v: True))
        one_of("act", self.act, ("none", "relu"))


@dataclass(frozen=True)
class Head:
    """Pooling, then hidden linear layers with ReLU, dropout, and the linear classifier.

    Args:
        pool: what comes before the flattening; global average pooling by default.
        hidden: widths of linear layers before the last (the auxiliary heads have one of 1024).
        dropout: probability of dropping a value, before the last linear layer.
        classes: outputs of the last linear layer; 0 leaves it out and gives pooled features.
        weight_std: of the last linear layer's first weights; see `Defaults`.
    """

    pool: Node = field(default_factory=AdaptiveAvgPool)
    hidden: tuple[int, ...] = ()
    dropout: float = 0.0
    classes: int = 1000
    weight_std: float | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            pool: NodeLike = ...,
            hidden: tuple[int, ...] = (),
            dropout: float = 0.0,
            classes: int = 1000,
            weight_std: float | None = None,
        ): ...

    def __post_init__(self) -> None:
        must_be("hidden", self.hidden, (list, tuple), "the layers' widths, such as (1024,)")
        must = "at least 0 and below 1"
        _set(
            self,
            pool=as_node(self.pool),
            hidden=tuple(whole("hidden", width) for width in self.hidden),
            dropout=number("dropout", self.dropout, must, lambda v: 0 <= v < 1),
            classes=whole("classes", self.classes, least=0),
            weight_std=positive("weight_std", self.weight_std),
        )


@dataclass(frozen=True)
class Network:
    """Named stages, a head, and auxiliary heads attached to stages.

    Args:
        name: what `create_model` calls it.
        stages: name -> node, in order.
        head: the classifier.
        aux: stage name -> auxiliary head that reads this stage's output in training.
        input_size: pixels (a square side, or height and width) of the paper's input.
        in_channels: channels of the input; 3 for color.
        defaults: what convolutions have unless they say otherwise.
        title, source: for people: what it is, and where the table is printed.
    """

    name: str
    stages: tuple[tuple[str, Node], ...]
    head: Head | None = None
    aux: tuple[tuple[str, Head], ...] = ()
    input_size: Pair = (224, 224)
    in_channels: int = 3
    defaults: Defaults = PLAIN
    title: str = ""
    source: str = ""

    if TYPE_CHECKING:

        def __init__(
            self,
            name: str,
            stages: Parts,
            head: Head | None = None,
            aux: Mapping[str, Head] | Sequence[tuple[str, Head]] = (),
            input_size: int | Pair = 224,
            in_channels: int = 3,
            defaults: Defaults = PLAIN,
            title: str = "",
            source: str = "",
        ): ...

    def __post_init__(self) -> None:
        for name in ("name", "title", "source"):
            must_be(name, getattr(self, name), str, "text")
        if not self.name:
            raise ValueError("name is ''; a network needs a name, such as 'mine'.")
        _set(self, stages=_named("Network", self.stages))
        _set(self, input_size=pair("input_size", self.input_size))
        _set(self, in_channels=whole("in_channels", self.in_channels))
        _set(self, aux=_pairs("aux", self.aux, "{'4a': Head()}"))
        for stage, head in self.aux:
            _find(self.stages, stage, "stage")
            must_be(f"aux, {stage}", head, Head, "a Head")
        must_be("head", self.head, Head | None, "a Head, or None")  # type: ignore[arg-type]
        must_be("defaults", self.defaults, Defaults, "Defaults, such as BATCH_NORM")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.stages)

    def __getitem__(self, name: str) -> Node:
        return _find(self.stages, name, "stage")


Node = (
    Conv | MaxPool | AvgPool | AdaptiveAvgPool | LRN | Bias | Chain | Merged | Branches | Residual
)
NODES = (Conv, MaxPool, AvgPool, AdaptiveAvgPool, LRN, Bias, Chain, Merged, Branches, Residual)
if TYPE_CHECKING:
    # what a node may be written as: itself, or a list of what may be nodes, which is a chain
    NodeLike = Node | Sequence["NodeLike"]
    Parts = Mapping[str, NodeLike] | Sequence[tuple[str, NodeLike]]


def as_node(value: object) -> Node:
    """A node as it is; a list or tuple of nodes as a `Chain`.

    Raises:
        TypeError: for anything that is not of the vocabulary.
    """
    if isinstance(value, list | tuple):
        return Chain(tuple(value))
    if not isinstance(value, NODES):
        _refuse(value)
    return value


def first_of(node: Node) -> Node | None:
    """The first layer of a chain, None of an empty one; any other node itself."""
    if isinstance(node, Chain):
        return node.layers[0] if node.layers else None
    return node


def not_a_node(node: Never) -> NoReturn:
    """The last case of every `match` over a tree: a type checker sees that it is never reached.

    Raises:
        TypeError: always, for a node that the vocabulary does not have.
    """
    _refuse(node)


def _refuse(value: object) -> NoReturn:
    words = ", ".join(cls.__name__ for cls in NODES)
    raise TypeError(
        f"{short(value)} is a {type(value).__name__}, not a part of a network. "
        f"Use one of {words}, or a list of them."
    )


def _pairs(owner: str, parts: object, such_as: str) -> tuple[tuple[str, Any], ...]:
    """Parts by name, in order; each name once."""
    items = parts.items() if isinstance(parts, Mapping) else parts
    try:
        pairs = tuple((name, part) for name, part in items)  # type: ignore
    except (TypeError, ValueError):
        raise TypeError(
            f"{owner} got {short(parts)}; give each part a name, such as {such_as}."
        ) from None
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(
                f"{owner}: the name {short(name)} is used {names.count(name)} times; names must differ."
            )
    return pairs


def _named(owner: str, parts: Parts) -> tuple[tuple[str, Node], ...]:
    pairs = _pairs(owner, parts, "{'3x3': Conv(8, 3)}")
    if not pairs:
        raise ValueError(f"{owner} is empty; it needs at least one named part.")
    return tuple((_name(owner, name), as_node(node)) for name, node in pairs)


def _name(owner: str, name: object) -> str:
    """The name of a part: an address is made of them, and attributes of a module are called so."""
    if (
        not isinstance(name, str)
        or name != name.strip()
        or not name.isprintable()
        or name[:1] in ("", "_")
        or set(name) & set(".\\")
    ):
        raise ValueError(
            f"{owner}: {short(name)} is not a name; use text without a dot, a backslash or a "
            "leading underscore, such as '3x3'."
        )
    if name in RESERVED or keyword.iskeyword(name):
        raise ValueError(
            f"{owner}: the name {name!r} is taken by Python or by torch's modules; use another, such "
            f"as {name + '1'!r}."
        )
    return str(name)


def _find(parts: tuple[tuple[str, Node], ...], name: str, what: str) -> Node:
    for key, node in parts:
        if key == name:
            return node
    raise KeyError(suggest(name, [key for key, _ in parts], what))
