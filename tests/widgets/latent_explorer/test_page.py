"""LatentExplorer in a page: torch's own numbers, in time, under every kind of hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from deno_tests import numbers_module
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
from playwright.sync_api import Browser, Locator, Page, expect
from torch import Tensor, nn

from genlib.nn import Bernoulli, Gaussian, conv_decoder, conv_encoder, mlp
from genlib.vae import VAE
from genlib.widgets import LatentExplorer

pytestmark = needs_chromium

page_model = numbers_module("latent_explorer").page_model
VERMILION, BLUE = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def model(features: int = 64, latent: int = 2, width: int = 32, layers: int = 1) -> VAE:
    """A VAE whose codes spread over the prior and whose pictures have contrast, without training."""
    hidden = [width] * layers
    vae = VAE(Gaussian(mlp(features, *hidden, 2 * latent)), Bernoulli(mlp(latent, *hidden, features)), latent)
    for net in (vae.encoder.net, vae.decoder.net):
        for layer in net:
            if isinstance(layer, nn.Linear):
                layer.weight.data.normal_(0, 2 / layer.in_features**0.5)
    vae.encoder.net[-1].weight.data *= 0.5
    vae.encoder.net[-1].bias.data[latent:] = -2
    return vae


def images(n: int = 40, features: int = 64) -> tuple[Tensor, Tensor]:
    return (torch.rand(n, features) < 0.5).to(torch.get_default_dtype()), torch.arange(n) % 10


@pytest.fixture
def plane_page(tmp_path: Path) -> Path:
    return widget_page(tmp_path / "plane.html", LatentExplorer(model(), *images()))


@pytest.fixture
def slider_page(tmp_path: Path) -> Path:
    return widget_page(tmp_path / "sliders.html", LatentExplorer(model(latent=5), *images()))


# What is seen


READ = """(canvas) => {
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    return [...context.getImageData(0, 0, copy.width, copy.height).data];
}"""


def canvas(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("img", name=name, exact=True)


def pixels(shown: Locator) -> Tensor:
    """Returns the colours of a canvas, (pixels, 3)."""
    return torch.tensor(shown.evaluate(READ)).reshape(-1, 4)[:, :3].double()


def shades(picture: Tensor, ink: tuple[int, int, int]) -> Tensor:
    """Returns the colours that a picture (D,) has on white paper."""
    return 255 + picture[:, None] * (torch.tensor(ink) - 255.0)


def slider(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=True)


def code(page: Page | Locator, latent: int = 2) -> list[float]:
    return [float(slider(page, f"z{i + 1}").input_value()) for i in range(latent)]


def painted(page: Page) -> None:
    """Waits until everything asked for is on the screen."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def test_first_view_is_an_example_its_code_and_its_picture(tmp_path: Path) -> None:
    vae, (x, y) = model(), images()
    explorer = LatentExplorer(vae, x, y)
    small = page_model(vae, explorer)
    with opened(widget_page(tmp_path / "page.html", explorer)) as page:
        painted(page)
        assert (pixels(canvas(page, "x, the image that is encoded")) - shades(x[0], BLUE)).abs().max() <= 1
        picture = small.decode(small.encode(x[:1]).mean).mean[0]
        assert (pixels(canvas(page, "Mean of p(x | z)")) - shades(picture, VERMILION)).abs().max() <= 1
        assert code(page) == pytest.approx(small.encode(x[:1]).mean[0].tolist(), abs=0.006)
        expect(page.get_by_role("button", name="Encode a 0")).to_have_attribute("aria-pressed", "true")
        assert "\u00b1" in page.locator(".genlib-latent-q").first.inner_text()


def test_the_plane_is_made_of_the_decoders_pictures(tmp_path: Path) -> None:
    vae = model()
    explorer = LatentExplorer(vae)
    with opened(widget_page(tmp_path / "page.html", explorer)) as page:
        page.wait_for_timeout(1500)
        plane = pixels(canvas(page, "Decoded pictures over the plane of codes")).reshape(120, 120, 3)
    for row, column in ((0, 0), (3, 7), (11, 11)):
        z = torch.tensor([[-2.75 + 0.5 * column, 2.75 - 0.5 * row]])
        picture = shades(page_model(vae, explorer).decode(z).mean[0], VERMILION).reshape(8, 8, 3)
        tile = plane[10 * row : 10 * row + 8, 10 * column : 10 * column + 8]
        assert (tile - picture).abs().max() <= 1


@pytest.mark.parametrize("latent", [2, 5])
def test_a_slider_moves_the_picture(tmp_path: Path, latent: int) -> None:
    vae = model(latent=latent)
    explorer = LatentExplorer(vae, *images())
    with opened(widget_page(tmp_path / "page.html", explorer)) as page:
        page.get_by_role("button", name="z = 0").click()
        slider(page, "z2").fill("1.5")
        painted(page)
        shown = pixels(canvas(page, "Mean of p(x | z)"))
    z = torch.tensor([[0, 1.5, 0, 0, 0][:latent]])
    assert (shown - shades(page_model(vae, explorer).decode(z).mean[0], VERMILION)).abs().max() <= 1


def test_keys_move_sliders(slider_page: Path) -> None:
    with opened(slider_page) as page:
        page.get_by_role("button", name="z = 0").click()
        painted(page)
        slider(page, "z3").focus()
        page.keyboard.press("ArrowRight")
        painted(page)
        assert code(page, 5) == [0, 0, 0.01, 0, 0]


@pytest.mark.parametrize("hand", ["mouse", "touch", "keys"])
def test_the_plane_is_moved_by_every_hand(plane_page: Path, hand: str) -> None:
    with opened(plane_page, has_touch=hand == "touch") as page:
        plane = page.get_by_role("application", name="Plane of codes")
        plane.scroll_into_view_if_needed()
        box, limit = plane.bounding_box(), float(slider(page, "z1").get_attribute("max") or 0)
        assert box
        x, y = box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"]
        if hand == "mouse":
            page.mouse.move(box["x"] + 30, box["y"] + 30)
            page.mouse.down()
            page.mouse.move(x, y, steps=4)
            page.mouse.up()
            page.mouse.move(box["x"], box["y"])
        elif hand == "touch":
            page.touchscreen.tap(x, y)
        else:
            page.get_by_role("button", name="z = 0").click()
            painted(page)
            plane.focus()
            for key in ["Shift+ArrowRight"] * 3 + ["Shift+ArrowUp"] * 3 + ["ArrowLeft", "ArrowDown"]:
                page.keyboard.press(key)
                painted(page)
        painted(page)
        expected = [1.45, 1.45] if hand == "keys" else [limit / 2, limit / 2]
        assert code(page) == pytest.approx(expected, abs=0.03)
        marker = page.locator(".genlib-marker").evaluate("m => [m.style.left, m.style.top]")
    shares = [float(share.rstrip("%")) for share in marker]
    assert shares == pytest.approx([50 + 50 * expected[0] / limit, 50 - 50 * expected[1] / limit], abs=1)


def test_an_example_is_encoded_and_rebuilt(tmp_path: Path) -> None:
    vae, (x, y) = model(latent=5), images()
    explorer = LatentExplorer(vae, x, y)
    mu = page_model(vae, explorer).encode(x[7:8]).mean[0]
    with opened(widget_page(tmp_path / "page.html", explorer)) as page:
        page.get_by_role("button", name="Encode a 7").click()
        painted(page)
        assert (pixels(canvas(page, "x, the image that is encoded")) - shades(x[7], BLUE)).abs().max() <= 1
        assert code(page, 5) == pytest.approx(mu.clamp(-3, 3).tolist(), abs=0.006)
        page.get_by_role("button", name="Random z").click()
        painted(page)
        assert code(page, 5) != pytest.approx(mu.clamp(-3, 3).tolist(), abs=0.1)


def draw(page: Page) -> None:
    """Draws a stroke down the middle of the pad."""
    pad = page.get_by_role("application", name="Drawing pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 20, steps=4)
    page.mouse.up()
    painted(page)


def test_more_latents_than_two_are_sorted_and_idle_ones_put_away(tmp_path: Path) -> None:
    vae = model(latent=5)
    vae.encoder.net[-1].weight.data[[1, 3, 6, 8]] = 0
    vae.encoder.net[-1].bias.data[[1, 3, 6, 8]] = 0
    explorer = LatentExplorer(vae, *images())
    with opened(widget_page(tmp_path / "page.html", explorer)) as page:
        assert page.locator("summary").inner_text() == "More: 2 latents, 2 unused: mean KL below 0.05 nats"
        rows = page.locator(".genlib-latent-row")
        assert page.locator(".genlib-latent-row:visible").count() == 3
        order = [text.split()[0] for text in rows.all_inner_texts() if text]
        page.locator("summary").click()
        expect(slider(page, "z2")).to_be_visible()
        expect(slider(page, "z4")).to_be_visible()
    best = sorted((0, 2, 4), key=lambda i: -explorer.kl[i])
    assert order[:3] == [f"z{i + 1}" for i in best]


def test_six_sliders_are_seen_of_sixteen_and_more_on_demand(tmp_path: Path) -> None:
    explorer = LatentExplorer(model(latent=16), *images())
    with opened(widget_page(tmp_path / "page.html", explorer)) as page:
        assert page.locator(".genlib-latent-row:visible").count() == 6
        shown = [text.split()[0] for text in page.locator(".genlib-latent-row:visible").all_inner_texts()]
        page.locator("summary").click()
        expect(page.locator("summary")).to_have_text("More: 10 latents")
        assert page.locator(".genlib-latent-row:visible").count() == 16
        slider(page, "z16").fill("1")
        painted(page)
        assert code(page, 16)[15] == 1
    best = sorted(range(16), key=lambda i: -explorer.kl[i])[:6]
    assert shown == [f"z{i + 1}" for i in best]


def test_on_a_phone_what_belongs_together_stays_on_a_line(slider_page: Path) -> None:
    """The use of a latent, and each end of the way with its button."""
    with opened(slider_page, width=360) as page:
        rest(page)
        lines = (
            "(e) => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length; }"
        )
        uses = page.locator(".genlib-latent-q > span:first-child:visible").all()
        assert len(uses) == 5
        assert all(use.inner_text().endswith("nats") for use in uses)
        assert {use.evaluate(lines) for use in uses} == {1}
        for end in "AB":
            image = page.get_by_role("img", name=f"Picture {end}").bounding_box()
            button = page.get_by_role("button", name=f"Keep z as {end}").bounding_box()
            assert image
            assert button
            assert image["y"] < button["y"] + button["height"] / 2 < image["y"] + image["height"]


def test_convolutional_networks_are_computed_in_the_page(tmp_path: Path) -> None:
    shape = (1, 8, 8)
    encoder, decoder = conv_encoder(shape, 6, 8, latent=4), conv_decoder(shape, 6, 8, latent=2)
    vae, (x, y) = VAE(Gaussian(encoder), Bernoulli(decoder), 2), images()
    for parameter in vae.parameters():
        parameter.data *= 3
    explorer = LatentExplorer(vae, x, y)
    small = page_model(vae, explorer)
    mu = small.encode(x[7:8].reshape(1, *shape)).mean
    with opened(widget_page(tmp_path / "page.html", explorer)) as page:
        page.get_by_role("button", name="Encode a 7").click()
        painted(page)
        assert code(page) == pytest.approx(mu[0].clamp(-3, 3).tolist(), abs=0.006)
        shown = pixels(canvas(page, "Mean of p(x | z)"))
    assert (shown - shades(small.decode(mu).mean.flatten(), VERMILION)).abs().max() <= 1


def test_from_a_dark_page_it_is_printed_on_white(tmp_path: Path) -> None:
    """As the book does it: the page turns light before it is printed. Controls stay away."""
    vae, (x, y) = model(), images()
    explorer = LatentExplorer(vae, x, y)
    with opened(widget_page(tmp_path / "page.html", explorer, theme="dark")) as page:
        painted(page)
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        page.emulate_media(media="print")
        painted(page)
        small = page_model(vae, explorer)
        picture = small.decode(small.encode(x[:1]).mean).mean[0]
        assert (pixels(canvas(page, "Mean of p(x | z)")) - shades(picture, VERMILION)).abs().max() <= 1
        assert (pixels(canvas(page, "x, the image that is encoded")) - shades(x[0], BLUE)).abs().max() <= 1
        for name in ("plane", "latent-film", "latent-x", "latent-out"):
            expect(page.locator(f".genlib-{name}")).to_be_visible()
        for hidden in (".genlib-latent-row", ".genlib-pad"):
            expect(page.locator(hidden).first).to_be_hidden()


def test_sampled_pixels_are_ink_or_paper(plane_page: Path) -> None:
    with opened(plane_page) as page:
        painted(page)
        output = canvas(page, "Mean of p(x | z)")
        mean = pixels(output)
        page.get_by_label("sample the pixels").check()
        painted(page)
        page.get_by_text("a sample from p(x | z)").wait_for()
        drawn = pixels(output)
        page.get_by_label("sample the pixels").uncheck()
        painted(page)
        assert torch.equal(pixels(output), mean)
    assert {tuple(colour.tolist()) for colour in drawn} <= {VERMILION, (255, 255, 255)}
    assert not torch.equal(drawn, mean)


def test_the_way_from_a_to_b_is_straight_and_can_be_set(plane_page: Path) -> None:
    with opened(plane_page) as page:
        page.get_by_role("button", name="Encode a 3").click()
        painted(page)
        a = code(page)
        page.get_by_role("button", name="Keep z as A").click()
        page.get_by_role("button", name="Encode a 8").click()
        painted(page)
        b = code(page)
        page.get_by_role("button", name="Keep z as B").click()
        for t in (0, 0.25, 1):
            slider(page, "t").fill(str(t))
            painted(page)
            between = [(1 - t) * u + t * v for u, v in zip(a, b, strict=True)]
            assert code(page) == pytest.approx(between, abs=0.011)
            shown = pixels(canvas(page, "Mean of p(x | z)"))
            if t in (0, 1):
                assert torch.equal(shown, pixels(canvas(page, f"Decoded at t = {t}")))
        assert not torch.equal(pixels(canvas(page, "Decoded at t = 0")), pixels(canvas(page, "Decoded at t = 1")))


def test_an_end_shows_the_image_it_is_the_code_of_or_else_the_picture(tmp_path: Path) -> None:
    vae, (x, y) = model(), images()
    with opened(widget_page(tmp_path / "page.html", LatentExplorer(vae, x, y))) as page:
        page.get_by_role("button", name="Encode a 5").click()
        painted(page)
        page.get_by_role("button", name="Keep z as B").click()
        assert (pixels(canvas(page, "Picture B")) - shades(x[5], BLUE)).abs().max() <= 1
        page.get_by_role("button", name="Random z").click()
        painted(page)
        page.get_by_role("button", name="Keep z as B").click()
        assert torch.equal(pixels(canvas(page, "Picture B")), pixels(canvas(page, "Mean of p(x | z)")))


def test_play_travels_there_and_back_and_a_hand_stops_it(plane_page: Path) -> None:
    with opened(plane_page) as page:
        slider(page, "t").fill("0.97")
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("document.querySelector('.genlib-bar input').value > 0.99")
        page.wait_for_function("document.querySelector('.genlib-bar input').value < 0.95")
        slider(page, "z1").fill("0.5")
        page.get_by_role("button", name="Play").wait_for()
        painted(page)
        assert code(page)[0] == 0.5


@pytest.mark.parametrize("kind", ["plane", "sliders"])
def test_reset_returns_to_the_first_view(kind: str, plane_page: Path, slider_page: Path) -> None:
    read = "() => [...document.querySelectorAll('canvas')].map((c) => c.toDataURL())"
    with opened(plane_page if kind == "plane" else slider_page) as page:
        page.wait_for_timeout(1000)
        first = page.evaluate(read), code(page)
        draw(page)
        page.get_by_role("button", name="Keep z as A").click()
        slider(page, "t").fill("0.5")
        page.get_by_label("sample the pixels").check()
        painted(page)
        assert page.evaluate(read) != first[0]
        page.get_by_role("button", name="Reset").click()
        painted(page)
        assert (page.evaluate(read), code(page)) == first
        assert not page.get_by_label("sample the pixels").is_checked()


def test_one_class_can_be_singled_out(plane_page: Path) -> None:
    dots = "() => document.querySelector('.genlib-over').toDataURL()"
    with opened(plane_page) as page:
        page.wait_for_timeout(300)
        every = page.evaluate(dots)
        page.get_by_role("button", name="Only codes of class 4").click()
        assert page.evaluate(dots) != every
        expect(page.get_by_role("button", name="Only codes of class 4")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Only codes of class 4").click()
        assert page.evaluate(dots) == every


def test_images_that_cannot_be_drawn_have_no_pad(tmp_path: Path) -> None:
    path = widget_page(tmp_path / "page.html", LatentExplorer(model(25, 3), *images(9, 25)))
    with opened(path) as page:
        assert page.get_by_role("application").count() == 0
        assert page.get_by_role("button", name="Encode").count() == 9


def test_two_views_of_one_explorer_move_together(tmp_path: Path) -> None:
    explorer = LatentExplorer(model(), *images())
    with opened(widget_page(tmp_path / "page.html", explorer, explorer)) as page:
        first, second = (page.locator(".genlib").nth(i) for i in range(2))
        for here, there, name in ((first, second, "Encode a 6"), (second, first, "Encode a 2")):
            here.get_by_role("button", name=name).click()
            page.wait_for_timeout(600)
            assert code(here) == code(there)


# What Python sees


@pytest.mark.parametrize(("features", "binary"), [(64, True), (64, False), (784, False)])
def test_a_drawing_is_encoded_and_comes_back_to_python(features: int, binary: bool) -> None:
    vae = model(features)
    x = torch.rand(9, features)
    explorer = LatentExplorer(vae, x.round() if binary else x)
    small = page_model(vae, explorer)
    with opened(None, height=1400) as page:
        recorded(page, explorer)
        draw(page)
        rest(page)
        saved = page.evaluate("saved.at(-1)")
        page.get_by_role("button", name="Clear").click()
        rest(page)
        cleared = page.evaluate("saved.at(-1)")
    image, z, x_mean = (torch.tensor(saved[name], dtype=torch.float64) for name in ("image", "z", "x_mean"))
    assert image.shape == (1, features)
    assert image.max() > 0.4
    assert 0.02 < image.mean() < 0.5
    assert binary == bool(((image == 0) | (image == 1)).all())
    assert (z - small.encode(image).mean[0]).abs().max() < 1e-4
    assert (x_mean - small.decode(z[None]).mean).abs().max() < 1e-5
    assert cleared["image"] is None
    assert cleared["z"] == saved["z"]


def test_a_code_from_python_moves_the_picture_and_is_not_sent_back() -> None:
    vae = model()
    explorer = LatentExplorer(vae, *images())
    with opened(None) as page:
        recorded(page, explorer)
        page.evaluate("() => { told.length = 0; model.set('z', [0.25, -0.75]); }")
        rest(page)
        assert code(page) == [0.25, -0.75]
        assert page.evaluate("told") == ["z", "x_mean"]
        shown, sent = pixels(canvas(page, "Mean of p(x | z)")), torch.tensor(trait(page, "x_mean"))
    picture = page_model(vae, explorer).decode(torch.tensor([[0.25, -0.75]])).mean
    assert (shown - shades(picture[0], VERMILION)).abs().max() <= 1
    assert (sent - picture).abs().max() < 1e-6


def test_new_weights_repaint_everything_and_keep_the_code() -> None:
    vae, data = model(), images()
    explorer = LatentExplorer(vae, *data)
    with opened(None) as page:
        recorded(page, explorer)
        before, z = pixels(canvas(page, "Decoded at t = 1")), code(page)
        words = page.locator(".genlib-latent-q").first.inner_text()
        for parameter in vae.parameters():
            parameter.data += 0.2 * torch.randn(parameter.shape)
        explorer.update(vae)
        from_python(page, **{name: getattr(explorer, name) for name in ("weights", "encoder_weights", "codes")})
        rest(page)
        assert code(page) == z
        assert not torch.equal(pixels(canvas(page, "Decoded at t = 1")), before)
        assert page.locator(".genlib-latent-q").first.inner_text() != words
        shown, sent = pixels(canvas(page, "Mean of p(x | z)")), torch.tensor([trait(page, "z")])
    picture = page_model(vae, explorer).decode(sent).mean[0]
    assert (shown - shades(picture, VERMILION)).abs().max() <= 1
