"""The pages on the package: what the docstrings say, by topic, with the chapters that use it."""

import re
from functools import cache, partial
from textwrap import dedent

from griffe import Docstring, Object, ParameterKind

import inception_lib as il
from inception_lib.networks.registry import FILES
from tools import colab_cell
from tools.public import ROOT, chapters, described, names, package

# Page -> topic -> the modules whose names belong to it, in the order of reading.
PAGES_OF = {
    "api-networks": {
        "Vocabulary": ("spec",),
        "Blocks": ("networks.blocks",),
        "Networks and listings": (
            "networks.registry", "networks.googlenet", "networks.bn_inception",
            "networks.inception_v3", "networks.inception_v4", "networks.inception_resnet",
            "networks.published", "weights.keymaps",
        ),
        "Walks": ("tree.walks", "tree.width"),
    },
    "api-counting": {
        "Counting": ("counting.cost", "tree.resolved", "counting.conventions", "nn.crosscheck", "counting.table"),
        "Drawing": ("drawing.draw", "drawing.family", "drawing.steps", "drawing.svg"),
        "Papers and claims": ("papers.numbers", "papers.claims"),
        "Checking answers": ("exercises",),
    },
    "api-running": {
        "Making models": ("create", "nn.network", "nn.init", "nn.loss", "nn.handmade", "nn.device", "nn.faster"),
        "Loading weights": ("weights.load", "weights.saved", "weights.preprocess", "weights.records"),
        "Looking inside": (
            "interpret.features", "interpret.silencing", "interpret.attribution", "interpret.watch",
            "interpret.synthesis", "interpret.measures",
        ),
        "Data": (
            "data.photos", "data.reading", "data.patches", "data.digits", "data.stimuli", "data.folders",
            "data.inputs",
        ),
        "Training": ("training.loop", "training.recipe", "training.optimizers", "training.recipes", "training.planning", "training.plans", "training.comparison"),
        "Errors": ("errors",),
    },
    "api-plots": {
        "Figures for any chapter": ("plots.base", "plots.sheet"),
        "Networks, stages and listings": (
            "plots.overview", "plots.stages", "plots.reach", "plots.listings",
        ),
        "Kernels": ("plots.factorization", "plots.pixel"),
        "Trained networks": ("plots.trained", "plots.branches", "plots.tuning", "plots.normalization"),
        "Time": ("plots.seconds",),
    },
}  # fmt: skip
LABELS = {"parameters": "Arguments", "attributes": "Attributes", "raises": "Raises"}


# ---- text ----


@cache
def papers() -> dict[str, str]:
    """arXiv number -> the paper's place in the bibliography."""
    entries = (ROOT / "references.bib").read_text(encoding="utf-8")
    one = r"^@\w+\{(\w+),(?:(?!^@).)*?eprint\s*= \{([\d.]+)\}"  # not into the next entry
    numbers = dict(re.findall(one, entries, re.M | re.S))
    text = (ROOT / "bibliography.md").read_text(encoding="utf-8")
    places = re.findall(r"^## ([^\n]+)\n+[^#]*?\{cite:t\}`(\w+)`", text, re.M | re.S)
    return {
        numbers[key]: f"bibliography.md#{title.lower().replace(' ', '-')}"
        for title, key in places
        if key in numbers
    }


def address(name: str) -> str:
    """Where the entry of a public name is: page and anchor."""
    return f"{page_of(names()[name])}.md#inception_lib.{name}"


@cache
def page_of(module: str) -> str:
    """The page that has the names of a module; every module with a public name has one."""
    for page, topics in PAGES_OF.items():
        if any(module in modules for modules in topics.values()):
            return page
    raise KeyError(f"{module} has public names and is on no page: add it to PAGES_OF")


def linked(name: str, shown: str = "") -> str:
    return f"{{py:obj}}`{shown or name} <inception_lib.{name}>`"


def word(code: str) -> str:
    """A piece of code in a docstring: a link where it is a public name."""
    bare = code.removesuffix("()").removeprefix("il.")
    last = bare.split(".")[-1]
    known = names()
    if bare in known:
        return linked(bare, code)
    if last in known and known[last] == bare.rpartition(".")[0]:  # `counting.cost`
        return linked(last, code)
    with_module = [name for name in known if name.endswith(f".{bare}")]
    return linked(with_module[0], code) if len(with_module) == 1 else f"`{code}`"


def rich(text: str) -> str:
    """A docstring's text as Markdown: its code as code, its papers as links, the rest literally."""

    def piece(found: re.Match) -> str:
        if found["code"]:
            return word(found["code"])
        if found["paper"] and found["paper"] in papers():
            return f"[arXiv {found['paper']}]({papers()[found['paper']]})"
        if found["error"]:
            return word(found["error"])
        if found["value"]:
            return f"`{found['value']}`"
        if found["arrow"]:
            return "→"
        return f"\\{found[0]}" if found["mark"] else found[0]

    pieces = (
        r"`(?P<code>[^`]+)`|arXiv (?P<paper>\d{4}\.\d{4,5})|(?P<error>\b(?:\w+\.)?[A-Z]\w*Error\b)"
        r"|(?P<value>\"[\w.:/-]+\")|(?P<arrow>->)|(?P<mark>[*_$<>\[\]{}|\\])"
    )
    return re.sub(pieces, piece, text.strip())


def summary(item: Object) -> str:
    """The first paragraph of a docstring, or its first sentence."""
    first = docstring(item).value.split("\n\n")[0].replace("\n", " ")
    return rich(re.split(r"(?<=\.) (?=[A-Z])", first)[0])


def docstring(item: Object) -> Docstring:
    if not item.docstring:
        raise ValueError(f"{item.path} has no docstring")
    return item.docstring


# ---- one entry ----


def signature(item: Object) -> str:
    """The parameters as Python writes them."""
    words, star = [], False
    for parameter in item.parameters:
        if parameter.name == "self":
            continue
        mark = {"variadic positional": "*", "variadic keyword": "**"}.get(parameter.kind.value, "")
        if parameter.kind is ParameterKind.keyword_only and not star:
            words.append("*")
        star = star or parameter.kind is ParameterKind.keyword_only or mark == "*"
        said = f"{mark}{parameter.name}"
        if parameter.annotation is not None:
            said += f": {parameter.annotation}"
        if parameter.default is not None and not mark:
            said += f" = {parameter.default}" if parameter.annotation else f"={parameter.default}"
        words.append(said)
    returns = getattr(item, "returns", None) if item.is_function else None
    return f"({', '.join(words)})" + (f" -> {returns}" if returns else "")


def errors(text: str) -> list[str]:
    """Docstrings have `KeyError: … ValueError: …` in one line; here each is an item."""
    return re.split(r"(?<=\.)\s+(?=(?:[\w.]+Error(?:, )?)+:)", text)


def sections(item: Object) -> list[str]:
    """A docstring, part by part, as Markdown."""
    found = []
    for section in docstring(item).parse("google", warnings=False):
        kind, value = section.kind.value, section.value
        if kind == "text":
            text = rich(value)
            found.append(re.sub(r"^Source: ", "**Source:** ", text, flags=re.MULTILINE))
        elif kind == "admonition":  # a "Source:" of several lines
            said = f"{section.title or ''} {value.description}"  # its first line, and the others
            found.append(f"**{value.annotation.title()}:** {rich(said)}")
        elif kind == "returns":
            # literally: "A module: …" would be read as a type and what it is
            said = re.search(r"^Returns:\n((?: .*\n?)+)", docstring(item).value, re.MULTILINE)[1]
            found.append(f"**Returns:** {rich(dedent(said))}")
        else:
            items = []
            for part in value:
                if kind == "raises":
                    both = f"{part.annotation}: {part.description}"
                    items += [f"- {rich(said)}" for said in errors(both)]
                else:
                    # of "in_shape, out_shape" griffe takes the second for the type of the first
                    both = f"{part.name} {part.annotation}" if part.name[-1] == "," else part.name
                    shown = ", ".join(f"`{name}`" for name in both.split(", "))
                    items.append(f"- {shown}: {rich(part.description)}")
            items = [re.sub(r"\n\s*", "\n  ", text) for text in items]
            found.append("\n".join([f"**{LABELS[kind]}:**", "", *items]))
    return found


def entry(name: str) -> str:
    """One public name: signature, docstring, where its code is, which chapters use it."""
    item, module = described(name), names()[name]
    kind = {"function": "function", "class": "class"}.get(item.kind.value, "data")
    shown = name + (signature(item) if kind != "data" else "")
    tables = networks() if name == "list_models" else []
    body = [*sections(item), *tables, *members(item), footer(name, item, module)]
    return "\n\n".join([f"::::{{py:{kind}}} {shown}", *body, "::::"])


def networks() -> list[str]:
    """What `list_models` gives, as tables: the names that other entries ask for."""
    tables = []
    for mini in (False, True):
        rows = [
            f"| `{name}` | {il.architecture(name).title} | {summary(package()[maker(name)])} |"
            for name in il.list_models(by_year=True, mini=mini)
        ]
        said = "With `mini=True`:" if mini else "The networks of the papers, by year:"
        head = [
            "```{table}\n:class: il-api\n",
            "| name | title | what it is |",
            "| --- | --- | --- |",
        ]
        tables += [said, "\n".join([*head, *rows, "```"])]
    return tables


def maker(name: str) -> str:
    """Where the function of that name is that makes a network."""
    return f"networks.{FILES[name]}.{name}"


def members(item: Object) -> list[str]:
    """The documented methods and properties of a class."""
    found = []
    for name, member in item.members.items():
        if item.is_class and not name.startswith("_") and member.docstring:
            if member.is_function:
                head = f":::{{py:method}} {name}{signature(member)}"
            else:
                head = f":::{{py:property}} {name}"
            found += [head, *sections(member), ":::"]
    return found


def footer(name: str, item: Object, module: str) -> str:
    """A link to the source, and to the chapters that use it."""
    url, branch = colab_cell.repository()
    file = item.filepath.relative_to(ROOT).as_posix()
    lines = f"#L{item.lineno}-L{item.endlineno}"
    said = (
        f"[The code of `{name}`]({url}/blob/{branch}/{file}{lines}) is in `inception_lib.{module}`."
    )
    using = [
        f"[chapter {int(path.split('/')[1][:2])}]({path})" for path in sorted(chapters()[name])
    ]
    return f"{said} Used in {', '.join(using)}." if using else said


# ---- pages ----


def by_topic(page: str) -> list[tuple[str, list[str]]]:
    """The topics of a page, each with its names, in the order of modules and then the alphabet."""
    return [
        (topic, [n for m in modules for n in sorted(names(), key=str.lower) if names()[n] == m])
        for topic, modules in PAGES_OF[page].items()
    ]


def reference(page: str) -> str:
    """All entries of one page."""
    text = ["```{py:currentmodule} inception_lib\n```"]
    for topic, members in by_topic(page):
        text += [f"## {topic}", *map(entry, members)]
    return "\n\n".join(text)


def overview() -> str:
    """A table for each topic: name, and what it is in one sentence."""
    for module in names().values():
        page_of(module)
    text = []
    for page in PAGES_OF:
        for topic, members in by_topic(page):
            rows = [f"| {linked(name)} | {summary(described(name))} |" for name in members]
            head = [f"## {topic}\n", "```{table}\n:class: il-api\n", "| name | what it is |"]
            text.append("\n".join([*head, "| --- | --- |", *rows, "```"]))
    return "\n\n".join(text)


PAGES = {
    "api.md": overview,
    **{f"{page}.md": partial(reference, page) for page in PAGES_OF},
}
