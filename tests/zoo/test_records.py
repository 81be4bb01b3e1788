"""Recorded runs: they are complete, they show themselves, and the shortest comes out the same again."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pytest
import torch
from mutants import breaks

from genlib import zoo
from genlib.evaluate import mean_and_error
from genlib.zoo import check, digits
from genlib.zoo.digits import METHODS, MODELS, RECURRENT, Digits, noisy
from genlib.zoo.recipes import RECIPES
from genlib.zoo.records import Run

RUN = Run(
    name="toy",
    about="Two models",
    settings={"data": "none"},
    seeds=[0],
    columns={"model": "model", "steps": "steps", "test_log_prob": "test, nats"},
    rows=[
        {"model": "A", "steps": 1000, "test_log_prob": [-1.5, 0.5], "log_prob_of_each_image": [-100, -200, -150]},
        {"model": "B", "steps": 20, "test_log_prob": [-2.5, 0.6], "log_prob_of_each_image": [-210, -290, -250]},
    ],
    processor_seconds=1,
    machine="a machine",
    torch="2",
)


def test_runs_are_listed_read_and_complete() -> None:
    assert zoo.runs() == sorted([*check.RECORDED, *(name for name, recipe in RECIPES.items() if recipe.glance)])
    for name in zoo.runs():
        run = zoo.run(name)
        assert run.name == name
        assert run.machine
        assert run.processor_seconds > 0
        assert run.seeds
        for row in run.rows:
            assert set(run.columns) <= set(row), f"{name} has a column that a row lacks"
            figures = {key: row[key] for key in run.columns if isinstance(row[key], list)}
            assert figures
            assert all(math.isfinite(value) and error >= 0 for value, error in figures.values())
            assert figures.get("test_log_prob", [-1, 1])[0] < 0 < figures.get("test_log_prob", [-1, 1])[1]
    with pytest.raises(ValueError, match=r"no recorded run 'rbm'.*digits"):
        zoo.run("rbm")


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    RUN.write(tmp_path)
    assert Run.read(tmp_path / "toy.json") == RUN


def test_a_run_shows_itself_as_a_table() -> None:
    assert str(RUN).splitlines() == [
        "model  steps  test, nats",
        "A      1,000  -1.50 ± 0.50",
        "B      20     -2.50 ± 0.60",
    ]
    assert RUN._repr_markdown_().splitlines() == [
        "| model | steps | test, nats |",
        "| --- | --- | --- |",
        "| A | 1,000 | -1.50\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}0.50 |",
        "| B | 20 | -2.50\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}0.60 |",
        "",
        "Two models. Recorded on a machine.",
    ]


def test_a_run_draws_itself() -> None:
    pytest.importorskip("matplotlib").use("agg")
    ax = RUN.plot("steps", "test_log_prob")
    (bars,) = ax.containers
    assert bars.lines[0].get_xydata().tolist() == [[1000, -1.5], [20, -2.5]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "test, nats")


@breaks(
    "the wrong one ahead",
    "zoo.records.Run.difference",
    "self.log_prob(one) - self.log_prob(other)",
    "self.log_prob(other) - self.log_prob(one)",
)
@breaks("hundredths taken for nats", "zoo.records.Run.log_prob", "/ 100", "/ 1")
def test_two_rows_are_compared_image_by_image() -> None:
    """The difference of 1.0 is far clearer than the figures' own errors of half a nat say."""
    mean, error = RUN.difference(RUN.row(model="A"), RUN.row(model="B"))
    assert mean == pytest.approx(1.0)
    assert error == pytest.approx(mean_and_error(torch.tensor([1.1, 0.9, 1.0]).double())[1])


def test_a_row_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"toy has 0 rows with \{'model': 'C'\}, expected one of \[\('A',\), \('B',\)\]"
    ):
        RUN.row(model="C")
    with pytest.raises(ValueError, match="2 rows"):
        RUN.row()


@breaks("rows that differ by any amount pass", "zoo.check._allowed", "return RETRAINED if", "return 1000 if")
def test_runs_that_came_out_differently_are_found() -> None:
    other = [{**RUN.rows[0], "test_log_prob": [-3.0, 0.5]}, RUN.rows[1]]
    moved = Run(**{**vars(RUN), "rows": other})
    assert check.rows_differ(RUN, moved) == ["toy has test_log_prob -1.5, and -3.0 was found, in the row A 1000"]
    assert check.rows_differ(RUN, Run(**{**vars(RUN), "rows": other[1:]})) == ["toy has 2 rows, and 1 were found"]


def test_rows_can_be_selected() -> None:
    names = [row["model"] for row in RUN.rows]
    chosen = RUN.select(model={names[0], "no such model"})
    assert [row["model"] for row in chosen.rows] == [name for name in names if name == names[0]]
    assert len(RUN.rows) == len(names)
    with pytest.raises(ValueError, match="toy has no rows with"):
        RUN.select(model={"no such model"})


# The digits


@pytest.mark.parametrize(("name", "seeds"), [("digits", 3), ("digits-methods", 5), ("digits-recurrent", 2)])
def test_the_digits_are_recorded_as_their_recipe_has_them(name: str, seeds: int) -> None:
    run = zoo.run(name)
    models = {"digits": MODELS, "digits-methods": METHODS, "digits-recurrent": RECURRENT}[name]
    shown = [row.partition(",")[0] if name == "digits" else row for row in models]
    images = ["with noise" if model.noise else "plain" for model in models.values()]
    recipes = [model.about for model in models.values()]
    assert [(row["model"], row["images"], row["recipe"]) for row in run.rows] == [
        *zip(shown, images, recipes, strict=True)
    ]
    for row in run.rows:
        each = run.log_prob(row)
        assert len(each) == 360
        assert len(row["test_log_prob_by_seed"]) == len(run.seeds) == seeds
        mean, error = row["test_log_prob"]
        assert mean_and_error(each) == pytest.approx((mean, error), abs=0.005)
        assert sum(row["test_log_prob_by_seed"]) / seeds == pytest.approx(mean, abs=0.002)
        for (forward, bar), (back, other) in zip(
            row.get("log_z", []), row.get("log_z_from_the_other_side", []), strict=True
        ):
            assert abs(forward - back) <= 4 * (bar**2 + other**2) ** 0.5 + 0.03, row["model"]


@pytest.mark.slow
def test_the_shortest_row_comes_out_the_same_again() -> None:
    """RBM-64 from its first seed, by a shorter annealing: other processors round, and so train, differently."""
    torch.set_default_dtype(torch.float32)
    scores, facts = digits.rbm(Digits.load(), False, 0, hidden=64, steps=6_000, temperatures=1_000, sweeps=300)
    recorded = zoo.run("digits").row(model="RBM-64")
    assert abs(scores.mean().item() - recorded["test_log_prob_by_seed"][0]) <= 0.25
    assert abs(facts["log_z"][0] - facts["log_z_from_the_other_side"][0]) <= 0.2
    each = torch.stack([scores.double(), Run.log_prob(recorded)])
    assert torch.corrcoef(each)[0, 1] > 0.97


@breaks("a single step", "zoo.digits.recurrent", "steps=steps, lr", "steps=1, lr")
@pytest.mark.slow
def test_a_recurrent_network_comes_out_the_same_again() -> None:
    """The plain recurrence from its first seed: other processors round, and so train, differently."""
    torch.set_default_dtype(torch.float32)
    recorded = zoo.run("digits-recurrent").row(model="plain recurrence")
    at_rate = partial(RECURRENT["plain recurrence"].score, rates=recorded["rate"][:1])
    scores, facts = at_rate(Digits.load(), True, 0)
    assert abs(scores.mean().item() - recorded["test_log_prob_by_seed"][0]) <= 0.3
    assert abs(facts["validation_log_prob"] - recorded["validation_log_prob"][0]) <= 0.3


@breaks("the rate that is worst", "zoo.digits.at_best_rate", "max(", "min(")
def test_the_rate_is_the_one_best_on_validation() -> None:
    """Test images have no say: there the last rate is best."""
    validation = {0.1: -3.0, 0.2: -1.0, 0.3: -2.0}

    def score(images: Digits, noise: bool, seed: int, *, lr: float) -> digits.Scores:
        return torch.full((4,), lr), {"validation_log_prob": validation[lr]}

    scores, facts = digits.at_best_rate(Digits.load(), True, 0, score=score, rates=(0.1, 0.2, 0.3))
    assert scores.tolist() == torch.full((4,), 0.2).tolist()
    assert facts == {"validation_log_prob": -1.0, "rate": 0.2, "validation_log_prob_by_rate": [-3.0, -1.0, -2.0]}


@pytest.mark.slow
@breaks("no rate", "zoo.digits.by_method", "rate(step) * slope", "0 * slope", given={"method": "CD-1"})
@pytest.mark.parametrize("method", ["CD-1", "PCD"])
def test_a_method_comes_out_the_same_again(method: str) -> None:
    """From its first seed, by a shorter annealing; other processors round, and so train, differently."""
    torch.set_default_dtype(torch.float32)
    model = METHODS[method].score
    scores, facts = model(Digits.load(), False, 0, temperatures=1_000, sweeps=300)
    recorded = zoo.run("digits-methods").row(model=method)
    assert abs(scores.mean().item() - recorded["test_log_prob_by_seed"][0]) <= 0.25
    assert abs(facts["log_z"][0] - recorded["log_z"][0][0]) <= 1.0
    assert abs(facts["log_z"][0] - facts["log_z_from_the_other_side"][0]) <= 0.2


@breaks("one threshold for all pixels of an image", "zoo.digits.noisy", " + width * pixel", "")
@breaks("no threshold of the image's own", "zoo.digits.noisy", "0.5 + width * image", "0.5")
@breaks(
    "noise that only adds ink",
    "zoo.digits.noisy",
    "2 * torch.rand(len(x), n).to(x) - 1",
    "-torch.rand(len(x), n).to(x)",
)
def test_noise_draws_a_threshold_for_each_image_and_each_pixel() -> None:
    """At grey level g a pixel is on where two uniform draws together stay below (g - ½) / w: a triangular law."""
    grey = torch.tensor([0.1, 0.4, 0.5, 0.6, 0.6, 0.9]).expand(40_000, -1)
    on = noisy(grey)
    below = (1 + torch.tensor([-1, -2 / 3, 0, 2 / 3, 2 / 3, 1]).sign() * 1) / 2
    below[1], below[3:5] = (2 - 2 / 3) ** 2 / 8, 1 - (2 - 2 / 3) ** 2 / 8
    assert (on.mean(0) - below).abs().max() <= 0.012
    together = (on[:, 3] * on[:, 4]).mean() - on[:, 3].mean() * on[:, 4].mean()
    assert 0.02 < together < 0.15, "two pixels of an image share its threshold, and each has its own"
