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
from genlib.checks.boltzmann import (
    boltzmann_law,
    chain_gradient,
    conditional_probability,
    likelihood_gradient,
    pair_energy,
    unit_sweep,
)
from genlib.checks.gan import (
    alternation,
    discriminator_loss,
    discriminator_step,
    generator_losses,
    generator_step,
    slope_penalty,
)
from genlib.checks.rbm import (
    clamped_chain,
    conditionals,
    contrastive_gradient,
    free_energy,
    layer_sweep,
    persistent_step,
)

__all__ = [
    "alternation",
    "boltzmann_law",
    "chain_gradient",
    "clamped_chain",
    "conditional_probability",
    "conditionals",
    "contrastive_gradient",
    "denoising",
    "discriminator_loss",
    "discriminator_step",
    "free_energy",
    "generator_losses",
    "generator_step",
    "layer_sweep",
    "layers",
    "likelihood_gradient",
    "masking",
    "nearest_means",
    "outlier_scores",
    "pair_energy",
    "persistent_step",
    "ranking",
    "reconstruction_errors",
    "slope_penalty",
    "tied_gradient",
    "unit_sweep",
]
