"""Fixtures for tests of the built book in headless Chromium.

    def test_reset(open_page):
        page = open_page("chapters/energy/restricted-boltzmann-machines", width=360, dark=True)
        page.get_by_role("button", name="Reset").click()

`open_page(document, *, over, at, width, height, dark, **context)` opens a page of the book, waits until its formulas
and widgets are drawn and returns Playwright's page. `over` is "http" (default) or "file", `at` what follows the page's
address, such as "#exercises"; further keywords go to `browser.new_context`. When the test ends it fails if any page
reported an error, or asked another host for anything.
Pages of one kind (width, colours, ...) share a context, as pages do that a reader opens one after another: what all
of them load is read and compiled once, and what a page has stored is taken away when its test ends.
`document` is parametrised with every page of the table of contents; `site` is the folder of the built book.

The browser lives as long as a test module. `harness.py`, for widgets on pages of their own, starts another one: a
module uses either that or `open_page`.
"""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import browser as chromium
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]'
PATIENCE = 180_000  # ms for a page that is whole in three seconds on an idle machine
FINISHED = """view => {
    const alive = document.querySelectorAll('.widget-host[data-alive="true"]').length;
    return document.querySelectorAll(view).length === alive && document.documentElement.dataset.typeset === 'true';
}"""


def documents() -> list[str]:
    """Returns every page that the table of contents names."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in toc.get("parts", []) for chapter in part["chapters"]]
    return [toc["root"], *chapters]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives a test that asks for `document` every page in turn."""
    if "document" in metafunc.fixturenames:
        metafunc.parametrize("document", documents())


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book; built first where it is missing."""
    built = Path(os.environ.get("GENLIB_SITE", ROOT / "_build" / "html"))
    if not (built / "index.html").exists():
        subprocess.run([sys.executable, str(ROOT / "book" / "build.py")], check=True)
    return built


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The address at which the site is served to this computer while the tests run."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Keeps the list of requests out of the tests' output."""

    handler = functools.partial(Silent, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; without it the test is skipped, and fails where GENLIB_INSIST is set."""
    if chromium.PROGRAM is None:
        pytest.skip("needs Chromium")
    with chromium.launched("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost") as running:
        yield running


class Watch:
    """Collects what a page does that no page of this book may do."""

    def __init__(self, home: str) -> None:
        self.home, self.problems = home, list[str]()

    def asked(self, request: Any) -> None:
        """Notes a request to another host; there is no way to any from this browser."""
        if not request.url.startswith((self.home, "file:", "data:", "blob:")):
            self.problems.append(f"asked {request.url}")

    def failed(self, error: Any) -> None:
        """Notes an error that nothing in the page caught."""
        self.problems.append(f"page error: {error}")

    def said(self, message: Any) -> None:
        """Notes a complaint in the console."""
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")


@pytest.fixture(scope="module")
def contexts(browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that returns the browser's context of these settings, which is made once."""
    made: dict[str, Any] = {}

    def context(**settings: Any) -> Any:
        key = repr(sorted(settings.items()))
        if key not in made:
            made[key] = browser.new_context(**settings)
        return made[key]

    yield context
    for one in made.values():
        one.close()


@pytest.fixture
def open_page(contexts: Callable[..., Any], site: Path, address: str) -> Iterator[Callable[..., Any]]:
    """The function described at the head of this file."""
    watch, stack = Watch(address), ExitStack()

    def open_page(
        document: str,
        *,
        over: str = "http",
        at: str = "",
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        **settings: Any,
    ) -> Any:
        scheme, alive = "dark" if dark else "light", settings.get("java_script_enabled", True)
        context = contexts(viewport={"width": width, "height": height}, color_scheme=scheme, **settings)
        context.on("request", watch.asked)
        stack.callback(context.remove_listener, "request", watch.asked)
        page = context.new_page()
        stack.callback(page.close)
        page.on("pageerror", watch.failed)
        page.on("console", watch.said)
        if not (site / f"{document}.html").exists():
            pytest.fail(f"the built book has no page {document}; build it anew: make book")
        page.goto(f"{address if over == 'http' else site.as_uri()}/{document}.html{at}", timeout=PATIENCE)
        if alive:
            stack.callback(page.evaluate, "localStorage.clear()")
            page.wait_for_function(FINISHED, arg=VIEW, timeout=PATIENCE)
        return page

    with stack:
        yield open_page
    assert not watch.problems, "\n".join(watch.problems)
