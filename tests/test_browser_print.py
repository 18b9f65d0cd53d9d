"""Pages on paper, and the PDF of the book."""

import re
import unicodedata

import pytest
from pypdf import PdfReader

from tools import pdf, repository

CHAPTER, GLOSSARY = "chapters/02-one-by-one", "glossary"
nightly = pytest.mark.nightly


def test_paper_is_white(site, visit):
    """Also where the reader's theme is dark; afterwards the page is as it was. Links out of the book
    say where they lead. What fits the paper is seen in tests/test_browser.py."""
    page = visit(f"{site}chapters/03-googlenet.html", theme="dark")
    look = """() => [document.documentElement.dataset.theme,
        getComputedStyle(document.body).backgroundColor, document.querySelectorAll('[open]').length,
        [...document.querySelectorAll('article a.external')]
            .map(link => getComputedStyle(link, '::after').content).join(' ')]"""
    before = page.evaluate(look)
    assert before[0] == "dark" and "https://" not in before[3]
    page.emulate_media(media="print")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    _, paper, unfolded, addresses = page.evaluate(look)
    assert paper == "rgb(255, 255, 255)"
    assert unfolded > before[2]
    assert "https://" in addresses and "colab.research" not in addresses
    page.emulate_media(media="screen")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert page.evaluate(look) == before


@pytest.fixture(scope="module")
def book(browser, tmp_path_factory):
    """Two pages as a PDF."""
    out = tmp_path_factory.mktemp("pdf") / "book.pdf"
    pdf.write(browser, out, [CHAPTER, GLOSSARY])
    return PdfReader(out)


@pytest.fixture(scope="module")
def texts(book) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in book.pages]


def outline(book) -> list[tuple[int, str, int]]:
    """(depth, title, page from 1) of every entry."""
    found = []

    def collect(entries, depth):
        for entry in entries:
            if isinstance(entry, list):
                collect(entry, depth + 1)
            else:
                found.append((depth, entry.title, book.get_destination_page_number(entry) + 1))

    collect(book.outline, 0)
    return found


def letters(text: str) -> str:
    """Without spaces and signs, and with ligatures taken apart: a PDF has its own of each."""
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", text))


@nightly
def test_pdf_has_the_whole_text(texts, pages):
    """Also what is folded on the screen, and none of the frame."""
    whole = " ".join(texts)
    chapter = pdf.Page(CHAPTER, set())
    folded = [box.find("p") for box in chapter.article.select("details:not(.il-words)")]
    assert folded, "this chapter has something that unfolds"
    for passage in folded:
        for formula in passage.find_all("math"):
            formula.replace_with("|")
        for part in pdf.text(passage).split("|"):
            assert letters(part) in letters(whole), part
    for frame in ("Skip to main content", "previous", "Open issue", "Launch"):
        assert frame not in whole
    assert "find_spec" not in whole  # the cell for Colab
    assert r"\frac" not in whole and r"\cdot" not in whole  # math is typeset


@nightly
def test_pdf_outline_is_the_headings(book, texts):
    entries = outline(book)
    assert [title for depth, title, _ in entries if depth == 0] == [
        "Inception, Block by Block",
        "2. The 1×1 reduction",
        "Glossary",
    ]
    chapter = [title for _, title, _ in entries]
    first, last = "2.1. The bill that made it necessary", "2.10. Exercises"
    for title in (first, last, "2.10.1. Exercise 2.1 ● 5 min", "Receptive field"):
        assert title in chapter
    for _, title, number in entries:
        assert letters(title) in letters(texts[number - 1]), f"{title} is not on page {number}"


@nightly
def test_pdf_numbers_are_true(book, texts):
    """At the foot of each page but the first, and in the list of contents."""
    for number, text in enumerate(texts[1:], 2):
        assert re.search(rf"(^| ){number}( |$)", text), number
    begins = {title: number for depth, title, number in outline(book) if depth == 0}
    for title in ("2. The 1×1 reduction", "Glossary"):
        assert f"{title} {begins[title]}" in texts[1]


@nightly
def test_pdf_links_stay_inside(book):
    inside, outside = 0, []
    for page in book.pages:
        for note in page.get("/Annots", []):
            note = note.get_object()
            if "/Dest" in note:
                inside += 1
            else:
                outside.append(note["/A"]["/URI"])
    assert inside > 50
    assert outside and all(link.startswith(("https://", "http://")) for link in outside)
    # what is not printed here is linked where it is published; the glossary is printed
    assert any(link.startswith(repository.site() + "chapters/") for link in outside)
    assert not any(link.startswith(repository.site() + "glossary") for link in outside)


@nightly
def test_pdf_is_complete_in_itself(book):
    """Title, author, language, tags for screen readers; every font within."""
    assert book.metadata.title == "Inception, Block by Block"
    assert book.metadata.author
    assert book.root_object["/Lang"] == "en"
    assert book.root_object["/MarkInfo"]["/Marked"]
    fonts = 0
    for page in book.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            fonts += 1
            if font["/Subtype"] == "/Type3":
                assert font["/CharProcs"]
                continue
            font = font["/DescendantFonts"][0] if "/DescendantFonts" in font else font
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(font["/FontDescriptor"])
    assert fonts
