"""Waiting until the network has come so far."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracehold.cli.demo.providers import Sent
    from tracehold_client import AsyncClient

PATIENCE_S, LOOK_S = 60.0, 0.1


async def until(so: Callable[[], Awaitable[bool]]) -> bool:
    """Whether it became so in time."""
    end = time.monotonic() + PATIENCE_S
    while not await so():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(LOOK_S)
    return True


async def final(
    clients: "Mapping[str, AsyncClient]", sent: "Iterable[Sent]", tell: Callable[[str], None]
) -> str:
    """Wait until all are FINAL where they were sealed, telling each change of their states; the last line."""
    taken = [each for each in sent if not each.error]
    shown = "no states"

    async def so() -> bool:
        nonlocal shown
        counts: Counter[str] = Counter()
        for node in {each.node for each in taken}:
            own = [each.fingerprint for each in taken if each.node == node]
            counts.update(state.name for state in (await clients[node].states(own)).values())
        line = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        if line != shown:
            shown = line
            tell(line)
        return set(counts) == {"FINAL"}

    await until(so)
    return shown
