"""The file of findings: one connection, one durable transaction a write."""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar

from tracehold.adapters.sqlite_quality import reads, writes
from tracehold.adapters.sqlite_quality.schema import prepare
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.quality import Finding, Subject
from tracehold.core.spans import Spans
from tracehold.journey.ports.quality import Due, Judged, Mark, Marks, Sighting

Answer = TypeVar("Answer")


class SqliteFindings:
    """The `FindingStore` port over one file, or in memory where no path is given. Work runs in threads.

    Opening raises `Broken("SCHEMA_NEWER")` for a file of a newer release and `Unavailable("GRAPH_DOWN")` for
    one that cannot be opened.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._one = Lock()
        with _reported():
            self._connection = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False, timeout=10
            )
            prepare(self._connection)

    async def mark(self, step: Marks) -> None:
        """See `ports.FindingStore.mark`."""
        await self._run(lambda connection: writes.mark(connection, step))

    async def covered(self) -> Mapping[LogId, Spans]:
        """See `ports.FindingStore.covered`."""
        return await self._run(reads.covered)

    async def loads(self, subjects: Collection[Subject]) -> Mapping[Subject, int]:
        """See `ports.FindingStore.loads`."""
        return await self._run(lambda connection: reads.loads(connection, subjects))

    async def due(self, most: int) -> Sequence[Due]:
        """See `ports.FindingStore.due`."""
        return await self._run(lambda connection: reads.due(connection, most))

    async def settle(self, judged: Sequence[Judged], further: Sequence[Mark] = ()) -> int:
        """See `ports.FindingStore.settle`."""
        return await self._run(lambda connection: writes.settle(connection, judged, further))

    async def sightings(self, most: int) -> Sequence[Sighting]:
        """See `ports.FindingStore.sightings`."""
        return await self._run(lambda connection: reads.sightings(connection, most))

    async def placed(self, judged: Sequence[Sighting], unknown: Collection[str]) -> int:
        """See `ports.FindingStore.placed`."""
        return await self._run(lambda connection: writes.placed(connection, judged, unknown))

    async def described(self, place: str, most: int) -> int:
        """See `ports.FindingStore.described`."""
        return await self._run(lambda connection: writes.described(connection, place, most))

    async def unsettle(self, event: Fingerprint) -> None:
        """See `ports.FindingStore.unsettle`."""
        await self._run(lambda connection: writes.unsettle(connection, event))

    async def of(self, events: Collection[Fingerprint], most: int) -> Mapping[Fingerprint, Sequence[Finding]]:
        """See `ports.FindingStore.of`."""
        return await self._run(lambda connection: reads.of(connection, events, most))

    async def changes(self, after: int, most: int) -> Sequence[tuple[int, Fingerprint]]:
        """See `ports.FindingStore.changes`."""
        return await self._run(lambda connection: reads.changes(connection, after, most))

    async def newest(self) -> int:
        """See `ports.FindingStore.newest`."""
        return await self._run(reads.newest)

    async def clear(self) -> None:
        """See `ports.FindingStore.clear`."""
        await self._run(writes.clear)

    def close(self) -> None:
        """Close the file; call it when nothing reads or writes any more."""
        with self._one:
            self._connection.close()

    async def _run(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        def run() -> Answer:
            with self._one, _reported(), _transaction(self._connection):
                return work(self._connection)

        return await asyncio.to_thread(run)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite may have rolled back by itself, after a full disk for one.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable("GRAPH_DOWN", "the file of findings cannot be read or written") from error
