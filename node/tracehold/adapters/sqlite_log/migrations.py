"""Steps from one version of the record log's tables to the next.

What a step makes is written out here once more: `schema.TABLES` goes on with later releases.
"""

from sqlite3 import Connection

_TO_2 = """
CREATE TABLE runs (
    log   INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop  INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (log, start)
) WITHOUT ROWID;
INSERT INTO runs SELECT number, 0, size, bytes FROM logs;

ALTER TABLE logs RENAME TO logs_1;
CREATE TABLE logs (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
INSERT INTO logs SELECT number, id FROM logs_1;
DROP TABLE logs_1;

CREATE TABLE records (id INTEGER PRIMARY KEY, raw BLOB NOT NULL);
INSERT INTO records (raw) SELECT raw FROM entries ORDER BY position;

ALTER TABLE entries RENAME TO entries_1;
DROP INDEX entries_once;
DROP INDEX entries_control;
CREATE TABLE entries (
    position    INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    kind        TEXT NOT NULL,
    control     INTEGER NOT NULL,
    bytes_total INTEGER NOT NULL,
    record      INTEGER
);
INSERT INTO entries SELECT position, fingerprint, kind, control, bytes_total,
    row_number() OVER (ORDER BY position) FROM entries_1 ORDER BY position;
CREATE UNIQUE INDEX entries_once ON entries (fingerprint, position >> 40);
CREATE INDEX entries_control ON entries (position) WHERE control = 1;
DROP TABLE entries_1;

CREATE TABLE disputes (position INTEGER PRIMARY KEY, code TEXT NOT NULL, rules INTEGER NOT NULL);
CREATE TABLE copies (
    chosen   INTEGER PRIMARY KEY,
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
"""

_TO_3 = "CREATE TABLE unjudged (start INTEGER PRIMARY KEY, stop INTEGER NOT NULL)"

_TO_4 = """
CREATE TABLE chain (contract BLOB NOT NULL);
CREATE TABLE chain_blocks (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL, parent BLOB NOT NULL, time INTEGER NOT NULL
);
CREATE TABLE chain_events (
    number INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    time   INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    node   INTEGER NOT NULL,
    about  BLOB,
    body   BLOB NOT NULL,
    PRIMARY KEY (number, idx)
) WITHOUT ROWID;
CREATE INDEX chain_events_kind ON chain_events (kind, node, about);
CREATE INDEX chain_events_about ON chain_events (about) WHERE kind = 'Superseded';
"""

_TO_5 = """
CREATE TABLE contracts (era INTEGER PRIMARY KEY, address BLOB NOT NULL UNIQUE);
ALTER TABLE anchors RENAME TO anchors_4;
DROP INDEX anchors_state;
CREATE TABLE anchors (
    log         INTEGER NOT NULL,
    era         INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    prev_size   INTEGER NOT NULL,
    root        BLOB NOT NULL,
    state       TEXT NOT NULL,
    raw         BLOB NOT NULL,
    hash        BLOB NOT NULL,
    nonce       INTEGER NOT NULL,
    max_fee     TEXT NOT NULL,
    anchor      BLOB,
    undone      BLOB,
    gas_used    INTEGER,
    PRIMARY KEY (log, era, size)
);
INSERT INTO anchors SELECT log, 0, size, prev_size, root, state, raw, hash, nonce, max_fee, anchor, undone,
    gas_used FROM anchors_4;
CREATE INDEX anchors_state ON anchors (log, era, state, size);
DROP TABLE anchors_4;
"""


def run_all(connection: Connection, statements: str) -> None:
    """Each of the statements, which end with `;` at a line's end, inside the transaction that is open."""
    for statement in statements.split(";\n"):
        connection.execute(statement)


def from_1(connection: Connection) -> None:
    """Record bytes get a table of their own, logs get runs, and what replication needs is made.

    Copies every record: it takes as long as copying the file does, and the write-ahead file meanwhile grows
    to twice the file's size. Version 1 knew one log only, the own one.
    """
    run_all(connection, _TO_2)


def from_2(connection: Connection) -> None:
    """Entries may be kept before they are judged. Up to version 2 each was judged as it came."""
    run_all(connection, _TO_3)


def from_3(connection: Connection) -> None:
    """The chain is followed. What it holds is read again from its beginning once, by the follower."""
    run_all(connection, _TO_4)


def from_4(connection: Connection) -> None:
    """A log may be anchored on one contract after another. Up to version 4 there was one only."""
    run_all(connection, _TO_5)
