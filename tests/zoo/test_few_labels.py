"""Few labels: which pictures have one, what each way of training holds still, and whether the run is the recipe's."""

from __future__ import annotations

import itertools

import pytest
import torch
from mutants import breaks
from torch import Tensor, nn
from torch.testing import assert_close

from genlib import data, zoo
from genlib.evaluate import mean_and_error
from genlib.zoo.few_labels import STUDIES, WAYS, Study, balanced, classifier, pretrained, record_few_labels, trial

TINY = Study((64, 12, 6), 30, 20, 0, 2, 1, (10, 20))


@pytest.fixture(autouse=True)
def single_precision(exact_and_reproducible: None) -> None:
    """Recipes compute in float32."""
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def digits() -> tuple[Tensor, Tensor]:
    x, y = data.load("digits")[0]
    return x.flatten(1), y


@breaks("labels as they come", "zoo.few_labels.balanced", "order[y[order] == label][: n // 10]", "order[: n // 10]")
@breaks("the same labels at every seed", "zoo.few_labels.balanced", "manual_seed(seed)", "manual_seed(0)")
def test_every_class_has_as_many_labels(digits: tuple[Tensor, Tensor]) -> None:
    """None twice, in an order that tells nothing, and others at another seed; fewer labels are the first of more."""
    _, y = digits
    for n in (10, 50):
        chosen = balanced(y, n, 3)
        assert y[chosen].bincount(minlength=10).tolist() == [n // 10] * 10
        assert len(chosen.unique()) == n
        assert set(chosen.tolist()) != set(balanced(y, n, 4).tolist())
    assert set(balanced(y, 10, 3).tolist()) < set(balanced(y, 50, 3).tolist())


@breaks("codes as they are", "zoo.few_labels.pretrained", "(1 / z.std(0)).diag()", "torch.eye(z.shape[1])")
@breaks("a mean left in", "zoo.few_labels.pretrained", "-z.mean(0) / z.std(0)", "0 * z.mean(0)")
def test_pretrained_codes_are_standardised(digits: tuple[Tensor, Tensor]) -> None:
    z = pretrained(digits[0], TINY)(digits[0])
    assert_close(z.mean(0), torch.zeros(6), rtol=0, atol=1e-4)
    assert_close(z.std(0), torch.ones(6), rtol=0, atol=1e-4)


@breaks("an encoder that thaws", "zoo.few_labels.classifier", 'if way == "frozen" else copy', "if False else copy")
@breaks("frozen throughout", "zoo.few_labels.classifier", 'if way == "frozen" else copy', "if True else copy")
@breaks("scratch that knows", "zoo.few_labels.classifier", 'way.startswith("scratch")', 'way.startswith("nothing")')
@breaks("a start forgotten", "zoo.few_labels.classifier", "copy.load_state_dict(encoder.state_dict())", "pass")
def test_what_is_kept_and_what_is_learned(digits: tuple[Tensor, Tensor]) -> None:
    """Frozen codes stay; fine-tuned ones begin as the pretrained and move; from scratch they begin elsewhere."""
    (x, y), few = digits, balanced(digits[1], 20, 0)
    encoder = pretrained(x, TINY)
    codes = encoder(x).detach()

    def body(net: nn.Module) -> Tensor:
        return net[0](x).detach()

    for way in WAYS:
        start = classifier(way, encoder, TINY.sizes)
        torch.manual_seed(0)
        net = trial(way, encoder, x[few], y[few], TINY)
        assert net(x).shape == (len(x), 10)
        if way == "pixels":
            assert [type(layer) for layer in net] == [nn.Linear]
        elif way == "frozen":
            assert torch.equal(body(start), codes)
            assert torch.equal(body(net), codes)
        else:
            assert torch.equal(body(start), codes) == way.startswith("fine-tuned")
            assert (body(net) - codes).abs().max() > 1e-3
    assert torch.equal(encoder(x), codes), "no way of training moves the encoder that it was given"


@breaks("noise that is none", "zoo.few_labels.trial", "0.2 * torch.randn_like(x)", "0 * x")
@breaks("noise for everybody", "zoo.few_labels.trial", 'way.endswith("noise")', 'way.endswith("")')
def test_noise_is_what_its_name_says(digits: tuple[Tensor, Tensor]) -> None:
    (x, y), few = digits, balanced(digits[1], 20, 0)
    encoder = pretrained(x, TINY)
    end = {}
    for way, seed in itertools.product(("scratch", "scratch + noise"), (0, 0)):
        torch.manual_seed(seed)
        end.setdefault(way, []).append(trial(way, encoder, x[few], y[few], TINY)(x))
    for first, again in end.values():
        assert torch.equal(first, again)
    assert not torch.allclose(end["scratch"][0], end["scratch + noise"][0])


def test_a_run_has_a_row_for_every_way_and_number_of_labels() -> None:
    run = record_few_labels({"digits": TINY})
    assert run.keys("data", "model", "labels") == [("digits", way, n) for way in WAYS for n in TINY.labels]
    assert run.seeds == [0, 1]
    recorded = zoo.run("few-labels")
    assert recorded.settings == run.settings
    assert recorded.columns == run.columns


def test_the_recorded_run_is_that_of_the_recipe() -> None:
    run = zoo.run("few-labels")
    assert run.keys("data", "model", "labels") == [
        (name, way, n) for name, study in STUDIES.items() for way in WAYS for n in study.labels
    ]
    for row in run.rows:
        each = torch.tensor(row["test_accuracy_by_seed"], dtype=torch.float64)
        assert len(each) == STUDIES[row["data"]].seeds
        assert mean_and_error(each) == pytest.approx(row["test_accuracy"], abs=0.01)


def test_the_shortest_rows_come_out_the_same_again(digits: tuple[Tensor, Tensor]) -> None:
    """From the first seed, of the ways that need no autoencoder; other processors round, and so train, differently."""
    (x, y), (x_test, y_test) = digits, data.load("digits")[2]
    study = STUDIES["digits"]
    for way in ("pixels", "scratch"):
        few = balanced(y, 100, 0)
        torch.manual_seed(0)
        net = trial(way, nn.Sequential(), x[few], y[few], study)
        right = 100 * (net(x_test.flatten(1)).argmax(1) == y_test).double().mean().item()
        recorded = zoo.run("few-labels").row(data="digits", model=way, labels=100)["test_accuracy_by_seed"][0]
        assert abs(right - recorded) <= 1.5, way
