"""What every widget keeps, whatever it shows: rest, silence, room for others, and a page that everyone can use.

A new widget gets these tests by one row of `ROWS`; what is its own stands in a file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from harness import (
    axe_findings,
    chromium,
    frame_times,
    from_python,
    needs_chromium,
    opened,
    recorded,
    rest,
    trait,
    unfold,
    widget_page,
)  # fmt: skip
from ipywidgets import Widget
from playwright.sync_api import Browser, Locator, Page
from torch import Tensor, nn

import genlib.widgets
from genlib.autoencoders import Autoencoder, BinaryAutoencoder, DenoisingAutoencoder
from genlib.autoregressive import MADE, GatedPixelCNN, PixelCNN
from genlib.energy import DBN, RBM, BoltzmannMachine, ClassRBM
from genlib.gan import NonSaturatingGAN
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.vae import VAE
from genlib.widgets import (
    Annealing,
    BoltzmannBars,
    ChainOnALandscape,
    CodePlane,
    ConvolutionStepper,
    Denoiser,
    Dream,
    EMSteps,
    GANLab,
    GibbsChain,
    HalfDigit,
    LatentExplorer,
    PixelByPixel,
    ScoreField,
    Taxonomy,
    TinyWorld,
    TwoDensities,
)
from genlib.widgets.base import ROOT
from genlib.widgets.taxonomy import leaves

pytestmark = needs_chromium
Model = TypeVar("Model", bound=nn.Module)


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def bits(*shape: int) -> Tensor:
    return (torch.rand(shape) < 0.5).to(torch.get_default_dtype())


def loud(model: Model, scale: float = 0.3) -> Model:
    """The model with parameters that are far from zero."""
    for parameter in model.parameters():
        parameter.data = scale * torch.randn(parameter.shape)
    return model


def annealing(seed: int = 0) -> Annealing:
    return Annealing(loud(RBM(64, 16)), base=torch.randn(64), seed=seed)


def bars(seed: int = 0) -> BoltzmannBars:
    return BoltzmannBars(k=1, seed=seed)


def six_bars() -> BoltzmannBars:
    return BoltzmannBars(loud(BoltzmannMachine(4, 2), 1.0), clamp=[None, 1, None, None, 0, None])


def chain_on_a_landscape(seed: int = 0) -> ChainOnALandscape:
    return ChainOnALandscape(seed=seed)


def denoiser(seed: int = 0) -> Denoiser:
    plain = BinaryAutoencoder(mlp(64, 16), mlp(16, 64))
    return Denoiser(DenoisingAutoencoder(loud(plain), torch.clone), bits(10, 64), seed=seed)


def dream(seed: int = 0) -> Dream:
    dbn = DBN(RBM(64, 48), ClassRBM(48, 10, 32))
    return Dream(loud(dbn), examples=bits(9, 64), seed=seed)


def em_steps(seed: int = 0) -> EMSteps:
    return EMSteps(bits(60, 64), seed=seed)


def gan_lab(seed: int = 0) -> GANLab:
    shape = {"activation": lambda: nn.LeakyReLU(0.2)}
    return GANLab(NonSaturatingGAN(mlp(2, 32, 32, 2, **shape), mlp(2, 32, 32, 1, **shape), 2), seed=seed)


def gibbs_chain(seed: int = 0) -> GibbsChain:
    return GibbsChain(loud(RBM(64, 16)), examples=bits(9, 64), seed=seed)


def half_digit(seed: int = 0) -> HalfDigit:
    vae = VAE(Gaussian(mlp(784, 8, 4)), Bernoulli(mlp(2, 8, 784)), 2)
    return HalfDigit(loud(RBM(784, 16), 0.03), loud(vae), seed=seed)


def code_plane(seed: int = 0) -> CodePlane:
    model = loud(Autoencoder(mlp(64, 16, 2), mlp(2, 16, 64)))
    return CodePlane(model, bits(40, 64), torch.arange(40) % 10)


def latent_explorer(seed: int = 0, latent: int = 2) -> LatentExplorer:
    vae = VAE(Gaussian(mlp(64, 32, 2 * latent)), Bernoulli(mlp(latent, 32, 64)), latent)
    return LatentExplorer(loud(vae), bits(40, 64), torch.arange(40) % 10, seed=seed)


def pixel_by_pixel(seed: int = 0) -> PixelByPixel:
    return PixelByPixel(loud(MADE(64, 32)), bits(9, 64), seed=seed)


def two_models() -> PixelByPixel:
    return PixelByPixel({"PixelCNN": PixelCNN((28, 28), 4, 2), "gated": GatedPixelCNN((28, 28), 4, 3)}, bits(2, 784))


def score_field(seed: int = 0) -> ScoreField:
    models = {sigma: Autoencoder(mlp(2, 16), mlp(16, 2)) for sigma in (0.3, 1.0)}
    return ScoreField({sigma: DenoisingAutoencoder(loud(plain), torch.clone) for sigma, plain in models.items()})


def tiny_world(seed: int = 0) -> TinyWorld:
    """A world that waits for the hand, and so is there at once."""
    world = TinyWorld(seed=seed)
    world.first = 0
    return world


COUNT = "root.querySelector('.genlib-count').textContent"
ROWS_OF_Z = "...root.querySelectorAll('.genlib-latent-row input')"
SLIDERS = f"[{ROWS_OF_Z}, ...root.querySelectorAll('.genlib-bar input')].map((e) => e.value).join()"


def choose(label: str, value: str) -> Callable[[Locator], object]:
    named = re.compile(f"^{label}")
    return lambda root: root.locator("label").filter(has_text=named).locator("select").select_option(value)


def fill(label: str, value: str) -> Callable[[Locator], object]:
    return lambda root: root.get_by_role("slider", name=label).first.fill(value)


def press(*names: str) -> Callable[[Locator], object]:
    return lambda root: [root.get_by_role("button", name=name, exact=True).click() for name in names]


def mark(label: str) -> Callable[[Locator], object]:
    return lambda root: root.get_by_label(label, exact=True).check()


@dataclass(frozen=True)
class Row:
    """A widget under these tests.

    Args:
        make: A small one, of a given seed.
        stepped: What its count has in it after one step.
        agrees: Whether what Python hears is what the page counts.
        hand: Something done to it by hand, other than a step.
        python: Traits that Python sets.
        repeats: Those of them that the widget sends along, unchanged, with what is its own.
        count: JavaScript for its count in an element `root`.
        play: The name of the button that plays.
        step: The name of the button that makes one step.
        toil: A button that starts work of many frames, if that is neither.
        ready: Done by hand before one looks at how it fits the screen.
        others: More of its kind that look different.
        seeded: Whether its first view depends on the seed.
    """

    make: Callable[..., Widget]
    stepped: str
    agrees: Callable[[dict[str, Any], str], bool]
    hand: Callable[[Locator], object]
    python: dict[str, object]
    repeats: tuple[str, ...] = ()
    count: str = COUNT
    play: str = "Play"
    step: str = "Step"
    toil: str = ""
    ready: Callable[[Locator], object] = lambda root: None
    others: tuple[Callable[[], Widget], ...] = ()
    seeded: bool = True


def family(key: str) -> str:
    """Returns what Taxonomy's count says at a family."""
    ready = [family["key"] for family in leaves(Taxonomy().tree) if "chapter" in family]
    return f"family {ready.index(key) + 1} of {len(ready)}" if key in ready else f"of {len(ready)} families"


def numbers(words: str) -> list[int]:
    return [int(word) for word in words.replace(",", "").split() if word.isdigit()]


ROWS = {
    "Annealing": Row(
        annealing, "step 1 of 30", lambda told, count: f"\u03b2 = {told['beta']:.2f}," in count,
        fill("Temperatures", "2"), {"temperatures": 7, "chains": 12, "base_kind": "own", "direction": "down"},
        repeats=("temperatures", "chains", "base_kind", "direction"), play="Run", toil="Ten more runs"),
    "BoltzmannBars": Row(
        bars, "201 sweeps", lambda told, count: numbers(count) == [told["sweeps"]], fill("Bias c", "3"),
        {"temperature": 0.5, "k": 100, "biases": [1, 2, 3, -1, -2]}, ready=press("One unit"), others=(six_bars,)),
    "ChainOnALandscape": Row(
        chain_on_a_landscape, "420 steps", lambda told, count: numbers(count) == [told["steps"]],
        choose("Landscape", "a ring"), {"walker": "gibbs", "scale": 0.5}, repeats=("walker", "scale", "landscape")),
    "CodePlane": Row(
        code_plane, "z = ", lambda told, count: np.allclose(
            told["z"], [float(value) for value in count[4:].replace("\u2212", "-").split(", ")], atol=0.006),
        press("Encode a 6"), {"z": [0.25, -0.75], "pca_z": [0.5, 0.25]}, repeats=("pca_z",), seeded=False),
    "ConvolutionStepper": Row(
        lambda seed=0: ConvolutionStepper(picture="noise", seed=seed), "2 of 4 places",
        lambda told, count: numbers(count)[0] == told["place"], choose("Operation", "transposed"),
        {"operation": "resized", "kernel": 4, "stride": 3, "side": 3},
        repeats=("operation", "kernel", "stride", "side")),
    "Denoiser": Row(
        denoiser, "1 step", lambda told, count: numbers(count) == [told["steps"]], choose("Noise", "masking"),
        {"kind": "gaussian", "amount": 0.5, "way": "chain"}, repeats=("kind", "amount", "way")),
    "Dream": Row(
        dream, "111 sweeps", lambda told, count: numbers(count) == [told["sweep"], told["y"]], mark("3"),
        {"k": 5, "label": 8}, repeats=("label",)),
    "EMSteps": Row(
        em_steps, "3 rounds", lambda told, count: numbers(count) == [told["rounds"]], choose("q", "decided"),
        {"guess": "half blind", "components": 4, "smoothing": 0.5}, repeats=("guess", "components", "smoothing"),
        step="M step"),
    "GANLab": Row(
        gan_lab, "D 1 step, G 1 step", lambda told, count: numbers(count) == [told["d_count"], told["g_count"]],
        choose("Data", "two_moons"), {"loss_kind": "minimax", "data_kind": "checkerboard", "rate_d": 0.02, "batch": 64},
        step="Step both", ready=choose("Data", "drawn")),
    "GibbsChain": Row(
        gibbs_chain, "111 sweeps", lambda told, count: numbers(count) == [told["sweep"]], choose("Keep", "top"),
        {"k": 5, "unit": 6, "persistent": False}, repeats=("unit", "persistent")),
    "HalfDigit": Row(
        half_digit, "111 sweeps", lambda told, count: numbers(count) == [told["sweep"]],
        press("No pen? Keep the top of this one", "Pause"), {"half": "left"}),
    "LatentExplorer": Row(
        latent_explorer, ",0.01", lambda told, count: np.allclose(
            told["z"], [float(value) for value in count.split(",")[:2]], atol=0.006),
        press("Encode a 6"), {"z": [0.25, -0.75]},
        count=SLIDERS, others=(lambda: latent_explorer(latent=5),), seeded=False),
    "PixelByPixel": Row(
        pixel_by_pixel, "pixel 52 of 64", lambda told, count: numbers(count) == [told["drawn"], 64],
        choose("Begin with", "3"), {"given": 20, "pixel": 12}, repeats=("given", "pixel"), others=(two_models,)),
    "ScoreField": Row(
        score_field, "1 step", lambda told, count: numbers(count) == [told["steps"]], choose("Noise", "1"),
        {"sigma": 1, "share": 0.5, "shade": "difference", "start": [1, -2]},
        repeats=("sigma", "share", "shade"), seeded=False),
    "Taxonomy": Row(
        lambda seed=0: Taxonomy(), family("deep"), lambda told, count: count == family(told["chosen"]),
        press("adversarial networks"), {"chosen": "implicit"}, repeats=("chosen",), step="Next", seeded=False),
    "TinyWorld": Row(
        tiny_world, "100 steps", lambda told, count: numbers(count) == [told["step_count"]], choose("Gradient", "pcd"),
        {"method": "cd", "k": 7, "rate": 0.1, "batch": 64, "hidden": 4}, ready=press("Step", "New run")),
    "TwoDensities": Row(
        lambda seed=0: TwoDensities(), "1 step", lambda told, count: numbers(count) == [told["step_count"]],
        choose("Lower", "qp"), {"kl": "qp", "means": [-1.0, 2.0], "share": 0.75},
        repeats=("kl", "means", "share"), seeded=False),
}  # fmt: skip

LOOKS = [(name, place) for name, row in ROWS.items() for place in range(1 + len(row.others))]
BARE = "<style>body { margin: 0 } .genlib { margin: 0 !important }</style>"
each = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def test_every_widget_has_a_row() -> None:
    assert set(ROWS) == set(genlib.widgets.__all__)


def count(page: Page, row: Row, place: int = 0) -> str:
    return page.locator(".genlib").nth(place).evaluate(f"(root) => {row.count}")


def moves(page: Page, row: Row, seen: str) -> None:
    """Waits until the count is another one than was seen."""
    page.wait_for_function(
        f"(seen) => {{ const root = document.querySelector('.genlib'); return {row.count} !== seen; }}", arg=seen
    )


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


STANDS = """async () => {{
    const root = document.querySelector(".genlib"), seen = {count};
    for (let i = 0; i < 15; i++) await new Promise((done) => requestAnimationFrame(done));
    return {count} === seen;
}}"""


def stands(page: Page, row: Row) -> None:
    """Waits until the count stays the same, frame after frame."""
    page.wait_for_function(STANDS.format(count=row.count))


PICTURE = """(root) => JSON.stringify([
    root.querySelector(".genlib-body").innerText,
    [...root.querySelectorAll("input, select")].map((e) => [e.value, e.checked]),
    [...root.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()),
])"""


STILL = f"""async () => {{
    const look = () => JSON.stringify([...document.querySelectorAll(".genlib")].map({PICTURE})), seen = look();
    for (let i = 0; i < 10; i++) await new Promise((done) => requestAnimationFrame(done));
    return look() === seen;
}}"""


def picture(page: Page, place: int = 0) -> str:
    """Everything that is seen of a widget."""
    return page.locator(".genlib").nth(place).evaluate(PICTURE)


# On a page of its own, beside others


@each
def test_plays_rests_and_disturbs_nobody(row: Row, tmp_path: Path) -> None:
    """Three on one page, of which two are views of one: what is done to the first is seen there alone."""
    torch.manual_seed(1)
    one = row.make()
    torch.manual_seed(1)
    two = row.make(seed=1)
    with opened(widget_page(tmp_path / "page.html", one, two, two)) as page:
        rest(page)
        page.wait_for_function(STILL)
        before = [picture(page, place) for place in range(3)]
        assert (before[0] != before[1]) == row.seeded
        root = page.locator(".genlib").first
        for act in (press(row.step), row.hand):
            seen = picture(page)
            act(root)
            rest(page)
            assert picture(page) != seen
        plays_and_rests(page, row)
        plays_with_less_motion_too(page, row)
        assert [picture(page, place) for place in (1, 2)] == before[1:]
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))


def plays_and_rests(page: Page, row: Row) -> None:
    """Play moves, leaving the screen rests, coming back moves, Pause stops."""
    root = page.locator(".genlib").first
    stands(page, row)
    first = count(page, row)
    button(root, row.play).click()
    moves(page, row, first)
    page.evaluate("document.body.style.paddingBottom = '9000px'; window.scrollTo(0, 9000 + document.body.scrollHeight)")
    stands(page, row)
    away = count(page, row)
    page.evaluate("window.scrollTo(0, 0)")
    moves(page, row, away)
    button(root, "Pause").click()
    rest(page)
    stands(page, row)


def plays_with_less_motion_too(page: Page, row: Row) -> None:
    """What moves by itself is stopped for those who ask for it, and nothing here does: what they start, moves."""
    root = page.locator(".genlib").first
    page.emulate_media(reduced_motion="reduce")
    stands(page, row)
    first = count(page, row)
    button(root, row.play).click()
    moves(page, row, first)
    button(root, "Pause").click()
    rest(page)
    stands(page, row)
    page.emulate_media(reduced_motion="no-preference")


# What Python sees


@each
def test_python_is_told_is_heard_and_is_left(row: Row) -> None:
    with opened(None) as page:
        recorded(page, row.make())
        tells_at_most_five_times_a_second(page, row)
        keeps_what_python_sets(page, row)
        closes(page, row, row.play)
        recorded(page, row.make())
        closes(page, row, row.toil or row.step)


def tells_at_most_five_times_a_second(page: Page, row: Row) -> None:
    """And ends with what is shown."""
    button(page, row.play).click()
    page.wait_for_function("saved.length >= 4")
    button(page, "Pause").click()
    rest(page)
    saved, shown = page.evaluate("saved"), count(page, row)
    unhurried(saved)
    assert row.agrees(saved[-1], shown)


def unhurried(saved: list[dict[str, Any]]) -> None:
    assert all(gap > 195 for gap in np.diff([told["at"] for told in saved]))


def keeps_what_python_sets(page: Page, row: Row) -> None:
    """And does not send it back: it tells what comes of it, however long that takes, and comes to rest."""
    page.evaluate("saved.length = told.length = 0")
    from_python(page, **row.python)
    rest(page)
    saved, told = page.evaluate("[saved, told]")
    assert {name: trait(page, name) for name in row.python} == row.python
    stands(page, row)
    assert len(page.evaluate("saved")) == len(saved)
    unhurried(saved)
    news = [{**message, "at": None} for message in saved]
    assert all(news.count(message) <= 2 for message in news)
    assert all(message[name] == value for message in saved for name, value in row.python.items())
    assert told[: len(row.python)] == list(row.python)
    assert {name for name in row.python if told.count(name) > 1} <= set(row.repeats)


def closes(page: Page, row: Row, name: str) -> None:
    """While it works, and leaves nothing behind."""
    assert page.evaluate("listening") > 0
    first = count(page, row)
    button(page, name).click()
    moves(page, row, first)
    page.evaluate("closeWidget()")
    seen = page.evaluate("[saved.length, told.length, JSON.stringify(now())]")
    frame_times(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(300)
    assert page.evaluate("[saved.length, told.length, JSON.stringify(now())]") == seen
    assert frame_times(page) == []
    assert page.evaluate("listening") == 0
    assert page.evaluate("[...heard.values()].flat().length") == 0
    assert page.locator("body > div > *").count() == 0


# Seen together

SCREENS = {"desk": (960, 800), "phone": (328, 740)}
HEAD = 56  # What the theme keeps at the top of a screen.
MOVED = """async (root) => {
    const stage = root.querySelector(".genlib-scene"), play = stage.querySelector(".genlib-primary");
    const pictures = () => [...stage.querySelectorAll("canvas, svg")].filter((one) => one.checkVisibility());
    const look = (one) => one.toDataURL ? one.toDataURL() : one.outerHTML;
    const before = new Map(pictures().map((one) => [one, look(one)]));
    play.click();
    for (let i = 0; i < 90; i++) await new Promise((done) => requestAnimationFrame(done));
    play.click();
    return [play, ...pictures().filter((one) => before.get(one) !== look(one))];
}"""
SEEN = """(seen) => {
    const boxes = seen.filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect());
    const edge = (way, name) => Math[way](...boxes.map((box) => box[name]));
    return [edge("max", "bottom") - edge("min", "top"), edge("max", "right")];
}"""


# Choices of one kind count once, and a picture's legend is no control, though it switches layers.
AT_FIRST = """() => {
    for (const part of document.querySelectorAll(".genlib-more")) part.open = false;
    const all = document.querySelectorAll('.genlib :is(input, select):not([class*="-legend"] *)');
    const seen = [...all].filter((one) => one.checkVisibility());
    const words = (one) => one.closest("label")?.textContent.trim() || one.ariaLabel;
    return [...new Set(seen.map((one) => (one.type === "radio" ? one.name : words(one))))];
}"""
PAPER_SIZE = (639, 1032)  # the column of an A4 page with margins of 12 mm, and all of its height, in CSS pixels
MANY = {"LatentExplorer"}  # it is about its latent dimensions, a slider each


@pytest.mark.parametrize(("name", "place"), LOOKS)
def test_play_and_what_it_moves_are_seen_together(name: str, place: int, tmp_path: Path) -> None:
    """In the main area of a page at 1280 x 800, under the theme's own head, and on a phone of 360 x 740.

    At first there are three controls beside the buttons, at most. On paper all of it is on one page, side by side as
    on a desk.
    """
    row = ROWS[name]
    page_of_one = widget_page(tmp_path / "page.html", (row.make, *row.others)[place](), head=BARE)
    with opened(page_of_one, width=960) as page:
        rest(page)
        at_first = page.evaluate(AT_FIRST)
        assert name in MANY or len(at_first) <= 3, at_first
        unfold(page)
        seen = page.locator(".genlib").evaluate_handle(MOVED)
        assert seen.evaluate("(seen) => seen.length > 1")
        for width, height in SCREENS.values():
            page.set_viewport_size({"width": width, "height": height})
            rest(page)
            high, right = seen.evaluate(SEEN)
            assert high <= height - HEAD
            assert right <= width
        page.set_viewport_size(dict(zip(("width", "height"), PAPER_SIZE, strict=True)))
        page.emulate_media(media="print")
        rest(page)
        box = page.locator(".genlib").bounding_box()
        assert box
        assert box["height"] <= PAPER_SIZE[1]


# For everyone, on every screen

NAME = """e => e.ariaLabel || e.getAttribute("aria-label") || e.textContent || e.labels?.[0]?.textContent
    || e.querySelector("[aria-label]")?.ariaLabel || ''"""
THEME = """(theme) => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.style.colorScheme = theme;
}"""
PAPER = "parseInt(getComputedStyle(document.querySelector('.genlib')).backgroundColor.slice(4))"
# Looks at each opaque dot before it is filled: how much its colour contrasts with what is drawn around it.
DOTS = """() => {
    const { arc, ellipse, beginPath, fill } = CanvasRenderingContext2D.prototype, paths = new WeakMap();
    const linear = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const add = (context, x, y, r) => { if (r <= 12) paths.get(context)?.push([x, y, r]); };
    const colour = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
    const over = ([r, g, b, a], paper) => [r, g, b].map((v, i) => (a * v + (255 - a) * paper[i]) / 255);
    const scratch = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const best = (context, dot, paper) => {
        const [x, y, r] = dot, t = context.getTransform(), own = light(colour(context.fillStyle));
        const around = [...Array(8).keys()].map((k) => {
            const angle = (k * Math.PI) / 4, reach = r + 0.8 / t.a;
            const at = t.transformPoint({ x: x + reach * Math.cos(angle), y: y + reach * Math.sin(angle) });
            scratch.clearRect(0, 0, 1, 1);
            scratch.drawImage(context.canvas, Math.floor(at.x), Math.floor(at.y), 1, 1, 0, 0, 1, 1);
            return contrast(own, light(over(scratch.getImageData(0, 0, 1, 1).data, paper)));
        });
        return around.sort((a, b) => a - b)[4];
    };
    const prototype = CanvasRenderingContext2D.prototype;
    window.dots = [];
    prototype.beginPath = function () { paths.set(this, []); return beginPath.call(this); };
    prototype.arc = function (x, y, r, ...rest) { add(this, x, y, r); return arc.call(this, x, y, r, ...rest); };
    prototype.ellipse = function (x, y, r, ...rest) {
        add(this, x, y, r);
        return ellipse.call(this, x, y, r, ...rest);
    };
    prototype.fill = function (...rest) {
        const root = this.canvas.closest(".genlib"), opaque = this.globalAlpha === 1 && /^#/.test(this.fillStyle);
        if (root && opaque) {
            const paper = getComputedStyle(root).backgroundColor.match(/\\d+/g).map(Number);
            const some = (paths.get(this) ?? []).slice(0, 20);
            window.dots.push(...some.map((dot) => [best(this, dot, paper), this.fillStyle]));
        }
        return fill.apply(this, rest);
    };
}"""


# Terms that a line may break after their hyphen.
BREAKABLE = """() => {
    const walker = document.createTreeWalker(document.querySelector(".genlib"), NodeFilter.SHOW_TEXT), found = [];
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        if (!/[A-Z]+-(\\d|k)/.test(text.data) || text.parentElement.closest("button, option")) continue;
        if (getComputedStyle(text.parentElement).whiteSpace !== "nowrap") found.push(text.data);
    }
    return found;
}"""


# What looks different where the shared style comes once more, after all others, as another kind of widget brings it.
RESTYLED = """(shared) => {
    const looks = () => [...document.querySelectorAll(".genlib, .genlib *")].map((e) => {
        const { x, y, width, height } = e.getBoundingClientRect(), style = getComputedStyle(e);
        const { color, backgroundColor, borderColor, font, padding, margin } = style;
        const words = [x, y, width, height, color, backgroundColor, borderColor, font, padding, margin];
        return `${e.getAttribute("class")}: ${words.join(", ")}`;
    });
    const before = looks(), sheet = Object.assign(document.createElement("style"), { textContent: shared });
    document.body.append(sheet);
    const after = looks();
    sheet.remove();
    return before.filter((look, i) => look !== after[i]);
}"""
SHARED = (ROOT / "js" / "style.css").read_text("utf-8")


def steps(page: Page, row: Row) -> None:
    rest(page)
    button(page, row.step).click()
    rest(page)
    assert row.stepped in count(page, row)
    stands(page, row)


@pytest.mark.parametrize(("name", "place"), LOOKS)
def test_fits_the_screen_in_both_themes_and_axe_finds_nothing(name: str, place: int, tmp_path: Path) -> None:
    """Opened by someone who asked for less motion."""
    row = ROWS[name]
    widget = (row.make, *row.others)[place]()
    page_of_one = widget_page(tmp_path / "page.html", widget, theme="dark")
    with opened(page_of_one, width=360, reduced_motion="reduce") as page:
        if not place:
            steps(page, row)
        row.ready(page.locator(".genlib"))
        rest(page)
        for control in page.locator(
            ".genlib :is(button, input, select, canvas, svg):not([aria-hidden=true], [aria-hidden=true] *)"
        ).all():
            assert control.evaluate(NAME).strip()
        seen: dict[str, set[str]] = {}
        page.evaluate(DOTS)
        for width, theme in ((360, "dark"), (1000, "dark"), (1000, "light"), (360, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(THEME, theme)
            rest(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert (page.evaluate(PAPER) < 60) == (theme == "dark")
            assert not [dot for dot in page.evaluate("dots.splice(0)") if dot[0] < 3]
            for target in page.get_by_role("button").all():
                box = target.bounding_box()
                assert box
                assert min(box["width"], box["height"]) >= 24
            assert axe_findings(page) == []
            assert page.evaluate(BREAKABLE) == []
            assert page.evaluate(RESTYLED, SHARED) == []
            if width == 1000:
                seen[theme] = set(page.evaluate("[...document.querySelectorAll('canvas')].map((e) => e.toDataURL())"))
        assert not seen["dark"] & seen["light"]
