"""GibbsChain in a page: the right law, in time, under every kind of hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from harness import (
    chromium,
    computed,
    from_python,
    needs_chromium,
    opened,
    recorded,
    rest,
    trait,
    widget_page,
)
from playwright.sync_api import Browser, Page, expect
from torch import Tensor

from genlib.data import binary_states
from genlib.energy import RBM
from genlib.widgets import GibbsChain
from genlib.widgets._base import STATIC, unpack_tensors

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
    got = computed(SCORES, argument)
    expected = {"h": rbm.prob_h(x), "x": rbm.prob_x(h), "energy": rbm.energy(x, h), "free": rbm.free_energy(x)}
    for name, value in expected.items():
        there = torch.tensor([row[name] for row in got])
        assert (there - value).abs().max() < 1e-10, name


# Both phases: what the page tells W, b and c is torch's learning rule for the same pair of pictures

RULE = """
    const machine = genlib.rbm(genlib.unpack(argument.spec, argument.weights, Float64Array));
    const { hidden, visible } = machine, array = () => new Float64Array(visible);
    const out = { raised: array(), lowered: array(), difference: array() };
    return argument.x.map((x, n) => {
        const phase = (x) => genlibGibbs.phase(machine, Float64Array.from(x));
        const positive = phase(x), negative = phase(argument.sampled[n]), W = [];
        for (let j = 0; j < hidden; j++) {
            genlibGibbs.rows(positive, negative, j, out);
            W.push([...out.difference]);
        }
        const [b, c] = ["h", "x"].map((part) => [...positive[part].map((value, i) => value - negative[part][i])]);
        return { W, b, c, free: [positive.free, negative.free] };
    });
"""

MISRULES = {
    "hidden units of the other phase": ("positive.h[j] * positive.x[i]", "negative.h[j] * positive.x[i]"),
    "pixels of the other phase": ("negative.h[j] * negative.x[i]", "negative.h[j] * positive.x[i]"),
    "phases the wrong way round": ("raised[i] - lowered[i]", "-(lowered[i] + raised[i]) + 2 * lowered[i]"),
    "energy at the wrong picture": ("free: machine.freeEnergy(x)", "free: -machine.freeEnergy(x)"),
}


def misrule(fault: tuple[str, str] | None = None) -> float:
    """Returns the largest difference between the page's steps and torch's, over all parameters and pairs."""
    chain = GibbsChain(machine(64, 24))
    rbm, x = rounded(chain), bits(4, 64)
    sampled, steps = bits(4, 64), []
    for n in range(len(x)):
        # gradient() leaves the negative samples in the chains that it was given.
        steps.append(rbm.gradient(x[n : n + 1], steps=2, chains=sampled[n : n + 1]))
    source = (STATIC / "gibbs.js").read_text()
    if fault:
        assert source.count(fault[0]) == 1, fault
        source = source.replace(*fault)
    argument = {"weights": chain.weights, "spec": chain.spec, "x": x.tolist(), "sampled": sampled.tolist()}
    got = computed(source + RULE, argument)
    free = torch.stack([rbm.free_energy(x), rbm.free_energy(sampled)], 1)
    errors = [(torch.tensor(row["free"]) - pair).abs().max() for row, pair in zip(got, free, strict=True)]
    for row, step in zip(got, steps, strict=True):
        errors += [(torch.tensor(row[name]) + g).abs().max() for name, g in zip("Wbc", step, strict=True)]
    return max(error.item() for error in errors)


def test_both_phases_equal_the_learning_rule() -> None:
    assert misrule() < 1e-6


@pytest.mark.parametrize("fault", MISRULES)
def test_a_wrong_phase_is_noticed(fault: str) -> None:
    assert misrule(MISRULES[fault]) > 1e-2


# The law of the chain: started from p(x), it stays there

CHAINS = """
    const machine = genlib.rbm(genlib.unpack(argument.spec, argument.weights, Float64Array));
    const random = genlib.random(1), { hidden, visible } = machine, array = (n) => new Float64Array(n);
    const state = { x: array(visible), meanX: array(visible), h: array(hidden), meanH: array(hidden) };
    state.clamp = argument.clamp;
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
        "random.bernoulli(machine.probH(x, meanH), h);",
        "h.set(machine.probH(x, meanH));",
    ),
    "last x instead of h's": ("machine.probX(h, meanX);", "machine.probX(meanH, meanX);"),
    "no bias of x": (
        "toProbability(field(h, hidden, W, c, out, on), visible)",
        "toProbability(field(h, hidden, W, new c.constructor(visible), out, on), visible)",
    ),
    "a coin that is too often tails": ("uniform() < p[i] ? 1 : 0", "uniform() < 0.97 * p[i] ? 1 : 0"),
}

SLIPS = DRIFTS | {
    "kept units are drawn too": ("if (clamp[i]) meanX[i] = x[i]", "if (false) meanX[i] = x[i]"),
    "kept units are off": ("if (clamp[i]) meanX[i] = x[i]", "if (clamp[i]) meanX[i] = 0"),
    "the others are kept": ("if (clamp[i]) meanX[i] = x[i]", "if (!clamp[i]) meanX[i] = x[i]"),
}


def drift(mutant: tuple[str, str] | None = None, clamp: list[int] | None = None) -> float:
    """Returns Pearson's statistic of 40,000 states after three sweeps from exact samples; 15 degrees of freedom.

    Units where `clamp` is 1 keep their value: the law is then p(x | the first and the third unit are 1 and 0), and 3
    degrees of freedom. A state that this law forbids makes the statistic infinite.
    """
    chain = GibbsChain(machine(4, 3, 1.0), shape=(2, 2))
    rbm, states = rounded(chain), binary_states(4)
    law = rbm.log_prob(states).exp().detach()
    assert law.sum() == pytest.approx(1)
    assert law.min() > 0.001
    if clamp:
        law = torch.where((states[:, 0] == 1) & (states[:, 2] == 0), law, torch.zeros(()))
        law = law / law.sum()
    starts = torch.multinomial(law, 40_000, replacement=True)
    argument = {"weights": chain.weights, "spec": chain.spec, "starts": starts.tolist(), "clamp": clamp}
    counts = torch.tensor(computed(CHAINS, argument, mutant))
    if counts[law == 0].any():
        return float("inf")
    expected, counts = 40_000 * law[law > 0], counts[law > 0]
    return ((counts - expected) ** 2 / expected).sum().item()


def test_the_chain_leaves_the_exact_law_unchanged() -> None:
    assert drift() < 44.3  # exceeded once in 10,000 times


def test_a_clamped_chain_leaves_the_exact_conditional_unchanged() -> None:
    assert drift(clamp=[1, 0, 1, 0]) < 21.1  # exceeded once in 10,000 times


@pytest.mark.parametrize("mutant", DRIFTS)
def test_a_wrong_chain_drifts(mutant: str) -> None:
    assert drift(DRIFTS[mutant]) > 100


@pytest.mark.parametrize("mutant", SLIPS)
def test_a_wrong_clamped_chain_drifts(mutant: str) -> None:
    assert drift(SLIPS[mutant], clamp=[1, 0, 1, 0]) > 50


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


# Two phases under the hand


SHADES = """canvas => {
    const { width, height } = canvas, copy = new OffscreenCanvas(width, height).getContext("2d");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const hex = (i) => [0, 1, 2].map((k) => data[4 * i + k].toString(16).padStart(2, "0")).join("");
    return Array.from({ length: width * height }, (_, i) => hex(i));
}"""


def sees(page: Page, part: str, index: int = 0) -> list[str]:
    """Returns the colour of every pixel of a picture: "rrggbb"."""
    return page.locator(f".genlib-gibbs-{part} canvas").nth(index).evaluate(SHADES)


def test_cd_restarts_at_the_same_data_in_each_frame(tmp_path: Path) -> None:
    examples = bits(3, 64)
    path = widget_page(tmp_path / "page.html", GibbsChain(machine(), examples=examples, persistent=False, k=3))
    blue = ["0072b2" if bit else "ffffff" for bit in examples[0]]
    with opened(path) as page:
        seen = []
        for _ in range(3):
            assert sweeps(page) == 3
            assert sees(page, "positive", 0) == blue
            seen.append(pixels(page))
            page.get_by_role("button", name="Step").click()
        assert len(set(seen)) == 3
        assert "CD-3: x\u0303 is 3 sweeps from x(t)" in page.locator(".genlib-gibbs-negative").inner_text()
        page.get_by_role("button", name="Start again").click()
        assert sees(page, "positive", 0) != blue
        page.get_by_label("Each frame").select_option("on")
        page.get_by_role("button", name="Step").click()
        assert sweeps(page) == 6


def test_noise_is_no_place_for_cd_and_data_are(chain_page: Path) -> None:
    with opened(chain_page) as page:
        assert page.get_by_label("Start from").input_value() == "noise"
        page.get_by_label("Each frame").select_option("back")
        assert page.get_by_label("Start from").input_value() == "example"
        assert sweeps(page) == 1
        page.get_by_label("Start from").select_option("blank")
        assert page.get_by_label("Each frame").input_value() == "on"
        assert sweeps(page) == 0
        assert set(sees(page, "negative", 0)) == {"ffffff"}


def test_where_both_phases_agree_nothing_is_shown(chain_page: Path) -> None:
    with opened(chain_page) as page:
        page.get_by_label("Start from").select_option("example")
        for index in range(3):
            assert set(sees(page, "difference", index)) == {"ffffff"}
        page.get_by_role("button", name="Step").click()
        data, drawn = (sees(page, card, 0) for card in ("positive", "negative"))
        expected = {(True, True): "ffffff", (False, False): "ffffff", (True, False): "0072b2", (False, True): "d55e00"}
        pairs = [(a != "ffffff", b != "ffffff") for a, b in zip(data, drawn, strict=True)]
        assert sees(page, "difference", 0) == [expected[pair] for pair in pairs]
        differing = sum(a != b for a, b in pairs)
        assert f"differ in {differing} of 64 pixels" in page.locator(".genlib-gibbs-difference").inner_text()


def test_without_data_the_positive_phase_says_so_until_a_digit_is_drawn(tmp_path: Path) -> None:
    with opened(widget_page(tmp_path / "page.html", GibbsChain(machine()))) as page:
        words = page.locator(".genlib-gibbs-positive .genlib-gibbs-words")
        expect(words).to_contain_text("no data yet")
        page.get_by_label("Each frame").select_option("back")
        assert page.get_by_label("Each frame").input_value() == "on"
        page.get_by_role("application").focus()
        for _ in range(6):
            page.keyboard.press("Shift+ArrowDown")
        expect(words).to_contain_text("x(t) is data")
        page.get_by_label("Each frame").select_option("back")
        page.get_by_role("button", name="Step").click()
        assert page.get_by_label("Start from").input_value() == "drawing"
        assert sweeps(page) == 1


# Pixels that are kept


def kept(page: Page) -> int:
    """Number of pixels inside the outline, and the very same number in the trait."""
    rest(page)
    count = page.locator(".genlib-gibbs-tint").evaluate("p => (p.getAttribute('d') ?? '').split('z').length - 1")
    clamp = trait(page, "clamp")
    assert count == sum(clamp or [])
    return count


@pytest.mark.parametrize(("name", "rows", "columns"), [("left", 8, 4), ("bottom", 4, 8)])
def test_a_kept_half_stays_and_the_rest_is_found_from_noise(name: str, rows: int, columns: int) -> None:
    examples = bits(5, 64)
    chain = GibbsChain(machine(), examples=examples)
    with opened(None) as page:
        recorded(page, chain)
        page.get_by_label("Start from").select_option("example")
        page.get_by_role("button", name="Start again").click()
        page.get_by_label("Keep").select_option(name)
        assert kept(page) == 32
        assert sweeps(page) == 0
        before = torch.tensor(page.evaluate("saved.at(-1).x")).view(8, 8)
        page.get_by_label("Sweeps per frame, k").fill("20")
        page.get_by_role("button", name="Step").click()
        rest(page)
        after, mask = torch.tensor(page.evaluate("saved.at(-1).x")).view(8, 8), torch.zeros(8, 8, dtype=torch.bool)
        mask[8 - rows :, :columns] = True
        assert torch.tensor(trait(page, "clamp")).view(8, 8).equal(mask)
        for x in (before, after):
            assert torch.equal(x[mask], examples[1].view(8, 8)[mask].long())
            assert not torch.equal(x[~mask], examples[1].view(8, 8)[~mask].long())
        assert not torch.equal(before, after)
        page.get_by_label("Keep").select_option("none")
        assert kept(page) == 0
        assert sweeps(page) == 20


def test_a_pointer_paints_what_is_kept_and_takes_it_out_again() -> None:
    with opened(None) as page:
        recorded(page, GibbsChain(machine(), examples=bits(5, 64)))
        canvas = page.get_by_label("Visible units x", exact=True)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box

        def stroke() -> None:
            page.mouse.move(box["x"] + 0.07 * box["width"], box["y"] + 0.45 * box["height"])
            page.mouse.down()
            page.mouse.move(box["x"] + 0.93 * box["width"], box["y"] + 0.45 * box["height"], steps=4)
            page.mouse.up()

        stroke()
        assert kept(page) == 0
        page.get_by_label("Keep").select_option("painted")
        stroke()
        assert kept(page) >= 8
        painted = trait(page, "clamp")
        assert all(painted[24:32])
        before = page.evaluate("saved.at(-1).x[0]")
        page.get_by_role("button", name="Step").click()
        rest(page)
        after = page.evaluate("saved.at(-1).x[0]")
        assert before != after
        assert all(a == b for a, b, keep in zip(before, after, painted, strict=True) if keep)
        stroke()
        assert kept(page) == 0


def test_a_mask_from_python_is_shown_and_held() -> None:
    mask = torch.zeros(64, dtype=torch.bool)
    mask[5:23] = True
    examples = bits(5, 64)
    with opened(None) as page:
        recorded(page, GibbsChain(machine(), examples=examples, clamp=mask))
        assert page.get_by_label("Keep").input_value() == "painted"
        assert kept(page) == 18
        assert sweeps(page) == 110
        x = torch.tensor(page.evaluate("saved.at(-1).x[0]"))
        assert torch.equal(x[mask], examples[0][mask].long())
        from_python(page, clamp=[i < 32 for i in range(64)])
        assert page.get_by_label("Keep").input_value() == "top"
        assert kept(page) == 32
        from_python(page, clamp=None)
        assert kept(page) == 0


# Hidden units


@pytest.mark.parametrize("by", ["pointer", "keyboard", "Python"])
def test_a_hidden_unit_shows_its_row_of_w_its_bias_and_its_input(by: str) -> None:
    chain = GibbsChain(machine(hidden=15), bits(64))
    rbm = rounded(chain)
    with opened(None) as page:
        recorded(page, chain)
        grid = page.get_by_label("Hidden units h")
        if by == "pointer":
            grid.scroll_into_view_if_needed()
            box = grid.bounding_box()
            assert box
            page.mouse.move(box["x"] + 0.99 * box["width"], box["y"] + 0.99 * box["height"])
            assert page.get_by_label("Hidden unit j").input_value() == "0"
            page.mouse.move(box["x"] + 2.5 / 4 * box["width"], box["y"] + 1.5 / 4 * box["height"])
        elif by == "keyboard":
            page.get_by_label("Hidden unit j").focus()
            for _ in range(6):
                page.keyboard.press("ArrowRight")
        else:
            from_python(page, unit=6)
        rest(page)
        assert trait(page, "unit") == 6
        read = dict(
            zip(
                page.locator(".genlib-gibbs-reading dt").all_inner_texts(),
                [text.replace("\u2212", "-") for text in page.locator(".genlib-gibbs-reading dd").all_inner_texts()],
                strict=True,
            )
        )
        x = torch.tensor(page.evaluate("saved.at(-1).x")).to(rbm.W)
        ends = [text.replace("\u2212", "-") for text in page.locator(".genlib-gibbs-scale span").all_inner_texts()]
        shades = [1 if shade[4:] > shade[:2] else -1 for shade in sees(page, "filter")]
    row = rbm.W[6].detach()
    assert read["its filter"] == "row W[6]"
    assert float(read["bias b"]) == pytest.approx(rbm.b[6].item(), abs=0.006)
    assert float(read["input b + Wx"]) == pytest.approx((rbm.b[6] + x[0] @ row).item(), abs=0.006)
    assert float(read["p(h = 1 | x)"]) == pytest.approx(rbm.prob_h(x)[0, 6].item(), abs=0.0006)
    assert [float(end) for end in ends] == pytest.approx([-row.abs().max().item(), row.abs().max().item()], abs=0.006)
    strong = row.abs() > 0.1 * row.abs().max()
    assert torch.tensor(shades)[strong].equal(row.sign().long()[strong])


# What Python sees


def test_python_hears_of_the_chain_as_it_is() -> None:
    chain = GibbsChain(machine(), examples=bits(9, 64))
    with opened(None) as page:
        recorded(page, chain)
        page.get_by_role("button", name="Step").click()
        rest(page)
        last, shown = page.evaluate("saved.at(-1)"), sweeps(page)
    assert last["sweep"] == shown
    x, h = torch.tensor(last["x"]), torch.tensor(last["h"])
    assert (x.shape, h.shape) == ((1, 64), (1, 16))
    free_energy = rounded(chain).free_energy(x.double()).item()
    assert last["free_energy"] == pytest.approx(free_energy, abs=1e-4)


def test_new_weights_new_starts_and_k_from_python_are_taken_up() -> None:
    chain, other = GibbsChain(machine()), GibbsChain(machine(), x := bits(64))
    with opened(None) as page:
        recorded(page, chain)
        before, first = sweeps(page), page.locator(".genlib-count").inner_text()
        from_python(page, weights=other.weights)
        assert sweeps(page) == before
        assert page.locator(".genlib-count").inner_text() != first
        from_python(page, start=other.start)
        from_python(page, k=5)
        rest(page)
        assert page.evaluate("saved.at(-1).x") == [x.tolist()]
        assert page.evaluate("saved.at(-1).free_energy") == pytest.approx(
            rounded(other).free_energy(x[None]).item(), abs=1e-4
        )
        page.get_by_role("button", name="Step").click()
        assert sweeps(page) == 5


def test_data_and_mode_are_traits() -> None:
    examples = bits(3, 64)
    with opened(None) as page:
        recorded(page, GibbsChain(machine(), examples=examples))
        rest(page)
        assert page.evaluate("saved.at(-1).data") == [examples[0].tolist()]
        from_python(page, persistent=False)
        assert page.get_by_label("Each frame").input_value() == "back"
        page.get_by_role("button", name="Start again").click()
        rest(page)
        assert page.evaluate("saved.at(-1).data") == [examples[1].tolist()]
        page.get_by_label("Each frame").select_option("on")
        rest(page)
        assert page.evaluate("saved.at(-1).persistent") is True
