"""The browser for the tests: Chromium on the book, served over a loopback address.

conftest.py hands these fixtures to every test file.
"""

import functools
import http.server
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe

from tools import chromium
from tools.chromium import TYPESET

SCREEN = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser(pages, missing):
    """Chromium or Chrome; without one the tests are skipped."""
    try:
        with chromium.launched() as browser:
            yield browser
    except chromium.NoChromium as error:
        missing(str(error))


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


# The theme fades colours in; half-way they have less contrast than they will have.
# Chromium at times never settles a fade that another replaced, so nobody waits for more than 3 s.
STILL = """() => Promise.race([
    Promise.allSettled(document.getAnimations().map(move => move.finished)),
    new Promise(done => setTimeout(done, 3000))])"""


def serious(page) -> list[str]:
    """What axe-core finds serious or critical on a page as it now is. No rule is left out."""
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}\n{node['failureSummary']}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
