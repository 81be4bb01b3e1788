r"""A Boltzmann machine small enough to see all of its law, and a chain that has to find it."""

from __future__ import annotations

__all__ = ["BoltzmannBars"]

from collections.abc import Sequence

import torch
import traitlets

from genlib.energy import BoltzmannMachine
from genlib.widgets._base import Widget, tensor_trait
from genlib.widgets._boltzmann import checked, machine_of, presets, traits_of


class BoltzmannBars(Widget):
    r"""Shows a machine's graph, $p(v) \propto e^{-E(v)/T}$ over all its states, and a Gibbs chain's histogram of them.

    The reader sets the traits `biases`, `couplings`, `temperature`, `clamp` and `k`, and reaches `log_z`, and by the
    chain `v`, `counts` and `sweeps`; setting the former in Python moves the page. States count upwards with the first
    unit as the highest bit, as in `data.binary_states`.

    Args:
        machine: A machine of 2 to 6 units, hidden ones included; by default the five-unit example of the chapter.
        temperature: T, 0.2 to 5.
        clamp: For each unit `None` if it is free, 0 or 1 if it is held there.
        k: Sweeps per frame, 1 to 1000.
        seed: Seed of the chain.

    Raises:
        ValueError: If there are too many units, a parameter is not finite, or an option is out of range.

    Source: Ackley, Hinton and Sejnowski, A Learning Algorithm for Boltzmann Machines (1985).

    Example:
        >>> BoltzmannBars().machine().log_partition()
        tensor(2.8649, grad_fn=<LogsumexpBackward0>)
    """

    parts = ("boltzmann.js", "boltzmann_graph.js", "boltzmann_plot.js")

    features = traitlets.Int(help="Number of visible units; the other ones are hidden.").tag(sync=True)
    biases = traitlets.List(traitlets.Float(), help="Bias of each unit, visible ones first.").tag(sync=True)
    couplings = traitlets.List(traitlets.List(traitlets.Float()), help="Symmetric, no diagonal.").tag(sync=True)
    clamp = traitlets.List(traitlets.Int(allow_none=True), help="None, 0 or 1 for each unit.").tag(sync=True)
    temperature = traitlets.Float(1.0, help="T in p ~ exp(-E / T).").tag(sync=True)
    k = traitlets.Int(1, min=1, max=1000, help="Sweeps per frame.").tag(sync=True)
    seed, sweeps = traitlets.Int().tag(sync=True), traitlets.Int(help="Sweeps counted.").tag(sync=True)
    counts = traitlets.List(traitlets.Int(), help="Sweeps that ended in each state, (2**units,).").tag(sync=True)
    log_z = traitlets.Float(help="Of the states that agree with the clamped units, at this temperature.").tag(sync=True)
    v, presets = tensor_trait("Where the chain stands, (1, D + H)."), traitlets.Dict().tag(sync=True)

    def __init__(
        self, machine: BoltzmannMachine | None = None, *,
        temperature: float = 1.0, clamp: Sequence[int | None] | None = None, k: int = 1, seed: int = 0,
    ) -> None:  # fmt: skip
        known = presets()
        shown = traits_of(known["the five-unit example"] if machine is None else machine)
        held = [None] * len(shown["biases"]) if clamp is None else list(clamp)
        examples = {name: traits_of(example) for name, example in known.items()}
        super().__init__(**shown, clamp=held, temperature=temperature, k=k, seed=seed, presets=examples)

    def update(self, machine: BoltzmannMachine) -> None:
        """Goes on with `machine`, which has trained on; units stay clamped where there are as many of them."""
        traits = traits_of(machine)
        with self.hold_sync(), self.hold_trait_notifications():
            if len(traits["biases"]) != len(self.biases):
                self.clamp = [None] * len(traits["biases"])
            for name, value in traits.items():
                setattr(self, name, value)

    def machine(self) -> BoltzmannMachine:
        """Returns a machine with the biases and couplings that the page has now."""
        return machine_of(self.features, torch.tensor(self.biases), torch.tensor(self.couplings))

    @traitlets.validate("biases", "couplings", "clamp", "temperature")
    def _checked(self, proposal: traitlets.Bunch) -> object:
        name = proposal.trait.name
        return checked(name, proposal.value, len(self.couplings if name == "biases" else self.biases))
