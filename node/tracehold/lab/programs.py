"""The processes of a lab: each outlives the command that started it, and is found again and stopped by its
recorded id, never by its name.

A program holds a lock on its NAME.lock for as long as it lives: it inherits the open file from whoever
starts it, and the system lets go of it when the process ends, however it ends. So a held lock says that this
very process runs, where a process id alone may be somebody else's by now; and since the program's own shell
writes its id before it becomes the program, no crash of the starter leaves a process that nobody knows.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from tracehold.core.errors import Broken, Unavailable

LOOK_S = 0.05
START_S = 60.0
STOP_S = 20.0
_FIRST_WORDS = 'echo $$ >"$0" && exec "$@"'


class Clock(Protocol):
    """Waiting, so that tests need not."""

    def monotonic(self) -> float:
        """Seconds since any moment."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""


@dataclass(slots=True)
class Slot:
    """The place of one program. Any number of commands may look at it; one at a time starts and stops."""

    folder: Path
    name: str
    clock: Clock = time
    signal: Callable[[int, int], None] = os.kill
    _child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """What it says on stderr, over all its starts."""
        return self.folder / f"{self.name}.log"

    @property
    def out(self) -> Path:
        """What it printed since its last start."""
        return self.folder / f"{self.name}.out"

    @property
    def pid(self) -> int | None:
        """Its process id; None where it does not run. A killed process runs no more, reaped or not."""
        return self._recorded() if self.running else None

    @property
    def running(self) -> bool:
        """Whether the process that was started here last is alive."""
        self._reap()
        try:
            with self._lock_file() as file:
                # Shared: two that look at one time do not take each other for the program.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError) as error:
            return isinstance(error, BlockingIOError)
        return False

    def start(self, command: Sequence[str]) -> None:
        """Start it where it does not run. Raises STORE_BUSY where somebody else starts it at this moment."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._path("lock").open("a+b") as lock:
            if not self._taken(lock):
                if self.running:
                    return
                raise Unavailable("STORE_BUSY", f"{self.name} is being looked at without end")
            self._path("pid").unlink(missing_ok=True)
            with self.out.open("wb") as out, self.log.open("ab") as log:
                # A session of its own: Ctrl-C in a terminal reaches the command alone, which stops this in
                # order.
                self._child = subprocess.Popen(
                    ["/bin/sh", "-c", _FIRST_WORDS, str(self._path("pid")), *command],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=log,
                    pass_fds=(lock.fileno(),),
                    start_new_session=True,
                )

    def wait_until(self, ready: Callable[[], bool], seconds: float = START_S) -> None:
        """Return when `ready` says so. Raises INTERNAL where it ended, NODE_DOWN after so many seconds."""
        end = self.clock.monotonic() + seconds
        while not ready():
            if not self.running:
                raise Broken("INTERNAL", f"{self.name} ended: {self.last_words()}", remedy=f"See {self.log}.")
            if self.clock.monotonic() > end:
                raise Unavailable("NODE_DOWN", f"{self.name} is not ready", remedy=f"See {self.log}.")
            self.clock.sleep(LOOK_S)

    def ask_to_stop(self) -> None:
        """SIGTERM, where it runs."""
        self._send(signal.SIGTERM)

    def stopped(self, seconds: float = STOP_S) -> None:
        """Return when it has ended; after so many seconds it is killed."""
        if not self._gone(seconds):
            self.kill()

    def kill(self) -> None:
        """SIGKILL: what a power failure does. Returns when it is gone; harmless where it does not run."""
        self._send(signal.SIGKILL)
        if not self._gone(STOP_S):
            raise Broken("INTERNAL", f"{self.name} cannot be killed", remedy=f"Look at process {self.pid}.")

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return lines[-1][:500] if lines else "it said nothing"

    # -- parts

    def _send(self, number: int) -> None:
        pid = self.pid
        if pid is None:
            return
        try:
            self.signal(pid, number)
        except ProcessLookupError:
            return  # it ended just now

    def _gone(self, seconds: float) -> bool:
        end = self.clock.monotonic() + seconds
        while self.running:
            if self.clock.monotonic() > end:
                return False
            self.clock.sleep(LOOK_S)
        return True

    def _taken(self, lock: IO[bytes]) -> bool:
        """Whether the lock is ours now. Somebody who looks holds it for an instant."""
        for _ in range(20):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self.running:
                    return False
                self.clock.sleep(LOOK_S)
            else:
                return True
        return False

    def _recorded(self) -> int | None:
        """The id that the process wrote; it does so within an instant of its start."""
        for _ in range(40):
            try:
                return int(self._path("pid").read_text())
            except (OSError, ValueError):
                if not self.running:
                    return None
                self.clock.sleep(LOOK_S)
        raise Broken("INTERNAL", f"{self.name} runs and wrote no process id", remedy=f"See {self.log}.")

    def _reap(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._child = None

    def _lock_file(self) -> IO[bytes]:
        return self._path("lock").open("rb")

    def _path(self, ending: str) -> Path:
        return self.folder / f"{self.name}.{ending}"


def command(*arguments: str) -> list[str]:
    """The command line that runs our command with this Python."""
    return [sys.executable, "-m", "tracehold", *arguments]
