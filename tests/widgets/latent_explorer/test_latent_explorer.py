"""What LatentExplorer sends to a page and takes back, and words for what it cannot show."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import torch
from ipywidgets.embed import embed_data
from mutants import breaks
from torch import Tensor, nn
from torch.distributions import Independent, Normal, kl_divergence

from genlib import data
from genlib.nn import Bernoulli, Gaussian, conv_decoder, conv_encoder, mlp
from genlib.train import fit
from genlib.vae import VAE
from genlib.widgets import LatentExplorer
from genlib.widgets.packing import LIMIT, rounded


def model(features: int = 64, latent: int = 2, width: int = 32) -> VAE:
    encoder, decoder = Gaussian(mlp(features, width, 2 * latent)), Bernoulli(mlp(latent, width, features))
    return VAE(encoder, decoder, latent)


def convolutional(shape: tuple[int, int, int] = (1, 8, 8), latent: int = 3, halves: int = 2) -> VAE:
    channels, height, width = shape
    decoder = conv_decoder((halves * channels, height, width), 4, 6, latent=latent)
    wrap = Bernoulli(decoder) if halves == 1 else Gaussian(decoder)
    return VAE(Gaussian(conv_encoder(shape, 4, 6, latent=2 * latent)), wrap, latent)


def classes(n: int) -> Tensor:
    return torch.arange(n) % 7 + 3


def placed(explorer: LatentExplorer, latent: int = 2) -> Tensor:
    return torch.from_numpy(np.frombuffer(explorer.codes, "<f4").reshape(-1, latent).copy())


# What is sent


def test_wide_networks_keep_eight_bits_and_small_ones_sixteen() -> None:
    for vae, kind in ((model(784, 16, 200), "int8"), (model(), "float16")):
        explorer = LatentExplorer(vae)
        for weights, spec in ((explorer.weights, explorer.spec), (explorer.encoder_weights, explorer.encoder_spec)):
            assert spec["layers"][0]["weight"]["dtype"] == kind
            assert len(weights) <= LIMIT
        assert len(explorer.weights) + len(explorer.encoder_weights) < 420_000


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_codes_and_their_use_are_those_of_the_encoder_in_the_page(dtype: torch.dtype) -> None:
    vae, x = model(latent=3).to(dtype), torch.rand(40, 1, 8, 8)
    explorer = LatentExplorer(vae, x)
    q = Gaussian(rounded(vae.encoder.net))(x.flatten(1).to(dtype)).base_dist
    assert (placed(explorer, 3) - q.mean).abs().max() < 1e-6
    used = kl_divergence(q, Normal(torch.zeros(3, dtype=dtype), torch.ones(3, dtype=dtype))).mean(0)
    assert explorer.kl == pytest.approx(used.tolist(), rel=1e-6)
    assert (placed(explorer, 3) - vae.encode(x.flatten(1).to(dtype)).mean).abs().max() < 1e-2


@pytest.mark.parametrize("halves", [1, 2])
def test_convolutional_networks_are_sent_and_their_codes_are_those_of_the_page(halves: int) -> None:
    vae, x = convolutional(halves=halves), torch.rand(20, 1, 8, 8)
    explorer = LatentExplorer(vae, x)
    assert explorer.encoder_spec["shape"] == [1, 8, 8]
    assert (explorer.spec["inputs"], explorer.spec["mean"], explorer.spec["output"]) == (3, 64, [halves, 8, 8])
    encoder = rounded(vae.encoder.net, shape=(1, 8, 8))
    assert (placed(explorer, 3) - Gaussian(encoder)(x).mean).abs().max() < 1e-6
    flat = LatentExplorer(vae, x.flatten(1))
    assert (flat.codes, flat.examples) == (explorer.codes, explorer.examples)
    for parameter in vae.parameters():
        parameter.data += 0.1
    explorer.update(vae)
    assert (placed(explorer, 3) - placed(flat, 3)).abs().max() > 0.01


@breaks("the seed of everybody", "widgets.latent_explorer.sending.use_of", "torch.manual_seed(seed)", "pass")
@breaks("codes for pictures", "widgets.latent_explorer.sending.use_of", "vae.decode(z.to(vae.origin)).mean.flatten(1)",
        "z[:, :1].expand(-1, 64)")  # fmt: skip
@pytest.mark.parametrize("make", [lambda: model(latent=3), convolutional])
def test_without_data_the_models_own_pictures_say_what_is_used(make: Callable[[], VAE]) -> None:
    vae = make()
    before = torch.random.get_rng_state()
    explorer = LatentExplorer(vae, seed=5)
    assert torch.equal(before, torch.random.get_rng_state())
    generator = torch.Generator().manual_seed(5)
    x = vae.decode(torch.randn(300, 3, generator=generator)).mean
    q = Gaussian(rounded(vae.encoder.net, shape=tuple(x.shape[1:])))(x).base_dist
    used = kl_divergence(q, Normal(torch.zeros(3), torch.ones(3))).mean(0)
    assert explorer.kl == pytest.approx(used.tolist(), rel=1e-6)
    assert LatentExplorer(vae, seed=5).kl == explorer.kl
    for parameter in vae.parameters():
        parameter.data *= 1.5
    kl = explorer.kl
    explorer.update(vae)
    assert explorer.kl != kl


def test_a_small_convolutional_vae_that_was_trained_is_shown() -> None:
    (x, y), _, _ = data.load("digits")
    x = x.to(torch.get_default_dtype())
    torch.manual_seed(0)
    vae = convolutional(latent=4, halves=1)
    losses = [loss for _, loss in fit(vae.loss, vae.parameters(), data.batches(x, 100), steps=250, lr=1e-2)]
    assert losses[-1] < losses[0] - 5
    explorer = LatentExplorer(vae, x, y)
    assert len(explorer.weights) + len(explorer.encoder_weights) < 8_000
    assert explorer.names == [f"a {digit}" for digit in range(10)]
    assert (placed(explorer, 4) - vae.encode(x[:1000]).mean).abs().max() < 2e-2
    assert sum(explorer.kl) > 1


def test_one_image_of_each_class_is_sent_and_the_first_one_comes_first() -> None:
    x, y = torch.rand(50, 64), classes(50)
    explorer = LatentExplorer(model(), x, y)
    assert explorer.names == ["a 3", "a 4", "a 5", "a 6", "a 7", "a 8", "a 9"]
    assert explorer.labels == y.tolist()
    read = torch.from_numpy(np.frombuffer(explorer.examples, np.uint8).reshape(7, 64).copy()) / 255
    assert (read - x[:7]).abs().max() <= 0.5001 / 255
    late = LatentExplorer(model(), x, torch.where(torch.arange(50) < 20, 5, 2))
    assert late.names == ["a 2", "a 5"]
    assert late.z == pytest.approx(placed(late)[20].tolist())


def test_images_without_classes_are_numbered() -> None:
    explorer = LatentExplorer(model(), torch.rand(4, 64))
    assert explorer.names == ["number 1", "number 2", "number 3", "number 4"]
    assert len(LatentExplorer(model(), torch.rand(30, 64)).names) == 10


def test_a_thousand_images_are_enough() -> None:
    explorer = LatentExplorer(model(), torch.rand(1010, 64), classes(1010))
    assert (len(placed(explorer)), len(explorer.labels)) == (1000, 1000)


def test_images_without_grey_are_noticed() -> None:
    assert LatentExplorer(model(), torch.rand(5, 64).round()).binary
    assert not LatentExplorer(model(), torch.rand(5, 64)).binary


def test_the_law_of_each_network_is_noted() -> None:
    encoder, decoder = Gaussian(mlp(64, 8, 2), sigma=0.2), Gaussian(mlp(2, 8, 2 * 64))
    explorer = LatentExplorer(VAE(encoder, decoder, 2))
    q, p = explorer.encoder_spec, explorer.spec
    assert (q["inputs"], q["mean"], q["sigma"], q["bernoulli"]) == (64, 2, 0.2, False)
    assert (p["inputs"], p["mean"], p["sigma"], p["bernoulli"]) == (2, 64, None, False)
    assert LatentExplorer(model()).spec["bernoulli"]


def test_state_is_embedded_with_everything_a_page_needs() -> None:
    explorer = LatentExplorer(model(784, 16, 200), torch.rand(1000, 784), classes(1000))
    state = embed_data([explorer], drop_defaults=False)["manager_state"]["state"][explorer.model_id]
    named = {tuple(buffer["path"]) for buffer in state["buffers"]}
    assert named == {("weights",), ("encoder_weights",), ("examples",), ("codes",)}
    assert "createPlane" in state["state"]["_esm"]
    assert ".genlib-latent-stage" in state["state"]["_css"]
    assert len(json.dumps(state)) < 900_000


# The code, from either side


def test_the_first_code_is_that_of_an_example_or_drawn_or_given() -> None:
    vae = model()
    before = torch.random.get_rng_state()
    drawn = [LatentExplorer(vae, seed=seed).z for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert torch.equal(before, torch.random.get_rng_state())
    shown = LatentExplorer(vae, torch.rand(3, 64))
    assert shown.z == pytest.approx(placed(shown)[0].tolist())
    assert LatentExplorer(vae, torch.rand(3, 64), z=torch.tensor([1.5, -2])).z == [1.5, -2]


@pytest.mark.parametrize("z", [[1.0], [1.0, 2, 3], [0.0, float("nan")], [0.0, float("inf")]])
def test_a_code_that_is_none_is_refused(z: list[float]) -> None:
    explorer = LatentExplorer(model(), z=[0, 0])
    with pytest.raises(ValueError, match=r"z is \[.*expected 2 finite numbers"):
        explorer.z = z
    assert explorer.z == [0, 0]
    with pytest.raises(ValueError, match="expected 2 finite numbers"):
        LatentExplorer(model(), z=z)


def test_state_from_the_page_goes_on_in_the_model() -> None:
    vae = model()
    explorer = LatentExplorer(vae)
    assert explorer.x_mean is None
    explorer.set_state({"z": [0.25, -1], "x_mean": [[0.5] * 64], "image": [[1] * 64]})
    assert vae.decode(torch.tensor([explorer.z])).mean.shape == explorer.x_mean.shape == (1, 64)
    assert vae.encode(explorer.image).mean.shape == (1, 2)


# A model that has trained on


def test_update_sends_new_weights_and_codes_at_once_and_keeps_the_code() -> None:
    vae, x = model(), torch.rand(20, 64)
    explorer, seen = LatentExplorer(vae, x), []
    z, codes = explorer.z, placed(explorer)
    for parameter in vae.parameters():
        parameter.data += 0.1
    explorer.observe(lambda change: seen.append(change["name"]))
    explorer.update(vae)
    assert set(seen) == {"weights", "encoder_weights", "codes", "kl"}
    assert explorer.z == z
    assert (placed(explorer) - codes).abs().max() > 0.01
    assert (placed(explorer) - vae.encode(x).mean).abs().max() < 1e-2
    LatentExplorer(vae).update(model())


def test_update_refuses_another_architecture() -> None:
    for other in (model(width=16), model(latent=3), VAE(Gaussian(mlp(64, 32, 4)), Gaussian(mlp(2, 32, 64), 1.0), 2)):
        with pytest.raises(ValueError, match="other layers than the one that the widget shows"):
            LatentExplorer(model()).update(other)


# What cannot be shown is refused with words


class Bare(nn.Module):
    """An encoder that hides its network."""

    def forward(self, x: Tensor) -> Tensor:
        return x


class Sharp(Bernoulli):
    def forward(self, x: Tensor) -> Independent:
        return super().forward(2 * x)


class Shifted(VAE):
    def decode(self, z: Tensor) -> Independent:
        return super().decode(z + 1)


def sharp() -> VAE:
    return VAE(Gaussian(mlp(64, 4)), Sharp(mlp(2, 64)), 2)


def shifted() -> VAE:
    return Shifted(Gaussian(mlp(64, 4)), Bernoulli(mlp(2, 64)), 2)


def hooked() -> VAE:
    vae = model()
    vae.encoder.register_forward_hook(lambda part, x, q: q)
    return vae


def broken() -> VAE:
    vae = model()
    vae.decoder.net[0].weight.data[0, 0] = float("nan")
    return vae


def small(net: nn.Module) -> VAE:
    return VAE(Gaussian(net), Bernoulli(mlp(2, 32, 64)), 2)


@breaks("any decode", "widgets.latent_explorer.sending.networks_of", 'in ("encode", "decode")', "in ()",
        given={"make": shifted, "words": "this Shifted has its own decode"})  # fmt: skip
@breaks("subclasses pass", "widgets.latent_explorer.sending._network", "type(part) not in KINDS[name]",
        "not isinstance(part, KINDS[name])", given={"make": sharp, "words": "decoder is of type Sharp"})  # fmt: skip
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: VAE(Bare(), Bernoulli(mlp(2, 64)), 2), "the encoder is of type Bare, expected nn.Gaussian around"),
        (lambda: VAE(Gaussian(mlp(64, 4)), mlp(2, 64), 2), "is of type Sequential, expected nn.Bernoulli or nn"),
        (lambda: VAE(Bernoulli(mlp(64, 2)), Bernoulli(mlp(2, 64)), 2), "the encoder is of type Bernoulli"),
        (lambda: small(nn.Sequential(nn.Linear(64, 4), nn.LayerNorm(4))), "cannot compute layer 1, LayerNorm"),
        (sharp, "the decoder is of type Sharp, expected nn.Bernoulli"),
        (shifted, "this Shifted has its own decode"),
        (lambda: convolutional((3, 8, 8)), r"images have shape \(3, 8, 8\), expected one channel"),
        (lambda: convolutional((1, 8, 6)), "images have 8 x 6 pixels, expected square ones"),
        (lambda: convolutional(halves=3), r"ends in shape \[3, 8, 8\], expected mean and log of sigma"),
        (lambda: small(conv_encoder((1, 4, 16), 4, latent=4)), r"an example has shape \(64,\) where Conv2d"),
        (hooked, "the encoder has a forward hook"),
        (broken, r"0\.weight has 1 values that are not finite"),
        (lambda: model(latent=33), "33 latents, a page shows 32 at most"),
        (lambda: model(features=65), "65 pixels, expected a square number"),
        (lambda: small(mlp(64, 6)), r"are \(3, 2, 64\) numbers, expected \(2, 2, 64\): latent=2"),
        (lambda: small(mlp(49, 4)), r"are \(2, 2, 64\) numbers, expected \(2, 2, 49\)"),
        (lambda: model(784, 2, 600), "420,000 bytes"),
    ],
)
def test_models_that_a_page_cannot_run_are_refused(make: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LatentExplorer(make())


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (torch.zeros(3, 49), None, "3 images of 49 pixels, expected some of 64"),
        (torch.zeros(0, 64), None, "0 images of 64 pixels"),
        (torch.full((3, 64), 255.0), None, "values from 255 to 255, expected grey levels from 0 to 1"),
        (torch.full((3, 64), float("nan")), None, "expected grey levels"),
        (torch.zeros(3, 64), torch.tensor([0, 1]), r"y holds \[0, 1\] for 2 images, expected 0 to 9 for 3"),
        (torch.zeros(2, 64), torch.tensor([0, 10]), r"y holds \[0, 10\] for 2 images"),
    ],
)
def test_images_that_do_not_fit_are_refused(x: Tensor, y: Tensor | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LatentExplorer(model(), x, y)
