"""GANLab's Python side: what it sends to the page, what it takes back, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from genlib import data
from genlib.gan import GAN, NonSaturatingGAN
from genlib.nn import mlp
from genlib.widgets import GANLab
from genlib.widgets.packing import unpack_tensors


def players(kind: type[GAN] = NonSaturatingGAN, latent: int = 2) -> GAN:
    return kind(mlp(latent, 8, 2), mlp(2, 8, 1), latent)


def flat(net: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()]).float()


@pytest.mark.parametrize(("kind", "name"), [(GAN, "minimax"), (NonSaturatingGAN, "non_saturating")])
def test_the_loss_is_that_of_the_model_and_comes_back_with_it(kind: type[GAN], name: str) -> None:
    lab = GANLab(players(kind))
    assert lab.loss_kind == name
    assert type(lab.gan()) is kind
    other = {"minimax": "non_saturating", "non_saturating": "minimax"}[name]
    lab.loss_kind = other
    assert type(lab.gan()) is not kind


def test_trained_weights_come_back_as_a_model_of_its_own() -> None:
    gan = players(latent=3)
    lab, before = GANLab(gan), flat(gan.generator)
    assert torch.equal(flat(lab.gan().generator), before)
    sent = torch.randn(len(before), dtype=torch.float32)
    lab.set_state({"generator_trained": memoryview(sent.numpy().tobytes())})
    back = lab.gan()
    assert torch.equal(flat(back.generator), sent)
    assert torch.equal(flat(back.discriminator), flat(gan.discriminator))
    assert torch.equal(flat(gan.generator), before)
    assert back.sample(5).shape == (5, 2)
    assert back.sample(5).dtype == gan.sample(5).dtype


def test_update_starts_from_the_new_weights() -> None:
    lab, other = GANLab(players(GAN)), players(NonSaturatingGAN)
    lab.rate_g, lab.data_kind = 0.01, "checkerboard"
    lab.update(other)
    assert torch.equal(flat(lab.gan().generator), flat(other.generator))
    assert (lab.rate_g, lab.data_kind, lab.loss_kind) == (0.01, "checkerboard", "minimax")


def pool(lab: GANLab, name: str) -> Tensor:
    return unpack_tensors(lab.points, lab.points_spec)[name]


def test_every_law_goes_along_and_global_random_numbers_stay() -> None:
    gan, state = players(), torch.random.get_rng_state()
    lab = GANLab(gan)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert list(lab.points_spec) == data.densities()
    torch.manual_seed(0)
    expected = data.density("eight_gaussians").sample((4096,))
    assert (pool(lab, "eight_gaussians") - expected).abs().max() < 0.003


@pytest.mark.parametrize("given", ["distribution", "points"])
def test_own_data_come_first(given: str) -> None:
    law = data.two_moons(1.0, 0.1)
    own = law if given == "distribution" else law.sample((300,))
    lab = GANLab(players(), own)
    assert lab.data_kind == "given"
    assert list(lab.points_spec) == ["given", *data.densities()]
    sent = pool(lab, "given")
    assert len(sent) == (4096 if given == "distribution" else 300)
    if given == "points":
        apart = torch.cdist(sent, own)
        assert apart.min(0).values.max() < 0.002
        assert not torch.allclose(sent, own, atol=0.01), "the halves that are compared must be shuffled"


def test_all_of_it_is_small() -> None:
    lab = GANLab(players())
    assert len(lab.points) == 3 * 4096 * 2 * 2
    assert len(lab.points) + len(lab.generator_weights) + len(lab.discriminator_weights) < 60_000


class Hinge(GAN):
    pass


def with_own_loss() -> GAN:
    gan = players()
    gan.loss_g = lambda z: gan(z).mean()  # type: ignore[method-assign]
    return gan


def with_nan() -> GAN:
    gan = players()
    next(gan.generator.parameters()).data[0, 0] = torch.nan
    return gan


BAD_MODELS = {
    "into space": (lambda: GAN(mlp(2, 8, 3), mlp(2, 8, 1), 2), "generator maps 2 numbers to 3, expected 2 to 2"),
    "other noise": (lambda: GAN(mlp(4, 8, 2), mlp(2, 8, 1), 2), "generator maps 4 numbers to 2, expected 2 to 2"),
    "two logits": (lambda: GAN(mlp(2, 8, 2), mlp(2, 8, 2), 2), "discriminator maps 2 numbers to 2, expected 2 to 1"),
    "unknown layer": (lambda: GAN(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), mlp(2, 1), 2), "BatchNorm1d"),
    "not finite": (with_nan, "1 values that are not finite"),
    "own loss": (with_own_loss, "this GAN has a loss_g of its own, the page computes that of NonSaturatingGAN"),
    "another loss": (lambda: Hinge(mlp(2, 8, 2), mlp(2, 8, 1), 2), "not those of Hinge"),
}


@pytest.mark.parametrize("case", BAD_MODELS)
def test_refuses_a_model_the_page_cannot_train(case: str) -> None:
    make, words = BAD_MODELS[case]
    with pytest.raises(ValueError, match=words):
        GANLab(make())
    lab = GANLab(players())
    with pytest.raises(ValueError, match=words):
        lab.update(make())


BAD_OPTIONS = {
    "no such law": ({"data": "spiral"}, "'spiral', expected one of eight_gaussians"),
    "not in the plane": ({"data": torch.zeros(300, 3)}, r"shape \(300, 3\), expected \(N, 2\)"),
    "too few": ({"data": torch.zeros(100, 2)}, "N >= 256"),
    "off the plane": ({"data": 9 * torch.ones(300, 2)}, "data reach 9, the plane 4"),
    "not finite": ({"data": torch.nan * torch.ones(300, 2)}, "data reach nan"),
    "rate": ({"rate_d": 1.0}, "rate_d is 1.0, expected 1e-05 to 0.1"),
    "steps": ({"d_steps": 0}, "d_steps is 0, expected 1 to 10"),
    "batch": ({"batch": 4096}, "batch is 4096, expected 8 to 512"),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_refuses_options_with_what_it_got_and_expected(case: str) -> None:
    options, words = BAD_OPTIONS[case]
    with pytest.raises(ValueError, match=words):
        GANLab(players(), **options)


def test_a_loss_or_law_set_later_is_checked_too() -> None:
    lab = GANLab(players())
    with pytest.raises(ValueError, match="loss_kind is 'hinge', expected one of minimax, non_saturating"):
        lab.loss_kind = "hinge"
    with pytest.raises(ValueError, match="data_kind is 'given'"):
        lab.data_kind = "given"
