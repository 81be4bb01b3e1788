"""GibbsChain in a page: under every kind of hand, and in time; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from harness import (
    chromium,
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

from genlib.energy import RBM
from genlib.widgets import GibbsChain
from genlib.widgets.packing import unpack_tensors

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


# Under the hand


def sweeps(page: Page) -> int:
    return int(page.locator(".genlib-count").first.inner_text().split()[0].replace(",", ""))


def pixels(page: Page, index: int = 0) -> str:
    return page.locator("canvas").nth(index).evaluate("canvas => canvas.toDataURL()")


def test_first_view_has_already_run(chain_page: Path) -> None:
    with opened(chain_page) as page:
        assert sweeps(page) >= 100
        assert page.locator(".genlib-strip figure:visible").count() == 12


def test_the_legend_names_what_is_drawn(tmp_path: Path) -> None:
    """The level of x(t) where there is data, and earlier frames where each begins at the data."""
    shown = "[...document.querySelectorAll('.genlib-chart-figure .genlib-key')].filter((e) => e.checkVisibility({"
    shown += " visibilityProperty: true })).map((e) => e.textContent)"
    with opened(widget_page(tmp_path / "bare.html", GibbsChain(machine()))) as page:
        assert page.evaluate(shown) == ["this chain"]
    chain = GibbsChain(machine(), examples=bits(30, 64), persistent=False)
    with opened(widget_page(tmp_path / "data.html", chain)) as page:
        first = ["this chain", "the middle 80 % of 30 images of the data", "dashed: x(t)"]
        assert page.evaluate(shown) == first
        for _ in range(2):
            page.get_by_role("button", name="Step", exact=True).click()
        rest(page)
        assert page.evaluate(shown) == [*first, "thin: frames before"]


TOPS = """(many) => {
    const words = (e) => [...e.querySelectorAll("figcaption")].map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one.firstElementChild ?? one);
        return range.getClientRects()[0].top;
    });
    const spread = (tops) => Math.max(...tops) - Math.min(...tops);
    const rows = [...document.querySelectorAll(".genlib-stage, .genlib-gibbs-three")];
    return rows.map((row) => spread(words(row).slice(0, many)));
}"""


def test_captions_stand_on_one_line(tmp_path: Path) -> None:
    """Whatever the heights of their pictures: twelve hidden units have three rows of four."""
    chain = GibbsChain(machine(hidden=12), examples=bits(30, 64), persistent=False)
    with opened(widget_page(tmp_path / "page.html", chain), width=960) as page:
        for width in (960, 360):
            page.set_viewport_size({"width": width, "height": 900})
            rest(page)
            bottoms = [page.locator(name).bounding_box() for name in (".genlib-scene", ".genlib-under")]
            assert np.diff([box["y"] + box["height"] for box in bottoms if box]) < 1
            spreads = page.evaluate(TOPS, 4 if width == 960 else 3)
            assert len(spreads) == 4
            assert max(spreads) < 1.5


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
            sample = sees(page, "negative", 0)
            changed = sum((there == "ffffff") != (here == "ffffff") for there, here in zip(blue, sample, strict=True))
            assert f"from the data, {changed} of 64 pixels changed" in page.locator(".genlib-count").inner_text()
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


def test_without_data_nothing_speaks_of_phases(tmp_path: Path) -> None:
    with opened(widget_page(tmp_path / "page.html", GibbsChain(machine()))) as page:
        assert page.locator(".genlib-gibbs-phases").count() == 0
        assert page.get_by_label("Each frame").count() == 0
        assert "band" not in page.locator(".genlib").inner_text()
        names = page.locator(".genlib-tries button").all_inner_texts()
        assert names == ["From noise", "Keep the top half"]


def test_a_try_arranges_plays_and_is_ticked(tmp_path: Path) -> None:
    path = widget_page(tmp_path / "page.html", GibbsChain(machine(), examples=bits(3, 64)))
    with opened(path, width=360, height=740) as page:
        one = page.get_by_role("button", name="Fifty sweeps")
        one.click()
        assert page.get_by_label("Each frame").input_value() == "back"
        assert page.get_by_label("Sweeps per frame, k").input_value() == "50"
        expect(page.get_by_role("button", name="Pause")).to_be_in_viewport()
        expect(page.locator(".genlib-look")).to_contain_text("Seen")
        assert one.get_attribute("aria-pressed") == "true"
        assert "\u2713" in one.inner_text()
        page.get_by_role("button", name="Reset").click()
        assert page.get_by_label("Each frame").input_value() == "on"
        assert page.locator(".genlib-look").inner_text() == ""


def test_keep_keeps_what_is_seen(chain_page: Path) -> None:
    with opened(chain_page) as page:
        before = page.locator("canvas").first.evaluate(SHADES)
        page.get_by_label("Keep").select_option("top")
        after = page.locator("canvas").first.evaluate(SHADES)
    assert [shade != "ffffff" for shade in after[:32]] == [shade != "ffffff" for shade in before[:32]]
    assert after[32:] != before[32:]


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
