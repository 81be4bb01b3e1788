"""A chapter's claims: insisted on at its own parameters, and told elsewhere."""

from __future__ import annotations

import pytest
import torch

from genlib.checks.claims import Claims


@pytest.mark.parametrize("holds", [True, torch.tensor(True), torch.ones(3).bool().all()])
@pytest.mark.parametrize("described", [True, False])
def test_what_holds_passes_in_silence(holds: object, described: bool, capsys: pytest.CaptureFixture[str]) -> None:
    Claims(described, True)(holds)
    assert capsys.readouterr().out == ""


def test_what_does_not_hold_fails_at_the_described_parameters() -> None:
    claim, gap = Claims(True, True), torch.tensor(0.5)
    with pytest.raises(AssertionError, match=r"the text claims what is not so: gap < 0\.1"):
        claim(gap < 0.1)


@pytest.mark.parametrize("described", [(False,), (False, True), (True, False), (True, True, False)])
def test_elsewhere_it_is_told_and_quoted(described: tuple[bool, ...], capsys: pytest.CaptureFixture[str]) -> None:
    claim, größe = Claims(*described), 3
    claim(größe > 2)
    _ = "ä", claim(größe < 2), claim(
        all(n < größe
            for n in range(9)))  # fmt: skip
    told = [line.removeprefix("Not so with these parameters: ") for line in capsys.readouterr().out.splitlines()]
    assert told == ["größe < 2", "all(n < größe for n in range(9))"]


def test_where_the_source_is_gone_it_names_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    exec("\n\nclaim(False)", {"claim": Claims(False)})
    assert capsys.readouterr().out == "Not so with these parameters: line 3\n"


def test_what_is_no_truth_value_is_refused() -> None:
    with pytest.raises(RuntimeError, match="ambiguous"):
        Claims(True)(torch.zeros(2) < 1)
