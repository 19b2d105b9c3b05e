"""The graph's file: its tables, its version, its connections.

Every identifier that can be asked for is a *term*: items and business transactions as they are, event ids and
transformation ids behind a prefix that no URI begins with (`terms.py`). `touch` is the one index over
terms; a fact's body is one compact value, because a walk needs whole facts and a row per edge would cost more
to read than it saves. `reading` is beside it for what sensors read at places, by time.

No statistics are kept (`ANALYZE`, `PRAGMA optimize`): with them SQLite may read a whole table to build a
filter for a query that needs a hundred rows of it.
"""

import sqlite3
from pathlib import Path

from tracehold.core.errors import Broken

APPLICATION_ID = 0x54484752
"""`THGR`: tells a graph from other SQLite files."""

VERSION = 7
"""Of the tables below. A graph of an older version is dropped and derived again; a newer one is refused."""

TABLES = """
CREATE TABLE log (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);
CREATE TABLE indexed (
    log INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    PRIMARY KEY (log, start)) WITHOUT ROWID;
CREATE TABLE term (name TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE fact (
    id INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE,
    log INTEGER NOT NULL, at INTEGER NOT NULL, known_ms INTEGER, body BLOB NOT NULL);
CREATE TABLE touch (term INTEGER NOT NULL, fact INTEGER NOT NULL, PRIMARY KEY (term, fact)) WITHOUT ROWID;
CREATE TABLE reading (
    term INTEGER NOT NULL, size INTEGER NOT NULL, start INTEGER NOT NULL, fact INTEGER NOT NULL,
    stop INTEGER NOT NULL, PRIMARY KEY (term, size, start, fact)) WITHOUT ROWID;
CREATE TABLE repeat (
    fact INTEGER NOT NULL, log INTEGER NOT NULL, at INTEGER NOT NULL, known_ms INTEGER,
    PRIMARY KEY (fact, log)) WITHOUT ROWID;
CREATE TABLE masterdata (
    id TEXT NOT NULL, log INTEGER NOT NULL, at INTEGER NOT NULL, known_ms INTEGER, fingerprint BLOB NOT NULL,
    type TEXT NOT NULL, issuer TEXT NOT NULL, audience TEXT NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (id, log, at)) WITHOUT ROWID;
CREATE INDEX masterdata_record ON masterdata (fingerprint);
CREATE TABLE known (
    log INTEGER NOT NULL, stop INTEGER NOT NULL, start INTEGER NOT NULL, known_ms INTEGER NOT NULL,
    PRIMARY KEY (log, stop)) WITHOUT ROWID;
"""

NAMES = ("log", "indexed", "term", "fact", "touch", "reading", "repeat", "masterdata", "known")


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode that any one thread at a time may use."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-16384")
    # The index over terms is written all over. A page that many steps write is brought into the file once for
    # 64 MiB of log, and not with nearly every step; each step is durable in the log.
    connection.execute("PRAGMA wal_autocheckpoint=16384")
    # What is deleted or made shorter is overwritten: records may have to be forgotten.
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA mmap_size=268435456")
    return connection


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or see that they are of this version. Raises `Broken("SCHEMA_NEWER")`."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        connection.execute("ROLLBACK")
        raise Broken("SCHEMA_NEWER", f"the graph has schema {version}, this release knows {VERSION}")
    if version != VERSION:
        _create(connection)
    connection.execute("COMMIT")


def _create(connection: sqlite3.Connection) -> None:
    for name in NAMES:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={VERSION}")
