"""Recorded runs: what a recipe measured, stored so that a page can show what it has no time to compute."""

from __future__ import annotations

__all__ = ["Run"]

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from genlib.evaluate import mean_and_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Run:
    """A recipe's measured results, a row for each model or for each look at one.

    In a notebook it shows itself as a table. In a row a pair `[value, error]` is a figure with its standard error.

    Attributes:
        name: What `zoo.run` calls it.
        about: The recipe in one sentence.
        settings: What else has to be known: data, binarisation, sizes.
        seeds: The seeds that were run.
        columns: Which entries of the rows a table shows, and their headings.
        rows: The results.
        processor_seconds: What training took, over all rows and seeds.
        machine: What it was run on.
        torch: The version of PyTorch.
        results: What is said of the run as a whole.
    """

    name: str
    about: str
    settings: dict[str, Any]
    seeds: list[int]
    columns: dict[str, str]
    rows: list[dict[str, Any]]
    processor_seconds: int
    machine: str
    torch: str
    results: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Run:
        """Reads a run from its file."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    def write(self, folder: Path) -> None:
        """Writes `name.json`, a line for each row."""
        facts = asdict(self)
        rows = ",\n".join("    " + json.dumps(row) for row in facts.pop("rows"))
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(facts, indent=2).removesuffix("\n}")
        (folder / f"{self.name}.json").write_text(f'{text},\n  "rows": [\n{rows}\n  ]\n}}\n', encoding="utf-8")

    def row(self, **wanted: Any) -> dict[str, Any]:
        """Returns the one row with these entries, as in `run.row(model="RBM-64", images="plain")`.

        Raises:
            ValueError: If there is none, or more than one.
        """
        found = [row for row in self.rows if all(row.get(key) == value for key, value in wanted.items())]
        if len(found) != 1:
            raise ValueError(f"{self.name} has {len(found)} rows with {wanted}, expected one of {self.keys(*wanted)}")
        return found[0]

    def select(self, **wanted: Collection[Any]) -> Run:
        """Returns the run with those rows alone whose entries are among these, as in `run.select(images={"plain"})`.

        Raises:
            ValueError: If there is none.
        """
        found = [row for row in self.rows if all(row.get(key) in among for key, among in wanted.items())]
        if not found:
            raise ValueError(f"{self.name} has no rows with {wanted}, expected some of {self.keys(*wanted)}")
        return replace(self, rows=found)

    def keys(self, *names: str) -> list[tuple[Any, ...]]:
        """Returns what each row says under these names."""
        return [tuple(row.get(name) for name in names) for row in self.rows]

    def difference(self, one: dict[str, Any], other: dict[str, Any]) -> tuple[float, float]:
        r"""Returns by how many nats the first of two rows is ahead on the same images, and the standard error of that.

        The images' own spread cancels, because the rows keep $\log p(x)$ of every image.
        """
        ahead = self.log_prob(one) - self.log_prob(other)
        return mean_and_error(ahead)

    @staticmethod
    def log_prob(row: dict[str, Any]) -> Tensor:
        r"""Returns $\log p(x)$ of each test image, `(N,)`, which a row keeps in hundredths of a nat."""
        return torch.tensor(row["log_prob_of_each_image"], dtype=torch.float64) / 100

    def plot(self, x: str, y: str, *, ax: Axes | None = None) -> Axes:
        """Draws one entry of the rows over another, with its error bars; the axes are the columns' headings."""
        from genlib import plot

        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.subplots(figsize=(5, 2.6))[1]
        pairs = [row[y] if isinstance(row[y], list) else [row[y], 0.0] for row in self.rows]
        values, errors = zip(*pairs, strict=True)
        ax.errorbar([row[x] for row in self.rows], values, yerr=errors, color=plot.MODEL, marker="o", markersize=3)
        ax.set_xlabel(self.columns.get(x, x))
        ax.set_ylabel(self.columns.get(y, y))
        return ax

    def __str__(self) -> str:
        """Returns the table as plain text, its columns aligned."""
        lines = [list(self.columns.values()), *self._cells()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines
        )

    def _repr_markdown_(self) -> str:
        together = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"
        whole = [[cell.replace(" ± ", together) for cell in line] for line in self._cells()]
        lines = [list(self.columns.values()), ["---"] * len(self.columns), *whole]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"{table}\n\n{self.about}. Recorded on {self.machine}."

    def _cells(self) -> list[list[str]]:
        return [[_said(row.get(key, "")) for key in self.columns] for row in self.rows]


def _said(entry: Any) -> str:
    if isinstance(entry, list):
        return f"{entry[0]:.2f} ± {entry[1]:.2f}"
    return f"{entry:,}" if isinstance(entry, int) else str(entry)
