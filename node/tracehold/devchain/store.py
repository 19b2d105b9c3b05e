"""The chain's file: one SQLite database in WAL mode, one durable transaction per block.

* `Store` is the only writer. It gathers everything a block writes in memory; `commit` makes all of it durable
  at once (journal_mode=WAL, synchronous=FULL: on disk when it returns). A crash at any moment leaves the file
  as of some commit, never between two.
* `Reader` sees commits only. What the writer still gathers does not exist for it.
* `chain.lock` holds an exclusive SQLite lock while a `Store` is open, so that two processes cannot seal one
  chain. The system releases it with the process, however that ends.
"""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from eth.db.backends.base import BaseDB

from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.devchain.logindex import LOG_SCHEMA, LogRow, insert_logs

FILE = "chain.sqlite"
LOCK = "chain.lock"
SCHEMA_VERSION = 1
APPLICATION_ID = 0x74684348  # "thCH": tells this file from other SQLite files

_SCHEMA = (
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE kv(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    *LOG_SCHEMA,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


class Reader(BaseDB):
    """Committed keys and values, read only. For one thread at a time; several readers may be open."""

    def __init__(self, directory: Path) -> None:
        uri = (directory / FILE).resolve().as_uri() + "?mode=ro"
        self.connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)

    def __getitem__(self, key: bytes) -> bytes:
        return _lookup(self.connection, key)

    def __setitem__(self, key: bytes, value: bytes) -> None:
        raise AssertionError("a reader of the chain was asked to write")

    def __delitem__(self, key: bytes) -> None:
        raise AssertionError("a reader of the chain was asked to delete")

    def _exists(self, key: bytes) -> bool:
        return _has(self, key)

    def meta(self) -> dict[str, object]:
        """The chain's own settings as kept at genesis; empty before it."""
        return _read_meta(self.connection)

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()


class Store(BaseDB):
    """The writer. Keys set are seen by its own reads at once, and by nobody else before `commit`.

    Raises Unavailable STORE_BUSY when another process has it open, Broken SCHEMA_NEWER for a file of a newer
    release, Rejected BAD_CONFIG for a file that is no chain.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = _exclusive(directory)
        try:
            self.connection = _open(directory / FILE)
        except BaseException:
            self._lock.close()
            raise
        self._buffer: dict[bytes, bytes | None] = {}

    def __getitem__(self, key: bytes) -> bytes:
        if key not in self._buffer:
            return _lookup(self.connection, key)
        value = self._buffer[key]
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._buffer[key] = bytes(value)

    def __delitem__(self, key: bytes) -> None:
        self._buffer[key] = None

    def _exists(self, key: bytes) -> bool:
        return _has(self, key)

    def meta(self) -> dict[str, object]:
        """The chain's own settings as kept at genesis; empty before it."""
        return _read_meta(self.connection)

    def commit(self, logs: Sequence[LogRow] = (), meta: dict[str, object] | None = None) -> None:
        """Make everything gathered durable, with these log rows and settings: all of it, or nothing.

        Raises Broken STORE_FAILED when the disk refuses (full, or failing). Nothing was announced then, and
        the caller stops: whether the last commit reached the disk shows at the next opening.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            self._write(logs, meta or {})
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self.connection.in_transaction:
                self.connection.rollback()
            raise Broken("STORE_FAILED", "the chain could not write a block") from error
        finally:
            self._buffer.clear()

    def _write(self, logs: Sequence[LogRow], meta: dict[str, object]) -> None:
        kept = [(key, value) for key, value in self._buffer.items() if value is not None]
        dropped = [(key,) for key, value in self._buffer.items() if value is None]
        self.connection.executemany("INSERT OR REPLACE INTO kv VALUES(?, ?)", kept)
        self.connection.executemany("DELETE FROM kv WHERE key = ?", dropped)
        insert_logs(self.connection, logs)
        rows = [(name, json.dumps(value)) for name, value in meta.items()]
        self.connection.executemany("INSERT OR REPLACE INTO meta VALUES(?, ?)", rows)

    def discard(self) -> None:
        """Forget what was gathered since the last commit."""
        self._buffer.clear()

    def close(self) -> None:
        """Release file and lock; what was not committed is forgotten."""
        self._buffer.clear()
        self.connection.close()
        self._lock.close()


def _lookup(connection: sqlite3.Connection, key: bytes) -> bytes:
    try:
        row = connection.execute("SELECT value FROM kv WHERE key = ?", (key,)).fetchone()
    except sqlite3.Error as error:
        raise Broken("STORE_FAILED", "the chain's file cannot be read") from error
    if row is None:
        raise KeyError(key)
    return bytes(row[0])


def _has(source: Reader | Store, key: bytes) -> bool:
    try:
        source[key]
    except KeyError:
        return False
    return True


def _read_meta(connection: sqlite3.Connection) -> dict[str, object]:
    return {name: json.loads(value) for name, value in connection.execute("SELECT name, value FROM meta")}


def _exclusive(directory: Path) -> sqlite3.Connection:
    lock = sqlite3.connect(directory / LOCK, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        remedy = "Stop the other process, or give this one a folder of its own."
        raise Unavailable(
            "STORE_BUSY", f"another process has the chain in {directory} open", remedy=remedy
        ) from error
    return lock


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        fresh = _is_fresh(connection, path)  # before anything is written: the file may be someone else's
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if fresh:
            connection.executescript(f"BEGIN IMMEDIATE; {'; '.join(_SCHEMA)}; COMMIT;")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise Rejected(
            "BAD_CONFIG", f"{path} cannot be opened as a chain", remedy="Give another folder."
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _is_fresh(connection: sqlite3.Connection, path: Path) -> bool:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (version, application, tables) == (0, 0, 0):
        return True
    if application != APPLICATION_ID:
        raise Rejected("BAD_CONFIG", f"{path} is not a chain of this program", remedy="Give another folder.")
    if version > SCHEMA_VERSION:
        remedy = "Start the newer release, or give another folder."
        message = f"{path} has schema {version}, this release knows {SCHEMA_VERSION}"
        raise Broken("SCHEMA_NEWER", message, remedy=remedy)
    return False
