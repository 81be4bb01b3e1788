"""Each notebook alone, in an empty folder, with Colab's versions and nothing of the course but its repository.

The first cell, which is the same in all, installs the library once; then the notebooks of each family begin with it,
go on to their parameters and imports, and import what their later cells do. One chapter and one lab run to their end,
all of them weekly: that their cells compute what they should is known from nbval, and what Colab's versions can break
are the first cell, imports and widgets, of which every kind is shown here.

Colab's Python is 3.13 and its torch a build for CUDA; here both are those at hand. A bare repository stands in for the
public one. What the browser half of Colab does is not tried.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import colab
import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

import genlib.widgets

sys.path.insert(0, str(colab.ROOT / "book"))
import stamp

pytestmark = pytest.mark.slow
NOTEBOOKS = [p for folder in ("chapters", "labs") for p in sorted((colab.ROOT / folder).rglob("*.ipynb"))]
NAME = stamp.distribution()
NOTEBOOKS = [p for p in NOTEBOOKS if ".ipynb_checkpoints" not in p.parts]
FAMILIES: dict[str, list[Path]] = {}
for path in NOTEBOOKS:
    kind, name, *_ = path.relative_to(colab.ROOT).parts
    FAMILIES.setdefault(name if kind == "chapters" else kind, []).append(path)
IN_WHOLE = {"units-that-are-not-binary", "boltzmann"}
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
today = [path for path in NOTEBOOKS if path.stem in IN_WHOLE or os.environ.get("GENLIB_WEEKLY")]

GOOGLE = """\
import sys, types
calls = []
google, inner, output = (types.ModuleType(name) for name in ("google", "google.colab", "google.colab.output"))
output.enable_custom_widget_manager = lambda: calls.append("enabled")
output._widgets = types.SimpleNamespace(_installed_url="https://example.invalid/manager.js")
google.colab, inner.output = inner, output
sys.modules |= {"google": google, "google.colab": inner, "google.colab.output": output}"""

MAKE = """\
import torch
from genlib.energy import RBM
from genlib.gan import NonSaturatingGAN
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.vae import VAE
from genlib.widgets import GANLab, GibbsChain, LatentExplorer
rbm, vae = RBM(64, 16), VAE(Gaussian(mlp(64, 32, 4)), Bernoulli(mlp(2, 32, 64)), latent=2)
gan = NonSaturatingGAN(mlp(2, 8, 2), mlp(2, 8, 1), latent=2)
chain, explorer, lab = GibbsChain(rbm), LatentExplorer(vae), GANLab(gan)
display(chain, explorer, lab)"""

# Every widget there is, as the table of bad input makes it.
SHOW = """\
import genlib.widgets
display(*(getattr(genlib.widgets, name)(**case.arguments()) for name, case in WIDGETS.items()))"""

# What a page sends: plain values, nested lists for tensors, and bytes apart from the rest.
SEND = """\
def send(widget, state, **binary):
    content = {"data": {"method": "update", "state": state, "buffer_paths": [[name] for name in binary]}}
    widget._handle_msg({"content": content, "buffers": [memoryview(value) for value in binary.values()]})
send(chain, {"k": 4, "sweep": 7, "x": [[1.0] * 64]})
send(explorer, {"z": [0.25, -1]})
send(lab, {"step_count": 3, "samples": [[0.5, 1.5]]}, generator_trained=bytes(len(lab.generator_trained)))
assert (chain.k, chain.sweep, chain.x.shape, chain.x.sum().item()) == (4, 7, (1, 64), 64)
assert rbm.gibbs(chain.x).shape == (1, 64)
assert explorer.z == [0.25, -1.0]
assert (lab.step_count, lab.samples.tolist()) == (3, [[0.5, 1.5]])
assert not any(p.any() for p in lab.gan().generator.parameters())
chain.update(rbm), explorer.update(vae), lab.update(gan)
assert calls == ["enabled"], calls"""


@pytest.fixture(scope="module")
def python() -> Path:
    return colab.environment()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with colab.public_repository(tmp_path_factory.mktemp("public")) as address:
        yield address


def there(python: Path) -> list[Path]:
    """Returns what is known of the library, and of a stranger's of that name, where they are installed."""
    places = python.parent.parent.glob("lib/*/site-packages/*.dist-info")
    return [path for path in places if path.name.split("-")[0] in (NAME.replace("-", "_"), "genlib")]


def remove(python: Path) -> None:
    if there(python):
        pip = [str(python), "-m", "pip", "uninstall", "-q", "-y", "--disable-pip-version-check", NAME, "genlib"]
        subprocess.run(pip, check=True, capture_output=True)


@pytest.fixture
def empty(tmp_path: Path, python: Path) -> Iterator[Path]:
    """An empty folder to run in; neither the library nor a stranger's is installed before, and not after."""
    remove(python)
    folder = tmp_path / "content"
    folder.mkdir()
    yield folder
    remove(python)


def notebook_of(*sources: str) -> nbformat.NotebookNode:
    """A notebook that begins as every notebook of the course does."""
    cells = nbformat.read(NOTEBOOKS[0], as_version=4).cells
    bootstrap = next(cell for cell in cells if "bootstrap" in cell.metadata.get("tags", []))
    return nbformat.v4.new_notebook(cells=[bootstrap, *map(nbformat.v4.new_code_cell, sources)])


def test_versions_are_those_of_colab(python: Path) -> None:
    assert {f"{name}=={version}" for name, version in colab.PINS.items()} <= colab.freeze(python)


@pytest.fixture
def installed(python: Path, repository: str, tmp_path: Path) -> Path:
    """An empty folder to run in, where the first cell has installed the library before."""
    if not there(python):
        (tmp_path / "first").mkdir()
        run = colab.Run(notebook_of(), python, tmp_path / "first", repository)
        assert not run.problems(), "\n".join(run.problems())
    folder = tmp_path / "content"
    folder.mkdir()
    return folder


def imports(cells: list[nbformat.NotebookNode]) -> str:
    """Returns the import statements of these cells, wherever they stand."""
    sources = ["\n".join(line for line in c.source.splitlines() if not line.startswith(("%", "!"))) for c in cells]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def beginning(path: Path) -> list[nbformat.NotebookNode]:
    """Returns a notebook's code to its parameters, the cell of imports after them, and what later cells import."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    end = next(i for i, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", [])) + 2
    return [*cells[:end], nbformat.v4.new_code_cell(imports(cells[end:]))]


@by_name
def test_begins_as_all_do(path: Path) -> None:
    first, *_, own, _ = beginning(path)
    assert first.source == notebook_of().cells[0].source
    assert imports([own]), "imports follow the parameters"


@pytest.mark.parametrize("family", FAMILIES)
def test_notebooks_of_a_family_begin(family: str, python: Path, repository: str, installed: Path) -> None:
    """One after another in one kernel, each without the names of the one before it; without a word of warning."""
    begun = [beginning(path) for path in FAMILIES[family]]
    cells = [cell for cells in begun for cell in (*cells, nbformat.v4.new_code_cell("%reset -f"))]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    run = colab.Run(nbformat.v4.new_notebook(cells=cells), python, installed, repository)
    assert not run.problems(), "\n".join(run.problems())
    if any("genlib.widgets" in "".join(cell.source for cell in cells[:-3]) for cells in begun):
        assert any("genlib" in str(state.get("_esm")) for state in run.widgets)
    assert run.processor <= 60


@pytest.mark.parametrize("path", today, ids=lambda path: path.stem)
def test_notebook(
    path: Path, python: Path, repository: str, empty: Path, record_property: pytest.RecordProperty
) -> None:
    before = colab.freeze(python)
    run = colab.Run(nbformat.read(path, as_version=4), python, empty, repository)
    record_property("first result, seconds", round(run.first, 1))
    record_property("whole, seconds", round(run.seconds, 1))
    record_property("processor, seconds", round(run.processor, 1))
    print(f"{path.stem}: first result {run.first:.1f} s, whole {run.seconds:.1f} s, of processor {run.processor:.1f} s")
    assert not run.problems(), "\n".join(run.problems())
    after = colab.freeze(python)
    (added,) = after - before
    assert before <= after, f"changed: {before - after}"
    assert added.startswith(f"{NAME} @ git+{repository}@")
    if "genlib.widgets" in path.read_text("utf-8"):
        assert any("genlib" in str(state.get("_esm")) for state in run.widgets)
    assert run.first > 0
    assert run.processor <= 180


def test_traits_travel_both_ways(python: Path, repository: str, empty: Path) -> None:
    cases = (colab.ROOT / "tests/support/widget_cases.py").read_text("utf-8")
    run = colab.Run(notebook_of(GOOGLE, MAKE, SEND, cases, SHOW), python, empty, repository)
    assert not run.problems(), "\n".join(run.problems())
    assert sum("genlib" in str(state.get("_esm")) for state in run.widgets) == 3 + len(genlib.widgets.__all__)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import ipywidgets\nwith ipywidgets.Output():\n    1 / 0", "ZeroDivisionError: division by zero"),
        ("import warnings\nwarnings.warn('no such thing')", "UserWarning: no such thing"),
    ],
    ids=["inside a widget", "on standard error"],
)
def test_what_goes_wrong_without_stopping_is_noticed(
    source: str, problem: str, python: Path, repository: str, empty: Path
) -> None:
    run = colab.Run(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), python, empty, repository)
    assert len(run.problems()) == 1
    assert problem in run.problems()[0]


@pytest.mark.parametrize("before", [[], ["import genlib\nassert genlib.STRANGER"]], ids=["unseen", "imported"])
def test_a_strangers_library_makes_way_for_ours(before: list[str], python: Path, repository: str, empty: Path) -> None:
    colab.install_stranger(python, empty.parent / "wheels")
    book = notebook_of(f"import genlib.energy\nassert genlib.__distribution__ == {NAME!r}")
    book.cells[:0] = map(nbformat.v4.new_code_cell, before)
    run = colab.Run(book, python, empty, repository)
    assert not run.problems(), "\n".join(run.problems())
    installed = {line.split("==")[0].split(" @ ")[0] for line in colab.freeze(python)}
    assert NAME in installed
    assert "genlib" not in installed


@pytest.mark.parametrize("stranger", [False, True], ids=["nothing there", "a stranger's there"])
def test_outside_colab_a_sentence_says_what_to_type(stranger: bool, python: Path, repository: str, empty: Path) -> None:
    """The first cell stops with a message that the second one, `import genlib.energy`, would never have given."""
    if stranger:
        colab.install_stranger(python, empty.parent / "wheels")
    before = colab.freeze(python)
    book = notebook_of("import genlib.energy")
    with pytest.raises(CellExecutionError) as stopped:
        colab.Run(book, python, empty, repository, in_colab=False)
    assert stopped.value.ename == "SystemExit"
    assert f'%pip install "{NAME} @ git+{repository}@v' in stopped.value.evalue
    assert ("%pip uninstall -y genlib" in stopped.value.evalue) == stranger
    assert colab.freeze(python) == before
