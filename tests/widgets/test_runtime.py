"""The numerics of the page against torch: the same rounded weights, double precision on both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from harness import chromium, evaluate, needs_chromium, opened
from playwright.sync_api import Page
from torch import Tensor, nn

from genlib import data
from genlib.widgets.packing import pack, pack_tensors, rounded, unpack_tensors

pytestmark = needs_chromium

DTYPES = ("int8", "float16", "float32")
ACTIVATIONS = {
    "elu": nn.ELU(0.7),
    "leaky_relu": nn.LeakyReLU(0.2),
    "relu": nn.ReLU(),
    "sigmoid": nn.Sigmoid(),
    "silu": nn.SiLU(),
    "softplus": nn.Softplus(),
    "tanh": nn.Tanh(),
}
MUTANTS = {
    "slope of ELU": ("(a > 0 ? 1 : y + alpha)", "(a > 0 ? 1 : y)"),
    "slope of SiLU": ("y + sigmoid(a) * (1 - y)", "sigmoid(a) * (1 - y)"),
    "bias gradient": ("db[o] += d;", "db[o] = d;"),
    "Adam's epsilon inside the root": ("(Math.sqrt(square[i]) / root + eps)", "Math.sqrt(square[i] / root ** 2 + eps)"),
    "Adam without correction": ("const rate = this.lr / (1 - betas[0] ** t)", "const rate = this.lr"),
}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium(), opened(None) as page:
        yield page


def numbers(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def deep() -> nn.Sequential:
    """A network with every layer that the page knows, and one without a bias."""
    layers = [part for activation in ACTIVATIONS.values() for part in (nn.Linear(6, 6), activation)]
    return nn.Sequential(nn.Linear(5, 6), *layers, nn.Linear(6, 3, bias=False))


FORWARD = """
    const net = genlib.network(argument.spec, argument.weights, Float64Array);
    const x = Float64Array.from(argument.x), batch = x.length / net.inputs;
    return [...net.forward(x, batch)].slice(0, batch * net.outputs);
"""

TRAIN = """
    const net = genlib.network(argument.spec, argument.weights, Float64Array);
    const x = Float64Array.from(argument.x), batch = x.length / net.inputs;
    const adam = genlib.adam(net.parameters, { lr: 0.01, betas: [0.5, 0.9], eps: 1e-3 });
    const losses = [], slopes = [];
    for (let step = 0; step < 50; step++) {
        net.zeroGradients();
        const { loss, gradient } = genlib.meanSoftplus(net.forward(x, batch), -1, batch * net.outputs);
        slopes.push([...net.backward(gradient, batch)].slice(0, x.length));
        losses.push(loss);
        adam.step(net.gradients);
    }
    return { losses, slope: slopes[0], parameters: net.parameters.map((p) => [...p]) };
"""


def trained_here(net: nn.Sequential, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What `TRAIN` returns, from torch: losses, the first gradient at the input, the final parameters."""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, betas=(0.5, 0.9), eps=1e-3)
    losses, slopes = [], []
    for _ in range(50):
        inputs = x.clone().requires_grad_()
        loss = nn.functional.softplus(-net(inputs)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        slopes.append(inputs.grad)
    return torch.stack(losses), slopes[0].flatten(), torch.cat([p.detach().flatten() for p in net.parameters()])


def distance(there: dict[str, Any], here: tuple[Tensor, Tensor, Tensor]) -> float:
    parameters = numbers([value for part in there["parameters"] for value in part])
    pairs = zip((numbers(there["losses"]), numbers(there["slope"]), parameters), here, strict=True)
    return max((a - b).abs().max().item() for a, b in pairs)


def test_half_precision_is_read_exactly(page: Page) -> None:
    bits = np.arange(65536, dtype="<u2")
    expected = bits.view("<f2").astype(float)
    got = evaluate(page, "return Array.from({ length: 65536 }, (_, i) => String(genlib.half(i)))")
    got = np.array([float(value.replace("Infinity", "inf")) for value in got])
    assert np.array_equal(got, expected, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_page_reads_the_very_numbers_that_python_reads(page: Page, dtype: str) -> None:
    tensors = {"W": torch.randn(7, 5), "b": torch.randn(7), "zero rows": torch.zeros(2, 3)}
    weights, spec = pack_tensors(tensors, dtype)
    body = "return Object.fromEntries(Object.entries(genlib.unpack(argument.spec, argument.weights, Float64Array))"
    argument = {"weights": weights, "spec": json.loads(json.dumps(spec))}
    got = evaluate(page, f"{body}.map(([k, v]) => [k, [...v]]))", argument)
    for name, value in unpack_tensors(weights, spec).items():
        assert got[name] == value.flatten().tolist()


def test_a_view_into_a_larger_buffer_is_read_from_its_own_start(page: Page) -> None:
    weights, spec = pack_tensors({"W": torch.ones(1, 2)}, "float32")
    body = """
        const view = new DataView(argument.weights.buffer, 8);
        return [...genlib.unpack(argument.spec, view).W];
    """
    assert evaluate(page, body, {"weights": bytes(8) + weights, "spec": spec}) == [1, 1]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_forward_equals_torch(page: Page, name: str, dtype: str) -> None:
    net = nn.Sequential(nn.Linear(5, 4), ACTIVATIONS[name], nn.Linear(4, 3))
    x = 5 * torch.randn(6, 5)
    weights, spec = pack(net, dtype)
    got = evaluate(page, FORWARD, {"weights": weights, "spec": spec, "x": x.flatten().tolist()})
    assert (numbers(got) - rounded(net, dtype)(x).flatten()).abs().max() < 1e-12


def test_fifty_steps_of_adam_equal_torch(page: Page) -> None:
    net, x = deep(), torch.randn(9, 5)
    weights, spec = pack(net, "float32")
    there = evaluate(page, TRAIN, {"weights": weights, "spec": spec, "x": x.flatten().tolist()})
    here = trained_here(rounded(net, "float32"), x)
    assert here[0][-1] < here[0][0] - 0.1
    assert distance(there, here) < 1e-9


@pytest.mark.parametrize("mutant", MUTANTS)
def test_mutants_are_noticed(page: Page, mutant: str) -> None:
    net, x = deep(), torch.randn(9, 5)
    weights, spec = pack(net, "float32")
    argument = {"weights": weights, "spec": spec, "x": x.flatten().tolist()}
    there = evaluate(page, TRAIN, argument, mutant=MUTANTS[mutant])
    assert distance(there, trained_here(rounded(net, "float32"), x)) > 1e-6


def test_a_smaller_batch_after_a_larger_one_is_not_contaminated(page: Page) -> None:
    net, x = deep(), torch.randn(9, 5)
    weights, spec = pack(net)
    body = FORWARD.replace("return", "net.forward(new Float64Array(50 * net.inputs).fill(3), 50); return")
    argument = {"weights": weights, "spec": spec, "x": x.flatten().tolist()}
    assert evaluate(page, body, argument) == evaluate(page, FORWARD, argument)


def test_softplus_losses_are_stable_and_exact(page: Page) -> None:
    a = torch.tensor([-1e4, -800.0, -30.0, -1.0, 0.0, 1e-9, 2.0, 40.0, 800.0, 1e4], requires_grad=True)
    for sign in (1, -1):
        (expected,) = torch.autograd.grad((loss := torch.logaddexp(sign * a, torch.zeros(())).mean()), a)
        body = f"const r = genlib.meanSoftplus(Float64Array.from(argument.a), {sign}); return [r.loss, [...r.gradient]]"
        got = evaluate(page, body, {"a": a.tolist()})
        assert got[0] == pytest.approx(loss.item(), rel=1e-13)
        assert (numbers(got[1]) - expected).abs().max() < 1e-15


def test_unknown_layers_and_formats_are_refused_with_words(page: Page) -> None:
    weights, spec = pack(nn.Sequential(nn.Linear(2, 2), nn.Tanh()))
    for change, words in ((("tanh", "gelu"), "layer gelu is not one of"), (("float16", "int4"), "stored as int4")):
        bad = json.loads(json.dumps(spec).replace(*change))
        with pytest.raises(Exception, match=words):
            evaluate(page, "genlib.network(argument.spec, argument.weights)", {"weights": weights, "spec": bad})


DRAWS = """
    const random = genlib.random(argument.seed), n = 200000;
    const uniform = Array.from({ length: n }, random.uniform), normal = [...random.normals(new Float64Array(n))];
    const p = new Float64Array(n).fill(0.3), coins = [...random.bernoulli(p, new Float64Array(n))];
    return { uniform, normal, coins };
"""


def test_random_numbers_have_the_laws_they_claim(page: Page) -> None:
    from scipy.stats import kstest

    drawn = evaluate(page, DRAWS, {"seed": 7})
    uniform, normal, coins = (np.array(drawn[name]) for name in ("uniform", "normal", "coins"))
    assert kstest(uniform, "uniform").pvalue > 1e-4
    assert kstest(normal, "norm").pvalue > 1e-4
    assert uniform.min() > 0
    assert uniform.max() < 1
    assert abs(coins.mean() - 0.3) < 4 * np.sqrt(0.21 / len(coins))
    for values in (uniform, normal, coins):
        for lag in (1, 2, 3):
            assert abs(np.corrcoef(values[lag:], values[:-lag])[0, 1]) < 4 / np.sqrt(len(values))


def test_seeds_repeat_and_differ_and_the_state_can_be_put_back(page: Page) -> None:
    body = """
        const draws = (seed) => {
            const random = genlib.random(seed);
            return [random.uniform(), random.normal(), random.normal(), random.integer(1000)];
        };
        const random = genlib.random(3);
        random.normal();
        const saved = random.state, first = [random.normal(), random.uniform()];
        random.state = saved;
        const second = [random.normal(), random.uniform()];
        return { a: draws(1), again: draws(1), b: draws(2), far: draws(2 ** 31), first, second };
    """
    got = evaluate(page, body)
    assert got["a"] == got["again"]
    assert got["first"] == got["second"]
    assert len({tuple(got[name]) for name in ("a", "b", "far")}) == 3


def centred(page: Page, ink: np.ndarray, kind: str) -> np.ndarray:
    body = "return [...genlib.centred(Float32Array.from(argument.ink), argument.side, argument.kind)]"
    side = 28 if kind == "mnist" else 8
    argument = {"ink": ink.flatten().tolist(), "side": len(ink), "kind": kind}
    return np.array(evaluate(page, body, argument)).reshape(side, side)


def seven(side: int = 112) -> np.ndarray:
    """A digit of two straight strokes, off the middle."""
    rows, columns = np.mgrid[:side, :side]
    bar = (rows > 20) & (rows < 30) & (columns > 10) & (columns < 50)
    slope = (np.abs(columns - (45 - (rows - 25) / 2)) < 5) & (rows > 20) & (rows < 80)
    return (bar | slope).astype(float)


def test_a_drawing_becomes_an_image_as_mnist_made_them(page: Page) -> None:
    image = centred(page, seven(), "mnist")
    rows, columns = np.nonzero(image > 0.1)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (20, 21)
    mass = image.sum()
    middle = [(image.sum(1) * np.arange(28)).sum() / mass, (image.sum(0) * np.arange(28)).sum() / mass]
    assert np.abs(np.array(middle) - 13.5).max() < 0.6
    assert image.max() <= 1 + 1e-9


def test_where_it_was_drawn_does_not_matter(page: Page) -> None:
    for kind in ("mnist", "digits"):
        image = centred(page, seven(), kind)
        moved = centred(page, np.roll(seven(), (15, 25), (0, 1)), kind)
        assert np.abs(image - moved).max() < 1e-6
        larger = centred(page, np.kron(seven(), np.ones((2, 2))), kind)
        assert np.abs(image - larger).mean() < 0.01


def test_blank_drawings_stay_blank(page: Page) -> None:
    for kind in ("mnist", "digits"):
        assert not centred(page, np.zeros((112, 112)), kind).any()


def test_small_digits_drawn_again_are_themselves(page: Page) -> None:
    (x, _), _, _ = data.load("digits")
    x = (x[:60, 0] >= 0.5).numpy().astype(float)
    fitting = [image for image in x if image.any(1).all() and np.ptp(np.flatnonzero(image.any(0))) % 2]
    assert len(fitting) > 10
    for image in fitting:
        redrawn = centred(page, np.kron(image, np.ones((14, 14))), "digits")
        middle = np.roll(image, (7 - np.flatnonzero(image.any(0))[[0, -1]].sum()) // 2, 1)
        assert np.array_equal(redrawn, middle)


def test_blocks_count_sixteenths(page: Page) -> None:
    image = centred(page, seven(), "digits")
    assert np.array_equal(image * 16, np.round(image * 16))
    assert image.any(1).all()
    assert image.max() == 1
