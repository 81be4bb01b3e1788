"""The widget host on pages made for the purpose: what it shows, what it refuses, and that it tidies up."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import chromium, needs_chromium

pytestmark = needs_chromium
HOST = Path(__file__).resolve().parents[2] / "book" / "assets" / "host.js"
COUNTER = """
export default {
  initialize({ model }) {
    window.started = (window.started ?? 0) + 1;
    return () => { window.ended = (window.ended ?? 0) + 1; };
  },
  render({ model, el }) {
    const data = model.get("data"), button = document.createElement("button");
    let sum = 0;
    for (let i = 0; i < data.byteLength; i += 4) sum += data.getFloat32(i, true);
    const write = () => { button.textContent = `sum ${sum} clicks ${model.get("n")}`; };
    button.onclick = () => { model.set("n", model.get("n") + 1); model.save_changes(); };
    model.on("change:n", write);
    write();
    el.append(button);
    return () => button.remove();
  },
};
"""


def entry(numbers: list[float], **changes: Any) -> dict[str, Any]:
    data = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    state = {"_esm": COUNTER, "_css": "button { color: rgb(1, 2, 3) }", "n": 0, "data": None}
    buffers = [{"path": ["data"], "encoding": "base64", "data": data}]
    return {"model_module": "anywidget", "model_name": "AnyModel", "state": state, "buffers": buffers, **changes}


def write(path: Path, entries: dict[str, Any], views: list[str], **more: Any) -> str:
    kind = "application/vnd.jupyter.widget"
    state = json.dumps({"state": entries, **more}).replace("</", "<\\/")
    shown = "".join(f'<p><script type="{kind}-view+json">{{"model_id": "{view}"}}</script></p>' for view in views)
    path.write_text(
        f'<!doctype html><meta charset="utf-8"><script type="{kind}-state+json">{state}</script>'
        f"<script>{HOST.read_text(encoding='utf-8')}</script>{shown}",
        encoding="utf-8",
    )
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page()
    opened.said = []
    opened.on("console", lambda message: opened.said.append((message.type, message.text)))
    opened.on("pageerror", lambda error: opened.said.append(("pageerror", str(error))))
    yield opened
    opened.close()


def test_two_widgets_are_independent(page: Any, tmp_path: Path) -> None:
    page.goto(write(tmp_path / "a.html", {"a": entry([1, 2, 3.5]), "b": entry([4])}, ["a", "b"]))
    first, second = page.get_by_role("button").nth(0), page.get_by_role("button").nth(1)
    first.click()
    first.click()
    second.click()
    assert [first.inner_text(), second.inner_text()] == ["sum 6.5 clicks 2", "sum 4 clicks 1"]
    assert page.locator('[data-alive="true"]').count() == 2
    assert page.evaluate("getComputedStyle(document.querySelector('button')).color") == "rgb(1, 2, 3)"
    assert page.said == []


def test_code_and_bytes_may_stand_in_one_table(page: Any, tmp_path: Path) -> None:
    """Widgets that name the same bytes get the same view of them, and are otherwise independent."""
    alone = entry([1, 2, 3.5])
    table = {"code": alone["state"].pop("_esm"), "style": alone["state"].pop("_css")}
    table["bytes"] = alone["buffers"][0].pop("data")
    table["code"] = table["code"].replace("let sum", "(window.seen ??= []).push(data); let sum")
    alone |= {"code": {"_esm": "code", "_css": "style"}}
    alone["buffers"][0]["shared"] = "bytes"
    page.goto(write(tmp_path / "a.html", {"a": alone, "b": alone, "c": entry([4])}, ["a", "b", "c"], shared=table))
    page.get_by_role("button").nth(1).click()
    assert page.get_by_role("button").all_inner_texts() == ["sum 6.5 clicks 0", "sum 6.5 clicks 1", "sum 4 clicks 0"]
    assert page.evaluate("[seen.length, seen[0] === seen[1]]") == [2, True]
    assert page.evaluate("getComputedStyle(document.querySelector('button')).color") == "rgb(1, 2, 3)"
    assert page.said == []


def test_two_views_share_one_model(page: Any, tmp_path: Path) -> None:
    page.goto(write(tmp_path / "a.html", {"a": entry([1])}, ["a", "a"]))
    page.get_by_role("button").nth(0).click()
    assert page.get_by_role("button").nth(1).inner_text() == "sum 1 clicks 1"
    assert page.evaluate("window.started") == 1


def test_cleans_up_when_the_page_is_left(page: Any, tmp_path: Path) -> None:
    page.goto(write(tmp_path / "a.html", {"a": entry([1])}, ["a"]))
    page.locator('[data-alive="true"]').wait_for()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert page.get_by_role("button").count() == 1
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }))")
    assert page.get_by_role("button").count() == 0
    assert page.evaluate("window.ended") == 1


def test_a_widget_that_needs_a_kernel_says_so(page: Any, tmp_path: Path) -> None:
    other = entry([1], model_module="@jupyter-widgets/controls", model_name="IntSliderModel")
    page.goto(write(tmp_path / "a.html", {"a": other, "b": entry([2])}, ["a", "b", "lost"]))
    page.locator('[data-alive="true"]').wait_for()
    assert page.locator(".widget-failed").all_inner_texts() == [
        "This output needs a running notebook (@jupyter-widgets/controls.IntSliderModel cannot be shown in a page).",
        "This output needs a running notebook (its state cannot be shown in a page).",
    ]
    assert [kind for kind, _ in page.said] == ["error", "error"]


def test_a_widget_that_fails_says_so_and_spares_the_others(page: Any, tmp_path: Path) -> None:
    broken = entry([1])
    broken["state"]["_esm"] = "export default { render() { throw new Error('no canvas'); } };"
    page.goto(write(tmp_path / "a.html", {"a": broken, "b": entry([2])}, ["a", "b"]))
    page.locator('[data-alive="true"]').wait_for()
    assert page.locator(".widget-failed").inner_text() == "This widget could not start: no canvas"
    assert page.said[0][0] == "error"
