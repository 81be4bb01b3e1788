r"""A world of 4096 pictures, in which nothing about a model need be estimated."""

from __future__ import annotations

__all__ = ["TinyWorld"]

import math

import torch
import traitlets
from torch import Tensor

from genlib.data import tiny_world
from genlib.energy import RBM
from genlib.widgets.base import Widget, bytes_trait

FIRST, PIXELS = 200, 12
RANGES = {"k": (1, 20), "rate": (0.001, 0.3), "hidden": (2, 16)}
CHOICES: dict[str, tuple[float | str, ...]] = {"method": ("exact", "cd", "pcd"), "batch": (0, 16, 64, 256)}


class TinyWorld(Widget):
    r"""Trains a model of 4 x 3 binary pixels in the page and shows its exact distribution beside the data's.

    The reader sets the traits `method`, `k`, `rate`, `hidden` and `batch`, and reaches `step_count`, the exact
    `log_likelihood` in nats per picture, `kl_data_model`, `kl_model_data` and `log_z`, and `ais_log_z` with its
    standard error `ais_error`, for the machine that the page last had time to anneal. Every step is one of Adam's.

    Args:
        x: Pictures `(N, 12)` for `data.tiny_world`; by default its bars, stripes and letters.
        model: The machine to start from; by default a new one, which the page trains for 200 steps at once.
        flip: Probability that a pixel of the data changes.
        hidden: Number of hidden units of a new machine, 2 to 16.
        method: What estimates the gradient: "exact", "cd" or "pcd".
        k: Gibbs sweeps of a step, 1 to 20; "exact" has no use for it.
        rate: Learning rate, 0.001 to 0.3.
        batch: Examples drawn for a step, 16, 64 or 256, and as many chains; 0: the whole distribution of the data, and
            256 chains.
        seed: Seed of a new machine, and of what the page draws.

    Raises:
        ValueError: If pictures or model have other than 12 binary pixels, or a setting is out of range.

    Source: Hinton (2002), Tieleman (2008), Neal (2001).

    Example:
        >>> TinyWorld(hidden=4).model()
        RBM(features=12, hidden=4)
    """

    family = traitlets.Unicode("rbm", help="What kind of model is trained.").tag(sync=True)
    law = traitlets.Bytes(help="Probability of each of 4096 states in the data, float64.").tag(sync=True)
    pictures = traitlets.List(traitlets.Int(), help="States that are pictures of the data.").tag(sync=True)
    seed = traitlets.Int(help="Seed of a new machine, and of what the page draws.").tag(sync=True)
    first = traitlets.Int(help="Steps that the page makes at once.").tag(sync=True)
    start = traitlets.Bytes(help="Weights that a run starts from: W, b and c, float64.").tag(sync=True)
    trained = bytes_trait("Weights as the page last had them: W, b and c, float64.")

    method = traitlets.Unicode(help="What estimates the gradient: exact, cd or pcd.").tag(sync=True)
    k = traitlets.Int(help="Gibbs sweeps of a step.").tag(sync=True)
    rate = traitlets.Float(help="Learning rate.").tag(sync=True)
    hidden = traitlets.Int(help="Hidden units.").tag(sync=True)
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
    log_z = traitlets.Float(help="Exact log Z.").tag(sync=True)
    ais_log_z = traitlets.Float(help="Estimate of annealed importance sampling.").tag(sync=True)
    ais_error = traitlets.Float(help="Its standard error.").tag(sync=True)

    def __init__(
        self,
        x: Tensor | None = None,
        model: RBM | None = None,
        *,
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
        self.update(fresh(hidden, seed) if model is None else model)

    def update(self, model: RBM) -> None:
        """Starts a new run from the weights of `model`, which may have another number of hidden units."""
        with self.hold_sync():
            self.start = self.trained = flat(model)
            self.hidden = model.hidden

    def model(self) -> RBM:
        """Returns the machine as the page last had it, in float64."""
        values = torch.frombuffer(bytearray(self.trained), dtype=torch.float64)
        hidden = (len(values) - PIXELS) // (PIXELS + 1)
        w, b, c = values.split([hidden * PIXELS, hidden, PIXELS])
        return _machine(w.view(hidden, PIXELS), b, c)

    @traitlets.validate("method", "k", "rate", "hidden", "batch")
    def _checked(self, proposal: traitlets.Bunch) -> float | str:
        return checked(proposal.trait.name, proposal.value)


def fresh(hidden: int, seed: int) -> RBM:
    """Returns a new machine with weights of standard deviation 0.1; the global random numbers stay as they are."""
    checked("hidden", hidden)
    noise = torch.randn(hidden, PIXELS, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return _machine(0.1 * noise, noise.new_zeros(hidden), noise.new_zeros(PIXELS))


def flat(rbm: RBM) -> bytes:
    """Returns all weights of a machine as the page reads them, or raises a `ValueError` where it has no use for it."""
    if type(rbm) is not RBM or rbm.features != PIXELS:
        raise ValueError(f"model is {rbm}, expected an RBM with {PIXELS} features: pictures of 4 x 3 pixels")
    checked("hidden", rbm.hidden)
    values = torch.cat([p.detach().cpu().double().flatten() for p in (rbm.W, rbm.b, rbm.c)])
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


def _machine(w: Tensor, b: Tensor, c: Tensor) -> RBM:
    with torch.random.fork_rng(devices=[]):
        rbm = RBM(PIXELS, len(b))
    rbm.W.data, rbm.b.data, rbm.c.data = w, b, c
    return rbm
