r"""Variational autoencoders: a decoder that generates, an encoder that infers, one bound that trains both.

The model draws a code and decodes it, $p(x) = \int p(x|z)\,p(z)\,dz$ with $p(z) = \mathcal{N}(0, I)$. The integral is
out of reach, so an encoder $q(z|x)$ stands in for the posterior and gives a lower bound on $\log p(x)$, the ELBO,

$$\mathcal{L}(x) = \mathbb{E}_{q(z|x)}[\log p(x|z)] - \operatorname{KL}(q(z|x) \,\|\, p(z))
= \log p(x) - \operatorname{KL}(q(z|x) \,\|\, p(z|x)).$$

Encoder and decoder return `torch.distributions`; `genlib.nn.Gaussian` and `genlib.nn.Bernoulli` make them from any
network.
"""

from genlib.vae.importance import importance_log_prob
from genlib.vae.vae import VAE

__all__ = ["VAE", "importance_log_prob"]
