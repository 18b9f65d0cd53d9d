"""`draw`: a block as a diagram, a network as a map. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..counting.cost import count
from ..networks.resolve import resolve
from ..spec import PLAIN, Defaults, Pair
from ..tree.resolved import Resolved
from .block import Diagram
from .network import draw_network
from .svg import Drawing

if TYPE_CHECKING:
    from typing import Unpack

    from ..networks.registry import Options


def draw(
    what: object,
    input_shape: tuple[int, int, int] | None = None,
    *,
    input_size: int | Pair | None = None,
    cost: bool = False,
    defaults: Defaults = PLAIN,
    title: str | None = None,
    widest: int = 270,
    **options: Unpack[Options],
) -> Drawing:
    """Draw a network as a map of its stages, or a block as a diagram of its layers.

    Args:
        what: a model's name, a `Network`, a model that `create_model` made, or a block.
        input_shape: (channels, height, width) of a block's input; only for blocks. Without it
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
        KeyError: an unknown model. TypeError: an object that is not a description; `cost=True` for a
        block without `input_shape`. ValueError: what `counting.cost` raises.
    """
    found = resolve(
        what, input_shape, input_size=input_size, defaults=defaults, blind=True, **options
    )
    if isinstance(found, Resolved):
        return draw_network(found, count(found), cost, title, widest)
    if cost and input_shape is None:
        raise TypeError(
            "cost=True needs input_shape=(channels, height, width): "
            f"a {type(found.node).__name__} says nothing of its input."
        )
    counted = None if input_shape is None else count(found)
    return Diagram(found, counted, cost).drawing(title)
