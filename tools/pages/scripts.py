"""Which page loads which of the book's own scripts.

Jupyter Book puts every script of `_static` into every page, and each holds up the page until it is
read. Here each becomes `defer`, and one that says in its first lines `// Needs: il-lab, il-look` is
loaded only by pages that hold one of these texts. What `make book` writes into `_generated/static` are data:
no page loads them, a script asks for them.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
STATIC, DATA = ROOT / "_static", ROOT / "_generated" / "static"


def needs(script: Path) -> list[str]:
    """What a page must hold one of to need this script; every page holds ""."""
    found = re.search(r"^// Needs: (.+)$", script.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].split(", ") if found else [""]


def choose(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Handler of `html-page-context`: filter and defer the scripts of one page."""
    own = {path.relative_to(STATIC).as_posix(): needs(path) for path in STATIC.rglob("*.js")}
    kept = []
    for script in context.get("script_files", []):
        name = str(getattr(script, "filename", script)).split("_static/")[-1]
        if (DATA / name).is_file():
            continue
        if name in own:
            if not any(text in context.get("body", "") for text in own[name]):
                continue
            script.attributes["defer"] = "defer"
        kept.append(script)
    context["script_files"] = kept


def setup(app: Sphinx) -> None:
    # after all that may still write into the page's body
    app.connect("html-page-context", choose, priority=900)
