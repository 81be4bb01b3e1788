"""A race is fair, and a peer that is not installed is said to be missing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from benchmarks import peers
from benchmarks.duel import Duel, Side, Task, race
from genlib.zoo.digits import Digits

pytestmark = pytest.mark.slow


class Point(nn.Module):
    """One number, which starts far from what it should become."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.tensor(5.0))


def ones(seed: int) -> Iterator[Tensor]:
    while True:
        yield torch.ones(1)


def test_each_side_has_the_rate_that_is_best_for_it_on_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    """One side starts far from where it should be, the other there; the test's own wish, to stay at 5, is not asked.

    The clock goes on by a thousandth of a second whenever it is read, however busy the machine is.
    """
    monkeypatch.setattr("benchmarks.duel.time", SimpleNamespace(perf_counter=count(step=0.001).__next__))
    square = lambda model, x: (model.place - x).square().mean()  # noqa: E731
    far = Side(Point, square, square)
    there = far._replace(loss=lambda model, x: 7 * (model.place - 5).square(), judge=lambda model, x: torch.tensor(0.5))
    task = Task(ones, torch.ones(1), torch.full((1,), 5.0))
    moved, stayed = race((far, there), task, (1e-9, 1e-1), seconds=0.3, seeds=2)
    assert moved.endswith("in 0.3 s at rate 0.1")
    assert float(moved.split()[0]) > 8, "judged where it was trained"
    assert stayed.startswith("0.50 ± 0.00 in 0.3 s")


def test_a_step_is_a_part_of_a_round() -> None:
    assert Duel([2.0, 4.0], [4.0, 8.0]).per(20) == Duel([0.1, 0.2], [0.2, 0.4])


def test_missing_peers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "peer", lambda name: None)
    rows = peers.made(1) + peers.autoencoders(1)
    assert len(rows) == 4
    assert all(row.endswith(" is not installed | |") and row.count("|") == 5 for row in rows)
    assert peers.versions() == ""


def test_a_package_that_is_not_there_is_no_peer() -> None:
    assert peers.peer("torch") is torch
    assert peers.peer("no_such_package_anywhere") is None


def test_both_sides_have_the_same_loss() -> None:
    """A network of log-odds that are zero gives every picture 64 coin flips, as a belief net at its start does."""
    x = Digits.load().test.to(torch.get_default_dtype())
    net = nn.Linear(64, 64)
    for parameter in net.parameters():
        nn.init.zeros_(parameter)
    assert peers.minus_log_prob(net, x).item() == pytest.approx(64 * torch.tensor(2.0).log().item(), rel=1e-5)
    assert set(peers.drawn(net, 3).unique().tolist()) <= {0.0, 1.0}
