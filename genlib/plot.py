r"""Figures in one style: light, colour-blind safe, the same colour for the same thing on every page.

Data are blue, models vermilion, codes and noise green, everything else grey (Okabe and Ito, 2008). Functions draw
into the axes they are given, or into new ones, and return them.
"""

from __future__ import annotations

__all__ = ["DATA", "LATENT", "MODEL", "OTHER", "curves", "density", "images", "scatter", "style"]

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

DATA, MODEL, LATENT, OTHER = "#0072B2", "#D55E00", "#009E73", "#6b6b6b"


def style() -> None:
    """Sets matplotlib's defaults to the book's style, for the whole notebook."""
    import matplotlib.pyplot as plt

    plt.rcParams.update({
        "figure.figsize": (7, 3),
        "figure.dpi": 110,
        "figure.constrained_layout.use": True,
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": OTHER,
        "axes.labelcolor": "#333333",
        "axes.prop_cycle": plt.cycler(color=[DATA, MODEL, LATENT, OTHER, "#CC79A7", "#E69F00", "#56B4E9"]),
        "xtick.color": OTHER,
        "ytick.color": OTHER,
        "lines.linewidth": 1.5,
        "legend.frameon": False,
        "image.cmap": "gray_r",
    })


def images(x: Tensor, columns: int | None = None, *, ax: Axes | None = None, symmetric: bool = False) -> Axes:
    r"""Draws a grid of grey images.

    Args:
        x: Images `(N, 1, H, W)`, `(N, H, W)` or flat squares `(N, D)`; 0 is paper, 1 is ink.
        columns: Images in a row; by default about twice as many as rows.
        ax: Axes to draw into.
        symmetric: Whether values have a sign (weights): then blue is positive, vermilion negative, white zero.
    """
    tiles = _tiles(x)
    n, height, width = tiles.shape
    columns = columns or min(n, math.ceil(math.sqrt(2 * n)))
    rows = math.ceil(n / columns)
    top = tiles.abs().max().item() if symmetric else 1.0
    sheet = torch.full((rows * (height + 1) - 1, columns * (width + 1) - 1), math.nan)
    for i, tile in enumerate(tiles):
        top_row, left = i // columns * (height + 1), i % columns * (width + 1)
        sheet[top_row : top_row + height, left : left + width] = tile
    if ax is None:
        ax = _axes(figsize=(min(7.0, 0.7 * columns), min(7.0, 0.7 * columns) * rows / columns))
    ax.imshow(sheet.numpy(), cmap=_shades(symmetric), vmin=-top if symmetric else 0, vmax=top, interpolation="nearest")
    ax.set_axis_off()
    return ax


def _tiles(x: Tensor) -> Tensor:
    """Returns images as `(N, H, W)` on the CPU."""
    x = x.detach().float().cpu()
    if x.ndim == 4 and x.shape[1] == 1:
        return x[:, 0]
    if x.ndim == 2:
        side = math.isqrt(x.shape[1])
        if side**2 != x.shape[1]:
            raise ValueError(f"images got rows of {x.shape[1]} values, expected a square number; reshape to (N, H, W)")
        return x.reshape(-1, side, side)
    if x.ndim != 3:
        raise ValueError(f"images got shape {tuple(x.shape)}, expected (N, 1, H, W), (N, H, W) or (N, D)")
    return x


def scatter(x: Tensor, *, ax: Axes | None = None, color: str = DATA, label: str | None = None) -> Axes:
    r"""Draws points `(N, 2)` in the plane, on equal axes, each in a ring of paper, so that it stands out on a tint."""
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"scatter got shape {tuple(x.shape)}, expected (N, 2)")
    ax = ax or _axes(figsize=(3.2, 3.2))
    points = x.detach().cpu().numpy()
    ax.scatter(points[:, 0], points[:, 1], s=8, color=color, edgecolors="white", linewidths=0.4, label=label)
    ax.set_aspect("equal")
    return ax


def density(
    log_prob: Callable[[Tensor], Tensor], *, limit: float = 4.0, cells: int = 200, ax: Axes | None = None
) -> Axes:
    r"""Draws a density of the plane as shades of grey.

    Args:
        log_prob: Function from points `(N, 2)` to log-densities `(N,)`.
        limit: The picture covers `[-limit, limit]` on both axes.
        cells: Points along each axis.
        ax: Axes to draw into.
    """
    ax = ax or _axes(figsize=(3.2, 3.2))
    line = torch.linspace(-limit, limit, cells)
    points = torch.cartesian_prod(line, line)
    with torch.no_grad():
        values = log_prob(points).exp().reshape(cells, cells).T.cpu().numpy()
    ax.imshow(values, origin="lower", extent=(-limit, limit, -limit, limit), cmap="gray_r", interpolation="bilinear")
    return ax


def curves(
    series: Mapping[str, Sequence[float]], *, x: str = "step", y: str = "loss", ax: Axes | None = None
) -> Axes:
    r"""Draws named curves over a common axis, each with its name at its end.

    Args:
        series: Values by name; the horizontal axis counts them from 0.
        x: Label of the horizontal axis.
        y: Label of the vertical axis, with its unit.
        ax: Axes to draw into.
    """
    ax = ax or _axes(figsize=(5, 2.6))
    for name, values in series.items():
        (line,) = ax.plot(range(len(values)), values)
        ax.annotate(f" {name}", (len(values) - 1, values[-1]), color=line.get_color(), va="center")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    return ax


def _axes(figsize: tuple[float, float]) -> Axes:
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=figsize)[1]


def _shades(symmetric: bool) -> Colormap:
    """Returns paper to ink, or vermilion through white to blue; what lies between the tiles is a light grey."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = [MODEL, "white", DATA] if symmetric else ["white", "black"]
    return LinearSegmentedColormap.from_list("shades", colours).with_extremes(bad="#dddddd")
