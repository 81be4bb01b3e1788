r"""A GAN that one can train by hand, on points in the plane."""

from __future__ import annotations

__all__ = ["GANLab"]

import copy
import math
from typing import Any

import torch
import traitlets
from torch import Tensor
from torch.distributions import Distribution

from genlib._guard import at_least, tensor
from genlib.data import densities, density
from genlib.gan import GAN, NonSaturatingGAN
from genlib.widgets.base import Widget, bytes_trait, tensor_trait
from genlib.widgets.exact import check_exact
from genlib.widgets.packing import pack, pack_tensors

POINTS = 4096
LOSSES: dict[str, type[GAN]] = {"minimax": GAN, "non_saturating": NonSaturatingGAN}
RANGES = {"rate_d": (1e-5, 0.1), "rate_g": (1e-5, 0.1), "d_steps": (1, 10), "batch": (8, 512)}


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

    generator_weights = traitlets.Bytes(help="Weights that G starts from.").tag(sync=True)
    generator_spec = traitlets.Dict(help="Layers of G.").tag(sync=True)
    generator_trained = bytes_trait("Weights of G when the page last came to rest, float32.")
    discriminator_weights = traitlets.Bytes(help="Weights that D starts from.").tag(sync=True)
    discriminator_spec = traitlets.Dict(help="Layers of D.").tag(sync=True)
    discriminator_trained = bytes_trait("Weights of D when the page last came to rest, float32.")
    points = traitlets.Bytes(help="Points of every distribution to choose from.").tag(sync=True)
    points_spec = traitlets.Dict(help="Where the points of each distribution lie.").tag(sync=True)

    rate_d = traitlets.Float(help="Learning rate of D.").tag(sync=True)
    rate_g = traitlets.Float(help="Learning rate of G.").tag(sync=True)
    d_steps = traitlets.Int(help="Steps of D before each step of G.").tag(sync=True)
    batch = traitlets.Int(help="Examples in a batch.").tag(sync=True)
    betas = traitlets.List(traitlets.Float(), help="Adam's decay rates.").tag(sync=True)
    seed = traitlets.Int(help="Seed of batches and noise.").tag(sync=True)
    limit = traitlets.Float(help="The plane reaches from -limit to limit.").tag(sync=True)
    loss_kind = traitlets.Unicode(help="Loss of G: minimax or non_saturating.").tag(sync=True)
    data_kind = traitlets.Unicode(help="What the true points are: a name, given, or drawn.").tag(sync=True)

    step_count = traitlets.Int(help="Steps of both players so far.").tag(sync=True)
    d_count = traitlets.Int(help="Steps of D so far.").tag(sync=True)
    g_count = traitlets.Int(help="Steps of G so far.").tag(sync=True)
    samples = tensor_trait("Samples G(z), (400, 2).")
    value = traitlets.Float(help="V(D, G), estimated from 2048 points of each kind.").tag(sync=True)
    jsd = traitlets.Float(help="Divergence of samples from true points, on a grid.").tag(sync=True)
    floor = traitlets.Float(help="The same for true points against others.").tag(sync=True)

    def __init__(
        self,
        gan: GAN,
        data: str | Distribution | Tensor = "eight_gaussians",
        *,
        rate_d: float = 5e-3,
        rate_g: float = 2e-3,
        d_steps: int = 1,
        batch: int = 128,
        betas: tuple[float, float] = (0.5, 0.999),
        seed: int = 0,
        limit: float = 4.0,
    ) -> None:
        networks, points = networks_of(gan), points_of(data, seed, limit)
        super().__init__(
            rate_d=rate_d,
            rate_g=rate_g,
            d_steps=d_steps,
            batch=batch,
            betas=list(betas),
            seed=seed,
            limit=limit,
            loss_kind=loss_of(gan),
            **networks,
            **points,
        )
        self._gan = gan

    def update(self, gan: GAN) -> None:
        """Starts anew from the weights of `gan`, which has trained on; settings, loss and data stay as they are."""
        with self.hold_sync():
            for name, value in networks_of(gan).items():
                setattr(self, name, value)
        self._gan = gan

    @torch.no_grad()
    def gan(self) -> GAN:
        """Returns the networks as the page had them when it last came to rest, with the loss that is chosen there."""
        trained = copy.deepcopy(self._gan)
        for net, weights in (
            (trained.generator, self.generator_trained),
            (trained.discriminator, self.discriminator_trained),
        ):
            parameters = list(net.parameters())
            values = torch.frombuffer(bytearray(weights), dtype=torch.float32)
            for parameter, part in zip(parameters, values.split([p.numel() for p in parameters]), strict=True):
                parameter.copy_(part.view_as(parameter))
        return LOSSES[self.loss_kind](trained.generator, trained.discriminator, self._gan.latent)

    @traitlets.validate("rate_d", "rate_g", "d_steps", "batch")
    def _in_range(self, proposal: traitlets.Bunch) -> float:
        name, value = proposal.trait.name, proposal.value
        low, high = RANGES[name]
        if not low <= value <= high:
            raise ValueError(f"{name} is {value}, expected {low:g} to {high:g}")
        return value

    @traitlets.validate("betas")
    def _two_shares(self, proposal: traitlets.Bunch) -> list[float]:
        value = proposal.value
        if len(value) != 2 or not all(0 <= beta < 1 for beta in value):
            raise ValueError(f"betas are {value}, expected two numbers, at least 0 and less than 1")
        return value

    @traitlets.validate("loss_kind", "data_kind")
    def _known(self, proposal: traitlets.Bunch) -> str:
        name, value = proposal.trait.name, proposal.value
        known = list(LOSSES) if name == "loss_kind" else [*self.points_spec, "drawn"]
        if value not in known:
            raise ValueError(f"{name} is {value!r}, expected one of {', '.join(known)}")
        return value


def loss_of(gan: GAN) -> str:
    """Returns the name of the loss of `gan`, or raises a `ValueError` where the page does not know it."""
    for name, kind in LOSSES.items():
        if type(gan) is kind:
            check_exact(gan, [kind], "this GAN")
            return name
    raise ValueError(f"the page knows the losses of GAN and NonSaturatingGAN, not those of {type(gan).__name__}")


def networks_of(gan: GAN) -> dict[str, Any]:
    """Returns the traits that hold both networks: the weights to start from, which are those reached so far too.

    Raises:
        ValueError: If the page does not know the losses, or a network does not fit the plane or a page.
    """
    loss_of(gan)
    found: dict[str, Any] = {}
    for name, expected in {"generator": (gan.latent, 2), "discriminator": (2, 1)}.items():
        weights, spec = pack(getattr(gan, name), "float32")
        got = (math.prod(spec["shape"]), math.prod(spec["output"]))
        if got != expected:
            raise ValueError(f"the {name} maps {got[0]} numbers to {got[1]}, expected {expected[0]} to {expected[1]}")
        found |= {f"{name}_weights": weights, f"{name}_trained": weights, f"{name}_spec": spec}
    return found


def points_of(data: str | Distribution | Tensor, seed: int, limit: float) -> dict[str, Any]:
    """Returns the traits that hold points of each distribution; the global random numbers stay as they are.

    Raises:
        ValueError: If `data` are not points in the plane.
    """
    at_least(0, seed=seed)
    if not isinstance(limit, int | float) or not 0 < limit < math.inf:
        raise ValueError(f"limit is {limit!r}, expected how far the plane that is shown reaches, such as 4")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pools = {name: density(name).sample((POINTS,)) for name in densities()}
        if not isinstance(data, str):
            pools = {"given": _given(data, limit), **pools}
    points, spec = pack_tensors(pools, "float16")
    return {"points": points, "points_spec": spec, "data_kind": data if isinstance(data, str) else "given"}


def _given(data: Distribution | Tensor, limit: float) -> Tensor:
    x = data.sample((POINTS,)) if isinstance(data, Distribution) else tensor(data, "data").detach()
    if x.ndim != 2 or x.shape[1] != 2 or len(x) < 256:
        raise ValueError(f"data has shape {tuple(x.shape)}, expected (N, 2) with N >= 256: points in the plane")
    if not x.abs().max() <= limit:
        raise ValueError(f"data reach {x.abs().max():g}, the plane {limit:g}; pass a larger limit, or scale them")
    return x.cpu()[torch.randperm(len(x))[:POINTS]]
