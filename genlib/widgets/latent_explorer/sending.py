r"""What `LatentExplorer` sends to the page: two networks, images to choose from, and where data lie in the code."""

from __future__ import annotations

__all__ = ["PLACED", "codes_of", "examples_of", "networks_of", "use_of"]

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from genlib._guard import tensor
from genlib.nn import Bernoulli, Gaussian
from genlib.vae import VAE
from genlib.widgets.exact import check_exact
from genlib.widgets.layers import graph_of, own_shape
from genlib.widgets.packing import Spec, pack, rounded

PLACED, DECODED = 1000, 300
KINDS: dict[str, tuple[type[nn.Module], ...]] = {"encoder": (Gaussian,), "decoder": (Bernoulli, Gaussian)}


def networks_of(vae: VAE) -> dict[str, Any]:
    """Returns the traits that hold encoder and decoder.

    Raises:
        ValueError: If the model or a network may compute something else than its class does, the page does not know a
            layer, or sizes do not fit each other or a page.
    """
    if not isinstance(vae, VAE):
        raise ValueError(f"vae is {vae!r:.60}, expected a VAE" + (", its .module" if hasattr(vae, "module") else ""))
    changed = [
        key for key in ("encode", "decode") if getattr(type(vae), key) is not getattr(VAE, key) or key in vars(vae)
    ]
    if changed:
        raise ValueError(f"this {type(vae).__name__} has its own {changed[0]}, the page computes that of VAE")
    decoder, p = _network(vae, "decoder", (vae.latent,))
    encoder, q = _network(vae, "encoder", _mean_shape(p))
    found, expected = (q["mean"], p["inputs"], p["mean"]), (vae.latent, vae.latent, q["inputs"])
    if found != expected:
        raise ValueError(
            f"codes out of the encoder, codes into the decoder and pixels out of it are {found} numbers, expected "
            f"{expected}: latent={vae.latent} and the encoder's input"
        )
    if vae.latent > 32:
        raise ValueError(f"this VAE has {vae.latent} latents, a page shows 32 at most")
    _check_picture(_mean_shape(p))
    return {"weights": decoder, "spec": p, "encoder_weights": encoder, "encoder_spec": q}


def examples_of(x: Tensor, y: Tensor | None, features: int) -> tuple[int, dict[str, Any]]:
    """Returns the index of the first image to choose from, and the traits of all: one of each class, or ten.

    Raises:
        ValueError: If images or classes do not fit.
    """
    x, labels = x.detach().flatten(1), [] if y is None else tensor(y, "y").tolist()
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
def codes_of(x: Tensor, vae: VAE, spec: Spec) -> dict[str, Any]:
    """Returns the traits that say where `x` `(N, D)` lies, under the encoder that the page has, described by `spec`."""
    assert isinstance(vae.encoder, Gaussian)
    shape = tuple(spec["shape"])
    net = rounded(vae.encoder.net, _precision(vae.encoder.net), shape)
    q = Gaussian(net, vae.encoder.sigma)(x.unflatten(1, shape).to(next(net.parameters()))).base_dist
    prior = Normal(torch.zeros_like(q.mean), torch.ones_like(q.mean))
    codes = q.mean.float().cpu().numpy().astype("<f4").tobytes()
    return {"codes": codes, "kl": kl_divergence(q, prior).mean(0).tolist()}


@torch.no_grad()
def use_of(vae: VAE, spec: Spec, seed: int) -> dict[str, Any]:
    """Returns the trait that says how much each latent is used, where there are no data: by the model's own pictures.

    They are means of p(x|z) for codes from the prior; the global random numbers stay as they are.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        z = torch.randn(DECODED, vae.latent, dtype=torch.float64)
    return {"kl": codes_of(vae.decode(z.to(vae.origin)).mean.flatten(1), vae, spec)["kl"]}


def _network(vae: VAE, name: str, shape: tuple[int, ...]) -> tuple[bytes, Spec]:
    """Packs one network, which gets examples of this shape unless it says otherwise.

    The spec also notes how the output is read: which distribution it sets, and the sizes of its input and of its mean.
    """
    part: Any = getattr(vae, name)
    if type(part) not in KINDS[name]:
        names = " or ".join(f"nn.{kind.__name__}" for kind in KINDS[name])
        raise ValueError(f"the {name} is of type {type(part).__name__}, expected {names} around a network")
    check_exact(part, KINDS[name], f"the {name}")
    weights, spec = pack(part.net, _precision(part.net), own_shape(graph_of(part.net)) or shape)
    bernoulli, sigma = isinstance(part, Bernoulli), getattr(part, "sigma", None)
    out, inputs = math.prod(spec["output"]), math.prod(spec["shape"])
    if not (bernoulli or sigma) and spec["output"][0] % 2:
        raise ValueError(f"the {name} ends in shape {spec['output']}, expected mean and log of sigma, (2 L, ...)")
    mean = out if bernoulli or sigma else out // 2
    return weights, {**spec, "bernoulli": bernoulli, "sigma": sigma, "inputs": inputs, "mean": mean}


def _mean_shape(p: Spec) -> tuple[int, ...]:
    """Returns the shape of one picture that comes out of the decoder."""
    first, *rest = p["output"]
    return (first if p["bernoulli"] or p["sigma"] else first // 2, *rest)


def _check_picture(shape: tuple[int, ...]) -> None:
    """Refuses pictures that a page does not show."""
    pixels = math.prod(shape)
    if len(shape) == 3 and shape[0] != 1:
        raise ValueError(f"this VAE's images have shape {shape}, expected one channel: the page shows grey levels")
    if len(shape) == 3 and shape[1] != shape[2]:
        raise ValueError(f"this VAE's images have {shape[1]} x {shape[2]} pixels, expected square ones")
    if math.isqrt(pixels) ** 2 != pixels:
        raise ValueError(f"this VAE's images have {pixels} pixels, expected a square number such as 64 or 784")


def _precision(net: nn.Module) -> str | None:
    return "int8" if sum(parameter.numel() for parameter in net.parameters()) > 50_000 else None
