r"""Autoencoders: an encoder that shortens an example to a code, a decoder that rebuilds it.

$$z = e(x), \qquad \hat x = d(z), \qquad \text{error}(x) = \tfrac12 \|\hat x - x\|^2 .$$

What comes back well tells what the code had room for. With linear layers and L numbers in the code, the best one can
do is the projection on the first L principal axes, and the mean error is half the sum of the remaining eigenvalues of
the covariance. An autoencoder has no density, and decoding a random code is not sampling: neither is offered here.

Rebuilding a clean example from a corrupted one leaves more: the best denoiser at Gaussian noise of variance
$\sigma^2$ is $\mathbb{E}[x|x'] = x' + \sigma^2 \nabla \log p(x')$, the way towards the data.
"""

from genlib.autoencoders.denoising import DenoisingAutoencoder, gaussian_noise, masking, salt_and_pepper
from genlib.autoencoders.reconstruction import Autoencoder, BinaryAutoencoder, TiedAutoencoder

__all__ = [
    "Autoencoder",
    "BinaryAutoencoder",
    "DenoisingAutoencoder",
    "TiedAutoencoder",
    "gaussian_noise",
    "masking",
    "salt_and_pepper",
]
