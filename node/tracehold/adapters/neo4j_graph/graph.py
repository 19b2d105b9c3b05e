"""The graph port over a Neo4j server."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Self, TypeVar

from neo4j import AsyncTransaction

from tracehold.adapters.graph_facts.reading_rows import ranges
from tracehold.adapters.graph_facts.remembered import Remembered
from tracehold.adapters.neo4j_graph import queries, schema, writes
from tracehold.adapters.neo4j_graph.connection import Connection, Server, Work
from tracehold.adapters.neo4j_graph.reach import Reach
from tracehold.adapters.neo4j_graph.relating import rows
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, Wanted
from tracehold.core.spans import Spans
from tracehold.journey.ports import Indexed, Known, MasterDataVersion

Answer = TypeVar("Answer")
Sleep = Callable[[float], Awaitable[None]]


class Neo4jGraph:
    """The `Graph` port over one database of a server, which it shares with nobody who writes.

    It asks nothing of the server before the first call, so that a node starts without it. The first call
    makes the constraints. Besides GRAPH_DOWN calls raise `Broken`: SCHEMA_NEWER for a graph of a newer
    release, INTERNAL for a server that does not understand. A call that is cancelled ends its query.
    """

    def __init__(self, server: Server, sleep: Sleep = asyncio.sleep) -> None:
        self._connection = Connection(server, sleep)
        self._preparing: asyncio.Task[None] | None = None
        self._prepared = False
        self._remembered = Remembered()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; call it when nothing reads or writes any more."""
        if self._preparing is not None:
            self._preparing.cancel()
        await self._connection.close()

    async def add(self, step: Indexed) -> None:
        """See `ports.Graph.add`."""
        await self._write(lambda transaction: writes.add(transaction, step))

    async def set_known(self, log: LogId, ranges: Sequence[Known]) -> None:
        """See `ports.Graph.set_known`."""
        await self._write(lambda transaction: writes.set_known(transaction, log, ranges))

    async def facts(self, items: Collection[str], transformations: Collection[str] = ()) -> Sequence[Fact]:
        """See `ports.Graph.facts`."""
        asked = [(queries.BY_ITEM, items), (queries.BY_TRANSFORMATION, transformations)]
        return await self._read(lambda transaction: queries.facts(transaction, asked, self._remembered))

    async def readings(self, asked: Mapping[str, Spans]) -> Sequence[Fact]:
        """See `ports.Graph.readings`."""
        there = [(queries.READ_THERE, list(ranges(asked)))]
        return await self._read(lambda transaction: queries.facts(transaction, there, self._remembered))

    async def by_event_id(self, event_ids: Collection[str]) -> Sequence[Fact]:
        """See `ports.Graph.by_event_id`."""
        asked = [(queries.BY_EVENT_ID, event_ids)]
        return await self._read(lambda transaction: queries.facts(transaction, asked, self._remembered))

    async def reach(
        self, items: Collection[str], *, at: int | None, known_at: int | None, max_depth: int, most: int
    ) -> Wanted:
        """See `ports.Reaching.reach`."""
        return await self._read(
            lambda transaction: Reach(transaction, at, known_at, max_depth, most).find(items)
        )

    async def masterdata(self, id: str) -> Sequence[MasterDataVersion]:
        """See `ports.Graph.masterdata`."""
        return await self._read(lambda transaction: queries.masterdata(transaction, id))

    async def is_described(self, id: str) -> bool:
        """See `ports.Graph.is_described`."""
        return await self._read(lambda transaction: queries.is_described(transaction, id))

    async def erase(self, fingerprint: Fingerprint) -> None:
        """See `ports.Graph.erase`. No query finds any more what was there; the server overwrites the bytes on
        its disk when it uses their place again, and drops them from its transaction logs as these rotate.
        """
        await self._write(lambda transaction: writes.erase(transaction, fingerprint))
        self.forget()

    async def reopen(self, log: LogId, index: int) -> None:
        """See `ports.Graph.reopen`."""
        await self._write(lambda transaction: writes.reopen(transaction, log, index))

    async def coverage(self) -> Mapping[LogId, Spans]:
        """See `ports.Graph.coverage`."""
        return await self._read(queries.coverage)

    async def clear(self) -> None:
        """See `ports.Graph.clear`. In parts: a graph is too large for one transaction. It counts as empty
        from the first, and one that was interrupted goes on with the next call of whatever kind.
        """
        await self._ready()
        await self._empty()
        self.forget()

    def forget(self) -> None:
        """Drop the facts that are kept decoded in memory; they are read again when they are asked for."""
        self._remembered.forget()

    # -- parts

    async def _read(self, work: Work[Answer]) -> Answer:
        await self._ready()
        return await self._connection.read(work)

    async def _write(self, work: Work[None]) -> None:
        async def locked(transaction: AsyncTransaction) -> bool:
            found = await rows(transaction, schema.LOCK, version=schema.VERSION)
            if found != [[False]]:
                return False  # somebody emptied the database, or is about to
            await work(transaction)
            return True

        for _ in range(2):
            await self._ready()
            if await self._connection.write(locked):
                return
            self._prepared = False
            self.forget()
        raise Unavailable("GRAPH_DOWN", "the graph is being emptied by somebody else")

    async def _ready(self) -> None:
        """Constraints, version, nothing half emptied: once for each server that was found bare."""
        if self._prepared:
            return
        # One for all who ask at this moment: who goes away leaves it to the others.
        if self._preparing is None or self._preparing.done():
            self._preparing = asyncio.create_task(self._prepare())
        await asyncio.shield(self._preparing)

    async def _prepare(self) -> None:
        standing = await self._connection.run(schema.STANDING)
        version, emptying = standing[0] if standing else (0, False)
        if version > schema.VERSION:
            raise Broken(
                "SCHEMA_NEWER",
                f"the graph on the server has schema {version}, this release knows {schema.VERSION}",
            )
        if version != schema.VERSION or emptying:
            await self._make(anew=bool(standing))
        self._prepared = True

    async def _make(self, *, anew: bool) -> None:
        """An empty graph, `anew` in the place of another: its content goes before its schema, and no index is
        made over a graph that goes. What is interrupted here is done again.
        """
        await self._connection.run(schema.BEGIN_ANEW, {"version": schema.VERSION})
        await self._delete()
        if anew:
            await self._drop_schema()
        for statement in schema.statements():
            await self._connection.run(statement)
        await self._connection.run(schema.FOUND, {"version": schema.VERSION, "emptying": False})

    async def _drop_schema(self) -> None:
        for listed, kind in ((schema.CONSTRAINTS, "CONSTRAINT"), (schema.STRAY_INDEXES, "INDEX")):
            for (name,) in await self._connection.run(listed, {"prefix": schema.PREFIX}):
                await self._connection.run(f"DROP {kind} {name} IF EXISTS")

    async def _empty(self) -> None:
        begun: dict[str, object] = {"version": schema.VERSION, "emptying": True}
        await self._connection.run(schema.FOUND, begun)
        await self._delete()
        await self._connection.run(schema.FOUND, {**begun, "emptying": False})

    async def _delete(self) -> None:
        for statement in schema.EMPTY:
            await self._connection.run(statement, limited=False)
