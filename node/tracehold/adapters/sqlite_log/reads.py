"""Questions to the record log's tables. Each runs on one
reader's connection; the port says what it promises.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.rows import (
    ANCHOR,
    CHECKPOINT,
    ENTRY,
    checkpoint_of,
    chunks,
    entry_of,
    number_of,
    numbers,
    place_of,
    position_of,
    rehashed,
    task_of,
)
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.tiles import Coord
from tracehold.journey.ports import AnchorState, AnchorTask, Entry, Position


def logs(connection: Connection) -> Sequence[LogId]:
    """Log ids by number, which is the order in which they came."""
    return [LogId(row[0]) for row in connection.execute("SELECT id FROM logs ORDER BY number")]


def size(connection: Connection, log: LogId) -> int:
    """Entries of the log."""
    row = connection.execute("SELECT size FROM logs WHERE id = ?", (log,)).fetchone()
    return 0 if row is None else int(row[0])


def entries(connection: Connection, log: LogId, start: int, stop: int, max_bytes: int) -> Sequence[Entry]:
    """Entries [start, stop), at most `max_bytes` of records but one at
    least. Rows past the limit are not read from disk.
    """
    number = number_of(connection, log)
    query = f"SELECT {ENTRY} FROM entries WHERE position >= ? AND position < ? ORDER BY position"
    found: list[Entry] = []
    taken = 0
    for row in connection.execute(query, (position_of(number, start), position_of(number, stop))):
        taken += len(row[-1])
        if found and taken > max_bytes:
            break
        found.append(entry_of(log, row))
    return found


def find(connection: Connection, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Position]:
    """Positions by fingerprint; of several logs the first."""
    found: dict[Fingerprint, int] = {}
    first = "SELECT fingerprint, MIN(position) FROM entries"
    for piece, marks in chunks(list(fingerprints)):
        query = f"{first} WHERE fingerprint IN ({marks}) GROUP BY fingerprint"
        found.update((Fingerprint(row[0]), row[1]) for row in connection.execute(query, piece))
    names = numbers(connection) if found else {}
    places = {fingerprint: place_of(position) for fingerprint, position in found.items()}
    return {key: Position(names[number], index) for key, (number, index) in places.items()}


def entry(connection: Connection, fingerprint: Fingerprint) -> Entry | None:
    """The entry with this fingerprint, its bytes hashed again."""
    query = f"SELECT {ENTRY} FROM entries WHERE fingerprint = ? ORDER BY position LIMIT 1"
    row = connection.execute(query, (fingerprint,)).fetchone()
    if row is None:
        return None
    return rehashed(entry_of(numbers(connection)[place_of(row[0])[0]], row))


def named(connection: Connection, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Entry]:
    """Entries by fingerprint, not hashed again; of several logs the first."""
    names = numbers(connection)
    found: dict[Fingerprint, Entry] = {}
    for piece, marks in chunks(list(fingerprints)):
        query = f"SELECT {ENTRY} FROM entries WHERE fingerprint IN ({marks}) ORDER BY position"
        for row in connection.execute(query, piece):
            found.setdefault(Fingerprint(row[1]), entry_of(names[place_of(row[0])[0]], row))
    return found


def received(connection: Connection, keys: Collection[bytes]) -> Mapping[bytes, Fingerprint]:
    """Fingerprints by idempotency key."""
    found: dict[bytes, Fingerprint] = {}
    for piece, marks in chunks(list(keys)):
        query = f"SELECT key, fingerprint FROM received JOIN entries USING (position) WHERE key IN ({marks})"
        found.update((row[0], Fingerprint(row[1])) for row in connection.execute(query, piece))
    return found


def controls(connection: Connection, log: LogId, start: int) -> Sequence[Entry]:
    """Control records of the log from `start` on."""
    number = number_of(connection, log)
    query = (
        f"SELECT {ENTRY} FROM entries WHERE control = 1 AND position >= ? AND position < ? ORDER BY position"
    )
    places = (position_of(number, start), position_of(number + 1, 0))
    return [entry_of(log, row) for row in connection.execute(query, places)]


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
    """The newest checkpoint in (after, upto] that adds at most `max_bytes`, else the first one there."""
    number = number_of(connection, log)
    query = "SELECT bytes_total FROM entries WHERE position = ?"
    before = connection.execute(query, (position_of(number, after - 1),)).fetchone() if after else (0,)
    most = (before[0] if before else 0) + max_bytes
    there = "log = ? AND size > ? AND size <= ?"
    fits = f"{there} AND bytes_total <= ? ORDER BY size DESC"
    newest = _checkpoint(connection, log, fits, number, after, upto, most)
    return newest or _checkpoint(connection, log, f"{there} ORDER BY size", number, after, upto)


def _checkpoint(connection: Connection, log: LogId, where: str, *values: int) -> Checkpoint | None:
    query = f"SELECT {CHECKPOINT} FROM checkpoints WHERE {where} LIMIT 1"
    return checkpoint_of(log, connection.execute(query, values).fetchone())


def anchors(
    connection: Connection, log: LogId, states: Collection[AnchorState], newest: int | None
) -> Sequence[AnchorTask]:
    """Tasks in these states by size; with `newest` only that many of the last."""
    query = f"SELECT {ANCHOR} FROM anchors WHERE log = ? AND state = ? ORDER BY size DESC LIMIT ?"
    number, limit = number_of(connection, log), -1 if newest is None else newest
    rows = chain.from_iterable(
        connection.execute(query, (number, str(state), limit)) for state in set(states)
    )
    tasks = sorted((task_of(log, row) for row in rows), key=lambda task: task.size)
    return tasks if newest is None else tasks[len(tasks) - min(newest, len(tasks)) :]


def anchor_covering(connection: Connection, log: LogId, index: int) -> AnchorTask | None:
    """The first MINED or FINAL anchor that added `index`."""
    query = (
        f"SELECT {ANCHOR} FROM anchors WHERE log = ? AND size > ? AND prev_size <= ? AND state IN (?, ?) "
        "ORDER BY size LIMIT 1"
    )
    states = (str(AnchorState.MINED), str(AnchorState.FINAL))
    row = connection.execute(query, (number_of(connection, log), index, index, *states)).fetchone()
    return None if row is None else task_of(log, row)


def bookmark(connection: Connection, name: str) -> int:
    """The value of a bookmark."""
    row = connection.execute("SELECT value FROM bookmarks WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])
