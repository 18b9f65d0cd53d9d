"""How long a chapter takes, and places for what was read.

Each chapter's box says "40 minutes to read", which is put below the chapter's title. Beside its name
on the landing page is what its words, code and figures add up to (`tools/minutes.py`). The places stay hidden until
`_static/progress.js` fills them.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

from teaching.chapters import box
from tools.minutes import whole

CHAPTER = re.compile(r"chapters/\d\d-[\w-]+")

LIST = """<div class="il-progress" hidden>
<label>Read: <progress></progress> <span role="status"></span></label>
<button type="button">Forget</button>
<p>A chapter counts as read once you reach its end. Only your browser remembers; nothing is sent anywhere.</p>
</div>
"""
FOOT = """<div class="il-read" hidden>
<button type="button"></button> <span role="status"></span>
</div>
"""


def in_chapter(body: str, time: int) -> str:
    """A chapter's page with its time below the title, and a place for a button at its end."""
    body = body.replace("</h1>", f'</h1>\n<p class="il-time">{time} minutes to read</p>', 1)
    return body + FOOT


def in_list(body: str, times: dict[str, int]) -> str:
    """The landing page: in its numbered list each chapter's time; a bar and the sum above the list."""
    hours, rest = divmod(sum(times.values()), 60)
    total = f'<p class="il-time">All {len(times)} chapters: {hours} h {rest} min to read.</p>\n'
    before, start, rest = body.partition("<ol ")
    listed, end, after = rest.partition("</ol>")

    def add(link: re.Match) -> str:
        return f'{link[0]} <span class="il-time">({times[link["page"]]} minutes)</span>'

    link = r'<a [^>]*href="(?P<page>chapters/\d\d-[\w-]+)\.html"[^>]*>.*?</a>'
    return before + total + LIST + start + re.sub(link, add, listed) + end + after


def add(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Handler of `html-page-context`."""
    if CHAPTER.fullmatch(pagename):
        time = box(Path(app.srcdir, f"{pagename}.ipynb")).read
        context["body"] = in_chapter(context["body"], time)
    elif pagename == app.config.root_doc:
        pages = filter(CHAPTER.fullmatch, app.env.found_docs)
        times = {page: whole(Path(app.srcdir, f"{page}.ipynb")) for page in pages}
        context["body"] = in_list(context["body"], times)


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", add)
