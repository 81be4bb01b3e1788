r"""A latent space to walk through: what a variational autoencoder makes of a code, and of a drawing."""

from __future__ import annotations

__all__ = ["LatentExplorer"]

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import traitlets
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from genlib.nn import Bernoulli, Gaussian
from genlib.vae import VAE
from genlib.widgets._base import Widget, pack, rounded, tensor_trait


class LatentExplorer(Widget):
    r"""Encodes an image, $x \mapsto q(z|x)$, and decodes any code, $z \mapsto \mathbb{E}[x|z]$, in the page.

    Args:
        vae: Model of square images whose networks are MLPs; a large one keeps 8 bits of each weight, a small one 16.
        x: Images in [0, 1], `(N, ...)`, to encode and to place in the latent space; the first 1000 are used. If they
            have no grey, drawings are made black and white too.
        y: Their classes, 0 to 9, `(N,)`.
        z: The code to begin with, `(L,)`; by default that of the first image, or else a draw from the prior.
        seed: Seed of what is drawn at random.

    Raises:
        ValueError: If a size or a value does not fit, or the networks cannot be sent to a page.

    Source: Kingma and Welling, Auto-Encoding Variational Bayes (2014).

    Example:
        >>> from genlib.nn import mlp
        >>> vae = VAE(Gaussian(mlp(64, 32, 2 * 2)), Bernoulli(mlp(2, 32, 64)), latent=2)
        >>> LatentExplorer(vae, z=[0.5, -1]).z
        [0.5, -1.0]
    """

    parts = ("codes.js",)

    z = traitlets.List(traitlets.CFloat(), help="The code that is shown.").tag(sync=True)
    x_mean, image = tensor_trait("Mean of p(x|z), (1, D)."), tensor_trait("What was encoded last, (1, D).")
    encoder_weights, encoder_spec = traitlets.Bytes().tag(sync=True), traitlets.Dict().tag(sync=True)
    seed, binary = traitlets.Int().tag(sync=True), traitlets.Bool(help="Images without grey.").tag(sync=True)
    examples = traitlets.Bytes(help="Images to choose from, 8 bits a pixel.").tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), help="What the examples are called.").tag(sync=True)
    labels = traitlets.List(traitlets.Int(), help="Class of each code.").tag(sync=True)
    codes = traitlets.Bytes(help="Mean code of each image, float32, (N, L).").tag(sync=True)
    kl = traitlets.List(traitlets.Float(), help="Mean KL(q(z|x) || p(z)) of each latent.").tag(sync=True)

    def __init__(
        self,
        vae: VAE,
        x: Tensor | None = None,
        y: Tensor | None = None,
        *,
        z: Sequence[float] | Tensor | None = None,
        seed: int = 0,
    ) -> None:
        traits, self._x = _packed(vae), None if x is None else x[:1000].detach().flatten(1)
        start = torch.randn(vae.latent, generator=torch.Generator().manual_seed(seed)).numpy()
        if self._x is not None:
            traits |= _examples(self._x, y, traits["encoder_spec"]) | _placed(self._x, vae)
            start = np.frombuffer(traits["codes"], "<f4").reshape(-1, vae.latent)[traits.pop("first")]
        super().__init__(seed=seed, z=[float(value) for value in (start if z is None else z)], **traits)

    @traitlets.validate("z")
    def _one_code(self, proposal: traitlets.Bunch) -> list[float]:
        latent = self.spec["inputs"]
        if len(proposal.value) != latent or not all(map(math.isfinite, proposal.value)):
            raise ValueError(f"z is {proposal.value}, expected {latent} finite numbers, one for each latent")
        return proposal.value

    def update(self, vae: VAE) -> None:
        """Goes on with the weights of `vae`, which has trained on; the code and the drawing keep their place."""
        traits = _packed(vae)
        if any(traits[name] != getattr(self, name) for name in ("spec", "encoder_spec")):
            raise ValueError("this VAE has other layers than the one that the widget shows; make a new LatentExplorer")
        with self.hold_sync():
            for name, value in (traits | ({} if self._x is None else _placed(self._x, vae))).items():
                setattr(self, name, value)


def _packed(vae: VAE) -> dict[str, Any]:
    """Returns the traits that hold the two networks."""
    (encoder, q), (decoder, p) = (_network(vae, name) for name in ("encoder", "decoder"))
    found, expected = (q["mean"], p["inputs"], p["mean"]), (vae.latent, vae.latent, q["inputs"])
    if found != expected:
        raise ValueError(f"codes out, codes in and pixels out are {found}, expected {expected}: latent, latent, pixels")
    if vae.latent > 32:
        raise ValueError(f"this VAE has {vae.latent} latents, a page has room for 32")
    if math.isqrt(p["mean"]) ** 2 != p["mean"]:
        raise ValueError(f"an image has {p['mean']} pixels, expected a square number such as 64 or 784")
    return {"weights": decoder, "spec": p, "encoder_weights": encoder, "encoder_spec": q}


def _network(vae: VAE, name: str) -> tuple[bytes, dict[str, Any]]:
    """Packs one network and notes how its output is read: the law it sets and the size of that law's mean."""
    part, known = getattr(vae, name), {"encoder": (Gaussian,), "decoder": (Bernoulli, Gaussian)}[name]
    if not isinstance(part, known):
        names = " or ".join(f"nn.{kind.__name__}" for kind in known)
        raise ValueError(f"the {name} is of type {type(part).__name__}, expected {names} around an MLP")
    weights, spec = pack(part.net, _precision(part.net))
    shapes = [layer["weight"]["shape"] for layer in spec["layers"] if "weight" in layer]
    bernoulli, sigma = isinstance(part, Bernoulli), getattr(part, "sigma", None)
    mean = shapes[-1][0] if bernoulli or sigma else shapes[-1][0] // 2
    return weights, {**spec, "bernoulli": bernoulli, "sigma": sigma, "inputs": shapes[0][1], "mean": mean}


def _precision(net: nn.Module) -> str | None:
    return "int8" if sum(parameter.numel() for parameter in net.parameters()) > 50_000 else None


def _examples(x: Tensor, y: Tensor | None, spec: dict[str, Any]) -> dict[str, Any]:
    """Returns the traits of the images to choose from: the first of each class, or the first ten."""
    if x.shape[1] != spec["inputs"] or not ((x >= 0) & (x <= 1)).all():
        found = f"{tuple(x.shape)} from {x.min():g} to {x.max():g}"
        raise ValueError(f"x is {found}, expected (N, {spec['inputs']}) from 0 to 1")
    labels = [] if y is None else y[: len(x)].tolist()
    if y is not None and (len(labels) != len(x) or not set(labels) <= set(range(10))):
        raise ValueError(f"y holds {sorted(set(labels))} for {len(labels)} images, expected 0 to 9 for {len(x)}")
    shown = sorted({label: i for i, label in reversed([*enumerate(labels)])}.values(), key=labels.__getitem__)
    shown = shown or [*range(min(10, len(x)))]
    pixels = (255 * x[shown]).round().byte().cpu().numpy().tobytes()
    names = [f"a {labels[i]}" if labels else f"number {i + 1}" for i in shown]
    binary = bool(((x == 0) | (x == 1)).all())
    return {"examples": pixels, "names": names, "labels": labels, "first": shown[0], "binary": binary}


@torch.no_grad()
def _placed(x: Tensor, vae: VAE) -> dict[str, Any]:
    """Returns the traits of the codes of `x` under the encoder that the page has."""
    net = rounded(vae.encoder.net, _precision(vae.encoder.net))
    q = Gaussian(net, vae.encoder.sigma)(x.to(next(net.parameters()))).base_dist
    prior = Normal(torch.zeros_like(q.mean), torch.ones_like(q.mean))
    codes = q.mean.float().cpu().numpy().astype("<f4").tobytes()
    return {"codes": codes, "kl": kl_divergence(q, prior).mean(0).tolist()}
