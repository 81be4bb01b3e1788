r"""The arrows of a denoiser in the plane beside the exact score, and two walks along them."""

from __future__ import annotations

__all__ = ["ScoreField"]

import math
from collections.abc import Mapping
from typing import Any

import torch
import traitlets
from torch import nn

from genlib.autoencoders import Autoencoder, DenoisingAutoencoder
from genlib.data import BlurredCurve, density
from genlib.widgets.base import Bounded, Widget, tensor_trait
from genlib.widgets.exact import check_exact
from genlib.widgets.packing import LIMIT, Spec, pack, pack_tensors

SHADES = ["density", "difference"]
MOST_LEVELS, MOST_NODES = 6, 2000
LEAST_SIGMA, MOST_SIGMA = 0.05, 5.0


class ScoreField(Widget):
    r"""Shows where a denoiser sends each point of the plane, $\hat x(x')$, beside $x' + \sigma^2 \nabla \log p_\sigma$.

    $p_\sigma$ is the data's density blurred by noise of variance $\sigma^2$. The data are a blurred curve, a mixture of
    Gaussians of variance $s^2$ along it, so that $p_\sigma$ is the same with $s^2 + \sigma^2$, and the page knows its
    gradient exactly. From a point that the reader drags two walks go a share of the way at each step, one by either
    answer.

    The reader sets the traits `sigma`, `share`, `shade` and `start`, and reaches `steps`, `x_exact` and `x_model`;
    setting the former in Python moves the page.

    Args:
        model: A denoiser of points in the plane around an `Autoencoder`, trained on `gaussian_noise`; or several, by
            the noise $\sigma$ that each was trained on.
        data: A name of `data.densities()` that is a blurred curve, or a `BlurredCurve`.
        sigma: The noise that is chosen, one of those that there are models for; a single model's own has to be said.
        share: Which part of the way to the answer a step goes, 0.05 to 1.
        shade: What the plane is shaded by: "density", or "difference", how far apart the two answers are.
        start: Where the walks begin; by default above the data and left of them.
        limit: The plane reaches from `-limit` to `limit` on both axes.

    Raises:
        ValueError: If the page cannot run a model, it is none of points in the plane, a density is not known exactly,
            or an option is out of range.

    Source: Vincent (2011); Alain and Bengio, What Regularized Auto-Encoders Learn (2014).

    Example:
        >>> from genlib.nn import mlp
        >>> plain = Autoencoder(mlp(2, 16), mlp(16, 2))
        >>> ScoreField(DenoisingAutoencoder(plain, lambda x: x), sigma=0.5).curve
        'two_moons'
    """

    weights = traitlets.Bytes(help="Weights of all networks, one after the other.").tag(sync=True)
    spec = traitlets.Dict(help="The noise of each network, its layers, and where its weights begin.").tag(sync=True)
    nodes = traitlets.Bytes(help="Where the Gaussians lie that the data are a mixture of, and their weights.").tag(
        sync=True
    )
    nodes_spec = traitlets.Dict(help="Where these tensors lie.").tag(sync=True)
    spread = traitlets.Float(help="Standard deviation of these Gaussians.").tag(sync=True)
    curve = traitlets.Unicode(help="Name of the data; empty for a density of one's own.").tag(sync=True)
    limit = traitlets.Float(help="The plane reaches from -limit to limit.").tag(sync=True)

    sigma = traitlets.Float(help="The noise that is chosen.").tag(sync=True)
    share = Bounded(0.2, min=0.05, max=1.0, help="Which part of the way a step goes.").tag(sync=True)
    shade = traitlets.Enum(SHADES, "density", help="What the plane is shaded by.").tag(sync=True)
    start = traitlets.List(traitlets.Float(), help="Where the walks begin, x'.").tag(sync=True)

    steps = traitlets.Int(help="Steps of both walks.").tag(sync=True)
    x_exact = tensor_trait("Where the walk along the exact score stands, (1, 2).")
    x_model = tensor_trait("Where the network's stands, (1, 2).")

    def __init__(
        self,
        model: DenoisingAutoencoder | Mapping[float, DenoisingAutoencoder],
        data: str | BlurredCurve = "two_moons",
        *,
        sigma: float | None = None,
        share: float = 0.2,
        shade: str = "density",
        start: tuple[float, float] | None = None,
        limit: float = 4.5,
    ) -> None:
        if not isinstance(limit, int | float) or not 0 < limit < math.inf:
            raise ValueError(f"limit is {limit!r}, expected how far the plane that is shown reaches, such as 4.5")
        if not isinstance(model, Mapping) and sigma is None:
            raise ValueError("the model's sigma is not said, expected the noise that it was trained on: sigma=0.5")
        weights, spec = joined(levels_of(model, sigma))
        super().__init__(
            weights=weights,
            spec=spec,
            limit=limit,
            **nodes_of(data),
            sigma=spec["levels"][0]["sigma"] if sigma is None else sigma,
            share=share,
            shade=shade,
            start=[-0.75 * limit, 0.65 * limit] if start is None else list(start),
        )

    @traitlets.validate("sigma")
    def _is_a_level(self, proposal: traitlets.Bunch) -> float:
        levels = [level["sigma"] for level in self.spec["levels"]]
        if proposal.value not in levels:
            raise ValueError(f"sigma is {proposal.value!r}, expected one that there is a model for: {levels}")
        return proposal.value

    @traitlets.validate("start")
    def _in_the_plane(self, proposal: traitlets.Bunch) -> list[float]:
        start = proposal.value
        if len(start) != 2 or not all(-self.limit <= value <= self.limit for value in start):
            raise ValueError(f"start is {start}, expected a point of the plane, two numbers up to {self.limit:g}")
        return start

    def update(self, model: DenoisingAutoencoder | Mapping[float, DenoisingAutoencoder]) -> None:
        """Goes on with the weights of `model`, or of several by their noise, which have trained on."""
        alone = self.spec["levels"][0]["sigma"] if len(self.spec["levels"]) == 1 else None
        weights, spec = joined(levels_of(model, alone))
        if spec != self.spec:
            raise ValueError("this model has other layers, or other noise, than is shown: make a new ScoreField")
        self.weights = weights


def levels_of(
    model: DenoisingAutoencoder | Mapping[float, DenoisingAutoencoder], sigma: float | None
) -> dict[float, DenoisingAutoencoder]:
    """Returns models by their noise, the least first.

    Raises:
        ValueError: If there are none or too many, or a noise is no number of use.
    """
    models: dict[Any, DenoisingAutoencoder] = dict(model) if isinstance(model, Mapping) else {sigma: model}
    if not 1 <= len(models) <= MOST_LEVELS:
        raise ValueError(f"there are {len(models)} models, expected 1 to {MOST_LEVELS}")
    for level in models:
        if not isinstance(level, int | float) or not LEAST_SIGMA <= level <= MOST_SIGMA:
            raise ValueError(f"sigma is {level!r}, expected a noise from {LEAST_SIGMA:g} to {MOST_SIGMA:g}")
    return {float(level): models[level] for level in sorted(models)}


def joined(models: Mapping[float, DenoisingAutoencoder]) -> tuple[bytes, Spec]:
    """Packs networks one after the other; each says where its own weights begin.

    Raises:
        ValueError: If the page cannot run one, or they are too large together.
    """
    parts, levels, offset = [], [], 0
    for sigma, model in models.items():
        weights, spec = pack(network_of(model), shape=(2,))
        if spec["output"] != [2]:
            raise ValueError(f"the networks lead from 2 numbers to {tuple(spec['output'])}, expected points back: (2,)")
        parts.append(weights)
        levels.append({"sigma": sigma, "offset": offset, **spec})
        offset += len(weights)
    if offset > LIMIT:
        raise ValueError(f"these models take {offset:,} bytes together, expected at most {LIMIT:,}; show fewer of them")
    return b"".join(parts), {"levels": levels}


def network_of(model: DenoisingAutoencoder) -> nn.Sequential:
    """Returns encoder and decoder as one network, or raises a `ValueError` where the page may compute another one."""
    check_exact(model, [DenoisingAutoencoder], "the model")
    check_exact(model.autoencoder, [Autoencoder], "the autoencoder")
    return nn.Sequential(model.autoencoder.encoder, model.autoencoder.decoder)


def nodes_of(data: str | BlurredCurve) -> dict[str, Any]:
    """Returns the traits that hold a mixture of Gaussians along a curve.

    Raises:
        ValueError: If the density is no such mixture.
    """
    curve = density(data) if isinstance(data, str) else data
    if type(curve) is not BlurredCurve:
        shown = data if isinstance(data, str) else type(data).__name__
        raise ValueError(f"data is {shown!r}, expected a BlurredCurve, whose score under noise is known exactly")
    if len(curve.points) > MOST_NODES:
        raise ValueError(f"data has {len(curve.points)} nodes, expected at most {MOST_NODES}")
    tensors = {"points": torch.as_tensor(curve.points), "log_weights": curve.log_weights}
    nodes, spec = pack_tensors({name: value.float() for name, value in tensors.items()}, "float32")
    name = data if isinstance(data, str) else ""
    return {"nodes": nodes, "nodes_spec": spec, "spread": float(curve.sigma), "curve": name}
