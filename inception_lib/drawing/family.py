"""All networks on one picture. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ..counting.cost import cost
from ..networks.registry import architecture, list_models
from ..tree.walks import pretty
from .svg import BOLD, PALETTE, Canvas, Drawing, human, span


def family_map(names: list[str] | None = None, links: Mapping[str, str] | None = None) -> Drawing:
    """All networks below one another: parameters and MACs as bars, divided by kernel.

    Args:
        names: which, in this order; None takes all of `list_models(by_year=True)`.
        links: name -> address that the name leads to.

    Returns:
        A `Drawing`. Bars have a linear scale; each carries its number.
    """
    c, links, used, said = Canvas(), links or {}, set(), []
    networks = [
        architecture(name) for name in (list_models(by_year=True) if names is None else names)
    ]
    counts = [cost(network) for network in networks]
    room, y = 114, 12.0  # so that the map fits the text column of a page
    at = max(span(network.title, BOLD, True) for network in networks) + 14
    keys = (("params", "parameters", at), ("macs", "MACs", at + room + 76))
    for _, word, x in keys:
        c.text(x, y, word, more=' opacity="0.75"')
    for network, count in zip(networks, counts, strict=True):
        y += 30
        c.text(0, y, network.title, size=BOLD, bold=True)
        if network.name in links:
            c.shapes[-1] = f'<a href="{escape(links[network.name])}">{c.shapes[-1]}</a>'
        for key, word, x in keys:
            most = max(getattr(other, key) for other in counts)
            for family in PALETTE:
                value = sum(getattr(row, key) for row in count.layers if row.family == family)
                if value:
                    says = f"{network.title}, {pretty(family)}: {value:,} {word}"
                    c.rect(x, y - 9, max(room * value / most, 0.5), 18, PALETTE[family], says)
                    used.add(family)
                    x += room * value / most
            c.text(x + 6, y, human(getattr(count, key)))
        said.append(f"{network.title} {human(count.params)} and {human(count.macs)}")
    y = c.legend(0, y + 34, used, at + 2 * room + 130)
    alt = f"Parameters and MACs of {len(networks)} networks, divided by kernel: {'; '.join(said)}."
    width, role = at + 2 * room + 130, "group" if links else "img"
    return c.drawing(width, y + 12, f"{len(networks)} networks", alt, role)
