"""What happens to pages while they are built: formulas are set, styles and scripts joined."""

import re

import pytest
import tinycss2

from tools.pages.joined import pruned, styles
from tools.pages.math import mathml

CSS = """@charset "utf-8";
.a .b>p, .gone, p.a:not(.gone) { color: red; /* why */
  margin: 0 calc(1px + 2px) }
.gone:hover { x: y }
@media (max-width: 3px) { .gone { a: b } .b { c: d } }
@media print { .gone { a: b } }
@font-face { font-family: "Font Awesome 6"; src: url(x) }
@keyframes k { from { a: b } to { c: d } }"""


def test_rules_that_can_match_nothing_go():
    """Those outside of brackets: `:not(.gone)` matches where there is no such class."""
    rules = pruned(tinycss2.parse_stylesheet(CSS, True, True), frozenset("ab"))
    plain = re.sub(r"\s*([{};:,])\s*", r"\1", rules)
    assert (
        plain.split("@media")[0]
        == '@charset "utf-8";.a .b>p,p.a:not(.gone){color:red;margin:0 calc(1px + 2px)}'
    )
    assert "@media (max-width:3px){.b{c:d}}" in plain and "@keyframes" in plain
    assert not re.search(r"print|Awesome|why|hover", plain)


def test_styles_find_what_they_name_from_their_new_place(tmp_path):
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    (tmp_path / "basic.css").write_text("p { a: url(file.png) }")
    top = folder / "top.css"
    top.write_text("@import '../../basic.css';\np { b: url(\"../f.woff2?x\") url(data:x) url(#y) }")
    made = styles([top], tmp_path, frozenset())
    assert re.findall(r"url\(([^)]*)\)", made) == ["file.png", '"deep/f.woff2?x"', "data:x", "#y"]
    assert "@import" not in made


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"1{,}234{,}567", ["1,234,567"]),
        (
            r"\begin{aligned} a &= 1 \\[1ex] b &= 2 \end{aligned}",
            ["a", "", "=", "1", "b", "", "=", "2"],
        ),
        (r"\begin{gathered} a, \\ b \end{gathered}", ["a", ",", "b"]),
        (r"\operatorname{ReLU}\big( x \big)", ["ReLU", "(", "x", ")"]),
    ],
)
def test_formulas(tex, shown):
    made = mathml(tex, display=True)
    found = re.findall(r"<m[ion][^>]*?(?:/>|>(.*?)</m[ion]>)", made)
    named = {"&#x0003D;": "=", "&#x0002C;": ",", "&#x00028;": "(", "&#x00029;": ")"}
    assert [named.get(sign, sign) for sign in found] == shown
    assert 'display="block"' in made and 'alttext="' in made


@pytest.mark.parametrize("tex", [r"\foo x", r"a & b", r"\begin{foo} x \end{foo}"])
def test_what_cannot_be_set_is_refused(tex):
    with pytest.raises(ValueError, match=r"which cannot be set: write it otherwise"):
        mathml(tex, display=False)
