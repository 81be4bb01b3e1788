"""What this book adds to Jupyter Book.

Chapters that have to run do so side by side, and run again when a part of `genlib` changes that they import
(`running`, `dependencies`). The site asks no other host for anything (`assets`). The reference is written from the
docstrings (`reference`). Widgets get their code when a page is written (`widgets`). A page's head says what it is, and
its foot how long it took to run (`pages`).
"""

from __future__ import annotations

from typing import Any

from myst_nb.core import render
from nbclient.output_widget import OutputWidget
from sphinx.application import Sphinx

from book_build import assets, pages, reference, running, widgets
from book_build.dependencies import modules
from book_build.reference import public
from book_build.running import read

__all__ = ["modules", "public", "read", "setup"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects all of it to Sphinx."""
    render.coalesce_streams = running.whole_streams
    OutputWidget.sync_state = running.keep  # type: ignore[method-assign]
    app.add_config_value("book_machinery", assets.own_hash(), "html", types=(str,))
    app.config.mathjax_path = f"mathjax/{assets.MATHJAX}"
    app.config.html_theme_options = {**app.config.html_theme_options, "show_toc_level": 2}
    app.config.myst_substitutions = {"machine": pages.machine()}
    app.connect("builder-inited", assets.copy_mathjax)
    app.connect("env-get-outdated", running.outdated)
    app.connect("env-before-read-docs", running.run_ahead)
    app.connect("source-read", reference.list_modules)
    app.connect("source-read", running.announce)
    app.connect("doctree-read", running.announced)
    app.connect("autodoc-process-docstring", reference.markdown_to_rest, priority=400)
    app.connect("env-updated", running.remember)
    app.connect("html-page-context", pages.page_context)
    app.connect("html-page-context", assets.show_dark_figures)
    app.connect("html-page-context", widgets.stamp, priority=900)  # MyST-NB has put its scripts there by then
    app.connect("build-finished", assets.part_figures)
    app.connect("build-finished", running.report)
    app.connect("build-finished", assets.prune)
    app.connect("build-finished", assets.open_at_root)
    app.connect("build-finished", assets.shrink_icons, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
