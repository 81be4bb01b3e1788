r"""Checks of the lab on restricted Boltzmann machines: all states, derivatives, distributions."""

from __future__ import annotations

__all__ = [
    "clamped_chain",
    "close",
    "conditionals",
    "contrastive_gradient",
    "free_energy",
    "if_written",
    "layer_sweep",
    "persistent_step",
]

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from genlib.checks._shared import (
    LARGE,
    argument_names,
    check,
    close,
    demand,
    fresh,
    gentle,
    if_written,
    only_bits,
    several,
    stream,
    values,
)
from genlib.data import binary_states

Layer = Callable[[Tensor], Tensor]
Weights = tuple[Tensor, Tensor, Tensor]
OTHER = 1000  # what answers draw must not repeat what the checks drew
PLACES = torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64)


def _machine(seed: int, hidden: int, features: int, scale: float = 1.0) -> Weights:
    generator = stream(seed)
    shapes = (hidden, features), (hidden,), (features,)
    W, b, c = (torch.randn(shape, generator=generator) for shape in shapes)
    return scale * W, b, c


def _coins(seed: int, *shape: int) -> Tensor:
    return torch.randint(2, shape, generator=stream(seed)).to(torch.get_default_dtype())


def _scores(x: Tensor, W: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """Returns minus the energy of each x `(B, D)` with every state of the hidden units, `(B, 2**H)`."""
    h = binary_states(len(b)).to(W)
    pairs = (h[None, :, :, None] * W * x[:, None, None, :]).sum((2, 3))
    return pairs + (h * b).sum(1) + (x * c).sum(1, keepdim=True)


@check
def conditionals(
    prob_h: Callable[[Tensor, Tensor, Tensor], Tensor],
    prob_x: Callable[[Tensor, Tensor, Tensor], Tensor],
    seed: int = 0,
) -> None:
    r"""Checks $p(h_j = 1 | x)$ and $p(x_k = 1 | h)$ as ratios of two sums of $e^{-E(x, h)}$.

    Args:
        prob_h: Function of `x` `(B, D)`, `W` `(H, D)` and `b` `(H,)`, to `(B, H)`.
        prob_x: Function of `h` `(B, H)`, `W` `(H, D)` and `c` `(D,)`, to `(B, D)`.
        seed: Fixes what is drawn.

    Example:
        >>> conditionals(lambda x, W, b: (x @ W.T + b).sigmoid(), lambda h, W, c: (h @ W + c).sigmoid())
        ✓ each unit of one layer, given every state of the other
    """
    for hidden, features in ((4, 4), (3, 5)):
        W, b, c = _machine(seed, hidden, features)
        x, h = binary_states(features), binary_states(hidden)
        up, down = gentle(prob_h)(x, W, b), gentle(prob_x)(h, W, c)  # before what is right, which they could look up
        weights = _scores(x, W, b, c).double().exp()
        size = f"{features} visible and {hidden} hidden units"
        expected = weights / weights.sum(1, keepdim=True) @ h.double()
        close(f"p(h = 1 | x) with {size}", up, expected)
        expected = (weights / weights.sum(0)).T @ x.double()
        close(f"p(x = 1 | h) with {size}", down, expected)
    print("✓ each unit of one layer, given every state of the other")


@check
def free_energy(energy: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor], seed: int = 0) -> None:
    r"""Checks $F(x) = -\log \sum_h e^{-E(x, h)}$ by that very sum, also where its terms are beyond any float.

    Args:
        energy: Function of `x` `(B, D)`, `W` `(H, D)`, `b` `(H,)` and `c` `(D,)`, to `(B,)`.
        seed: Fixes what is drawn.

    Example:
        >>> from torch.nn.functional import softplus
        >>> free_energy(lambda x, W, b, c: -x @ c - softplus(x @ W.T + b).sum(1))
        ✓ equal to the sum over all states of the hidden units, also with inputs of ±200
    """
    for hidden, features, scale in ((4, 4, 1.0), (3, 5, 1.0), (3, 5, LARGE)):
        W, b, c = _machine(seed, hidden, features)
        W = W if scale == 1 else scale * W.sign()
        x = binary_states(features)
        got = gentle(energy)(x, W, b, c)  # before what is right, which it could look up
        expected = -_scores(x.double(), W.double(), b.double(), c.double()).logsumexp(1)
        what = f"the free energy of every x with {features} visible and {hidden} hidden units"
        close(what + (f" and couplings of ±{scale:.0f}" if scale > 1 else ""), got, expected)
    print(f"✓ equal to the sum over all states of the hidden units, also with inputs of ±{LARGE:.0f}")


@check
def layer_sweep(sweep: Callable[[Tensor, Layer, Layer], Tensor], seed: int = 0) -> None:
    r"""Checks one sweep against the exact distribution $\sum_h p(h | x)\, p(x' | h)$.

    5,000 chains start at each of 16 states.

    Args:
        sweep: Function of states `(B, D)`, and of two functions, from `x` to $p(h = 1 | x)$ and from `h` to
            $p(x = 1 | h)$, to new states `(B, D)`.
        seed: Fixes what is drawn.

    Source: Geman and Geman (1984).

    Example:
        >>> layer_sweep(lambda x, prob_h, prob_x: torch.bernoulli(prob_x(torch.bernoulli(prob_h(x)))))
        ✓ a sweep from each of 16 states, over 5,000 chains each
    """
    W, b, c = _machine(seed, 3, 4, scale=2.0)
    states, chains = binary_states(4), 5000
    scores = _scores(states, W, b, c)
    exact = scores.softmax(1) @ scores.softmax(0).T
    x = states.repeat_interleave(chains, 0)

    def prob_h(x: Tensor) -> Tensor:
        return torch.sigmoid(only_bits("the pixels that `prob_h` was handed", x).to(W) @ W.T + b)

    def prob_x(h: Tensor) -> Tensor:
        return torch.sigmoid(only_bits("the hidden units that `prob_x` was handed", h).to(W) @ W + c)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + OTHER)
        end = only_bits("the states after a sweep", gentle(sweep)(x, prob_h, prob_x))
        fresh("a sweep", lambda: sweep(x[:1000], prob_h, prob_x))
    demand(end.shape == x.shape, f"a sweep: got shape {tuple(end.shape)}, expected {tuple(x.shape)}")
    places = (end @ PLACES).long().reshape(16, chains)
    for n, row in enumerate(places):
        where = f"after a sweep from {_digits(states[n])}"
        _frequencies(torch.bincount(row, minlength=16) / chains, exact[n], chains, where)
    print("✓ a sweep from each of 16 states, over 5,000 chains each")


def _frequencies(got: Tensor, expected: Tensor, chains: int, where: str) -> None:
    """Compares shares of states with their law, up to five times what chance does."""
    allowed = 5 * (expected * (1 - expected) / chains).sqrt() + 3 / chains
    worst = int(((got - expected).abs() - allowed).argmax())
    share = f"got {got[worst]:.3f}, expected about {expected[worst]:.3f}"
    state = _digits(binary_states(4)[worst])
    demand(bool((got - expected).abs()[worst] <= allowed[worst]), f"share of chains in {state} {where}: {share}")


def _digits(state: Tensor) -> str:
    return "".join(str(int(value)) for value in state)


class _Record:
    """A sweep that writes down what it is given and returns states of its own."""

    def __init__(self, seed: int, *shape: int) -> None:
        self.seed, self.shape = seed, shape
        self.seen: list[Tensor] = []
        self.made: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        self.seen.append(values("what sweep was handed", x).clone())
        self.made.append(_coins(self.seed + len(self.seen), *self.shape))
        return self.made[-1].clone()

    def follows(self, sweeps: int, start: Tensor) -> None:
        """Demands so many sweeps, the first from `start`, each further one from where the last one ended."""
        demand(len(self.seen) == sweeps, f"calls of sweep: got {len(self.seen)}, expected {sweeps}")
        for n, (got, expected) in enumerate(zip(self.seen, [start, *self.made], strict=False), 1):
            close(f"what the sweep number {n} was handed", got, expected)


def _ascent(x: Tensor, x_model: Tensor, weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Differentiates the mean of -F over the data minus that over the model's states, F being summed over all h."""
    leaves = [w.detach().clone().requires_grad_() for w in weights]
    data, model = (_scores(v, *leaves).logsumexp(1).mean() for v in (x, x_model))
    return torch.autograd.grad(data - model, leaves)


@check
def contrastive_gradient(gradient: Callable[..., Weights], seed: int = 0) -> None:
    r"""Checks the gradient of CD-k against the derivative of $\overline{F(\tilde x)} - \overline{F(x)}$.

    Args:
        gradient: Function of data `x` `(B, D)`, the number k, a sweep and a function from `x` to $p(h = 1 | x)$, to
            three gradients, shaped like `W`, `b` and `c`, that lead uphill.
        seed: Fixes what is drawn.

    Source: Hinton, Training Products of Experts by Minimizing Contrastive Divergence (2002).

    Example:
        >>> def gradient(x, k, sweep, prob_h):
        ...     x_model = x
        ...     for _ in range(k):
        ...         x_model = sweep(x_model)
        ...     h, h_model = prob_h(x), prob_h(x_model)
        ...     dW = (h.T @ x - h_model.T @ x_model) / len(x)
        ...     return dW, (h - h_model).mean(0), (x - x_model).mean(0)
        >>> contrastive_gradient(gradient)
        ✓ CD-1 and CD-3: k sweeps from the data, and the derivative of the free energies
    """
    for k in (1, 3):
        weights, x = _machine(seed, 3, 5), _coins(seed, 6, 5)
        W, b, _ = weights
        sweep = _Record(seed, 6, 5)
        got = gentle(gradient)(x.clone(), k, sweep, lambda v, W=W, b=b: torch.sigmoid(values("x", v).to(W) @ W.T + b))
        sweep.follows(k, x)
        got = several("the gradient", got, "for W, for b, for c")
        for name, mine, slope in zip("Wbc", got, _ascent(x, sweep.made[-1], weights), strict=True):
            close(f"the gradient for {name} of CD-{k}", mine, slope)
    print("✓ CD-1 and CD-3: k sweeps from the data, and the derivative of the free energies")


@check
def persistent_step(step: Callable[..., Any], seed: int = 0) -> None:
    r"""Checks three steps of learning with persistent chains, which the step moves and learns in place.

    Args:
        step: Function of data `x` `(B, D)`, `chains` `(n, D)`, a sweep, a function from `x` to $p(h = 1 | x)$, `W`,
            `b`, `c` and a rate; it changes `chains` and the weights.
        seed: Fixes what is drawn.

    Source: Tieleman, Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient (2008).

    Example:
        >>> def step(x, chains, sweep, prob_h, W, b, c, rate):
        ...     chains.copy_(sweep(chains))
        ...     h, h_model = prob_h(x), prob_h(chains)
        ...     W += rate * (h.T @ x / len(x) - h_model.T @ chains / len(chains))
        ...     b += rate * (h.mean(0) - h_model.mean(0))
        ...     c += rate * (x.mean(0) - chains.mean(0))
        >>> persistent_step(step)
        ✓ three steps: the chains go on from where they stood, the weights follow the gradient
    """
    weights, chains = _machine(seed, 3, 5), _coins(seed, 9, 5)
    start, sweep = chains.clone(), _Record(seed, 9, 5)
    W, b, _ = weights
    for n, rate in enumerate((0.5, 0.2, 1.0), 1):
        x, before = _coins(seed + 100 * n, 4 + n, 5), tuple(w.clone() for w in weights)
        moved = gentle(step, may_change=tuple(argument_names(step, 7)[1:]))
        moved(x.clone(), chains, sweep, lambda v: torch.sigmoid(values("x", v).to(W) @ W.T + b), *weights, rate)
        sweep.follows(n, start)
        close(f"the caller's `chains` after step {n}", chains, sweep.made[-1])
        slopes = _ascent(x, sweep.made[-1], before)
        for name, mine, old, slope in zip("Wbc", weights, before, slopes, strict=True):
            close(f"the caller's `{name}` after step {n} at rate {rate}", mine, old + rate * slope)
    print("✓ three steps: the chains go on from where they stood, the weights follow the gradient")


@check
def clamped_chain(complete: Callable[[Tensor, Tensor, Layer, int], Tensor], seed: int = 0) -> None:
    r"""Checks a chain some of whose pixels are kept: what it is made of, and where it ends.

    Args:
        complete: Function of `x` `(B, D)`, the pixels to keep `(D,)`, a sweep and a number of sweeps, to `(B, D)`.
        seed: Fixes what is drawn.

    Example:
        >>> def complete(x, keep, sweep, steps):
        ...     v = torch.where(keep, x, torch.rand_like(x).round())
        ...     for _ in range(steps):
        ...         v = torch.where(keep, x, sweep(v))
        ...     return v
        >>> clamped_chain(complete)
        ✓ the rest begins as coins, what is kept is put back after every sweep, and all of it ends where it should
    """
    keep = torch.tensor([True, False, False, True])
    keep = keep if seed % 2 else ~keep
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + OTHER)
        for steps in (1, 3):
            _clamps(complete, keep, steps, seed)
        W, b, c = _machine(seed, 3, 4)
        states, chains = binary_states(4), 4000
        scores = _scores(states, W, b, c)
        given = states[5 + seed % 4]
        fits = (states == given)[:, keep].all(1)
        exact = torch.where(fits, scores.logsumexp(1), -torch.inf).softmax(0)
        end = gentle(complete)(given.repeat(chains, 1), keep, lambda v: _swept(v, W, b, c), 40)
    got = torch.bincount((only_bits("where the chains end", end) @ PLACES).long(), minlength=16) / chains
    _frequencies(got, exact, chains, f"after 40 sweeps, given {_digits(given)} with {_digits(keep)} kept")
    print("✓ the rest begins as coins, what is kept is put back after every sweep, and all of it ends where it should")


def _swept(x: Tensor, W: Tensor, b: Tensor, c: Tensor) -> Tensor:
    h = (torch.rand(len(x), len(b)) < torch.sigmoid(values("x", x).to(W) @ W.T + b)).to(W)
    return (torch.rand(x.shape) < torch.sigmoid(h @ W + c)).float()


def _clamps(complete: Callable[..., Tensor], keep: Tensor, steps: int, seed: int) -> None:
    """Demands that each sweep is handed what is kept beside what the last one made, or beside coins at first."""
    x, sweep = _coins(seed, 4000, 4), _Record(seed, 4000, 4)
    end = gentle(complete)(x.clone(), keep, sweep, steps)
    demand(len(sweep.seen) == steps, f"calls of sweep: got {len(sweep.seen)}, expected {steps}")
    close("kept pixels of what the first sweep was handed", sweep.seen[0][:, keep], x[:, keep])
    free, beside = sweep.seen[0][:, ~keep], x[:, ~keep]
    only_bits("other pixels of what the first sweep was handed", free)
    first, second = free.T.bool()
    for what, share, expected in (
        ("are on", free.mean(), 0.5),
        ("are both on", (first & second).float().mean(), 0.25),
        ("are as in x", (free == beside).float().mean(), 0.5),
        ("agree in two pictures", (free[::2] == free[1::2]).float().mean(), 0.5),
    ):
        near = abs(share.item() - expected) < 0.05
        demand(near, f"share of other pixels that {what} at the start: got {share:.3f}, expected about {expected}")
    again = _Record(seed, 4000, 4)
    fresh("the coins at the start", lambda: [complete(x.clone(), keep, again, 1), again.seen[-1]][1])
    for n, (got, made) in enumerate(zip([*sweep.seen[1:], values("the result", end)], sweep.made, strict=True), 1):
        close(f"what sweep {n} left, with the kept pixels put back,", got, torch.where(keep, x, made))
