r"""Autoencoders: an encoder that shortens an example to a code, a decoder that rebuilds it.

$$z = e(x), \qquad \hat x = d(z), \qquad \text{error}(x) = \tfrac12 \|\hat x - x\|^2 .$$

What comes back well tells what the code had room for. With linear layers and L numbers in the code, the best one can
do is the projection on the first L principal axes, and the mean error is half the sum of the remaining eigenvalues of
the covariance. An autoencoder has no density, and decoding a random code is not sampling: neither is offered here.

Deep ones were first trained as stacks of restricted Boltzmann machines, `unrolled`.

Rebuilding a clean example from a corrupted one leaves more: the best denoiser at Gaussian noise of variance
$\sigma^2$ is $\mathbb{E}[x|x'] = x' + \sigma^2 \nabla \log p(x')$, the way towards the data. A denoiser that gives
the whole distribution of what a corrupted example may have been is one half of a Markov chain, the `GSN`.

A network that goes down by pooling and up by unpooling need not rebuild its input: `DeconvolutionNetwork` says of every
pixel what it belongs to.
"""

from genlib.autoencoders.deconvolution import DeconvolutionNetwork, pool, unpool
from genlib.autoencoders.denoising import DenoisingAutoencoder, gaussian_noise, masking, salt_and_pepper, score
from genlib.autoencoders.gsn import GSN
from genlib.autoencoders.plane import Plane, plane_of, principal_axes
from genlib.autoencoders.reconstruction import Autoencoder, BinaryAutoencoder, TiedAutoencoder
from genlib.autoencoders.sparse import SparseAutoencoder, sparsity_penalty
from genlib.autoencoders.stacked import CodeRBM, unrolled

__all__ = [
    "GSN",
    "Autoencoder",
    "BinaryAutoencoder",
    "CodeRBM",
    "DeconvolutionNetwork",
    "DenoisingAutoencoder",
    "Plane",
    "SparseAutoencoder",
    "TiedAutoencoder",
    "gaussian_noise",
    "masking",
    "plane_of",
    "principal_axes",
    "pool",
    "salt_and_pepper",
    "score",
    "sparsity_penalty",
    "unpool",
    "unrolled",
]
