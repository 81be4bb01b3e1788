"""A JupyterLab of its own, and notebooks in it that a browser drives as a reader would.

    with jupyterlab(folder) as address, opened(browser, address, write(folder / "x.ipynb", cells)) as notebook:
        notebook.run_all()
        notebook.page.get_by_role("button", name="Step").press("Enter")
        notebook.until("chain.sweep", 1)

Settings, workspaces, kernels and history lie in the folder: nothing of the machine's own Jupyter is read or changed.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route

ROOT = Path(__file__).parents[2]
IDLE = "() => globalThis.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
RUN = """async ([index, source]) => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    notebook.activeCell.model.sharedModel.setSource(source);
    await jupyterapp.commands.execute("notebook:run-cell");
    return notebook.activeCell.model.outputs.toJSON();
}"""
OUTPUTS = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter((cell) => cell.model.type === "code").flatMap((cell) => cell.model.outputs.toJSON())"""
PICTURE = """(canvas, colour) => {
    const style = getComputedStyle(canvas.closest(".genlib"));
    const hex = (name) => style.getPropertyValue(`--genlib-${name}`).trim();
    const rgb = (name) => [1, 3, 5].map((at) => parseInt(hex(name).slice(at, at + 2), 16));
    const [paper, ink] = [rgb("paper"), rgb(colour)], span = ink.map((value, i) => Math.abs(value - paper[i]));
    const k = span.indexOf(Math.max(...span)), { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return Array.from({ length: width * height }, (_, i) => (data[4 * i + k] - paper[k]) / (ink[k] - paper[k]));
}"""


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Starts JupyterLab on the folder, on this machine only, and yields its address, which holds the token."""
    home = folder / ".jupyter"
    names = (
        "JUPYTER_CONFIG",
        "JUPYTER_DATA",
        "JUPYTER_RUNTIME",
        "JUPYTERLAB_SETTINGS",
        "JUPYTERLAB_WORKSPACES",
        "IPYTHON",
    )
    folders = {f"{name}{'' if name == 'IPYTHON' else '_'}DIR": str(home / name.lower()) for name in names}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    environment |= {**folders, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    token, log = secrets.token_hex(16), home / "server.log"
    settings = {
        "ip": "127.0.0.1",
        "port": _free_port(),
        "IdentityProvider.token": token,
        "ServerApp.root_dir": folder,
        "LabApp.extension_manager": "readonly",
        "LabApp.news_url": "",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--{name}={value}" for name, value in settings.items()]
    home.mkdir()
    with log.open("w") as words, subprocess.Popen(command, env=environment, stdout=words, stderr=words) as server:
        try:
            yield f"{_address(Path(folders['JUPYTER_RUNTIME_DIR']), server, log)}lab/tree/{{}}?token={token}&reset"
        finally:
            server.terminate()
    assert "Traceback" not in log.read_text(), log.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _address(runtime: Path, server: subprocess.Popen[bytes], log: Path) -> str:
    """Returns the address that the server has written down; the port is the next one where ours was taken."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        for written in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(written.read_text())["url"]
            except json.JSONDecodeError:
                continue
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


def write(path: Path, *cells: str) -> Path:
    """Writes a notebook of these code cells, and an empty one at its end that `Notebook.run` uses."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (*cells, "")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page, cells: int) -> None:
        self.page, self.cells = page, cells

    def run_all(self) -> None:
        """Runs every cell and waits for the widget."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        _printed(self.page.evaluate(OUTPUTS))
        self.page.locator(".jp-OutputArea .genlib").first.wait_for(timeout=60_000)

    def run(self, source: str) -> str:
        """Runs Python in the last cell and returns what it printed."""
        return _printed(self.page.evaluate(RUN, [self.cells - 1, source]))

    def value(self, expression: str) -> Any:
        """Returns the value of a Python expression, which prints as JSON."""
        return json.loads(self.run(f"import json\nprint(json.dumps({expression}))"))

    def until(self, expression: str, expected: object) -> None:
        """Waits until a Python expression has this value: what the page sends takes a moment."""
        end = time.monotonic() + 20
        while (got := self.value(expression)) != expected:
            assert time.monotonic() < end, f"{expression} is {got}, expected {expected}"
            self.page.wait_for_timeout(200)

    def settle(self) -> None:
        """Waits until what the page has done is in Python: messages go out at most 5 times a second."""
        self.page.wait_for_timeout(600)

    def press(self, control: Locator, *keys: str) -> None:
        """Gives a control the keyboard and presses keys; the notebook must not take them for its own."""
        active = "() => jupyterapp.shell.currentWidget.content.activeCellIndex"
        control.focus()
        before = self.page.evaluate(active)
        for key in keys:
            self.page.keyboard.press(key)
        assert self.page.evaluate(active) == before, f"{keys} moved the notebook to another cell"

    def picture(self, label: str, colour: str) -> list[float]:
        """Returns the numbers in [0, 1] that a picture of the widget shows, read from its pixels."""
        return self.page.locator(f'canvas[aria-label="{label}"]').evaluate(PICTURE, colour)


def _printed(outputs: list[dict[str, Any]]) -> str:
    """Returns what cells printed; an error or a warning is a failure."""
    for output in outputs:
        assert output["output_type"] != "error", f"{output['ename']}: {output['evalue']}"
        assert output.get("name") != "stderr", output["text"]
    return "".join("".join(output.get("text", "")) for output in outputs)


@contextmanager
def opened(browser: Browser, address: str, path: Path) -> Iterator[Notebook]:
    """Opens a notebook and waits for its kernel; fails on an error in the page, or a request to another host."""
    problems: list[str] = []
    home = address.split("/lab/")[0]

    def route(request: Route) -> None:
        if request.request.url.startswith((home, "data:", "blob:")):
            return request.continue_()
        problems.append(f"asked {request.request.url}")
        return request.abort()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"console error: {message.text} {message.location['url']}")

    context = browser.new_context(viewport={"width": 1400, "height": 2000})
    context.route("**/*", route)
    page = context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    page.on("websocket", lambda s: s.url.startswith(home.replace("http", "ws")) or problems.append(f"asked {s.url}"))
    page.goto(address.format(path.name))
    page.wait_for_function(IDLE, timeout=90_000)
    yield Notebook(page, len(nbformat.read(path, as_version=4).cells))
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    context.close()
    assert not problems, "\n".join(problems)
