r"""A landscape that a hand draws, and Markov chains that have to find all of it."""

from __future__ import annotations

__all__ = ["ChainOnALandscape"]

import math
from collections.abc import Sequence

import traitlets

from genlib.widgets.base import Bounded, Widget, tensor_trait

WALKERS = ["metropolis", "gibbs", "langevin", "tempered"]
LANDSCAPES = ["three hills", "two far apart", "a narrow ridge", "a ring", "drawn by hand"]
MOST_HILLS = 60


class ChainOnALandscape(Widget):
    r"""Walks on a density in the plane, a mixture of round hills, and holds what it has seen against the exact answer.

    The reader sets the traits `landscape`, `walker` and `scale` and draws `hills`, and reaches `steps`, where the chain
    stands, `x`, the mean of the first coordinate, `mean_x`, and the `effective_size` of the latest 4000 steps. Setting
    the former in Python moves the page.

    Args:
        hills: Hills of one's own, `(x, y, width)` or `(x, y, width, weight)` each, in the square from -3 to 3; at most
            60 of them.
        landscape: "three hills", "two far apart", "a narrow ridge", "a ring" or, with hills, "drawn by hand".
        walker: "metropolis", "gibbs", "langevin" (without acceptance) or "tempered", which runs Metropolis' walk at
            temperatures 1, 3, 9 and 27 and exchanges neighbours.
        scale: Standard deviation of a proposal, and of the noise in a step of Langevin's walk, 0.02 to 10.
        first: Steps that are made before anyone looks.
        seed: Seed of the walk.

    Raises:
        ValueError: If a hill is no hill, or an option is out of range.

    Source: Metropolis et al. (1953); Geman and Geman (1984); Swendsen and Wang (1986); Geyer (1992).

    Example:
        >>> ChainOnALandscape([(0, 0, 0.5), (2, 1, 0.3, 0.5)], walker="gibbs").landscape
        'drawn by hand'
    """

    hills = traitlets.List(help="Hills drawn by hand: x, y, width and weight of each.").tag(sync=True)
    landscape = traitlets.Enum(LANDSCAPES, "three hills", help="Which landscape.").tag(sync=True)
    walker = traitlets.Enum(WALKERS, "metropolis", help="How the chain moves.").tag(sync=True)
    scale = Bounded(1.0, min=0.02, max=10.0, help="Size of a step.").tag(sync=True)
    first = traitlets.Int(400, min=0, max=4000, help="Steps made before anyone looks.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the walk.").tag(sync=True)

    steps = traitlets.Int(help="Steps of this walk.").tag(sync=True)
    x = tensor_trait("Where the chain stands, (1, 2).")
    mean_x = traitlets.Float(help="Mean of the first coordinate over the latest steps.").tag(sync=True)
    effective_size = traitlets.Float(help="What these steps are worth in independent draws.").tag(sync=True)

    def __init__(
        self,
        hills: Sequence[Sequence[float]] | None = None,
        *,
        landscape: str | None = None,
        walker: str = "metropolis",
        scale: float = 1.0,
        first: int = 400,
        seed: int = 0,
    ) -> None:
        if landscape == "drawn by hand" and not hills:
            raise ValueError("landscape is 'drawn by hand' and there are no hills, expected some: [(x, y, width)]")
        own = landscape or ("drawn by hand" if hills else "three hills")
        super().__init__(hills=hills_of(hills or []), landscape=own, walker=walker, scale=scale, first=first, seed=seed)

    def update(self, hills: Sequence[Sequence[float]]) -> None:
        """Walks on other hills."""
        with self.hold_sync():
            self.hills = hills_of(hills)
            self.landscape = "drawn by hand"

    @traitlets.validate("hills")
    def _as_the_page_reads_them(self, proposal: traitlets.Bunch) -> list[dict[str, float]]:
        for hill in proposal.value:
            if not isinstance(hill, dict):
                raise ValueError(f"a hill is {hill!r}, expected x, y, width and weight by name: use update")
        hills_of([list(hill.values()) for hill in proposal.value])
        return proposal.value


def hills_of(rows: Sequence[Sequence[float]]) -> list[dict[str, float]]:
    """Returns hills as the page reads them.

    Raises:
        ValueError: If there are too many, or one has no place, width or weight.
    """
    if len(rows) > MOST_HILLS:
        raise ValueError(f"hills are {len(rows)}, expected at most {MOST_HILLS}")
    made = []
    for row in rows:
        numbers = [float(number) for number in row] if isinstance(row, Sequence) and not isinstance(row, str) else []
        if len(numbers) not in (3, 4) or not all(map(math.isfinite, numbers)) or min([*numbers[2:]]) <= 0:
            raise ValueError(f"a hill is {row!r}, expected (x, y, width) or (x, y, width, weight), sizes above 0")
        made.append(dict(zip(("x", "y", "width", "weight"), [*numbers, 1.0][:4], strict=True)))
    return made
