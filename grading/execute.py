"""nbgrader's step that runs the notebook, made for programs that nobody has read."""

from __future__ import annotations

import builtins
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor

from grading import watch
from grading.release import role
from grading.session import ENDED, LATE, Limits, Outcome, Session

TRIES = 6
UNHURRIED, PROMPT = 120.0, 15.0
TAMPERED = "the program changed how tests run; this counts as tampering"


@dataclass
class Plan:
    """What the run of one submission starts from and what it finds.

    Attributes:
        own: Positions of the student's cells.
        limits: What the program may use.
        outcomes: What became of each code cell, by position.
        withdrawn: Cells that ended the program, with the remark; they are left out of the next try.
        tampered: What the program was found to have changed.
        earlier: The same of earlier tries, with cells that were withdrawn since.
    """

    own: set[int]
    limits: Limits
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    withdrawn: dict[int, str] = field(default_factory=dict)
    tampered: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)


class Execute(NbGraderPreprocessor):
    """Runs every cell in the sandbox, and leaves in the tests' outputs an error or nothing.

    A cell that ends the program is left out, and all others run again without it: so it costs no more than the tests
    that need it. A program that tampers with how tests run passes no test from there on.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def preprocess(self, nb: nbformat.NotebookNode, resources: dict[str, Any]) -> tuple[nbformat.NotebookNode, Any]:
        """Runs the notebook; changes it in place."""
        deadline = time.monotonic() + self.plan.limits.total
        for _ in range(TRIES):
            if self._try(nb, deadline) or time.monotonic() > deadline:
                break
        for position, cell in enumerate(nb.cells):
            if cell.cell_type == "code":
                outcome = self.plan.outcomes.setdefault(position, Outcome("Stopped", remark="was not reached"))
                error = new_output("error", ename=outcome.error, evalue="", traceback=[])
                cell.outputs = [error] if outcome.error else []
        return nb, resources

    def _try(self, nb: nbformat.NotebookNode, deadline: float) -> bool:
        """Runs all cells that were not withdrawn; returns whether the program lasted to the end."""
        plan = self.plan
        plan.outcomes, plan.tampered, plan.earlier = {}, [], plan.earlier + plan.tampered
        with Session(plan.limits, deadline) as session:
            guard = Guard(session, plan)
            for position, cell in enumerate(nb.cells):
                if cell.cell_type != "code":
                    continue
                if position in plan.withdrawn:
                    plan.outcomes[position] = Outcome("Stopped", remark=plan.withdrawn[position])
                    continue
                outcome = guard.run(position, cell)
                plan.outcomes[position] = outcome
                if outcome.stopped:
                    plan.withdrawn[self._culprit(position, outcome)] = outcome.remark
                    return False
        return True

    def _culprit(self, position: int, outcome: Outcome) -> int:
        """Returns which cell to leave out: of a program that ends itself in a cell of the lab's, the answer before."""
        before = [own for own in self.plan.own if own <= position and own not in self.plan.withdrawn]
        return max(before, default=position) if outcome.remark == ENDED else position


class Guard:
    """Runs cells and watches what happens between them."""

    def __init__(self, session: Session, plan: Plan) -> None:
        self.session, self.plan = session, plan
        self.names: list[str] = []
        self.marks: dict[str, object] = {}
        self.watching = False

    def run(self, position: int, cell: nbformat.NotebookNode) -> Outcome:
        """Runs one cell; a test passes only if it ran to its end in a program that can still fail tests."""
        own, test = position in self.plan.own, bool(role(cell).get("grade"))
        if own and not self.watching:
            self.begin()
        given = None if self.watching else max(UNHURRIED, self.plan.limits.cell)
        outcome = self.test(cell.source) if test else self.session.run(cell.source, given)
        if not outcome.stopped:
            left = self.session.tidy()
            outcome.remark = outcome.remark or left
            outcome = self.look() or outcome
        if test and self.plan.tampered and not outcome.stopped:
            return Outcome("Tampered", remark=TAMPERED)
        return outcome

    def begin(self) -> None:
        """Notes how things are before the student's first cell."""
        self.watching = True
        self.names = list(self.ask(watch.naming()) or [])
        self.marks = dict(self.ask(watch.looking(self.names)) or {})

    def ask(self, expression: str) -> Any:
        """Returns what an expression gives in the program, None where it gives nothing readable."""
        self.asked = self.session.run("", seconds=PROMPT, values={"asked": expression}, history=False)
        return watch.answer(self.asked.values.get("asked", ""))

    def look(self) -> Outcome | None:
        """Compares with how things were; returns how the program ended if it did only now."""
        if not self.watching:
            return None
        key = watch.fresh_key()
        if self.ask(watch.looking(self.names, key)) == watch.digest(self.marks, key):
            return None
        now = None if self.asked.stopped else self.ask(watch.looking(self.names))
        if self.asked.stopped:
            self.suspect(self.asked)
            return self.asked
        self.plan.tampered += watch.differences(self.marks, now)
        self.marks = {**(now or {}), **self.marks}
        return None

    def suspect(self, asked: Outcome) -> None:
        """Notes a program that lives and has time left, and does not answer what takes none."""
        if asked.remark.startswith(LATE) and time.monotonic() < self.session.deadline:
            self.plan.tampered.append("how cells run, until nothing was answered")

    def test(self, source: str) -> Outcome:
        """Runs a test, if statements that must fail do fail."""
        for claim in watch.false_claims():
            tried = self.session.run(claim, seconds=PROMPT, history=False)
            if tried.stopped:
                self.suspect(tried)
                return tried
            if tried.error != "AssertionError":
                self.plan.tampered.append("false statements are let pass")
        end = secrets.token_hex(8)
        values = {"end": "_test_ended"}
        outcome = self.session.run(f"{source}\n_test_ended = {end!r}", values=values, history=False)
        if not outcome.error and outcome.values.get("end") != repr(end):
            self.plan.tampered.append("a test did not run to its end")
        return outcome


def kind_of(error: str) -> str:
    """Returns an exception's class if it is Python's own: others are named by the program, which may tell anything."""
    known = isinstance(getattr(builtins, error, None), type)
    return error if known else "an error of another class"
