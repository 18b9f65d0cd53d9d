"""Chromium, driven by Playwright: for the tests, for `make pdf` and for the social card.

The one on the path, or the one that Playwright has downloaded.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

# The first has no windows and needs less than half of the processor time of the others.
NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class NoChromium(RuntimeError):
    """There is none, or it does not start; the message says which."""


@contextmanager
def launched(**environment: str | float | bool) -> Iterator[Browser]:
    """A running Chromium, closed at the end.

    Args:
        environment: variables that it gets besides those of this process.

    Raises:
        NoChromium: none is found, or the one that is found does not start.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        if not found and not Path(playwright.chromium.executable_path).exists():
            raise NoChromium(
                "no Chromium: install it, or run `.venv/bin/playwright install chromium`"
            )
        try:
            browser = playwright.chromium.launch(
                executable_path=found, args=FLAGS, env={**os.environ, **environment}
            )
        except Error as error:
            raise NoChromium(f"Chromium does not start: {error}") from error
        yield browser
        browser.close()
