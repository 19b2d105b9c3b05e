"""Waiting until records have come as far as they should."""

import asyncio
import time
from collections.abc import Sequence

from tracehold.core.errors import Rejected, Unavailable
from tracehold_client.aio import AsyncClient
from tracehold_client.states import State

_FIRST_WAIT, _LONGEST_WAIT, _GROWTH = 0.1, 2.0, 1.5


async def wait_for_state(
    client: AsyncClient, fingerprints: Sequence[str], state: State, timeout: float
) -> dict[str, State]:
    """Ask with growing waits until all records have reached `state`; their states then.

    Raises `Unavailable("DEADLINE")` after `timeout` seconds, which loses nothing: ask again later.
    `Rejected("NOT_FOUND")` where
    the node does not hold one of the records. A node that is away meanwhile is waited for.
    """
    deadline = time.monotonic() + timeout
    pending, found, wait = list(dict.fromkeys(fingerprints)), dict[str, State](), _FIRST_WAIT
    while True:
        found |= await _states_if_up(client, pending, deadline)
        unknown = [each for each in pending if found.get(each) is State.NONE]
        if unknown:
            raise Rejected("NOT_FOUND", f"the node does not hold {unknown[0]}")
        pending = [each for each in pending if found.get(each, State.NONE) < state]
        if not pending:
            return found
        if time.monotonic() + wait > deadline:
            raise Unavailable("DEADLINE", f"{len(pending)} records have not reached {state.name}")
        await asyncio.sleep(wait)
        wait = min(wait * _GROWTH, _LONGEST_WAIT)


async def _states_if_up(
    client: AsyncClient, fingerprints: Sequence[str], deadline: float
) -> dict[str, State]:
    try:
        return await client.states(fingerprints)
    except Unavailable:
        if time.monotonic() > deadline:
            raise
        return {}
