r"""What the labs' check cells call: laws that every right answer keeps, however it is written.

A check computes what must hold in another way than the task asks for, and compares. It prints one line where all is
well; elsewhere its `AssertionError` says what was looked at, got and expected, and never how to do better. The inputs
are drawn, anew for each `seed`, from a generator of the check's own.
"""

from genlib.checks.autoencoder import (
    denoising,
    layers,
    masking,
    nearest_means,
    outlier_scores,
    ranking,
    reconstruction_errors,
    tied_gradient,
)
from genlib.checks.gan import (
    alternation,
    discriminator_loss,
    discriminator_step,
    generator_losses,
    generator_step,
    slope_penalty,
)

__all__ = [
    "alternation",
    "denoising",
    "discriminator_loss",
    "discriminator_step",
    "generator_losses",
    "generator_step",
    "layers",
    "masking",
    "nearest_means",
    "outlier_scores",
    "ranking",
    "reconstruction_errors",
    "slope_penalty",
    "tied_gradient",
]
