"""The choice of tests after a change: all that the change can reach, and no more; and that none leans on another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

import matplotlib.pyplot as plt
import pytest
import torch
from changes import ROOT, sources, touched

sys.path.insert(0, str(ROOT / "book"))
from book_build import dependencies

from genlib import plot

ALWAYS = {"tests/test_laws.py", "tests/test_style.py"}


@pytest.fixture(scope="module", autouse=True)
def each_file_is_looked_through_once() -> Iterator[None]:
    """While no file changes, the tests of several changes ask for the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dependencies, "dependencies", cache(dependencies.dependencies))
        yield


@cache
def chosen(*changed: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in touched(ROOT / name for name in changed)} - ALWAYS


def test_nothing_changed_leaves_the_tests_of_every_file() -> None:
    assert chosen() == set()


@pytest.mark.parametrize(
    ("changed", "reached", "spared"),
    [
        ("genlib/gan/__init__.py", "tests/gan/test_gan.py", "tests/vae/test_vae.py"),
        ("genlib/gan/__init__.py", "chapters/gan/adversarial-training.ipynb", "tests/data/test_data.py"),
        ("genlib/gan/__init__.py", "tests/pages/test_site.py", "tests/test_plot.py"),
        ("genlib/train.py", "tests/test_train.py", "tests/test_plot.py"),
        ("grading/reports.py", "tests/grading/test_grading.py", "tests/energy/test_rbm.py"),
        ("tests/support/exact.py", "tests/energy/test_rbm.py", "tests/test_train.py"),
        ("tests/vae/test_vae.py", "tests/vae/test_vae.py", "tests/gan/test_gan.py"),
        ("labs/gan/gan.ipynb", "tests/labs/test_labs.py", "tests/energy/test_rbm.py"),
        ("genlib/widgets/gan_lab/model.js", "tests/widgets/test_deno.py", "tests/energy/test_rbm.py"),
        ("book/assets/host.js", "tests/pages/test_site.py", "tests/energy/test_rbm.py"),
    ],
)
@pytest.mark.slow
def test_a_change_reaches_what_rests_on_it(changed: str, reached: str, spared: str) -> None:
    assert reached in chosen(changed)
    assert spared not in chosen(changed)


def test_a_change_of_what_all_rests_on_leaves_nothing_out() -> None:
    assert chosen("requirements.txt") == {path.relative_to(ROOT).as_posix() for path in sources()} - ALWAYS


@pytest.mark.parametrize("turn", ["one test", "the next one"])
def test_no_test_notices_what_another_has_drawn(turn: str) -> None:
    found = plt.rcParams["figure.constrained_layout.use"], plt.get_fignums(), torch.get_default_dtype()
    assert found == (False, [], torch.float64)
    plot.style()
    plt.figure()
    torch.set_default_dtype(torch.float32)
