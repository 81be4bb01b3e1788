"""Laws of the unrolled stack of RBMs, and of the RBM with real codes on its top."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
from exact import assert_mean, flat
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.autoencoders import CodeRBM, TiedAutoencoder, unrolled
from genlib.data import binary_states
from genlib.energy import DBN, RBM

B, D, H, L = 9, 6, 4, 2


Machine = TypeVar("Machine", RBM, CodeRBM)


def drawn(machine: Machine) -> Machine:
    """Returns the machine with parameters far from zero."""
    with torch.no_grad():
        for p in machine.parameters():
            p.normal_(std=0.7)
    return machine


def states(features: int = D) -> Tensor:
    return binary_states(features)


def plane(far: float = 9.0, step: float = 0.05) -> tuple[Tensor, float]:
    """Returns a grid of codes `(N, 2)`, and the area that each stands for."""
    line = torch.arange(-far, far, step)
    return torch.cartesian_prod(line, line), step**2


# The machine with real codes


@breaks("without the half of the quadratic term", "autoencoders.CodeRBM.energy", "(h / 2 -", "(h -")
@breaks(
    "free energy without its quadratic half",
    "autoencoders.CodeRBM._free_energy",
    ".square().sum(1) / 2",
    ".square().sum(1)",
)
@breaks("codes' volume forgotten", "autoencoders.CodeRBM._free_energy", "/ 2 - constant", "/ 2")
@breaks("visible bias forgotten", "autoencoders.CodeRBM._free_energy", "-(x @ self.c)", "-0 * (x @ self.c)")
def test_free_energy_is_the_integral_over_codes() -> None:
    rbm, x = drawn(CodeRBM(D, L)), states()[::7]
    h, area = plane()
    for one in x:
        energies = rbm.energy(one.expand(len(h), -1), h)
        assert_close(rbm.free_energy(one[None])[0], -(energies.neg().logsumexp(0) + math.log(area)))


@breaks("log Z with the other sign", "autoencoders.CodeRBM.log_partition", "-self._free", "self._free")
def test_probabilities_sum_to_one() -> None:
    rbm = drawn(CodeRBM(D, L))
    assert_close(rbm.log_prob(states()).exp().sum(), torch.tensor(1.0))


@breaks("codes without their bias", "autoencoders.CodeRBM.mean_h", "self.W, self.b)", "self.W)")
@breaks("visible units without their bias", "autoencoders.CodeRBM.prob_x", "self.W.T, self.c)", "self.W.T)")
def test_conditionals_come_from_the_joint() -> None:
    """The mean code by an integral over the plane, p(x|h) by a sum over all states."""
    rbm, x = drawn(CodeRBM(D, L)), states()[::13]
    h, _ = plane()
    for one in x:
        weights = rbm.energy(one.expand(len(h), -1), h).neg().softmax(0)
        assert_close(rbm.mean_h(one[None])[0], weights @ h)
    for one in h[::30_000]:
        weights = rbm.energy(states(), one.expand(len(states()), -1)).neg().softmax(0)
        assert_close(rbm.prob_x(one[None])[0], weights @ states())


@breaks("CD uphill in W", "autoencoders.CodeRBM.loss", "(model - data)[:-1]", "(data - model)[:-1]")
@breaks("CD uphill in c", "autoencoders.CodeRBM.loss", "(model - data)[-1]", "(data - model)[-1]")
@breaks("CD uphill in b", "autoencoders.CodeRBM.loss", "back.mean(0) - h.mean(0)", "h.mean(0) - back.mean(0)")
@breaks("codes that are not drawn", "autoencoders.CodeRBM.loss", "h + torch.randn_like(h)", "h")
def test_learning_rule_stands_still_at_the_truth() -> None:
    """On data from the machine itself the chain stays there, and CD-1 has no mean gradient.

    A step away it has one that leads back, uphill on the exact log-likelihood.
    """
    rbm = drawn(CodeRBM(D, L))
    x = states()[torch.multinomial(rbm.log_prob(states()).exp().detach(), 40_000, replacement=True)]
    assert_mean(gradients(rbm, x), torch.zeros(L * D + L + D))
    with torch.no_grad():
        for p in rbm.parameters():
            p.add_(0.2 * torch.randn_like(p))
    learnt = gradients(rbm, x).mean(0).split([L * D, L, D])
    exact = [flat([g]) for g in torch.autograd.grad(-rbm.log_prob(x).mean(), [rbm.W, rbm.b, rbm.c])]
    for one, other in zip(learnt, exact, strict=True):
        assert torch.cosine_similarity(one, other, dim=0) > 0.6


def gradients(rbm: CodeRBM, x: Tensor) -> Tensor:
    """Returns the gradient of the loss on 200 batches, `(200, parameters)`."""
    return torch.stack([flat(torch.autograd.grad(rbm.loss(part), [rbm.W, rbm.b, rbm.c])) for part in x.chunk(200)])


# The stack, unrolled


def stack(code: bool = True) -> list[RBM | CodeRBM]:
    return [drawn(RBM(D, H)), drawn(RBM(H, 3)), drawn(CodeRBM(3, L)) if code else drawn(RBM(3, L))]


@breaks("upwards without biases", "autoencoders.unrolled", "_linear(layer.W, layer.b)", "_linear(layer.W, 0 * layer.b)")
@breaks("sigmoid codes of a linear layer", "autoencoders.unrolled", "up.pop()", "pass")
@breaks(
    "down in the wrong order",
    "autoencoders.unrolled",
    "down = [_linear(layer.W.T, layer.c), nn.Sigmoid(), *down]",
    "down = [*down, _linear(layer.W.T, layer.c), nn.Sigmoid()]",
    by=ValueError,
)
@breaks("downwards with the biases of up", "autoencoders.stacked._linear", "copy_(bias)", "zero_()")
@pytest.mark.parametrize("code", [True, False])
def test_an_unrolled_stack_goes_up_and_down_by_the_machines_means(code: bool) -> None:
    one, two, top = stack(code)
    model, x = unrolled(one, two, top), torch.rand(B, D)
    assert isinstance(one, RBM)
    assert isinstance(two, RBM)
    below = two.prob_h(one.prob_h(x))
    z = top.mean_h(below) if isinstance(top, CodeRBM) else top.prob_h(below)
    assert_close(model.encode(x), z)
    assert_close(model.decode(z), one.prob_x(two.prob_x(top.prob_x(z))))
    assert_close(unrolled(one).encode(x), one.prob_h(x))


@breaks("another matrix downwards", "autoencoders.stacked.unrolled", "_linear(layer.W.T, layer.c)",
        "_linear(2 * layer.W.T, layer.c)")  # fmt: skip
def test_one_machine_unrolled_is_a_tied_autoencoder_that_may_untie() -> None:
    rbm, tied, x = drawn(RBM(D, H)), TiedAutoencoder(D, H), torch.rand(B, D)
    tied.load_state_dict(rbm.state_dict())
    model = unrolled(rbm)
    assert_close(model.error(x), tied.error(x))
    up, down = model.encoder[0].weight, model.decoder[0].weight
    both = torch.autograd.grad(model.loss(x), [up, down])
    (once,) = torch.autograd.grad(tied.loss(x), [tied.W])
    assert_close(both[0] + both[1].T, once)


@breaks("weights shared with the machines", "autoencoders.stacked._linear", "layer.weight.copy_(weight)",
        "layer.weight.set_(weight.contiguous())")  # fmt: skip
def test_fine_tuning_leaves_the_machines_alone() -> None:
    dbn = DBN(drawn(RBM(D, H)), drawn(RBM(H, L)))
    before = {key: value.clone() for key, value in dbn.state_dict().items()}
    model = unrolled(*dbn.layers)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(1)
    for key, value in dbn.state_dict().items():
        assert torch.equal(value, before[key])


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (unrolled, "no layers", "at least one"),
        (lambda: unrolled(RBM(D, H), RBM(L, H)), "layer 2 has 2 visible units", "expected 4"),
        (lambda: unrolled(CodeRBM(D, H), RBM(H, L)), "layer 1 is a CodeRBM", "below the top"),
        (lambda: CodeRBM(0, 2), "features is 0", "at least 1"),
        (lambda: CodeRBM(30, 2).log_partition(), "30 visible units", "at most 20"),
        (lambda: CodeRBM(3, 2).free_energy(torch.full((1, 3), 0.5)), "between 0 and 1", "zeros and ones"),
        (lambda: CodeRBM(3, 2).prob_x(torch.zeros(1, 3)), "3 hidden units", "has 2"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
