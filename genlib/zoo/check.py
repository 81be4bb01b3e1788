"""Whether cards and recorded runs still say what the shipped files and the recipes give."""

from __future__ import annotations

__all__ = ["RECORDED", "differences", "recompute", "rerun", "rows_differ"]

import math
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genlib import zoo
from genlib.zoo._shared import Figures
from genlib.zoo.autoencoders import record_depth
from genlib.zoo.binarisation import record_binarisation
from genlib.zoo.digits import record_digits, record_methods, record_recurrent
from genlib.zoo.few_labels import record_few_labels
from genlib.zoo.gan import record_rates
from genlib.zoo.recipes import examples, make, measured
from genlib.zoo.records import Run
from genlib.zoo.scenes import record_scenes

RECORDED: dict[str, Callable[[], Run]] = {
    "autoencoders-mnist": record_depth,
    "binarisation": record_binarisation,
    "digits": record_digits,
    "digits-methods": record_methods,
    "digits-recurrent": record_recurrent,
    "few-labels": record_few_labels,
    "gan-rates": record_rates,
    "scenes": record_scenes,
}
# Nats beyond four standard errors: other random numbers, another training. Shares may differ by a fiftieth of that,
# squared errors by a third.
RECOMPUTED, RETRAINED = 0.1, 1.0
NATS = ("test_log_prob", "test_bound", "test_elbo", "test_log_prob_int8")
SQUARES = ("test_squared_error",)


def differences(card: Figures, found: Figures, allowed: float) -> list[str]:
    """Says which of a card's figures on test images differ by more than is allowed beyond four errors of log Z."""
    noise = 4 * math.hypot(card.get("log_z_standard_error", 0.0), found.get("log_z_standard_error", 0.0))
    shares = ("test_errors", "test_accuracy", "test_accuracy_binary", "test_nearest")
    within = dict.fromkeys(NATS, allowed + noise) | dict.fromkeys(shares, allowed / 50)
    within |= dict.fromkeys(SQUARES, allowed / 3)
    return [
        f"{card['name']} says {kind} {card[kind]}, and {found.get(kind)} was found"
        for kind in within
        if kind in card and not abs(card[kind] - found.get(kind, math.inf)) <= within[kind]
    ]


def recompute(name: str) -> list[str]:
    """Measures a model as it is shipped, and says where its card differs."""
    (x, _), test = examples(name)
    return differences(zoo.card(name), measured(name, zoo.load(name), x, test), RECOMPUTED)


def rerun(name: str) -> list[str]:
    """Trains a model or records a run again from its recipe, and says where its card or its rows differ."""
    if name in RECORDED:
        return rows_differ(zoo.run(name), RECORDED[name]())
    with TemporaryDirectory() as folder:
        found = make(name, Path(folder), Path(folder) / "runs")
        rows = (
            rows_differ(zoo.run(name), Run.read(Path(folder) / "runs" / f"{name}.json")) if name in zoo.runs() else []
        )
    return differences(zoo.card(name), found, RETRAINED) + rows


def rows_differ(old: Run, new: Run) -> list[str]:
    """Says which figures of a recorded run came out differently: by a nat, or by four of their errors."""
    if len(old.rows) != len(new.rows):
        return [f"{old.name} has {len(old.rows)} rows, and {len(new.rows)} were found"]
    return [
        f"{old.name} has {kind} {a[kind][0]}, and {b[kind][0]} was found, in the row {_name(old, a)}"
        for a, b in zip(old.rows, new.rows, strict=True)
        for kind in old.columns
        if kind != "log_z"  # which another training has another value of
        and isinstance(a.get(kind), list)
        and abs(a[kind][0] - b[kind][0]) > _allowed(kind, a[kind][1], b[kind][1])
    ]


def _allowed(kind: str, *errors: float) -> float:
    return RETRAINED if kind in (*NATS, *SQUARES) else 4 * math.hypot(*errors)


def _name(run: Run, row: dict[str, Any]) -> str:
    return " ".join(str(row[key]) for key in run.columns if key in row and not isinstance(row[key], list))
