"""Programs that a test starts as children of its own: each with its own log, stopped by nobody else."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tracehold.core.errors import Broken, Unavailable
from tracehold.lab.programs import command

_LOOK_S = 0.05
_STOP_S = 20.0


class Program:
    """`python -m tracehold ...` as a process of its own. Its output goes to
    NAME.out and NAME.log in `folder`.

    `prefix` is a command that runs it, and that must become it (strace -D).
    """

    def __init__(self, name: str, arguments: list[str], folder: Path, prefix: Sequence[str] = ()) -> None:
        self.name = name
        self._out, self._log = folder / f"{name}.out", folder / f"{name}.log"
        with self._out.open("wb") as out, self._log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches the test alone,
            # which stops this one in order.
            self._process = subprocess.Popen(
                [*prefix, *command(*arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                start_new_session=True,
            )
        (folder / f"{name}.pid").write_text(f"{self.pid}\n")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60.0) -> None:
        """Return when `ready` says so. Raises NODE_DOWN after `seconds`, INTERNAL where the program ended."""
        end = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise Broken(
                    "INTERNAL", f"{self.name} ended: {self.last_words()}", remedy=f"See {self._log}."
                )
            if time.monotonic() > end:
                raise Unavailable("NODE_DOWN", f"{self.name} is not ready", remedy=f"See {self._log}.")
            time.sleep(_LOOK_S)

    def first_line(self) -> dict[str, Any]:
        """The JSON object that it prints when it is ready."""
        self.wait_until(lambda: b"\n" in self._out.read_bytes())
        answer: dict[str, Any] = json.loads(self._out.read_bytes().splitlines()[0])
        return answer

    def ended(self, seconds: float) -> int:
        """Its exit code when it has ended by itself. Raises DEADLINE where it still runs after so long."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise Unavailable("DEADLINE", f"{self.name} still runs") from error

    def last_words(self) -> str:
        """The last lines of its log: an error and what to do about it."""
        lines = self._log.read_text(errors="replace").splitlines()
        return "; ".join(lines[-3:])[-500:] if lines else "it said nothing"

    def stop(self) -> None:
        """End it as an operator would (SIGTERM), and by SIGKILL if that takes too long."""
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL: what a power failure does."""
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
        self._process.wait()
