"""The node's number in the contract, as the node itself remembers it."""

import asyncio

from tracehold.core.errors import Unavailable
from tracehold.journey.ports import Ledger, RecordLog

NUMBER = "contract/node-number"
FIRST_LOOK_S = 5.0
"""Seconds that a start waits to learn the number; without it answers name no holder number until the next
start.
"""


async def number_of(store: RecordLog, ledger: Ledger) -> int:
    """The number, which never changes: kept once it is known, 0 before."""
    known = await store.bookmark(NUMBER)
    if known:
        return known
    try:
        async with asyncio.timeout(FIRST_LOOK_S):
            member = await ledger.myself()
    except (Unavailable, TimeoutError):
        return 0
    if member is not None:
        await store.save_bookmark(NUMBER, member.number)
    return member.number if member else 0
