"""Runs of entries that were kept and are not judged yet: few, since one is made and used up again for each
stretch of a log that comes in haste.
"""

from collections.abc import Sequence
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.rows import number_of, place_of, position_of
from tracehold.adapters.sqlite_log.schema import INDEX_BITS
from tracehold.core.ids import LogId
from tracehold.core.spans import Spans, joined, without
from tracehold.journey.ports import Dispute

JUDGED = (
    "coalesce((SELECT stop FROM unjudged WHERE start <= entries.position ORDER BY start DESC LIMIT 1), 0) "
    "<= entries.position"
)
"""Condition on a row of `entries`: that it was judged. Runs do not overlap: the last one before it tells."""


def logs(connection: Connection) -> Sequence[LogId]:
    """The logs that have entries to be judged."""
    query = f"SELECT DISTINCT id FROM logs JOIN unjudged ON number = unjudged.start >> {INDEX_BITS}"
    return [LogId(row[0]) for row in connection.execute(query)]


def unjudged(connection: Connection, log: LogId) -> Spans:
    """The runs of a log that are to be judged."""
    runs = _runs(connection, number_of(connection, log))
    return tuple((place_of(start)[1], place_of(stop)[1]) for start, stop in runs)


def _runs(connection: Connection, number: int) -> Spans:
    query = "SELECT start, stop FROM unjudged WHERE start >= ? AND start < ? ORDER BY start"
    bounds = (position_of(number, 0), position_of(number + 1, 0))
    return tuple((start, stop) for start, stop in connection.execute(query, bounds))


def _replace(connection: Connection, old: Spans, new: Spans) -> None:
    connection.executemany("DELETE FROM unjudged WHERE start = ?", [run[:1] for run in set(old) - set(new)])
    connection.executemany("INSERT INTO unjudged VALUES (?, ?)", sorted(set(new) - set(old)))


def put_off(connection: Connection, number: int, start: int, stop: int) -> None:
    """Note that the entries [start, stop) are to be judged."""
    old = _runs(connection, number)
    run = (position_of(number, start), position_of(number, stop))
    _replace(connection, old, joined([*old, run]))


def judged(connection: Connection, log: LogId, start: int, stop: int, disputes: Sequence[Dispute]) -> bool:
    """Note what was found wrong, and that nothing of [start, stop) is to be judged any more; whether other
    entries of the log are.
    """
    number = number_of(connection, log)
    old = _runs(connection, number)
    left = without(old, [(position_of(number, start), position_of(number, stop))])
    _replace(connection, old, left)
    put_disputes(connection, number, disputes)
    return bool(left)


def put_disputes(connection: Connection, number: int, disputes: Sequence[Dispute]) -> None:
    """Note what was found wrong; what is known already stays."""
    rows = [(position_of(number, said.index), said.code, said.rules) for said in disputes]
    connection.executemany("INSERT OR IGNORE INTO disputes VALUES (?, ?, ?)", rows)
