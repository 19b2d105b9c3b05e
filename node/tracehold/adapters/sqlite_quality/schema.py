"""The tables of the findings. All of it follows from the logs: another version begins anew."""

import sqlite3
import time

from tracehold.core.errors import Broken

VERSION = 2
APPLICATION_ID = 0x74685146  # "thQF"

TABLES = """
CREATE TABLE position (only INTEGER PRIMARY KEY CHECK (only = 1), at INTEGER NOT NULL);
CREATE TABLE marked (log BLOB NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    PRIMARY KEY (log, start)) WITHOUT ROWID;
CREATE TABLE tally (subject INTEGER PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE moving (subject INTEGER PRIMARY KEY);
CREATE TABLE due (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL,
    reach INTEGER NOT NULL, stamp INTEGER NOT NULL, event BLOB, UNIQUE (kind, name));
CREATE TABLE sighting (place TEXT NOT NULL, event BLOB NOT NULL, path TEXT NOT NULL,
    PRIMARY KEY (place, event, path)) WITHOUT ROWID;
CREATE TABLE subject (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name));
CREATE TABLE event (id INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE, changed INTEGER NOT NULL);
CREATE UNIQUE INDEX event_changed ON event (changed);
CREATE TABLE finding (subject INTEGER NOT NULL, event INTEGER NOT NULL, code TEXT NOT NULL,
    path TEXT NOT NULL, other BLOB NOT NULL,
    PRIMARY KEY (subject, event, code, path, other)) WITHOUT ROWID;
CREATE INDEX finding_event ON finding (event);
CREATE INDEX finding_other ON finding (other);
"""
NAMES = ("position", "marked", "tally", "moving", "due", "sighting", "subject", "event", "finding")


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or see that they are of this version. Raises `Broken("SCHEMA_NEWER")`."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise Broken("SCHEMA_NEWER", f"the findings have schema {version}, this release knows {VERSION}")
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    for name in NAMES:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in TABLES.split(";"):
        connection.execute(statement)
    # A file made anew begins above every position that an older one came to: it grows far slower than this.
    connection.execute("INSERT INTO position VALUES (1, ?)", (time.time_ns() // 1_000,))
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={VERSION}")
    connection.execute("COMMIT")
