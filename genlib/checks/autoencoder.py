r"""Checks of the lab on autoencoders: loops over entries, principal components, gradients by autograd."""

from __future__ import annotations

__all__ = [
    "close",
    "denoising",
    "if_written",
    "layers",
    "masking",
    "nearest_means",
    "outlier_scores",
    "ranking",
    "reconstruction_errors",
    "tied_gradient",
]

from collections.abc import Callable
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genlib.autoencoders import Autoencoder
from genlib.checks._shared import (
    LARGE,
    by_hand,
    check,
    close,
    demand,
    fresh,
    gentle,
    if_written,
    several,
    slopes,
    stream,
    values,
)
from genlib.nn import mlp

SMALL = 1500  # masks of two entries: as many blanks as there should be is right about shares, and wrong about these


def _drawn(seed: int, *shapes: tuple[int, ...]) -> list[Tensor]:
    generator = stream(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


@check
def layers(
    encode: Callable[[Tensor, Tensor, Tensor], Tensor],
    decode: Callable[[Tensor, Tensor, Tensor], Tensor],
    seed: int = 0,
) -> None:
    r"""Checks $h = \operatorname{sigm}(b + W x)$ and $a = c + V h$ unit by unit.

    Args:
        encode: Function of `x` `(B, D)`, `W` `(H, D)` and `b` `(H,)`, to `(B, H)`.
        decode: Function of `h` `(B, H)`, `V` `(D, H)` and `c` `(D,)`, to `(B, D)`.
        seed: Fixes what is drawn.

    Example:
        >>> layers(lambda x, W, b: torch.sigmoid(x @ W.T + b), lambda h, V, c: h @ V.T + c)
        ✓ every unit of 4 examples, both ways
    """
    x, h, W, V, b, c = _drawn(seed, (4, 5), (4, 3), (3, 5), (5, 3), (3,), (5,))
    hidden = [[1 / (1 + torch.exp(-(b[j] + (W[j] * x[n]).sum()))) for j in range(3)] for n in range(4)]
    output = [[c[k] + (V[k] * h[n]).sum() for k in range(5)] for n in range(4)]
    close("encode of x (4, 5) with W (3, 5)", gentle(encode)(x, W, b), hidden)
    close("decode of h (4, 3) with V (5, 3)", gentle(decode)(h, V, c), output)
    print("✓ every unit of 4 examples, both ways")


@check
def reconstruction_errors(
    squared: Callable[[Tensor, Tensor], Tensor], cross_entropy: Callable[[Tensor, Tensor], Tensor], seed: int = 0
) -> None:
    r"""Checks $\frac12\|\hat x - x\|^2$ and the cross-entropy of log-odds, value and derivative, for each example.

    The best plane through a cloud of points, found by its eigenvectors, must leave half the remaining variance.

    Args:
        squared: Function of what was rebuilt and of `x`, both `(B, D)`, to `(B,)`.
        cross_entropy: Function of log-odds and of `x`, both `(B, D)`, to `(B,)`.
        seed: Fixes what is drawn.

    Source: Bourlard and Kamp (1988) for the plane.

    Example:
        >>> reconstruction_errors(
        ...     lambda x_hat, x: (x_hat - x).square().sum(1) / 2,
        ...     lambda a, x: (F.softplus(a) - x * a).sum(1))
        ✓ squared error: each example, its derivative, and the plane of the principal components
        ✓ cross-entropy: each example, its derivative, and log-odds of 200
    """
    a, x = _drawn(seed, (4, 6), (4, 6))
    a, x = a.requires_grad_(), x.sigmoid()
    squared, cross_entropy = gentle(squared), gentle(cross_entropy)
    found = _trainable("squared error of 4 examples", squared(a, x))
    expected = torch.tensor([sum((p - q) ** 2 / 2 for p, q in zip(*rows, strict=True)) for rows in _rows(a, x)])
    close("squared error of 4 examples", found, expected)
    close("its derivative in x_hat", slopes(found.sum(), [a], "squared error")[0], (a - x).detach())
    _plane(squared, seed)
    print("✓ squared error: each example, its derivative, and the plane of the principal components")
    found, on = _trainable("cross-entropy of 4 examples", cross_entropy(a, x)), a.detach().sigmoid()
    terms = -(x * on.log() + (1 - x) * (1 - on).log())
    close("cross-entropy of 4 examples", found, torch.stack([row.sum() for row in terms]))
    close("its derivative in a", slopes(found.sum(), [a], "cross-entropy")[0], on - x)
    sure, ends = torch.tensor([[LARGE, -LARGE]]), torch.tensor([[0.0, 0.0]])
    close(f"cross-entropy of x = (0, 0) and log-odds ±{LARGE:.0f}", cross_entropy(sure, ends), torch.tensor([LARGE]))
    print(f"✓ cross-entropy: each example, its derivative, and log-odds of {LARGE:.0f}")


def _trainable(what: str, got: Any) -> Tensor:
    demand(isinstance(got, Tensor), f"{what}: got {type(got).__name__}, expected a tensor that can be trained")
    return got


def _rows(a: Tensor, x: Tensor) -> list[tuple[list[float], list[float]]]:
    return list(zip(a.tolist(), x.tolist(), strict=True))


def _plane(squared: Callable[[Tensor, Tensor], Tensor], seed: int) -> None:
    """Rebuilds a cloud from its first two principal components."""
    x, mixing = _drawn(seed + 1, (50, 6), (6, 6))
    x = x @ mixing
    centred = x - x.mean(0)
    variances, axes = torch.linalg.eigh(centred.T @ centred / len(x))
    x_hat = x.mean(0) + centred @ axes[:, -2:] @ axes[:, -2:].T
    what = "mean squared error of 50 points beside the best plane"
    close(what, values(what, squared(x_hat, x)).mean(), variances[:-2].sum() / 2)


@check
def tied_gradient(
    gradient: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]], seed: int = 0
) -> None:
    r"""Checks the gradient of the mean cross-entropy of $c + W^\top \operatorname{sigm}(b + W x)$ against autograd.

    Args:
        gradient: Function of `x` `(B, D)`, `W` `(H, D)`, `b` `(H,)` and `c` `(D,)`, to the three derivatives.
        seed: Fixes what is drawn.
    """
    drawn, x = _drawn(seed, (3, 6), (3,), (6,)), _drawn(seed + 1, (5, 6))[0].sigmoid()
    got = several("tied_gradient", gentle(gradient)(x, *drawn), "dW, db, dc")  # before what it could look up
    weights = [w.double().requires_grad_() for w in drawn]
    W, b, c = weights
    a = F.linear(torch.sigmoid(F.linear(x.double(), W, b)), W.T, c)
    loss = F.binary_cross_entropy_with_logits(a, x.double(), reduction="sum") / len(x)
    expected = torch.autograd.grad(loss, weights)
    for name, mine, right in zip(("dW", "db", "dc"), got, expected, strict=True):
        close(f"{name} for 5 examples", mine, right)
    with by_hand("tied_gradient"):
        again = several("tied_gradient", gradient(x.clone(), *(w.clone() for w in drawn)), "dW, db, dc")
    for name, mine, right in zip(("dW", "db", "dc"), again, expected, strict=True):
        close(f"{name} for 5 examples, automatic differentiation switched off,", mine, right)
    print("✓ all three derivatives, with W in the encoder and in the decoder")


@check
def masking(mask: Callable[[Tensor, float], Tensor], seed: int = 0) -> None:
    r"""Checks that each entry is set to 0 with the probability asked for, on its own, and that nothing else happens.

    Args:
        mask: Function of `x` `(B, D)` and a probability, to `(B, D)`.
        seed: Fixes what is drawn.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        x = torch.rand(5000, 4) + 0.5
        for rate in (0.2, 0.7):
            _blanked(values("mask", gentle(mask)(x, rate)), x.double(), rate)
        fresh("a mask", lambda: mask(x, 0.5))
        both = sum(float(values("mask", mask(x[:1, :2], 0.5)).sum()) == 0 for _ in range(SMALL)) / SMALL
    told = f"got {both:.3f}, expected about 0.250 (has each entry a coin of its own?)"
    demand(abs(both - 0.25) < 0.06, f"share of masks at rate 0.5 that blank both entries of two: {told}")
    print("✓ each entry by a coin of its own, at rates 0.2 and 0.7")


def _blanked(x_noisy: Tensor, x: Tensor, rate: float) -> None:
    demand(x_noisy.shape == x.shape, f"mask: got shape {tuple(x_noisy.shape)}, expected {tuple(x.shape)}")
    blank = x_noisy == 0
    changed = ~blank & (x_noisy != x)
    if changed.any():
        n, k = changed.nonzero()[0].tolist()
        got, expected = x_noisy[n, k].item(), x[n, k].item()
        demand(False, f"entry ({n}, {k}), which was kept: got {got:.4f}, expected {expected:.4f}, as in x")
    pair = (blank[:, 0] & blank[:, 1]).float().mean().item()
    across = (blank[::2] & blank[1::2]).float().mean().item()
    for what, got, expected in (
        ("share of entries blanked", blank.float().mean().item(), rate),
        ("share of examples with entries 0 and 1 both blanked", pair, rate**2),
        ("share of places blanked in two examples at once", across, rate**2),
    ):
        demand(abs(got - expected) < 0.05, f"{what} at rate {rate}: got {got:.3f}, expected about {expected:.3f}")


@check
def denoising(loss: Callable[..., Tensor], seed: int = 0) -> None:
    r"""Checks $\frac1B \sum_n \frac12 \|d(e(x'_n)) - x_n\|^2$, its value and the gradient that trains the model.

    Args:
        loss: Function `(model, x, corrupt)`, to a loss `()`.
        seed: Fixes what is drawn.

    Example:
        >>> denoising(lambda model, x, corrupt: model.error(x, given=corrupt(x)).mean())
        ✓ value and gradient; what is rebuilt is the clean example
    """
    (x,) = _drawn(seed, (7, 5))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Autoencoder(mlp(5, 3), mlp(3, 5))
    (e, f), (d, g) = (list(net.parameters()) for net in (model.encoder, model.decoder))
    for shift in (0.5, -1.0):
        given = 2 * x + shift
        rebuilt = (given @ e.T + f) @ d.T + g
        expected = torch.stack([((rebuilt[n] - x[n]) ** 2).sum() / 2 for n in range(7)]).sum() / 7
        calls: list[Tensor] = []
        got = gentle(loss)(model, x, lambda clean, shift=shift, calls=calls: calls.append(clean) or 2 * clean + shift)
        demand(len(calls) == 1, f"calls of `corrupt`: got {len(calls)}, expected 1")
        close("loss of 7 examples", _trainable("loss of 7 examples", got), expected)
        left = [w for w in model.parameters() if w.grad is not None]
        demand(not left, f"gradients in the model: got {len(left)} left behind, expected none")
        right = torch.autograd.grad(expected, [e, d])
        for name, mine, slope in zip(("encoder", "decoder"), slopes(got, [e, d], "the loss"), right, strict=True):
            close(f"derivative in the {name}'s weights", mine, slope)
    print("✓ value and gradient; what is rebuilt is the clean example")


class _Plane(Autoencoder):
    """Encodes a point by its place on a plane, and so rebuilds the nearest point of the plane."""

    def __init__(self, axes: Tensor) -> None:
        down, up = torch.nn.Linear(5, 2, bias=False), torch.nn.Linear(2, 5, bias=False)
        with torch.no_grad():
            down.weight.copy_(axes.T)
            up.weight.copy_(axes)
        super().__init__(down, up)


@check
def outlier_scores(scores: Callable[..., Tensor], seed: int = 0) -> None:
    r"""Checks $\|x - \hat x\|^2$ with a model that rebuilds a plane: the score is the squared distance from it.

    Args:
        scores: Function of a model and `x` `(B, D)`, to `(B,)`.
        seed: Fixes what is drawn.
    """
    basis = torch.linalg.qr(_drawn(seed, (5, 5))[0])[0]
    on, off = _drawn(seed + 1, (6, 2), (6, 3))
    got = gentle(scores)(_Plane(basis[:, :2]), on @ basis[:, :2].T + off @ basis[:, 2:].T)
    close("scores of 6 points beside a plane", got, (off**2).sum(1))
    bare = not (isinstance(got, Tensor) and got.requires_grad)
    demand(bare, "scores: got a tensor that remembers its graph, expected bare numbers")
    print("✓ the squared distance from what the model can rebuild")


@check
def ranking(rank: Callable[[Tensor, Tensor], float | Tensor], seed: int = 0) -> None:
    r"""Checks the probability that an outlier's score exceeds a normal one, ties counting one half, pair by pair.

    Args:
        rank: Function of the scores of normal examples `(n,)` and of outliers `(m,)`, to a number.
        seed: Fixes what is drawn.
    """
    generator = stream(seed)
    for n, m in ((5, 8), (40, 30)):
        normal, outliers = torch.randint(6, (n,), generator=generator), torch.randint(2, 9, (m,), generator=generator)
        pairs = [1.0 if b > a else 0.5 if b == a else 0.0 for a, b in product(normal.tolist(), outliers.tolist())]
        got = gentle(rank)(normal.float(), outliers.float())
        close(f"ranking of {n} normal and {m} outlying whole numbers", got, sum(pairs) / len(pairs))
    print("✓ every pair of two lists of scores, ties included")


@check
def nearest_means(classify: Callable[[Tensor, Tensor, Tensor], Tensor], seed: int = 0) -> None:
    r"""Checks that each new code gets the label of the class whose mean code is nearest.

    Args:
        classify: Function of codes `(n, L)`, labels `(n,)` and new codes `(m, L)`, to labels `(m,)`.
        seed: Fixes what is drawn.
    """
    generator = stream(seed)
    labels = torch.randperm(10, generator=generator)[:4].sort().values
    y = labels.repeat_interleave(torch.tensor([1, 3, 9, 30]))[torch.randperm(43, generator=generator)]
    z, new = torch.randn(43, 3, generator=generator) + y[:, None] / 4, 2 * torch.randn(60, 3, generator=generator) + 1
    got = gentle(classify)(z, y, new)  # before what is right, which it could look up
    of = {int(k): [code for code, label in zip(z, y, strict=True) if label == k] for k in labels}
    means = {k: torch.stack(codes).sum(0) / len(codes) for k, codes in of.items()}
    expected = [min(means, key=lambda k: float(((means[k] - point) ** 2).sum())) for point in new]
    close(f"labels, which are {labels.tolist()} here,", got, expected)
    print("✓ 60 codes by the means of four unequal classes")
