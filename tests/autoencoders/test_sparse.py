"""Laws of the sparse autoencoder: the divergence of two coins, and back-propagation's changed delta written out."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from mutants import breaks
from torch import Tensor, nn
from torch.distributions import Bernoulli, kl_divergence
from torch.testing import assert_close

from genlib.autoencoders import Autoencoder, BinaryAutoencoder, SparseAutoencoder, TiedAutoencoder, sparsity_penalty

B, D, H = 9, 6, 4


def layered(kind: type[Autoencoder], beta: float = 3.0) -> tuple[SparseAutoencoder, nn.Linear, nn.Linear]:
    """Returns a sparse autoencoder with a sigmoid layer, and its two linear ones."""
    up, down = nn.Linear(D, H), nn.Linear(H, D)
    return SparseAutoencoder(kind(nn.Sequential(up, nn.Sigmoid()), down), rho=0.05, beta=beta), up, down


@breaks("the divergence the other way", "autoencoders.sparsity_penalty", "(q / rate).log()", "(rate / q).log()")
@breaks("only what is on", "autoencoders.sparsity_penalty", " + (1 - q) * ((1 - q) / off).log()", "")
@breaks("averaged over units", "autoencoders.sparsity_penalty", ").sum()", ").mean()")
def test_penalty_is_the_divergence_of_coins() -> None:
    h, rho = torch.rand(B, H), 0.2
    expected = kl_divergence(Bernoulli(torch.full((H,), rho)), Bernoulli(h.mean(0))).sum()
    assert_close(sparsity_penalty(h, rho), expected)


@breaks(
    "the divergence of each example's units", "autoencoders.sparsity_penalty", ".mean(0), (1 - h).mean(0)", ", 1 - h"
)
def test_penalty_looks_at_means_alone() -> None:
    """Units that are on for one example in five, and sure of it, are as good as units that always say a fifth."""
    sure = torch.eye(5).repeat(2, 1)
    assert_close(sparsity_penalty(sure, 0.2), torch.tensor(0.0))
    assert_close(sparsity_penalty(torch.full((10, 5), 0.2), 0.2), torch.tensor(0.0))
    assert sparsity_penalty(torch.full((10, 5), 0.21), 0.2) > 0
    assert sparsity_penalty(torch.zeros(10, 5), 0.2) == torch.inf


@breaks("beta forgotten", "autoencoders.SparseAutoencoder.loss", "self.beta * ", "")
@breaks(
    "the penalty in every example's loss, and added up",
    "autoencoders.SparseAutoencoder.loss",
    "self.beta * self",
    "len(x) * self.beta * self",
)
@breaks("a penalty turned round", "autoencoders.SparseAutoencoder.loss", "+ self.beta", "- self.beta")
@breaks(
    "units that are not to learn from it",
    "autoencoders.SparseAutoencoder.penalty",
    "self.encode(batch(x, self))",
    "self.encode(batch(x, self)).detach()",
)
@pytest.mark.parametrize("kind", [Autoencoder, BinaryAutoencoder])
def test_gradient_is_back_propagation_with_the_changed_delta(kind: type[Autoencoder]) -> None:
    model, up, down = layered(kind)
    x = torch.rand(B, D)
    gradients = torch.autograd.grad(model.loss(x), [up.weight, up.bias, down.weight, down.bias])
    with torch.no_grad():
        h = torch.sigmoid(up(x))
        x_hat, rate = model.decode(h), h.mean(0)
        above = (x_hat - x) / B
        slope = model.beta / B * (-model.rho / rate + (1 - model.rho) / (1 - rate))
        delta = (above @ down.weight + slope) * h * (1 - h)
    expected = (delta.T @ x, delta.sum(0), above.T @ h, above.sum(0))
    for gradient, value in zip(gradients, expected, strict=True):
        assert_close(gradient, value)


@breaks("rates of the wrong axis", "autoencoders.sparsity_penalty", '"h").mean(0)', '"h").mean(1)', by=RuntimeError)
def test_descent_on_the_penalty_brings_every_unit_to_its_rate() -> None:
    model, x = SparseAutoencoder(TiedAutoencoder(D, H), rho=0.1, beta=1.0), torch.rand(50, D)
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(300):
        optimizer.zero_grad()
        model.penalty(x).backward()
        optimizer.step()
    assert_close(model.encode(x).mean(0), torch.full((H,), 0.1), rtol=0, atol=1e-3)


@breaks("a sparse encoder of its own", "autoencoders.SparseAutoencoder.error", "error(x)", "error(1 - x)")
def test_without_the_penalty_it_is_the_autoencoder() -> None:
    model, _, _ = layered(BinaryAutoencoder, beta=0.0)
    plain, x = model.autoencoder, torch.rand(B, D)
    assert_close(model.loss(x), plain.loss(x))
    assert_close(model.error(x), plain.error(x))
    assert_close(model.decode(model.encode(x)), plain.decode(plain.encode(x)))


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: SparseAutoencoder(TiedAutoencoder(3, 2), rho=0), "rho is 0", "between 0 and 1"),
        (lambda: SparseAutoencoder(TiedAutoencoder(3, 2), rho=float("nan")), "rho is nan", "between 0 and 1"),
        (lambda: SparseAutoencoder(TiedAutoencoder(3, 2), beta=-1), "beta is -1", "0 or more"),
        (lambda: sparsity_penalty(torch.ones(2, 2), 1.0), "rho is 1.0", "between 0 and 1"),
        (lambda: sparsity_penalty(torch.full((2, 2), 1.5), 0.1), "from 1.5 to 1.5", "expected 0 to 1"),
        (
            lambda: SparseAutoencoder(Autoencoder(nn.Identity(), nn.Identity())).loss(torch.full((2, 2), -1.0)),
            "from -1 to -1",
            "expected 0 to 1",
        ),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], Tensor], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(got)}.*{expected}"):
        call()
