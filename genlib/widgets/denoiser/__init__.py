r"""A picture is spoilt and cleaned in the page: again and again, or in turns, as a chain that samples."""

from __future__ import annotations

__all__ = ["Denoiser"]

from typing import Any

import traitlets
from torch import Tensor, nn

from genlib.autoencoders import BinaryAutoencoder, DenoisingAutoencoder
from genlib.widgets.base import Bounded, Widget, check_image, tensor_trait
from genlib.widgets.exact import check_exact
from genlib.widgets.packing import pack, pack_bits

NOISES = ["gaussian", "masking", "salt and pepper"]
WAYS = ["clean", "chain"]
MOST_PICTURES = 20


class Denoiser(Widget):
    r"""Corrupts a picture, $x' \sim C(x'|x)$, and shows what a denoiser makes of it, the mean $\hat x$ of each pixel.

    A step of the way "clean" takes the answer for the next question, $x' \leftarrow \hat x$. One of the way "chain"
    draws $x \sim \operatorname{Bernoulli}(\hat x)$ pixel by pixel and corrupts it anew, which is a `GSN`.

    The reader sets the traits `kind`, `amount` and `way` and draws, and reaches `steps`, `x_noisy` and `x_mean`;
    setting the former in Python moves the page.

    Args:
        model: A denoiser around a `BinaryAutoencoder`, whose networks the page can compute.
        x: Pictures of zeros and ones to choose from, `(N, ...)`, 20 at most.
        kind: "gaussian", "masking" or "salt and pepper".
        amount: Standard deviation of Gaussian noise, or the probability that a pixel is blanked or replaced, 0 to 1.
        way: "clean" or "chain".
        shape: Rows and columns of a picture, by default a square.
        seed: Seed of the noise.

    Raises:
        ValueError: If a size does not fit, a value is not 0 or 1, an option is out of range, or the page cannot run the
            model.

    Source: Vincent et al. (2008); Bengio et al., Generalized Denoising Auto-Encoders as Generative Models (2013).

    Example:
        >>> import torch
        >>> from genlib.nn import mlp
        >>> plain = BinaryAutoencoder(mlp(64, 32), mlp(32, 64))
        >>> Denoiser(DenoisingAutoencoder(plain, lambda x: x), torch.ones(3, 64), kind="masking").kind
        'masking'
    """

    weights = traitlets.Bytes(help="Weights of encoder and decoder.").tag(sync=True)
    spec = traitlets.Dict(help="Their layers.").tag(sync=True)
    pictures = traitlets.Bytes(help="Pictures to choose from, one bit a pixel.").tag(sync=True)
    count = traitlets.Int(help="Number of pictures.").tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the noise.").tag(sync=True)

    kind = traitlets.Enum(NOISES, "salt and pepper", help="Kind of noise.").tag(sync=True)
    amount = Bounded(0.4, min=0.0, max=1.0, help="How much of it.").tag(sync=True)
    way = traitlets.Enum(WAYS, "clean", help="What a step does.").tag(sync=True)

    steps = traitlets.Int(help="Steps since the picture was given.").tag(sync=True)
    x_noisy = tensor_trait("What the network is given now, (1, D).")
    x_mean = tensor_trait("What it makes of that, the mean of each pixel, (1, D).")

    def __init__(
        self,
        model: DenoisingAutoencoder,
        x: Tensor,
        *,
        kind: str = "salt and pepper",
        amount: float = 0.4,
        way: str = "clean",
        shape: tuple[int, int] | None = None,
        seed: int = 0,
    ) -> None:
        network = network_of(model)
        features = network["spec"]["shape"][0]
        pictures = pack_bits(x, features, "x")
        if not 1 <= len(x) <= MOST_PICTURES:
            raise ValueError(f"x has {len(x)} pictures, expected 1 to {MOST_PICTURES}: x[:{MOST_PICTURES}]")
        super().__init__(
            pictures=pictures,
            count=len(x),
            shape=list(check_image(shape, features)),
            kind=kind,
            amount=amount,
            way=way,
            seed=seed,
            **network,
        )

    def update(self, model: DenoisingAutoencoder) -> None:
        """Goes on with the weights of `model`, which has trained on; what was drawn stays."""
        network = network_of(model)
        if network["spec"] != self.spec:
            raise ValueError(
                "this model has other layers than the widget shows, expected the same: make a new Denoiser"
            )
        self.weights = network["weights"]


def network_of(model: DenoisingAutoencoder) -> dict[str, Any]:
    """Returns the traits that hold encoder and decoder as one network, from pictures to log-odds.

    Raises:
        ValueError: If the page cannot run the model, or it is none of flat pictures.
    """
    check_exact(model, [DenoisingAutoencoder], "the model")
    check_exact(model.autoencoder, [BinaryAutoencoder], "the autoencoder")
    weights, spec = pack(nn.Sequential(model.autoencoder.encoder, model.autoencoder.decoder))
    if spec["output"] != spec["shape"] or len(spec["shape"]) != 1:
        raise ValueError(
            f"the networks lead from {tuple(spec['shape'])} to {tuple(spec['output'])}, expected flat pictures and back"
        )
    return {"weights": weights, "spec": spec}
