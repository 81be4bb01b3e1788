"""A program in the sandbox, spoken to from outside cell by cell, with limits that the outside enforces."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import psutil
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager
from zmq.constants import Event, SocketOption

from grading import sandbox

LARGEST = 100_000_000
UNSENT = ("ipykernel/iostream.py", "MemoryError")
LINGER = 2.0  # seconds in which a program that has answered says that it is idle, and what a cell wrote before
PATIENCE = 6  # how many times its seconds a cell may last at most, where others use the processors
DEBUGGER = re.compile(r"pdb\)?>?\s*$", re.IGNORECASE)
ENDED, LATE = "ended the program", "took too long and was interrupted"


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell: Seconds for one cell, and for one task's tests; what it waits for a processor does not count.
        total: Seconds for all cells that the student wrote or ran; tests have their own.
        memory: Bytes for all of its processes together.
        output: Characters that are kept of what one cell writes, half of them its last.
        flood: Characters after which it is interrupted.
        disk: Bytes in the folder that it shares with the grader.
        processes: How many may be left over after a cell.
        isolated: Whether there must be a sandbox.
    """

    cell: float = 60
    total: float = 300
    memory: int = 6_000_000_000
    output: int = 200_000
    flood: int = 20_000_000
    disk: int = 50_000_000
    processes: int = 8
    isolated: bool = True


@dataclass
class Outcome:
    """What became of one cell.

    Attributes:
        error: The exception's class, empty without one.
        message: Its words.
        text: What the cell wrote.
        remark: What the limits did to it, in words for the student.
        stopped: Whether the program has ended.
        values: What the expressions gave that were sent along.
    """

    error: str = ""
    message: str = ""
    text: str = ""
    remark: str = ""
    stopped: bool = False
    values: dict[str, str] = field(default_factory=dict)


class Session:
    """One kernel in one sandbox; a context manager."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.shared = Path(tempfile.mkdtemp(prefix="lab-"))
        self.specs = Path(tempfile.mkdtemp(prefix="lab-"))
        self.kernel, self.stood, self.linger = 0, 0.0, LINGER

    def __enter__(self) -> Session:
        self._describe()
        specs = KernelSpecManager(kernel_dirs=[str(self.specs)], ensure_native_kernel=False)
        self.manager = KernelManager(kernel_name="sandbox", kernel_spec_manager=specs, transport="ipc")
        self.manager.ip, self.manager.connection_file = str(self.shared / "k"), str(self.shared / "connection.json")
        self.manager.write_connection_file()
        self._hand_over()
        self.manager.start_kernel(cwd=str(self.specs), stdout=DEVNULL, stderr=DEVNULL)
        self.client = self.manager.client()
        self.client.context.setsockopt(SocketOption.MAXMSGSIZE, LARGEST)
        self.client.start_channels()
        self._watch_connection()
        try:
            self.client.wait_for_ready(timeout=120)
        except RuntimeError:
            self.__exit__()
            raise
        self.kernel = next((process.pid for process in reversed(self.processes())), 0)
        return self

    def _describe(self) -> None:
        program = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        program += ["--HistoryManager.hist_file=:memory:", "--InteractiveShell.xmode=Minimal"]
        argv = sandbox.command(self.shared, *program) if self.limits.isolated else program
        spec = {"argv": argv, "display_name": "sandbox", "language": "python", "interrupt_mode": "message"}
        (self.specs / "sandbox").mkdir()
        (self.specs / "sandbox" / "kernel.json").write_text(json.dumps(spec))

    def _hand_over(self) -> None:
        if self.limits.isolated and os.getuid() == 0:
            for path in [self.shared, *self.shared.rglob("*")]:
                os.chown(path, sandbox.user(), sandbox.user())

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.kill()
        self.manager.shutdown_kernel(now=True)
        for folder in (self.shared, self.specs):
            shutil.rmtree(folder, ignore_errors=True)

    def _watch_connection(self) -> None:
        self.losses = self.client.iopub_channel.socket.get_monitor_socket(Event.DISCONNECTED)

    def lost(self) -> bool:
        """Whether the last cell sent a piece of output so large that the connection broke; makes it anew if so."""
        if not self.losses.poll(0):
            return False
        self.client.iopub_channel.socket.close(linger=0)
        self.client.iopub_channel.socket = self.client.connect_iopub()
        self._watch_connection()
        with contextlib.suppress(queue.Empty):
            self.client.get_iopub_msg(timeout=1)
        return True

    def interrupt(self) -> None:
        """Asks for the end of the cell that runs."""
        self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))

    def settle(self) -> None:
        """Waits until the program has dealt with an interrupt, which would hit the next cell otherwise."""
        with contextlib.suppress(queue.Empty):
            self.client.get_control_msg(timeout=3)

    def processes(self) -> list[psutil.Process]:
        """Returns the sandbox's processes, outermost first."""
        try:
            outer = psutil.Process(self.manager.provisioner.pid)
            return [outer, *outer.children(recursive=True)]
        except (psutil.NoSuchProcess, AttributeError, TypeError):
            return []

    def kill(self) -> None:
        """Ends whatever runs in the sandbox."""
        _kill(self.processes())

    def clock(self) -> float:
        """Returns seconds on a clock that stands while the program would run, and others use the processors."""
        self.stood = max(self.stood, waited(self.kernel))
        return time.monotonic() - self.stood

    def run(
        self, code: str, seconds: float | None = None, values: dict[str, str] | None = None, history: bool = True
    ) -> Outcome:
        """Runs one cell to its end, or to the end of what it may use.

        Args:
            code: The cell.
            seconds: How long it may take; the limits' own where None.
            values: Expressions to evaluate after it, by name.
            history: Whether the program may look it up afterwards.
        """
        sent = self.client.execute(
            code, store_history=history, allow_stdin=True, stop_on_error=False, user_expressions=values or {}
        )
        return _Wait(self, sent, seconds or self.limits.cell).outcome()

    def tidy(self) -> str:
        """Ends processes that a cell left behind, if they are many; returns a remark."""
        left = [process for process in self.processes()[4:] if _runs(process)]
        if len(left) <= self.limits.processes:
            return ""
        _kill(left)
        return f"left {len(left)} processes running; they were ended"


def waited(pid: int) -> float:
    """Returns how many seconds a process has waited for a processor so far; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _runs(process: psutil.Process) -> bool:
    """Whether a process is still there: one that ended is listed until whoever began it asks how."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _kill(processes: list[psutil.Process]) -> None:
    for process in reversed(processes):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


class _Wait:
    """Collects what one cell sends until it is done, and stops it where it goes too far."""

    def __init__(self, session: Session, sent: str, seconds: float) -> None:
        self.session, self.sent = session, sent
        self.allow(seconds)
        self.result, self.written, self.interrupted, self.excess = Outcome(), 0, False, LATE
        self.first = self.last = ""
        self.reply: dict[str, Any] | None = None
        self.replied, self.idle, self.looked = 0.0, False, 0.0

    def allow(self, seconds: float) -> None:
        """Lets the cell go on for so many seconds of the program's own time, and not forever where it gets none."""
        self.until, self.latest = self.session.clock() + seconds, time.monotonic() + PATIENCE * seconds

    def late(self) -> bool:
        """Whether the time that was allowed is over."""
        return self.session.clock() > self.until or time.monotonic() > self.latest

    def outcome(self) -> Outcome:
        """Waits; returns what became of the cell."""
        while not self.done():
            self.listen()
            self.look()
        if self.interrupted and not self.result.stopped:
            self.session.settle()
        if self.reply is not None and not self.idle:
            self.session.linger = LINGER / 10
        self.result.text = self.first + self.last
        if self.cut():
            most = f"wrote more than {self.session.limits.output // 1000} kB"
            self.result.remark = self.result.remark or f"{most}; what was too much is left out"
        if self.reply is not None:
            self.conclude(self.reply["content"])
        return self.result

    def cut(self) -> bool:
        """Whether output is missing: dropped here, or too large for the connection or for the program's own memory."""
        broken = not self.result.stopped and self.session.lost()
        unsent = all(word in self.result.text for word in UNSENT)
        return broken or unsent or self.written > self.session.limits.output

    def done(self) -> bool:
        late = self.reply is not None and time.monotonic() > self.replied + self.session.linger
        return self.result.stopped or late or (self.reply is not None and self.idle)

    def listen(self) -> None:
        """Takes one message from each channel."""
        with contextlib.suppress(queue.Empty):
            self.take(self.session.client.get_iopub_msg(timeout=0.05))
        with contextlib.suppress(queue.Empty):
            self.say(str(self.session.client.get_stdin_msg(timeout=0)["content"].get("prompt", "")))
        try:
            reply = self.session.client.get_shell_msg(timeout=0)
        except queue.Empty:
            return
        if reply["parent_header"].get("msg_id") == self.sent:
            self.reply, self.replied = reply, time.monotonic()

    def say(self, prompt: str) -> None:
        """Answers a program that asks somebody to type: with nothing but Enter, and a debugger to go on."""
        debugger = DEBUGGER.search(prompt)
        self.session.client.input("continue" if debugger else "")
        how = "stopped in a debugger, which was told to go on" if debugger else "asked for a line, and got an empty one"
        self.result.remark = self.result.remark or how

    def take(self, message: dict[str, Any]) -> None:
        if message["parent_header"].get("msg_id") != self.sent:
            return
        content = message["content"]
        if message["msg_type"] == "status":
            self.idle = self.idle or content["execution_state"] == "idle"
        text = str(content.get("text", content.get("data", {}).get("text/plain", "")))
        if message["msg_type"] in ("stream", "execute_result", "display_data"):
            self.write(text, message["msg_type"] != "display_data")

    def write(self, text: str, kept: bool) -> None:
        """Keeps how what a cell writes begins and ends; a cell that writes on and on has a second left."""
        half = self.session.limits.output // 2
        room = half - len(self.first)
        self.first += text[:room] if kept else ""
        self.last = (self.last + text[room:])[-half:] if kept else self.last
        self.written += len(text)
        if self.written > self.session.limits.flood and self.excess == LATE:
            self.excess = f"wrote more than {self.session.limits.flood // 1_000_000} MB and was interrupted"
            self.until = min(self.until, self.session.clock() + 1)

    def look(self) -> None:
        """Sees to the limits, every fifth of a second."""
        now = time.monotonic()
        if now < self.looked + 0.2:
            return
        self.looked = now
        if not self.session.manager.is_alive():
            self.stop(ENDED)
        elif _more_memory(self.session.processes(), self.session.limits.memory):
            self.stop(f"used more than {self.session.limits.memory / 1e9:.0f} GB of memory and was ended")
        elif _size(self.session.shared) > self.session.limits.disk:
            self.stop("wrote where only the grader's sockets belong and was ended")
        elif self.interrupted and self.late():
            self.stop(f"{self.result.remark}, could not be interrupted, and was ended")
        elif self.late():
            self.interrupt()

    def interrupt(self) -> None:
        self.interrupted, self.result.remark = True, self.excess
        self.allow(3)
        self.session.interrupt()

    def stop(self, remark: str) -> None:
        self.result.remark, self.result.stopped = remark, True
        self.result.error = "Stopped"
        self.session.kill()

    def conclude(self, content: dict[str, Any]) -> None:
        if content["status"] != "ok":
            self.result.error = content.get("ename", "Aborted")
            self.result.message = content.get("evalue", "")
        for name, value in content.get("user_expressions", {}).items():
            self.result.values[name] = value.get("data", {}).get("text/plain", "")


def _more_memory(processes: list[psutil.Process], limit: int) -> bool:
    """Whether processes hold more; what they share is counted once, which takes long, so only where it matters."""
    return sum(_held(p, "rss") for p in processes) > limit and sum(_held(p, "pss") for p in processes) > limit


def _held(process: psutil.Process, kind: str) -> int:
    try:
        if kind == "pss":
            with contextlib.suppress(psutil.AccessDenied):
                return int(process.memory_full_info().pss)
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def _size(folder: Path) -> int:
    try:
        return sum(path.lstat().st_size for path in folder.rglob("*"))
    except OSError:
        return 0
