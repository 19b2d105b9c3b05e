"""Whole steps for readers: a commit waits for the reads under way, and reads wait for the commit.

Neo4j reads what is committed, record by record, and may see one half of a commit; a reader of the port may
not.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Any number of reads, or one commit. A commit that waits goes before reads that come later."""

    def __init__(self) -> None:
        self._reading = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._entry = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """While a read runs."""
        async with self._entry:
            self._reading += 1
            self._quiet.clear()
        try:
            yield
        finally:
            self._reading -= 1
            if not self._reading:
                self._quiet.set()

    @asynccontextmanager
    async def committing(self) -> AsyncIterator[None]:
        """While a commit runs."""
        async with self._entry:
            await self._quiet.wait()
            yield
