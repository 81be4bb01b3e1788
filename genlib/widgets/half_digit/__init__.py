r"""Half a digit, drawn by hand: one model of the book finishes it, another says where it belongs."""

from __future__ import annotations

__all__ = ["HalfDigit"]

import traitlets

from genlib.energy import RBM
from genlib.vae import VAE
from genlib.widgets.base import Widget, tensor_trait
from genlib.widgets.latent_explorer.sending import networks_of
from genlib.widgets.machines import pack_rbm

SIDE = 28


class HalfDigit(Widget):
    r"""Lets a Gibbs chain finish what a reader draws, and marks where the encoder of a VAE puts it among its digits.

    What was drawn is held, $x_2 \sim p(x_2|x_1)$ is sampled by sweeps that draw the other half alone; the picture that
    comes out of them is encoded, and its mean code $\mathbb{E}[z|x]$ is a point on the map of all decoded digits.

    Args:
        rbm: A machine of 28 x 28 pixels.
        vae: A variational autoencoder of the same images, with two latents.
        seed: Seed of the chain.

    Raises:
        ValueError: If the models are of other images, or the page cannot run them.

    Source: Hinton (2002) for the machine; Kingma and Welling (2014) for the map.

    Example:
        >>> from genlib.nn import Bernoulli, Gaussian, mlp
        >>> vae = VAE(Gaussian(mlp(784, 8, 4)), Bernoulli(mlp(2, 8, 784)), latent=2)
        >>> HalfDigit(RBM(784, 16), vae).half
        'top'
    """

    machine = traitlets.Bytes(help="Weights of the machine.").tag(sync=True)
    machine_spec = traitlets.Dict(help="Where W, b and c lie among them.").tag(sync=True)
    weights = traitlets.Bytes(help="Weights of the decoder.").tag(sync=True)
    spec = traitlets.Dict(help="Its layers.").tag(sync=True)
    encoder_weights = traitlets.Bytes(help="Weights of the encoder.").tag(sync=True)
    encoder_spec = traitlets.Dict(help="Its layers.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the chain.").tag(sync=True)

    half = traitlets.Enum(["top", "bottom", "left", "right"], "top", help="The half that is drawn.").tag(sync=True)
    x = tensor_trait("The picture now, (1, 784).")
    z = traitlets.List(traitlets.Float(), help="Its mean code, two numbers.").tag(sync=True)
    sweep = traitlets.Int(help="Sweeps since the start.").tag(sync=True)

    def __init__(self, rbm: RBM, vae: VAE, *, seed: int = 0) -> None:
        machine, machine_spec = pack_rbm(rbm)
        networks = networks_of(vae)
        if rbm.features != SIDE**2 or networks["encoder_spec"]["inputs"] != SIDE**2 or vae.latent != 2:
            got = f"{rbm.features} pixels, {networks['encoder_spec']['inputs']} pixels and {vae.latent} latents"
            raise ValueError(f"the machine and the VAE have {got}, expected {SIDE**2}, {SIDE**2} and 2")
        super().__init__(machine=machine, machine_spec=machine_spec, seed=seed, **networks)

    def update(self, rbm: RBM) -> None:
        """Goes on with the weights of `rbm`, which has trained on; the chain keeps its place."""
        machine, spec = pack_rbm(rbm)
        if spec != self.machine_spec:
            raise ValueError(
                f"rbm has W {tuple(rbm.W.shape)}, this widget shows {tuple(self.machine_spec['W']['shape'])}"
            )
        self.machine = machine
