"""An environment with the versions that Colab has, and a way to run a notebook alone in it.

It is made once for each set of pins, in `_build/colab`, with the Python that runs the tests. Of that one's packages it
sees torch alone, linked in because it is so large; all else comes from pip.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import importlib.metadata as metadata
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.output_widget import OutputWidget
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PINS = {
    "anywidget": "0.9.21",
    "ipykernel": "6.17.1",
    "ipython": "7.34.0",
    "ipywidgets": "7.7.1",
    "matplotlib": "3.10.0",
    "notebook": "6.5.7",
    "numpy": "2.1.3",
    "pooch": "1.9.0",
    "safetensors": "0.8.0",
    "scikit-learn": "1.6.1",
    "traitlets": "5.7.1",
    "widgetsnbextension": "3.6.10",
}
HUGE = re.compile(r"torch$|nvidia|cuda|triton")


def environment() -> Path:
    """Returns the environment's Python; makes the environment first where it is missing or its pins have changed."""
    large, small = _torch()
    wanted = [f"{name}=={version}" for name, version in PINS.items()] + small
    key = hashlib.sha256("\n".join([sys.version, *large, *wanted]).encode()).hexdigest()[:12]
    folder = ROOT / "_build" / "colab" / key
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check"]
        subprocess.run([*pip, *wanted], check=True)
        _link(large, python)
        (folder / ".ready").touch()
    return python


def _torch() -> tuple[list[str], list[str]]:
    """Returns what torch consists of and needs here: distributions too large to install twice, and the others' pins."""
    found, waiting = set[str](), ["torch"]
    while waiting:
        name = waiting.pop()
        found.add(name)
        needs = [Requirement(line) for line in metadata.requires(name) or []]
        names = {need.name.lower() for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})}
        waiting += sorted(names - found)
    large = sorted(name for name in found if HUGE.match(name))
    return large, sorted(f"{name}=={metadata.version(name)}" for name in found.difference(large, PINS))


def _link(distributions: list[str], python: Path) -> None:
    """Puts links to the folders and files of installed distributions into another environment."""
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    there = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    for name in distributions:
        distribution = metadata.distribution(name)
        tops = {path.parts[0] for path in distribution.files or [] if path.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            if not (there / top).exists():
                (there / top).symlink_to(Path(str(distribution.locate_file(top))).resolve())


def freeze(python: Path) -> set[str]:
    """Returns what is installed, one line each."""
    command = [str(python), "-m", "pip", "freeze", "--all", "--disable-pip-version-check"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True, env=_clean()).stdout.splitlines())


def install_stranger(python: Path, folder: Path) -> None:
    """Installs a package of another author whose name is `genlib`, as the registry has one."""
    folder.mkdir()
    wheel = folder / "genlib-9.0-py3-none-any.whl"
    facts = "genlib-9.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("genlib/__init__.py", "STRANGER = True\n")
        archive.writestr("genlib/energy.py", "raise RuntimeError('not the energy you mean')\n")
        archive.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: genlib\nVersion: 9.0\n")
        archive.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{facts}/RECORD", "".join(f"{name},,\n" for name in [*archive.namelist(), f"{facts}/RECORD"]))
    pip = [str(python), "-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check", "--force-reinstall"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)


@contextmanager
def public_repository(folder: Path) -> Iterator[str]:
    """Yields the address of a repository of the working tree, tagged with its version, as it would be published."""
    copy, bare = folder / "copy", folder / "course.git"
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", at=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    version = re.search(r'^__version__ = "(.+)"', (ROOT / "genlib/__init__.py").read_text("utf-8"), re.MULTILINE)
    assert version
    _git("init", "--quiet", at=copy)
    _git("add", "--all", "--force", at=copy)
    _git("-c", "user.name=A", "-c", "user.email=a@b.invalid", "commit", "--quiet", "--message", "As it is", at=copy)
    _git("tag", f"v{version[1]}", at=copy)
    _git("clone", "--quiet", "--bare", str(copy), str(bare), at=folder)
    _git("update-server-info", at=bare)

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{bare.name}"
        server.shutdown()


def _git(*arguments: str, at: Path) -> str:
    return subprocess.run(["git", *arguments], cwd=at, check=True, capture_output=True, text=True).stdout


class Listener(OutputWidget):
    """Keeps what an output widget catches.

    It does not tell the kernel: to send while a reply is awaited on the same socket can lose the reply's signal, and
    the cell then lasts until its time is over.
    """

    def sync_state(self) -> None:
        pass


class Run:
    """A notebook as it came out of a run, with the seconds to its first result, to its end, and of processor time.

    Other programs lengthen the first two. The last one, of the kernel and of pip inside it, is the chapter's own.
    """

    def __init__(
        self, notebook: nbformat.NotebookNode, python: Path, folder: Path, repository: str, *, in_colab: bool = True
    ) -> None:
        self.notebook, self.first, self._start = notebook, 0.0, time.monotonic()
        home = Path(tempfile.mkdtemp(prefix="home-", dir=folder.parent))
        manager = AsyncKernelManager(kernel_name="colab", kernel_spec_manager=_kernels(home, python))
        client = NotebookClient(notebook, km=manager, timeout=300, on_cell_executed=self._note)
        client.widget_registry = {"@jupyter-widgets/output": {"OutputModel": Listener}}
        own = {"GENLIB_REPOSITORY": repository, "IPYTHONDIR": str(home / "ipython")}
        own |= {"GENLIB_COLAB": "1"} if in_colab else {}
        own["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            client.execute(cwd=str(folder), env={**_clean(), **own})
        finally:
            run_sync(manager.shutdown_kernel)(now=True)
        self.seconds, after = time.monotonic() - self._start, resource.getrusage(resource.RUSAGE_CHILDREN)
        self.processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def _note(self, cell: nbformat.NotebookNode, **_: object) -> None:
        if not self.first and cell.get("outputs") and not _bootstraps(cell):
            self.first = time.monotonic() - self._start

    @property
    def widgets(self) -> list[dict[str, object]]:
        """The state of every widget of the notebook."""
        saved = self.notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
        return [entry["state"] for entry in saved.get("state", {}).values()]

    def problems(self) -> list[str]:
        """Returns what went wrong without stopping the run: errors inside widgets, and words on standard error."""
        cells = [cell for cell in self.notebook.cells if cell.cell_type == "code" and not _bootstraps(cell)]
        caught = [output for state in self.widgets for output in state.get("outputs") or []]
        outputs = [output for cell in cells for output in cell.outputs] + caught
        errors = [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]
        return errors + [f"stderr: {o['text']}" for o in outputs if o.get("name") == "stderr"]


def _kernels(home: Path, python: Path) -> KernelSpecManager:
    """Writes down how the environment's kernel is started, and nothing else where kernels are looked for."""
    (home / "colab").mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Colab", "language": "python"}
    (home / "colab" / "kernel.json").write_text(json.dumps(spec))
    return KernelSpecManager(kernel_dirs=[str(home)], ensure_native_kernel=False)


def _bootstraps(cell: nbformat.NotebookNode) -> bool:
    return "bootstrap" in cell.metadata.get("tags", [])


def _clean() -> dict[str, str]:
    """The variables of the environment, without those that would let a kernel see this repository or its settings."""
    hidden = ("PYTHON", "GENLIB", "JUPYTER", "VIRTUAL_ENV", "NVIDIA_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
