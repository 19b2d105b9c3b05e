"""The notes of replication, in the file of the logs: `journey.ports.Copies` on SQLite."""

from collections.abc import Sequence
from functools import partial
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.store import Store
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, Root
from tracehold.journey.ports import Copy, Fork, Witness


class SqliteCopies:
    """`journey.ports.Copies` over an open store; what each method promises stands there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def holders(self, segment: int) -> Sequence[Copy]:
        """The holders of a segment, in the order in which they were chosen."""
        return await self._store.read(partial(_holders, segment=segment))

    async def segments(self) -> Sequence[int]:
        """Segments with at least one holder."""
        return await self._store.read(_segments)

    async def choose(self, copy: Copy) -> None:
        """Make a node a holder, with nothing acknowledged yet."""
        await self._store.write(partial(_choose, copy=copy))

    async def release(self, segment: int, node: int) -> None:
        """The node is no holder of the segment any more."""
        await self._store.write(partial(_release, segment=segment, node=node))

    async def acknowledged(self, copy: Copy) -> None:
        """The holder keeps the segment up to `copy.size`, or further."""
        await self._store.write(partial(_acknowledged, copy=copy))

    async def witness(self, log: LogId) -> Witness | None:
        """The largest state acknowledged."""
        return await self._store.read(partial(_witness, log=log))

    async def pledge(self, witness: Witness) -> None:
        """Keep what is about to be signed, if it is larger than what was."""
        await self._store.write(partial(_pledge, new=witness))

    async def save_fork(self, fork: Fork) -> None:
        """Keep evidence; the first of each log and size stays."""
        await self._store.write(partial(_save_fork, fork=fork))

    async def forks(self, log: LogId | None = None) -> Sequence[Fork]:
        """Evidence of forks, by log and size."""
        return await self._store.read(partial(_forks, log=log))


def _holders(connection: Connection, segment: int) -> Sequence[Copy]:
    query = "SELECT segment, node, operator, size FROM copies WHERE segment = ? ORDER BY chosen"
    return [Copy(*row) for row in connection.execute(query, (segment,))]


def _segments(connection: Connection) -> Sequence[int]:
    return [row[0] for row in connection.execute("SELECT DISTINCT segment FROM copies ORDER BY segment")]


_CHOOSE = "INSERT INTO copies (segment, node, operator, size) VALUES (?, ?, ?, ?) ON CONFLICT DO "


def _choose(connection: Connection, copy: Copy) -> None:
    connection.execute(_CHOOSE + "NOTHING", (copy.segment, copy.node, copy.operator, 0))


def _release(connection: Connection, segment: int, node: int) -> None:
    connection.execute("DELETE FROM copies WHERE segment = ? AND node = ?", (segment, node))


def _acknowledged(connection: Connection, copy: Copy) -> None:
    further = "UPDATE SET size = excluded.size WHERE excluded.size > size"
    connection.execute(_CHOOSE + further, (copy.segment, copy.node, copy.operator, copy.size))


def _witness(connection: Connection, log: LogId) -> Witness | None:
    row = connection.execute("SELECT size, root FROM witness WHERE log = ?", (log,)).fetchone()
    return None if row is None else Witness(log, row[0], Root(row[1]))


def _pledge(connection: Connection, new: Witness) -> None:
    known = _witness(connection, new.log)
    if known is not None and known.size == new.size and known.root != new.root:
        raise Rejected("CONFLICT", f"another root was acknowledged at size {new.size}")
    connection.execute(
        "INSERT INTO witness VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET size = excluded.size, "
        "root = excluded.root WHERE excluded.size > size",
        (new.log, new.size, new.root),
    )


def _save_fork(connection: Connection, fork: Fork) -> None:
    row = (fork.log, fork.size, fork.kept, fork.shown, fork.shown_by_chain, fork.seen_ms)
    connection.execute("INSERT INTO forks VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)


def _forks(connection: Connection, log: LogId | None) -> Sequence[Fork]:
    query = "SELECT log, size, kept, shown, by_chain, seen_ms FROM forks"
    which = " WHERE log = ?1 OR ?1 IS NULL ORDER BY log, size"
    rows = connection.execute(query + which, (log,))
    return [Fork(LogId(row[0]), row[1], row[2], row[3], bool(row[4]), row[5]) for row in rows]
