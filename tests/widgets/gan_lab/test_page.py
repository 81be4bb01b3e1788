"""GANLab in a page: under every kind of hand, and in time; its mathematics is held to torch in model_test.js."""

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
    trait,
    traits,
    widget_page,
)
from playwright.sync_api import Browser, Page, expect
from torch import Tensor, nn

from genlib import data
from genlib.evaluate import grid_jsd
from genlib.gan import GAN, NonSaturatingGAN
from genlib.nn import mlp
from genlib.widgets import GANLab

pytestmark = needs_chromium
KINDS = {"minimax": GAN, "non_saturating": NonSaturatingGAN}


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


def players(kind: type[GAN] = NonSaturatingGAN, width: int = 32, latent: int = 2) -> GAN:
    shape = {"activation": leaky}
    return kind(mlp(latent, width, width, 2, **shape), mlp(2, width, width, 1, **shape), latent)


# Under the hand


@pytest.fixture
def lab() -> GANLab:
    return GANLab(players())


def press(page: Page, button: str, times: int = 1, copy: int = 0) -> None:
    page.get_by_label("Steps per press").nth(copy).select_option(str(times))
    page.get_by_role("button", name=button, exact=True).nth(copy).click()
    rest(page)


def select(page: Page, label: str) -> object:
    return page.locator("label").filter(has_text=re.compile(f"^{label}")).locator("select")


def back(page: Page, lab: GANLab) -> GAN:
    """The model that Python has after the page has come to rest."""
    for name in ("generator_trained", "discriminator_trained"):
        setattr(lab, name, trait(page, name))
    return lab.gan()


def flat(net: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_first_view_shows_all_there_is_to_see(lab: GANLab) -> None:
    with opened(None) as page:
        recorded(page, lab)
        assert trait(page, "step_count") == 0
        assert page.get_by_role("status").inner_text() == ""
        assert 0.5 < trait(page, "jsd") <= np.log(2) + 1e-9
        assert 0.01 < trait(page, "floor") < 0.05
        samples = torch.tensor(trait(page, "samples"))
        seen = {name: share(page, colour) for name, colour in COLOURS.items()}
    assert samples.shape == (400, 2)
    assert seen["data"] > 0.005
    assert seen["model"] > 0.0005


COLOURS = {"data": (0, 114, 178), "model": (213, 94, 0), "latent": (0, 158, 115)}
SHARE = """(colour) => {
    const canvas = document.querySelector(".genlib-gan-plane"), { width, height } = canvas;
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let found = 0;
    for (let i = 0; i < data.length; i += 4) found += colour.every((c, k) => Math.abs(data[i + k] - c) < 45);
    return found / (width * height);
}"""


def share(page: Page, colour: tuple[int, int, int]) -> float:
    """The share of the plane's pixels that are about of this colour."""
    return page.evaluate(SHARE, colour)


def test_a_step_of_one_player_leaves_the_other_alone(lab: GANLab) -> None:
    with opened(None) as page:
        start = back(recorded(page, lab), lab)
        press(page, "Step D")
        after_d = back(page, lab)
        assert (trait(page, "d_count"), trait(page, "g_count")) == (1, 0)
        press(page, "Step G", 10)
        after_g = back(page, lab)
        assert (trait(page, "d_count"), trait(page, "g_count"), trait(page, "step_count")) == (1, 10, 11)
    assert torch.equal(flat(start.generator), flat(after_d.generator))
    assert not torch.equal(flat(start.discriminator), flat(after_d.discriminator))
    assert torch.equal(flat(after_d.discriminator), flat(after_g.discriminator))
    assert not torch.equal(flat(after_d.generator), flat(after_g.generator))


def test_steps_of_d_for_each_step_of_g(lab: GANLab) -> None:
    with opened(None) as page:
        recorded(page, lab)
        page.get_by_label("D steps per G step").fill("3")
        press(page, "Step both", 10)
        assert (trait(page, "d_count"), trait(page, "g_count"), trait(page, "d_steps")) == (30, 10, 3)


def test_five_hundred_steps_learn_and_the_notebook_goes_on_from_there(lab: GANLab) -> None:
    with opened(None) as page:
        hurry(page)
        before = trait(recorded(page, lab), "jsd")
        press(page, "Step both", 500)
        after, value = trait(page, "jsd"), trait(page, "value")
        gan = back(page, lab)
    assert after < before - 0.2
    with torch.no_grad():
        truth = data.eight_gaussians().sample((4000,))
        assert grid_jsd(gan.sample(2048), truth[:2048]) == pytest.approx(after, abs=0.06)
        assert gan.value(truth, gan.noise(4000)).item() == pytest.approx(value, abs=0.15)


def test_reset_repeats_and_new_weights_do_not(lab: GANLab) -> None:
    with opened(None) as page:
        start = back(recorded(page, lab), lab)
        press(page, "Step both", 10)
        first = back(page, lab)
        press(page, "Reset")
        assert trait(page, "step_count") == 0
        assert torch.equal(flat(back(page, lab).generator), flat(start.generator))
        press(page, "Step both", 10)
        assert torch.equal(flat(back(page, lab).generator), flat(first.generator))
        press(page, "New weights")
        assert trait(page, "step_count") == 0
        assert not torch.equal(flat(back(page, lab).generator), flat(start.generator))


def test_a_sure_discriminator_flattens_the_minimax_loss(lab: GANLab) -> None:
    with opened(None) as page:
        hurry(page)
        recorded(page, lab)
        press(page, "Step D", 50)
        press(page, "Step D", 50)
        gan = back(page, lab)
    pull = {}
    for kind, model in KINDS.items():
        x = gan.sample(80).requires_grad_()
        logits = gan.discriminator(x)[:, 0]
        loss = torch.sigmoid(-logits).log() if model is GAN else -torch.sigmoid(logits).log()
        pull[kind] = torch.autograd.grad(loss.sum(), x)[0].norm(dim=-1).mean().item()
    assert pull["minimax"] < 0.03 * pull["non_saturating"]


def modes(samples: Tensor) -> int:
    """The number of the eight Gaussians that get at least a third of their due."""
    angle = torch.arange(8) * torch.pi / 4
    centres = 3 * torch.stack([angle.cos(), angle.sin()], -1).to(samples)
    shares = (torch.cdist(samples, centres) < 0.8).double().mean(0)
    return int((shares > 1 / 24).sum())


def test_rates_turned_around_collapse_the_samples() -> None:
    found = {}
    with opened(None) as page:
        hurry(page)
        for rates in ((5e-3, 2e-3), (1e-3, 1e-2)):
            torch.manual_seed(0)
            recorded(page, GANLab(players(), rate_d=rates[0], rate_g=rates[1]))
            press(page, "Step both", 500)
            found[rates] = (modes(torch.tensor(trait(page, "samples"))), trait(page, "jsd"))
            page.evaluate("closeWidget()")
    (healthy, jsd), (collapsed, jsd_collapsed) = found.values()
    assert healthy >= 6
    assert collapsed <= 3
    assert jsd_collapsed > jsd + 0.1


@pytest.mark.parametrize("latent", [1, 5])
def test_other_noise_than_two_dimensional(latent: int) -> None:
    with opened(None) as page:
        recorded(page, GANLab(players(latent=latent)))
        press(page, "Step both", 10)
        assert trait(page, "g_count") == 10
        assert len(trait(page, "samples")) == 400


# Changes while it runs


def test_play_trains_pause_rests_and_settings_change_meanwhile(lab: GANLab) -> None:
    with opened(None) as page:
        recorded(page, lab)
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("trait('g_count') > 5")
        select(page, "Generator's loss").select_option("minimax")
        select(page, "Data").select_option("two_moons")
        page.get_by_label("Rate of G").fill("-2")
        page.get_by_label("Batch").fill("32")
        moons = trait(page, "g_count")
        page.wait_for_function(f"trait('g_count') > {moons} + 5")
        page.get_by_role("button", name="Pause").click()
        rest(page)
        rested = trait(page, "step_count")
        page.wait_for_timeout(300)
        assert trait(page, "step_count") == rested
        changed = {name: trait(page, name) for name in ("loss_kind", "data_kind", "rate_g", "batch")}
        gaps = np.diff(page.evaluate("saved.map((told) => told.at)"))
    assert changed == {"loss_kind": "minimax", "data_kind": "two_moons", "rate_g": pytest.approx(0.01), "batch": 32}
    assert gaps.min() > 195


def test_python_sets_what_the_hand_can_set(lab: GANLab) -> None:
    with opened(None) as page:
        recorded(page, lab)
        other = traits(GANLab(players(), seed=1))
        for name, value in {"loss_kind": "minimax", "data_kind": "checkerboard", "rate_d": 0.02, "batch": 64}.items():
            from_python(page, **{name: value})
        assert select(page, "Generator's loss").input_value() == "minimax"
        assert select(page, "Data").input_value() == "checkerboard"
        assert float(page.get_by_label("Rate of D").input_value()) == pytest.approx(np.log10(0.02), abs=0.03)
        assert page.get_by_label("Batch").input_value() == "64"
        press(page, "Step both", 10)
        for name in ("generator_weights", "discriminator_weights"):
            from_python(page, **{name: other[name]})
        rest(page)
        assert trait(page, "step_count") == 0
        assert trait(page, "generator_trained") == other["generator_weights"]


def test_a_drawing_becomes_data(tmp_path: Path, lab: GANLab) -> None:
    with opened(None) as page:
        hurry(page)
        recorded(page, lab)
        pad = page.get_by_role("application")
        expect(pad).to_be_hidden()
        select(page, "Data").select_option("drawn")
        expect(pad).to_be_visible()
        before = trait(page, "floor")
        pad.focus()
        for _ in range(8):
            page.keyboard.press("Shift+ArrowRight")
        rest(page)
        drawn = trait(page, "floor")
        assert drawn != before
        press(page, "Step both", 500)
        samples = torch.tensor(trait(page, "samples"))
    assert drawn < 0.1
    middle = samples.median(0).values
    assert 0 < middle[0] < 2.6
    assert abs(middle[1]) < 0.7


def test_breaking_down_is_said_in_words(lab: GANLab) -> None:
    gan = players()
    for layer in (gan.discriminator[0], gan.discriminator[2]):
        layer.weight.data *= 1e25
    with opened(None) as page:
        recorded(page, GANLab(gan))
        press(page, "Step both", 10)
        expect(page.get_by_role("status")).to_contain_text("no longer finite")
        press(page, "Reset")
        expect(page.get_by_role("status")).to_have_text("")


def test_only_a_game_that_is_won_can_be_broken(lab: GANLab) -> None:
    won = players()
    x = torch.distributions.Normal(torch.zeros(2), 1.0).sample((4096,)).clamp(-3.9, 3.9)
    with torch.no_grad():
        for parameter in won.parameters():
            parameter.zero_()
        for k in (0, 1):  # G is the identity: LeakyReLU of z and of -z, put together again
            for layer, weight in ((0, 1.0), (2, 1.0)):
                won.generator[layer].weight[2 * k, k if layer == 0 else 2 * k] = weight
                won.generator[layer].weight[2 * k + 1, k if layer == 0 else 2 * k + 1] = weight * (-1) ** (layer == 0)
            won.generator[4].weight[k, 2 * k], won.generator[4].weight[k, 2 * k + 1] = 1 / 1.04, -1 / 1.04
    names = []
    for widget in (GANLab(won, x), lab):
        with opened(None) as page:
            recorded(page, widget)
            names.append(page.locator(".genlib-tries button").count())
    assert names == [4, 2]


# For everyone, on every screen


def test_keyboard_alone_trains(tmp_path: Path, lab: GANLab) -> None:
    with opened(widget_page(tmp_path / "page.html", lab)) as page:
        rest(page)
        page.get_by_role("button", name="Step G").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Rate of D").focus()
        before = page.get_by_label("Rate of D").input_value()
        page.keyboard.press("ArrowRight")
        assert float(page.get_by_label("Rate of D").input_value()) > float(before)
        rest(page)
        assert page.locator(".genlib-count").inner_text() == "D 0 steps, G 1 step"


def test_layers_of_the_picture_can_be_hidden(tmp_path: Path) -> None:
    gan = players()
    gan.generator[-1].weight.data *= 8
    with opened(widget_page(tmp_path / "page.html", GANLab(gan))) as page:
        rest(page)
        for name, label in {"data": "true points x", "model": "samples G(z)", "latent": "G of a grid of noise"}.items():
            shown = share(page, COLOURS[name])
            page.get_by_label(label).uncheck()
            rest(page)
            assert share(page, COLOURS[name]) < 0.7 * shown, name
