"""Pages that are soon there: what the theme loads and this book does not need is left out.

- The theme draws its icons with a script of 1.5 MB, after having loaded two fonts of them. The
  pages use about fifteen: each becomes a small drawing in the page, as that script would have made.
- The index for searching is loaded by every page; only the search page reads it.
- Most scripts can wait until the page is read.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from sphinx.application import Sphinx

# They begin when the page is read. The others of the theme are read by scripts inside the page.
CAN_WAIT = (
    "sphinx_highlight.js",
    "sphinx-book-theme.js",
    "clipboard.min.js",
    "copybutton.js",
    "togglebutton.js",
    "design-tabs.js",
)
ICONS = "_static/scripts/fontawesome.js"
ICON = re.compile(r'<(i|span) class="([^"]*\bfa[sb]?[ -][^"]*)"([^>]*)></\1>')
SCRIPT = r'[ \t]*<script[^>]*src="[^"]*\b(?:%s)\.js[^"]*"[^>]*></script>\n?'
FOR_ICONS, FOR_SEARCH = SCRIPT % "fontawesome", SCRIPT % "searchtools|language_data|searchindex"
SIZES = ("fa-lg", "fa-fw")


def choose(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Handler of `html-page-context`: which scripts one page loads, and which of them may wait."""
    kept = []
    for script in context.get("script_files", []):
        name = str(getattr(script, "filename", script) or "")
        if name.split("/")[-1].split("?")[0] in CAN_WAIT:
            script.attributes["defer"] = "defer"
        kept.append(script)
    context["script_files"] = kept


def drawing(source: str, found: re.Match) -> str:
    """The SVG for one icon, with the size, the other classes and the attributes that it has.

    Args:
        source: the theme's script, which holds each icon as `name:[width,height,[…],"code","path"]`.
        found: a match of `ICON`.

    Raises:
        ValueError: the script has no such icon.
    """
    classes = found[2].split()
    name = next(c for c in classes if c.startswith("fa-") and c not in ("fa-solid", *SIZES))
    shape = rf'[{{,]"?{re.escape(name[3:])}"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]'
    shapes = re.findall(shape, source)
    if not shapes:
        raise ValueError(f"{ICONS} has no icon {name}")
    width, height, path = shapes[-1]  # those in outline come first, the filled ones last
    kept = " ".join(c for c in classes if c not in ("fas", "fab", "fa-solid"))
    rest = found[3] if "aria-" in found[3] else f'{found[3]} aria-hidden="true"'
    return (
        f'<svg class="svg-inline--fa {kept}"{rest} focusable="false" '
        f'viewBox="0 0 {width} {height}"><path fill="currentColor" d="{path}"/></svg>'
    )


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Handler of `build-finished`: icons into the pages; scripts and fonts that no page needs are deleted."""
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir)
    draw = partial(drawing, (folder / ICONS).read_text(encoding="utf-8"))
    for path in folder.rglob("*.html"):
        if "_static" in path.relative_to(folder).parts:
            continue
        page = ICON.sub(draw, path.read_text(encoding="utf-8"))
        page = re.sub(FOR_ICONS, "", page)
        if path.name != "search.html":
            page = re.sub(FOR_SEARCH, "", page)
        path.write_text(page, encoding="utf-8")
    for name in (ICONS, f"{ICONS}.map"):  # the license stays: it is that of the drawings
        (folder / name).unlink()


def setup(app: Sphinx) -> None:
    # after all that may still write into the page's body
    app.connect("html-page-context", choose, priority=910)
    app.connect("build-finished", lighten, priority=900)
