"""The form of chapters: folds, captions and numbers, the time to read, frames; each without a kernel."""

import copy
import re

import nbformat
import pytest
import torch
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import inception_lib as il
from teaching import chapters
from tests.test_notebooks import CHAPTERS, DEEPER, NUMBERS, ROOT, RULES, good
from tools import colab_cell, figures
from tools.minutes import minutes
from tools.notebooks import fold, write_alts


def figure(name, caption="Three bars.", source="bars"):
    cell = new_code_cell(source)
    cell.metadata["mystnb"] = {"figure": {"name": name, "caption": caption}}
    return cell


# ---- folds ----


def test_a_folded_cell_is_folded_everywhere_and_an_unfolded_one_nowhere():
    cell = new_code_cell("# @title Imports\nimport torch", metadata={"tags": ["hide-input"]})
    notebook = new_notebook(cells=[cell])
    fold(notebook)
    assert cell.metadata == {
        "tags": ["hide-input"],
        "jupyter": {"source_hidden": True},
        "cellView": "form",
        "mystnb": {"code_prompt_show": "Imports"},
    }
    cell.metadata["tags"] = []
    fold(notebook)
    assert cell.metadata == {"tags": []}


def test_a_fold_without_a_title_is_refused():
    cell = new_code_cell("import torch", metadata={"tags": ["hide-input"]})
    with pytest.raises(ValueError, match=r"cell 0 is folded .* '# @title Imports'"):
        fold(new_notebook(cells=[cell]))


def test_the_page_shows_the_title_of_a_fold(pages):
    page = BeautifulSoup((pages / "chapters/01-naive-block.html").read_text("utf-8"), "html.parser")
    assert (
        colab_cell.FIRST_LINE.removeprefix("# @title ")
        in page.article.select_one("details.hide summary").get_text()
    )


# ---- captions and numbers ----


def test_captions_and_links_get_their_numbers():
    text = "See [Figure ?](#fig-a) and [Figure 9.9](#fig-b), not [this](#fig-a)."
    notebook = new_notebook(cells=[figure("fig-a"), new_markdown_cell(text), figure("fig-b", "B.")])
    number = {"fig-a": "1.1", "fig-b": "1.2"}
    for _ in range(2):  # the second time nothing changes
        figures.write(notebook, number)
        assert [cell.source for cell in notebook.cells] == [
            "bars",
            "**Figure 1.1.** Three bars.",
            "See [Figure 1.1](#fig-a) and [Figure 1.2](#fig-b), not [this](#fig-a).",
            "bars",
            "**Figure 1.2.** B.",
        ]
    assert notebook.cells[1].metadata == {"tags": ["remove-cell"]}
    assert len(figures.without_captions(notebook).cells) == 3


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([figure("bars")], "the name 'bars'"),
        ([figure("fig-a", " ")], "the caption ' '"),
        ([figure("fig-a"), figure("fig-a")], "two figures"),
        ([new_markdown_cell("[Figure 1](#fig-x)")], "leads to no figure; there are fig-a"),
    ],
)
def test_wrong_captions_are_refused(cells, message):
    with pytest.raises(ValueError, match=message):
        figures.write(new_notebook(cells=cells), {"fig-a": "1.1"})


def test_what_goes_deeper_goes_on_with_its_chapters_numbers(tmp_path):
    (tmp_path / "deeper").mkdir()
    for name, names in (
        ("01-a", ["fig-a"]),
        ("deeper/01-b", ["fig-b", "fig-c"]),
        ("02-c", ["fig-d"]),
    ):
        nbformat.write(new_notebook(cells=list(map(figure, names))), tmp_path / f"{name}.ipynb")
    assert list(figures.numbers(tmp_path).values()) == ["1.1", "1.2", "1.3", "2.1"]
    nbformat.write(new_notebook(cells=[figure("fig-d")]), tmp_path / "01-a.ipynb")
    with pytest.raises(ValueError, match=r"02-c.*'fig-d'"):
        figures.numbers(tmp_path)


@pytest.mark.parametrize("path", CHAPTERS + DEEPER, ids=lambda path: path.stem)
def test_the_page_has_the_same_numbers_and_captions(path, pages):
    """And not the cells that say them in Colab."""
    page = (pages / path.relative_to(ROOT)).with_suffix(".html").read_text("utf-8")
    article = BeautifulSoup(page, "html.parser").article
    notebook = nbformat.read(path, as_version=4)
    shown = {
        one["id"]: one.select_one(".caption-number").get_text().strip()
        for one in article.select("figure[id]")
    }
    assert shown == {name: f"Figure {NUMBERS[name]}" for name in figures.captions(notebook)}
    for link in article.select("a[href*='#fig-']"):
        name = link["href"].split("#")[1]
        if link.get_text().startswith("Figure "):
            assert link.get_text() == f"Figure {NUMBERS[name]}"
    text = article.get_text()
    for cell in notebook.cells:
        if cell.id.startswith(figures.BELOW):
            number, said = re.fullmatch(r"\*\*(Figure [\d.]+)\.\*\* (.*)", cell.source).groups()
            assert f"{number}. {said}" not in text


# ---- what goes deeper ----


def test_the_rules_hold_for_what_goes_deeper():
    notebook = good()
    path = ROOT / "chapters" / "deeper" / "01-good.ipynb"
    link = colab_cell.colab_link("chapters/deeper/01-good.ipynb")
    notebook.cells[0].source = f"# Good\n\n[Colab]({link})\n\nA [MAC](../../glossary.md#mac)."
    told = {rule.__name__: rule(notebook, path) for rule in RULES}
    assert {name for name, found in told.items() if found} == {"is_done"}
    assert told["is_done"] == ["a figure without a caption: il.plots.bars()"]


# ---- the time to read ----


def test_minutes_of_each_kind():
    def read(*cells):
        return minutes(new_notebook(cells=list(cells)))

    drawn = [new_output("display_data", data={"text/html": "<svg><table></table></svg>"})]
    table = [new_output("execute_result", data={"text/html": "<table>"}, execution_count=1)]
    code = new_code_cell("a\n\nb")
    assert read(new_markdown_cell("word " * 180)) == 1
    assert read(new_markdown_cell("$$x + y$$ [one](a-link.md) **two**")) == 0.6 + 2 / 180
    assert read(code) == pytest.approx(10 / 60)
    assert read(new_code_cell("a", outputs=drawn)) == pytest.approx(5 / 60 + 0.6)
    assert read(new_code_cell("a", outputs=table)) == pytest.approx(5 / 60 + 0.7)
    assert read(new_code_cell("a", metadata={"tags": ["hide-input"]})) == 0
    assert read(new_code_cell(colab_cell.source())) == 0
    assert read(new_markdown_cell("<details>a b</details>")) == 0
    assert read(new_markdown_cell("## Exercises\n\none"), code, new_markdown_cell("two")) == 0
    assert read(new_markdown_cell("## Exercises\n\none\n\n## Summary")) == 1 / 180


# ---- the box at a chapter's head ----


@pytest.mark.parametrize("between", ["\n", "\n>\n"])
def test_a_box_may_have_words_of_its_own(between, tmp_path):
    lines = [
        "> **What?** Why pool?",
        "> **In short.** To keep\n> what matters.",
        "> **Read:** 20 minutes.",
    ]
    text = "# Pooling\n\n[Colab](x)\n\n" + between.join(lines) + "\n\nMore, in 40 minutes."
    nbformat.write(new_notebook(cells=[new_markdown_cell(text)]), tmp_path / "01-pool.ipynb")
    box = chapters.box(tmp_path / "01-pool.ipynb")
    assert (box.question, box.afterwards, box.read) == ("Why pool?", "To keep what matters.", 20)


# ---- frames ----


def dots(count, **more):
    return [
        il.plots.pictures(torch.rand(n, 1, 3, 3), ["a"] * n, what="Dots", **more)
        for n in ([1] * count)
    ]


def test_a_sheet_of_frames_is_cut_into_equal_parts():
    sheet = il.plots.frames(dots(5, height=2.0), ["1 px", "2 px", "3 px", "4 px", "5 px"])
    assert (sheet.rows, sheet.columns) == (2, 3)
    assert sheet.alt.startswith(
        "Frames. 1 of 5, 1 px: Dots: a. Each is 3×3 pixels. 2 of 5, 2 px: D"
    )
    data, said = sheet._repr_png_()
    assert said == {"frames": "2x3"}
    width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
    assert width % 3 == 0 and height % 2 == 0
    assert il.plots.frames(dots(3), ["a", "b", "c"], columns=1).rows == 3


@pytest.mark.parametrize(
    ("figures", "labels", "message"),
    [
        (dots(1), ["a"], "1 figures and 1 labels"),
        (dots(2), ["a"], "2 figures and 1 labels"),
        (dots(2), ["a", "b: c"], "'b: c'"),
        ([*dots(1), *dots(1, height=1.0)], ["a", "b"], "sizes .*; all need one size"),
    ],
)
def test_frames_that_do_not_fit_are_refused(figures, labels, message):
    with pytest.raises(ValueError, match=message):
        il.plots.frames(figures, labels)


def test_a_sheet_gets_the_class_that_the_script_looks_for():
    notebook = good()
    plot = notebook.cells[2]
    plot.outputs[0].metadata = {"image/png": {"frames": "2x3"}}
    before = copy.deepcopy(plot.metadata)
    write_alts(notebook)
    assert before.mystnb.image.classes == "dark-light"
    assert plot.metadata.mystnb.image.classes == "dark-light il-frames-2x3"
