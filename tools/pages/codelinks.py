"""In the code of every page, the package's public names lead to what the pages on it say of them.

The code is highlighted already: a name is a run of <span>, such as `il`, `.`, `plots`, `.`, `heat`.
"""

import re
from html import escape

from sphinx.application import Sphinx

BLOCK = re.compile(r'(<div class="highlight-(?:ipython3|python)[^"]*">.*?</pre>)', re.DOTALL)
SPAN = r'<span class="n[a-z]?">{}</span>'
DOT = r'<span class="o">\.</span>'
CHAIN = re.compile(SPAN.format("il") + rf"(?:{DOT}{SPAN.format('[A-Za-z_][A-Za-z_0-9]*')})+")
PACKAGE = '<span class="nn">inception_lib</span>'
LINK = '<a class="il-name" href="{}">{}</a>'


def linked(chain: str, places: dict[str, str]) -> str:
    """The spans of `il.x.y`, those of the public name in it as a link."""
    pieces = re.split(f"({DOT})", chain)
    for count in (3, 2):  # il.plots.heat, il.cost
        name = ".".join(re.sub("<[^>]+>", "", piece) for piece in pieces[: 2 * count - 1 : 2])
        if len(pieces) >= 2 * count - 1 and name in places:
            shown, rest = "".join(pieces[: 2 * count - 1]), "".join(pieces[2 * count - 1 :])
            return LINK.format(escape(places[name]), shown) + rest
    return chain


def link_names(app: Sphinx, pagename: str, template: str, context: dict, doctree: object) -> None:
    """Handler of `html-page-context`: link the names in one page's code."""
    if "il</span>" not in context.get("body", ""):
        return
    package = LINK.format(app.builder.get_relative_uri(pagename, "api"), PACKAGE)
    places = {}
    for full, _, kind, page, anchor, _ in app.env.get_domain("py").get_objects():
        if kind != "module":
            name = full.replace("inception_lib", "il", 1)
            places[name] = f"{app.builder.get_relative_uri(pagename, page)}#{anchor}"

    def in_block(block: re.Match) -> str:
        text = CHAIN.sub(lambda chain: linked(chain[0], places), block[0])
        return text.replace(PACKAGE, package)

    context["body"] = BLOCK.sub(in_block, context["body"])


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", link_names)
