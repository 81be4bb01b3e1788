"""Replays what widgets promise, under Deno, on the widgets' own code: see `replay.js` and a widget's `tries.js`."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import ipywidgets
from deno import find_deno_bin

ROOT = Path(__file__).parents[2]


def room_of(widget: str) -> str | None:
    """Returns the folder of a widget by its dotted name, if what it promises stands there."""
    room = widget.split(".")[-2] if widget.count(".") > 1 else ""
    return room if room and (ROOT / "genlib/widgets" / room / "tries.js").exists() else None


def described(name: str, widget: ipywidgets.Widget) -> dict[str, Any]:
    """Returns what `replayed` needs to know of a widget in Python."""
    state = widget.get_state()
    plain = {
        key: {"base64": base64.b64encode(value).decode()} if isinstance(value, (bytes, memoryview)) else value
        for key, value in state.items()
        if not key.startswith("_") and key not in ("layout", "tabbable", "tooltip")
    }
    return {"name": name, "room": room_of(str(state["_anywidget_id"])), "state": plain}


def replayed(widgets: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Returns what became of each promise of these widgets: name, try, frame (None where it was not seen), within."""
    file = folder / "widgets.json"
    file.write_text(json.dumps(widgets), "utf-8")
    options = ["--quiet", "--no-check", "--no-remote", "--allow-read"]
    run = subprocess.run(
        [find_deno_bin(), "run", *options, "tests/support/replay.js", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
        timeout=300,
    )
    assert not run.returncode, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]
