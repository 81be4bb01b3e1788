"""Widgets in a page that is written: their code as it is now, and whatever several of them carry only once.

What MyST-NB embeds of a widget is its state as the chapter left it, code and weights included. The code is taken anew
from the widget's room, so that an edit of JavaScript runs no chapter again; and code and bytes stand in one table under
their hashes, whence the host hands them to every widget that names them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from ipywidgets import Widget
from ipywidgets.embed import dependency_state, escape_script
from sphinx.application import Sphinx

from book_build.dependencies import LIBRARY, ROOT

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
CODE = ("_esm", "_css")
WIDGETS = ROOT / LIBRARY / "widgets"
HOST = ROOT / "book" / "assets" / "host.js"


def stamp(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Sphinx event: puts the widgets' code into a page's state, after MyST-NB has put the state into the page."""
    scripts = context.get("script_files", [])
    for i, script in enumerate(scripts):
        kept = dict(getattr(script, "attributes", {}))
        if kept.get("type") == STATE:
            kept["body"] = stamped(kept["body"])
            scripts[i] = type(script)(script.filename, priority=script.priority, **kept)


def stamped(body: str) -> str:
    """Returns the state of a page's widgets, as the host reads it.

    Each widget names its code and its bytes by keys of the table `shared`.

    Example:
        >>> told = stamped('{"state": {"a": {"state": {"_esm": "1"}}, "b": {"state": {"_esm": "1"}}}}')
        >>> json.loads(told)["state"]["a"]["code"] == json.loads(told)["state"]["b"]["code"]
        True
        >>> list(json.loads(told)["shared"].values())
        ['1']
    """
    told, shared = json.loads(body), dict[str, str]()

    def share(value: str) -> str:
        key = hashlib.sha256(value.encode()).hexdigest()[:16]
        shared[key] = value
        return key

    for entry in told["state"].values():
        state = entry["state"] | code_of(entry["state"].get("_anywidget_id", ""))
        entry["code"] = {part: share(state.pop(part)) for part in CODE if isinstance(state.get(part), str)}
        entry["state"] = state
        for buffer in entry.get("buffers", []):
            buffer["shared"] = share(buffer.pop("data"))
    return escape_script(json.dumps(told | {"shared": shared}))


def page_of(*shown: Widget, theme: str = "light", head: str = "") -> str:
    """Returns a page of its own for these widgets, one below the other, made as the book makes one."""
    state = {"version_major": 2, "version_minor": 0, "state": dependency_state(shown, drop_defaults=False)}
    views = [{"version_major": 2, "version_minor": 0, "model_id": widget.model_id} for widget in shown]
    scripts = "\n".join(f'<script type="{VIEW}">{escape_script(json.dumps(view))}</script>' for view in views)
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Widgets</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}'
        f"<style>:root {{ color-scheme: {theme} }}</style></head>"
        f"<body><main><h1>Widgets</h1><article>{scripts}</article></main>"
        f'<script type="{STATE}">{stamped(json.dumps(state))}</script>'
        f"<script>{escape_script(HOST.read_text('utf-8'))}</script></body></html>"
    )


def code_of(widget: str) -> dict[str, str]:
    """Returns the JavaScript and the style of a widget of the library, by its dotted name, as its files say now."""
    room = ROOT.joinpath(*widget.split(".")[:-1])
    if not room.is_relative_to(WIDGETS) or not (room / "index.js").is_file():
        return {}
    from genlib.widgets.modules import sources  # heavy: only where a page has a widget

    return dict(zip(CODE, sources(Path(room), WIDGETS), strict=True))
