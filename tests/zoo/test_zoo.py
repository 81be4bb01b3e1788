"""The zoo's files load, and its cards tell the truth about the weights as they are shipped."""

from __future__ import annotations

import json
import math
import os
import re
import runpy
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from genlib import data, zoo
from genlib.energy import RBM, ClassRBM, ais
from genlib.evaluate import mean_and_error, precision_recall
from genlib.vae import VAE, importance_log_prob
from genlib.zoo import files, planes, samples
from genlib.zoo._shared import log_odds
from genlib.zoo.recipes import RECIPES, examples, measured
from genlib.zoo.samples import SAMPLERS

RBMS, VAES = ["rbm-mnist", "rbm-mnist-500"], ["vae-mnist", "vae-mnist-2d"]
DBNS = ["dbn-mnist", "dbn-mnist-labels"]
MACHINES = [*RBMS, *DBNS, "dbm-mnist"]
JUDGES = ["digit-features", "mnist-features"]
CHAINS = ["made-mnist", "pixelcnn-mnist"]
FINDERS = ["scene-finder"]
AUTOENCODERS = ["ae-mnist-2d", "ae-mnist-30"]
SHIPPED = [*AUTOENCODERS, *RBMS, *DBNS, *VAES, *JUDGES, *CHAINS, *FINDERS]
NEEDS_MNIST = "needs the full MNIST: set GENLIB_DATA to a folder that holds mnist/"
needs_mnist = pytest.mark.skipif(
    not (Path(os.environ.get("GENLIB_DATA", "/nowhere")) / "mnist").is_dir(), reason=NEEDS_MNIST
)


@pytest.fixture(autouse=True)
def single_precision(exact_and_reproducible: None) -> None:
    """The shipped models compute in float32, as readers run them."""
    torch.set_default_dtype(torch.float32)


def test_images() -> Tensor:
    return data.binarize(data.load("mnist")[2][0].flatten(1), threshold=None, seed=0)


test_images.__test__ = False  # type: ignore[attr-defined]


def test_every_recipe_has_weights_and_a_card() -> None:
    assert zoo.names() == sorted(RECIPES) == sorted([*SHIPPED, "dbm-mnist"])
    assert sorted(SHIPPED) == sorted(name for name, recipe in RECIPES.items() if recipe.shipped)


@pytest.mark.parametrize("name", SHIPPED)
def test_card_describes_the_file(name: str) -> None:
    card, written = zoo.card(name), files.files_of(zoo.WEIGHTS, name)
    model = zoo.load(name)
    assert card["recipe"] == RECIPES[name].about
    assert card["parameters"] == sum(p.numel() for p in model.parameters())
    assert all(file.stat().st_size <= 1_600_000 for file in written)
    assert len(written) == max(1, len(RECIPES[name].parts))
    figure = "test_squared_error" if name in AUTOENCODERS else "test_log_prob"
    figure = "test_accuracy" if name in [*JUDGES, *FINDERS] else figure
    for entry in ("data", "binarisation", "seed", "seconds", "device", "licence", f"{figure}_standard_error"):
        assert entry in card, f"the card of {name} does not say {entry}"
    assert not re.search(r"20\d\d-\d\d", json.dumps(card)), "a card has no date: the commit has one"
    for key, value in model.state_dict().items():
        assert value.dtype == (torch.int64 if key.endswith("num_batches_tracked") else torch.float32)
        kept = files.restored(files.stored({key: value}, RECIPES[name].stored))[key].to(value.dtype)
        assert torch.allclose(value, kept, rtol=1e-6, atol=0), f"{key} is not what its file can hold"


def test_unknown_names_are_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no model 'rbm'.*rbm-mnist, rbm-mnist-500.*vae-mnist, vae-mnist-2d"):
        zoo.load("rbm")


def test_a_model_too_large_to_ship_has_a_card_and_says_how_to_make_it(tmp_path: Path) -> None:
    card = zoo.card("dbm-mnist")
    model = RECIPES["dbm-mnist"].build()
    assert card["parameters"] == sum(p.numel() for p in model.parameters())
    assert card["recipe"] == RECIPES["dbm-mnist"].about
    with pytest.raises(ValueError, match=r"python -m genlib.zoo train dbm-mnist --folder"):
        zoo.load("dbm-mnist")
    save_file({key: value.half() for key, value in model.state_dict().items()}, tmp_path / "dbm-mnist.safetensors")
    loaded = zoo.load("dbm-mnist", folder=tmp_path)
    assert torch.equal(loaded.state_dict()["machine.W"], model.state_dict()["machine.W"].half().float())


def test_figures_reach_what_the_course_promises() -> None:
    rbm, vae = zoo.card("rbm-mnist"), zoo.card("vae-mnist")
    assert min(rbm["test_log_prob"], rbm["test_log_prob_from_the_other_side"]) >= -87.5
    assert vae["test_log_prob"] >= -90
    assert zoo.load("rbm-mnist").hidden <= 256
    assert 8 <= zoo.load("vae-mnist").latent <= 16
    long = zoo.card("rbm-mnist-500")
    assert min(long["test_log_prob"], long["test_log_prob_from_the_other_side"]) >= -85.2
    assert zoo.card("dbn-mnist")["test_bound"] <= zoo.card("dbn-mnist")["test_log_prob"]
    deep = zoo.card("dbm-mnist")
    assert min(deep["test_bound"], deep["test_bound_from_the_other_side"]) >= -86


def test_chains_reach_what_the_course_promises() -> None:
    """MADE below 93 nats; and half of its weights are zero behind their masks, and not in the file."""
    card, model = zoo.card("made-mnist"), zoo.load("made-mnist")
    assert card["test_log_prob"] >= -93
    assert zoo.card("pixelcnn-mnist")["test_log_prob"] >= -82.5
    masks = files.masks_of(model)
    kept = sum(int(mask.sum()) for mask in masks.values())
    assert kept == pytest.approx(sum(mask.numel() for mask in masks.values()) / 2, rel=0.01)
    (file,) = files.files_of(zoo.WEIGHTS, "made-mnist")
    assert kept < file.stat().st_size < 1.05 * kept
    for name, mask in masks.items():
        assert not model.get_parameter(name)[~mask].any()


def test_autoencoders_reach_what_the_course_promises() -> None:
    """Below the figure of 2006 with thirty numbers, and far apart from PCA with two."""
    deep, flat = zoo.card("ae-mnist-30"), zoo.card("ae-mnist-2d")
    assert deep["test_squared_error"] < 3.0
    assert abs(deep["pca_test_squared_error"] - 13.87) < 0.05
    assert flat["test_nearest"] > 1.5 * flat["pca_test_nearest"]


def test_the_plane_is_where_the_shipped_model_puts_its_images() -> None:
    plane, model = zoo.plane(), zoo.load("ae-mnist-2d")
    assert plane.labels.bincount().tolist() == [500] * 10
    with torch.no_grad():
        z = model.encode(plane.images)  # type: ignore[operator]
    first = torch.cat([plane.codes[500 * label : 500 * label + 5] for label in range(10)])
    assert torch.allclose(z, first, atol=0.02)
    components = (plane.images - plane.mean) @ plane.axes[:2].T
    shown = torch.cat([plane.components[500 * label : 500 * label + 5] for label in range(10)])
    assert torch.allclose(components, shown, atol=0.02)
    assert torch.allclose(plane.axes @ plane.axes.T, torch.eye(30), atol=2e-3)


def test_a_plane_survives_its_file(tmp_path: Path) -> None:
    plane = zoo.plane()
    planes.write(plane, tmp_path / "plane.safetensors")
    for one, other in zip(plane, planes.read(tmp_path / "plane.safetensors"), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", JUDGES)
def test_judges_know_their_digits_and_quote_their_floors(name: str) -> None:
    """98 % of held-out images; and the distance of real images to real ones falls as their number grows."""
    card = zoo.card(name)
    assert card["test_accuracy"] >= 0.98
    assert 0.9 < card["test_accuracy_binary"] < card["test_accuracy"]
    floors = {int(n): mean for n, (mean, _) in card["frechet_floor"].items()}
    assert list(floors.values()) == sorted(floors.values(), reverse=True)
    assert floors[50] > 3 * floors[max(floors)]
    assert all(abs(mean) <= 2 * spread for mean, spread in card["kernel_floor"].values())


def test_the_command_does_something(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The weekly jobs call it; a module that only defines `main` would let them pass without a look."""
    monkeypatch.setattr("sys.argv", ["genlib.zoo", "names"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("genlib.zoo", run_name="__main__")
    assert end.value.code == 0
    assert capsys.readouterr().out.split() == sorted({*zoo.names(), *zoo.runs()})


@pytest.mark.parametrize("name", MACHINES)
def test_cards_quote_the_longest_annealing(name: str) -> None:
    """Too few temperatures say log Z too low and flatter a machine; so the last word has the longest run."""
    card = zoo.card(name)
    runs = {int(n): run for n, run in card["log_z_by_temperatures"].items()}
    assert [card["log_z"], card["log_z_standard_error"]] == runs[max(runs)]
    assert f"{max(runs):,} temperatures" in card["test_method"]
    assert abs(runs[10_000][0] - runs[max(runs)][0]) <= 0.7
    if "log_z_from_the_other_side" not in card:
        assert "not bounded from the other side" in card["test_method"]
        return
    back, error = card["log_z_from_the_other_side"]
    assert abs(back - card["log_z"]) <= 4 * math.hypot(error, card["log_z_standard_error"]) + 0.3
    for kind in {"test_log_prob", "test_bound"} & set(card):
        there = card[kind] + card["log_z"] - back
        assert abs(there - card[f"{kind}_from_the_other_side"]) <= 0.002


def test_one_machine_has_two_figures_for_images_made_binary_in_two_ways() -> None:
    """The recorded ones; that of sampled images is the one on the machine's card."""
    run = zoo.run("binarisation")
    assert run.row(images="sampled")["test_log_prob"][0] == pytest.approx(
        zoo.card("rbm-mnist")["test_log_prob"], abs=0.01
    )
    assert run.results["difference"][0] > 20 * run.results["difference"][1]


# Without MNIST


def test_the_digits_judge_is_what_its_card_says() -> None:
    """Measured again on the embedded digits, to the last figure; its features are those of standardised images."""
    judge, card = zoo.load("digit-features"), zoo.card("digit-features")
    (x, _), test = examples("digit-features")
    found = measured("digit-features", judge, x, test)
    for kind in ("test_accuracy", "test_accuracy_binary"):
        assert abs(found[kind] - card[kind]) <= 0.003, "one image of 360, which another processor may see differently"
    for kind in ("frechet_floor", "kernel_floor", "precision_floor"):
        for size, pair in card[kind].items():
            assert found[kind][size] == pytest.approx(pair, abs=0.02)
    features = judge.features(x).detach()
    assert features.mean(0).abs().max() < 0.01
    assert (features.std(0) - 1).abs().max() < 0.01


@pytest.mark.parametrize("name", RBMS)
@pytest.mark.slow
def test_rbm_has_the_partition_function_of_its_card(name: str) -> None:
    """From its own pictures' mean, by a shorter annealing than the card's."""
    rbm, card = zoo.load(name), zoo.card(name)
    assert isinstance(rbm, RBM)
    estimate = ais(rbm, temperatures=1_000, base=log_odds(rbm.sample(100, steps=1_000).mean(0)))
    assert abs(estimate.log_z - card["log_z"]) <= 2.5
    blank = -rbm.free_energy(torch.zeros(1, 784)).item() - card["log_z"]
    assert abs(blank - card["blank_log_prob"]) <= 0.01
    flipped = RBM(784, rbm.hidden)
    flipped.load_state_dict({key: -getattr(rbm, key) for key in ("W", "b", "c")})
    assert abs(ais(flipped, temperatures=100).log_z - card["log_z"]) > 50, "another machine would pass as well"


def test_a_belief_network_dreams_what_its_labels_say() -> None:
    """Pictures made under each label are read as that label when they are shown to the network again."""
    dbn = zoo.load("dbn-mnist-labels")
    assert isinstance(dbn.top, ClassRBM)
    y = torch.arange(10).repeat(10)
    x = dbn.sample(len(y), steps=200, y=y)
    read = torch.stack([dbn.top.prob_y(dbn.up(x)) for _ in range(10)]).mean(0).argmax(1)
    assert (read == y).float().mean() > 0.8
    assert zoo.card("dbn-mnist-labels")["test_errors"] < 0.05


@pytest.mark.parametrize("name", VAES)
def test_vae_finds_the_codes_of_its_own_samples(name: str) -> None:
    vae = zoo.load(name)
    assert isinstance(vae, VAE)
    with torch.no_grad():
        z = vae.prior().sample((500,))
        x = vae.decode(z).sample()
        guessed, bound = vae.encode(x).mean, vae.elbo(x)
    explained = 1 - (guessed - z).square().mean(0) / z.square().mean(0)
    assert explained.max() > 0.8, "no latent can be read off a sample"
    assert abs(bound.mean().item() - zoo.card(name)["test_elbo"]) < 25, "samples cost nothing like digits"


# With MNIST


@needs_mnist
def test_the_mnist_judge_is_what_its_card_says() -> None:
    judge, card = zoo.load("mnist-features"), zoo.card("mnist-features")
    x, y = data.load("mnist")[2]
    with torch.no_grad():
        right = (judge.log_prob_y(x).argmax(1) == y).double()
    assert abs(right.mean().item() - card["test_accuracy"]) <= 0.001


@needs_mnist
@pytest.mark.parametrize("name", RBMS)
def test_rbm_card_on_mnist(name: str) -> None:
    rbm, card = zoo.load(name), zoo.card(name)
    mean, error = mean_and_error((-rbm.free_energy(test_images()) - card["log_z"]).double())
    assert abs(mean - card["test_log_prob"]) <= 0.002
    assert abs(error - card["test_log_prob_standard_error"]) <= 0.002


@needs_mnist
@pytest.mark.parametrize("name", DBNS)
def test_dbn_card_on_mnist(name: str) -> None:
    """The bound on all test images, and what importance weights add to it on every fiftieth."""
    dbn, card, x = zoo.load(name), zoo.card(name), test_images()
    with torch.no_grad():
        bound = dbn.bound(x, 10, log_z=card["log_z"]).double()
        assert abs(bound.mean().item() - card["test_bound"]) <= 0.2
        gain = dbn.importance_bound(x[::50], 1000, log_z=card["log_z"]).double() - bound[::50]
    mean, error = mean_and_error(gain)
    assert abs(mean - (card["test_log_prob"] - card["test_bound"])) <= 4 * error


@needs_mnist
@pytest.mark.parametrize("name", VAES)
def test_vae_card_on_mnist(name: str) -> None:
    """The bound on all test images, and the importance-weighted figure on every fiftieth."""
    vae, card, x = zoo.load(name), zoo.card(name), test_images()
    with torch.no_grad():
        bound = vae.elbo(x).double()
    noise = 4 * bound.std().item() / 100
    assert abs(bound.mean().item() - card["test_elbo"]) <= min(noise, 0.3)
    part = x[::50]
    gain = importance_log_prob(vae, part, 1000).double() - bound[::50]
    mean, error = mean_and_error(gain)
    assert abs(mean - (card["test_log_prob"] - card["test_elbo"])) <= 4 * error


@needs_mnist
@pytest.mark.parametrize("name", CHAINS)
def test_card_of_an_exact_density_on_mnist(name: str) -> None:
    """Every tenth test image."""
    model, card = zoo.load(name), zoo.card(name)
    with torch.no_grad():
        mean, error = mean_and_error(torch.cat([model.log_prob(x) for x in test_images()[::10].split(250)]).double())
    assert abs(mean - card["test_log_prob"]) <= 4 * error


# Pictures of every family


@pytest.mark.parametrize("name", SAMPLERS)
def test_pictures_of_a_family_are_digits_to_the_judge(name: str) -> None:
    """Ten different ones, and most of them among test images of its kind, where few pictures by coins are."""
    drawn, judge = samples.read(name), zoo.load("digit-features").requires_grad_(False)
    x = drawn.images()
    assert x.shape == (10, 64)
    assert len(x.unique(dim=0)) == 10
    assert x.min() >= 0
    assert x.max() == 1
    assert drawn.recipe == SAMPLERS[name][0]
    real = judge.features(data.binarize(data.load("digits")[2][0]))
    precision, _ = precision_recall(real, judge.features(x))
    assert precision >= 0.7
    coins = (torch.rand(200, 64) < 0.5).float()
    assert precision_recall(real, judge.features(coins))[0] < 0.5


def test_every_sampler_has_pictures_and_others_are_told_the_known_ones(tmp_path: Path) -> None:
    assert sorted(path.stem for path in samples.FOLDER.glob("*.json")) == sorted(SAMPLERS)
    with pytest.raises(ValueError, match="no samples 'flow', expected one of autoregressive, deep, denoising, gan"):
        samples.read("flow")
    with pytest.raises(ValueError, match="no sampler 'flow', expected one of mixture, autoregressive, rbm"):
        samples.draw("flow")
    samples.write(samples.read("gan"), tmp_path)
    assert samples.read("gan", tmp_path) == samples.read("gan")


def test_a_sampler_draws_the_pictures_that_are_stored() -> None:
    """The cheapest one, again: what another processor rounds otherwise may move a coin, and no more than a few."""
    again, stored = samples.draw("mixture"), samples.read("mixture")
    assert again.recipe == stored.recipe
    assert (again.images() - stored.images()).abs().mean() < 0.2
