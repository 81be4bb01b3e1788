"""One widget alone in a page, which follows the files as they change: `python book/widget.py gibbs-chain`.

The page is made as the book makes one, from what `example()` in `tests/widgets/<widget>/example.py` returns. It asks
four times a second whether a file has changed. New JavaScript or a new style reloads it at once; after an edit of
Python the program starts itself again, and the page waits for it. What cannot be joined stands in the page in words.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import html
import http.server
import os
import sys
import threading
import time
import traceback
import webbrowser
from collections.abc import Callable, Iterable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from ipywidgets import Widget

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "book")]

from book_build.widgets import HOST, WIDGETS, page_of  # noqa: E402

STARTED = time.time_ns()
EXAMPLES = ROOT / "tests" / "widgets"
FOLLOW = """<script>
  const seen = "STAMP";
  setInterval(async () => {
    const now = await fetch("/stamp").then((answer) => answer.text(), () => seen);
    if (now !== seen) location.reload();
  }, 250);
</script><style>
  body { max-width: 60rem; margin: 1rem auto; padding: 0 1rem; font-family: system-ui; background: Canvas; }
  h1 { display: none }
</style><a href="/">light</a> <a href="/?dark">dark</a>"""


def names() -> list[str]:
    """Returns what can be shown: the widgets that have an example."""
    return sorted(path.parent.name.replace("_", "-") for path in EXAMPLES.glob("*/example.py"))


def example(name: str) -> Widget:
    """Returns the widget that the example of this name makes."""
    path = EXAMPLES / name.replace("-", "_") / "example.py"
    spec = spec_from_file_location("example", path)
    assert spec and spec.loader  # noqa: PT018
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.example()


def stamp(files: Iterable[Path]) -> str:
    """Returns what is another text whenever one of these files has changed, has come or is gone."""
    told = sorted((str(path), path.stat().st_mtime_ns) for path in files if path.is_file())
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def drawn() -> list[Path]:
    """Returns the files that the page is written from."""
    return [HOST, *(path for kind in ("*.js", "*.css") for path in WIDGETS.rglob(kind))]


def version() -> str:
    """Returns what is another text whenever the page is another one: by its files, or by a new start."""
    return f"{STARTED}-{stamp(drawn())}"


def computed(name: str) -> list[Path]:
    """Returns the files that the widget's state may rest on."""
    return [*(ROOT / "genlib").rglob("*.py"), Path(__file__), EXAMPLES / name.replace("-", "_") / "example.py"]


def page(make: Callable[[], Widget], theme: str = "light") -> str:
    """Returns the page of a widget, or one that says what is wrong, which follows the files all the same."""
    follow = FOLLOW.replace("STAMP", version())
    try:
        return page_of(make(), theme=theme, head=follow)
    except Exception as error:
        said = str(error) if isinstance(error, ValueError) else traceback.format_exc()
        return f'<!doctype html><meta charset="utf-8">{follow}<pre>{html.escape(said)}</pre>'


def server(make: Callable[[], Widget], port: int = 0) -> http.server.ThreadingHTTPServer:
    """Returns a server for this computer alone: `/` is the page, `/?dark` it in the dark, `/stamp` its version."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = version() if self.path == "/stamp" else page(make, "dark" if "dark" in self.path else "light")
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(found.encode())

        def log_message(self, *words: object) -> None:
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)


def restart_on_change(name: str, port: int) -> None:
    """Starts this program again, at the same port, once Python has changed."""
    before = stamp(computed(name))
    while stamp(computed(name)) == before:
        threading.Event().wait(0.5)
    print("Python has changed: starting again", flush=True)
    os.execv(sys.executable, [sys.executable, __file__, name, "--port", str(port), "--quiet"])


def main() -> int:
    """Reads the command line and serves until interrupted."""
    parser = argparse.ArgumentParser(description="Show one widget alone, following the files as they change.")
    parser.add_argument("name", help="such as gibbs-chain", nargs="?", default="")
    parser.add_argument("--port", type=int, default=0, help="port to serve at; any free one by default")
    parser.add_argument("--quiet", action="store_true", help="open no browser")
    options = parser.parse_args()
    name = options.name.replace("_", "-")
    if name not in names():
        print(f"say which: {', '.join(names())}", file=sys.stderr)
        return 2
    made: list[Widget] = []

    def once() -> Widget:
        made[:] = made or [example(name)]
        return made[0]

    with server(once, options.port) as serving:
        address = f"http://127.0.0.1:{serving.server_port}/"
        print(f"{name} is at {address} (Ctrl-C stops)", flush=True)
        threading.Thread(target=restart_on_change, args=(name, serving.server_port), daemon=True).start()
        if not options.quiet:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        with contextlib.suppress(KeyboardInterrupt):
            serving.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
