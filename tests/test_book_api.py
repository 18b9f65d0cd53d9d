"""The pages on the package: an entry for each public name, and the code of the pages leads there."""

import ast
import re
from collections import Counter

import pytest

import inception_lib as il
from tests.test_book import HTML, PAGES, article, ids, soup, target
from tools import colab_cell
from tools.generated import api
from tools.public import ROOT, described, names, spoken_of

pytestmark = pytest.mark.usefixtures("pages")
CODE = "div.highlight-ipython3 pre, div.highlight-python pre"
HIGHLIGHTED = re.compile(r'<div class="highlight-(ipython3|python)')
WITH_CODE = [name for name in PAGES if HIGHLIGHTED.search((HTML / name).read_text("utf-8"))]
every_name = pytest.mark.parametrize("name", names())


def test_names_are_the_packages():
    public = set(il.__all__) - set(il._MODULES) | {f"plots.{name}" for name in il.plots.__all__}
    assert set(names()) == public


def entry(name: str):
    """The entry of a public name on its page."""
    page, anchor = api.address(name).split("#")
    (term,) = soup(page.replace(".md", ".html")).find_all(id=anchor)
    return term.find_parent("dl")


@every_name
def test_a_name_has_an_entry(name):
    """With its parameters, its docstring to the last word, its source and its chapters."""
    words = set(re.findall(r"\w+", entry(name).get_text()))
    item = described(name)
    assert {parameter.name for parameter in getattr(item, "parameters", ())} - {"self"} <= words
    said = re.sub(r"^\s*(Args|Source|Returns|Raises):", "", item.docstring.value, flags=re.M)
    assert set(re.findall(r"\w+", said)) <= words, "a part of its docstring is lost"
    links = [tag["href"] for tag in entry(name).find_all("a", href=True)]
    url, branch = colab_cell.repository()
    (source,) = [link for link in links if link.startswith(f"{url}/blob/{branch}/inception_lib/")]
    file, first, last = re.fullmatch(r".*/(inception_lib/.*)#L(\d+)-L(\d+)", source).groups()
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()[int(first) - 1 : int(last)]
    assert any(name.split(".")[-1] in line for line in lines)
    using = {re.sub(r"\.html.*", "", link) for link in links if link.startswith("chapters/")}
    for chapter in sorted((ROOT / "chapters").glob("*.ipynb")):
        has = f"chapters/{chapter.stem}" in using
        short = name.split(".")[-1]
        assert not has or re.search(rf"\b{short}\b", chapter.read_text(encoding="utf-8"))


def test_sources_are_named_and_linked():
    """A "Source:" of several lines keeps its first; numbers of 2014 have four digits."""
    for name in ("preprocessing", "steps", "naive_block"):
        assert "Source:" in entry(name).get_text()
    links = [tag["href"] for tag in entry("naive_block").find_all("a", href=True)]
    assert "bibliography.html#going-deeper-2014" in links
    assert api.papers()["1409.1556"].endswith("#vgg-2014")


def test_every_network_is_named():
    """Other entries ask for a name of `list_models()`: its own entry has them all."""
    rows = [row.find_all("td") for row in entry("list_models").select("tbody tr")]
    told = {cells[0].get_text(): cells[1].get_text() for cells in rows}
    known = il.list_models() + il.list_models(mini=True)
    assert told == {name: il.architecture(name).title for name in known}
    assert all(cells[2].get_text() for cells in rows)


def test_the_overview_leads_to_every_entry():
    links = {tag["href"] for tag in article("api.html").select("table a")}
    assert {api.address(name).replace(".md", ".html") for name in names()} <= links


def test_the_index_has_every_name():
    text = (HTML / "objects.inv").read_bytes()
    assert text.startswith(b"# Sphinx inventory version 2")
    index = soup("genindex.html").get_text()
    for name in names():
        assert name.split(".")[-1] in index


def written(code: str) -> Counter:
    """How often a piece of code says each public name behind `il.`."""
    found = Counter()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and re.fullmatch(r"il\.[\w.]+", ast.unparse(node)):
            name = ast.unparse(node).removeprefix("il.")
            found.update([name] if name in names() else [])
    return found


@pytest.mark.parametrize("name", WITH_CODE)
def test_names_in_code_are_links(name):
    """Each `il.name` leads to its entry, and nothing else in the code is a link."""
    for block in article(name).select(CODE):
        linked = Counter()
        for tag in block.find_all("a"):
            page, anchor = target(name, tag["href"])
            if tag.get_text() == "inception_lib":
                assert page == HTML / "api.html"
                continue
            said = tag.get_text().removeprefix("il.")
            assert anchor == f"inception_lib.{said}"
            assert anchor in ids(page.relative_to(HTML).as_posix())
            linked[said] += 1
        assert linked == written(block.get_text())


def test_most_chapters_have_such_links():
    chapters = [name for name in WITH_CODE if name.startswith("chapters/")]
    assert len(chapters) >= 22
    assert all(article(name).select("a.il-name") for name in chapters)


def test_code_is_read_as_python():
    assert spoken_of("il.cost(x).params\nil.plots.heat(y)\nz.fit()") == {"cost", "plots.heat"}
    assert spoken_of("from inception_lib import RMSProp, leaves") == {"RMSProp", "leaves"}
    assert spoken_of("from inception_lib.spec import Conv") == {"Conv"}
    assert spoken_of("from elsewhere import Conv") == set()
