"""The workflows: valid, pinned, with no more rights than they need, and publishing nothing that was not tested."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from genlib.zoo.check import RECORDED
from genlib.zoo.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
JOBS = [
    pytest.param(name, job, id=f"{path.stem}-{name}")
    for path in WORKFLOWS
    for name, job in yaml.safe_load(path.read_text("utf-8"))["jobs"].items()
]


def workflow(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text("utf-8"))


def test_workflows_follow_the_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    checked = subprocess.run([*command, *map(str, WORKFLOWS)], capture_output=True, text=True)
    assert WORKFLOWS
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_workflows_call_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    called = {word for path in WORKFLOWS for word in re.findall(r"\bmake ([a-z-]+)", path.read_text("utf-8"))}
    assert called
    assert called <= targets


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text("utf-8"))
    assert used
    pinned = r"(\./\.github/workflows/[\w-]+\.yml|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)"
    assert not [use for use in used if not re.fullmatch(pinned, use)]


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    """And a commit to one version: a comment that names another one misleads whoever raises it."""
    used = {line for path in WORKFLOWS for line in re.findall(r"uses: (\S+@\S+ # \S+)", path.read_text("utf-8"))}
    assert used
    assert len({line.split("@")[0] for line in used}) == len(used), sorted(used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_no_more(path: Path) -> None:
    assert workflow(path.stem)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_who_may_write_runs_nothing_of_the_repository(name: str, job: dict[str, Any]) -> None:
    """It publishes what a job without rights has made, after the tests."""
    if "write" in str(job.get("permissions")):
        assert not [
            step for step in job["steps"] if "checkout" in step.get("uses", "") or "make " in step.get("run", "")
        ]
        assert job["needs"]
    for step in job.get("steps", []):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize(("name", "chain"), [("pages", ["deploy", "tests"]), ("release", ["publish", "cut", "tests"])])
def test_what_is_published_was_tested(name: str, chain: list[str]) -> None:
    jobs = workflow(name)["jobs"]
    for later, earlier in itertools.pairwise(chain):
        assert jobs[later]["needs"] == earlier
    assert jobs["tests"] == {"uses": "./.github/workflows/tests.yml"}
    kept = [step["with"] for job in workflow("tests")["jobs"].values() for step in job["steps"] if "with" in step]
    assert {"name": "book", "path": "_build/html", "if-no-files-found": "ignore"} in kept


def test_every_python_that_is_promised_is_tried() -> None:
    jobs = workflow("tests")["jobs"]
    [everything] = [step["with"]["python-version"] for step in jobs["everything"]["steps"] if "python" in str(step)]
    laws = [row["python"] for row in jobs["laws"]["strategy"]["matrix"]["include"]]
    assert sorted({everything, *laws}) == ["3.11", "3.12", "3.13"]


def test_the_zoo_is_checked_whole() -> None:
    """Every card whose weights come along, and every recipe and recorded run."""
    jobs = workflow("zoo")["jobs"]
    named = {job: jobs[job]["strategy"]["matrix"]["name"] for job in ("cards", "recipes")}
    assert sorted(named["cards"]) == sorted(name for name, recipe in RECIPES.items() if recipe.shipped)
    assert sorted(named["recipes"]) == sorted({*RECIPES, *RECORDED})
