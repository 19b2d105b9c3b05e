"""Ending the own log on the chain, once it is retired on disk: the contract never takes an anchor of it
again, from nobody, and the node stays a holder.

First all that was sealed is anchored and final. Where entries are missing that waits for the holders that
have them, until the operator says that nobody has: then the log ends at the size that is anchored.

The contract compares the size: an anchor that gets into a block meanwhile has the call refused, and the next
step looks again. What a crash means: nothing is stored, each step begins by asking the contract; and nothing
is sent while something of the account waits for its block, which may be what an earlier process sent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tracehold.core.errors import Unavailable
from tracehold.journey.onchain import Link, creates
from tracehold.journey.ports import AnchorState

BEHIND = "the end of the log waits for a transaction of the account that is in no block yet"
STUCK = "Look whether the chain makes blocks, and at what fee; one that never comes is replaced by its nonce."
_UNSETTLED = frozenset({AnchorState.SIGNED, AnchorState.MINED, AnchorState.REORGED})


@dataclass(frozen=True, slots=True)
class Ending:
    """`turn` is the anchorer's; `retired`: whether the log is retired on disk; `grows`: whether the anchorer
    brings it to the chain, which it does not while a start still compares; `lost`: whether it never will,
    since entries are missing and, by the operator's word, gone. `retire` tells the contract that it ends at
    this size, and returns when that is in a block; `waiting`: whether something of the account is on its way.
    """

    link: Link
    turn: asyncio.Lock
    retired: Callable[[], bool]
    grows: Callable[[], bool]
    lost: Callable[[], bool]
    retire: Callable[[int], Awaitable[None]]
    waiting: Callable[[], Awaitable[bool]]

    async def step(self) -> bool:
        """Whether the log has ended on the chain (or the node is no creator there). Raises `Rejected` and
        `Unavailable`; harmless to repeat.
        """
        if not self.retired():
            return False
        member = await self.link.ledger.myself()
        if member is None or not creates(member):
            return True
        async with self.turn:
            if not (self.lost() or (self.grows() and await self._settled())):
                return False
            if await self.waiting():
                raise Unavailable("CHAIN_DOWN", BEHIND, remedy=STUCK)
            head = await self.link.ledger.head(member.number)
            await self.retire(head.size)
        return True

    async def _settled(self) -> bool:
        store, log = self.link.store, self.link.log
        if await store.anchors(log, _UNSETTLED, newest=1):
            return False
        final = await store.anchors(log, {AnchorState.FINAL}, newest=1)
        return bool(final) and final[-1].size == await store.size(log)
