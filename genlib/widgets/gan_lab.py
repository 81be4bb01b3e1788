r"""A GAN that one can train by hand, on points in the plane."""

from __future__ import annotations

__all__ = ["GANLab"]

import traitlets
from torch import Tensor
from torch.distributions import Distribution

from genlib.gan import GAN
from genlib.widgets._base import Widget, tensor_trait
from genlib.widgets._gan import RANGES, checked, loss_of, networks_of, points_of, with_weights


class GANLab(Widget):
    r"""Trains a generator against a discriminator in the page: Adam's steps on $V(D, G)$, one by one or in play.

    The reader sets the traits `rate_d`, `rate_g`, `d_steps`, `batch`, `loss_kind` and `data_kind`, and reaches
    `step_count`, `d_count`, `g_count`, `samples`, `value` $V(D, G)$, and `jsd`, the Jensen-Shannon divergence on a
    40 x 40 grid, beside its `floor`: what true points reach against as many others.

    Args:
        gan: A `GAN` or `NonSaturatingGAN` of MLPs: noise `(B, L)` to points `(B, 2)`, points to logits `(B, 1)`.
        data: A name of `data.densities()`, a distribution, or points `(N, 2)`; the reader can change it, or draw.
        rate_d: Learning rate of the discriminator, 1e-5 to 0.1.
        rate_g: Learning rate of the generator, 1e-5 to 0.1.
        d_steps: Steps of D before each step of G, 1 to 10.
        batch: Number of examples in a batch, 8 to 512.
        betas: Adam's decay rates; a long memory of old gradients makes the players overshoot each other.
        seed: Seed of batches and noise.
        limit: The plane reaches from `-limit` to `limit` on both axes.

    Raises:
        ValueError: If networks or data do not fit the plane or the page, or a number is out of range.

    Source: Goodfellow et al. (2014); Kahng et al., GAN Lab (2018).

    Example:
        >>> from genlib.nn import mlp
        >>> GANLab(GAN(mlp(2, 16, 2), mlp(2, 16, 1), latent=2), "two_moons").gan().sample(3).shape
        torch.Size([3, 2])
    """

    parts = ("gan.js", "gan_plane.js")

    generator_weights, discriminator_weights, points = (traitlets.Bytes().tag(sync=True) for _ in range(3))
    generator_spec, discriminator_spec, points_spec = (traitlets.Dict().tag(sync=True) for _ in range(3))
    generator_trained, discriminator_trained = (
        traitlets.Bytes().tag(sync=True, from_json=lambda value, widget: bytes(value)) for _ in range(2)
    )
    d_steps, batch, seed, step_count, d_count, g_count = (traitlets.Int().tag(sync=True) for _ in range(6))
    rate_d, rate_g, limit, value, jsd, floor = (traitlets.Float().tag(sync=True) for _ in range(6))
    loss_kind, data_kind = (traitlets.Unicode().tag(sync=True) for _ in range(2))
    betas, samples = traitlets.List(traitlets.Float()).tag(sync=True), tensor_trait("Samples G(z), (400, 2).")

    def __init__(
        self, gan: GAN, data: str | Distribution | Tensor = "eight_gaussians", *,
        rate_d: float = 5e-3, rate_g: float = 2e-3, d_steps: int = 1, batch: int = 128,
        betas: tuple[float, float] = (0.5, 0.999), seed: int = 0, limit: float = 4.0,
    ) -> None:  # fmt: skip
        settings = {"rate_d": rate_d, "rate_g": rate_g, "d_steps": d_steps, "batch": batch, "loss_kind": loss_of(gan)}
        settings |= networks_of(gan) | points_of(data, seed, limit)
        super().__init__(betas=list(betas), seed=seed, limit=limit, **settings)
        self._gan = gan

    def update(self, gan: GAN) -> None:
        """Starts anew from the weights of `gan`, which has trained on; settings, loss and data stay as they are."""
        with self.hold_sync():
            for name, value in networks_of(gan).items():
                setattr(self, name, value)
        self._gan = gan

    def gan(self) -> GAN:
        """Returns the networks as the page had them when it last came to rest, with the loss that is chosen there."""
        return with_weights(self._gan, self.generator_trained, self.discriminator_trained, self.loss_kind)

    @traitlets.validate("loss_kind", "data_kind", *RANGES)
    def _checked(self, proposal: traitlets.Bunch) -> float | str:
        return checked(proposal.trait.name, proposal.value, [*self.points_spec, "drawn"])
