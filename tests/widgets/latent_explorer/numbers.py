"""What torch says of a VAE's two networks in the page, and of pixels drawn around a mean."""

from __future__ import annotations

import torch
from torch import nn

from genlib.nn import Bernoulli, Gaussian, conv_decoder, conv_encoder, mlp
from genlib.vae import VAE
from genlib.widgets import LatentExplorer
from genlib.widgets.packing import rounded

DECODERS = {
    "Bernoulli": lambda net: Bernoulli(net(1)),
    "Gaussian": lambda net: Gaussian(net(1), sigma=0.2),
    "Gaussian with its own deviations": lambda net: Gaussian(net(2)),
}
NETS = {
    "8 x 8": (2, (64,), lambda n: mlp(64, 32, 32, n), lambda k: mlp(2, 32, 32, k * 64)),
    "28 x 28": (16, (784,), lambda n: mlp(784, 200, 200, n), lambda k: mlp(16, 200, 200, k * 784)),
    "convolutions": (
        3,
        (1, 8, 8),
        lambda n: conv_encoder((1, 8, 8), 6, 8, latent=n),
        lambda k: conv_decoder((k, 8, 8), 6, 8, latent=3),
    ),
    "vectors made into pictures": (
        2,
        (36,),
        lambda n: nn.Sequential(nn.Unflatten(1, (1, 6, 6)), *conv_encoder((1, 6, 6), 5, latent=n)),
        lambda k: nn.Sequential(*conv_decoder((k, 6, 6), 5, latent=2), nn.Flatten()),
    ),
}


def made(net: str, law: str, sigma: float | None) -> tuple[VAE, tuple[int, ...]]:
    """Returns a VAE of loud weights, and the shape of an image."""
    latent, shape, encoder, decoder = NETS[net]
    q = Gaussian(encoder(latent if sigma else 2 * latent), sigma)
    return VAE(q, DECODERS[law](decoder), latent).requires_grad_(False), shape


def page_model(vae: VAE, explorer: LatentExplorer) -> VAE:
    """The model that the page computes: the same, with the weights that were sent."""
    parts = []
    for part, spec in ((vae.encoder, explorer.encoder_spec), (vae.decoder, explorer.spec)):
        kind = next(layer["weight"]["dtype"] for layer in spec["layers"] if "weight" in layer)
        net = rounded(part.net, kind, tuple(spec["shape"]))
        parts.append(Bernoulli(net) if isinstance(part, Bernoulli) else Gaussian(net, part.sigma))
    return VAE(*parts, vae.latent)


def sent(explorer: LatentExplorer) -> dict[str, object]:
    return {
        "encoder": {"spec": explorer.encoder_spec, "weights": explorer.encoder_weights},
        "decoder": {"spec": explorer.spec, "weights": explorer.weights},
    }


def coder(net: str, law: str, sigma: float | None) -> dict[str, object]:
    vae, shape = made(net, law, sigma)
    explorer, x, z = LatentExplorer(vae), torch.rand(3, *shape), 2 * torch.randn(9, vae.latent)
    small = page_model(vae, explorer)
    q, picture = small.encode(x).base_dist, small.decode(z).mean
    answers = {"mu": q.mean, "sigma": q.stddev, "pictures": picture.flatten(1)}
    return {"name": f"{net}, {law}", **sent(explorer), "x": x.flatten(1), "z": z, **answers}


def drawn(law: str) -> dict[str, object]:
    """The mean and the variance of each pixel."""
    vae, _ = made("convolutions", law, None)
    explorer, z = LatentExplorer(vae), torch.randn(1, vae.latent)
    p = page_model(vae, explorer).decode(z)
    return {"name": law, **sent(explorer), "z": z[0], "mean": p.mean.flatten(), "variance": p.variance.flatten()}


def placed() -> dict[str, object]:
    vae, _ = made("8 x 8", "Bernoulli", None)
    explorer = LatentExplorer(vae, torch.rand(7, 64))
    codes = page_model(vae, explorer).encode((explorer._x).double()).mean
    return {"codes": explorer.codes, "rows": codes}


def numbers() -> dict[str, object]:
    sigmas = {"Bernoulli": None, "Gaussian": 0.3, "Gaussian with its own deviations": None}
    return {
        "coders": [coder(net, law, sigma) for net in NETS for law, sigma in sigmas.items()],
        "draws": [drawn(law) for law in DECODERS],
        "placed": placed(),
    }
