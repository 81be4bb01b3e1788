"""What torch says of two moons under noise, of loud networks, and of walks along both."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from genlib import data
from genlib.autoencoders import Autoencoder, DenoisingAutoencoder
from genlib.nn import Residual, mlp
from genlib.widgets import ScoreField
from genlib.widgets.packing import rounded
from genlib.widgets.score_field import network_of

SIGMAS, SHARE, STEPS = (0.3, 1.0), 0.3, 50
SENT = ("weights", "spec", "nodes", "nodes_spec", "spread", "limit", "curve", "sigma", "share", "start")


def denoiser(width: int) -> DenoisingAutoencoder:
    """Returns a loud denoiser of points, whose answers do not run away."""
    net = Residual(mlp(2, width, 2, activation=nn.ReLU)).requires_grad_(False)
    for parameter in net.parameters():
        parameter.normal_().mul_(0.4)
    return DenoisingAutoencoder(Autoencoder(net, nn.Identity()), lambda x: x)


def log_density(x: Tensor, sigma: float) -> Tensor:
    """Returns the logarithm of the density of noisy moons, by the rule that belongs to their own width."""
    return data.two_moons(sigma=math.hypot(0.2, sigma)).log_prob(x)


def score(x: Tensor, sigma: float) -> Tensor:
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(log_density(x, sigma).sum(), x)
    return slope


def walk(model: nn.Module, sigma: float, start: Tensor) -> dict[str, object]:
    """Returns where both walks stand after each step."""
    exact, learned = [start], [start]
    for _ in range(STEPS):
        exact.append(exact[-1] + SHARE * sigma**2 * score(exact[-1], sigma))
        learned.append(learned[-1] + SHARE * (model(learned[-1]) - learned[-1]))
    return {"exact": torch.cat(exact), "model": torch.cat(learned)}


def level(model: DenoisingAutoencoder, sigma: float, x: Tensor) -> dict[str, object]:
    net = rounded(network_of(model))
    answers = {"exact": x + sigma**2 * score(x, sigma), "model": net(x)}
    return {
        "sigma": sigma,
        "log": log_density(x, sigma),
        "score": score(x, sigma),
        **answers,
        "walk": walk(net, sigma, x[:1]),
    }


def numbers() -> dict[str, object]:
    models = {sigma: denoiser(5 + i) for i, sigma in enumerate(SIGMAS)}
    widget = ScoreField(models, share=SHARE)
    x = 2 * torch.randn(20, 2)
    others = {sigma: denoiser(5 + i) for i, sigma in enumerate(SIGMAS)}
    later = ScoreField(others).weights
    return {
        **{name: getattr(widget, name) for name in SENT},
        "x": x,
        "levels": [level(model, sigma, x) for sigma, model in models.items()],
        "later": later,
        "laterModel": rounded(network_of(others[1.0]))(x),
        "distances": torch.cdist(x, torch.as_tensor(data.two_moons().points).to(x)).amin(1),
    }
