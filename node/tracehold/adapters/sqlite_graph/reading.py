"""Reads in threads, ended where their caller goes away.

SQLite stops a statement that runs when it is interrupted from another thread, and forgets an interruption
that comes between two statements. So a read that is to end is interrupted until it has.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from tracehold.adapters.sqlite_graph.schema import connect

Answer = TypeVar("Answer")
Work = Callable[[sqlite3.Connection], Answer]

AGAIN_S = 0.01
"""Between two interruptions of one read."""


class Readers:
    """The connections of one file that read: as many as read at once, and used again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []

    async def run(self, work: Work[Answer]) -> Answer:
        """What the work answers, in a thread. Where the call is cancelled, the statement that runs is
        stopped, and the thread works no more when the call returns. Raises what the work raises.
        """
        reading = _Reading(self._idle)
        thread = asyncio.ensure_future(asyncio.to_thread(reading.run, self._path, work))
        try:
            await asyncio.wait({thread})
        except asyncio.CancelledError:
            while reading.interrupt() and not thread.done():
                with suppress(asyncio.CancelledError):  # whoever cancels again is told when it has ended
                    await asyncio.wait({thread}, timeout=AGAIN_S)
            thread.add_done_callback(_passed_over)
            raise
        return thread.result()

    def close(self) -> None:
        """Close all connections; call it when nothing reads any more."""
        while self._idle:
            self._idle.pop().close()


class _Reading:
    """One read. Only the thread uses its connection; only an interruption comes from outside."""

    def __init__(self, idle: list[sqlite3.Connection]) -> None:
        self._idle = idle
        self._guard = Lock()
        self._connection: sqlite3.Connection | None = None
        self._unwanted = False

    def run(self, path: Path, work: Work[Answer]) -> Answer:
        """The work, in whichever thread. A connection that failed or was interrupted is closed, one that
        answered is used again.
        """
        connection = self._begin(path)
        try:
            answer = work(connection)
        except BaseException:
            self._end(sound=False)
            raise
        self._end(sound=True)
        return answer

    def interrupt(self) -> bool:
        """Stop what runs now and begin nothing more. Whether there is anything to be waited for."""
        with self._guard:
            self._unwanted = True
            if self._connection is None:
                return False
            self._connection.interrupt()
            return True

    def _begin(self, path: Path) -> sqlite3.Connection:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(path)
        with self._guard:
            self._connection = connection
            unwanted = self._unwanted
        if unwanted:
            self._end(sound=True)
            raise asyncio.CancelledError
        return connection

    def _end(self, *, sound: bool) -> None:
        # After this nothing interrupts the connection any more: another read may have it next.
        with self._guard:
            connection, self._connection = self._connection, None
            unwanted = self._unwanted
        if connection is None:
            return
        if sound and not unwanted:
            self._idle.append(connection)
        else:
            connection.close()


def _passed_over(thread: "asyncio.Future[Any]") -> None:
    """Nobody asks any more how a cancelled read ended."""
    if not thread.cancelled():
        thread.exception()
