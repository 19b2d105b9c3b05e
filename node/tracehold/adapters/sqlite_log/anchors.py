"""Anchors in the record log's tables: of the contract in force, and of those before it.

The contracts that a node was on have a number each, its era, in the order in which it came to them.
"""

from collections.abc import Collection, Sequence
from itertools import chain
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.rows import ANCHOR, anchor_row, number_of, task_of
from tracehold.core import cbor
from tracehold.core.anchor import decode_anchor
from tracehold.core.ids import LogId
from tracehold.journey.ports import AnchorState, AnchorTask

_ERA = "anchors/era"
"""Bookmark of the era of the contract in force."""

_FINAL = str(AnchorState.FINAL)

_EARLIER = (
    f"SELECT {ANCHOR} FROM anchors AS one WHERE log = ? AND era < ? AND state = ? AND NOT EXISTS "
    "(SELECT 1 FROM anchors AS older WHERE older.log = one.log AND older.era < one.era "
    "AND older.state = one.state AND older.size >= one.size)"
)


def in_force(connection: Connection, contract: bytes) -> None:
    """Make this the contract of all that is saved from now on."""
    eras = {bytes(address): era for era, address in connection.execute("SELECT era, address FROM contracts")}
    if not eras:
        eras[_named(connection) or contract] = 0
    eras.setdefault(contract, len(eras))
    rows = [(era, address) for address, era in eras.items()]
    connection.executemany("INSERT OR IGNORE INTO contracts VALUES (?, ?)", rows)
    connection.execute("INSERT OR REPLACE INTO bookmarks VALUES (?, ?)", (_ERA, eras[contract]))


def save(connection: Connection, task: AnchorTask) -> None:
    """Insert or replace the task of (log, size)."""
    row = (number_of(connection, task.log), _era(connection), *anchor_row(task))
    marks = ",".join("?" * len(row))
    connection.execute(f"INSERT OR REPLACE INTO anchors (log, era, {ANCHOR}) VALUES ({marks})", row)


def drop(connection: Connection, log: LogId, size: int) -> None:
    """Forget a task, unless it is final."""
    connection.execute(
        "DELETE FROM anchors WHERE log = ? AND era = ? AND size = ? AND state != ?",
        (number_of(connection, log), _era(connection), size, _FINAL),
    )


def of_states(
    connection: Connection, log: LogId, states: Collection[AnchorState], newest: int | None
) -> Sequence[AnchorTask]:
    """Tasks in these states by size; with `newest` only that many of the last."""
    query = f"SELECT {ANCHOR} FROM anchors WHERE log = ? AND era = ? AND state = ? ORDER BY size DESC LIMIT ?"
    where, limit = (number_of(connection, log), _era(connection)), -1 if newest is None else newest
    rows = chain.from_iterable(
        connection.execute(query, (*where, str(state), limit)) for state in set(states)
    )
    tasks = sorted((task_of(log, row) for row in rows), key=lambda task: task.size)
    return tasks if newest is None else tasks[len(tasks) - min(newest, len(tasks)) :]


def covering(connection: Connection, log: LogId, index: int) -> AnchorTask | None:
    """The first MINED or FINAL anchor that added `index`."""
    query = (
        f"SELECT {ANCHOR} FROM anchors WHERE log = ? AND era = ? AND size > ? AND prev_size <= ? "
        "AND state IN (?, ?) ORDER BY size LIMIT 1"
    )
    where = (number_of(connection, log), _era(connection), index, index)
    row = connection.execute(query, (*where, str(AnchorState.MINED), _FINAL)).fetchone()
    return None if row is None else task_of(log, row)


def first(connection: Connection, log: LogId, index: int) -> AnchorTask | None:
    """The final anchor over `index` on the oldest contract that has one; else as `covering`."""
    where = (number_of(connection, log), _era(connection), _FINAL, index, index)
    query = f"{_EARLIER} AND size > ? AND prev_size <= ? ORDER BY era LIMIT 1"
    row = connection.execute(query, where).fetchone()
    return covering(connection, log, index) if row is None else task_of(log, row)


def earlier(connection: Connection, log: LogId, newest: int | None) -> Sequence[AnchorTask]:
    """Final anchors on the contracts before, without what an older one has."""
    where = (number_of(connection, log), _era(connection), _FINAL, -1 if newest is None else newest)
    rows = connection.execute(f"{_EARLIER} ORDER BY size DESC LIMIT ?", where).fetchall()
    return [task_of(log, row) for row in reversed(rows)]


def _era(connection: Connection) -> int:
    row = connection.execute("SELECT value FROM bookmarks WHERE name = ?", (_ERA,)).fetchone()
    return 0 if row is None else int(row[0])


def _named(connection: Connection) -> bytes:
    """The contract of the anchors that were saved before one was ever said to be in force."""
    query = "SELECT coalesce(anchor, undone) FROM anchors WHERE coalesce(anchor, undone) IS NOT NULL LIMIT 1"
    row = connection.execute(query).fetchone()
    return b"" if row is None else decode_anchor(cbor.decode(row[0])).contract
