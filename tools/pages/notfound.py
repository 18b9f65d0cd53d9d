"""The page that a server shows where there is none.

A server sends it for an address at any depth, and nobody knows under which prefix the book will
lie. So it is complete in itself: no style, no script and no picture of another file. Its links are
made right by a few lines of script, which find the book's folder in the address that was asked for.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from sphinx.application import Sphinx

TEMPLATE = Path(__file__).with_name("notfound.html")


def write(app: Sphinx, exception: Exception | None) -> None:
    """Handler of `build-finished`: write 404.html."""
    if exception or app.builder.name != "html":
        return
    items = "\n".join(
        f'<li><a href="{name}.html">{escape(app.env.titles[name].astext())}</a></li>'
        for name in app.config.external_site_map  # in the order of the table of contents
    )
    page = Template(TEMPLATE.read_text(encoding="utf-8"))
    text = page.substitute(home=app.config.html_baseurl, title=app.config.html_title, items=items)
    (Path(app.outdir) / "404.html").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write)
