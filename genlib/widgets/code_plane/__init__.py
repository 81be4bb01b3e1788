r"""Two planes of codes side by side: those of an autoencoder, and the first two principal components."""

from __future__ import annotations

__all__ = ["CodePlane"]

import math
from typing import Any

import numpy as np
import torch
import traitlets
from torch import Tensor, nn

from genlib._guard import tensor
from genlib.autoencoders import Autoencoder, BinaryAutoencoder, Plane, plane_of
from genlib.widgets.base import Widget, tensor_trait
from genlib.widgets.exact import check_exact
from genlib.widgets.packing import Spec, pack, rounded

KINDS: tuple[type[nn.Module], ...] = (Autoencoder, BinaryAutoencoder)


class CodePlane(Widget):
    r"""Places images in the plane of an autoencoder's codes and in that of PCA, and decodes any point of either.

    Args:
        model: Autoencoder of square grey images as vectors, with codes of two numbers. A large network keeps 8 bits of
            each weight, a small one 16.
        x: Images `(N, D)` in [0, 1], whose codes and principal components are shown; or a `Plane` that holds them
            already, such as `zoo.plane()`.
        y: Their classes, 0 to 9, `(N,)`, where `x` holds images.
        z: The code to begin with, two numbers; by default that of the first example.

    Raises:
        ValueError: If a size or a value does not fit, or the networks cannot be sent to a page.

    Source: Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks (2006).

    Example:
        >>> from genlib.nn import mlp
        >>> model = Autoencoder(mlp(64, 32, 2), mlp(2, 32, 64))
        >>> CodePlane(model, torch.rand(50, 64), torch.arange(50) % 10, z=[0.5, -1]).z
        [0.5, -1.0]
    """

    encoder_weights = traitlets.Bytes(help="Weights of the encoder.").tag(sync=True)
    encoder_spec = traitlets.Dict(help="Its layers.").tag(sync=True)
    weights = traitlets.Bytes(help="Weights of the decoder.").tag(sync=True)
    spec = traitlets.Dict(help="Its layers.").tag(sync=True)
    pca_encoder_weights = traitlets.Bytes(help="The principal axes, as a linear layer.").tag(sync=True)
    pca_encoder_spec = traitlets.Dict(help="That layer.").tag(sync=True)
    pca_weights = traitlets.Bytes(help="The layer that leads back.").tag(sync=True)
    pca_spec = traitlets.Dict(help="That layer.").tag(sync=True)
    codes = traitlets.Bytes(help="Code of each image, float32, (N, 2).").tag(sync=True)
    components = traitlets.Bytes(help="First two principal components of each, float32, (N, 2).").tag(sync=True)
    labels = traitlets.Bytes(help="Class of each, a byte.").tag(sync=True)
    examples = traitlets.Bytes(help="Images to choose from, one of each class, 8 bits a pixel.").tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), help="What they are called.").tag(sync=True)

    z = traitlets.List(traitlets.Float(), help="The point of the autoencoder's plane that is decoded.").tag(sync=True)
    pca_z = traitlets.List(traitlets.Float(), help="The point of the other plane.").tag(sync=True)
    x_hat = tensor_trait("What the autoencoder makes of z, (1, D).")
    image = tensor_trait("What was encoded last, (1, D).")

    def __init__(
        self,
        model: Autoencoder,
        x: Tensor | Plane,
        y: Tensor | None = None,
        *,
        z: list[float] | Tensor | None = None,
    ) -> None:
        traits, page = _networks(model)
        if isinstance(x, Plane):
            self._x, plane = None, x
        else:
            self._x = _images(x, y, traits["encoder_spec"]["shape"][0])
            plane = plane_of(page, self._x[0].to(next(page.parameters())), self._x[1])
        traits |= _placed(plane, traits["encoder_spec"]["shape"][0])
        start = page.encode(plane.images[:1].to(next(page.parameters())))[0] if z is None else z
        first = (plane.images[:1] - plane.mean) @ plane.axes[:2].T
        super().__init__(z=_numbers(start), pca_z=_numbers(first[0]), **traits)

    def update(self, model: Autoencoder, plane: Plane | None = None) -> None:
        """Goes on with the weights of `model`, which has trained on.

        Args:
            model: An autoencoder of the same layers.
            plane: Where it places the images, for a widget that was made of a `Plane`.
        """
        traits, page = _networks(model)
        if any(traits[name] != getattr(self, name) for name in ("spec", "encoder_spec")):
            raise ValueError("this model has other layers than the one that the widget shows; make a new CodePlane")
        if self._x is not None:
            plane = plane_of(page, self._x[0].to(next(page.parameters())), self._x[1])
        if plane is None:
            raise ValueError("got no plane, expected one beside the model: this widget was made of one, not of images")
        traits |= _placed(plane, self.encoder_spec["shape"][0])
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    @traitlets.validate("z", "pca_z")
    def _one_point(self, proposal: traitlets.Bunch) -> list[float]:
        if len(proposal.value) != 2 or not all(map(math.isfinite, proposal.value)):
            raise ValueError(f"{proposal.trait.name} is {proposal.value}, expected two finite numbers")
        return proposal.value


def _networks(model: Autoencoder) -> tuple[dict[str, Any], Autoencoder]:
    """Returns the traits that hold encoder and decoder, and the model that the page computes."""
    check_exact(model, KINDS, "the model")
    decoder = model.decoder if type(model) is Autoencoder else nn.Sequential(model.decoder, nn.Sigmoid())
    traits: dict[str, Any] = {}
    page = []
    for prefix, net in (("encoder_", model.encoder), ("", decoder)):
        kind = "int8" if sum(p.numel() for p in net.parameters()) > 50_000 else None
        traits[f"{prefix}weights"], traits[f"{prefix}spec"] = pack(net, kind)
        page.append(rounded(net, kind))
    ends = [traits[name][part] for name in ("encoder_spec", "spec") for part in ("shape", "output")]
    if ends[1] != [2] or ends[2] != [2] or ends[0] != ends[3] or len(ends[0]) != 1:
        raise ValueError(f"encoder and decoder lead from {ends[0]} to {ends[1]} and from {ends[2]} to {ends[3]}, "
                         "expected vectors, a code of two numbers and vectors of the same size")  # fmt: skip
    if math.isqrt(ends[0][0]) ** 2 != ends[0][0]:
        raise ValueError(f"this model's images have {ends[0][0]} pixels, expected a square number such as 64 or 784")
    return traits, Autoencoder(*page)


def _images(x: Tensor, y: Tensor | None, features: int) -> tuple[Tensor, Tensor]:
    """Returns images `(N, D)` and their classes if they are such."""
    x = tensor(x, "x").detach().flatten(1)
    if x.shape[1] != features or len(x) < 2:
        raise ValueError(f"x holds {len(x)} images of {x.shape[1]} pixels, expected two or more of {features}")
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"x has values from {x.min():g} to {x.max():g}, expected grey levels from 0 to 1")
    if y is None:
        raise ValueError("got no y, expected the class of each image, 0 to 9")
    return x, tensor(y, "y")


def _placed(plane: Plane, features: int) -> dict[str, Any]:
    """Returns the traits of the dots, of PCA and of the images to choose from, one of each class."""
    labels, shown = plane.labels.tolist(), plane.image_labels.tolist()
    if not set(labels) <= set(range(10)) or len(labels) != len(plane.codes):
        raise ValueError(f"y holds {sorted(set(labels))} for {len(plane.codes)} images, expected 0 to 9 for each")
    if plane.images.shape[1] != features:
        raise ValueError(f"the plane's images have {plane.images.shape[1]} pixels, this model's have {features}")
    if not (plane.codes.isfinite().all() and plane.components.isfinite().all()):
        raise ValueError("the plane has codes that are NaN or infinite, expected finite ones")
    first = [shown.index(label) for label in sorted(set(shown))]
    traits: dict[str, Any] = {
        "codes": _bytes(plane.codes, "<f4"),
        "components": _bytes(plane.components, "<f4"),
        "labels": bytes(labels),
        "examples": _bytes(255 * plane.images[first].round(decimals=6), "u1"),
        "names": [f"a {shown[i]}" for i in first],
    }
    axes, mean = plane.axes[:2].detach(), plane.mean.detach()
    up, down = nn.Linear(features, 2).to(axes), nn.Linear(2, features).to(axes)
    with torch.no_grad():
        for layer, weight, bias in ((up, axes, -axes @ mean), (down, axes.T, mean)):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    for prefix, layer in (("pca_encoder_", up), ("pca_", down)):
        packed: tuple[bytes, Spec] = pack(nn.Sequential(layer), "float32")
        traits[f"{prefix}weights"], traits[f"{prefix}spec"] = packed
    return traits


def _bytes(values: Tensor, kind: str) -> bytes:
    array = values.detach().cpu().numpy()
    return (np.rint(array) if kind == "u1" else array).astype(kind).tobytes()


def _numbers(z: Any) -> list[Any]:
    """Returns a point as a list, whose entries the trait looks at."""
    return z.tolist() if hasattr(z, "tolist") else list(z)
