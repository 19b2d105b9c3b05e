"""How what a disk damaged is put right, without a copy of any record's bytes that an erasure would miss."""

from collections.abc import Sequence
from sqlite3 import Connection

from blake3 import blake3

from tracehold.adapters.sqlite_log.keeping import overwrite
from tracehold.adapters.sqlite_log.rows import number_of, position_of
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import CONTROL_KINDS
from tracehold.core.tiles import Coord
from tracehold.journey.check import kind_of


def mend(connection: Connection, log: LogId, index: int, raw: bytes, fingerprint: Fingerprint) -> None:
    """Put an entry right, except that one without bytes stays so."""
    position = position_of(number_of(connection, log), index)
    query = "SELECT fingerprint, record FROM entries WHERE position = ?"
    row = connection.execute(query, (position,)).fetchone()
    if row is None:
        return
    if row[0] != fingerprint:
        _rename(connection, position, row[0], fingerprint)
    if raw and row[1] is not None:
        kind = kind_of(raw)
        record = _put(connection, position, row[1], raw)
        values = (kind, kind in CONTROL_KINDS, record, position)
        connection.execute("UPDATE entries SET kind = ?, control = ?, record = ? WHERE position = ?", values)


def _rename(connection: Connection, position: int, damaged: bytes, fingerprint: Fingerprint) -> None:
    # Where the bytes of the row changed on disk, the index still has the old ones, and SQLite refuses to
    # change a row that its index does not know. The index is made anew from the rows then: it takes minutes
    # where a log has many millions.
    query = "SELECT position FROM entries INDEXED BY entries_once WHERE fingerprint = ?"
    if (position,) not in connection.execute(query, (damaged,)).fetchall():
        connection.execute("REINDEX entries_once")
    connection.execute("UPDATE entries SET fingerprint = ? WHERE position = ?", (fingerprint, position))


def _put(connection: Connection, position: int, record: int, raw: bytes) -> int:
    """Write bytes where they are, if there is as much room; else at the end, as those of a new entry, and
    overwrite what is left of the old. The row they are in.
    """
    row = connection.execute("SELECT raw FROM records WHERE id = ?", (record,)).fetchone()
    if row is None or _of_another(connection, position, record, row[0]):
        return _append(connection, raw)
    if len(row[0]) == len(raw):
        overwrite(connection, record, raw)
        return record
    overwrite(connection, record, bytes(len(row[0])))
    return _append(connection, raw)


def _append(connection: Connection, raw: bytes) -> int:
    return int(connection.execute("INSERT INTO records (raw) VALUES (?)", (raw,)).lastrowid or 0)


def _of_another(connection: Connection, position: int, record: int, raw: bytes) -> bool:
    # The damage may be in the number of the row: then it leads to the sound bytes of another entry.
    query = "SELECT 1 FROM entries WHERE fingerprint = ? AND record = ? AND position != ?"
    return connection.execute(query, (blake3(raw).digest(), record, position)).fetchone() is not None


def mend_tiles(connection: Connection, log: LogId, tiles: Sequence[tuple[Coord, bytes]]) -> None:
    """Put tiles in the place of the beginnings of those that are kept."""
    number = number_of(connection, log)
    query = "SELECT hashes FROM tiles WHERE log = ? AND level = ? AND idx = ?"
    for at, hashes in tiles:
        row = connection.execute(query, (number, at.level, at.index)).fetchone()
        # What an append of a moment ago put behind them stays.
        whole = hashes + row[0][len(hashes) :] if row else hashes
        values = (number, at.level, at.index, whole)
        connection.execute("INSERT OR REPLACE INTO tiles VALUES (?, ?, ?, ?)", values)
