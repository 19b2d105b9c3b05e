"""Tables of the record log, and what happens to a file of another release.

A record's place is one integer, `position` = log number * 2^40 + index: entries of one log lie
side by side on disk, and foreign logs need no table of their own. Log 1 is the node's own.

Record bytes have a table of their own, in the order in which they came. It only ever grows at its end and is
overwritten in place, so SQLite never moves a record from page to page and leaves no copy of it behind. That
is what makes `erase` true; in `entries`, where logs grow side by side, pages are split all the time.
"""

import sqlite3
from collections.abc import Callable, Mapping

from tracehold.adapters.sqlite_log.migrations import from_1, from_2, from_3, from_4, run_all
from tracehold.core.errors import Broken

VERSION = 5
"""Of the tables below. Raise it with every change of meaning, and add the step to MIGRATIONS."""

INDEX_BITS = 40
"""Bits of `position` that hold the index inside a log."""

TABLES = """
CREATE TABLE schema (version INTEGER NOT NULL);

CREATE TABLE logs (
    number INTEGER PRIMARY KEY,
    id     BLOB NOT NULL UNIQUE
);

CREATE TABLE runs (                    -- entries without a gap; runs that meet are one span
    log   INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop  INTEGER NOT NULL,            -- start, where it was only begun
    bytes INTEGER NOT NULL,            -- of all its records
    PRIMARY KEY (log, start)
) WITHOUT ROWID;

CREATE TABLE records (                 -- appended, overwritten in place, never deleted
    id  INTEGER PRIMARY KEY,
    raw BLOB NOT NULL
);

CREATE TABLE entries (
    position    INTEGER PRIMARY KEY,   -- number << 40 | index
    fingerprint BLOB NOT NULL,
    kind        TEXT NOT NULL,
    control     INTEGER NOT NULL,      -- 1 for control records
    bytes_total INTEGER NOT NULL,      -- record bytes from the start of its run through this one; 0 in a base
    record      INTEGER                -- NULL where the bytes were erased
);
-- One fingerprint once in a log; it may stand in several logs, and the first is found first.
CREATE UNIQUE INDEX entries_once ON entries (fingerprint, position >> 40);
CREATE INDEX entries_control ON entries (position) WHERE control = 1;

CREATE TABLE disputes (                -- what was found wrong with entries of foreign logs
    position INTEGER PRIMARY KEY,
    code     TEXT NOT NULL,
    rules    INTEGER NOT NULL
);

CREATE TABLE unjudged (                -- runs of positions that were kept and not judged yet
    start INTEGER PRIMARY KEY,
    stop  INTEGER NOT NULL
);

CREATE TABLE received (                -- delegated events: idempotency key to sealed record
    key      BLOB PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tiles (
    log    INTEGER NOT NULL,
    level  INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (log, level, idx)
);

CREATE TABLE checkpoints (
    log            INTEGER NOT NULL,
    size           INTEGER NOT NULL,
    bytes_total    INTEGER NOT NULL,   -- of entry size - 1: what an anchor at this size covers
    root           BLOB NOT NULL,
    time_ms        INTEGER NOT NULL,
    note           BLOB NOT NULL,
    cose_protected BLOB NOT NULL,
    cose_signature BLOB NOT NULL,
    PRIMARY KEY (log, size)
);

CREATE TABLE contracts (               -- that the node was on
    era     INTEGER PRIMARY KEY,       -- in this order, from 0
    address BLOB NOT NULL UNIQUE
);

CREATE TABLE anchors (
    log         INTEGER NOT NULL,
    era         INTEGER NOT NULL,      -- of its contract
    size        INTEGER NOT NULL,
    prev_size   INTEGER NOT NULL,
    root        BLOB NOT NULL,
    state       TEXT NOT NULL,
    raw         BLOB NOT NULL,         -- the signed transaction; empty if it was found on the chain
    hash        BLOB NOT NULL,
    nonce       INTEGER NOT NULL,
    max_fee     TEXT NOT NULL,         -- wei do not fit 64 bits for certain
    anchor      BLOB,                  -- CBOR, from the block that holds it
    undone      BLOB,                  -- CBOR of the anchor that had been final
    gas_used    INTEGER,
    PRIMARY KEY (log, era, size)
);
CREATE INDEX anchors_state ON anchors (log, era, state, size);

CREATE TABLE bookmarks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE copies (                  -- who keeps which segment of the own log
    chosen   INTEGER PRIMARY KEY,      -- in this order
    segment  INTEGER NOT NULL,
    node     INTEGER NOT NULL,
    operator INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    UNIQUE (segment, node)
);

CREATE TABLE witness (log BLOB PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE forks (
    log      BLOB NOT NULL,
    size     INTEGER NOT NULL,
    kept     BLOB NOT NULL,
    shown    BLOB NOT NULL,
    by_chain INTEGER NOT NULL,
    seen_ms  INTEGER NOT NULL,
    PRIMARY KEY (log, size)
) WITHOUT ROWID;

CREATE TABLE chain (
    contract BLOB NOT NULL             -- what was taken over is of this one
);

CREATE TABLE chain_blocks (            -- the last one is the bookmark
    number INTEGER PRIMARY KEY,
    hash   BLOB NOT NULL,
    parent BLOB NOT NULL,
    time   INTEGER NOT NULL
);

CREATE TABLE chain_events (
    number INTEGER NOT NULL,           -- of the block
    idx    INTEGER NOT NULL,           -- of the log in it
    hash   BLOB NOT NULL,              -- of the block
    time   INTEGER NOT NULL,           -- of the block
    kind   TEXT NOT NULL,
    node   INTEGER NOT NULL,           -- 0 where it is of no node
    about  BLOB,                       -- the size of an anchor, the record that is superseded
    body   BLOB NOT NULL,              -- CBOR
    PRIMARY KEY (number, idx)
) WITHOUT ROWID;
CREATE INDEX chain_events_kind ON chain_events (kind, node, about);
CREATE INDEX chain_events_about ON chain_events (about) WHERE kind = 'Superseded';
"""

MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {
    1: from_1,
    2: from_2,
    3: from_3,
    4: from_4,
}
"""From version n to n + 1, each run inside the transaction that also raises the version row."""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file, or bring an older file to `VERSION`, in one transaction.

    Raises `Broken("SCHEMA_NEWER")` for the file of a newer release, `Broken("CORRUPT")` where no step leads
    up from an older one. A crash in here leaves the file as it was before.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version is None:
            _create(connection)
        else:
            _migrate(connection, version)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int | None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema'").fetchone() is None:
        return None
    row = connection.execute("SELECT version FROM schema").fetchone()
    if row is None:
        raise Broken("CORRUPT", "the record log has no schema version")
    return int(row[0])


def _create(connection: sqlite3.Connection) -> None:
    run_all(connection, TABLES)
    connection.execute("INSERT INTO schema VALUES (?)", (VERSION,))


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    if version > VERSION:
        raise Broken(
            "SCHEMA_NEWER",
            f"the record log has schema version {version}; this release reads up to {VERSION}",
            remedy="Start the release that wrote this folder, or a newer one.",
        )
    for step in range(version, VERSION):
        if step not in MIGRATIONS:
            raise Broken("CORRUPT", f"no migration leads from schema version {step} to {step + 1}")
        MIGRATIONS[step](connection)
    if version != VERSION:
        connection.execute("UPDATE schema SET version = ?", (VERSION,))
