"""How heavy are the pages, how soon can one act on the first of them, and what does Lighthouse say?

    python benchmarks/pages.py [--rounds 3] [--lighthouse] [page ...]

Every page is fetched once from a server on this machine, with what it loads: the bytes as they lie
on disk, and as a server sends them that packs text (gzip), as most do. Then the landing page is
opened with a slower processor (Chromium divides the speed) and slower networks. *Interactive* is
when it is laid out and its scripts have run: the later of the event DOMContentLoaded and the end of
the last task that held the processor for more than 50 ms. The fastest round of each is printed.

Lighthouse, where it is installed, scores a page of each kind, or those that are named, by its own
settings for a phone; `--lighthouse` does this alone. The exit status is 1 if a score is below its
limit. Performance is that of this machine: measure while nothing else runs.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
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
# What Lighthouse scores, of 100, and the least that is enough; the pages that are scored.
LIMITS = {"performance": 90, "accessibility": 100, "best-practices": 100, "seo": 100}
SCORED = (
    "intro.html", "chapters/01-naive-block.html", "lab.html", "maps.html", "claims.html",
    "atlas-mini_bn.html", "look.html",
)  # fmt: skip
BIN = Path(sys.executable).parent  # npm and node are here, too
INSTALL = f"""No Lighthouse here, so no page was scored. It comes from npm, and nothing else needs it:
  {BIN}/npm install --global --prefix {BIN.parent} lighthouse"""
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


def score(program: str, address: str) -> dict[str, int]:
    """What Lighthouse gives a page in each category, of 100.

    Raises:
        SystemExit: it did not finish.
    """
    # a whole browser before a shell without windows
    browser = next(filter(None, map(shutil.which, reversed(chromium.NAMES))), None)
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])  # it runs in node
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        run = subprocess.run(
            [
                program, address, "--quiet", f"--only-categories={','.join(LIMITS)}",
                "--chrome-flags=--headless=new --no-sandbox", "--output=json", f"--output-path={report}",
            ],
            env={**os.environ, "PATH": path} | ({"CHROME_PATH": browser} if browser else {}),
            capture_output=True,
            text=True,
        )  # fmt: skip
        if run.returncode or not report.is_file():
            raise SystemExit(f"Lighthouse did not finish with {address}:\n{run.stderr[-2000:]}")
        found = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return {kind: round(100 * (found[kind]["score"] or 0)) for kind in LIMITS}


def scores(program: str, names: Sequence[str]) -> int:
    """Print what Lighthouse gives each page; returns how many scores are below their limits."""
    rows, low = [], 0
    with served() as home:
        for name in names:
            found = score(program, home + name)
            marked = [f"{n}{' !' if n < LIMITS[kind] else ''}" for kind, n in found.items()]
            low += sum(" !" in cell for cell in marked)
            rows.append((name, *marked))
    rows.append(("at least", *map(str, LIMITS.values())))
    print(Table(["page", *LIMITS], rows, "Lighthouse, of 100; ! is too low"))
    return low


def weights_and_times(names: Sequence[str], rounds: int) -> None:
    """Print how heavy the pages are, and how soon one can act on the landing page."""
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
                wait(browser, address, slower, NETWORKS[network]) for _ in range(rounds)
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
    print(Table(columns, rows, f"intro.html, fastest of {rounds} rounds"))
    print()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lighthouse", action="store_true", help="this alone")
    parser.add_argument("page", nargs="*", help="as intro.html; none: every page")
    options = parser.parse_args(arguments)
    every = sorted(
        path.relative_to(HTML).as_posix()
        for path in HTML.rglob("*.html")
        if not {"_static", "_sources", "index.html"} & set(path.relative_to(HTML).parts)
    )
    if unknown := [name for name in options.page or SCORED if name not in every]:
        parser.error(f"{HTML} has no page {', '.join(unknown)}: run `make book`")
    if not options.lighthouse:
        weights_and_times(options.page or every, options.rounds)
    program = shutil.which("lighthouse", path=os.pathsep.join([str(BIN), os.environ["PATH"]]))
    if program is None:
        print(INSTALL)
        return 2 if options.lighthouse else 0
    return 1 if scores(program, options.page or SCORED) else 0


if __name__ == "__main__":
    raise SystemExit(main())
