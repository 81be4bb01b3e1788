"""The recorded run of adversarial games at several ratios of learning rates."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from mutants import breaks
from torch import nn

from genlib import zoo
from genlib.gan import NonSaturatingGAN
from genlib.zoo import check, gan

RING = torch.tensor([[3 * math.cos(k * math.pi / 4), 3 * math.sin(k * math.pi / 4)] for k in range(8)])


@breaks("islands off by half a step", "zoo.gan.modes", "* math.pi / 4", "* math.pi / 4 + math.pi / 8")
@breaks("a single point is enough", "zoo.gan.modes", "len(x) / 80", "1")
@breaks("strays counted for the nearest island", "zoo.gan.modes", "distance < 0.6", "distance < 6.0")
def test_an_island_is_covered_by_a_tenth_of_its_share() -> None:
    """Of 800 points a hundred would be a fair share: ten cover an island, nine do not, and none do from afar."""
    assert gan.modes(RING.repeat(100, 1)) == 8
    assert gan.modes(torch.cat([RING[:3].repeat(100, 1), RING[3:4].repeat(500, 1)])) == 4
    assert gan.modes(torch.cat([RING[:1].repeat(791, 1), RING[1:2].repeat(9, 1)])) == 1
    assert gan.modes(torch.cat([RING[:1].repeat(790, 1), RING[1:2].repeat(10, 1)])) == 2
    assert gan.modes(0.7 * RING.repeat(100, 1)) == 0


@breaks("half of it forgotten", "zoo.gan.Damped.loss_d", "self.gamma / 2", "self.gamma")
@breaks("the slope itself, not its square", "zoo.gan.Damped.loss_d", "slope.square()", "slope")
def test_the_penalty_of_a_linear_judge_is_known() -> None:
    judge, forger = nn.Linear(2, 1), nn.Linear(2, 2)
    game, plain = (kind(forger, judge, latent=2) for kind in (gan.Damped, NonSaturatingGAN))
    x, z = torch.randn(50, 2), torch.randn(50, 2)
    more = game.loss_d(x, z) - plain.loss_d(x, z)
    torch.testing.assert_close(more, 5 * judge.weight.square().sum())


@breaks("the judge's rate for both", "zoo.gan.play", "lr=lr_g", "lr=lr_d")
def test_each_player_moves_at_its_own_rate() -> None:
    """Adam's first step is as long as its rate, whatever the gradient."""
    game = NonSaturatingGAN(nn.Linear(2, 2), nn.Linear(2, 1), latent=2)
    before = [[p.detach().clone() for p in net.parameters()] for net in (game.discriminator, game.generator)]
    losses = gan.play(game, itertools.repeat(torch.ones(4, 2)), 1, lr_d=1e-3, lr_g=1e-2)
    for net, old, rate in zip((game.discriminator, game.generator), before, (1e-3, 1e-2), strict=True):
        moved = torch.cat([(p.detach() - q).abs().flatten() for p, q in zip(net.parameters(), old, strict=True)])
        assert moved.max() == pytest.approx(rate, rel=1e-2)
    assert losses[0].shape == (2,)
    assert not losses[0].requires_grad


def test_a_game_of_a_few_rounds_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan, "ROUNDS", 3)
    run = gan.record_rates(games=2)
    assert [row["game"] for row in run.rows] == list(gan.RATES)
    for row in run.rows:
        assert row["d"][0] == pytest.approx(2 * math.log(2), abs=0.5)
        assert 0 < row["js"][0] <= math.log(2)
    assert check.rows_differ(run, run) == []


def test_the_recorded_games_are_those_of_the_recipe() -> None:
    run = zoo.run("gan-rates")
    assert [row["game"] for row in run.rows] == list(gan.RATES)
    assert run.settings["rates"] == {name: [rates.lr_d, rates.lr_g] for name, rates in gan.RATES.items()}
    assert len(run.seeds) >= 5
    assert set(zoo.run("gan-rates").columns) >= {"js", "modes", "d", "g"}


def test_a_figure_without_nats_may_move_by_four_of_its_errors() -> None:
    run = zoo.run("gan-rates")
    rows = [{**run.rows[0], "js": [run.rows[0]["js"][0] + 6 * run.rows[0]["js"][1] + 1e-3, run.rows[0]["js"][1]]}]
    moved = check.rows_differ(run, type(run)(**{**vars(run), "rows": rows + run.rows[1:]}))
    assert len(moved) == 1
    assert "js" in moved[0]
    assert run.rows[0]["game"] in moved[0]


