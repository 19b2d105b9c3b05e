"""How entries, their bytes and tiles come onto the disk, and how bytes leave it."""

from collections.abc import Iterable
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.rows import Row, number_of, position_of
from tracehold.core.errors import Broken
from tracehold.core.ids import LogId
from tracehold.core.record import CONTROL_KINDS
from tracehold.core.tiles import Coord
from tracehold.journey.ports import Base, NewEntry


def new_log(connection: Connection, log: LogId) -> int:
    """The number of a log that was unknown."""
    made = connection.execute("INSERT INTO logs (id) VALUES (?)", (log,))
    if made.lastrowid is None:
        raise Broken("STORE_FAILED", "the store gave the log no number")
    return made.lastrowid


class Keeper:
    """Rows of new entries, written at once: bytes at the end of `records`, places in `entries`."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._number = number
        self._next = int(connection.execute("SELECT MAX(id) FROM records").fetchone()[0] or 0) + 1
        self._records: list[Row] = []
        self._entries: list[Row] = []

    def keep(self, index: int, entry: NewEntry, bytes_total: int) -> int:
        """Note an entry and its bytes, if it has any, for `write`; its position."""
        if not entry.raw:
            return self.place(index, entry, bytes_total, None)
        self._records.append((self._next, entry.raw))
        self._next += 1
        return self.place(index, entry, bytes_total, self._next - 1)

    def place(self, index: int, entry: NewEntry, bytes_total: int, record: int | None) -> int:
        """Note an entry whose bytes are on disk already, in this row, or are erased; its position."""
        position = position_of(self._number, index)
        kind = str(entry.kind)
        row = (position, entry.fingerprint, kind, kind in CONTROL_KINDS, bytes_total, record)
        self._entries.append(row)
        return position

    def write(self) -> None:
        """Raises sqlite3.IntegrityError where a place is taken, or a fingerprint stands in the log."""
        self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", self._entries)
        self._connection.executemany("INSERT INTO records VALUES (?, ?)", self._records)


def put_tiles(connection: Connection, number: int, tiles: Iterable[tuple[Coord, bytes]]) -> None:
    """Keep tiles. None gets shorter: where a hole is filled, what stands behind it has grown them already."""
    connection.executemany(
        "INSERT INTO tiles VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes "
        "WHERE length(excluded.hashes) > length(hashes)",
        [(number, at.level, at.index, hashes) for at, hashes in tiles],
    )


def begin(connection: Connection, base: Base) -> None:
    """Keep what is new of a base, and let a run begin behind it where none stands."""
    number = number_of(connection, base.log) or new_log(connection, base.log)
    put_tiles(connection, number, base.tiles)
    query = "SELECT 1 FROM entries WHERE position = ?"
    keeper = Keeper(connection, number)
    for index, entry in base.controls:
        if connection.execute(query, (position_of(number, index),)).fetchone() is None:
            keeper.keep(index, entry, 0)
    keeper.write()
    query = "SELECT 1 FROM runs WHERE log = ? AND start <= ? AND stop >= ?"
    if connection.execute(query, (number, base.start, base.start)).fetchone() is None:
        connection.execute("INSERT INTO runs VALUES (?, ?, ?, 0)", (number, base.start, base.start))


def erase(connection: Connection, log: LogId, index: int) -> None:
    """Overwrite a record's bytes with as many zeros where they are, and forget where that is.

    The row in `records` stays: a page that got emptier would be merged with its neighbours, and theirs would
    leave copies of their records behind.
    """
    position = position_of(number_of(connection, log), index)
    row = connection.execute("SELECT record FROM entries WHERE position = ?", (position,)).fetchone()
    if row is None or row[0] is None:
        return
    size = connection.execute("SELECT length(raw) FROM records WHERE id = ?", row).fetchone()[0]
    overwrite(connection, row[0], bytes(size))
    connection.execute("UPDATE entries SET record = NULL WHERE position = ?", (position,))


def overwrite(connection: Connection, record: int, raw: bytes) -> None:
    """Write as many bytes over those of a record, in the page where they are."""
    with connection.blobopen("records", "raw", record) as blob:
        blob.write(raw)
