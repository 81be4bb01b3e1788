r"""Adversarial networks: a generator judged by a discriminator, without a density.

The generator turns noise into data, $x = G(z)$; the discriminator says how likely its input is to be real,
$D(x) = \operatorname{sigm}(a(x))$. They play for

$$V(D, G) = \mathbb{E}_x[\log D(x)] + \mathbb{E}_z[\log(1 - D(G(z)))],$$

which the discriminator raises and the generator lowers. Networks give the log-odds $a$, so that both logarithms are
softplus functions and never overflow. The noise is the caller's: the same `z` can be shown to both players.
"""

from genlib.gan.games import GAN, NonSaturatingGAN

__all__ = ["GAN", "NonSaturatingGAN"]
