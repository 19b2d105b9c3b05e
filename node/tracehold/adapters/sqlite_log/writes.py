"""Changes to the record log's tables. Each runs inside one transaction on the writer's connection."""

import sqlite3
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.rows import ANCHOR, anchor_row, number_of, position_of
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId
from tracehold.core.record import CONTROL_KINDS
from tracehold.journey.ports import AnchorState, AnchorTask, Batch


def append(connection: Connection, batch: Batch) -> None:
    """All of a batch. Raises HEAD_MOVED and CONFLICT before anything stays."""
    number, bytes_before = _head(connection, batch)
    bytes_total = _entries(connection, number, bytes_before, batch)
    _tiles(connection, number, batch)
    _checkpoint(connection, number, bytes_total, batch)
    size = batch.first + len(batch.entries)
    connection.execute("UPDATE logs SET size = ?, bytes = ? WHERE number = ?", (size, bytes_total, number))


def _head(connection: Connection, batch: Batch) -> tuple[int, int]:
    # The compare-and-swap: it holds because writes of this file pass through one
    # connection, one transaction at a time.
    row = connection.execute("SELECT number, size, bytes FROM logs WHERE id = ?", (batch.log,)).fetchone()
    if (row[1] if row else 0) != batch.first:
        raise Rejected("HEAD_MOVED", f"the log does not have {batch.first} entries")
    if row is not None:
        return row[0], row[2]
    made = connection.execute("INSERT INTO logs (id, size, bytes) VALUES (?, 0, 0)", (batch.log,))
    if made.lastrowid is None:
        raise Broken("STORE_FAILED", "the store gave the log no number")
    return made.lastrowid, 0


def _entries(connection: Connection, number: int, bytes_total: int, batch: Batch) -> int:
    rows = []
    received = []
    for index, entry in enumerate(batch.entries, batch.first):
        position = position_of(number, index)
        bytes_total += len(entry.raw)
        kind = str(entry.kind)
        rows.append((position, entry.fingerprint, kind, kind in CONTROL_KINDS, bytes_total, entry.raw))
        if entry.received is not None:
            received.append((entry.received, position))
    try:
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO received VALUES (?, ?)", received)
    except sqlite3.IntegrityError:
        raise Rejected("CONFLICT", "a record of the batch is in the log already") from None
    return bytes_total


def _tiles(connection: Connection, number: int, batch: Batch) -> None:
    connection.executemany(
        "INSERT INTO tiles VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
        [(number, at.level, at.index, hashes) for at, hashes in batch.tiles],
    )


def _checkpoint(connection: Connection, number: int, bytes_total: int, batch: Batch) -> None:
    new = batch.checkpoint
    row = (
        number,
        new.size,
        bytes_total,
        new.root,
        new.time_ms,
        new.note,
        new.cose_protected,
        new.cose_signature,
    )
    connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def save_anchor(connection: Connection, task: AnchorTask) -> None:
    """Insert or replace the task of (log, size)."""
    row = (number_of(connection, task.log), *anchor_row(task))
    marks = ",".join("?" * len(row))
    connection.execute(f"INSERT OR REPLACE INTO anchors (log, {ANCHOR}) VALUES ({marks})", row)


def drop_anchor(connection: Connection, log: LogId, size: int) -> None:
    """Forget a task, unless it is final."""
    connection.execute(
        "DELETE FROM anchors WHERE log = ? AND size = ? AND state != ?",
        (number_of(connection, log), size, str(AnchorState.FINAL)),
    )


def save_bookmark(connection: Connection, name: str, value: int) -> None:
    """Set a bookmark."""
    connection.execute("INSERT OR REPLACE INTO bookmarks VALUES (?, ?)", (name, value))
