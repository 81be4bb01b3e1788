r"""A mixture of Bernoullis that learns in the page, E step by M step, with the bound that touches its likelihood."""

from __future__ import annotations

__all__ = ["EMSteps"]

import numpy as np
import torch
import traitlets
from torch import Tensor

from genlib import data
from genlib._guard import tensor
from genlib.mixture import BernoulliMixture
from genlib.widgets.base import Bounded, Widget, bytes_trait, check_image
from genlib.widgets.exact import check_exact
from genlib.widgets.packing import pack_bits

MOST_COMPONENTS, MOST_PICTURES = 12, 500
GUESSES = ["posterior", "decided", "half blind"]
STARTS = ["random", "twins", "one picture", "given"]


class EMSteps(Widget):
    r"""Learns a mixture from a few pictures by expectation maximisation, half a round at a time.

    The reader sets the traits `start`, `guess`, `components` and `smoothing`, and reaches `rounds`, the mean
    `log_likelihood` and `bound` in nats, and by them `model()`; setting the former in Python moves the page.

    Args:
        x: Pictures of zeros and ones, `(N, ...)`, 500 at most; by default the first 200 of the digits.
        mixture: Where the page starts; by default random templates.
        components: Number of components, 1 to 12, where no mixture is given.
        guess: What the E step takes for q: "posterior", "decided" (all on the likeliest component) or "half blind" (the
            posterior given the upper half of the picture).
        smoothing: The pseudo-count of the M step, 0 to 2.
        start: "random", "twins", "one picture" or, with a mixture, "given".
        shape: Rows and columns of a picture, by default a square.
        seed: Seed of the random templates.

    Raises:
        ValueError: If a size does not fit, a value is not 0 or 1, or an option is out of range.

    Source: Dempster, Laird and Rubin (1977); Neal and Hinton, A View of the EM Algorithm that Justifies Incremental,
    Sparse, and Other Variants (1998), for the bound with any q.

    Example:
        >>> EMSteps(components=4).model()
        BernoulliMixture(features=64, components=4)
    """

    pictures = traitlets.Bytes(help="Pictures, one bit a pixel.").tag(sync=True)
    count = traitlets.Int(help="Number of pictures.").tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    given = traitlets.Bytes(help="Log-weights and logits to start from, float64; may be empty.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the random templates.").tag(sync=True)

    components = traitlets.Int(6, min=1, max=MOST_COMPONENTS, help="Number of components.").tag(sync=True)
    guess = traitlets.Enum(GUESSES, "posterior", help="What the E step takes for q.").tag(sync=True)
    smoothing = Bounded(0.0, min=0.0, max=2.0, help="Pseudo-count of the M step.").tag(sync=True)
    start = traitlets.Enum(STARTS, "random", help="Where it starts.").tag(sync=True)

    rounds = traitlets.Int(help="M steps made.").tag(sync=True)
    log_likelihood = traitlets.Float(help="Mean over the pictures, in nats.").tag(sync=True)
    bound = traitlets.Float(help="The bound for the present q, in nats.").tag(sync=True)
    parameters = bytes_trait("Log-weights and logits as the page has them, float64.")

    def __init__(
        self,
        x: Tensor | None = None,
        mixture: BernoulliMixture | None = None,
        *,
        components: int = 6,
        guess: str = "posterior",
        smoothing: float = 0.0,
        start: str | None = None,
        shape: tuple[int, int] | None = None,
        seed: int = 0,
    ) -> None:
        if x is None:
            x = data.binarize(data.load("digits")[0][0][:200])
        features = x[0].numel() if len(tensor(x, "x")) else 0
        if not 1 <= len(x) <= MOST_PICTURES:
            raise ValueError(f"x has {len(x)} pictures, expected 1 to {MOST_PICTURES}: x[:{MOST_PICTURES}]")
        if start == "given" and mixture is None:
            raise ValueError("start is 'given' and no mixture is, expected one: EMSteps(x, mixture)")
        super().__init__(
            pictures=pack_bits(x, features, "x"),
            count=len(x),
            shape=list(check_image(shape, features)),
            given=b"" if mixture is None else packed(mixture, features),
            components=components,
            guess=guess,
            smoothing=smoothing,
            start=start or ("random" if mixture is None else "given"),
            seed=seed,
        )
        if mixture is not None:
            self.components = mixture.components

    def update(self, mixture: BernoulliMixture) -> None:
        """Starts from `mixture`, which has trained on, in the place of the one that was given."""
        features = self.shape[0] * self.shape[1]
        with self.hold_sync():
            self.given = packed(mixture, features)
            self.components = mixture.components
            self.start = "given"

    def model(self) -> BernoulliMixture:
        """Returns the mixture that the page has reached; a start, random ones aside, where it was never opened."""
        features = self.shape[0] * self.shape[1]
        sent = self.parameters or self.given
        model = BernoulliMixture(features, self.components).double()
        if sent:
            values = torch.from_numpy(np.frombuffer(sent, np.float64).copy())
            components = len(values) // (features + 1)
            model = BernoulliMixture(features, components).double()
            with torch.no_grad():
                model.log_weights.copy_(values[:components])
                model.logits.copy_(values[components:].view(components, features))
        return model


def packed(mixture: BernoulliMixture, features: int) -> bytes:
    """Returns log-weights and logits in float64.

    Raises:
        ValueError: If it is no mixture that the page can run.
    """
    check_exact(mixture, [BernoulliMixture], "this mixture")
    if mixture.features != features:
        raise ValueError(f"this mixture has {mixture.features} features, expected {features}, those of the pictures")
    if mixture.components > MOST_COMPONENTS:
        raise ValueError(f"this mixture has {mixture.components} components, expected at most {MOST_COMPONENTS}")
    values = torch.cat([mixture.log_weights.detach().log_softmax(0), mixture.logits.detach().flatten()])
    if not values.isfinite().all():
        raise ValueError("this mixture has values that are not finite (NaN or infinite); train it again")
    return values.cpu().double().numpy().tobytes()
