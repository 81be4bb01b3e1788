"""Cutting labs and grading what comes back, on a lab of two tasks and students who mean well and who do not."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import tiny_lab

pytest.importorskip("nbgrader", reason="nbgrader is not installed")
from grading import release


def test_student_copy_holds_neither_solutions_nor_hidden_tests(tmp_path: Path) -> None:
    copy = nbformat.read(release.cut(tiny_lab.tiny(), "tiny", tmp_path), as_version=4)
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
