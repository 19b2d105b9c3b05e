"""Whole steps for readers: a read that a commit overtook runs again.

Neo4j reads what is committed, record by record, and may see one half of a commit; a reader of the port may
not. Nobody stands in a queue: reads begin while a commit waits, and a slow read holds up nobody but itself.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from tracehold.core.errors import Unavailable

Answer = TypeVar("Answer")

TRIES = 4
"""Of one read. From the second on commits wait for it, for a while."""


class Gate:
    """Any number of reads, or one commit. `patience_s`: how long a commit waits for reads that were overtaken
    before; while it waits it overtakes nobody, so these are few and get done.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._commits = 0
        self._committing = asyncio.Lock()
        self._again = 0
        self._none_again = asyncio.Event()
        self._none_again.set()

    async def read(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """What the work answers of whole steps; it may run more than once. GRAPH_DOWN where it is too slow
        for a graph that is written all the time.
        """
        found = await self._once(work)
        if found:
            return found[0]
        self._again += 1
        self._none_again.clear()
        try:
            for _ in range(TRIES - 1):
                if found := await self._once(work):
                    return found[0]
        finally:
            self._again -= 1
            if not self._again:
                self._none_again.set()
        raise Unavailable("GRAPH_DOWN", "the graph changed each time before it was read to the end")

    async def _once(self, work: Callable[[], Awaitable[Answer]]) -> tuple[Answer] | None:
        """None where a commit began meanwhile."""
        async with self._committing:
            before = self._commits
        answer = await work()
        return (answer,) if before == self._commits else None

    @asynccontextmanager
    async def committing(self) -> AsyncIterator[None]:
        """While a commit runs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._none_again.wait()
        async with self._committing:
            self._commits += 1
            yield
