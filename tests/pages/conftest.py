"""Fixtures for tests of the built book in headless Chromium.

    def test_reset(open_page):
        page = open_page("chapters/energy/restricted-boltzmann-machines", width=360, dark=True)
        page.get_by_role("button", name="Reset").click()

`open_page(document, *, over, at, width, height, dark, **context)` opens a page of the book, waits until its formulas
and widgets are drawn and returns Playwright's page. `over` is "http" (default) or "file", `at` what follows the page's
address, such as "#exercises"; further keywords go to `browser.new_context`. When the test ends it fails if any page
reported an error, or asked another host for anything.
`document` is parametrised with every page of the table of contents; `site` is the folder of the built book.

The browser lives as long as a test module. `harness.py`, for widgets on pages of their own, starts another one: a
module uses either that or `open_page`.
"""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]'
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
    program = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if program is None:
        pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
        running = playwright.chromium.launch(executable_path=program, args=options)
        yield running
        running.close()


class Watch:
    """Collects what a page does that no page of this book may do."""

    def __init__(self, home: str) -> None:
        self.home, self.problems, self.sizes = home, list[str](), dict[str, int]()

    def route(self, route: Any) -> None:
        """Lets a request through to the site and stops every other."""
        url = route.request.url
        if url.startswith((self.home, "file:", "data:", "blob:")):
            route.continue_()
            return
        self.problems.append(f"asked {url}")
        route.abort()

    def follow(self, page: Any) -> None:
        """Listens to a page's console and errors."""
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("console", self._note)

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")


@pytest.fixture
def open_page(browser: Any, site: Path, address: str) -> Iterator[Callable[..., Any]]:
    """The function described at the head of this file."""
    watch, contexts = Watch(address), []

    def open_page(
        document: str,
        *,
        over: str = "http",
        at: str = "",
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        **context: Any,
    ) -> Any:
        scheme = "dark" if dark else "light"
        made = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **context)
        contexts.append(made)
        made.route("**/*", watch.route)
        page = made.new_page()
        watch.follow(page)
        if not (site / f"{document}.html").exists():
            pytest.fail(f"the built book has no page {document}; build it anew: make book")
        page.goto(f"{address if over == 'http' else site.as_uri()}/{document}.html{at}")
        if context.get("java_script_enabled", True):
            page.wait_for_function(FINISHED, arg=VIEW, timeout=30_000)
        return page

    yield open_page
    for made in contexts:
        made.close()
    assert not watch.problems, "\n".join(watch.problems)
