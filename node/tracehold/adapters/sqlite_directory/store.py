"""The directory's file: tables, version, connection.

Nothing in it is the only copy of anything: the holders announce again within a day, and the offers are
derived
from the logs. So commits are not synced one by one: a crash may undo the last seconds and breaks nothing.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar

from tracehold.core.errors import Broken, Unavailable

APPLICATION_ID = 0x54484449
"""`THDI`: tells it from other SQLite files."""

VERSION = 1
"""Of the tables below. A file of an older version is begun anew; a newer one is refused."""

TABLES = """
CREATE TABLE provider (
    key BLOB NOT NULL, holder BLOB NOT NULL, count INTEGER NOT NULL, issued_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (key, holder)) WITHOUT ROWID;
CREATE INDEX ending ON provider (expires_ms);
CREATE TABLE kept (holder BLOB PRIMARY KEY, records INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE coverage (
    log BLOB NOT NULL, segment INTEGER NOT NULL, upto INTEGER NOT NULL,
    PRIMARY KEY (log, segment)) WITHOUT ROWID;
CREATE TABLE offer (
    key BLOB NOT NULL, log BLOB NOT NULL, segment INTEGER NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (key, log, segment)) WITHOUT ROWID;
CREATE INDEX of_segment ON offer (log, segment);
CREATE TABLE plan (key BLOB PRIMARY KEY, due_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX next ON plan (due_ms);
CREATE TABLE contact (log BLOB PRIMARY KEY) WITHOUT ROWID;
"""

NAMES = ("provider", "kept", "coverage", "offer", "plan", "contact")

_Answer = TypeVar("_Answer")


class DirectoryFile:
    """One connection, used by one thread at a time. Owned by whom opened it.

    Opening raises `Broken("SCHEMA_NEWER")` for a file of a newer release and `Unavailable("STORE_BUSY")` for
    one that cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._turn = Lock()
        with _reported():
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            _prepare(self._connection)

    async def run(self, work: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        """Do `work` in one transaction, on a thread. Raises `Unavailable("STORE_BUSY")`."""

        def run() -> _Answer:
            with self._turn, _reported(), _transaction(self._connection):
                return work(self._connection)

        return await asyncio.to_thread(run)

    def close(self) -> None:
        """Close it, when nothing reads or writes any more. What was given up may still run on its thread: it
        comes to its end.
        """
        with self._turn:
            self._connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    with _transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise Broken("SCHEMA_NEWER", f"the directory has schema {version}, this release knows {VERSION}")
        if version == VERSION:
            return
        for name in NAMES:
            connection.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={VERSION}")


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
        raise Unavailable("STORE_BUSY", "the directory's file cannot be read or written") from error
