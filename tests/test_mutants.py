"""Breaks the library on purpose, one fault at a time: for each there is a test that must fail.

A test that no fault can make fail proves nothing, so that every law has to appear here as well.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import test_autoencoders as autoencoders
import test_boltzmann as boltzmann
import test_contract
import test_deep as deep
import test_evaluate as evaluate
import test_gan as gan
import test_labelled as labelled
import test_nn as nn
import test_plot as plot
import test_rbm as energy
import test_train as train
import test_vae as vae
import torch
from mutants import edited

from genlib.autoencoders import Autoencoder, BinaryAutoencoder
from genlib.energy import RBM
from genlib.gan import GAN, NonSaturatingGAN


class Mutant(NamedTuple):
    """A fault, and the law that notices it.

    Attributes:
        name: What is wrong.
        where: Function of genlib that is edited.
        old: What its source says.
        new: What it says instead.
        law: Test that must fail.
        given: Arguments of the law.
        by: Exception with which the law fails, where it is no failed assertion.
    """

    name: str
    where: str
    old: str
    new: str
    law: Callable[..., None]
    given: dict[str, Any] = {}  # noqa: RUF012
    by: type[Exception] = AssertionError


def keeps(model: str) -> dict[str, Any]:
    return {"case": test_contract.CASES[model], "dtype": torch.float32, "device": "cpu"}


def case(model: str) -> dict[str, Any]:
    return {"case": test_contract.CASES[model]}


ENERGY = [
    Mutant("states count downwards", "energy.boltzmann.enumerate_states", "units - 1, -1, -1", "units",
           energy.test_binary_states_count_upwards, {"units": 5}),
    Mutant("energy without hidden bias", "energy.RBM.energy", "self.W, self.b)", "self.W)",
           energy.test_energy_is_its_formula),
    Mutant("energy with the visible bias upside down", "energy.RBM.energy", "- x @ self.c", "+ x @ self.c",
           energy.test_energy_is_its_formula),
    Mutant("energy with W transposed", "energy.RBM.energy", "self.W, self.b)", "self.W.T, self.b)",
           energy.test_energy_is_its_formula),
    Mutant("free energy with the visible bias upside down", "energy.RBM._free_energy", "-(x @ self.c)", "x @ self.c",
           energy.test_free_energy_sums_over_h),
    Mutant("free energy at the best h instead of summed", "energy.RBM._free_energy", "F.softplus", "F.relu",
           energy.test_free_energy_sums_over_h),
    Mutant("a softplus term missing", "energy.RBM._free_energy", "F.softplus(inputs)", "F.softplus(inputs[..., 1:])",
           energy.test_free_energy_sums_over_h),
    Mutant("free energy with the hidden units' sign turned", "energy.RBM._free_energy", "- F.softplus", "+ F.softplus",
           energy.test_scores_agree_with_scikit_learn),
    Mutant("softplus written out", "energy.RBM._free_energy", "F.softplus(inputs)", "(1 + inputs.exp()).log()",
           energy.test_free_energy_of_large_inputs_is_finite),
    Mutant("p(h|x) with the wrong sign", "energy.RBM.prob_h", "torch.sigmoid(", "torch.sigmoid(-",
           energy.test_conditionals_come_from_the_joint),
    Mutant("p(x|h) with the wrong sign", "energy.RBM.prob_x", "torch.sigmoid(", "torch.sigmoid(-",
           energy.test_conditionals_come_from_the_joint),
    Mutant("p(h|x) without its bias", "energy.RBM.prob_h", "self.W, self.b)", "self.W)",
           energy.test_conditionals_come_from_the_joint),
    Mutant("p(x|h) with W transposed", "energy.RBM.prob_x", "self.W.T", "self.W",
           energy.test_conditionals_come_from_the_joint),
    Mutant("log Z without hidden bias", "energy.RBM._sum_over_h", "h @ self.b + ", "",
           energy.test_log_partition_sums_every_pair, {"hidden": 3, "features": 6}),
    Mutant("log Z over x with the wrong sign", "energy.RBM.log_partition", "[-self.free", "[self.free",
           energy.test_log_partition_sums_every_pair, {"hidden": 6, "features": 3}),
    Mutant("log Z of the first chunk alone", "energy.boltzmann.enumerate_states", "range(0, 2**units, chunk)", "[0]",
           energy.test_log_partition_adds_all_chunks, {"hidden": 15, "features": 16}),
    Mutant("log Z of the first chunk alone, over x", "energy.boltzmann.enumerate_states",
           "range(0, 2**units, chunk)", "[0]",
           energy.test_log_partition_adds_all_chunks, {"hidden": 16, "features": 15}),
    Mutant("exact sums end one unit early", "energy.RBM.log_partition", "> EXACT_UNITS", ">= EXACT_UNITS",
           energy.test_exact_sums_reach_the_limit, by=ValueError),
    Mutant("log p(x) plus log Z", "energy.RBM.log_prob", "- self.log_partition()", "+ self.log_partition()",
           energy.test_log_prob_is_normalised, {"hidden": 3, "features": 6}),
    Mutant("strong couplings at the start", "energy.RBM.__init__", "0.01 * torch.randn", "0.1 * torch.randn",
           energy.test_machines_start_nearly_without_couplings),
    Mutant("coins turned over", "energy.bernoulli", ".lt_(p)", ".gt_(p)",
           energy.test_bernoulli_draws_ones_with_probability_p),
    Mutant("Gibbs without hidden bias", "energy.RBM.gibbs", "self.W, self.b)", "self.W)",
           energy.test_gibbs_leaves_the_exact_law_unchanged, {"steps": 1}),
    Mutant("Gibbs without visible bias", "energy.RBM.gibbs", "self.W.T, self.c)", "self.W.T)",
           energy.test_gibbs_leaves_the_exact_law_unchanged, {"steps": 1}),
    Mutant("Gibbs with W transposed", "energy.RBM.gibbs", "self.W.T", "self.W",
           energy.test_gibbs_leaves_the_exact_law_unchanged, {"steps": 1}),
    Mutant("Gibbs with probabilities in the place of h", "energy.RBM.gibbs", "bernoulli(torch.sigmoid(",
           "(torch.sigmoid(", energy.test_gibbs_leaves_the_exact_law_unchanged, {"steps": 1}),
    Mutant("mean field fed back as a sample of x", "energy.RBM.draw_x", "bernoulli(torch.sigmoid(inputs))",
           "torch.sigmoid(inputs)", energy.test_sample_runs_from_coin_flips_to_the_law, by=RuntimeError),
    Mutant("the mask upside down", "energy.RBM.gibbs", "torch.where(clamp, start, x)", "torch.where(clamp, x, start)",
           energy.test_clamped_units_stay_and_the_others_follow_their_law),
    Mutant("Gibbs with a sweep too many", "energy.RBM.gibbs", "range(steps)", "range(steps + 1)",
           energy.test_gibbs_takes_as_many_steps_as_told, {"steps": 1}),
    Mutant("sampling stops after a sweep", "energy.RBM.sample", "0.5)), steps)", "0.5)), min(steps, 1))",
           energy.test_sample_runs_from_coin_flips_to_the_law),
    Mutant("sampling starts from nothing", "energy.RBM.sample", "0.5)", "0.0)",
           energy.test_sample_runs_from_coin_flips_to_the_law),
    Mutant("chains stay where they were", "energy.RBM._phases", "chains.copy_(negative)", "pass",
           energy.test_data_is_never_altered_and_chains_advance_in_place),
    Mutant("the data becomes the chains", "energy.RBM._phases", "if chains is not None:",
           "x.copy_(negative[: len(x)])\n        if chains is not None:",
           energy.test_data_is_never_altered_and_chains_advance_in_place),
    Mutant("phases swapped", "energy.RBM._rule", "(x, a), (v, q) =", "(v, q), (x, a) =",
           energy.test_gradient_with_exact_chains_is_the_likelihoods),
    Mutant("probabilities fed back by the rule", "energy.RBM._phases", "bernoulli(torch.sigmoid(start))",
           "torch.sigmoid(start)", energy.test_gradient_with_exact_chains_is_the_likelihoods),
    Mutant("CD-k with k + 1", "energy.RBM._phases", ", steps - 1)", ", steps)",
           energy.test_gradient_from_data_takes_steps_sweeps, {"steps": 1}),
    Mutant("CD-k with 1 for k", "energy.RBM._phases", ", steps - 1)", ", 0)",
           energy.test_gradient_from_data_takes_steps_sweeps, {"steps": 30}),
    Mutant("loss whose factor is lost", "energy.rbm._Surrogate.backward", "outputs[0] * g", "g",
           energy.test_loss_and_gradient_are_one, {"kind": RBM, "persistent": False}),
    Mutant("loss upside down", "energy.RBM.loss", "positive - negative", "negative - positive",
           energy.test_loss_is_a_difference_of_free_energies),
    Mutant("chains weighted as if as many as the data", "energy.RBM._rule", "1 / len(v)", "1 / len(x)",
           energy.test_loss_is_a_difference_of_free_energies),
    Mutant("a sample of h where its probability belongs", "energy.RBM._rule", "torch.sigmoid(torch.cat([q, a]))",
           "bernoulli(torch.sigmoid(torch.cat([q, a])))", energy.test_loss_is_a_difference_of_free_energies),
    Mutant("centred W alone", "energy.CentredRBM._rule", "d_b - d_w @ self.mu", "d_b",
           energy.test_centred_gradient_is_the_plain_one_through_centred_parameters),
    Mutant("centred on one side", "energy.CentredRBM._rule", " - torch.outer(d_b, self.mu)", "",
           energy.test_centred_gradient_is_the_plain_one_through_centred_parameters),
    Mutant("offsets that stay", "energy.CentredRBM._rule", "self.lam.lerp_(", "self.lam.lerp(",
           energy.test_centred_offsets_follow_the_means),
    Mutant("an offset added to the gradient", "energy.CentredRBM._rule", "d_c - self.lam @ d_w", "d_c - self.mu",
           energy.test_centred_gradient_vanishes_with_the_plain_one),
    Mutant("PCD whose negative phase starts at the data", "energy.RBM._phases", "[x, self._visible(chains)]",
           "[x, x[torch.arange(len(chains)) % len(x)]]", energy.test_gradient_with_exact_chains_is_the_likelihoods),
]

GENERAL = [
    Mutant("pairs counted twice", "energy.BoltzmannMachine._energy", ".sum(-1) / 2", ".sum(-1)",
           boltzmann.test_energy_counts_each_unit_and_each_pair_once, {"features": 3, "hidden": 2}),
    Mutant("units coupled to themselves", "energy.BoltzmannMachine.couplings", "self.S.triu(1)", "self.S.triu(0)",
           boltzmann.test_energy_counts_each_unit_and_each_pair_once, {"features": 3, "hidden": 2}),
    Mutant("the general machine with W transposed", "energy.BoltzmannMachine.couplings", "self.W.T",
           "self.W.T.flip(0)", boltzmann.test_a_machine_without_lateral_couplings_is_restricted),
    Mutant("free energy of the first hidden state", "energy.BoltzmannMachine.free_energy", "logsumexp(1)",
           "select(1, 0)", boltzmann.test_scores_are_sums_over_states),
    Mutant("the lecture's sign", "energy.BoltzmannMachine._energy", "/ 2 -", "/ 2 +",
           boltzmann.test_five_units_of_the_lecture),
    Mutant("no negative phase", "energy.BoltzmannMachine.log_prob", "- self.log_partition()", "",
           boltzmann.test_gradient_is_the_difference_of_two_correlations),
    Mutant("a kernel that forgets its biases", "energy.BoltzmannMachine.gibbs", "biases[i] + ", "",
           boltzmann.test_gibbs_leaves_the_exact_law_unchanged),
    Mutant("a kernel that feeds back probabilities", "energy.BoltzmannMachine.gibbs", "bernoulli(torch.sigmoid(",
           "(torch.sigmoid(", boltzmann.test_gibbs_leaves_the_exact_law_unchanged, by=RuntimeError),
    Mutant("all units at once", "energy.BoltzmannMachine.gibbs", "v @ couplings[i]", "old @ couplings[i]",
           boltzmann.test_gibbs_visits_units_in_turn_as_often_as_told, by=NameError),
    Mutant("units from last to first", "energy.BoltzmannMachine.gibbs", "range(v.shape[1])",
           "range(v.shape[1])[::-1]", boltzmann.test_gibbs_visits_units_in_turn_as_often_as_told),
    Mutant("the free units clamped", "energy.BoltzmannMachine.gibbs", "(~clamp)", "clamp",
           boltzmann.test_clamped_units_stay_and_the_others_follow_their_law),
    Mutant("a sweep and no more", "energy.BoltzmannMachine.sample", "(start, steps)", "(start, 1)",
           boltzmann.test_sample_runs_to_the_law_of_the_visible_units),
]

LABELS = [
    Mutant("labels summed like pixels", "energy.ClassRBM.visible_log_partition", "label.logsumexp(-1)",
           "F.softplus(label).sum(-1)", labelled.test_log_partition_sums_over_states_with_one_label),
    Mutant("no label bias", "energy.ClassRBM.label_free_energy", " - self.c[self.pixels :]", "",
           labelled.test_labels_are_summed_out_of_pictures_alone),
    Mutant("the unlikeliest label", "energy.ClassRBM.prob_y", "(-self.label", "(self.label",
           labelled.test_a_label_has_the_joint_laws_posterior),
    Mutant("labels one by one", "energy.ClassRBM.prob_x", "label.softmax(-1)", "torch.sigmoid(label)",
           labelled.test_visible_units_given_h_come_from_the_joint),
    Mutant("the likeliest label always", "energy.ClassRBM.draw_x",
           "torch.multinomial(label.softmax(-1), 1).squeeze(-1)", "label.argmax(-1)",
           labelled.test_gibbs_leaves_the_exact_law_unchanged),
    Mutant("labels let go", "energy.ClassRBM.sample", "clamp=clamp", "clamp=None",
           labelled.test_sample_keeps_the_labels_it_is_given),
]

DEEP = [
    Mutant("probabilities passed up", "energy.DBN.up", "bernoulli(layer.prob_h(x))", "layer.prob_h(x)",
           deep.test_up_draws_layer_after_layer, by=RuntimeError),
    Mutant("probabilities passed down", "energy.DBN.down", "bernoulli(h) if i else h", "h",
           deep.test_down_ends_with_probabilities),
    Mutant("layers down in the order of the way up", "energy.DBN.down", "reversed(below)", "below",
           deep.test_sample_runs_the_top_and_draws_downwards, by=ValueError),
    Mutant("labels unheard", "energy.DBN.sample", "self.top.sample(n, steps, y)", "self.top.sample(n, steps)",
           deep.test_sample_keeps_labels_on_top),
    Mutant("the bound without its entropy", "energy.DBN._log_weights", " + _cross_entropy(up, h)", "",
           deep.test_weights_average_to_the_exact_probability),
    Mutant("weights summed, not averaged", "energy.DBN.importance_bound", " - math.log(samples)", "",
           deep.test_weights_average_to_the_exact_probability),
    Mutant("log Z of one's own", "energy.DBN._log_weights", "if log_z is None else log_z", "",
           deep.test_bound_takes_another_log_z_as_it_is),
    Mutant("grown without its biases", "energy.DBN.grow", "made.b.copy_(below.c)", "pass",
           deep.test_a_layer_grown_upside_down_changes_nothing),
    Mutant("a layer in the other's place", "energy.DBM.W2.fget", "self.features :", ": self.upper",
           deep.test_dbm_energy_is_its_formula, by=RuntimeError),
    Mutant("the upper layer left out of log Z", "energy.DBM.log_partition", "self.machine.log_partition()",
           "self.machine.log_partition() - 0.693 * self.upper", deep.test_dbm_log_partition_sums_every_state,
           {"sizes": (3, 2, 3)}),
    Mutant("chains of the deep machine that rest", "energy.DBM.gibbs", "even, steps, clamp=clamp)", "1 - even, steps)",
           deep.test_dbm_gibbs_leaves_the_exact_law_unchanged),
    Mutant("mean field deaf to the layer above", "energy.DBM._completed", "below + mu2 @ self.W2", "below",
           deep.test_mean_field_solves_its_equations),
    Mutant("a bound without entropy", "energy.DBM.bound", "entropy - self", "-self",
           deep.test_bound_is_energy_and_entropy_of_the_mean_field),
    Mutant("mean field backwards", "energy.DBM._completed", "mu2 @ self.W2", "(1 - mu2) @ self.W2",
           deep.test_no_update_of_the_mean_field_lowers_the_bound),
    Mutant("a negative phase from the data", "energy.DBM.loss", "chains=chains", "chains=None",
           deep.test_loss_has_mean_field_on_one_side_and_chains_on_the_other),
    Mutant("one update for many", "energy.DBM.loss", "mean_field)", "1)",
           deep.test_loss_with_exact_chains_climbs_the_bound),
    Mutant("halves summed", "energy.DBM.stack.__func__", "(first.b + second.c) / 2", "first.b + second.c",
           deep.test_stacking_averages_what_was_doubled),
]

NN = [
    Mutant("linear throughout", "nn.mlp", "activation()]", "nn.Identity()]",
           nn.test_mlp_is_linear_layers_with_activations_between),
    Mutant("an activation after the last layer", "nn.mlp", "layers[:-1]", "layers",
           nn.test_mlp_takes_any_activation_and_may_have_no_hidden_layer),
    Mutant("log sigma taken for sigma", "nn.Gaussian.forward", "log_sigma.exp()", "log_sigma",
           nn.test_gaussian_reads_mean_and_log_of_sigma),
    Mutant("log sigma taken for the log of the variance", "nn.Gaussian.forward", "log_sigma.exp()",
           "(log_sigma / 2).exp()", nn.test_gaussian_reads_mean_and_log_of_sigma),
    Mutant("halves along the second axis", "nn.Gaussian.forward", "dim=-1", "dim=1",
           nn.test_gaussian_reads_its_halves_along_the_last_axis),
    Mutant("sigma given as a variance", "nn.Gaussian.forward", "(out, self.sigma)", "(out, self.sigma**0.5)",
           nn.test_gaussian_with_given_sigma_reads_the_mean_alone),
    Mutant("log-odds taken for probabilities", "nn.Bernoulli.forward", "logits=", "probs=",
           nn.test_bernoulli_reads_log_odds),
    Mutant("grey values refused", "nn.Bernoulli.forward", "validate_args=False", "validate_args=True",
           nn.test_bernoulli_scores_grey_values_by_cross_entropy, by=ValueError),
    Mutant("sizes that are halved downwards", "nn._halvings", "(H + 1) // 2, (W + 1) // 2", "H // 2, W // 2",
           nn.test_convolutions_halve_and_their_mirror_image_doubles, {"shape": (2, 7, 6), "channels": (3,)},
           by=RuntimeError),
    Mutant("one kernel for even and odd sizes", "nn._halvings", "(4 - H % 2, 4 - W % 2)", "(4, 4)",
           nn.test_convolutions_halve_and_their_mirror_image_doubles, {"shape": (2, 7, 6), "channels": (3,)},
           by=RuntimeError),
    Mutant("layers of a decoder in the encoder's order", "nn.conv_decoder", "reversed(steps)", "steps",
           nn.test_convolutions_halve_and_their_mirror_image_doubles, {"shape": (1, 8, 8), "channels": (6, 5, 4)},
           by=RuntimeError),
    Mutant("a mirror image of other padding", "nn.conv_decoder", "stride=2, padding=1", "stride=2",
           nn.test_transposed_convolution_is_the_transposed_matrix, {"shape": (2, 7, 6)}),
    Mutant("kernels turned over the diagonal", "nn._halvings", "(4 - H % 2, 4 - W % 2)", "(4 - W % 2, 4 - H % 2)",
           nn.test_transposed_convolution_is_the_transposed_matrix, {"shape": (2, 7, 6)}),
    Mutant("an activation after the last pixel", "nn.conv_decoder", "return nn.Sequential(*layers)",
           "return nn.Sequential(*layers, activation())",
           nn.test_convolutions_have_the_activation_between_layers_alone),
]

CODES = [
    Mutant("the half forgotten", "autoencoders.Autoencoder.error", ".sum(1) / 2", ".sum(1)",
           autoencoders.test_error_is_half_the_squared_distance, {"shape": (6,)}),
    Mutant("averaged over entries", "autoencoders.Autoencoder.error", ".sum(1) / 2", ".mean(1) / 2",
           autoencoders.test_error_is_half_the_squared_distance, {"shape": (6,)}),
    Mutant("rows of pictures in the place of pictures", "autoencoders.Autoencoder.error", ".flatten(1).sum(1)",
           ".sum(-1)", autoencoders.test_error_is_half_the_squared_distance, {"shape": (1, 2, 3)}),
    Mutant("the dark half of the cross-entropy forgotten", "autoencoders.BinaryAutoencoder.error",
           "F.softplus(a) - x * a", "x * F.softplus(-a)", autoencoders.test_binary_error_is_the_cross_entropy,
           {"shape": (6,)}),
    Mutant("a sigmoid twice", "autoencoders.BinaryAutoencoder.error", "self.logit(self", "self.decode(self",
           autoencoders.test_binary_error_is_the_cross_entropy, {"shape": (6,)}),
    Mutant("the cross-entropy through probabilities", "autoencoders.BinaryAutoencoder.error",
           "(F.softplus(a) - x * a)", "(-x * torch.sigmoid(a).log() - (1 - x) * (1 - torch.sigmoid(a)).log())",
           autoencoders.test_binary_error_of_sure_log_odds_is_finite),
    Mutant("twice the gradient", "autoencoders.Autoencoder.error", ".sum(1) / 2", ".sum(1)",
           autoencoders.test_gradient_by_the_last_layer,
           {"model": autoencoders.bare(Autoencoder), "derivative": lambda a, x: a - x}),
    Mutant("loss added up", "autoencoders.Autoencoder.loss", ".mean()", ".sum()",
           autoencoders.test_loss_is_the_mean_error, {"kind": Autoencoder}),
    Mutant("the input lost", "autoencoders.BinaryAutoencoder.error", "x if given is None else given",
           "1 - x if given is None else given", autoencoders.test_loss_is_the_mean_error, {"kind": BinaryAutoencoder}),
    Mutant("log-odds shown for probabilities", "autoencoders.BinaryAutoencoder.decode", "torch.sigmoid(self.logit(z))",
           "self.logit(z)", autoencoders.test_encode_and_decode_are_the_networks),
    Mutant("distances in the place of their squares", "autoencoders.Autoencoder.error", ".square()", ".abs()",
           autoencoders.test_linear_layers_find_the_principal_subspace),
    Mutant("half an error less", "autoencoders.Autoencoder.error", ".sum(1) / 2", ".sum(1) / 4",
           autoencoders.test_no_linear_layers_beat_the_trailing_variances),
    Mutant("a tied layer that forgets its bias", "autoencoders.TiedAutoencoder.encode", "self.W, self.b)", "self.W)",
           autoencoders.test_tied_layer_is_its_formula),
    Mutant("tied on one way alone", "autoencoders.TiedAutoencoder.logit", "self.W.T", "self.W.T.detach()",
           autoencoders.test_tied_gradient_is_the_sum_of_both_paths),
    Mutant("tied codes without their sigmoid", "autoencoders.TiedAutoencoder.encode", "return torch.sigmoid(",
           "return (", autoencoders.test_an_unrolled_boltzmann_machine_is_a_tied_autoencoder),
    Mutant("a normal start", "autoencoders.TiedAutoencoder.__init__", "xavier_uniform_", "xavier_normal_",
           autoencoders.test_tied_weights_start_uniform_at_glorots_scale),
    Mutant("the corrupted example rebuilt", "autoencoders.DenoisingAutoencoder.error",
           "self.autoencoder.error(x, given", "self.autoencoder.error(self.corruption(x), given",
           autoencoders.test_denoising_rebuilds_the_clean_example, {"kind": Autoencoder}),
    Mutant("nothing corrupted", "autoencoders.DenoisingAutoencoder.error", "self.corruption(x) if", "x if",
           autoencoders.test_best_denoiser_of_a_gaussian_gives_the_score),
    Mutant("variance taken for spread", "autoencoders.gaussian_noise", "sigma * torch", "sigma**0.5 * torch",
           autoencoders.test_gaussian_noise_has_its_mean_and_spread),
    Mutant("one coin for an example", "autoencoders.denoising._chosen", "torch.rand_like(x) <",
           "torch.rand_like(x[:, :1]) <",
           autoencoders.test_masking_blanks_each_entry_by_its_own_coin),
    Mutant("kept in the place of blanked", "autoencoders.denoising._chosen", "< rate", "> rate",
           autoencoders.test_masking_blanks_each_entry_by_its_own_coin),
    Mutant("more pepper than salt", "autoencoders.salt_and_pepper", "lt(0.5)", "lt(0.45)",
           autoencoders.test_salt_and_pepper_replace_each_entry_by_its_own_coin),
    Mutant("entries that escape", "autoencoders.denoising._chosen", "< rate", "< 0.9 * rate",
           autoencoders.test_corruption_at_the_ends_of_its_range),
]

VAE = [
    Mutant("divergence with the wrong sign", "vae.VAE.elbo", "- kl_divergence", "+ kl_divergence",
           vae.test_elbo_is_the_likelihood_less_the_gap),
    Mutant("divergence forgotten", "vae.VAE.elbo", "- kl_divergence(q, self.prior())", "",
           vae.test_elbo_reaches_the_likelihood_at_the_posterior),
    Mutant("reconstruction averaged over features, divergence summed", "vae.VAE.elbo", ".mean(0)",
           ".mean(0) / x.shape[-1]", vae.test_elbo_is_the_likelihood_less_the_gap),
    Mutant("samples added up", "vae.VAE.elbo", ".mean(0)", ".sum(0)", vae.test_elbo_averages_over_its_samples),
    Mutant("one sample whatever is asked", "vae.VAE._codes", "rsample((samples,))", "rsample((1,))",
           vae.test_elbo_averages_over_its_samples),
    Mutant("divergence the wrong way round", "vae.VAE.elbo", "(q, self.prior())", "(self.prior(), q)",
           vae.test_divergence_from_the_prior_matches_quadrature),
    Mutant("posterior's log sigma taken for the log of the variance", "nn.Gaussian.forward", "log_sigma.exp()",
           "(log_sigma / 2).exp()", vae.test_divergence_from_the_prior_matches_quadrature),
    Mutant("loss upside down", "vae.VAE.loss", "-self.elbo", "self.elbo", vae.test_loss_is_the_mean_negative_bound),
    Mutant("loss added up", "vae.VAE.loss", ".mean()", ".sum()", vae.test_loss_is_the_mean_negative_bound),
    Mutant("no gradient through the samples", "vae.VAE._codes", "q.rsample", "q.sample",
           vae.test_gradient_of_the_loss_is_that_of_the_closed_form),
    Mutant("log K forgotten", "vae.VAE.importance_bound", " - math.log(samples)", "",
           vae.test_importance_bound_is_exact_at_the_posterior, {"samples": 5}),
    Mutant("q forgotten in the weights", "vae.VAE.importance_bound", " - q.log_prob(z)", "",
           vae.test_importance_bound_is_exact_at_the_posterior, {"samples": 1}),
    Mutant("mean of logs for the log of the mean", "vae.VAE.importance_bound",
           "weight.logsumexp(0) - math.log(samples)", "weight.mean(0)",
           vae.test_importance_bound_grows_from_the_elbo_to_the_likelihood),
    Mutant("prior forgotten in the weights", "vae.VAE.importance_bound", " + self.prior().log_prob(z)", "",
           vae.test_importance_bound_of_a_curved_decoder_matches_quadrature),
    Mutant("prior too wide", "vae.VAE.prior", "torch.ones_like(self.origin)", "2 * torch.ones_like(self.origin)",
           vae.test_prior_is_standard_normal),
    Mutant("means in the place of samples", "vae.VAE.sample", "(n,))).sample()", "(n,))).mean",
           vae.test_samples_have_the_model_mean_and_covariance),
    Mutant("mean and log sigma swapped", "nn.Gaussian.forward", "mu, log_sigma = out", "log_sigma, mu = out",
           vae.test_encode_and_decode_are_the_networks),
]

GAMES = [
    Mutant("value of the real side alone", "gan.GAN.value", " + F.logsigmoid(-self.logit(self.generate(z))).mean()", "",
           gan.test_value_at_the_best_discriminator_is_the_divergence),
    Mutant("labels swapped", "gan.GAN.loss_d", "-F.logsigmoid(self.logit(x)).mean() - F.logsigmoid(-self",
           "-F.logsigmoid(-self.logit(x)).mean() - F.logsigmoid(self", gan.test_best_discriminator_minimises_its_loss),
    Mutant("fakes labelled real", "gan.GAN.loss_d", "logsigmoid(-self.logit(fake))", "logsigmoid(self.logit(fake))",
           gan.test_value_is_its_formula_at_any_discriminator),
    Mutant("discriminator's loss upside down", "gan.GAN.loss_d", "return -F.logsigmoid(self.logit(x)).mean() -",
           "return F.logsigmoid(self.logit(x)).mean() +", gan.test_value_is_its_formula_at_any_discriminator),
    Mutant("generator that wants to be found out", "gan.GAN.loss_g", "logsigmoid(-self", "logsigmoid(self",
           gan.test_generators_want_fakes_taken_for_real),
    Mutant("non-saturating generator that wants to be found out", "gan.NonSaturatingGAN.loss_g", "-F.logsigmoid",
           "F.logsigmoid", gan.test_generators_want_fakes_taken_for_real),
    Mutant("detach forgotten", "gan.GAN.loss_d", ".detach()", "",
           gan.test_discriminator_loss_leaves_the_generator_alone, {"kind": GAN}),
    Mutant("detach in the wrong place", "gan.GAN.loss_g", "self.generate(z)", "self.generate(z).detach()",
           gan.test_generator_gradients_are_weighted_by_the_discriminators_opinion, {"gap": 0.0}),
    Mutant("non-saturating loss that saturates", "gan.NonSaturatingGAN.loss_g", "-F.logsigmoid(self",
           "F.logsigmoid(-self", gan.test_only_the_minimax_generator_saturates),
    Mutant("log of one minus a probability", "gan.GAN.loss_g", "F.logsigmoid(-self.logit(self.generate(z)))",
           "(1 - torch.sigmoid(self.logit(self.generate(z)))).log()",
           gan.test_losses_of_a_sure_discriminator_are_finite, {"kind": GAN}),
    Mutant("log of a probability", "gan.NonSaturatingGAN.loss_g", "F.logsigmoid(self.logit(self.generate(z)))",
           "torch.sigmoid(self.logit(self.generate(z))).log()",
           gan.test_losses_of_a_sure_discriminator_are_finite, {"kind": NonSaturatingGAN}),
    Mutant("one number refused", "gan.GAN.__init__", "latent < 1", "latent < 2",
           gan.test_one_number_of_noise_is_enough, by=ValueError),
    Mutant("uniform noise", "gan.GAN.noise", "torch.randn(", "torch.rand(", gan.test_noise_is_standard_normal),
    Mutant("samples with a graph", "gan.GAN.sample", "self.generate(self.noise(n))", "self.generate(-self.noise(n))",
           gan.test_samples_are_generated_from_noise),
]

TRAINING = [
    Mutant("gradients pile up", "train.fit", "descent.zero_grad()", "pass",
           train.test_fit_is_the_loop_written_by_hand, {"optimizer": torch.optim.SGD}),
    Mutant("gradients of others are kept", "train.fit", "descent.zero_grad()", "step and descent.zero_grad()",
           train.test_fit_clears_gradients_left_by_others),
    Mutant("steps counted from one", "train.fit", "yield step, value", "yield step + 1, value",
           train.test_fit_is_the_loop_written_by_hand, {"optimizer": torch.optim.Adam}),
    Mutant("a step ahead of its reader", "train.fit", "yield step, value.item()",
           "if step:\n            yield step, value.item()", train.test_fit_trains_as_far_as_it_is_read),
    Mutant("a batch taken for nothing", "train.fit", "zip(range(steps), batches, strict=False)",
           "((s, b) for b, s in zip(batches, range(steps), strict=False))",
           train.test_fit_takes_no_batch_more_than_it_needs),
    Mutant("climbing in the place of falling", "train.fit", "value.backward()", "(-value).backward()",
           train.test_fit_is_the_loop_written_by_hand, {"optimizer": torch.optim.Adam}),
    Mutant("frozen parameters thawed", "train.fit", "p for p in parameters if p.requires_grad",
           "p.requires_grad_() for p in parameters", train.test_fit_changes_only_the_parameters_it_is_given),
    Mutant("the first rate for good", "train.fit", '["lr"] = rate(step)', '["lr"] = rate(0)',
           train.test_rate_may_be_a_function_of_the_step),
    Mutant("decay from the second step", "train.linear_decay", "1 - step / steps", "1 - (step + 1) / steps",
           train.test_linear_decay_is_a_straight_line_to_zero),
    Mutant("a cycle that starts from zero", "train.one_cycle", "0.04 + 0.96 *", "",
           train.test_one_cycle_rises_and_falls_along_cosines, {"warmup": 0.3}),
    Mutant("a cycle that falls over all its steps", "train.one_cycle", "/ (steps - rise)", "/ steps",
           train.test_one_cycle_rises_and_falls_along_cosines, {"warmup": 0.3}),
    Mutant("training goes on through nan", "train._demand_finite", "if not math.isfinite(value)", "if False",
           train.test_fit_stops_at_a_loss_that_is_not_finite, {"bad": float("nan")}),
    Mutant("infinite gradients are taken", "train.fit", "sums.sum().item()", "0.0",
           train.test_fit_stops_at_a_gradient_that_is_not_finite),
    Mutant("an early end goes unsaid", "train.fit", "if done < steps", "if False",
           train.test_fit_says_that_batches_ended),
    Mutant("nothing to train goes unsaid", "train.fit", "if not parameters", "if False",
           train.test_fit_says_that_nothing_can_be_trained),
    Mutant("the line stays", "_progress.track", 'line("")', "pass", train.test_progress_shows_a_line_and_wipes_it),
    Mutant("the line stays after a break", "_progress.track", "finally:", "except ZeroDivisionError:",
           train.test_progress_is_wiped_when_training_is_left_early),
    Mutant("a line in a log", "_progress._line", "if sys.stderr.isatty()", "if True",
           train.test_progress_is_silent_in_a_log),
    Mutant("a line nobody wanted", "train.fit", "steps, progress)", "steps, True)",
           train.test_progress_is_silent_when_told),
]

ESTIMATES = [
    Mutant("weights without the softplus terms", "energy.annealing._anneal",
           "(F.softplus(new * inputs) - F.softplus(old * inputs)).sum(-1)", "0",
           evaluate.test_ais_is_unbiased_at_any_number_of_temperatures, {"base": None}),
    Mutant("weights at the wrong temperature", "energy.annealing._anneal", "F.softplus(new * inputs)",
           "F.softplus(inputs)",
           evaluate.test_ais_is_unbiased_at_any_number_of_temperatures, {"base": None}),
    Mutant("sweeps of h at the wrong temperature", "energy.annealing._anneal", "torch.sigmoid(old * inputs)",
           "torch.sigmoid(new * inputs)", evaluate.test_ais_is_unbiased_at_any_number_of_temperatures, {"base": None}),
    Mutant("sweeps of x at the wrong temperature", "energy.annealing._anneal", "draw_x(old * (h", "draw_x(1 * (h",
           evaluate.test_ais_is_unbiased_at_any_number_of_temperatures, {"base": None}),
    Mutant("visible bias cooled twice", "energy.annealing._anneal", "(c_0 + old * slope)", "old * rbm.c",
           evaluate.test_ais_is_unbiased_at_any_number_of_temperatures, {"base": None}),
    Mutant("weights without the change of base", "energy.annealing._anneal", "(new - old) * (x @ slope)", "0",
           evaluate.test_ais_is_unbiased_at_any_number_of_temperatures, {"base": torch.tensor([1.0, -0.5, 0.0, 2.0])}),
    Mutant("hidden units forgotten at the start", "energy.annealing._log_z_0", "rbm.hidden * math.log(2) + ", "",
           evaluate.test_ais_is_unbiased_at_any_number_of_temperatures, {"base": None}),
    Mutant("the way back with the way there's sweeps", "energy.reverse_ais", "torch.linspace(1, 0",
           "torch.linspace(0, 1", evaluate.test_reverse_ais_is_unbiased_from_exact_samples, {"base": None}),
    Mutant("the start counted twice on the way back", "energy.reverse_ais", "log_w - _log_z_0", "log_w + _log_z_0",
           evaluate.test_reverse_ais_is_unbiased_from_exact_samples, {"base": None}),
    Mutant("the way back from anywhere", "energy.reverse_ais", "rbm, c_0, x,", "rbm, c_0, torch.zeros_like(x),",
           evaluate.test_forward_and_reverse_close_in_on_log_z),
    Mutant("chains that start with any labels", "energy.ClassRBM.visible_log_partition", "label.logsumexp(-1)",
           "F.softplus(label).sum(-1)", evaluate.test_deep_and_labelled_machines_are_annealed_as_they_are),
    Mutant("mean of logs for the log of the mean", "energy.annealing._ais", "log_w.logsumexp(0).item() - math.log(n)",
           "log_w.mean().item()", evaluate.test_ais_is_unbiased_at_any_number_of_temperatures, {"base": None}),
    Mutant("spread told for standard error", "energy.annealing._ais", " / math.sqrt(n)", "",
           evaluate.test_ais_standard_error_is_the_spread_of_its_estimates),
    Mutant("sums of some chains", "energy.annealing._ais", "log_w.logsumexp(0)", "log_w[::2].logsumexp(0)",
           evaluate.test_ais_finds_log_z_of_random_machines, {"hidden": 5, "features": 5}),
    Mutant("half the way", "energy.ais", "torch.linspace(0, 1,", "torch.linspace(0, 0.5,",
           evaluate.test_ais_finds_log_z_of_trained_machines, {"hidden": 4}),
    Mutant("chains that never move", "energy.annealing._anneal", "if i:", "if False:",
           evaluate.test_ais_finds_log_z_of_trained_machines, {"hidden": 4}),
    Mutant("haste that does not show", "energy.ais", "temperatures + 1", "min(temperatures, 4) + 1",
           evaluate.test_ais_in_haste_flatters_a_trained_machine),
    Mutant("weights not squared", "evaluate.effective_sample_size", "(2 * log_weights).logsumexp(0)",
           "log_weights.logsumexp(0)", evaluate.test_effective_sample_size_is_its_formula),
    Mutant("weights half squared", "evaluate.effective_sample_size", "(2 * log_weights).logsumexp(0)",
           "2 * (log_weights - math.log(2) / 2).logsumexp(0)",
           evaluate.test_standard_error_follows_from_the_effective_sample_size),
    Mutant("odds the wrong way up", "energy.pseudo_log_prob", "others - model.free_energy(x)[:, None]",
           "model.free_energy(x)[:, None] - others", evaluate.test_pseudo_log_prob_is_the_sum_of_all_conditionals),
    Mutant("units put on, not flipped", "energy.pseudo_log_prob", "(x - flip).abs()", "torch.maximum(x, flip)",
           evaluate.test_pseudo_log_prob_is_exact_where_units_are_independent_and_learns),
    Mutant("labels flipped like pixels", "energy.pseudo_log_prob", 'getattr(model, "pixels", model.features)',
           "model.features", evaluate.test_pseudo_log_prob_of_a_labelled_machine_is_that_of_its_pictures,
           by=ValueError),
    Mutant("pieces weighted alike", "vae.importance_log_prob", " + math.log(k)", "",
           evaluate.test_importance_log_prob_is_exact_at_the_posterior, {"rows": 2, "samples": 45_001}),
    Mutant("the last piece dropped", "vae.importance._pieces", "range(0, total, largest)",
           "range(0, max(1, total - largest), largest)",
           evaluate.test_importance_log_prob_is_exact_at_the_posterior, {"rows": 2, "samples": 45_001}),
    Mutant("the best piece for all", "vae.importance_log_prob", ".logsumexp(0)", ".amax(0)",
           evaluate.test_importance_log_prob_nears_the_likelihood_beside_the_posterior),
    Mutant("decimal digits for bits", "evaluate.bits_per_dim", "(dims * math.log(2))", "(dims * math.log(10))",
           evaluate.test_bits_per_dim_of_even_bytes_is_eight),
    Mutant("variance for spread", "evaluate.mean_and_error", "values.std()", "values.var()",
           evaluate.test_mean_and_error_cover_the_truth_as_often_as_they_should),
    Mutant("divergence of one side", "evaluate.grid_jsd", " + torch.xlogy(q, q / m)", "",
           evaluate.test_grid_jsd_agrees_with_scipy),
    Mutant("divergence from one another", "evaluate.grid_jsd", "m = (p + q) / 2", "m = q",
           evaluate.test_grid_jsd_spans_from_zero_to_log_two),
    Mutant("points beyond the grid in the wrong cells", "evaluate._histogram", "clamp(0, cells - 1)",
           "clamp(1, cells - 1)", evaluate.test_grid_jsd_agrees_with_scipy),
    Mutant("a grid of half the width", "evaluate._histogram", "(2 * limit)", "limit",
           evaluate.test_grid_jsd_agrees_with_scipy),
]

FIGURES = [
    Mutant("data in the colour of models", "plot.style", "[DATA, MODEL", "[MODEL, DATA",
           plot.test_colours_are_okabe_and_itos),
    Mutant("points in the colour of models", "plot.scatter", "color=color", "color=MODEL",
           plot.test_scatter_shows_the_points_in_the_colour_of_data),
    Mutant("points in axes of their own", "plot.scatter", "ax = ax or _axes(", "ax = _axes(",
           plot.test_figures_are_drawn_into_the_axes_given,
           {"draw": lambda ax: plot.plot.scatter(torch.rand(3, 2), ax=ax)}),
    Mutant("pictures column by column", "plot.images", "i // columns * (height + 1), i % columns * (width + 1)",
           "i % rows * (height + 1), i // rows * (width + 1)",
           plot.test_images_lie_row_by_row_with_gaps_between, {"shape": (5, 2, 3)}),
    Mutant("flat squares on their side", "plot._tiles", "reshape(-1, side, side)", "reshape(-1, side, side).mT",
           plot.test_flat_squares_are_images_too),
    Mutant("white ink", "plot.images", "else 0, vmax=top", "else top, vmax=0",
           plot.test_ink_is_black_and_paper_white_whatever_the_range),
    Mutant("weights on the scale of images", "plot.images", "vmin=-top if symmetric else 0", "vmin=0",
           plot.test_weights_have_white_zeros_and_a_colour_for_each_sign),
    Mutant("a density on its side", "plot.density", ".T.cpu()", ".cpu()", plot.test_density_is_upright_and_to_scale),
    Mutant("a density upside down", "plot.density", 'origin="lower"', 'origin="upper"',
           plot.test_density_is_upright_and_to_scale),
    Mutant("curves counted from one", "plot.curves", "range(len(values))", "range(1, len(values) + 1)",
           plot.test_curves_carry_their_values_and_names),
]

CONTRACT = [
    Mutant("noise in the default dtype", "gan.GAN.noise", "dtype=weight.dtype, ", "",
           test_contract.test_results_keep_shape_dtype_and_device, keeps("GAN"), by=RuntimeError),
    Mutant("draws in the default dtype", "energy.bernoulli", ".lt_(p)", ".lt_(p).to(torch.get_default_dtype())",
           test_contract.test_results_keep_shape_dtype_and_device, keeps("RBM"), by=RuntimeError),
    Mutant("one value for the whole batch", "energy.RBM._free_energy", ".sum(-1)", ".sum()",
           test_contract.test_rows_do_not_see_each_other, case("RBM")),
    Mutant("data cast to the model's dtype", "energy.boltzmann.checked", "return x", "return x.double()",
           test_contract.test_nothing_is_cast_silently, case("RBM")),
    Mutant("no gradient for the visible bias", "energy.RBM.loss", "self.W, self.b, self.c)", "self.W, self.b)",
           test_contract.test_gradients_reach_every_parameter, case("RBM"), by=RuntimeError),
    Mutant("no gradient for the encoder", "vae.VAE._codes", "self.encode(x)", "torch.no_grad()(self.encode)(x)",
           test_contract.test_gradients_reach_every_parameter, case("VAE of binary data")),
    Mutant("one error for the whole batch", "autoencoders.BinaryAutoencoder.error", ".flatten(1).sum(1)",
           ".sum().expand(len(x))", test_contract.test_rows_do_not_see_each_other, case("BinaryAutoencoder")),
    Mutant("no gradient for the bias of a tied layer", "autoencoders.TiedAutoencoder.encode", "self.b)",
           "self.b.detach())", test_contract.test_gradients_reach_every_parameter, case("TiedAutoencoder")),
    Mutant("noise of its own", "energy.bernoulli", "torch.rand_like(p)", "torch.full_like(p, 0.5)",
           test_contract.test_a_seed_gives_the_same_and_another_seed_something_else, case("RBM")),
    Mutant("sizes unsaid", "energy.RBM.extra_repr", "features={self.features}, hidden={self.hidden}", "",
           test_contract.test_a_printed_model_tells_its_class_and_sizes, case("RBM")),
]

MUTANTS = [*ENERGY, *GENERAL, *LABELS, *DEEP, *NN, *CODES, *VAE, *GAMES, *TRAINING, *ESTIMATES, *FIGURES, *CONTRACT]
NOT_LAWS = {
    "test_errors_state_got_and_expected",
    "test_two_processes_equal_one",  # has mutants of its own below
    "test_a_batch_too_small_to_share_is_refused",  # runs in other processes, as does the next
    "test_progress_leaves_nothing_in_a_notebook",
    "test_fit_descends_by_adam_at_a_thousandth_unless_told",  # about default values, which an edit of code leaves
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.where}: {m.name}")
def test_a_law_notices(mutant: Mutant) -> None:
    noticed = pytest.raises((AssertionError, pytest.fail.Exception, mutant.by))
    with edited(mutant.where, mutant.old, mutant.new), noticed:
        mutant.law(**mutant.given)


@pytest.mark.parametrize("name", [mutant[0] for mutant in train.SHARD_MUTANTS])
def test_two_processes_notice(name: str) -> None:
    with pytest.raises(AssertionError):
        train.assert_two_equal_one(name)


def test_the_library_is_whole_again() -> None:
    """An edit is undone, and one that does not fit is refused."""
    with edited("energy.RBM.energy", "- x @ self.c", "+ x @ self.c"):
        pass
    energy.test_energy_is_its_formula()
    with pytest.raises(LookupError, match="0 times"), edited("energy.RBM.energy", "no such text", ""):
        pass


LAWS = [energy, boltzmann, labelled, deep, nn, autoencoders, vae, gan, train, evaluate, plot]


@pytest.mark.parametrize("module", LAWS, ids=lambda m: m.__name__)
def test_every_law_has_a_mutant(module: ModuleType) -> None:
    laws = {name for name in vars(module) if name.startswith("test_")} - NOT_LAWS
    caught = {mutant.law.__name__ for mutant in MUTANTS}
    assert sorted(laws - caught) == []
