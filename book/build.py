"""Builds the book: `python book/build.py`, or one page of it: `python book/build.py --page chapters/…/….ipynb`.

The site is built aside, in `_build/work`, and takes the place of `_build/html` only when every page ran and nothing
was warned about, so that a finished site is never replaced by half a one. Executed chapters are kept in a cache.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import http.server
import json
import os
import shutil
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
OTHER_PAGES = ["myst.xref_missing", "myst.xref_ambiguous", "ref.doc", "ref.ref", "ref.numref", "ref.term"]


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Waits until no other build is at work in this folder, and keeps others waiting meanwhile."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another build is at work in this folder; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare() -> None:
    """Has the chapters run in this environment, on this checkout, and untouched by the user's own IPython settings."""
    # What checks a notebook's format would load a grammar of addresses, which takes a second and is of no use here.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # matrices are small here: a second thread waits more than it works
    os.environ["IPYTHONDIR"] = str(BUILD / "ipython")
    profile = BUILD / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    settings = {"IPKernelApp": {"log_level": 40}, "InteractiveShellApp": {"extensions": ["book.figures"]}}
    (profile / "ipython_kernel_config.json").write_text(json.dumps(settings))
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)


def build(work: Path, toc: Path, **settings: object) -> int:
    """Builds what `toc` lists into `work/html`, with warnings as errors, and returns 0 where all went well.

    Sphinx warns about a page once, when it reads it. After a build that failed every page is therefore read again,
    which costs little, because chapters that ran well come from the cache.
    """
    from jupyter_book.sphinx import build_sphinx

    unfinished = work / ".unfinished"
    if unfinished.exists():
        shutil.rmtree(work / ".doctrees", ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    unfinished.touch()
    overrides = {
        "external_toc_path": toc.as_posix(),
        "latex_individualpages": False,
        "nb_execution_cache_path": str(BUILD / ".jupyter_cache"),
        "nitpicky": True,
        **settings,
    }
    result = build_sphinx(
        ROOT,
        work / "html",
        path_config=ROOT / "_config.yml",
        noconfig=True,
        confoverrides=overrides,
        doctreedir=work / ".doctrees",
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    if result != 0:
        return result if isinstance(result, int) else 1
    unfinished.unlink()
    return 0


def publish(site: Path, target: Path) -> None:
    """Moves a copy of a finished site into the place of the one before it."""
    fresh, stale = target.with_name(target.name + ".new"), target.with_name(target.name + ".old")
    for leftover in (fresh, stale):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(site, fresh, ignore=shutil.ignore_patterns(".buildinfo*", "reports", "*.map"))
    if target.exists():
        target.rename(stale)
    fresh.rename(target)
    shutil.rmtree(stale, ignore_errors=True)


def book() -> int:
    """Builds the whole book into `_build/html`."""
    status = build(BUILD / "work", ROOT / "_toc.yml")
    if status:
        print("\nThe book was not built; what stands in _build/html is what stood there before.", file=sys.stderr)
        return status
    publish(BUILD / "work" / "html", BUILD / "html")
    print(f"\nThe book is ready: {(BUILD / 'html' / 'index.html').as_uri()}")
    return 0


def page(name: str) -> int:
    """Builds one page on its own into `_build/page`; links to other pages stay dead there."""
    path = next((p for p in (ROOT / name, ROOT / f"{name}.ipynb", ROOT / f"{name}.md") if p.is_file()), None)
    if path is None:
        print(f"there is no page {name}; give its path, such as chapters/energy/….ipynb", file=sys.stderr)
        return 2
    document = path.relative_to(ROOT).with_suffix("").as_posix()
    work = BUILD / "page" / document.replace("/", "-")
    work.mkdir(parents=True, exist_ok=True)
    (work / "_toc.yml").write_text(f"format: jb-book\nroot: {document}\n", encoding="utf-8")
    status = build(work, work / "_toc.yml", suppress_warnings=["myst.domains", *OTHER_PAGES])
    if not status:
        print(f"\nThe page is ready: {(work / 'html' / document).with_suffix('.html').as_uri()}")
    return status


def serve(port: int) -> None:
    """Serves `_build/html` to this computer alone and opens it in the browser, until interrupted."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(BUILD / "html"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"Serving the book at {address} (Ctrl-C stops)", flush=True)
        threading.Timer(0.5, webbrowser.open, [address]).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


def main() -> int:
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(description="Build the book, or one page of it.")
    parser.add_argument("--page", help="build this page alone, such as chapters/vae/variational-autoencoders.ipynb")
    parser.add_argument("--serve", action="store_true", help="serve the finished book and open it in the browser")
    parser.add_argument("--port", type=int, default=0, help="port to serve at; any free one by default")
    options = parser.parse_args()
    start = time.monotonic()
    prepare()
    with alone():
        status = page(options.page) if options.page else book()
    print(f"{time.monotonic() - start:.0f} s", flush=True)
    if options.serve and not status:
        serve(options.port)
    return status


if __name__ == "__main__":
    sys.exit(main())
