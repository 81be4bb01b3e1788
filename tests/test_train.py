"""Laws of the training loop: it does what the loop written out by hand does, and stops where it must."""

from __future__ import annotations

import io
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from functools import cache, partial
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
import torch
from mutants import breaks, holds_no_mutant, mutants_of
from torch import Tensor
from torch.testing import assert_close

from genlib._progress import track
from genlib.nn import mlp
from genlib.train import EMA, Adam, fit, linear_decay, one_cycle

HERE = Path(__file__).resolve().parent


def problem() -> tuple[torch.nn.Module, Callable[[Tensor], Tensor], list[Tensor]]:
    torch.manual_seed(0)
    net = mlp(4, 8, 1)
    return net, lambda x: (net(x) - x.sum(1, keepdim=True)).square().mean(), list(torch.randn(30, 6, 4))


def parameters_of(net: torch.nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in net.parameters()]


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(map(torch.equal, one, other))


# What it does


@breaks("gradients pile up", "train.fit", "descent.zero_grad()", "pass", given={"optimizer": torch.optim.SGD})
@breaks(
    "steps counted from one",
    "train.fit",
    "yield step, value",
    "yield step + 1, value",
    given={"optimizer": torch.optim.Adam},
)
@breaks(
    "climbing in the place of falling",
    "train.fit",
    "value.backward()",
    "(-value).backward()",
    given={"optimizer": torch.optim.Adam},
)
@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.SGD])
def test_fit_is_the_loop_written_by_hand(optimizer: type[torch.optim.Optimizer]) -> None:
    """The very same numbers, bit for bit."""
    net, loss, batches = problem()
    seen = list(fit(loss, net.parameters(), batches, steps=30, lr=0.01, optimizer=optimizer))
    got = parameters_of(net)
    net, loss, batches = problem()
    descent, expected = optimizer(net.parameters(), lr=0.01), []
    for step, x in enumerate(batches):
        value = loss(x)
        expected.append((step, value.item()))
        descent.zero_grad()
        value.backward()
        descent.step()
    assert seen == expected
    assert same(got, parameters_of(net))


@holds_no_mutant("a default value, which an edit of code leaves as it was")
def test_fit_descends_by_adam_at_a_thousandth_unless_told() -> None:
    net, loss, batches = problem()
    list(fit(loss, net.parameters(), batches, steps=3))
    got = parameters_of(net)
    net, loss, batches = problem()
    list(fit(loss, net.parameters(), batches, steps=3, lr=0.001, optimizer=torch.optim.Adam))
    assert same(got, parameters_of(net))


@breaks(
    "a step ahead of its reader",
    "train.fit",
    "yield step, value.item()",
    "if step:\n            yield step, value.item()",
)
def test_fit_trains_as_far_as_it_is_read() -> None:
    net, loss, batches = problem()
    start = parameters_of(net)
    training = fit(loss, net.parameters(), batches, steps=30)
    assert same(parameters_of(net), start)
    next(training)
    after_one = parameters_of(net)
    assert not same(after_one, start)
    training.close()
    assert same(parameters_of(net), after_one)
    net, loss, batches = problem()
    list(fit(loss, net.parameters(), batches, steps=1))
    assert same(parameters_of(net), after_one)


@breaks(
    "a batch taken for nothing",
    "train.fit",
    "zip(range(steps), batches, strict=False)",
    "((s, b) for b, s in zip(batches, range(steps), strict=False))",
)
def test_fit_takes_no_batch_more_than_it_needs() -> None:
    net, loss, batches = problem()
    stream = iter(batches)
    list(fit(loss, net.parameters(), stream, steps=10))
    assert len(list(stream)) == 20


@breaks(
    "frozen parameters thawed",
    "train._trainable",
    "p for p in parameters if p.requires_grad",
    "p.requires_grad_() for p in parameters",
)
def test_fit_changes_only_the_parameters_it_is_given() -> None:
    net, loss, batches = problem()
    frozen = net[0].weight.requires_grad_(False)
    start = parameters_of(net)
    list(fit(loss, [net[0].weight, net[2].weight], batches, steps=30))
    changed = [not torch.equal(p, q) for p, q in zip(net.parameters(), start, strict=True)]
    assert changed == [False, False, True, False]
    assert frozen.grad is None


@breaks("gradients of others are kept", "train.fit", "descent.zero_grad()", "step and descent.zero_grad()")
def test_fit_clears_gradients_left_by_others() -> None:
    net, loss, batches = problem()
    list(fit(loss, net.parameters(), batches, steps=5))
    expected = parameters_of(net)
    net, loss, batches = problem()
    (100 * loss(batches[0])).backward()
    list(fit(loss, net.parameters(), batches, steps=5))
    assert same(parameters_of(net), expected)


# The optimiser


def descended(optimizer: Callable[..., Any], betas: tuple[float, float]) -> list[Tensor]:
    """Returns parameters after 40 steps at a rate that changes, in two of three with a gradient for all of them."""
    net, loss, batches = problem()
    first, *others = net.parameters()
    descent = optimizer(net.parameters(), lr=0.01, betas=betas)
    for step, x in enumerate([*batches, *batches[:10]]):
        for group in descent.param_groups:
            group["lr"] = 0.03 * math.exp(-step / 20)
        descent.zero_grad()
        value = loss(x)
        value.backward()
        if step % 3 == 0:
            first.grad = None
        if step == 20:
            for p in others:
                p.grad = None
        descent.step()
    return parameters_of(net)


@breaks("gradients that pile up", "train.Adam.zero_grad", "p.grad = None", "pass")
@breaks("the first rate for good", "train.Adam.step", 'lr=self.param_groups[0]["lr"]', "lr=0.03")
@breaks("means of the usual length", "train.Adam.step", "= self.betas", "= 0.9, 0.999", given={"betas": (0.5, 0.99)})
@breaks("means the wrong way round", "train.Adam.step", "beta1, beta2 = self", "beta2, beta1 = self")
@breaks("decay nobody asked for", "train.Adam.step", "weight_decay=0.0", "weight_decay=1e-4")
@breaks("one state for two", "train.Adam.__init__", "torch.zeros_like(p), t)", "torch.zeros_like(p), counts[0])")
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.99), (0.0, 0.0)])
def test_adam_is_torchs(betas: tuple[float, float]) -> None:
    """The very same numbers, bit for bit, of the fused kernel; those of the plain one, but for the last digits."""
    mine = descended(Adam, betas)
    assert same(mine, descended(partial(torch.optim.Adam, fused=True), betas))
    assert_close(mine, descended(partial(torch.optim.Adam, foreach=False), betas), rtol=1e-4, atol=1e-5)


@breaks("the second mean not put right", "train.Adam.step", "map(list, zip(*moved, strict=True))",
        "map(list, zip(*moved, strict=True)); [n.fill_(1e9) for n in t]")  # fmt: skip
def test_adam_is_its_formula() -> None:
    w = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    descent = Adam([w], lr=0.1, betas=(0.8, 0.9))
    theta, m, v = [1.0, -2.0], [0.0, 0.0], [0.0, 0.0]
    for step in range(1, 20):
        descent.zero_grad()
        w.pow(4).sum().backward()
        descent.step()
        for i in range(2):
            g = 4 * theta[i] ** 3
            m[i], v[i] = 0.8 * m[i] + 0.2 * g, 0.9 * v[i] + 0.1 * g * g
            theta[i] -= 0.1 * (m[i] / (1 - 0.8**step)) / (math.sqrt(v[i] / (1 - 0.9**step)) + 1e-8)
        assert w.tolist() == pytest.approx(theta, rel=1e-6)


@breaks("bad settings go unsaid", "train.Adam.__init__", "if not (lr", "if False and (lr")
@pytest.mark.parametrize("settings", [{"lr": -1.0}, {"lr": math.nan}, {"betas": (1.0, 0.9)}, {"betas": (0.9, -0.1)}])
def test_adam_refuses_what_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"lr is .*expected a rate of at least 0 and two numbers in \[0, 1\)"):
        Adam([torch.nn.Parameter(torch.ones(2))], **settings)


@holds_no_mutant("a time, which no edit of a formula changes")
@pytest.mark.timing
def test_adam_takes_less_time_than_torchs_on_a_small_network() -> None:
    """By turns, on the same gradients; it was six tenths, and PyTorch's in its place would be ten."""
    net, loss, batches = problem()
    loss(batches[0]).backward()
    gradients = [p.grad for p in net.parameters()]
    both = {"own": Adam(net.parameters()), "torch": torch.optim.Adam(net.parameters(), fused=True)}
    took: dict[str, list[float]] = {name: [] for name in both}
    for _ in range(15):
        for name, descent in both.items():
            start = time.process_time()
            for _ in range(200):
                for p, g in zip(net.parameters(), gradients, strict=True):
                    p.grad = g
                descent.step()
                descent.zero_grad()
            took[name].append(time.process_time() - start)
    own, torchs = (statistics.median(seconds) for seconds in took.values())
    assert own < 0.85 * torchs


# Learning rates


@breaks("the first rate for good", "train.fit", '["lr"] = rate(step)', '["lr"] = rate(0)')
def test_rate_may_be_a_function_of_the_step() -> None:
    """Plain descent of a straight line moves by exactly the rate."""
    w = torch.nn.Parameter(torch.zeros(()))
    rate = [0.5, 0.25, 2.0, 0.0].__getitem__
    ones = repeat(torch.ones(()))
    training = fit(lambda x: w * x, [w], ones, steps=4, lr=rate, optimizer=torch.optim.SGD)
    places = [-w.item() for _ in training]
    assert places == [0.5, 0.75, 2.75, 2.75]


@breaks("a rate that goes on below zero", "train.linear_decay", "max(0.0, 1 - step / steps)", "(1 - step / steps)")
@breaks("decay from the second step", "train.linear_decay", "1 - step / steps", "1 - (step + 1) / steps")
def test_linear_decay_is_a_straight_line_to_zero() -> None:
    rate = linear_decay(0.2, 8)
    falls = [rate(t) - rate(t + 1) for t in range(8)]
    assert rate(0) == 0.2
    assert rate(8) == 0
    assert falls == pytest.approx([0.025] * 8)
    assert [rate(t) for t in (9, 10, 100)] == [0, 0, 0]


@breaks(
    "a cycle that begins again", "train.one_cycle", "if step >= steps:", "if step == steps:", given={"warmup": 0.3}
)
@breaks("a cycle that starts from zero", "train.one_cycle", "0.04 + 0.96 *", "", given={"warmup": 0.3})
@breaks(
    "a cycle that falls over all its steps", "train.one_cycle", "/ (steps - rise)", "/ steps", given={"warmup": 0.3}
)
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.3, 1.0])
def test_one_cycle_rises_and_falls_along_cosines(warmup: float) -> None:
    rate = one_cycle(2.0, 100, warmup=warmup)
    peak = round(100 * warmup)
    for t in range(100):
        if t < peak:
            expected = 0.08 + 1.92 * math.sin(math.pi * t / peak / 2) ** 2
        else:
            expected = 2 * math.cos(math.pi * (t - peak) / (100 - peak) / 2) ** 2
        assert rate(t) == pytest.approx(expected, abs=1e-9)
    assert [rate(t) for t in (100, 101, 150, 1000)] == [0, 0, 0, 0]


# Averages of weights


@breaks("no warm-up", "train.EMA.update", "min(self.decay, self.steps / (self.steps + 9))", "self.decay")
@breaks("warm-up for ever", "train.EMA.update", "min(self.decay, self.steps / (self.steps + 9))",
        "self.steps / (self.steps + 9)", given={"decay": 0.6})  # fmt: skip
@breaks("what was and what is exchanged", "train.EMA.update", "share = 1 - ", "share = ")
@pytest.mark.parametrize("decay", [0.999, 0.6, 0.0])
def test_an_average_of_weights_is_its_closed_form(decay: float) -> None:
    """While it warms up, step k has the share C(k + 8, 8) / C(n + 9, 9) of n steps; later the shares are geometric."""
    n, net = 25, torch.nn.Linear(3, 2)
    average, passed = EMA(net, decay), [net.weight.detach().clone()]
    for _ in range(n):
        with torch.no_grad():
            net.weight.normal_()
        passed.append(net.weight.detach().clone())
        average.update()
    if decay == 0.999:
        shares = [math.comb(k + 8, 8) / math.comb(n + 9, 9) for k in range(1, n + 1)]
        shares = [1 / math.comb(n + 9, 9), *shares]
    else:
        turn = sum(t / (t + 9) < decay for t in range(1, n + 1))
        warm = [math.comb(k + 8, 8) / math.comb(turn + 9, 9) for k in range(1, turn + 1)]
        shares = [decay ** (n - turn) * w for w in [1 / math.comb(turn + 9, 9), *warm]]
        shares += [(1 - decay) * decay ** (n - k) for k in range(turn + 1, n + 1)]
    assert sum(shares) == pytest.approx(1)
    expected = sum(share * w for share, w in zip(shares, passed, strict=True))
    assert_close(average.model.weight, expected)


@breaks("running means left where they began", "train.EMA.update", "kept.copy_(seen)", "pass")
@breaks("an average that is the model itself", "train.EMA.__init__", "copy.deepcopy(model)", "model", by=ValueError)
def test_an_average_is_a_model_of_its_own() -> None:
    """Its weights ask for no gradient and the model's still do; running means are those of the last step."""
    net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    average = EMA(net)
    for _ in fit(lambda x: net(x).square().mean() + net[0](x).sum(), net.parameters(), repeat(torch.rand(5, 3)),
                 steps=4, lr=0.1):  # fmt: skip
        average.update()
    assert all(p.requires_grad for p in net.parameters())
    assert not any(p.requires_grad for p in average.model.parameters())
    assert not same(parameters_of(net), parameters_of(average.model))
    assert torch.equal(average.model[1].running_mean, net[1].running_mean)
    assert average.model[1].num_batches_tracked == 4


# Batches with several parts


@breaks("labels left out", "train._Shard.weighted", "tuple(batch) if", "tuple(batch)[:1] if", by=ValueError)
def test_parts_of_a_batch_are_handed_over_one_by_one() -> None:
    """Tuples from `data.batches` and lists from a `DataLoader` alike, as the loop by hand would."""
    x, y = torch.randn(12, 4), torch.arange(12)
    weights = []
    for kind in (tuple, list):
        torch.manual_seed(0)
        net = mlp(4, 3)
        seen, parts = [], [kind((x[i : i + 4], y[i : i + 4])) for i in (0, 4, 8)]

        def loss(x: Tensor, y: Tensor, net: torch.nn.Module = net, seen: list = seen) -> Tensor:
            seen.append(y)
            return torch.nn.functional.cross_entropy(net(x), y % 3)

        list(fit(loss, net.parameters(), parts, steps=3))
        weights.append(net[0].weight.detach().clone())
        assert torch.equal(torch.cat(seen), y)
    assert torch.equal(*weights)


# Where it stops


@breaks(
    "training goes on through nan",
    "train._demand_finite",
    "if not math.isfinite(value)",
    "if False",
    given={"bad": float("nan")},
)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_fit_stops_at_a_loss_that_is_not_finite(bad: float) -> None:
    net, loss, batches = problem()
    batches[7] = torch.full_like(batches[7], bad)
    training = fit(loss, net.parameters(), batches, steps=30, lr=0.01)
    assert len([next(training) for _ in range(7)]) == 7
    last = parameters_of(net)
    with pytest.raises(FloatingPointError, match=r"at step 7.*0\.01"):
        next(training)
    assert same(parameters_of(net), last)


@breaks("infinite gradients are taken", "train.fit", "sums.sum().item()", "0.0")
def test_fit_stops_at_a_gradient_that_is_not_finite() -> None:
    """The square root of zero is finite and its slope is not: no step must be taken."""
    w = torch.nn.Parameter(torch.tensor([4.0, 0.0]))
    with pytest.raises(FloatingPointError, match=r"gradient is .* at step 0"):
        list(fit(lambda x: (w.sqrt() * x).sum(), [w], repeat(torch.ones(2)), steps=3))
    assert w.tolist() == [4.0, 0.0]


@breaks("an early end goes unsaid", "train.fit", "if done < steps", "if False")
def test_fit_says_that_batches_ended() -> None:
    net, loss, batches = problem()
    with pytest.raises(ValueError, match="after 30 of 31 steps"):
        list(fit(loss, net.parameters(), batches, steps=31))
    with pytest.raises(ValueError, match="after 0 of 1 steps"):
        list(fit(loss, net.parameters(), [], steps=1))


@breaks("nothing to train goes unsaid", "train._trainable", "if not (trainable", "if [] != (trainable")
def test_fit_says_that_nothing_can_be_trained() -> None:
    net, loss, batches = problem()
    for parameters in ([], net.requires_grad_(False).parameters()):
        with pytest.raises(ValueError, match=r"got no parameters.*expected at least one"):
            next(fit(loss, parameters, batches, steps=1))


def linear() -> torch.nn.Module:
    return mlp(4, 1)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda m: fit(lambda x: m(x).mean(), linear().parameters(), [torch.ones(2, 4)], steps=1), "of the 2", "model"),
        (lambda m: fit(lambda x: m(x).mean(), m, [torch.ones(2, 4)], steps=1), "is a Sequential", "model.parameters"),
        (lambda m: fit(lambda x: m(x).mean(), m.named_parameters(), [], steps=1), "a tuple", "model.parameters"),
        (lambda m: fit(lambda x: m(x), m.parameters(), [torch.ones(2, 4)], steps=1), r"shape \(2, 1\)", "a scalar"),
        (lambda m: fit(lambda x: m(x).mean().item(), m.parameters(), [torch.ones(2, 4)], steps=1), "float", "a scalar"),
        (lambda m: fit(lambda x: x.mean(), m.parameters(), [torch.ones(2, 4)], steps=1), "no parameter", "gradient"),
        (lambda m: fit(lambda x: m(x).mean(), m.parameters(), torch.ones(9, 4), steps=1), r"\(9, 4\)", "data.batches"),
        (lambda m: fit(lambda x: m(x).mean(), m.parameters(), [(1, 2)], steps=1), "2 tensors", "x and y"),
        (lambda m: fit(lambda x: m(x).mean(), m.parameters(), [torch.ones(2, 4)], steps=-1), "is -1", "at least 0"),
        (lambda m: iter([EMA(m, decay=1.0)]), "decay is 1.0", "less than 1"),
        (lambda m: iter([linear_decay(0.1, 0)]), "steps is 0", "at least 1"),
        (lambda m: iter([one_cycle(0.1, 0)]), "steps is 0", "at least 1"),
        (lambda m: iter([one_cycle(0.1, 10, warmup=1.5)]), "warmup is 1.5", "between 0 and 1"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[..., Iterator], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        next(call(linear()))


# Two processes


@cache
def two_processes() -> list[dict]:
    """Returns what each of two processes got, by the law's mutants, and rightly under the empty name."""
    mutants = [mutant[:4] for mutant in mutants_of(test_two_processes_equal_one)]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        command += [str(HERE / "support" / "two_processes.py"), folder, json.dumps(mutants)]
        path = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
        env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-3000:]
        return [torch.load(Path(folder) / f"{rank}.pt") for rank in (0, 1)]


@cache
def one_process() -> dict[str, Tensor]:
    import two_processes

    return two_processes.trained(seed=0)


@pytest.mark.parametrize("mutant", [""])
@breaks(
    "shards of unequal size weigh the same",
    "train._Shard.weighted",
    " * (len(own[0]) * self.world / size)",
    "",
    given={"mutant": "shards of unequal size weigh the same"},
)
@breaks(
    "all processes take the same rows",
    "train._Shard.weighted",
    "self.rank ::",
    "0 ::",
    given={"mutant": "all processes take the same rows"},
)
@breaks(
    "gradients are added",
    "train._Shard.average_gradients",
    "flat / self.world",
    "flat",
    given={"mutant": "gradients are added"},
)
@breaks(
    "gradients stay apart",
    "train._Shard.average_gradients",
    "dist.all_reduce(flat)",
    "flat = flat * self.world",
    given={"mutant": "gradients stay apart"},
)
@breaks(
    "processes start apart",
    "train._Shard.__init__",
    "dist.broadcast(p.data, 0)",
    "pass",
    given={"mutant": "processes start apart"},
)
@pytest.mark.slow
def test_two_processes_equal_one(mutant: str) -> None:
    """With unequal shards, from different starting points, to the last few bits."""
    expected = dict(one_process())
    results = [dict(result[mutant]) for result in two_processes()]
    values = torch.tensor([result.pop("values") for result in results])
    assert_close(values.mean(0), torch.tensor(expected.pop("values")), rtol=0, atol=1e-12)
    for result in results:
        assert_close(result, expected, rtol=0, atol=1e-12)


@pytest.mark.slow
@holds_no_mutant("runs in other processes")
def test_a_batch_too_small_to_share_is_refused() -> None:
    for result in two_processes():
        assert re.search("batch of 1 .*2 processes", result["small"])


# The progress line


class Terminal(io.StringIO):
    """A terminal of one line that remembers every text it showed."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self.shown.append(re.sub(r".*\r\033\[K", "", text))
        return len(text)


@breaks("the line stays", "_progress.track", 'line("")', "pass")
def test_progress_shows_a_line_and_wipes_it() -> None:
    with redirect_stderr(Terminal()) as terminal:
        assert list(track(range(8), 8, every=0)) == list(range(8))
    assert terminal.shown[3].startswith("4 of 8 (50 %), 0 s to go")
    assert terminal.shown[-1] == ""


@breaks("the line stays after a break", "_progress.track", "finally:", "except ZeroDivisionError:")
def test_progress_is_wiped_when_training_is_left_early() -> None:
    with redirect_stderr(Terminal()) as terminal:
        for item in track(range(8), 8, every=0):
            if item == 3:
                break
    assert terminal.shown[-1] == ""


@breaks("a line in a log", "_progress._line", "if sys.stderr.isatty()", "if True")
def test_progress_is_silent_in_a_log() -> None:
    with redirect_stderr(io.StringIO()) as log:
        assert list(track(range(3), 3, every=0)) == [0, 1, 2]
    assert log.getvalue() == ""


@breaks("a line nobody wanted", "train.fit", "steps, progress)", "steps, True)")
def test_progress_is_silent_when_told() -> None:
    net, loss, batches = problem()
    with redirect_stderr(Terminal()) as terminal:
        list(fit(loss, net.parameters(), batches, steps=3, progress=False))
    assert terminal.shown == []


def slow(x: Tensor, seconds: float = 0.02) -> Tensor:
    time.sleep(seconds)
    return x.square().sum()


CELL = """
import sys
sys.path[:0] = [{tests!r}, {tests!r} + "/support"]
import torch
from test_train import slow
from genlib.train import fit
w = torch.nn.Parameter(torch.ones(2))
for _ in fit(lambda x: slow(w), [w], iter([torch.ones(2)] * 30), steps=30):
    pass
"""


@pytest.mark.slow
@holds_no_mutant("runs in another process, a kernel")
def test_progress_leaves_nothing_in_a_notebook() -> None:
    """In a real kernel: the line is seen while training lasts, and the saved page holds no text of it."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    cell = nbformat.v4.new_code_cell(CELL.format(tests=str(HERE)))
    notebook, seen = nbformat.v4.new_notebook(cells=[cell]), []

    class Client(nbclient.NotebookClient):
        def process_message(self, message: dict, *rest: object) -> object:
            seen.append(message["content"].get("data", {}).get("text/plain", ""))
            return super().process_message(message, *rest)

    Client(notebook, kernel_name="python3", timeout=120, resources={"metadata": {"path": str(HERE.parent)}}).execute()
    assert any(re.search(r"of 30 \(\d+ %\)", text) for text in seen)
    assert all(output["output_type"] == "display_data" and not output["data"] for output in cell.outputs)
