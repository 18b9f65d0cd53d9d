"""The atlas: a page for each network that ships, with a tile for each of its channels.

What a channel responds to was computed by `make atlas`, with torch; here it is only laid out. A page
shows the made pictures, which need no script; `static/atlas/<network>.js` holds the rest.
"""

import json
from functools import cache, partial
from html import escape

import inception_lib as il
from inception_lib.drawing.svg import PALETTE
from inception_lib.tree.walks import pretty
from inception_lib.weights.records import shipped, training_record

from .counts import markdown
from .look import ATLAS, as_json, photographs

NAMES = [name for name in shipped() if (ATLAS / f"{name}.json").is_file()]
COLUMNS = 16  # made pictures in a row of the sheet
# What the bars of each measure belong to; tests compare with inception_lib/interpret/measures.py.
AXES = {
    "orientation": ["0°", "22.5°", "45°", "67.5°", "90°", "112.5°", "135°", "157.5°"],
    "frequency": ["1.5 px", "2.1 px", "3.0 px", "4.2 px", "6.0 px", "8.5 px"],
    "curvature": ["radius 3", "radius 5", "radius 8", "straight"],
    "size": ["1 px", "3 px", "5 px", "7 px", "9 px", "11 px", "13 px"],
    "color": ["colored", "gray"],
}


@cache
def read(name: str) -> dict:
    """What `make atlas` found."""
    return json.loads((ATLAS / f"{name}.json").read_text(encoding="utf-8"))


def row(name: str, at: str):
    """What is counted of a branch, or of a stage."""
    stage = at.split(".")[0]
    rows = {row.name: row for row in il.cost(name).branches(stage)}
    return rows[at] if "." in at else il.cost(name)[stage]


def seen(name: str, at: str) -> dict:
    """How much of a crop one value of a map sees, and the step between two of them, in pixels."""
    found = row(name, at)
    return {"field": found.receptive_field, "stride": found.stride[0], "grid": found.out_shape[1]}


def script(name: str) -> str:
    """The data of one network, as a script that hands them to `_static/data.js`."""
    told = read(name)
    groups = [{**group, **seen(name, group["at"])} for group in told["groups"]]
    photos = [[key, told["width"], told["height"]] for key, told in photographs().items()]
    more = {
        "photos": photos,
        "classes": list(photographs()),
        "axes": AXES,
        "explained": "atlas.html",
    }
    return f'bookData.add("atlas/{name}", {as_json({**told, "groups": groups, **more})});'


def spoken(at: str) -> str:
    """ "3a.5x5" as "3a 5×5"."""
    return " ".join(map(pretty, at.split(".")))


def family(name: str, at: str) -> str:
    """The kernel family of a branch or a convolution; none of a sum."""
    return "" if "." not in at and il.cost(name).branches(at) else row(name, at).family


def sheet(name: str) -> str:
    """The tiles of a network, by branch."""
    parts, number = [], 0
    for group in read(name)["groups"]:
        at, tiles = group["at"], []
        path, words = at.replace(".", "/"), spoken(at) if family(name, at) else f"{at}, the sum"
        for channel in range(len(group["channels"])):
            down, across = divmod(number, COLUMNS)
            number += 1
            tiles.append(
                f'<li><a id="{path}/{channel}" href="#{path}/{channel}" '
                f'aria-label="{words}, channel {channel}">'
                f'<i style="--x:{across};--y:{down}"></i>{channel}</a></li>'
            )
        color = PALETTE.get(family(name, at), "var(--pst-color-text-muted)")
        what = "channel" if len(tiles) == 1 else "channels"
        parts.append(
            f'<section aria-label="{words}"><p class="il-atlas-head">'
            f'<span class="il-swatch" style="background:{color}"></span><strong>{words}</strong> '
            f"<small>{len(tiles)} {what}</small></p>\n"
            f'<ul class="il-atlas-sheet il-roving" data-at="{at}">{"".join(tiles)}</ul></section>'
        )
    return "\n".join(parts)


def page(name: str) -> str:
    """One network's page, below its title."""
    network, record = il.architecture(name), training_record(name)
    stages = [stage for stage, node in network.stages if not isinstance(node, il.MaxPool)]
    orders = ["orientation", "frequency", "curvature", "size", "color"]
    options = '<option value="number">number</option><option value="most">strongest crop</option>'
    options += "".join(f'<option value="{one}">{one}</option>' for one in orders)
    return f"""{escape(network.title)}: {il.cost(network).params:,} parameters. It is right about {record["test_accuracy"]:.1%} of
the crops that it was not trained on. Its stages are {", ".join(stages)}. Choose a channel to see what excites it;
[how to read it](atlas.md#how-to-read-it) says what each part means.

```{{raw}} html
<style>[data-network="{name}"] i{{background-image:url("_static/atlas/{name}.webp")}}</style>
<div class="il-atlas" data-network="{name}">
<p class="il-problems" role="alert"></p>
<p class="il-atlas-tools" hidden><label>Sort each branch by <select data-part="sort">{options}</select></label>
<label>Show <select data-part="show"><option value="crop">strongest crops</option><option value="made">made pictures</option></select></label></p>
<p class="visually-hidden" role="status"></p>
<noscript><p>Scripts are off, so you see the made pictures alone. The rest is in the
<a href="_static/atlas/{name}.json">file that scripts would read</a>.</p></noscript>
{sheet(name)}
</div>
```
"""


def networks() -> str:
    """A table of the networks, each with a link to its page."""
    rows = [
        (
            f"[{name}](atlas-{name}.md)",
            il.architecture(name).title,
            str(len(read(name)["groups"])),
            str(sum(len(group["channels"]) for group in read(name)["groups"])),
        )
        for name in NAMES
    ]
    return markdown(["network", "what it is", "branches", "channels"], rows, right=(2, 3))


def credits() -> str:
    """Where the photographs come from."""
    return "\n".join(
        f"- {name}: {told['source']}; {told['license']}." for name, told in photographs().items()
    )


PAGES = {
    "atlas-networks.md": networks,
    "atlas-credits.md": credits,
    **{f"atlas-{name}.md": partial(page, name) for name in NAMES},
    **{f"static/atlas/{name}.js": partial(script, name) for name in NAMES},
}
