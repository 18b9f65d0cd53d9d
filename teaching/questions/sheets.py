"""Papers and keys as pages to print: `--students 40`."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from teaching.questions import Question, paper

STYLE = """
body { max-width: 42rem; margin: auto; font: 12pt/1.45 Georgia, serif; color: #000; background: #fff }
article { break-after: page; padding-block: 1rem }
article + article { border-top: 1px solid #767676 }
h1 { font-size: 1.4em } h2 { font-size: 1.1em; break-after: avoid }
pre, table, li { break-inside: avoid }
pre, code { font: 10pt/1.35 monospace; white-space: pre-wrap }
table { border-collapse: collapse } td, th { border: 1px solid #767676; padding: .1em .6em }
@media print { article + article { border: 0 } @page { margin: 18mm } }
"""


def sheet(title: str, papers: Iterable[str]) -> str:
    """Papers in Markdown as one page of HTML, each beginning on a sheet of its own."""
    render = MarkdownIt("commonmark", {"html": False}).enable("table").render
    body = "\n".join(f"<article>\n{render(text)}</article>" for text in papers)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style>\n{body}\n</html>\n'
    )


def write(folder: Path, questions: Sequence[Question], students: int) -> None:
    """Write papers.html and keys.html, for the seeds 1 to `students`.

    Raises:
        SystemExit: one of them is there already, or the folder cannot be made.
    """
    pages = {folder / "papers.html": False, folder / "keys.html": True}
    if there := [str(path) for path in pages if path.exists()]:
        raise SystemExit(
            f"{there[0]} is there already. Name another folder: --out (with make: OUT=…)."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(
            f"the folder {folder} cannot be made: {error.strerror}. Name another: --out (with make: OUT=…)."
        ) from error
    for path, key in pages.items():
        texts = [paper(questions, seed, key=key) for seed in range(1, students + 1)]
        path.write_text(sheet("Keys" if key else "Papers", texts), encoding="utf-8")
    print(
        f"wrote papers.html and keys.html for {students} students into {folder}; print them with a browser"
    )
    for q in questions:
        if (count := len(q.versions)) < students:
            shared = (
                "all have the same numbers"
                if count == 1
                else f"{count} versions, so some share numbers"
            )
            print(f"  {q.title} ({q.name}): {shared}")
