"""What the tests of exercises share: a table of answers for each exercise."""

import numpy as np
import pytest
import torch

from inception_lib.exercises import check


def says(number: str, answer: object) -> str:
    """What the checker of an exercise says about an answer that is not right."""
    verdict = check(number, answer)
    assert not verdict
    return verdict.says


def answers(number: str, right: list, wrong: list[tuple[object, str]]):
    """A test of one exercise: right answers, and wrong ones with a part of what each is told.

    A right answer that is one whole number is tried as a float, a tensor and NumPy's, too.
    """
    kinds = (float, torch.tensor, np.int64)
    right = [*right, *(kind(n) for n in right if type(n) is int for kind in kinds)]

    @pytest.mark.parametrize(("answer", "told"), [*((a, "right.") for a in right), *wrong])
    def test(answer, told):
        verdict = check(number, answer)
        assert verdict.right == (told == "right."), verdict
        assert told in verdict.says, verdict

    return test
