"""Sources: who hands over entries of the own log, and the checkpoints that stand over them. Nobody is
believed.

A source that puts a call off is asked again: a whole log is more than a member may ask for at once.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.spans import Spans, covers, reach
from tracehold.journey.ports import Entries
from tracehold.journey.states import Sleep

PUT_OFF_S = (0.25, 0.5, 1.0, *[2.0] * 60)
"""Seconds between two questions to a source that puts off; after the last it is passed over."""

T = TypeVar("T")


class Source(Protocol):
    """Hands over what it has of a log; every `Peer` is one. Raises as `Peer` does."""

    @property
    def node(self) -> int:
        """The node's number in the contract."""
        ...

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """As `Peer.entries`."""
        ...

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """As `Peer.checkpoint`."""
        ...


@dataclass(slots=True)
class Patient:
    """A source that is asked again while it puts off, and what it says it keeps of the log. `handed` are the
    entries that it handed over, good or bad.
    """

    source: Source
    kept: Spans
    sleep: Sleep
    handed: int = field(default=0)

    @property
    def node(self) -> int:
        """See `Source.node`."""
        return self.source.node

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """See `Source.entries`."""
        found = await self._asked(lambda: self.source.entries(log, start, stop, max_bytes))
        self.handed += len(found.entries)
        return found

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """See `Source.checkpoint`."""
        return await self._asked(lambda: self.source.checkpoint(log, size))

    def end(self, start: int) -> int:
        """Where what it keeps from `start` on ends; `start` where it keeps nothing there."""
        return (reach(self.kept, start) or start) if covers(self.kept, start) else start

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        for wait_s in PUT_OFF_S:
            try:
                return await ask()
            except Unavailable as error:
                if error.code != "TOO_MANY_CALLS":
                    raise
            await self.sleep(wait_s)
        return await ask()


def furthest(sources: Sequence[Patient], start: int) -> Sequence[Patient]:
    """Those that keep the entry `start`, who keeps most behind it first."""
    return sorted(
        (each for each in sources if each.end(start) > start), key=lambda each: (-each.end(start), each.node)
    )
