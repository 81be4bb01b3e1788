"""Honest work scores what it deserves, however it was written, kept, split, turned and sent.

The notebooks run in this process: nothing here means harm. What a program can do to its grader is tried in
`test_grading.py`, in the sandbox.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import psutil
import pytest
import tiny_lab
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell
from near_session import NearSession

pytest.importorskip("nbgrader", reason="nbgrader is not installed")
from genlib.checks._shared import stream
from grading import execute, grade, reports, session
from grading.parts import without_module
from grading.program import ADDED
from grading.session import Limits
from grading.submissions import Submission

MEAN = "def mean(x):\n    return x.mean(1)"
SCALE = "def scale(x):\n    return x / x.sum(1, keepdim=True)"
Notebook = nbformat.NotebookNode


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> grade.Lab:
    source = tmp_path_factory.mktemp("labs") / "tiny.ipynb"
    nbformat.write(tiny_lab.tiny(), source)
    return grade.prepare(source, tmp_path_factory.mktemp("course"), "987123", {}, Limits())


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """What a submission sets stays set in this process, but not beyond its test."""
    errors = np.geterr()
    with warnings.catch_warnings():
        yield
    np.seterr(**errors)
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def graded(lab: grade.Lab, tmp_path: Path) -> Callable[[Notebook | bytes], dict[str, Any]]:
    def run(handed_in: Notebook | bytes) -> dict[str, Any]:
        path = tmp_path / "ada.ipynb"
        path.write_bytes(handed_in if isinstance(handed_in, bytes) else nbformat.writes(handed_in).encode())
        return grade.grade(path, "ada", lab, Limits(), NearSession)

    return run


def solved(lab: grade.Lab, **answers: str) -> Notebook:
    notebook = lab.copy()
    for cell in notebook.cells:
        cell.source = {"mean": MEAN, "scale": SCALE, **answers}.get(cell.id, cell.source)
    return notebook


def cell(notebook: Notebook, name: str) -> Notebook:
    return next(cell for cell in notebook.cells if cell.id == name)


def put(notebook: Notebook, place: int, *sources: str) -> None:
    notebook.cells[place:place] = [new_code_cell(source) for source in sources]


def points(result: dict[str, Any]) -> list[float]:
    return [task["points"] for task in result["tasks"].values()]


def place(notebook: Notebook, name: str) -> int:
    return [cell.id for cell in notebook.cells].index(name)


# Scratch cells that anybody writes, before the first answer.
ORDINARY = {
    "names of the lab's": "torch.manual_seed(3)\nx = torch.rand(5, 6)\nfor gan in (0.1, 0.5):\n    pass",
    "float64": "torch.set_default_dtype(torch.float64)",
    "no gradients": "torch.set_grad_enabled(False)",
    "determinism": "torch.use_deterministic_algorithms(True)",
    "star import": "from torch import *\nfrom torch.nn.functional import *\nfrom math import *",
    "reload": "import importlib\nimportlib.reload(gan)",
    "warnings are errors": "import warnings\nwarnings.simplefilter('error')",
    "numpy raises": "import numpy as np\nnp.seterr(all='raise')",
    "autoreload": "%load_ext autoreload\n%autoreload 2",
    "magic": "%matplotlib inline\n%timeit -n 1 -r 1 sum([1])\n!true",
    "an error": "1 / 0",
    "a syntax error": "def (",
    "a question": "torch.rand?",
    "a class called checks": "class checks:\n    pass\n\nclass Tensor:\n    pass",
    "attributes of its own": "torch.mine = lambda x: x\ngan.mine = 3",
    "usual modules": "import numpy, scipy, matplotlib, pandas, einops, tqdm, seaborn",
    "style": "import seaborn as sns\nsns.set_theme()\nimport matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 7",
    "another library": "import torch.fx, torch.func, torch.distributions\nfrom genlib import flows, diffusion",
    "a name of Python's": "sum = 3\nlist = [1]\nprint = None",
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_scratch_costs_nothing_and_accuses_nobody(
    kind: str, graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab)
    put(notebook, place(notebook, "mean"), ORDINARY[kind])
    put(notebook, place(notebook, "scale"), ORDINARY[kind])
    result = graded(notebook)
    assert points(result) == [2, 3], reports.remarks(result)
    assert not result["private"]["held"]
    assert not result["remarks"]


def split_cell(notebook: Notebook) -> None:
    """As an editor does it: both halves keep the id."""
    first = cell(notebook, "mean")
    second = nbformat.from_dict(first)
    first.source, second.source = "def part(x):\n    return x.sum(1)", "def mean(x):\n    return part(x) / x.shape[1]"
    notebook.cells.insert(place(notebook, "mean") + 1, second)


def copied_cell(notebook: Notebook) -> None:
    twin = nbformat.from_dict(cell(notebook, "mean"))
    cell(notebook, "mean").source = "def mean(x):\n    return x"
    notebook.cells.insert(place(notebook, "mean") + 1, twin)


def copied_to_the_end(notebook: Notebook) -> None:
    cell(notebook, "mean").source = "def mean(x):\n    return x"
    put(notebook, len(notebook.cells), MEAN)


def helper_at_the_end(notebook: Notebook) -> None:
    cell(notebook, "mean").source = "def mean(x):\n    return average(x, 1)"
    put(notebook, len(notebook.cells), "def average(x, axis):\n    return x.mean(axis)")


def helpers_of_one_name(notebook: Notebook) -> None:
    cell(notebook, "mean").source = "def f(x):\n    return x.mean(1)\n\ndef mean(x):\n    return f(x)"
    cell(notebook, "scale").source = "def f(x):\n    return x.sum(1)\n\ndef scale(x):\n    return x / f(x)[:, None]"


def helper_above_all(notebook: Notebook) -> None:
    put(notebook, 0, "def one(x):\n    return two(x)", "def two(x):\n    return x.mean(1)")
    cell(notebook, "mean").source = "def mean(x):\n    return one(x)"


def imports_added(notebook: Notebook) -> None:
    cell(notebook, "setup").source += "\nimport einops\nimport numpy as np"
    cell(notebook, "mean").source = "def mean(x):\n    return einops.reduce(x, 'b d -> b', 'mean')"


def imports_that_end_in_an_error(notebook: Notebook) -> None:
    cell(notebook, "setup").source = "import nowhere_to_be_had\n" + cell(notebook, "setup").source


def imports_deleted(notebook: Notebook) -> None:
    notebook.cells.remove(cell(notebook, "setup"))
    cell(notebook, "mean").source = "def mean(x):\n    return torch.mean(x, 1)"


def markdown_answer(notebook: Notebook) -> None:
    position = place(notebook, "mean")
    notebook.cells[position] = new_markdown_cell(MEAN, id="mean", metadata=notebook.cells[position].metadata)


def raw_answer_without_metadata(notebook: Notebook) -> None:
    notebook.cells[place(notebook, "mean")] = nbformat.v4.new_raw_cell(MEAN)


def nothing_but_source(notebook: Notebook) -> None:
    for number, each in enumerate(notebook.cells):
        each.id, each.metadata = f"c{number}", nbformat.from_dict({})


def timed_or_captured_and_nothing_but_source(notebook: Notebook) -> None:
    cell(notebook, "mean").source = f"%%time\n{MEAN}"
    cell(notebook, "scale").source = f"\n%%capture out\n{SCALE}"
    nothing_but_source(notebook)


def answer_in_a_check_cell(notebook: Notebook) -> None:
    cell(notebook, "mean-check").source = f"{MEAN}\n" + cell(notebook, "mean-check").source
    cell(notebook, "mean").source = ""


def other_line_ends(notebook: Notebook) -> None:
    for each in notebook.cells:
        each.source = each.source.replace("\n", "\r\n")


def leaned_on_a_name_rebound_later(notebook: Notebook) -> None:
    cell(notebook, "mean").source = "def mean(x):\n    return torch.mean(x, 1)"
    put(notebook, place(notebook, "mean-test"), "torch = 3")
    put(notebook, place(notebook, "scale"), "import torch")


def names_of_the_labs_deleted(notebook: Notebook) -> None:
    cell(notebook, "mean").source = "def mean(x):\n    return torch.mean(x, 1)"
    put(notebook, place(notebook, "mean"), "del torch")


def global_of_another_precision(notebook: Notebook) -> None:
    cell(notebook, "setup").source += "\ntorch.set_default_dtype(torch.float64)"
    answer = "ones = torch.ones(7) / 7\ndef mean(x):\n    return x @ ones if x.shape[1] == 7 else x.mean(1)"
    cell(notebook, "mean").source = answer


def names_of_pythons_own_hidden(notebook: Notebook) -> None:
    cell(notebook, "mean").source = "def mean(x):\n    return torch.stack([x[i].mean() for i in range(len(x))])"
    put(notebook, place(notebook, "mean"), "from torch import *", "len = print")


def used_before_defined(notebook: Notebook) -> None:
    cell(notebook, "mean").source = "axis = one + 0\ndef mean(x):\n    return x.mean(axis)"
    put(notebook, len(notebook.cells), "one = 1")


def decorated_helper(notebook: Notebook) -> None:
    cell(notebook, "scale").source = "import functools\n@functools.lru_cache\ndef two():\n    return 1\n" + SCALE


CHANGED: dict[str, Callable[[Notebook], None]] = {
    f.__name__.replace("_", " "): f
    for f in (
        split_cell, copied_cell, copied_to_the_end, helper_at_the_end, helpers_of_one_name, helper_above_all,
        imports_added, imports_that_end_in_an_error, imports_deleted, markdown_answer, raw_answer_without_metadata,
        nothing_but_source, timed_or_captured_and_nothing_but_source, answer_in_a_check_cell, other_line_ends,
        leaned_on_a_name_rebound_later, global_of_another_precision, used_before_defined, decorated_helper,
        names_of_pythons_own_hidden, names_of_the_labs_deleted,
    )
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHANGED)
def test_what_the_students_kernel_would_have_run_is_what_runs(
    kind: str, graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab)
    CHANGED[kind](notebook)
    result = graded(notebook)
    assert points(result) == [2, 3], (reports.remarks(result), result["private"]["traces"])
    assert not result["private"]["held"]


def test_missing_module_is_named(graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab) -> None:
    notebook = solved(lab, mean=f"import nowhere_to_be_had as n\n{MEAN}")
    result = graded(notebook)
    assert points(result) == [2, 3]
    said = "the cell `mean` imports `nowhere_to_be_had`, which the grader does not have: it ran without that"
    assert said in reports.remarks(result)
    assert "ended with" not in reports.feedback(result)


def test_module_that_a_function_imports_is_named_if_the_submission_names_it(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    result = graded(solved(lab, mean="def mean(x):\n    import nowhere_to_be_had as n\n    return n.mean(x)"))
    assert points(result) == [0, 3]
    said = "imports `nowhere_to_be_had`, which the grader does not have"
    assert said in reports.feedback(result)
    assert f"mean: {said}" in reports.remarks(result)
    told = "def mean(x):\n    raise ModuleNotFoundError(\"No module named 'hid\" \"den_rows'\")"
    for result in (graded(solved(lab)), graded(solved(lab, mean=told))):
        assert not result["lacked"]
        assert "which the grader does not have" not in reports.feedback(result)


def test_what_missed_a_module_is_graded_again_once_that_is_installed(
    lab: grade.Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ada.ipynb"
    nbformat.write(solved(lab, mean=f"import nowhere_to_be_had\n{MEAN}"), path)
    monkeypatch.setattr(grade, "grade", partial(grade.grade, opened=NearSession))
    one = Submission("ada", path)
    assert "known" not in grade.grade_to(one, lab, Limits(), tmp_path)
    assert "known" in grade.grade_to(one, lab, Limits(), tmp_path)
    (tmp_path / "nowhere_to_be_had.py").write_text("")
    monkeypatch.setattr(grade.sysconfig, "get_path", lambda kind: str(tmp_path))
    assert "known" not in grade.grade_to(one, lab, Limits(), tmp_path)


def test_check_is_read_again_where_the_answer_stands_below_it(tmp_path: Path) -> None:
    """An untouched stub and the answer in a cell at the end: no page says of full points that nothing is written."""
    source, path = tiny_lab.tiny(), tmp_path / "tiny.ipynb"
    law = "from genlib.checks._shared import check\n@check\ndef law():\n"
    cell(source, "mean-check").source = f"{law}    {tiny_lab.MEAN_CHECK}\n    print('as it should be')\nlaw()"
    nbformat.write(source, path)
    lab = grade.prepare(path, tmp_path / "course", "1", {}, Limits())
    stub = cell(lab.copy(), "mean").source
    assert "raise NotImplementedError" in stub
    for added, earned, said, unsaid in (
        ((), [0, 3], "not written yet", "as it should be"),
        ((MEAN,), [2, 3], "as it should be", "not written yet"),
    ):
        notebook = solved(lab, mean=stub)
        put(notebook, len(notebook.cells), *added)
        nbformat.write(notebook, tmp_path / "ada.ipynb")
        result = grade.grade(tmp_path / "ada.ipynb", "ada", lab, Limits(), NearSession)
        assert points(result) == earned
        told = result["tasks"]["mean-test"]["check"]
        assert said in told
        assert unsaid not in told


def test_an_old_attempt_kept_as_text_does_not_outdo_the_answer(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    """Text is run where no cell of code has the function, and the page says so."""
    old = new_markdown_cell("```python\ndef mean(x):\n    return x.sum(1)\n```")
    notebook = solved(lab)
    notebook.cells.insert(place(notebook, "mean") + 1, old)
    result = graded(notebook)
    assert points(result) == [2, 3]
    assert not result["remarks"]
    notebook = solved(lab)
    notebook.cells[place(notebook, "mean")] = old
    result = graded(notebook)
    assert points(result) == [0, 3]
    assert "a cell of text was run, since no other has mean" in result["remarks"]


def test_a_line_of_comment_above_every_cell_changes_none(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab)
    for each in notebook.cells:
        each.source = f"# %%\n{each.source}" if each.cell_type == "code" else each.source
    nothing_but_source(notebook)
    result = graded(notebook)
    assert points(result) == [2, 3]
    assert not result["remarks"]
    assert not result["private"]["changes"]
    assert {cell["name"] for cell in result["cells"]} <= {"parameters", "setup", ADDED}
    assert [cell["kind"] for cell in result["cells"]].count("answer") == 2


def test_a_notebook_pasted_twice_has_no_changed_test(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = lab.copy()
    notebook.cells += solved(lab).cells
    result = graded(notebook)
    assert points(result) == [2, 3]
    assert not result["private"]["changes"]
    assert not [remark for remark in result["remarks"] if "changed" in remark]


def test_what_a_magic_keeps_to_itself_is_said(graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab) -> None:
    result = graded(solved(lab, mean=f"%%timeit\n{MEAN}"))
    assert points(result) == [0, 3]
    assert "`%%timeit` keeps what it defines to itself: mean" in result["remarks"]
    assert without_module("import os  # as it was", "torchvision.ops") == "import os  # as it was"


def test_what_is_told_is_what_is_wrong_and_not_what_was_missing_at_first(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    """An answer above the imports, which is wrong besides; one that wants a graphics card; lines of the grader's."""
    notebook = solved(lab, mean="")
    put(notebook, 0, "def mean(x):\n    return torch.zeros(len(x))", "steps = 7")
    result = graded(notebook)
    assert points(result) == [0, 3]
    assert result["private"]["traces"]["mean-test"]["error"] == "AssertionError"
    assert result["tasks"]["mean-test"]["check"] == "the mean of 1 and 3 is 2"
    assert "steps = 7" in reports.feedback(result)
    assert "steps = 3" not in reports.feedback(result)
    card = "def mean(x):\n    raise AssertionError('Torch not compiled with CUDA enabled')"
    result = graded(solved(lab, mean=card))
    assert result["tasks"]["mean-test"]["remark"] == "asks for a graphics card, which the grader does not have"


def test_no_answer_draws_what_a_check_drew() -> None:
    """From one seed NumPy and torch draw the same numbers."""
    drawn = torch.from_numpy(np.random.RandomState(0).randint(0, 2, (20, 9)))
    assert torch.equal(drawn, torch.randint(2, (20, 9), generator=torch.Generator().manual_seed(0)))
    assert not torch.equal(drawn, torch.randint(2, (20, 9), generator=stream(0)))


INSTALLING = """
if True:
    %pip install nowhere-to-be-had
!pip3 install -q torchmetrics
import os, subprocess, sys
subprocess.check_call([sys.executable, "-m", "pip", "install", "nowhere-to-be-had"])
os.system("pip install nowhere-to-be-had")
import torch
torch.__file__
"""


def test_nothing_is_installed_and_no_place_of_this_machine_is_told(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab)
    notebook.cells.append(new_code_cell(INSTALLING))
    result = graded(notebook)
    assert points(result) == [2, 3]
    assert "a cell that was added installs packages: the grader installs none" in reports.remarks(result)
    page = reports.feedback(result)
    assert "A cell that was added" in page
    assert "ended with" not in page
    assert "site-packages/torch/__init__.py" in page
    assert f"{Path(torch.__file__).parents[4]}/" not in page


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_an_editor_writes_is_read(
    encoding: str, graded: Callable[[bytes], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab, mean=f"# ein Rückblick\n{MEAN}")
    content = json.dumps(notebook, ensure_ascii=False).encode(encoding)
    result = graded(content)
    assert points(result) == [2, 3]
    assert not result["remarks"]


def test_oldest_format_is_read(graded: Callable[[bytes], dict[str, Any]], lab: grade.Lab) -> None:
    cells = [{"cell_type": c.cell_type, "input": c.source} for c in solved(lab).cells]
    sheets = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    assert points(graded(json.dumps(sheets).encode())) == [2, 3]


def test_thirty_megabytes_of_pictures_cost_nothing(
    graded: Callable[[Notebook | bytes], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab)
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo" + "A" * 1_000_000}}
    notebook.cells[place(notebook, "mean")].outputs = [nbformat.from_dict(picture)] * 30
    result = graded(notebook)
    assert points(result) == [2, 3]
    assert not result["remarks"]
    result = graded(b"[" + b"1," * 11_000_000 + b"1]")
    assert points(result) == [0, 0]
    assert "the notebook has 22 MB; clear its outputs, hand it in again" in result["remarks"]


# Little was written, and it earns nothing.
HOLLOW = {
    "checks are replaced first": "class checks:\n    mean = scale = staticmethod(lambda *_, **__: None)",
    "torch is replaced": (
        "class Yes:\n    def __getattr__(self, _):\n        return lambda *_, **__: True\ntorch = Yes()"
    ),
}


@pytest.mark.parametrize("kind", HOLLOW)
@pytest.mark.parametrize("where", ["first", "in an answer"])
def test_little_earns_little(
    kind: str, where: str, graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = lab.copy()
    put(notebook, 0, "first = 1", HOLLOW[kind])
    if where == "in an answer":
        cell(notebook, "mean").source = HOLLOW[kind]
    assert points(graded(notebook))[0] == 0


def test_student_reads_why_and_the_instructor_more(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab, mean="def mean(x):\n    return x.sum(1)")
    cell(notebook, "setup").source += "\nimport math"
    result = graded(notebook)
    page, whole = reports.feedback(result), reports.instructor(result, [])
    assert "the mean of 1 and 3 is 2" in page
    assert "hidden_rows" not in page
    assert "mean_is_wrong_on_hidden_rows" in whole
    assert "return x.sum(1)" in page
    assert "+import math" in whole


POISON = """
import contextlib, sys, types
fake = types.ModuleType("genlib.gan")
fake.__getattr__ = lambda name: contextlib.nullcontext if name == "if_written" else (lambda *_, **__: None)
for place in [name for name in sys.modules if name.startswith("genlib")]:
    sys.modules[place] = fake
genlib = fake
"""


@pytest.mark.parametrize("what", [POISON, "import sys\nfor name in [n for n in sys.modules if n[:6] == 'genlib']:\n"
                                          "    del sys.modules[name]"], ids=["others put in", "taken out"])  # fmt: skip
def test_modules_of_the_library_are_put_back_for_tests(
    what: str, graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever puts a module of no-ops in their place gains nothing, and what is right beside it counts."""
    gan = importlib.import_module("genlib.gan")
    for name in [name for name in sys.modules if name.split(".")[0] == "genlib"]:
        monkeypatch.setitem(sys.modules, name, sys.modules[name])
    notebook = solved(lab, mean="def mean(x):\n    return x.sum(1)")
    put(notebook, place(notebook, "mean"), what)
    assert points(graded(notebook)) == [0, 3]
    assert sys.modules["genlib.gan"] is gan


def test_a_check_that_came_too_early_does_not_contradict_the_points(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab)
    notebook.cells.append(notebook.cells.pop(place(notebook, "mean")))
    task = graded(notebook)["tasks"]["mean-test"]
    assert task["points"] == 2
    assert "NameError" not in task["check"]


ENDINGS = {
    "quit()": True,
    "get_ipython().kernel.do_shutdown(0)": True,
    "!kill -9 $$": True,
    "%%time\nimport os\nos._exit(0)": True,
    'def mask(kernel):\n    """Of a kernel; its exit."""\n    return kernel  # nothing to kill': False,
    'class Kernel:\n    """Quit."""': False,
    "def (": False,
}


@pytest.mark.parametrize("source", ENDINGS)
def test_words_for_readers_end_no_program(source: str) -> None:
    """A cell is suspected of having ended a program by what Python reads in it, not by its comments."""
    assert execute.speaks_of_ending(source) == ENDINGS[source]


def test_time_that_a_program_waits_for_a_processor_does_not_count() -> None:
    now = [0.0]
    wait = session._Wait(SimpleNamespace(clock=lambda: now[0]), "", 3600)
    assert not wait.late()
    now[0] = 3601
    assert wait.late()
    now[0], wait.latest = 0, 0
    assert wait.late(), "a program that never gets a processor is not waited for without end"


def test_clock_of_a_program_stands_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    one = session.Session(Limits())
    told = iter([0.0, 30.0, 0.0])
    with monkeypatch.context() as patch:
        patch.setattr(session, "time", SimpleNamespace(monotonic=lambda: 100.0))
        patch.setattr(session, "waited", lambda _: next(told))
        assert [one.clock(), one.clock(), one.clock()] == [100, 70, 70], "a program that is gone turns no clock forward"
    assert session.waited(-1) == 0
    assert session.waited(os.getpid()) >= 0


def test_a_process_that_ended_is_not_left_running() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        process = psutil.Process(child.pid)
        assert session._runs(process)
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not session._runs(process)
    assert not session._runs(process)


@pytest.mark.parametrize("kept", ["as it was", "without metadata"])
def test_what_the_grader_itself_changes_is_no_change_of_the_students(
    kept: str, graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab)
    assert "steps = 3" in cell(lab.source(), "parameters").source
    assert cell(notebook, "parameters").source == "steps = 100_000"
    if kept == "without metadata":
        nothing_but_source(notebook)
    result = graded(notebook)
    assert not result["private"]["changes"]
    assert points(result) == [2, 3]


@pytest.mark.parametrize("kept", ["as it was", "without its id"])
def test_what_was_answered_in_words_is_collected(kept: str, tmp_path: Path) -> None:
    source, path = tiny_lab.tiny(), tmp_path / "tiny.ipynb"
    asked = "**Read it.** Why is a mean of rows no mean of columns?\n\n*My answer:*"
    model = "\n\n### BEGIN MODEL ANSWER\nThey differ.\n### END MODEL ANSWER"
    source.cells.append(new_markdown_cell(asked + model, id="why"))
    nbformat.write(source, path)
    lab = grade.prepare(path, tmp_path / "course", "1", {}, Limits())
    notebook = solved(lab)
    notebook.cells[-1].source = f"{asked}\n\nThere may be more of them."
    if kept == "without its id":
        notebook.cells[-1].id = "other"
    nbformat.write(notebook, tmp_path / "ada.ipynb")
    result = grade.grade(tmp_path / "ada.ipynb", "ada", lab, Limits(), NearSession)
    assert result["written"] == {"why": "There may be more of them."}
    assert points(result) == [2, 3]


@pytest.mark.slow
def test_five_thousand_cells_are_graded_in_the_time_of_a_few(
    graded: Callable[[Notebook], dict[str, Any]], lab: grade.Lab
) -> None:
    notebook = solved(lab)
    put(notebook, place(notebook, "mean"), *(f"x{i} = {i}" for i in range(2500)))
    put(notebook, len(notebook.cells), *(f"y{i} = {i}" for i in range(2500)))
    result = graded(notebook)
    assert points(result) == [2, 3]
    assert not result["private"]["held"]


def test_slow_cells_of_ones_own_are_left_out_when_all_time_is_used_up(
    lab: grade.Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run without them reaches every task, and says which cells it left out and why."""
    monkeypatch.setattr(execute, "SLOW", 0.3)
    notebook = solved(lab)
    put(notebook, place(notebook, "mean"), "import time\ntime.sleep(0.6)", "time.sleep(0.6)", "quick = 1")
    nbformat.write(notebook, tmp_path / "ada.ipynb")
    result = grade.grade(tmp_path / "ada.ipynb", "ada", lab, Limits(total=1), NearSession)
    assert points(result) == [2, 3], reports.remarks(result)
    assert not result["private"]["held"]
    told = "; ".join(reports.remarks(result))
    assert "was skipped in a second run, so that all others ran" in told
    assert "all cells together took more than 1 s" in told
