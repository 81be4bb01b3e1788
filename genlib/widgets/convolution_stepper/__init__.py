r"""A kernel that is stepped over a small picture, down and up, beside the matrix that it is."""

from __future__ import annotations

__all__ = ["ConvolutionStepper"]

import traitlets
from torch import Tensor

from genlib.widgets.base import Widget, tensor_trait

OPERATIONS = ["convolution", "transposed", "resized", "unpooling"]
PICTURES = ["seven", "plain", "spot", "noise"]
WEIGHTS = ["edge", "ones", "linear", "noise", "own"]
LEAST, MOST = 2, 5  # how wide a kernel may be


class ConvolutionStepper(Widget):
    r"""Steps a kernel over a small picture, place by place, and lights the row of the matrix that each place is.

    The matrix $A$ has a row for each place of the kernel and a column for each pixel of the larger map. Going down, a
    place is one product, $z_i = A_i x$; going up, the activation of a place stamps its row, $\hat x = \sum_i z_i A_i$.

    The reader sets the traits that are the arguments below, and reaches `place`, how many places are done, `output`,
    the map so far, and `pattern`: the share of the mean square of the answer to a plain input that differs between the
    phases of the stride. Setting the former in Python moves the page.

    Args:
        operation: `"convolution"`, down; `"transposed"`, up; `"resized"`, up by copying each value and convolving then;
            or `"unpooling"`, down by max pooling and up by its switches.
        w: A kernel of one's own, `(k, k)` with k from 2 to 5, such as `conv.weight[0, 0]`; it comes with its width.
        kernel: Width of the kernel, 2 to 5; that of `w`, or 3, where it is not said.
        stride: Step of the kernel, 1 to 3; pooling has windows of 2 and its own stride.
        padding: Margin of zeros going down, of what is cut away going up, 0 to 2.
        side: Width of the input, 2 to 8.
        picture: What the input shows: `"seven"`, `"plain"`, `"spot"` or `"noise"`.
        weights: `"edge"`, `"ones"`, `"linear"` for those of linear interpolation, `"noise"`, or `"own"` with `w`.
        seed: Seed of the noise.

    Raises:
        ValueError: If an option is out of range, or `w` is no kernel.

    Source: Dumoulin and Visin, A Guide to Convolution Arithmetic for Deep Learning (2016).

    Example:
        >>> ConvolutionStepper("transposed", kernel=4, side=3).operation
        'transposed'
    """

    operation = traitlets.Enum(OPERATIONS, "convolution", help="What the kernel does.").tag(sync=True)
    kernel = traitlets.Int(3, min=LEAST, max=MOST, help="Width of the kernel.").tag(sync=True)
    stride = traitlets.Int(2, min=1, max=3, help="Step of the kernel.").tag(sync=True)
    padding = traitlets.Int(0, min=0, max=2, help="Margin of zeros, or what is cut away.").tag(sync=True)
    side = traitlets.Int(5, min=2, max=8, help="Width of the input.").tag(sync=True)
    picture = traitlets.Enum(PICTURES, "seven", help="What the input shows.").tag(sync=True)
    weights = traitlets.Enum(WEIGHTS, "edge", help="Which weights the kernel has.").tag(sync=True)
    own = traitlets.List(traitlets.List(traitlets.Float()), help="A kernel of one's own.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the noise.").tag(sync=True)

    place = traitlets.Int(help="Places that are done.").tag(sync=True)
    output = tensor_trait("The map so far, (H, W).")
    pattern = traitlets.Float(help="Share of the answer to a plain input that is pattern.").tag(sync=True)

    def __init__(
        self,
        operation: str = "convolution",
        *,
        w: Tensor | None = None,
        kernel: int | None = None,
        stride: int = 2,
        padding: int = 0,
        side: int = 5,
        picture: str = "seven",
        weights: str | None = None,
        seed: int = 0,
    ) -> None:
        own = [] if w is None else kernel_of(w)
        if weights == "own" and not own:
            raise ValueError("weights is 'own' and there is no w, expected a kernel (k, k): w=conv.weight[0, 0]")
        if own and not (kernel is None or (isinstance(kernel, int) and kernel == len(own))):
            raise ValueError(f"kernel is {kernel!r} and w is {len(own)} wide, expected the same, or w alone")
        super().__init__(
            operation=operation,
            kernel=len(own) or (3 if kernel is None else kernel),
            stride=stride,
            padding=padding,
            side=side,
            picture=picture,
            weights=weights or ("own" if own else "edge"),
            own=own,
            seed=seed,
        )

    def update(self, w: Tensor) -> None:
        """Shows another kernel of one's own, `(k, k)`, such as a layer's that has trained on."""
        own = kernel_of(w)
        with self.hold_sync():
            self.own, self.kernel, self.weights = own, len(own), "own"


def kernel_of(w: Tensor) -> list[list[float]]:
    """Returns a kernel as the page reads it.

    Raises:
        ValueError: If it is none.
    """
    if not isinstance(w, Tensor) or w.ndim != 2 or w.shape[0] != w.shape[1] or not LEAST <= len(w) <= MOST:
        got = f"of shape {tuple(w.shape)}" if isinstance(w, Tensor) else f"a {type(w).__name__}"
        raise ValueError(f"w is {got}, expected a tensor (k, k) with k from {LEAST} to {MOST}: conv.weight[0, 0]")
    if not w.is_floating_point() or not w.isfinite().all():
        raise ValueError("w has values that are no finite floating-point numbers, expected finite ones")
    return w.detach().cpu().tolist()
