"""What torch says of a denoiser: its answers, answers to answers, and where a step of the chain can lead."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlib.autoencoders import BinaryAutoencoder, DenoisingAutoencoder
from genlib.data import binary_states
from genlib.nn import mlp
from genlib.widgets.denoiser import network_of
from genlib.widgets.packing import rounded

AMOUNT = 0.4


def denoiser(features: int, hidden: int) -> DenoisingAutoencoder:
    """Returns a loud denoiser."""
    plain = BinaryAutoencoder(mlp(features, 7, hidden), mlp(hidden, features)).requires_grad_(False)
    for parameter in plain.parameters():
        parameter.normal_()
    return DenoisingAutoencoder(plain, lambda x: x)


def as_sent(model: DenoisingAutoencoder) -> nn.Module:
    """Returns the network of log-odds with the weights that the page has."""
    return rounded(nn.Sequential(model.autoencoder.encoder, model.autoencoder.decoder))


def answers() -> dict[str, object]:
    """Returns what is said of four pictures, grey levels beyond 0 and 1 among them, and of the answers three times."""
    model = denoiser(9, 5)
    net, x = as_sent(model), torch.randn(4, 9)
    looks = [net(x).sigmoid()]
    for _ in range(3):
        looks.append(net(looks[-1]).sigmoid())
    return {**network_of(model), "x": x, "looks": torch.stack(looks, 1)}


def corruption(x: Tensor, kind: str) -> Tensor:
    """Returns C(x'|x) for all states x', by the definition of the noise."""
    states = binary_states(len(x))
    stays = {"masking": 1 - AMOUNT * x, "salt and pepper": 0 * x + 1 - AMOUNT / 2}[kind]
    becomes = {"masking": 0 * x + AMOUNT * x, "salt and pepper": 0 * x + AMOUNT / 2}[kind]
    return torch.where(states == x, stays, becomes).prod(1)


def step(kind: str) -> dict[str, object]:
    """Returns where a step of the chain leads from 101, the probability of every state."""
    model, x = denoiser(3, 4), torch.tensor([1.0, 0.0, 1.0])
    states = binary_states(3)
    mean = as_sent(model)(states).sigmoid()
    each = torch.where(states[None] == 1, mean[:, None], 1 - mean[:, None]).prod(2)
    return {**network_of(model), "kind": kind, "amount": AMOUNT, "x": x, "p": corruption(x, kind) @ each}


def numbers() -> dict[str, object]:
    return {"answers": answers(), "steps": [step("masking"), step("salt and pepper")]}
