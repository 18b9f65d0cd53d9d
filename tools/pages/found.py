"""How a page is found and shown elsewhere: by search engines, and where somebody shares its link.

Every page gets its canonical address, a description, and the tags from which social networks make
a card; beside the pages are `sitemap.xml` (sphinx-sitemap), `robots.txt` and an `index.html` that
leads to the first page. All addresses follow from the repository's address in `_config.yml`.
"""

from __future__ import annotations

import itertools
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from tools import repository

CARD = "_static/social-card.png"  # `make social-card` draws it
CARD_ALT = "The block of 2014 with its four branches, and the title: Inception, Block by Block"
ABOUT = (
    "From the naive Inception block of 2014 to Inception-ResNet, one block at a time: "
    "every parameter and every multiplication derived, counted and checked."
)
NOT_LISTED = ["search.html", "genindex.html"]
LONGEST = 200  # characters; search engines and social networks show no more


def configure(app: Sphinx, config: Config) -> None:
    """Handler of `config-inited`: where the site will be."""
    config.html_baseurl = repository.site()
    config.sitemap_url_scheme = "{link}"  # no folder for a language or a version
    config.sitemap_excludes = NOT_LISTED


def description(doctree: nodes.document) -> str:
    """The first paragraph that says something, cut where a sentence or a word ends.

    The link to Colab is too short to be one. Of a quotation, as chapters begin with, it is what
    follows the first bold words: the question.
    """
    for paragraph in doctree.findall(nodes.paragraph):
        parts = [part for part in paragraph.children if part.astext()]
        if isinstance(paragraph.parent, nodes.block_quote) and isinstance(parts[0], nodes.strong):
            parts = list(itertools.takewhile(lambda n: not isinstance(n, nodes.strong), parts[1:]))
        text = " ".join("".join(part.astext() for part in parts).split())
        if len(text) < 60:
            continue
        if len(text) <= LONGEST:
            return text
        sentence = text[:LONGEST].rfind(". ") + 1
        return text[:sentence] if sentence > 60 else text[:LONGEST].rsplit(" ", 1)[0] + " …"
    return ABOUT


def tags(app: Sphinx, title: str, about: str, address: str) -> str:
    """The tags in a page's head."""
    home = app.config.html_baseurl
    pairs = [
        ("name", "description", about),
        ("property", "og:type", "article" if address != home else "book"),
        ("property", "og:site_name", app.config.html_title),
        ("property", "og:title", title),
        ("property", "og:description", about),
        ("property", "og:url", address),
        ("property", "og:image", home + CARD),
        ("property", "og:image:width", "1200"),
        ("property", "og:image:height", "630"),
        ("property", "og:image:alt", CARD_ALT),
        ("name", "twitter:card", "summary_large_image"),
    ]
    return "".join(
        f'<meta {key}="{name}" content="{escape(text)}"/>\n' for key, name, text in pairs
    )


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Handler of `html-page-context`: the tags of one page."""
    if doctree is None:  # search and index: nobody shares them
        return
    title = app.env.titles[pagename].astext()
    address = app.config.html_baseurl + app.builder.get_target_uri(pagename)
    context["metatags"] += tags(app, title, description(doctree), address)


# Without an icon: it would still be on its way when the page has led on.
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={first}"/>
<link rel="canonical" href="{home}{first}"/>
<link rel="icon" href="data:,"/>
{tags}</head>
<body><p><a href="{first}">{title}</a></p></body>
</html>
"""


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Handler of `build-finished`: the files that are not pages."""
    if exception or app.builder.name != "html":
        return
    home, folder, title = app.config.html_baseurl, Path(app.outdir), app.config.html_title
    first = app.builder.get_target_uri(app.config.root_doc)
    # People share the address of the folder, so this page needs the card's tags too.
    index = INDEX.format(title=title, first=first, home=home, tags=tags(app, title, ABOUT, home))
    (folder / "index.html").write_text(index, encoding="utf-8")
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {home}sitemap.xml\n"
    (folder / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("config-inited", configure)
    app.connect("html-page-context", describe)
    # before sphinx-external-toc, which would write an index.html that only leads on
    app.connect("build-finished", finish, priority=100)
