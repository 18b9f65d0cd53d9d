"""Long signatures, a parameter a line, that screen readers can read.

Sphinx writes the lines as a list of definitions without terms, which is not a list; here they become
plain lines, which `_static/api.css` sets below one another.
"""

import re

from sphinx.application import Sphinx

LINES = re.compile(r'(<span class="sig-paren">\(</span>)\s*<dl>(.*?)</dl>\s*', re.DOTALL)


def as_lines(found: re.Match) -> str:
    lines = found[2].replace("<dd>", '<span class="il-param">').replace("</dd>", "</span>")
    return f'{found[1]}<span class="il-params">{lines}</span>'


def mend(app: Sphinx, pagename: str, template: str, context: dict, doctree: object) -> None:
    """Handler of `html-page-context`: rewrite the long signatures of one page."""
    if "body" in context:
        context["body"] = LINES.sub(as_lines, context["body"])


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", mend)
