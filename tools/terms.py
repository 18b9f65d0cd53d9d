"""The glossary's terms; and a link to each where a chapter first uses it, which `make notebooks` sets.

A term is a heading of glossary.md. It counts as used where a chapter's prose has it, in the singular
or the plural: not in a heading, in code, in a formula, in a picture's text or in a link. The longest
term wins: "Inception block" is not a use of "block".
"""

import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
# What is left as it is: code, formulas, links, headings, tags, and the line that unfolds an answer.
KEPT = r"""
    ^```.*?^```[^\n]*$ | `[^`\n]+` | \$\$.*?\$\$ | \$[^$\n]+\$ | \[[^\]]*\]\([^)]*\)
    | ^\#[^\n]*$ | <summary>.*?</summary> | <[^>\n]+>
"""


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: its English and its Chinese name, and its definition, as plain text.

    The definition is the entry's first paragraph. A formula, a sketch and links to chapters come after
    it, for those who go to the page.
    """

    name: str
    chinese: str
    says: str

    @property
    def anchor(self) -> str:
        """Its place on the page: glossary.md#receptive-field."""
        return self.name.lower().replace(" ", "-")


def glossary() -> list[Term]:
    """All terms, in the order of the page."""
    text = (ROOT / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(
        r"^## ([^\n]+)\n\n中文：([^.\n]+)\.\s+(.+?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL
    )
    return [Term(name, chinese, plain(says)) for name, chinese, says in entries]


def plain(markdown: str) -> str:
    """Text without the marks of links, emphasis and code, on one line."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"\*(\S.*?)\*|`([^`]+)`", r"\1\2", text)
    return " ".join(text.split())


def terms() -> dict[str, str]:
    """Term in lower case, without hyphens -> its anchor in glossary.md."""
    return {term.name.lower().replace("-", " "): term.anchor for term in glossary()}


def link_terms(notebook: NotebookNode, to: str = "../glossary.md") -> list[str]:
    """Link the first use of each term, in place.

    Args:
        notebook: of a chapter; Markdown cells alone change.
        to: the glossary, as seen from the notebook.

    Returns:
        The terms that were linked now.
    """
    anchors = terms()
    longest_first = sorted(anchors, key=len, reverse=True)
    words = "|".join(re.escape(name).replace(r"\ ", "[ -]") for name in longest_first)
    pattern = re.compile(
        rf"(?P<kept>{KEPT})|(?<![\w-])(?P<term>{words})(?:es|s)?(?![\w-])",
        re.VERBOSE | re.MULTILINE | re.DOTALL | re.IGNORECASE,
    )
    seen: set[str] = set()
    linked = []

    def replace(found: re.Match) -> str:
        text = found[0]
        if found["kept"]:
            seen.update(re.findall(r"\]\([^)]*glossary\.md#([\w-]+)\)", text))
            return text
        anchor = anchors[found["term"].lower().replace("-", " ")]
        if anchor in seen:
            return text
        seen.add(anchor)
        linked.append(found["term"].lower())
        return f"[{text}]({to}#{anchor})"

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = pattern.sub(replace, cell.source)
    return linked
