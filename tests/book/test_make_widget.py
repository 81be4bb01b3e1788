"""`make widget`: the page of one widget, which is new as soon as a file has changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))
pytest.importorskip("sphinx", reason="the book's tools are not installed")

import widget  # noqa: E402
from book_build import widgets as book_widgets  # noqa: E402

from genlib.energy import RBM  # noqa: E402
from genlib.widgets import GibbsChain  # noqa: E402
from genlib.widgets import __all__ as names  # noqa: E402


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the widgets' sources, which the page is written from."""
    shutil.copytree(ROOT / "genlib/widgets", tmp_path / "genlib/widgets")
    monkeypatch.setattr(widget, "WIDGETS", tmp_path / "genlib/widgets")
    monkeypatch.setattr(book_widgets, "WIDGETS", tmp_path / "genlib/widgets")
    monkeypatch.setattr(book_widgets, "ROOT", tmp_path)
    return tmp_path / "genlib/widgets"


@pytest.fixture
def address() -> Iterator[str]:
    with widget.server(lambda: GibbsChain(RBM(9, 2))) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()


def read(address: str) -> str:
    with urlopen(address) as answer:
        return answer.read().decode()


def test_the_page_is_new_when_a_file_has_changed(files: Path, address: str) -> None:
    before = read(f"{address}stamp")
    assert f'const seen = "{before}"' in read(address)
    assert read(f"{address}stamp") == before
    view = files / "gibbs_chain/view.js"
    view.write_text(view.read_text("utf-8").replace("Free energy over time", "A curve"), "utf-8")
    assert read(f"{address}stamp") != before
    assert "A curve" in read(address)
    assert 'data-theme="dark"' in read(f"{address}?dark")


def test_what_cannot_be_joined_stands_in_the_page_and_goes_when_it_is_mended(files: Path, address: str) -> None:
    view = files / "gibbs_chain/view.js"
    text = view.read_text("utf-8")
    view.write_text(text.replace("export function", "export default function", 1), "utf-8")
    page = read(address)
    assert "gibbs_chain/view.js:" in page
    assert "const seen" in page
    view.write_text(text, "utf-8")
    assert "widget-state+json" in read(address)


def test_every_widget_can_be_shown_alone() -> None:
    rooms = {path.parent.name for path in (ROOT / "genlib/widgets").glob("*/index.js")}
    assert {name.replace("-", "_") for name in widget.names()} == rooms
    for name in ("boltzmann-bars", "gan-lab", "tiny-world"):
        assert type(widget.example(name)).__name__ in names


def test_an_unknown_name_is_answered_with_those_that_there_are() -> None:
    asked = subprocess.run([sys.executable, str(ROOT / "book/widget.py"), "gibs"], capture_output=True, text=True)
    assert asked.returncode == 2
    assert "say which: annealing, boltzmann-bars" in asked.stderr
