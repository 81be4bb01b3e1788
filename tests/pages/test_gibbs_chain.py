"""GibbsChain in a page: the right law, in time, under every kind of hand."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from harness import axe_findings, chromium, evaluate, needs_chromium, opened, quiet_frames, widget_page
from playwright.sync_api import Browser, Page, expect
from torch import Tensor

from genlib.energy import RBM, binary_states
from genlib.widgets import GibbsChain
from genlib.widgets._base import unpack_tensors

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


def rounded(chain: GibbsChain) -> RBM:
    """The machine that the page runs."""
    tensors = unpack_tensors(chain.weights, chain.spec)
    rbm = RBM(tensors["W"].shape[1], tensors["W"].shape[0])
    rbm.load_state_dict(tensors)
    return rbm


def bits(*shape: int) -> Tensor:
    return (torch.rand(shape) < 0.5).to(torch.get_default_dtype())


@pytest.fixture
def chain_page(tmp_path: Path) -> Path:
    return widget_page(tmp_path / "chain.html", GibbsChain(machine(), examples=bits(30, 64)))


# The same numbers as torch

SCORES = """
    const machine = genlib.rbm(genlib.unpack(argument.spec, argument.weights, Float64Array));
    const { hidden, visible } = machine;
    return argument.x.map((x, i) => ({
        h: [...machine.probH(x, new Float64Array(hidden))],
        x: [...machine.probX(argument.h[i], new Float64Array(visible))],
        energy: machine.energy(x, argument.h[i]),
        free: machine.freeEnergy(x),
    }));
"""


@pytest.mark.parametrize(("features", "hidden"), [(64, 64), (784, 256), (5, 3)])
def test_conditionals_and_energies_equal_torch(features: int, hidden: int) -> None:
    chain = GibbsChain(machine(features, hidden, 0.2), shape=(1, features))
    rbm, x, h = rounded(chain), bits(5, features), bits(5, hidden)
    x[-1] = torch.rand(features)
    argument = {"weights": chain.weights, "spec": chain.spec, "x": x.tolist(), "h": h.tolist()}
    with opened(None) as page:
        got = evaluate(page, SCORES, argument)
    expected = {"h": rbm.prob_h(x), "x": rbm.prob_x(h), "energy": rbm.energy(x, h), "free": rbm.free_energy(x)}
    for name, value in expected.items():
        there = torch.tensor([row[name] for row in got])
        assert (there - value).abs().max() < 1e-10, name


# The law of the chain: started from p(x), it stays there

CHAINS = """
    const machine = genlib.rbm(genlib.unpack(argument.spec, argument.weights, Float64Array));
    const random = genlib.random(1), { hidden, visible } = machine, array = (n) => new Float64Array(n);
    const state = { x: array(visible), meanX: array(visible), h: array(hidden), meanH: array(hidden) };
    const counts = new Array(2 ** visible).fill(0);
    for (const start of argument.starts) {
        for (let k = 0; k < visible; k++) state.x[k] = (start >> (visible - 1 - k)) & 1;
        for (let i = 0; i < 3; i++) machine.sweep(state, random);
        counts[state.x.reduce((number, bit) => 2 * number + bit, 0)]++;
    }
    return counts;
"""

DRIFTS = {
    "mean instead of a sample of h": (
        "random.bernoulli(machine.probH(state.x, state.meanH), state.h);",
        "state.h.set(machine.probH(state.x, state.meanH));",
    ),
    "last x instead of h's": ("machine.probX(state.h, state.meanX)", "machine.probX(state.meanH, state.meanX)"),
    "no bias of x": (
        "toProbability(field(h, hidden, W, c, out, on), visible)",
        "toProbability(field(h, hidden, W, new c.constructor(visible), out, on), visible)",
    ),
    "a coin that is too often tails": ("uniform() < p[i] ? 1 : 0", "uniform() < 0.97 * p[i] ? 1 : 0"),
}


def drift(mutant: tuple[str, str] | None = None) -> float:
    """Returns Pearson's statistic of 40,000 states after three sweeps from exact samples; 15 degrees of freedom."""
    chain = GibbsChain(machine(4, 3, 1.0), shape=(2, 2))
    rbm = rounded(chain)
    law = rbm.log_prob(binary_states(4)).exp().detach()
    assert law.sum() == pytest.approx(1)
    assert law.min() > 0.001
    starts = torch.multinomial(law, 40_000, replacement=True)
    with opened(None) as page:
        counts = evaluate(
            page, CHAINS, {"weights": chain.weights, "spec": chain.spec, "starts": starts.tolist()}, mutant
        )
    expected = 40_000 * law
    return ((torch.tensor(counts) - expected) ** 2 / expected).sum().item()


def test_the_chain_leaves_the_exact_law_unchanged() -> None:
    assert drift() < 44.3  # exceeded once in 10,000 times


@pytest.mark.parametrize("mutant", DRIFTS)
def test_a_wrong_chain_drifts(mutant: str) -> None:
    assert drift(DRIFTS[mutant]) > 100


# Under the hand


def sweeps(page: Page) -> int:
    return int(page.locator(".genlib-count").first.inner_text().split()[0].replace(",", ""))


def pixels(page: Page, index: int = 0) -> str:
    return page.locator("canvas").nth(index).evaluate("canvas => canvas.toDataURL()")


def test_first_view_has_already_run(chain_page: Path) -> None:
    with opened(chain_page) as page:
        assert sweeps(page) >= 100
        assert page.locator(".genlib-strip figure:visible").count() == 12


def test_step_runs_k_sweeps_and_reset_returns_to_the_first_view(chain_page: Path) -> None:
    with opened(chain_page) as page:
        first, before = sweeps(page), [pixels(page, i) for i in range(3)]
        page.get_by_label("Sweeps per frame, k").fill("7")
        page.get_by_role("button", name="Step").click()
        assert sweeps(page) == first + 7
        assert [pixels(page, i) for i in range(3)] != before
        page.get_by_role("button", name="Reset").click()
        assert sweeps(page) == first
        assert [pixels(page, i) for i in range(3)] == before
        assert page.get_by_label("Sweeps per frame, k").input_value() == "1"


def test_play_moves_pause_stops_and_leaving_the_screen_rests(chain_page: Path) -> None:
    with opened(chain_page) as page:
        first = sweeps(page)
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(f"parseInt(document.querySelector('.genlib-count').textContent) > {first + 3}")
        page.evaluate("document.body.style.paddingBottom = '4000px'; window.scrollTo(0, 3500)")
        page.wait_for_timeout(300)
        away = sweeps(page)
        page.wait_for_timeout(300)
        assert sweeps(page) == away
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_function(f"parseInt(document.querySelector('.genlib-count').textContent) > {away}")
        page.get_by_role("button", name="Pause").click()
        rest = sweeps(page)
        page.wait_for_timeout(300)
        assert sweeps(page) == rest


def test_less_motion_means_steps_only(chain_page: Path) -> None:
    with opened(chain_page, reduced_motion="reduce") as page:
        expect(page.get_by_role("button", name="Play")).to_be_disabled()
        first = sweeps(page)
        page.get_by_role("button", name="Step").click()
        assert sweeps(page) == first + 1


def test_keyboard_alone_moves_sliders_and_draws(chain_page: Path) -> None:
    with opened(chain_page) as page:
        k = page.get_by_label("Sweeps per frame, k")
        k.focus()
        page.keyboard.press("ArrowRight")
        assert k.input_value() == "2"
        pad = page.get_by_role("application")
        pad.focus()
        for _ in range(6):
            page.keyboard.press("Shift+ArrowDown")
        page.wait_for_function("parseInt(document.querySelector('.genlib-count').textContent) === 0")
        assert page.get_by_label("Start from").input_value() == "drawing"
        ink = pixels(page, 3)
        page.get_by_role("button", name="Clear").click()
        page.wait_for_timeout(100)
        assert pixels(page, 3) != ink


@pytest.mark.parametrize("touch", [False, True])
def test_a_drawn_digit_starts_the_chain(chain_page: Path, touch: bool) -> None:
    with opened(chain_page, has_touch=touch) as page:
        box = page.get_by_role("application").bounding_box()
        assert box
        x, top, bottom = box["x"] + box["width"] / 2, box["y"] + 20, box["y"] + box["height"] - 20
        if touch:
            page.touchscreen.tap(x, (top + bottom) / 2)
        else:
            page.mouse.move(x, top)
            page.mouse.down()
            page.mouse.move(x, bottom, steps=5)
            page.mouse.up()
        page.wait_for_function("parseInt(document.querySelector('.genlib-count').textContent) === 0")
        data_blue = page.evaluate(BLUE_SHARE)
        assert 0.05 < data_blue < 0.95


BLUE_SHARE = """() => {
    const canvas = document.querySelector("canvas"), { data } = canvas.getContext("2d").getImageData(0, 0, 8, 8);
    let blue = 0;
    for (let i = 0; i < data.length; i += 4) blue += data[i] === 0 && data[i + 1] === 0x72 && data[i + 2] === 0xb2;
    return blue / 64;
}"""


def test_images_of_the_data_take_turns(chain_page: Path) -> None:
    with opened(chain_page) as page:
        page.get_by_label("Start from").select_option("example")
        seen = {pixels(page)}
        for _ in range(3):
            page.get_by_role("button", name="Start again").click()
            seen.add(pixels(page))
        assert len(seen) == 4
        assert sweeps(page) == 0


def test_an_example_arrives_bit_by_bit(tmp_path: Path) -> None:
    examples = bits(3, 35)
    path = widget_page(tmp_path / "page.html", GibbsChain(machine(35, 4), examples=examples, shape=(5, 7)))
    with opened(path) as page:
        page.get_by_label("Start from").select_option("example")
        shades = page.evaluate(
            "() => [...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 7, 5).data]"
            ".filter((_, i) => i % 4 === 0)"
        )
        assert page.get_by_role("application").count() == 0
    assert [int(shade == 0) for shade in shades] == examples[0].int().tolist()


def test_two_copies_do_not_disturb_each_other(tmp_path: Path) -> None:
    rbm = machine()
    path = widget_page(tmp_path / "page.html", GibbsChain(rbm), chain := GibbsChain(rbm, seed=1), chain)
    with opened(path) as page:
        assert pixels(page, 0) != page.locator(".genlib").nth(1).locator("canvas").first.evaluate("c => c.toDataURL()")
        before = page.locator(".genlib-count").all_inner_texts()
        page.get_by_role("button", name="Step").nth(0).click()
        after = page.locator(".genlib-count").all_inner_texts()
        assert after[0] != before[0]
        assert after[1:] == before[1:]
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))


# What Python sees

RECORD = """async ({ state, weights, examples }) => {
    const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const traits = { ...state, weights: bytes(weights), examples: bytes(examples) };
    const heard = new Map(), saved = [];
    const model = window.model = {
        get: (name) => traits[name],
        set(name, value) { traits[name] = value; (heard.get("change:" + name) ?? []).forEach((f) => f()); },
        on: (event, f) => heard.set(event, [...(heard.get(event) ?? []), f]),
        off: (event, f) => heard.set(event, heard.get(event).filter((g) => g !== f)),
        save_changes() {
            const { sweep, x, h, k, free_energy: free } = traits;
            saved.push({ at: performance.now(), sweep, x, h, k, free });
        },
    };
    Object.assign(window, { traits, saved, heard });
    const url = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
    const el = document.body.appendChild(document.createElement("div"));
    window.close_widget = await (await import(url)).default.render({ model, el });
}"""


def recorded(page: Page, chain: GibbsChain) -> None:
    state = {name: getattr(chain, name) for name in ("_esm", "spec", "shape", "start", "example_count", "k", "seed")}
    text = {name: base64.b64encode(getattr(chain, name)).decode() for name in ("weights", "examples")}
    page.evaluate(RECORD, json.loads(json.dumps({"state": state, **text})))


def test_traits_follow_at_most_five_times_a_second_and_end_right() -> None:
    chain = GibbsChain(machine(), examples=bits(9, 64))
    with opened(None) as page:
        recorded(page, chain)
        page.get_by_role("button", name="Play").click()
        page.wait_for_timeout(1500)
        page.get_by_role("button", name="Pause").click()
        page.wait_for_timeout(300)
        saved, shown = page.evaluate("window.saved"), sweeps(page)
    gaps = np.diff([entry["at"] for entry in saved])
    assert len(saved) >= 4
    assert gaps.min() > 195
    assert saved[-1]["sweep"] == shown
    x, h = torch.tensor(saved[-1]["x"]), torch.tensor(saved[-1]["h"])
    assert (x.shape, h.shape) == ((1, 64), (1, 16))
    free_energy = rounded(chain).free_energy(x.double()).item()
    assert saved[-1]["free"] == pytest.approx(free_energy, abs=1e-4)


def test_new_weights_new_starts_and_k_from_python_are_taken_up() -> None:
    chain, other = GibbsChain(machine()), GibbsChain(machine(), x := bits(64))
    with opened(None) as page:
        recorded(page, chain)
        before, first = sweeps(page), page.locator(".genlib-count").inner_text()
        weights = base64.b64encode(other.weights).decode()
        page.evaluate(
            "(text) => model.set('weights', new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer))",
            weights,
        )
        assert sweeps(page) == before
        assert page.locator(".genlib-count").inner_text() != first
        page.evaluate("(start) => model.set('start', start)", other.start)
        page.evaluate("() => model.set('k', 5)")
        page.wait_for_timeout(300)
        assert page.evaluate("saved.at(-1).x") == [x.tolist()]
        assert page.evaluate("saved.at(-1).free") == pytest.approx(rounded(other).free_energy(x[None]).item(), abs=1e-4)
        page.get_by_role("button", name="Step").click()
        assert sweeps(page) == 5


LISTENERS = """() => {
    window.listening = 0;
    for (const kind of [Document, Window, MediaQueryList]) {
        const { addEventListener, removeEventListener } = EventTarget.prototype;
        const counted = (act, by) => function (...args) { window.listening += by; return act.apply(this, args); };
        kind.prototype.addEventListener = counted(addEventListener, 1);
        kind.prototype.removeEventListener = counted(removeEventListener, -1);
    }
}"""


def test_closing_leaves_nothing_behind() -> None:
    with opened(None) as page:
        page.evaluate(LISTENERS)
        recorded(page, GibbsChain(machine()))
        page.get_by_role("button", name="Play").click()
        page.wait_for_timeout(200)
        assert page.evaluate("listening") > 0
        page.evaluate("close_widget()")
        count = page.evaluate("saved.length")
        page.wait_for_timeout(400)
        assert page.evaluate("listening") == 0
        assert page.evaluate("[...heard.values()].flat().length") == 0
        assert page.evaluate("saved.length") == count
        assert page.locator(".genlib").count() == 0


# For everyone, on every screen, in time


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (360, "dark"), (1000, "light"), (1000, "dark")])
def test_fits_the_screen_and_axe_finds_nothing(tmp_path: Path, width: int, theme: str) -> None:
    path = widget_page(tmp_path / "page.html", GibbsChain(machine(), examples=bits(9, 64)), theme=theme)
    with opened(path, width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe_findings(page) == []
        lightness = page.evaluate(
            "parseInt(getComputedStyle(document.querySelector('.genlib')).backgroundColor.slice(4))"
        )
        assert (lightness < 60) == (theme == "dark")


def test_turning_dark_repaints(chain_page: Path) -> None:
    with opened(chain_page) as page:
        before = pixels(page)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_timeout(50)
        assert pixels(page) != before


def test_every_control_has_a_name(chain_page: Path) -> None:
    with opened(chain_page) as page:
        for control in page.locator(".genlib :is(button, input, select, canvas)").all():
            name = control.evaluate("e => e.ariaLabel || e.textContent || e.labels?.[0]?.textContent || ''")
            assert name.strip()


def test_ten_sweeps_of_a_large_machine_fit_into_a_frame(tmp_path: Path) -> None:
    path = widget_page(tmp_path / "page.html", GibbsChain(machine(784, 256, 0.1), examples=bits(50, 784), k=10))
    with opened(path) as page:
        page.get_by_label("Frames per second").fill("60")
        page.get_by_role("button", name="Play").click()
        page.wait_for_timeout(500)
        times, rate = quiet_frames(page, 8)
    print(f"median {np.median(times):.2f} ms over {len(times)} frames, {rate} frames a second")
    assert np.median(times) <= 8
