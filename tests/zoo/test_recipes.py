"""What every recipe of the zoo does: trains, rounds, measures what is shipped, and writes down what it found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from mutants import breaks
from torch import Tensor

from genlib import zoo
from genlib.autoregressive import MADE, Autoregressive, GatedPixelCNN
from genlib.energy import AIS, DBM, DBN, RBM, CentredRBM, ClassRBM
from genlib.evaluate import mean_and_error
from genlib.nn import Classifier
from genlib.zoo import autoregressive, check, energy, recipes
from genlib.zoo.autoregressive import train_made, train_pixelcnn
from genlib.zoo.features import build_judge, measure_judge, moved, standardise, train_judge
from genlib.zoo.recipes import RECIPES, Recipe, examples, make, measured
from genlib.zoo.records import Run

FEATURES = 6


@pytest.fixture(autouse=True)
def single_precision(exact_and_reproducible: None) -> None:
    """Recipes compute in float32, as their weights are shipped."""
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Stands in for MNIST: dark training images and bright test images; the annealing is short."""
    monkeypatch.setattr(energy, "LADDER", (10, 100))
    monkeypatch.setattr(energy, "LONGEST", 1000)
    monkeypatch.setattr(energy, "SWEEPS", 200)
    x, test = torch.rand(400, FEATURES) * 0.4, (torch.rand(50, FEATURES) < 0.8).float()
    labels = torch.arange(400) % 2, torch.arange(50) % 2
    monkeypatch.setattr(recipes, "mnist", lambda device="cpu": ((x, labels[0]), (test, labels[1])))
    return x, (test, labels[1])


def wild(rbm: RBM, x: Tensor, y: Tensor) -> Iterator[int]:
    """Trains nothing: leaves weights that float16 has to round, and shows them on the way."""
    for p in rbm.parameters():
        p.data = 1.5 * torch.randn_like(p)
    yield 1
    rbm.c.data += 0.1003
    yield 2


def add(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recipe: Recipe) -> Path:
    monkeypatch.setitem(RECIPES, "rbm-tiny", recipe)
    monkeypatch.setattr(zoo, "names", lambda: ["rbm-tiny"])
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path)
    return tmp_path


TINY = Recipe("six pixels", lambda: RBM(FEATURES, 4), wild, energy.measure_rbm, energy.glance_rbm)


@pytest.mark.slow
@breaks(
    "the figures of unrounded weights",
    "zoo.recipes.make",
    "model.load_state_dict(files.restored(weights, masks))",
    "pass",
)
@breaks(
    "log p(x) with the other sign of log Z", "zoo.energy.Annealed.quote", "log_weights - self", "log_weights + self"
)
def test_a_card_is_what_its_file_gives(
    tiny: tuple[Tensor, tuple[Tensor, Tensor]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Measured again from the file to the last digit, and beside the exact log Z, which six pixels have."""
    folder = add(monkeypatch, tmp_path, TINY)
    x, test = tiny
    card = make("rbm-tiny", folder, tmp_path / "runs")
    model = zoo.load("rbm-tiny", folder=folder)
    assert card == zoo.card("rbm-tiny")
    assert {**card, **measured("rbm-tiny", model, x, test)} == card
    assert isinstance(model, RBM)
    assert abs(card["log_z"] - model.log_partition().item()) <= 4 * card["log_z_standard_error"] + 0.001
    assert abs(card["log_z_from_the_other_side"][0] - model.log_partition().item()) <= 0.05
    exact, error = mean_and_error(model.log_prob(test[0]).double())
    assert abs(card["test_log_prob"] - exact) <= 0.05
    assert abs(card["test_log_prob_standard_error"] - error) <= 0.002
    there = card["test_log_prob"] + card["log_z"] - card["log_z_from_the_other_side"][0]
    assert abs(card["test_log_prob_from_the_other_side"] - there) <= 0.002


def bases(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Collects where annealing starts, and spares it the rest."""
    seen: list[Tensor] = []

    def start(model: Any, *arguments: Any, base: Tensor, **_: Any) -> AIS:
        seen.append(base)
        return AIS(0.0, 0.1, torch.zeros(2))

    for name in ("ais", "reverse_ais"):
        monkeypatch.setattr(energy, name, start)
    return seen


@breaks(
    "an RBM's base rates from test images",
    "zoo.energy.measure_rbm",
    "anneal(rbm, x,",
    "anneal(rbm, x_test,",
    given={"kind": "rbm"},
)
@breaks(
    "a DBM's base rates from test images",
    "zoo.energy.measure_dbm",
    "anneal(dbm, x,",
    "anneal(dbm, x_test,",
    given={"kind": "dbm"},
)
@breaks(
    "a DBN's base rates from test images",
    "zoo.energy.measure_dbn",
    "binarize(x[:10_000]",
    "binarize(x_test[:10_000]",
    given={"kind": "dbn"},
)
@breaks(
    "base rates of no image",
    "zoo.energy.anneal",
    "base=base, progress=True) for",
    "base=0 * base, progress=True) for",
    given={"kind": "rbm"},
)
@pytest.mark.parametrize("kind", ["rbm", "dbn", "labels", "dbm"])
def test_annealing_starts_at_the_mean_training_image(
    kind: str, tiny: tuple[Tensor, tuple[Tensor, Tensor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Base rates from the test images would let the yard-stick see what it measures."""
    x, (test, y) = tiny
    first = RBM(FEATURES, FEATURES)
    first.W.data = 8 * torch.eye(FEATURES)  # a hidden unit is on where its pixel is
    first.b.data.fill_(-4.0)
    model, measure = {
        "rbm": (RBM(FEATURES, 4), energy.measure_rbm),
        "dbn": (DBN(first, RBM(FEATURES, 4)), energy.measure_dbn),
        "labels": (DBN(first, ClassRBM(FEATURES, 2, 4)), energy.measure_dbn),
        "dbm": (DBM(FEATURES, 4, 3), energy.measure_dbm),
    }[kind]
    seen = bases(monkeypatch)
    measure(model, x, test, y)
    assert len(seen) == len(energy.LADDER) + 2
    for base in seen:
        assert torch.equal(base, seen[0])
        assert (base[:FEATURES].sigmoid() - x.mean(0)).abs().max() <= 0.1
        assert (base[:FEATURES].sigmoid() - test.mean(0)).abs().min() > 0.3


@breaks("the curve ends at its own short annealing", "zoo.recipes.curve_of", "{**curve[-1], **end}", "curve[-1]")
@breaks("one look too few", "zoo.recipes.curve_of", "*curve[:-1]", "*curve[:-2]")
def test_a_curve_ends_with_the_figures_of_the_card(
    tiny: tuple[Tensor, tuple[Tensor, Tensor]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = add(monkeypatch, tmp_path, TINY)
    monkeypatch.setattr(energy, "GLANCE", 20)
    card = make("rbm-tiny", folder, tmp_path / "runs")
    run = Run.read(tmp_path / "runs" / "rbm-tiny.json")
    assert [row["step"] for row in run.rows] == [1, 2]
    assert run.rows[-1]["test_log_prob"] == [card["test_log_prob"], card["test_log_prob_standard_error"]]
    assert run.rows[-1]["log_z"] == [card["log_z"], card["log_z_standard_error"]]
    assert run.about == card["recipe"]
    assert run.seeds == [0]
    assert check.rows_differ(run, run) == []


@breaks("all test images at every look", "zoo.autoregressive.glance_exact", "x_test[:GLANCED]", "x_test")
@breaks(
    "a training figure from the test images",
    "zoo.autoregressive.measure_exact",
    "figure(log_probs(model, shown))",
    "figure(log_probs(model, x_test))",
)
def test_an_exact_density_has_a_curve_without_log_z(
    tiny: tuple[Tensor, tuple[Tensor, Tensor]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its looks are at some of the test images, its end at all of them; and dark images are not bright ones."""
    recipe = TINY._replace(
        build=lambda: GatedPixelCNN((2, 3), 3, 2),
        train=lambda model, x, y: train_pixelcnn(model, x, y, steps=64),
        measure=autoregressive.measure_exact,
        glance=autoregressive.glance_exact,
    )
    monkeypatch.setattr(autoregressive, "GLANCED", 7)
    folder = add(monkeypatch, tmp_path, recipe)
    card = make("rbm-tiny", folder, tmp_path / "runs")
    run, model = Run.read(tmp_path / "runs" / "rbm-tiny.json"), zoo.load("rbm-tiny", folder=folder)
    assert "log_z" not in run.columns
    assert run.settings["test_method"] == card["test_method"]
    with torch.no_grad():
        some, every = (model.log_prob(x).double().mean().item() for x in (tiny[1][0][:7], tiny[1][0]))
    looked = autoregressive.glance_exact(model, tiny[0], tiny[1][0])["test_log_prob"][0]
    assert looked == pytest.approx(some, abs=1e-3)
    assert card["test_log_prob"] == run.rows[-1]["test_log_prob"][0] == pytest.approx(every, abs=1e-3)
    assert card["train_log_prob"] > card["test_log_prob"] + 0.5


@breaks("looks that advance the random numbers", "zoo.recipes.make", "with torch.random.fork_rng():", "if True:")
def test_looking_on_the_way_changes_nothing(
    tiny: tuple[Tensor, tuple[Tensor, Tensor]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(rbm: RBM, x: Tensor, y: Tensor) -> Iterator[int]:
        yield from energy.train_rbm(rbm, x, y, steps=64)

    cards = []
    for glance in (None, energy.glance_rbm):
        folder = add(monkeypatch, tmp_path / str(glance is None), TINY._replace(train=train, glance=glance))
        monkeypatch.setattr(energy, "GLANCE", 20)
        cards.append(make("rbm-tiny", folder, tmp_path / "runs"))
    assert cards[0]["log_z"] == cards[1]["log_z"]
    assert cards[0]["test_log_prob"] == cards[1]["test_log_prob"]


# Training


def quadratic() -> torch.nn.Module:
    model = torch.nn.Linear(1, 1)
    model.weight.data.fill_(2.0)
    model.bias.data.fill_(1.0)
    return model


def by_hand(steps: int, lr: float, decay: float, average: float) -> tuple[list[Tensor], list[Tensor]]:
    """The weights and their running average after each step of descent on (w + b)², written out."""
    w, b = torch.tensor(2.0), torch.tensor(1.0)
    mean = torch.stack([w, b])
    raw, means = [], []
    for step in range(steps):
        slope = 2 * (w + b)
        w, b = w - lr * (slope + decay * w), b - lr * slope
        keep = min(average, (1 + step) / (10 + step))
        mean = keep * mean + (1 - keep) * torch.stack([w, b])
        raw.append(torch.stack([w, b]))
        means.append(mean)
    return raw, means


@breaks("biases decay as well", "zoo.energy.descend", "decay * (p.ndim == 2)", "decay")
@breaks("nothing decays", "zoo.energy.descend", "decay * (p.ndim == 2)", "0.0")
@breaks(
    "left with the last weights",
    "zoo._shared.averaged",
    "    model.load_state_dict(own)\n    model.load_state_dict(mean.model.state_dict())",
    "    model.load_state_dict(own)",
)
@breaks("goes on from the average", "zoo._shared.averaged", "model.load_state_dict(own)", "pass")
@breaks(
    "shows the weights in training",
    "zoo._shared.averaged",
    "model.load_state_dict(mean.model.state_dict())\n            yield",
    "yield",
)
@breaks("looks a step late", "zoo._shared.averaged", "if step + 1 in marks", "if step in marks")
@breaks(
    "averages only where it looks",
    "zoo._shared.averaged",
    "        mean.update()",
    "        step + 1 in marks and mean.update()",
)
def test_descent_shows_and_leaves_averaged_weights() -> None:
    steps, lr, decay, average = 32, 0.05, 0.3, 0.8
    _, means = by_hand(steps, lr, decay, average)
    model = quadratic()
    loss = lambda x: model(x).square().mean()  # noqa: E731
    batches = iter(torch.ones(steps, 1, 1))
    looks = {}
    for done in energy.descend(loss, model, batches, steps, rate=lambda step: lr, decay=decay, average=average):
        looks[done] = torch.stack([model.weight[0, 0], model.bias[0]]).detach().clone()
    assert list(looks) == [1, 2, 4, 8, 16, 32]
    for done, found in looks.items():
        torch.testing.assert_close(found, means[done - 1], rtol=1e-5, atol=1e-6)
    left = torch.stack([model.weight[0, 0], model.bias[0]])
    torch.testing.assert_close(left, means[-1], rtol=1e-5, atol=1e-6)


def test_without_averaging_the_weights_are_the_last_ones() -> None:
    raw, _ = by_hand(32, 0.05, 0.0, 0.0)
    model = quadratic()
    loss = lambda x: model(x).square().mean()  # noqa: E731
    for _ in energy.descend(loss, model, iter(torch.ones(32, 1, 1)), 32, rate=lambda step: 0.05):
        pass
    torch.testing.assert_close(torch.stack([model.weight[0, 0], model.bias[0]]), raw[-1], rtol=1e-5, atol=1e-6)


@breaks("falls from the start", "zoo._shared.late_decay", "(1 - held)", "1")
@breaks("held throughout", "zoo._shared.late_decay", "min(", "max(")
def test_the_rate_is_held_and_then_falls_to_zero() -> None:
    rate = energy.late_decay(0.4, 100)
    assert rate(0) == rate(24) == 0.4
    assert rate(25) == pytest.approx(0.4)
    assert rate(62.5) == pytest.approx(0.2)
    assert rate(100) == 0.0


@breaks("a bias of the wrong sign", "zoo._shared.log_odds", ".logit()", ".logit().neg()")
@breaks("a pixel that was never on can never be on", "zoo._shared.log_odds", "0.002 + 0.996 * mean", "mean")
def test_base_rates_are_means_kept_away_from_zero_and_one() -> None:
    mean = torch.tensor([0.0, 0.3, 0.5, 1.0])
    odds = energy.log_odds(mean)
    assert odds.isfinite().all()
    torch.testing.assert_close(odds.sigmoid(), mean, rtol=0, atol=0.0021)


# Checking


@breaks("every figure is near enough", "zoo.check.differences", "not abs(", "not 0 * abs(")
@breaks("the bound is not looked at", "zoo.check.differences", "dict.fromkeys(NATS,", "dict.fromkeys(NATS[:1],")
def test_a_card_that_says_something_else_is_found() -> None:
    card = {"name": "x", "test_log_prob": -80.0, "test_bound": -82.0, "log_z": 5.0, "log_z_standard_error": 0.1}
    assert check.differences(card, {**card, "test_log_prob": -80.5}, 0.1) == []
    assert len(check.differences(card, {**card, "test_log_prob": -80.8}, 0.1)) == 1
    assert len(check.differences(card, {**card, "test_log_prob": -81.0, "test_bound": -80.0}, 0.1)) == 2
    assert check.differences(card, {"name": "x", "test_log_prob": -80.0}, 0.1) == [
        "x says test_bound -82.0, and None was found"
    ]


@breaks("a share looked at as if it were nats", "zoo.check.differences", "allowed / 50", "allowed")
def test_an_accuracy_that_fell_by_a_hundredth_is_found() -> None:
    card = {"name": "x", "test_accuracy": 0.98, "test_errors": 0.03}
    assert check.differences(card, {**card, "test_accuracy": 0.9785}, check.RECOMPUTED) == []
    assert len(check.differences(card, {**card, "test_accuracy": 0.97}, check.RECOMPUTED)) == 1
    assert len(check.differences(card, {"name": "x", "test_accuracy": 0.95, "test_errors": 0.06}, check.RETRAINED)) == 2


# Recipes that train


def pictures() -> tuple[Tensor, Tensor]:
    """Six pixels: two triplets, each alike, and unlike each other three times in four; the label is the first."""
    first = (torch.rand(2000, 1) < 0.5).float()
    second = torch.where(torch.rand(2000, 1) < 0.75, 1 - first, first)
    return torch.cat([first.expand(-1, 3), second.expand(-1, 3)], 1), first[:, 0].long()


def log_prob(model: RBM | DBN | DBM | Autoregressive, x: Tensor) -> Tensor:
    """The exact log-probability of pictures, `(B,)`, every hidden state counted."""
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * FEATURES)
    if isinstance(model, RBM | Autoregressive):
        return model.log_prob(x)
    if isinstance(model, DBN):
        top, below = model.top.log_prob(states), model.layers[0].prob_x(states)
        given = x @ below.log().T + (1 - x) @ (1 - below).log().T
        return (given + top).logsumexp(1)
    both = torch.cat([x.repeat_interleave(len(states), 0), states.repeat(len(x), 1)], 1)
    return (-model.machine.free_energy(both)).reshape(len(x), -1).logsumexp(1) - model.log_partition()


def train_both(dbn: DBN, x: Tensor, y: Tensor) -> Iterator[int]:
    """Trains an RBM for a while, and then a layer above it."""
    first = RBM(FEATURES, FEATURES)
    *_, _ = energy.train_rbm(first, x, y, steps=2000)
    yield from energy.train_above(dbn, x, y, first=first, steps=2000)


LEARNERS: dict[str, tuple[Any, Any]] = {
    "rbm": (lambda: RBM(FEATURES, FEATURES), lambda m, x, y: energy.train_rbm(m, x, y, steps=2000)),
    "dbn": (
        lambda: DBN(RBM(FEATURES, FEATURES), RBM(FEATURES, FEATURES)),
        lambda m, x, y: energy.train_dbn(m, x, y, epochs=100),
    ),
    "above": (lambda: DBN(RBM(FEATURES, FEATURES), CentredRBM(FEATURES, FEATURES)), train_both),
    "dbm": (
        lambda: DBM(FEATURES, FEATURES, FEATURES),
        lambda m, x, y: energy.train_dbm(m, x, y, before=50, steps=1000),
    ),
    "made": (lambda: MADE(FEATURES, 12), lambda m, x, y: train_made(m, x, y, steps=1000, batch=50)),
    "pixelcnn": (
        lambda: GatedPixelCNN((2, 3), 4, 2),
        lambda m, x, y: train_pixelcnn(m, x, y, steps=1000, batch=50),
    ),
}


@breaks("the top sees nothing new", "zoo.energy.train_above", "layers=1", "layers=0", given={"kind": "above"})
@breaks("the top sees the picture", "zoo.energy.train_dbn", "layers=depth", "layers=0", given={"kind": "dbn"})
@breaks(
    "hardly a rate",
    "zoo.autoregressive.train_pixelcnn",
    "late_decay(lr,",
    "late_decay(lr / 100,",
    given={"kind": "pixelcnn"},
)
@breaks(
    "hardly a rate", "zoo.autoregressive.train_made", "one_cycle(lr,", "one_cycle(lr / 1000,", given={"kind": "made"}
)
@breaks("hardly a rate", "zoo.energy.train_rbm", "late_decay(0.1,", "late_decay(0.001,", given={"kind": "rbm"})
@breaks("hardly a rate", "zoo.energy.train_dbm", "late_decay(0.05,", "late_decay(0.0005,", given={"kind": "dbm"})
@pytest.mark.parametrize("kind", LEARNERS)
@pytest.mark.slow
def test_recipes_learn_a_law_of_six_pixels(kind: str) -> None:
    """In a second they get most of the 2.9 nats by which coin flips are behind the truth."""
    x, y = pictures()
    build, train = LEARNERS[kind]
    model = build()
    *_, last = train(model, x, y)
    assert last in (1000, 2000)
    with torch.no_grad():
        found = -log_prob(model, x).mean().item()
    values, counts = x.unique(dim=0, return_counts=True)
    share = counts / counts.sum()
    entropy = -(share * share.log()).sum().item()
    assert len(values) == 4
    assert 0 <= found - entropy <= 1.2


@breaks("visible biases of the means", "zoo.energy.train_above", "fresh=False", "fresh=True")
@breaks("small weights", "zoo.energy.train_above", "grown.grow()", "grown.grow(first.features)")
@breaks("another first layer", "zoo.energy.train_above", "DBN(first)", "DBN(RBM(first.features, first.hidden))")
def test_a_layer_above_begins_where_the_first_one_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a rate of nothing each picture stays as probable as under the first layer alone."""
    monkeypatch.setattr(energy, "late_decay", lambda rate, steps: lambda step: 0.0)
    x, y = pictures()
    first = RBM(FEATURES, 4)
    for p in first.parameters():
        p.data = torch.randn_like(p)
    dbn = DBN(RBM(FEATURES, 4), CentredRBM(4, FEATURES))
    *_, last = energy.train_above(dbn, x, y, first=first, steps=3)
    assert last == 3
    with torch.no_grad():
        alone = first.log_prob(x[:50])
        torch.testing.assert_close(dbn.bound(x[:50]), alone, rtol=1e-5, atol=1e-5)


@breaks("the first layer's own log Z left out", "zoo.energy.measure_dbn", '- first["log_z"]', "")
@breaks("the gain of the bound", "zoo.energy.measure_dbn", "figure(weights -", "figure(dbn.bound(x_test, log_z=0.0) -")
@breaks("without the doubts about log Z", "zoo.energy.measure_dbn", "math.hypot(*errors)", "errors[0]")
def test_what_a_second_layer_gains_is_paired(tiny: tuple[Tensor, tuple[Tensor, Tensor]]) -> None:
    """Beside the exact log-probabilities of both, image by image."""
    x, (test, y) = tiny
    first, top = RBM(FEATURES, FEATURES), RBM(FEATURES, 4)
    for p in [*first.parameters(), *top.parameters()]:
        p.data = torch.randn_like(p)
    dbn = DBN(first, top)
    with torch.no_grad():
        known = {"log_z": first.log_partition().item(), "log_z_standard_error": 0.7}
        card = energy.measure_dbn(dbn, x, test, y, first=known)
        exact, error = mean_and_error(log_prob(dbn, test) - first.log_prob(test))
    found, doubt = card["test_gain_on_the_first_layer"]
    assert abs(found - exact) <= 0.05
    assert abs(doubt - math.hypot(error, 0.7, card["log_z_standard_error"])) <= 0.002
    assert "test_gain_on_the_first_layer" not in energy.measure_dbn(dbn, x, test, y)


# Judges of samples


@breaks("a step to one side only", "zoo.features.moved", "torch.randint(2 * far + 1,", "torch.randint(far + 1,")
@breaks(
    "rows for columns",
    "zoo.features.moved",
    "rows[:, :, None], columns[:, None, :]",
    "columns[:, None, :], rows[:, :, None]",
)
def test_moved_images_are_the_same_images_elsewhere() -> None:
    """One dot in the middle goes to all nine places around it, as often; what leaves is gone and white comes in."""
    x = torch.zeros(9000, 25)
    x[:, 12] = torch.arange(9000.0) + 1
    there = moved(x, 1)
    assert torch.equal(there.sum(1), x.sum(1))
    places, counts = there.argmax(1).unique(return_counts=True)
    assert places.tolist() == [6, 7, 8, 11, 12, 13, 16, 17, 18]
    assert (counts - 1000).abs().max() < 150
    corner = torch.eye(25)[:1].repeat(900, 1)
    assert moved(corner, 1).sum() / 900 == pytest.approx(4 / 9, abs=0.08)
    lines = torch.zeros(50, 5, 5)
    lines[:, 2] = 1
    assert (moved(lines.flatten(1), 1).view(50, 5, 5).amax(2).sum(1) == 1).all()


@breaks("a head that keeps its scale", "zoo.features.standardise", "head.weight.mul_(sigma)", "pass")
@breaks("a head that keeps its bias", "zoo.features.standardise", "head.bias.add_(head.weight @ mean)", "pass")
@breaks("features of any spread", "zoo.features.standardise", "last.weight.div_(sigma[:, None])", "pass")
def test_standard_features_say_the_same_of_every_image() -> None:
    judge = build_judge(8, 4)
    torch.nn.init.normal_(judge.head.weight)
    x = torch.rand(300, 64)
    before = judge.log_prob_y(x).detach()
    standardise(judge, x)
    features = judge.features(x).detach()
    torch.testing.assert_close(judge.log_prob_y(x).detach(), before, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(features.mean(0), torch.zeros(32), rtol=0, atol=1e-3)
    torch.testing.assert_close(features.std(0), torch.ones(32), rtol=0, atol=1e-3)


@breaks(
    "the accuracy of the training images", "zoo.features.measure_judge", "for v in (x_test, bits)", "for v in (x, x)"
)
@breaks("floors of training images", "zoo.features.measure_judge", "judge.features(x_test)", "judge.features(x)")
def test_a_judge_is_measured_on_held_out_images() -> None:
    """A judge that calls dark images 0 and the others 1: test images are dark, a fifth of them are 0, and all alike."""
    judge = Classifier(torch.nn.Flatten(), 64, 10)
    judge.head.weight.data = torch.eye(10)[:, :1].expand(-1, 64).contiguous()
    judge.head.bias.data = torch.tensor([-32.0, 0.0, *[-99.0] * 8])
    x, test, labels = 0.1 * torch.rand(1000, 64), torch.ones(1000, 64), 2 * (torch.arange(1000) % 5).clamp(max=1)
    figures = measure_judge(judge, x, test, labels, threshold=0.5)
    assert figures["test_accuracy"] == figures["test_accuracy_binary"] == 0.2
    assert figures["frechet_floor"]["500"] == pytest.approx([0, 0], abs=1e-6)


def test_a_judge_learns_and_a_recipe_says_on_what(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a few steps on embedded digits; grey images reach the recipe of a judge, and binary ones the others."""
    (x, y), (x_test, y_test) = examples("digit-features")
    assert (len(x), len(x_test)) == (1437, 360)
    assert not torch.equal(x_test, x_test.round())
    judge = build_judge(8, 16, 32)
    assert list(train_judge(judge, x, y, steps=150, far=1, threshold=0.5)) == [150]
    assert (judge.log_prob_y(x_test).argmax(1) == y_test).double().mean() > 0.85
    monkeypatch.setattr(recipes, "mnist", lambda device: device)
    assert examples("rbm-mnist", "cuda") == "cuda"
