r"""A model that draws pixel by pixel: it completes what a reader draws, and shows what each pixel reads."""

from __future__ import annotations

__all__ = ["PixelByPixel"]

from collections.abc import Mapping
from typing import Any

import traitlets
from torch import Tensor

from genlib._guard import tensor
from genlib.widgets.base import Widget, check_image, tensor_trait
from genlib.widgets.packing import LIMIT, Spec, pack_bits
from genlib.widgets.pixel_by_pixel.sending import Model, packed

MOST_PICTURES, MOST_MODELS = 50, 4


class PixelByPixel(Widget):
    r"""Completes pictures by the chain rule, $x_t \sim p(x_t | x_{<t})$, six at once, and tells what they cost.

    The first pixels of a drawing, in the model's own order, are kept; each of the others is ink with the probability
    that the model gives it after those before. So what is drawn has the exact conditional distribution of the rest
    given what is kept, and $-\log p$ of it, in nats, stands beneath it. A pixel that is asked shows which others its
    log-odds depend on, by the weights that are not zero.

    Args:
        model: A `MADE`, in any order, a `PixelCNN` or a `GatedPixelCNN` without labels; or several by name, of pictures
            of one size, between which the reader chooses.
        x: Pictures of zeros and ones to begin with, `(N, ...)`, 50 at most; the first is on the pad.
        given: How many pixels are kept at first; by default half of them, or none where there is no picture.
        shape: Rows and columns of a picture; by default the model's own, or a square.
        seed: Seed of the coins.

    Raises:
        ValueError: If the page cannot run a model, sizes do not fit, or values are not 0 and 1.

    Source: Germain et al., MADE (2015); van den Oord et al., Pixel Recurrent Neural Networks (2016).

    Example:
        >>> from genlib.autoregressive import MADE
        >>> PixelByPixel(MADE(64, 16)).given
        0
    """

    weights = traitlets.Bytes(help="Weights of all models, one after the other.").tag(sync=True)
    spec = traitlets.Dict(help="Rows and columns, and where each model's tensors lie.").tag(sync=True)
    examples = traitlets.Bytes(help="Pictures to begin with, one bit a pixel.").tag(sync=True)
    count = traitlets.Int(help="How many they are.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the coins.").tag(sync=True)

    chosen = traitlets.Unicode(help="The model that draws, by its name.").tag(sync=True)
    given = traitlets.Int(help="How many pixels are kept.").tag(sync=True)
    pixel = traitlets.Int(-1, help="The pixel that was asked what it reads, or -1.").tag(sync=True)

    drawing = tensor_trait("What is on the pad, (1, D).")
    x = tensor_trait("The six pictures, (6, D); pixels that are not drawn yet are 0.")
    drawn = traitlets.Int(help="How many pixels are there, those that are kept included.").tag(sync=True)
    nats = traitlets.List(traitlets.Float(), help="-log p of what was drawn, for each of the six.").tag(sync=True)
    chance = traitlets.Float(help="Probability that the next pixel is ink, in the picture looked at.").tag(sync=True)

    def __init__(
        self,
        model: Model | Mapping[str, Model],
        x: Tensor | None = None,
        *,
        given: int | None = None,
        shape: tuple[int, int] | None = None,
        seed: int = 0,
    ) -> None:
        models = dict(model) if isinstance(model, Mapping) else {"": model}
        if not 1 <= len(models) <= MOST_MODELS:
            raise ValueError(f"there are {len(models)} models, expected 1 to {MOST_MODELS}")
        size = shape or getattr(next(iter(models.values())), "shape", None)
        features = getattr(next(iter(models.values())), "features", 0)
        rows, columns = check_image(size, features) if features else (0, 0)
        weights, spec = joined(models, (rows, columns))
        many = 0 if x is None else len(tensor(x, "x"))
        if many > MOST_PICTURES or (x is not None and not many):
            raise ValueError(f"x has {many} pictures, expected 1 to {MOST_PICTURES}: x[:{MOST_PICTURES}]")
        super().__init__(
            weights=weights,
            spec=spec,
            examples=b"" if x is None else pack_bits(x, features, "x"),
            count=many,
            seed=seed,
            chosen=next(iter(models)),
            given=given if given is not None else features // 2 if many else 0,
        )

    @traitlets.validate("chosen")
    def _is_a_name(self, proposal: dict[str, Any]) -> str:
        names = [part["name"] for part in self.spec["models"]]
        if proposal["value"] not in names:
            raise traitlets.TraitError(f"chosen is {proposal['value']!r}, expected one of {names}")
        return str(proposal["value"])

    @traitlets.validate("given", "pixel")
    def _is_within(self, proposal: dict[str, Any]) -> int:
        rows, columns = self.spec["shape"]
        name, value = proposal["trait"].name, proposal["value"]
        low, high = (0, rows * columns) if name == "given" else (-1, rows * columns - 1)
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name} is {value}, expected {low} to {high}")
        return int(value)

    def update(self, model: Model | Mapping[str, Model]) -> None:
        """Goes on with the weights of `model`, or of several by name, which have trained on."""
        models = dict(model) if isinstance(model, Mapping) else {"": model}
        weights, spec = joined(models, tuple(self.spec["shape"]))
        if spec != self.spec:
            raise ValueError("this model is built otherwise than the one shown; make another widget of it")
        self.weights = weights


def joined(models: Mapping[str, Model], shape: tuple[int, int]) -> tuple[bytes, Spec]:
    """Packs models one after the other; each says where its own begin."""
    parts, specs, offset = [], [], 0
    for name, model in models.items():
        weights, spec = packed(model, shape)
        parts.append(weights)
        specs.append({"name": name, "offset": offset, **spec})
        offset += len(weights)
    if offset > LIMIT:
        raise ValueError(f"these models take {offset:,} bytes together, expected at most {LIMIT:,}; show fewer of them")
    return b"".join(parts), {"shape": list(shape), "models": specs}
