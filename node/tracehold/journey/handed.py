"""What one holder hands over of the own log: in turns, while it comes on at the pace of an honest one."""

from collections.abc import AsyncIterator, Sequence

from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.judge import Arrived, arriving
from tracehold.journey.sources import Source

FULL_BYTES = 1 << 20
"""Record bytes, and below `FULL_ENTRIES` entries: an answer with less of both, that is not the end of what
was
asked for, is a short one. An honest node fills its answer up to 8 MiB, or says that there is no more.
"""
FULL_ENTRIES = 1024
SHORT_ANSWERS = 16
"""Short answers that are taken from one holder: whoever trickles must not keep the others from being
asked.
"""


class Handing:
    """Asks one holder for entries. What it hands over is not verified here."""

    def __init__(self, peer: Source, log: LogId) -> None:
        self._peer = peer
        self._log = log
        self._short = 0

    async def between(self, start: int, stop: int) -> AsyncIterator[Sequence[Arrived]]:
        """Entries [start, stop), in order, as they come. Raises PEER_DOWN where it has no more, or spent its
        short answers.
        """
        while start < stop:
            answer = await self._peer.entries(self._log, start, stop)
            if not answer.entries:
                raise Unavailable("PEER_DOWN", f"node {self._peer.node} does not hand over the own log")
            sent = answer.entries[: stop - start]
            start += len(sent)
            if start < stop and len(sent) < FULL_ENTRIES and sum(len(e.raw) for e in sent) < FULL_BYTES:
                self._count_short()
            yield await arriving(sent)

    def _count_short(self) -> None:
        self._short += 1
        if self._short > SHORT_ANSWERS:
            raise Unavailable("PEER_DOWN", f"node {self._peer.node} hands the own log over too slowly")
