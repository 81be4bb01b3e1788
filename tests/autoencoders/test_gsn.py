"""Laws of the chain that corrupts and cleans: what it keeps, with the whole posterior and with a factorised one."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from exact import assert_law, assert_mean, draws, index, states
from mutants import breaks
from torch import Tensor, nn
from torch.distributions import Bernoulli, Categorical, Independent
from torch.testing import assert_close

from genlib.autoencoders import GSN, salt_and_pepper
from genlib.nn import Bernoulli as Entries
from genlib.nn import mlp

D, N, FLIP = 4, 40_000, 0.15


class Listed(nn.Module):
    """The whole posterior of a distribution `p` `(2**D,)` that can be listed, under flips of its bits."""

    def __init__(self, p: Tensor) -> None:
        super().__init__()
        self.each = posterior(p)

    def forward(self, given: Tensor) -> Listing:
        return Listing(self.each[index(given)])


class Listing:
    """One distribution over all states for each example."""

    def __init__(self, p: Tensor) -> None:
        self.p = p

    def sample(self) -> Tensor:
        return states(D)[Categorical(self.p).sample()]

    def log_prob(self, x: Tensor) -> Tensor:
        return self.p.gather(1, index(x)[:, None])[:, 0].log()


class Factorised(Listed):
    """The best denoiser that draws each bit by itself: it has the posterior's means."""

    def forward(self, given: Tensor) -> Independent:
        return Independent(Bernoulli(self.each[index(given)] @ states(D)), 1)


def corruption() -> Tensor:
    """Returns C(x'|x), a row for each x, `(2**D, 2**D)`."""
    different = torch.cdist(states(D), states(D), p=1)
    return FLIP**different * (1 - FLIP) ** (D - different)


def posterior(p: Tensor) -> Tensor:
    """Returns p(x|x'), a row for each x'."""
    joint = corruption().T * p
    return joint / joint.sum(1, keepdim=True)


def skewed() -> Tensor:
    """Returns a distribution over the states that has little to do with independent bits."""
    torch.manual_seed(1)
    return (2 * torch.randn(2**D)).softmax(0)


def chain(denoiser: nn.Module) -> GSN:
    return GSN(denoiser, partial(salt_and_pepper, rate=2 * FLIP))


@breaks("nothing corrupted", "autoencoders.GSN._corrupted", "self.corruption(batch(x, self))", "batch(x, self)")
@breaks("corrupted twice", "autoencoders.GSN.walk", "self._corrupted(x)", "self._corrupted(self._corrupted(x))")
@breaks(
    "the corrupted example kept",
    "autoencoders.GSN.walk",
    "x = self.posterior",
    "_ = x; x = self._corrupted(x); self.posterior",
)
def test_the_chain_of_the_whole_posterior_keeps_the_data() -> None:
    p = skewed()
    assert_law(chain(Listed(p)).walk(draws(p, N), steps=2), p)


@breaks("no step at all", "autoencoders.GSN.walk", "range(steps)", "range(0)")
@breaks("a step too few", "autoencoders.GSN.walk", "range(steps)", "range(steps - 1)")
def test_a_walk_follows_its_transition_matrix() -> None:
    p, start = skewed(), torch.zeros(2**D)
    start[5] = 1
    both = corruption() @ posterior(p)
    assert_law(chain(Listed(p)).walk(draws(start, N), steps=1), start @ both)
    assert_law(chain(Listed(p)).walk(draws(start, N), steps=2), start @ both @ both)


@breaks("the likeliest in the place of a draw", "autoencoders.GSN.walk", ".sample()", ".mean.round()")
def test_the_chain_of_a_factorised_denoiser_keeps_something_else() -> None:
    """What it keeps is the left eigenvector of its own matrix, and that is not the data."""
    p = skewed()
    means = posterior(p) @ states(D)
    each = means.log() @ states(D).T + (1 - means).log() @ (1 - states(D)).T
    matrix, kept = corruption() @ each.exp(), p
    for _ in range(200):
        kept = kept @ matrix
    assert (kept - p).abs().sum() > 0.1
    assert_law(chain(Factorised(p)).walk(draws(kept, N), steps=2), kept)


@breaks(
    "the corrupted example scored",
    "autoencoders.GSN.loss",
    "belief.log_prob(x)",
    "belief.log_prob(state)",
    given={"steps": 2},
)
@breaks("added up over steps", "autoencoders.GSN.loss", "total / steps", "total", given={"steps": 2})
@breaks("no noise before the denoiser", "autoencoders.GSN.loss", "self._corrupted(state)", "state", given={"steps": 1})
@breaks(
    "every step from the data",
    "autoencoders.GSN.loss",
    "state = belief.sample()",
    "state = x",
    given={"steps": 2},
)
@pytest.mark.parametrize("steps", [1, 2])
def test_loss_is_the_mean_surprise_at_the_clean_example(steps: int) -> None:
    """Against the sum over all states that the chain can have come to after each step."""
    p, x = skewed(), states(D)[[5]]
    both, clean = corruption(), posterior(p)
    surprise = -clean[:, 5].log()
    at = torch.zeros(2**D).index_fill(0, index(x), 1.0)
    expected = []
    for _ in range(steps):
        expected.append(at @ both @ surprise)
        at = at @ both @ clean
    model = chain(Listed(p))
    losses = torch.stack([model.loss(x.expand(100, D), steps) for _ in range(300)])
    assert_mean(losses, torch.stack(expected).mean())


@breaks("half the surprise", "autoencoders.GSN.loss", "belief.log_prob(x).mean()", "belief.log_prob(x).mean() / 2")
def test_loss_of_entries_is_the_denoiser_s_cross_entropy() -> None:
    net, x = mlp(D, 8, D), states(D)
    model = GSN(Entries(net), lambda x: 1 - x)
    a = net(1 - x)
    expected = -(x * torch.sigmoid(a).log() + (1 - x) * torch.sigmoid(-a).log()).sum(1).mean()
    assert_close(model.loss(x), expected)
    assert_close(model.posterior(1 - x).mean, torch.sigmoid(a))


def test_errors_state_got_and_expected() -> None:
    model = GSN(Entries(mlp(4, 4)), lambda x: x[:1])
    with pytest.raises(ValueError, match=r"\(1, 4\).*\(5, 4\)"):
        model.loss(torch.zeros(5, 4))
    with pytest.raises(ValueError, match=r"steps is 0.*at least 1"):
        model.loss(torch.zeros(5, 4), steps=0)
    with pytest.raises(ValueError, match=r"steps is -1.*at least 0"):
        model.walk(torch.zeros(5, 4), steps=-1)
