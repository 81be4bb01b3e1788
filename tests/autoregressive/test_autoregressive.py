"""Laws of the autoregressive models, on nine entries in a shuffled order, against sums over all 512 vectors."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from exact import assert_law, drawn, index, states
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.autoregressive import FVSBN, MADE, NADE, Autoregressive, Ensemble, PixelGRU

D = 9
ORDER = [4, 0, 7, 2, 8, 1, 6, 3, 5]
KINDS: dict[str, Callable[..., Autoregressive]] = {
    "FVSBN": lambda order=ORDER: FVSBN(D, order),
    "NADE": lambda order=ORDER: NADE(D, 5, order),
    "narrow MADE": lambda order=ORDER: MADE(D, 5, order),
    "MADE": lambda order=ORDER: MADE(D, 20, order),
    "deep MADE": lambda order=ORDER: MADE(D, 12, order, layers=3),
    "PixelGRU": lambda order=ORDER: PixelGRU(D, 4, order, place=2),
}
kinds = pytest.mark.parametrize("kind", KINDS)


def model(kind: str, seed: int = 0) -> Autoregressive:
    return drawn(KINDS[kind], seed)


@torch.no_grad()
def law(of: Autoregressive | Ensemble) -> Tensor:
    """Returns p(x) of every vector, `(512,)`, in the order of `states`."""
    return of.log_prob(states(D)).exp()


def first(order: list[int], t: int) -> Tensor:
    """Returns the group that every vector is in, `(512,)`: groups agree in the first t entries of the order."""
    return (states(D)[:, order[:t]] @ 2.0 ** torch.arange(t)).long()


def assert_reads_what_is_before(chain: Autoregressive, x: Tensor) -> None:
    """Flips each entry in turn: the log-odds of all later ones change, those of the others not by a bit."""
    for t, d in enumerate(ORDER):
        flipped = x.clone()
        flipped[:, d] = 1 - flipped[:, d]
        changed = (chain.logit(x) != chain.logit(flipped)).any(0)
        assert not changed[ORDER[: t + 1]].any()
        assert changed[ORDER[t + 1 :]].all()


# The density


@breaks(
    "an output that sees its input",
    "autoregressive.made.MADE._masks",
    "visible[:, None] > spread",
    "visible[:, None] >= spread",
    given={"kind": "MADE"},
)
@breaks(
    "a hidden layer that leaks",
    "autoregressive.made.MADE._masks",
    "to[:, None] >= of",
    "to[:, None] >= of - 1",
    given={"kind": "deep MADE"},
)
@breaks(
    "a sum that has the entry itself",
    "autoregressive.nade.NADE.log_odds",
    "F.pad(terms[:, :-1], (0, 0, 1, 0)).cumsum(1)",
    "terms.cumsum(1)",
    given={"kind": "NADE"},
)
@breaks(
    "a network that reads what it predicts",
    "autoregressive.recurrent.PixelGRU.log_odds",
    "torch.cat([torch.zeros_like(x[:, :1]), x[:, order[:-1]]], 1)",
    "x[:, order]",
    given={"kind": "PixelGRU"},
)
@breaks(
    "entries in their own place",
    "autoregressive.chain.Autoregressive.__init__",
    "place[:, None] > place",
    "place[:, None] >= place",
    given={"kind": "FVSBN"},
)
@breaks(
    "half a logarithm", "autoregressive.chain.Autoregressive.log_prob", "- F.softplus(a)", "", given={"kind": "FVSBN"}
)
@kinds
def test_probabilities_of_all_vectors_sum_to_one(kind: str) -> None:
    assert abs(law(model(kind)).sum().item() - 1) < 1e-12


@breaks(
    "a column of another entry",
    "autoregressive.made.MADE.log_odds",
    "self.R * self.earlier",
    "self.R.flip(0) * self.earlier.flip(0)",
    given={"kind": "MADE"},
)
@breaks(
    "columns in the order of drawing",
    "autoregressive.nade.NADE.log_odds",
    "a[:, self._places()]",
    "a",
    given={"kind": "NADE"},
)
@breaks(
    "columns in the order of drawing",
    "autoregressive.recurrent.PixelGRU.log_odds",
    "[:, self._places()]",
    "",
    given={"kind": "PixelGRU"},
)
@kinds
def test_log_odds_are_those_of_the_joint_distribution(kind: str) -> None:
    """p(x_d | x before d) from sums over all vectors that agree so far: groups by what comes before, then by d too."""
    chain, x = model(kind), states(D)
    p, odds = law(chain), chain.logit(x).detach()
    for t, d in enumerate(ORDER):
        before = first(ORDER, t)
        total = torch.zeros(2**t).index_add(0, before, p)
        ones = torch.zeros(2**t).index_add(0, before, p * x[:, d])
        assert_close(odds[:, d].sigmoid(), (ones / total)[before])


@breaks(
    "no weights that lead straight to the output",
    "autoregressive.made.MADE.log_odds",
    "return h + F.linear(x, self.R * self.earlier)",
    "return h",
    given={"kind": "narrow MADE"},
)
@breaks(
    "the last entry before is not read",
    "autoregressive.chain.Autoregressive.__init__",
    "place[:, None] > place",
    "place[:, None] > place + 1",
    given={"kind": "FVSBN"},
)
@breaks(
    "a state that forgets",
    "autoregressive.recurrent.PixelGRU.log_odds",
    "h, _ = self.gru(",
    "h, _ = self.gru(0 * ",
    given={"kind": "PixelGRU"},
)
@kinds
def test_each_entry_reads_all_before_it_and_nothing_else(kind: str) -> None:
    chain = model(kind)
    assert_reads_what_is_before(chain, states(D)[[0, 137, 273, 511, 86]])


@breaks(
    "mask A twice: neighbours unseen",
    "autoregressive.made.MADE._masks",
    "to[:, None] >= of",
    "to[:, None] > of",
)
def test_hidden_units_alone_let_a_masked_network_read_all_before() -> None:
    """The weights that lead straight to the output would hide masks that are too strict; here there are none."""
    chain = drawn(lambda: MADE(D, 48, ORDER, layers=3))
    chain.R.data.zero_()
    assert_reads_what_is_before(chain, states(D))


# Their formulas, entry by entry


@breaks("without its bias", "autoregressive.fvsbn.FVSBN.log_odds", ", self.c)", ")")
def test_a_belief_net_is_a_row_of_logistic_regressions() -> None:
    net, x = model("FVSBN"), states(D)[::37]
    for t, d in enumerate(ORDER):
        a = net.c[d] + sum(net.R[d, e] * x[:, e] for e in ORDER[:t])
        assert_close(net.logit(x)[:, d], a.expand(len(x)))


@breaks("a hidden layer without its bias", "autoregressive.nade.NADE.log_odds", "self.b + before", "before")
@breaks("weights of another entry", "autoregressive.nade.NADE.log_odds", "self.V[order]", "self.V")
def test_nade_has_a_hidden_layer_for_each_entry() -> None:
    nade, x = model("NADE"), states(D)[::37]
    for t, d in enumerate(ORDER):
        h = torch.sigmoid(nade.b + x[:, ORDER[:t]] @ nade.W[:, ORDER[:t]].T)
        assert_close(nade.logit(x)[:, d], nade.c[d] + h @ nade.V[d])


@breaks(
    "it reads where it was, not where it goes",
    "autoregressive.recurrent.PixelGRU.log_odds",
    "self.e[order]",
    "self.e[order].roll(1, 0)",
)
def test_the_recurrent_network_is_a_cell_applied_again_and_again() -> None:
    """The cell's equations written out: reset, update, candidate, and what remains of the state."""
    net, x = model("PixelGRU"), states(D)[::37]
    gru = net.gru
    h, last = torch.zeros(len(x), 4), torch.zeros(len(x), 1)
    for d in ORDER:
        read = torch.cat([last, net.e[d].expand(len(x), 2)], 1)
        r, z, n = (read @ gru.weight_ih_l0.T + gru.bias_ih_l0).chunk(3, 1)
        hr, hz, hn = (h @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, 1)
        update = torch.sigmoid(z + hz)
        h = (1 - update) * torch.tanh(n + torch.sigmoid(r + hr) * hn) + update * h
        assert_close(net.logit(x)[:, d], net.c[d] + h @ net.V[d])
        last = x[:, d, None]


@breaks("dropout that stays on", "autoregressive.made.MADE.log_odds", ", self.training)", ")")
def test_dropout_is_for_training_alone() -> None:
    made = drawn(lambda: MADE(D, 20, dropout=0.5))
    x = states(D)[:8]
    assert not torch.equal(made.train().log_prob(x), made.log_prob(x))
    assert abs(made.eval().log_prob(states(D)).exp().sum().item() - 1) < 1e-12
    assert torch.equal(made.log_prob(x), made.log_prob(x))


# Samples


@breaks(
    "ones where there should be zeros",
    "autoregressive.chain.Autoregressive._drawn",
    "u[:, d] <",
    "u[:, d] >",
    given={"kind": "deep MADE"},
)
@breaks(
    "drawn in raster order",
    "autoregressive.chain.Autoregressive._drawn",
    "in self.order[given:]:",
    "in sorted(self.order[given:]):",
    given={"kind": "FVSBN"},
)
@breaks(
    "a sum that is not carried on",
    "autoregressive.nade.NADE._drawn",
    "total = total + ",
    "total = self.b + ",
    given={"kind": "NADE"},
)
@breaks(
    "a state that is not carried on",
    "autoregressive.recurrent.PixelGRU._drawn",
    "h, state = self.gru",
    "h, _ = self.gru",
    given={"kind": "PixelGRU"},
)
@kinds
def test_samples_follow_the_density(kind: str) -> None:
    chain = model(kind)
    torch.manual_seed(1)
    assert_law(chain.sample(100_000), law(chain))


@breaks(
    "the running sum begins without a bias",
    "autoregressive.nade.NADE._drawn",
    "self.b + x",
    "x",
    given={"kind": "NADE"},
)
@breaks(
    "what is given is not read",
    "autoregressive.recurrent.PixelGRU._drawn",
    "last = x[:, d, None]",
    "last = last if t < given else x[:, d, None]",
    given={"kind": "PixelGRU"},
)
@breaks(
    "what is not given is read",
    "autoregressive.made.MADE._drawn",
    "x[:, self.order[given:]] = 0",
    "pass",
    given={"kind": "leaking"},
)
@breaks(
    "what is not given is read",
    "autoregressive.chain.Autoregressive._drawn",
    "x[:, self.order[given:]] = 0",
    "pass",
    given={"kind": "deep leaking"},
)
@breaks(
    "a sum that is not carried on",
    "autoregressive.made.MADE._drawn",
    "total = total + x[:, d, None]",
    "total = total + 0 * x[:, d, None]",
    given={"kind": "MADE"},
)
@breaks(
    "weights that are masked away",
    "autoregressive.made.MADE._drawn",
    ' * self.get_buffer("mask1")',
    "",
    given={"kind": "MADE"},
)
@pytest.mark.parametrize("kind", ["NADE", "PixelGRU", "MADE", "leaking", "deep leaking"])
def test_samplers_with_a_short_cut_draw_what_whole_passes_draw(kind: str) -> None:
    """Equal uniform numbers give equal vectors, from any start; a leaking network is drawn from zeros too."""
    chain = model({"leaking": "MADE", "deep leaking": "deep MADE"}.get(kind, kind))
    if "leaking" in kind:
        chain.earlier = torch.ones(D, D)
    torch.manual_seed(1)
    x, u = torch.bernoulli(torch.full((200, D), 0.5)), torch.rand(200, D)
    for given in (0, 4, D):
        slow = x.clone()
        slow[:, ORDER[given:]] = 0
        with torch.no_grad():
            for d in ORDER[given:]:
                slow[:, d] = (u[:, d] < chain.logit(slow)[:, d].sigmoid()).to(x)
        assert torch.equal(chain.complete(x, given, u=u), slow)


@breaks(
    "all is drawn anew", "autoregressive.chain.Autoregressive.complete", "u, given)", "u, 0)", given={"kind": "FVSBN"}
)
@kinds
def test_completions_follow_the_conditional_distribution(kind: str) -> None:
    chain, x = model(kind), states(D)[[300]]
    torch.manual_seed(1)
    completed = chain.complete(x.expand(100_000, D), given=4)
    agree = first(ORDER, 4) == first(ORDER, 4)[300]
    p = law(chain) * agree
    assert_law(completed, p / p.sum())


@breaks("the caller's examples are filled in", "autoregressive.chain.Autoregressive.complete", "x.clone()", "x")
def test_completing_leaves_the_callers_examples_alone() -> None:
    x = states(D)[:5].clone()
    model("MADE").complete(x, 2)
    assert torch.equal(x, states(D)[:5])


# Averages


def trio() -> Ensemble:
    return Ensemble([model("NADE"), model("MADE", 1), drawn(lambda: FVSBN(D, range(D)), 2)])


@breaks(
    "an average of logarithms",
    "autoregressive.chain.Ensemble.log_prob",
    ".logsumexp(0) - math.log(len(each))",
    ".mean(0)",
)
@breaks("a sum for an average", "autoregressive.chain.Ensemble.log_prob", " - math.log(len(each))", "")
def test_an_ensemble_averages_probabilities_of_whole_examples() -> None:
    ensemble = trio()
    p = law(ensemble)
    assert_close(p, torch.stack([law(each) for each in ensemble.models]).mean(0))
    assert abs(p.sum().item() - 1) < 1e-12
    assert ensemble.loss(states(D)).item() == pytest.approx(-p.log().mean().item())


@breaks(
    "one model draws all",
    "autoregressive.chain.Ensemble.sample",
    "torch.randint(len(self.models), (n,))",
    "torch.zeros(n, dtype=torch.long)",
)
def test_an_ensembles_samples_follow_its_density() -> None:
    torch.manual_seed(1)
    ensemble = trio()
    x = ensemble.sample(100_000)
    assert_law(x, law(ensemble))
    halves = [(index(x[part]) < 256).double().mean().item() for part in (slice(50_000), slice(50_000, None))]
    assert abs(halves[0] - halves[1]) < 4 * math.sqrt(0.5 / 50_000)


@breaks("examples lie sorted by their model", "autoregressive.chain.Ensemble.sample", "[torch.randperm(n)]", "")
def test_an_ensembles_samples_are_in_no_order() -> None:
    """Two models that draw nothing but zeros, and nothing but ones."""
    ends = [FVSBN(D), FVSBN(D)]
    for value, net in zip((-40.0, 40.0), ends, strict=True):
        net.c.data.fill_(value)
    torch.manual_seed(0)
    first_half = Ensemble(ends).sample(1000)[:500].mean().item()
    assert 0.4 < first_half < 0.6


def test_errors_state_got_and_expected() -> None:
    for wrong in ([0, 1, 1], [0, 1], [1, 2, 3], torch.arange(4)):
        with pytest.raises(ValueError, match="expected each of 0 to 2 once"):
            FVSBN(3, wrong)
    with pytest.raises(ValueError, match="dropout is 1"):
        MADE(3, 4, dropout=1.0)
    with pytest.raises(ValueError, match=r"2 models of \[3, 4\] features"):
        Ensemble([FVSBN(3), FVSBN(4)])
    with pytest.raises(ValueError, match="0 models"):
        Ensemble([])
    with pytest.raises(ValueError, match="at most the 3 features"):
        FVSBN(3).complete(torch.zeros(2, 3), given=4)
    with pytest.raises(NotImplementedError, match="does not say how"):
        Autoregressive(3).log_prob(torch.zeros(1, 3))
