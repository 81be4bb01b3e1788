"""What this book adds to Jupyter Book.

Four things. Chapters that have to run do so side by side, and are cached under a key that includes the parts of
`genlib` they import, so that a changed module re-runs exactly the pages that need it, and a page whose last run failed
is never taken for a built one. The site asks no other host for anything: MathJax is copied into it. Each page says how
long it took to run, with which version, and when. The API page is written from the docstrings, and the page of run
times from the runs.
"""

from __future__ import annotations

import ast
import datetime
import hashlib
import importlib.metadata
import importlib.util
import os
import pkgutil
import platform
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import ModuleType
from typing import Any

import icons
import nbformat
import psutil
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = "genlib"
MATHJAX = "tex-chtml-full.js"
VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">.*?</script>', re.DOTALL)
WORDS = (
    '<p class="widget-words">Here the book is interactive: open this page in a browser with JavaScript to try it.</p>'
    "<noscript><style>.widget-words { display: block }</style></noscript>"
)
logger = logging.getLogger(__name__)


def imported(source: str, package: str = "") -> set[str]:
    """Returns what Python source imports from `genlib`, as dotted names.

    Args:
        source: Python text; IPython magics are left out.
        package: Dotted name of the package that a relative import starts from.

    Returns:
        Names such as `genlib.energy` or `genlib.widgets.GibbsChain`. Text that is no Python imports everything.

    Example:
        >>> sorted(imported("from genlib import data, energy"))
        ['genlib.data', 'genlib.energy']
    """
    lines = (line for line in source.splitlines() if not line.lstrip().startswith(("%", "!", "?")))
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return {f"{LIBRARY}.{module}" for module in modules()}
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            names |= {base if alias.name == "*" else f"{base}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == LIBRARY}


def _base(node: ast.ImportFrom, package: str) -> str:
    """Returns the absolute name of the module that a `from … import` reads."""
    parts = package.split(".")
    parents = parts[: len(parts) - node.level + 1] if node.level else []
    return ".".join([*parents, *([node.module] if node.module else [])])


def located(name: str) -> tuple[Path, str]:
    """Returns the file of the module that a dotted name lies in, and what is left of the name.

    Example:
        >>> path, rest = located("genlib.energy.RBM")
        >>> path.name, rest
        ('energy.py', 'RBM')
    """
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        path, rest = ROOT.joinpath(*parts[:n]), ".".join(parts[n:])
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py"), rest
        if (path / "__init__.py").is_file():
            return path / "__init__.py", rest
    raise ValueError(f"got {name}, expected a name inside {LIBRARY}")


def package_of(path: Path) -> str:
    """Returns the dotted name of the package that a module's file lies in."""
    return ".".join(path.relative_to(ROOT).parent.parts)


def forwarded(path: Path, name: str) -> str | None:
    """Returns where a package's first file has a name from, or `None` if it defines the name itself."""
    if path.name != "__init__.py" or not name:
        return None
    found = imported(path.read_text(encoding="utf-8"), package_of(path))
    return next((source for source in found if source.rpartition(".")[2] == name), None)


def data_files(path: Path) -> set[Path]:
    """Returns the files beside a module that it may read: of its own name, named in it, or named in no module."""
    folder = path.parent
    if folder == ROOT / LIBRARY:
        return set()
    others = {f for f in folder.rglob("*") if f.is_file() and f.suffix != ".py" and "__pycache__" not in f.parts}
    texts = {module: module.read_text(encoding="utf-8") for module in folder.glob("*.py")}

    def belongs(file: Path, module: Path) -> bool:
        return file.stem == module.stem or file.name in texts[module]

    claimed = {file for file in others for module in texts if belongs(file, module)}
    return {file for file in others if belongs(file, path)} | (others - claimed)


def dependencies(source: str) -> list[Path]:
    """Returns the files of `genlib` that Python source rests on, imports of imports included.

    Where a package's first file only passes a name on, its other imports do not count: a page that shows `GibbsChain`
    is not run again for a change in `GANLab`, although both are imported along with `genlib.widgets`.
    """
    todo, seen, followed = sorted(imported(source)), set[Path](), set[Path]()
    while todo:
        path, rest = located(todo.pop())
        seen |= {path, *(p / "__init__.py" for p in path.parents if p.is_relative_to(ROOT / LIBRARY))}
        target = forwarded(path, rest)
        if target is not None:
            todo.append(target)
        elif path not in followed:
            followed.add(path)
            seen |= data_files(path)
            todo += imported(path.read_text(encoding="utf-8"), package_of(path))
    return sorted(seen)


def key(source: str) -> str:
    """Returns a hash of all that can change what a notebook's cells show, other than the cells themselves."""
    digest = hashlib.sha256(repr(sorted(versions().items())).encode())
    for file in dependencies(source):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Returns the installed version of each package that `genlib` is declared to need."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in declared]
    return {name: importlib.metadata.version(name) for name in names}


def code(notebook: nbformat.NotebookNode) -> str:
    """Returns the code cells of a notebook as one text."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


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
    """Returns the present key of every notebook, and of the page that documents the whole library."""
    found = {name: key(code(nbformat.read(path, as_version=4))) for name, path in notebooks(env)}
    return found | {"api": key("\n".join(f"import {LIBRARY}.{module}" for module in modules()))}


def run_of(env: BuildEnvironment, name: str) -> dict[str, Any]:
    """Returns what is known about a page's last run: seconds, success, traceback; empty where nothing ran."""
    return getattr(env, "nb_metadata", {}).get(name, {}).get("exec_data") or {}


def failed(env: BuildEnvironment, name: str) -> bool:
    """Says whether a page's last run raised an error."""
    return not run_of(env, name).get("succeeded", True)


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Sphinx event: names the pages to read again, beyond those whose own text changed."""
    before = getattr(env, "genlib_keys", {})
    stale = [name for name, now in keys(env).items() if name in env.found_docs and before.get(name) != now]
    return [*stale, *(name for name, _ in notebooks(env) if failed(env, name))]


def remember(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Sphinx event: keeps the keys, reports errors that a widget swallowed, and has the run times written again."""
    env.genlib_keys = keys(env)
    for name, page in getattr(env, "nb_metadata", {}).items():
        for _, script in page.get("js_files", {}).values():
            if re.search(r'"output_type":\s*"error"', script.get("body", "")):
                logger.warning("an error is hidden inside a widget's output", location=name)
    return ["timings"] if "timings" in env.found_docs else []


def modules() -> list[str]:
    """Returns the public modules and packages of the library in the order in which a reader meets them."""
    first = ["nn", "data", "train", "evaluate", "plot"]
    families = ["energy", "autoencoders", "vae", "autoregressive", "flows", "gan", "diffusion"]
    order = {name: i for i, name in enumerate([*first, *families])} | {"zoo": 98, "widgets": 99}
    found = {module.name for module in pkgutil.iter_modules([str(ROOT / LIBRARY)]) if not module.name.startswith("_")}
    return sorted(found, key=lambda name: (order.get(name, 97), name))


def public(module: ModuleType) -> list[str]:
    """Returns the functions and classes that a module offers, which the API page must list."""
    offered = getattr(module, "__all__", None)
    if offered is None:
        own = {name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__}
        offered = [name for name in own if not name.startswith("_")]
    return sorted(name for name in offered if callable(getattr(module, name)))


def list_modules(app: Sphinx, name: str, source: list[str]) -> None:
    """Sphinx event: writes one section per module into the API page."""
    if name == "api":
        section = (
            "(api-{0})=\n## `genlib.{0}`\n\n```{{eval-rst}}\n.. automodule:: genlib.{0}\n"
            "   :members:\n   :special-members: __call__\n   :show-inheritance:\n```\n"
        )
        source[0] = source[0].replace("<!-- modules -->", "\n".join(section.format(m) for m in modules()))


def markdown_to_rest(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Sphinx event: lets docstrings be Markdown where they quote code and formulas, which is how readers see them."""
    text, blocks = "\n".join(lines), list[str]()

    def keep(match: re.Match[str]) -> str:
        blocks.append(match[0])
        return f"\x00{len(blocks) - 1}\x00"

    text = re.sub(r"^ *>>>.*(?:\n(?! *$).*)*", keep, text, flags=re.MULTILINE)
    text = re.sub(r"(?<![`:\w])``?([^`\n]+)``?(?!`)", r"``\1``", text)
    text = re.sub(r"``[^`]+``", keep, text)
    text = re.sub(r"^( *)\$\$(.+?)\$\$ *$", _display, text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\$([^$]+?)\$", lambda m: f":math:`{' '.join(m[1].split())}`", text)
    lines[:] = re.sub(r"\x00(\d+)\x00", lambda m: blocks[int(m[1])], text).split("\n")


def _display(match: re.Match[str]) -> str:
    body = (line.strip() for line in match[2].strip().splitlines())
    return f"\n{match[1]}.. math::\n\n" + "\n".join(f"{match[1]}   {line}" for line in body) + "\n"


class Timings(SphinxDirective):
    """The table of run times; filled when the page is written, once every chapter has run."""

    def run(self) -> list[nodes.Node]:
        """Leaves a mark where the table will stand."""
        return [nodes.container(classes=["genlib-timings"])]


def fill_timings(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Sphinx event: puts the table of run times in the place of its mark."""
    for mark in list(doctree.findall(lambda n: isinstance(n, nodes.container) and "genlib-timings" in n["classes"])):
        runs = [(page, run_of(app.env, page)) for page, _ in notebooks(app.env)]
        rows = [_row(app, name, page, run) for page, run in runs if run.get("runtime")]
        total = sum(run.get("runtime") or 0 for _, run in runs)
        rows.append(["All chapters", f"{total:.0f} s", ""])
        mark.replace_self([_table(["Chapter", "Seconds", "Run on"], rows), nodes.paragraph("", machine())])


def _row(app: Sphinx, name: str, page: str, run: dict[str, Any]) -> list[str | nodes.Node]:
    title = app.env.titles[page].astext() if page in app.env.titles else page
    link = nodes.reference("", title, internal=True, refuri=app.builder.get_relative_uri(name, page))
    return [link, f"{run['runtime']:.0f} s", _day(run["mtime"])]


def _table(head: list[str], rows: list[list[Any]]) -> nodes.table:
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))

    def line(cells: list[Any]) -> nodes.row:
        wrapped = (c if isinstance(c, nodes.Node) else nodes.Text(c) for c in cells)
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", c)) for c in wrapped))

    group += nodes.thead("", line(head))
    group += nodes.tbody("", *(line(cells) for cells in rows))
    return nodes.table("", group)


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


def copy_mathjax(app: Sphinx) -> None:
    """Sphinx event: serves MathJax and its fonts from the book itself."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("MathJax is missing: install requirements.txt, which holds sphinx-mathjax-offline")
    source, target = Path(spec.origin).parent / "static" / "mathjax", Path(app.outdir) / "_static" / "mathjax"
    fonts = Path("output", "chtml", "fonts", "woff-v2")
    if not (target / MATHJAX).exists():
        shutil.copytree(source / fonts, target / fonts, dirs_exist_ok=True)
        shutil.copy2(source / MATHJAX, target / MATHJAX)


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


def prune(app: Sphinx, exception: Exception | None) -> None:
    """Sphinx event: removes pages from the site that the book no longer has."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    known = {*app.env.all_docs, "genindex", "py-modindex", "search", "index"}
    for page in site.rglob("*.html"):
        name = page.relative_to(site).with_suffix("").as_posix()
        if name not in known and not name.startswith(("_static/", "_modules/")):
            page.unlink()


def shrink_icons(app: Sphinx, exception: Exception | None) -> None:
    """Sphinx event: sends only the icons that the pages show."""
    theme = importlib.util.find_spec("pydata_sphinx_theme")
    if exception or app.builder.format != "html" or theme is None or theme.origin is None:
        return
    static = Path(theme.origin).parent / "theme" / "pydata_sphinx_theme" / "static"
    icons.shrink(static / "scripts" / "fontawesome.js", Path(app.outdir))


def own_hash() -> str:
    """Returns a hash of this folder: where the book's own machinery changed, every page is written again."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects everything above to Sphinx."""
    app.add_config_value("book_machinery", own_hash(), "html", types=(str,))
    app.add_directive("timings", Timings)
    app.config.mathjax_path = f"mathjax/{MATHJAX}"
    app.connect("builder-inited", copy_mathjax)
    app.connect("env-get-outdated", outdated)
    app.connect("env-before-read-docs", run_ahead)
    app.connect("source-read", list_modules)
    app.connect("source-read", announce)
    app.connect("doctree-read", announced)
    app.connect("autodoc-process-docstring", markdown_to_rest, priority=400)
    app.connect("env-updated", remember)
    app.connect("doctree-resolved", fill_timings)
    app.connect("html-page-context", page_context)
    app.connect("build-finished", report)
    app.connect("build-finished", prune)
    app.connect("build-finished", shrink_icons, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
