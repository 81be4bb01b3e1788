"""What torch says of annealing, for random numbers drawn before: log-weights, and what they are worth."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from page_models import Told, coins, packed_rbm
from torch import Tensor

from genlib.evaluate import effective_sample_size
from genlib.widgets.packing import pack_bits, unpack_tensors


def annealed(read: dict[str, Tensor], betas: list[float], chains: int, told: Told, x: Tensor | None) -> dict:
    """Anneals in torch, from the formulas, chain after chain at each temperature."""
    w, b, c, base = (read[name] for name in ("W", "b", "c", "base"))

    def free(beta: float, x: Tensor) -> Tensor:
        inputs = beta * (w @ x + b)
        return -(x @ ((1 - beta) * base + beta * c)) - torch.logaddexp(inputs, torch.zeros(())).sum()

    rows = [told.bernoulli(torch.sigmoid(base)) for _ in range(chains)] if x is None else list(x)
    log_w = torch.zeros(chains)
    for i, (old, new) in enumerate(pairwise(betas)):
        for n in range(chains):
            if i:
                h = told.bernoulli(torch.sigmoid(old * (w @ rows[n] + b)))
                rows[n] = told.bernoulli(torch.sigmoid((1 - old) * base + old * (c + h @ w)))
            log_w[n] += free(old, rows[n]) - free(new, rows[n])
    return {"logW": log_w, "x": rows}


def run(features: int, hidden: int, up: bool, chains: int = 7) -> dict[str, object]:
    _, sent = packed_rbm(features, hidden, 0.7, base=torch.randn(features))
    betas = torch.linspace(0, 1, 6).square().tolist()[:: 1 if up else -1]
    samples, uniforms = (
        None if up else coins(chains, features),
        torch.rand(chains * (features + 5 * (features + hidden))),
    )
    told, read = Told(uniforms), unpack_tensors(sent["weights"], sent["spec"])
    found = annealed(read, betas, chains, told, samples)
    log_z_of_base = hidden * torch.tensor(2.0).log() + F.softplus(read["base"], threshold=100).sum()
    given = {"betas": betas, "chains": chains, "samples": samples, "uniforms": uniforms}
    return {**sent, **given, **found, "used": told.used, "logZOfBase": log_z_of_base}


def summary() -> dict[str, object]:
    log_w, n = 3 * torch.randn(200) - 900, 200
    mean = log_w.logsumexp(0) - torch.tensor(float(n)).log()
    return {
        "logW": log_w,
        "logMean": mean,
        "error": (log_w - mean).exp().std() / n**0.5,
        "size": effective_sample_size(log_w),
        "sigma": log_w.std(),
        "shares": log_w.softmax(0),
    }


def machine() -> dict[str, object]:
    """A machine whose log Z is known, samples of its exact distribution, and bases of its own."""
    rbm, sent = packed_rbm(12, 5, 0.5, base=torch.randn(12))
    states = coins(400, 12)
    for _ in range(200):
        states = rbm.gibbs(states)
    samples = pack_bits(states, 12, "samples")
    return {**sent, "samples": samples, "sampleCount": 400, "seed": 3, "logZ": rbm.log_partition()}


def numbers() -> dict[str, object]:
    sizes = ((64, 16), (200, 30), (5, 3))
    return {
        "runs": [run(*size, up) for size in sizes for up in (True, False)],
        "summary": summary(),
        "machine": machine(),
    }
