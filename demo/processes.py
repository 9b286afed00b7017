"""The processes of the demo: started one by one, watched together, ended together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

_LOOK_SECONDS: Final = 0.1
_GRACE_SECONDS: Final = 5.0
_TAIL_LINES: Final = 15
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ToldToStop(Exception):
    """Somebody pressed Ctrl-C, or asked the process to end in another of the usual ways."""


class ChildEnded(Exception):
    """A process that the demo needs has ended by itself; the message has the last it said."""

    def __init__(self, child: "Child") -> None:
        lines = child.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
        said = "\n".join(["", *(f"  {line}" for line in lines), ""])
        super().__init__(f"The {child.name} process ended ({child.process.returncode}). {child.log} ends so:{said}")


class NeverReady(Exception):
    """The demo was not ready to use in a reasonable time."""


@dataclass(frozen=True)
class Child:
    """A process of the demo, in a session of its own so that Ctrl-C reaches it only through us."""

    name: str
    command: Sequence[str | Path]
    process: "subprocess.Popen[bytes]"
    log: Path
    is_errand: bool

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def has_failed(self) -> bool:
        """Whether it has ended although it is to last, or has ended badly although it was only sent on an errand."""
        return not self.is_running and not self.is_done

    @property
    def asks_for_another_start(self) -> bool:
        """Whether it has ended because it could not go on, and would if it were started again."""
        return self.process.poll() == os.EX_TEMPFAIL

    @property
    def is_done(self) -> bool:
        """Whether it was sent on an errand and has come back well."""
        return self.is_errand and self.process.poll() == 0

    def end(self) -> None:
        """Wait for the process to do as it was asked, then insist, on it and on all that it started."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_SECONDS)
        # A group that has ended is not found; on macOS one of zombies is not permitted either.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Crew:
    """The running processes of one demo, and the wish to end them.

    While the block lasts, Ctrl-C, SIGTERM and SIGHUP raise ``ToldToStop`` from whichever method waits next; when it is
    left, whatever was started has ended, and the first, on which the others lean, after them.
    """

    def __init__(self, *, folder: Path, logs: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._logs = logs
        self._environment = {**os.environ, **environment}
        self._children: list[Child] = []
        self._is_told_to_stop = threading.Event()

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        self._handlers_before = {ending: signal.signal(ending, self._stop) for ending in _ENDINGS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for children in (self._children[1:], self._children[:1]):
            for child in children:
                child.process.terminate()
            for child in children:
                child.end()
        for ending, handler in self._handlers_before.items():
            signal.signal(ending, handler)

    def start(self, name: str, command: Sequence[str | Path]) -> Child:
        """Start a process that is to run as long as the demo does."""
        return self._start(name, command, is_errand=False)

    def send(self, name: str, command: Sequence[str | Path]) -> Child:
        """Start a process that is to do something and come back."""
        return self._start(name, command, is_errand=True)

    def wait_until(self, is_ready: Callable[[], bool], *, within_seconds: float = 180) -> None:
        """Ask again and again until the answer is yes.

        Raises ``ChildEnded``, ``ToldToStop``, and ``NeverReady`` where it takes too long.
        """
        deadline = time.monotonic() + within_seconds
        while not is_ready():
            if time.monotonic() > deadline:
                raise NeverReady(f"The demo was not ready within {within_seconds:.0f} seconds; see {self._logs}.")
            self._look()

    def watch(self) -> None:
        """Watch over the processes for good; ends by ``ToldToStop`` or ``ChildEnded`` alone."""
        while True:
            self._look()

    def _start(self, name: str, command: Sequence[str | Path], *, is_errand: bool) -> Child:
        log = self._logs / f"{name}.log"
        log.unlink(missing_ok=True)
        child = self._run(name, command, log, is_errand=is_errand)
        self._children.append(child)
        return child

    def _run(self, name: str, command: Sequence[str | Path], log: Path, *, is_errand: bool) -> Child:
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "demo.leash", *command],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Child(name, command, process, log, is_errand)

    def _look(self) -> None:
        if self._is_told_to_stop.wait(_LOOK_SECONDS):
            raise ToldToStop
        for place, child in enumerate(self._children):
            if child.asks_for_another_start:
                child.end()
                self._children[place] = self._run(child.name, child.command, child.log, is_errand=child.is_errand)
            elif child.has_failed:
                raise ChildEnded(child)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_told_to_stop.set()
