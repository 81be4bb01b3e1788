"""What torch says of both phases of contrastive divergence."""

from __future__ import annotations

from page_models import coins, packed_rbm

MODEL = "gibbs_chain/model.js"
LOWERED = "lowered[i] = negative.h[j] * negative.x[i]"

MUTANTS = {
    "hidden units of the other phase": (MODEL, "positive.h[j] * positive.x[i]", "negative.h[j] * positive.x[i]"),
    "pixels of the other phase": (MODEL, LOWERED, LOWERED.replace("negative.x", "positive.x")),
    "phases the wrong way round": (MODEL, "raised[i] - lowered[i]", "lowered[i] - raised[i]"),
    "energy upside down": (MODEL, "free: machine.freeEnergy(x)", "free: -machine.freeEnergy(x)"),
    "input without its bias": (MODEL, "let sum = bias;", "let sum = 0;"),
    "kept pixels are not put back": (MODEL, "(mask[i] ? image[i] : coin)", "coin"),
    "all of an image is kept": (MODEL, "(mask[i] ? image[i] : coin)", "image[i]"),
    "a frame that does not restart": (MODEL, 'chain.start(data, "data");', ""),
    "half of the data in the band": (MODEL, "from: at(0.1)", "from: at(0.25)"),
    "an axis made for noise": (MODEL, "sweep >= from", "sweep >= 0"),
}


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
