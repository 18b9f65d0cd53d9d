"""`draw`: a block as a diagram, a network as a map. No torch."""

from __future__ import annotations

from ..counting.cost import cost
from ..networks.registry import architecture
from ..spec import PLAIN, Defaults, Network, Pair, as_node
from .block import Diagram
from .network import draw_network
from .svg import Drawing


def draw(
    what: object,
    input_shape: tuple[int, int, int] | None = None,
    *,
    input_size: int | Pair | None = None,
    cost: bool = False,
    defaults: Defaults = PLAIN,
    title: str | None = None,
    widest: int = 270,
    **options: object,
) -> Drawing:
    """Draw a network as a map of its stages, or a block as a diagram of its layers.

    Args:
        what: a model's name, a `Network`, a model that `create_model` made, or a block.
        input_shape: (channels, height, width) that goes into a block; only for blocks. Without it
            a block is drawn without grids, and what keeps its input's channels says so.
        input_size: pixels of the input image; only for networks. None takes the paper's.
        cost: write parameters and MACs beside each part; a block then needs `input_shape`.
        defaults: what a block's convolutions have unless they say otherwise; only for blocks.
        title: a line above the picture.
        widest: how many pixels wide the widest bar of a map is; 270 fits the text column of a page.
        options: for a name: those of `architecture`, such as `aux=True`.

    Returns:
        A `Drawing`.

    Raises:
        KeyError: an unknown model. TypeError: an object that is no description; `cost=True` for a
        block without `input_shape`. ValueError: what `counting.cost` raises.
    """
    if isinstance(what, str):
        what = architecture(what, **options)
    elif options:
        given, kind = ", ".join(options), type(what).__name__
        raise TypeError(f"{given}: options go with a model's name, not with {kind}.")
    defaults = getattr(what, "defaults", defaults)
    what = getattr(what, "spec", what)
    if isinstance(what, Network):
        if input_shape is not None:
            raise TypeError("input_shape goes with a block; for a network give input_size.")
        return draw_network(what, _count(what, input_size=input_size), cost, title, widest)
    node = as_node(what)
    if input_size is not None:
        raise TypeError("input_size goes with a network; for a block give input_shape.")
    if cost and input_shape is None:
        raise TypeError(
            "cost=True needs input_shape=(channels, height, width): "
            f"a {type(node).__name__} says nothing of its input."
        )
    count = None if input_shape is None else _count(node, input_shape, defaults=defaults)
    return Diagram(node, count, cost, defaults).drawing(input_shape, title)


_count = cost  # `draw` has an argument of that name
