"""The `Offers` port in SQLite."""

from collections.abc import Collection, Mapping, Sequence
from sqlite3 import Connection

from tracehold.adapters.sqlite_directory.store import DirectoryFile
from tracehold.core.dht.keys import Key
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.ports.directory import Offer, Offered

_OFFER = (
    "INSERT INTO offer VALUES (?, ?, ?, ?) "
    "ON CONFLICT (key, log, segment) DO UPDATE SET records = records + excluded.records"
)
_COVER = "INSERT INTO coverage VALUES (?, ?, ?) ON CONFLICT (log, segment) DO UPDATE SET upto = excluded.upto"
_DUE = (
    "SELECT key, (SELECT sum(records) FROM offer WHERE offer.key = plan.key) FROM plan "
    "WHERE key > ? AND key <= ? AND +due_ms <= ? ORDER BY key LIMIT ?"
)
"""Along the keys, since a sweep goes that way: one pass over the plan for each round of the ring."""


class SqliteOffers:
    """Over the directory's file, which it does not own."""

    def __init__(self, file: DirectoryFile) -> None:
        self._file = file

    async def coverage(self) -> Mapping[tuple[LogId, int], int]:
        """See `ports.Offers.coverage`."""
        rows = await self._file.run(lambda db: db.execute("SELECT * FROM coverage").fetchall())
        return {(LogId(log), segment): upto for log, segment, upto in rows}

    async def add(self, step: Offered) -> None:
        """See `ports.Offers.add`."""
        await self._file.run(lambda db: _add(db, step))

    async def drop(self, log: LogId, segment: int) -> None:
        """See `ports.Offers.drop`."""
        await self._file.run(lambda db: _drop(db, log, segment))

    async def due(self, now_ms: int, after: Key | None, last: Key, most: int) -> Sequence[Offer]:
        """See `ports.Offers.due`."""
        return await self._file.run(lambda db: _due(db, now_ms, (after or b"", last), most))

    async def announced(self, keys: Collection[Key], due_ms: int) -> None:
        """See `ports.Offers.announced`."""
        rows = [(due_ms, key) for key in keys]
        await self._file.run(lambda db: db.executemany("UPDATE plan SET due_ms = ? WHERE key = ?", rows))

    async def size(self) -> int:
        """See `ports.Offers.size`."""
        (count,) = await self._file.run(lambda db: db.execute("SELECT count(*) FROM plan").fetchone())
        return int(count)

    async def waiting(self, now_ms: int) -> int:
        """See `ports.Offers.waiting`."""
        due = "SELECT count(*) FROM plan WHERE due_ms <= ?"
        (count,) = await self._file.run(lambda db: db.execute(due, (now_ms,)).fetchone())
        return int(count)

    async def save_contacts(self, contacts: Collection[LogId]) -> None:
        """See `ports.Offers.save_contacts`."""

        def save(db: Connection) -> None:
            db.execute("DELETE FROM contact")
            db.executemany("INSERT OR IGNORE INTO contact VALUES (?)", [(log,) for log in contacts])

        await self._file.run(save)

    async def contacts(self) -> Sequence[LogId]:
        """See `ports.Offers.contacts`."""
        rows = await self._file.run(lambda db: db.execute("SELECT log FROM contact").fetchall())
        return [LogId(log) for (log,) in rows]


def _add(db: Connection, step: Offered) -> None:
    segment = step.start // SEGMENT_ENTRIES
    row = db.execute(
        "SELECT upto FROM coverage WHERE log = ? AND segment = ?", (step.log, segment)
    ).fetchone()
    covered = row[0] if row else segment * SEGMENT_ENTRIES
    if step.stop <= covered:
        return
    if step.start != covered or step.stop > (segment + 1) * SEGMENT_ENTRIES:
        raise ValueError(f"a step from {step.start} to {step.stop} does not go on at {covered}")
    db.execute(_COVER, (step.log, segment, step.stop))
    db.executemany(_OFFER, ((key, step.log, segment, count) for key, count in step.counts.items()))
    db.executemany("INSERT OR IGNORE INTO plan VALUES (?, 0)", ((key,) for key in step.counts))


def _drop(db: Connection, log: LogId, segment: int) -> None:
    place = log, segment
    keys = db.execute("SELECT key FROM offer WHERE log = ? AND segment = ?", place).fetchall()
    db.execute("DELETE FROM offer WHERE log = ? AND segment = ?", place)
    db.execute("DELETE FROM coverage WHERE log = ? AND segment = ?", place)
    left = "DELETE FROM plan WHERE key = ? AND NOT EXISTS (SELECT 1 FROM offer WHERE offer.key = plan.key)"
    db.executemany(left, keys)


def _due(db: Connection, now_ms: int, between: tuple[bytes, Key], most: int) -> list[Offer]:
    # Most of the time nothing is due: that is seen without a walk along the keys.
    (first,) = db.execute("SELECT min(due_ms) FROM plan").fetchone()
    if first is None or first > now_ms:
        return []
    return [Offer(Key(key), count) for key, count in db.execute(_DUE, (*between, now_ms, most))]
