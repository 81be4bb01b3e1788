r"""A latent space to walk through: what a variational autoencoder makes of a code, and of a drawing."""

from __future__ import annotations

__all__ = ["LatentExplorer"]

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import traitlets
from torch import Tensor

from genlib._guard import at_least, tensor
from genlib.vae import VAE
from genlib.widgets.base import Widget, tensor_trait
from genlib.widgets.latent_explorer.sending import PLACED, codes_of, examples_of, networks_of, use_of


class LatentExplorer(Widget):
    r"""Encodes an image, $x \mapsto q(z|x)$, and decodes any code, $z \mapsto \mathbb{E}[x|z]$, in the page.

    More latents than two are sorted by how much data use them, the mean $\operatorname{KL}(q(z_i|x)\,\|\,p(z_i))$; all
    but the first ones wait under *More*. Where there are no data, pictures that the model decodes stand for them.

    Args:
        vae: Model of square grey images, of vectors or `(1, H, H)`; its networks may be convolutional. A large one
            keeps 8 bits of each weight, a small one 16.
        x: Images in [0, 1], `(N, ...)`, to encode and to place in the latent space; the first 1000 are used. If they
            have no grey, drawings are made black and white too.
        y: Their classes, 0 to 9, `(N,)`.
        z: The code to begin with, `(L,)`; by default that of the first example, or else a draw from the prior.
        seed: Seed of what is drawn at random.

    Raises:
        ValueError: If a size or a value does not fit, or the networks cannot be sent to a page.

    Source: Kingma and Welling (2014).

    Example:
        >>> from genlib.nn import Bernoulli, Gaussian, conv_decoder, conv_encoder, mlp
        >>> vae = VAE(Gaussian(mlp(64, 32, 2 * 2)), Bernoulli(mlp(2, 32, 64)), latent=2)
        >>> LatentExplorer(vae, z=[0.5, -1]).z
        [0.5, -1.0]
        >>> encoder, decoder = conv_encoder((1, 8, 8), 8, latent=2 * 2), conv_decoder((1, 8, 8), 8, latent=2)
        >>> LatentExplorer(VAE(Gaussian(encoder), Bernoulli(decoder), latent=2)).encoder_spec["shape"]
        [1, 8, 8]
    """

    weights = traitlets.Bytes(help="Weights of the decoder.").tag(sync=True)
    spec = traitlets.Dict(help="Its layers, and which distribution its output sets.").tag(sync=True)
    encoder_weights = traitlets.Bytes(help="Weights of the encoder.").tag(sync=True)
    encoder_spec = traitlets.Dict(help="Its layers, and how its output is read.").tag(sync=True)
    examples = traitlets.Bytes(help="Images to choose from, 8 bits a pixel.").tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), help="What the examples are called.").tag(sync=True)
    labels = traitlets.List(traitlets.Int(), help="Class of each code.").tag(sync=True)
    codes = traitlets.Bytes(help="Mean code of each image, float32, (N, L).").tag(sync=True)
    kl = traitlets.List(traitlets.Float(), help="Mean KL(q(z|x) || p(z)) of each latent, over x.").tag(sync=True)
    binary = traitlets.Bool(help="Whether images have no grey.").tag(sync=True)
    seed = traitlets.Int(help="Seed of codes and pixels that are drawn.").tag(sync=True)

    z = traitlets.List(traitlets.Float(), help="The code that is shown; a list of L numbers moves it.").tag(sync=True)
    x_mean = tensor_trait("Mean of p(x|z), (1, D).")
    image = tensor_trait("What was encoded last, (1, D).")

    def __init__(
        self,
        vae: VAE,
        x: Tensor | None = None,
        y: Tensor | None = None,
        *,
        z: Sequence[float] | Tensor | None = None,
        seed: int = 0,
    ) -> None:
        at_least(0, seed=seed)
        traits, self._x = networks_of(vae), None if x is None else tensor(x, "x")[:PLACED].detach().flatten(1)
        start = torch.randn(vae.latent, generator=torch.Generator().manual_seed(seed)).numpy()
        if self._x is not None and x is not None:
            first, examples = examples_of(x, y, traits["encoder_spec"]["inputs"])
            traits |= examples | codes_of(self._x, vae, traits["encoder_spec"])
            start = np.frombuffer(traits["codes"], "<f4").reshape(-1, vae.latent)[first]
        else:
            traits |= use_of(vae, traits["encoder_spec"], seed)
        super().__init__(seed=seed, z=_numbers(start if z is None else z), **traits)

    def update(self, vae: VAE) -> None:
        """Goes on with the weights of `vae`, which has trained on; the code and the drawing keep their place."""
        traits = networks_of(vae)
        if any(traits[name] != getattr(self, name) for name in ("spec", "encoder_spec")):
            raise ValueError("this VAE has other layers than the one that the widget shows; make a new LatentExplorer")
        spec = traits["encoder_spec"]
        traits |= use_of(vae, spec, self.seed) if self._x is None else codes_of(self._x, vae, spec)
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    @traitlets.validate("z")
    def _one_code(self, proposal: traitlets.Bunch) -> list[float]:
        if len(proposal.value) != self.spec["inputs"] or not all(map(math.isfinite, proposal.value)):
            raise ValueError(f"z is {proposal.value}, expected {self.spec['inputs']} finite numbers, one a latent")
        return proposal.value


def _numbers(z: Any) -> list[Any]:
    """Returns a code as a list, whose entries the trait looks at."""
    return z.tolist() if hasattr(z, "tolist") else list(z)
