"""What torch and the library say of a mixture that learns: joint, guesses, M step, and both curves of a step."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from page_models import coins
from torch import Tensor

from genlib import data
from genlib.mixture import BernoulliMixture

SIZE = 12

def mixture(components: int, scale: float = 1.0) -> BernoulliMixture:
    model = BernoulliMixture(SIZE, components).requires_grad_(False)
    model.log_weights.copy_(torch.randn(components))
    model.logits.copy_(scale * torch.randn(components, SIZE))
    return model


def parameters(model: BernoulliMixture) -> dict[str, Tensor]:
    return {"logWeights": model.log_weights, "logits": model.logits.flatten()}


def guesses(model: BernoulliMixture, x: Tensor) -> dict[str, Tensor]:
    half = SIZE // 2
    upper = model.pi.log() + (x[:, None, :half] * model.mu[:, :half].log()).sum(2)
    upper = upper + ((1 - x[:, None, :half]) * (1 - model.mu[:, :half]).log()).sum(2)
    return {
        "posterior": model.responsibilities(x),
        "decided": F.one_hot(model.log_joint(x).argmax(1), model.components).to(x),
        "half blind": upper.softmax(1),
    }


def line(model: BernoulliMixture, to: BernoulliMixture, x: Tensor, q: Tensor) -> list[dict[str, float]]:
    """Returns both curves between two mixtures, a point at a time, by the library."""
    points, here = [], mixture(model.components)
    for s in (-0.25, 0.0, 0.5, 1.0, 1.75):
        for name in ("log_weights", "logits"):
            getattr(here, name).copy_(torch.lerp(getattr(model, name), getattr(to, name), s))
        means = here.log_prob(x).mean().item(), here.bound(x, q).mean().item()
        points.append({"s": s, "likelihood": means[0], "bound": means[1]})
    return points


def case(components: int, guess: str, smoothing: float) -> dict[str, object]:
    x, model = coins(8 if guess == "decided" else 30, SIZE), mixture(components, 1.5)
    q = guesses(model, x)[guess]
    to = mixture(components)
    to.maximise(x, q, smoothing)
    return {
        "components": components,
        "guess": guess,
        "smoothing": smoothing,
        "pictures": x,
        "from": parameters(model),
        "joint": model.log_joint(x).flatten(),
        "q": q.flatten(),
        "to": parameters(to),
        "line": line(model, to, x, q),
    }


def course() -> dict[str, object]:
    """Returns five rounds from a mixture that is given."""
    x, model = mixture(3).sample(40), mixture(3)
    first = parameters(model)
    given = {name: value.clone() for name, value in first.items()}
    nats = list(model.fit_em(x, steps=5, smoothing=0.1))
    return {"pictures": x, "given": given, "nats": nats, "reached": parameters(model), "pi": model.pi, "mu": model.mu}


def numbers() -> dict[str, object]:
    cases = [(3, "posterior", 0.0), (1, "posterior", 0.5), (4, "decided", 0.0), (5, "half blind", 0.2)]
    digits = data.binarize(data.load("digits")[0][0][:200]).flatten(1)
    return {"cases": [case(*of) for of in cases], "course": course(), "digits": digits}
