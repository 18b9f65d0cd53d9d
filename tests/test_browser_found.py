"""The page that a server shows where there is none, under any prefix and at any depth; the first
page; the theme that a reader has chosen."""

import pytest

from tests.browser import Quiet, kept, served
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


def links(page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('a')].map(link => link.href)")


@pytest.mark.parametrize("prefix", ["", "/some/prefix"], ids=["at a root", "under a prefix"])
def test_there_is_no_such_page(prefix, pages, visit):
    """Its links lead into the book, and it names the nearest page."""
    near = {
        "nothing.html": None,
        "chapters/solutions/deep/er.html?x=1#y": None,
        "chapters/3-googlenet.html": "chapters/03-googlenet.html",
    }
    with served(type("Handler", (Lost,), {"prefix": prefix}), pages) as address:
        home = address.removesuffix("/") + prefix + "/"
        for asked, meant in near.items():
            page = visit(home + asked)
            assert page.locator("h1").text_content() == "There is no page at this address"
            assert all(link.startswith(home) and link.endswith(".html") for link in links(page))
            assert home + "chapters/solutions/01-naive-block.html" in links(page)
            assert page.locator("#near").is_visible() == bool(meant)
            assert not meant or page.locator("#near a").get_attribute("href") == home + meant
            (problem,) = {*page.problems} - {f"404: {page.url.split('#')[0]}"}
            assert "404" in problem, "Chromium says so, too"
            page.problems.clear()
        page.get_by_role("link", name="Glossary").click()
        page.wait_for_url(home + "glossary.html")


def test_the_published_address_is_known(browser, pages):
    """Where the address is the published one, nothing is guessed: any depth is right."""
    page = browser.new_page()
    html = (pages / "404.html").read_text(encoding="utf-8")
    page.route("**/*", lambda route: route.fulfill(status=404, body=html, content_type="text/html"))
    page.goto(repository.site() + "a/b/c/d.html")
    assert repository.site() + "intro.html" in links(page)
    page.close()


def test_files(pages, visit):
    """index.html leads on; a search finds; the page for no page has its links."""
    home = pages.as_uri() + "/"
    page = visit(home + "index.html")
    page.wait_for_url("**/intro.html")
    page.goto(home + "search.html?q=reduction")
    page.locator("#search-results .search li a", has_text="Reduction").first.wait_for()
    page.goto(home + "404.html")
    assert home + "glossary.html" in links(page)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_chosen_theme_is_kept(system, site, visit):
    """The button goes from the system's theme to light and to dark; every page keeps the choice."""
    page = visit(site + "intro.html", theme=system)
    now = "document.documentElement.dataset.theme"
    other = "dark" if system == "light" else "light"
    assert page.evaluate(now) == system
    for _ in range(2):  # auto, light, dark
        if page.evaluate(now) != other:
            page.locator("button.theme-switch-button:visible").first.click()
    for name in ("intro.html", "404.html"):
        page.goto(site + name)
        kept(page, now, other)
        white = (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert white == (other == "light")
