"""The networks that find digits in scenes: their card, and the comparison of what they unpool with."""

from __future__ import annotations

import pytest
import torch
from mutants import breaks

from genlib import zoo
from genlib.autoencoders import DeconvolutionNetwork
from genlib.evaluate import mean_and_error
from genlib.zoo import scenes
from genlib.zoo.recipes import examples, measured


@pytest.fixture(autouse=True)
def single_precision(exact_and_reproducible: None) -> None:
    """The shipped model computes in float32, as readers run it."""
    torch.set_default_dtype(torch.float32)


@breaks("the background among the digits", "zoo.scenes.measure_finder", "overlap[1:].mean()", "overlap.mean()")
@breaks("all pixels in the place of the ink", "zoo.scenes.measure_finder", "(g == t)[t > 0]", "(g == t)")
def test_the_finder_is_what_its_card_says() -> None:
    """Measured anew from the file, on scenes of the test digits; and better than a guess by far."""
    model, card = zoo.load("scene-finder"), zoo.card("scene-finder")
    assert isinstance(model, DeconvolutionNetwork)
    assert not model.training
    (x, _), test = examples("scene-finder")
    found = measured("scene-finder", model, x, test)
    for figure in ("test_accuracy", "test_overlap"):
        assert abs(found[figure] - card[figure]) <= 0.004, figure
    assert card["test_overlap"] > 0.85
    assert card["test_overlap"] == pytest.approx(sum(card["test_overlap_by_class"][1:]) / 10, abs=0.002)


def test_unpoolings_are_compared_at_rates_chosen_on_validation() -> None:
    run = zoo.run("scenes")
    assert [row["unpooling"] for row in run.rows] == [kind for kind in scenes.UNPOOLINGS for _ in range(3)]
    for row in run.rows:
        assert list(row["validation_by_rate"]) == [str(rate) for rate in scenes.RATES]
        assert row["validation_by_rate"][str(row["lr"])] == max(row["validation_by_rate"].values())
        values = torch.tensor(row["test_overlap_by_seed"], dtype=torch.float64)
        assert len(values) == len(run.seeds) >= 3
        assert mean_and_error(values) == pytest.approx(row["test_overlap"], abs=0.001)


@breaks("a seed for all parts", "zoo.scenes.scenes_of", "pictures=PICTURES, seed=seed", "pictures=PICTURES, seed=0")
def test_scenes_of_each_part_are_drawn_from_a_seed_of_their_own() -> None:
    x, y = torch.rand(20, 64), torch.arange(20) % 10
    (one, label), (other, _) = (scenes.scenes_of(x, y, 5, seed) for seed in (1, 2))
    assert one.shape == (5, 1, scenes.SIDE, scenes.SIDE)
    assert int(label.max()) < scenes.CLASSES
    assert not torch.equal(one, other)


@breaks("a look that trains on", "zoo.scenes.training", "model.eval()\n            yield", "yield")
@breaks("steps that are not taken", "zoo.scenes.training", "lr=one_cycle(lr, steps)", "lr=0.0")
def test_training_shows_the_network_on_the_way() -> None:
    """At each `every` steps and at the end, evaluating; and it learns."""
    torch.manual_seed(0)
    x, y = torch.rand(30, 64).round(), torch.arange(30) % 10
    part = scenes.scenes_of(x, y, 32, seed=0)
    model = scenes.build_finder(channels=(4,))
    first, seen = model.loss(*part).item(), []
    for step in scenes.training(model, part, 45, 1e-2, seed=0, every=20):
        assert not model.training
        seen.append(step)
    assert seen == [20, 40, 45]
    assert not model.training
    assert model.loss(*part).item() < 0.8 * first


@breaks("the smallest rate taken", "zoo.scenes.compared", "max(rates", "min(rates")
@breaks("a network for all seeds", "zoo.scenes.compared", "torch.manual_seed(seed)", "torch.manual_seed(0)")
def test_a_comparison_takes_the_best_rate_and_each_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, int, float]] = []

    def training(model: DeconvolutionNetwork, part: object, steps: int, lr: float, seed: int, every: int):  # noqa: ANN202
        seen.append((lr, seed, next(model.parameters()).sum().item()))
        yield steps

    monkeypatch.setattr(scenes, "training", training)
    monkeypatch.setattr(scenes, "finder_rate", lambda *given: {0.1: 0.2, 0.3: 0.5})
    monkeypatch.setattr(scenes, "digit_overlap", lambda *given: float(len(seen)))
    rows, _ = scenes.compared("copies", *([(torch.zeros(1), torch.zeros(1))] * 3), seeds=(0, 1), steps=3)
    assert [(lr, seed) for lr, seed, _ in seen] == [(0.3, 0), (0.3, 1)]
    assert seen[0][2] != seen[1][2]
    assert rows[0]["test_overlap_by_seed"] == [1.0, 2.0]
