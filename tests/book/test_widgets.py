"""Widgets in a written page: their code is that of now, and what several carry stands there once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from ipywidgets.embed import dependency_state

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))
pytest.importorskip("sphinx", reason="the book's tools are not installed")

from book_build import widgets  # noqa: E402
from sphinx.builders.html._assets import _JavaScript  # noqa: E402

from genlib.energy import RBM  # noqa: E402
from genlib.widgets import Annealing, GibbsChain  # noqa: E402


def embedded() -> dict[str, object]:
    """Returns what MyST-NB embeds of two chains and an annealing run of one machine."""
    torch.manual_seed(0)
    rbm = RBM(64, 48)
    shown = [GibbsChain(rbm), GibbsChain(rbm, seed=1), Annealing(rbm)]
    state = {"version_major": 2, "version_minor": 0, "state": dependency_state(shown, drop_defaults=False)}
    return json.loads(json.dumps(state))


def test_a_page_has_each_network_and_each_code_once() -> None:
    before = embedded()
    told = json.loads(widgets.stamped(json.dumps(before)))
    entries = [entry for entry in told["state"].values() if entry.get("code")]
    names = [{tuple(buffer["path"]): buffer["shared"] for buffer in entry["buffers"]} for entry in entries]
    assert len({name["weights",] for name in names}) == 1
    weights = told["shared"][names[0]["weights",]]
    text = json.dumps(told)
    assert len(weights) > 8_000
    assert text.count(weights) == 1
    assert len({entry["code"]["_esm"] for entry in entries}) == 2
    assert len(text) < len(json.dumps(before)) - 2 * len(weights)


def test_what_the_host_puts_together_is_what_was_embedded() -> None:
    before = embedded()
    told = json.loads(widgets.stamped(json.dumps(before)))
    shared = told["shared"]
    for model, entry in told["state"].items():
        was = before["state"][model]
        code = {name: shared[key] for name, key in entry["code"].items()}
        assert entry["state"] | code == was["state"]
        buffers = [{**buffer, "data": shared[buffer["shared"]]} for buffer in entry.get("buffers", [])]
        assert [{k: v for k, v in buffer.items() if k != "shared"} for buffer in buffers] == was.get("buffers", [])


def test_the_code_is_that_of_now_whenever_the_chapter_ran() -> None:
    before = embedded()
    for entry in before["state"].values():
        if "_esm" in entry["state"]:
            entry["state"] |= {"_esm": "as it was then", "_css": "old"}
    told = json.loads(widgets.stamped(json.dumps(before)))
    assert "as it was then" not in told["shared"].values()
    assert GibbsChain.sources()[0] in told["shared"].values()
    assert Annealing.sources()[1] in told["shared"].values()


def test_a_widget_of_somebody_else_keeps_its_own_code() -> None:
    state = {"_esm": "export default 1; // </script>", "_anywidget_id": "elsewhere.Widget"}
    body = widgets.stamped(json.dumps({"state": {"a": {"state": state}}}))
    assert "</script" not in body
    assert list(json.loads(body)["shared"].values()) == [state["_esm"]]
    assert widgets.code_of("genlib.widgets.base.Widget") == widgets.code_of("json.JSON") == {}


def test_only_the_state_among_a_pages_scripts_is_stamped() -> None:
    state = _JavaScript(None, type=widgets.STATE, body='{"state": {}}', priority=3)
    other = _JavaScript("host.js")
    context = {"script_files": [other, state]}
    widgets.stamp(None, "page", "page.html", context, None)
    assert context["script_files"][0] is other
    stamped = context["script_files"][1]
    assert json.loads(stamped.attributes["body"]) == {"state": {}, "shared": {}}
    assert (stamped.priority, state.attributes["body"]) == (3, '{"state": {}}')
    widgets.stamp(None, "page", "page.html", {}, None)
