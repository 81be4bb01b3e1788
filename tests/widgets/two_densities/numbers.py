"""What torch says of one Gaussian beside two: both divergences, their slopes by autograd, and fifty steps."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence

TARGETS = [
    {"means": [-1.8, 1.8], "sigmas": [0.6, 0.6], "share": 0.5},
    {"means": [-0.5, 2.5], "sigmas": [1.2, 0.4], "share": 0.8},
    {"means": [0.7, 0.7], "sigmas": [0.9, 0.9], "share": 0.3},
]
STARTS = [(0.5, 1.0), (-3.0, 0.3), (3.5, 2.0)]


def grid() -> tuple[Tensor, float]:
    edges = torch.linspace(-20, 20, 2401)
    return (edges[1:] + edges[:-1]) / 2, 40 / 2400


def mixture(means: list[float], sigmas: list[float], share: float) -> MixtureSameFamily:
    return MixtureSameFamily(
        Categorical(torch.tensor([share, 1 - share])), Normal(torch.tensor(means), torch.tensor(sigmas))
    )


def divergence(p: MixtureSameFamily, mu: Tensor, log_sigma: Tensor, kl: str) -> Tensor:
    x, cell = grid()
    log_p, log_q = p.log_prob(x), Normal(mu, log_sigma.exp()).log_prob(x)
    one, other = (log_p, log_q) if kl == "pq" else (log_q, log_p)
    return (one.exp() * (one - other)).sum() * cell


def followed(p: MixtureSameFamily, start: tuple[float, float], kl: str) -> dict[str, object]:
    """Fifty steps of natural gradient descent, whose slopes are autograd's."""
    mu = torch.tensor(start[0], requires_grad=True)
    log_sigma = torch.tensor(math.log(start[1]), requires_grad=True)
    slopes, places = [], []
    for _ in range(50):
        by = torch.autograd.grad(divergence(p, mu, log_sigma, kl), [mu, log_sigma])
        slopes.append([slope.item() for slope in by])
        with torch.no_grad():
            sigma = log_sigma.exp()
            mu -= sigma * (0.1 * sigma * by[0]).clamp(-0.2, 0.2)
            log_sigma -= (0.1 * by[1] / 2).clamp(-0.2, 0.2)
        places.append([mu.item(), log_sigma.exp().item()])
    return {"kl": kl, "start": start, "slopes": slopes, "places": places}


def numbers() -> dict[str, object]:
    runs = []
    for target in TARGETS:
        p = mixture(**target)  # type: ignore[arg-type]
        for start in STARTS:
            begun = torch.tensor(start[0]), torch.tensor(start[1]).log()
            both = [divergence(p, *begun, kl).item() for kl in ("pq", "qp")]
            paths = [followed(p, start, kl) for kl in ("pq", "qp")]
            runs.append({"target": target, "start": start, "both": both, "paths": paths,
                         "mean": p.mean.item(), "variance": p.variance.item()})  # fmt: skip
    exact = kl_divergence(Normal(0.3, 0.8), Normal(-0.2, 1.1)).item()
    return {"runs": runs, "exact": exact}
