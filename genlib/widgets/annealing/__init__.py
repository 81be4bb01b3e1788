r"""Annealed importance sampling to watch: chains led from a base machine to a trained one, and their weights."""

from __future__ import annotations

__all__ = ["Annealing"]

from typing import Any

import numpy as np
import torch
import traitlets
from torch import Tensor

from genlib._guard import tensor
from genlib.data.states import EXACT_UNITS, enumerate_states
from genlib.energy import RBM, bernoulli
from genlib.widgets.base import Widget, check_image
from genlib.widgets.machines import check_rbm, pack_rbm
from genlib.widgets.packing import Spec, check_bits, unpack_tensors

SAMPLES = 400


class Annealing(Widget):
    r"""Anneals chains of a machine in the page, up from a base or back down, and estimates $\log Z$ from their weights.

    Where the smaller layer has at most 20 units, the exact $\log Z$ stands beside the estimate, and the way back starts
    from exact samples; for a larger machine it starts from the `samples` that it is given.

    Args:
        rbm: The machine; its weights are rounded as `pack_tensors` says.
        base: Visible bias of the machine that the chains start from, `(D,)`; by default fair coins.
        samples: Samples of the machine, `(N, ...)` of zeros and ones, for the way back; 400 are used at most.
        shape: Rows and columns of a picture, by default a square.
        temperatures: Steps from one end to the other, 1 to 1000.
        chains: Number of chains, 2 to 400.
        seed: Seed of the chains.

    Raises:
        ValueError: If a size does not fit, a value is not 0 or 1, or the page cannot run the machine.

    Source: Neal, Annealed Importance Sampling (2001).

    Example:
        >>> Annealing(RBM(features=64, hidden=16)).base_kind
        'coins'
    """

    weights = traitlets.Bytes(help="Weights of the machine, and the bias of the base.").tag(sync=True)
    spec = traitlets.Dict(help="Where W, b, c and base lie among them.").tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    log_z = traitlets.Float(None, allow_none=True, help="Exact log Z of the page's machine, if known.").tag(sync=True)
    samples = traitlets.Bytes(help="Where the way back starts, one bit a pixel.").tag(sync=True)
    sample_count = traitlets.Int(help="Number of pictures in samples.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the chains.").tag(sync=True)

    temperatures = traitlets.Int(30, min=1, max=1000, help="Steps from one end to the other.").tag(sync=True)
    chains = traitlets.Int(100, min=2, max=400, help="Number of chains.").tag(sync=True)
    base_kind = traitlets.Enum(["given", "own", "coins"], "coins", help="Where the way up starts.").tag(sync=True)
    direction = traitlets.Enum(["up", "down"], "up", help="From the base, or back to it.").tag(sync=True)

    beta = traitlets.Float(help="Inverse temperature now.").tag(sync=True)
    log_weights = traitlets.List(traitlets.Float(), help="Each chain's own estimate of log Z.").tag(sync=True)
    estimate = traitlets.Float(help="Estimate of log Z from all chains.").tag(sync=True)
    standard_error = traitlets.Float(help="Standard error of the estimate, to first order.").tag(sync=True)
    size = traitlets.Float(help="Effective number of chains.").tag(sync=True)
    runs = traitlets.List(traitlets.Dict(), help="Every finished run, the last one last.").tag(sync=True)

    def __init__(
        self,
        rbm: RBM,
        *,
        base: Tensor | None = None,
        samples: Tensor | None = None,
        shape: tuple[int, int] | None = None,
        temperatures: int = 30,
        chains: int = 100,
        seed: int = 0,
    ) -> None:
        weights, spec = packed(rbm, base)
        super().__init__(
            weights=weights,
            spec=spec,
            shape=list(check_image(shape, rbm.features)),
            temperatures=temperatures,
            chains=chains,
            seed=seed,
            base_kind="coins" if base is None else "given",
            **truth(weights, spec, samples, seed),
        )

    def update(self, rbm: RBM, samples: Tensor | None = None) -> None:
        """Starts again with the weights of `rbm`, which has trained on, from the same base; earlier runs are gone."""
        old = unpack_tensors(self.weights, self.spec)
        weights, spec = packed(rbm, old.get("base"))
        if spec != self.spec:
            raise ValueError(f"rbm has W {tuple(rbm.W.shape)}, this widget shows {tuple(old['W'].shape)}")
        with self.hold_sync():
            for name, value in truth(weights, spec, samples, self.seed).items():
                setattr(self, name, value)
            self.weights = weights


def packed(rbm: RBM, base: Tensor | None) -> tuple[bytes, Spec]:
    """Packs `W`, `b`, `c` and, where there is one, `base`, the visible bias that the chains start from.

    Raises:
        ValueError: If the page cannot run the machine, or `base` has another size.
    """
    check_rbm(rbm)
    if base is None:
        return pack_rbm(rbm)
    if tensor(base, "base").shape != (rbm.features,):
        raise ValueError(f"base has shape {tuple(base.shape)}, expected ({rbm.features},): a bias for each feature")
    return pack_rbm(rbm, base=base)


@torch.no_grad()
def truth(weights: bytes, spec: Spec, samples: Tensor | None, seed: int) -> dict[str, Any]:
    r"""Returns the traits that hold the exact $\log Z$ of the rounded machine, if it is not too large, and samples.

    Where the smaller layer can be listed, samples are drawn exactly, the global random numbers left as they are;
    otherwise they are those that are given, or none.
    """
    read = {name: value for name, value in unpack_tensors(weights, spec).items() if name != "base"}
    features, hidden = len(read["c"]), len(read["b"])
    small = min(hidden, features) <= EXACT_UNITS
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rbm = RBM(features, hidden).double()
        rbm.load_state_dict(read)
        if samples is not None:
            bits = check_bits(tensor(samples, "samples")[:SAMPLES], features, "samples")
        else:
            bits = draws(rbm).bool().numpy() if small else np.zeros((0, features), dtype=bool)
    return {
        "log_z": rbm.log_partition().item() if small else None,
        "samples": np.packbits(bits).tobytes(),
        "sample_count": len(bits),
    }


def draws(rbm: RBM) -> Tensor:
    """Draws from the machine without a chain: the smaller layer from its exact distribution, the larger one given it.

    Returns:
        Pictures, `(400, D)`.
    """
    over_h = rbm.hidden <= rbm.features
    units = rbm.hidden if over_h else rbm.features
    log_p = torch.cat(
        [
            s @ rbm.b + rbm.visible_log_partition(s @ rbm.W + rbm.c) if over_h else -rbm.free_energy(s)
            for s in enumerate_states(units, 2**14, torch.float64)
        ]
    )
    numbers = torch.multinomial(log_p.softmax(0), SAMPLES, replacement=True)
    states = (numbers[:, None] >> torch.arange(units - 1, -1, -1) & 1).double()
    return bernoulli(rbm.prob_x(states)) if over_h else states
