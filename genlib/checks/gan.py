r"""Checks of the lab on adversarial networks: single examples, the best discriminator, frozen opponents."""

from __future__ import annotations

__all__ = [
    "alternation",
    "close",
    "discriminator_loss",
    "discriminator_step",
    "generator_losses",
    "generator_step",
    "if_written",
    "slope_penalty",
]

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib.checks._shared import LARGE, check, close, demand, gentle, if_written, several, slopes, stream, values
from genlib.nn import mlp


def _logits(seed: int, *sizes: int) -> list[Tensor]:
    generator = stream(seed)
    return [(2 * torch.randn(n, generator=generator)).requires_grad_() for n in sizes]


@check
def discriminator_loss(loss: Callable[[Tensor, Tensor], Tensor], seed: int = 0) -> None:
    r"""Checks $-V = -\mathbb{E}[\log D(x)] - \mathbb{E}[\log(1 - D(G(z)))]$ as a function of log-odds.

    Its value and gradient are compared with sums over single examples; with counts of $K$ states as data and forgeries
    the gradient vanishes at $a^* = \log p - \log p_G$; sure opinions, right or wrong, cost a finite sum.

    Args:
        loss: Function of the log-odds of real points `(B,)` and of forgeries `(n,)`, to a loss `()`.
        seed: Fixes what is drawn.

    Source: Goodfellow et al., Generative Adversarial Nets (2014), section 4.1.

    Example:
        >>> discriminator_loss(lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean())
        ✓ value and gradient, the best discriminator of two distributions, and logits of 200
    """
    real, fake = _logits(seed, 5, 8)
    probability, forged = real.detach().sigmoid(), fake.detach().sigmoid()
    what = "the discriminator's loss of 5 real and 8 forged logits"
    loss = gentle(loss)
    got = loss(real, fake)
    gradient = slopes(got, [real, fake], what)
    close(what, got, -probability.log().mean() - (1 - forged).log().mean())
    close("its derivative in the logit of a real point", gradient[0], (probability - 1) / 5)
    close("its derivative in the logit of a forgery", gradient[1], forged / 8)
    _best(loss, seed)
    sure = torch.tensor([LARGE, -LARGE])
    close(f"the loss where D is sure, with logits of ±{LARGE:.0f}", loss(sure, -sure), LARGE)
    print(f"✓ value and gradient, the best discriminator of two distributions, and logits of {LARGE:.0f}")


def _best(loss: Callable[[Tensor, Tensor], Tensor], seed: int) -> None:
    """At the log-ratio of two counted distributions no single state's log-odds can be improved."""
    generator = stream(seed + 1)
    counts = torch.randint(1, 9, (2, 4), generator=generator)
    p, q = counts / counts.sum(1, keepdim=True)
    a = (p / q).log().requires_grad_()
    (slope,) = slopes(loss(*(a.repeat_interleave(n) for n in counts)), [a], "the discriminator's loss")
    close("the derivative in D's logit at one of 4 states, where D is the best there is,", slope, torch.zeros(4))


@check
def generator_losses(
    minimax: Callable[[Tensor], Tensor], non_saturating: Callable[[Tensor], Tensor], seed: int = 0
) -> None:
    r"""Checks $\mathbb{E}[\log(1 - D(G(z)))]$ and $-\mathbb{E}[\log D(G(z))]$ as functions of the forgeries' log-odds.

    Args:
        minimax: The first, from log-odds `(n,)` to a loss `()`.
        non_saturating: The second, likewise.
        seed: Fixes what is drawn.

    Source: Goodfellow et al. (2014), section 3.

    Example:
        >>> generator_losses(lambda a: -F.softplus(a).mean(), lambda a: F.softplus(-a).mean())
        ✓ minimax: value, gradient, and logits of 200
        ✓ non-saturating: value, gradient, and logits of 200
    """
    (a,) = _logits(seed, 7)
    d = a.detach().sigmoid()
    sure = torch.tensor([LARGE, -LARGE])
    for name, loss, value, slope, end in (
        ("minimax", minimax, (1 - d).log().mean(), -d / 7, -LARGE / 2),
        ("non-saturating", non_saturating, -d.log().mean(), (d - 1) / 7, LARGE / 2),
    ):
        got = gentle(loss)(a)
        found = slopes(got, [a], f"the {name} loss of 7 logits")
        close(f"the {name} loss of 7 logits", got, value)
        close(f"the derivative of the {name} loss in one logit", found[0], slope)
        close(f"the {name} loss where D is sure, with logits of ±{LARGE:.0f}", gentle(loss)(sure), end)
        print(f"✓ {name}: value, gradient, and logits of {LARGE:.0f}")


def _flat(a: Tensor, count: int) -> None:
    """Demands that a loss is handed one number for each point: with `(B, 1)` some losses would compare all pairs."""
    demand(a.shape == (count,), f"the log-odds handed to `loss`: got shape {tuple(a.shape)}, expected ({count},)")


class _Players:
    """Two small networks of their own, plain descent for one, and the weights as they were before a step."""

    def __init__(self, seed: int, trained: str) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.generator, self.discriminator = mlp(3, 4, 2), mlp(2, 5, 1)
            self.x, self.z = torch.randn(6, 2), torch.randn(9, 3)
        self.of = {"generator": self.generator, "discriminator": self.discriminator}
        self.trained, self.opponent = self.of.pop(trained), next(iter(self.of.values()))
        self.names = trained, next(iter(self.of))
        self.descent = torch.optim.SGD(self.trained.parameters(), lr=0.1)
        self.rates = itertools.cycle((0.1, 0.3))

    def weights(self, net: nn.Module) -> list[Tensor]:
        return [w.detach().clone() for w in net.parameters()]

    def check(self, step: Callable[[], Any], loss: Callable[[], Tensor]) -> None:
        """Compares one step with `w - rate * gradient`, gradients of an earlier step lying about."""
        (mine, other), before = self.names, self.weights(self.opponent)
        value = loss()
        gradient = torch.autograd.grad(value, list(self.trained.parameters()))
        rate = self.descent.param_groups[0]["lr"] = next(self.rates)
        expected = [w - rate * g for w, g in zip(self.weights(self.trained), gradient, strict=True)]
        start = self.weights(self.trained)
        for w in self.trained.parameters():
            w.grad = torch.ones_like(w)
        got = step()
        moved = any(not torch.equal(w, v) for w, v in zip(start, self.weights(self.trained), strict=True))
        demand(moved, f"the {mine}'s weights: got the same as before the step, expected a move")
        for i, (w, v) in enumerate(zip(self.trained.parameters(), expected, strict=True)):
            close(f"parameter {i} of the {mine} after one step", w, v)
        for i, (w, v) in enumerate(zip(self.opponent.parameters(), before, strict=True)):
            close(f"parameter {i} of the {other}, who waits,", w, v)
        thawed = all(w.requires_grad for net in (self.trained, self.opponent) for w in net.parameters())
        demand(thawed, "after the step: got weights with requires_grad=False, expected all ready for the next step")
        demand(got is not None, "what the step returns: got None, expected the loss, a float")
        close("the loss that the step returned", got, value)


@check
def discriminator_step(step: Callable[..., float], seed: int = 0) -> None:
    r"""Checks one step of the discriminator against $\psi \leftarrow \psi - \eta\,\nabla_\psi L_D$.

    Args:
        step: Function `(generator, discriminator, loss, x, z, descent)` that takes the step and returns the loss.
        seed: Fixes what is drawn.
    """
    game = _Players(seed, "discriminator")

    def loss(a: Tensor, b: Tensor) -> Tensor:
        _flat(a, len(game.x))
        _flat(b, len(game.z))
        return F.softplus(-a).mean() + 2 * F.softplus(b).mean() + (a - 1).square().mean() / 7

    def exact() -> Tensor:
        fake = game.generator(game.z).detach()
        return loss(game.discriminator(game.x)[:, 0], game.discriminator(fake)[:, 0])

    for _ in range(2):
        game.check(lambda: gentle(step)(game.generator, game.discriminator, loss, game.x, game.z, game.descent), exact)
        left = [w.grad for w in game.generator.parameters() if w.grad is not None and w.grad.any()]
        demand(not left, f"gradients in the generator: got {len(left)} after D's step, expected none")
    print("✓ the discriminator follows its gradient, and nothing reaches the generator")


@check
def generator_step(step: Callable[..., float], seed: int = 0) -> None:
    r"""Checks one step of the generator against $\theta \leftarrow \theta - \eta\,\nabla_\theta L_G$.

    Args:
        step: Function `(generator, discriminator, loss, z, descent)` that takes the step and returns the loss.
        seed: Fixes what is drawn.
    """
    game = _Players(seed, "generator")

    def loss(a: Tensor) -> Tensor:
        _flat(a, len(game.z))
        return F.softplus(-2 * a).mean() + (a - 1).square().mean() / 7

    def exact() -> Tensor:
        return loss(game.discriminator(game.generator(game.z))[:, 0])

    for _ in range(2):
        game.check(lambda: gentle(step)(game.generator, game.discriminator, loss, game.z, game.descent), exact)
    print("✓ the generator follows its gradient, through a discriminator that keeps its weights")


@check
def alternation(play: Callable[..., tuple[list[float], list[float]]], seed: int = 0) -> None:
    """Checks the alternating algorithm with two players that only keep a record of what they are given.

    Args:
        play: Function `(step_d, step_g, batches, noise, rounds, d_steps)` that returns both players' losses.
        seed: Fixes how many rounds there are.
    """
    for d_steps in (2 + seed // 3 % 2, 1):
        _turns(play, 2 + seed % 3, d_steps)
    print(f"✓ {2 + seed % 3} rounds of {2 + seed // 3 % 2} steps and one, each on fresh data and noise")


def _turns(play: Callable[..., tuple[list[float], list[float]]], rounds: int, d_steps: int) -> None:
    """Lets two players take turns; one step of the discriminator is what a round has unless said otherwise."""
    moves: list[tuple[str, tuple[Any, ...]]] = []
    data, draws = itertools.count(), itertools.count(1000)
    expected = ("D" * d_steps + "G") * rounds

    def record(player: str, *given: Any) -> float:
        moves.append((player, given))
        demand(len(moves) <= len(expected), f"got more than {len(expected)} steps, expected them to end there")
        return float(len(moves))

    def batches() -> Iterator[int]:
        yield from data

    said = () if d_steps == 1 else (d_steps,)
    result = play(
        lambda x, z: record("D", x, z), lambda z: record("G", z), batches(), lambda: next(draws), rounds, *said
    )
    _compare_moves(moves, expected)
    lists = tuple([float(i + 1) for i, who in enumerate(expected) if who == player] for player in "DG")
    found = several("the losses", result, "D's losses, G's losses")
    got = tuple(values("the losses", losses).tolist() for losses in found)
    demand(got == lists, f"the losses, where the steps return 1, 2, 3, …: got {got}, expected {lists}")


def _compare_moves(moves: list[tuple[str, tuple[Any, ...]]], expected: str) -> None:
    order = "".join(player for player, _ in moves)
    demand(order == expected, f"the order of the steps: got {order}, expected {expected}")
    shown = [given[0] for player, given in moves if player == "D"]
    drawn = [given[-1] for _, given in moves]
    for what, got, low in (("batches", shown, 0), ("draws of noise", drawn, 1000)):
        right = all(isinstance(n, int) and low <= n < low + 1000 for n in got)
        demand(right, f"the {what}: got {got[0]!r}, expected what `{'noise()' if low else 'batches'}` gives")
        fresh = len(set(got))
        demand(fresh == len(got), f"{what}: got {fresh} different ones in {len(got)} steps, expected {len(got)}")


class _Bowl(nn.Module):
    """A discriminator whose log-odds, `x A x / 2 + w x`, have a slope that is known."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator = stream(seed)
        A = torch.randn(2, 2, generator=generator)
        self.A, self.w = A + A.T, nn.Parameter(torch.randn(2, generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        return ((x @ self.A / 2 + self.w) * x).sum(1, keepdim=True)


@check
def slope_penalty(penalty: Callable[[nn.Module, Tensor, float], Tensor], seed: int = 0) -> None:
    r"""Checks $R_1 = \tfrac\gamma2\,\mathbb{E}_x\|\nabla_x a(x)\|^2$ on log-odds whose slope $A x + w$ is known.

    Args:
        penalty: Function of a discriminator, points `(B, 2)` and $\gamma$, to a loss `()`.
        seed: Fixes what is drawn.

    Source: Mescheder, Geiger and Nowozin, Which Training Methods for GANs do actually Converge? (2018).
    """
    bowl = _Bowl(seed)
    x = torch.randn(6, 2, generator=stream(seed + 1))
    slope = (x @ bowl.A + bowl.w).detach()
    for gamma in (1.0, 2.5):
        what = f"the penalty of 6 points, gamma = {gamma}"
        got = gentle(penalty)(bowl, x.clone(), gamma)
        left = [w for w in bowl.parameters() if w.grad is not None]
        demand(not left, f"gradients in the discriminator: got {len(left)} left behind, expected none")
        close(what, got, gamma / 2 * (slope[:, 0] ** 2 + slope[:, 1] ** 2).sum() / 6)
        (found,) = slopes(got, [bowl.w], what)
        close("the penalty's derivative in a weight of the discriminator", found, gamma * slope.mean(0))
    print("✓ the penalty of known slopes, and the gradient that trains the discriminator")
