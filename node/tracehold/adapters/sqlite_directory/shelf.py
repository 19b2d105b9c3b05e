"""The `Shelf` port in SQLite."""

from collections.abc import Collection, Sequence
from sqlite3 import Connection

from tracehold.adapters.sqlite_directory.store import DirectoryFile
from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import Provider
from tracehold.core.ids import LogId
from tracehold.journey.ports.directory import ShelfLimits, Shelved

_SELECT = (
    "SELECT key, holder, count, issued_ms, expires_ms, signature FROM provider "
    "WHERE key = ? AND expires_ms > ? ORDER BY holder"
)
_KEEP = (
    "INSERT INTO provider VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key, holder) DO UPDATE SET "
    "count = excluded.count, issued_ms = excluded.issued_ms, expires_ms = excluded.expires_ms, "
    "signature = excluded.signature"
)
_COUNT = (
    "INSERT INTO kept VALUES (?, ?) ON CONFLICT (holder) DO UPDATE SET records = records + excluded.records"
)


class SqliteShelf:
    """Over the directory's file, which it does not own."""

    def __init__(self, file: DirectoryFile, limits: ShelfLimits | None = None) -> None:
        self._file = file
        self._limits = limits or ShelfLimits()

    async def put(self, providers: Sequence[Provider], now_ms: int) -> Collection[int]:
        """See `ports.Shelf.put`."""
        return await self._file.run(
            lambda db: [at for at, each in enumerate(providers) if not self._put(db, each, now_ms)]
        )

    async def get(self, key: Key, now_ms: int) -> Shelved:
        """See `ports.Shelf.get`."""
        rows = await self._file.run(lambda db: db.execute(_SELECT, (key, now_ms)).fetchall())
        return Shelved([_provider(row) for row in rows], len(rows) >= self._limits.of_key)

    async def expire(self, now_ms: int, most: int) -> int:
        """See `ports.Shelf.expire`."""
        ended = "SELECT key, holder FROM provider WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?"
        return await self._file.run(lambda db: _forget(db, db.execute(ended, (now_ms, most)).fetchall()))

    async def size(self) -> int:
        """See `ports.Shelf.size`."""
        return await self._file.run(_total)

    def _put(self, db: Connection, new: Provider, now_ms: int) -> bool:
        known = db.execute(
            "SELECT issued_ms FROM provider WHERE key = ? AND holder = ?", (new.key, new.holder)
        ).fetchone()
        if known is not None and known[0] >= new.issued_ms:
            return True
        if known is None:
            if not self._room(db, new, now_ms):
                return False
            db.execute(_COUNT, (new.holder, 1))
        db.execute(_KEEP, (new.key, new.holder, new.count, new.issued_ms, new.expires_ms, new.signature))
        return True

    def _room(self, db: Connection, new: Provider, now_ms: int) -> bool:
        ended = "SELECT key, holder FROM provider WHERE key = ? AND expires_ms <= ?"
        _forget(db, db.execute(ended, (new.key, now_ms)).fetchall())
        (of_key,) = db.execute("SELECT count(*) FROM provider WHERE key = ?", (new.key,)).fetchone()
        of_holder = db.execute("SELECT records FROM kept WHERE holder = ?", (new.holder,)).fetchone() or (0,)
        limits = self._limits
        return bool(of_key < limits.of_key and of_holder[0] < limits.of_holder and _total(db) < limits.total)


def _total(db: Connection) -> int:
    (total,) = db.execute("SELECT coalesce(sum(records), 0) FROM kept").fetchone()
    return int(total)


def _forget(db: Connection, rows: Sequence[tuple[bytes, bytes]]) -> int:
    db.executemany("DELETE FROM provider WHERE key = ? AND holder = ?", rows)
    db.executemany(_COUNT, ((holder, -1) for _, holder in rows))
    return len(rows)


def _provider(row: tuple[bytes, bytes, int, int, int, bytes]) -> Provider:
    key, holder, *numbers, signature = row
    return Provider(Key(key), LogId(holder), *numbers, signature)  # type: ignore[arg-type, call-arg]
