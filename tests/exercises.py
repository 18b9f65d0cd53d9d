"""What the tests of exercises share."""

from inception_lib.exercises import check


def says(number: str, answer: object) -> str:
    """What the checker of an exercise says about an answer that is not right."""
    verdict = check(number, answer)
    assert not verdict
    return verdict.says
