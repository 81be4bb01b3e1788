r"""Energy-based models: a density up to a constant.

An energy gives every configuration a cost, and probability falls off exponentially with it,

$$p(x) = \frac{1}{Z} e^{-E(x)}, \qquad Z = \sum_x e^{-E(x)}.$$

Scores are cheap and $Z$ is not: it sums over every configuration there is. Whatever is exact here says so and
refuses beyond 20 summed units; whatever is sampled starts from a chain that the caller can see.

`boltzmann` holds the general machine, `rbm` the restricted one, `labelled` one that knows labels, `belief` and `deep`
the two kinds of stacks; `annealing` estimates $\log Z$, `pseudolikelihood` scores without it.

Conventions: visible units `x` `(B, D)` and hidden units `h` `(B, H)` hold 0 and 1; `W` `(H, D)` couples them, `b`
`(H,)` is the bias of the hidden and `c` `(D,)` of the visible units.
"""

from __future__ import annotations

from genlib.energy.annealing import AIS, ais, reverse_ais
from genlib.energy.belief import DBN
from genlib.energy.boltzmann import BoltzmannMachine, bernoulli
from genlib.energy.deep import DBM
from genlib.energy.labelled import ClassRBM
from genlib.energy.pseudolikelihood import pseudo_log_prob
from genlib.energy.rbm import RBM, CentredRBM

__all__ = [
    "AIS",
    "DBM",
    "DBN",
    "RBM",
    "BoltzmannMachine",
    "CentredRBM",
    "ClassRBM",
    "ais",
    "bernoulli",
    "pseudo_log_prob",
    "reverse_ais",
]
