r"""What a page can compute of a network: kinds of layers, one object each, and the graph that they make.

A network is a list of nodes. Value 0 is what goes in, value i + 1 comes out of node i, and each node says which values
it takes: the one before it, or those that it adds. A new kind of layer is one object here, in `KINDS` under its class,
and one in `js/layers/`, in the page's list under the name that it has here.
"""

from __future__ import annotations

__all__ = ["KINDS", "Kind", "Node", "graph_of", "own_shape", "shapes_of"]

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from genlib.nn import Residual
from genlib.widgets.exact import check_exact

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of layer, as it is where the page takes any options, each number for itself.

    Attributes:
        name: What the page calls it.
        options: Attributes of the layer that the page needs, by the names that it has for them.
        only: In words, what is asked of the layer's options.
    """

    name: str
    options: tuple[tuple[str, str], ...] = ()
    only: str = ""
    keeps_shape: ClassVar[bool] = True

    def knows(self, layer: Any) -> bool:
        """Tells whether the page knows the layer's options."""
        return True

    def after(self, layer: Any, *shapes: Shape) -> Shape | None:
        """Returns the shape of what comes out of examples of these shapes, `None` where the layer takes no such."""
        return shapes[0]

    def described(self, layer: Any) -> dict[str, Any]:
        """Returns what the page is told, besides weights."""
        named = {name: getattr(layer, attribute) for name, attribute in self.options}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in named.items()}


class _Softplus(Kind):
    def knows(self, layer: nn.Softplus) -> bool:
        return (layer.beta, layer.threshold) == (1, 20)


class _Linear(Kind):
    keeps_shape = False

    def after(self, layer: nn.Linear, *shapes: Shape) -> Shape | None:
        return (layer.out_features,) if shapes[0] == (layer.in_features,) else None


class _Convolution(Kind):
    keeps_shape = False

    def knows(self, layer: nn.Conv2d | nn.ConvTranspose2d) -> bool:
        plain = (layer.groups, layer.dilation, layer.padding_mode) == (1, (1, 1), "zeros")
        return plain and not isinstance(layer.padding, str)

    def after(self, layer: nn.Conv2d | nn.ConvTranspose2d, *shapes: Shape) -> Shape | None:
        shape = shapes[0]
        if len(shape) != 3 or shape[0] != layer.in_channels:
            return None
        rows, columns = (self.along(layer, axis, n) for axis, n in enumerate(shape[1:]))
        return (layer.out_channels, rows, columns) if min(rows, columns) > 0 else None

    def along(self, layer: Any, axis: int, n: int) -> int:
        """Returns how many rows (axis 0) or columns (axis 1) come of n."""
        return (n + 2 * layer.padding[axis] - layer.kernel_size[axis]) // layer.stride[axis] + 1


class _Transposed(_Convolution):
    def along(self, layer: Any, axis: int, n: int) -> int:
        inside = (n - 1) * layer.stride[axis] - 2 * layer.padding[axis]
        return inside + layer.kernel_size[axis] + layer.output_padding[axis]


class _Flatten(Kind):
    keeps_shape = False

    def knows(self, layer: nn.Flatten) -> bool:
        return (layer.start_dim, layer.end_dim) == (1, -1)

    def after(self, layer: nn.Flatten, *shapes: Shape) -> Shape | None:
        return (math.prod(shapes[0]),)


class _Unflatten(Kind):
    keeps_shape = False

    def knows(self, layer: nn.Unflatten) -> bool:
        return layer.dim == 1 and all(isinstance(size, int) and size > 0 for size in layer.unflattened_size)

    def after(self, layer: nn.Unflatten, *shapes: Shape) -> Shape | None:
        sizes = tuple(int(size) for size in layer.unflattened_size)
        return sizes if shapes[0] == (math.prod(sizes),) else None


class _Add(Kind):
    def after(self, layer: Residual, *shapes: Shape) -> Shape | None:
        return shapes[0] if len(set(shapes)) == 1 else None


CONVOLVES = (("stride", "stride"), ("padding", "padding"))
PLAIN = "groups=1, dilation=1 and zeros as many as padding says"
ADD = _Add("add")

KINDS: dict[type[nn.Module], Kind] = {
    nn.Linear: _Linear("linear"),
    nn.Conv2d: _Convolution("conv2d", CONVOLVES, PLAIN),
    nn.ConvTranspose2d: _Transposed("conv_transpose2d", (*CONVOLVES, ("output_padding", "output_padding")), PLAIN),
    nn.ELU: Kind("elu", (("alpha", "alpha"),)),
    nn.LeakyReLU: Kind("leaky_relu", (("slope", "negative_slope"),)),
    nn.ReLU: Kind("relu"),
    nn.SiLU: Kind("silu"),
    nn.Sigmoid: Kind("sigmoid"),
    nn.Softplus: _Softplus("softplus", only="its default options"),
    nn.Tanh: Kind("tanh"),
    nn.Flatten: _Flatten("flatten", only="its default options"),
    nn.Unflatten: _Unflatten("unflatten", (("shape", "unflattened_size"),), "dim=1 and whole sizes"),
}
LAYERS: tuple[type[nn.Module], ...] = (*KINDS, Residual, nn.Identity, nn.Sequential)


@dataclass(frozen=True)
class Node:
    """A layer and the values that it takes: 0 is the network's input, i + 1 what comes out of node i."""

    kind: Kind
    layer: nn.Module
    sources: tuple[int, ...]


def graph_of(net: nn.Module) -> list[Node]:
    """Returns the layers of a network in an order in which they can be computed, without identities.

    Raises:
        ValueError: If a layer is of another class than the page knows, may compute something else than its class does,
            has options that the page does not know, or shares a weight with another one.

    Example:
        >>> net = nn.Sequential(nn.Linear(3, 3), Residual(nn.Tanh()))
        >>> [(node.kind.name, node.sources) for node in graph_of(net)]
        [('linear', (0,)), ('tanh', (1,)), ('add', (1, 2))]
    """
    nodes: list[Node] = []
    _grow(nodes, net, "", 0)
    _refuse_shared(nodes)
    return nodes


def _grow(nodes: list[Node], part: nn.Module, path: str, value: int) -> int:
    """Adds a part that takes `value`, and returns the value that comes out of it."""
    check_exact(part, LAYERS, f"layer {path}" if path else "the network")
    start = f"{path}." if path else ""
    if isinstance(part, nn.Sequential):
        for key, inner in part._modules.items():
            value = value if inner is None else _grow(nodes, inner, f"{start}{key}", value)
        return value
    if isinstance(part, nn.Identity):
        return value
    if isinstance(part, Residual):
        end = _grow(nodes, part.net, f"{start}net", value)
        nodes.append(Node(ADD, part, (value, end)))
        return len(nodes)
    kind = KINDS[type(part)]
    if not kind.knows(part):
        known = f"{type(part).__name__} with {kind.only}"
        raise ValueError(f"the page cannot compute layer {path}, {part}; it knows {known}")
    nodes.append(Node(kind, part, (value,)))
    return len(nodes)


def _refuse_shared(nodes: list[Node]) -> None:
    """Refuses a weight that two layers have: the page would train it apart."""
    seen: set[int] = set()
    for node in nodes:
        for key, parameter in node.layer.named_parameters(recurse=False):
            if id(parameter) in seen:
                raise ValueError(
                    f"the {key} of {node.layer} stands in the network twice, the page would train it apart"
                )
            seen.add(id(parameter))


def shapes_of(nodes: list[Node], shape: Shape | None = None) -> list[Shape]:
    """Returns the shape of every value for one example, what goes in included.

    Args:
        nodes: A network.
        shape: That of what goes in; a network of vectors says it itself.

    Raises:
        ValueError: If a layer does not take what it gets, or the network does not say what it takes.

    Example:
        >>> shapes_of(graph_of(nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten())), (1, 4, 4))
        [(1, 4, 4), (8, 2, 2), (32,)]
    """
    start = shape or own_shape(nodes)
    if start is None:
        shaped = [node.layer for node in nodes if not node.kind.keeps_shape]
        begins = f"begins with {shaped[0]}" if shaped else "has no Linear layer"
        raise ValueError(f"the network {begins}; pass shape=, that of one example, such as (1, 28, 28)")
    shapes = [start]
    for node in nodes:
        given = [shapes[source] for source in node.sources]
        after = node.kind.after(node.layer, *given)
        if after is None:
            words = " and ".join(map(str, given))
            name = type(node.layer).__name__ if list(node.layer.children()) else str(node.layer)
            raise ValueError(f"an example has shape {words} where {name} stands, which does not take it")
        shapes.append(after)
    return shapes


def own_shape(nodes: list[Node]) -> Shape | None:
    """Returns the shape of what goes in where the network says it itself: it begins with vectors.

    Example:
        >>> own_shape(graph_of(nn.Sequential(nn.Tanh(), nn.Linear(3, 2)))), own_shape(graph_of(nn.Conv2d(1, 2, 3)))
        ((3,), None)
    """
    first = next((node.layer for node in nodes if not node.kind.keeps_shape), None)
    return (first.in_features,) if isinstance(first, nn.Linear) else None
