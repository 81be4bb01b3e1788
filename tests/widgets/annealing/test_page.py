"""Annealing in a page: honest estimates, in time, by every hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from harness import (
    chromium,
    from_python,
    hurry,
    needs_chromium,
    opened,
    recorded,
    rest,
    widget_page,
)
from playwright.sync_api import Browser, Page, expect

from genlib.energy import RBM
from genlib.evaluate import effective_sample_size
from genlib.widgets import Annealing

pytestmark = needs_chromium


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def machine(features: int = 64, hidden: int = 16, scale: float = 0.3) -> RBM:
    rbm = RBM(features, hidden)
    for parameter in rbm.parameters():
        parameter.data = scale * torch.randn(parameter.shape)
    return rbm


@pytest.fixture
def page_of(tmp_path: Path) -> Path:
    return widget_page(tmp_path / "annealing.html", Annealing(machine(), base=torch.randn(64)))


# Under the hand


def label(page: Page) -> str:
    return page.locator(".genlib-count").first.inner_text()


def words(page: Page) -> str:
    return page.locator(".genlib-annealing-words").first.inner_text()


def pixels(page: Page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL())")


def choose(page: Page, place: int, value: str) -> None:
    page.locator(".genlib select").nth(place).select_option(value)


def test_first_view_is_a_finished_run_among_others(page_of: Path) -> None:
    with opened(page_of) as page:
        assert label(page) == "β = 1.00, step 30 of 30"
        assert "exactly" in words(page)
        ledger = page.locator(".genlib-chart").last.evaluate("canvas => canvas.ariaLabel")
        assert ledger.startswith("Estimates of 22 finished runs")
        shares = page.locator(".genlib-strip figcaption").all_inner_texts()
    values = [float(share.split()[0]) for share in shares]
    assert len(values) == 12
    assert values == sorted(values, reverse=True)


def test_steps_runs_and_reset(page_of: Path) -> None:
    with opened(page_of) as page:
        first = (label(page), words(page), pixels(page))
        page.get_by_role("button", name="Step").click()
        assert label(page) == "β = 0.03, step 1 of 30"
        page.get_by_role("button", name="Step").click()
        assert label(page).endswith("step 2 of 30")
        page.get_by_role("button", name="To the end").click()
        page.wait_for_function("document.querySelector('.genlib-count').textContent.includes('30 of 30')")
        assert words(page) != first[1]
        page.get_by_role("button", name="Reset").click()
        assert (label(page), words(page), pixels(page)) == first


def test_run_plays_to_the_end_and_ends_by_itself(page_of: Path) -> None:
    with opened(page_of) as page:
        page.get_by_label("Seconds a run").fill("1")
        page.get_by_role("button", name="Run", exact=True).click()
        page.wait_for_function("!document.querySelector('.genlib-count').textContent.includes('30 of 30')")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.wait_for_function("document.querySelector('.genlib-count').textContent.includes('30 of 30')")
        expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_less_motion_still_reaches_the_end(page_of: Path) -> None:
    with opened(page_of, reduced_motion="reduce") as page:
        page.get_by_role("button", name="Step").click()
        page.get_by_role("button", name="To the end").click()
        page.wait_for_function("document.querySelector('.genlib-count').textContent.includes('30 of 30')")


def test_keys_alone_change_the_ladder(page_of: Path) -> None:
    with opened(page_of) as page:
        slider = page.get_by_label("Temperatures")
        slider.focus()
        before = label(page)
        page.keyboard.press("ArrowRight")
        assert label(page) != before
        assert "step 0 of" in label(page)


def test_a_machine_too_large_to_sum_says_no_more_than_it_knows(tmp_path: Path) -> None:
    alone = Annealing(machine(64, 24))
    given = Annealing(machine(64, 24), samples=(torch.rand(30, 64) < 0.5).double())
    path = widget_page(tmp_path / "page.html", alone, given)
    with opened(path) as page:
        assert "exactly" not in words(page)
        assert "log Z =" in words(page)
        disabled = "select => [...select.options].filter((option) => option.disabled).map((option) => option.value)"
        ways = [page.locator(".genlib").nth(i).locator("select").nth(1).evaluate(disabled) for i in (0, 1)]
        bases = page.locator(".genlib").first.locator("select").first.evaluate(disabled)
    assert ways == [["down"], []]
    assert bases == ["given"]


# What Python sees


def hurried(page: Page, runs: int) -> list[dict]:
    """Makes at least so many further runs and returns them all."""
    for _ in range(-(-runs // 10)):
        before = page.evaluate("(saved.at(-1)?.runs ?? []).length")
        page.get_by_role("button", name="Ten more runs").click()
        page.wait_for_function(
            f"document.querySelector('.genlib-annealing-words').textContent.includes('log Z') && "
            f"(saved.at(-1)?.runs ?? []).length >= {before + 10}",
            timeout=60_000,
        )
    return page.evaluate("saved.at(-1).runs")


def test_estimates_are_within_their_errors_of_the_exact_value() -> None:
    """Up and down, from every base: errors in units of their own are about standard normal."""
    widget, scores = Annealing(machine(36, 8, 0.5), base=torch.randn(36), temperatures=100), []
    with opened(None) as page:
        hurry(page)
        recorded(page, widget)
        for direction in ("up", "down"):
            choose(page, 1, direction)
            for kind in ("given", "own", "coins"):
                choose(page, 0, kind)
                runs = hurried(page, 20)[-20:]
                made = {(run["direction"], run["base"], run["temperatures"]) for run in runs}
                assert made == {(direction, kind, 100)}
                scores += [(run["log_z"] - widget.log_z) / run["standard_error"] for run in runs]
    z = torch.tensor(scores)
    assert len(z) == 120
    assert z.mean().abs() < 4 / 120**0.5 + 0.1
    assert 0.75 < z.std() < 1.35
    assert z.abs().max() < 4.5


def test_haste_errs_low_on_the_way_up_and_high_on_the_way_down() -> None:
    widget = Annealing(machine(64, 12, 1.0), temperatures=2)
    with opened(None) as page:
        hurry(page)
        recorded(page, widget)
        up = [run["log_z"] for run in hurried(page, 20)[-20:]]
        choose(page, 1, "down")
        down = [run["log_z"] for run in hurried(page, 20)[-20:]]
    assert np.mean(up) < widget.log_z - 2
    assert np.mean(down) > widget.log_z + 2


def test_traits_are_those_of_the_run() -> None:
    widget = Annealing(machine(), base=torch.randn(64), chains=80)
    with opened(None) as page:
        recorded(page, widget)
        page.get_by_role("button", name="Step").click()
        page.get_by_role("button", name="To the end").click()
        page.wait_for_function("document.querySelector('.genlib-count').textContent.includes('30 of 30')")
        rest(page)
        last, shown = page.evaluate("saved.at(-1)"), words(page)
    log_w = torch.tensor(last["log_weights"])
    assert len(log_w) == 80
    assert last["beta"] == 1
    assert last["estimate"] == pytest.approx((log_w.logsumexp(0) - np.log(80)).item(), abs=1e-9)
    assert last["size"] == pytest.approx(effective_sample_size(log_w), rel=1e-9)
    assert last["runs"][-1]["log_z"] == last["estimate"]
    assert last["runs"][-1]["standard_error"] == last["standard_error"]
    told, error = re.search(r"log Z = (\S+) ± (\S+),", shown).groups()
    assert float(told.replace("−", "-")) == pytest.approx(last["estimate"], abs=0.006)
    assert float(error) == pytest.approx(last["standard_error"], abs=0.006)


def test_settings_weights_and_truth_from_python_are_taken_up() -> None:
    widget, other = Annealing(machine()), Annealing(machine())
    with opened(None) as page:
        recorded(page, widget)
        from_python(page, temperatures=7, chains=12)
        assert label(page) == "β = 0.00, step 0 of 7"
        from_python(page, base_kind="own", direction="down")
        assert label(page) == "β = 1.00, step 0 of 7"
        page.get_by_role("button", name="To the end").click()
        page.wait_for_function("document.querySelector('.genlib-count').textContent.includes('7 of 7')")
        rest(page)
        last = page.evaluate("saved.at(-1)")
        assert (last["base_kind"], last["direction"], len(last["log_weights"])) == ("own", "down", 12)
        from_python(page, samples=other.samples, log_z=other.log_z, weights=other.weights)
        shown = words(page)
    assert f"exactly {other.log_z:.2f}" in shown.replace("−", "-")
