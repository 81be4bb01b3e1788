"""The zoo's files load, and its cards tell the truth about the weights as they are shipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from genlib import data, zoo
from genlib.energy import RBM
from genlib.evaluate import ais, importance_log_prob, mean_and_error
from genlib.vae import VAE
from genlib.zoo.recipes import RECIPES

RBMS, VAES = ["rbm-mnist"], ["vae-mnist", "vae-mnist-2d"]
NEEDS_MNIST = "needs the full MNIST: set GENLIB_DATA to a folder that holds mnist/"
needs_mnist = pytest.mark.skipif(
    not (Path(os.environ.get("GENLIB_DATA", "/nowhere")) / "mnist").is_dir(), reason=NEEDS_MNIST
)


@pytest.fixture(autouse=True)
def single_precision(exact_and_reproducible: None) -> None:
    """The shipped models compute in float32, as readers run them."""
    torch.set_default_dtype(torch.float32)


def test_images() -> Tensor:
    return data.binarize(data.load("mnist")[2][0].flatten(1), threshold=None, seed=0)


test_images.__test__ = False  # type: ignore[attr-defined]


def test_every_recipe_has_weights_and_a_card() -> None:
    assert zoo.names() == sorted(RECIPES) == sorted(RBMS + VAES)


@pytest.mark.parametrize("name", zoo.names())
def test_card_describes_the_file(name: str) -> None:
    card, file = zoo.card(name), zoo.WEIGHTS / f"{name}.safetensors"
    model = zoo.load(name)
    assert card["recipe"] == RECIPES[name].about
    assert card["parameters"] == sum(p.numel() for p in model.parameters())
    assert file.stat().st_size <= 1_500_000
    for entry in ("data", "binarisation", "seed", "seconds", "device", "licence", "test_log_prob_standard_error"):
        assert entry in card, f"the card of {name} does not say {entry}"
    for key, value in model.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, value.half().float()), f"{key} is not what a float16 file can hold"


def test_unknown_names_are_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no model 'rbm'.*rbm-mnist, vae-mnist, vae-mnist-2d"):
        zoo.load("rbm")


def test_figures_reach_what_the_course_promises() -> None:
    rbm, vae = zoo.card("rbm-mnist"), zoo.card("vae-mnist")
    assert rbm["test_log_prob"] >= -90
    assert vae["test_log_prob"] >= -90
    assert zoo.load("rbm-mnist").hidden <= 256
    assert 8 <= zoo.load("vae-mnist").latent <= 16
    by_temperatures = rbm["log_z_by_temperatures"]
    assert abs(by_temperatures["10000"][0] - by_temperatures["30000"][0]) <= 0.5


# Without MNIST


def test_rbm_has_the_partition_function_of_its_card() -> None:
    """From the visible means that training kept, by a shorter annealing than the card's."""
    rbm, card = zoo.load("rbm-mnist"), zoo.card("rbm-mnist")
    assert isinstance(rbm, RBM)
    estimate = ais(rbm, temperatures=1_000, base=rbm.mu.clamp(0.01, 0.99).logit())
    assert abs(estimate.log_z - card["log_z"]) <= 1.5
    blank = -rbm.free_energy(torch.zeros(1, 784)).item() - card["log_z"]
    assert abs(blank - card["blank_log_prob"]) <= 0.01
    flipped = RBM(784, 256)
    flipped.load_state_dict({key: -getattr(rbm, key) for key in ("W", "b", "c")})
    assert abs(ais(flipped, temperatures=100).log_z - card["log_z"]) > 50, "another machine would pass as well"


@pytest.mark.parametrize("name", VAES)
def test_vae_finds_the_codes_of_its_own_samples(name: str) -> None:
    vae = zoo.load(name)
    assert isinstance(vae, VAE)
    with torch.no_grad():
        z = vae.prior().sample((500,))
        x = vae.decode(z).sample()
        guessed, bound = vae.encode(x).mean, vae.elbo(x)
    explained = 1 - (guessed - z).square().mean(0) / z.square().mean(0)
    assert explained.max() > 0.8, "no latent can be read off a sample"
    assert abs(bound.mean().item() - zoo.card(name)["test_elbo"]) < 25, "samples cost nothing like digits"


# With MNIST


@needs_mnist
def test_rbm_card_on_mnist() -> None:
    rbm, card = zoo.load("rbm-mnist"), zoo.card("rbm-mnist")
    mean, error = mean_and_error((-rbm.free_energy(test_images()) - card["log_z"]).double())
    assert abs(mean - card["test_log_prob"]) <= 0.002
    assert abs(error - card["test_log_prob_standard_error"]) <= 0.002


@needs_mnist
@pytest.mark.parametrize("name", VAES)
def test_vae_card_on_mnist(name: str) -> None:
    """The bound on all test images, and the importance-weighted figure on every fiftieth."""
    vae, card, x = zoo.load(name), zoo.card(name), test_images()
    with torch.no_grad():
        bound = vae.elbo(x).double()
    noise = 4 * bound.std().item() / 100
    assert abs(bound.mean().item() - card["test_elbo"]) <= min(noise, 0.3)
    part = x[::50]
    gain = importance_log_prob(vae, part, 1000).double() - bound[::50]
    mean, error = mean_and_error(gain)
    assert abs(mean - (card["test_log_prob"] - card["test_elbo"])) <= 4 * error
