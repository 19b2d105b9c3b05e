"""One SQLite file with one writer thread, several reader threads, and a lock that keeps a second process out.

Who owns what: the writer connection is used by the single thread of `_writer` alone; each thread of
`_readers` opens a connection of its own at its first read. Nothing here knows what the tables mean.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tracehold.core.errors import Broken, TraceholdError, Unavailable

T = TypeVar("T")

READERS = 4
"""Reads that may run at once."""

WAL_PAGES = 4096
"""Pages (16 MiB) after which a commit also moves the WAL into the
file: two more fsyncs each time, so not too often.
"""

_LOCK_FILE = "lock.sqlite"


def failure(error: sqlite3.Error) -> TraceholdError:
    """Our error for one of SQLite's: who must act. The texts of SQLite's
    errors go no further than the log of the node.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Unavailable("STORE_BUSY", "the store is locked by another process")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return Broken("CORRUPT", "the store's file is damaged")
    return Broken("STORE_FAILED", f"the store refused: {getattr(error, 'sqlite_errorname', 'unknown')}")


class Store:
    """An open SQLite file. Make it with `Store.open`, end it with
    `close`; both block for as long as the disk takes.
    """

    def __init__(self, path: Path, lock: sqlite3.Connection, writer: sqlite3.Connection) -> None:
        self._path = path
        self._lock = lock
        self._writing = writer
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="log-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="log-reader")
        self._mine = threading.local()
        self._opened: list[sqlite3.Connection] = []

    @classmethod
    def open(cls, path: Path, prepare: Callable[[sqlite3.Connection], None]) -> "Store":
        """Open or make the file at `path` and run `prepare` on it.

        Raises `Unavailable("STORE_BUSY")` while another process (or another Store) has the folder open,
        `Broken("STORE_FAILED")`, `Broken("CORRUPT")`, and what `prepare` raises.
        """
        opened: list[sqlite3.Connection] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = _lock(path.parent, opened)
            writer = _connect(path)
            opened.append(writer)
            _durable(writer)
            prepare(writer)
        except BaseException as error:
            for connection in opened:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise failure(error) from error
            if isinstance(error, OSError):
                raise Broken("STORE_FAILED", f"cannot make the folder {path.parent}") from error
            raise
        return cls(path, lock, writer)

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run `query` on a reader's connection, beside other reads and the writer."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in one transaction: durable on return, nothing of it is kept if anything raises.

        A caller that is cancelled meanwhile does not undo the change: it may have become durable.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, change)

    async def erase(self, change: Callable[[sqlite3.Connection], None]) -> None:
        """`write`, and then move all of the WAL into the file and cut it to length 0: on return what the
        change overwrote is in neither. Harmless to repeat; a repeat finishes what a crash in between left.

        Raises `Unavailable("STORE_BUSY")` too where a read that runs on for seconds still needs the WAL.
        """
        await self.write(change)
        await asyncio.get_running_loop().run_in_executor(self._writer, self._truncate)

    def close(self) -> None:
        """Let running calls end, move the WAL into the file, let another process in."""
        self._readers.shutdown()
        self._writer.shutdown()
        for connection in (*self._opened, self._writing, self._lock):
            connection.close()

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = getattr(self._mine, "connection", None)
            if connection is None:
                connection = self._mine.connection = _connect(self._path)
                connection.execute("PRAGMA query_only = ON")
                self._opened.append(connection)
            return query(connection)
        except sqlite3.Error as error:
            raise failure(error) from error

    def _truncate(self) -> None:
        # Until here the WAL holds the pages as they were written, the overwritten bytes in them. Blocks of
        # the disk that the file system took back, and copies of the file, are out of reach.
        try:
            busy = self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error as error:
            raise failure(error) from error
        if busy:
            raise Unavailable("STORE_BUSY", "a read needs what is being erased; ask again")

    def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        # With WAL and synchronous=FULL a commit appends to the WAL and fsyncs it once. If that fsync fails
        # the transaction counts as failed here, yet its frames may be found whole after a restart: "failed,
        # but stored". Nobody was answered, and whoever opens the log again reads what is there.
        connection = self._writing
        try:
            try:
                connection.execute("BEGIN IMMEDIATE")
                result = change(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise failure(error) from error
        return result


def _connect(path: Path) -> sqlite3.Connection:
    # Opened and closed by different threads; used by one at a time.
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)


def _lock(folder: Path, opened: list[sqlite3.Connection]) -> sqlite3.Connection:
    # An exclusive transaction on a file of its own, held for as long as the process
    # lives: the system lets go of it at SIGKILL.
    lock = sqlite3.connect(folder / _LOCK_FILE, isolation_level=None, check_same_thread=False, timeout=0)
    opened.append(lock)
    lock.execute("BEGIN EXCLUSIVE")
    return lock


def _durable(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise Broken("STORE_FAILED", f"the file system does not carry SQLite's WAL (got {mode})")
    connection.execute("PRAGMA synchronous = FULL")
    # Some builds of SQLite do it anyway: what is overwritten or freed is zeroed in its page.
    connection.execute("PRAGMA secure_delete = ON")
    # An erasure whose process died before it cut the WAL ends here.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute(
        "PRAGMA cache_size = -16384"
    )  # KiB: inner pages of the fingerprint index stay in memory
