"""Who is enrolled, from the contract's events: they tell everything, in order, and carry
texts and records that storage has only as hashes.
"""

import asyncio
from collections.abc import Sequence

from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.events import OF_MEMBERS, change_of
from tracehold.journey.members import Members
from tracehold.journey.ports import Member
from tracehold.journey.ports.followed import Change, Place


class MemberReader:
    """Reads the events once up to the final block, and those after it each time: they may still be undone."""

    def __init__(self, contract: AnchorsContract, first_block: int) -> None:
        self._contract = contract
        self._first = self._next = first_block
        self._final = Members()
        self._known: tuple[Place, Sequence[Change]] | None = None
        self._lock = asyncio.Lock()

    def begin(self, upto: Place, changes: Sequence[Change]) -> None:
        """Start from here: these are all changes of members up to that block. So they are not read again, if
        the block is final still.
        """
        self._known = upto, changes

    def forget(self) -> None:
        """Read all anew: what was final is on the chain no more."""
        self._known, self._next, self._final = None, self._first, Members()

    async def read(self, final: int, height: int | None) -> Sequence[Member]:
        """Members at block `height`, by number; `final` is the newest final block, and None stands for that.
        Raises CHAIN_DOWN, also where the chain's node lacks old logs.
        """
        async with self._lock:
            await self._begin(final)
            await self._grow(final)
            newest = Members(self._final)
            if height is not None:
                await self._extend(newest, self._next, height)
        (count,) = await self._contract.call("nodeCount")
        if height is not None and len(newest) < count:
            raise self._contract.client.down("lacks logs of enrolments: it was pruned, or is still indexing")
        return newest.all()

    async def _begin(self, final: int) -> None:
        if self._known is None:
            return
        upto, changes = self._known
        if self._next <= upto.number <= final:
            block = await self._contract.client.block(upto.number)
            if block is not None and block.hash == upto.hash:
                self._final, self._next = Members().apply(changes), upto.number + 1
        self._known = None

    async def _grow(self, final: int) -> None:
        if final >= self._next:
            grown = Members(self._final)
            await self._extend(grown, self._next, final)
            self._final, self._next = grown, final + 1

    async def _extend(self, members: Members, first: int, last: int) -> None:
        logs = await self._contract.logs(OF_MEMBERS, first, last)
        with self._contract.client.reading("eth_getLogs"):
            # The times of these blocks tell nothing of who is a member.
            members.apply(change_of(log, 0) for log in logs)
