"""The notation page keeps its word: what it says stands for a symbol can be run, and has the shape it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from genlib import autoencoders, autoregressive, data, energy, evaluate, gan, mixture, vae
from genlib.nn import Bernoulli, Gaussian, mlp

PAGE = (Path(__file__).resolve().parents[2] / "notation.md").read_text("utf-8")
SIZES = {"B": 5, "D": 6, "H": 4, "L": 2, "K": 3, "n": 7, "C": 3}
ROW = re.compile(r"^\| .* \| `(?P<code>[^`]+)` \| `(?P<shape>\([^`]*\))` \|$", re.MULTILINE)
ROWS = [(row["code"], row["shape"]) for row in ROW.finditer(PAGE)]


def objects() -> dict[str, object]:
    """Returns everything that the page's expressions speak of, in the sizes above."""
    latent, features = SIZES["L"], SIZES["D"]
    x = torch.rand(SIZES["B"], features).round()
    made = vae.VAE(Gaussian(mlp(features, 8, 2 * latent)), Bernoulli(mlp(latent, 8, features)), latent=latent)
    return {
        **SIZES,
        "x": x,
        "y": torch.zeros(SIZES["B"]),
        "x_hat": x,
        "x_noisy": x,
        "h": torch.rand(SIZES["B"], SIZES["H"]).round(),
        "z": torch.randn(SIZES["B"], latent),
        "epsilon": torch.randn(SIZES["B"], latent),
        "torch": torch,
        "data": data,
        "evaluate": evaluate,
        "v": torch.rand(SIZES["B"], features + SIZES["H"]).round(),
        "machine": energy.BoltzmannMachine(features=features, hidden=SIZES["H"]),
        "mixture": mixture.BernoulliMixture(features=features, components=SIZES["K"]),
        "q": torch.randn(SIZES["B"], SIZES["K"]).softmax(1),
        "rbm": energy.RBM(features=features, hidden=SIZES["H"]),
        "classifier": energy.ClassRBM(features=features, classes=SIZES["C"], hidden=SIZES["H"]),
        "dbn": energy.DBN(energy.RBM(features, SIZES["H"]), energy.RBM(SIZES["H"], latent)),
        "dbm": energy.DBM(features, SIZES["H"], latent),
        "vae": made,
        "made": autoregressive.MADE(features, SIZES["H"]),
        "sparse": autoencoders.SparseAutoencoder(autoencoders.TiedAutoencoder(features, SIZES["H"])),
        "denoiser": autoencoders.DenoisingAutoencoder(autoencoders.TiedAutoencoder(features, latent), lambda x: x),
        "score": autoencoders.score,
        "sigma": 0.5,
        "gsn": autoencoders.GSN(Bernoulli(mlp(features, 8, features)), lambda x: 1 - x),
        "gan": gan.GAN(mlp(latent, 8, features), mlp(features, 8, 1), latent=latent),
    }


def models() -> dict[str, object]:
    """Returns what `model` stands for, by the name of what is asked of it."""
    sizes = SIZES["D"], SIZES["L"]
    plain, binary = autoencoders.Autoencoder, autoencoders.BinaryAutoencoder
    known = objects()
    return {
        "sample": known["vae"],
        "logit": binary(mlp(sizes[0], 8, sizes[1]), mlp(sizes[1], 8, sizes[0])),
        **dict.fromkeys(["encode", "decode", "error"], plain(mlp(sizes[0], 8, sizes[1]), mlp(sizes[1], 8, sizes[0]))),
    }


def test_the_page_has_tables() -> None:
    assert len(ROWS) >= 25


@pytest.mark.parametrize(("code", "shape"), ROWS, ids=[code for code, _ in ROWS])
def test_identifier_has_the_shape_that_the_page_says(code: str, shape: str) -> None:
    names = objects()
    asked = re.match(r"(model\.)?(\w+)", code)[2]
    if asked == "log_prob":
        names["log_prob"] = names["rbm"].log_prob
    if code.startswith("model."):
        names["model"] = models()[asked]
    value = eval(code, names)
    assert tuple(value.shape) == eval(shape, dict(SIZES))
