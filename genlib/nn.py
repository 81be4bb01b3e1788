r"""Networks, and the layer that turns a network's output into a distribution.

A probabilistic model asks its networks for distributions, not for numbers: an encoder returns $q(z|x)$, a decoder
returns $p(x|z)$, and the objective is then written down as the formula it is. `Gaussian` and `Bernoulli` wrap any
network from `(B, ...)` to `(B, ...)`, one of images as well as one of vectors: whatever lies behind the batch axis is
one event. The network itself stays readable as `.net`. `mlp` makes networks of vectors, `conv_encoder` and
`conv_decoder` networks from and to images, `Residual` adds what one makes of its input to that input, and
`Conditional` lets any of them see a condition besides. `Classifier` answers with a distribution over classes, and what
it computes just before is what samples are judged by.
"""

from __future__ import annotations

__all__ = ["Bernoulli", "Classifier", "Conditional", "Gaussian", "Residual", "conv_decoder", "conv_encoder", "mlp"]

import inspect
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Bernoulli as BernoulliDistribution
from torch.distributions import Independent, Normal

from genlib._guard import at_least, batch, grey, labels, same_number, sound, tensor

Activation = Callable[[], nn.Module]


def mlp(*sizes: int, activation: Activation = nn.ELU) -> nn.Sequential:
    r"""Creates a multi-layer perceptron, $x \mapsto W_L\, f(\ldots f(W_1 x + b_1) \ldots) + b_L$.

    Args:
        sizes: Number of units in each layer, input and output included; at least two numbers.
        activation: The non-linearity $f$ between two linear layers; none follows the last one.

    Returns:
        A network from `(B, sizes[0])` to `(B, sizes[-1])`.

    Raises:
        ValueError: If fewer than two sizes are given.

    Example:
        >>> mlp(64, 32, 4)(torch.zeros(5, 64)).shape
        torch.Size([5, 4])
    """
    if len(sizes) < 2:
        raise ValueError(f"mlp got sizes {sizes}, expected at least an input and an output size")
    layers: list[nn.Module] = []
    for size_in, size_out in pairwise(sizes):
        layers += [nn.Linear(size_in, size_out), activation()]
    return nn.Sequential(*layers[:-1])


Shape = tuple[int, int, int]


def conv_encoder(shape: Shape, *channels: int, latent: int, activation: Activation = nn.ELU) -> nn.Sequential:
    r"""Creates a network from images to codes: convolutions that halve the image, then one linear layer.

    Each convolution has stride 2 and maps n pixels to $\lceil n / 2 \rceil$ along each axis. Its kernel is 4 wide where
    n is even and 3 where n is odd, so that the transposed convolution with the same numbers leads back to n.

    Args:
        shape: Shape of an image, `(C, H, W)`.
        channels: Channels after each convolution.
        latent: Size of the code, L.
        activation: The non-linearity after each convolution; none follows the linear layer.

    Returns:
        A network from `(B, C, H, W)` to `(B, L)`.

    Raises:
        ValueError: If no channels are given.

    Example:
        >>> conv_encoder((1, 28, 28), 8, 16, latent=4)(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 4])
    """
    steps, (C, H, W) = _halvings(shape, channels)
    layers: list[nn.Module] = []
    for size_in, size_out, kernel in steps:
        layers += [nn.Conv2d(size_in, size_out, kernel, stride=2, padding=1), activation()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(C * H * W, latent))


def conv_decoder(shape: Shape, *channels: int, latent: int, activation: Activation = nn.ELU) -> nn.Sequential:
    r"""Creates the mirror image of `conv_encoder` of the same arguments, by transposed convolutions.

    The transposed convolution of kernel $w$ is the linear map whose matrix is the transpose of the convolution's.

    Args:
        shape: Shape of an image, `(C, H, W)`.
        channels: Channels after each of the encoder's convolutions, from the image inwards.
        latent: Size of the code, L.
        activation: The non-linearity before each transposed convolution; none follows the last one.

    Returns:
        A network from `(B, L)` to `(B, C, H, W)`.

    Raises:
        ValueError: If no channels are given.

    Source: Zeiler et al., Deconvolutional Networks (2010); Dumoulin and Visin (2016).

    Example:
        >>> conv_decoder((1, 28, 28), 8, 16, latent=4)(torch.zeros(5, 4)).shape
        torch.Size([5, 1, 28, 28])
    """
    steps, (C, H, W) = _halvings(shape, channels)
    layers: list[nn.Module] = [nn.Linear(latent, C * H * W), nn.Unflatten(1, (C, H, W))]
    for size_in, size_out, kernel in reversed(steps):
        layers += [activation(), nn.ConvTranspose2d(size_out, size_in, kernel, stride=2, padding=1)]
    return nn.Sequential(*layers)


def _halvings(shape: Shape, channels: tuple[int, ...]) -> tuple[list[tuple[int, int, tuple[int, int]]], Shape]:
    """Returns channels in, channels out and kernel of each convolution, and the shape that is left after all."""
    if not channels:
        raise ValueError("got no channels, expected the number after each convolution, such as 16, 32")
    C, H, W = shape
    steps = []
    for wider in channels:
        steps.append((C, wider, (4 - H % 2, 4 - W % 2)))
        C, H, W = wider, (H + 1) // 2, (W + 1) // 2
    return steps, (C, H, W)


class Residual(nn.Module):
    r"""Adds what a network makes of its input to that input, $x \mapsto x + f(x)$.

    Args:
        net: Network from `(B, ...)` to the same shape, $f$.

    Source: He et al., Deep Residual Learning for Image Recognition (2016).

    Example:
        >>> Residual(mlp(8, 32, 8))(torch.zeros(5, 8)).shape
        torch.Size([5, 8])
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        r"""Returns $x + f(x)$ for inputs `x` `(B, ...)`."""
        change = applied(self.net, x)
        if change.shape != x.shape:
            raise ValueError(
                f"the network makes shape {tuple(change.shape)} of x with shape {tuple(x.shape)}, expected the same: "
                "what is added has the shape of what it is added to"
            )
        return x + change


class Conditional(nn.Module):
    r"""Lets a network see a condition beside its input: $y$ as further entries of a vector, or planes of an image.

    A label becomes a one-hot vector. The network is one for `size` more entries or channels, such as
    `mlp(64 + 10, 32, 4)` or `conv_encoder((1 + 10, 28, 28), 16, latent=4)` for ten classes.

    Args:
        net: Network from `(B, in + K)` or from `(B, C + K, H, W)`.
        size: Number of classes or of features of the condition, K.

    Source: Mirza and Osindero, Conditional Generative Adversarial Nets (2014).

    Example:
        >>> net = Conditional(mlp(2 + 10, 32, 64), size=10)
        >>> net(torch.zeros(5, 2), torch.tensor([3, 1, 4, 1, 5])).shape
        torch.Size([5, 64])
    """

    def __init__(self, net: nn.Module, size: int) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"size is {size}, expected at least 1: the number of classes or features of the condition")
        self.net, self.size = net, size

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns the network's output at inputs `x` `(B, ...)` and labels `y` `(B,)`, or features `(B, K)`."""
        if y is None:
            raise ValueError(f"got no y, expected {self.size} features or a label below {self.size} for each example")
        rows = self._rows(y, x)
        planes = rows.reshape(*rows.shape, *[1] * (x.ndim - 2)).expand(-1, -1, *x.shape[2:])
        return sound(self.net(torch.cat([x, planes], 1)), self, y=rows)

    def _rows(self, y: Tensor, x: Tensor) -> Tensor:
        """Returns the condition as rows `(B, K)` like `x`."""
        same_number(y, x, "y")
        if y.is_floating_point():
            if y.shape[1:] != (self.size,):
                raise ValueError(f"y has shape {tuple(y.shape)}, expected ({len(x)}, {self.size}), or whole numbers")
            if (y.dtype, y.device) != (x.dtype, x.device):
                raise ValueError(f"y is {y.dtype} on {y.device}, expected {x.dtype} on {x.device} as of x: y.to(x)")
            return y
        if y.ndim != 1 or y.dtype == torch.bool or y.device != x.device or y.min() < 0 or y.max() >= self.size:
            raise ValueError(
                f"y has shape {tuple(y.shape)}, dtype {y.dtype} on {y.device} and values from {y.min()} to {y.max()}, "
                f"expected labels ({len(x)},), whole numbers from 0 to {self.size - 1} on {x.device}"
            )
        return F.one_hot(y.long(), self.size).to(x.dtype)


def applied(net: nn.Module, x: Tensor, y: Tensor | None = None, name: str = "network") -> Any:
    r"""Returns `net(x)`, or `net(x, y)` where there is a condition, and says in words what the network does not take.

    Args:
        net: Network, or module that returns a distribution.
        x: Its input, `(B, ...)`.
        y: The condition, labels `(B,)` or features `(B, K)`; `None` for a network that takes none.
        name: What the message calls the network.

    Raises:
        ValueError: If the network takes no condition, or no input of this shape.

    Example:
        >>> applied(mlp(3, 2), torch.zeros(5, 4), name="encoder")
        Traceback (most recent call last):
        ValueError: the encoder does not take shape (5, 4); its first layer is Linear(in_features=3, out_features=2...
    """
    if y is not None:
        tensor(y, "y")
        if not _takes_two(net):
            raise ValueError(f"got y, but the {name} takes no condition; nn.Conditional(net, size) is one that does")
        same_number(y, x, "y")
    try:
        return net(x) if y is None else net(x, y)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, IndexError) as error:
        layers = net.modules() if isinstance(net, nn.Module) else ()
        first = next((layer for layer in layers if isinstance(layer, SIZED)), type(net).__name__)
        raise ValueError(
            f"the {name} does not take shape {tuple(x.shape)}; its first layer is {first} "
            f"({str(error).splitlines()[0]})"
        ) from error


SIZED = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.Embedding


def _takes_two(net: nn.Module) -> bool:
    """Tells whether a module, or what it wraps as `.net`, can be called with an input and a condition."""
    if isinstance(net, Gaussian | Bernoulli):
        return _takes_two(net.net)
    net = getattr(net, "_orig_mod", net)
    try:
        inspect.signature(getattr(net, "forward", net)).bind(None, None)
    except TypeError:
        return False
    return True


class Gaussian(nn.Module):
    r"""Turns a network's output into a diagonal Gaussian, $\mathcal{N}(\mu(x), \operatorname{diag}\sigma^2(x))$.

    Args:
        net: Network whose output is $(\mu, \log\sigma)$, one behind the other along the axis after the batch,
            `(B, 2 L)` or `(B, 2 C, H, W)`, or $\mu$ alone, `(B, ...)`, where `sigma` is given.
        sigma: Standard deviation shared by all outputs; `None` lets the network choose one for each.

    Raises:
        ValueError: If `sigma` is not positive, or a network's output cannot be halved.

    Example:
        >>> Gaussian(mlp(64, 32, 2 * 4))(torch.zeros(5, 64)).mean.shape
        torch.Size([5, 4])
        >>> Gaussian(conv_decoder((2 * 3, 8, 8), 16, latent=4))(torch.zeros(5, 4)).event_shape
        torch.Size([3, 8, 8])
    """

    def __init__(self, net: nn.Module, sigma: float | None = None) -> None:
        super().__init__()
        if sigma is not None and not 0 < sigma < float("inf"):
            raise ValueError(f"sigma is {sigma}, expected a positive number or None")
        self.net, self.sigma = net, sigma

    def forward(self, x: Tensor, y: Tensor | None = None) -> Independent:
        r"""Returns the distribution at inputs `x` `(B, ...)` and conditions `y`; an event is all behind the batch."""
        out = _batched(sound(applied(self.net, x, y), self, x=x))
        if self.sigma is not None:
            return _independent(Normal(out, torch.full_like(out, self.sigma), validate_args=False))
        if out.shape[1] % 2:
            raise ValueError(f"the network gives shape {tuple(out.shape)}, expected (B, 2 L, ...): mu and log of sigma")
        mu, log_sigma = out.chunk(2, dim=1)
        return _independent(Normal(mu, log_sigma.exp(), validate_args=False))


class Bernoulli(nn.Module):
    r"""Turns a network's output into independent binary variables, $p(x_k = 1 | z) = \operatorname{sigm}(a_k(z))$.

    Args:
        net: Network whose output is the log-odds $a$, `(B, ...)`.

    Example:
        >>> Bernoulli(mlp(4, 32, 64))(torch.zeros(5, 4)).mean.shape
        torch.Size([5, 64])
        >>> Bernoulli(conv_decoder((1, 8, 8), 16, latent=4))(torch.zeros(5, 4)).event_shape
        torch.Size([1, 8, 8])
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, z: Tensor, y: Tensor | None = None) -> Independent:
        r"""Returns the distribution at inputs `z` `(B, ...)` and conditions `y`; an event is all behind the batch.

        Grey values in [0, 1] are accepted where a sample is scored: the result is then the cross-entropy, not a
        log-probability. Values beyond are refused.
        """
        return _independent(_Bits(logits=_batched(sound(applied(self.net, z, y), self, z=z)), validate_args=False))


class Classifier(nn.Module):
    r"""Network with a softmax behind it: $p(y|x) = \operatorname{softmax}(V f(x) + a)_y$ from features $f(x)$.

    Trained to tell classes apart, it computes features that say what an image shows rather than which pixels are on,
    so that two sets of images are better compared by their features than by their pixels.

    Args:
        net: Network from `x` `(B, ...)` to features `(B, K)`.
        size: Number of features, K.
        classes: Number of classes, C.

    Example:
        >>> classifier = Classifier(mlp(64, 32, 16), size=16, classes=10)
        >>> x, y = torch.zeros(5, 64), torch.tensor([3, 1, 4, 1, 5])
        >>> classifier.features(x).shape, classifier.log_prob_y(x).shape, classifier.loss(x, y).shape
        (torch.Size([5, 16]), torch.Size([5, 10]), torch.Size([]))
    """

    def __init__(self, net: nn.Module, size: int, classes: int) -> None:
        super().__init__()
        at_least(1, size=size)
        at_least(2, classes=classes)
        self.net, self.size, self.classes = net, size, classes
        self.head = nn.Linear(size, classes)

    def features(self, x: Tensor) -> Tensor:
        r"""Returns the features $f(x)$ of `x` `(B, ...)`, `(B, K)`."""
        out = applied(self.net, batch(x, self))
        if out.shape != (len(x), self.size):
            raise ValueError(f"the network gives shape {tuple(out.shape)}, expected ({len(x)}, {self.size}): features")
        return sound(out, self, x=x)

    def log_prob_y(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(y|x)$ of every class, `(B, C)`, in nats, for `x` `(B, ...)`."""
        return sound(self.head(self.features(x)).log_softmax(-1), self, x=x)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        r"""Returns the cross-entropy $-\log p(y|x)$, averaged over examples `x` `(B, ...)` and labels `y` `(B,)`."""
        known = labels(same_number(tensor(y, "y"), batch(x, self), "y"), self, self.classes)
        return F.nll_loss(self.log_prob_y(x), known)


class _Bits(BernoulliDistribution):
    """Binary variables that score grey values as well, and no others."""

    def log_prob(self, value: Tensor) -> Tensor:
        return super().log_prob(grey(value))


def _batched(out: Tensor) -> Tensor:
    """Returns a network's output if it has a batch axis and something behind it."""
    if out.ndim < 2:
        raise ValueError(f"the network gives shape {tuple(out.shape)}, expected a batch, (B, ...)")
    return out


def _independent(each: Normal | BernoulliDistribution) -> Independent:
    """Makes one event of all that lies behind the batch axis."""
    return Independent(each, len(each.batch_shape) - 1, validate_args=False)
