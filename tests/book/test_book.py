"""The book's own machinery: what makes a page run again, what a failure says, what the reference lists."""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))
pytest.importorskip("sphinx", reason="the book's tools are not installed")

import build  # noqa: E402
import lock  # noqa: E402
import stamp  # noqa: E402
from book_build import dependencies, icons, reference, running  # noqa: E402


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small library: a imports b relatively, c stands alone, d is a package of two rooms that passes names on."""
    package = tmp_path / "genlib"
    sources = {
        "__init__.py": "",
        "a.py": "from .b import thing\n",
        "b.py": "thing = 1\n",
        "c.py": "",
        "d/__init__.py": "from genlib.d.one import One\nfrom genlib.d.two import Two\ndef own(): import genlib.c\n",
        "d/base.py": "",
        "d/one/__init__.py": "from genlib.d import base\nclass One: pass\n",
        "d/one/view.js": "1",
        "d/one/pictures/far.bin": "2",
        "d/two/__init__.py": "import genlib.a\nclass Two: words = ('view.js', 'one', 'shared.js')\n",
        "d/two/view.js": "3",
        "d/js/shared.js": "4",
        "d/weights": "5",
    }
    for name, text in sources.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(dependencies, "ROOT", tmp_path)
    return package


BESIDE = {"d/__init__.py", "d/js/shared.js", "d/weights"}
ONE = BESIDE | {"d/base.py", "d/one/__init__.py", "d/one/view.js", "d/one/pictures/far.bin"}
TWO = {"d/__init__.py", "d/two/__init__.py", "d/two/view.js", "a.py", "b.py"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from genlib import a", {"a.py", "b.py"}),
        ("from genlib.a import thing", {"a.py", "b.py"}),
        ("import genlib.c as c", {"c.py"}),
        ("from genlib.d import One", ONE),
        ("from genlib.d.one import One", ONE),
        ("from genlib.d import Two", TWO),
        ("from genlib.d import own", ONE | TWO | {"c.py"}),
        ("from genlib import d", ONE | TWO | {"c.py"}),
        ("from genlib import (", ONE | TWO | {"c.py"}),
    ],
)
def test_dependencies(library: Path, source: str, expected: set[str]) -> None:
    found = {path.relative_to(library).as_posix() for path in dependencies.dependencies(source)}
    assert found == expected | {"__init__.py"} | ({"c.py"} if source.endswith("(") else set())


def test_what_imports_nothing_depends_on_nothing(library: Path) -> None:
    assert dependencies.dependencies("%pip list\nimport torch") == []


CHANGES = [
    ("b.py", ["a", "d.Two"]),
    ("c.py", ["c"]),
    ("d/one/view.js", ["d.One"]),
    ("d/one/pictures/far.bin", ["d.One"]),
    ("d/two/view.js", ["d.Two"]),
    ("d/js/shared.js", ["d.One"]),
    ("d/weights", ["d.One"]),
    ("__init__.py", ["a", "c", "d.One", "d.Two"]),
]
PAGES = {"a": "import genlib.a", "c": "import genlib.c", "none": "import torch"}
PAGES |= {f"d.{name}": f"from genlib.d import {name}" for name in ("One", "Two")}


@pytest.mark.parametrize(("changed", "stale"), CHANGES)
def test_a_change_makes_exactly_its_importers_stale(library: Path, changed: str, stale: list[str]) -> None:
    """Their cells run again, or where it is a widget's code that has changed their pages are written again."""
    keys = (dependencies.key, dependencies.look)
    before = [{name: key(source) for name, source in PAGES.items()} for key in keys]
    (library / changed).write_text("changed = 2\n")
    now = [{name: key(source) for name, source in PAGES.items()} for key in keys]
    cells, looks = (sorted(name for name in PAGES if a[name] != b[name]) for a, b in zip(before, now, strict=True))
    assert (cells, looks) == (([], stale) if changed.endswith(".js") else (stale, []))


@pytest.mark.slow
def test_an_edit_of_a_widgets_code_runs_no_chapter_of_this_book() -> None:
    """Every chapter's key, before and after an edit of every script and style in the library."""
    chapters = sorted((ROOT / "chapters").glob("*/*.ipynb"))
    rests = {path: dependencies.dependencies(dependencies.code(nbformat.read(path, 4))) for path in chapters}
    drawn = {path: [file for file in files if file.suffix in (".js", ".css")] for path, files in rests.items()}
    assert sum(bool(files) for files in drawn.values()) >= 7
    read = Path.read_bytes
    for path, files in drawn.items():
        source = dependencies.code(nbformat.read(path, 4))
        before = dependencies.key(source), dependencies.look(source)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda file, files=files: read(file) + b" " * (file in files))
            after = dependencies.key(source), dependencies.look(source)
        assert after[0] == before[0], path
        assert (after[1] == before[1]) == (not files), path


@pytest.mark.parametrize(("changed", "stale"), CHANGES)
def test_what_rests_on_a_change_is_what_runs_again(library: Path, changed: str, stale: list[str]) -> None:
    sources = {library.parent / f"{name}.py": text for name, text in PAGES.items()}
    for path, text in sources.items():
        path.write_text(text)
    assert sorted(path.stem for path in dependencies.resting_on([library / changed], sources)) == stale
    page = library.parent / "none.py"
    assert dependencies.resting_on([page], sources) == [page]


@pytest.mark.parametrize("gone", ["b.py", "c.py", "d/weights"])
def test_what_is_gone_touches_all_that_rests_on_the_library(library: Path, gone: str) -> None:
    for name in ("c", "none"):
        (library.parent / f"{name}.py").write_text(PAGES[name])
    (library / gone).unlink()
    found = dependencies.resting_on([library / gone], sorted(library.parent.glob("*.py")))
    assert [path.stem for path in found] == ["c"]


def test_the_key_is_part_of_what_the_cache_compares(library: Path) -> None:
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("from genlib import a")]))
    before = running.read(text).metadata.kernelspec["genlib"]
    (library / "b.py").write_text("thing = 2\n")
    assert running.read(text).metadata.kernelspec["genlib"] != before


def test_a_failure_names_chapter_cell_and_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ROOT", tmp_path)
    path = tmp_path / "rbm.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in ("x = 1", "y = 2", "1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    rule = "-" * 18
    trace = f"An error occurred:\n{rule}\n1 / 0\n{rule}\n\n\x1b[31mZeroDivisionError\x1b[39m: division by zero\n"
    told = running.describe(path, trace).splitlines()
    assert told == ["FAILED rbm.ipynb, cell 3 of 3: ZeroDivisionError: division by zero", "    1 / 0"]


def test_what_a_kernel_sends_in_pieces_is_shown_as_it_was_printed() -> None:
    pieces = [("stdout", "a test digit"), ("stdout", ": -17.9"), ("stderr", "slow"), ("stdout", "\na coin: -44.4\n")]
    outputs = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in pieces]
    shown = running.whole_streams(outputs)
    assert [(each.name, each.text) for each in shown] == [
        ("stdout", "a test digit: -17.9\na coin: -44.4\n"),
        ("stderr", "slow\n"),
    ]
    assert [each.text for each in outputs] == [text for _, text in pieces]
    picture = nbformat.v4.new_output("display_data", data={"text/plain": "a picture"})
    assert running.whole_streams([outputs[0], picture]) == [{**outputs[0], "text": "a test digit\n"}, picture]


def test_publishing_replaces_the_site_whole(tmp_path: Path) -> None:
    site, target = tmp_path / "work", tmp_path / "html"
    (site / "reports").mkdir(parents=True)
    (site / "new.html").write_text("new")
    target.mkdir()
    (target / "old.html").write_text("old")
    build.publish(site, target)
    assert [p.name for p in target.iterdir()] == ["new.html"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html", "work"]


def test_docstrings_are_markdown_where_they_quote() -> None:
    lines = ["Draws `x` from $p(x)$, see :func:`abs`.", "", "    >>> `x`, '$'", "    1", "", "$$", "a = b", "$$"]
    reference.markdown_to_rest(None, "function", "f", None, None, lines)
    assert lines[0] == "Draws ``x`` from :math:`p(x)`, see :func:`abs`."
    assert lines[2:4] == ["    >>> `x`, '$'", "    1"]
    assert [line for line in lines[4:] if line.strip()] == [".. math::", "   a = b"]
    quoted = ["It takes `[1,", "2]`, and `None`.", "", "A ` alone.", "", "And another `."]
    reference.markdown_to_rest(None, "function", "f", None, None, quoted)
    assert quoted == ["It takes ``[1, 2]``, and ``None``.", "", "A ` alone.", "", "And another `."]


def test_what_is_said_of_an_attribute_is_no_type() -> None:
    from sphinx.ext.napoleon import Config, GoogleDocstring

    lines = ["Hidden unit that is looked at: a row of W."]
    reference.markdown_to_rest(None, "attribute", "f", None, None, lines)
    made = GoogleDocstring(lines, Config(), what="attribute").lines()
    assert [line for line in made if line] == ["Hidden unit that is looked at: a row of W."]


def test_no_two_references_are_cited_alike() -> None:
    """They would stand side by side as the same author and year: 2016a and 2016b tell them apart."""
    from pybtex.database import parse_file

    entries = parse_file(str(ROOT / "references.bib")).entries.values()
    said = []
    for entry in entries:
        names = [" ".join([*person.prelast_names, *person.last_names]) for person in entry.persons["author"]]
        said.append((names if len(names) < 3 else [names[0], "et al."], entry.fields["year"]))
    assert not [each for each in said if said.count(each) > 1]


def test_icons_are_cut_to_those_in_use(tmp_path: Path) -> None:
    drawing = '"{}":[16,16,[],"f000","M0 0h1"]'
    gap = "/" * 200
    sets = [["github"], ["sun"], ["bars", "sun", "moon"]]
    script = gap.join(",".join(drawing.format(name) for name in names) for names in sets)
    (tmp_path / "theme.js").write_text(script)
    (tmp_path / "_static" / "scripts").mkdir(parents=True)
    (tmp_path / "index.html").write_text('<i class="fa-solid fa-bars fa-lg"></i><i class="fab fa-github"></i>')
    icons.shrink(tmp_path / "theme.js", tmp_path)
    small = (tmp_path / "_static" / "scripts" / "fontawesome.js").read_text()
    assert '"fas fa-bars"' in small
    assert '"fab fa-github"' in small
    assert "fa-moon" not in small


def test_icons_refuse_a_script_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="holds 1 sets"):
        icons.drawings('{"bars":[16,16,[],"f000","M0 0h1"]}')


def test_lock_drops_cuda_and_build_labels() -> None:
    frozen = ["torch==2.13.0+cpu", "triton==3", "nvidia-x==1", "a-b==1.0.post1"]
    assert lock.pins(frozen) == ["a-b==1.0.post1", "torch==2.13.0"]
    with pytest.raises(ValueError, match="expected name==version"):
        lock.pins(["-e /somewhere"])


def test_every_file_is_stamped() -> None:
    command = [sys.executable, str(ROOT / "book" / "stamp.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_stamping_is_idempotent_and_keeps_the_text() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A title\n\nFirst words.")])
    path = Path("chapters/vae/x.ipynb")
    stamp.stamp_notebook(notebook, path)
    once = [cell.source for cell in notebook.cells]
    stamp.stamp_notebook(notebook, path)
    assert [cell.source for cell in notebook.cells] == once
    assert once[0].startswith("# A title\n\n[Open this chapter in Colab](https://colab.research.google.com/github/")
    assert once[0].endswith("/chapters/vae/x.ipynb)\n\nFirst words.")
    compile(once[1], "bootstrap", "exec")


def test_labs_open_as_students_get_them() -> None:
    """The source lies on the main branch, with its solutions; nobody is sent there by a link."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A lab\n\nFirst words.")])
    stamp.stamp_notebook(notebook, Path("labs/x/x.ipynb"))
    assert "[Open this lab in Colab](https://colab.research.google.com/github/" in notebook.cells[0].source
    assert "/blob/labs/x.ipynb)" in notebook.cells[0].source


def test_the_page_of_labs_follows_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / "labs" / "index.md"
    monkeypatch.setattr(stamp, "settings", lambda: ("https://github.com/someone/else", "main"))
    links = re.findall(r"https://(?:colab\.research\.google\.com/)?github(?:\.com)?/[^/)]+/[^/)]+", stamp.stamped(page))
    assert len(links) >= 2
    assert {link.split("github")[1].removeprefix(".com") for link in links} == {"/someone/else"}


def test_every_lab_has_its_section() -> None:
    text = (ROOT / "labs" / "index.md").read_text("utf-8")
    for lab in (path.stem for path in (ROOT / "labs").glob("*/*.ipynb") if path.stem == path.parent.name):
        assert f"blob/{stamp.STUDENTS}/{lab}.ipynb)" in text
        assert f"/releases/latest/download/{lab}.ipynb)" in text


def test_stamping_wants_a_title() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    with pytest.raises(ValueError, match="expected a Markdown cell with a title"):
        stamp.stamp_notebook(notebook, Path("chapters/x.ipynb"))


def test_bootstrap_does_nothing_here() -> None:
    before = set(sys.modules)
    exec(compile(stamp.bootstrap("https://nowhere.invalid/x"), "bootstrap", "exec"), {})
    assert not {name for name in set(sys.modules) - before if name.startswith("genlib")}


@pytest.mark.parametrize("name", ["README.md", "api.md"])
def test_examples_in_the_texts_run(name: str) -> None:
    examples = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), flags=re.DOTALL)
    assert examples
    torch.set_default_dtype(torch.float32)
    for example in examples:
        exec(compile(example, name, "exec"), {})


@pytest.mark.parametrize("name", dependencies.modules())
def test_every_public_name_is_documented(name: str) -> None:
    module = importlib.import_module(f"genlib.{name}")
    assert inspect.getdoc(module)
    for text in (inspect.getdoc(getattr(module, name)) for name in reference.public(module)):
        assert text
        assert not re.search(r"^Source: .*\n +\S", text, re.MULTILINE), "a source whose second line makes it a term"
