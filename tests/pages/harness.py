"""Puts widgets, or the runtime alone, into a page of their own and opens it in headless Chromium.

The page is what the book makes of a notebook: embedded widget state and the book's own host script, nothing else. So
a test of a widget needs no built book, and what passes here runs there.

    path = widget_page(tmp_path / "page.html", GibbsChain(rbm))
    with opened(path, width=360) as page:
        page.get_by_role("button", name="Step").click()

`opened` fails on any error the page reports and on any request that leaves the machine. It starts a browser, which
takes a second; inside `with chromium():`, as in a module's autouse fixture, they all share one.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from ipywidgets.embed import dependency_state, escape_script
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
ALIVE = "[data-alive=true]"

_running: list[Browser] = []

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


def widget_page(path: Path, *widgets: ipywidgets.Widget, theme: str = "light", head: str = "") -> Path:
    """Writes a page with these widgets, one below the other, to `path` and returns it."""
    state = {"version_major": 2, "version_minor": 0, "state": dependency_state(widgets, drop_defaults=False)}
    views = [{"version_major": 2, "version_minor": 0, "model_id": widget.model_id} for widget in widgets]
    shown = "\n".join(_json("widget-view", view) for view in views)
    host = escape_script((ROOT / "book/assets/host.js").read_text())
    path.write_text(
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Widgets</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}'
        f"<style>:root {{ color-scheme: {theme} }}</style></head>"
        f"<body><main><h1>Widgets</h1><article>{shown}</article></main>{_json('widget-state', state)}"
        f"<script>{host}</script></body></html>",
        encoding="utf-8",
    )
    return path


def _json(kind: str, value: object) -> str:
    return f'<script type="application/vnd.jupyter.{kind}+json">{escape_script(json.dumps(value))}</script>'


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yields the browser that is running, or starts one and closes it at the end."""
    if _running:
        yield _running[0]
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        _running.append(browser)
        try:
            yield browser
        finally:
            _running.clear()
            browser.close()


@contextmanager
def opened(path: Path | None, *, width: int = 1000, height: int = 900, **context: object) -> Iterator[Page]:
    """Opens `path` (or an empty page) and yields a Playwright page whose widgets are all alive.

    Further keywords go to Playwright's `new_context`: `color_scheme="dark"`, `reduced_motion="reduce"`, ...
    """
    problems: list[str] = []
    with chromium() as browser:
        opening = browser.new_context(viewport={"width": width, "height": height}, **context)
        page = opening.new_page()
        page.on("console", lambda m: m.type in ("error", "warning") and problems.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
        page.on("request", lambda r: r.url.split(":")[0] in ("http", "https") and problems.append(f"asked {r.url}"))
        page.goto(path.as_uri() if path else "about:blank")
        if path:
            wait_alive(page)
        yield page
        opening.close()
    assert not problems, "\n".join(problems)


def wait_alive(page: Page, timeout: float = 20_000) -> None:
    """Waits until the host has rendered every view of the page."""
    views = page.locator('script[type="application/vnd.jupyter.widget-view+json"]').count()
    page.wait_for_function(f"document.querySelectorAll('{ALIVE}').length === {views}", timeout=timeout)


def evaluate(
    page: Page, body: str, argument: dict[str, object] | None = None, mutant: tuple[str, str] | None = None
) -> Any:
    """Runs `body`, a function body that sees the runtime as `genlib` and `argument`, and returns its value.

    Args:
        page: An open page.
        body: JavaScript with a `return`.
        argument: Values by name; `bytes` arrive as a `DataView`.
        mutant: Text of the runtime, and what stands there instead: a fault that the test must notice.
    """
    runtime = (ROOT / "genlib/widgets/static/runtime.js").read_text()
    if mutant:
        assert runtime.count(mutant[0]) == 1, f"the runtime has {runtime.count(mutant[0])} times {mutant[0]!r}"
        runtime = runtime.replace(*mutant)
    plain = {k: {"base64": _base64(v)} if isinstance(v, bytes) else v for k, v in (argument or {}).items()}
    decode = (
        "const argument = Object.fromEntries(Object.entries(given).map(([k, v]) => [k, v?.base64 === undefined ? v : "
        "new DataView(Uint8Array.from(atob(v.base64), (c) => c.charCodeAt(0)).buffer)]));"
    )
    return page.evaluate(f"(given) => {{ {runtime}\n{decode}\n{body} }}", plain)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def frame_times(page: Page) -> list[float]:
    """Returns the script milliseconds of the frames since they were last forgotten, and forgets them."""
    return page.evaluate(
        "() => { const all = performance.getEntriesByName('genlib:frame').map((m) => m.duration);"
        " performance.clearMeasures('genlib:frame'); return all; }"
    )


def quiet_frames(page: Page, bound: float, *, seconds: float = 2, tries: int = 5) -> tuple[list[float], int]:
    """Returns the script milliseconds of the frames of an animation that is playing, and frames a second.

    Other programs on the machine can only make it slower: it looks again, `tries` times at most, until the median is
    within `bound`, and returns the quietest look.
    """
    looks = []
    for _ in range(tries):
        frame_times(page)
        page.wait_for_timeout(1000 * seconds)
        looks.append(sorted(frame_times(page)))
        if looks[-1] and looks[-1][len(looks[-1]) // 2] <= bound:
            break
    best = min((look for look in looks if look), key=lambda look: look[len(look) // 2])
    return best, round(len(best) / seconds)


def axe_findings(page: Page) -> list[str]:
    """Returns what axe finds serious or critical inside the article, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context="article").response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]
