"""What was taken over of the chain, in the file of the logs: `journey.ports.Followed` on SQLite."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.events import EVENT, change_of, event_row, pointer_of
from tracehold.adapters.sqlite_log.rows import chunks
from tracehold.adapters.sqlite_log.store import Store
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.journey.ports.followed import APART, MEMBERS, NEAR, Change, Page, Place, Pointer

_FINAL = "chain/final"
"""Bookmark of the newest final block, by one more than its number: 0 is none."""


class SqliteFollowed:
    """`journey.ports.Followed` over an open store; what each method promises stands there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, contract: bytes) -> None:
        """Follow this contract; one transaction."""
        await self._store.write(partial(_begin, contract=contract))

    async def contract(self) -> bytes:
        """The contract that is followed."""
        return await self._store.read(_contract)

    async def newest(self) -> Place | None:
        """The bookmark."""
        return await self._store.read(_newest)

    async def final(self) -> int:
        """The newest final block that a page told."""
        return await self._store.read(_final)

    async def places(self) -> Sequence[Place]:
        """Blocks that were taken over."""
        return await self._store.read(_places)

    async def take(self, page: Page) -> None:
        """One transaction, one fsync."""
        await self._store.write(partial(_take, page=page))

    async def undo(self, to: Place | None) -> Sequence[Change]:
        """One transaction, one fsync."""
        return await self._store.write(partial(_undo, to=to))

    async def members(self) -> Sequence[Change]:
        """All changes of members."""
        kinds = ",".join(f"'{kind.__name__}'" for kind in MEMBERS)
        return await self._store.read(partial(_events, where=f"kind IN ({kinds}) ORDER BY number, idx"))

    async def anchored(self, node: int, after: int = 0, count: int = 1) -> Sequence[Change]:
        """A node's first anchors past a size."""
        where = "kind = 'Anchored' AND node = ? AND about > ? ORDER BY about LIMIT ?"
        return await self._store.read(partial(_events, where=where, values=(node, after, count)))

    async def heads(self) -> Sequence[Change]:
        """The newest anchor of each node."""
        newest = "SELECT node, max(about) FROM chain_events WHERE kind = 'Anchored' GROUP BY node"
        where = f"kind = 'Anchored' AND (node, about) IN ({newest}) ORDER BY node"
        return await self._store.read(partial(_events, where=where))

    async def pointers(self, records: Collection[Fingerprint]) -> Mapping[Fingerprint, Sequence[Pointer]]:
        """What records are said to be superseded by."""
        return await self._store.read(partial(_pointers, records=records)) if records else {}

    async def retired(self) -> Sequence[Change]:
        """The logs that ended."""
        where = "kind = 'LogRetired' ORDER BY number, idx"
        return await self._store.read(partial(_events, where=where))


def _contract(connection: Connection) -> bytes:
    row = connection.execute("SELECT contract FROM chain").fetchone()
    return bytes(row[0]) if row else b""


def _begin(connection: Connection, contract: bytes) -> None:
    if _contract(connection) == contract:
        return
    _undo(connection, None)
    connection.execute("DELETE FROM chain")
    connection.execute("INSERT INTO chain VALUES (?)", (contract,))


def _places(connection: Connection, order: str = "number") -> Sequence[Place]:
    rows = connection.execute(f"SELECT number, hash, parent, time FROM chain_blocks ORDER BY {order}")
    return [Place(*row) for row in rows]


def _newest(connection: Connection) -> Place | None:
    return next(iter(_places(connection, "number DESC LIMIT 1")), None)


def _final(connection: Connection) -> int:
    row = connection.execute("SELECT value FROM bookmarks WHERE name = ?", (_FINAL,)).fetchone()
    return row[0] - 1 if row else -1


def _take(connection: Connection, page: Page) -> None:
    if _newest(connection) != page.since:
        raise Rejected("HEAD_MOVED", "the chain was followed further meanwhile")
    known = [(place.number, place.hash, place.parent, place.time) for place in page.places]
    connection.executemany("INSERT INTO chain_blocks VALUES (?, ?, ?, ?)", known)
    connection.execute(
        "DELETE FROM chain_blocks WHERE number <= ? AND number % ? != 0", (page.upto.number - NEAR, APART)
    )
    marks = ",".join("?" * len(EVENT.split(",")))
    rows = [event_row(change) for change in page.changes]
    connection.executemany(f"INSERT INTO chain_events ({EVENT}) VALUES ({marks})", rows)
    final = max(page.final, _final(connection)) + 1
    connection.execute("INSERT OR REPLACE INTO bookmarks VALUES (?, ?)", (_FINAL, final))


def _undo(connection: Connection, to: Place | None) -> Sequence[Change]:
    after = -1 if to is None else to.number
    gone = _events(connection, "number > ? ORDER BY number, idx", (after,))
    connection.execute("DELETE FROM chain_events WHERE number > ?", (after,))
    connection.execute("DELETE FROM chain_blocks WHERE number > ?", (after,))
    connection.execute("UPDATE bookmarks SET value = min(value, ?) WHERE name = ?", (after + 1, _FINAL))
    return gone


def _events(connection: Connection, where: str, values: Sequence[object] = ()) -> Sequence[Change]:
    rows = connection.execute(f"SELECT {EVENT} FROM chain_events WHERE {where}", values)
    return [change_of(row) for row in rows]


def _pointers(
    connection: Connection, records: Collection[Fingerprint]
) -> Mapping[Fingerprint, Sequence[Pointer]]:
    found: dict[Fingerprint, list[Pointer]] = {}
    for piece, marks in chunks(list(records)):
        where = f"kind = 'Superseded' AND about IN ({marks}) ORDER BY number, idx"
        for change in _events(connection, where, piece):
            pointer = pointer_of(change)
            found.setdefault(pointer.fingerprint, []).append(pointer)
    return found
