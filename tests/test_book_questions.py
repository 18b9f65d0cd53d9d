"""Each chapter asks a question or two whose answer unfolds, in the pages and in Colab alike."""

import re
from pathlib import Path

import nbformat
import pytest

CHAPTERS = sorted((Path(__file__).parent.parent / "chapters").glob("*.ipynb"))
QUESTION = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.DOTALL)


def asked(path):
    """(question, answer, whether it stands in the exercises) of each unfolding question."""
    found, section = [], ""
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "markdown":
            if heading := re.findall(r"^## (.*)", cell.source, re.MULTILINE):
                section = heading[-1]
            found += [(*pair, section == "Exercises") for pair in QUESTION.findall(cell.source)]
    return found


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_asks_where_it_has_just_been_learned(path):
    questions = asked(path)
    early = [question for question, _, late in questions if not late]
    assert early, f"{path.name} asks no unfolding question (<details>) outside its exercises"
    for question, answer, _ in questions:
        # the summary's line is HTML to both readers of it: Markdown in it would show as typed
        assert not re.search(r"[`$*\[\]_]", question), question
        assert answer.startswith("\n\n") and answer.endswith("\n\n"), question
        assert len(answer.split()) > 15, question
