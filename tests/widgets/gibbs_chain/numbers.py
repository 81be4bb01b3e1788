"""What torch says of both phases of contrastive divergence."""

from __future__ import annotations

from page_models import coins, packed_rbm


def rule() -> dict[str, object]:
    """The learning rule for pairs of pictures: what W, b and c rise by, and free energies."""
    rbm, sent = packed_rbm(64, 24, 0.3)
    x, sampled = coins(4, 64), coins(4, 64)
    # gradient() leaves the negative samples in the chains that it was given.
    slopes = [rbm.gradient(x[n : n + 1], steps=2, chains=sampled[n : n + 1]) for n in range(len(x))]
    steps = [dict(zip("Wbc", (-slope for slope in each), strict=True)) for each in slopes]
    inputs = x @ rbm.W.T + rbm.b
    free = {"free": rbm.free_energy(x), "freeSampled": rbm.free_energy(sampled)}
    return {**sent, "x": x, "sampled": sampled, "steps": steps, "inputs": inputs, **free}


def study() -> dict[str, object]:
    rbm, sent = packed_rbm(64, 16, 0.3)
    x = coins(100, 64)
    free = rbm.free_energy(x).sort().values
    return {**sent, "x": x, "band": [free[10], free[89]]}


def numbers() -> dict[str, object]:
    return {"rule": rule(), "study": study()}
