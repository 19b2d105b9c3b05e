"""How a neighbour's shipment meets what keeps the logs of others here, on whatever way it came."""

from typing import Protocol

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import Kept, Shipment

TOLD = frozenset({"CLOCK_JUMPED", "DISK_LOW"})
"""Codes of `Unavailable` that the sender must know of, since somebody has to do something. The others pass,
and are no answer at all.
"""


class Keeper(Protocol):
    """What keeps the logs of others at this node (`journey.holding`)."""

    async def replicate(self, caller: Neighbour, shipment: Shipment) -> Kept:
        """Keep what the caller sends of its own log, and acknowledge it. `Rejected` and `Unavailable` may be
        raised for what the answer's `refused` is for.
        """
        ...

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The largest checkpoint of a log that is kept here, or the one of exactly this size."""
        ...


async def take(keeper: Keeper | None, caller: Neighbour, shipment: Shipment) -> Kept:
    """What the keeper answers; a refusal that it raises is told by its code, and nothing else of it.

    Raises `Unavailable` with a code that is not of `TOLD`, and what is Broken.
    """
    if keeper is None:
        return Kept(shipment.start, refused="FORBIDDEN")
    try:
        return await keeper.replicate(caller, shipment)
    except Rejected as refusal:
        return Kept(shipment.start, refused=refusal.code)
    except Unavailable as error:
        if error.code not in TOLD:
            raise
        return Kept(shipment.start, refused=error.code)
