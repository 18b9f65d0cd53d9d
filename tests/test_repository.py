"""What stands outside the chapters: one address everywhere, exact pins, a table of contents that
names every page, a glossary whose terms can be linked."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

from teaching.chapters import all_notebooks
from tools import colab_cell, repository

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = "you/inception-book"  # how README.md shows the command


def texts(root: Path) -> dict[str, str]:
    """{file: its text}, of every file in which the repository's address may stand."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in repository.places(root)
        if path.exists()
    }


def current() -> str:
    return colab_cell.repository()[0].removeprefix("https://github.com/")


def test_address_is_the_same_everywhere():
    slug = current()
    owner_of_this = re.compile(
        rf"github(?:\.com)?/([\w.-]+/{re.escape(slug.split('/')[1])})(?![\w-])"
    )
    for name, text in texts(ROOT).items():
        assert set(owner_of_this.findall(text)) - {EXAMPLE} <= {slug}, name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    url = f"https://github.com/{slug}"
    assert project["urls"]["Repository"] == url
    assert citation["repository-code"] == url
    assert config["repository"]["url"] == url
    assert colab_cell.colab_link("chapters/01-naive-block.ipynb") in (ROOT / "README.md").read_text(
        encoding="utf-8"
    )
    for path in all_notebooks():
        assert current() in nbformat.read(path, as_version=4).cells[0].source


def test_address_stands_nowhere_else(missing):
    """A file that `make repository` does not know would keep the old address."""
    known = {path.relative_to(ROOT).as_posix() for path in repository.places(ROOT)}
    owner = current().split("/")[0] + "/"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
    )
    if listed.returncode:
        missing("not a git checkout")
    for name in listed.stdout.decode().strip("\0").split("\0"):
        path = ROOT / name
        if name in known or name.startswith("tests/") or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        assert owner not in text, f"{name} holds the repository's address"


def test_address_can_be_changed(tmp_path):
    for path in repository.places(ROOT):
        if path.exists():
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    before = texts(tmp_path)
    changed = repository.change(tmp_path, "https://github.com/some-one/inception-copy.git")
    assert {path.relative_to(tmp_path).as_posix() for path in changed} >= {
        "_config.yml",
        "pyproject.toml",
        "CITATION.cff",
        "README.md",
    }
    for name, text in texts(tmp_path).items():
        assert current() not in text, name
        assert ("some-one/inception-copy" in text) == (current() in before[name]), name
    assert repository.change(tmp_path, "https://github.com/some-one/inception-copy") == []


def test_the_site_moves_along(tmp_path):
    """The published address follows from the repository's: GitHub Pages' form."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    for url, site in (
        (
            "https://github.com/Some-One/inception-copy",
            "https://some-one.github.io/inception-copy/",
        ),
        ("https://github.com/some-one/some-one.github.io", "https://some-one.github.io/"),
    ):
        repository.change(tmp_path, url)
        assert repository.site((tmp_path / "_config.yml").read_text(encoding="utf-8")) == site


@pytest.mark.parametrize("url", ["inception-book", "https://example.org/a/b", "git@github.com:a/b"])
def test_address_must_be_on_github(url, tmp_path):
    shutil.copy(ROOT / "_config.yml", tmp_path)
    with pytest.raises(SystemExit, match=r"expected https://github\.com/owner/name"):
        repository.change(tmp_path, url)


# ---- requirements ----


def requirements(name: str) -> list[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines) if line]


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-book.txt", "requirements-seconds.txt"]
)
def test_requirements_are_exact(name):
    extra = (
        {"-r requirements-book.txt", "-e .[book,pretrained,attribution,training]"}
        if name == "requirements.txt"
        else set()
    )
    lines = requirements(name)
    assert extra <= set(lines)
    for line in set(lines) - extra:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.]+", line), line


def test_book_needs_no_torch():
    names = {line.split("==")[0] for line in requirements("requirements-book.txt")}
    assert not names & {"torch", "torchvision", "numpy", "matplotlib"}


def test_the_hooks_run_the_pinned_ruff():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    rev = next(hook["rev"] for hook in hooks if hook["repo"].endswith("/ruff-pre-commit"))
    assert f"ruff=={rev.removeprefix('v')}" in requirements("requirements.txt")


def test_environment_is_the_pinned_one():
    """What the tests run with is what the two files name."""
    from importlib.metadata import version

    for name in ("requirements.txt", "requirements-book.txt"):
        for line in requirements(name):
            if "==" in line:
                package, pinned = line.split("==")
                assert version(package).split("+")[0] == pinned, line


def test_package_has_ranges():
    """It needs nothing; what its extras need is a range, and requirements.txt pins one of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"] == []
    pins = dict(line.split("==") for line in requirements("requirements.txt") if "==" in line)
    ranges = {line for lines in project["optional-dependencies"].values() for line in lines}
    for need in map(Requirement, ranges - {"inception-lib[torch]"}):
        assert re.fullmatch(r">=[\w.]+", str(need.specifier)), f"{need}: Colab has its own versions"
        assert need.name in pins, f"requirements.txt does not pin {need.name}"
        assert need.specifier.contains(pins[need.name]), f"{need}, and the pin is another"


# ---- pages ----


def toc_files() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [page for part in toc["parts"] for page in part["chapters"]]
    pages = [nested for page in chapters for nested in (page, *page.get("sections", []))]
    return [toc["root"], *(page["file"] for page in pages)]


def test_toc_names_every_page():
    pages = toc_files()
    assert len(pages) == len(set(pages))
    notebooks = {p.relative_to(ROOT).with_suffix("").as_posix() for p in all_notebooks()}
    assert {page for page in pages if page.startswith("chapters/")} == notebooks
    markdown = {path.stem for path in ROOT.glob("*.md")} - {"README", "CONTRIBUTING", "CHANGELOG"}
    assert {page for page in pages if "/" not in page} == markdown


def test_chapters_are_numbered_in_order():
    names = [Path(page).name for page in toc_files() if re.match(r"chapters/\d", page)]
    assert [int(name[:2]) for name in names] == list(range(1, len(names) + 1))


def test_each_chapter_has_answers():
    pages = toc_files()
    chapters = [page for page in pages if re.match(r"chapters/\d", page)]
    answers = [page for page in pages if page.startswith("chapters/solutions/")]
    assert answers == [page.replace("chapters/", "chapters/solutions/") for page in chapters]


# ---- glossary and bibliography ----

TERMS = """activation, auxiliary-head, batch-normalization, bias, block, branch, channel,
concatenation, convolution, feature-map, flop, global-average-pooling, grid, inception-block,
kernel, local-response-normalization, mac, padding, parameter, pooling, rank, receptive-field,
reduction, relu, stage, stride, weight""".replace("\n", " ").split(", ")


def test_glossary():
    """Each term is a heading in plain ASCII, so that its anchor is the same on GitHub and in the
    book; in alphabetical order; with the Chinese term."""
    text = (ROOT / "glossary.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == sorted(headings, key=str.lower)
    assert all(re.fullmatch(r"[A-Za-z0-9 -]+", heading) for heading in headings)
    assert {heading.lower().replace(" ", "-") for heading in headings} >= set(TERMS)
    for part in text.split("\n## ")[1:]:
        assert re.match(r"[^\n]+\n\n中文：[^.\n]+\. \S", part), part[:60]


def test_glossary_leads_to_the_chapters():
    """Each entry ends in links to the headings under which the term is used, and they are there."""
    parts = (ROOT / "glossary.md").read_text(encoding="utf-8").split("\n## ")[1:]
    for part in parts:
        links = re.findall(r"\[([^\]]+)\]\((chapters/[\w/-]+\.ipynb)#([\w-]+)\)", part)
        assert links, part[:60]
        for words, page, anchor in links:
            cells = nbformat.read(ROOT / page, as_version=4).cells
            text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
            found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
            heading = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-"): h for h in found}
            assert anchor in heading, f"{part.split()[0]}: {page} has no heading #{anchor}"
            assert heading[anchor].replace("*", "") == words, part[:60]


def test_bibliography_cites_every_reference():
    keys = re.findall(r"^@\w+\{(\w+),", (ROOT / "references.bib").read_text(), re.MULTILINE)
    cited = re.findall(r"\{cite:t\}`(\w+)`", (ROOT / "bibliography.md").read_text())
    assert len(set(keys)) == len(keys)
    assert sorted(cited) == sorted(keys)
    for number in ("1409.4842", "1312.4400", "1502.03167", "1512.00567", "1602.07261"):
        assert f"eprint    = {{{number}}}" in (ROOT / "references.bib").read_text()


def prose() -> str:
    """Everything that readers read: chapters, answers, pages."""
    notebooks = all_notebooks()
    pages = [
        path
        for path in ROOT.glob("*.md")
        if path.stem not in ("README", "CONTRIBUTING", "CHANGELOG")
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in [*notebooks, *pages])


def test_every_term_and_every_paper_is_used():
    """No entry that nothing links to."""
    text = prose()
    for page in ("glossary", "bibliography"):
        entries = (ROOT / f"{page}.md").read_text(encoding="utf-8")
        for title in re.findall(r"^## (.+)$", entries, re.MULTILINE):
            anchor = title.lower().replace(" ", "-")
            if title != "All references":
                assert re.search(rf"#{re.escape(anchor)}\b", text), f"{page}: {title}"


# ---- workflows ----

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize(
    "command",
    [
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
        ("zizmor", "--offline", "-q"),
    ],
    ids=lambda command: command[0],
)
def test_workflows_are_valid_and_safe(command):
    tool = Path(sys.executable).parent / command[0]
    run = subprocess.run([tool, *command[1:], *WORKFLOWS], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_workflows_use_the_readmes_commands():
    """What runs there is what runs here; the targets are there."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    said = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    used = set(re.findall(r"make ([a-z-]+)", said))
    assert used >= {"book", "test", "test-all", "test-colab"}
    assert {name for name in used if not re.search(rf"^{name}:", makefile, re.M)} == set()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["grade"], "There is no folder ''. Name the one with the notebooks"),
        (["grade", "FOLDER=nowhere"], "There is no folder 'nowhere'"),
        (["grade", "FOLDER=Makefile"], "There is no folder 'Makefile'"),
        (["grade", 'FOLDER=a "b" $(c) #d'], "There is no folder 'a \"b\" $(c) #d'"),
        (["notebooks", "N=wrong"], "There is no notebook 'wrong'. Name one, such as"),
        (["notebooks", "N=chapters"], "There is no notebook 'chapters'"),
        (["notebooks", "N=作业 1.ipynb"], "There is no notebook '作业 1.ipynb'"),
    ],
)
def test_make_says_what_is_not_there(command, says):
    """At once, before it installs anything."""
    quiet = ["make", "--no-print-directory"]  # which this test may be run by
    run = subprocess.run([*quiet, *command], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode and says in " ".join(run.stderr.split()) and not run.stdout


def test_make_and_the_tests_see_the_same_notebooks(tmp_path):
    """Neither the copies that JupyterLab keeps, nor a name with spaces, which make reads as several."""
    folder = tmp_path / "chapters" / ".ipynb_checkpoints"
    folder.mkdir(parents=True)
    for path in (folder / "01-a-checkpoint.ipynb", folder.parent / "01-a.ipynb"):
        path.touch()
    assert [path.name for path in all_notebooks(tmp_path)] == ["01-a.ipynb"]
    (folder.parent / "01-a copy.ipynb").touch()
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "inception_lib").mkdir()
    (tmp_path / "show.mk").write_text("show:; @echo $(NOTEBOOKS)\n")
    show = ["make", "--no-print-directory", "-f", "Makefile", "-f", "show.mk", "show"]
    run = subprocess.run(show, cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout.split() == ["chapters/01-a.ipynb"]


def test_clean_spares_what_took_hours_or_was_changed():
    """Weights, handouts and papers go with `make distclean` alone."""

    def removed(target):
        run = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        return set(re.findall(r"(?<= )[._]\w[\w*.-]*", run.stdout))

    hours = {"_weights", "_handouts*", "_papers*"}
    assert removed("clean") & hours == set() and removed("distclean") >= hours
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split("# made by editors")[0]
    ours = {line.strip("/") for line in ignored.splitlines() if line.startswith(("_", ".venv"))}
    assert ours - hours <= removed("clean")


def test_links_are_followed_on_pages_that_are_written_first():
    run = subprocess.run(["make", "-n", "links"], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.index("tools.generated") < run.stdout.index("--builder linkcheck")
