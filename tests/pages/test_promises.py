"""What the widgets of a built page promise, replayed on the very models that the page carries."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from promises import replayed, room_of

STATE = re.compile(r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', re.DOTALL)
SHOWN = re.compile(r'<script type="application/vnd.jupyter.widget-view\+json">(.*?)</script>', re.DOTALL)


def widgets_of(document: str, text: str) -> list[dict[str, Any]]:
    """Returns what a page says of each widget that it shows and that promises something."""
    entries: dict[str, Any] = {}
    shared: dict[str, str] = {}
    for told in map(json.loads, STATE.findall(text)):
        entries, shared = entries | told["state"], shared | told["shared"]
    found = []
    for place, view in enumerate(SHOWN.findall(text)):
        entry = entries[json.loads(view)["model_id"]]
        room = room_of(entry["state"].get("_anywidget_id", ""))
        if room:
            state = {name: value for name, value in entry["state"].items() if not name.startswith("_")}
            state |= {part["path"][0]: {"base64": shared[part["shared"]]} for part in entry.get("buffers", [])}
            found.append({"name": f"{document}, widget {place + 1}", "room": room, "state": state})
    return found


def test_every_promise_is_kept(document: str, site: Path, tmp_path: Path) -> None:
    widgets = widgets_of(document, (site / f"{document}.html").read_text(encoding="utf-8"))
    if not widgets:
        pytest.skip("promises nothing")
    broken = [one for one in replayed(widgets, tmp_path) if one["frame"] is None]
    assert not broken
