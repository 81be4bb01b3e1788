"""What torch says of a landscape of round hills, and the library of what a chain is worth."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from genlib.sampling import autocorrelation, effective_size

MODEL = "chain_on_a_landscape/model.js"

MUTANTS = {
    "hills of one height": (MODEL, "Math.log(hill.weight / (2 * Math.PI * hill.width ** 2)) -", "0 -"),
    "a density that is not normalised": (MODEL, "all - Math.log(totalWeight(hills))", "all"),
    "a slope downhill": (MODEL, "(hill.x - place.x)", "(place.x - hill.x)"),
    "a slope of narrow hills": (MODEL, "(hill.y - place.y)) / hill.width ** 2", "(hill.y - place.y)) / hill.width"),
    "a margin of weights alone": (MODEL, "(hill.weight / hill.width) * Math.exp", "hill.weight * Math.exp"),
    "a conditional by the wrong width": (MODEL, "Math.log(hill.weight / hill.width) - ", "Math.log(hill.weight) - "),
    "every proposal taken": (MODEL, "if (Math.log(random.uniform()) < ratio) this", "if (ratio < 99) this"),
    "hot as cold": (MODEL, "logDensity(hills, place)) / heat", "logDensity(hills, place))"),
    "an exchange of the wrong sign": (MODEL, "ratio = (1 / LADDER[i] - 1", "ratio = -(1 / LADDER[i] - 1"),
    "both coordinates given the start": (MODEL, "redrawn(hills, random, \"y\", x)", "redrawn(hills, random, \"y\", y)"),
    "a step twice as long": (MODEL, "step = scale ** 2 / 2", "step = scale ** 2"),
    "deviations from zero": (MODEL, "value - average)", "value)"),
    "pairs that may grow": (MODEL, "least = Math.min(least, pair)", "least = pair"),
    "half of the correlations": (MODEL, "tau += 2 * least", "tau += least"),
    "what lies outside left out": (MODEL, "1 / (values.length * width)", "1 / (counts.length * width)"),
    "a start that is counted": (MODEL, "Math.floor(this.steps / 10)", "Math.floor(this.steps / 1e9)"),
}
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
