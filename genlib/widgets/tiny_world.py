r"""A world of 4096 pictures, in which nothing about a model need be estimated."""

from __future__ import annotations

__all__ = ["TinyWorld"]

import traitlets
from torch import Tensor

from genlib.data import tiny_world
from genlib.energy import RBM
from genlib.widgets._base import Widget
from genlib.widgets._tiny import FIRST, MAYBE_INFINITE, checked, flat, fresh, machine, numbers


class TinyWorld(Widget):
    r"""Trains a model of 4 x 3 binary pixels in the page and shows its exact law beside the data's, state by state.

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
        batch: Examples drawn for a step, 16, 64 or 256, and as many chains; 0: the data's whole law, and 256 chains.
        seed: Seed of a new machine, and of what the page draws.

    Raises:
        ValueError: If pictures or model have other than 12 binary pixels, or a setting is out of range.

    Source: Hinton (2002), Tieleman (2008), Neal (2001).

    Example:
        >>> TinyWorld(hidden=4).model()
        RBM(features=12, hidden=4)
    """

    parts = ("tiny_law.js", "tiny_rbm.js", "tiny_view.js")

    family, method = traitlets.Unicode("rbm").tag(sync=True), traitlets.Unicode().tag(sync=True)
    law, start = (traitlets.Bytes().tag(sync=True) for _ in range(2))
    trained = traitlets.Bytes().tag(sync=True, from_json=lambda value, widget: bytes(value))
    pictures = traitlets.List(traitlets.Int()).tag(sync=True)
    k, hidden, batch, seed, first, step_count = (traitlets.Int().tag(sync=True) for _ in range(6))
    rate, log_likelihood, kl_data_model = (traitlets.Float().tag(sync=True) for _ in range(3))
    log_z, ais_log_z, ais_error = (traitlets.Float().tag(sync=True) for _ in range(3))
    kl_model_data = traitlets.Float(help="Infinite where the data exclude a state.").tag(sync=True, **MAYBE_INFINITE)

    def __init__(
        self, x: Tensor | None = None, model: RBM | None = None, *, flip: float = 0.01, hidden: int = 8,
        method: str = "exact", k: int = 1, rate: float = 0.03, batch: int = 0, seed: int = 0,
    ) -> None:  # fmt: skip
        pictures, p = tiny_world(x, flip=flip)
        settings = {"method": method, "k": k, "rate": rate, "batch": batch, "seed": seed, "hidden": hidden}
        settings |= {"law": p.numpy().tobytes(), "pictures": numbers(pictures), "first": 0 if model else FIRST}
        super().__init__(**settings)
        self.update(model or fresh(hidden, seed))

    def update(self, model: RBM) -> None:
        """Starts a new run from the weights of `model`, which may have another number of hidden units."""
        with self.hold_sync():
            self.start = self.trained = flat(model)
            self.hidden = model.hidden

    def model(self) -> RBM:
        """Returns the machine as the page last had it, in float64."""
        return machine(self.trained)

    @traitlets.validate("method", "k", "rate", "hidden", "batch")
    def _checked(self, proposal: traitlets.Bunch) -> float | str:
        return checked(proposal.trait.name, proposal.value)
