"""Which files are submissions, whose they are, and what the command line says of what it cannot use."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
import tiny_lab

pytest.importorskip("nbgrader", reason="nbgrader is not installed")
from grading import __main__ as command_line
from grading import grade, release, reports, sandbox, submissions
from grading.program import Question
from grading.session import Limits

ROWS = {
    "ada.ipynb": ("ada", ""),
    "bob.ipynb.txt": ("bob", ""),
    "cem.ipynb.json": ("cem", ""),
    "Dave.IPYNB": ("Dave", ""),
    "eve/tiny/tiny.ipynb": ("eve", ""),
    "fay/whatever she called it.ipynb": ("fay", ""),
    "Gül Özil_123456_assignsubmission_file_/tiny.ipynb": ("Gül Özil", "123456"),
    "Hal Ito_123457_assignsubmission_file_tiny.ipynb": ("Hal Ito", "123457"),
    "ivoivic_40313_998877_tiny-1.ipynb": ("ivoivic", "40313"),
    "janjans_LATE_40314_998878_tiny.ipynb": ("janjans", "40314"),
    "kim (1).ipynb": ("kim (1)", ""),
    "lea/tiny.ipynb": ("lea", ""),
}
PASSED = {
    ".mia.ipynb": "its name starts with a dot",
    "._ada.ipynb": "written by a Mac",
    "__MACOSX/ada.ipynb": "written by a Mac",
    ".ipynb_checkpoints/ada-checkpoint.ipynb": "a copy that Jupyter made",
    "noa.zip": "an archive",
    "ole.pdf": "not a notebook",
    "pia.py": "not a notebook",
    "lea/draft.ipynb": "one of several notebooks in a folder",
    "a/b/c/d/e.ipynb": "more than 3 folders down",
}


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for name in [*ROWS, *PASSED]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    return folder


def test_every_file_is_a_row_or_is_passed_over_for_a_reason(handed_in: Path) -> None:
    found = submissions.find(handed_in, "tiny")
    rows = {one.path.relative_to(handed_in).as_posix(): (one.student, one.number) for one in found.submissions.values()}
    assert rows == ROWS
    assert [one.student for one in found.submissions.values() if one.late] == ["janjans"]
    passed = dict(found.passed_over)
    assert passed.keys() == PASSED.keys()
    assert all(reason in passed[name] for name, reason in PASSED.items())


def test_late_one_gives_way_to_one_in_time(tmp_path: Path) -> None:
    for name in ("ada.ipynb", "ada_LATE.ipynb"):
        (tmp_path / name).write_text("{}")
    found = submissions.find(tmp_path, "tiny")
    assert list(found.submissions) == ["ada"]
    assert not found.submissions["ada"].late
    assert found.passed_over == [("ada_LATE.ipynb", "came late, beside one of ada's that came in time")]


WORDS = {
    "a folder that is not there": (["grade", "tiny", "nowhere"], {}, "there is no folder nowhere"),
    "a notebook that is not there": (["one", "tiny", "nowhere.ipynb"], {}, "there is no file nowhere.ipynb"),
    "an empty folder": (["grade", "tiny", "home/in"], {}, "holds no notebook"),
    "a home": (["grade", "tiny", "~/in"], {}, "home/in holds no notebook"),
    "no number": (["grade", "tiny", "home/in"], {"LAB_SEED": "geheim"}, "LAB_SEED: got 'geheim', expected a whole"),
    "no lab": (["grade", "huge", "home/in"], {}, "there is no lab 'huge'; there are tiny"),
    "no results": (["merge", "tiny", "nowhere"], {}, "there is no folder nowhere"),
    "no table": (["merge", "tiny", "home", "--students", "nowhere.csv"], {}, "there is no file nowhere.csv"),
}


@pytest.mark.parametrize("kind", WORDS)
def test_what_cannot_be_used_is_said_in_a_sentence_and_nothing_is_written(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "labs" / "tiny" / "tiny.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(tiny_lab.tiny(), source)
    (tmp_path / "home" / "in").mkdir(parents=True)
    words, environment, told = WORDS[kind]
    for name, value in ({"LAB_SEED": "5", "HOME": str(tmp_path / "home")} | environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["grading", *words, "--labs", "labs", "--out", "out"])
    assert command_line.main() == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def result(student: str, lab: str = "tiny", points: float = 2.0) -> dict[str, object]:
    none: dict[str, object] = {"traces": {}, "changes": [], "held": []}
    tasks = {"mean-test": {"points": points, "of": 2.0, "remark": "", "check": ""}}
    told = {"student": student, "lab": lab, "key": student, "tasks": tasks, "remarks": [], "cells": []}
    return told | {"private": none, "written": {"why": "because"}, "seconds": 1.0}


def test_what_was_written_after_the_deadline_is_late(tmp_path: Path) -> None:
    for student, written in (("ada", 1_400_000_000), ("bob", 1_600_000_000), ("cem_LATE", 1_400_000_000)):
        (tmp_path / f"{student}.ipynb").write_text("{}")
        os.utime(tmp_path / f"{student}.ipynb", (written, written))
    asked = argparse.Namespace(command="grade", submissions=tmp_path, lab="tiny", deadline=datetime(2017, 7, 14, 12, 0))
    late = {one.student for one in command_line.handed_in(asked).submissions.values() if one.late}
    assert late == {"bob", "cem"}


def test_answers_in_words_stand_beside_a_good_one(tmp_path: Path) -> None:
    reports.write([result("ada"), result("bob")], tmp_path, [Question("why", "Why is it so?", "For a reason.")])
    page = (tmp_path / "written.html").read_text("utf-8")
    assert page.count("Why is it so?") == page.count("For a reason.") == 1
    assert page.count("because") == 2
    assert "because" in (tmp_path / "instructor" / "ada.html").read_text("utf-8")
    assert "For a reason." not in (tmp_path / "feedback" / "ada.html").read_text("utf-8")


def test_results_of_another_lab_are_not_merged(tmp_path: Path) -> None:
    (tmp_path / "ada.json").write_text(json.dumps(result("ada", "other")))
    with pytest.raises(ValueError, match="got results of other, expected those of the lab tiny"):
        reports.gather([tmp_path], "tiny")


def test_lists_and_decisions_go_into_the_grades(tmp_path: Path) -> None:
    """Tables as a German spreadsheet writes them."""
    listed = "student;E-Mail;Matrikelnummer\nada;ada@example.invalid;17\nzoë;zoe@example.invalid;18\n"
    (tmp_path / "students.csv").write_bytes(listed.encode("utf-16"))
    (tmp_path / "decisions.csv").write_text("student,task,points,reason\nada,mean,1.5,we spoke\n", "utf-8-sig")
    results = reports.enrol([result("ada"), result("bob")], tmp_path / "students.csv")
    reports.decide(results, tmp_path / "decisions.csv")
    reports.write(results, tmp_path / "out", [], [("x.pdf", "not a notebook")])
    written = (tmp_path / "out" / "grades.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf"), "a spreadsheet takes it for another encoding"
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(written.decode("utf-8-sig")))}
    assert rows["ada"]["E-Mail"] == "ada@example.invalid"
    assert (rows["ada"]["total"], rows["bob"]["total"], rows["zoë"]["total"]) == ("1.5", "2", "0")
    assert "decided by your instructor: we spoke" in rows["ada"]["remarks"]
    assert "nothing was handed in" in rows["zoë"]["remarks"]
    assert "x.pdf: not a notebook" in (tmp_path / "out" / "summary.md").read_text("utf-8")
    (tmp_path / "decisions.csv").write_text("student,task,points\nnobody,mean,1\n")
    with pytest.raises(ValueError, match="expected a student, a task and its points"):
        reports.decide(results, tmp_path / "decisions.csv")


@pytest.mark.skipif(bool(sandbox.missing()), reason=f"no isolation, wants bubblewrap: {sandbox.missing()}")
@pytest.mark.slow
def test_an_interrupt_stops_at_once_keeps_what_is_done_and_resumes(tmp_path: Path) -> None:
    source, folder = tmp_path / "labs" / "tiny" / "tiny.ipynb", tmp_path / "in"
    source.parent.mkdir(parents=True)
    folder.mkdir()
    nbformat.write(tiny_lab.tiny(), source)
    made = grade.prepare(source, tmp_path / "course", "5", {}, Limits(900.0, 900.0))
    nbformat.write(made.copy(), folder / "ada.ipynb")
    slow = made.copy()
    slow.cells.insert(0, nbformat.v4.new_code_cell("import time\ntime.sleep(800)"))
    nbformat.write(slow, folder / "bob.ipynb")
    nbformat.write(slow, folder / "cem.ipynb")
    command = [sys.executable, "-m", "grading", "grade", "tiny", str(folder), "--labs", str(source.parent.parent)]
    command += ["--out", str(tmp_path / "out"), "--cell-seconds", "900", "--seconds", "900"]
    own = os.environ | {"PYTHONPATH": str(release.ROOT), "LAB_SEED": "5"}
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), "text": True}
    with subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **heard) as running:
        assert "ada" in running.stdout.readline()
        time.sleep(1)
        before = time.monotonic()
        running.send_signal(signal.SIGINT)
        told = running.communicate(timeout=700)[1]
    assert time.monotonic() - before < 400, "the cell that ran had eight hundred seconds to go"
    assert running.returncode == 130
    assert "interrupted: what was graded is kept" in told
    kept = tmp_path / "out" / "results" / "ada.json"
    assert [path.name for path in kept.parent.iterdir()] == ["ada.json"]
    assert json.loads(kept.read_text("utf-8"))["key"] == grade.key(folder / "ada.ipynb", made)


def test_a_link_to_a_folder_is_not_entered(handed_in: Path) -> None:
    """Neither a folder inside nor one outside: each is named as passed over, and nothing in it is found twice."""
    outside = handed_in.parent / "outside"
    outside.mkdir()
    (outside / "tiny.ipynb").write_text("{}")
    (handed_in / "zoe").symlink_to(outside)
    (handed_in / "yan").symlink_to("lea")
    found = submissions.find(handed_in, "tiny")
    rows = {one.path.relative_to(handed_in).as_posix() for one in found.submissions.values()}
    assert rows == ROWS.keys()
    assert {"zoe", "yan"} <= dict(found.passed_over).keys()
