"""What torch says of TinyWorld: probabilities, gradients, training, where chains go, and what annealing finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genlib import data
from genlib.autoregressive import FVSBN, MADE
from genlib.data import binary_states
from genlib.energy import RBM, ais
from genlib.mixture import BernoulliMixture
from genlib.widgets.tiny_world import _parts


@cache
def states() -> Tensor:
    return binary_states(12).double()


@cache
def truth() -> Tensor:
    return data.tiny_world()[1]


def parts(rbm: RBM) -> list[Tensor]:
    """The parameters as the page has them."""
    return [p.detach().flatten().clone() for p in (rbm.W, rbm.b, rbm.c)]


def machine(hidden: int, scale: float = 1.0) -> RBM:
    """A machine whose every parameter has this standard deviation."""
    rbm = RBM(12, hidden).double()
    for p in rbm.parameters():
        p.data = scale * torch.randn_like(p)
    return rbm


def probabilities(hidden: int, scale: float) -> dict[str, Any]:
    rbm = machine(hidden, scale)
    slopes = torch.autograd.grad(-truth() @ rbm.log_prob(states()), [rbm.W, rbm.b, rbm.c])
    with torch.no_grad():
        return {
            "values": parts(rbm),
            "logP": rbm.log_prob(states()),
            "logZ": rbm.log_partition(),
            "slopes": [slope.flatten() for slope in slopes],
        }


def adam(rbm: RBM, losses: list[Any], rate: float) -> None:
    """Trains by autograd."""
    optimizer = torch.optim.Adam(rbm.parameters(), lr=rate)
    for loss in losses:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()


def training() -> dict[str, Any]:
    p, rbm = truth(), machine(6, 0.1)
    values = parts(rbm)
    adam(rbm, [lambda: -p @ rbm.log_prob(states())] * 100, 0.03)
    q = rbm.log_prob(states()).detach()
    standing = {
        "likelihood": p @ q,
        "forward": (p * (p.log() - q)).sum(),
        "backward": (q.exp() * (q - p.log())).sum(),
    }
    assert standing["likelihood"] > -7.7, "a hundred steps should have left the first plateau"
    return {"values": values, "trained": parts(rbm), "rate": 0.03, "steps": 100, "standing": standing}


def averages() -> dict[str, Any]:
    """Steps on averages over draws, the rate another one each time."""
    rbm, rates = machine(5, 0.5), [0.05, 0.02, 0.08]
    values = parts(rbm)
    drawn, random = torch.multinomial(truth(), 192, replacement=True).view(3, 64), torch.randint(4096, (3, 64))
    pairs = torch.stack([drawn, random], 1).tolist()
    optimizer = torch.optim.Adam(rbm.parameters())
    for (positive, negative), rate in zip(pairs, rates, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        free = rbm.free_energy(states())
        (free[positive].mean() - free[negative].mean()).backward()
        optimizer.step()
    return {"values": values, "pairs": pairs, "rates": rates, "trained": parts(rbm)}


@torch.no_grad()
def swept(law: Tensor, rbm: RBM, sweeps: int) -> Tensor:
    """The distribution of the state after some Gibbs sweeps, by enumeration of the hidden units."""
    h = binary_states(rbm.hidden).double()
    up, down = rbm.prob_h(states()), rbm.prob_x(h)
    to_h = torch.stack([torch.where(one > 0, up, 1 - up).prod(-1) for one in h], -1)
    to_x = torch.stack([torch.where(states() > 0, one, 1 - one).prod(-1) for one in down])
    for _ in range(sweeps):
        law = law @ to_h @ to_x
    return law


def phases() -> dict[str, Any]:
    """Where chains are after a step and after a second one."""
    rbm, uniform = machine(3, 1.5), torch.full((4096,), 1 / 4096, dtype=torch.float64)
    cases = []
    for method, k, batch in (("cd", 1, 16), ("cd", 3, 0), ("pcd", 1, 64), ("pcd", 2, 0)):
        calls = [swept(truth(), rbm, k) if method == "cd" else swept(uniform, rbm, k * n) for n in (1, 2)]
        cases.append({"settings": {"method": method, "k": k, "rate": 0.1, "batch": batch}, "calls": calls})
    return {"values": parts(rbm), "cases": cases}


@torch.no_grad()
def draws() -> dict[str, Any]:
    rbm = machine(4)
    return {"values": parts(rbm), "n": 20_000, "model": rbm.log_prob(states()).exp()}


@torch.no_grad()
def annealing() -> dict[str, Any]:
    rbm = machine(6, 1.6)
    found = [ais(rbm, chains=20, temperatures=20) for _ in range(400)]
    return {
        "values": parts(rbm),
        "logZ": rbm.log_partition(),
        "spread": float(np.std([one.log_z for one in found])),
        "error": float(np.mean([one.standard_error for one in found])),
    }


@torch.no_grad()
def spurious() -> dict[str, Any]:
    pictures = data.tiny_world()[0]
    numbers_of = (pictures.double() @ 2.0 ** torch.arange(11, -1, -1).double()).long()
    rbm = machine(4)
    over = rbm.log_prob(states()).exp() - truth()
    known = torch.cat([numbers_of, over.topk(3).indices])
    over[known] = -1
    return {"values": parts(rbm), "known": known, "worst": over.topk(50).indices}


@torch.no_grad()
def impossible() -> dict[str, Any]:
    """Data without noise, which exclude most of the states."""
    p, rbm = data.tiny_world(flip=0.0)[1], machine(4)
    return {"values": parts(rbm), "p": p, "likelihood": rbm.log_prob(states()[p > 0]).mean(), "entropy": np.log(32)}


def parts_of(model: nn.Module) -> list[Tensor]:
    return [p.detach().flatten().clone() for p in _parts(model)]


CHAINS: dict[str, Callable[[], nn.Module]] = {
    "fvsbn": lambda: FVSBN(12),
    "made": lambda: MADE(12, 5),
    "wide made": lambda: MADE(12, 14),
}


def chains() -> list[dict[str, Any]]:
    """Belief net and MADEs: probabilities, gradients, a hundred steps on the data and three on draws."""
    cases = []
    for name, build in CHAINS.items():
        model = build().double()
        for p in model.parameters():
            p.data = 0.5 * torch.randn_like(p)
        values, slopes = parts_of(model), torch.autograd.grad(-truth() @ model.log_prob(states()), _parts(model))
        log_p = model.log_prob(states()).detach()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
        for _ in range(30):
            optimizer.zero_grad()
            (-truth() @ model.log_prob(states())).backward()
            optimizer.step()
        cases.append({
            "name": name, "family": name.split()[-1], "hidden": getattr(model, "hidden", 2), "values": values,
            "logP": log_p, "slopes": [slope.flatten() for slope in slopes], "trained": parts_of(model),
        })  # fmt: skip
    return cases


@torch.no_grad()
def mixtures() -> dict[str, Any]:
    """EM over all states, each counted by its probability: responsibilities, and means that count with them."""
    model = BernoulliMixture(12, 5).double()
    model.logits.data, model.log_weights.data = torch.randn(5, 12).double(), torch.randn(5).double()
    values, log_p, likelihood = parts_of(model), model.log_prob(states()), []
    for _ in range(20):
        likelihood.append(truth() @ model.log_prob(states()))
        model.maximise(states(), truth()[:, None] * model.responsibilities(states()))
    return {"values": values, "logP": log_p, "trained": parts_of(model), "after": model.log_prob(states()),
            "likelihood": likelihood}  # fmt: skip


def numbers() -> dict[str, object]:
    return {
        "p": truth(),
        "law": truth().numpy().tobytes(),
        "start": torch.cat(parts(machine(3, 0.5))).numpy().tobytes(),
        "probabilities": [probabilities(*sizes) for sizes in ((2, 1.0), (5, 3.0), (16, 1.0))],
        "training": training(),
        "averages": averages(),
        "phases": phases(),
        "draws": draws(),
        "annealing": annealing(),
        "spurious": spurious(),
        "impossible": impossible(),
        "chains": chains(),
        "mixtures": mixtures(),
    }
