"""Changes to the record log's tables. Each runs inside one transaction on the writer's connection."""

import sqlite3
from collections.abc import Mapping
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.judging import put_disputes, put_off
from tracehold.adapters.sqlite_log.keeping import Keeper, new_log, put_tiles
from tracehold.adapters.sqlite_log.rows import number_of, place_of, position_of
from tracehold.adapters.sqlite_log.spans import Run
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Rejected
from tracehold.journey.ports import Batch


def append(connection: Connection, batch: Batch) -> None:
    """All of a batch. Raises HEAD_MOVED and CONFLICT before anything stays."""
    number, run, later = _head(connection, batch)
    stop = batch.first + len(batch.entries)
    known = _base(connection, number, batch) if later else {}
    bytes_total = _entries(connection, number, run.bytes, batch, known)
    put_disputes(connection, number, batch.disputes)
    if batch.unjudged:
        put_off(connection, number, batch.first, stop)
    put_tiles(connection, number, batch.tiles)
    _checkpoint(connection, number, bytes_total, batch.checkpoint)
    if later:
        query = "DELETE FROM runs WHERE log = ? AND start > ? AND start <= ? AND stop = start"
        connection.execute(query, (number, batch.first, stop))
    connection.execute(
        "UPDATE runs SET stop = ?, bytes = ? WHERE log = ? AND start = ?",
        (stop, bytes_total, number, run.start),
    )


def _head(connection: Connection, batch: Batch) -> tuple[int, Run, bool]:
    # The compare-and-swap: it holds because writes of this file pass through one
    # connection, one transaction at a time. Last: whether another run begins further on.
    number = number_of(connection, batch.log)
    query = "SELECT start, stop, bytes FROM runs WHERE log = ? AND stop >= ? ORDER BY start"
    rows = connection.execute(query, (number, batch.first)).fetchall()
    ends = [row for row in rows if row[1] == batch.first]
    later = any(row[0] > batch.first for row in rows)
    if ends:
        start, stop, size = ends[-1]  # the later one is where a base was begun
        return number, Run(start, stop, size, 0), later
    if batch.first or any(row[0] == 0 for row in rows):
        raise Rejected("HEAD_MOVED", f"no span of the log ends at {batch.first}")
    number = number or new_log(connection, batch.log)
    connection.execute("INSERT INTO runs VALUES (?, 0, 0, 0)", (number,))
    return number, Run(0, 0, 0, 0), later


def _base(connection: Connection, number: int, batch: Batch) -> dict[bytes, int | None]:
    """Take control records of a base that the batch brings again out of its way; where their bytes are."""
    stop = batch.first + len(batch.entries)
    query = "SELECT 1 FROM runs WHERE log = ? AND start >= ? AND start < ? AND stop > start"
    if connection.execute(query, (number, batch.first, stop)).fetchone():
        raise Rejected("CONFLICT", "the batch reaches into a later span")
    there = (position_of(number, batch.first), position_of(number, stop))
    query = "SELECT position, fingerprint, record FROM entries WHERE position >= ? AND position < ?"
    found = connection.execute(query, there).fetchall()
    brought = [entry.fingerprint for entry in batch.entries]
    if any(brought[place_of(row[0])[1] - batch.first] != row[1] for row in found):
        raise Rejected("CONFLICT", "the batch brings another control record than the base")
    connection.executemany("DELETE FROM entries WHERE position = ?", [row[:1] for row in found])
    return {fingerprint: record for _, fingerprint, record in found}


def _entries(
    connection: Connection, number: int, bytes_total: int, batch: Batch, known: Mapping[bytes, int | None]
) -> int:
    keeper = Keeper(connection, number)
    received = []
    for index, entry in enumerate(batch.entries, batch.first):
        bytes_total += len(entry.raw)
        if entry.fingerprint in known:
            position = keeper.place(index, entry, bytes_total, known[entry.fingerprint])
        else:
            position = keeper.keep(index, entry, bytes_total)
        if entry.received is not None:
            received.append((entry.received, position))
    try:
        keeper.write()
        connection.executemany("INSERT INTO received VALUES (?, ?)", received)
    except sqlite3.IntegrityError:
        raise Rejected("CONFLICT", "a record of the batch is in the log already") from None
    return bytes_total


def keep_checkpoint(connection: Connection, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint over entries that are there, unless one of its size is."""
    number = number_of(connection, checkpoint.log)
    query = "SELECT bytes_total FROM entries WHERE position = ?"
    row = connection.execute(query, (position_of(number, checkpoint.size - 1),)).fetchone()
    if row is not None:
        _checkpoint(connection, number, row[0], checkpoint, "OR IGNORE")


def _checkpoint(
    connection: Connection, number: int, bytes_total: int, new: Checkpoint, resolve: str = ""
) -> None:
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
    connection.execute(f"INSERT {resolve} INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def save_bookmark(connection: Connection, name: str, value: int) -> None:
    """Set a bookmark."""
    connection.execute("INSERT OR REPLACE INTO bookmarks VALUES (?, ?)", (name, value))
