"""The cost lab: its blocks and presets as data, and what it shows before its script runs.

A block is the package's own, built with a stand-in number for each width and written as JSON; the
stand-ins are then the names of the widths. A preset is a stage of a paper's network: the block that
it fits, and the widths that make them equal.
"""

import html
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace

import inception_lib as il
from inception_lib.drawing.svg import PALETTE
from inception_lib.spec import Node
from inception_lib.to_json import to_json
from inception_lib.tree.walks import pretty

LIMITS = {"grid": 256, "in": 4096, "width": 1024}  # the smallest is 1
NORMS = {
    "bias": il.PLAIN,
    "bn": il.BATCH_NORM,
    "none": il.Defaults(bias=False),
}
# Networks that have no width of their own: the lab's norm, kernel and pooling say what they change.
WITHOUT = ("googlenet_bn", "googlenet_torchvision", "inception_v3_torchvision")
NETWORKS = [name for name in il.list_models(by_year=True) if name not in WITHOUT]
# A version of another network has presets only for the stages in which the two differ.
VERSIONS = {"googlenet_2014": "googlenet", "inception_v3_fid": "inception_v3"}
FIRST = 1_000_003  # the first stand-in: not a width of any table


@dataclass(frozen=True)
class Form:
    """A choice within a block that is not a width: its name in an address, and its values."""

    key: str
    label: str
    values: dict[str, str]  # in the address -> for people


@dataclass(frozen=True)
class Kind:
    """A block of the lab: `make` takes its widths, by name, and the value of its form."""

    title: str
    slots: str
    make: Callable[[SimpleNamespace, str], Node]
    form: Form = field(default_factory=lambda: Form("", "", {"": ""}))


def _middle(form: str) -> dict:
    return {"middle": int(form[0])} | ({"pool": il.MaxPool(3)} if "max" in form else {})


KINDS = {
    "naive": Kind("naive", "c1 c3 c5", lambda w, _: il.naive_block(w.c1, w.c3, w.c5)),
    "reduced": Kind(
        "with 1×1 reductions",
        "c1 r3 c3 r5 c5 pool_proj",
        lambda w, _: il.reduced_block(w.c1, w.r3, w.c3, w.r5, w.c5, w.pool_proj),
    ),
    "two_3x3": Kind(
        "two 3×3 for the 5×5",
        "c1 r3 c3 rd cd pool_proj",
        lambda w, form: il.two_3x3_block(
            w.c1, w.r3, w.c3, w.rd, w.cd, w.pool_proj, **_middle(form)
        ),
        Form(
            "middle",
            "second branch",
            {"3": "3×3", "5": "5×5, as Inception-v3", "3max": "3×3, and max pooling"},
        ),
    ),
    "asymmetric": Kind(
        "1×n and n×1 for n×n",
        "c1 s1 s2 s3 d1 d2 d3 d4 d5 pool_proj",
        lambda w, form: il.asymmetric_block(
            w.c1,
            (w.s1, w.s2, w.s3),
            (w.d1, w.d2, w.d3, w.d4, w.d5),
            w.pool_proj,
            n=int(form),
        ),
        Form("n", "n", {"3": "3", "5": "5", "7": "7"}),
    ),
    "expanded": Kind(
        "ending in 1×3 beside 3×1",
        "c1 r3 d1 d2 split pool_proj",
        lambda w, form: il.expanded_block(
            w.c1,
            w.r3,
            (il.Conv(w.d1), il.Conv(w.d2, 3)),
            w.split,
            w.pool_proj,
            **({"pool": il.MaxPool(3)} if form == "max" else {}),
        ),
        Form("pool", "pooling", {"avg": "average", "max": "maximum, as FID's network"}),
    ),
    "expanded_v4": Kind(
        "ending in 1×3 beside 3×1, as Inception-v4",
        "c1 r3 d1 d2 d3 split pool_proj",
        lambda w, _: il.expanded_block(
            w.c1,
            w.r3,
            (il.Conv(w.d1), il.factorized(3, w.d2, w.d3, tall_first=True)),
            w.split,
            w.pool_proj,
        ),
    ),
    "residual_a": Kind(
        "residual A, large grid",
        "c1 r3 c3 d1 d2 d3",
        lambda w, _: il.residual_a(w.c1, (w.r3, w.c3), (w.d1, w.d2, w.d3), w.input),
    ),
    "residual_b": Kind(
        "residual B, middle grid",
        "c1 s1 s2 s3",
        lambda w, _: il.residual_b(w.c1, (w.s1, w.s2, w.s3), w.input),
    ),
    "residual_c": Kind(
        "residual C, small grid",
        "c1 s1 s2 s3",
        lambda w, _: il.residual_c(w.c1, (w.s1, w.s2, w.s3), w.input),
    ),
    "two_3x3_halving": Kind(
        "halving the grid, as BN-Inception",
        "r3 c3 rd cd",
        lambda w, _: il.two_3x3_block(
            0, w.r3, w.c3, w.rd, w.cd, 0, stride=2, pool=il.MaxPool(3, 2)
        ),
    ),
    "grid_reduction": Kind(
        "halving the grid, the first reduction",
        "n k l m",
        lambda w, _: il.grid_reduction(w.k, w.l, w.m, w.n),
    ),
    "asymmetric_reduction": Kind(
        "halving the grid, with 1×7 and 7×1",
        "s1 s2 d1 d2 d3 d4",
        lambda w, _: il.asymmetric_reduction((w.s1, w.s2), (w.d1, w.d2, w.d3, w.d4)),
    ),
    "residual_reduction": Kind(
        "halving the grid, as Inception-ResNet",
        "s1 s2 t1 t2 d1 d2 d3",
        lambda w, _: il.residual_reduction((w.s1, w.s2), (w.t1, w.t2), (w.d1, w.d2, w.d3)),
    ),
}


def template(kind: Kind, form: str) -> dict:
    """The block as JSON, with the names of its widths in place of the widths; "in" for the input's."""
    names = [*kind.slots.split(), "input"]
    stand_in = SimpleNamespace(**{name: FIRST + i for i, name in enumerate(names)})
    spec = to_json(kind.make(stand_in, form), defaults=None)
    names[-1] = "in"
    for node in walk(spec):
        if node.get("type") == "conv":
            node["out"] = names[node["out"] - FIRST]
    return spec


def walk(value: object):
    """Every dict in a tree of dicts and lists."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from walk(part)


def branches(spec: dict) -> list[dict]:
    """The branches of a block as JSON; those of a residual are in its body."""
    return spec["body"]["layers"][0]["branches"] if spec["type"] == "residual" else spec["branches"]


def described(kind: Kind, spec: dict) -> list[dict]:
    """For each width: where it is, for the label of its control."""
    slots = []
    for key in kind.slots.split():
        inside, labels, family = [], [], ""
        for branch in branches(spec):
            here = [node["label"] for node in walk(branch["node"]) if node.get("out") == key]
            if here:
                inside.append(pretty(branch["name"]))
                family = family or branch["family"]
                labels += here
        often = {2: "twice", 4: "4 times"}.get(len(labels), "")
        label = " and ".join(dict.fromkeys(labels))
        if len(labels) > len(set(labels)):
            label += f", {often}"
        slots.append({"key": key, "group": " and ".join(inside), "family": family, "label": label})
    for slot in slots:  # no two in a group are called the same
        same = [
            one for one in slots if (one["group"], one["label"]) == (slot["group"], slot["label"])
        ]
        if len(same) > 1:
            for one, which in zip(same, ("first", "second"), strict=True):
                one["label"] += f", {which}"
    return slots


@cache
def blocks() -> dict[str, dict]:
    """Every block of the lab: title, form, and for each value of the form its spec and widths."""
    made = {}
    for name, kind in KINDS.items():
        forms = {}
        for value in kind.form.values:
            spec = template(kind, value)
            forms[value] = {"spec": spec, "slots": described(kind, spec)}
        form = {"key": kind.form.key, "label": kind.form.label, "values": kind.form.values}
        made[name] = {"title": kind.title, "form": form, "forms": forms}
    return made


def fit(spec: object, stage: object, widths: dict[str, int]) -> bool:
    """Whether a stage, as JSON, is the block with some widths; they are put into `widths`."""
    if isinstance(spec, dict) and isinstance(stage, dict):
        return spec.keys() == stage.keys() and all(
            widths.setdefault(spec[key], stage[key]) == stage[key]
            if key == "out"
            else fit(spec[key], stage[key], widths)
            for key in spec
        )
    if isinstance(spec, list) and isinstance(stage, list):
        return len(spec) == len(stage) and all(
            fit(one, other, widths) for one, other in zip(spec, stage, strict=True)
        )
    return spec == stage


@cache
def presets() -> list[dict]:
    """Every stage of the networks that is a block. Equal stages in a row are one preset."""
    found: list[dict] = []
    for name in NETWORKS:
        network, cost = il.architecture(name), il.cost(name)
        first = VERSIONS.get(name)
        pair = (network.defaults.bias, network.defaults.norm)
        norm = next(key for key, d in NORMS.items() if (d.bias, d.norm) == pair)
        for stage, node in network.stages:
            if not isinstance(node, il.Branches | il.Residual) or stage.startswith("stem"):
                continue
            shape = channels, side, _ = cost[stage].in_shape
            if first and (node, shape) == (
                il.architecture(first)[stage],
                il.cost(first)[stage].in_shape,
            ):
                continue
            state = {**fitted(f"{name} {stage}", node), "grid": side, "in": channels, "norm": norm}
            last = found[-1] if found and found[-1]["network"] == network.title else {}
            if {key: last.get(key) for key in state} == state:
                last["stages"] = f"{last['stages'].split(' to ')[0]} to {stage}"
            else:
                about = {"id": f"{name}.{stage}", "network": network.title, "stages": stage}
                found.append(about | state)
    return found


def fitted(where: str, node: Node) -> dict:
    """The block, the form and the widths that are this stage."""
    stage = to_json(node, defaults=None)
    for block, about in blocks().items():
        for form, made in about["forms"].items():
            widths: dict[str, int] = {}
            if fit(made["spec"], stage, widths):
                widths.pop("in", None)
                return {"block": block, "form": form, "widths": widths}
    raise ValueError(f"{where} is not a block of the lab")


def preset(name: str) -> dict:
    """The preset of this id, such as "googlenet.3a"."""
    return next(one for one in presets() if one["id"] == name)


def cost(state: dict) -> il.Cost:
    """What the package counts for a state of the lab."""
    widths = SimpleNamespace(**state["widths"], input=state["in"])
    node = KINDS[state["block"]].make(widths, state["form"])
    shape = (state["in"], state["grid"], state["grid"])
    return il.cost(node, shape, defaults=NORMS[state["norm"]])


def address(state: dict) -> str:
    """A state as it is written after the # of an address."""
    key = blocks()[state["block"]]["form"]["key"]
    parts = {"block": state["block"]} | ({key: state["form"]} if key else {})
    parts |= {name: state[name] for name in ("grid", "in", "norm")} | state["widths"]
    return "&".join(f"{name}={value}" for name, value in parts.items())


def table(state: dict) -> str:
    """The lab's table for one state, for a page without scripts."""
    counted = cost(state)
    rows = [(pretty(r.name), *numbers(r)) for r in counted.branches()]
    if state["block"].startswith("residual") and "reduction" not in state["block"]:
        rows.append(("1×1 before the sum", *numbers(counted.layers[-1])))
    rows.append(("total", *numbers(counted)))
    columns = ["branch", "output", "parameters", "MACs", "activation bytes"]
    return il.Table(columns, rows)._repr_html_()


def numbers(row: object) -> tuple:
    """Output, parameters, MACs and bytes of a row or of a whole count."""
    return (
        "×".join(map(str, row.out_shape)),
        row.params,
        row.macs,
        row.activation_bytes,
    )


def lab(start: dict, page: str = "") -> str:
    """The lab as HTML.

    Args:
        start: the state in which it begins, such as a preset.
        page: on other pages, the address of the lab's own page, where links to states lead.
    """
    data = {"palette": PALETTE, "limits": LIMITS, "blocks": blocks(), "presets": presets()}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    title = html.escape(KINDS[start["block"]].title)
    # where links to states lead on the lab's own page: the browser scrolls to the lab
    places = "" if page else "".join(f'<span id="{html.escape(a)}"></span>' for a in linked())
    return f"""<div class="il-lab" data-start="{html.escape(address(start))}" data-page="{page}">{places}
<noscript><p>Scripts are off, so this table shows one setting. With JavaScript you can choose a block and set its
grid, its input channels and each of its widths.</p></noscript>
<div class="il-lab-view">
<p>Block “{title}” on {start["in"]}×{start["grid"]}×{start["grid"]}:</p>
<div class="pst-scrollable-table-container">{table(start)}</div>
</div>
<script type="application/json" id="il-lab-data">{text}</script>
</div>"""


# Three questions ----------------------------------------------------------------------------------
def where_a_reduction_stops_paying() -> list:
    """The question, the state to begin with, and the answer, in which states are linked."""
    begin = preset("googlenet.3a")
    bare = cost(begin | {"block": "naive"})["5x5"].macs

    def with_width(r5: int) -> dict:
        return begin | {"widths": begin["widths"] | {"r5": r5}}

    def macs(r5: int) -> int:
        return cost(with_width(r5))["5x5"].macs

    last = next(r5 for r5 in range(1, LIMITS["width"]) if macs(r5 + 1) > bare)
    return [
        "In GoogLeNet’s 3a a 1×1 comes before the 5×5. How wide may it be before the branch takes "
        "more [MACs](glossary.md#mac) than a bare 5×5?",
        begin,
        f"A bare 5×5 takes {bare:,} MACs (choose the naive block and look). With a 1×1 of",
        (with_width(last), f"{last} channels"),
        f"the branch takes {macs(last):,}, with one more channel {macs(last + 1):,}. The paper’s "
        f"{begin['widths']['r5']} take {macs(begin['widths']['r5']):,}.",
    ]


def why_n_costs_so_little() -> list:
    """As above."""
    begin = preset("inception_v3.B1")
    three = begin | {"form": "3"}
    now, then = cost(begin), cost(three)
    one, other = now["double7x7"].macs, then["double3x3"].macs
    return [
        "A 7×7 kernel has 49 [weights](glossary.md#weight) where a 3×3 has 9. In Inception-v3’s B1, set "
        "n from 7 to 3. Why do the MACs fall by so much less than 49/9?",
        begin,
        f"Because no kernel here is 7×7: a 1×7 and a 7×1 have 14 weights, a 1×3 and a 3×1 have 6. And the 1×1 "
        f"convolutions do not depend on n. The longest branch goes from {one:,} MACs to {other:,}, "
        f"{one / other:.2f} to 1; the block from {now.macs:,} to",
        (three, f"{then.macs:,}"),
        f", {now.macs / then.macs:.2f} to 1.",
    ]


def what_the_sum_costs() -> list:
    """As above."""
    begin = preset("inception_resnet_v2.A1")
    double = begin | {"in": 2 * begin["in"]}

    def share(state: dict) -> str:
        counted = cost(state)
        return f"{counted.layers[-1].params:,} of {counted.params:,}, {100 * counted.layers[-1].params / counted.params:.0f}%"

    return [
        "In a [residual block](glossary.md#residual-block) the last 1×1 leads back to the width of the input. "
        "What share of the parameters of Inception-ResNet-v2’s A is in it? And with twice the input channels?",
        begin,
        f"With {begin['in']} channels {share(begin)}. With",
        (double, f"{double['in']}"),
        f": {share(double)}. It reads what the branches give and writes the width of the input, so it grows with "
        "the input, as the first 1×1 of each branch does. The kernels between them stay as they are.",
    ]


QUESTIONS = (where_a_reduction_stops_paying, why_n_costs_so_little, what_the_sum_costs)


# The stages of the papers with which a page for teachers begins.
FOR_TEACHERS = ("googlenet.3b", "inception_v3.B4", "inception_resnet_v1.B1")


def linked() -> list[str]:
    """The addresses of all states that questions, answers and the page for teachers link, each once."""
    parts = [part for question in QUESTIONS for part in question()]
    states = [part[0] if isinstance(part, tuple) else part for part in parts]
    states += map(preset, FOR_TEACHERS)
    return list(dict.fromkeys(address(state) for state in states if isinstance(state, dict)))


def questions() -> str:
    """The questions in Markdown, each with a link to where to begin and an answer that unfolds."""

    def link(state: dict, text: str) -> str:
        return f'<a href="#{html.escape(address(state))}">{text}</a>'

    made = []
    for number, question in enumerate(QUESTIONS, 1):
        asked, begin, *answer = question()
        told = " ".join(link(*part) if isinstance(part, tuple) else part for part in answer)
        told = told.replace("</a> ,", "</a>,").replace("</a> :", "</a>:")
        made.append(
            f"**{number}.** {asked} {link(begin, 'Begin here')}.\n\n"
            f"<details>\n<summary>Answer</summary>\n\n{told}\n\n</details>"
        )
    return "\n\n".join(made)


PAGES = {"lab.html": lambda: lab(preset("googlenet.3a")), "lab-questions.md": questions}
