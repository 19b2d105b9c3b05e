"""Content that arrives piece by piece: hashed by a thread, its blocks put while the next ones are on their
way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from blake3 import blake3

from tracehold.adapters.dag_blobs.book import Book, Loose
from tracehold.core.blocks import Blocks, BlockTree, encode_blocks
from tracehold.core.cid import Cid, Codec
from tracehold.core.limits import BLOCK_BYTES, MAX_PLAIN_ATTACHMENT_BYTES

AT_ONCE = 4
"""Blocks on their way, in memory of so many MiB."""


class DagArriving:
    """`journey.ports.Arriving` in blocks; `into` pins them and gives them their name."""

    def __init__(
        self,
        put: Callable[[Cid, bytes], Coroutine[None, None, None]],
        book: Book,
        holder: bytes,
        into: Callable[[Blocks, int | None], Awaitable[None]],
    ) -> None:
        self.holder = holder
        self.cids: set[Cid] = set()
        self._put = put
        self._book = book
        self._into = into
        self._tree = BlockTree()
        self._rest = bytearray()
        self._sending: set[asyncio.Task[None]] = set()
        self._ended: Blocks | None = None

    async def write(self, piece: bytes) -> None:
        """Put every block that is whole."""
        self._rest += piece
        while len(self._rest) >= BLOCK_BYTES:
            raw = bytes(self._rest[:BLOCK_BYTES])
            del self._rest[:BLOCK_BYTES]
            await self._take(raw)

    async def end(self) -> Blocks:
        """Put the last block and, where the content has one, its manifest. The hashes."""
        if self._rest or not self._tree.fed:
            await self._take(bytes(self._rest))
        blocks = await asyncio.to_thread(self._tree.finish)
        if blocks.digest is not None:
            await self._send(blocks.cid, encode_blocks(blocks), root=True)
        await self._sent(0)
        self._ended = blocks
        return blocks

    async def keep(self, since: int | None) -> None:
        """Give it its name."""
        if self._ended is None:
            raise ValueError("end comes before keep")
        await self._into(self._ended, since)

    async def still(self) -> None:
        """Return when nothing of it is on its way any more, whatever became of it."""
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _take(self, raw: bytes) -> None:
        await asyncio.to_thread(self._tree.feed, raw)
        digest = await asyncio.to_thread(lambda: blake3(raw).digest())
        small = self._tree.fed == len(raw) <= MAX_PLAIN_ATTACHMENT_BYTES
        await self._send(Cid(Codec.RAW, digest), raw, root=small)

    async def _send(self, cid: Cid, raw: bytes, *, root: bool) -> None:
        await self._sent(AT_ONCE - 1)
        self.cids.add(cid)
        await self._book.loosen(self.holder, [Loose(cid, root)])
        self._sending.add(asyncio.create_task(self._put(cid, raw)))

    async def _sent(self, most: int) -> None:
        """Return when at most so many are on their way; raises what one of them raised."""
        while len(self._sending) > most:
            done, _ = await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            self._sending -= done
            if failed := [error for each in done if (error := each.exception())]:
                raise failed[0]
