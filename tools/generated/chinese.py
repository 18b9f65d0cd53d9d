"""The glossary by its Chinese names."""

from html import escape

from tools.terms import glossary


def index() -> str:
    """A heading and a list, in the order of pinyin; each entry leads to the English one.

    GB 2312 has its common characters in that order, so that no list of readings is needed.
    Each entry has an address of its own: glossary.html#乘加运算.
    """
    entries = sorted(glossary(), key=lambda term: term.chinese.encode("gb18030"))
    lines = [
        f'<li><a id="{escape(term.chinese.replace(" ", "-"))}" href="#{term.anchor}">'
        f'<span lang="zh-Hans">{escape(term.chinese)}</span></a> {escape(term.name)}</li>'
        for term in entries
    ]
    listed = "\n".join(['<ul class="il-index">', *lines, "</ul>"])
    return f"## Chinese index\n\n```{{raw}} html\n{listed}\n```"


PAGES = {"chinese-index.md": index}
