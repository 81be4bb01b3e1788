r"""A restricted Boltzmann machine that knows labels: a density of pictures that classifies them as well."""

from __future__ import annotations

__all__ = ["ClassRBM"]

import torch
import torch.nn.functional as F
from torch import Tensor

from genlib._guard import at_least, batch, binary, grey, labels, rows, same_number, sound
from genlib.data.states import EXACT_UNITS
from genlib.energy.boltzmann import bernoulli
from genlib.energy.rbm import CentredRBM


class ClassRBM(CentredRBM):
    r"""An RBM of pictures and their labels, centred: its visible vector is D pixels and a one-hot label side by side,

    $$E(x, y, h) = -h^\top W x - h^\top U y - b^\top h - c^\top x - d^\top y.$$

    W and U stand side by side in `W` `(H, D + C)`, c and d in `c`. Exactly one label unit is on, so that given h the
    label has a softmax, and $p(y|x)$ is exact: a density that is a classifier as well.

    Args:
        features: Number of pixels, D.
        classes: Number of classes, C.
        hidden: Number of hidden units, H.

    Source: Larochelle and Bengio, Classification Using Discriminative Restricted Boltzmann Machines (2008); softmax
    units: Dahl, Adams and Larochelle, Training Restricted Boltzmann Machines on Word Observations (2012).

    Example:
        >>> rbm = ClassRBM(features=64, classes=10, hidden=16)
        >>> rbm.prob_y(torch.zeros(5, 64)).shape, rbm.sample(3, steps=10)[:, 64:].sum(1)
        (torch.Size([5, 10]), tensor([1., 1., 1.]))
    """

    def __init__(self, features: int, classes: int, hidden: int) -> None:
        if classes < 2:
            raise ValueError(f"ClassRBM got classes={classes}, expected at least 2")
        at_least(1, features=features, hidden=hidden)
        super().__init__(features + classes, hidden)
        self.pixels, self.classes = features, classes
        self.arguments = {"features": features}

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(rbm)`."""
        return f"pixels={self.pixels}, classes={self.classes}, hidden={self.hidden}"

    def with_label(self, x: Tensor, y: Tensor) -> Tensor:
        """Returns pictures `x` `(B, D)` with their labels `y` `(B,)` as one-hot vectors beside them, `(B, D + C)`."""
        x = grey(rows(x, self, self.pixels, unit="pixels"))
        return self._joined(x, same_number(labels(y, self, self.classes), x, "y"))

    def label_free_energy(self, x: Tensor) -> Tensor:
        r"""Returns $F(x, y)$ of each picture with each label, `(B, C)`, for `x` `(B, D)`."""
        x = binary(rows(x, self, self.pixels, unit="pixels"))
        inputs = F.linear(x, self.W[:, : self.pixels], self.b)[:, None] + self.W[:, self.pixels :].T
        scores = -(x @ self.c[: self.pixels])[:, None] - self.c[self.pixels :] - F.softplus(inputs).sum(-1)
        return sound(scores, self)

    def free_energy(self, x: Tensor) -> Tensor:
        r"""Returns $F(x, y)$, `(B,)`, of pictures with their labels `(B, D + C)`.

        Of pictures alone, `(B, D)`, it is $F(x) = -\log \sum_y e^{-F(x, y)}$.
        """
        if batch(x, self).shape[-1] == self.pixels:
            return -(-self.label_free_energy(x)).logsumexp(-1)
        return super().free_energy(x)

    def prob_y(self, x: Tensor) -> Tensor:
        r"""Returns $p(y|x) = e^{-F(x, y)} / \sum_{y'} e^{-F(x, y')}$, exactly, `(B, C)`, for pictures `x` `(B, D)`."""
        return (-self.label_free_energy(x)).softmax(-1)

    def prob_x(self, h: Tensor) -> Tensor:
        r"""Returns the pixels' probabilities and the label's softmax given `h` `(B, H)`, `(B, D + C)`."""
        pixels, label = self._split(sound(F.linear(self._hidden_means(h), self.W.T, self.c), self))
        return torch.cat([torch.sigmoid(pixels), label.softmax(-1)], -1)

    def draw_x(self, inputs: Tensor) -> Tensor:
        """Draws the pixels one by one and one label, from their inputs `(B, D + C)`."""
        pixels, label = self._split(inputs)
        chosen = torch.multinomial(label.softmax(-1), 1).squeeze(-1)
        return self._joined(bernoulli(torch.sigmoid(pixels)), chosen)

    def visible_log_partition(self, inputs: Tensor) -> Tensor:
        """Returns the log of the sum over all pixels' states and the C labels, `(B,)`."""
        pixels, label = self._split(inputs)
        return F.softplus(pixels).sum(-1) + label.logsumexp(-1)

    def log_partition(self) -> Tensor:
        r"""Returns $\log Z$, exactly, by summing over the hidden layer: `()`; more than 20 hidden units are refused."""
        if self.hidden > EXACT_UNITS:
            raise ValueError(
                f"log_partition sums over the hidden layer, which has {self.hidden} units, expected at most "
                f"{EXACT_UNITS}; estimate it with energy.ais(rbm)"
            )
        return self._sum_over_h()

    def sample(self, n: int, steps: int = 1000, y: Tensor | None = None) -> Tensor:
        """Runs `n` chains from coin flips and returns pictures and labels, `(n, D + C)`; labels `y` `(n,)` are kept."""
        at_least(1, n=n)
        label = torch.randint(self.classes, (n,), device=self.c.device) if y is None else y
        start = self.with_label(bernoulli(self.c.new_full((n, self.pixels), 0.5)), label)
        clamp = None if y is None else torch.arange(self.features, device=self.c.device) >= self.pixels
        return self.gibbs(start, steps, clamp=clamp)

    def _joined(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.cat([x, F.one_hot(y, self.classes).to(x)], -1)

    def _sized(self, x: Tensor, name: str = "x") -> Tensor:
        if batch(x, self, name).shape[-1] != self.features:
            raise ValueError(
                f"{name} has {x.shape[-1]} units, this ClassRBM has {self.pixels} pixels and {self.classes} classes "
                f"side by side, {self.features}: with_label(x, y)"
            )
        return rows(x, self, self.features, name)

    def _means(self, x: Tensor) -> Tensor:
        return self._one_label(super()._means(x))

    def _states(self, x: Tensor) -> Tensor:
        return self._one_label(super()._states(x))

    def _one_label(self, x: Tensor) -> Tensor:
        total = x.detach()[:, self.pixels :].sum(1)
        if not torch.allclose(total, torch.ones_like(total), atol=1e-3):
            raise ValueError(
                f"the labels in x sum to {total.min():g} up to {total.max():g}, expected 1: one class is on for each "
                "picture, with_label(x, y)"
            )
        return x

    def _split(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        return inputs[..., : self.pixels], inputs[..., self.pixels :]
