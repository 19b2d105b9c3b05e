"""The file: one connection, one thread, one durable transaction a change."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.journey.ports import Owner, Staged

T = TypeVar("T")

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS staged (
    owner BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    size INTEGER NOT NULL,
    since INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, fingerprint)
) WITHOUT ROWID;
"""
_ALL = "SELECT owner, fingerprint, size, since, at_ms FROM staged ORDER BY at_ms, owner, fingerprint"


class SqliteAttachmentBook:
    """`journey.ports.AttachmentBook` on SQLite. `close` waits for what is being written."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises `Broken`: SCHEMA_NEWER, STORE_FAILED."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="attachment-book")
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            _prepare(self._connection)
        except (sqlite3.Error, OSError) as error:
            raise Broken("STORE_FAILED", "the book of attachments cannot be opened") from error

    async def stage(self, staged: Staged) -> None:
        """Insert or replace; durable on return."""
        row = (staged.owner, staged.name, staged.size, staged.since, staged.at_ms)
        await self._do("INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?)", row)

    async def unstage(self, owner: Owner, name: Fingerprint) -> None:
        """Delete; durable on return."""
        await self._do("DELETE FROM staged WHERE owner = ? AND fingerprint = ?", (owner, name))

    async def staged(self) -> Sequence[Staged]:
        """All rows, oldest first."""
        rows = await self._run(lambda: self._connection.execute(_ALL).fetchall())
        return [Staged(Owner(owner), Fingerprint(name), *rest) for owner, name, *rest in rows]

    def close(self) -> None:
        """Wait for what is being written, then close the file."""
        self._thread.shutdown(wait=True)
        self._connection.close()

    async def _do(self, statement: str, row: tuple[Any, ...]) -> None:
        await self._run(lambda: self._connection.execute(statement, row).fetchall())

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise Broken("STORE_FAILED", "the book of attachments refuses") from error


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise Broken("SCHEMA_NEWER", "the book of attachments was written by a newer release")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
