"""What several test files share."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import browser, site, stay, visit  # noqa: F401  fixtures for every test file

# Most layers here are small: two threads would wait for each other, and sums depend on how many add.
os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What needs a browser is slow, and comes first, so that nothing long is left for one process at the end.

    One process reads the built pages, and one builds the wheel: each is done once.
    """
    for item in items:
        needs = getattr(item, "fixturenames", ())
        group = item.cls.__name__ if item.cls else item.module.__name__
        if "browser" in needs:
            item.add_marker("slow")
        else:
            group = next((name for name in ("pages", "built") if name in needs), group)
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: "browser" not in getattr(item, "fixturenames", ()))


def pytest_collection_finish(session):
    """What was imported stays: no search for garbage need walk through it again and again."""
    grouped = all("@" in item.nodeid for item in session.items)
    assert grouped or not getattr(session.config.option, "loadgroup", False), (
        "pytest-xdist ignores the groups: it writes them into the names of tests, and this pytest forgets them"
    )
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def pages(root) -> Path:
    """The folder of the built book."""
    folder = root / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.fail("the book is not built: run `make book` first")
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A folder with the package's source archive, and the wheel that was built from that."""
    folder = tmp_path_factory.mktemp("built")
    # --no-isolation: the builder, hatchling, is in requirements.txt, so no network is needed
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="session")
def missing():
    """Call it with a reason where a test needs something that is not here.

    It skips; with INCEPTION_BOOK_NO_SKIP set, as .ci/run does, it fails.
    """

    def skip_or_fail(reason: str) -> None:
        if os.environ.get("INCEPTION_BOOK_NO_SKIP"):
            pytest.fail(f"{reason} (INCEPTION_BOOK_NO_SKIP is set, so this is a failure)")
        pytest.skip(reason)

    return skip_or_fail
