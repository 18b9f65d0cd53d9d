"""Which networks the tests that run every network through take for each change."""

import pytest

# Between them they have every node of the vocabulary, and every padding.
COVER = ("googlenet_2014", "inception_v3", "inception_resnet_v1")


def covered(names, cover=COVER) -> list:
    """Parameters of a test: these names, and all but those of `cover` wait for `make test-all`."""
    return [pytest.param(n, marks=[] if n in cover else pytest.mark.nightly) for n in names]
