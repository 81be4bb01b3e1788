"""The whole build on a small book of two chapters: what it runs again, and what never takes a good site's place."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupyter_book", reason="the book's tools are not installed")
pytestmark = pytest.mark.slow


class Book:
    """A book in a folder of its own, with chapters `one` and `two` that show `genlib.one` and `genlib.two`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site = folder, folder / "_build" / "html"
        shutil.copytree(ROOT / "book", folder / "book", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("_config.yml", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
        (folder / "genlib").mkdir()
        for name in ("one", "two"):
            self.chapter(name, f"from genlib import {name}\nprint('value', {name}.value)")
        files = {
            "genlib/__init__.py": '__version__ = "9.9"\n',
            "genlib/one.py": "value = 100 + 1\n",
            "genlib/two.py": "value = 200 + 2\n",
            "intro.md": "# A book\n",
            "references.bib": "",
            "_toc.yml": "format: jb-book\nroot: intro\nchapters: [{file: one}, {file: two}]\n",
        }
        for name, text in files.items():
            (folder / name).write_text(text)

    def chapter(self, name: str, source: str) -> None:
        cells = [nbformat.v4.new_markdown_cell(f"# {name}", id="title"), nbformat.v4.new_code_cell(source, id="code")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), self.folder / f"{name}.ipynb")

    def build(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.folder / "book" / "build.py"), *options]
        environment = {**os.environ, "PYTHONPATH": ""}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)

    def page(self, name: str) -> str:
        return (self.site / f"{name}.html").read_text("utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book(tmp_path_factory.mktemp("book"))


def ran(finished: subprocess.CompletedProcess[str]) -> list[str]:
    """Returns the chapters that were executed, rather than read from the cache."""
    return [line.split()[0] for line in finished.stdout.splitlines() if " ran in " in line]


def test_the_life_of_a_book(book: Book) -> None:
    first = book.build()
    assert first.returncode == 0, first.stderr
    assert sorted(ran(first)) == ["one", "two"]
    assert book.site.joinpath("index.html").as_uri() in first.stdout
    assert "value 101" in book.page("one")
    assert "with genlib 9.9 on" in book.page("one")

    assert ran(book.build()) == []

    (book.folder / "genlib" / "two.py").write_text("value = 300 + 3\n")
    changed = book.build()
    assert ran(changed) == ["two"]
    assert "value 303" in book.page("two")

    book.chapter("one", "x = 1\nraise ValueError('no such state')")
    (book.folder / "genlib" / "two.py").write_text("value = 400 + 4\n")
    for others in (["two"], []):
        failed = book.build()
        assert failed.returncode != 0
        assert ran(failed) == others
        assert "FAILED one.ipynb, cell 2 of 2: ValueError: no such state" in failed.stderr
        assert "value 101" in book.page("one")

    book.chapter("one", "print('mended')")
    mended = book.build()
    assert mended.returncode == 0, mended.stderr
    assert "mended" in book.page("one")

    (book.folder / "intro.md").write_text("# A book\n\nSee {ref}`nowhere`.\n")
    for _ in range(2):
        warned = book.build()
        assert warned.returncode != 0
        assert "nowhere" in warned.stderr
        assert "nowhere" not in book.page("intro")

    (book.folder / "intro.md").write_text("# A book\n")
    (book.folder / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters: [{file: two}]\n")
    assert book.build().returncode == 0
    assert not (book.site / "one.html").exists()


WIDGET = """
import sys
from pathlib import Path
import anywidget
import traitlets
from genlib.widgets.modules import sources

class Toy(anywidget.AnyWidget):
    _esm, _css = sources(Path(__file__).parent, Path(__file__).parents[1])
    network = traitlets.Bytes(bytes(range(100))).tag(sync=True)
"""


def test_new_code_of_a_widget_runs_no_chapter_and_is_in_the_page(book: Book) -> None:
    files = {
        "__init__.py": "",
        "modules.py": (ROOT / "genlib/widgets/modules.py").read_text("utf-8"),
        "js/style.css": "",
        "toy/__init__.py": WIDGET,
        "toy/index.js": "export const widget = { words: 'first' };\n",
        "toy/style.css": "",
    }
    for name, text in files.items():
        path = book.folder / "genlib/widgets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    book.chapter("two", "from IPython.display import display\nfrom genlib.widgets import toy\nfor _ in range(2):\n"
                        "    display(toy.Toy())")  # fmt: skip
    first = book.build()
    assert first.returncode == 0, first.stderr
    assert ran(first) == ["two"]
    page = book.page("two")
    assert page.count("words: 'first'") == page.count("AAECAwQFBgcICQoLDA0ODxAREhMU") == 1

    (book.folder / "genlib/widgets/toy/index.js").write_text("export const widget = { words: 'second' };\n")
    again = book.build()
    assert again.returncode == 0, again.stderr
    assert ran(again) == []
    assert "words: 'second'" in book.page("two")
    assert "words: 'first'" not in book.page("two")

    (book.folder / "genlib/widgets/toy/__init__.py").write_text(f"{WIDGET}\nother = 1\n")
    assert ran(book.build()) == ["two"]
    shutil.rmtree(book.folder / "genlib/widgets")
    book.chapter("two", "from genlib import two\nprint('value', two.value)")


def test_one_page_alone(book: Book) -> None:
    built = book.build("--page", "two.ipynb")
    assert built.returncode == 0, built.stderr
    assert "value" in (book.folder / "_build" / "page" / "two" / "html" / "two.html").read_text("utf-8")
    unknown = book.build("--page", "three")
    assert unknown.returncode == 2
    assert "there is no page three" in unknown.stderr


def test_an_error_inside_a_widget_is_found(book: Book) -> None:
    hidden = "import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    1 / 0\nout"
    book.chapter("two", hidden)
    built = book.build()
    assert built.returncode != 0
    assert "an error is hidden inside a widget's output" in built.stderr


def test_words_on_stderr_are_errors(book: Book) -> None:
    book.chapter("two", "import sys\nprint('careful', file=sys.stderr)")
    built = book.build()
    assert built.returncode != 0
    assert "stderr was found" in built.stderr


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core runs one chapter at a time")
def test_chapters_run_side_by_side(book: Book) -> None:
    (book.folder / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters: [{file: one}, {file: two}]\n")
    wait = """
        import pathlib, time
        pathlib.Path({own!r}).touch()
        deadline = time.monotonic() + 30
        while not pathlib.Path({other!r}).exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert time.monotonic() < deadline, "the other chapter has not begun"
    """
    for own, other in (("one", "two"), ("two", "one")):
        book.chapter(own, textwrap.dedent(wait).format(own=f"{own}.begun", other=f"{other}.begun"))
    built = book.build()
    assert built.returncode == 0, built.stderr
    assert sorted(ran(built)) == ["one", "two"]


def test_an_interrupted_build_waits_for_no_chapter(book: Book) -> None:
    (book.folder / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters: [{file: one}, {file: two}]\n")
    for name in ("one", "two"):
        book.chapter(name, f"import pathlib, time\npathlib.Path('{name}.asleep').touch()\ntime.sleep(100)")
    command = [sys.executable, str(book.folder / "book" / "build.py")]
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), "stdout": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=book.folder, stderr=subprocess.DEVNULL, **heard) as building:
        deadline = time.monotonic() + 60
        while not any(book.folder.glob("*.asleep")) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert any(book.folder.glob("*.asleep"))
        building.send_signal(signal.SIGINT)
        assert building.wait(60) != 0
