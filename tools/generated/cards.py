"""A card for each network: what it is, what it counts, where weights are. One sheet each on paper.

Everything is taken from the descriptions and counted, but for two facts in `BEFORE`: which network
came before, and in words what changed.
"""

import re
from html import escape

import inception_lib as il
from inception_lib.counting.conventions import CONVENTIONS
from inception_lib.counting.table import times
from inception_lib.networks.registry import FILES
from inception_lib.weights.published import PUBLISHED

from .counts import ELSEWHERE
from .maps import CHAPTERS, with_heads

# network -> the one it is compared with, and what is different there
BEFORE = {
    "naive_googlenet": (
        "",
        "Every block has a 1×1, a 3×3, a 5×5 and a pooling side by side, and nothing that reduces "
        "channels. Nobody ever trained it: it shows what GoogLeNet would cost without its 1×1 reductions.",
    ),
    "googlenet": (
        "naive_googlenet",
        "A 1×1 reduces the channels before each 3×3 and 5×5, and another follows each pooling.",
    ),
    "googlenet_2014": (
        "googlenet",
        "The widths of the graph that Google released: 204 for 208 in 4a, 48 for 32 in 5a, padding as "
        "TensorFlow does it, and 1,008 classes.",
    ),
    "googlenet_bn": (
        "googlenet",
        "Batch normalization takes the place of every bias, and local response normalization is gone.",
    ),
    "googlenet_torchvision": (
        "googlenet",
        "Each 5×5 is a 3×3, batch normalization takes the place of every bias, local response "
        "normalization is gone, and the last pooling has a window of 2×2.",
    ),
    "bn_inception": (
        "googlenet_bn",
        "Two 3×3 take the place of each 5×5. The 28×28 grid has one more block, and two blocks "
        "halve the grid themselves. Most poolings within blocks average.",
    ),
    "inception_v3": (
        "bn_inception",
        "Blocks for each grid: 5×5 or two 3×3 on 35×35, chains of 1×7 and 7×1 on 17×17, a fan-out of "
        "1×3 and 3×1 on 8×8. Three 3×3 begin the stem, and the pictures are larger.",
    ),
    "inception_v3_torchvision": (
        "inception_v3",
        "The average poolings within blocks count the zeros of the padding, and dropout is 0.5. Every "
        "shape and every count is the same.",
    ),
    "inception_v3_fid": (
        "inception_v3",
        "The last block uses max pooling, and there are 1,008 classes.",
    ),
    "inception_v4": (
        "inception_v3",
        "Three kinds of block, repeated 4, 7 and 3 times, all alike on each grid; a stem that forks.",
    ),
    "inception_resnet_v1": (
        "inception_v3",
        "Blocks add what their branches find to their input, times 0.17, 0.1 and 0.2, instead of "
        "concatenating it.",
    ),
    "inception_resnet_v2": (
        "inception_resnet_v1",
        "As TF-slim released it: 10, 20 and 10 blocks in place of 5, 10 and 5, wider sums, a block of "
        "Inception-v3's kind after the stem.",
    ),
    "inception_resnet_v2_paper": (
        "inception_resnet_v1",
        "As the figures draw it: Inception-v4's stem and wider sums, with 1152 and 2144 where the "
        "figures print 1154 and 2048.",
    ),
}


def lacking() -> list[str]:
    """A sentence for everything that a network should have and has not."""
    found = []
    for name in il.list_models():
        file = f"inception_lib/networks/{FILES[name]}.py"
        try:
            il.architecture(name)
        except (ImportError, AttributeError):
            found.append(
                f"{file} has no function {name}, which inception_lib/networks/registry.py names"
            )
        if name not in CHAPTERS:
            found.append(
                f"tools/generated/maps.py: CHAPTERS does not say which chapter builds {name}"
            )
        if name not in BEFORE:
            found.append(f"tools/generated/cards.py: BEFORE does not say what came before {name}")
    for file, names in (("maps.py: CHAPTERS", CHAPTERS), ("cards.py: BEFORE", BEFORE)):
        for name in set(names) - set(il.list_models()):
            found.append(f"tools/generated/{file} names {name}, and il.list_models() does not")
    return found


def year(name: str) -> str:
    """Of the youngest paper or graph that the source names; else that of the network before."""
    source = il.architecture(name).source
    papers = [2000 + int(found) for found in re.findall(r"\b(\d\d)\d\d\.\d{5}", source)]
    papers += [2000 + int(found) for found in re.findall(r"\b(1[4-9])\d\d\.\d{4}\b", source)]
    dates = [int(found) for found in re.findall(r"\b(20\d\d)-\d\d-\d\d\b", source)]
    found = papers + dates
    return str(max(found)) if found else f"after {year(BEFORE[name][0])}"


def counts(name: str) -> list[tuple[str, str]]:
    """What is counted, as (what, number)."""
    network, count = il.architecture(name), il.cost(name)
    last = count[network.stages[-1][0]]
    heads, smallest = with_heads(name), il.min_input_size(network)
    rows = [
        ("Input", f"{times(network.input_size)} pixels"),
        ("Smallest input", "1 pixel" if smallest == 1 else f"{smallest} pixels"),
        ("Parameters", f"{count.params:,}"),
        ("MACs", f"{count.macs:,}"),
        ("Activations", f"{count.activation_bytes / 2**20:.1f} MiB"),
        ("Layers, longest path", str(il.depth(network))),
        ("Last grid", times(last.out_shape)),
        ("Receptive field", f"{times(last.receptive_field)} pixels"),
        ("Classes", f"{network.head.classes:,}"),
    ]
    if heads.aux:
        more = il.cost(heads).params
        rows.append(("With auxiliary heads", f"{more:,} parameters"))
    return rows


def changed(name: str) -> str:
    """What is different from the network before, in words and in numbers."""
    before, words = BEFORE[name]
    if not before:
        return words
    one, other = il.cost(name), il.cost(before)
    parts = [
        f"{getattr(one, key) / getattr(other, key):.2f} times the {what}"
        for key, what in (("params", "parameters"), ("macs", "MACs"))
        if getattr(one, key) != getattr(other, key)
    ]
    said = " and ".join(parts) or "the same parameters and MACs"
    return f"{words} Compared with {il.architecture(before).title}: {said}."


def weights(name: str) -> str:
    """Where trained weights are, and how a picture is prepared for them."""
    if name not in PUBLISHED:
        return "<code>il.create_model</code> has none to load."
    about = PUBLISHED[name]
    return (
        f"<code>{escape(about.weights)}</code>, from {about.library}. The shorter side becomes "
        f"{about.resize} pixels ({about.interpolation}), and the middle {times((about.size, about.size))} "
        f'is read. <code>il.create_model("{name}", pretrained=True)</code> loads them.'
    )


def libraries(name: str) -> list[str]:
    """Who calls it what, with a number there that tells it."""
    found = []
    for who, ours, key, number in ELSEWHERE:
        if ours == name:
            named = re.sub("`(.*?)`", r"<code>\1</code>", escape(who))
            found.append(f"{named}: {number:,} ({escape(CONVENTIONS[key])})")
    return found


def reported(name: str) -> str:
    """The printed errors on one crop, with their source."""
    found = {
        fact.quantity.split(" ")[0]: fact
        for fact in il.PRINTED
        if fact.network == name and fact.quantity.endswith(" error, 1 crop")
    }
    errors = ", ".join(f"{top} {fact.value:g}%" for top, fact in found.items())
    sources = dict.fromkeys(fact.source for fact in found.values())
    return f"{errors} ({'; '.join(sources)})" if found else ""


def anchor(title: str) -> str:
    """Of a heading, as MyST makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def card(name: str) -> str:
    """A heading, and below it the map and the facts side by side."""
    network, chapter = il.architecture(name), CHAPTERS[name]
    # a picture, not a map to explore: the page of maps is there for that
    picture = il.draw(name, widest=110)._repr_html_().replace("il-stage", "il-row")
    picture = re.sub(r' data-network="[^"]*"', "", picture)
    facts = [
        ("Name here", f"<code>{name}</code>"),
        ("Year", year(name)),
        ("Source", escape(network.source)),
        ("What changed", escape(changed(name))),
        *counts(name),
        ("Error, one crop", reported(name)),
        ("Trained weights", weights(name)),
        ("In libraries", "<br>".join(libraries(name))),
        ("Built in", f'<a href="chapters/{chapter}.html">chapter {int(chapter[:2])}</a>'),
    ]
    told = "\n".join(f"<dt>{what}</dt><dd>{says}</dd>" for what, says in facts if says)
    return (
        f"## {network.title}\n\n```{{raw}} html\n"
        f'<div class="il-sheet">\n<div>{picture}</div>\n<dl>\n{told}\n</dl>\n</div>\n```\n'
    )


def cards() -> str:
    """Links to all of them, and the cards, in the order of the years."""
    names = il.list_models(by_year=True)
    titles = [il.architecture(name).title for name in names]
    links = [f"[{title}](#{anchor(title)})" for title in titles]
    return "\n\n".join([" · ".join(links), *map(card, names)])


PAGES = {"cards.md": cards}
