r"""Mixture models: a hidden choice among a few simple distributions.

First a component k is drawn with probability $\pi_k$, then the example from that component,

$$p(x) = \sum_k \pi_k\, p(x \mid k).$$

It is the smallest model with a latent variable: the sum over what is hidden has K terms, so that the density, the
posterior and the bound on the density are all exact, and learning needs no learning rate.
"""

from genlib.mixture.bernoulli import BernoulliMixture

__all__ = ["BernoulliMixture"]
