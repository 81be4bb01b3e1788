"""What each page says besides its text: in its head, where a widget stands, and at its foot."""

from __future__ import annotations

import datetime
import os
import platform
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book_build.dependencies import LIBRARY, ROOT, versions
from book_build.running import run_of

VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">.*?</script>', re.DOTALL)
WORDS = (
    '<p class="widget-words">Here the book is interactive: open this page in a browser with JavaScript to try it.</p>'
    "<noscript><style>.widget-words { display: block }</style></noscript>"
)


def page_context(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Sphinx event: adds how the page was made, and mends the role of citation lists, which hold no list items."""
    if "body" not in context:
        return
    body = context["body"].replace('role="list" class="citation-list"', 'class="citation-list"')
    body = VIEW.sub(rf"\g<0>{WORDS}", body)
    run = run_of(app.env, name)
    version = f"{LIBRARY} {library_version()}"
    if run.get("runtime"):
        body += f'<p class="made">Ran in {run["runtime"]:.0f} s with {version} on {_day(run["mtime"])}.</p>'
    elif doctree is not None:
        body += f'<p class="made">Made with {version} on {_day()}.</p>'
    context["body"] = body


def library_version() -> str:
    """Returns the version that the library's own first file states."""
    source = (ROOT / LIBRARY / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"', source, re.MULTILINE)[1]  # type: ignore[index]


def machine() -> str:
    """Returns one sentence about the computer and the versions that made this book."""
    used = ", ".join(f"{name} {version}" for name, version in versions().items() if name in ("torch", "numpy"))
    return (
        f"Measured with {os.cpu_count()} processor cores ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, {used}."
    )


def _day(seconds: float | None = None) -> str:
    day = datetime.datetime.fromtimestamp(seconds) if seconds else datetime.datetime.now()
    return f"{day.day} {day:%B %Y}"
