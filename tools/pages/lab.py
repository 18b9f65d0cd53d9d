"""The cost lab in the chapters whose block it begins with: folded, at the end of "Counted"."""

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
    counted = [part for part in doctree.findall(nodes.section) if "counted" in part["ids"]]
    if not counted:
        raise ValueError(f"{app.env.docname} has no section “Counted” to put the cost lab into")
    folded = f"""<details class="il-lab-fold">
<summary>Cost lab: change a width of this block, and see what it costs</summary>
{lab.lab(start, page="../lab.html")}
</details>"""
    counted[0].append(nodes.raw("", folded, format="html"))


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", put)
