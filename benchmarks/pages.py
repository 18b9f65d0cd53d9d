"""How heavy are the pages, and how soon can one act on the first of them?

    python benchmarks/pages.py [--rounds 3] [page ...]

Every page is fetched once from a server on this machine, with what it loads: the bytes as they lie
on disk, and as a server sends them that packs text (gzip), as most do. Then the landing page is
opened with a slower processor (Chromium divides the speed) and slower networks. *Interactive* is
when it is laid out and its scripts have run: the later of the event DOMContentLoaded and the end of
the last task that held the processor for more than 50 ms. The fastest round of each is printed.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from inception_lib.counting.table import Table
from tools import chromium

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
KINDS = {
    "document": "page",
    "script": "scripts",
    "stylesheet": "styles",
    "image": "pictures",
    "font": "fonts",
}
PACKED = {".html", ".js", ".css", ".svg"}
# name: (bytes per second, milliseconds there and back)
NETWORKS = {"none": None, "10 Mbit/s": (10e6 / 8, 40), "1.6 Mbit/s": (1.6e6 / 8, 150)}
LATER = """() => { window.tasks = [];
  new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(
    task => task.startTime + task.duration))).observe({type: 'longtask', buffered: true}); }"""
SOON = """() => Math.max(performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
    ...window.tasks)"""


class Packing(http.server.SimpleHTTPRequestHandler):
    """Sends text packed, as the servers of static sites do."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        if path.suffix in PACKED:
            body = packed(path)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@functools.cache
def packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


@contextmanager
def served() -> Iterator[str]:
    """The address of the book on this machine."""
    handler = functools.partial(Packing, directory=str(HTML))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def weigh(browser: Browser, home: str, name: str) -> dict[str, tuple[int, int]]:
    """{kind: (bytes, bytes packed)} of one page and all that it loads."""
    page = browser.new_page()
    loaded: dict[Path, str] = {}

    def note(request) -> None:
        path = HTML / urlsplit(request.url).path.lstrip("/")
        if path.is_file():
            loaded[path] = KINDS.get(request.resource_type, "other")

    page.on("request", note)
    page.goto(home + name, wait_until="load")
    page.evaluate(
        "scrollTo(0, document.body.scrollHeight)"
    )  # pictures that wait until they are seen
    page.wait_for_load_state("networkidle")
    page.close()
    found: dict[str, tuple[int, int]] = {}
    for path, kind in loaded.items():
        size = path.stat().st_size
        small = len(packed(path)) if path.suffix in PACKED else size
        one, other = found.get(kind, (0, 0))
        found[kind] = (one + size, other + small)
    return found


def wait(browser: Browser, address: str, slower: int, network: tuple[float, int] | None) -> float:
    """Milliseconds until the page is interactive, with nothing in the browser's store."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(f"({LATER})()")
    tools = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    if network:
        speed, delay = network
        limits = {"latency": delay, "downloadThroughput": speed, "uploadThroughput": speed}
        tools.send("Network.emulateNetworkConditions", {"offline": False, **limits})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(700)
    found = page.evaluate(SOON)
    context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("page", nargs="*", help="as intro.html; none: every page")
    options = parser.parse_args()
    names = options.page or sorted(
        path.relative_to(HTML).as_posix()
        for path in HTML.rglob("*.html")
        if not {"_static", "_sources", "index.html"} & set(path.relative_to(HTML).parts)
    )
    kinds = [*KINDS.values(), "other"]
    with chromium.launched() as browser, served() as home:
        rows = []
        for name in names:
            found = weigh(browser, home, name)
            whole = [sum(pair[side] for pair in found.values()) for side in (0, 1)]
            parts = [f"{found.get(kind, (0, 0))[0] / 1000:,.0f}" for kind in kinds]
            rows.append((name, *parts, f"{whole[0] / 1000:,.0f}", f"{whole[1] / 1000:,.0f}"))
        columns = ["page", *kinds, "together", "packed"]
        print(Table(columns, rows, "thousand bytes; packed: as sent with gzip"))
        print()
        address = home + "intro.html"
        times = {
            (slower, network): min(
                wait(browser, address, slower, NETWORKS[network]) for _ in range(options.rounds)
            )
            for slower in (1, 4, 6)
            for network in NETWORKS
        }
    base = times[1, "none"]
    rows = [
        (f"{slower} ×", network, f"{found:,.0f} ms", f"{found / base:.1f} ×")
        for (slower, network), found in times.items()
    ]
    columns = ["processor slower", "network", "interactive", "against neither"]
    print(Table(columns, rows, f"intro.html, fastest of {options.rounds} rounds"))


if __name__ == "__main__":
    main()
