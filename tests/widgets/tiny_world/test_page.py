"""TinyWorld in a page: the same law, gradients and training as torch's, in time, and under every kind of hand."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness import (
    ROOT,
    chromium,
    computed,
    from_python,
    hurry,
    needs_chromium,
    opened,
    recorded,
    rest,
    trait,
    traits,
    widget_page,
)
from playwright.sync_api import Browser, Page, expect
from torch import Tensor

from genlib import data
from genlib.data import binary_states
from genlib.energy import RBM, ais
from genlib.widgets import TinyWorld

pytestmark = needs_chromium
LIBRARY = "".join((ROOT / "genlib/widgets/static" / name).read_text() for name in ("tiny_law.js", "tiny_rbm.js"))
Fault = tuple[str, str] | None


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@cache
def states() -> Tensor:
    return binary_states(12).double()


def machine(hidden: int, scale: float = 1.0, seed: int = 0) -> RBM:
    """A machine whose every parameter has this standard deviation."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rbm = RBM(12, hidden).double()
        for p in rbm.parameters():
            p.data = scale * torch.randn_like(p)
    return rbm


def copy(rbm: RBM) -> RBM:
    return machine_of([p.detach().flatten().tolist() for p in (rbm.W, rbm.b, rbm.c)])


def machine_of(parameters: list[list[float]]) -> RBM:
    """The machine whose parameters these are, as the page lists them."""
    rbm = RBM(12, len(parameters[1])).double()
    for p, values in zip((rbm.W, rbm.b, rbm.c), parameters, strict=True):
        p.data = torch.tensor(values, dtype=torch.float64).view_as(p)
    return rbm


def numbers(x: Tensor) -> Tensor:
    return (x.double() @ 2.0 ** torch.arange(11, -1, -1).double()).long()


def page_says(body: str, rbm: RBM | None = None, fault: Fault = None, **argument: Any) -> Any:
    """Runs `body` in a page, where `law` is the data's, `machine` is `rbm` and `seed` makes its random numbers."""
    library = LIBRARY
    if fault:
        assert library.count(fault[0]) == 1, f"the sources have {library.count(fault[0])} times {fault[0]!r}"
        library = library.replace(*fault)
    values = [p.detach().flatten().tolist() for p in (rbm.W, rbm.b, rbm.c)] if rbm else []
    law = argument.pop("law", None)
    given = {"seed": 0, "law": (data.tiny_world()[1] if law is None else law).tolist(), "values": values, **argument}
    make = (
        "const world = genlibTiny.world(Float64Array.from(argument.law)), numbers = (a) => [...a];"
        "const made = (seed) => genlibTinyRBM.make(world, argument.values.map((a) => Float64Array.from(a)), "
        "genlib.random(seed)); const machine = argument.values.length ? made(argument.seed) : null;"
    )
    return computed(library + make + body, given)


# The same numbers as torch: each law takes a fault, which it must notice


def law_probabilities_equal_torch(fault: Fault = None) -> None:
    for hidden, scale in ((2, 1.0), (5, 3.0), (16, 1.0)):
        rbm = machine(hidden, scale)
        got = page_says("return { logP: numbers(machine.logProbAll()), logZ: machine.logZ };", rbm, fault)
        log_p = torch.tensor(got["logP"])
        assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-12)
        assert (log_p - rbm.log_prob(states())).abs().max() < 1e-10
        assert got["logZ"] == pytest.approx(rbm.log_partition().item(), abs=1e-10)


GRADIENT = """
    const { positive, negative } = machine.phases({ method: "exact", k: 1, batch: 0 });
    machine.step(positive, negative, 0);
    return machine.gradients.map(numbers);
"""


def law_exact_gradient_is_the_likelihoods(fault: Fault = None) -> None:
    _, p = data.tiny_world()
    for hidden, scale in ((3, 2.0), (16, 1.0)):
        rbm = machine(hidden, scale)
        (-p @ rbm.log_prob(states())).backward()
        got = page_says(GRADIENT, rbm, fault)
        for values, parameter in zip(got, (rbm.W, rbm.b, rbm.c), strict=True):
            assert (torch.tensor(values) - parameter.grad.flatten()).abs().max() < 1e-12


TRAIN = """
    const kept = [], settings = argument.settings;
    for (let i = 0; i < argument.steps; i++) {
        const { positive, negative } = machine.phases(settings);
        if (argument.keep) kept.push([numbers(positive), numbers(negative)]);
        machine.step(positive, negative, settings.rate);
    }
    return { kept, logP: numbers(machine.logProbAll()), parameters: machine.parameters.map(numbers),
        compared: genlibTiny.compare(machine.logProbAll(), world) };
"""


def trained_in_torch(start: RBM, slopes: Callable[[RBM, int], Tensor], steps: int, rate: float) -> RBM:
    """The same steps of Adam by autograd."""
    rbm = copy(start)
    optimizer = torch.optim.Adam(rbm.parameters(), lr=rate)
    for i in range(steps):
        optimizer.zero_grad()
        slopes(rbm, i).backward()
        optimizer.step()
    return rbm


def apart(parameters: list[list[float]], rbm: RBM) -> float:
    pairs = zip(parameters, (rbm.W, rbm.b, rbm.c), strict=True)
    return max((torch.tensor(there) - here.detach().flatten()).abs().max().item() for there, here in pairs)


def law_exact_training_equals_torch(fault: Fault = None) -> None:
    (_, p), start = data.tiny_world(), machine(6, 0.1)
    settings = {"method": "exact", "k": 1, "rate": 0.03, "batch": 0}
    got = page_says(TRAIN, start, fault, settings=settings, steps=100, keep=False)
    rbm = trained_in_torch(start, lambda rbm, i: -p @ rbm.log_prob(states()), 100, 0.03)
    assert apart(got["parameters"], rbm) < 1e-7
    log_q = rbm.log_prob(states()).detach()
    found = got["compared"]
    assert found["likelihood"] == pytest.approx((p @ log_q).item(), abs=1e-8)
    assert found["forward"] == pytest.approx((p * (p.log() - log_q)).sum().item(), abs=1e-8)
    assert found["backward"] == pytest.approx((log_q.exp() * (log_q - p.log())).sum().item(), abs=1e-8)
    assert found["likelihood"] > -7.7, "a hundred steps should have left the first plateau"


METHODS = [("cd", 0), ("cd", 16), ("pcd", 0), ("pcd", 64), ("exact", 16)]


def law_steps_equal_torch_on_the_same_samples(fault: Fault = None) -> None:
    for method, batch in METHODS:
        start, settings = machine(5, 0.5), {"method": method, "k": 2, "rate": 0.05, "batch": batch}
        got = page_says(TRAIN, start, fault, settings=settings, steps=8, keep=True)
        phases = [torch.tensor(pair) for pair in got["kept"]]

        def slope(rbm: RBM, i: int, phases: list[Tensor] = phases) -> Tensor:
            free = rbm.free_energy(states())
            return phases[i][0] @ free - phases[i][1] @ free

        assert apart(got["parameters"], trained_in_torch(start, slope, 8, 0.05)) < 1e-9
        for positive, negative in phases:
            for weights in (positive, negative):
                assert weights.sum().item() == pytest.approx(1, abs=1e-12)
            exact = (positive - data.tiny_world()[1]).abs().max().item() < 1e-15
            assert exact == (batch == 0)
            chains = negative * (batch or 256)
            assert ((chains - chains.round()).abs().max() < 1e-9) == (method != "exact")


def swept(law: Tensor, rbm: RBM, sweeps: int) -> Tensor:
    """The law of the state after some Gibbs sweeps, by enumeration of the hidden units."""
    h = binary_states(rbm.hidden).double()
    up, down = rbm.prob_h(states()).detach(), rbm.prob_x(h).detach()
    to_h = torch.stack([torch.where(one > 0, up, 1 - up).prod(-1) for one in h], -1)
    to_x = torch.stack([torch.where(states() > 0, one, 1 - one).prod(-1) for one in down])
    for _ in range(sweeps):
        law = law @ to_h @ to_x
    return law


PHASES = """
    const { settings, calls, machines } = argument;
    const sums = Array.from({ length: calls }, () => [new Float64Array(4096), new Float64Array(4096)]);
    for (let n = 0; n < machines; n++) {
        const one = made(n);
        for (let i = 0; i < calls; i++) {
            const { positive, negative } = one.phases(settings);
            for (let s = 0; s < 4096; s++) {
                sums[i][0][s] += positive[s] / machines;
                sums[i][1][s] += negative[s] / machines;
            }
        }
    }
    return sums.map((pair) => pair.map(numbers));
"""


def same_law(share: Tensor, law: Tensor, n: int) -> None:
    """Chi-square's distance of n draws from their law, cells of fewer than five expected draws thrown together."""
    rare = law * n < 5
    share = torch.cat([share[~rare], share[rare].sum()[None]])
    law = torch.cat([law[~rare], law[rare].sum()[None]])
    freedom = len(law) - 1
    chi = (n * (share - law).square() / law.clamp_min(1e-300)).sum().item()
    assert chi < freedom + 5 * math.sqrt(2 * freedom) + 10


def law_of_the_phases(fault: Fault = None) -> None:
    (_, p), rbm = data.tiny_world(), machine(3, 1.5)
    uniform = torch.full((4096,), 1 / 4096, dtype=torch.float64)
    for method, k, batch in (("cd", 1, 16), ("cd", 3, 0), ("pcd", 1, 64), ("pcd", 2, 0)):
        settings = {"method": method, "k": k, "rate": 0.1, "batch": batch}
        found = page_says(PHASES, rbm, fault, settings=settings, calls=2, machines=80)
        n = 80 * (batch or 256)
        for call, (positive, negative) in enumerate(torch.tensor(pair) for pair in found):
            law = swept(p, rbm, k) if method == "cd" else swept(uniform, rbm, k * (call + 1))
            same_law(negative, law, n)
            if batch:
                same_law(positive, p, n)


def law_draws_follow_their_law(fault: Fault = None) -> None:
    (_, p), n = data.tiny_world(), 20_000
    body = (
        "const count = (states) => numbers(genlibTiny.share(states)), random = genlib.random(argument.seed);"
        "return [count(world.draw(argument.n, random)), count(world.even(argument.n, random)),"
        "count(machine.draw(argument.n, random))];"
    )
    rbm = machine(4)
    drawn, even, made = (torch.tensor(share) for share in page_says(body, rbm, fault, n=n, seed=4))
    same_law(drawn, p, n)
    same_law(made, rbm.log_prob(states()).detach().exp(), n)
    assert (n * (even - p)).abs().max() < 1 + 1e-6, "steps of one size count each state to within one"
    assert (n * (drawn - p)).abs().max() > 5


def law_annealing_finds_z(fault: Fault = None) -> None:
    body = """
        const all = (settings, seed) => {
            const job = machine.anneal(settings, genlib.random(seed));
            for (let next = job.next(); ; next = job.next()) if (next.done) return next.value;
        };
        return argument.runs.map(([chains, temperatures, seed]) => all({ chains, temperatures }, seed));
    """
    rbm = machine(6, 1.2)
    truth = rbm.log_partition().item()
    runs = [(2000, 100, 0), (50_000, 2, 1), (50_000, 1, 2)] + [(20, 20, seed) for seed in range(400)]
    found = page_says(body, rbm, fault, runs=runs)
    for estimate in found[:3]:
        assert estimate["truth"] == pytest.approx(truth, abs=1e-10)
        assert 0.001 < estimate["error"] < 0.1
        assert abs(estimate["logZ"] - truth) < 4 * estimate["error"]
    torch.manual_seed(0)
    theirs = [ais(rbm, chains=20, temperatures=20) for _ in range(400)]
    spread = np.std([one["logZ"] for one in found[3:]])
    assert spread == pytest.approx(np.std([one.log_z for one in theirs]), rel=0.2)
    error = np.mean([one["error"] for one in found[3:]])
    assert error == pytest.approx(np.mean([one.standard_error for one in theirs]), rel=0.06)


def law_spurious_are_the_most_believed(fault: Fault = None) -> None:
    (pictures, p), rbm = data.tiny_world(), machine(4)
    body = (
        "const known = new Set(argument.known);"
        "return genlibTiny.spurious(machine.logProbAll(), { ...world, known }, argument.count);"
    )
    over, known = rbm.log_prob(states()).detach().exp() - p, numbers(pictures)
    known = torch.cat([known, over.topk(3).indices])
    over[known] = -1
    for count in (1, 8, 50):
        assert page_says(body, rbm, fault, count=count, known=known.tolist()) == over.topk(count).indices.tolist()


def law_impossible_states_cost_infinitely_much(fault: Fault = None) -> None:
    _, p = data.tiny_world(flip=0.0)
    body = (
        "const { likelihood, forward, backward } = genlibTiny.compare(machine.logProbAll(), world);"
        "return [likelihood, forward, backward === Infinity, world.entropy];"
    )
    rbm = machine(4)
    likelihood, forward, infinite, entropy = page_says(body, rbm, fault, law=p)
    expected = rbm.log_prob(states()[p > 0]).mean().item()
    assert entropy == pytest.approx(math.log(32), abs=1e-12)
    assert likelihood == pytest.approx(expected, abs=1e-10)
    assert forward == pytest.approx(-math.log(32) - expected, abs=1e-10)
    assert infinite


LAWS = [
    law_probabilities_equal_torch, law_exact_gradient_is_the_likelihoods, law_exact_training_equals_torch,
    law_steps_equal_torch_on_the_same_samples, law_of_the_phases, law_draws_follow_their_law, law_annealing_finds_z,
    law_spurious_are_the_most_believed, law_impossible_states_cost_infinitely_much,
]  # fmt: skip
FAULTS: dict[str, tuple[Callable[[Fault], None], str, str]] = {
    "no visible bias": (law_probabilities_equal_torch, "(_, i) => c[i]", "() => 0"),
    "no hidden bias": (law_probabilities_equal_torch, "(j) => b[j]", "() => 0"),
    "the first pixel as the lowest bit": (
        law_probabilities_equal_torch, "let half = 1, i = PIXELS - 1; i >= 0; half *= 2, i--",
        "let half = 1, i = 0; i < PIXELS; half *= 2, i++"),
    "softplus without its linear part": (law_probabilities_equal_torch, "if (a > 0) score += a;", ""),
    "a law that is not normalised": (law_probabilities_equal_torch, "logP[s] -= logZ;", "logP[s] -= most;"),
    "phases turned": (law_exact_gradient_is_the_likelihoods, "negative[s] - positive[s]", "positive[s] - negative[s]"),
    "half of the states in the bias": (law_exact_gradient_is_the_likelihoods, "values[s + j] += values[at];", ""),
    "weights kept from before the step": (law_exact_training_equals_torch, "adam.step(gradients);\n      refresh();",
                                          "refresh();\n      adam.step(gradients);"),
    "a rate that stays": (law_exact_training_equals_torch, "adam.lr = rate;", ""),
    "an entropy of the wrong sign": (law_exact_training_equals_torch, "-entropy - likelihood", "entropy - likelihood"),
    "a divergence weighted by the data": (law_exact_training_equals_torch, "q * (logP[s] - Math.log(p[s]))",
                                          "p[s] * (logP[s] - Math.log(p[s]))"),
    "the whole law in the place of the draws": (law_steps_equal_torch_on_the_same_samples,
                                                "drawn ? genlibTiny.share(drawn) : world.p", "world.p"),
    "a bias that can only fall": (law_steps_equal_torch_on_the_same_samples, "gradients[1].set(work.subarray(0, H));",
                                            "gradients[1].set(work.subarray(0, H).map((a) => (a > 0 ? a : 0)));"),
    "chains that start anew": (law_of_the_phases, "chains?.length !== n", "true"),
    "chains that go on where they should start anew": (law_of_the_phases, 'if (method !== "pcd") chains = null;',
                                                       "chains ??= world.even(batch || 256, random);"),
    "a sweep too many": (law_of_the_phases, "i < k; i++", "i <= k; i++"),
    "probabilities of another state": (law_of_the_phases, "at = states[n] * H; j < H; j++, at++)\n          if (random",
                                       "at = 0; j < H; j++, at++)\n          if (random"),
    "a sweep without visible bias": (law_of_the_phases, "field.set(c);", "field.fill(0);"),
    "one number for all draws": (law_draws_follow_their_law, "find(end * random.uniform())", "find(end * 0.5)"),
    "sums that start late": (law_draws_follow_their_law, "total[middle] > mark", "total[middle] > mark + 0.01"),
    "drawn steps": (law_draws_follow_their_law, "find((end * (i + first)) / n)", "find(end * random.uniform())"),
    "annealing without the linear part": (law_annealing_finds_z, "if (a > 0) log[n] += (next - old) * a;", ""),
    "annealing at the new temperature": (law_annealing_finds_z, "genlib.sigmoid(old * table[at])",
                                         "genlib.sigmoid(next * table[at])"),
    "annealing that never sweeps": (law_annealing_finds_z, "t && j < H", "false"),
    "a base without the hidden units": (law_annealing_finds_z, "H * Math.LN2 + ", ""),
    "an error that does not shrink": (law_annealing_finds_z, "Math.sqrt(squares / count)", "Math.sqrt(squares)"),
    "the mean of the logarithms": (law_annealing_finds_z, "base + most + Math.log(mean)",
                                   "base + log.reduce((sum, value) => sum + value / count, 0)"),
    "the least excess first": (law_spurious_are_the_most_believed, "other.over < over", "other.over > over"),
    "data among what is none": (law_spurious_are_the_most_believed, " || known.has(s)", ""),
    "shares for excess": (law_spurious_are_the_most_believed, "Math.exp(logP[s]) - p[s]", "Math.exp(logP[s])"),
    "nothing is impossible": (law_impossible_states_cost_infinitely_much, ": Infinity;", ": 0;"),
    "what cannot be is counted": (law_impossible_states_cost_infinitely_much, "value > 0 ? value * Math.log(value) : 0",
                                  "value * Math.log(value + 1e-300) - 1e-9"),
}  # fmt: skip


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_page_keeps(law: Callable[[Fault], None]) -> None:
    law(None)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed(name: str) -> None:
    law, *fault = FAULTS[name]
    with pytest.raises(AssertionError):
        law((fault[0], fault[1]))


def test_every_law_has_a_fault() -> None:
    assert {law for law, *_ in FAULTS.values()} == set(LAWS)


# Under the hand


MODEL_MAP = ".genlib-tiny-maps > :nth-child(2) canvas"


def press(page: Page, button: str = "Step", steps: int | None = None) -> None:
    if steps is not None:
        page.get_by_label("Steps per press").select_option(str(steps))
    page.get_by_role("button", name=button, exact=True).click()
    rest(page)


def select(page: Page, label: str) -> Any:
    return page.locator("label").filter(has_text=re.compile(f"^{label}")).locator("select")


def back(page: Page, world: TinyWorld) -> RBM:
    """The machine that Python has after the page has come to rest."""
    world.trained = trait(page, "trained")
    return world.model()


def untrained(**settings: Any) -> TinyWorld:
    """A widget that waits for the hand."""
    world = TinyWorld(**settings)
    world.first = 0
    return world


def log_q(rbm: RBM) -> Tensor:
    return rbm.log_prob(states()).detach()


def test_first_view_has_trained_and_tells_the_truth() -> None:
    _, p = data.tiny_world()
    with opened(None) as page:
        hurry(page)
        rbm = back(recorded(page, world := TinyWorld()), world)
        assert trait(page, "step_count") == 200
        found = {name: trait(page, name) for name in ("log_likelihood", "kl_data_model", "kl_model_data", "log_z")}
        annealed, error = trait(page, "ais_log_z"), trait(page, "ais_error")
        drawn = {name: ink(page, i) for i, name in enumerate(("data", "model"))}
    q = log_q(rbm)
    assert found["log_likelihood"] == pytest.approx((p @ q).item(), abs=1e-9)
    assert found["kl_data_model"] == pytest.approx((p * (p.log() - q)).sum().item(), abs=1e-9)
    assert found["kl_model_data"] == pytest.approx((q.exp() * (q - p.log())).sum().item(), abs=1e-9)
    assert found["log_z"] == pytest.approx(rbm.log_partition().item(), abs=1e-9)
    assert abs(annealed - found["log_z"]) < 6 * error < 1
    assert found["log_likelihood"] > -6
    for name, log_p in (("data", p.log()), ("model", q)):
        shade = ((log_p - math.log(1e-6)) / math.log(1e5)).clamp(0, 1)
        assert (torch.tensor(drawn[name]) - shade).abs().max() < 0.01, name


INK = """(i) => {
    const canvas = document.querySelectorAll(".genlib-tiny-map canvas")[i], colour = [[0, 114, 178], [213, 94, 0]][i];
    const { data } = canvas.getContext("2d").getImageData(0, 0, 64, 64), k = 2 * i;
    return Array.from({ length: 4096 }, (_, s) => (255 - data[4 * s + k]) / (255 - colour[k]));
}"""


def ink(page: Page, index: int) -> list[float]:
    """How deep each cell of the data's map (0) or the model's (1) is coloured, from paper 0 to full 1."""
    return page.evaluate(INK, index)


def test_exact_steps_of_the_page_equal_torch() -> None:
    _, p = data.tiny_world()
    with opened(None) as page:
        hurry(page)
        world = untrained(hidden=6, rate=0.02, seed=3)
        start = world.model()
        recorded(page, world)
        press(page, steps=100)
        press(page)
        rbm, kl = back(page, world), trait(page, "kl_data_model")
    theirs = trained_in_torch(start, lambda rbm, i: -p @ rbm.log_prob(states()), 200, 0.02)
    assert (log_q(rbm) - log_q(theirs)).abs().max() < 1e-4
    assert kl == pytest.approx((p * (p.log() - log_q(theirs))).sum().item(), abs=1e-4)


def test_a_given_machine_is_shown_as_it_is() -> None:
    rbm = machine(4)
    with opened(None) as page:
        world = TinyWorld(model=rbm)
        there = back(recorded(page, world), world)
        assert trait(page, "step_count") == 0
        assert trait(page, "log_z") == pytest.approx(rbm.log_partition().item(), abs=1e-10)
        press(page, steps=1)
        assert trait(page, "step_count") == 1
        moved = back(page, world)
    assert torch.equal(there.W, rbm.W)
    assert (moved.W - rbm.W).abs().max().item() == pytest.approx(0.03, rel=1e-4), "the first step of Adam is the rate"


def test_reset_repeats_and_new_run_keeps_the_old_curve() -> None:
    with opened(None) as page:
        hurry(page)
        recorded(page, world := untrained(method="cd"))
        press(page, steps=10)
        first, lines = trait(page, "trained"), page.locator(".genlib-tiny-runs li")
        expect(lines).to_have_count(1)
        expect(page.get_by_role("button", name="Clear old runs")).to_be_hidden()
        press(page, "New run")
        assert trait(page, "step_count") == 0
        expect(lines).to_have_count(2)
        select(page, "Gradient").select_option("pcd")
        press(page)
        assert trait(page, "trained") != first
        expect(lines.nth(0)).to_contain_text("PCD-1, rate 0.03, 8 hidden units")
        expect(lines.nth(1)).to_contain_text("CD-1, rate 0.03, 8 hidden units")
        expect(lines.nth(1)).to_contain_text("after 10 steps")
        press(page, "Clear old runs")
        expect(lines).to_have_count(1)
        press(page, "Reset")
        assert trait(page, "method") == "cd"
        expect(lines).to_have_count(1)
        press(page)
        assert trait(page, "trained") == first
        assert world.start != first


def test_settings_that_change_on_the_way_are_told() -> None:
    with opened(None) as page:
        recorded(page, untrained())
        press(page, steps=1)
        page.get_by_label("Rate").fill("-2")
        press(page)
        expect(page.locator(".genlib-tiny-runs li")).to_contain_text(
            "rate 0.03, 8 hidden units; then exact gradient, rate 0.01"
        )
        assert trait(page, "rate") == pytest.approx(0.01)


def test_hidden_units_start_another_run_with_its_own_machine() -> None:
    with opened(None) as page:
        recorded(page, world := untrained())
        first = trait(page, "trained")
        press(page, steps=1)
        for hidden in (12, 16):
            page.get_by_label("Hidden units").fill(str(hidden))
        rest(page)
        rbm = back(page, world)
        assert (trait(page, "hidden"), trait(page, "step_count"), rbm.hidden) == (16, 0, 16)
        assert rbm.W.std().item() == pytest.approx(0.1, rel=0.2)
        expect(page.locator(".genlib-tiny-runs li")).to_have_count(2)
        page.get_by_label("Hidden units").fill("8")
        rest(page)
        assert trait(page, "trained") == first, "eight units are those of the notebook again"


def test_sweeps_are_for_chains_alone() -> None:
    with opened(None) as page:
        recorded(page, untrained())
        expect(page.get_by_label("Sweeps k")).to_be_disabled()
        select(page, "Gradient").select_option("cd")
        expect(page.get_by_label("Sweeps k")).to_be_enabled()
        page.get_by_label("Sweeps k").fill("10")
        select(page, "Data in a step").select_option("16")
        press(page, steps=1)
        assert (trait(page, "k"), trait(page, "batch")) == (10, 16)
        expect(page.locator(".genlib-tiny-runs li")).to_contain_text(
            "CD-10, rate 0.03, 8 hidden units, 16 draws a step"
        )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_short_chains_leave_shares_wrong_and_persistent_ones_are_outrun(seed: int) -> None:
    found, most = {}, {}
    for method in ("exact", "cd", "pcd"):
        settings = {"method": method, "k": 1, "rate": 0.03, "batch": 0}
        got = page_says(TRAIN, TinyWorld(seed=seed).model(), settings=settings, steps=1000, keep=False, seed=seed)
        found[method] = got["compared"]
        most[method] = math.exp(max(got["logP"]))
    due = data.tiny_world()[1].max().item()
    assert found["exact"]["likelihood"] > -4.7
    assert found["exact"]["likelihood"] > found["cd"]["likelihood"] + 0.15
    assert found["cd"]["likelihood"] > found["pcd"]["likelihood"] + 0.6
    assert found["cd"]["backward"] > found["exact"]["backward"]
    assert most["exact"] < 1.5 * due
    assert most["cd"] > 2.5 * due


def test_annealing_in_one_step_is_wrong_without_saying_so() -> None:
    with opened(None) as page:
        hurry(page)
        recorded(page, untrained())
        press(page, steps=1000)
        off = {}
        for temperatures in (1, 1000):
            select(page, "Temperatures").select_option(str(temperatures))
            rest(page)
            off[temperatures] = trait(page, "ais_log_z") - trait(page, "log_z"), trait(page, "ais_error")
    assert off[1][0] < -1
    assert abs(off[1][0]) > 3 * off[1][1]
    assert abs(off[1000][0]) < 4 * off[1000][1] < 1


def test_play_trains_pause_rests_and_settings_change_meanwhile() -> None:
    with opened(None) as page:
        recorded(page, untrained())
        press_play(page)
        page.wait_for_function("trait('step_count') > 5")
        select(page, "Gradient").select_option("pcd")
        page.get_by_label("Rate").fill("-2")
        seen = trait(page, "step_count")
        page.wait_for_function(f"trait('step_count') > {seen} + 5")
        page.get_by_role("button", name="Pause").click()
        rest(page)
        rested = trait(page, "step_count")
        page.wait_for_timeout(300)
        assert trait(page, "step_count") == rested
        assert (trait(page, "method"), trait(page, "rate")) == ("pcd", pytest.approx(0.01))
        gaps = np.diff(page.evaluate("saved.map((told) => told.at)"))
    assert gaps.min() > 195


def press_play(page: Page) -> None:
    page.get_by_role("button", name="Play").click()


def test_python_sets_what_the_hand_can_set() -> None:
    with opened(None) as page:
        recorded(page, untrained())
        for name, value in {"method": "cd", "k": 7, "rate": 0.1, "batch": 64, "hidden": 4}.items():
            from_python(page, **{name: value})
        rest(page)
        assert select(page, "Gradient").input_value() == "cd"
        assert select(page, "Data in a step").input_value() == "64"
        assert page.get_by_label("Sweeps k").input_value() == "7"
        assert page.get_by_label("Hidden units").input_value() == "4"
        assert float(page.get_by_label("Rate").input_value()) == pytest.approx(-1, abs=0.01)
        press(page, steps=1)
        expect(page.locator(".genlib-tiny-runs li")).to_contain_text("CD-7, rate 0.1, 4 hidden units, 64 draws a step")
        other = traits(TinyWorld(model=machine(5)))
        for name in ("start", "hidden"):
            from_python(page, **{name: other[name]})
        rest(page)
        assert trait(page, "step_count") == 0
        assert trait(page, "trained") == other["start"]


def test_any_picture_can_be_asked_for() -> None:
    rbm, (_, p) = machine(4), data.tiny_world()
    with opened(None) as page:
        recorded(page, TinyWorld(model=rbm))
        words, pixels = page.locator(".genlib-tiny-asked"), page.locator(".genlib-tiny-pixel")
        for i in range(12):
            if (pixels.nth(i).get_attribute("aria-pressed") == "true") != (i in (0, 11)):
                pixels.nth(i).click()
        rest(page)
        state = 0b100000000001
        for chance in (p[state], log_q(rbm)[state].exp()):
            expect(words).to_contain_text(f"or {-math.log(chance):.2f} nats")
        box = page.locator(MODEL_MAP).bounding_box()
        page.mouse.move(box["x"] + box["width"] * 63.5 / 64, box["y"] + box["height"] * 0.5 / 64)
        rest(page)
        pressed = [pixels.nth(i).get_attribute("aria-pressed") == "true" for i in range(12)]
        assert pressed == [False] * 6 + [True] * 6
        expect(words).to_contain_text(f"or {-log_q(rbm)[63].item():.2f} nats")


def test_data_without_noise_make_one_divergence_infinite() -> None:
    with opened(None) as page:
        recorded(page, untrained(flip=0.0))
        assert trait(page, "kl_model_data") is None
        assert trait(page, "kl_data_model") == pytest.approx(-math.log(32) - trait(page, "log_likelihood"), abs=1e-9)
        expect(page.locator(".genlib-tiny-figures")).to_contain_text("KL(model \u2016 data)\u221e")


# In the page that the book makes of it


def test_keys_reach_everything(tmp_path: Path) -> None:
    with opened(widget_page(tmp_path / "page.html", untrained())) as page:
        rest(page)
        page.get_by_role("button", name="Step", exact=True).focus()
        page.keyboard.press("Enter")
        rest(page)
        assert page.locator(".genlib-count").inner_text() == "100 steps"
        pixel = page.get_by_role("button", name="Pixel in row 2, column 2")
        before = pixel.get_attribute("aria-pressed")
        pixel.focus()
        page.keyboard.press("Space")
        rest(page)
        assert pixel.get_attribute("aria-pressed") != before
        page.get_by_label("Hidden units").focus()
        page.keyboard.press("ArrowRight")
        rest(page)
        expect(page.locator(".genlib-tiny-runs li").first).to_contain_text("9 hidden units")
