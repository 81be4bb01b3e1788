"""TinyWorld in a page: under every kind of hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

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
    trait,
    traits,
    widget_page,
)
from playwright.sync_api import Browser, Page, expect
from torch import Tensor

from genlib import data
from genlib.data import binary_states
from genlib.energy import RBM
from genlib.widgets import TinyWorld

pytestmark = needs_chromium


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@cache
def states() -> Tensor:
    return binary_states(12).double()


def machine(hidden: int, scale: float = 1.0, seed: int = 0) -> RBM:
    """A machine whose every parameter has this standard deviation."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rbm = RBM(12, hidden).double()
        for p in rbm.parameters():
            p.data = scale * torch.randn_like(p)
    return rbm


def counts_seen(page: Page) -> set[int]:
    """Returns the steps at which the page showed the model, until it rests."""
    rest(page)
    return {int(words.split()[0]) for words in page.evaluate("seen")}


WATCH_COUNT = """window.seen = [];
new MutationObserver(() => {
    const count = document.querySelector(".genlib-count")?.textContent;
    if (count) seen.push(count);
}).observe(document, { childList: true, subtree: true, characterData: true });"""


def test_for_less_motion_the_first_steps_are_not_shown_and_those_of_the_hand_are(tmp_path: Path) -> None:
    path = widget_page(tmp_path / "page.html", TinyWorld(), head=f"<script>{WATCH_COUNT}</script>")
    with opened(path, reduced_motion="no-preference") as page:
        assert len(counts_seen(page)) > 2
    with opened(path, reduced_motion="reduce") as page:
        assert counts_seen(page) == {200}
        page.get_by_role("button", name="Step", exact=True).click()
        assert len(counts_seen(page)) > 2


# Under the hand


MODEL_MAP = ".genlib-tiny-maps > :nth-child(2) canvas"


def press(page: Page, button: str = "Step", steps: int | None = None) -> None:
    if steps is not None:
        page.get_by_label("Steps per press").select_option(str(steps))
    page.get_by_role("button", name=button, exact=True).click()
    rest(page)


def select(page: Page, label: str) -> Any:
    return page.locator("label").filter(has_text=re.compile(f"^{label}")).locator("select")


def back(page: Page, world: TinyWorld) -> RBM:
    """The machine that Python has after the page has come to rest."""
    world.trained = trait(page, "trained")
    return world.model()


def untrained(**settings: Any) -> TinyWorld:
    """A widget that waits for the hand."""
    world = TinyWorld(**settings)
    world.first = 0
    return world


def trained_in_torch(rbm: RBM, p: Tensor, steps: int, rate: float) -> RBM:
    """The machine after as many steps of Adam by autograd."""
    optimizer = torch.optim.Adam(rbm.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (-p @ rbm.log_prob(states())).backward()
        optimizer.step()
    return rbm


def log_q(rbm: RBM) -> Tensor:
    return rbm.log_prob(states()).detach()


def test_first_view_has_trained_and_tells_the_truth() -> None:
    _, p = data.tiny_world()
    with opened(None) as page:
        hurry(page)
        rbm = back(recorded(page, world := TinyWorld()), world)
        assert trait(page, "step_count") == 200
        found = {name: trait(page, name) for name in ("log_likelihood", "kl_data_model", "kl_model_data", "log_z")}
        annealed, error = trait(page, "ais_log_z"), trait(page, "ais_error")
        drawn = {name: ink(page, i) for i, name in enumerate(("data", "model"))}
    q = log_q(rbm)
    assert found["log_likelihood"] == pytest.approx((p @ q).item(), abs=1e-9)
    assert found["kl_data_model"] == pytest.approx((p * (p.log() - q)).sum().item(), abs=1e-9)
    assert found["kl_model_data"] == pytest.approx((q.exp() * (q - p.log())).sum().item(), abs=1e-9)
    assert found["log_z"] == pytest.approx(rbm.log_partition().item(), abs=1e-9)
    assert abs(annealed - found["log_z"]) < 6 * error < 1
    assert found["log_likelihood"] > -6
    for name, log_p in (("data", p.log()), ("model", q)):
        shade = ((log_p - math.log(1e-6)) / math.log(1e5)).clamp(0, 1)
        assert (torch.tensor(drawn[name]) - shade).abs().max() < 0.01, name


INK = """(i) => {
    const canvas = document.querySelectorAll(".genlib-tiny-map canvas")[i], colour = [[0, 114, 178], [213, 94, 0]][i];
    const { data } = canvas.getContext("2d").getImageData(0, 0, 64, 64), k = 2 * i;
    return Array.from({ length: 4096 }, (_, s) => (255 - data[4 * s + k]) / (255 - colour[k]));
}"""


def ink(page: Page, index: int) -> list[float]:
    """How deep each cell of the data's map (0) or the model's (1) is coloured, from paper 0 to full 1."""
    return page.evaluate(INK, index)


def test_exact_steps_of_the_page_equal_torch() -> None:
    _, p = data.tiny_world()
    with opened(None) as page:
        hurry(page)
        world = untrained(hidden=6, rate=0.02, seed=3)
        start = world.model()
        recorded(page, world)
        press(page, steps=100)
        press(page)
        rbm, kl = back(page, world), trait(page, "kl_data_model")
    theirs = trained_in_torch(start, p, 200, 0.02)
    assert (log_q(rbm) - log_q(theirs)).abs().max() < 1e-4
    assert kl == pytest.approx((p * (p.log() - log_q(theirs))).sum().item(), abs=1e-4)


def test_a_given_machine_is_shown_as_it_is() -> None:
    rbm = machine(4)
    with opened(None) as page:
        world = TinyWorld(model=rbm)
        there = back(recorded(page, world), world)
        assert trait(page, "step_count") == 0
        assert trait(page, "log_z") == pytest.approx(rbm.log_partition().item(), abs=1e-10)
        press(page, steps=1)
        assert trait(page, "step_count") == 1
        moved = back(page, world)
    assert torch.equal(there.W, rbm.W)
    assert (moved.W - rbm.W).abs().max().item() == pytest.approx(0.03, rel=1e-4), "the first step of Adam is the rate"


def test_reset_repeats_and_new_run_keeps_the_old_curve() -> None:
    with opened(None) as page:
        hurry(page)
        recorded(page, world := untrained(method="cd"))
        press(page, steps=10)
        first, lines = trait(page, "trained"), page.locator(".genlib-tiny-runs li")
        expect(lines).to_have_count(1)
        expect(page.get_by_role("button", name="Clear old runs")).to_be_hidden()
        press(page, "New run")
        assert trait(page, "step_count") == 0
        expect(lines).to_have_count(2)
        select(page, "Gradient").select_option("pcd")
        press(page)
        assert trait(page, "trained") != first
        expect(lines.nth(0)).to_contain_text("PCD-1, rate 0.03, 8 hidden units")
        expect(lines.nth(1)).to_contain_text("CD-1, rate 0.03, 8 hidden units")
        expect(lines.nth(1)).to_contain_text("after 10 steps")
        press(page, "Clear old runs")
        expect(lines).to_have_count(1)
        press(page, "Reset")
        assert trait(page, "method") == "cd"
        expect(lines).to_have_count(1)
        press(page, steps=10)
        assert trait(page, "trained") == first
        assert world.start != first


def test_settings_that_change_on_the_way_are_told() -> None:
    with opened(None) as page:
        recorded(page, untrained())
        press(page, steps=1)
        page.get_by_label("Rate").fill("-2")
        press(page)
        expect(page.locator(".genlib-tiny-runs li")).to_contain_text(
            "rate 0.03, 8 hidden units; then exact gradient, rate 0.01"
        )
        assert trait(page, "rate") == pytest.approx(0.01)


def test_hidden_units_start_another_run_with_its_own_machine() -> None:
    with opened(None) as page:
        recorded(page, world := untrained())
        first = trait(page, "trained")
        press(page, steps=1)
        for hidden in (12, 16):
            page.get_by_label("Hidden units").fill(str(hidden))
        rest(page)
        rbm = back(page, world)
        assert (trait(page, "hidden"), trait(page, "step_count"), rbm.hidden) == (16, 0, 16)
        assert rbm.W.std().item() == pytest.approx(0.1, rel=0.2)
        expect(page.locator(".genlib-tiny-runs li")).to_have_count(2)
        page.get_by_label("Hidden units").fill("8")
        rest(page)
        assert trait(page, "trained") == first, "eight units are those of the notebook again"


def test_sweeps_are_for_chains_alone() -> None:
    with opened(None) as page:
        recorded(page, untrained())
        expect(page.get_by_label("Sweeps k")).to_be_disabled()
        select(page, "Gradient").select_option("cd")
        expect(page.get_by_label("Sweeps k")).to_be_enabled()
        page.get_by_label("Sweeps k").fill("10")
        select(page, "Data in a step").select_option("16")
        press(page, steps=1)
        assert (trait(page, "k"), trait(page, "batch")) == (10, 16)
        expect(page.locator(".genlib-tiny-runs li")).to_contain_text(
            "CD-10, rate 0.03, 8 hidden units, 16 draws a step"
        )


@pytest.mark.parametrize("seed", [0, 1])
def test_short_chains_leave_shares_wrong_and_persistent_ones_are_outrun(seed: int) -> None:
    likelihood, backward, most = {}, {}, {}
    with opened(None) as page:
        hurry(page)
        for method in ("exact", "cd", "pcd"):
            recorded(page, world := untrained(seed=seed, method=method))
            press(page, steps=1000)
            likelihood[method], backward[method] = trait(page, "log_likelihood"), trait(page, "kl_model_data")
            most[method] = log_q(back(page, world)).max().exp().item()
            page.evaluate("closeWidget()")
    due = data.tiny_world()[1].max().item()
    assert likelihood["exact"] > -4.7
    assert likelihood["exact"] > likelihood["cd"] + 0.15
    assert likelihood["cd"] > likelihood["pcd"] + 0.6
    assert backward["cd"] > backward["exact"]
    assert most["exact"] < 1.5 * due
    assert most["cd"] > 2.5 * due


def test_annealing_in_one_step_is_wrong_without_saying_so() -> None:
    with opened(None) as page:
        hurry(page)
        recorded(page, untrained())
        press(page, steps=1000)
        off = {}
        for temperatures in (1, 1000):
            select(page, "Temperatures").select_option(str(temperatures))
            rest(page)
            off[temperatures] = trait(page, "ais_log_z") - trait(page, "log_z"), trait(page, "ais_error")
    assert off[1][0] < -1
    assert abs(off[1][0]) > 3 * off[1][1]
    assert abs(off[1000][0]) < 4 * off[1000][1] < 1


def test_play_trains_pause_rests_and_settings_change_meanwhile() -> None:
    with opened(None) as page:
        recorded(page, untrained())
        press_play(page)
        page.wait_for_function("trait('step_count') > 5")
        select(page, "Gradient").select_option("pcd")
        page.get_by_label("Rate").fill("-2")
        seen = trait(page, "step_count")
        page.wait_for_function(f"trait('step_count') > {seen} + 5")
        page.get_by_role("button", name="Pause").click()
        rest(page)
        rested = trait(page, "step_count")
        page.wait_for_timeout(300)
        assert trait(page, "step_count") == rested
        assert (trait(page, "method"), trait(page, "rate")) == ("pcd", pytest.approx(0.01))
        gaps = np.diff(page.evaluate("saved.map((told) => told.at)"))
    assert gaps.min() > 195


def press_play(page: Page) -> None:
    page.get_by_role("button", name="Play").click()


def test_python_sets_what_the_hand_can_set() -> None:
    with opened(None) as page:
        recorded(page, untrained())
        for name, value in {"method": "cd", "k": 7, "rate": 0.1, "batch": 64, "hidden": 4}.items():
            from_python(page, **{name: value})
        rest(page)
        assert select(page, "Gradient").input_value() == "cd"
        assert select(page, "Data in a step").input_value() == "64"
        assert page.get_by_label("Sweeps k").input_value() == "7"
        assert page.get_by_label("Hidden units").input_value() == "4"
        assert float(page.get_by_label("Rate").input_value()) == pytest.approx(-1, abs=0.01)
        press(page, steps=1)
        expect(page.locator(".genlib-tiny-runs li")).to_contain_text("CD-7, rate 0.1, 4 hidden units, 64 draws a step")
        other = traits(TinyWorld(model=machine(5)))
        for name in ("start", "hidden"):
            from_python(page, **{name: other[name]})
        rest(page)
        assert trait(page, "step_count") == 0
        assert trait(page, "trained") == other["start"]


def test_any_picture_can_be_asked_for() -> None:
    rbm, (_, p) = machine(4), data.tiny_world()
    with opened(None) as page:
        recorded(page, TinyWorld(model=rbm))
        words, pixels = page.locator(".genlib-tiny-asked"), page.locator(".genlib-tiny-pixel")
        for i in range(12):
            if (pixels.nth(i).get_attribute("aria-pressed") == "true") != (i in (0, 11)):
                pixels.nth(i).click()
        rest(page)
        state = 0b100000000001
        for chance in (p[state], log_q(rbm)[state].exp()):
            expect(words).to_contain_text(f"or {-math.log(chance):.2f} nats")
        page.locator(MODEL_MAP).scroll_into_view_if_needed()
        box = page.locator(MODEL_MAP).bounding_box()
        page.mouse.move(box["x"] + box["width"] * 63.5 / 64, box["y"] + box["height"] * 0.5 / 64)
        rest(page)
        pressed = [pixels.nth(i).get_attribute("aria-pressed") == "true" for i in range(12)]
        assert pressed == [False] * 6 + [True] * 6
        expect(words).to_contain_text(f"or {-log_q(rbm)[63].item():.2f} nats")


def test_data_without_noise_make_one_divergence_infinite() -> None:
    with opened(None) as page:
        recorded(page, untrained(flip=0.0))
        assert trait(page, "kl_model_data") is None
        assert trait(page, "kl_data_model") == pytest.approx(-math.log(32) - trait(page, "log_likelihood"), abs=1e-9)
        expect(page.locator(".genlib-tiny-figures")).to_contain_text("KL(model \u2016 data)\u221e")


# In the page that the book makes of it


def test_keys_reach_everything(tmp_path: Path) -> None:
    with opened(widget_page(tmp_path / "page.html", untrained())) as page:
        rest(page)
        page.get_by_role("button", name="Step", exact=True).focus()
        page.keyboard.press("Enter")
        rest(page)
        assert page.locator(".genlib-count").inner_text() == "100 steps"
        pixel = page.get_by_role("button", name="Pixel in row 2, column 2")
        before = pixel.get_attribute("aria-pressed")
        pixel.focus()
        page.keyboard.press("Space")
        rest(page)
        assert pixel.get_attribute("aria-pressed") != before
        page.get_by_label("Hidden units").focus()
        page.keyboard.press("ArrowRight")
        rest(page)
        expect(page.locator(".genlib-tiny-runs li").first).to_contain_text("9 hidden units")
