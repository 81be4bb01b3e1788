"""Running the chapters: side by side, and again only where something that they rest on has changed.

MyST-NB runs a page's notebook when it reads the page, and keeps it in jupyter-cache. Added here are the key of what a
notebook imports, so that a changed module runs exactly the pages that need it; the running of several chapters at a
time; and that a page whose last run failed is never taken for a built one.
"""

from __future__ import annotations

import datetime
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import nbformat
import psutil
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from myst_nb.core.utils import coalesce_streams
from nbclient.output_widget import OutputWidget
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from book_build import door
from book_build.dependencies import LIBRARY, ROOT, code, key, look, modules

logger = logging.getLogger(__name__)


def read(text: str) -> nbformat.NotebookNode:
    """Reads a notebook and adds the key of its imports to the kernel's description, which jupyter-cache compares.

    The cell that installs the library in Colab is of no use to a reader of the page, and is left out of it.
    """
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        if "bootstrap" in cell.metadata.get("tags", []):
            cell.metadata["tags"] = [*cell.metadata["tags"], "remove-cell"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["kernelspec"] = {**kernel, LIBRARY: key(code(notebook))}
    return notebook


def notebooks(env: BuildEnvironment) -> Iterator[tuple[str, Path]]:
    """Yields the name and path of every notebook in the book."""
    for name in sorted(env.found_docs):
        path = Path(env.doc2path(name))
        if path.suffix == ".ipynb":
            yield name, path


def keys(env: BuildEnvironment) -> dict[str, str]:
    """Returns the present key of every page: of a notebook and its widgets' code, of the whole library, of the door."""
    sources = {name: code(nbformat.read(path, as_version=4)) for name, path in notebooks(env)}
    found = {name: key(source) + look(source) for name, source in sources.items()}
    whole = "\n".join(f"import {LIBRARY}.{module}" for module in modules())
    front = key(door.RESTS_ON) + look(door.RESTS_ON) + repr(door.cards(env))
    return found | {"api": key(whole), env.config.root_doc: front}


def run_of(env: BuildEnvironment, name: str) -> dict[str, Any]:
    """Returns what is known about a page's last run: seconds, success, traceback; empty where nothing ran."""
    return getattr(env, "nb_metadata", {}).get(name, {}).get("exec_data") or {}


def failed(env: BuildEnvironment, name: str) -> bool:
    """Says whether a page's last run raised an error."""
    return not run_of(env, name).get("succeeded", True)


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Sphinx event: names the pages to read again, beyond those whose own text changed.

    A page whose widgets have other code is read from the cache, and written anew.
    """
    before = getattr(env, "genlib_keys", {})
    stale = [name for name, now in keys(env).items() if name in env.found_docs and before.get(name) != now]
    return [*stale, *(name for name, _ in notebooks(env) if failed(env, name))]


def whole_streams(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Returns the outputs of a cell with all that it printed as one stream, as it was printed.

    A kernel sends a stream in pieces that may end anywhere; MyST-NB, left to itself, ends each piece with its line.
    """
    whole: dict[str, nbformat.NotebookNode] = {}
    kept = []
    for output in outputs:
        name = output.get("name", "") if output["output_type"] == "stream" else ""
        if name in whole:
            whole[name]["text"] += output["text"]
        else:
            kept.append(nbformat.from_dict(output))
            if name:
                whole[name] = kept[-1]
    return coalesce_streams(kept)


def keep(self: OutputWidget) -> None:
    """Leaves what an output widget has caught where the page finds it, and does not tell the kernel.

    What is sent while a reply is awaited on the same socket can lose the reply's signal: the cell then lasts until its
    time is over.
    """


def remember(app: Sphinx, env: BuildEnvironment) -> None:
    """Sphinx event: keeps the keys, and reports errors that a widget swallowed."""
    env.genlib_keys = keys(env)
    for name, page in getattr(env, "nb_metadata", {}).items():
        for _, script in page.get("js_files", {}).values():
            if re.search(r'"output_type":\s*"error"', script.get("body", "")):
                logger.warning("an error is hidden inside a widget's output", location=name)


def run_ahead(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Sphinx event: runs the chapters that the cache lacks side by side, before the pages are read one by one.

    A chapter that fails is left out of the cache: its page's reading runs it again, and says what went wrong.
    """
    cache, app.ran_ahead = get_cache(app.config.nb_execution_cache_path), set[str]()
    unknown = []
    for name, path in notebooks(env):
        notebook = read(path.read_text(encoding="utf-8"))
        if name in names and not _cached(cache, notebook):
            unknown.append((name, path, notebook))
    if len(unknown) < 2:
        return

    def run(name: str, path: Path, notebook: nbformat.NotebookNode) -> tuple[str, Path, ExecutionResult]:
        timeout = app.config.nb_execution_timeout
        return name, path, single_nb_execution(notebook, str(path.parent), timeout, allow_errors=False)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for future in as_completed([pool.submit(run, *each) for each in unknown]):
                name, path, result = future.result()
                if result.err is None:
                    bundle = CacheBundleIn(result.nb, str(path), data={"execution_seconds": result.time})
                    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
                    app.ran_ahead.add(name)
                    print(f"  {name} ran in {result.time:.0f} s", flush=True)
        except BaseException:  # Ctrl-C, too: nobody waits for chapters that nobody will read
            pool.shutdown(wait=False, cancel_futures=True)
            for kernel in psutil.Process().children(recursive=True):
                kernel.kill()
            raise


def _cached(cache: JupyterCacheAbstract, notebook: nbformat.NotebookNode) -> bool:
    try:
        return bool(cache.match_cache_notebook(notebook))
    except KeyError:
        return False


def announce(app: Sphinx, name: str, source: list[str]) -> None:
    """Sphinx event: says which page is being read, which for a chapter means: run, unless the cache knows it."""
    app.read_since = datetime.datetime.now().timestamp()
    if str(app.env.doc2path(name)).endswith(".ipynb") and name not in app.ran_ahead:
        print(f"  {name}", end=" ", flush=True)


def announced(app: Sphinx, doctree: nodes.document) -> None:
    """Sphinx event: says how the run that was announced went."""
    name = app.env.docname
    run = run_of(app.env, name)
    if str(app.env.doc2path(name)).endswith(".ipynb") and run and name not in app.ran_ahead:
        seconds = f"{run.get('runtime') or 0:.0f} s"
        fresh = run["mtime"] >= app.read_since
        print(f"{'ran in' if fresh else 'unchanged, took'} {seconds}" if run["succeeded"] else "FAILED", flush=True)


def report(app: Sphinx, exception: Exception | None) -> None:
    """Sphinx event: says at the end, in one line each, which cell of which chapter failed and how."""
    for name, path in notebooks(app.env) if app.env else ():
        trace = run_of(app.env, name).get("traceback")
        if trace:
            log = Path(app.outdir, "reports", f"{name}.err.log")
            print(f"\n{describe(path, trace)}\n    (all of it: {log})", file=sys.stderr)


def describe(path: Path, trace: str) -> str:
    """Returns chapter, cell and error of a failed run, from what nbclient left behind."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", trace)
    parts = re.split(r"^-{18}$", plain, flags=re.MULTILINE)
    source = parts[1].strip() if len(parts) > 1 else ""
    cells = nbformat.read(path, as_version=4).cells
    number = next((i for i, c in enumerate(cells, 1) if c.cell_type == "code" and c.source.strip() == source), None)
    where = f"cell {number} of {len(cells)}" if number else "a cell"
    said = plain.strip().splitlines()
    error = next((line for line in reversed(said) if re.match(r"[\w.]+:", line)), said[-1])
    return f"FAILED {path.relative_to(ROOT)}, {where}: {error}\n{_indent(source)}"


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
