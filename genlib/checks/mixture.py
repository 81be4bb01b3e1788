r"""Checks of the lab on mixtures: Bayes' rule one picture at a time, and sums over all pictures of a few pixels."""

from __future__ import annotations

__all__ = [
    "close",
    "component_shares",
    "if_written",
    "joint_logarithms",
    "lower_bound",
    "weighted_counts",
    "whole_pictures",
]

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from genlib.checks._shared import check, close, demand, fresh, gentle, if_written, only_bits, several, stream, values
from genlib.data import binary_states

K, D = 3, 4
OTHER = 1000  # what answers draw must not repeat what the checks drew
PAIRS = 1500
PLACES = torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64)
WEIGHTS = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float32)
TEMPLATES = torch.tensor([[0.9, 0.8, 0.1, 0.2], [0.1, 0.8, 0.9, 0.2], [0.2, 0.1, 0.3, 0.9]], dtype=torch.float32)


def _mixture(seed: int) -> tuple[Tensor, Tensor]:
    """Returns weights `(K,)` and templates `(K, D)`, near the ones above, so that no two are much alike."""
    generator = stream(seed)
    pi = (WEIGHTS.log() + 0.1 * torch.randn(K, generator=generator)).softmax(0)
    return pi, (TEMPLATES + 0.05 * torch.randn(K, D, generator=generator)).clamp(0.02, 0.98)


def _log_joint(x: Tensor, pi: Tensor, mu: Tensor) -> list[list[float]]:
    """Returns log p(x, k) for each picture and component, a pixel at a time."""
    return [
        [
            math.log(weight) + math.fsum(math.log(m if on else 1 - m) for on, m in zip(picture, template, strict=True))
            for weight, template in zip(pi.tolist(), mu.tolist(), strict=True)
        ]
        for picture in x.tolist()
    ]


def _bayes(s: list[float]) -> tuple[list[float], float]:
    """Returns p(k | x) and log p(x) of one picture, from its log p(x, k)."""
    top = max(s)
    terms = [math.exp(value - top) for value in s]
    return [term / math.fsum(terms) for term in terms], top + math.log(math.fsum(terms))


def _several_guesses(seed: int, n: int) -> Tensor:
    """Returns `n` rows of probabilities of the components."""
    return torch.randn(n, K, generator=stream(seed)).softmax(1)


@check
def joint_logarithms(log_joint: Callable[[Tensor, Tensor, Tensor], Any], seed: int = 0) -> None:
    r"""Checks $\log p(x, k) = \log \pi_k + \sum_i \log p(x_i \mid k)$ on all pictures of 4 pixels, and on two of 64.

    Args:
        log_joint: Function of pictures `(N, D)`, weights `(K,)` and templates `(K, D)`, to logarithms `(N, K)`.
        seed: Fixes what is drawn.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 9.3.3.

    Example:
        >>> joint_logarithms(lambda x, pi, mu: pi.log() + x @ mu.log().T + (1 - x) @ (1 - mu).log().T)
        ✓ all 16 pictures of 4 pixels, one pixel at a time; their probabilities add up to 1; and 64 pixels
    """
    (pi, mu), x = _mixture(seed), binary_states(D)
    got = values("log p(x, k)", gentle(log_joint)(x, pi, mu))
    demand(got.shape == (2**D, K), f"log p(x, k): got shape {tuple(got.shape)}, expected {(2**D, K)}")
    close(f"exp(log p(x, k)) added up over the {2**D} pictures, for component k,", got.exp().sum(0), pi)
    close("log p(x, k) of picture and component", got, _log_joint(x, pi, mu))
    generator = stream(seed + 1)
    bold = torch.where(torch.rand(2, 64, generator=generator) < 0.5, 0.02, 0.98)
    wide = torch.stack([(bold[0] < 0.5).float(), (torch.rand(64, generator=generator) < 0.5).float()]).to(pi.dtype)
    pair = pi[:2] / pi[:2].sum()
    right = _log_joint(wide, pair, bold)
    close("log p(x, k) of pictures of 64 pixels", gentle(log_joint)(wide, pair, bold), right)
    print(f"✓ all {2**D} pictures of {D} pixels, one pixel at a time; their probabilities add up to 1; and 64 pixels")


@check
def component_shares(responsibilities: Callable[[Tensor], Any], seed: int = 0) -> None:
    r"""Checks $p(k \mid x)$ and $\log p(x)$ by Bayes' rule, also where $p(x, k)$ is too small for a number.

    Args:
        responsibilities: Function of logarithms $\log p(x, k)$ `(N, K)`, to $p(k \mid x)$ `(N, K)` and to
            $\log p(x)$ `(N,)`.
        seed: Fixes what is drawn.

    Example:
        >>> component_shares(lambda s: (s.softmax(1), s.logsumexp(1)))
        ✓ Bayes' rule for 16 pictures, and log p(x) from sums over components; also where p(x, k) is tiny
    """
    exact = torch.tensor(_log_joint(binary_states(D), *_mixture(seed)), dtype=torch.float64)
    for less, size in ((0, ""), (300, ", where p(x, k) is tiny")):
        s = (exact - less).to(torch.get_default_dtype())
        both = several("the responsibilities", gentle(responsibilities)(s), "r, log p(x)")
        r, log_p = (values(f"{name}{size}", part) for name, part in zip(("r", "log p(x)"), both, strict=True))
        demand(r.shape == s.shape, f"r: got shape {tuple(r.shape)}, expected {tuple(s.shape)}")
        right = [_bayes(row) for row in s.double().tolist()]
        close(f"r added up over the components{size}, for picture", r.sum(1), torch.ones(len(s)))
        close(f"r of picture and component{size}", r, [shares for shares, _ in right])
        close(f"log p(x){size}", log_p, [total for _, total in right])
    print(f"✓ Bayes' rule for {2**D} pictures, and log p(x) from sums over components; also where p(x, k) is tiny")


@check
def weighted_counts(m_step: Callable[[Tensor, Tensor], Any], seed: int = 0) -> None:
    r"""Checks the M step against loops over pictures, and lets it climb: the likelihood must not fall in ten rounds.

    Args:
        m_step: Function of pictures `(N, D)` and responsibilities `(N, K)`, to weights `(K,)` and templates `(K, D)`.
        seed: Fixes what is drawn.

    Source: Dempster, Laird and Rubin, Maximum Likelihood from Incomplete Data via the EM Algorithm (1977).

    Example:
        >>> weighted_counts(lambda x, r: (r.mean(0), r.T @ x / r.sum(0)[:, None]))
        ✓ weights and templates are those of counting; the likelihood did not fall in 10 rounds of EM
    """
    generator = stream(seed)
    x = (torch.rand(11, D, generator=generator) < 0.5).to(torch.get_default_dtype())
    known = torch.eye(K)[torch.arange(len(x)) % K]
    for r, kind in ((known, "whole pictures"), (_several_guesses(seed, len(x)), "shares")):
        pi, mu = _parameters(gentle(m_step)(x, r))
        close(f"pi added up over the components, where r holds {kind}", pi.sum(), 1)
        count = [math.fsum(column) for column in zip(*r.tolist(), strict=True)]
        close(f"pi, where r holds {kind},", pi, [total / len(x) for total in count])
        on = [
            [math.fsum(r[n, k].item() for n in range(len(x)) if x[n, i]) / count[k] for i in range(D)] for k in range(K)
        ]
        close(f"mu of component and pixel, where r holds {kind},", mu, on)
    _never_falls(m_step, x, *_mixture(seed))
    print("✓ weights and templates are those of counting; the likelihood did not fall in 10 rounds of EM")


def _parameters(got: Any) -> tuple[Tensor, Tensor]:
    """Returns weights and templates in float64, if they have the right shapes."""
    pi, mu = (values(name, part) for name, part in zip(("pi", "mu"), several("the M step", got, "pi, mu"), strict=True))
    demand(pi.shape == (K,), f"pi: got shape {tuple(pi.shape)}, expected {(K,)}")
    demand(mu.shape == (K, D), f"mu: got shape {tuple(mu.shape)}, expected {(K, D)}")
    return pi, mu


def _never_falls(m_step: Callable[[Tensor, Tensor], Any], x: Tensor, pi: Tensor, mu: Tensor) -> None:
    """Demands that ten rounds, with the right E step, climb."""
    before = -math.inf
    for step in range(10):
        both = [_bayes(row) for row in _log_joint(x, pi, mu.clamp(1e-6, 1 - 1e-6))]
        now = math.fsum(total for _, total in both) / len(x)
        demand(now > before - 1e-4, f"log-likelihood after round {step}: got {now:.5f}, expected at least {before:.5f}")
        before = now
        pi, mu = _parameters(m_step(x, torch.tensor([shares for shares, _ in both])))


@check
def lower_bound(bound: Callable[[Tensor, Tensor], Any], seed: int = 0) -> None:
    r"""Checks that the bound touches $\log p(x)$ at the posterior and lies a KL divergence below it elsewhere.

    Args:
        bound: Function of logarithms $\log p(x, k)$ `(N, K)` and guesses q `(N, K)`, to bounds `(N,)`.
        seed: Fixes what is drawn.

    Source: Neal and Hinton, A View of the EM Algorithm that Justifies Incremental, Sparse, and Other Variants (1998).

    Example:
        >>> lower_bound(lambda s, q: (q * s - torch.xlogy(q, q)).sum(1))
        ✓ touches log p(x) at the posterior; the gap of 16 guesses is a KL divergence, also where q holds 0
    """
    s = torch.tensor(_log_joint(binary_states(D), *_mixture(seed)))
    exact = [_bayes(row) for row in s.tolist()]
    right = torch.tensor([shares for shares, _ in exact])
    guesses = {
        "where q is p(k | x)": right,
        "where q is a guess": _several_guesses(seed, len(s)),
        "where q is sure of one component": torch.eye(K)[torch.arange(len(s)) % K],
    }
    for where, q in guesses.items():
        got = values(f"the bound {where}", gentle(bound)(s, q))
        expected = [
            total - math.fsum(a * math.log(a / b) for a, b in zip(row, shares, strict=True) if a > 0)
            for row, (shares, total) in zip(q.tolist(), exact, strict=True)
        ]
        close(f"the bound {where}", got, expected)
    print(f"✓ touches log p(x) at the posterior; the gap of {2**D} guesses is a KL divergence, also where q holds 0")


@check
def whole_pictures(sample: Callable[[int, Tensor, Tensor], Any], seed: int = 0) -> None:
    r"""Checks the means of 20,000 pictures, the share of each of the 16, and pairs, up to five times what chance does.

    Pairs are drawn two pictures at a time: whoever hands out components in order, or as many of each as there should
    be, is right about shares among 20,000 and wrong about two.

    Args:
        sample: Function of a number of pictures, weights `(K,)` and templates `(K, D)`, to pictures `(n, D)`.
        seed: Fixes what is drawn.

    Example:
        >>> def sample(n, pi, mu):
        ...     k = torch.multinomial(pi, n, replacement=True)
        ...     return (torch.rand(n, mu.shape[1]) < mu[k]).float()
        >>> whole_pictures(sample)
        ✓ 20,000 pictures: each pixel, and each of the 16 pictures, as often as it should be
    """
    (pi, mu), n, states = _mixture(seed), 20_000, binary_states(D)
    joint = torch.tensor(_log_joint(states, pi, mu), dtype=torch.float64).exp().sum(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + OTHER)
        x = only_bits("pixels", gentle(sample)(n, pi, mu))
        fresh("50 pictures", lambda: sample(50, pi, mu))
        pairs = torch.stack([only_bits("pixels of two pictures", sample(2, pi, mu)) for _ in range(PAIRS)])
    demand(x.shape == (n, D), f"the pictures: got shape {tuple(x.shape)}, expected {(n, D)}")
    of_pixels = [f"share of pictures whose pixel {i} is on" for i in range(D)]
    _as_often(of_pixels, x.mean(0), joint @ states.double(), n, "")
    of_states = [f"share of the picture {''.join(str(int(value)) for value in state)}" for state in states]
    counted = torch.bincount((x @ PLACES).long(), minlength=2**D) / n
    _as_often(of_states, counted, joint, n, " (each pixel by itself is on as often as it should be)")
    _independent(pairs, joint)
    print(f"✓ {n:,} pictures: each pixel, and each of the {2**D} pictures, as often as it should be")


def _independent(pairs: Tensor, joint: Tensor) -> None:
    """Demands that either picture of a pair `(n, 2, D)` is any of the 16 as often as it should be, and both alike."""
    demand(pairs.shape[1:] == (2, D), f"two pictures: got shape {tuple(pairs.shape[1:])}, expected {(2, D)}")
    remark = " (is each component drawn by itself?)"
    number = (pairs @ PLACES).long()
    for which, ones in zip(("first", "second"), number.T, strict=True):
        what = [f"share of pairs whose {which} picture is {n:04b}" for n in range(2**D)]
        _as_often(what, torch.bincount(ones, minlength=2**D) / len(pairs), joint, len(pairs), remark)
    alike = (number[:, 0] == number[:, 1]).double().mean()[None]
    _as_often(["share of pairs of equal pictures"], alike, joint.square().sum()[None], len(pairs), remark)


def _as_often(what: list[str], got: Tensor, expected: Tensor, n: int, remark: str) -> None:
    """Demands shares that differ by no more than five standard errors, and names the one that differs most."""
    error = (expected * (1 - expected) / n).sqrt()
    worst = int(((got - expected).abs() / error).argmax())
    holds = bool((got - expected).abs()[worst] <= 5 * error[worst] + 1e-4)
    told = f"got {got[worst]:.3f}, expected {expected[worst]:.3f} +- {error[worst]:.3f}"
    demand(holds, f"{what[worst]}: {told}{remark}")
