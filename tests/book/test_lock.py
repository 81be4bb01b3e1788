"""The lock, and the package's own demands."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def locked() -> dict[str, Version]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pins = [re.fullmatch(r"([\w.-]+)==([\w.!]+)", line) for line in lines if line and not line.startswith("#")]
    assert all(pins), "every line is an exact pin"
    return {re.sub(r"[-_.]+", "-", pin[1]).lower(): Version(pin[2]) for pin in pins}


def demanded() -> list[Requirement]:
    extras = [line for group in PROJECT["optional-dependencies"].values() for line in group]
    all_of_them = [Requirement(line) for line in [*PROJECT["dependencies"], *extras]]
    return [requirement for requirement in all_of_them if requirement.name != PROJECT["name"]]


def test_no_cuda_packages() -> None:
    assert not [name for name in locked() if re.search("nvidia|cuda|triton|cupti", name)]


@pytest.mark.parametrize("requirement", demanded(), ids=str)
def test_lock_holds_what_is_demanded(requirement: Requirement) -> None:
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    assert requirement.specifier.contains(locked()[name])


def test_library_asks_for_lower_bounds_only() -> None:
    for line in PROJECT["dependencies"]:
        assert [spec.operator for spec in Requirement(line).specifier] == [">="], line


COLAB = {
    "torch": "2.11.0",
    "numpy": "2.0.2",
    "matplotlib": "3.10.0",
    "scikit-learn": "1.6.1",
    "safetensors": "0.8.0",
    "pooch": "1.9.0",
    "anywidget": "0.9.21",
    "ipywidgets": "7.7.1",
}


def test_colab_has_all_that_the_library_needs() -> None:
    for line in PROJECT["dependencies"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(COLAB[requirement.name]), f"{line}, Colab has {COLAB[requirement.name]}"


def test_ci_script_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
