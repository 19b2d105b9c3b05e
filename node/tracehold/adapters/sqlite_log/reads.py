"""Questions to the record log's tables. Each runs on one
reader's connection; the port says what it promises.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.judging import JUDGED
from tracehold.adapters.sqlite_log.rows import (
    CHECKPOINT,
    ENTRIES,
    ENTRY,
    checkpoint_of,
    chunks,
    entry_of,
    number_of,
    numbers,
    place_of,
    position_of,
    rehashed,
)
from tracehold.adapters.sqlite_log.schema import INDEX_BITS
from tracehold.adapters.sqlite_log.spans import Run, Totals, runs, span_with
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.tiles import Coord
from tracehold.journey.ports import Dispute, Entry, Position


def logs(connection: Connection) -> Sequence[LogId]:
    """Log ids by number, which is the order in which they came."""
    return [LogId(row[0]) for row in connection.execute("SELECT id FROM logs ORDER BY number")]


def size(connection: Connection, log: LogId) -> int:
    """Where the last span ends."""
    query = "SELECT MAX(stop) FROM runs WHERE log = ? AND stop > start"
    row = connection.execute(query, (number_of(connection, log),)).fetchone()
    return int(row[0] or 0)


def entries(connection: Connection, log: LogId, start: int, stop: int, max_bytes: int) -> Sequence[Entry]:
    """Entries [start, stop) as far as their span goes, at most `max_bytes` of records but one at
    least. Rows past the limit are not read from disk.
    """
    number = number_of(connection, log)
    kept = runs(connection, number)
    stop = min(stop, max((run.stop for run in span_with(kept, start)), default=0))
    query = f"SELECT {ENTRY} FROM {ENTRIES} WHERE position >= ? AND position < ? ORDER BY position"
    total = Totals(kept).of
    found: list[Entry] = []
    taken = 0
    for row in connection.execute(query, (position_of(number, start), position_of(number, stop))):
        entry = entry_of(log, row, total)
        taken += len(entry.raw)
        if found and taken > max_bytes:
            break
        found.append(entry)
    return found


# Where several logs hold a record: the copy that has its bytes, one in which nothing was found wrong, and of
# these the one in the log that came first. Nobody can blemish a record by holding it too.
_BEST = "record IS NULL, disputes.position IS NOT NULL, entries.position"
_FOUND = "LEFT JOIN disputes ON disputes.position = entries.position"


def find(
    connection: Connection, fingerprints: Collection[Fingerprint], within: LogId | None = None
) -> Mapping[Fingerprint, Position]:
    """Positions by fingerprint, `within` a log; in the own log, which is the first, before all others."""
    found: dict[Fingerprint, int] = {}
    inside = "" if within is None else f"AND entries.position >> {INDEX_BITS} = {_number(connection, within)}"
    for piece, marks in chunks(list(fingerprints)):
        query = (
            f"SELECT fingerprint, entries.position FROM entries {_FOUND} WHERE fingerprint IN ({marks}) "
            f"AND {JUDGED} {inside} ORDER BY entries.position >> {INDEX_BITS} > 1, {_BEST}"
        )
        for fingerprint, position in connection.execute(query, piece):
            found.setdefault(Fingerprint(fingerprint), position)
    names = numbers(connection) if found else {}
    places = {fingerprint: place_of(position) for fingerprint, position in found.items()}
    return {key: Position(names[number], index) for key, (number, index) in places.items()}


def _number(connection: Connection, log: LogId) -> int:
    return next((number for number, name in numbers(connection).items() if name == log), -1)


def entry(connection: Connection, fingerprint: Fingerprint) -> Entry | None:
    """The entry with this fingerprint, its bytes hashed again."""
    found = named(connection, [fingerprint]).get(fingerprint)
    return None if found is None else rehashed(found)


def named(connection: Connection, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Entry]:
    """Entries by fingerprint, not hashed again; of several the best one."""
    names = numbers(connection)
    total = cache(lambda number: Totals(runs(connection, number)).of)
    found: dict[Fingerprint, Entry] = {}
    for piece, marks in chunks(list(fingerprints)):
        where = f"fingerprint IN ({marks}) AND {JUDGED} ORDER BY {_BEST}"
        query = f"SELECT {ENTRY} FROM {ENTRIES} {_FOUND} WHERE {where}"
        for row in connection.execute(query, piece):
            number = place_of(row[0])[0]
            if row[1] not in found:
                found[Fingerprint(row[1])] = entry_of(names[number], row, total(number))
    return found


def received(connection: Connection, keys: Collection[bytes]) -> Mapping[bytes, Fingerprint]:
    """Fingerprints by idempotency key."""
    found: dict[bytes, Fingerprint] = {}
    for piece, marks in chunks(list(keys)):
        query = f"SELECT key, fingerprint FROM received JOIN entries USING (position) WHERE key IN ({marks})"
        found.update((row[0], Fingerprint(row[1])) for row in connection.execute(query, piece))
    return found


def controls(connection: Connection, log: LogId, start: int, max_bytes: int | None = None) -> Sequence[Entry]:
    """Control records of the log from `start` on, as many as first go over `max_bytes`."""
    number = number_of(connection, log)
    query = (
        f"SELECT {ENTRY} FROM {ENTRIES} WHERE control = 1 AND position >= ? AND position < ? "
        "ORDER BY position"
    )
    places = (position_of(number, start), position_of(number + 1, 0))
    total = Totals(runs(connection, number)).of
    found: list[Entry] = []
    taken = 0
    for row in connection.execute(query, places):
        found.append(entry_of(log, row, total))
        taken += len(found[-1].raw)
        if max_bytes is not None and taken > max_bytes:
            break
    return found


def disputes(connection: Connection, log: LogId, start: int, stop: int) -> Sequence[Dispute]:
    """What was found wrong with the entries [start, stop)."""
    number = number_of(connection, log)
    query = (
        "SELECT position, code, rules FROM disputes WHERE position >= ? AND position < ? ORDER BY position"
    )
    rows = connection.execute(query, (position_of(number, start), position_of(number, stop)))
    return [Dispute(place_of(position)[1], code, rules) for position, code, rules in rows]


def tiles(connection: Connection, log: LogId, coords: Collection[Coord]) -> Mapping[Coord, bytes]:
    """Those of the tiles that exist."""
    number = number_of(connection, log)
    query = "SELECT hashes FROM tiles WHERE log = ? AND level = ? AND idx = ?"
    rows = {at: connection.execute(query, (number, at.level, at.index)).fetchone() for at in coords}
    return {at: row[0] for at, row in rows.items() if row is not None}


def checkpoint(connection: Connection, log: LogId, size: int | None) -> Checkpoint | None:
    """The newest checkpoint, or the one of this size."""
    number = number_of(connection, log)
    if size is None:
        return _checkpoint(connection, log, "log = ? ORDER BY size DESC", number)
    return _checkpoint(connection, log, "log = ? AND size = ?", number, size)


def checkpoint_covering(connection: Connection, log: LogId, index: int) -> Checkpoint | None:
    """The first checkpoint past `index`."""
    where = "log = ? AND size > ? ORDER BY size"
    return _checkpoint(connection, log, where, number_of(connection, log), index)


def checkpoint_within(
    connection: Connection, log: LogId, after: int, upto: int, max_bytes: int
) -> Checkpoint | None:
    """The newest checkpoint in (after, upto] of a span that adds at most `max_bytes`, else the first one."""
    number = number_of(connection, log)
    group = span_with(runs(connection, number), after)
    most = _bytes_before(connection, number, group, after) + max_bytes
    there = "log = ? AND size > ? AND size <= ?"
    for run in reversed(group):
        within = (number, max(after, run.start), min(upto, run.stop))
        fits = f"{there} AND bytes_total <= ? ORDER BY size DESC"
        newest = _checkpoint(connection, log, fits, *within, most - run.before)
        if newest is not None:
            return newest
    stop = min(upto, group[-1].stop) if group else after
    return _checkpoint(connection, log, f"{there} ORDER BY size", number, after, stop)


def _bytes_before(connection: Connection, number: int, group: Sequence[Run], size: int) -> int:
    """Record bytes from the start of the span through entry `size` - 1."""
    run = next((run for run in group if run.start < size <= run.stop), None)
    if run is None:
        return 0
    query = "SELECT bytes_total FROM entries WHERE position = ?"
    row = connection.execute(query, (position_of(number, size - 1),)).fetchone()
    return run.before + int(row[0] if row else 0)


def _checkpoint(connection: Connection, log: LogId, where: str, *values: int) -> Checkpoint | None:
    query = f"SELECT {CHECKPOINT} FROM checkpoints WHERE {where} LIMIT 1"
    return checkpoint_of(log, connection.execute(query, values).fetchone())


def bookmark(connection: Connection, name: str) -> int:
    """The value of a bookmark."""
    row = connection.execute("SELECT value FROM bookmarks WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])
