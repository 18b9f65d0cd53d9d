"""What is handed out: no answers, no outputs, links that lead somewhere, notebooks that run."""

import re
import zipfile
from pathlib import Path

import nbformat
import pytest

from inception_lib.exercises import numbers
from teaching import chapters, handed_out, handouts
from tools import colab_cell
from tools.notebooks import execute

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = chapters.notebooks()
SITE = "https://book.example/inception/"
every_chapter = pytest.mark.parametrize("number", CHAPTERS)


@pytest.fixture(scope="module")
def texts():
    """Both folders, of all chapters, without a published address."""
    return handouts.make(None, None)


@pytest.fixture(autouse=True)
def no_wheel(monkeypatch):
    """Building it takes seconds; one test does."""
    monkeypatch.setattr(handouts, "add_wheel", lambda folder: None)


def read(text):
    return nbformat.reads(text, as_version=4)


def cells(text, kind):
    return [cell for cell in read(text).cells if cell.cell_type == kind]


def prose(text):
    return "\n\n".join(cell.source for cell in cells(text, "markdown"))


@every_chapter
def test_no_outputs(texts, number):
    for cell in cells(texts[0][CHAPTERS[number].name], "code"):
        assert cell.outputs == [] and cell.execution_count is None
        assert not cell.metadata  # an alt text says what the picture shows


@every_chapter
def test_no_answers(texts, number):
    """Neither what the chapter unfolds, nor a line of the worked answers, nor a way to them."""
    given = texts[0][CHAPTERS[number].name]
    assert "solutions/" not in given and "<details" not in given
    assert not re.search(r"Exercise [\d.]+: (right|not yet)", given)
    text = prose(given)
    assert "Worked answers" not in text
    book = nbformat.read(CHAPTERS[number], as_version=4)
    unfolded = re.findall(
        r"</summary>(.*?)</details>", "\n".join(c.source for c in book.cells), re.DOTALL
    )
    for answer in unfolded:
        plain = handed_out.relink(answer, "chapters/", set(), None)
        first = max(plain.split("."), key=len).strip()
        assert len(first) > 20 and first not in text
    assert text.count(handed_out.YOURS) == len(unfolded)
    worked = nbformat.read(CHAPTERS[number].parent / "solutions" / CHAPTERS[number].name, 4)
    code = {cell.source for cell in cells(given, "code")}
    for cell in worked.cells:
        if cell.cell_type == "code" and "check(" in cell.source:
            answer = re.sub(r"il\.check\(.*\)", "", cell.source, flags=re.DOTALL).strip()
            assert not answer or not any(answer in source for source in code)


@every_chapter
def test_what_students_need_is_kept(texts, number):
    """Every code cell but the first, so each stub and each check; every question that was unfolded."""
    given = texts[0][CHAPTERS[number].name]
    book = nbformat.read(CHAPTERS[number], as_version=4)
    first, *code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    check, *rest = [cell.source for cell in cells(given, "code")]
    assert rest == code and "Is everything here?" in check
    published, _ = handed_out.hand_out(CHAPTERS[number], set(), SITE)
    both = [cell.source for cell in published.cells if cell.cell_type == "code"]
    assert both == [first, check, *code]
    mine = [n for n in numbers() if n.split(".")[0] == str(number)]
    for exercise in mine:
        assert re.search(rf"^### Exercise {exercise}\b", prose(given), re.MULTILINE)
        assert any(f'il.check("{exercise}"' in source for source in code)
    for summary in re.findall(r"<summary>(.*?)</summary>", "\n".join(c.source for c in book.cells)):
        assert summary in prose(given) or re.match(r"An? [Aa]nswer|Answer", summary), summary


@every_chapter
def test_valid_and_credited(texts, number):
    given = read(texts[0][CHAPTERS[number].name])
    nbformat.validate(given)
    ids = [cell.id for cell in given.cells]
    assert len(set(ids)) == len(ids)
    first = given.cells[0].source
    assert "CC BY 4.0" in first and "The Inception, Block by Block authors" in first
    assert "Changed:" in first and "colab.research.google.com" not in first


def test_what_is_not_installed_is_said_at_once(texts):
    """The third chapter imports torchvision; the first does not."""
    check = cells(texts[0][CHAPTERS[3].name], "code")[0].source
    assert "torchvision" not in cells(texts[0][CHAPTERS[1].name], "code")[0].source
    exec(check, {})
    with pytest.raises(ImportError, match=r"lacks torchvision, which .* README\.md"):
        exec(check.replace("find_spec(name) is None", "name == 'torchvision'"), {})


def test_the_same_bytes_each_time(texts):
    assert handouts.make(None, None) == texts


LINKS = re.compile(r"\]\(([^()\s]+)\)")


@pytest.mark.parametrize("address", [None, SITE], ids=["no address", "published"])
@pytest.mark.parametrize("chosen", [[1], [2, 5], None], ids=str)
def test_links_do_not_dangle(address, chosen):
    for files in handouts.make(chosen, address):
        for name, text in files.items():
            text = text if name.endswith(".md") else prose(text)
            text = re.sub(r"`[^`\n]+`|\$[^$]+\$", "", text)
            for link in LINKS.findall(text):
                page = link.split("#")[0]
                if link.startswith("https://"):
                    assert handouts.PLACEHOLDER not in link
                    there = page.removeprefix(SITE).replace(".html", "")
                    if page.startswith(SITE):
                        sources = [ROOT / f"{there}{kind}" for kind in (".md", ".ipynb")]
                        assert any(source.is_file() for source in sources), link
                else:
                    assert page in files or not page, f"{name}: {link}"


def test_links_to_the_published_book():
    text = "A [MAC](../glossary.md#mac), see [chapter 2](02-one-by-one.ipynb), `a[i](b.md)`."
    assert handed_out.relink(text, "chapters/", set(), SITE) == (
        f"A [MAC]({SITE}glossary.html#mac), see [chapter 2]({SITE}chapters/02-one-by-one.html), "
        "`a[i](b.md)`."
    )
    assert handed_out.relink(text, "chapters/", {"02-one-by-one.ipynb"}, None) == (
        "A MAC, see [chapter 2](02-one-by-one.ipynb), `a[i](b.md)`."
    )


@pytest.mark.parametrize(
    ("owner", "address"),
    [("your--account", None), ("you", "https://you.github.io/inception-book/")],
)
def test_site_is_none_where_it_is_a_placeholder(owner, address, monkeypatch):
    url = f"https://github.com/{owner}/inception-book"
    monkeypatch.setattr(colab_cell, "repository", lambda config=None: (url, "main"))
    assert handouts.site() == address


def test_a_question_whose_summary_is_only_answer():
    cell = nbformat.v4.new_markdown_cell(
        "Think: why?\n\n<details><summary>An answer</summary>\n\nSo.\n\n</details>\n\n## Next",
        id="x",
    )
    made, cut = handed_out.questions_for(cell)
    assert [c.source for c in made] == ["Think: why?", handed_out.YOURS, "## Next"]
    assert cut == [("Think: why?", "So.")]


def test_the_readme_says_how_to_install(texts):
    """While the repository has no public address: the same packages as in the first cell. The
    package alone brings no torch, its extra does."""
    text = texts[0]["README.md"]
    assert '`pip install "./inception_lib-0.1.0-py3-none-any.whl[book]"`' in text
    assert "`%pip install --no-deps inception_lib-0.1.0-py3-none-any.whl torchinfo fvcore" in text
    for name in ("iopath", "yacs", "portalocker", "mlxtend", "safetensors"):
        assert f" {name}" in text
    assert "Creative Commons Attribution 4.0" in text and "MIT" in text
    for box in chapters.boxes().values():
        assert f"| [{box.page}]({box.page}) | {box.title} | {box.read} minutes |" in text


# ---- the folders ----


def test_writes_both_folders(tmp_path, capsys):
    out = tmp_path / "for students"
    handouts.main(["--out", str(out), "--chapters", "2", "1", "--with-answers"])
    names = ["01-naive-block.ipynb", "02-one-by-one.ipynb", "README.md"]
    assert sorted(path.name for path in out.iterdir()) == names
    key = tmp_path / "for students-answers"
    assert sorted(path.name for path in key.iterdir()) == names
    assert "right." in (key / names[0]).read_text()  # executed
    first, *_ = handed_out.hand_out(CHAPTERS[1], set(), None)[1]
    assert all(part in (key / "README.md").read_text() for part in first)
    assert sorted(tmp_path.iterdir()) == [out, key]
    assert str(out) in capsys.readouterr().out


def test_answers_only_when_asked_for(tmp_path):
    handouts.main(["--out", str(tmp_path / "a"), "--chapters", "1"])
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.slow
@pytest.mark.parametrize(("owner", "told"), [("your--account", True), ("somebody", False)])
def test_the_package_is_handed_out_as_long_as_it_has_no_address(
    tmp_path, monkeypatch, capsys, owner, told
):
    monkeypatch.undo()
    address = f"https://github.com/{owner}/book"
    monkeypatch.setattr(handouts.colab_cell, "repository", lambda *_: (address, "main"))
    monkeypatch.setattr(handouts, "make", lambda *_: ({"README.md": "", "01.ipynb": ""}, {}))
    handouts.main(["--out", str(tmp_path / "a")])
    out = capsys.readouterr().out
    assert "1 notebook and a README" in out and (".whl" in out) == told
    wheels = [path for path in (tmp_path / "a").glob("*.whl") if zipfile.is_zipfile(path)]
    assert [path.name for path in wheels] == ([handouts.wheel_name()] if told else [])


def test_a_package_that_cannot_be_built(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(handouts, "ROOT", tmp_path)
    monkeypatch.setattr(handouts, "wheel_name", lambda: "inception_lib.whl")
    with pytest.raises(SystemExit, match=r"could not be built into .*, and the notebooks need it"):
        handouts.add_wheel(tmp_path)


def test_unknown_chapter(tmp_path):
    last = max(CHAPTERS)
    with pytest.raises(
        SystemExit, match=rf"no chapter {last + 1}: there are chapters 1 to {last}\."
    ):
        handouts.main(["--out", str(tmp_path / "a"), "--chapters", "1", str(last + 1)])
    assert not list(tmp_path.iterdir())


def test_nothing_is_lost(tmp_path):
    out = tmp_path / "a"
    command = ["--out", str(out), "--chapters", "1"]
    handouts.main(command)
    (out / "mine.txt").write_text("a teacher's own file")
    with pytest.raises(SystemExit, match="is not empty"):
        handouts.main(command)
    for number in (1, 2):
        handouts.main([*command, "--replace"])
        assert (tmp_path / f"a-before-{number}" / "01-naive-block.ipynb").is_file()
    assert (tmp_path / "a-before-1" / "mine.txt").is_file()
    assert not (out / "mine.txt").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(SystemExit, match="was not written by this command"):
        handouts.main(["--out", str(tmp_path), "--chapters", "1", "--replace"])
    assert (tmp_path / "mine.txt").is_file()


def test_a_folder_that_cannot_be_made(tmp_path):
    file = tmp_path / "a"
    file.write_text("a teacher's own file")
    with pytest.raises(SystemExit, match="a is a file, so it is left alone"):
        handouts.main(["--out", str(file), "--chapters", "1", "--replace"])
    with pytest.raises(SystemExit, match=r"a/b cannot be made: .*Choose"):
        handouts.main(["--out", str(file / "b"), "--chapters", "1"])
    assert file.read_text() == "a teacher's own file"


def test_no_folder_is_renamed_if_another_may_not_be(tmp_path):
    out, command = tmp_path / "a", ["--out", str(tmp_path / "a"), "--chapters", "1"]
    handouts.main(command)
    (tmp_path / "a-answers").mkdir()
    (tmp_path / "a-answers" / "README.md").write_bytes(b"\xff somebody else's")
    with pytest.raises(SystemExit, match="a-answers was not written by this command"):
        handouts.main([*command, "--with-answers", "--replace"])
    assert (out / "01-naive-block.ipynb").is_file()


@pytest.mark.slow
def test_runs_from_top_to_bottom(texts, tmp_path, monkeypatch):
    """In an empty folder, without an error, and each check says that there is no answer yet."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = read(texts[0][CHAPTERS[7].name])
    execute(notebook, tmp_path)
    said = "".join(
        output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    for exercise in (n for n in numbers() if n.startswith("7.")):
        assert f"Exercise {exercise}: no answer yet." in said
    assert list(tmp_path.iterdir()) == []
