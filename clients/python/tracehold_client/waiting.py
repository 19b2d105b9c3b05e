"""Waiting until records have come as far as they should."""

from collections.abc import Sequence

from tracehold.core.errors import Rejected, Unavailable
from tracehold_client.aio import AsyncClient
from tracehold_client.patience import Clock, Patience
from tracehold_client.states import State

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0


async def wait_for_state(
    client: AsyncClient,
    fingerprints: Sequence[str],
    state: State,
    timeout: float,
    *,
    clock: Clock | None = None,
) -> dict[str, State]:
    """Ask with growing waits until all records have reached `state`; their states then.

    Raises `Unavailable("DEADLINE")` after `timeout` seconds, which loses nothing: ask
    again later. `Rejected("NOT_FOUND")` where the node does not hold one of the
    records. A node that is away meanwhile is waited for.
    """
    patience = Patience(timeout, first=_FIRST_WAIT, longest=_LONGEST_WAIT, clock=clock or Clock())
    pending, found = list(dict.fromkeys(fingerprints)), dict[str, State]()
    while True:
        try:
            found |= await client.states(pending)
        except Unavailable:
            if not await patience.wait():
                raise
            continue
        unknown = [each for each in pending if found.get(each, State.NONE) is State.NONE]
        if unknown:
            raise Rejected("NOT_FOUND", f"the node does not hold {unknown[0]}")
        pending = [each for each in pending if found[each] < state]
        if not pending:
            return found
        if not await patience.wait():
            raise Unavailable("DEADLINE", f"{len(pending)} records have not reached {state.name}")
