"""The labs grade right: solutions score all points, untouched copies none, mistakes what they deserve.

The cells run here in this process, one after another, past errors, as a grader runs them; `test_grading.py` takes the
long way through nbgrader and the sandbox.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import linecache
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
import pytest
import torch
import torch.nn.functional as F
import yaml
from lab_answers import RIGHT, WRONG, Right, Wrong

from genlib import data
from grading import release
from grading.parts import defines, reads
from grading.program import questions_of

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted(path.stem for path in (ROOT / "labs").glob("*/*.ipynb"))
SEEDS = (0, 1, 20_261_121)
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?### END SOLUTION$", re.MULTILINE | re.DOTALL)
Cell = nbformat.NotebookNode
Failures = dict[str, BaseException]


@cache
def lab(name: str) -> list[Cell]:
    notebook = nbformat.read(ROOT / "labs" / name / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS\n.*?^### END HIDDEN TESTS$\n?", re.MULTILINE | re.DOTALL)


def copy(name: str) -> list[Cell]:
    """The code cells that students get."""
    cells = [cell.copy() for cell in lab(name)]
    for cell in cells:
        cell.source = HIDDEN.sub("", stub(cell.source))
    return cells


def role(cell: Cell) -> dict[str, Any]:
    return cell.metadata.get("nbgrader", {})


def tasks(name: str) -> dict[str, float]:
    """The points that each task's test is worth, by the id of the task's solution."""
    tests = [role(cell) for cell in lab(name) if role(cell).get("grade")]
    return {test["grade_id"].removesuffix("-test"): test["points"] for test in tests}


def answers(name: str) -> dict[str, str]:
    return {role(cell)["grade_id"]: cell.source for cell in lab(name) if role(cell).get("solution")}


def stub(source: str) -> str:
    return SOLUTION.sub(r"\1raise NotImplementedError", source)


def execute(cells: list[Cell], names: dict[str, Any], given: dict[str, str], seed: int = 0) -> Failures:
    """Runs cells past their errors, solutions replaced by what is given, and returns the errors by cell."""
    failures: Failures = {}
    for cell in cells:
        name = role(cell).get("grade_id", cell.id)
        source = re.sub(r"^LAB_SEED = .*$", f"LAB_SEED = {seed}", given.get(name, cell.source), flags=re.MULTILINE)
        if "parameters" in cell.metadata.get("tags", []):
            source += "".join(f"\n{key} = {value!r}" for key, value in cell.metadata.get("grading", {}).items())
        try:
            exec(compile(source, name, "exec"), names)
        except Exception as error:
            failures[name] = error
    return failures


@pytest.fixture(autouse=True)
def like_a_notebook() -> Iterator[None]:
    """Figures that open no window, and the numbers that learners compute with."""
    import matplotlib.pyplot as plt

    matplotlib.use("Agg")
    torch.set_default_dtype(torch.float32)
    yield
    plt.close("all")


@cache
def prepared(name: str) -> dict[str, Any]:
    """The names that a lab has defined before its first task."""
    cells, names = lab(name), {"__name__": "__main__"}
    first = next(i for i, cell in enumerate(cells) if role(cell))
    assert not execute(cells[:first], names, {})
    return names


def handed_in(name: str, answers: dict[str, str], seed: int = 0, only: str = "") -> Failures:
    """Runs the tasks alone, solutions everywhere but where an answer is given; checks and tests of `only` one task."""
    cells = [cell for cell in lab(name) if role(cell)]
    return execute(leaning(name, only) if only else cells, dict(prepared(name)), answers, seed)


@cache
def leaning(name: str, task: str) -> list[Cell]:
    """The solutions of a lab, and those checks and tests that a task's functions reach, through others of them too."""
    reached, kept = defines(answers(name)[task]), []
    for cell in (cell for cell in lab(name) if role(cell)):
        leans = bool(reads(cell.source) & reached)
        if role(cell).get("solution"):
            reached |= defines(cell.source) if leans else set()
        if role(cell).get("solution") or leans:
            kept.append(cell)
    return kept


def failed_tests(failures: Failures) -> set[str]:
    return {name.removesuffix("-test") for name in failures if name.endswith("-test")}


def every(catalogue: dict[str, list[Any]]) -> Any:
    pairs = [(name, case) for name, cases in catalogue.items() for case in cases]
    return pytest.mark.parametrize(("name", "case"), pairs, ids=[f"{n}: {c.task}, {c.name}" for n, c in pairs])


@pytest.mark.parametrize("name", LABS)
def test_lab_is_made_of_tasks(name: str) -> None:
    """Each has a solution to write, a check to run and a test that brings points, and none asks for much code."""
    roles = {role(cell)["grade_id"]: role(cell) for cell in lab(name) if role(cell)}
    assert len(roles) == sum(bool(role(cell)) for cell in lab(name))
    assert 4 <= len(tasks(name)) <= 8
    for task, points in tasks(name).items():
        assert points > 0
        assert roles[task]["solution"]
        assert not roles[task]["locked"]
        assert roles[f"{task}-check"]["locked"]
        assert roles[f"{task}-test"]["locked"]
        for region in SOLUTION.finditer(answers(name)[task]):
            assert len([line for line in region[0].splitlines()[1:-1] if line.strip()]) <= 12


@pytest.mark.parametrize("name", LABS)
def test_hidden_tests_draw_their_numbers(name: str) -> None:
    for cell in lab(name):
        if role(cell).get("grade"):
            shown, begin, hidden = cell.source.partition("### BEGIN HIDDEN TESTS\nLAB_SEED = 0\n")
            assert begin
            assert shown.strip()
            assert "LAB_SEED" in hidden


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LABS)
def test_solutions_score_everything(name: str, seed: int) -> None:
    assert not handed_in(name, {}, seed)


@pytest.mark.parametrize("name", LABS)
def test_checks_speak_for_solutions_where_a_learner_computes_in_double_precision(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether that was set before the lab's imports or after them."""
    library, checks = importlib.import_module("genlib.checks"), importlib.import_module(f"genlib.checks.{name}")
    for imported in ("before", "after"):
        monkeypatch.setattr(library, name, checks)
        monkeypatch.setitem(sys.modules, checks.__name__, checks)
        torch.set_default_dtype(torch.float64)
        if imported == "after":
            del sys.modules[checks.__name__]
            again = importlib.import_module(checks.__name__)
            assert again is not checks
        names = dict(prepared(name)) | {"checks": sys.modules[checks.__name__]}
        visible = [cell for cell in lab(name) if role(cell) and not role(cell).get("grade")]
        assert not execute(visible, names, {}), imported
        torch.set_default_dtype(torch.float32)


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_whole_lab_runs_as_it_is_graded(name: str) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    assert not execute(lab(name), names, {})


@pytest.mark.slow
def test_autoencoder_takes_other_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an instructor may change is followed everywhere: here the digits, drawn twice as large."""
    wide = [(F.interpolate(x, scale_factor=2), y) for x, y in data.load("digits")]
    known, asked = data.load, list[str]()

    def load(name: str) -> Any:
        asked.append(name)
        return wide if name == "wide" else known(name)

    monkeypatch.setattr(data, "load", load)
    names: dict[str, Any] = {"__name__": "__main__"}
    assert not execute(lab("autoencoder"), names, {"parameters": "dataset, steps, seed = 'wide', 30, 3"})
    assert asked == ["wide"]
    assert names["D"] == 256


@pytest.mark.parametrize("name", LABS)
def test_untouched_copies_score_nothing(name: str) -> None:
    stubs = {task: stub(source) for task, source in answers(name).items()}
    assert all("raise NotImplementedError" in source and "SOLUTION" not in source for source in stubs.values())
    failures = execute(lab(name), {"__name__": "__main__"}, stubs)
    assert failed_tests(failures) == set(tasks(name))
    assert all(isinstance(failures[f"{task}-test"], NotImplementedError) for task in tasks(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_run_all_goes_through_an_untouched_copy(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What leans on a task that is not written yet says so, and every other cell runs."""
    assert not execute(copy(name), {"__name__": "__main__"}, {})
    told = capsys.readouterr().out
    assert told.count("not written yet: put your lines where") >= len(tasks(name))
    assert "passed over, since it leans on a task that is not written yet" in told


@pytest.mark.parametrize("name", LABS)
def test_a_stubs_line_left_above_an_answer_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for task, answer in answers(name).items():
        source = answer.replace("### BEGIN SOLUTION", "raise NotImplementedError")
        monkeypatch.setitem(linecache.cache, task, (len(source), None, source.splitlines(keepends=True), task))
        cells = [cell for cell in copy(name) if role(cell).get("grade_id") in (task, f"{task}-check")]
        capsys.readouterr()
        assert not execute(cells, dict(prepared(name)), {task: source})
        assert "still stands above lines that you wrote" in capsys.readouterr().out, task


@pytest.mark.parametrize("name", LABS)
def test_what_brings_points_waits_for_its_own_task(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The part of a test that students see does not pass before anything is written."""
    for task in tasks(name):
        cells = [cell for cell in copy(name) if role(cell).get("grade_id") in (task, f"{task}-test")]
        capsys.readouterr()
        assert not execute(cells, dict(prepared(name)), {})
        assert "passed over, since it leans on a task that is not written yet" in capsys.readouterr().out, task


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_a_task_left_out_costs_its_own_points_only(name: str) -> None:
    for task in tasks(name):
        assert failed_tests(handed_in(name, {task: stub(answers(name)[task])})) == {task}


@pytest.mark.parametrize("name", LABS)
def test_catalogue_covers_every_task(name: str) -> None:
    for task in tasks(name):
        assert sum(wrong.task == task for wrong in WRONG[name]) >= 2
        assert sum(right.task == task for right in RIGHT[name]) >= 1


# The first seed beside all tasks of the lab; the others, in `make test`, where the answer can make itself felt.
DRAWN = pytest.mark.parametrize(
    "seeds", [SEEDS[:1], pytest.param(SEEDS[1:], marks=pytest.mark.slow)], ids=["first", "others"]
)


@DRAWN
@every(WRONG)
def test_mistakes_fail_the_tests_they_should(name: str, case: Wrong, seeds: tuple[int, ...]) -> None:
    solution = answers(name)[case.task]
    assert solution.count(case.old) == 1
    expected = set(case.fails or (case.task,))
    only = "" if seeds == SEEDS[:1] else case.task
    for seed in seeds:
        failures = handed_in(name, {case.task: solution.replace(case.old, case.new)}, seed, only)
        assert failed_tests(failures) == expected
        seen = failures[f"{case.task}-check"]
        assert isinstance(seen, AssertionError), seen
        assert "got" in str(seen)
        assert "expected" in str(seen)


@DRAWN
@every(RIGHT)
def test_other_right_answers_score_everything(name: str, case: Right, seeds: tuple[int, ...]) -> None:
    only = "" if seeds == SEEDS[:1] else case.task
    for seed in seeds:
        assert not handed_in(name, {case.task: case.source}, seed, only)


# The same answer in another dress: it counts as much, but where a gradient has to flow through it.
DRESSES = {
    "double precision": "lambda value: value.double() if isinstance(value, torch.Tensor) else value",
    "arrays": "lambda value: value.detach().numpy() if isinstance(value, torch.Tensor) else value",
    "lists": "lambda value: value.tolist() if isinstance(value, torch.Tensor) else value",
}
TRAINED = {
    "discriminator-loss",
    "gated-block",
    "generator-losses",
    "log-prob",
    "losses",
    "masked-conv",
    "slope-penalty",
    "stacks",
}
RANDOM = {
    ("autoencoder", "denoising"),
    ("boltzmann", "sweep"),
    ("mixture", "sample"),
    ("rbm", "complete"),
    ("rbm", "sweep"),
}
NO_TENSORS, HANDED_NO_TENSORS = {"alternation"}, {"alternation", "mask"}
WRAPPED = """
def dressed(function, dress):
    def again(*args, **named):
        result = function(*args, **named)
        several = isinstance(result, tuple | list)
        return [dress(part) for part in result] if several else dress(result)
    return again


{name} = dressed({name}, {dress})
"""
MISBEHAVING = """
def misbehaving(function):
    def again(*args, **named):
        {before}
        result = function(*args, **named)
        {after}
        return result
    return again


{name} = misbehaving({name})
"""


def functions(name: str, task: str) -> list[str]:
    """What a task asks to be written."""
    found = re.findall(r"^def (\w+)", answers(name)[task], re.MULTILINE)
    return [function for function in found if function != "exact_distribution"]


def alone(name: str, task: str, answer: str) -> Failures:
    """Runs one task and no other."""
    ids = {task, f"{task}-check", f"{task}-test"}
    return execute([c for c in lab(name) if role(c).get("grade_id") in ids], dict(prepared(name)), {task: answer}, 3)


EVERY_TASK = pytest.mark.parametrize(("name", "task"), [(name, task) for name in LABS for task in tasks(name)])


@pytest.mark.slow
@EVERY_TASK
def test_answers_count_in_any_dress(name: str, task: str) -> None:
    for kind, dress in DRESSES.items():
        if task in TRAINED | NO_TENSORS and kind != "double precision":
            continue
        wrapped = [WRAPPED.format(name=f, dress=dress) for f in functions(name, task) if f != "denoising_loss"]
        failures = alone(name, task, answers(name)[task] + "\n" + "".join(wrapped))
        assert not failures, kind


@pytest.mark.parametrize(("name", "task"), sorted(RANDOM - {("autoencoder", "denoising")}))
def test_states_may_be_truth_values(name: str, task: str) -> None:
    function = functions(name, task)[0]
    dressed = WRAPPED.format(name=function, dress="lambda value: value.bool()")
    assert not alone(name, task, f"{answers(name)[task]}\n{dressed}")


@pytest.mark.parametrize("name", LABS)
def test_labs_say_what_may_be_imported_how_to_hand_in_and_where_the_book_is(name: str) -> None:
    """And what they say may be imported is there where they are graded."""
    notebook = nbformat.read(ROOT / "labs" / name / f"{name}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "**Hand in:** this notebook, named after you" in text
    assert "*File*, *Download*, *Download .ipynb*" in text
    assert "deep-generative-models.github.io/course/" in text.split("**The book:**")[1]
    usual = re.search(r"You may import whatever Python itself has, and (.*?):", text)[1]
    modules = re.findall(r"`(\w+)`", usual)
    assert len(modules) == 7
    assert all(importlib.util.find_spec(module) for module in modules)
    assert all(f"`{module}`" in (ROOT / "labs" / "index.md").read_text("utf-8") for module in modules)


PEEKING = """
def {name}(*args, **options):
    import sys
    frame = sys._getframe(1)
    while frame and "expected" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["expected"] if frame else None
"""


@EVERY_TASK
def test_answers_that_look_up_what_is_expected_score_nothing(name: str, task: str) -> None:
    peeking = "".join(PEEKING.format(name=function) for function in functions(name, task))
    assert {f"{task}-check", f"{task}-test"} <= alone(name, task, answers(name)[task] + "\n" + peeking).keys()


@EVERY_TASK
def test_what_an_answer_is_handed_stays_as_it_was(name: str, task: str) -> None:
    """Its first tensor is changed after the result is computed: nothing else is wrong."""
    if task in HANDED_NO_TENSORS:
        return
    after = "next(a for a in args if isinstance(a, torch.Tensor)).data.add_(1)"
    for function in functions(name, task):
        spoilt = MISBEHAVING.format(name=function, before="", after=after)
        failures = alone(name, task, answers(name)[task] + "\n" + spoilt)
        assert f"{task}-test" in failures, function
        assert "expected it untouched" in str(failures[f"{task}-check"]), function


@pytest.mark.parametrize(("name", "task"), sorted(RANDOM))
def test_seed_set_inside_is_noticed(name: str, task: str) -> None:
    function = functions(name, task)[0]
    seeded = MISBEHAVING.format(name=function, before="torch.manual_seed(1)", after="")
    failures = alone(name, task, answers(name)[task] + "\n" + seeded)
    assert f"{task}-test" in failures
    assert "is a seed set inside?" in str(failures[f"{task}-check"])


YES = """
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True
"""


@EVERY_TASK
def test_tensor_that_agrees_with_everything_earns_nothing(name: str, task: str) -> None:
    hollow = YES + "".join(f"{f} = lambda *_, **__: torch.zeros(3).as_subclass(Yes)\n" for f in functions(name, task))
    assert f"{task}-test" in alone(name, task, hollow)


@pytest.mark.parametrize("name", LABS)
def test_tasks_say_how_long_and_how_hard_they_are_and_give_two_hints(name: str) -> None:
    notebook = nbformat.read(ROOT / "labs" / name / f"{name}.ipynb", as_version=4)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    asked = [text for text in texts if text.startswith("## Task")]
    assert len(asked) == len(tasks(name))
    minutes = [int(re.search(r"^\*About (\d+) minutes, ★{1,3}\*$", text, re.MULTILINE)[1]) for text in asked]
    whole = int(re.search(r"\*\*Time:\*\* (\d+) minutes", texts[0])[1])
    assert sum(minutes) < whole <= 90
    told = (ROOT / "labs" / "index.md").read_text("utf-8").split(f"(lab-{name})=")[1].split("\n(lab-")[0]
    assert f"It takes about {whole} minutes" in told
    assert f"\nThe other {whole - sum(minutes)} minutes go into" in "\n".join(texts)
    pages = [(ROOT / page).read_text("utf-8") for page in ("labs/index.md", "book/instructors.md")]
    rows = [row for page in pages for row in page.splitlines() if re.match(rf"\| (\[.*\]\(#.*|`{name}`) \|", row)]
    title = re.search(r"^# Lab: (.*)$", texts[0], re.MULTILINE)[1].replace(" ", "-")
    own = [row for row in rows if f"`{name}` |" in row or f"(#{title.lower()[:12]}" in row]
    assert sum(f"| {whole} minutes |" in row for row in own) == 2, own
    for text in asked:
        first, second = text.index("<summary>A hint</summary>"), text.index("<summary>Another one</summary>")
        assert text.count("<details>") == text.count("</details>") == 2
        assert "</details>" not in text[first:second], "the second opens inside the first"


@pytest.mark.parametrize("name", LABS)
def test_questions_have_answers_which_students_do_not_get(name: str, tmp_path: Path) -> None:
    source = nbformat.read(ROOT / "labs" / name / f"{name}.ipynb", as_version=4)
    questions = questions_of(source)
    assert len(questions) >= 6
    assert all(question.model for question in questions)
    handed_out = release.cut(source, name, tmp_path).read_text("utf-8")
    assert "MODEL ANSWER" not in handed_out
    assert not [q.name for q in questions if json.dumps(q.model[:40])[1:-1] in handed_out]


def step(workflow: str, job: str, name: str) -> str:
    """The shell script of a workflow's step."""
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / workflow).read_text("utf-8"))["jobs"][job]["steps"]
    return next(str(step["run"]) for step in steps if step.get("name") == name)


def program(folder: Path, name: str, script: str) -> None:
    """Writes a program that stands in for one that is not to be had here."""
    (folder / name).write_text(f"#!/bin/bash -e\n{script}\n")
    (folder / name).chmod(0o755)


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a step as GitHub does."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=True)


@pytest.fixture
def cut_copies(tmp_path: Path) -> Path:
    """A folder with what the tested commit was cut into: the students' copies, the weights and the site."""
    student = tmp_path / "copies" / "labs" / "student"
    student.mkdir(parents=True)
    for name in LABS:
        (student / f"{name}.ipynb").write_text("{}")
    student.with_suffix(".zip").write_text("a zip")
    (tmp_path / "copies" / "weights.zip").write_text("a zip")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "index.html").write_text("a site")
    return tmp_path


def test_workflow_writes_the_branch_that_colab_opens(cut_copies: Path, tmp_path: Path) -> None:
    """Twice, since the second time the branch is there already."""
    bare, config = tmp_path / "bare.git", tmp_path / "gitconfig"
    bash(f"git init --quiet --bare {bare}", tmp_path)
    config.write_text(f'[url "{bare}"]\n\tinsteadOf = https://x-access-token:t0ken@github.com/a/course.git\n')
    given = {"TOKEN": "t0ken", "GITHUB_REPOSITORY": "a/course", "GITHUB_REF_NAME": "v1.2.3", "GITHUB_SHA": "abc"}
    for _ in range(2):
        script = step("release.yml", "publish", "Write the branch that Colab opens")
        bash(script, cut_copies, GIT_CONFIG_GLOBAL=str(config), **given)
        shown = bash("git ls-tree --name-only -r labs; git log --format=%s labs", bare).stdout.splitlines()
        assert shown == [*(f"{name}.ipynb" for name in LABS), "Students' copies of v1.2.3 at abc"]
    assert not (cut_copies / "copies" / "labs" / "student" / ".git").exists()


def test_workflow_makes_the_release(cut_copies: Path, tmp_path: Path) -> None:
    """GitHub's program is stood in for by one that writes down what it is asked; at first there is no release."""
    program(tmp_path, "gh", f'echo "$@" >> {tmp_path}/asked; [ "$1 $2" != "release view" ]')
    script = step("release.yml", "publish", "Make the release")
    bash(script, cut_copies, PATH=f"{tmp_path}:{os.environ['PATH']}", GITHUB_REF_NAME="v1.2.3")
    view, create, upload = (tmp_path / "asked").read_text().splitlines()
    assert view == "release view v1.2.3"
    assert create.startswith("release create v1.2.3 ")
    files = upload.removeprefix("release upload v1.2.3 --clobber ").split()
    labs = ["student.zip", *(f"{name}.ipynb" for name in LABS)]
    assert [Path(file).name for file in files] == ["site.zip", "weights.zip", *labs]
    assert all((cut_copies / file).is_file() for file in files)


def test_workflow_runs_every_lab_in_colabs_image(tmp_path: Path) -> None:
    """Docker is stood in for by one that checks what is mounted, and jupyter by one that notes what it is given."""
    mounted = 'while [ "$1" != --volume ]; do shift; done; IFS=: read -r from to mode <<<"$2"'
    inside = f'shift 4; cd {tmp_path}/content; sed "s#/lab.ipynb [.]#$from lab.ipynb#" <<<"${{@: -1}}" | bash -e'
    program(tmp_path, "docker", f'{mounted}; [ "$to $mode" = "/lab.ipynb ro" ]; {inside}')
    program(tmp_path, "jupyter", f'[ -s "${{@: -1}}" ]; md5sum < "${{@: -1}}" >> {tmp_path}/ran')
    (tmp_path / "content").mkdir()
    bash(step("colab.yml", "labs", "Run every lab alone"), ROOT, PATH=f"{tmp_path}:{os.environ['PATH']}", IMAGE="colab")
    sums = [hashlib.md5((ROOT / "labs" / n / f"{n}.ipynb").read_bytes()).hexdigest() for n in LABS]
    assert [line.split()[0] for line in (tmp_path / "ran").read_text().splitlines()] == sums


def test_recipe_of_a_container_says_what_there_is(tmp_path: Path) -> None:
    """Docker, apt-get and make are stood in for by programs that note what they are given."""
    page = (ROOT / "book" / "instructors.md").read_text("utf-8")
    recipe = re.search(r"^```\n(docker run .*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    for name in ("apt-get", "make"):
        program(tmp_path, name, f'echo {name} "$@" >> {tmp_path}/asked')
    program(tmp_path, "docker", f'echo "$@" > {tmp_path}/options; bash -ec "${{@: -1}}"')
    bash(recipe, tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")
    options = (tmp_path / "options").read_text()
    assert all(f" {o} " in options for o in ("--privileged", "-e LAB_SEED", f"-v {tmp_path}:/course", "-w /course"))
    update, install, make = (tmp_path / "asked").read_text().splitlines()
    assert (update, install) == ("apt-get update", "apt-get install -y bubblewrap make git")
    target, *given = make.split()[1:]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert all(f"$({word.split('=')[0]})" in makefile or f"(or $({word.split('=')[0]})" in makefile for word in given)
    assert f":{given[0].removeprefix('VENV=')} " in options


@pytest.mark.slow
def test_gan_collapses_and_is_cured() -> None:
    """At full length the story that the lab tells comes true."""
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell.copy() for cell in lab("gan")]
    for cell in cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key != "grading"}
    assert not execute(cells, names, {"collapse": "rate_d, rate_g = 2e-3, 2e-2"})
    assert names["modes"](names["mine"]) >= 7
    assert names["modes"](names["even"]) >= 7
    assert names["modes"](names["collapsed"]) <= 3
    assert names["modes"](names["cured"]) >= 6
