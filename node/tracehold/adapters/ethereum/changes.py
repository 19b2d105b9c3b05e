"""The contract's events block by block, each page of one branch of the chain and of that alone.

    up to the newest final block, and far below the newest one
                    ranges of blocks in one query, as long as the chain's node lets them be
    above that      one block after another, each by its hash, as its parent hash leads on

Nothing that an endpoint says of a block's events is taken that does not name the hash of the block that
stands there; what it leaves out, nobody can see from here.

Of the contracts that came before, only what was superseded counts still: a record that was withdrawn does not
come back because another contract took over.
"""

import asyncio
from collections.abc import Collection, Sequence

from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.answers import Block, Log
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.events import EVENTS, change_of
from tracehold.journey.ports.followed import APART, Page, Place

STEP = 32
"""Blocks above the final one in a page at most: two questions each."""

HEADERS = 512
"""Blocks with events in a page at most: one question each, or none where it is the last."""

BEFORE = ("Superseded",)
"""What counts still of the contracts that came before."""

AT_ONCE = 16
"""Questions that are under way together."""


class ChangeReader:
    """Reads pages. It remembers nothing, so it may be asked from any block on, and by many at once."""

    def __init__(self, contract: AnchorsContract, first_block: int) -> None:
        self._contract = contract
        self._client = contract.client
        self._first = first_block
        self._before: Sequence[bytes] | None = None

    async def page(self, since: Place | None, final: int) -> Page | None:
        """What came after a block, None where that is not on the chain (any more, or yet); `final` is the
        number of the newest final one. Raises CHAIN_DOWN.
        """
        height = await self._client.height()
        if self._before is None:
            self._before = await self._contract.predecessors()
        if since is not None:
            if not await self._stands(since):
                return None
            if since.number >= height:
                return Page(since, since, (), (), height, final)
        first = since.number + 1 if since else self._first
        if first > height:
            raise self._client.down(f"has no block {first} yet")
        settled = max(min(final, height), height - APART)
        if first <= settled:
            return await self._far(since, first, settled, (height, final))
        return await self._near(since, first, (height, final))

    async def place(self, number: int) -> Place | None:
        """The block of that height; None where the chain does not reach it."""
        block = await self._client.block(number)
        return None if block is None else _place(block)

    async def _stands(self, place: Place) -> bool:
        found = await self._client.block(place.number)
        return found is not None and found.hash == place.hash

    async def _near(self, since: Place | None, first: int, at: tuple[int, int]) -> Page | None:
        places, logs = list[Place](), list[Log]()
        parent = since.hash if since else None
        for number in range(first, min(at[0], first + STEP - 1) + 1):
            block = await self._client.block(number)
            if block is None or parent not in {None, block.parent}:
                break  # the chain changed meanwhile: what was read so far is of one branch
            logs += self._checked(await self._in(block.hash), [block])
            places.append(_place(block))
            parent = block.hash
        return self._page(since, places, logs, at) if places else None

    async def _far(self, since: Place | None, first: int, last: int, at: tuple[int, int]) -> Page | None:
        while True:
            stop = _stop(first, last, self._contract.page)
            end = await self._block(stop)
            if (found := await self._between(first, stop)) is not None:
                break
        logs, blocks = await self._headers(found, end)
        # The same end before and after: what was read in between is of its branch.
        if (await self._block(stop)).hash != end.hash:
            raise self._client.down("changed while it was read")
        if since is not None and not await self._stands(since):
            return None
        return self._page(since, [_place(block) for block in blocks], logs, at)

    async def _between(self, first: int, last: int) -> Sequence[Log] | None:
        found = await self._contract.between(EVENTS, first, last)
        if found is None or not self._before:
            return found
        earlier = await self._contract.between(BEFORE, first, last, self._before)
        return None if earlier is None else sorted([*found, *earlier], key=_order)

    async def _in(self, block: bytes) -> Sequence[Log]:
        found = await self._contract.logs_in(EVENTS, block)
        earlier = await self._contract.logs_in(BEFORE, block, self._before) if self._before else []
        return sorted([*found, *earlier], key=_order)

    async def _headers(self, logs: Sequence[Log], end: Block) -> tuple[Sequence[Log], Sequence[Block]]:
        """The logs, and the blocks that hold them with the page's end; the first of them, where these are too
        many.
        """
        numbers = sorted({log.block_number for log in logs} - {end.number})
        if len(numbers) > HEADERS:
            numbers = numbers[:HEADERS]
            logs = [log for log in logs if log.block_number <= numbers[-1]]
            end = await self._block(numbers.pop())
        blocks: list[Block] = []
        for start in range(0, len(numbers), AT_ONCE):
            blocks += await asyncio.gather(*map(self._block, numbers[start : start + AT_ONCE]))
        blocks.append(end)
        return self._checked(logs, blocks), blocks

    def _checked(self, logs: Sequence[Log], blocks: Collection[Block]) -> Sequence[Log]:
        """The logs, if each is what was asked for and in one of these blocks."""
        hashes = {block.number: block.hash for block in blocks}
        for log in logs:
            if hashes.get(log.block_number) != log.block_hash:
                raise self._client.down(
                    f"tells of events in a block {log.block_number} that is not on the chain"
                )
            earlier = log.address in (self._before or ()) and log.topics[:1] == (abi.topic(*BEFORE),)
            if log.address != self._contract.address and not earlier:
                raise self._client.down("tells of events of another contract than was asked about")
        if len({(log.block_number, log.index) for log in logs}) < len(logs):
            raise self._client.down("tells of one event twice")
        return logs

    async def _block(self, number: int) -> Block:
        block = await self._client.block(number)
        if block is None:
            raise self._client.down(f"knows no block {number}")
        return block

    def _page(
        self, since: Place | None, places: Sequence[Place], logs: Sequence[Log], at: tuple[int, int]
    ) -> Page:
        times = {place.number: place.time for place in places}
        with self._client.reading("eth_getLogs"):
            changes = tuple([change_of(log, times[log.block_number]) for log in logs])
        return Page(since, places[-1], tuple(places), changes, *at)


def _order(log: Log) -> tuple[int, int]:
    return log.block_number, log.index


def _place(block: Block) -> Place:
    return Place(block.number, block.hash, block.parent, block.time)


def _stop(first: int, last: int, page: int) -> int:
    """Where a page ends; a long one where its last block is kept for long."""
    stop = min(last, first + page - 1)
    kept = stop - stop % APART
    return kept if kept > first and stop < last else stop
