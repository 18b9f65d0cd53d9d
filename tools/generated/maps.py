"""What the maps of the networks show: a script of data for each network, and the page's own parts.

A page loads `static/maps/<network>.js` when a reader first asks for a stage of this network. It is a
script, not JSON, because a page that is opened as a file may load scripts alone.
"""

import json
from functools import partial
from html import escape

import inception_lib as il
from inception_lib.counting.table import Table, times

from .counts import markdown

# Each network and the chapter that builds it, in the order of the years.
CHAPTERS = {
    "naive_googlenet": "01-naive-block",
    "googlenet": "03-googlenet",
    "googlenet_2014": "03-googlenet",
    "googlenet_bn": "04-batch-normalization",
    "googlenet_torchvision": "03-googlenet",
    "bn_inception": "04-batch-normalization",
    "inception_v3": "06-inception-v3",
    "inception_v3_torchvision": "06-inception-v3",
    "inception_v3_fid": "06-inception-v3",
    "inception_v4": "07-inception-v4",
    "inception_resnet_v1": "08-inception-resnet",
    "inception_resnet_v2": "08-inception-resnet",
    "inception_resnet_v2_paper": "08-inception-resnet",
}
LEFT = "googlenet"  # what the page shows where scripts do not run
NARROW = 110  # pixels of the widest bar: two maps are side by side


def describe(name: str) -> dict:
    """Everything that a page shows of one network, ready for JSON.

    Diagrams are stored once each, because a network repeats its blocks; a stage has the number of
    its own. Linear layers and auxiliary heads have no diagram, but a list of layers.
    """
    network = il.architecture(name)
    count, full = il.cost(network), il.cost(with_heads(name))
    nodes = dict(network.stages) | {"avgpool": network.head.pool}
    diagrams: dict[str, int] = {}
    stages = {}
    for row in full.stages:
        stage = {
            "what": row.op,
            "in": row.in_shape,
            "out": row.out_shape,
            "params": row.params,
            "macs": row.macs,
            "field": row.receptive_field,
            "stride": row.stride,
        }
        if row.name in nodes:
            branches = count.branches(row.name)
            stage["branches"] = [(b.name.split(".")[1], b.out_shape[0]) for b in branches]
            picture = il.draw(
                nodes[row.name], row.in_shape, cost=True, defaults=network.defaults
            )._repr_html_()
            stage["diagram"] = diagrams.setdefault(picture, len(diagrams))
        else:
            own = [x for x in full.layers if x.name.split(".")[0] == row.name]
            stage["layers"] = [(x.op, x.out_shape, x.params, x.macs) for x in own]
        stages[row.name] = stage
    return {
        "title": network.title,
        "input": (network.in_channels, *network.input_size),
        "params": count.params,
        "macs": count.macs,
        "stages": stages,
        "diagrams": list(diagrams),
        "map": il.draw(network, widest=NARROW)._repr_html_(),
    }


def with_heads(name: str) -> il.Network:
    """The network with its auxiliary heads, where it has any: some maps show them."""
    try:
        return il.architecture(name, aux=True)
    except ValueError:
        return il.architecture(name)


def script(name: str) -> str:
    """The data of one network, as a script that hands them to `_static/data.js`."""
    data = json.dumps(describe(name), ensure_ascii=False, separators=(",", ":"))
    return f'bookData.add("maps/{name}", {data});'


def page() -> str:
    """Two places for maps. Without scripts the first holds a picture, and the rest stays hidden."""
    options = "".join(
        f'<option value="{name}">{escape(il.architecture(name).title)}</option>'
        for name in CHAPTERS
    )
    picture = il.draw(LEFT, widest=NARROW)._repr_html_()
    picture = picture.replace("<svg ", f'<svg aria-describedby="{LEFT}-in-words" ', 1)
    sides = "".join(
        f'<div class="il-side" data-side="{side}"{hidden}>'
        f'<p hidden><label for="il-{side}">{side.title()} network</label> '
        f'<select id="il-{side}">{options}</select></p>\n'
        f'<div class="il-place">{shown}</div></div>\n'
        for side, hidden, shown in (
            ("left", "", picture),
            ("right", " hidden", ""),
        )
    )
    counted = ("picture", "stages", "parameters", "MACs")
    columns = ["counted", "left", "right", "right : left"]
    table = Table(columns, [(what, None, None, None) for what in counted])._repr_html_()
    table = table.replace("<table", "<table hidden", 1)  # a script writes the numbers
    return (
        '<div class="il-maps">\n<p class="il-maps-problems" role="alert"></p>\n<div class="pst-scrollable-table-container" role="status">'
        f'{table}</div>\n<div class="il-sides">\n{sides}</div></div>\n'
        "<noscript><p>Scripts are off, so the map above is only a picture. The tables below give the "
        "numbers of every stage.</p></noscript>"
    )


def networks() -> str:
    """A table of the networks with links to their chapters."""
    rows = []
    for name, chapter in CHAPTERS.items():
        network, count = il.architecture(name), il.cost(name)
        number = int(chapter.split("-")[0])
        rows.append(
            (
                f"[{network.title}](chapters/{chapter}.ipynb)",
                str(number),
                times(network.input_size),
                str(len(count.stages)),
                f"{count.params:,}",
                f"{count.macs:,}",
            )
        )
    columns = ["network", "chapter", "input", "stages", "parameters", "MACs"]
    return markdown(columns, rows, right=(1, 2, 3, 4, 5))


def stages() -> str:
    """The maps in words: a table to unfold for each network."""
    columns = ["stage", "what", "output", "parameters", "MACs", "receptive field"]
    parts = []
    for name in CHAPTERS:
        count = il.cost(name)
        rows = [
            (r.name, r.op, times(r.out_shape), r.params, r.macs, times(r.receptive_field))
            for r in count.stages
        ]
        total = ("total", "", times(count.out_shape), count.params, count.macs, "")
        table = Table(columns, [*rows, total], count.title)._repr_html_()
        parts.append(
            f'<details><summary id="{name}-in-words">'
            f"{escape(il.architecture(name).title)}, stage by stage</summary>\n"
            f'<div class="pst-scrollable-table-container">{table}</div></details>'
        )
    return "\n".join(parts)


PAGES = {
    "maps.html": page,
    "maps-networks.md": networks,
    "maps-stages.html": stages,
    **{f"static/maps/{name}.js": partial(script, name) for name in CHAPTERS},
}
