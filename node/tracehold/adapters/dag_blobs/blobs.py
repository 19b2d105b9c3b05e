"""Content in blocks of 1 MiB under its manifest, which a pin holds; up to 64 KiB one block, whose name is the
fingerprint. Each stands once, whoever it is kept for; the book says for whom.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_bytes
from typing import TypeVar

from tracehold.adapters.dag_blobs.arriving import DagArriving
from tracehold.adapters.dag_blobs.book import Book
from tracehold.core.blocks import Blocks, check_block
from tracehold.core.cid import Cid, Codec
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import BLOCK_BYTES
from tracehold.core.record import fingerprint
from tracehold.journey.ports.blobs import Owner, Unsettled
from tracehold.journey.ports.dag import Dag

T = TypeVar("T")


class DagBlobs:
    """`journey.ports.Blobs` over a `Dag`, which it does not own, and a book at `path`, which it does. Nobody
    else drops blocks of that `Dag` that it keeps.
    """

    def __init__(self, dag: Dag, path: Path) -> None:
        self._dag = dag
        self._book = Book(path)
        self._arriving: dict[bytes, DagArriving] = {}
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Future[None]] = set()
        self._dropping: set[Cid] = set()
        self._dropped = asyncio.Condition()

    def close(self) -> None:
        """Close the book, when nothing is asked any more."""
        self._book.close()

    async def keep(self, owner: Owner, name: Fingerprint, raw: bytes, since: int | None) -> None:
        """Keep the bytes; durable on return."""

        async def put() -> None:
            if await asyncio.to_thread(fingerprint, raw) != name:
                raise ValueError("the bytes have another fingerprint")
            async with self._receive(owner) as arriving:
                for start in range(0, len(raw), BLOCK_BYTES):
                    await arriving.write(raw[start : start + BLOCK_BYTES])
                await self._keep(owner, arriving, await arriving.end(), since)

        await self._in_turn(put)

    @asynccontextmanager
    async def receive(self, owner: Owner) -> AsyncIterator[DagArriving]:
        """Takes content block by block."""
        async with self._receive(owner) as arriving:
            yield arriving

    async def settle(self, owner: Owner, name: Fingerprint) -> None:
        """Take the mark away; durable on return."""
        await self._in_turn(lambda: self._book.settle((owner, name)))

    async def unsettled(self) -> Sequence[Unsettled]:
        """Those with a mark. What a crash left goes, unless the daemon is down: then it goes another time."""

        async def sweep() -> None:
            for holder in await self._book.holders() - set(self._arriving):
                await self._swept(holder)

        await self._in_turn(sweep)
        return await self._book.unsettled()

    async def find(self, owner: Owner, name: Fingerprint) -> bytes | None:
        """The bytes, block by block."""
        if (blocks := await self._book.kept((owner, name))) is None:
            return None
        return b"".join([piece async for piece in self.read(owner, name, 0, blocks.size)])

    async def blocks(self, owner: Owner, name: Fingerprint) -> Blocks | None:
        """As the book tells."""
        return await self._book.kept((owner, name))

    async def read(self, owner: Owner, name: Fingerprint, start: int, stop: int) -> AsyncIterator[bytes]:
        """Block by block; what was erased meanwhile ends."""
        size = (await self._kept(owner, name)).size
        if not 0 <= start <= stop <= size:
            raise Rejected("BAD_RANGE", f"the content has {size} bytes")
        while start < stop:
            number = start // BLOCK_BYTES
            raw = await self._block(owner, name, number)
            first = number * BLOCK_BYTES
            piece = raw[start - first : stop - first]
            start += len(piece)
            yield piece

    async def heal(self, owner: Owner, name: Fingerprint, number: int, raw: bytes) -> None:
        """Put the block again."""
        blocks = await self._kept(owner, name)
        check_block(blocks, number, raw)
        await self._dag.put({Cid(Codec.RAW, blocks.blocks[number].digest): raw})

    async def names(
        self, after: tuple[Owner, Fingerprint] | None, most: int
    ) -> Sequence[tuple[Owner, Fingerprint]]:
        """As the book tells."""
        return await self._book.names(after, most)

    async def erase(self, owner: Owner, name: Fingerprint) -> None:
        """Forget the name, then unpin and drop what nobody else keeps. BLOBS_DOWN where that has to wait: the
        name is gone, and the next call or start goes on.
        """

        async def remove() -> None:
            holder = owner + name
            await self._book.release((owner, name), holder)
            await self._sweep(holder)

        await self._in_turn(remove)

    async def is_empty(self) -> bool:
        """Whether nothing is kept, and no block waits to go."""
        return not (await self._book.names(None, 1) or await self._book.holders())

    # -- parts

    @asynccontextmanager
    async def _receive(self, owner: Owner) -> AsyncIterator[DagArriving]:
        holder = token_bytes(16)

        async def into(blocks: Blocks, since: int | None) -> None:
            await self._in_turn(lambda: self._keep(owner, arriving, blocks, since))

        arriving = DagArriving(self._put, self._book, holder, into)
        self._arriving[holder] = arriving
        try:
            yield arriving
        finally:
            await asyncio.shield(asyncio.ensure_future(self._leave(arriving)))

    async def _keep(self, owner: Owner, arriving: DagArriving, blocks: Blocks, since: int | None) -> None:
        try:
            await self._dag.pin(blocks.cid)
        except Rejected as error:  # somebody dropped blocks that were put a moment ago
            raise Unavailable("BLOBS_DOWN", "blocks that were put are there no more") from error
        await self._book.keep((owner, blocks.fingerprint), blocks, since, arriving.holder)

    async def _leave(self, arriving: DagArriving) -> None:
        """What was not kept goes; of what was kept nothing is loose. Not in turn: one that keeps has it."""
        await arriving.still()
        del self._arriving[arriving.holder]
        await self._swept(arriving.holder)

    async def _swept(self, holder: bytes) -> None:
        try:
            await self._sweep(holder)
        except Unavailable:
            pass  # the book still has them: they go at the next start

    async def _sweep(self, holder: bytes) -> None:
        """Unpin and drop what is loose. What arrives at this moment is left to that arrival."""
        loose = await self._book.loose(holder)
        for block in loose:
            if block.root and not await self._book.rooted(block.cid):
                await self._dag.unpin(block.cid)
        arriving = {cid for each in self._arriving.values() for cid in each.cids}
        gone = {block.cid for block in loose} - arriving
        self._dropping |= gone
        try:
            await self._dag.drop(gone)
        finally:
            async with self._dropped:
                self._dropping -= gone
                self._dropped.notify_all()
        await self._book.forget(holder)

    async def _put(self, cid: Cid, raw: bytes) -> None:
        """Of an arrival, which counts it among its own already. One that is being dropped is put after that,
        else it would go with what was there.
        """
        async with self._dropped:
            await self._dropped.wait_for(lambda: cid not in self._dropping)
        await self._dag.put({cid: raw})

    async def _kept(self, owner: Owner, name: Fingerprint) -> Blocks:
        if (blocks := await self._book.kept((owner, name))) is None:
            raise Rejected("NOT_FOUND", "this node does not keep the attachment", path="/attachment")
        return blocks

    async def _block(self, owner: Owner, name: Fingerprint, number: int) -> bytes:
        blocks = await self._kept(owner, name)
        raw = await self._dag.get(Cid(Codec.RAW, blocks.blocks[number].digest))
        if raw is None:
            await self._kept(owner, name)  # erased since
            raise Broken("CORRUPT", f"the attachment {name.hex()} has lost a block")
        return raw

    async def _in_turn(self, work: Callable[[], Awaitable[None]]) -> None:
        """To its end, in the order of the calls, also where the caller gives up waiting."""

        async def run() -> None:
            async with self._turn:
                await work()

        running = asyncio.ensure_future(run())
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        await asyncio.shield(running)
