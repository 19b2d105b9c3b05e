"""Signature checks on several cores: libsodium lets other threads run while it computes."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor

from tracehold.core.errors import Rejected
from tracehold.journey.check import Pair, Verify, verify_all

ALONE = 8
"""Signatures that are checked at once, in place: a thread would cost more than it saves."""


def threaded(executor: Executor, ways: int) -> Verify:
    """A `Verify` that parts the pairs among `ways` threads of the executor and keeps the loop free."""

    async def verify(pairs: Sequence[Pair]) -> Sequence[Rejected | None]:
        if len(pairs) <= ALONE:
            return verify_all(pairs)
        loop = asyncio.get_running_loop()
        share = -(-len(pairs) // ways)
        parts = [pairs[start : start + share] for start in range(0, len(pairs), share)]
        done = await asyncio.gather(*(loop.run_in_executor(executor, verify_all, part) for part in parts))
        return [verdict for part in done for verdict in part]

    return verify
