"""Print the book: `make pdf` writes `_build/inception-block-by-block.pdf`.

    python -m tools.pdf [--out FILE] [page ...]

Chromium prints all pages of `_toc.yml` as one document. So links within the book lead to pages of
the PDF, headings become its outline, and what the pages say to a screen reader is kept. It prints
twice: the first time tells on which page each chapter begins, for the list of contents.
"""

from __future__ import annotations

import argparse
import json
import logging
import posixpath
import re
import tempfile
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

import inception_lib as il
from tools import chromium, colab_cell, repository

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
OUT = ROOT / "_build" / "inception-block-by-block.pdf"
POINTS_TO = ("href", "xlink:href", "for", "aria-labelledby", "aria-describedby", "aria-controls")
STYLE = """
  @page { @bottom-center { content: counter(page); font: 9pt sans-serif; color: #48566b; } }
  @page front { @bottom-center { content: none; } }
  @page contents { @top-right { content: none; } }
  .pdf-front { page: front; text-align: center; padding-top: 45mm; }
  .pdf-front h1 { font-size: 3rem; margin: 0 0 1rem; }
  .pdf-front svg { max-width: 100%; height: auto; margin: 14mm 0; }
  .pdf-contents { page: contents; }
  .pdf-contents ol { list-style: none; padding: 0; margin: 0 0 0.5rem; }
  .pdf-contents li { display: flex; gap: 0.5em; line-height: 1.45; }
  .pdf-contents li i { flex: 1; border-bottom: 1px dotted #9ca4af; margin-bottom: 0.5em; }
  .pdf-contents a { color: inherit; text-decoration: none; }
  .pdf-contents h3 { margin: 0.6rem 0 0; font-size: 1.1rem; }
  .bd-main .bd-content .bd-article h1:first-of-type { display: block; }
"""


def contents() -> list[tuple[str, list[str]]]:
    """(caption, page names) of each part of `_toc.yml`; the first page has no caption."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = []
    for part in toc["parts"]:
        nested = [(page, *page.get("sections", [])) for page in part["chapters"]]
        parts.append((part["caption"], [page["file"] for pages in nested for page in pages]))
    return [("", [toc["root"]]), *parts]


def mark(page: str, anchor: str = "") -> str:
    """The id that a place has in the one document: each page's ids must differ from the others'."""
    return re.sub(r"[^A-Za-z0-9]+", "-", page) + (f"--{anchor}" if anchor else "")


def text(heading: Tag) -> str:
    """What a heading says, in one line."""
    return " ".join(heading.get_text().split())


class Page:
    """One built page: its article, changed so that it fits beside the others."""

    def __init__(self, name: str, pages: set[str]):
        self.name, self.pages = name, pages
        self.soup = BeautifulSoup(
            (HTML / f"{name}.html").read_text(encoding="utf-8"), "html.parser"
        )
        self.article: Tag = self.soup.find("article")
        for script in self.article.find_all(["script", "noscript"]):
            script.decompose()
        for link in self.article.find_all("a", class_="headerlink"):
            link.decompose()
        self.title = text(self.article.find("h1"))
        self._lighten()
        for tag in self.article.find_all(True):
            self._move(tag)
        self.article["id"] = mark(name)

    def _lighten(self) -> None:
        """Leave out the cell for Colab, and every span of code that has the color of plain text:
        each would be an entry of its own in what the PDF tells a screen reader."""
        for code in self.article.select("div.cell pre"):
            if colab_cell.FIRST_LINE in code.get_text():
                code.find_parent("div", class_="cell").decompose()
        for span in self.article.select("pre :is(span.n, span.p, span.w, span.nn)"):
            span.unwrap()
        self.article.smooth()

    def _move(self, tag: Tag) -> None:
        if tag.get("id"):
            tag["id"] = mark(self.name, tag["id"])
        for key in POINTS_TO:
            if tag.get(key) and key in ("href", "xlink:href"):
                tag[key] = self._link(tag[key])
            elif tag.get(key):
                tag[key] = " ".join(mark(self.name, one) for one in tag[key].split())
        if tag.get("src") and not urlsplit(tag["src"]).scheme:
            tag["src"] = f"html/{self._path(tag['src'])}"
        for key, value in tag.attrs.items():  # marker-end="url(#arrow)" of a drawing
            if isinstance(value, str) and "url(#" in value:
                tag[key] = re.sub(
                    r"url\(#([^)]+)\)", lambda m: f"url(#{mark(self.name, m[1])})", value
                )

    def _path(self, link: str) -> str:
        folder = posixpath.dirname(self.name)
        return posixpath.normpath(posixpath.join(folder, unquote(urlsplit(link).path)))

    def _link(self, link: str) -> str:
        """A link within what is printed leads there; to another file, to the published book."""
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return link
        path = self._path(link) if parts.path else f"{self.name}.html"
        page = path.removesuffix(".html")
        if page in self.pages:
            return "#" + mark(page, unquote(parts.fragment))
        return repository.site() + path + (f"#{parts.fragment}" if parts.fragment else "")


def document(pages: list[Page], numbers: dict[str, int]) -> str:
    """The whole book as one HTML document; `numbers` says on which page each page begins."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    head = BeautifulSoup((HTML / "intro.html").read_text(encoding="utf-8"), "html.parser")
    styles = "\n".join(
        f'<link rel="stylesheet" href="html/{escape(tag["href"])}">'
        for tag in head.find_all("link", rel="stylesheet")
    )
    # each page of the book is a kind of page of the PDF, whose head says its title
    heads = "".join(
        f"#{mark(page.name)} {{ page: p-{mark(page.name)}; }} @page p-{mark(page.name)} {{ @top-right "
        f"{{ content: {json.dumps(page.title, ensure_ascii=False)}; font: 9pt sans-serif; color: #48566b; }} }}"
        for page in pages
    )
    titles = {page.name: page.title for page in pages}
    listed = []
    for caption, names in contents():
        entries = "".join(
            f'<li><a href="#{mark(name)}">{escape(titles[name])}</a><i></i>'
            f"<span>{numbers.get(name, '')}</span></li>"
            for name in names
            if name in titles
        )
        if entries:
            listed.append(
                (f"<h3>{escape(caption)}</h3>" if caption else "") + f"<ol>{entries}</ol>"
            )
    title, site = escape(config["title"]), repository.site()
    block = il.draw(il.reduced_block(64, 96, 128, 16, 32, 32), input_shape=(192, 28, 28))
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-content_root="html/">
<head><meta charset="utf-8"><title>{title}</title>{styles}<style>{STYLE}{heads}</style></head>
<body><main class="bd-main"><div class="bd-content"><div class="bd-article-container">
<section class="pdf-front"><h1>{title}</h1><p>{escape(config["author"])}</p>
<p><a href="{site}">{site}</a></p>{block.svg}
<p>Text and figures: CC BY 4.0. Code: MIT.</p></section>
<section class="pdf-contents"><h2>Contents</h2>{"".join(listed)}</section>
{"".join(str(page.article) for page in pages)}
</div></div></main></body></html>"""


def draw(browser: Browser, html: str, out: Path) -> None:
    """Print one document, with all that is folded unfolded."""
    source = HTML.parent / "_pdf.html"  # beside html/, so that its pictures are found
    source.write_text(html, encoding="utf-8")
    page = browser.new_page()
    page.goto(source.as_uri(), wait_until="load")
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    page.set_default_timeout(300_000)
    page.pdf(path=out, prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    page.close()
    source.unlink()


def begins(pdf: Path, names: list[str]) -> dict[str, int]:
    """On which page of the PDF each page of the book begins, counted from 1."""
    reader = PdfReader(pdf)
    places = {title.removeprefix("/"): place for title, place in reader.named_destinations.items()}
    return {name: reader.get_destination_page_number(places[mark(name)]) + 1 for name in names}


def name_outline(writer: PdfWriter, titles: list[str]) -> None:
    """Give the outline's entries the words of the headings.

    Chromium collects them line by line: it drops the space where a heading wraps, and says twice
    what begins a page.
    """
    entries, ahead = [], [writer.root_object["/Outlines"]["/First"]]
    while ahead:
        entry = ahead.pop()
        entries.append(entry)
        ahead += [entry[key] for key in ("/Next", "/First") if key in entry]
    for entry, title in zip(entries, titles, strict=True):
        entry[NameObject("/Title")] = TextStringObject(title)


def write(browser: Browser, out: Path = OUT, names: list[str] | None = None) -> None:
    """Print the book.

    Args:
        browser: a running Chromium.
        out: the file to write.
        names: the pages to print, as `_toc.yml` names them; None prints all.
    """
    order = [name for _, part in contents() for name in part if not names or name in names]
    pages = [Page(name, set(order)) for name in order]
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "book.pdf"
        draw(browser, document(pages, {}), printed)
        whole = document(pages, begins(printed, order))
        draw(browser, whole, printed)
        writer = PdfWriter(clone_from=printed)
    title, author = config["title"], config["author"]
    writer.add_metadata({"/Title": title, "/Author": author, "/Creator": "make pdf"})
    headings = BeautifulSoup(whole, "html.parser").find_all(re.compile(r"^h[1-6]$"))
    name_outline(writer, [text(heading) for heading in headings])
    writer.write(out)


def main() -> None:
    # Chromium counts its objects otherwise than pypdf, which says so each time.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("page", nargs="*", help="as _toc.yml names it; none: the whole book")
    options = parser.parse_args()
    with chromium.launched() as browser:
        write(browser, options.out, options.page or None)
    size = options.out.stat().st_size / 1e6
    print(f"wrote {options.out}: {len(PdfReader(options.out).pages)} pages, {size:.1f} MB")


if __name__ == "__main__":
    main()
