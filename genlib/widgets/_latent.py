r"""What `LatentExplorer` sends to the page: two networks, images to choose from, and where data lie in the code."""

from __future__ import annotations

__all__ = ["PLACED", "codes_of", "examples_of", "networks_of"]

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from genlib.nn import Bernoulli, Gaussian
from genlib.vae import VAE
from genlib.widgets._base import pack, rounded
from genlib.widgets.exact import check_exact

PLACED = 1000
KINDS: dict[str, tuple[type[nn.Module], ...]] = {"encoder": (Gaussian,), "decoder": (Bernoulli, Gaussian)}


def networks_of(vae: VAE) -> dict[str, Any]:
    """Returns the traits that hold encoder and decoder.

    Raises:
        ValueError: If the model or a network may compute something else than its class does, if there is no MLP
            inside, or if sizes do not fit each other or a page.
    """
    changed = [
        key for key in ("encode", "decode") if getattr(type(vae), key) is not getattr(VAE, key) or key in vars(vae)
    ]
    if changed:
        raise ValueError(f"this {type(vae).__name__} has its own {changed[0]}, the page computes that of VAE")
    (encoder, q), (decoder, p) = (_network(vae, name) for name in KINDS)
    found, expected = (q["mean"], p["inputs"], p["mean"]), (vae.latent, vae.latent, q["inputs"])
    if found != expected:
        raise ValueError(
            f"codes out of the encoder, codes into the decoder and pixels out of it are {found} numbers, expected "
            f"{expected}: latent={vae.latent} and the encoder's input"
        )
    if vae.latent > 32:
        raise ValueError(f"this VAE has {vae.latent} latents, a page shows 32 at most")
    if math.isqrt(p["mean"]) ** 2 != p["mean"]:
        raise ValueError(f"this VAE's images have {p['mean']} pixels, expected a square number such as 64 or 784")
    return {"weights": decoder, "spec": p, "encoder_weights": encoder, "encoder_spec": q}


def examples_of(x: Tensor, y: Tensor | None, features: int) -> tuple[int, dict[str, Any]]:
    """Returns the index of the first image to choose from, and the traits of all: one of each class, or ten.

    Raises:
        ValueError: If images or classes do not fit.
    """
    x, labels = x.detach().flatten(1), [] if y is None else y.tolist()
    if x.shape[1] != features or not len(x):
        raise ValueError(f"x holds {len(x)} images of {x.shape[1]} pixels, expected some of {features}")
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"x has values from {x.min():g} to {x.max():g}, expected grey levels from 0 to 1")
    if y is not None and (len(labels) != len(x) or not set(labels) <= set(range(10))):
        raise ValueError(f"y holds {sorted(set(labels))} for {len(labels)} images, expected 0 to 9 for {len(x)}")
    x, labels = x[:PLACED], labels[:PLACED]
    shown = [labels.index(label) for label in sorted(set(labels))] or [*range(min(10, len(x)))]
    names = [f"a {labels[i]}" if labels else f"number {i + 1}" for i in shown]
    pixels = (255 * x[shown]).round().byte().cpu().numpy().tobytes()
    binary = bool(((x == 0) | (x == 1)).all())
    return shown[0], {"examples": pixels, "names": names, "labels": labels, "binary": binary}


@torch.no_grad()
def codes_of(x: Tensor, vae: VAE) -> dict[str, Any]:
    """Returns the traits that say where `x` `(N, D)` lies, under the encoder that the page has."""
    assert isinstance(vae.encoder, Gaussian)
    net = rounded(vae.encoder.net, _precision(vae.encoder.net))
    q = Gaussian(net, vae.encoder.sigma)(x.to(next(net.parameters()))).base_dist
    prior = Normal(torch.zeros_like(q.mean), torch.ones_like(q.mean))
    codes = q.mean.float().cpu().numpy().astype("<f4").tobytes()
    return {"codes": codes, "kl": kl_divergence(q, prior).mean(0).tolist()}


def _network(vae: VAE, name: str) -> tuple[bytes, dict[str, Any]]:
    """Packs one network and notes how its output is read: the law it sets and the size of that law's mean."""
    part: Any = getattr(vae, name)
    if type(part) not in KINDS[name]:
        names = " or ".join(f"nn.{kind.__name__}" for kind in KINDS[name])
        raise ValueError(f"the {name} is of type {type(part).__name__}, expected {names} around an MLP")
    check_exact(part, KINDS[name], f"the {name}")
    weights, spec = pack(part.net, _precision(part.net))
    unknown = {"conv2d", "conv_transpose2d", "flatten", "unflatten"} & {layer["kind"] for layer in spec["layers"]}
    if unknown:
        raise ValueError(f"the {name} has layers {', '.join(sorted(unknown))}, LatentExplorer shows MLPs")
    shapes = [layer["weight"]["shape"] for layer in spec["layers"] if "weight" in layer]
    bernoulli, sigma = isinstance(part, Bernoulli), getattr(part, "sigma", None)
    mean = shapes[-1][0] if bernoulli or sigma else shapes[-1][0] // 2
    return weights, {**spec, "bernoulli": bernoulli, "sigma": sigma, "inputs": shapes[0][1], "mean": mean}


def _precision(net: nn.Module) -> str | None:
    return "int8" if sum(parameter.numel() for parameter in net.parameters()) > 50_000 else None
