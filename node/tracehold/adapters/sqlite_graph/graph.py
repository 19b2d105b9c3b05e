"""The graph in one SQLite file: write-ahead log, synced at every commit, read while it is written."""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar

from tracehold.adapters.sqlite_graph import queries, writes
from tracehold.adapters.sqlite_graph.reading import Readers
from tracehold.adapters.sqlite_graph.recent import Recent
from tracehold.adapters.sqlite_graph.schema import NAMES, connect, prepare
from tracehold.adapters.sqlite_graph.terms import EVENT, TRANSFORMATION
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact
from tracehold.core.spans import Spans
from tracehold.journey.ports import Indexed, Known, MasterDataVersion

Answer = TypeVar("Answer")


class SqliteGraph:
    """The `Graph` port over one file. Owns its connections: one that writes, and as
    many that read as read at once. While it is open nobody else writes to the file.

    Work runs in threads, so that the event loop never waits for the disk. A read whose call is cancelled is
    stopped; a write is one transaction and goes on to its end. Opening raises
    `Broken("SCHEMA_NEWER")` for a file of a newer release and
    `Unavailable("GRAPH_DOWN")` for one that cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._writing = Lock()
        self._readers = Readers(path)
        self._recent = Recent()
        with _reported():
            self._writer = connect(path)
            prepare(self._writer)

    async def add(self, step: Indexed) -> None:
        """See `ports.Graph.add`."""
        await self._write(lambda connection: writes.add(connection, step))

    async def set_known(self, log: LogId, ranges: Sequence[Known]) -> None:
        """See `ports.Graph.set_known`."""
        await self._write(lambda connection: writes.set_known(connection, log, ranges))

    async def facts(self, items: Collection[str], transformations: Collection[str] = ()) -> Sequence[Fact]:
        """See `ports.Graph.facts`."""
        return await self._facts([*items, *(TRANSFORMATION + id for id in transformations)])

    async def readings(self, asked: Mapping[str, Spans]) -> Sequence[Fact]:
        """See `ports.Graph.readings`."""
        recent = self._recent
        return await self._read(lambda connection: queries.read_there(connection, asked, recent))

    async def by_event_id(self, event_ids: Collection[str]) -> Sequence[Fact]:
        """See `ports.Graph.by_event_id`."""
        return await self._facts([EVENT + id for id in event_ids])

    async def masterdata(self, id: str) -> Sequence[MasterDataVersion]:
        """See `ports.Graph.masterdata`."""
        return await self._read(lambda connection: queries.masterdata(connection, id))

    async def is_described(self, id: str) -> bool:
        """See `ports.Graph.is_described`."""
        return await self._read(lambda connection: queries.is_described(connection, id))

    async def reopen(self, log: LogId, index: int) -> None:
        """See `ports.Graph.reopen`."""
        await self._write(lambda connection: writes.reopen(connection, log, index))

    async def erase(self, fingerprint: Fingerprint) -> None:
        """See `ports.Graph.erase`. What was there is overwritten in the file, and gone from its write-ahead
        log when no read needs that any more.
        """
        if await self._read(lambda connection: queries.tells(connection, fingerprint)):
            await self._write(lambda connection: writes.erase(connection, fingerprint), forget=True)
            await asyncio.to_thread(self._checkpoint)

    def _checkpoint(self) -> None:
        with self._writing, _reported():
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def coverage(self) -> Mapping[LogId, Spans]:
        """See `ports.Graph.coverage`."""
        return await self._read(queries.coverage)

    async def clear(self) -> None:
        """See `ports.Graph.clear`."""
        await self._write(lambda connection: writes.clear(connection, NAMES), forget=True)

    def forget(self) -> None:
        """Drop the facts that are kept decoded in memory; they are read again when they are asked for."""
        self._recent = Recent()

    def close(self) -> None:
        """Close all connections; call it when nothing reads or writes any more."""
        self._readers.close()
        self._writer.close()

    async def _facts(self, terms: Collection[str]) -> Sequence[Fact]:
        recent = self._recent
        return await self._read(lambda connection: queries.facts(connection, terms, recent))

    async def _write(
        self, work: Callable[[sqlite3.Connection], bool | None], *, forget: bool = False
    ) -> None:
        """`work` says whether facts that were there may be known since another time now."""

        def run() -> None:
            with self._writing, _reported():
                with _transaction(self._writer, "IMMEDIATE"):
                    changed = work(self._writer)
                if forget:
                    self.forget()
                elif changed:
                    self._recent = self._recent.aged()

        await asyncio.to_thread(run)

    async def _read(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        def run(connection: sqlite3.Connection) -> Answer:
            with _transaction(connection, "DEFERRED"):
                return work(connection)

        with _reported():
            return await self._readers.run(run)


@contextmanager
def _transaction(connection: sqlite3.Connection, mode: str) -> Iterator[None]:
    connection.execute(f"BEGIN {mode}")
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
        raise Unavailable("GRAPH_DOWN", "the graph's file cannot be read or written") from error
