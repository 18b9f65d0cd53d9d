"""The book as a whole: nothing stands in it that nothing leads to, and nothing public that nobody uses.

Elsewhere: contents and folder, terms and papers (test_repository.py); each exercise's stub, answer and
checker (test_notebooks.py); links (test_book.py; those that lead away by `make links`).
"""

import ast
import json
import re
from pathlib import Path

import inception_lib as il
from teaching.chapters import all_notebooks
from tools.new import MARK, places
from tools.public import code, described, names, spoken_of

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = all_notebooks()
MARKDOWN = [
    path for path in ROOT.glob("*.md") if path.stem not in ("README", "CONTRIBUTING", "CHANGELOG")
]


def test_nothing_is_still_to_be_written():
    """What `make chapter` and `make network` have left to an author, all of it at once."""
    folders = ("inception_lib", "teaching", "tests", "tools/generated")
    code = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    texts = {path: path.read_text(encoding="utf-8") for path in [*MARKDOWN, *NOTEBOOKS, *code]}
    left = places({path.relative_to(ROOT).as_posix(): text for path, text in texts.items()})
    assert not left, "\n".join([f"{len(left)} places still say {MARK!r}:", *left])


# ---- how many there are ----

# From ten on: "five networks" are those of an experiment, and "chapters 1 to 5" a way to read.
MANY = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|[12]\d)"
THINGS = r"(?:chapters?|networks?|notebooks?|cards|maps of networks)"
HOW_MANY = re.compile(
    rf"\b{MANY}[ -](?:(?:of|the|its|other|more|small|published|whole) ){{0,2}}{THINGS}\b"
    rf"|\b{THINGS} (?:1|one|01)(?: to |[-–]){MANY}\b",
    re.IGNORECASE,
)


def test_no_text_says_how_many_chapters_or_networks_there_are():
    """The next one would make it false, whether a reader finds it in a page, a message or a test."""
    texts = prose() | {
        name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")
    }
    for folder in ("inception_lib", "teaching", "tests", "tools", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            texts[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    found = {file: text[0] for file, words in texts.items() if (text := HOW_MANY.search(words))}
    assert not found, f"count them (list_models(), notebooks()) or say it without: {found}"


def test_how_many_is_seen():
    said = "{} of the {}s are green. Read {}s {} to {}."
    for thing in ("chapter", "network", "notebook"):
        assert HOW_MANY.search(said.format("Twelve", thing, thing, 2, 3))
        assert HOW_MANY.search(said.format(9, thing, thing, 1, 13))
        assert not HOW_MANY.search(said.format("Five", thing, thing, 1, 5))


# ---- labels ----


def labels(text: str) -> set[str]:
    """The targets that a Markdown page defines by name."""
    found = re.findall(
        r"^\(([\w-]+)\)=|^:(?:name|label): *([\w-]+)|\{#([\w-]+)", text, re.MULTILINE
    )
    return {name for names in found for name in names if name}


def referred(text: str) -> set[str]:
    """The targets that a text leads to, by role or by link."""
    roles = re.findall(r"\{(?:ref|numref|eq|doc)\}`(?:[^`<]*<)?([\w-]+)>?`", text)
    return {
        *roles,
        *re.findall(r"\]\([^)\s]*?#([\w-]+)\)", text),
        *re.findall(r'href="[^"]*#([\w-]+)"', text),
    }


def prose() -> dict[str, str]:
    """Every page's text; of notebooks their Markdown. A figure has a name for its number's sake."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in MARKDOWN}
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        said = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        texts[path.relative_to(ROOT).as_posix()] = "\n\n".join(said)
    return texts


def test_each_label_is_referred_to():
    texts = prose()
    used = set().union(*map(referred, texts.values()))
    for page, text in texts.items():
        assert labels(text) <= used, f"{page}: nothing leads to {sorted(labels(text) - used)}"


def test_labels_are_found():
    assert labels("(a-b)=\n# A\n\n:name: fig\n\n## B {#c}") == {"a-b", "fig", "c"}
    assert referred("{ref}`a-b` {numref}`the <fig>` [c](x.md#c)") == {"a-b", "fig", "c"}


# ---- exercises ----


def test_each_exercise_has_tests():
    for chapter in (ROOT / "inception_lib" / "exercises").glob("chapter*.py"):
        tests = f"tests/test_exercises_{chapter.name}"
        assert (ROOT / tests).is_file(), f"{tests} is missing"


# ---- public names ----

# Public, and in no chapter, answer or page. Each says why it is kept.
KEPT = {
    "AdaptiveAvgPool": "how a head pools, for a reader's own network",
    "cifar10": "needs a download, which a chapter may not",
    "imagenette": "needs a download, which a chapter may not",
    "DownloadError": "raised by these two",
    "occlusion": "needs captum, which Colab lacks",
    "plots.where_it_looks": "draws what grad_cam and occlusion give",
    "first_filters": "for a reader's own trained network",
    "plots.filters": "draws what first_filters gives",
    "plots.Figure": "what every figure is, and what a reader's own becomes",
    "plots.history": "draws what `fit` returns: `History.plot`",
    "init_weights": "for a reader's own module: first weights as create_model draws them",
    "widened": "for a reader's own network: what create_model has as width",
    "Watch": "for a reader's own look inside a model",
    "seed_everything": "for a reader's own training",
    "train_plan": "what the command line of training calls, for a reader's own code",
}


def used() -> set[str]:
    """The public names that chapters, answers and pages use, and what these return."""
    found = set()
    for path in NOTEBOOKS:
        found |= set().union(*map(spoken_of, code(path)))
    for path in [*MARKDOWN, *(ROOT / "tools" / "generated").glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        found |= {name for name in names() if re.search(rf"\bil\.{re.escape(name)}\b", text)}
    return with_returned(found)


def with_returned(found: set[str]) -> set[str]:
    """Public names, and those that these return, hold or raise, as their docstrings say."""
    said = []
    for name in found:
        item = described(name)
        said.append(str(getattr(item, "returns", "")))
        text = item.docstring.value if item.docstring else ""
        said += re.findall(
            r"^(?:Returns|Raises|Attributes):\n((?:[ ]+.*\n?|\n)+)", text, re.MULTILINE
        )
    text = " ".join(said)
    return found | {name for name in il.__all__ if re.search(rf"\b{name}\b", text)}


def public() -> set[str]:
    return set(il.__all__) - set(il._MODULES) | {f"plots.{name}" for name in il.plots.__all__}


def test_each_public_name_is_used():
    unused = public() - used()
    assert unused - set(KEPT) == set(), "public, and no chapter or page uses it"
    assert set(KEPT) - unused == set(), "used, or gone: no reason to keep it is needed"


def said_in_tests() -> set[str]:
    """The words of every test file that are names in its code, not in its texts."""
    found = set()
    for path in (ROOT / "tests").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.alias):
                found.add(node.name)
    return found


def test_each_public_name_is_tested():
    said = said_in_tests()
    tested = with_returned({name for name in public() if name.split(".")[-1] in said})
    assert public() - tested == set()
