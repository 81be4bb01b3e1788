"""Puts widgets into a page of their own and opens it in headless Chromium.

The page is what the book makes of a notebook: embedded widget state and the book's own host script, nothing else. So
a test of a widget needs no built book, and what passes here runs there.

    path = widget_page(tmp_path / "page.html", GibbsChain(rbm))
    with opened(path, width=360) as page:
        page.get_by_role("button", name="Step").click()

`opened` fails on any error the page reports and on any request that leaves the machine. It starts a browser, which
takes a second; inside `with chromium():`, as in a module's autouse fixture, they all share one.

`recorded` puts a widget into an empty page, on a model in the page that plays the part of the notebook's:

    with opened(None) as page:
        recorded(page, chain := GibbsChain(rbm))
        from_python(page, k=5)
        page.get_by_role("button", name="Step").click()
        rest(page)
        assert trait(page, "sweep") == 5
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import browser
import ipywidgets
import pytest
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "book"))

from book_build.widgets import page_of  # noqa: E402

ALIVE = "[data-alive=true]"

# Counts, from the start of a page, what listens at its edges and which messages to Python still wait to be sent.
WATCH = """(() => {
    window.listening = 0;
    for (const kind of [Document, Window, MediaQueryList]) {
        const { addEventListener, removeEventListener } = EventTarget.prototype;
        const counted = (act, by) => function (...args) { window.listening += by; return act.apply(this, args); };
        kind.prototype.addEventListener = counted(addEventListener, 1);
        kind.prototype.removeEventListener = counted(removeEventListener, -1);
    }
    const { setTimeout, clearTimeout } = window, waiting = (window.waiting = new Set());
    window.setTimeout = (act, delay = 0, ...rest) => {
        const id = setTimeout(() => { waiting.delete(id); act(...rest); }, delay);
        if (delay <= 200) waiting.add(id);
        return id;
    };
    window.clearTimeout = (id) => { waiting.delete(id); clearTimeout(id); };
})();"""

# `saved` has every message to Python, without its bytes, and `told` the names of all traits that were set.
RECORD = """async (given) => {
    const buffer = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const plain = (value) => (value?.base64 === undefined ? value : buffer(value.base64));
    const text = (view) => btoa(String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));
    const read = (value) => (ArrayBuffer.isView(value) ? { base64: text(value) } : value);
    const traits = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, plain(value)]));
    const heard = new Map(), saved = [], told = [];
    const now = () => structuredClone(Object.fromEntries(Object.entries(traits)
        .filter(([name, value]) => !name.startsWith("_") && !ArrayBuffer.isView(value))));
    const model = {
        get: (name) => traits[name],
        set(name, value) {
            const changed = typeof name === "object" ? name : { [name]: value };
            Object.assign(traits, changed);
            told.push(...Object.keys(changed));
            for (const key in changed) (heard.get("change:" + key) ?? []).forEach((f) => f());
        },
        on: (event, f) => heard.set(event, [...(heard.get(event) ?? []), f]),
        off: (event, f) => heard.set(event, heard.get(event).filter((g) => g !== f)),
        save_changes() { saved.push({ at: performance.now(), ...now() }); },
    };
    Object.assign(window, { model, saved, told, heard, plain, now, trait: (name) => read(traits[name]) });
    document.head.append(Object.assign(document.createElement("style"), { textContent: given._css }));
    const url = URL.createObjectURL(new Blob([given._esm], { type: "text/javascript" }));
    const el = document.body.appendChild(document.createElement("div"));
    window.listening = 0;
    window.closeWidget = await (await import(url)).default.render({ model, el });
}"""

# Frames pass while the widget works, and until it has told Python; one that plays is never done telling, and is given a
# third of a second.
REST = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    for (let start = performance.now(); ; ) {
        for (let i = 0; i < 3; i++) await frame();
        if (document.querySelector("[aria-busy=true]")) {
            start = performance.now();
            continue;
        }
        const plays = [...document.querySelectorAll("button")].some((one) => one.textContent.trim() === "Pause");
        if (!waiting.size || performance.now() - start > (plays ? 320 : 10_000)) return true;
    }
}"""

_running: list[Browser] = []

needs_chromium = pytest.mark.skipif(browser.PROGRAM is None, reason="needs Chromium")


def widget_page(path: Path, *widgets: ipywidgets.Widget, theme: str = "light", head: str = "") -> Path:
    """Writes a page with these widgets, one below the other, to `path` and returns it."""
    path.write_text(page_of(*widgets, theme=theme, head=head), encoding="utf-8")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yields the browser that is running, or starts one and closes it at the end."""
    if _running:
        yield _running[0]
        return
    with browser.launched() as running:
        _running.append(running)
        try:
            yield running
        finally:
            _running.clear()


@contextmanager
def opened(path: Path | None, *, width: int = 1000, height: int = 900, **context: object) -> Iterator[Page]:
    """Opens `path` (or an empty page) and yields a Playwright page whose widgets are all alive.

    Further keywords go to Playwright's `new_context`: `color_scheme="dark"`, `reduced_motion="reduce"`, ...
    """
    with chromium() as running:
        opening = running.new_context(viewport={"width": width, "height": height}, **context)
        page = opening.new_page()
        page.add_init_script(WATCH)
        problems = _problems(page)
        page.goto(path.as_uri() if path else "about:blank")
        if path:
            wait_alive(page)
        yield page
        opening.close()
    assert not problems, "\n".join(problems)


def _problems(page: Page) -> list[str]:
    """Returns a list that gets a line for everything that no page of this book may do."""
    found: list[str] = []
    page.on("console", lambda m: m.type in ("error", "warning") and found.append(f"{m.type}: {m.text}"))
    page.on("pageerror", lambda error: found.append(f"page error: {error}"))
    page.on("request", lambda r: r.url.split(":")[0] in ("http", "https") and found.append(f"asked {r.url}"))
    return found


def wait_alive(page: Page, timeout: float = 20_000) -> None:
    """Waits until the host has rendered every view of the page."""
    views = page.locator('script[type="application/vnd.jupyter.widget-view+json"]').count()
    page.wait_for_function(f"document.querySelectorAll('{ALIVE}').length === {views}", timeout=timeout)
    unfold(page)


def unfold(page: Page) -> None:
    """Opens what waits under More, so that a test can press everything."""
    page.evaluate("document.querySelectorAll('.genlib-more').forEach((part) => { part.open = true; })")


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {k: {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for k, v in values.items()}


def traits(widget: ipywidgets.Widget) -> dict[str, object]:
    """Returns what Python tells the page of a widget."""
    return widget.get_state([name for name in widget.keys if name not in ("layout", "tabbable", "tooltip")])


def recorded(page: Page, widget: ipywidgets.Widget) -> Page:
    """Shows the widget with a model in the page that plays the part of the notebook's, and returns the page.

    The page then has `model`, `saved` and `told` (see `RECORD`), `heard` (listeners of the model by event),
    `listening` (their number on the document, the window and the media queries), and `closeWidget()`.
    """
    page.wait_for_function("true")  # Playwright's own listeners come with its first look: they do not count.
    page.evaluate(RECORD, _plain(traits(widget)))
    unfold(page)
    rest(page)
    return page


def rest(page: Page) -> None:
    """Waits until the widgets have done what they were asked for, and have told Python."""
    page.wait_for_function(REST, timeout=120_000)


def hurry(page: Page) -> None:
    """Lets frames follow one another at once from now on: for much work whose pace does not matter."""
    page.evaluate(
        """() => {
            window.requestAnimationFrame = (act) => {
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = () => act(performance.now());
                port2.postMessage(null);
                return port1;
            };
            window.cancelAnimationFrame = (port) => { if (port) port.onmessage = null; };
        }"""
    )


def trait(page: Page, name: str) -> Any:
    """Returns what a recorded widget's model has under this name."""
    value = page.evaluate("(name) => trait(name)", name)
    return base64.b64decode(value["base64"]) if isinstance(value, dict) and "base64" in value else value


def from_python(page: Page, **values: object) -> None:
    """Sets traits of a recorded widget, all at once, as Python does."""
    page.evaluate(
        "(given) => model.set(Object.fromEntries(Object.entries(given).map(([k, v]) => [k, plain(v)])))",
        _plain(values),
    )


def frame_times(page: Page) -> list[float]:
    """Returns the script milliseconds of the frames since they were last forgotten, and forgets them."""
    return page.evaluate(
        "() => { const all = performance.getEntriesByName('genlib:frame').map((m) => m.duration);"
        " performance.clearMeasures('genlib:frame'); return all; }"
    )


def axe_findings(page: Page) -> list[str]:
    """Returns what axe finds serious or critical inside the article, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("axe.run('article', { resultTypes: ['violations'] })")["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]
