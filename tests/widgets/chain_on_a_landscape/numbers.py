"""What torch says of a landscape of round hills, and the library of what a chain is worth."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from genlib.sampling import autocorrelation, effective_size

HILLS = [(-1.0, 0.5, 0.5, 2.0), (1.5, -1.0, 0.8, 1.0), (0.5, 1.5, 0.3, 0.5)]


def landscape() -> MixtureSameFamily:
    rows = torch.tensor(HILLS)
    hills = Independent(Normal(rows[:, :2], rows[:, 2:3].expand(-1, 2)), 1)
    return MixtureSameFamily(Categorical(rows[:, 3]), hills)


def conditional(given: int, at: float) -> Tensor:
    rows = torch.tensor(HILLS)
    return (rows[:, 3].log() + Normal(rows[:, given], rows[:, 2]).log_prob(torch.tensor(at))).softmax(0)


def margin(axis: int, at: Tensor) -> Tensor:
    rows = torch.tensor(HILLS)
    terms = Normal(rows[:, axis], rows[:, 2]).log_prob(at[:, None]).exp()
    return terms @ (rows[:, 3] / rows[:, 3].sum())


def places() -> dict[str, object]:
    x = (2 * torch.randn(20, 2)).requires_grad_()
    log_p = landscape().log_prob(x)
    (slope,) = torch.autograd.grad(log_p.sum(), x)
    return {"places": x.detach(), "logDensity": log_p.detach(), "slope": slope}


def chain(a: float, n: int = 1500) -> dict[str, object]:
    x = [torch.randn(())]
    for _ in range(n - 1):
        x.append(a * x[-1] + math.sqrt(1 - a * a) * torch.randn(()))
    values = 3 + torch.stack(x)
    return {"values": values, "size": effective_size(values), "rho": autocorrelation(values)[:100]}


def numbers() -> dict[str, object]:
    at = torch.linspace(-3, 3, 13)
    rows = torch.tensor(HILLS)
    mean = rows[:, 3] @ rows[:, :2] / rows[:, 3].sum()
    second = (rows[:, 3, None] * (rows[:, :2].square() + rows[:, 2:3].square())).sum(0) / rows[:, 3].sum()
    return {
        "hills": [dict(zip(("x", "y", "width", "weight"), row, strict=True)) for row in HILLS],
        **places(),
        "conditionals": [{"given": "xy"[i], "at": v, "of": conditional(i, v)} for i, v in ((0, 0.3), (1, -0.7))],
        "margins": {"at": at, "x": margin(0, at), "y": margin(1, at)},
        "mean": mean,
        "second": second,
        "chains": [chain(a) for a in (-0.5, 0.0, 0.8, 0.97)],
    }
