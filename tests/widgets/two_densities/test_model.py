"""Laws of one bell beside two, held to torch under Deno, and the faults that they notice."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks

MODEL = "two_densities/model.js"


@breaks("the other divergence", MODEL, "Math.exp(logP[i]) * (logP[i]", "Math.exp(logQ[i]) * (logP[i]")
@breaks("a slope without its score", MODEL, "by((z) => z / sigma)", "by(() => 1 / sigma)")
@breaks("a width that never changes", MODEL, "sigma *= Math.exp(", "sigma *= 1 || Math.exp(")
@breaks("a variance without the distance of the humps", MODEL, "variance: second - mean ** 2", "variance: second")
@breaks("shares the wrong way around", MODEL, "Math.log(1 - share) + ", "Math.log(share) + ")
@breaks("a step of any length", MODEL, "Math.max(-STRIDE, Math.min(STRIDE, v))", "v")
def test_steps() -> None:
    holds("two_densities", "divergences, slopes and fifty steps are torch's")


@breaks("a spread divided twice", MODEL, "((x - mean) / sigma) ** 2", "((x - mean) / sigma ** 2) ** 2")
def test_of_two_gaussians() -> None:
    holds("two_densities", "of two Gaussians the divergence is the known one")


@breaks("steps uphill", MODEL, "mu -= sigma *", "mu += sigma *")
def test_promises() -> None:
    holds("two_densities", "promised")
