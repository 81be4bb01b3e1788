r"""What `GANLab` sends to the page, two networks and points of several laws, and what it takes back."""

from __future__ import annotations

__all__ = ["RANGES", "checked", "loss_of", "networks_of", "points_of", "with_weights"]

import copy
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from genlib.data import densities, density
from genlib.gan import GAN, NonSaturatingGAN
from genlib.widgets._base import pack, pack_tensors

POINTS = 4096
LOSSES: dict[str, type[GAN]] = {"minimax": GAN, "non_saturating": NonSaturatingGAN}
RANGES = {"rate_d": (1e-5, 0.1), "rate_g": (1e-5, 0.1), "d_steps": (1, 10), "batch": (8, 512)}


def loss_of(gan: GAN) -> str:
    """Returns the name of the loss of `gan`, or raises a `ValueError` where the page does not know it."""
    for name, kind in LOSSES.items():
        if type(gan) is kind:
            return name
    raise ValueError(f"the page knows the losses of GAN and NonSaturatingGAN, not those of {type(gan).__name__}")


def networks_of(gan: GAN) -> dict[str, Any]:
    """Returns the traits that hold both networks: the weights to start from, which are those reached so far too.

    Raises:
        ValueError: If the page does not know the losses, or a network does not fit the plane or a page.
    """
    loss_of(gan)
    traits: dict[str, Any] = {}
    for name, expected in {"generator": (gan.latent, 2), "discriminator": (2, 1)}.items():
        weights, spec = pack(getattr(gan, name), "float32")
        shapes = [layer["weight"]["shape"] for layer in spec["layers"] if "weight" in layer]
        got = (shapes[0][1], shapes[-1][0])
        if got != expected:
            raise ValueError(f"the {name} maps {got[0]} numbers to {got[1]}, expected {expected[0]} to {expected[1]}")
        traits |= {f"{name}_weights": weights, f"{name}_trained": weights, f"{name}_spec": spec}
    return traits


def points_of(data: str | Distribution | Tensor, seed: int, limit: float) -> dict[str, Any]:
    """Returns the traits that hold points of each law; the global random numbers stay as they are.

    Raises:
        ValueError: If `data` are not points in the plane.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pools = {name: density(name).sample((POINTS,)) for name in densities()}
        if not isinstance(data, str):
            pools = {"given": _given(data, limit), **pools}
    points, spec = pack_tensors(pools, "float16")
    return {"points": points, "points_spec": spec, "data_kind": data if isinstance(data, str) else "given"}


def _given(data: Distribution | Tensor, limit: float) -> Tensor:
    x = data.sample((POINTS,)) if isinstance(data, Distribution) else data.detach()
    if x.ndim != 2 or x.shape[1] != 2 or len(x) < 256:
        raise ValueError(f"data has shape {tuple(x.shape)}, expected (N, 2) with N >= 256: points in the plane")
    if not x.abs().max() <= limit:
        raise ValueError(f"data reach {x.abs().max():g}, the plane {limit:g}; pass a larger limit, or scale them")
    return x.cpu()[torch.randperm(len(x))[:POINTS]]


@torch.no_grad()
def with_weights(gan: GAN, generator: bytes, discriminator: bytes, loss: str) -> GAN:
    """Returns a copy of `gan` with other weights, float32 one after the other, and with the loss of this name."""
    trained = copy.deepcopy(gan)
    for net, weights in ((trained.generator, generator), (trained.discriminator, discriminator)):
        parameters = list(net.parameters())
        values = torch.frombuffer(bytearray(weights), dtype=torch.float32)
        for parameter, part in zip(parameters, values.split([p.numel() for p in parameters]), strict=True):
            parameter.copy_(part.view_as(parameter))
    return LOSSES[loss](trained.generator, trained.discriminator, gan.latent)


def checked(name: str, value: float | str, laws: list[str]) -> float | str:
    """Returns the value of a setting, or raises a `ValueError` where it is out of range or unknown."""
    if name in RANGES:
        low, high = RANGES[name]
        if not low <= float(value) <= high:
            raise ValueError(f"{name} is {value}, expected {low:g} to {high:g}")
    elif value not in (known := list(LOSSES) if name == "loss_kind" else laws):
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(known)}")
    return value
