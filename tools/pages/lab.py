"""The cost lab in the chapters whose block it begins with: folded, below the cell tagged `cost-lab`."""

from docutils import nodes
from sphinx.application import Sphinx

from tools.generated import lab

# In which chapter the lab begins with what. Chapter 1 counts its block with biases.
STARTS = {
    "chapters/01-naive-block": lab.preset("naive_googlenet.3a") | {"norm": "bias"},
    "chapters/02-one-by-one": lab.preset("googlenet.3a"),
    "chapters/05-factorization": lab.preset("inception_v3.B1"),
    "chapters/08-inception-resnet": lab.preset("inception_resnet_v2.A1"),
}


def put(app: Sphinx, doctree: nodes.document) -> None:
    """Handler of `doctree-read`."""
    start = STARTS.get(app.env.docname)
    if start is None:
        return
    tagged = [n for n in doctree.findall(nodes.container) if "tag_cost-lab" in n["classes"]]
    if len(tagged) != 1:
        raise ValueError(
            f"{app.env.docname}: {len(tagged)} code cells have the tag cost-lab; one is wanted,"
            " below which the cost lab is put"
        )
    folded = f"""<details class="il-lab-fold">
<summary>Cost lab: change a width of this block, and see what it costs</summary>
{lab.lab(start, page="../lab.html")}
</details>"""
    cell = tagged[0]
    cell.parent.insert(cell.parent.index(cell) + 1, nodes.raw("", folded, format="html"))


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", put)
