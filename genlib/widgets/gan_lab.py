r"""A GAN that one can train by hand, on points in the plane."""

from __future__ import annotations

__all__ = ["GANLab"]

import copy

import torch
import traitlets
from torch import Tensor, nn
from torch.distributions import Distribution

from genlib.data import densities, density
from genlib.gan import GAN, NonSaturatingGAN
from genlib.widgets._base import Spec, Widget, pack, pack_tensors, tensor_trait

POINTS = 4096
LOSSES: dict[str, type[GAN]] = {"minimax": GAN, "non_saturating": NonSaturatingGAN}
RANGES = {"rate_d": (1e-5, 0.1), "rate_g": (1e-5, 0.1), "d_steps": (1, 10), "batch": (8, 512)}


def _trained() -> traitlets.Bytes:
    return traitlets.Bytes().tag(sync=True, from_json=lambda value, widget: bytes(value))


class GANLab(Widget):
    r"""Trains a generator against a discriminator in the page, one step at a time or without a pause.

    The page takes Adam's steps on $V(D, G)$, from the weights given, and estimates $V$ and the Jensen-Shannon
    divergence on a 40 x 40 grid as it goes. Traits are what the reader sets (`rate_d`, `rate_g`, `d_steps`, `batch`,
    `loss_kind`, `data_kind`) and reaches (`step_count`, `d_count`, `g_count`, `value`, `jsd`, `floor`, `samples`).

    Args:
        gan: A `GAN` or `NonSaturatingGAN` of MLPs: noise `(B, L)` to points `(B, 2)`, points to logits `(B, 1)`.
        data: A name of `data.densities()`, a distribution, or points `(N, 2)`; the reader may choose another, or draw.
        rate_d: Learning rate of the discriminator, 1e-5 to 0.1.
        rate_g: Learning rate of the generator, 1e-5 to 0.1.
        d_steps: Steps of D before each step of G, 1 to 10.
        batch: Number of examples in a batch, 8 to 512.
        betas: Adam's decay rates; a long memory of old gradients makes the players overshoot each other.
        seed: Seed of batches and noise.
        limit: The plane reaches from `-limit` to `limit` on both axes.

    Raises:
        ValueError: If the networks do not fit the plane or the page, the data do not, or a number is out of range.

    Source: Goodfellow et al. (2014); Kahng et al., GAN Lab (2018).

    Example:
        >>> from genlib.nn import mlp
        >>> lab = GANLab(GAN(mlp(2, 16, 2), mlp(2, 16, 1), latent=2), "two_moons")
        >>> lab.loss_kind, lab.gan().sample(3).shape
        ('minimax', torch.Size([3, 2]))
    """

    parts = ("gan.js",)
    generator_weights, discriminator_weights, points = (traitlets.Bytes().tag(sync=True) for _ in range(3))
    generator_spec, discriminator_spec, points_spec = (traitlets.Dict().tag(sync=True) for _ in range(3))
    generator_trained, discriminator_trained = _trained(), _trained()
    rate_d, rate_g, limit = (traitlets.Float().tag(sync=True) for _ in range(3))
    value, jsd, floor = (traitlets.Float().tag(sync=True) for _ in range(3))
    d_steps, batch, seed = (traitlets.Int().tag(sync=True) for _ in range(3))
    step_count, d_count, g_count = (traitlets.Int().tag(sync=True) for _ in range(3))
    betas = traitlets.List(traitlets.Float()).tag(sync=True)
    loss_kind = traitlets.Unicode(help="What the generator minimises.").tag(sync=True)
    data_kind = traitlets.Unicode(help='A name of `data.densities()`, "given" or "drawn".').tag(sync=True)
    samples = tensor_trait("Samples of the generator, `(400, 2)`.")

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
        points, points_spec = pack_tensors(_pools(data, seed, limit), "float16")
        super().__init__(points=points, points_spec=points_spec, limit=limit, betas=list(betas), seed=seed)
        self.update(gan)
        self.rate_d, self.rate_g, self.d_steps, self.batch = rate_d, rate_g, d_steps, batch
        self.data_kind = data if isinstance(data, str) else "given"
        self.loss_kind = next(name for name, kind in LOSSES.items() if type(gan) is kind)

    def update(self, gan: GAN) -> None:
        """Starts anew from the weights of `gan`, which has trained on; rates, loss and data stay as they are."""
        generator, discriminator = _pack_players(gan)
        self._gan = copy.deepcopy(gan)
        with self.hold_sync():
            self.generator_weights, self.generator_spec = generator
            self.discriminator_weights, self.discriminator_spec = discriminator
            self.generator_trained, self.discriminator_trained = generator[0], discriminator[0]

    @torch.no_grad()
    def gan(self) -> GAN:
        """Returns the networks as trained in the page, when it last came to rest, with the loss that it has now."""
        start = copy.deepcopy(self._gan)
        players = ((start.generator, self.generator_trained), (start.discriminator, self.discriminator_trained))
        for net, trained in players:
            parameters = list(net.parameters())
            values = torch.frombuffer(bytearray(trained), dtype=torch.float32).split([p.numel() for p in parameters])
            for parameter, part in zip(parameters, values, strict=True):
                parameter.copy_(part.view_as(parameter))
        return LOSSES[self.loss_kind](start.generator, start.discriminator, start.latent)

    @traitlets.validate(*RANGES)
    def _in_range(self, proposal: traitlets.Bunch) -> float:
        low, high = RANGES[proposal.trait.name]
        if not low <= proposal.value <= high:
            raise ValueError(f"{proposal.trait.name} is {proposal.value}, expected {low:g} to {high:g}")
        return proposal.value

    @traitlets.validate("loss_kind", "data_kind")
    def _known(self, proposal: traitlets.Bunch) -> str:
        known = list(LOSSES) if proposal.trait.name == "loss_kind" else [*self.points_spec, "drawn"]
        if proposal.value not in known:
            raise ValueError(f"{proposal.trait.name} is {proposal.value!r}, expected one of {', '.join(known)}")
        return proposal.value


def _pools(data: str | Distribution | Tensor, seed: int, limit: float) -> dict[str, Tensor]:
    """Returns points of each law that the reader can choose, drawn without touching the global random numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pools = {name: density(name).sample((POINTS,)) for name in densities()}
        if not isinstance(data, str):
            x = data.sample((POINTS,)) if isinstance(data, Distribution) else data.detach()
            if x.ndim != 2 or x.shape[1] != 2 or len(x) < 256:
                raise ValueError(f"data has shape {tuple(x.shape)}, expected (N, 2) with N >= 256: points in the plane")
            if not x.abs().max() <= limit:
                raise ValueError(
                    f"data reach {x.abs().max():g}, the plane {limit:g}; pass a larger limit, or scale them"
                )
            pools = {"given": x[torch.randperm(len(x), device="cpu")[:POINTS]], **pools}
    return pools


def _pack_players(gan: GAN) -> list[tuple[bytes, Spec]]:
    if type(gan) not in LOSSES.values():
        raise ValueError(f"the page knows the losses of GAN and NonSaturatingGAN, not those of {type(gan).__name__}")
    players = []
    expected = {"generator": (gan.latent, 2), "discriminator": (2, 1)}
    for name, sizes in expected.items():
        net: nn.Sequential = getattr(gan, name)
        weights, spec = pack(net, "float32")
        shapes = [layer["weight"]["shape"] for layer in spec["layers"] if "weight" in layer]
        got = (shapes[0][1], shapes[-1][0])
        if got != sizes:
            raise ValueError(f"the {name} maps {got[0]} numbers to {got[1]}, expected {sizes[0]} to {sizes[1]}")
        players.append((weights, spec))
    return players
