"""What the catalogues of answers to the labs' tasks are made of."""

from __future__ import annotations

from typing import NamedTuple


class Wrong(NamedTuple):
    """A mistake.

    Attributes:
        task: The solution cell's id.
        name: What is wrong.
        old: What the solution says.
        new: What this answer says instead.
        fails: Ids of the tasks whose tests must fail; the task itself where empty.
    """

    task: str
    name: str
    old: str
    new: str
    fails: tuple[str, ...] = ()


class Right(NamedTuple):
    """A right answer that does not look like the solution."""

    task: str
    name: str
    source: str
