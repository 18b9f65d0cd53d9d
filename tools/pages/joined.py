"""One file of styles and one of scripts for a page, in place of twenty of each.

A reader's browser shows nothing before it has all styles, and each file costs a way there and back.
So, when the pages are built, those that a page loads are joined and minified. Most of the styles are
the theme's, for things that this book has not: a rule goes if each of its selectors names a class that
no page and no script mentions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from posixpath import normpath

import rjsmin
import tinycss2
from sphinx.application import Sphinx

OURS = Path(__file__).resolve().parents[2] / "_static"
STYLES = re.compile(r'[ \t]*<link\b[^>]*rel="stylesheet"[^>]*/>\n?')
# what says no more than where it is and that it can wait
SCRIPTS = re.compile(
    r'[ \t]*<script (?:defer(?:="defer")? src="[^"]*"|src="[^"]*" defer)></script>\n?'
)
PRELOADS = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*/>\n?')
FILE = re.compile(r'(?:href|src)="([^"?]*_static/[^"?]*)')
IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')]+)["']?\)?\s*;""")
# scripts of extensions, and what a page holds that needs them
NEEDED = {"design-tabs.js": "sd-tab-set", "togglebutton.js": 'admonition.dropdown|class="toggle'}


def used(selector: Iterable, words: frozenset[str]) -> bool:
    """Whether every class that a selector names outside of brackets is among the words."""
    tokens = list(selector)
    return all(
        name.value in words for dot, name in pairwise(tokens) if dot == "." and name.type == "ident"
    )


def pruned(rules: Iterable, words: frozenset[str]) -> str:
    """Style rules without those that can match nothing in this book."""
    kept = []
    for rule in rules:
        if rule.type == "at-rule" and rule.lower_at_keyword in (
            "media",
            "supports",
            "layer",
            "container",
        ):
            if rule.content is None:
                kept.append(rule.serialize())
                continue
            inside = pruned(tinycss2.parse_rule_list(rule.content, True, True), words)
            if inside:
                head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}"
                kept.append(f"{head}{{{inside}}}")
        elif rule.type == "qualified-rule":
            selectors: list[list] = [[]]
            for token in rule.prelude:
                if token == ",":
                    selectors.append([])
                else:
                    selectors[-1].append(token)
            live = [tinycss2.serialize(s).strip() for s in selectors if used(s, words)]
            if live:
                kept.append(f"{','.join(live)}{{{declarations(rule.content)}}}")
        elif not (rule.type == "at-rule" and "Font Awesome" in rule.serialize()):
            kept.append(rule.serialize())
    return "\n".join(kept)


def declarations(content: Iterable) -> str:
    """What stands between the braces of a rule, without comments and needless space."""
    text = tinycss2.serialize([token for token in content if token.type != "comment"])
    return re.sub(r"\s*\n\s*", "", text.strip())


def styles(files: Iterable[Path], static: Path, words: frozenset[str]) -> str:
    """Files of styles, with those that they import, as one that lies in `static`."""
    parts = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        imported = [file.parent / name for name in IMPORT.findall(text)]
        if imported:
            parts.append(styles(imported, static, words))
            text = IMPORT.sub("", text)

        def moved(found: re.Match, folder: str = file.parent.relative_to(static).as_posix()) -> str:
            return f"url({found[1]}{normpath(f'{folder}/{found[2]}')}"

        text = re.sub(r"""url\((["']?)(?!data:|#|https?:)([^"')?#]+)""", moved, text)
        parts.append(pruned(tinycss2.parse_stylesheet(text, True, True), words))
    return "\n".join(parts)


def scripts(files: Iterable[Path]) -> str:
    """Scripts as one, in their order, each under its name."""
    parts = ((file.name, rjsmin.jsmin(file.read_text(encoding="utf-8"))) for file in files)
    return "".join(f"/* {name} */\n{text};\n" for name, text in parts)


def join(app: Sphinx, exception: Exception | None) -> None:
    """Handler of `build-finished`."""
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir)
    static = folder / "_static"
    pages = {
        path: path.read_text(encoding="utf-8")
        for path in folder.rglob("*.html")
        if "_static" not in path.relative_to(folder).parts
    }
    texts = [*pages.values(), *(path.read_text(encoding="utf-8") for path in static.rglob("*.js"))]
    words = frozenset(word for text in texts for word in re.findall(r"[\w-]+", text))
    for path, page in pages.items():
        for name, what in NEEDED.items():
            if not re.search(what, page):
                page = re.sub(rf"[ \t]*<script[^>]*/{re.escape(name)}[^>]*></script>\n?", "", page)
        # else the name of what is folded hides the words that are seen: "Show code cell source"
        page = page.replace('<summary aria-label="Toggle hidden content">', "<summary>")
        pages[path] = PRELOADS.sub("", page)

    joined: set[Path] = set()
    for tag, kind, element in (
        (STYLES, "css", '<link rel="stylesheet" href="{}" />\n'),
        (SCRIPTS, "js", '<script defer src="{}"></script>\n'),
    ):
        found = {path: loads(tag, page, static) for path, page in pages.items()}
        # a page that Sphinx had no reason to write again is joined already
        found = {path: files for path, files in found.items() if files}
        for path, files in found.items():
            parts = [files]
            if kind == "js":  # apart, so that an error in the theme's stops none of ours
                ours = [file for file in files if (OURS / file.name).is_file()]
                parts = [ours, [file for file in files if file not in ours]]
            names = [written(tuple(part), kind, static, words) for part in parts if part]
            up = "../" * (len(path.relative_to(folder).parts) - 1)
            new = [element.format(f"{up}_static/{name}") for name in names]
            first = tag.search(pages[path]).start()
            rest = tag.sub("", pages[path][first:])
            pages[path] = pages[path][:first] + "".join(new) + rest
            joined.update(files)
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")
    for file in joined:
        file.unlink()


def loads(tag: re.Pattern, page: str, static: Path) -> list[Path]:
    """The files that such tags of a page load, in order."""
    names = [FILE.search(found)[1].split("_static/", 1)[1] for found in tag.findall(page)]
    return [static / name for name in names if not name.startswith("book-")]


@cache
def written(files: tuple[Path, ...], kind: str, static: Path, words: frozenset[str]) -> str:
    """The name of the file of `static` that these are joined into."""
    text = styles(files, static, words) if kind == "css" else scripts(files)
    name = f"book-{hashlib.sha256(text.encode()).hexdigest()[:8]}.{kind}"
    (static / name).write_text(text, encoding="utf-8")
    return name


def setup(app: Sphinx) -> None:
    app.connect("build-finished", join, priority=950)  # after light.py's icons
