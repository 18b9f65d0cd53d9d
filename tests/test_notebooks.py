"""The rules for notebooks. Each rule is a function that returns what is wrong, as a list.

Each rule is tried on every notebook of the book, and on a small notebook that breaks it: a rule
that cannot fail holds nothing.
"""

import ast
import base64
import copy
import io
import itertools
import re
import statistics
import tokenize
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from inception_lib.exercises import numbers
from inception_lib.plots.base import CARD, GRAY
from teaching import chapters
from tools import colab_cell, figures
from tools.minutes import minutes
from tools.notebooks import (
    METADATA,
    PICTURES,
    few_colors,
    fold,
    frames,
    main,
    pictures,
    shrink_pictures,
    write_alts,
)
from tools.terms import link_terms

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
DEEPER = sorted((ROOT / "chapters" / "deeper").glob("*.ipynb"))
NOTEBOOKS = CHAPTERS + DEEPER + sorted((ROOT / "chapters" / "solutions").glob("*.ipynb"))
LONGEST = 30  # minutes to read
OLD_HEADINGS = {"by hand", "as data", "counted", "seen", "tried", "in print"}
NUMBERS = figures.numbers()

LARGEST = 1_500_000  # bytes of one notebook
KINDS = {"text/plain", "text/html", "image/png"}  # what an output may be
# Calls that read a file or a network: a notebook on Colab has neither beside it.
READERS = {
    "open", "Path", "read_text", "read_bytes", "read_csv", "imread", "urlopen", "urlretrieve",
    "fromfile", "loadtxt", "genfromtxt", "listdir", "glob", "load", "hf_hub_download",
}  # fmt: skip
# The exceptions: these read so what they have written, in a folder that is gone afterwards.
IN_A_TEMPORARY_FOLDER = {
    "chapters/11-your-own-pictures.ipynb": {"il.load", "Image.open"},
    "chapters/solutions/11-your-own-pictures.ipynb": {"il.load"},
    "chapters/14-beyond-one-machine.ipynb": {"torch.load", "il.load", "os.listdir"},
}


# ---- reading a notebook ----


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [(cell, output) for cell in code_cells(notebook) for output in cell.outputs]


def markdown(notebook) -> str:
    """All Markdown, without fenced and inline code."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!\})`[^`\n]+`", "code", text)


def headings(text: str) -> list[tuple[int, str]]:
    return [(len(m[1]), m[2]) for m in re.finditer(r"^(#+) +(.+?) *$", text, re.MULTILINE)]


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and MyST both make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def trees(notebook):
    return [(cell, ast.parse(cell.source)) for cell in code_cells(notebook)]


def checks(notebook) -> set[str]:
    """The numbers N.M of every check("N.M", …) in the code."""
    found = re.findall(
        r"\bcheck\(\s*[\"'](\d+\.\d+)[\"']", "\n".join(c.source for c in code_cells(notebook))
    )
    return set(found)


def exercises(notebook) -> list[str]:
    """The numbers of every heading "Exercise N.M"."""
    found = [re.match(r"Exercise (\d+\.\d+)", title) for _, title in headings(markdown(notebook))]
    return [match[1] for match in found if match]


# ---- the rules ----


def executed_in_order(notebook, path):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts: {counts}"]


def no_stderr_no_error(notebook, path):
    return [
        f"{output.output_type} {output.get('name', '')} below: {cell.source[:60]}"
        for cell, output in outputs(notebook)
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def short_cells(notebook, path):
    lines = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    found = [f"a cell has {n} lines, 25 are allowed" for n in lines if n > 25]
    if lines and statistics.median(lines) > 8:
        found.append(f"the median cell has {statistics.median(lines)} lines, 8 are allowed")
    return found


def plots_are_one_call(notebook, path):
    """A figure is the last expression of its cell, one call: nothing of pyplot's shows it again."""
    found = []
    for cell, tree in trees(notebook):
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
        draws = [n for n in calls if re.search(r"\bplots\.\w+$", ast.unparse(n.func))]
        sheets = [n for n in draws if ast.unparse(n.func).endswith(".frames")]
        draws = sheets or draws  # a sheet's frames are figures, too
        last = tree.body[-1].value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        if (draws or pictures(cell)) and (len(draws) != 1 or last is not draws[0]):
            found.append(f"does not end in its one call of il.plots: {cell.source[:60]}")
        if re.search(r"\bplt\.show\(", cell.source):
            found.append(f"plt.show() shows a picture without a text: {cell.source[:60]}")
    return found


def no_semicolon_endings(notebook, path):
    found = []
    for cell in code_cells(notebook):
        tokens = list(tokenize.generate_tokens(io.StringIO(cell.source).readline))
        for token, after in itertools.pairwise(tokens):
            if token.string == ";" and after.type in (tokenize.NEWLINE, tokenize.COMMENT):
                found.append(f"ends in a semicolon: {token.line.strip()}")
    return found


def ignored_outputs_are_asserted(notebook, path):
    cells = code_cells(notebook)
    ignored = [
        n for n, cell in enumerate(cells) if "nbval-ignore-output" in cell.metadata.get("tags", [])
    ]
    found = [f"{len(ignored)} cells ignore their output, 2 are allowed"] if len(ignored) > 2 else []
    for number in ignored:
        after = ast.parse(cells[number + 1].source) if number + 1 < len(cells) else ast.parse("")
        if not any(isinstance(node, ast.Assert) for node in ast.walk(after)):
            found.append(f"no assert in the cell behind: {cells[number].source[:60]}")
    return found


def nothing_skipped(notebook, path):
    """Tags by which nbval does not run a cell, or expects an error."""
    banned = {"nbval-skip", "raises-exception", "skip-execution", "nbval-raises-exception"}
    return [
        f"tag {sorted(bad)}: {cell.source[:60]}"
        for cell in code_cells(notebook)
        if (bad := banned & set(cell.metadata.get("tags", [])))
        or (bad := set(re.findall(r"NBVAL_\w+", cell.source)))
    ]


def pictures_have_alt(notebook, path):
    found = []
    for cell in code_cells(notebook):
        image = cell.metadata.get("mystnb", {}).get("image", {})
        alt = image.get("alt", "")
        if len(pictures(cell)) > 1:
            found.append(f"several pictures, which would share one alt text: {cell.source[:60]}")
        if pictures(cell) and len(alt.split()) < 5:
            found.append(f"alt text {alt!r} says too little: {cell.source[:60]}")
        if pictures(cell) and pictures(cell) != [alt]:
            found.append(f"alt text {alt!r} is not the output's: {cell.source[:60]}")
        classes = " ".join(["dark-light", *frames(cell)])
        if pictures(cell) and image.get("classes") != classes:
            found.append(f"not of the class {classes}: {cell.source[:60]}")
        if image and not pictures(cell):
            found.append(f"an alt text and no picture: {cell.source[:60]}")
    for alt in re.findall(r"!\[(.*?)\]\(", markdown(notebook)):
        if len(alt.split()) < 5:
            found.append(f"alt text {alt!r} of a picture in Markdown says too little")
    return found


def pictures_are_on_a_card(notebook, path):
    """On a transparent one no gray can be read in both themes."""
    found, card = [], tuple(bytes.fromhex(CARD[1:])) + (255,)
    for cell, output in outputs(notebook):
        if "image/png" in output.get("data", {}):
            picture = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
            corner = picture.convert("RGBA").getpixel((0, 0))
            if corner != card:
                found.append(f"the corner is {corner}, not {card}: {cell.source[:60]}")
    return found


def plain_markdown(notebook, path):
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = [
        f"directive {m}" for m in re.findall(r"^ *(?:`{3,}|:{3,}|~{3,})\{.*$", text, re.MULTILINE)
    ]
    found += [f"role {m}" for m in re.findall(r"\{[\w:.-]+\}`[^`]*`", text)]
    found += [f"target {m}" for m in re.findall(r"^\([\w-]+\)=$", text, re.MULTILINE)]
    tags = set(re.findall(r"</?([a-z][a-z0-9]*)\b[^<>]*>", markdown(notebook), re.IGNORECASE))
    found += [f"HTML <{tag}>" for tag in sorted(tags - {"details", "summary", "https", "http"})]
    return found


def headings_in_order(notebook, path):
    levels = [level for level, _ in headings(markdown(notebook))]
    found = []
    if levels.count(1) != 1 or levels[:1] != [1]:
        found.append(f"one heading of level 1, first of all; the levels are {levels}")
    for one, two in itertools.pairwise(levels):
        if two > one + 1:
            found.append(f"a heading of level {two} follows one of level {one}")
    if not notebook.cells or not notebook.cells[0].source.startswith("# "):
        found.append("the first cell does not begin with the title")
    return found


def links_lead_somewhere(notebook, path):
    """Pages of the book are linked relatively, and exist, with the heading named behind #."""
    found = []
    for link in re.findall(r"\]\(<?([^)\s>]+)", markdown(notebook)):
        if link.removeprefix("#") in NUMBERS:
            continue
        if link.startswith("https://"):
            if link.startswith(colab_cell.repository()[0]):
                found.append(f"{link}: link pages relatively")
            continue
        target, _, anchor = link.partition("#")
        page = (path.parent / target).resolve() if target else path
        if ":" in target or target.startswith("/") or not page.is_file():
            found.append(f"{link}: no such page")
        elif anchor:
            if page == path:
                text = markdown(notebook)
            elif page.suffix == ".ipynb":
                text = markdown(nbformat.read(page, as_version=4))
            else:
                text = page.read_text(encoding="utf-8")
            if anchor not in {slug(title) for _, title in headings(text)}:
                found.append(f"{link}: no such heading")
    return found


def begins_with_colab(notebook, path):
    cells = code_cells(notebook)
    found = []
    if not cells or cells[0].source != colab_cell.source():
        found.append(
            "the first code cell is not the one of tools/colab_cell.py: run make notebooks"
        )
    elif cells[0].outputs:
        found.append("the Colab cell prints something")
    link = colab_cell.colab_link(path.relative_to(ROOT).as_posix())
    if not notebook.cells or f"]({link})" not in notebook.cells[0].source:
        found.append(f"the first cell has no Markdown link to {link}")
    return found


def reads_no_file(notebook, path):
    found = []
    allowed = IN_A_TEMPORARY_FOLDER.get(path.relative_to(ROOT).as_posix(), set())
    for cell, tree in trees(notebook):
        for node in ast.walk(tree):
            name = getattr(node, "func", None)
            name = getattr(name, "attr", getattr(name, "id", None))
            if (
                isinstance(node, ast.Call)
                and name in READERS
                and ast.unparse(node.func) not in allowed
            ):
                found.append(f"{name}(…) reads a file or a network: {cell.source[:60]}")
    if allowed and not any(
        "tempfile.TemporaryDirectory(" in c.source for c in code_cells(notebook)
    ):
        found.append("reads files, and makes no temporary folder for them")
    return found


def is_small(notebook, path):
    size = len(nbformat.writes(notebook).encode())
    return [f"{size} bytes, {LARGEST} are allowed"] if size > LARGEST else []


def metadata_is_normal(notebook, path):
    found = []
    if notebook.metadata != METADATA:
        found.append("metadata differs from that of make notebooks")
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) != len(ids):
        found.append(f"cell ids are missing or double: {ids}")
    kept = {key for cell in notebook.cells for key in cell.metadata} - {"tags", "mystnb"}
    if kept - {"jupyter", "cellView"}:
        found.append(f"cells hold the metadata {sorted(kept)}")
    folded = copy.deepcopy(notebook)
    fold(folded)
    found += [
        f"not folded, or folded without the tag hide-input; run make notebooks: {one.source[:60]}"
        for one, other in zip(notebook.cells, folded.cells, strict=True)
        if one.metadata != other.metadata
    ]
    return found


def outputs_are_the_same_everywhere(notebook, path):
    found = []
    for cell, output in outputs(notebook):
        data = output.get("data", {})
        found += [f"output of the kind {kind}: {cell.source[:60]}" for kind in set(data) - KINDS]
        texts = [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
        for text in texts:
            if match := re.search(r"0x[0-9a-f]{6,}|/tmp/|/home/|/root/|/usr/|[A-Z]:\\", text):
                found.append(
                    f"an address or a path of this machine, {match[0]!r}: {cell.source[:60]}"
                )
    return found


def figures_are_numbered(notebook, path):
    """Below each figure its caption, and in each link its number, as `make notebooks` writes them."""
    own = dict.fromkeys(figures.captions(notebook), "0.0")
    again = copy.deepcopy(notebook)
    figures.write(again, own | NUMBERS)
    return [
        f"run make notebooks: {other.source[:60]!r} would be {one.source[:60]!r}"
        for one, other in itertools.zip_longest(
            again.cells, notebook.cells, fillvalue=new_markdown_cell()
        )
        if one.source != other.source
    ][:1]


def is_done(notebook, path):
    """Of a chapter: time, captions and headings; of what goes deeper: captions."""
    is_chapter = path.parent.name == "chapters"
    if path.parent.name == "solutions":
        return []
    drawn = [
        cell
        for cell, output in outputs(notebook)
        if "image/png" in output.get("data", {})
        or "<svg" in output.get("data", {}).get("text/html", "")
    ]
    found = [
        f"a figure without a caption: {cell.source[:60]}"
        for cell in drawn
        if "figure" not in cell.metadata.get("mystnb", {})
    ]
    titles = [title for _, title in headings(markdown(notebook))]
    found += [
        f"heading {title!r}; say what the reader learns"
        for title in titles
        if title.lower() in OLD_HEADINGS
    ]
    if is_chapter:
        stated, read = chapters.box(path).read, round(minutes(notebook))
        if stated != read or read > LONGEST:
            found.append(f"says {stated} minutes and takes {read}; {LONGEST} are allowed")
    return found


def verdicts(notebook) -> str:
    """All that the cells put out as text: there stands what `check` said."""
    data = [(output.get("text", ""), output.get("data", {})) for _, output in outputs(notebook)]
    return "\n".join(text + data.get("text/plain", "") for text, data in data)


def exercises_are_checked_and_answered(notebook, path):
    """In a chapter: a stub and a check for each exercise, all of those that the package knows; in
    the solutions notebook: for each the answer, which the check calls right."""
    if path.parent.name == "deeper":
        return []
    given = exercises(notebook)
    found = [] if checks(notebook) == set(given) else [f"exercises {given}, other checks"]
    if len(set(given)) != len(given):
        found.append(f"exercise numbers are double: {given}")
    is_chapter = path.parent.name != "solutions"
    said = "no answer yet." if is_chapter else "right."
    for number in given:
        if f"Exercise {number}: {said}" not in verdicts(notebook):
            found.append(f"the check of {number} does not say: {said}")
    if is_chapter:
        if not 3 <= len(given) <= 5:
            found.append(f"{len(given)} exercises; three to five are wanted")
        known = [number for number in numbers() if number.split(".")[0] == str(int(path.name[:2]))]
        if given != known:
            found.append(f"exercises {given}; the package checks {known}")
        answers = path.parent / "solutions" / path.name
        if not answers.is_file():
            found.append(f"no solutions notebook {answers.name}")
        elif exercises(nbformat.read(answers, as_version=4)) != given:
            found.append(f"the solutions notebook does not answer {given}, in this order")
    return found


def terms_are_linked_at_first_use(notebook, path):
    """In chapters; `make notebooks` sets these links."""
    to = {"chapters": "../glossary.md", "deeper": "../../glossary.md"}.get(path.parent.name)
    bare = figures.without_captions(copy.deepcopy(notebook))
    return [f"not linked: {term}" for term in link_terms(bare, to)] if to else []


RULES = [
    executed_in_order,
    no_stderr_no_error,
    short_cells,
    plots_are_one_call,
    no_semicolon_endings,
    ignored_outputs_are_asserted,
    nothing_skipped,
    pictures_have_alt,
    pictures_are_on_a_card,
    plain_markdown,
    headings_in_order,
    links_lead_somewhere,
    begins_with_colab,
    reads_no_file,
    is_small,
    metadata_is_normal,
    outputs_are_the_same_everywhere,
    figures_are_numbered,
    is_done,
    exercises_are_checked_and_answered,
    terms_are_linked_at_first_use,
]


def test_there_are_notebooks():
    assert CHAPTERS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule, path):
    notebook = nbformat.read(path, as_version=4)
    problems = rule(notebook, path)
    assert not problems, "\n".join(problems)


# ---- the rules can fail ----

# As a page of the solutions: it needs no other notebook beside it.
GOOD_PATH = ROOT / "chapters" / "solutions" / "00-good.ipynb"


def picture(color: str) -> str:
    """A PNG, as a notebook stores it."""
    file = io.BytesIO()
    Image.new("RGBA", (2, 2), color).save(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def good():
    """A notebook that breaks no rule."""
    link = colab_cell.colab_link("chapters/solutions/00-good.ipynb")
    alt = "Three bars, the third the highest."
    plot = new_code_cell("il.plots.bars()", execution_count=2)
    data = {"image/png": picture(CARD), "text/plain": alt}
    plot.outputs = [new_output("execute_result", data=data, execution_count=2)]
    plot.metadata = nbformat.from_dict({"mystnb": {"image": {"alt": alt, "classes": "dark-light"}}})
    measured = new_code_cell(
        "print(0.7)", execution_count=3, metadata={"tags": ["nbval-ignore-output"]}
    )
    measured.outputs = [new_output("stream", name="stdout", text="0.7\n")]
    notebook = new_notebook(
        metadata=nbformat.from_dict(METADATA),
        cells=[
            new_markdown_cell(
                f"# Good\n\n[Colab]({link})\n\nA [MAC](../../glossary.md#mac) is $a_{{i}}$."
            ),
            new_code_cell(
                colab_cell.source(), execution_count=1, metadata={"tags": ["hide-input"]}
            ),
            plot,
            new_markdown_cell(
                "## Next\n\n<details><summary>More</summary>`{ref}` is code</details>"
            ),
            measured,
            new_code_cell("assert True", execution_count=4),
        ],
    )
    fold(notebook)
    return notebook


def broken(rule: str):
    """The good notebook, spoilt so that `rule` should complain: (notebook, path)."""
    notebook, path = copy.deepcopy(good()), GOOD_PATH
    _, colab, plot, text, measured, _ = notebook.cells
    match rule:
        case "executed_in_order":
            plot.execution_count = None
        case "no_stderr_no_error":
            measured.outputs[0].name = "stderr"
        case "short_cells":
            measured.source = "x = 1\n" * 26
        case "plots_are_one_call":
            plot.source = "shown = il.plots.bars()\nplt.show()"
        case "no_semicolon_endings":
            measured.source = "print(0.7);"
        case "ignored_outputs_are_asserted":
            notebook.cells.pop()
        case "nothing_skipped":
            measured.metadata.tags = ["nbval-skip"]
        case "pictures_have_alt":
            del plot.metadata["mystnb"]
        case "pictures_are_on_a_card":
            plot.outputs[0].data["image/png"] = picture("#ffffff00")
        case "plain_markdown":
            text.source += "\n\n```{note}\nx\n```"
        case "headings_in_order":
            text.source = "### Too deep"
        case "links_lead_somewhere":
            text.source += "\n\n[x](../../glossary.md#no-such-term)"
        case "begins_with_colab":
            colab.source += "\n"
        case "reads_no_file":
            measured.source = "import numpy as np\nnp.load('x.npy')"
        case "is_small":
            measured.outputs[0].text = "x" * LARGEST
        case "metadata_is_normal":
            del notebook.metadata["language_info"]
        case "figures_are_numbered":
            plot.metadata["mystnb"]["figure"] = {"name": "fig-bars", "caption": "Three bars."}
        case "is_done":
            path = ROOT / "chapters" / "deeper" / "00-good.ipynb"
        case "outputs_are_the_same_everywhere":
            measured.outputs[0].text = "<object at 0x7f3a2b1c0d>"
        case "exercises_are_checked_and_answered":
            path = ROOT / "chapters" / "00-good.ipynb"
        case "terms_are_linked_at_first_use":
            text.source += "\n\nA kernel, and a [kernel](../glossary.md#kernel)."
            path = ROOT / "chapters" / "00-good.ipynb"
        case _:
            raise AssertionError(f"no broken notebook for {rule}")
    return notebook, path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_can_fail(rule):
    assert rule(good(), GOOD_PATH) == []
    assert rule(*broken(rule.__name__))


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        ("shelf = tempfile.TemporaryDirectory()\nil.load(shelf.name)", 0),
        ("shelf = tempfile.TemporaryDirectory()\nnp.load(shelf.name)", 1),
        ("il.load('mine.safetensors')", 1),
    ],
)
def test_some_chapters_read_what_they_wrote_and_that_alone(source, problems):
    notebook = new_notebook(cells=[new_code_cell(source)])
    for name in IN_A_TEMPORARY_FOLDER:
        assert len(reads_no_file(notebook, ROOT / name)) == problems
    assert len(reads_no_file(notebook, GOOD_PATH)) == 1


@pytest.mark.parametrize(
    "words",
    ["{ref}`x`", ":::{note}\nx\n:::", "(label)=", "<div>x</div>", "<img src='x'>"],
)
def test_plain_markdown_sees(words):
    assert plain_markdown(new_notebook(cells=[new_markdown_cell(words)]), GOOD_PATH)


@pytest.mark.parametrize(
    "source",
    [
        "il.plots.bars()\nx = 1",
        "il.plots.a()\nil.plots.b()",
        "plt.plot([1])",
        "plt.show()",
        "il.cost()",
    ],
)
def test_plots_are_one_call_sees(source):
    notebook = good()
    notebook.cells[2].source = source
    assert plots_are_one_call(notebook, GOOD_PATH)


def test_an_alt_text_is_the_text_of_its_picture():
    notebook = good()
    plot = notebook.cells[2]
    plot.outputs[0].data["text/plain"] = "Two bars, the first the highest."
    (said,) = pictures_have_alt(notebook, GOOD_PATH)
    assert "not the output's" in said
    write_alts(notebook)
    assert pictures_have_alt(notebook, GOOD_PATH) == []
    plot.outputs[0].data["text/plain"] = "<Figure size 100x100 with 1 Axes>"
    with pytest.raises(ValueError, match=r"cell 2 .* il\.plots\.Figure\(fig, alt\)"):
        write_alts(notebook)
    plot.outputs *= 2
    with pytest.raises(ValueError, match="cell 2 shows several"):
        write_alts(notebook)


def test_pictures_are_of_known_kinds():
    assert KINDS & set(PICTURES) == {"image/png"}


def test_pictures_are_stored_in_few_colors_and_look_the_same():
    rng = np.random.default_rng(0)
    smooth = np.linspace(0, 255, 120).astype(np.uint8)
    pixels = np.zeros((120, 120, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = smooth, smooth[:, None]
    pixels[..., 2] = rng.integers(0, 12, (120, 120))
    pixels[:10] = tuple(bytes.fromhex(CARD[1:]))
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    before = stream.getvalue()
    output = new_output("display_data", data={"image/png": base64.b64encode(before).decode()})
    notebook = new_notebook(cells=[new_code_cell("plot", outputs=[output])])
    shrink_pictures(notebook)
    after = base64.b64decode(notebook.cells[0].outputs[0].data["image/png"])
    assert len(after) < len(before) / 2
    shown = np.asarray(Image.open(io.BytesIO(after)).convert("RGB")).astype(int)
    assert (shown[:10] == pixels[:10]).all()
    assert np.abs(shown - pixels)[10:].mean() < 8


def test_the_ink_of_text_stays_exact():
    """Also among its own faint edges and the grays of a photograph."""
    rng = np.random.default_rng(0)
    ink = np.array(tuple(bytes.fromhex(GRAY[1:])), np.uint8)
    faint = rng.uniform(0, 1, (200, 200, 1))
    pixels = (ink * faint + 255 * (1 - faint)).astype(np.uint8)
    pixels[100:] = rng.integers(40, 100, (100, 200, 1)) + rng.integers(-3, 4, (100, 200, 3))
    pixels[::7, ::7] = ink
    few = few_colors(Image.fromarray(pixels))
    assert few.mode == "P" and len(few.getpalette()) // 3 <= 256
    assert (np.asarray(few.convert("RGB"))[::7, ::7] == ink).all()


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("Two kernels.", "Two [kernels](../glossary.md#kernel)."),
        ("Feature-map.", "[Feature-map](../glossary.md#feature-map)."),
        ("An Inception block.", "An [Inception block](../glossary.md#inception-block)."),
        ("A `kernel`, $kernel$, [kernel](x.md).", None),
        ("## A kernel", None),
        ("<details><summary>A kernel?</summary>", None),
        ("A [k](../glossary.md#kernel), then kernels.", None),
        ("Blockade", None),
    ],
)
def test_terms_are_linked(text, linked):
    notebook = new_notebook(cells=[new_markdown_cell(text)])
    terms = link_terms(notebook)
    assert notebook.cells[0].source == (linked or text)
    assert bool(terms) == bool(linked)


def test_what_is_no_notebook_of_the_book_stays_as_it_is(tmp_path):
    mine = tmp_path / "01-naive-block.ipynb"
    mine.write_text("{}")
    for path in (mine, ROOT / "README.md", ROOT / "chapters"):
        with pytest.raises(SystemExit, match="is not a notebook of chapters/"):
            main([str(CHAPTERS[0]), str(path)])
    assert mine.read_text() == "{}"


def test_a_broken_notebook_is_named(tmp_path):
    (tmp_path / "01-cut-off.ipynb").write_text('{"cells": [')
    with pytest.raises(ValueError, match=r"01-cut-off\.ipynb is not a notebook: "):
        figures.numbers(tmp_path)
