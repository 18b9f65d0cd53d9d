"""The page that a server shows where there is none, under any prefix and at any depth."""

import functools
import http.server
import threading

import pytest

from tests.browser import PHONE, SCREEN, Quiet
from tests.test_repository import toc_files
from tools import repository


class Lost(Quiet):
    """A server of the book under /some/prefix/; it answers with 404.html where there is no file."""

    prefix = "/some/prefix"

    def translate_path(self, path):
        inside = path.startswith(self.prefix + "/")
        return super().translate_path(path.removeprefix(self.prefix) if inside else "/nowhere")

    def send_error(self, code, message=None, explain=None):
        with open(f"{self.directory}/404.html", "rb") as file:
            body = file.read()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(params=["", "/some/prefix"], ids=["at a root", "under a prefix"])
def home(request, pages):
    handler = type("Handler", (Lost,), {"prefix": request.param})
    handler = functools.partial(handler, directory=str(pages))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{request.param}/"
    server.shutdown()
    server.server_close()


def links(page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('a')].map(link => link.href)")


@pytest.mark.parametrize(
    "asked", ["nothing.html", "chapters/one.html", "chapters/solutions/deep/er.html?x=1#y", "a"]
)
def test_links_lead_into_the_book(asked, home, visit):
    page = visit(home + asked)
    assert page.locator("h1").text_content() == "There is no page at this address"
    for link in links(page):
        assert link.startswith(home) and link.endswith(".html")
    assert home + "chapters/solutions/01-naive-block.html" in links(page)
    page.get_by_role("link", name="Glossary").click()
    assert page.url == home + "glossary.html"
    assert page.locator("h1").first.text_content().startswith("Glossary")


def test_the_nearest_page_is_named(home, visit):
    page = visit(home + "chapters/3-googlenet.html")
    assert page.locator("#near a").get_attribute("href") == home + "chapters/03-googlenet.html"
    assert page.locator("#near").is_visible()
    assert not visit(home + "something-else.html").locator("#near").is_visible()


def test_the_published_address_is_known(browser, pages):
    """Where the address is the published one, nothing is guessed: any depth is right."""
    page = browser.new_page()
    html = (pages / "404.html").read_text(encoding="utf-8")
    page.route("**/*", lambda route: route.fulfill(status=404, body=html, content_type="text/html"))
    page.goto(repository.site() + "a/b/c/d.html")
    assert repository.site() + "intro.html" in links(page)
    page.close()


def test_opened_as_a_file(pages, visit):
    page = visit((pages / "404.html").as_uri())
    assert (pages / "glossary.html").as_uri() in links(page)
    assert page.problems == []


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_readers_theme_is_kept(system, pages, visit):
    page = visit((pages / "404.html").as_uri(), theme=system)
    colour = "getComputedStyle(document.body).backgroundColor"
    white = "rgb(255, 255, 255)"
    assert (page.evaluate(colour) == white) == (system == "light")
    other = "dark" if system == "light" else "light"
    # before any script of the page: what one page stores may reach the next a moment later
    page.add_init_script(f"localStorage.setItem('mode', '{other}')")
    page.reload()
    assert (page.evaluate(colour) == white) == (other == "light")


CHAPTERS = [name for name in toc_files() if name.startswith("chapters/")]


@pytest.mark.parametrize("name", CHAPTERS)
@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_colab_is_at_the_top(name, size, site, visit):
    """Seen without scrolling, and not covered by anything."""
    page = visit(f"{site}{name}.html", size=size)
    link = page.locator("article a[href*='colab.research.google.com']").first
    box = link.bounding_box()
    assert 0 < box["y"] < size["height"] - box["height"]
    on_top = "([x, y]) => document.elementFromPoint(x, y).closest('a')?.href"
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    assert f"{name}.ipynb" in page.evaluate(on_top, middle)


@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_the_next_page_is_a_click_away(size, site, visit):
    """By the links at the foot, forward and back."""
    pages = [f"{name}.html" for name in toc_files()]
    page = visit(site + pages[0], size=size)
    for name in pages[1:4]:
        page.locator(".prev-next-footer a.right-next").click()
        page.wait_for_url(f"**/{name}")
    page.locator(".prev-next-footer a.left-prev").click()
    page.wait_for_url(f"**/{pages[2]}")
