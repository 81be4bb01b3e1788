r"""A world of 4096 pictures, in which nothing about a model need be estimated."""

from __future__ import annotations

__all__ = ["TinyWorld"]

import math
from collections.abc import Callable

import torch
import traitlets
from torch import Tensor

from genlib.autoregressive import FVSBN, MADE
from genlib.data import tiny_world
from genlib.energy import RBM
from genlib.mixture import BernoulliMixture
from genlib.widgets.base import Widget, bytes_trait

FIRST, PIXELS = 200, 12
RANGES = {"k": (1, 20), "rate": (0.001, 0.3), "hidden": (2, 16)}
CHOICES: dict[str, tuple[float | str, ...]] = {
    "family": ("rbm", "fvsbn", "made", "mixture"),
    "method": ("exact", "cd", "pcd"),
    "batch": (0, 16, 64, 256),
}
Model = RBM | FVSBN | MADE | BernoulliMixture


class TinyWorld(Widget):
    r"""Trains a model of 4 x 3 binary pixels in the page and shows its exact distribution beside the data's.

    The reader sets the traits `family`, `method`, `k`, `rate`, `hidden` and `batch`, and reaches `step_count` and the
    exact `log_likelihood` in nats per picture, `kl_data_model` and `kl_model_data`; of an RBM also the exact `log_z`,
    and `ais_log_z` with its standard error `ais_error`, for the machine that the page last had time to anneal. Every
    step is one of Adam's, or of a mixture's EM.

    Args:
        x: Pictures `(N, 12)` for `data.tiny_world`; by default its bars, stripes and letters.
        model: The model to start from: an RBM, an FVSBN or a MADE with one hidden layer, both in raster order, or a
            mixture; by default a new one, which the page trains for 200 steps at once.
        family: What kind of model a new one is: "rbm", "fvsbn", "made" or "mixture".
        flip: Probability that a pixel of the data changes.
        hidden: Number of hidden units of a new machine or MADE, or of a mixture's components, 2 to 16.
        method: What estimates an RBM's gradient: "exact", "cd" or "pcd".
        k: Gibbs sweeps of a step, 1 to 20; "exact" has no use for it.
        rate: Learning rate, 0.001 to 0.3.
        batch: Examples drawn for a step, 16, 64 or 256, and as many chains; 0: the whole distribution of the data, and
            256 chains.
        seed: Seed of a new machine, and of what the page draws.

    Raises:
        ValueError: If pictures or model have other than 12 binary pixels, a model is of no such kind, or a setting is
            out of range.

    Source: Hinton (2002), Tieleman (2008), Neal (2001).

    Example:
        >>> TinyWorld(hidden=4).model()
        RBM(features=12, hidden=4)
    """

    family = traitlets.Unicode("rbm", help="What kind of model is trained: rbm, fvsbn, made, mixture.").tag(sync=True)
    law = traitlets.Bytes(help="Probability of each of 4096 states in the data, float64.").tag(sync=True)
    pictures = traitlets.List(traitlets.Int(), help="States that are pictures of the data.").tag(sync=True)
    seed = traitlets.Int(help="Seed of a new model, and of what the page draws.").tag(sync=True)
    first = traitlets.Int(help="Steps that the page makes at once.").tag(sync=True)
    start = traitlets.Bytes(help="Parameters that a run starts from, float64.").tag(sync=True)
    trained = bytes_trait("Parameters as the page last had them, float64.")

    method = traitlets.Unicode(help="What estimates the gradient: exact, cd or pcd.").tag(sync=True)
    k = traitlets.Int(help="Gibbs sweeps of a step.").tag(sync=True)
    rate = traitlets.Float(help="Learning rate.").tag(sync=True)
    hidden = traitlets.Int(help="Hidden units, or components.").tag(sync=True)
    batch = traitlets.Int(help="Examples drawn for a step; 0: none, all of the distribution.").tag(sync=True)

    step_count = traitlets.Int(help="Steps of this run.").tag(sync=True)
    log_likelihood = traitlets.Float(help="Exact, in nats per picture.").tag(sync=True)
    kl_data_model = traitlets.Float(help="KL(data || model), exact.").tag(sync=True)
    # JSON has no infinity: the page gets and sends nothing in its place.
    kl_model_data = traitlets.Float(help="KL(model || data); infinite where the data exclude a state.").tag(
        sync=True,
        to_json=lambda value, widget: value if math.isfinite(value) else None,
        from_json=lambda value, widget: math.inf if value is None else value,
    )
    log_z = traitlets.Float(help="Exact log Z of an RBM.").tag(sync=True)
    ais_log_z = traitlets.Float(help="Estimate of annealed importance sampling.").tag(sync=True)
    ais_error = traitlets.Float(help="Its standard error.").tag(sync=True)

    def __init__(
        self,
        x: Tensor | None = None,
        model: Model | None = None,
        *,
        family: str = "rbm",
        flip: float = 0.01,
        hidden: int = 8,
        method: str = "exact",
        k: int = 1,
        rate: float = 0.03,
        batch: int = 0,
        seed: int = 0,
    ) -> None:
        pictures, p = tiny_world(x, flip=flip)
        super().__init__(
            law=p.numpy().tobytes(),
            pictures=numbers_of(pictures),
            seed=seed,
            first=FIRST if model is None else 0,
            method=method,
            k=k,
            rate=rate,
            hidden=hidden,
            batch=batch,
        )
        checked("family", family)
        self.update(fresh(family, hidden, seed) if model is None else model)

    def update(self, model: Model) -> None:
        """Starts a new run from the parameters of `model`, which may be another kind, or of another size."""
        values = flat(model)
        with self.hold_sync():
            self.start = self.trained = values
            self.family = family_of(model)
            self.hidden = size_of(model) or self.hidden

    def model(self) -> Model:
        """Returns the model as the page last had it, in float64."""
        values = torch.frombuffer(bytearray(self.trained), dtype=torch.float64)
        size = size_in(self.family, len(values))
        if size is None:
            raise ValueError(f"trained has {len(values)} parameters, which no {self.family} of 12 pixels has")
        return _built(self.family, size, values)

    @traitlets.validate("family", "method", "k", "rate", "hidden", "batch")
    def _checked(self, proposal: traitlets.Bunch) -> float | str:
        return checked(proposal.trait.name, proposal.value)


def fresh(family: str, hidden: int, seed: int) -> Model:
    """Returns a new model with small parameters drawn from the seed; the global random numbers stay as they are."""
    checked("family", family)
    checked("hidden", hidden)
    model, random = _empty(family, hidden), torch.Generator().manual_seed(seed)
    noise = lambda p: torch.randn(p.shape, dtype=torch.float64, generator=random)  # noqa: E731
    if isinstance(model, RBM):
        model.W.data = 0.1 * noise(model.W)
    elif isinstance(model, MADE):
        for layer in model.linear:
            layer.weight.data = 0.3 * noise(layer.weight)
    elif isinstance(model, BernoulliMixture):
        means = torch.rand(model.logits.shape, dtype=torch.float64, generator=random)
        model.logits.data = (0.25 + 0.5 * means).logit()
    return model


def family_of(model: Model) -> str:
    """Returns the name of a model's family."""
    return {RBM: "rbm", FVSBN: "fvsbn", MADE: "made", BernoulliMixture: "mixture"}[type(model)]


def size_of(model: Model) -> int | None:
    """Returns the number of hidden units or components of a model that has any."""
    size = model.components if isinstance(model, BernoulliMixture) else getattr(model, "hidden", None)
    return None if size is None else int(size)


def flat(model: Model) -> bytes:
    """Returns all parameters of a model as the page reads them, or raises a `ValueError` where it has no use for it."""
    known = type(model) in (RBM, FVSBN, MADE, BernoulliMixture)
    if not known or model.features != PIXELS:
        raise ValueError(
            f"model is {model}, expected an RBM, FVSBN, MADE or BernoulliMixture with {PIXELS} features: pictures of "
            "4 x 3 pixels"
        )
    if isinstance(model, FVSBN | MADE) and model.order != tuple(range(PIXELS)):
        raise ValueError(f"model draws its pixels in the order {model.order}, expected 0 to {PIXELS - 1}: order=None")
    if isinstance(model, MADE) and model.layers != 1:
        raise ValueError(f"model has {model.layers} hidden layers, expected one")
    if (size := size_of(model)) is not None:
        checked("hidden", size)
    values = torch.cat([p.detach().cpu().double().flatten() for p in _parts(model)])
    if not values.isfinite().all():
        raise ValueError(f"model has {int((~values.isfinite()).sum())} weights that are not finite; train it again")
    return values.numpy().tobytes()


def numbers_of(pictures: Tensor) -> list[int]:
    """Returns the places of pictures `(N, 12)` among `data.binary_states(12)`."""
    powers = 2.0 ** torch.arange(PIXELS - 1, -1, -1, dtype=torch.float64)
    return (pictures.double() @ powers).long().tolist()


def checked(name: str, value: float | str) -> float | str:
    """Returns the value of a setting, or raises a `ValueError` where it is out of range or unknown."""
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ValueError(f"{name} is {value!r}, expected one of {', '.join(map(str, CHOICES[name]))}")
        return value
    low, high = RANGES[name]
    if not low <= float(value) <= high:
        raise ValueError(f"{name} is {value}, expected {low:g} to {high:g}")
    return value


def size_in(family: str, count: int) -> int | None:
    """Returns the size of a family's model that has so many parameters."""
    each, rest = {
        "rbm": (PIXELS + 1, PIXELS),
        "fvsbn": (0, PIXELS * (PIXELS + 1)),
        "made": (2 * PIXELS + 1, PIXELS * (PIXELS + 1)),
        "mixture": (PIXELS + 1, 0),
    }[family]
    low, high = RANGES["hidden"] if each else (0, 0)
    return next((size for size in range(int(low), int(high) + 1) if each * size + rest == count), None)


def _parts(model: Model) -> list[Tensor]:
    """Returns the parameters in the order in which the page keeps them."""
    if isinstance(model, RBM):
        return [model.W, model.b, model.c]
    if isinstance(model, FVSBN):
        return [model.R, model.c]
    if isinstance(model, MADE):
        return [*(p for layer in model.linear for p in layer.parameters()), model.R]
    return [model.log_weights, model.logits]


def _empty(family: str, size: int) -> Model:
    """Returns a model in float64 all of whose parameters are zero, but the weights of a mixture, which are even."""
    kinds: dict[str, Callable[[], Model]] = {
        "rbm": lambda: RBM(PIXELS, size),
        "fvsbn": lambda: FVSBN(PIXELS),
        "made": lambda: MADE(PIXELS, size),
        "mixture": lambda: BernoulliMixture(PIXELS, size),
    }
    with torch.random.fork_rng(devices=[]):
        model = kinds[family]().double()
    for p in model.parameters():
        p.data.zero_()
    if isinstance(model, BernoulliMixture):
        model.log_weights.data.fill_(-math.log(size))
    return model


def _built(family: str, size: int, values: Tensor) -> Model:
    model = _empty(family, size)
    parts = _parts(model)
    for part, data in zip(parts, values.split([part.numel() for part in parts]), strict=True):
        part.data = data.view(part.shape)
    return model
