"""Cutting labs and grading what comes back, on a lab of two tasks and students who mean well and who do not."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
import tiny_lab
from near_session import NearSession

pytest.importorskip("nbgrader", reason="nbgrader is not installed")
from grading import grade, release, reports, sandbox, submissions
from grading.program import tasks_of
from grading.session import Limits, Session


def test_student_copy_holds_neither_solutions_nor_hidden_tests(tmp_path: Path) -> None:
    copy = nbformat.read(release.cut(tiny_lab.tiny(), "tiny", tmp_path), as_version=4)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"source/tiny/tiny.ipynb", "release/tiny/tiny.ipynb"}, "a gradebook takes longer than all else"
    text = "\n".join(cell.source for cell in copy.cells)
    assert text.count("raise NotImplementedError") == 2
    assert not [word for word in ("x.mean(1)", "keepdim", "hidden", "LAB_SEED", "###") if word in text]
    assert "assert mean(torch.zeros(2, 3)).shape == (2,)" in text


def test_release_writes_both_copies_and_the_same_zips_twice(tmp_path: Path) -> None:
    source = tmp_path / "labs" / "tiny" / "tiny.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(tiny_lab.tiny(), source)
    zips = []
    for _ in range(2):
        release.release(release.sources(tmp_path / "labs"), tmp_path / "out")
        zips.append([(tmp_path / "out" / f"{kind}.zip").read_bytes() for kind in ("student", "instructor")])
    assert zips[0] == zips[1]
    assert "### BEGIN HIDDEN TESTS" in (tmp_path / "out" / "instructor" / "tiny.ipynb").read_text("utf-8")


def test_release_refuses_a_lab_that_nbgrader_refuses(tmp_path: Path) -> None:
    broken = tiny_lab.tiny()
    broken.cells[5].metadata.nbgrader.grade_id = "mean"
    with pytest.raises(ValueError, match="mean"):
        release.cut(broken, "tiny", tmp_path)


def test_seed_and_parameters_are_written_into_what_is_graded() -> None:
    graded = release.seeded(tiny_lab.tiny(), "1234", {"device": "cpu"})
    text = "\n".join(cell.source for cell in graded.cells)
    assert text.count("LAB_SEED = 1234") == 2
    assert "LAB_SEED = 0" not in text
    assert "steps = 100_000\nsteps = 3\ndevice = 'cpu'" in text


MEAN = "def mean(x):\n    return x.mean(1)"
SCALE = "def scale(x):\n    return x / x.sum(1, keepdim=True)"
SECRETS = ("hidden_rows", "wrong_on_hidden", "LAB_SEED", "918273645", "5, 7)", "torch.manual_seed")
isolation = pytest.mark.skipif(bool(sandbox.missing()), reason=f"no isolation, wants bubblewrap: {sandbox.missing()}")


PATIENT = Limits(cell=60, total=200)


@pytest.fixture(scope="module")
def limits() -> Limits:
    return Limits(cell=8, total=100)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, limits: Limits) -> grade.Lab:
    source = tmp_path_factory.mktemp("labs") / "tiny.ipynb"
    nbformat.write(tiny_lab.tiny(), source)
    return grade.prepare(source, tmp_path_factory.mktemp("course"), "918273645", {}, limits)


@pytest.fixture
def graded(lab: grade.Lab, limits: Limits, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Grades one submission, given as answers to both tasks or as a whole notebook or file."""

    def run(
        mean: str = MEAN,
        scale: str = SCALE,
        whole: nbformat.NotebookNode | bytes | None = None,
        limits: Limits = limits,
        opened: grade.Opened = Session,
    ) -> dict[str, Any]:
        path = tmp_path / "ada.ipynb"
        handed_in = whole if whole is not None else answered(lab, mean, scale)
        path.write_bytes(handed_in if isinstance(handed_in, bytes) else nbformat.writes(handed_in).encode())
        before = path.read_bytes(), path.stat().st_mtime_ns
        result = grade.grade(path, "ada", lab, limits, opened)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
        page = reports.feedback(result) + reports.table([result]) + reports.summary_page([result])
        told = {name: value for name, value in result.items() if name != "private"}
        assert not [word for word in SECRETS if word in page + json.dumps(told)]
        assert "TAMPERING" not in reports.feedback(result)
        return result

    return run


def answered(lab: grade.Lab, mean: str = MEAN, scale: str = SCALE) -> nbformat.NotebookNode:
    notebook = lab.copy()
    for cell in notebook.cells:
        cell.source = {"mean": mean, "scale": scale}.get(cell.id, cell.source)
    return notebook


def points(result: dict[str, Any]) -> list[float]:
    return [task["points"] for task in result["tasks"].values()]


def words(result: dict[str, Any]) -> str:
    return "\n".join(reports.remarks(result))


@isolation
@pytest.mark.slow
def test_who_asks_gets_an_empty_line_and_a_debugger_goes_on(graded: Callable[..., dict[str, Any]]) -> None:
    waits = "go = input('Enter = go on ')\ndef mean(x):\n    breakpoint()\n    return x.mean(1) if go == '' else x"
    result = graded(mean=waits, scale=f"import pdb; pdb.set_trace()\n{SCALE}")
    assert points(result) == [2, 3]
    assert "the cell `mean` asked for a line, and got an empty one" in words(result)
    assert "the cell `scale` stopped in a debugger, which was told to go on" in words(result)


@isolation
@pytest.mark.slow
def test_end_of_what_a_cell_writes_is_kept_beside_its_beginning() -> None:
    with Session(Limits(output=1000)) as session:
        outcome = session.run("print('first')\nfor _ in range(3000):\n    print('.' * 1000)\nprint('verdict')")
        quiet = session.run("print('a' * 400)\nprint('b' * 500)")
    assert outcome.text.startswith("first")
    assert outcome.text.endswith("verdict\n")
    assert len(outcome.text) == 1000
    assert "wrote more than 1 kB" in outcome.remark
    assert quiet.text == "a" * 400 + "\n" + "b" * 500 + "\n"
    assert not quiet.remark


@isolation
@pytest.mark.slow
def test_right_wrong_and_untouched(graded: Callable[..., dict[str, Any]], lab: grade.Lab) -> None:
    right = graded()
    assert points(right) == [2, 3]
    assert not right["remarks"]
    wrong = graded(mean="def mean(x):\n    return x.sum(1)")
    assert points(wrong) == [0, 3]
    assert "mean: the result is not what the task asks for" in words(wrong)
    untouched = graded(whole=lab.copy())
    assert points(untouched) == [0, 0]
    assert "NotImplementedError" in words(untouched)


def test_parameters_cut_training_short(graded: Callable[..., dict[str, Any]]) -> None:
    assert points(graded(mean=f"assert steps == 3\n{MEAN}", opened=NearSession)) == [2, 3]
    assert points(graded(mean=f"assert steps == 100_000\n{MEAN}", opened=NearSession)) == [0, 3]


HOSTILE = {
    "endless loop": ("while True:\n    pass", [0, 3], "took too long"),
    "endless loop that cannot be interrupted": (
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        [0, 3],
        "could not be interrupted",
    ),
    "endless loop in a test": (
        "def mean(x):\n    while len(x) == 5:\n        pass\n    return x.mean(1)",
        [0, 3],
        "took too long",
    ),
    "thousands of processes": (
        "import os, time\nn = 0\nfor _ in range(3000):\n    try:\n        pid = os.fork()\n"
        "    except OSError:\n        break\n    if pid == 0:\n        time.sleep(1000)\n    n += 1\n"
        f"assert n < 200\n{MEAN}",
        [2, 3],
        "processes running",
    ),
    "50 GB": (f"x = torch.ones(50_000_000_000 // 4)\n{MEAN}", [0, 3], "NameError"),
    "50 GB, bit by bit": (
        f"import os\nkeep = []\nfor _ in range(10):\n    if os.fork() == 0:\n        break\n"
        f"while True:\n    keep.append(bytearray(os.urandom(1000) * 100_000))\n{MEAN}",
        [0, 3],
        "memory",
    ),
    "2 GB of output": ("for _ in range(2_000_000):\n    print('x' * 1000)", [0, 3], "wrote more than"),
    "2 GB of output at once": (f"print('x' * 2_000_000_000)\n{MEAN}", [2, 3], "what was too much is left out"),
    "more output than is kept": (f"print('x' * 300_000)\n{MEAN}", [2, 3], "what was too much is left out"),
    "output without end in a test": (
        "def mean(x):\n    while len(x) == 5:\n        print('x' * 1000)\n    return x.mean(1)",
        [0, 3],
        "mean: wrote more than 20 MB and was interrupted",
    ),
    "a test that fails and says much": (
        "def mean(x):\n    print('x' * 300_000)\n    return x.sum(1)",
        [0, 3],
        "is left out; the result is not what the task asks for",
    ),
    "os._exit": ("import os\nos._exit(0)", [0, 3], "ended the program"),
    "an end behind its answer": (f"{MEAN}\nimport os\nos._exit(1)", [2, 3], "ended the program"),
    "kill": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", [0, 3], "ended the program"),
    "kill all": ("import os, signal\nos.kill(-1, signal.SIGKILL)", [0, 3], ""),
    "os._exit in a test": ("import os\ndef mean(x):\n    os._exit(0)", [0, 3], "ended the program"),
    "a shell that runs nothing": ("get_ipython().run_cell = lambda *_, **__: None", [0, 3], "TAMPERING"),
    "a shell that runs nothing, from a test on": (
        "def mean(x):\n    get_ipython().run_cell = lambda *_, **__: None\n    return x.sum(1)",
        [0, 3],
        "TAMPERING",
    ),
    "shutdown of the kernel": ("exit()\nquit()\nget_ipython().kernel.do_shutdown(False)", [0, 3], "ended the program"),
}


LONG = {"2 GB of output", "2 GB of output at once", "output without end in a test", "50 GB, bit by bit"}


@isolation
@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answer_costs_one_task(kind: str, graded: Callable[..., dict[str, Any]], limits: Limits) -> None:
    source, expected, remark = HOSTILE[kind]
    result = graded(mean=source, limits=PATIENT if kind in LONG else limits)
    assert points(result) == expected, words(result)
    assert remark in words(result)


# Own cells that break what runs after them: they cost nothing but themselves.
AFTERWARDS = {
    "a clock": "import signal\nsignal.alarm(1)\nimport time\nt = time.time()",
    "an end without a word of it": (
        "import os\nruns = []\ndef count(*_):\n    runs.append(1)\n    len(runs) > 5 and getattr(os, '_ex' + 'it')(1)\n"
        "get_ipython().events.register('pre_run_cell', count)"
    ),
    "no output at all": "import sys\nsys.stdout = sys.stderr = None",
    "all memory": "keep = []\nwhile True:\n    keep.append(bytearray(2**20))",
    "everything that is set": (
        "import gc, random, warnings, numpy\ntorch.set_default_dtype(torch.float64)\ntorch.seed()\n"
        "torch.use_deterministic_algorithms(True)\ntorch.set_num_threads(2)\ntorch.set_grad_enabled(False)\n"
        "torch.autograd.set_detect_anomaly(True)\ntorch.set_float32_matmul_precision('medium')\n"
        "torch.set_printoptions(precision=2)\ntorch.backends.mkldnn.enabled = False\ngc.disable()\n"
        "torch.set_default_device('cpu')\ntorch.set_flush_denormal(True)\nrandom.seed(1)\nnumpy.random.seed(1)\n"
        "numpy.set_printoptions(precision=2)\nwarnings.simplefilter('error')\nnumpy.seterr(all='raise')"
    ),
}


@isolation
@pytest.mark.slow
@pytest.mark.parametrize("kind", AFTERWARDS)
def test_own_cell_that_breaks_later_ones_costs_nothing(
    kind: str, graded: Callable[..., dict[str, Any]], lab: grade.Lab
) -> None:
    """Nor does it accuse anybody, which no test in the grader's own process would notice: settings stay there."""
    notebook = answered(lab)
    at = [cell.id for cell in notebook.cells].index("mean")
    notebook.cells[at:at] = [nbformat.v4.new_code_cell(AFTERWARDS[kind]), nbformat.v4.new_code_cell("1 + 1")]
    slow = "import time\ntime.sleep(1.2)" if kind == "a clock" else "2 + 2"
    notebook.cells.append(nbformat.v4.new_code_cell(slow))
    result = graded(whole=notebook)
    assert points(result) == [2, 3], words(result)
    assert not result["private"]["held"]


TAMPERING = {
    "torch": "torch.allclose = lambda *_, **__: True",
    "a method": "torch.Tensor.all = lambda *_: torch.tensor(True)",
    "code of a function": "gan.GAN.loss_d.__code__ = (lambda self, x, z: 0).__code__",
    "builtins": "import builtins\nbuiltins.all = lambda _: True",
    "input transformer": (
        "get_ipython().input_transformers_post.append(lambda lines: [l for l in lines if 'assert' not in l])"
    ),
    "assert": (
        "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
        "        return ast.copy_location(ast.Pass(), node)\nget_ipython().ast_transformers.append(Drop())"
    ),
    "in a function": "def mean(x):\n    torch.allclose = lambda *_, **__: True\n    return x.sum(1)",
    "errors are swallowed": "get_ipython().set_custom_exc((Exception,), lambda *_, **__: None)",
}


@isolation
@pytest.mark.slow
@pytest.mark.parametrize("kind", TAMPERING)
def test_tampering_is_held_for_the_instructor_and_earns_nothing(
    kind: str, graded: Callable[..., dict[str, Any]]
) -> None:
    """The other task passes in a clean process, and so it counts."""
    result = graded(mean=f"def mean(x):\n    return x.sum(1)\n{TAMPERING[kind]}")
    assert points(result) == [0, 3], words(result)
    assert "TAMPERING" in words(result)
    assert result["private"]["held"][0]["cell"] == "mean"


@isolation
def test_program_sees_no_submission_no_test_and_no_network(
    graded: Callable[..., dict[str, Any]], lab: grade.Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_SEED", "918273645")
    monkeypatch.setenv("SECRET_TOKEN", "s3cr3t")
    (tmp_path / "bob.ipynb").write_text("another submission")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        hidden = [tmp_path, lab.course, release.ROOT / "labs", release.ROOT / "grading", "/etc/shadow"]
        tried = f"""
import os, socket
seen = [os.path.join(folder, name) for folder, _, names in os.walk("/") for name in names if name.endswith(".ipynb")]
assert not [name for name in seen if "site-packages" not in name], seen
assert not [name for name in os.environ if "SEED" in name or "SECRET" in name]
for path in {list(map(str, hidden))}:
    assert not os.path.exists(path), path
for path in ("/usr/x", "/x", "/dev/x", "/etc/x", {str(release.ROOT / "genlib" / "x")!r}, "/home/x"):
    try:
        open(path, "w")
    except OSError:
        continue
    raise AssertionError(path)
try:
    socket.create_connection(("127.0.0.1", {listener.getsockname()[1]}), 1)
except OSError:
    pass
else:
    raise AssertionError("connected")
print("tried all")
{MEAN}"""
        result = graded(mean=tried, limits=PATIENT)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert points(result) == [2, 3], result["cells"]
    assert "tried all" in reports.feedback(result), result["cells"]


@isolation
def test_program_reads_larger_data_sets(
    graded: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("all there")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("GENLIB_DATA", str(tmp_path / "link"))
    reads = "import os\nassert open(os.environ['GENLIB_DATA'] + '/file').read() == 'all there'"
    assert points(graded(mean=f"{reads}\n{MEAN}")) == [2, 3]


@isolation
def test_program_that_reads_the_tests_cannot_put_them_into_feedback(graded: Callable[..., dict[str, Any]]) -> None:
    peeks = "import sys\ndef mean(x):\n    global kept\n"
    peeks += "    kept = str(sys._getframe(1).f_globals.get('hidden' + '_rows'))\n"
    tells = "print(kept, In, get_ipython().kernel.get_parent())\nraise type('hidden' + '_rows', (Exception,), {})(kept)"
    result = graded(mean=f"{peeks}    return x.mean(1)", scale=f"{SCALE}\n{tells}")
    assert points(result) == [2, 3]
    assert "tensor(" not in reports.feedback(result)


def test_page_runs_no_script_and_asks_nobody(lab: grade.Lab) -> None:
    result = grade.failed("<script>alert(1)</script>", lab, ValueError("<img src=https://example.invalid/x>"))
    cell = {"name": "<b>", "kind": "own", "source": "</pre><script>", "error": "", "remark": "", "words": "<i>"}
    page = reports.feedback(result | {"cells": [cell]}) + reports.summary_page([result])
    assert not re.findall(r"<(?:script|img|link|b|i)\b|\b(?:src|href)\s*=\s*[\"']|@import|url\(", page)
    assert "default-src 'none'" in page


def change_metadata(notebook: nbformat.NotebookNode, kind: str) -> None:
    if kind == "widgets' state":
        state = {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"model_name": "x"}}, "version_major": 2}}
        notebook.metadata["widgets"] = state
    elif kind == "Colab's metadata":
        notebook.metadata.update(colab={"provenance": [], "gpuType": "T4"}, accelerator="GPU")
        for number, cell in enumerate(notebook.cells):
            cell.metadata.update(id=cell.pop("id"), outputId=f"{number}", colab={"base_uri": "https://example.invalid"})
        notebook.nbformat_minor = 0
    elif kind == "no nbgrader metadata":
        for cell in notebook.cells:
            cell.metadata.pop("nbgrader", None)


def odd(lab: grade.Lab, kind: str) -> nbformat.NotebookNode | bytes:
    """Right answers in a notebook that is not as it was handed out."""
    notebook = answered(lab)
    by = {cell.id: cell for cell in notebook.cells}
    if kind in ("widgets' state", "Colab's metadata", "no nbgrader metadata"):
        change_metadata(notebook, kind)
    elif kind == "tests edited":
        by["mean-test"].source = by["scale-test"].source = "assert True"
    elif kind == "tests deleted":
        notebook.cells = [cell for cell in notebook.cells if not cell.id.endswith("-test")]
    elif kind == "a task deleted":
        notebook.cells.remove(by["mean"])
    elif kind == "ids doubled":
        twin = nbformat.from_dict(by["mean"])
        twin.source = "def mean(x):\n    return x"
        notebook.cells.append(twin)
    elif kind == "a helper added":
        by["mean"].source = "def mean(x):\n    return helper(x)"
        notebook.cells.insert(3, nbformat.v4.new_code_cell("def helper(x):\n    return x.mean(1)"))
    elif kind == "points raised":
        by["mean-test"].metadata.nbgrader.points = 1000
    return notebook


ODD = {
    "tests edited": ([2, 3], "`mean-test` was changed"),
    "tests deleted": ([2, 3], "`mean-test` was missing"),
    "a task deleted": ([0, 3], "`mean` was missing"),
    "ids doubled": ([2, 3], "`mean` was there 2 times"),
    "a helper added": ([2, 3], ""),
    "widgets' state": ([2, 3], ""),
    "Colab's metadata": ([2, 3], ""),
    "no nbgrader metadata": ([2, 3], ""),
    "points raised": ([2, 3], ""),
}


@pytest.mark.parametrize("kind", ODD)
def test_notebook_changed_on_the_way_is_graded_on_its_answers(
    kind: str, graded: Callable[..., dict[str, Any]], lab: grade.Lab
) -> None:
    """Nothing here means harm, and what is read of a file is settled before anything runs: no sandbox is needed."""
    expected, remark = ODD[kind]
    result = graded(whole=odd(lab, kind), opened=NearSession)
    assert points(result) == expected, words(result)
    assert remark in words(result)
    assert bool(remark) == bool(result["remarks"])


UNREADABLE = {
    "no JSON": (b"def mean(x): ...", "cannot be read as a notebook"),
    "empty file": (b"", "cannot be read as a notebook"),
    "other JSON": (b"[1, 2]", "cannot be read as a notebook"),
    "deep JSON": (b"[" * 100_000, "cannot be read as a notebook"),
    "cells that are none": (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": 3, "cells": [7]}', "cannot be read"),
    "no cells": (nbformat.writes(nbformat.v4.new_notebook()).encode(), "is it the right file?"),
    "another lab": (
        nbformat.writes(nbformat.v4.new_notebook(cells=[tiny_lab.solution("x = 1", "other")])).encode(),
        "is it the right file?",
    ),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_notebook_of_this_lab_gets_no_points_and_a_reason(
    kind: str, graded: Callable[..., dict[str, Any]]
) -> None:
    content, remark = UNREADABLE[kind]
    result = graded(whole=content)
    assert points(result) == [0, 0]
    assert remark in words(result)


def test_link_is_not_followed(lab: grade.Lab, limits: Limits, tmp_path: Path) -> None:
    (tmp_path / "bob.ipynb").write_text(nbformat.writes(answered(lab)))
    (tmp_path / "ada.ipynb").symlink_to("bob.ipynb")
    result = grade.grade(tmp_path / "ada.ipynb", "ada", lab, limits)
    assert points(result) == [0, 0]
    assert "a link" in words(result)


@pytest.fixture
def course(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `python -m grading` on a folder of labs that holds the tiny lab."""
    source = tmp_path / "labs" / "tiny" / "tiny.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(tiny_lab.tiny(), source)

    def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "grading", *map(str, words), "--labs", str(tmp_path / "labs")]
        inherited = {**os.environ, "PYTHONPATH": str(release.ROOT), "LAB_SEED": "918273645"} | environment
        return subprocess.run(command, capture_output=True, text=True, env=inherited, cwd=tmp_path)

    return run


def files(folder: Path) -> dict[str, bytes]:
    """What the reports say, without the results they are made from."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@isolation
@pytest.mark.slow
def test_class_is_graded_resumed_repeated_and_merged(
    course: Callable[..., subprocess.CompletedProcess[str]], lab: grade.Lab, tmp_path: Path
) -> None:
    handed_in = tmp_path / "submissions"
    (handed_in / "dora" / "tiny").mkdir(parents=True)
    people = {"ada": answered(lab), "bob": answered(lab, mean="import os\nos._exit(1)"), "=cy": lab.copy()}
    for name, notebook in people.items():
        nbformat.write(notebook, handed_in / f"{name}.ipynb")
    nbformat.write(answered(lab, scale="def scale(x):\n    return x"), handed_in / "dora" / "tiny" / "tiny.ipynb")
    before = files(handed_in)

    first = course("grade", "tiny", handed_in, "--out", tmp_path / "a", "--workers", 2)
    assert first.returncode == 0, first.stderr
    assert "[4/4]" in first.stdout
    with (tmp_path / "a" / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: (row["mean"], row["scale"], row["total"], row["of"]) for row in csv.DictReader(file)}
    assert rows == {
        "'=cy": ("0", "0", "0", "5"),
        "ada": ("2", "3", "5", "5"),
        "bob": ("0", "3", "3", "5"),
        "dora": ("2", "0", "2", "5"),
    }
    assert files(handed_in) == before

    results = tmp_path / "a" / "results"
    (results / "ada.json").unlink()
    (results / "dora.json").write_text("{cut off")
    again = course("grade", "tiny", handed_in, "--out", tmp_path / "a")
    assert again.stdout.count("graded before") == 2, again.stdout + again.stderr
    (tmp_path / "part").mkdir()
    for name in ("bob", "dora"):
        shutil.copy(results / f"{name}.json", tmp_path / "part")
    for name in ("ada", "=cy"):
        alone = course("one", "tiny", handed_in / f"{name}.ipynb", f"--student={name}", "--out", tmp_path / "alone")
        assert alone.returncode == 0, alone.stderr
    merged = course("merge", "tiny", tmp_path / "part", tmp_path / "alone/results", "--out", tmp_path / "b")
    assert merged.returncode == 0, merged.stderr
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_class_summary_names_the_task_that_failed_most(lab: grade.Lab) -> None:
    result = grade.failed("ada", lab, ValueError("no"))
    better = json.loads(json.dumps(result | {"student": "bob", "remarks": []}))
    better["tasks"]["scale-test"].update(points=3.0, remark="")
    text = reports.summary_text([result, better])
    assert reports.tasks([result, better]) == [("mean", 2, 0.0), ("scale", 1, 1.5)]
    assert "2 submissions, 1.50 of 5 points on average" in text
    assert "| 0 to 10 % | 1 |" in text
    assert "| 60 to 70 % | 1 |" in text
    assert "- ada: NOT GRADED" in text


def test_results_that_disagree_are_not_merged(lab: grade.Lab, tmp_path: Path) -> None:
    for folder, name in (("a", "1"), ("b", "2")):
        (tmp_path / folder).mkdir()
        result = grade.failed("ada", lab, ValueError("no")) | {"key": name}
        (tmp_path / folder / "ada.json").write_text(json.dumps(result))
    with pytest.raises(ValueError, match="ada: got results of two runs"):
        reports.gather([tmp_path / "a", tmp_path / "b"], "tiny")


@pytest.mark.slow
def test_without_isolation_nothing_runs_unless_asked(
    course: Callable[..., subprocess.CompletedProcess[str]], lab: grade.Lab, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.ipynb").write_text(nbformat.writes(answered(lab)))
    empty = {"PATH": str(tmp_path)}
    refused = course("grade", "tiny", tmp_path / "in", "--out", tmp_path / "out", **empty)
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1, "a sentence, and nothing else"
    assert "there is no isolation: bwrap is not installed" in refused.stderr
    assert "--without-isolation" in refused.stderr
    assert not (tmp_path / "out").exists()
    trusted = course("grade", "tiny", tmp_path / "in", "--out", tmp_path / "out", "--without-isolation", **empty)
    assert trusted.returncode == 0, trusted.stderr
    assert "ada: 5/5" in trusted.stdout


def test_ubuntu_that_forbids_sandboxes_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    switch = tmp_path / "apparmor_restrict_unprivileged_userns"
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: name)
    monkeypatch.setattr(sandbox, "APPARMOR", switch)
    monkeypatch.setattr(sandbox, "command", lambda *_: ["sh", "-c", "echo no namespaces >&2; exit 1"])
    assert sandbox.missing.__wrapped__() == "bubblewrap cannot work here: no namespaces"
    switch.write_text("0\n")
    assert "AppArmor" not in sandbox.missing.__wrapped__()
    switch.write_text("1\n")
    assert "bubblewrap needs a profile of AppArmor's" in sandbox.missing.__wrapped__()
    monkeypatch.setattr(sandbox, "command", lambda *_: ["true"])
    assert not sandbox.missing.__wrapped__()


ORDINARY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"]


def ordinary_users_can_run() -> bool:
    """Whether root can try the sandbox as another user: that one must be able to read this Python and the library."""
    words = "import genlib, sys; from grading import sandbox; sys.exit(bool(sandbox.missing()))"
    command = [*ORDINARY, sys.executable, "-c", words]
    if os.getuid() or not shutil.which("setpriv"):
        return False
    return subprocess.run(command, capture_output=True, cwd=release.ROOT).returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="every test here is run by an ordinary user already")
@isolation
@pytest.mark.slow
def test_ordinary_user_grades_in_a_sandbox_too(
    lab: grade.Lab,
) -> None:
    if not ordinary_users_can_run():
        pytest.skip("other users than root cannot read this Python")
    with tempfile.TemporaryDirectory() as folder:
        handed_in = Path(folder) / "in"
        handed_in.mkdir()
        for name in ("kill all", "thousands of processes", "50 GB, bit by bit"):
            nbformat.write(answered(lab, mean=HOSTILE[name][0]), handed_in / f"{name}.ipynb")
        labs = Path(folder) / "labs" / "tiny" / "tiny.ipynb"
        labs.parent.mkdir(parents=True)
        nbformat.write(tiny_lab.tiny(), labs)
        subprocess.run(["chown", "-R", "65534:65534", folder], check=True)
        task = ["grade", "tiny", handed_in, "--out", f"{folder}/out", "--labs", f"{folder}/labs"]
        command = [*ORDINARY, sys.executable, "-m", "grading", *map(str, task), "--cell-seconds", "60"]
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(release.ROOT), "HOME": folder, "LAB_SEED": "918273645"}
        done = subprocess.run(command, capture_output=True, text=True, env=own, cwd=folder)
        assert done.returncode == 0, done.stderr
        for name in ("kill all", "thousands of processes", "50 GB, bit by bit"):
            result = json.loads((Path(folder) / "out" / "results" / f"{name}.json").read_text("utf-8"))
            assert points(result) == HOSTILE[name][1], words(result)
            assert HOSTILE[name][2] in words(result)


def test_two_notebooks_of_one_student_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ada" / "tiny").mkdir(parents=True)
    for path in (tmp_path / "ada.ipynb", tmp_path / "ada" / "tiny" / "tiny.ipynb"):
        path.write_text("{}")
    with pytest.raises(ValueError, match="ada: got two notebooks"):
        submissions.find(tmp_path, "tiny")


@pytest.mark.parametrize("name", release.sources(release.ROOT / "labs"))
def test_a_test_is_set_up_with_what_it_reads_and_no_more(name: str) -> None:
    """A name that only an argument has once brought a chain of 300 sweeps into every test that was set up."""
    for task in tasks_of(nbformat.read(release.sources(release.ROOT / "labs")[name], as_version=4)):
        lines = task.setup.splitlines()
        assert len(lines) <= 6
        assert not [line for line in lines if "sample" in line or "load" in line]


class Counted(Session):
    """A session that counts its processors' seconds."""

    spent = 0.0

    def __exit__(self, *_: object) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                Counted.spent += sum(process.cpu_times()[:2])
        super().__exit__()


def import_seconds() -> float:
    """What it costs this machine to start Python and import torch, as it is busy now."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@isolation
@pytest.mark.slow
@pytest.mark.parametrize("name", release.sources(release.ROOT / "labs"))
def test_every_lab_goes_the_long_way(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    limits, source = Limits(), release.sources(release.ROOT / "labs")[name]
    made = grade.prepare(source, tmp_path / "course", "918273645", {}, limits)
    copy = made.course / "release" / name / f"{name}.ipynb"
    answers = {cell.id: cell.source for cell in made.source().cells if release.role(cell).get("solution")}
    notebook = made.copy()
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    nbformat.write(notebook, tmp_path / "solved.ipynb")
    assert made.reader.tasks
    unit, start = import_seconds(), time.process_time() + Counted.spent
    solved = grade.grade(tmp_path / "solved.ipynb", "ada", made, limits, Counted)
    record_property("in imports of torch", (time.process_time() + Counted.spent - start) / unit)
    untouched = grade.grade(copy, "ada", made, limits, NearSession)
    assert reports.total(solved) == reports.possible(solved), words(solved)
    assert not solved["remarks"], words(solved)
    assert reports.total(untouched) == 0
    cells = (cell.source for cell in made.source().cells if release.role(cell).get("grade"))
    hidden = [part.split("### END")[0] for text in cells for part in text.split("### BEGIN HIDDEN TESTS")[1:]]
    lines = {line.strip() for part in hidden for line in part.splitlines() if len(line.strip()) > 30}
    assert lines
    told = json.dumps({name: value for name, value in untouched.items() if name != "private"})
    assert not [line for line in lines if line in told or line in reports.feedback(solved)]
    assert not solved["private"]["held"]
