"""BoltzmannBars in a page: under every kind of hand; its mathematics is held to the library in model_test.js."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from harness import (
    chromium,
    needs_chromium,
    opened,
    recorded,
    rest,
    trait,
    widget_page,
)
from playwright.sync_api import Browser, Locator, Page, expect
from torch import Tensor

from genlib.data import binary_states
from genlib.energy import BoltzmannMachine
from genlib.widgets import BoltzmannBars
from genlib.widgets.boltzmann_bars import presets

pytestmark = needs_chromium


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def machine(features: int = 5, hidden: int = 0, scale: float = 1.0) -> BoltzmannMachine:
    made = BoltzmannMachine(features, hidden)
    for parameter in made.parameters():
        parameter.data = scale * torch.randn(parameter.shape)
    return made


def logits_of(given: BoltzmannMachine, temperature: float, held: list[int | None] | None = None) -> Tensor:
    """Returns -E/T of all states that agree with what is held, minus infinity elsewhere."""
    states = binary_states(given.features + given.hidden)
    logits = -given.energy(states[:, : given.features], states[:, given.features :]).detach() / temperature
    for i, value in enumerate(held or []):
        if value is not None:
            logits = logits.masked_fill(states[:, i] != value, -torch.inf)
    return logits


# Under the hand

TRAITS = ("_esm", "_css", "features", "biases", "couplings", "clamp", "temperature", "k", "seed", "presets")


def figure(page: Page, name: str) -> str:
    return page.locator(".genlib-boltzmann-figures > div").filter(has_text=name).locator("dd").inner_text()


def select(page: Page, label: str) -> Locator:
    return page.locator("label").filter(has_text=re.compile(f"^{label}")).locator("select")


def slider(page: Page, label: str) -> Locator:
    return page.locator("label").filter(has_text=re.compile(f"^{label}")).locator("input[type=range]")


def slide(page: Page, label: str, value: float) -> None:
    slider(page, label).fill(str(value))
    rest(page)


def choose(page: Page, name: str) -> None:
    select(page, "Machine").select_option(name)
    rest(page)


def pick(page: Page, name: str) -> None:
    part = select(page, "Unit or pair")
    values = part.locator("option").all_inner_texts()
    part.select_option(str(next(n for n, words in enumerate(values) if words.startswith(name))))
    rest(page)


def unit(page: Page, number: int) -> Locator:
    return page.locator(".genlib-boltzmann-disc").nth(number - 1)


def now(page: Page) -> BoltzmannMachine:
    """The machine that Python has after the page has come to rest."""
    bars = BoltzmannBars()
    bars.set_state({name: trait(page, name) for name in ("features", "biases", "couplings", "clamp", "temperature")})
    return bars.machine()


def test_the_first_view_shows_the_example_of_the_chapter() -> None:
    bars = BoltzmannBars()
    with opened(None) as page:
        recorded(page, bars)
        assert page.locator(".genlib-count").inner_text() == "200 sweeps"
        assert (trait(page, "sweeps"), sum(trait(page, "counts")), len(trait(page, "counts"))) == (200, 200, 32)
        assert trait(page, "log_z") == pytest.approx(bars.machine().log_partition().item(), abs=1e-12)
        assert figure(page, "log Z") == "2.8649"
        assert figure(page, "least energy") == "\u22121.00 at 00011"
        states = binary_states(5)
        energies, counts = bars.machine().energy(states), torch.tensor(trait(page, "counts"))
        chain = f"{(counts * energies).sum().item() / 200:.3f}".replace("-", "\u2212")
        assert figure(page, "mean energy, chain") == chain
        p = bars.machine().log_prob(states).exp()
        assert figure(page, "total variation") == f"{(p - counts / 200).abs().sum().item() / 2:.3f}"
        words = page.locator(".genlib-boltzmann-unit").all_text_contents()
        assert select(page, "Machine").input_value() == "the five-unit example"
        here = page.locator(".genlib-boltzmann-where").inner_text()
    marginals = [f"p = {value:.3f}" for value in (p @ states).tolist()]
    assert all(value in found for value, found in zip(marginals, words, strict=True))
    assert here == f"energy \u22121.00, probability {p[3]:.4f}, in {counts[3]} of 200 sweeps"


def test_a_bias_and_a_coupling_move_the_distribution_and_the_histogram_begins_anew() -> None:
    with opened(None) as page:
        recorded(page, BoltzmannBars())
        slide(page, "Bias c", 2.5)
        assert trait(page, "biases") == [2.5, -1.0, -2.0, 0.0, 0.0]
        assert (trait(page, "sweeps"), sum(trait(page, "counts"))) == (0, 0)
        assert figure(page, "total variation") == "\u2013"
        assert trait(page, "log_z") == pytest.approx(now(page).log_partition().item(), abs=1e-12)
        pick(page, "R\u2081\u2083")
        slide(page, "Coupling", -3.2)
        couplings = torch.tensor(trait(page, "couplings"))
        assert couplings[0, 2] == couplings[2, 0] == -3.2
        assert torch.equal(couplings, couplings.T)
        assert trait(page, "log_z") == pytest.approx(now(page).log_partition().item(), abs=1e-12)
        assert page.locator('[data-sign="-1"]').count() == 1
        page.get_by_role("button", name="Step").click()
        rest(page)
        assert trait(page, "sweeps") == trait(page, "k") == 20


def test_every_unit_and_pair_can_be_reached_with_keys_alone() -> None:
    with opened(None) as page:
        recorded(page, BoltzmannBars())
        parts = select(page, "Unit or pair")
        assert parts.locator("option").count() == 5 + 10
        parts.focus()
        for _ in range(5):
            page.keyboard.press("ArrowDown")
        rest(page)
        strength = slider(page, "Coupling R\u2081\u2082")
        strength.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        rest(page)
        assert trait(page, "couplings")[0][1] == 1.2
        slider(page, "Temperature").focus()
        page.keyboard.press("ArrowRight")
        rest(page)
        assert trait(page, "temperature") > 1
        slider(page, "State").focus()
        page.keyboard.press("End")
        rest(page)
        assert "11111" in page.locator(".genlib-boltzmann-state .genlib-value").inner_text()


def drag(page: Page, start: tuple[float, float], x: float, y: float) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + x, start[1] + y, steps=4)
    page.mouse.up()
    page.mouse.move(*start)
    rest(page)


def middle(page: Page, number: int) -> tuple[float, float]:
    box = unit(page, number).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_dragging_in_the_graph_moves_what_is_dragged() -> None:
    with opened(None) as page:
        recorded(page, BoltzmannBars())
        drag(page, middle(page, 4), 30, -10)
        assert trait(page, "biases") == [-1.0, -1.0, -2.0, 1.0, 0.0]
        (x4, y4), (x5, y5) = middle(page, 4), middle(page, 5)
        drag(page, ((x4 + x5) / 2, (y4 + y5) / 2), -60, 0)
        assert trait(page, "couplings")[3][4] == -0.5
        assert trait(page, "couplings")[4][3] == -0.5
        assert slider(page, "Coupling R\u2084\u2085").count() == 1
        drag(page, middle(page, 1), -900, 900)
        assert trait(page, "biases")[0] == -8


def test_a_tap_picks_and_changes_nothing() -> None:
    with opened(None, has_touch=True) as page:
        recorded(page, BoltzmannBars())
        unit(page, 3).tap(force=True)
        rest(page)
        assert slider(page, "Bias c\u2083").count() == 1
        assert trait(page, "biases") == BoltzmannBars().biases
        assert trait(page, "sweeps") == 200


def test_held_units_keep_their_value_and_the_others_get_their_conditional_distribution() -> None:
    with opened(None) as page:
        recorded(page, BoltzmannBars())
        pick(page, "c\u2082")
        select(page, "Hold x\u2082").select_option("1")
        pick(page, "c\u2084")
        select(page, "Hold x\u2084").select_option("0")
        slide(page, "Sweeps per frame", 3)
        page.get_by_role("button", name="Step").click()
        rest(page)
        held: list[int | None] = [None, 1, None, 0, None]
        assert trait(page, "clamp") == held
        logits = logits_of(BoltzmannBars().machine(), 1.0, held)
        assert trait(page, "log_z") == pytest.approx(logits.logsumexp(0).item(), abs=1e-12)
        counts = torch.tensor(trait(page, "counts"))
        assert counts.sum() == 1000
        assert not counts[logits == -torch.inf].any()
        assert (logits.softmax(0) - counts / 1000).abs().sum() / 2 < 0.08
        assert page.locator("[data-held]").count() == 2
        slider(page, "State").fill("0")
        expect(page.locator(".genlib-boltzmann-where")).to_contain_text("impossible")
        for number in (1, 3, 5):
            pick(page, f"c{chr(0x2080 + number)}")
            select(page, "Hold x").select_option("1")
        page.get_by_role("button", name="One unit").click()
        page.get_by_role("button", name="Step").click()
        rest(page)
        assert trait(page, "counts")[0b11101] == 1000


def test_one_unit_after_the_other_makes_a_sweep() -> None:
    example = BoltzmannBars()
    with opened(None) as page:
        recorded(page, example)
        for i in range(5):
            before = torch.tensor(trait(page, "v"))[0]
            assert trait(page, "sweeps") == 200
            page.get_by_role("button", name="One unit").click()
            rest(page)
            words, after = page.locator(".genlib-boltzmann-note").inner_text(), torch.tensor(trait(page, "v"))[0]
            field = torch.tensor(example.biases)[i] + torch.tensor(example.couplings)[i] @ before.double()
            assert words.startswith(f"x{chr(0x2081 + i)} given the others")
            assert f"sigm({field:.1f}) = {torch.sigmoid(field):.3f}".replace("(-", "(\u2212") in words
            assert words.endswith(f"drawn: {int(after[i])}.")
            assert [j for j in range(5) if before[j] != after[j]] in ([], [i])
        assert trait(page, "sweeps") == 201


@pytest.mark.parametrize("name", presets())
def test_ready_machines_are_those_of_python(name: str) -> None:
    given = presets()[name]
    with opened(None) as page:
        recorded(page, BoltzmannBars(machine(2, 1)))
        assert select(page, "Machine").input_value() == "given"
        choose(page, name)
        assert trait(page, "log_z") == pytest.approx(given.log_partition().item(), abs=1e-12)
        assert trait(page, "sweeps") == 200
        assert torch.equal(now(page).couplings(), given.couplings())
        assert trait(page, "features") == given.features
        assert page.locator(".genlib-boltzmann-unit").count() == given.features + given.hidden
        choose(page, "given")
        assert len(trait(page, "counts")) == 8


def test_the_chain_stays_in_one_well_until_it_is_heated() -> None:
    with opened(None) as page:
        recorded(page, BoltzmannBars(presets()["two wells"]))
        counts = torch.tensor(trait(page, "counts"))
        one_well = max(counts[0], counts[-1])
        assert one_well > 150
        assert min(counts[0], counts[-1]) == 0
        assert float(figure(page, "total variation")) > 0.4
        assert float(figure(page, "the same for independent draws")) < 0.06
        slide(page, "Temperature", np.log(2))
        slide(page, "Sweeps per frame", 3)
        for _ in range(10):
            page.get_by_role("button", name="Step").click()
        rest(page)
        assert trait(page, "temperature") == 2
        logits = logits_of(presets()["two wells"], 2.0)
        assert (trait(page, "sweeps"), figure(page, "log Z")) == (10_000, f"{logits.logsumexp(0):.4f}")
        assert float(figure(page, "total variation")) < 0.06
        slide(page, "Temperature", 0)
        other = 31 * int(trait(page, "v")[0] == [0] * 5)
        slider(page, "State").fill(str(other))
        page.get_by_role("button", name="Start the chain here").click()
        rest(page)
        assert trait(page, "v")[0] == [other // 31] * 5
        assert trait(page, "sweeps") == 0


def test_hidden_units_can_be_summed_out() -> None:
    given = presets()["parity, by a hidden unit"]
    p = given.log_prob(binary_states(3)).exp()
    with opened(None) as page:
        recorded(page, BoltzmannBars(given))
        box = page.get_by_label("bars of x alone")
        counts = torch.tensor(trait(page, "counts")).view(8, 2).sum(1)
        box.check()
        slider(page, "State").fill("2")
        rest(page)
        where = page.locator(".genlib-boltzmann-where").inner_text()
        free = given.free_energy(torch.tensor([[0.0, 1.0, 0.0]])).item()
        words = f"free energy {free:.2f}, probability {p[2]:.4f}, in {counts[2]} of 200 sweeps"
        assert where == words
        assert figure(page, "total variation") == f"{(p - counts / 200).abs().sum() / 2:.3f}"
        assert len(trait(page, "counts")) == 16
        choose(page, "two wells")
        expect(box).to_be_hidden()


def test_a_tap_on_a_bar_tells_of_its_state() -> None:
    with opened(None) as page:
        recorded(page, BoltzmannBars(presets()["frustrated triangle"]))
        canvas = page.locator("canvas").first
        box = canvas.bounding_box()
        assert box
        for state in (0, 3, 4, 7):
            canvas.click(position={"x": 44 + (box["width"] - 48) * (state + 0.5) / 8, "y": 100})
            rest(page)
            assert slider(page, "State").input_value() == str(state)


def test_reset_returns_to_the_first_view() -> None:
    with opened(None) as page:
        recorded(page, BoltzmannBars(temperature=1.5, clamp=[None, 1, None, None, None], k=10, seed=4))
        names = ("biases", "couplings", "clamp", "temperature", "k", "v", "counts", "sweeps", "log_z")
        first = {name: trait(page, name) for name in names}
        assert (first["temperature"], first["k"], first["clamp"][1]) == (1.5, 10, 1)
        choose(page, "frustrated triangle")
        slide(page, "Temperature", 1)
        slide(page, "Sweeps per frame", 2)
        page.get_by_role("button", name="Reset").click()
        rest(page)
        assert {name: trait(page, name) for name in names} == first


# Changes while it runs


def test_play_counts_pause_rests_and_what_is_moved_meanwhile_begins_anew() -> None:
    with opened(None) as page:
        recorded(page, BoltzmannBars())
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("trait('sweeps') > 205")
        slide(page, "Bias c", 1)
        page.wait_for_function("trait('sweeps') > 5 && trait('sweeps') < 200")
        slider(page, "Frames per second").fill("60")
        page.wait_for_timeout(700)
        page.get_by_role("button", name="Pause").click()
        rest(page)
        rested = trait(page, "sweeps")
        page.wait_for_timeout(300)
        assert trait(page, "sweeps") == rested == sum(trait(page, "counts"))
        assert trait(page, "log_z") == pytest.approx(now(page).log_partition().item(), abs=1e-12)
        gaps = np.diff(page.evaluate("saved.map((told) => told.at)"))
    assert len(gaps) > 3
    assert gaps.min() > 195


def test_python_sets_what_the_hand_can_set() -> None:
    other = machine(3, 1)
    with opened(None) as page:
        recorded(page, BoltzmannBars())
        page.evaluate("() => model.set('biases', [1, 2, 3, -1, -2])")
        page.evaluate("() => model.set('temperature', 0.5)")
        page.evaluate("() => model.set('clamp', [null, null, null, 1, 0])")
        page.evaluate("() => model.set('k', 100)")
        rest(page)
        assert page.locator(".genlib-boltzmann-words").filter(has_text="c\u2083 = 3.0").count() == 1
        logits = logits_of(now(page), 0.5, [None, None, None, 1, 0])
        assert trait(page, "log_z") == pytest.approx(logits.logsumexp(0).item(), abs=1e-12)
        page.get_by_role("button", name="Step").click()
        rest(page)
        assert trait(page, "sweeps") == 100
        page.evaluate("() => model.set('biases', [1, 2])")
        rest(page)
        assert len(trait(page, "counts")) == 32
        changed = {**{name: getattr(BoltzmannBars(other), name) for name in TRAITS[2:6]}, "temperature": 1}
        page.evaluate("(changed) => model.set(changed)", changed)
        rest(page)
        assert trait(page, "log_z") == pytest.approx(other.log_partition().item(), abs=1e-12)
        assert len(trait(page, "v")[0]) == 4


def test_a_large_parameter_widens_the_sliders() -> None:
    given = machine(2, 0)
    given.c.data[0] = -11.3
    with opened(None) as page:
        recorded(page, BoltzmannBars(given))
        bias = slider(page, "Bias c")
        assert float(bias.input_value()) == pytest.approx(-11.3)
        assert (bias.get_attribute("min"), bias.get_attribute("max")) == ("-12", "12")


# For everyone, on every screen


def test_two_views_of_one_widget_show_one_machine(tmp_path: Path) -> None:
    bars = BoltzmannBars()
    with opened(widget_page(tmp_path / "page.html", bars, bars)) as page:
        select(page, "Machine").nth(0).select_option("two wells")
        rest(page)
        rest(page)
        shown = page.locator(".genlib-boltzmann-figures > div").filter(has_text="log Z").locator("dd").all_inner_texts()
        assert shown[0] == shown[1] == f"{presets()['two wells'].log_partition().item():.4f}"


@pytest.mark.parametrize("width", [360, 1000])
def test_no_word_of_the_graph_is_cut_off(tmp_path: Path, width: int) -> None:
    six = BoltzmannBars(machine(4, 2), clamp=[None, 1, None, None, 0, None])
    with opened(widget_page(tmp_path / "page.html", BoltzmannBars(), six), width=width) as page:
        page.get_by_role("button", name="One unit").nth(1).click()
        rest(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        outside = """() => [...document.querySelectorAll(".genlib-boltzmann-graph")].flatMap((graph) => {
            const { left, right, top, bottom } = graph.getBoundingClientRect();
            return [...graph.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()])
                .filter(([, box]) => box.left < left || box.right > right || box.top < top || box.bottom > bottom)
                .map(([words]) => words);
        })"""
        assert page.evaluate(outside) == []
