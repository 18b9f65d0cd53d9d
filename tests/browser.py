"""The browser for the tests: Chromium on the book, served over a loopback address.

conftest.py hands these fixtures to every test file.
"""

import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SCREEN = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser(pages, missing):
    """Chromium or Chrome from the path, or the one that Playwright has downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        if not found and not Path(playwright.chromium.executable_path).exists():
            missing("no Chromium: install it, or run `.venv/bin/playwright install chromium`")
        try:
            browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        except Error as error:
            missing(f"Chromium does not start: {error}")
        yield browser
        browser.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def site(pages):
    """The address of the book on this machine."""
    handler = functools.partial(Quiet, directory=str(pages))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser):
    """visit(address) opens a page; what goes wrong on it is collected in page.problems."""
    contexts = []

    def open_page(address, theme="light", size=SCREEN):
        context = browser.new_context(viewport=size, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        home = address.split("/_build/")[0] if address.startswith("file:") else address[:17]
        page.problems = []
        page.on("console", lambda m: m.type in ("error", "warning") and note(f"console: {m.text}"))
        page.on("pageerror", lambda error: note(f"script: {error}"))
        page.on("requestfailed", lambda request: note(f"failed: {request.url}"))
        page.on("response", lambda r: r.status >= 400 and note(f"{r.status}: {r.url}"))

        def leaves(request):
            if not request.url.startswith((home, "data:", "blob:")):
                note(f"leaves the site: {request.url}")

        page.on("request", leaves)
        note = page.problems.append
        page.goto(address, wait_until="load")
        page.wait_for_function(TYPESET)
        page.evaluate(STILL)
        return page

    yield open_page
    for context in contexts:
        context.close()


# Either the page has no math, or MathJax is done with it.
TYPESET = """() => !document.querySelector('span.math, div.math')
    || document.querySelector('mjx-container')"""
# The theme fades colours in; half-way they have less contrast than they will have.
STILL = "() => Promise.allSettled(document.getAnimations().map(move => move.finished))"
