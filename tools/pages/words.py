"""Below each picture, its description, to unfold: a text twin.

Every picture already has a description, which screen readers read. This shows the same text to people who
see the picture badly or want to quote it.
"""

import re
from html import escape, unescape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

SHORT = 60  # characters; a shorter description says no more than the text beside the picture
NAME = 60  # characters of a description that tell one summary of a page from another

# A drawing whose words are on the page already points to them with aria-describedby.
DRAWING = re.compile(r"<svg\b(?![^>]*aria-(?:describedby|hidden))[^>]*\saria-label=\"([^\"]*)\"")


def beginning(text: str) -> str:
    """The first words of a description, whole ones."""
    return text if len(text) <= NAME else text[: NAME + 1].rsplit(" ", 1)[0] + " …"


def twin(texts: list[str], name: str) -> str:
    """The HTML of one twin.

    Args:
        texts: a description of each picture. name: what tells it from others on the page.
    """
    said = "".join(f"<p>{escape(text, quote=False)}</p>" for text in texts)
    hidden = f'<span class="il-unseen">: {escape(name, quote=False)}</span>'
    return f'<details class="il-words"><summary>In words{hidden}</summary>{said}</details>'


class Words(SphinxPostTransform):
    """Add a twin after each picture and each drawing of a page."""

    default_priority = 900  # after myst-nb, which chooses what part of an output is shown

    def run(self, **options: object) -> None:
        used: dict[str, int] = {}
        for node in list(self.document.findall(self.shows_pictures)):
            if isinstance(node, nodes.image):
                texts = [node.get("alt", "")]
            else:
                texts = [unescape(text) for text in DRAWING.findall(node.astext())]
            texts = [text for text in texts if len(text) > SHORT]
            if not texts:
                continue
            name = beginning(texts[0])
            used[name] = used.get(name, 0) + 1
            if used[name] > 1:
                name += f" ({used[name]})"
            node.parent.insert(
                node.parent.index(node) + 1, nodes.raw("", twin(texts, name), format="html")
            )

    @staticmethod
    def shows_pictures(node: nodes.Node) -> bool:
        html = isinstance(node, nodes.raw) and "html" in node.get("format", "")
        return isinstance(node, nodes.image) or (html and "<svg" in node.astext())


def setup(app: Sphinx) -> None:
    app.add_post_transform(Words)
