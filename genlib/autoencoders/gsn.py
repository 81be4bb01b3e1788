r"""A denoiser as a sampler: corrupt, draw what it may have been, and begin again."""

from __future__ import annotations

__all__ = ["GSN"]

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from genlib._guard import at_least, batch, finite, sound
from genlib.autoencoders.reconstruction import like


class GSN(nn.Module):
    r"""Generative stochastic network: the Markov chain $x' \sim C(x'|x)$, $x \sim p(x|x')$.

    If the denoiser is the whole posterior, $p(x|x') \propto p_{\text{data}}(x)\, C(x'|x)$, both draws are Gibbs
    sampling from the joint distribution $p_{\text{data}}(x)\, C(x'|x)$, and the chain keeps $p_{\text{data}}$ exactly.
    A denoiser that draws each entry by itself is not that posterior unless the entries are independent given $x'$. Its
    chain keeps another distribution, further from the data the more is corrupted.

    Args:
        denoiser: Network from $x'$ `(B, ...)` to the distribution $p(x|x')$, such as `nn.Bernoulli(mlp(64, 32, 64))`.
        corruption: Function that draws $x'$ for `x`, of the same shape, such as `salt_and_pepper`.

    Source: Bengio, Yao, Alain and Vincent, Generalized Denoising Auto-Encoders as Generative Models (2013); Bengio et
    al., Deep Generative Stochastic Networks Trainable by Backprop (2014).

    Example:
        >>> from functools import partial
        >>> from genlib.autoencoders import salt_and_pepper
        >>> from genlib.nn import Bernoulli, mlp
        >>> model = GSN(Bernoulli(mlp(64, 32, 64)), partial(salt_and_pepper, rate=0.2))
        >>> x = torch.zeros(5, 64)
        >>> model.loss(x).shape, model.walk(x, steps=3).shape
        (torch.Size([]), torch.Size([5, 64]))
    """

    def __init__(self, denoiser: Callable[[Tensor], Distribution], corruption: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.denoiser, self.corruption = denoiser, corruption

    def posterior(self, given: Tensor) -> Distribution:
        r"""Returns $p(x|x')$, the distribution of what the corrupted examples `given` `(B, ...)` may have been."""
        return self.denoiser(batch(given, self, "given"))

    def loss(self, x: Tensor, steps: int = 1) -> Tensor:
        r"""Returns $-\log p(x|x')$, averaged over the examples and over the steps of a chain that begins at them.

        With one step, $x'$ is a corrupted `x`. With more, the chain walks on and the denoiser is asked for the `x` that
        it left: *walkback* training, which also teaches it the way home from where its own draws lead.

        Args:
            x: Clean examples, `(B, ...)`.
            steps: Steps of the chain.

        Returns:
            The mean, in nats for binary data, `()`.
        """
        at_least(1, steps=steps)
        state, total = x, torch.zeros(())
        for step in range(steps):
            belief = self.posterior(self._corrupted(state))
            total = total.to(x) - belief.log_prob(x).mean()
            if step + 1 < steps:
                state = belief.sample()
        return sound(total / steps, self, x=x)

    @torch.no_grad()
    def walk(self, x: Tensor, steps: int = 1) -> Tensor:
        r"""Moves chains on.

        Args:
            x: Where each chain is, `(B, ...)`.
            steps: How often it is corrupted and cleaned.

        Returns:
            Where each chain is then, drawn and not averaged, `(B, ...)`.
        """
        at_least(0, steps=steps)
        finite(self)
        for _ in range(steps):
            x = self.posterior(self._corrupted(x)).sample()
        return x

    def _corrupted(self, x: Tensor) -> Tensor:
        return like(x, self.corruption(batch(x, self)))
