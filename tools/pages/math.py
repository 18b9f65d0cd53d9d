"""Formulas as MathML, made while the book is built: the reader's browser needs no script to set them.

`_static/math.woff2` is STIX Two Math (SIL Open Font License, `_static/math-font-license.txt`), cut by
fontTools' pyftsubset to the signs that formulas use: a browser without a font for mathematics would
not stretch brackets.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from latex2mathml.commands import MATRICES
from latex2mathml.converter import convert
from sphinx.application import Sphinx

# LaTeX's names for what the converter knows under others
ENVIRONMENTS = {"aligned": "align*", "gathered": "array"}


def mathml(tex: str, *, display: bool) -> str:
    """A formula of LaTeX as MathML.

    Args:
        tex: without the signs around it.
        display: whether it stands on a line of its own.

    Raises:
        ValueError: something that the converter does not know, and would print as it is.
    """
    source = re.sub(
        r"\\\\\[[^\]]*\]", r"\\\\", tex.strip()
    )  # \\[1ex]: rows have a distance of their own
    for name, other in ENVIRONMENTS.items():
        columns = "{c}" if other == "array" else ""
        source = source.replace(rf"\begin{{{name}}}", rf"\begin{{{other}}}{columns}")
        source = source.replace(rf"\end{{{name}}}", rf"\end{{{other}}}")
    made = convert(source, display="block" if display else "inline")
    # 677{,}376 is one number
    comma = r"<mn>([\d,]+)</mn><mrow><mo>&#x0002C;</mo></mrow><mn>(\d{3})</mn>"
    while (joined := re.sub(comma, r"<mn>\1,\2</mn>", made)) != made:
        made = joined
    made = made.replace("<mtable>", '<mtable displaystyle="true">')
    unknown = re.findall(r"<m\w+>(\\[^<]*|&)</m\w+>", made)
    unknown += [
        name for name in re.findall(r"\\begin\{(.*?)\}", source) if f"\\{name}" not in MATRICES
    ]
    if unknown:
        raise ValueError(
            f"the formula {tex!r} has {unknown[0]!r}, which cannot be set: write it otherwise."
        )
    return made.replace("<math ", f'<math alttext="{escape(tex.strip())}" ', 1)


def inline(self, node: nodes.math) -> None:
    """Visitor of a formula in a line."""
    self.body.append(f'<span class="math">{mathml(node.astext(), display=False)}</span>')
    raise nodes.SkipNode


def block(self, node: nodes.math_block) -> None:
    """Visitor of a formula on a line of its own."""
    self.body.append(f'<div class="math">{mathml(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
