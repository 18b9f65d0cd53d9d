"""A link to the glossary stays a link, and shows the definition beside it.

The definitions that a page links to go into the page as JSON; `_static/cards.js` makes cards of
them. Without it the links lead to the glossary, as they do in the notebooks.
"""

import json
import re

from sphinx.application import Sphinx

from tools.terms import Term, glossary

LINK = re.compile(r'href="[^"#]*glossary\.html#([\w-]+)"')


def definitions(body: str, terms: dict[str, Term]) -> dict[str, list[str]]:
    """What a page's cards say.

    Args:
        body: the page's HTML. terms: anchor -> term.

    Returns:
        {anchor: [English name, Chinese name, definition]} of each term that the page links to.
    """
    used = dict.fromkeys(LINK.findall(body))
    found = (terms[anchor] for anchor in used if anchor in terms)
    return {term.anchor: [term.name, term.chinese, term.says] for term in found}


def as_script(data: object, name: str) -> str:
    """Data as an element that scripts read and browsers do not run."""
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'\n<script type="application/json" id="{name}">{text}</script>\n'


def add(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Handler of `html-page-context`: the definitions into the page; Chinese marked as Chinese."""
    body = context.get("body", "")
    if pagename == "glossary":
        body = re.sub(r"<p>(中文：[^.<]+)\.", r'<p><span lang="zh-Hans">\1</span>.', body)
    elif used := definitions(body, {term.anchor: term for term in glossary()}):
        body += as_script(used, "il-terms")
    context["body"] = body


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", add)
