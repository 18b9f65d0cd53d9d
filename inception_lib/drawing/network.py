"""A network as a map: a row for each stage. No torch."""

from __future__ import annotations

from dataclasses import replace

from ..counting.cost import Cost, Row
from ..counting.table import times
from ..networks.registry import architecture, list_models
from ..spec import Branches, Chain, Conv, MaxPool, Network
from ..tree.resolved import Part, Resolved, join
from ..tree.walks import leaves
from .svg import PALETTE, SMALL, TITLE, Canvas, Drawing, human, span
from .words import facts, words_of


def _stripes(stage: str, part: Part | None, row: Row) -> list[tuple[str, str, int]]:
    """(what, family, channels) of each branch that a stage ends in, or of the stage itself."""
    address = stage
    while part and isinstance(part.node, Chain) and part.parts:
        name, part = part.parts[-1]
        address = join(address, name)
    if not part or not isinstance(part.node, Branches):
        # a chain that pools and then convolves has its channels from the convolution
        after_pool = row.family == "pool" and part and isinstance(part.node, Conv)
        family = part.family if part and after_pool else row.family
        return [(f"{stage}: {row.op}", family, row.out_shape[0])]
    return [
        (f"{address}.{name}: {branch.label}", branch.family, branch.after.shape[0])
        for name, branch in part.parts
    ]


def _op(part: Part | None, row: Row) -> str:
    if not part:
        return row.op
    op = words_of(part) if isinstance(part.node, Conv | MaxPool) else part.label
    count = len(leaves(part.node))
    return op if len(op) < 24 or count == 1 else f"{count} layers"


def _is_published(network: Network, count: Cost) -> bool:
    """Whether this is a network of `list_models` at its own input size, auxiliary heads aside."""
    if network.name not in list_models() or count.rows[0].in_shape[1:] != network.input_size:
        return False
    return replace(network, aux=()) == architecture(network.name)


def draw_network(
    found: Resolved, count: Cost, with_cost: bool, title: str | None, room: int
) -> Drawing:
    """A row for each stage; in a group of its own, so that a page's script finds it by name.

    Args:
        found: the network, resolved.
        count: the same, counted.
        with_cost: whether to write parameters and MACs.
        title: a line above the map.
        room: pixels of the widest bar.
    """
    network, parts, c = found.network, dict(found.stages), Canvas()
    if found.head:
        parts["avgpool"] = found.head.pool
    extra = {f"aux_{name}" for name in found.aux}
    stages = [row for row in count.stages if row.name not in extra]
    ops = {row.name: _op(parts.get(row.name), row) for row in stages}
    grid, widest = stages[0].in_shape, max(row.out_shape[0] for row in stages)
    at_op = max(span(name, bold=True) for name in ("input", *ops)) + 10
    at_bar = at_op + max(span(op) for op in ops.values()) + 10
    at_grid = at_bar + room + 54
    at_params, width = at_grid + 136, at_grid + (212 if with_cost else 62)
    y = 40.0 if title else 12.0
    if title:
        c.text(0, 11, title, size=TITLE, bold=True)
    for x, word in ((0, "stage"), (at_op, "layers"), (at_bar, "channels"), (at_grid, "grid")):
        c.text(x, y, word, more=' opacity="0.75"')

    def costs(y: float, params: str, macs: str, more: str = "") -> None:
        if with_cost:
            c.text(at_params, y, params, anchor="end", more=more)
            c.text(width, y, macs, anchor="end", more=more)

    costs(y, "params", "MACs", ' opacity="0.75"')
    y, before, used = y + 14, None, {"linear"} if extra else set()
    for row in (None, *stages):
        name, shape = (row.name, row.out_shape) if row else ("input", grid)
        size = shape[1:] or (1, 1)
        tall = 56 * (size[0] * size[1] / (grid[1] * grid[2])) ** 0.25  # the root of a side
        pitch = max(22.0, tall + 6)
        mid = y + pitch / 2
        if shape[1:] != before:
            c.rule(y, width)
            c.text(at_grid, mid, times(shape[1:]) or "vector", bold=True)
            before = shape[1:]
        if row:
            c.group("il-stage", stage=name)
        c.text(0, mid, name, bold=True)
        c.text(at_op, mid, ops.get(name, "image"))
        left, image = float(at_bar), [("input: an image", "", shape[0])]
        stripes = _stripes(name, parts.get(name), row) if row else image
        for says, family, channels in stripes:
            wide, fill = max(channels * room / widest, 1), PALETTE.get(family, "currentColor")
            whole = "" if len(stripes) == 1 else f" All of {name}:"
            says += f", {channels} channels.{whole}{facts(row)}"
            c.rect(left, mid - tall / 2, wide - (0.8 if whole else 0), tall, fill, says)
            used.add(family)
            left += wide
        c.text(left + 6, mid, f"{shape[0]:,}")
        if row:
            costs(mid, human(row.params), human(row.macs))
            c.end()
        y += pitch
        if f"aux_{name}" in extra:
            aux, start = count[f"aux_{name}"], at_bar + 10
            c.line((start, mid + tall / 2), (start, y + 13), (start + 18, y + 13), head=True)
            c.group("il-stage", stage=aux.name)
            says = f"auxiliary head on {name}.{facts(aux)}"
            c.box(start + 18, y + 3, 124, 20, says, [("auxiliary head", SMALL)], "linear")
            costs(y + 13, human(aux.params), human(aux.macs))
            c.end()
            y += 28
    y = c.legend(0, y + 22, used, width)
    key = ["A bar's width shows channels,", "its height the grid's side (square-root scale)."]
    for line in [" ".join(key)] if span(" ".join(key)) <= width else key:
        y += 22
        c.text(0, y, line)
    sizes = dict.fromkeys(times(row.out_shape[1:]) for row in stages if row.out_shape[1:])
    alt = (
        f"{title or 'Map of ' + (network.title or network.name)}: {len(stages)} stages in order, "
        f"from an image of {times(grid)} to {times(stages[-1].out_shape)}. The grid goes through "
        f"{', '.join(sizes)}; the widest stage has {widest:,} channels. {count.params:,} "
        f"parameters, {count.macs:,} MACs."
    )
    if extra:
        alt += f" Auxiliary heads hang on {' and '.join(name for name, _ in network.aux)}."
    data = {"network": network.name} if _is_published(network, count) else {}
    return c.drawing(width + 2, y + 12, network.name, alt, **data)
