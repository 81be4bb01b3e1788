"""The widgets' JavaScript against torch, under Deno: their sources, what the page gets, and what must be noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from deno_tests import TESTS, deno_test, faulty_copy, folders, joined_copy, numbers_module, write_numbers

MUTANTS = {
    f"{name}: {fault}": (name, mutant)
    for name in folders()
    if (TESTS / name / "numbers.py").exists()
    for fault, mutant in getattr(numbers_module(name), "MUTANTS", {}).items()
}


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbers(tmp_path_factory.mktemp("numbers"))


def test_sources_equal_torch(numbers: Path) -> None:
    run = deno_test(numbers)
    assert not run.returncode, run.stdout + run.stderr


def test_joined_strings_equal_torch(numbers: Path, tmp_path: Path) -> None:
    run = deno_test(numbers, joined_copy(tmp_path))
    assert not run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize("fault", MUTANTS)
def test_faults_are_noticed(fault: str, numbers: Path, tmp_path: Path) -> None:
    name, mutant = MUTANTS[fault]
    run = deno_test(numbers, faulty_copy(tmp_path, *mutant), name)
    assert "AssertionError" in run.stdout, run.stdout + run.stderr
