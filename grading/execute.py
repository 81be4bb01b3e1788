"""Runs a submission in the sandbox: first its own cells, in their order, then the tests."""

from __future__ import annotations

import builtins
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from typing import Any

from grading import watch
from grading.parts import only_defines, said_to_python, without_installing, without_module
from grading.program import Program, Step, Task, gentler
from grading.session import ENDED, LATE, Limits, Outcome, Session

TRIES = 8
UNHURRIED, PROMPT = 120.0, 15.0
SLOW, SHORT = 2.0, 5.0
MANY, TOGETHER = 300, 200
CLAIMS = "how tests fail: statements that are false went through"
SILENT = "how cells run, until nothing was answered"
ENDING = re.compile(r"exit|quit|kill|\.kernel\b|shutdown|abort|alarm|itimer|rlimit|traceback_later")
FULL = "used up all memory and was left out, so that all others ran"
DOUBTED = "was reduced to what it defines, since the program ended more than once"
SOON = 0.5  # a kernel that is asked to end answers first, and stops its loop a tenth of a second later
MISSING = re.compile(r"No module named '([\w.]+)'")


@dataclass
class Verdict:
    """What became of one task.

    Attributes:
        passed: Whether its test passed, in a program whose machinery was whole before and after it.
        error: The exception's class, empty without one.
        remark: What the limits did.
        message: The exception's words; the instructor's alone.
        trace: Where it came from; the instructor's alone.
        check: What the check said that the student sees.
    """

    passed: bool = False
    error: str = "Stopped"
    remark: str = "was not reached"
    message: str = ""
    trace: str = ""
    check: str = ""


@dataclass
class Held:
    """What touched the machinery of tests: for the instructor to judge.

    Attributes:
        what: What was found changed, by name.
        cell: The cell after which it was so.
        source: Its source.
    """

    what: list[str]
    cell: str
    source: str


@dataclass
class Run:
    """What running a submission has found so far.

    Attributes:
        program: The submission.
        tasks: What is tested.
        limits: What it may use.
        imports: What the lab imports; it is loaded before the submission's first cell.
        outcomes: What became of each step, by position.
        verdicts: What became of each task.
        changed: Steps that run reduced to what they define, or not at all, with the reason.
        without: Those that do not run at all.
        held: What touched the machinery of tests.
        remarks: What the student should know of the run as a whole.
        took: Seconds that each step took.
        skipped: Slow steps that a second run leaves out, with the reason.
        hurried: Whether this is that second run.
        careful: Whether the machinery of tests is looked at after every cell.
        guessed: Cells left out because the program ended there, though none of the student's speaks of ending.
        lacked: Modules that the submission imports and the grader does not have.
    """

    program: Program
    tasks: list[Task]
    limits: Limits
    imports: str = ""
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    changed: dict[int, str] = field(default_factory=dict)
    without: set[int] = field(default_factory=set)
    held: list[Held] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    took: dict[int, float] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    hurried: bool = False
    careful: bool = False
    guessed: set[int] = field(default_factory=set)
    lacked: set[str] = field(default_factory=set)

    def left(self) -> list[Task]:
        """Returns the tasks whose tests have not passed."""
        return [task for task in self.tasks if not self.verdicts.get(task.name, Verdict()).passed]

    def withdraw(self, position: int, reason: str) -> bool:
        """Leaves a cell out from now on; returns whether it was in."""
        if position in self.without:
            return False
        self.without.add(position)
        self.changed[position] = reason
        return True

    def spare(self, position: int, reason: str) -> bool:
        """Keeps what an answer defines if that is less than all it does; leaves any other cell out."""
        step = self.program.steps[position]
        small = gentler(step)
        if step.kind != "answer" or position in self.changed or small.source in ("", step.source):
            return self.withdraw(position, reason)
        self.program.steps[position] = small
        self.changed[position] = reason
        return True

    def reduce(self, position: int) -> bool:
        """Reduces a cell to what it defines, or leaves it out if it was reduced; returns whether that was possible."""
        small = gentler(self.program.steps[position])
        if position in self.changed or not small.source:
            return self.withdraw(position, "")
        self.program.steps[position] = small
        self.changed[position] = ""
        return True


def execute(run: Run, opened: Callable[[Limits], AbstractContextManager[Session]] = Session) -> None:
    """Runs a submission until every task has been tested in a program that lasts and is as it should be.

    A cell that ends the program is left out, and all others run again: so it costs no more than the tests that need
    it. One that touches how tests work is reduced to what it defines first.

    Args:
        run: The submission; what is found is written into it.
        opened: Gives a program to speak to.
    """
    for _ in range(TRIES):
        with opened(run.limits) as session:
            again = Attempt(session, run).again()
        if not again or not run.left():
            break
    for task in run.tasks:
        run.verdicts.setdefault(task.name, Verdict())


class Attempt:
    """One kernel's life: the submission from its first cell to its last, then the tests that have not passed yet."""

    def __init__(self, session: Session, run: Run) -> None:
        self.session, self.run = session, run
        self.marks: dict[str, object] = {}
        self.guards: dict[str, object] = {}
        self.spent = 0.0
        self.failed: set[int] = set()

    def again(self) -> bool:
        """Runs everything; returns whether there is reason to try once more."""
        self.begin()
        run, steps = self.run, self.run.program.steps
        missed, stopped = list[int](), False
        for group in self.groups():
            late = self.spent > self.budget()
            if late and not run.hurried:
                return self.too_slow()
            if late and steps[group[0]].kind == "own":
                run.outcomes |= dict.fromkeys(group, Outcome("Stopped", remark="was skipped: all time was used up"))
            elif len(group) > 1:
                stopped = self.together(group)
            elif steps[group[0]].task:
                stopped = self.visit(group[0])
            else:
                stopped = self.cell(group[0])
                early = run.outcomes[group[0]].error == "NameError" and steps[group[0]].defines
                missed += group if early and steps[group[0]].kind != "given" else []
            if stopped:
                return True
        for position in missed:
            if self.cell(position):
                return True
        return self.suspicious() or self.examine()

    def groups(self) -> list[list[int]]:
        """Returns the positions of steps, those together that are too many to be run one by one."""
        steps = self.run.program.steps
        if len(steps) < MANY:
            return [[position] for position in range(len(steps))]
        grouped = []
        for plain, run in groupby(range(len(steps)), key=lambda p: steps[p].kind == "own"):
            several = list(run)
            size = TOGETHER if plain else 1
            grouped += [several[i : i + size] for i in range(0, len(several), size)]
        return grouped

    def begin(self) -> None:
        """Notes how things are before the first cell, all that tests need being imported."""
        self.session.run(f"exec({self.run.imports!r}, {{}})", UNHURRIED, history=False)
        now = self.ask(watch.calling("look"), UNHURRIED)
        self.marks = now if isinstance(now, dict) else {}
        self.guards = {name: mark for name, mark in self.marks.items() if name.startswith("how cells run")}

    def ask(self, expression: str, seconds: float = PROMPT) -> Any:
        """Returns what an expression gives in the program, None where it gives nothing readable."""
        self.asked = self.session.run("", seconds, values={"asked": expression}, history=False)
        return watch.answer(self.asked.values.get("asked", ""))

    def budget(self) -> float:
        """Returns how many seconds the student's own cells may take in all."""
        return self.run.limits.total / (2 if self.run.hurried else 1)

    def too_slow(self) -> bool:
        """Lets a program that has used up its time run once more, without its slow cells."""
        run = self.run
        run.hurried = True
        for slow, seconds in run.took.items():
            if seconds > SLOW and run.program.steps[slow].kind != "answer":
                run.skipped[slow] = f"took {seconds:.0f} s and was skipped in a second run, so that all others ran"
        run.remarks.append(f"all cells together took more than {run.limits.total:.0f} s")
        return True

    def seconds(self, position: int) -> float:
        """Returns how long a cell may take."""
        step = self.run.program.steps[position]
        if self.run.hurried and step.kind != "answer" and position not in self.run.took:
            return min(SHORT, self.run.limits.cell)
        return self.run.limits.cell

    def cell(self, position: int) -> bool:
        """Runs one cell; returns whether the program has to be started anew."""
        run, step = self.run, self.run.program.steps[position]
        if position in run.without or position in run.skipped:
            why = run.changed.get(position) or run.skipped.get(position, "")
            run.outcomes[position] = Outcome("Stopped", remark=why)
            return False
        start = self.session.clock()
        outcome, lacked = self.imported(position, run_as(step))
        if outcome.error and step.instead and not outcome.stopped:
            self.one(step.instead, position)
        self.spent += self.session.clock() - start
        run.took[position] = max(run.took.get(position, 0.0), self.session.clock() - start)
        installing = without_installing(step.source) != step.source
        installs = "installs packages: the grader installs none" if installing else ""
        run.lacked.update(lacked)
        missed = f"{imports(*lacked)}: it ran without that" if lacked else ""
        without = "; ".join(filter(None, [installs, missed]))
        outcome.remark = without or outcome.remark or run.changed.get(position, "")
        run.outcomes[position] = outcome
        if outcome.stopped:
            return self.withdraw(position, outcome)
        if outcome.error == "MemoryError":
            return self.emptied(position)
        outcome.remark = outcome.remark or self.session.tidy()
        if speaks_of_ending(step.source):
            time.sleep(SOON)
            if (late := self.session.run("", PROMPT, history=False)).stopped:
                return self.withdraw(position, late)
        return self.glanced(outcome, position) or (run.careful and self.accused(position))

    def emptied(self, position: int) -> bool:
        """Lets everything run once more without a cell that used up the memory: what it holds is missing elsewhere."""
        again = self.run.reduce(position)
        self.run.changed[position] = FULL
        return again

    def imported(self, position: int, source: str) -> tuple[Outcome, list[str]]:
        """Runs a cell, without imports of what is missing here; returns the outcome and what was missing."""
        lacked: list[str] = []
        while True:
            outcome = self.one(source, position)
            found = MISSING.search(outcome.message) if outcome.error == "ModuleNotFoundError" else None
            shorter = without_module(source, found[1]) if found else source
            if found is None or shorter == source or len(lacked) > 4:
                return outcome, lacked
            lacked.append(found[1])
            source = shorter

    def one(self, source: str, position: int) -> Outcome:
        """Runs a source, and looks at how cells are run, in one message."""
        self.key = watch.fresh_key()
        return self.session.run(source, self.seconds(position), values={"glance": watch.calling("glance", self.key)})

    def together(self, group: list[int]) -> bool:
        """Runs many of the student's own cells in one message."""
        steps = self.run.program.steps
        ran = [p for p in group if p not in self.run.without and p not in self.run.skipped]
        sources = [run_as(steps[p]) for p in ran]
        line = f"for _source in {sources!r}:\n    get_ipython().run_cell(_source, store_history=False, silent=True)"
        start = self.session.clock()
        outcome = self.one(line, group[0])
        self.spent += self.session.clock() - start
        for position in group:
            self.run.outcomes[position] = replace(outcome, text="")
            self.run.took[position] = (self.session.clock() - start) / len(group)
        if outcome.stopped:
            withdrawn = [self.run.withdraw(position, outcome.remark) for position in group]
            return any(withdrawn)
        return self.glanced(outcome, group[-1])

    def glanced(self, outcome: Outcome, position: int) -> bool:
        """Whether cells run in another way since this one."""
        if not self.guards:
            return False
        shown = outcome.values.get("glance", "")
        if outcome.error:
            self.key = watch.fresh_key()
            self.ask(watch.calling("glance", self.key))
            shown = self.asked.values.get("asked", "")
        told = watch.answer(shown)
        told = told if isinstance(told, dict) else {}
        if told.get("digest") == watch.digest(self.guards, self.key):
            return False
        return self.accuse(position, watch.differences(self.guards, told.get("marks")) or [SILENT])

    def accused(self, position: int) -> bool:
        """Looks at everything after one cell: done where something was found changed, and not after which cell."""
        what = self.wrong_claim() or self.other_marks()
        return bool(what) and self.accuse(position, what)

    def suspicious(self) -> bool:
        """Looks at everything after the last cell; what is changed is looked for cell by cell in another run."""
        if self.run.careful or not (self.wrong_claim() or self.other_marks()):
            return False
        self.run.careful = True
        return True

    def other_marks(self) -> list[str]:
        """Returns what is no longer as it was before the first cell."""
        key = watch.fresh_key()
        if not self.marks or self.told(watch.calling("look", key)) == watch.digest(self.marks, key):
            return []
        return self.compared(self.ask(watch.calling("look")))

    def compared(self, now: Any) -> list[str]:
        """Returns what is not as it was; what came in addition is watched from now on."""
        changed = watch.differences(self.marks, now)
        self.marks = {**now, **self.marks} if isinstance(now, dict) else self.marks
        return changed

    def told(self, expression: str) -> str:
        """Returns the text that an expression gives."""
        self.asked = self.session.run("", PROMPT, values={"asked": expression}, history=False)
        return watch.text(self.asked.values.get("asked", ""))

    def wrong_claim(self) -> list[str]:
        """Returns what is wrong where statements that must fail do not."""
        tried = [self.session.run(claim, PROMPT, history=False) for claim in watch.false_claims()]
        if any(outcome.stopped for outcome in tried):
            return [SILENT]
        return [] if all(outcome.error for outcome in tried) else [CLAIMS]

    def accuse(self, position: int, what: list[str]) -> bool:
        """Holds a cell for the instructor, and lets everything run again without what it did."""
        step = self.run.program.steps[position]
        self.run.held.append(Held(what[:20], step.name, step.source[:2000]))
        return self.run.reduce(position)

    def withdraw(self, position: int, outcome: Outcome) -> bool:
        """Takes out the cell that ended the program.

        A program ends by a cell before the one that runs where that cell asked it to end, or where it runs one of the
        lab's. Nor can a cell hang that does nothing but define: one before it broke how cells are run.
        """
        steps, run = self.run.program.steps, self.run
        if outcome.remark != ENDED:
            harmless = only_defines(steps[position].source)
            before = [p for p in range(position) if steps[p].kind == "own" and p not in run.without]
            return run.withdraw(max(before) if harmless and before else position, outcome.remark)
        own = [p for p in range(position + 1) if steps[p].kind in ("answer", "own") and p not in run.without]
        asking = [p for p in own if self.asks_to_end(p)]
        if asking:
            return run.spare(max(asking), outcome.remark)
        return self.guess([max(own, default=position)], outcome.remark)

    def guess(self, positions: list[int], remark: str) -> bool:
        """Takes out cells in which a program ended, nobody knows why; a second end makes the first guess doubtful.

        A clock that was set earlier, say, ends whatever runs then. So with the second end all cells that hold no
        answer are reduced to what they define, and what was taken out comes back.
        """
        run, steps = self.run, self.run.program.steps
        own = [p for p, step in enumerate(steps) if step.kind == "own" and p not in run.changed]
        doubted = [p for p in own if gentler(steps[p]).source != steps[p].source]
        if not run.guessed or not doubted:
            run.guessed |= set(positions)
            out = [run.spare(position, remark) for position in positions]
            return any(out)
        for position in run.guessed:
            run.without.discard(position)
            run.changed.pop(position, None)
        run.guessed.clear()
        for position in doubted:
            run.reduce(position)
            run.changed[position] = DOUBTED
        return True

    def visit(self, position: int) -> bool:
        """Keeps the functions of a task as they are now, and runs the check that the student sees."""
        run, task = self.run, self.task(self.run.program.steps[position].task)
        key = watch.fresh_key()
        asked = watch.calling("visit", key, task.name, list(task.names), task.setup, task.check)
        outcome = self.session.run("", self.run.limits.cell, values={"asked": asked}, history=False)
        self.run.outcomes[position] = outcome
        found = watch.answer(outcome.values.get("asked", ""))
        found = found if isinstance(found, dict) else {}
        if not found and not outcome.stopped:
            outcome = self.session.run("", PROMPT, history=False)
        if outcome.stopped:
            return self.withdraw(position, outcome) if outcome.remark == ENDED else self.blame(task, outcome.remark)
        if self.guards and found.get("after") != watch.digest(self.guards, key):
            return self.blame(task, "", [SILENT])
        said = [outcome.text.strip()] if task.check else []
        if found.get("error"):
            self.failed.add(position)
            kind = "" if found["error"] == "AssertionError" and found["message"] else kind_of(found["error"])
            said.append(f"{kind}: {found['message']}".strip(": "))
        outcome.text = "\n".join(filter(None, [*said, outcome.remark]))[-2000:]
        what = self.wrong_claim() or self.other_marks() if run.careful else []
        return bool(what) and self.blame(task, "", what)

    def task(self, name: str) -> Task:
        """Returns a task by its name."""
        return next(task for task in self.run.tasks if task.name == name)

    def blame(self, task: Task, remark: str, what: list[str] | None = None) -> bool:
        """Takes out the cells that define a task's functions, since calling these did harm."""
        steps, again = self.run.program.steps, False
        for position, step in enumerate(steps):
            if step.defines & set(task.names) and position not in self.run.without:
                if what:
                    again |= self.accuse(position, what)
                else:
                    again |= self.run.withdraw(position, remark)
        return again

    def ended(self, task: Task, outcome: Outcome) -> bool:
        """Takes out what stopped a test: the task's own cells, unless others asked the program to end.

        A program that is asked to end goes on for a while, and may end in the middle of another task's test.
        """
        asking = [p for p in range(len(self.run.program.steps)) if self.asks_to_end(p)]
        others = [p for p in asking if not self.run.program.steps[p].defines & set(task.names)]
        if outcome.remark == ENDED and others and others == asking:
            return self.run.spare(max(others), outcome.remark)
        if outcome.remark == ENDED and not asking:
            steps = self.run.program.steps
            its = [p for p, s in enumerate(steps) if s.defines & set(task.names) and p not in self.run.without]
            return self.guess(its, outcome.remark)
        return self.blame(task, outcome.remark)

    def asks_to_end(self, position: int) -> bool:
        """Whether a cell of the student's that still runs speaks of ending."""
        step = self.run.program.steps[position]
        own = step.kind in ("answer", "own") and position not in self.run.without
        return own and speaks_of_ending(step.source)

    def examine(self) -> bool:
        """Tests what has not passed yet; returns whether the program has to be started anew."""
        places = {step.task: p for p, step in enumerate(self.run.program.steps) if step.task}
        for task in self.run.left():
            verdict, stopped = self.tested(task)
            before = self.run.verdicts.get(task.name, verdict)
            if before.error == "Stopped" and not verdict.passed:
                verdict = before
            self.run.verdicts[task.name] = verdict
            if stopped or self.told_why(task, verdict, places.get(task.name, -1)):
                return True
        return False

    def told_why(self, task: Task, verdict: Verdict, place: int) -> bool:
        """Notes what the student reads of a task; returns whether the program has to be started anew.

        A check that failed at its place, or came before the answer, and a test that passed with functions as they are
        at the end: the check is run again, for it would contradict the points. A function that is missing because its
        cell did harm: that harm. A module that an answer imports as it is called, and that is missing here: its name.
        """
        run, steps = self.run, self.run.program.steps
        first = run.outcomes.get(place, Outcome())
        later = place >= 0 and any(step.defines & set(task.names) for step in steps[place + 1 :])
        early = place in self.failed and "NameError: " in first.text and verdict.error != "NameError"
        again = early or (verdict.passed and (place in self.failed or later))
        self.failed -= {place} if again else set()
        stopped = again and self.visit(place)
        kept = stopped or (verdict.passed and place in self.failed)
        verdict.check = first.text if kept else run.outcomes.get(place, Outcome()).text
        harmful = [run.changed[p] for p in run.without if steps[p].defines & set(task.names) and run.changed[p]]
        if verdict.error == "NameError" and harmful:
            verdict.remark, verdict.check = harmful[0], ""
        if lacked := self.lacks(verdict):
            run.lacked.add(lacked)
            verdict.remark = imports(lacked)
        return stopped

    def lacks(self, verdict: Verdict) -> str:
        """Returns the module that a test missed, if the submission itself speaks of it: else its name is not ours."""
        found = MISSING.search(verdict.message) if verdict.error == "ModuleNotFoundError" else None
        named = re.compile(rf"\b{re.escape(found[1].split('.')[0])}\b") if found else None
        own = [step.source for step in self.run.program.steps if step.kind in ("answer", "own")]
        return found[1] if found and named and any(map(named.search, own)) else ""

    def tested(self, task: Task) -> tuple[Verdict, bool]:
        """Tests one task; returns what became of it, and whether the program has to be started anew."""
        key = watch.fresh_key()
        asked = watch.calling("exam", key, task.name, list(task.names), task.setup, task.test, self.run.program.lab)
        outcome = self.session.run("", self.run.limits.cell, values={"asked": asked}, history=False)
        if outcome.stopped:
            return Verdict(error="Stopped", remark=outcome.remark), self.ended(task, outcome)
        left = self.session.tidy()
        found = watch.answer(outcome.values.get("asked", ""))
        if not isinstance(found, dict) or "after" not in found:
            return Verdict(error=outcome.error, remark=outcome.remark), self.blame(task, "", ["what a test answers"])
        verdict = Verdict(False, found.get("error", ""), outcome.remark or left, found.get("message", ""))
        verdict.trace = found.get("trace", "")
        whole = watch.digest(self.marks, key)
        same = not self.marks or found["before"] == found["after"] == whole
        if not same and (what := self.compared(found["marks"] or self.ask(watch.calling("look")))):
            return verdict, self.blame(task, "", what)
        verdict.passed = not verdict.error
        return verdict, False


def run_as(step: Step) -> str:
    """Returns what runs of a cell: nothing that installs packages, and at its end what cuts training short."""
    source = without_installing(step.source)
    return f"{source}\n{step.short}" if step.short else source


def kind_of(error: str) -> str:
    """Returns an exception's class if it is Python's own: others are named by the program, which may tell anything."""
    known = isinstance(getattr(builtins, error, None), type)
    return error if known else "an error"


def imports(*modules: str) -> str:
    """Returns what is said of modules that are missing here."""
    return f"imports `{', '.join(modules)}`, which the grader does not have"


@cache
def speaks_of_ending(source: str) -> bool:
    """Whether a cell's code, comments and docstrings apart, has a word in it that ends programs."""
    return ENDING.search(source) is not None and ENDING.search(said_to_python(source)) is not None


def timed_out(outcome: Outcome) -> bool:
    """Whether a cell was interrupted for taking too long."""
    return outcome.remark.startswith(LATE)
